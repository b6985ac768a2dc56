#include "shop/embed.h"

#include "core/file.h"
#include "encode/subword.h"
#include "encode/text_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Vectors of every item's words into the table vectors. */

/* -- Encoders --------------------------------------------------------------------------------- */

typedef struct encoder {
    char name[128]; /* in column model */
    skuai_subword *subword;
    skuai_text_model *model;
    size_t width;
    bool learnt; /* a sub-word model was learnt just now */
} encoder;

static void encoder_clear(encoder *e) {
    skuai_subword_free(e->subword);
    skuai_text_model_free(e->model);
}

/* Words of the shop's items. */
typedef struct item_texts {
    skuai_table *table; /* item, words, hash kept */
    const char **texts; /* [n] borrowed from the table */
    size_t *sizes;      /* [n] */
    size_t n;
} item_texts;

static void texts_clear(item_texts *t) {
    skuai_table_free(t->table);
    skuai_free(t->texts);
    skuai_free(t->sizes);
}

static skua_status texts_read(skuai_store *store, const char *model, item_texts *t,
                              skua_error *err) {
    skuai_value which = skuai_value_text(model);
    SKUA_TRY(skuai_store_query(
        store,
        "SELECT i.item, i.words, s.hash FROM (SELECT DISTINCT ON (item) item,"
        " trim(concat_ws(' ', title, description, brand, replace(replace(category, '/', ' '), '>',"
        " ' '))) AS words FROM items) i LEFT JOIN (SELECT item, hash FROM vector_sources WHERE"
        " modality = 'text' AND model = $1) s USING (item) WHERE i.words <> '' ORDER BY i.item",
        &which, 1, &t->table, err));
    t->n = t->table->n_rows;
    t->texts = skuai_new(t->n, sizeof *t->texts);
    t->sizes = skuai_new(t->n, sizeof *t->sizes);
    if (!t->texts || !t->sizes) return skuai_error_memory(err, "the items' texts");
    for (size_t i = 0; i < t->n; i++) {
        t->texts[i] = t->table->columns[1].texts[i];
        t->sizes[i] = strlen(t->texts[i]);
    }
    return SKUA_OK;
}

static skua_status learn_subword(const skua_shop *shop, const item_texts *t, const char *path,
                                 encoder *e, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    skuai_subword_learner *learner = skuai_subword_learner_new(&options, &context);
    if (!learner) return skuai_error_memory(err, "sub-word vectors");
    skua_status status = SKUA_OK;
    for (size_t from = 0; status == SKUA_OK && from < t->n; from += SKUAI_EMBED_PIECE) {
        size_t n = t->n - from < SKUAI_EMBED_PIECE ? t->n - from : SKUAI_EMBED_PIECE;
        skuai_context_progress(&context, "sub-words counted", (double)from, (double)t->n);
        status = skuai_subword_learner_add(learner, t->texts + from, t->sizes + from, n, err);
    }
    if (status == SKUA_OK) status = skuai_subword_learner_finish(learner, &e->subword, err);
    skuai_subword_learner_free(learner);
    if (status == SKUA_OK) status = skuai_subword_save(e->subword, path, err);
    e->learnt = status == SKUA_OK;
    return status;
}

/* The sub-word model that is kept, or a new one from the shop's own texts. */
static skua_status open_subword(const skua_shop *shop, const item_texts *t, bool again, encoder *e,
                                skua_error *err) {
    char folder[4096], path[4200];
    int n = snprintf(folder, sizeof folder, "%s/models/vectors", shop->folder);
    if (n < 0 || (size_t)n >= sizeof folder)
        return skuai_error_set(err, SKUA_ELIMIT, "the shop's path is too long");
    (void)snprintf(path, sizeof path, "%s/subword.safetensors", folder);
    SKUA_TRY(skuai_folder_make(folder, err));
    skua_status status = again ? SKUA_ENOTFOUND : skuai_subword_load(path, &e->subword, err);
    if (status == SKUA_ENOTFOUND || status == SKUA_EDATA || status == SKUA_EVERSION) {
        skuai_error_clear(err);
        status = learn_subword(shop, t, path, e, err);
    }
    if (status == SKUA_OK) e->width = skuai_subword_width(e->subword);
    return status;
}

static skua_status encode(const encoder *e, const skuai_context *context, const char *const *texts,
                          const size_t *sizes, size_t n, float *vectors, skua_error *err) {
    if (e->model) return skuai_text_model_encode(e->model, context, texts, sizes, n, vectors, err);
    return skuai_subword_encode_all(e->subword, context, texts, sizes, n, vectors, err);
}

/* -- Into the store --------------------------------------------------------------------------- */

typedef struct piece {
    skuai_embed_piece out;
    const char *texts[SKUAI_EMBED_PIECE];
    size_t sizes[SKUAI_EMBED_PIECE];
} piece;

/* Encode a piece and write it; items without a known word get no vector, and are not tried again.
 */
static skua_status do_piece(const skua_shop *shop, const encoder *e, piece *p, float *vectors,
                            skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    context.progress = NULL; /* that of the items is the one to show */
    SKUA_TRY(encode(e, &context, p->texts, p->sizes, p->out.n, vectors, err));
    SKUA_TRY(skuai_embed_put(&p->out, vectors, e->width, err));
    return skuai_embed_store(shop, "text", e->name, &p->out, NULL, NULL, err);
}

/* -- All items -------------------------------------------------------------------------------- */

static skua_status add_item(piece *p, const item_texts *t, size_t i, uint64_t hash,
                            skua_error *err) {
    size_t at = p->out.n++;
    p->out.items[at] = t->table->columns[0].texts[i];
    p->out.hashes[at] = skuai_embed_hash_text(p->out.arena, hash);
    p->texts[at] = t->texts[i];
    p->sizes[at] = t->sizes[i];
    return p->out.hashes[at] ? SKUA_OK : skuai_error_memory(err, "vectors");
}

static skua_status embed_items(const skua_shop *shop, const encoder *e, const item_texts *t,
                               skuai_embed_counts *counts, skua_error *err) {
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
static skua_status prepare(const skua_shop *shop, const encoder *e, bool again, item_texts *t,
                           skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK) status = skuai_embed_prepare(store, "text", e->name, again, err);
    if (status == SKUA_OK) status = texts_read(store, e->name, t, err);
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
    encoder e = {0};
    item_texts t = {0};
    skuai_embed_counts counts = {0};
    skua_status status = SKUA_OK;
    skuai_embed_name(folder, "subword", e.name, sizeof e.name);
    if (folder[0]) {
        status = skuai_text_model_open(folder, NULL, &e.model, err);
        if (status == SKUA_OK) e.width = skuai_text_model_width(e.model);
    }
    if (status == SKUA_OK) status = prepare(shop, &e, again, &t, err);
    *done = status == SKUA_OK && t.n > 0;
    if (*done && !folder[0]) status = open_subword(shop, &t, again, &e, err);
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
    encoder_clear(&e);
    texts_clear(&t);
    return status;
}
