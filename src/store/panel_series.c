/* The cells of a panel in the making, series by series, to the panel builder. */
#include "store/panel_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The mean of a cell, NaN when it has none. */
static float cell_value(const skuai_cell_values *v, size_t cell) {
    if (!v->weight) return v->sum[cell];
    return v->weight[cell] > 0 ? v->sum[cell] / v->weight[cell] : NAN;
}

/* What one series is given to the builder as. */
typedef struct series_space {
    size_t capacity, n_dynamic, n_fixed; /* n_fixed: values of the sales; then future, promo, ... */
    double *target;
    float *available;
    float *cells;   /* [n_dynamic, capacity] */
    float *scratch; /* [capacity] */
    const float **dynamic;
    float **future;               /* [future.n_columns] where each of its columns goes */
    size_t *of_value, *of_future; /* dynamic index of each; SIZE_MAX: none */
    size_t promotion, depth, display, calendar, holidays[3];
    size_t of_available;    /* value that is `available`; SIZE_MAX: none */
    size_t n_tags, tags[2]; /* price and list_price, where they are known ahead */
} series_space;

static skua_status declare(skuai_panel_builder *builder, series_space *space, const char *name,
                           bool ahead, size_t *index, skua_error *err) {
    SKUA_TRY(skuai_panel_builder_dynamic(builder, name,
                                         ahead ? SKUAI_KNOWN_AHEAD : SKUAI_KNOWN_PAST, err));
    *index = space->n_dynamic++;
    if (ahead && (strcmp(name, "price") == 0 || strcmp(name, "list_price") == 0))
        space->tags[space->n_tags++] = *index;
    return SKUA_OK;
}

/* The covariates that tables and rules make, all of them known ahead; NULL at the end. */
static const char *const made[] = {"promotion", "promotion_depth", "promotion_display", "calendar",
                                   NULL};

static bool has_made(const skuai_panel_build *b, const char *name) {
    bool promotions = b->promotions && b->promotions->n_rows;
    for (size_t k = 0; made[k]; k++)
        if (strcmp(made[k], name) == 0)
            return k < 3 ? promotions : b->calendar && b->calendar->n_rows > 0;
    for (int k = 0; k < 3; k++)
        if (b->holidays[k] && strcmp(skuai_holiday_names[k], name) == 0) return true;
    return false;
}

/* Where a made covariate goes: a column of the sales or of the future that has its name is the
 * same thing, and what it says comes first. */
static skua_status declare_made(const skuai_panel_build *b, skuai_panel_builder *builder,
                                series_space *space, const char *name, size_t *index,
                                skua_error *err) {
    for (size_t k = 0; k < b->n_values; k++)
        if (space->of_value[k] != SIZE_MAX && strcmp(b->values[k].name, name) == 0)
            return *index = space->of_value[k], SKUA_OK;
    for (size_t f = 0; f < b->future.n_columns; f++)
        if (strcmp(b->future.names[f], name) == 0) return *index = space->of_future[f], SKUA_OK;
    return declare(builder, space, name, true, index, err);
}

static void fill_missing(float *cells, const float *values, size_t n) {
    for (size_t t = 0; t < n; t++)
        if (isnan(cells[t])) cells[t] = values[t];
}

/* A price stands until another one is set: where neither the sales nor the plan names one it is the
 * last one, ahead of the data too. (A model that knows prices would otherwise meet series without
 * any, which it never saw, and learn that a period without a price is one without a sale.) That of
 * a promotion ends with it, and the last one before it stands again. promotion NULL: none known. */
static void carry_forward(float *cells, const float *promotion, size_t n) {
    float last = NAN, regular = NAN;
    for (size_t t = 0; t < n; t++) {
        bool promoted = promotion && promotion[t] > 0;
        if (isnan(cells[t]))
            cells[t] = promoted || isnan(regular) ? last : regular;
        else if (!promoted)
            regular = cells[t];
        last = cells[t];
    }
}

