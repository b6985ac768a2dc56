#include "shop/shop.h"

#include "core/file.h"
#include "encode/subword.h"
#include "encode/text_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Vectors of every item's words into the table vectors. What was encoded stands, with a hash of its
 * words and of the encoder, in the table vector_sources, so that only what changed is encoded
 * again; a piece of items is one transaction, so that a run that was cut off goes on where it was.
 */

enum { PIECE = 4096 };

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

static uint64_t hash_text(uint64_t h, const char *text) {
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001B3u;
    return (h ^ 0xFFu) * 0x100000001B3u;
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
    if (t->n == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "no item has a title or a description: read a file of items first, "
                               "as skua ingest SHOP --items FILE");
    return SKUA_OK;
}

static skua_status learn_subword(const skua_shop *shop, const item_texts *t, const char *path,
                                 encoder *e, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    skuai_subword_learner *learner = skuai_subword_learner_new(&options, &context);
    if (!learner) return skuai_error_memory(err, "sub-word vectors");
    skua_status status = SKUA_OK;
    for (size_t from = 0; status == SKUA_OK && from < t->n; from += PIECE) {
        size_t n = t->n - from < PIECE ? t->n - from : PIECE;
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

/* Name of a model's vectors: the last part of its folder. */
static void encoder_name(const char *folder, char *name, size_t size) {
    size_t n = strlen(folder);
    if (n == 0) {
        (void)snprintf(name, size, "subword");
        return;
    }
    while (n > 1 && folder[n - 1] == '/')
        n--;
    size_t from = n;
    while (from > 0 && folder[from - 1] != '/')
        from--;
    (void)snprintf(name, size, "%.*s", (int)(n - from < size - 1 ? n - from : size - 1),
                   folder + from);
}

static skua_status encode(const encoder *e, const skuai_context *context, const char *const *texts,
                          const size_t *sizes, size_t n, float *vectors, skua_error *err) {
    if (e->model) return skuai_text_model_encode(e->model, context, texts, sizes, n, vectors, err);
    return skuai_subword_encode_all(e->subword, context, texts, sizes, n, vectors, err);
}

/* -- Into the store --------------------------------------------------------------------------- */

static void put_vector(skuai_buffer *text, const float *vector, size_t width) {
    skuai_buffer_reset(text);
    for (size_t j = 0; j < width; j++)
        (void)skuai_buffer_format(text, "%c%.6g", j ? ',' : '[', (double)vector[j]);
    (void)skuai_buffer_text(text, "]");
}

typedef struct piece {
    const char *items[PIECE], *texts[PIECE];
    char *hashes[PIECE], *vectors[PIECE]; /* in the arena */
    size_t sizes[PIECE], n;
    skuai_arena *arena;
} piece;

static skua_status write_piece(skuai_store *store, const encoder *e, const piece *p,
                               skua_error *err) {
    skuai_column columns[] = {
        {.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = p->items},
        {.name = "hash", .type = SKUAI_COLUMN_TEXT, .texts = (const char *const *)p->hashes},
        {.name = "vector", .type = SKUAI_COLUMN_TEXT, .texts = (const char *const *)p->vectors}};
    skuai_value model = skuai_value_text(e->name);
    SKUA_TRY(skuai_store_execute(store,
                                 "CREATE OR REPLACE TEMP TABLE skuai_embed(item VARCHAR, hash"
                                 " VARCHAR, vector VARCHAR)",
                                 err));
    SKUA_TRY(skuai_store_append(store, "skuai_embed", columns, 3, p->n, err));
    static const char *const statements[] = {
        ("DELETE FROM vectors v USING skuai_embed e "
         "WHERE v.item = e.item AND v.modality = 'text' AND v.model = $1"),
        ("INSERT INTO vectors SELECT item, 'text', $1, CAST(vector AS FLOAT[]) FROM skuai_embed "
         "WHERE vector <> ''"),
        ("DELETE FROM vector_sources v USING skuai_embed e "
         "WHERE v.item = e.item AND v.modality = 'text' AND v.model = $1"),
        "INSERT INTO vector_sources SELECT item, 'text', $1, hash FROM skuai_embed"};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        SKUA_TRY(skuai_store_run(store, statements[i], &model, 1, NULL, err));
    return SKUA_OK;
}

static skua_status store_piece(const skua_shop *shop, const encoder *e, const piece *p,
                               skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK) status = write_piece(store, e, p, err);
    if (status == SKUA_OK)
        status = skuai_store_commit(store, err);
    else
        skuai_store_rollback(store);
    skuai_store_close(store);
    return status;
}

/* Encode a piece and write it; items without a known word get no vector, and are not tried again.
 */
static skua_status do_piece(const skua_shop *shop, const encoder *e, piece *p, float *vectors,
                            skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_buffer text;
    context.progress = NULL; /* that of the items is the one to show */
    SKUA_TRY(encode(e, &context, p->texts, p->sizes, p->n, vectors, err));
    skuai_buffer_init(&text, 1 << 24);
    skua_status status = SKUA_OK;
    for (size_t i = 0; status == SKUA_OK && i < p->n; i++) {
        const float *vector = vectors + i * e->width;
        double squares = 0;
        for (size_t j = 0; j < e->width; j++)
            squares += (double)vector[j] * (double)vector[j];
        if (squares > 0 && isfinite(squares))
            put_vector(&text, vector, e->width);
        else
            skuai_buffer_reset(&text);
        status = skuai_buffer_check(&text, err);
        p->vectors[i] = skuai_arena_text(p->arena, skuai_buffer_view(&text), text.size);
        if (status == SKUA_OK && !p->vectors[i]) status = skuai_error_memory(err, "vectors");
    }
    skuai_buffer_clear(&text);
    return status == SKUA_OK ? store_piece(shop, e, p, err) : status;
}

/* -- The verb --------------------------------------------------------------------------------- */

typedef struct embed_counts {
    size_t encoded, unchanged;
} embed_counts;

static skua_status embed_items(const skua_shop *shop, const encoder *e, const item_texts *t,
                               embed_counts *counts, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    piece *p = skuai_zero(1, sizeof *p);
    float *vectors = skuai_new(PIECE * e->width, sizeof *vectors);
    skuai_arena *arena = skuai_arena_new(1 << 20);
    skua_status status =
        p && vectors && arena ? SKUA_OK : skuai_error_memory(err, "the items' vectors");
    uint64_t seed = hash_text(0xCBF29CE484222325u, e->name);
    for (size_t i = 0; status == SKUA_OK && i < t->n; i++) {
        const char *kept = t->table->columns[2].texts[i];
        char hash[24];
        (void)snprintf(hash, sizeof hash, "%016llx",
                       (unsigned long long)hash_text(seed, t->texts[i]));
        if (kept && !e->learnt && strcmp(kept, hash) == 0) {
            counts->unchanged++;
        } else {
            p->arena = arena;
            p->items[p->n] = t->table->columns[0].texts[i];
            p->texts[p->n] = t->texts[i];
            p->sizes[p->n] = t->sizes[i];
            p->hashes[p->n] = skuai_arena_text(arena, hash, strlen(hash));
            if (!p->hashes[p->n]) status = skuai_error_memory(err, "vectors");
            p->n++;
        }
        if (status == SKUA_OK && p->n > 0 && (p->n == PIECE || i + 1 == t->n)) {
            skuai_context_progress(&context, "items encoded", (double)i, (double)t->n);
            status = do_piece(shop, e, p, vectors, err);
            counts->encoded += p->n;
            p->n = 0;
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

/* Items' texts, with the hashes of what is there; a model that is learnt anew forgets its hashes
 * first, so that a run cut off in between is not taken for whole. */
static skua_status prepare(const skua_shop *shop, const encoder *e, bool again, item_texts *t,
                           skua_error *err) {
    skuai_store *store = NULL;
    skuai_value model = skuai_value_text(e->name);
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK)
        status = skuai_store_execute(store,
                                     "CREATE TABLE IF NOT EXISTS vector_sources(item VARCHAR,"
                                     " modality VARCHAR, model VARCHAR, hash VARCHAR)",
                                     err);
    static const char *const old[] = {
        "DELETE FROM vector_sources WHERE modality = 'text' AND model = $1",
        "DELETE FROM vectors WHERE modality = 'text' AND model = $1"};
    for (size_t i = 0; again && i < 2 && status == SKUA_OK; i++)
        status = skuai_store_run(store, old[i], &model, 1, NULL, err);
    if (status == SKUA_OK) status = texts_read(store, e->name, t, err);
    if (status == SKUA_OK)
        status = skuai_store_commit(store, err);
    else
        skuai_store_rollback(store);
    skuai_store_close(store);
    return status;
}

skua_status skua_shop_embed(skua_shop *shop, char **report, skua_error *err) {
    const char *folder = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_encoder);
    bool again = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_again);
    encoder e = {0};
    item_texts t = {0};
    embed_counts counts = {0};
    skuai_report r;
    skua_status status = SKUA_OK;
    encoder_name(folder, e.name, sizeof e.name);
    if (folder[0]) {
        status = skuai_text_model_open(folder, NULL, &e.model, err);
        if (status == SKUA_OK) e.width = skuai_text_model_width(e.model);
    }
    if (status == SKUA_OK) status = prepare(shop, &e, again, &t, err);
    if (status == SKUA_OK && !folder[0]) status = open_subword(shop, &t, again, &e, err);
    if (status == SKUA_OK) status = embed_items(shop, &e, &t, &counts, err);
    skuai_report_begin(&r, "embed");
    skuai_json_text(&r.json, "modality", "text");
    skuai_json_text(&r.json, "model", e.name);
    skuai_json_integer(&r.json, "width", (int64_t)e.width);
    skuai_json_integer(&r.json, "items", (int64_t)t.n);
    skuai_json_integer(&r.json, "encoded", (int64_t)counts.encoded);
    skuai_json_integer(&r.json, "unchanged", (int64_t)counts.unchanged);
    skuai_json_bool(&r.json, "learnt", e.learnt);
    encoder_clear(&e);
    texts_clear(&t);
    return skuai_report_end(&r, status, report, err);
}
