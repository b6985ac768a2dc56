#include "panel/panel_owner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An array that grows by doubling; the block goes to the panel in the end. */
typedef struct column {
    void *data;
    size_t capacity; /* elements */
} column;

enum { DYNAMIC_MOST = SKUAI_PANEL_BLOCKS - 4 };

struct skuai_panel_builder {
    skuai_panel *panel; /* under construction: owns names and statics already */
    size_t n, rows;     /* series and rows so far */
    bool has_available; /* some series came with one */
    column target, available, dynamic[DYNAMIC_MOST];
    column names, start, row, length, future, base; /* one entry a series */
    const char *dynamic_name[DYNAMIC_MOST];
    skuai_known dynamic_known[DYNAMIC_MOST];
    size_t n_dynamic;
    column statics, vectors;                    /* of skuai_static, skuai_vectors */
    size_t n_static, n_vectors, n_alternatives; /* alternatives: of the vectors, the last */
};

static bool column_reserve(column *c, size_t n, size_t size) {
    if (c->data && n <= c->capacity) return true;
    size_t capacity = c->capacity < 1024 ? 1024 : c->capacity + c->capacity / 2;
    if (capacity < n) capacity = n;
    void *data = skuai_resize(c->data, capacity, size);
    if (!data) return false;
    c->data = data;
    c->capacity = capacity;
    return true;
}

skuai_panel_builder *skuai_panel_builder_new(const skuai_grid *grid, int season) {
    skuai_panel_builder *builder = skuai_zero(1, sizeof *builder);
    if (!builder) return NULL;
    builder->panel = skuai_panel_make(NULL);
    if (!builder->panel) {
        skuai_free(builder);
        return NULL;
    }
    builder->panel->grid = *grid;
    builder->panel->season = season > 0 ? season : skuai_grid_season(grid);
    return builder;
}

void skuai_panel_builder_free(skuai_panel_builder *b) {
    if (!b) return;
    column *const columns[] = {&b->target, &b->available, &b->names, &b->start,   &b->row,
                               &b->length, &b->future,    &b->base,  &b->statics, &b->vectors};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        skuai_free(columns[i]->data);
    for (size_t k = 0; k < DYNAMIC_MOST; k++)
        skuai_free(b->dynamic[k].data);
    skuai_panel_free(b->panel);
    skuai_free(b);
}

skua_status skuai_panel_builder_dynamic(skuai_panel_builder *builder, const char *name,
                                        skuai_known known, skua_error *err) {
    if (builder->n > 0)
        return skuai_error_set(err, SKUA_EINVAL, "covariate '%s' declared after a series", name);
    if (builder->n_dynamic == DYNAMIC_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "a panel has at most %d dynamic covariates",
                               (int)DYNAMIC_MOST);
    char *copy = skuai_arena_text(builder->panel->owner->arena, name, strlen(name));
    if (!copy) return skuai_error_memory(err, "a panel");
    builder->dynamic_name[builder->n_dynamic] = copy;
    builder->dynamic_known[builder->n_dynamic++] = known;
    return SKUA_OK;
}

static bool reserve_series(skuai_panel_builder *b, size_t rows) {
    if (!column_reserve(&b->names, b->n + 1, sizeof(char *)) ||
        !column_reserve(&b->start, b->n + 1, sizeof(int64_t)) ||
        !column_reserve(&b->row, b->n + 1, sizeof(size_t)) ||
        !column_reserve(&b->length, b->n + 1, sizeof(size_t)) ||
        !column_reserve(&b->future, b->n + 1, sizeof(size_t)) ||
        !column_reserve(&b->base, b->n + 1, sizeof(size_t)) ||
        !column_reserve(&b->target, b->rows + rows, sizeof(double)))
        return false;
    if (b->has_available && !column_reserve(&b->available, b->rows + rows, sizeof(float)))
        return false;
    for (size_t k = 0; k < b->n_dynamic; k++)
        if (!column_reserve(&b->dynamic[k], b->rows + rows, sizeof(float))) return false;
    return true;
}

