#include "stat/exponential/classical.h"

#include "math/statistics.h"

#include <math.h>

#define NORMAL_95 1.6448536269514722

void skuai_classical_trend(const double *y, size_t n, size_t m, double *trend) {
    size_t half = m / 2;
    bool even = m % 2 == 0;
    double sum = 0;
    for (size_t t = 0; t < n; t++)
        trend[t] = NAN;
    for (size_t t = 0; t < m; t++)
        sum += y[t]; /* the window that begins at t - half */
    for (size_t t = half; t + half < n; t++) {
        size_t first = t - half;
        trend[t] = (even ? sum + 0.5 * (y[first + m] - y[first]) : sum) / (double)m;
        if (first + m < n) sum += y[first + m] - y[first];
    }
}

skua_status skuai_classical_indices(const double *y, size_t n, size_t m, bool multiplicative,
                                    skuai_arena *arena, double *index, skua_error *err) {
    skuai_arena_mark mark = skuai_arena_mark_get(arena);
    double *trend = skuai_arena_take(arena, n, sizeof *trend);
    double *sums = skuai_arena_take_zero(arena, m, sizeof *sums);
    double *counts = skuai_arena_take_zero(arena, m, sizeof *counts);
    if (!trend || !sums || !counts) return skuai_error_memory(err, "a decomposition");
    skuai_classical_trend(y, n, m, trend);
    for (size_t t = m / 2; t + m / 2 < n; t++) {
        sums[t % m] += multiplicative ? y[t] / trend[t] : y[t] - trend[t];
        counts[t % m] += 1;
    }
    double mean = 0;
    for (size_t i = 0; i < m; i++)
        mean += (sums[i] /= counts[i]) / (double)m;
    for (size_t i = 0; i < m; i++)
        index[i] = multiplicative ? sums[i] / mean : sums[i] - mean;
    skuai_arena_reset(arena, mark);
    return SKUA_OK;
}

bool skuai_classical_is_seasonal(const double *y, size_t n, size_t m) {
    if (m < 2 || n < 2 * m) return false;
    double mean = skuai_mean(y, n), square = 0;
    for (size_t t = 0; t < n; t++)
        square += (y[t] - mean) * (y[t] - mean);
    if (!(square > 0)) return false;
    double sum = 0, last = 0;
    for (size_t k = 1; k <= m; k++) {
        double product = 0;
        for (size_t t = k; t < n; t++)
            product += (y[t] - mean) * (y[t - k] - mean);
        last = product / square;
        if (k < m) sum += last * last;
    }
    return fabs(last) > NORMAL_95 * sqrt((1 + 2 * sum) / (double)n);
}