static skua_status declare_all(skuai_panel_build *b, skuai_panel_builder *builder,
                               series_space *space, skua_error *err) {
    const skuai_future_rows *future = &b->future;
    space->of_value = skuai_arena_take(b->arena, b->n_values, sizeof *space->of_value);
    space->of_future = skuai_arena_take(b->arena, future->n_columns, sizeof *space->of_future);
    space->future = skuai_arena_take(b->arena, future->n_columns, sizeof *space->future);
    if (!space->of_value || !space->of_future || !space->future)
        return skuai_error_memory(err, "covariates");
    space->promotion = space->depth = space->display = space->calendar = space->of_available =
        SIZE_MAX;
    for (size_t k = 0; k < b->n_values; k++) {
        space->of_value[k] = SIZE_MAX;
        if (!b->values[k].any) continue;
        if (strcmp(b->values[k].name, "available") == 0) {
            space->of_available = k;
            continue;
        }
        bool ahead = b->values[k].ahead || has_made(b, b->values[k].name);
        for (size_t f = 0; f < future->n_columns; f++)
            ahead = ahead || strcmp(future->names[f], b->values[k].name) == 0;
        SKUA_TRY(declare(builder, space, b->values[k].name, ahead, &space->of_value[k], err));
    }
    for (size_t f = 0; f < future->n_columns; f++) {
        space->of_future[f] = SIZE_MAX;
        for (size_t k = 0; k < b->n_values; k++)
            if (strcmp(future->names[f], b->values[k].name) == 0)
                space->of_future[f] = space->of_value[k];
        if (space->of_future[f] == SIZE_MAX)
            SKUA_TRY(declare(builder, space, future->names[f], true, &space->of_future[f], err));
    }
    if (b->promotions && b->promotions->n_rows) {
        SKUA_TRY(declare_made(b, builder, space, "promotion", &space->promotion, err));
        SKUA_TRY(declare_made(b, builder, space, "promotion_depth", &space->depth, err));
        SKUA_TRY(declare_made(b, builder, space, "promotion_display", &space->display, err));
    }
    if (b->calendar && b->calendar->n_rows)
        SKUA_TRY(declare_made(b, builder, space, "calendar", &space->calendar, err));
    for (int k = 0; k < 3; k++)
        if (b->holidays[k])
            SKUA_TRY(
                declare_made(b, builder, space, skuai_holiday_names[k], &space->holidays[k], err));
    return SKUA_OK;
}

static skua_status space_reserve(skuai_panel_build *b, series_space *space, size_t n,
                                 skua_error *err) {
    if (space->target && n <= space->capacity) return SKUA_OK;
    n += n / 2;
    space->target = skuai_arena_take(b->arena, n, sizeof *space->target);
    space->available = skuai_arena_take(b->arena, n, sizeof *space->available);
    space->cells = skuai_arena_take(b->arena, n * space->n_dynamic, sizeof *space->cells);
    space->dynamic = skuai_arena_take(b->arena, space->n_dynamic, sizeof *space->dynamic);
    space->scratch = skuai_arena_take(b->arena, n, sizeof *space->scratch);
    if (!space->target || !space->available || !space->cells || !space->dynamic || !space->scratch)
        return skuai_error_memory(err, "a panel");
    space->capacity = n;
    for (size_t k = 0; k < space->n_dynamic; k++)
        space->dynamic[k] = space->cells + k * n;
    return SKUA_OK;
}

/* One series: history from launch or first row to end, future behind it. */
static skua_status add_series(skuai_panel_build *b, series_space *space, size_t s,
                              const char *category, int64_t launch, int64_t end,
                              skuai_panel_builder *builder, const char *name, skua_error *err) {
    bool zeros = s >= b->n_given || b->info.zeros == SKUAI_ZEROS_ZERO;
    const char *item = b->keys.items[s], *channel = b->keys.channels[s];
    int64_t first = b->first[s], last = zeros ? b->global_last : b->last[s];
    if (zeros && launch != INT64_MIN) {
        int64_t period = skuai_build_period(&b->grid, launch);
        if (period < first && period >= b->global_first) first = period;
    }
    if (zeros && end != INT64_MIN) {
        int64_t period = skuai_build_period(&b->grid, end);
        if (period < last) last = period > b->last[s] ? period : b->last[s];
    }
    int64_t ahead = skuai_future_last(&b->future, item, channel);
    size_t length = (size_t)(last - first + 1), future = b->future_least;
    if (ahead > last && (size_t)(ahead - last) > future) future = (size_t)(ahead - last);
    size_t n = length + future, have = (size_t)(b->last[s] - b->first[s] + 1);
    size_t shift = (size_t)(b->first[s] - first);
    SKUA_TRY(space_reserve(b, space, n + 1, err));
    for (size_t t = 0; t < length; t++)
        space->target[t] = zeros ? 0 : (double)NAN;
    for (size_t t = 0; t < have; t++)
        if (!isnan(b->target[b->row[s] + t])) space->target[shift + t] = b->target[b->row[s] + t];
    for (size_t k = 0; k < space->n_dynamic; k++)
        for (size_t t = 0; t < n; t++)
            space->cells[k * space->capacity + t] = NAN;
    for (size_t k = 0; k < b->n_values; k++) {
        if (space->of_value[k] == SIZE_MAX) continue;
        float *cells = space->cells + space->of_value[k] * space->capacity;
        for (size_t t = 0; t < have; t++)
            cells[shift + t] = cell_value(&b->values[k], b->row[s] + t);
    }
    for (size_t f = 0; f < b->future.n_columns; f++)
        space->future[f] = space->cells + space->of_future[f] * space->capacity;
    skuai_future_lay(&b->future, item, channel, first, n, space->future);
    if (space->promotion != SIZE_MAX) {
        float *flag = space->cells + space->promotion * space->capacity;
        float *depth = space->cells + space->depth * space->capacity;
        float *display = space->cells + space->display * space->capacity;
        (void)skuai_build_promotion(b, item, category, channel, first, n, flag, depth, display);
    }
    for (size_t k = 0; k < space->n_tags; k++)
        carry_forward(
            space->cells + space->tags[k] * space->capacity,
            space->promotion == SIZE_MAX ? NULL : space->cells + space->promotion * space->capacity,
            n);
    if (space->calendar != SIZE_MAX) {
        skuai_build_calendar(b, channel, first, n, space->scratch);
        fill_missing(space->cells + space->calendar * space->capacity, space->scratch, n);
    }
    for (int k = 0; k < 3; k++)
        if (b->holidays[k])
            fill_missing(space->cells + space->holidays[k] * space->capacity,
                         b->holidays[k] + (first - b->global_first), n);
    bool available = space->of_available != SIZE_MAX;
    for (size_t t = 0; available && t < length; t++) {
        bool inside = t >= shift && t < shift + have;
        float a = inside ? cell_value(&b->values[space->of_available], b->row[s] + t - shift) : NAN;
        space->available[t] = isnan(a) ? 1 : a < 0 ? 0 : a > 1 ? 1 : a;
    }
    return skuai_panel_builder_series(builder, name, first, length, future, space->target,
                                      available ? space->available : NULL, space->dynamic, err);
}

