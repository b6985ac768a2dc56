#include "shop/embed.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

uint64_t skuai_embed_hash(uint64_t h, const char *text) {
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001B3u;
    return (h ^ 0xFFu) * 0x100000001B3u;
}

const char *skuai_embed_hash_text(skuai_arena *arena, uint64_t h) {
    char text[24];
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)h);
    return skuai_arena_text(arena, text, strlen(text));
}

static bool has_direction(const float *vector, size_t width) {
    double squares = 0;
    for (size_t j = 0; j < width; j++)
        squares += (double)vector[j] * (double)vector[j];
    return squares > 0 && isfinite(squares);
}

/* n times one text, for a column that says the same everywhere. */
static const char *const *repeated(skuai_arena *arena, const char *text, size_t n) {
    const char **texts = skuai_arena_take(arena, n, sizeof *texts);
    for (size_t i = 0; texts && i < n; i++)
        texts[i] = text;
    return texts;
}

/* Rows of vectors and vector_sources; what these items had is gone before. */
static skua_status append_piece(skuai_store *store, const char *modality, const char *model,
                                skuai_embed_piece *p, skua_error *err) {
    const char *const *modalities = repeated(p->arena, modality, p->n);
    const char *const *models = repeated(p->arena, model, p->n);
    const char **items = skuai_arena_take(p->arena, p->n, sizeof *items);
    size_t n = 0;
    if (!modalities || !models || !items) return skuai_error_memory(err, "vectors");
    for (size_t i = 0; i < p->n; i++) {
        const float *vector = p->vectors + i * p->width;
        if (!has_direction(vector, p->width)) continue;
        if (n < i) memcpy(p->vectors + n * p->width, vector, p->width * sizeof *vector);
        items[n++] = p->items[i];
    }
    skuai_column columns[] = {
        {.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = items},
        {.name = "modality", .type = SKUAI_COLUMN_TEXT, .texts = modalities},
        {.name = "model", .type = SKUAI_COLUMN_TEXT, .texts = models},
        {.name = "values", .type = SKUAI_COLUMN_FLOATS, .floats = p->vectors, .width = p->width}};
    SKUA_TRY(skuai_store_append(store, "vectors", columns, 4, n, err));
    columns[0].texts = p->items;
    columns[3] = (skuai_column){.name = "hash", .type = SKUAI_COLUMN_TEXT, .texts = p->hashes};
    return skuai_store_append(store, "vector_sources", columns, 4, p->n, err);
}

static skua_status write_piece(skuai_store *store, const char *modality, const char *model,
                               skuai_embed_piece *p, skua_error *err) {
    static const char *const old[] = {"DELETE FROM vectors v USING skuai_embed e WHERE"
                                      " v.item = e.item AND v.modality = $1 AND v.model = $2",
                                      "DELETE FROM vector_sources v USING skuai_embed e WHERE"
                                      " v.item = e.item AND v.modality = $1 AND v.model = $2"};
    skuai_column items = {.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = p->items};
    skuai_value which[] = {skuai_value_text(modality), skuai_value_text(model)};
    SKUA_TRY(
        skuai_store_execute(store, "CREATE OR REPLACE TEMP TABLE skuai_embed(item VARCHAR)", err));
    SKUA_TRY(skuai_store_append(store, "skuai_embed", &items, 1, p->n, err));
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        SKUA_TRY(skuai_store_run(store, old[i], which, 2, NULL, err));
    return append_piece(store, modality, model, p, err);
}

skua_status skuai_embed_store(const skua_shop *shop, const char *modality, const char *model,
                              skuai_embed_piece *piece, skuai_embed_also also, void *user,
                              skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK) status = write_piece(store, modality, model, piece, err);
    if (status == SKUA_OK && also) status = also(store, user, err);
    if (status == SKUA_OK)
        status = skuai_store_commit(store, err);
    else
        skuai_store_rollback(store);
    skuai_store_close(store);
    return status;
}

skua_status skuai_embed_prepare(skuai_store *store, const char *modality, const char *model,
                                bool again, skua_error *err) {
    skuai_value which[] = {skuai_value_text(modality), skuai_value_text(model)};
    static const char *const old[] = {
        "DELETE FROM vector_sources WHERE modality = $1 AND model = $2",
        "DELETE FROM vectors WHERE modality = $1 AND model = $2"};
    SKUA_TRY(skuai_store_execute(store,
                                 "CREATE TABLE IF NOT EXISTS vector_sources(item VARCHAR,"
                                 " modality VARCHAR, model VARCHAR, hash VARCHAR)",
                                 err));
    for (size_t i = 0; again && i < 2; i++)
        SKUA_TRY(skuai_store_run(store, old[i], which, 2, NULL, err));
    return SKUA_OK;
}

void skuai_embed_name(const char *folder, const char *fallback, char *name, size_t size) {
    size_t n = strlen(folder);
    if (n == 0) {
        (void)snprintf(name, size, "%s", fallback);
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
