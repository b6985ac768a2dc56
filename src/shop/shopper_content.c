#include "shop/shopper.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH_MOST = 256 }; /* numbers of a modality: a net's content weight stays small */

typedef struct content_fill {
    const skuai_table *items;
    float *values;         /* [n items, width] */
    size_t from, n, width; /* the modality's columns */
} content_fill;

static skua_status fill_chunk(void *user, const skuai_table *chunk, skua_error *err) {
    const content_fill *f = user;
    size_t last = SIZE_MAX;
    const char *name = NULL;
    (void)err;
    for (size_t r = 0; r < chunk->n_rows; r++) {
        const char *item = chunk->columns[0].texts[r];
        int64_t at = chunk->columns[1].integers[r] - 1;
        double value = chunk->columns[2].doubles[r];
        if (!item || at < 0 || (size_t)at >= f->n || !isfinite(value)) continue;
        if (!name || strcmp(item, name) != 0) last = skuai_shoppers_find(f->items, item);
        name = item;
        if (last != SIZE_MAX) f->values[last * f->width + f->from + (size_t)at] = (float)value;
    }
    return SKUA_OK;
}

static void scale_rows(const content_fill *f) {
    for (size_t i = 0; i < f->items->n_rows; i++) {
        float *row = f->values + i * f->width + f->from;
        double sum = 0;
        for (size_t k = 0; k < f->n; k++)
            sum += (double)row[k] * (double)row[k];
        for (size_t k = 0; k < f->n && sum > 0; k++)
            row[k] /= (float)sqrt(sum);
    }
}

static size_t width_of(const skuai_table *models, size_t r) {
    int64_t width = models->columns[2].integers[r];
    return width < 0 ? 0 : width > WIDTH_MOST ? WIDTH_MOST : (size_t)width;
}

skua_status skuai_shoppers_content(skuai_store *store, const skuai_table *items, float **values,
                                   size_t *width, skua_error *err) {
    skuai_table *models = NULL;
    content_fill fill = {.items = items};
    SKUA_TRY(skuai_store_query(
        store,
        "SELECT modality, model, max(len(\"values\"))::BIGINT FROM vectors GROUP BY modality, "
        "model "
        "QUALIFY row_number() OVER (PARTITION BY modality ORDER BY count(*) DESC, model) = 1 "
        "ORDER BY modality",
        NULL, 0, &models, err));
    for (size_t r = 0; r < models->n_rows; r++)
        fill.width += width_of(models, r);
    skua_status status = SKUA_OK;
    if (fill.width > 0) {
        fill.values = skuai_zero(items->n_rows * fill.width, sizeof *fill.values);
        if (!fill.values) status = skuai_error_memory(err, "item vectors");
    }
    for (size_t r = 0; r < models->n_rows && fill.width > 0 && status == SKUA_OK; r++) {
        skuai_value which[] = {skuai_value_text(models->columns[0].texts[r]),
                               skuai_value_text(models->columns[1].texts[r])};
        fill.n = width_of(models, r);
        status =
            skuai_store_scan(store,
                             "SELECT item, generate_subscripts(\"values\", 1)::BIGINT AS i, "
                             "unnest(\"values\")::DOUBLE AS v FROM vectors WHERE modality = $1 "
                             "AND model = $2",
                             which, 2, fill_chunk, &fill, err);
        if (status == SKUA_OK) scale_rows(&fill);
        fill.from += fill.n;
    }
    skuai_table_free(models);
    if (status != SKUA_OK) {
        skuai_free(fill.values);
        return status;
    }
    *values = fill.values;
    *width = fill.width;
    return SKUA_OK;
}

/* FNV-1a, as a fingerprint and no more. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t n) {
    const unsigned char *b = bytes;
    for (size_t k = 0; k < n; k++)
        hash = (hash ^ b[k]) * 0x100000001B3U;
    return hash;
}

void skuai_shoppers_key(const skuai_shoppers *s, const float *content, size_t width, char key[64]) {
    const skuai_interactions *x = s->interactions;
    uint64_t hash = 0xCBF29CE484222325U;
    for (size_t i = 0; i < s->items->n_rows; i++) {
        const char *name = s->items->columns[0].texts[i];
        hash = mix(hash, name, strlen(name) + 1);
    }
    hash = mix(hash, x->user_rows, (x->n_users + 1) * sizeof *x->user_rows);
    hash = mix(hash, x->items, x->n * sizeof *x->items);
    hash = mix(hash, x->days, x->n * sizeof *x->days);
    if (content) hash = mix(hash, content, s->items->n_rows * width * sizeof *content);
    (void)snprintf(key, 64, "%zu rows, %016llx", x->n, (unsigned long long)hash);
}
