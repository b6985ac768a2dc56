#include "stat/exponential/adjust.h"

#include "math/statistics.h"
#include "stat/exponential/classical.h"

#include <math.h>

#define LEAST_INDEX 0.01
#define LEAST_PAIRS 8    /* deviations a season apart, to judge a season by */
#define LEAST_SHARE 0.05 /* of a season that is believed */

/* Classical indices where the test finds a season; *seasonal out. */
static skua_status classical_season(const double *y, size_t n, size_t m, bool *multiplicative,
                                    skuai_arena *arena, double *index, bool *seasonal,
                                    skua_error *err) {
    *seasonal = m >= 4 && skuai_classical_is_seasonal(y, n, m);
    if (!*seasonal) return SKUA_OK;
    if (*multiplicative) {
        SKUA_TRY(skuai_classical_indices(y, n, m, true, arena, index, err));
        for (size_t i = 0; i < m && *multiplicative; i++)
            *multiplicative = index[i] >= LEAST_INDEX;
    }
    if (!*multiplicative) SKUA_TRY(skuai_classical_indices(y, n, m, false, arena, index, err));
    return SKUA_OK;
}

/* trend [n] out: a straight line that a season does not tilt: its slope from differences a season
 * apart, its height from the last whole seasons. n > m. */
static void straight_trend(const double *y, size_t n, size_t m, double *trend) {
    double slope = (skuai_mean(y + m, n - m) - skuai_mean(y, n - m)) / (double)m;
    size_t whole = n / m * m, first = n - whole;
    double middle = (double)first + ((double)whole - 1) / 2, mean = skuai_mean(y + first, whole);
    for (size_t t = 0; t < n; t++)
        trend[t] = mean + slope * ((double)t - middle);
}

/* x [n] out: deviations of y from its trend (NaN where that is unknown), relative ones when
 * multiplicative; false when the trend comes near zero. */
static bool deviations(const double *y, size_t n, size_t m, bool multiplicative, double *x) {
    if (n >= 3 * m)
        skuai_classical_trend(y, n, m, x);
    else
        straight_trend(y, n, m, x);
    double floor = 0.1 * skuai_mean(y, n);
    for (size_t t = 0; t < n; t++) {
        if (multiplicative && x[t] <= floor) return false;
        x[t] = multiplicative ? y[t] / x[t] - 1 : y[t] - x[t];
    }
    return true;
}

/* Mean deviations by phase, shrunk by their reliability. x [n] scratch. */
static bool shrunk_season(const double *y, size_t n, size_t m, bool multiplicative, double *x,
                          double *index, double *excess) {
    if (n < m + LEAST_PAIRS || !deviations(y, n, m, multiplicative, x)) return false;
    double r = skuai_correlation(x, x + m, n - m), largest = 0, mean = 0;
    double inside = 0, ahead = 0; /* sums of variances, in units of one deviation's */
    if (!(r > 0)) return false;
    for (size_t i = 0; i < m; i++) {
        double sum = 0, c = 0;
        for (size_t t = i; t < n; t += m) {
            if (isnan(x[t])) continue;
            sum += x[t];
            c++;
        }
        double share = c > 0 ? c * r / (1 + (c - 1) * r) : 0;
        index[i] = c > 0 ? share * sum / c : 0;
        mean += index[i] / (double)m;
        largest = fmax(largest, share);
        inside += c > 0 ? 1 - (2 - share) * share / c : 1;
        ahead += c > 0 ? 1 + share * share / c : 1;
    }
    for (size_t i = 0; i < m; i++) {
        index[i] -= mean;
        if (multiplicative) index[i] = fmax(1 + index[i], LEAST_INDEX);
    }
    *excess = ahead / inside - 1;
    return largest > LEAST_SHARE;
}

skua_status skuai_adjust(const double *y, size_t n, size_t m, skuai_adjustment kind,
                         skuai_arena *arena, skuai_adjusted *adjusted, skua_error *err) {
    skuai_adjusted out = {.y = y, .m = m, .multiplicative = kind != SKUAI_ADJUST_ADDITIVE};
    *adjusted = out;
    if (m < 2 || n <= m) return SKUA_OK;
    double *index = skuai_arena_take(arena, m, sizeof *index);
    double *rest = skuai_arena_take(arena, n, sizeof *rest);
    if (!index || !rest) return skuai_error_memory(err, "seasonal adjustment");
    for (size_t t = 0; t < n && out.multiplicative; t++)
        out.multiplicative = y[t] > 0;
    bool seasonal = false;
    if (kind != SKUAI_ADJUST_SHRUNK) {
        SKUA_TRY(classical_season(y, n, m, &out.multiplicative, arena, index, &seasonal, err));
    } else {
        seasonal = shrunk_season(y, n, m, out.multiplicative, rest, index, &out.excess);
        if (!seasonal && out.multiplicative) {
            out.multiplicative = false;
            seasonal = shrunk_season(y, n, m, false, rest, index, &out.excess);
        }
    }
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
    size_t last = request->n_levels - 1;
    double first_width = quantiles[last] - quantiles[0];
    for (size_t h = 0; h < request->horizon; h++) {
        double index = adjusted->index[(n + h) % adjusted->m];
        double factor = adjusted->multiplicative ? index : 1;
        double shift = adjusted->multiplicative ? 0 : index;
        double *row = quantiles + h * request->n_levels;
        /* Only the errors themselves are wider, not what has added up since: excess times the
         * variance of the first horizon. */
        double share = row[last] > row[0] ? fmin(first_width / (row[last] - row[0]), 1) : 0;
        double spread = sqrt(1 + adjusted->excess * share * share);
        for (size_t q = 0; q < request->n_levels; q++)
            row[q] = (mean[h] + spread * (row[q] - mean[h])) * factor + shift;
        mean[h] = mean[h] * factor + shift;
    }
}
