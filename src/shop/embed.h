/* embed.h -- what the modalities of the verb embed share (room shop, private): a piece of items'
 * vectors on its way into the table vectors. What was encoded stands, with a hash of what it was
 * made from and of the encoder, in the table vector_sources, so that only what changed is encoded
 * again; a piece is one transaction, so that a run that was cut off goes on where it was.
 *
 * A transaction costs the rewriting of the table's last row group (122,880 vectors) besides what
 * is new, so pieces are large; who encodes slowly writes after SKUAI_EMBED_SECONDS. */
#ifndef SKUA_SHOP_EMBED_H
#define SKUA_SHOP_EMBED_H

#include "shop/shop.h"

enum {
    SKUAI_EMBED_PIECE = 65536,    /* items of a piece at most */
    SKUAI_EMBED_FLOATS = 1 << 24, /* of a piece at most, where that are more than a slice's */
    SKUAI_EMBED_SLICE = 1024,     /* items encoded between two looks at the clock */
    SKUAI_EMBED_SECONDS = 10      /* what a killed run loses at most, beside a slice */
};

typedef struct skuai_embed_counts {
    size_t encoded, unchanged;
} skuai_embed_counts;

/* What has been encoded and is not yet written. The hashes are in the arena. */
typedef struct skuai_embed_piece {
    const char *items[SKUAI_EMBED_PIECE];
    const char *hashes[SKUAI_EMBED_PIECE];
    float *vectors; /* [most, width], the caller's; one that is zero or not finite is none */
    size_t width, n;
    skuai_arena *arena;
} skuai_embed_piece;

/* FNV-1a over a text and an end mark, going on from h (SKUAI_EMBED_SEED at first). */
#define SKUAI_EMBED_SEED 0xCBF29CE484222325u
uint64_t skuai_embed_hash(uint64_t h, const char *text);
/* A hash as text in the arena; NULL when out of memory. */
const char *skuai_embed_hash_text(skuai_arena *arena, uint64_t h);

/* More to write in the same transaction; NULL: nothing. */
typedef skua_status (*skuai_embed_also)(skuai_store *store, void *user, skua_error *err);

/* Write a piece in a transaction of its own; its vectors are moved together, those that are none
 * left out. Items without a vector are known as done. */
SKUA_MUST_USE skua_status skuai_embed_store(const skua_shop *shop, const char *modality,
                                            const char *model, skuai_embed_piece *piece,
                                            skuai_embed_also also, void *user, skua_error *err);

/* Make vector_sources where it is missing; `again`: forget this model's vectors, so that a run cut
 * off in between is not taken for whole. In an open transaction. */
SKUA_MUST_USE skua_status skuai_embed_prepare(skuai_store *store, const char *modality,
                                              const char *model, bool again, skua_error *err);

/* Name of a model's vectors: the last part of its folder, `fallback` when that is "". */
void skuai_embed_name(const char *folder, const char *fallback, char *name, size_t size);

/* The modalities. Each adds its part of the report to the open object; *done tells whether there
 * was something to encode. */
SKUA_MUST_USE skua_status skuai_embed_texts(const skua_shop *shop, bool *done,
                                            skuai_json_writer *report, skua_error *err);
SKUA_MUST_USE skua_status skuai_embed_pictures(const skua_shop *shop, const char *folder,
                                               bool *done, skuai_json_writer *report,
                                               skua_error *err);

#endif