/* The first series with an availability: everything before was fully available. */
static bool start_available(skuai_panel_builder *b) {
    if (!column_reserve(&b->available, b->rows + 1, sizeof(float))) return false;
    float *available = b->available.data;
    for (size_t r = 0; r < b->rows; r++)
        available[r] = 1;
    b->has_available = true;
    return true;
}

skua_status skuai_panel_builder_series(skuai_panel_builder *b, const char *name, int64_t start,
                                       size_t length, size_t future, const double *target,
                                       const float *available, const float *const *dynamic,
                                       skua_error *err) {
    for (size_t t = 0; t < length; t++) {
        if (isinf(target[t]))
            return skuai_error_set(err, SKUA_EDATA, "series %s: period %zu is infinite", name, t);
        if (available && !(available[t] >= 0 && available[t] <= 1))
            return skuai_error_set(err, SKUA_EDATA,
                                   "series %s: available = %g in period %zu, need 0 to 1", name,
                                   (double)available[t], t);
    }
    size_t rows = length + future;
    char *copy = skuai_arena_text(b->panel->owner->arena, name, strlen(name));
    if (!copy || (available && !b->has_available && !start_available(b)) ||
        !reserve_series(b, rows))
        return skuai_error_memory(err, "a panel");
    ((const char **)b->names.data)[b->n] = copy;
    ((int64_t *)b->start.data)[b->n] = start;
    ((size_t *)b->row.data)[b->n] = b->rows;
    ((size_t *)b->length.data)[b->n] = length;
    ((size_t *)b->future.data)[b->n] = future;
    ((size_t *)b->base.data)[b->n] = b->n;
    double *y = (double *)b->target.data + b->rows;
    for (size_t t = 0; t < rows; t++)
        y[t] = t < length ? target[t] : (double)NAN;
    if (b->has_available) {
        float *a = (float *)b->available.data + b->rows;
        for (size_t t = 0; t < rows; t++)
            a[t] = available && t < length ? available[t] : 1;
    }
    for (size_t k = 0; k < b->n_dynamic; k++) {
        float *x = (float *)b->dynamic[k].data + b->rows;
        for (size_t t = 0; t < rows; t++)
            x[t] = dynamic && dynamic[k] ? dynamic[k][t] : NAN;
    }
    b->rows += rows;
    b->n++;
    return SKUA_OK;
}

/* -- Statics ---------------------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int32_t level_of(const char *const *levels, size_t n, const char *text) {
    const char *const *found = bsearch(&text, levels, n, sizeof *levels, compare_texts);
    return found ? (int32_t)(found - levels) : -1;
}

static skua_status add_static(skuai_panel_builder *b, const skuai_static *made, skua_error *err) {
    if (!column_reserve(&b->statics, b->n_static + 1, sizeof *made))
        return skuai_error_memory(err, "a panel");
    ((skuai_static *)b->statics.data)[b->n_static++] = *made;
    return SKUA_OK;
}

skua_status skuai_panel_builder_category(skuai_panel_builder *b, const char *name,
                                         const char *const *texts, skua_error *err) {
    skuai_arena *arena = b->panel->owner->arena;
    const char **levels = skuai_arena_take(arena, b->n, sizeof *levels);
    int32_t *codes = skuai_arena_take(arena, b->n, sizeof *codes);
    char *copy = skuai_arena_text(arena, name, strlen(name));
    if (!levels || !codes || !copy) return skuai_error_memory(err, "a panel");
    size_t n = 0, distinct = 0;
    for (size_t s = 0; s < b->n; s++)
        if (texts[s]) levels[n++] = texts[s];
    qsort(levels, n, sizeof *levels, compare_texts);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(levels[i], levels[distinct - 1]) != 0) levels[distinct++] = levels[i];
    for (size_t s = 0; s < b->n; s++)
        codes[s] = texts[s] ? level_of(levels, distinct, texts[s]) : -1;
    for (size_t i = 0; i < distinct; i++) { /* last: the search above wants the caller's texts */
        levels[i] = skuai_arena_text(arena, levels[i], strlen(levels[i]));
        if (!levels[i]) return skuai_error_memory(err, "a panel");
    }
    return add_static(
        b, &(skuai_static){.name = copy, .n_levels = distinct, .levels = levels, .codes = codes},
        err);
}

