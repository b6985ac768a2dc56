#include "shop/text_encoder.h"

#include <stdio.h>
#include <string.h>

/* Vectors of every item's words into the table vectors. */

/* -- Into the store --------------------------------------------------------------------------- */

typedef struct piece {
    skuai_embed_piece out;
    const char *texts[SKUAI_EMBED_PIECE];
    size_t sizes[SKUAI_EMBED_PIECE];
} piece;

/* Encode a piece and write it; items without a known word get no vector, and are not tried again.
 */
static skua_status do_piece(const skua_shop *shop, const skuai_text_encoder *e, piece *p,
                            float *vectors, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    context.progress = NULL; /* that of the items is the one to show */
    SKUA_TRY(skuai_text_encode(e, &context, p->texts, p->sizes, p->out.n, vectors, err));
    SKUA_TRY(skuai_embed_put(&p->out, vectors, e->width, err));
    return skuai_embed_store(shop, "text", e->name, &p->out, NULL, NULL, err);
}

/* -- All items -------------------------------------------------------------------------------- */

static skua_status add_item(piece *p, const skuai_item_texts *t, size_t i, uint64_t hash,
                            skua_error *err) {
    size_t at = p->out.n++;
    p->out.items[at] = t->table->columns[0].texts[i];
    p->out.hashes[at] = skuai_embed_hash_text(p->out.arena, hash);
    p->texts[at] = t->texts[i];
    p->sizes[at] = t->sizes[i];
    return p->out.hashes[at] ? SKUA_OK : skuai_error_memory(err, "vectors");
}

static skua_status embed_items(const skua_shop *shop, const skuai_text_encoder *e,
                               const skuai_item_texts *t, skuai_embed_counts *counts,
                               skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    piece *p = skuai_zero(1, sizeof *p);
    float *vectors = skuai_new(SKUAI_EMBED_PIECE * e->width, sizeof *vectors);
    skuai_arena *arena = skuai_arena_new(1 << 20);
    skua_status status =
        p && vectors && arena ? SKUA_OK : skuai_error_memory(err, "the items' vectors");
    uint64_t seed = skuai_embed_hash(SKUAI_EMBED_SEED, e->name);
    if (p) p->out.arena = arena;
    for (size_t i = 0; status == SKUA_OK && i < t->n; i++) {
        const char *kept = t->table->columns[2].texts[i];
        uint64_t hash = skuai_embed_hash(seed, t->texts[i]);
        char text[24];
        (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
        if (kept && !e->learnt && strcmp(kept, text) == 0)
            counts->unchanged++;
        else
            status = add_item(p, t, i, hash, err);
        if (status == SKUA_OK && p->out.n > 0 && (p->out.n == SKUAI_EMBED_PIECE || i + 1 == t->n)) {
            skuai_context_progress(&context, "items encoded", (double)i, (double)t->n);
            status = do_piece(shop, e, p, vectors, err);
            counts->encoded += p->out.n;
            p->out.n = 0;
            skuai_arena_clear(arena);
            if (status == SKUA_OK) status = skuai_context_check(&context, err);
        }
    }
    if (status == SKUA_OK)
        skuai_context_progress(&context, "items encoded", (double)t->n, (double)t->n);
    skuai_arena_free(arena);
    skuai_free(vectors);
    skuai_free(p);
    return status;
}

/* Items' texts, with the hashes of what is there. */
static skua_status prepare(const skua_shop *shop, const skuai_text_encoder *e, bool again,
                           skuai_item_texts *t, skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK) status = skuai_embed_prepare(store, "text", e->name, again, err);
    if (status == SKUA_OK) status = skuai_item_texts_read(store, e->name, t, err);
    if (status == SKUA_OK)
        status = skuai_store_commit(store, err);
    else
        skuai_store_rollback(store);
    skuai_store_close(store);
    return status;
}

skua_status skuai_embed_texts(const skua_shop *shop, const char *folder, bool *done,
                              skuai_json_writer *report, skua_error *err) {
    bool again = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_again);
    skuai_text_encoder e = {0};
    skuai_item_texts t = {0};
    skuai_embed_counts counts = {0};
    skua_status status = skuai_text_encoder_name(folder, &e, err);
    if (status == SKUA_OK) status = prepare(shop, &e, again, &t, err);
    *done = status == SKUA_OK && t.n > 0;
    if (*done) status = skuai_text_encoder_open(shop, &t, again, &e, err);
    if (*done && status == SKUA_OK) status = embed_items(shop, &e, &t, &counts, err);
    if (*done && status == SKUA_OK) {
        skuai_json_text(report, "modality", "text");
        skuai_json_text(report, "model", e.name);
        skuai_json_integer(report, "width", (int64_t)e.width);
        skuai_json_integer(report, "items", (int64_t)t.n);
        skuai_json_integer(report, "encoded", (int64_t)counts.encoded);
        skuai_json_integer(report, "unchanged", (int64_t)counts.unchanged);
        skuai_json_bool(report, "learnt", e.learnt);
    }
    skuai_text_encoder_clear(&e);
    skuai_item_texts_clear(&t);
    return status;
}
