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
    return window_at(source, s, origin, n, past, arena, series, err);
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
