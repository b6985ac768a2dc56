#include "shop/text_encoder.h"

#include <stdio.h>
#include <string.h>

/* Vectors of every item's words into the table vectors. */

/* -- A piece ---------------------------------------------------------------------------------- */

typedef struct piece {
    skuai_embed_piece out;
    const char *texts[SKUAI_EMBED_PIECE];
    size_t sizes[SKUAI_EMBED_PIECE];
    size_t most;    /* items it holds */
    size_t encoded; /* of out.n, the first */
    double began;   /* clock at its first item */
    const skua_shop *shop;
    const skuai_text_encoder *encoder;
} piece;

static void piece_free(piece *p) {
    if (!p) return;
    skuai_arena_free(p->out.arena);
    skuai_free(p->out.vectors);
    skuai_free(p);
}

static piece *piece_new(const skua_shop *shop, const skuai_text_encoder *e) {
    piece *p = skuai_zero(1, sizeof *p);
    if (!p) return NULL;
    p->shop = shop;
    p->encoder = e;
    p->most = SKUAI_EMBED_FLOATS / e->width;
    if (p->most > SKUAI_EMBED_PIECE) p->most = SKUAI_EMBED_PIECE;
    if (p->most < SKUAI_EMBED_SLICE) p->most = SKUAI_EMBED_SLICE;
    p->out.width = e->width;
    p->out.vectors = skuai_new(p->most * e->width, sizeof *p->out.vectors);
    p->out.arena = skuai_arena_new(1 << 20);
    if (p->out.vectors && p->out.arena) return p;
    piece_free(p);
    return NULL;
}

static skua_status encode_slice(piece *p, skua_error *err) {
    skuai_context context = skuai_shop_context(p->shop, false);
    size_t from = p->encoded, n = p->out.n - from;
    context.progress = NULL; /* that of the items is the one to show */
    p->encoded = p->out.n;
    return skuai_text_encode(p->encoder, &context, p->texts + from, p->sizes + from, n,
                             p->out.vectors + from * p->out.width, err);
}

/* Items without a known word get no vector, and are not tried again. */
static skua_status write_out(piece *p, skua_error *err) {
    skua_status status =
        skuai_embed_store(p->shop, "text", p->encoder->name, &p->out, NULL, NULL, err);
    p->out.n = p->encoded = 0;
    skuai_arena_clear(p->out.arena);
    return status;
}

static skua_status add_item(piece *p, const skuai_item_texts *t, size_t i, const char *hash,
                            skua_error *err) {
    size_t at = p->out.n++;
    if (at == 0) p->began = skuai_clock();
    p->out.items[at] = t->table->columns[0].texts[i];
    p->out.hashes[at] = skuai_arena_text(p->out.arena, hash, strlen(hash));
    p->texts[at] = t->texts[i];
    p->sizes[at] = t->sizes[i];
    return p->out.hashes[at] ? SKUA_OK : skuai_error_memory(err, "vectors");
}

/* -- All items -------------------------------------------------------------------------------- */

/* Encode what waits when it is a slice, write the piece when it is full or old; `last`: both, of
 * whatever there is. */
static skua_status advance(piece *p, const skuai_context *context, size_t done, size_t n, bool last,
                           skuai_embed_counts *counts, skua_error *err) {
    size_t waiting = p->out.n - p->encoded;
    bool full = p->out.n == p->most || last;
    if (waiting > 0 && (waiting == SKUAI_EMBED_SLICE || full)) {
        SKUA_TRY(encode_slice(p, err));
        counts->encoded += waiting;
        skuai_context_progress(context, "items encoded", (double)done, (double)n);
        full = full || skuai_clock() - p->began > SKUAI_EMBED_SECONDS;
        if (full) SKUA_TRY(write_out(p, err));
        SKUA_TRY(skuai_context_check(context, err));
    }
    return SKUA_OK;
}

static skua_status embed_items(const skua_shop *shop, const skuai_text_encoder *e,
                               const skuai_item_texts *t, skuai_embed_counts *counts,
                               skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    piece *p = piece_new(shop, e);
    skua_status status = p ? SKUA_OK : skuai_error_memory(err, "the items' vectors");
    uint64_t seed = skuai_embed_hash(SKUAI_EMBED_SEED, e->name);
    for (size_t i = 0; status == SKUA_OK && i < t->n; i++) {
        const char *kept = t->table->columns[2].texts[i];
        char hash[24];
        (void)snprintf(hash, sizeof hash, "%016llx",
                       (unsigned long long)skuai_embed_hash(seed, t->texts[i]));
        if (kept && !e->learnt && strcmp(kept, hash) == 0)
            counts->unchanged++;
        else
            status = add_item(p, t, i, hash, err);
        if (status == SKUA_OK)
            status = advance(p, &context, i + 1, t->n, i + 1 == t->n, counts, err);
    }
    if (status == SKUA_OK)
        skuai_context_progress(&context, "items encoded", (double)t->n, (double)t->n);
    piece_free(p);
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

skua_status skuai_embed_texts(const skua_shop *shop, bool *done, skuai_json_writer *report,
                              skua_error *err) {
    bool again = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_again);
    skuai_text_encoder e = {0};
    skuai_item_texts t = {0};
    skuai_embed_counts counts = {0};
    skua_status status = skuai_text_encoder_name(shop, &e, err);
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
