/* text_encoder.h -- the items' words and what makes vectors of them (room shop, private): sub-words
 * learnt on the shop's own texts and kept in models/vectors, or a language model's folder. */
#ifndef SKUA_SHOP_TEXT_ENCODER_H
#define SKUA_SHOP_TEXT_ENCODER_H

#include "encode/subword.h"
#include "encode/text_model.h"
#include "shop/embed.h"

typedef struct skuai_text_encoder {
    char name[128]; /* in column model */
    skuai_subword *subword;
    skuai_text_model *model;
    size_t width;
    bool learnt; /* a sub-word model was learnt just now */
} skuai_text_encoder;

/* Words of the shop's items: title, description, brand, category. */
typedef struct skuai_item_texts {
    skuai_table *table; /* item, words, hash kept */
    const char **texts; /* [n] borrowed from the table */
    size_t *sizes;      /* [n] */
    size_t n;
} skuai_item_texts;

/* Name the encoder of the settings encoder, encoder_weights and pooling, and open a language
 * model's folder (none: sub-words, opened below). The vectors of 8-bit weights or of another
 * pooling than the folder's are others, under another name. SKUA_EINVAL: these settings without a
 * folder. */
SKUA_MUST_USE skua_status skuai_text_encoder_name(const skua_shop *shop, skuai_text_encoder *e,
                                                  skua_error *err);
/* The sub-word model that is kept, or a new one from the shop's own texts (`again`, or there is
 * none). A language model is open already. */
SKUA_MUST_USE skua_status skuai_text_encoder_open(const skua_shop *shop, const skuai_item_texts *t,
                                                  bool again, skuai_text_encoder *e,
                                                  skua_error *err);
/* What is kept, and never a new one. SKUA_ENOTFOUND: nothing was embedded yet. */
SKUA_MUST_USE skua_status skuai_text_encoder_kept(const skua_shop *shop, skuai_text_encoder *e,
                                                  skua_error *err);
void skuai_text_encoder_clear(skuai_text_encoder *e);
/* vectors [n, e->width]. */
SKUA_MUST_USE skua_status skuai_text_encode(const skuai_text_encoder *e,
                                            const skuai_context *context, const char *const *texts,
                                            const size_t *sizes, size_t n, float *vectors,
                                            skua_error *err);

/* SQL of an item's words, of a row of the table items. */
#define SKUAI_ITEM_WORDS                                                                           \
    "trim(concat_ws(' ', title, description, brand, replace(replace(category, '/', ' '), '>',"     \
    " ' ')))"

/* Items that have words, in order of name; vector_sources is there (skuai_embed_prepare). */
SKUA_MUST_USE skua_status skuai_item_texts_read(skuai_store *store, const char *model,
                                                skuai_item_texts *t, skua_error *err);
void skuai_item_texts_clear(skuai_item_texts *t);

#endif
