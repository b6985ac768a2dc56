/* TSMixup (Ansari et al. 2024, algorithm 1): windows of k real series of one panel, each divided by
 * its mean absolute value, weighted by a Dirichlet draw. Windows of one panel share the grid;
 * their ends are moved to the same place in the season, and the first one's dates are the
 * mixture's. */
#include "neural/synthetic_kind.h"

#include <math.h>

enum { SERIES_MOST = 3, TRIES = 24 };

/* Last usable window of at most n periods of a random series: its first observed row and length,
 * false when the series is shorter than 8 or mostly missing. */
static bool window_of(const skuai_panel *panel, skuai_random *random, size_t n, size_t *series,
                      size_t *from, size_t *length) {
    size_t s = skuai_random_index(random, panel->n_series), all = panel->length[s];
    if (all < 8) return false;
    size_t size = all < n ? all : n;
    size_t first = skuai_random_index(random, all - size + 1), seen = 0;
    const double *y = skuai_panel_target(panel, s) + first;
    for (size_t t = 0; t < size; t++)
        seen += isnan(y[t]) ? 0 : 1;
    if (2 * seen < size) return false;
    *series = s, *from = first, *length = size;
    return true;
}

static void add_window(const double *y, double weight, skuai_synthetic *series, bool scaled) {
    double size = 0;
    size_t seen = 0;
    for (size_t t = 0; t < series->length; t++) {
        if (!isnan(y[t])) size += fabs(y[t]), seen++;
    }
    size = seen && size > 0 ? size / (double)seen : 1;
    if (!scaled) size = 1;
    double last = 0;
    for (size_t t = 0; t < series->length; t++) {
        if (!isnan(y[t])) last = y[t] / size;
        series->target[t] += weight * last;
    }
}

skua_status skuai_synthetic_mixture(const skuai_synthetic_config *config, skuai_random *random,
                                    skuai_arena *arena, skuai_synthetic *series, skua_error *err) {
    (void)arena;
    const skuai_panel *panel = config->panels[skuai_random_index(random, config->n_panels)];
    size_t k = 1 + skuai_random_index(random, SERIES_MOST), found = 0;
    size_t which[SERIES_MOST], from[SERIES_MOST], length[SERIES_MOST];
    for (int i = 0; i < TRIES && found < k && panel->n_series > 0; i++)
        found +=
            window_of(panel, random, series->length, &which[found], &from[found], &length[found]);
    if (found == 0) { /* nothing usable was met: a process instead */
        series->kind = SKUAI_SYNTHETIC_PROCESS;
        return skuai_synthetic_process(random, arena, series, err);
    }
    int64_t end = panel->start[which[0]] + (int64_t)(from[0] + length[0]), m = panel->season;
    for (size_t i = 1; i < found; i++) {
        int64_t ahead = panel->start[which[i]] + (int64_t)(from[i] + length[i]) - end;
        size_t late = (size_t)((ahead % m + m) % m);
        if (length[i] >= late + 8) length[i] -= late;
    }
    size_t n = length[0];
    for (size_t i = 1; i < found; i++)
        n = length[i] < n ? length[i] : n;
    series->grid = panel->grid;
    series->length = n;
    series->start = panel->start[which[0]] + (int64_t)(from[0] + length[0] - n);
    series->counts = found == 1 && panel->counts;
    series->non_negative = panel->non_negative;
    double weights[SERIES_MOST], total = 0;
    for (size_t i = 0; i < found; i++)
        total += weights[i] = skuai_random_gamma(random, 1.5);
    for (size_t i = 0; i < found; i++) {
        const double *y = skuai_panel_target(panel, which[i]) + from[i] + length[i] - n;
        add_window(y, found == 1 ? 1 : weights[i] / total, series, found > 1);
    }
    double size = found > 1 ? skuai_draw_log(random, 1, 1e3) : 1;
    for (size_t t = 0; t < n; t++)
        series->target[t] *= size;
    return SKUA_OK;
}