skua_status skuai_panel_builder_number(skuai_panel_builder *b, const char *name,
                                       const double *values, skua_error *err) {
    skuai_arena *arena = b->panel->owner->arena;
    double *copy = skuai_arena_take(arena, b->n, sizeof *copy);
    char *copied_name = skuai_arena_text(arena, name, strlen(name));
    if (!copy || !copied_name) return skuai_error_memory(err, "a panel");
    memcpy(copy, values, b->n * sizeof *copy);
    return add_static(b, &(skuai_static){.name = copied_name, .values = copy}, err);
}

static skua_status add_vectors(skuai_panel_builder *b, const char *modality, size_t width,
                               const float *values, skua_error *err) {
    skuai_arena *arena = b->panel->owner->arena;
    size_t n;
    if (!skuai_size_mul(b->n, width, &n)) return skuai_error_memory(err, "vectors");
    float *copy = skuai_arena_take(arena, n, sizeof *copy);
    char *name = skuai_arena_text(arena, modality, strlen(modality));
    if (!copy || !name || !column_reserve(&b->vectors, b->n_vectors + 1, sizeof(skuai_vectors)))
        return skuai_error_memory(err, "vectors");
    memcpy(copy, values, n * sizeof *copy);
    ((skuai_vectors *)b->vectors.data)[b->n_vectors++] = (skuai_vectors){name, width, copy};
    return SKUA_OK;
}

skua_status skuai_panel_builder_vectors(skuai_panel_builder *b, const char *modality, size_t width,
                                        const float *values, skua_error *err) {
    if (b->n_alternatives > 0)
        return skuai_error_set(err, SKUA_EINVAL, "vectors of '%s' behind alternatives", modality);
    return add_vectors(b, modality, width, values, err);
}

skua_status skuai_panel_builder_alternative(skuai_panel_builder *b, const char *name, size_t width,
                                            const float *values, skua_error *err) {
    SKUA_TRY(add_vectors(b, name, width, values, err));
    b->n_alternatives++;
    return SKUA_OK;
}

skua_status skuai_panel_builder_arrivals(skuai_panel_builder *b, const int64_t *launch,
                                         const char *const *replaces, skua_error *err) {
    skuai_arena *arena = b->panel->owner->arena;
    int64_t *periods = skuai_arena_take(arena, b->n, sizeof *periods);
    const char **texts = skuai_arena_take_zero(arena, b->n, sizeof *texts);
    if (!periods || !texts) return skuai_error_memory(err, "a panel");
    memcpy(periods, launch, b->n * sizeof *periods);
    for (size_t s = 0; s < b->n; s++) {
        if (!replaces[s]) continue;
        texts[s] = skuai_arena_text(arena, replaces[s], strlen(replaces[s]));
        if (!texts[s]) return skuai_error_memory(err, "a panel");
    }
    b->panel->launch = periods;
    b->panel->replaces = texts;
    return SKUA_OK;
}

skua_status skuai_panel_builder_ties(skuai_panel_builder *b, const skuai_named_tie *ties, size_t n,
                                     skua_error *err) {
    const skuai_static *statics = b->statics.data, *item = NULL;
    for (size_t k = 0; k < b->n_static; k++)
        if (strcmp(statics[k].name, "item") == 0 && statics[k].codes) item = &statics[k];
    if (!item || n == 0) return SKUA_OK;
    skuai_item_tie *kept = skuai_arena_take(b->panel->owner->arena, n, sizeof *kept);
    if (!kept) return skuai_error_memory(err, "the graph of items");
    size_t n_kept = 0;
    for (size_t k = 0; k < n; k++) {
        int32_t from = level_of(item->levels, item->n_levels, ties[k].item);
        int32_t to = level_of(item->levels, item->n_levels, ties[k].other);
        if (from < 0 || to < 0 || from == to || !(ties[k].strength > 0)) continue;
        kept[n_kept++] = (skuai_item_tie){from, to, ties[k].kind, ties[k].strength};
    }
    b->panel->ties = kept;
    b->panel->n_ties = n_kept;
    return SKUA_OK;
}

