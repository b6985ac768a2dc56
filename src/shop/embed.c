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

static void put_vector(skuai_buffer *text, const float *vector, size_t width) {
    skuai_buffer_reset(text);
    for (size_t j = 0; j < width; j++)
        (void)skuai_buffer_format(text, "%c%.6g", j ? ',' : '[', (double)vector[j]);
    (void)skuai_buffer_text(text, "]");
}

skua_status skuai_embed_put(skuai_embed_piece *piece, const float *vectors, size_t width,
                            skua_error *err) {
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 24);
    skua_status status = SKUA_OK;
    for (size_t i = 0; status == SKUA_OK && i < piece->n; i++) {
        const float *vector = vectors + i * width;
        double squares = 0;
        for (size_t j = 0; j < width; j++)
            squares += (double)vector[j] * (double)vector[j];
        if (squares > 0 && isfinite(squares))
            put_vector(&text, vector, width);
        else
            skuai_buffer_reset(&text);
        status = skuai_buffer_check(&text, err);
        piece->vectors[i] = skuai_arena_text(piece->arena, skuai_buffer_view(&text), text.size);
        if (status == SKUA_OK && !piece->vectors[i]) status = skuai_error_memory(err, "vectors");
    }
    skuai_buffer_clear(&text);
    return status;
}

static skua_status write_piece(skuai_store *store, const char *modality, const char *model,
                               const skuai_embed_piece *p, skua_error *err) {
    skuai_column columns[] = {{.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = p->items},
                              {.name = "hash", .type = SKUAI_COLUMN_TEXT, .texts = p->hashes},
                              {.name = "vector", .type = SKUAI_COLUMN_TEXT, .texts = p->vectors}};
    skuai_value which[] = {skuai_value_text(modality), skuai_value_text(model)};
    SKUA_TRY(skuai_store_execute(store,
                                 "CREATE OR REPLACE TEMP TABLE skuai_embed(item VARCHAR, hash"
                                 " VARCHAR, vector VARCHAR)",
                                 err));
    SKUA_TRY(skuai_store_append(store, "skuai_embed", columns, 3, p->n, err));
    static const char *const statements[] = {
        ("DELETE FROM vectors v USING skuai_embed e "
         "WHERE v.item = e.item AND v.modality = $1 AND v.model = $2"),
        ("INSERT INTO vectors SELECT item, $1, $2, CAST(vector AS FLOAT[]) FROM skuai_embed "
         "WHERE vector <> ''"),
        ("DELETE FROM vector_sources v USING skuai_embed e "
         "WHERE v.item = e.item AND v.modality = $1 AND v.model = $2"),
        "INSERT INTO vector_sources SELECT item, $1, $2, hash FROM skuai_embed"};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        SKUA_TRY(skuai_store_run(store, statements[i], which, 2, NULL, err));
    return SKUA_OK;
}

skua_status skuai_embed_store(const skua_shop *shop, const char *modality, const char *model,
                              const skuai_embed_piece *piece, skuai_embed_also also, void *user,
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
