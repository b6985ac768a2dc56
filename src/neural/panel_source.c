#include "neural/panel_source.h"

#include <math.h>

enum { LEAST_LENGTH = 3 };

static size_t held(const skuai_panel_source *source, size_t length) {
    size_t fifth = length / 5;
    return source->hold < fifth ? source->hold : fifth;
}

skua_status skuai_panel_source_init(skuai_panel_source *source, const skuai_panel *panel,
                                    size_t neighbours, size_t hold, uint64_t seed,
                                    skua_error *err) {
    skuai_panel_source made = {.panel = panel, .hold = hold, .seed = seed};
    SKUA_TRY(skuai_neighbours_init(&made.neighbours, panel, neighbours, err));
    made.series = skuai_new(panel->n_series, sizeof *made.series);
    if (!made.series) {
        skuai_neighbours_clear(&made.neighbours);
        return skuai_error_memory(err, "training windows");
    }
    for (size_t s = 0; s < panel->n_series; s++) {
        size_t seen = 0;
        const double *y = skuai_panel_target(panel, s);
        for (size_t t = 0; t < panel->length[s]; t++)
            seen += isnan(y[t]) ? 0 : 1;
        if (seen >= LEAST_LENGTH) made.series[made.n++] = s;
    }
    *source = made;
    return SKUA_OK;
}

void skuai_panel_source_clear(skuai_panel_source *source) {
    skuai_free(source->series);
    skuai_neighbours_clear(&source->neighbours);
    *source = (skuai_panel_source){0};
}

/* Series s as of its row `origin`, asked for n_actual periods behind it. */
static skua_status window_at(const skuai_panel_source *source, size_t s, size_t origin,
                             size_t n_actual, size_t past, skuai_arena *arena,
                             skuai_window_series *series, skua_error *err) {
    float *sides = skuai_arena_take(arena, SKUAI_WINDOW_SIDES, SKUAI_WINDOW_SIDE * sizeof *sides);
    double *actual = skuai_arena_take(arena, n_actual, sizeof *actual);
    if (!sides || !actual) return skuai_error_memory(err, "a training window");
    skuai_window_series w = skuai_window_of_panel(source->panel, s, sides, NULL);
    for (size_t h = 0; h < n_actual; h++) {
        bool hidden = w.available && !(w.available[origin + h] > 0.5F);
        actual[h] = hidden ? NAN : w.target[origin + h];
    }
    w.future += w.length - origin;
    w.length = origin;
    w.actual = actual;
    w.n_actual = n_actual;
    SKUA_TRY(skuai_neighbours_add(&source->neighbours, s, past, arena, &w, err));
    *series = w;
    return SKUA_OK;
}

/* Mean absolute value of what is known of both. */
static double level_of(const double *x, const double *other, size_t n) {
    double sum = 0;
    size_t known = 0;
    for (size_t t = 0; t < n; t++)
        if (isfinite(x[t]) && isfinite(other[t])) sum += fabs(x[t]), known++;
    return known ? sum / (double)known : 0;
}

/* The window mixed with series s, when s has a history that ends at the same period. */
static skua_status mix_with(const skuai_panel_source *source, size_t s, double share,
                            skuai_arena *arena, skuai_window_series *w, skua_error *err) {
    const skuai_panel *panel = source->panel;
    int64_t at = w->start + (int64_t)w->length - panel->start[s];
    size_t end = panel->length[s] - held(source, panel->length[s]);
    if (at < 1 || at >= (int64_t)end) return SKUA_OK;
    size_t origin = (size_t)at, n = origin < w->length ? origin : w->length;
    const double *x = w->target + (w->length - n);
    const double *other = skuai_panel_target(panel, s) + (origin - n);
    double a = level_of(x, other, n), b = level_of(other, x, n);
    if (!(a > 0 && b > 0)) return SKUA_OK;
    double *target = skuai_arena_take(arena, n, sizeof *target);
    double *actual = skuai_arena_take(arena, w->n_actual, sizeof *actual);
    float *available = skuai_arena_take(arena, n, sizeof *available);
    if (!target || !actual || !available) return skuai_error_memory(err, "a training window");
    const float *its = panel->available ? panel->available + panel->row[s] + (origin - n) : NULL;
    skuai_window_last(n, w);
    for (size_t t = 0; t < n; t++) {
        float mine = w->available ? w->available[t] : 1;
        target[t] = share * x[t] + (1 - share) * (a / b) * other[t];
        available[t] = its && its[t] < mine ? its[t] : mine;
    }
    for (size_t h = 0; h < w->n_actual; h++) {
        bool hidden = origin + h >= end || (its && !(its[n + h] > 0.5F));
        actual[h] = hidden ? NAN : share * w->actual[h] + (1 - share) * (a / b) * other[n + h];
    }
    w->target = target, w->actual = actual, w->counts = false;
    if (w->available || its) w->available = available;
    return SKUA_OK;
}

skua_status skuai_panel_source_window(void *user, uint64_t index, size_t past, size_t future,
                                      skuai_arena *arena, skuai_window_series *series,
                                      skua_error *err) {
    const skuai_panel_source *source = user;
    skuai_random random;
    skuai_random_split(&random, source->seed ^ 0xFA11U, index);
    size_t s = source->series[skuai_random_index(&random, source->n)];
    size_t length = source->panel->length[s];
    length -= held(source, length);
    size_t origin = 1 + skuai_random_index(&random, length - 1);
    size_t n = length - origin < future ? length - origin : future;
    SKUA_TRY(window_at(source, s, origin, n, past, arena, series, err));
    if (!(source->mix > 0 && skuai_random_uniform(&random) < source->mix)) return SKUA_OK;
    size_t other = source->series[skuai_random_index(&random, source->n)];
    double share = 1 - 0.5 * skuai_random_uniform(&random);
    return mix_with(source, other, share, arena, series, err);
}

skua_status skuai_panel_source_last(void *user, uint64_t index, size_t past, size_t future,
                                    skuai_arena *arena, skuai_window_series *series,
                                    skua_error *err) {
    const skuai_panel_source *source = user;
    /* spread over the panel when there are more series than windows */
    size_t s = source->series[(size_t)(index * 7919U) % source->n];
    size_t length = source->panel->length[s], hold = held(source, length);
    size_t n = hold < future ? hold : future;
    return window_at(source, s, length - hold, n, past, arena, series, err);
}