/* -- Finish ----------------------------------------------------------------------------------- */

/* Give a column's block to the panel, trimmed to n elements. */
static skua_status hand_over(skuai_panel_builder *b, column *c, size_t n, size_t size,
                             const void **array, skua_error *err) {
    void *data = skuai_resize(c->data, n ? n : 1, size);
    if (!data) return skuai_error_memory(err, "a panel");
    c->data = data;
    SKUA_TRY(skuai_panel_adopt(b->panel, data, err));
    *array = data;
    *c = (column){0};
    return SKUA_OK;
}

/* A small column is copied into the arena instead. */
static void *keep(skuai_panel_builder *b, const column *c, size_t n, size_t size) {
    void *copy = skuai_panel_take(b->panel, n, size);
    if (copy && n) memcpy(copy, c->data, n * size);
    return copy;
}

static void classify(skuai_panel *panel) {
    panel->counts = panel->non_negative = true;
    for (size_t s = 0; s < panel->n_series; s++) {
        const double *y = skuai_panel_target(panel, s);
        for (size_t t = 0; t < panel->length[s]; t++) {
            if (isnan(y[t])) continue;
            if (y[t] < 0) panel->non_negative = panel->counts = false;
            if (y[t] != floor(y[t])) panel->counts = false;
        }
        if (!panel->non_negative) return;
    }
}

skua_status skuai_panel_builder_finish(skuai_panel_builder *b, skuai_panel **panel,
                                       skua_error *err) {
    skuai_panel *p = b->panel;
    const void *array = NULL;
    p->n_series = p->n_base = b->n;
    p->n_rows = b->rows;
    p->names = keep(b, &b->names, b->n, sizeof(char *));
    p->start = keep(b, &b->start, b->n, sizeof(int64_t));
    p->row = keep(b, &b->row, b->n, sizeof(size_t));
    p->length = keep(b, &b->length, b->n, sizeof(size_t));
    p->future = keep(b, &b->future, b->n, sizeof(size_t));
    p->base = keep(b, &b->base, b->n, sizeof(size_t));
    p->statics = keep(b, &b->statics, b->n_static, sizeof(skuai_static));
    p->vectors = keep(b, &b->vectors, b->n_vectors, sizeof(skuai_vectors));
    skuai_dynamic *dynamic = skuai_panel_take(p, b->n_dynamic, sizeof *dynamic);
    if (!p->names || !p->start || !p->row || !p->length || !p->future || !p->base || !p->statics ||
        !p->vectors || !dynamic)
        return skuai_error_memory(err, "a panel");
    p->n_static = b->n_static;
    p->n_vectors = b->n_vectors - b->n_alternatives;
    p->n_alternatives = b->n_alternatives;
    SKUA_TRY(hand_over(b, &b->target, b->rows, sizeof(double), &array, err));
    p->target = array;
    if (b->has_available) {
        SKUA_TRY(hand_over(b, &b->available, b->rows, sizeof(float), &array, err));
        p->available = array;
    }
    for (size_t k = 0; k < b->n_dynamic; k++) {
        SKUA_TRY(hand_over(b, &b->dynamic[k], b->rows, sizeof(float), &array, err));
        dynamic[k] = (skuai_dynamic){b->dynamic_name[k], b->dynamic_known[k], array};
    }
    p->dynamic = dynamic;
    p->n_dynamic = b->n_dynamic;
    classify(p);
    b->panel = NULL;
    *panel = p;
    return SKUA_OK;
}
