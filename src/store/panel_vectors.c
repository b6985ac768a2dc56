/* Item vectors of the table vectors onto a panel: a modality's are those of the model of most
 * items; those of its other models stand beside, as alternatives named modality/model. */
#include "store/panel_build.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct vector_fill {
    const skuai_series *items; /* distinct items of the series, by number */
    size_t width;
    float *values; /* [items, width] */
} vector_fill;

static skua_status fill_chunk(void *user, const skuai_table *chunk, skua_error *err) {
    const vector_fill *f = user;
    (void)err;
    for (size_t r = 0; r < chunk->n_rows; r++) {
        const char *item = chunk->columns[0].texts[r];
        int64_t at = chunk->columns[1].integers[r] - 1;
        if (!item || at < 0 || (size_t)at >= f->width) continue;
        size_t size = strlen(item);
        int64_t number =
            skuai_series_find(f->items, skuai_series_hash(item, size, "", 0), item, size, "", 0);
        double value = chunk->columns[2].doubles[r];
        if (number >= 0) f->values[(size_t)number * f->width + (size_t)at] = (float)value;
    }
    return SKUA_OK;
}

enum { ALTERNATIVES_MOST = 8 };

static skua_status add_modality(skuai_panel_build *b, const char *modality, const char *model,
                                const char *alternative, size_t width, const skuai_series *items,
                                const int64_t *item_of, size_t n, skuai_panel_builder *builder,
                                skua_error *err) {
    vector_fill fill = {items, width, skuai_new(items->n * width, sizeof(float))};
    float *rows = skuai_new(n * width, sizeof *rows);
    skua_status status = fill.values && rows ? SKUA_OK : skuai_error_memory(err, "vectors");
    for (size_t i = 0; status == SKUA_OK && i < items->n * width; i++)
        fill.values[i] = NAN;
    skuai_value which[] = {skuai_value_text(modality), skuai_value_text(model)};
    if (status == SKUA_OK)
        status = skuai_store_scan(b->store,
                                  "SELECT item, generate_subscripts(\"values\", 1)::BIGINT AS i,"
                                  " unnest(\"values\")::DOUBLE AS v FROM vectors WHERE modality ="
                                  " $1 AND model = $2",
                                  which, 2, fill_chunk, &fill, err);
    for (size_t i = 0; status == SKUA_OK && i < n; i++)
        memcpy(rows + i * width, fill.values + (size_t)item_of[i] * width, width * sizeof *rows);
    if (status == SKUA_OK)
        status = alternative
                     ? skuai_panel_builder_alternative(builder, alternative, width, rows, err)
                     : skuai_panel_builder_vectors(builder, modality, width, rows, err);
    skuai_free(fill.values);
    skuai_free(rows);
    return status;
}

static skua_status number_items(const skuai_panel_build *b, const size_t *series, size_t n,
                                skuai_series *items, int64_t *item_of, skua_error *err) {
    for (size_t i = 0; i < n; i++) {
        const char *item = b->keys.items[series[i]];
        size_t size = strlen(item);
        item_of[i] =
            skuai_series_add(items, skuai_series_hash(item, size, "", 0), item, size, "", 0);
        if (item_of[i] < 0) return skuai_error_memory(err, "vectors");
    }
    return SKUA_OK;
}

skua_status skuai_build_vectors(skuai_panel_build *b, const size_t *series, size_t n,
                                skuai_panel_builder *builder, skua_error *err) {
    skuai_table *models = NULL;
    skuai_series items;
    SKUA_TRY(skuai_store_query(
        b->store,
        "SELECT modality, model, max(len(\"values\"))::BIGINT AS width, row_number() OVER "
        "(PARTITION BY modality ORDER BY count(*) DESC, model) > 1 AS other FROM vectors GROUP BY "
        "modality, model ORDER BY other, modality, model",
        NULL, 0, &models, err));
    if (models->n_rows == 0 || n == 0) {
        skuai_table_free(models);
        return SKUA_OK;
    }
    skua_status status = skuai_series_init(&items, err);
    if (status != SKUA_OK) {
        skuai_table_free(models);
        return status;
    }
    int64_t *item_of = skuai_new(n, sizeof *item_of);
    status = item_of ? number_items(b, series, n, &items, item_of, err)
                     : skuai_error_memory(err, "vectors");
    for (size_t k = 0, others = 0; status == SKUA_OK && k < models->n_rows; k++) {
        const char *modality = models->columns[0].texts[k], *model = models->columns[1].texts[k];
        int64_t width = models->columns[2].integers[k];
        bool other = models->columns[3].integers[k] != 0;
        char name[128];
        (void)snprintf(name, sizeof name, "%.40s/%.80s", modality, model);
        if (width <= 0 || width > 65536 || (other && others++ >= ALTERNATIVES_MOST)) continue;
        status = add_modality(b, modality, model, other ? name : NULL, (size_t)width, &items,
                              item_of, n, builder, err);
    }
    skuai_free(item_of);
    skuai_series_clear(&items);
    skuai_table_free(models);
    return status;
}