/* Numbers of series depend on which thread met them first; their names do not. */
typedef struct named {
    const char *item, *channel;
    size_t s;
} named;

static int by_name(const void *left, const void *right) {
    const named *a = left, *b = right;
    int order = strcmp(a->item, b->item);
    return order ? order : strcmp(a->channel, b->channel);
}

/* Series with rows, by item and channel. */
static skua_status order_series(const skuai_panel_build *b, size_t **order, size_t *n,
                                bool *several, skua_error *err) {
    named *list = skuai_arena_take(b->arena, b->keys.n, sizeof *list);
    *order = skuai_arena_take(b->arena, b->keys.n, sizeof **order);
    if (!list || !*order) return skuai_error_memory(err, "a panel");
    *n = 0;
    for (size_t s = 0; s < b->keys.n; s++)
        if (b->last[s] >= b->first[s] || b->first[s] == b->global_last + 1) /* or a launch */
            list[(*n)++] = (named){b->keys.items[s], b->keys.channels[s], s};
    qsort(list, *n, sizeof *list, by_name);
    for (size_t i = 0; i < *n; i++) {
        (*order)[i] = list[i].s;
        *several = *several || strcmp(list[i].channel, list[0].channel) != 0;
    }
    return SKUA_OK;
}

/* Launches and predecessors of the series in the panel's order. */
static skua_status add_arrivals(skuai_panel_build *b, const size_t *order, size_t n,
                                const int64_t *launch, const char *const *replaces,
                                skuai_panel_builder *builder, skua_error *err) {
    int64_t *periods = skuai_arena_take(b->arena, n, sizeof *periods);
    const char **texts = skuai_arena_take(b->arena, n, sizeof *texts);
    if (!periods || !texts) return skuai_error_memory(err, "a panel");
    for (size_t i = 0; i < n; i++) {
        int64_t at = launch[order[i]];
        periods[i] = at == INT64_MIN ? at : skuai_build_period(&b->grid, at);
        texts[i] = replaces[order[i]];
    }
    return skuai_panel_builder_arrivals(builder, periods, texts, err);
}

skua_status skuai_build_panel(skuai_panel_build *b, skuai_panel **panel, skua_error *err) {
    skuai_panel_builder *builder = skuai_panel_builder_new(&b->grid, b->query->season);
    if (!builder) return skuai_error_memory(err, "a panel");
    size_t *order = NULL, n = 0;
    series_space space = {0};
    const char **categories, **replaces;
    int64_t *launch, *end;
    bool several = false; /* channels */
    skuai_buffer name;
    skuai_buffer_init(&name, 1 << 16);
    skua_status status;
    SKUA_TRY_OUT(skuai_build_items(b, &categories, &launch, &end, &replaces, err));
    SKUA_TRY_OUT(declare_all(b, builder, &space, err));
    SKUA_TRY_OUT(order_series(b, &order, &n, &several, err));
    for (size_t i = 0; i < n; i++) {
        size_t s = order[i];
        skuai_buffer_reset(&name);
        (void)skuai_buffer_text(&name, b->keys.items[s]);
        if (several) (void)skuai_buffer_format(&name, "/%s", b->keys.channels[s]);
        SKUA_TRY_OUT(skuai_buffer_check(&name, err));
        SKUA_TRY_OUT(
            add_series(b, &space, s, categories[s], launch[s], end[s], builder, name.data, err));
    }
    SKUA_TRY_OUT(skuai_build_statics(b, order, n, categories, builder, err));
    SKUA_TRY_OUT(add_arrivals(b, order, n, launch, replaces, builder, err));
    if (!b->query->target_only) {
        SKUA_TRY_OUT(skuai_build_vectors(b, order, n, builder, err));
        SKUA_TRY_OUT(skuai_build_ties(b, builder, err));
    }
    SKUA_TRY_OUT(skuai_panel_builder_finish(builder, panel, err));
out:
    skuai_buffer_clear(&name);
    skuai_panel_builder_free(builder);
    return status;
}
