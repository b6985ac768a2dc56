#include "decide/stock_channels.h"

#include "core/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct ranked {
    double score;
    size_t path;
} ranked;

static int by_score(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    return (x->path > y->path) - (x->path < y->path);
}

skua_status skuai_channels_add(const double *const *paths, size_t n_channels, size_t n,
                               size_t horizon, double correlation, uint64_t seed, double *sum,
                               skua_error *err) {
    if (!(correlation >= 0 && correlation < 1))
        return skuai_error_set(err, SKUA_EINVAL, "a correlation of %g between channels",
                               correlation);
    double *common = skuai_new(n, sizeof *common);
    ranked *totals = skuai_new(n, sizeof *totals), *slots = skuai_new(n, sizeof *slots);
    skuai_random random;
    skua_status status = common && totals && slots ? SKUA_OK : skuai_error_memory(err, "channels");
    skuai_random_init(&random, seed);
    memset(sum, 0, n * horizon * sizeof *sum);
    for (size_t p = 0; p < n && status == SKUA_OK; p++)
        common[p] = sqrt(correlation) * skuai_random_normal(&random);
    for (size_t c = 0; c < n_channels && status == SKUA_OK; c++) {
        for (size_t p = 0; p < n; p++) {
            double total = 0;
            for (size_t h = 0; h < horizon; h++)
                total += paths[c][p * horizon + h];
            totals[p] = (ranked){total, p};
            slots[p] =
                (ranked){common[p] + sqrt(1 - correlation) * skuai_random_normal(&random), p};
        }
        qsort(totals, n, sizeof *totals, by_score);
        qsort(slots, n, sizeof *slots, by_score);
        for (size_t k = 0; k < n; k++) {
            const double *from = paths[c] + totals[k].path * horizon;
            double *to = sum + slots[k].path * horizon;
            for (size_t h = 0; h < horizon; h++)
                to[h] += from[h];
        }
    }
    skuai_free(common);
    skuai_free(totals);
    skuai_free(slots);
    return status;
}

double skuai_channels_correlation(const skuai_panel *panel, size_t a, size_t b) {
    size_t m = (size_t)panel->season, n = 0;
    int64_t from = panel->start[a] > panel->start[b] ? panel->start[a] : panel->start[b];
    int64_t end_a = skuai_panel_end(panel, a), end_b = skuai_panel_end(panel, b);
    int64_t to = end_a < end_b ? end_a : end_b;
    if (to - from < (int64_t)(3 * m) || to - from < 8) return 0;
    size_t length = (size_t)(to - from), most = 11 * m > 8 ? 11 * m : 8;
    if (length > most) length = most;
    const double *x = skuai_panel_target(panel, a) + (to - panel->start[a] - (int64_t)length);
    const double *y = skuai_panel_target(panel, b) + (to - panel->start[b] - (int64_t)length);
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t t = m; t < length; t++) {
            double u = x[t] - x[t - m], v = y[t] - y[t - m];
            if (isnan(u) || isnan(v)) continue;
            if (pass == 0) {
                mean_x += u, mean_y += v;
                n++;
                continue;
            }
            xx += (u - mean_x) * (u - mean_x);
            yy += (v - mean_y) * (v - mean_y);
            xy += (u - mean_x) * (v - mean_y);
        }
        if (n < 6) return 0;
        if (pass == 0) mean_x /= (double)n, mean_y /= (double)n;
    }
    double r = xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
    return r > 0 ? fmin(r, 0.95) : 0;
}
