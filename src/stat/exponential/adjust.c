#include "stat/exponential/adjust.h"

#include "math/statistics.h"
#include "stat/exponential/classical.h"

#include <math.h>
#include <string.h>

#define LEAST_SEASON 4
#define LEAST_INDEX  0.01
#define LONG_SEASON  24
#define LEAST_PAIRS  12   /* observations a season apart, to judge a long season by */
#define LEAST_SHARE  0.05 /* of a long season that is believed */

/* Classical indices where the test finds a season; *seasonal out. */
static skua_status short_season(const double *y, size_t n, size_t m, bool *multiplicative,
                                skuai_arena *arena, double *index, bool *seasonal,
                                skua_error *err) {
    *seasonal = skuai_classical_is_seasonal(y, n, m);
    if (!*seasonal) return SKUA_OK;
    if (*multiplicative) {
        SKUA_TRY(skuai_classical_indices(y, n, m, true, arena, index, err));
        for (size_t i = 0; i < m && *multiplicative; i++)
            *multiplicative = index[i] >= LEAST_INDEX;
    }
    if (!*multiplicative) SKUA_TRY(skuai_classical_indices(y, n, m, false, arena, index, err));
    return SKUA_OK;
}

/* Deviations of y from its straight line, relative ones when multiplicative; false when the line
 * does not stay positive. */
static bool deviations(const double *y, size_t n, bool multiplicative, double *x) {
    double N = (double)n, mean = skuai_mean(y, n), product = 0;
    for (size_t t = 0; t < n; t++)
        product += ((double)t - (N - 1) / 2) * (y[t] - mean);
    double slope = 12 * product / (N * (N * N - 1));
    for (size_t t = 0; t < n; t++) {
        double line = mean + slope * ((double)t - (N - 1) / 2);
        if (multiplicative && !(line > 0.1 * mean)) return false;
        x[t] = multiplicative ? y[t] / line - 1 : y[t] - line;
    }
    return true;
}

/* Indices of a long season: mean deviations by phase, each shrunk to the share that r, the
 * correlation of deviations a season apart, lets one expect of a mean of c of them:
 * c r / (1 + (c - 1) r) (Spearman 1910, Brown 1910). */
static bool long_season(const double *y, size_t n, size_t m, bool multiplicative, double *x,
                        double *index) {
    if (n < m + LEAST_PAIRS || !deviations(y, n, multiplicative, x)) return false;
    double r = skuai_correlation(x, x + m, n - m), largest = 0;
    if (!(r > 0)) return false;
    for (size_t i = 0; i < m; i++) {
        double sum = 0, c = 0;
        for (size_t t = i; t < n; t += m)
            sum += x[t], c++;
        double share = c * r / (1 + (c - 1) * r);
        largest = fmax(largest, share);
        index[i] = share * sum / c;
        if (multiplicative) index[i] = fmax(1 + index[i], LEAST_INDEX);
    }
    return largest > LEAST_SHARE;
}

skua_status skuai_adjust(const double *y, size_t n, size_t m, bool multiplicative,
                         skuai_arena *arena, skuai_adjusted *adjusted, skua_error *err) {
    skuai_adjusted out = {.y = y, .m = m, .multiplicative = multiplicative};
    *adjusted = out;
    if (m < LEAST_SEASON || n <= m) return SKUA_OK;
    double *index = skuai_arena_take(arena, m, sizeof *index);
    double *rest = skuai_arena_take(arena, n, sizeof *rest);
    if (!index || !rest) return skuai_error_memory(err, "seasonal adjustment");
    for (size_t t = 0; t < n && out.multiplicative; t++)
        out.multiplicative = y[t] > 0;
    bool seasonal = false;
    if (m > LONG_SEASON)
        seasonal = long_season(y, n, m, out.multiplicative, rest, index);
    else
        SKUA_TRY(short_season(y, n, m, &out.multiplicative, arena, index, &seasonal, err));
    if (!seasonal) return SKUA_OK;
    for (size_t t = 0; t < n; t++)
        rest[t] = out.multiplicative ? y[t] / index[t % m] : y[t] - index[t % m];
    out.y = rest;
    out.index = index;
    *adjusted = out;
    return SKUA_OK;
}

void skuai_adjust_back(const skuai_adjusted *adjusted, size_t n, const skuai_request *request,
                       double *mean, double *quantiles) {
    if (!adjusted->index) return;
    for (size_t h = 0; h < request->horizon; h++) {
        double index = adjusted->index[(n + h) % adjusted->m];
        double factor = adjusted->multiplicative ? index : 1;
        double shift = adjusted->multiplicative ? 0 : index;
        double *row = quantiles + h * request->n_levels;
        mean[h] = mean[h] * factor + shift;
        for (size_t q = 0; q < request->n_levels; q++)
            row[q] = row[q] * factor + shift;
    }
}
