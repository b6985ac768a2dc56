#include "stat/arima/arima_history.h"

#include "math/stationarity.h"

#include <math.h>
#include <string.h>

#define CONSTANT 1e-10 /* range of a series without variation, over its magnitude */

static double guess(const double *y, size_t n, size_t t, size_t season) {
    size_t before = t, after = t;
    while (before >= season && isnan(y[before]))
        before -= season;
    while (after + season < n && isnan(y[after]))
        after += season;
    if (isnan(y[before]) && isnan(y[after])) return NAN;
    if (isnan(y[before])) return y[after];
    if (isnan(y[after])) return y[before];
    return y[before] + (y[after] - y[before]) * (double)(t - before) / (double)(after - before);
}

skua_status skuai_arima_history_take(const double *y, size_t n, int season, skuai_arena *arena,
                                     skuai_arima_history *history, skua_error *err) {
    size_t skip = n > SKUAI_ARIMA_LONGEST ? n - SKUAI_ARIMA_LONGEST : 0, gaps = 0;
    y += skip;
    n -= skip;
    double *filled = skuai_arena_take(arena, n, sizeof *filled);
    size_t *missing = skuai_arena_take(arena, SKUAI_ARIMA_GAPS, sizeof *missing);
    if (!filled || !missing) return skuai_error_memory(err, "an ARIMA history");
    for (size_t t = 0; t < n; t++)
        if (isnan(y[t])) gaps++;
    if (gaps == n) return skuai_error_set(err, SKUA_EDATA, "arima: no observation");
    size_t old = gaps > SKUAI_ARIMA_GAPS ? gaps - SKUAI_ARIMA_GAPS : 0, seen = 0;
    *history = (skuai_arima_history){filled, n, missing, 0, n - (gaps - old)};
    for (size_t t = 0; t < n; t++) {
        filled[t] = y[t];
        if (!isnan(y[t])) continue;
        filled[t] = guess(y, n, t, (size_t)season);
        if (isnan(filled[t])) filled[t] = guess(y, n, t, 1);
        if (seen++ >= old) history->missing[history->n_missing++] = t;
    }
    return SKUA_OK;
}

static double magnitude_of(const double *x, size_t n) {
    double magnitude = 0;
    for (size_t t = 0; t < n; t++)
        magnitude = fmax(magnitude, fabs(x[t]));
    return magnitude;
}

static bool is_constant(const double *x, size_t n, double magnitude) {
    double low = INFINITY, high = -INFINITY;
    for (size_t t = 0; t < n; t++) {
        low = fmin(low, x[t]);
        high = fmax(high, x[t]);
    }
    return !(high - low > CONSTANT * magnitude);
}

skua_status skuai_arima_differences(const skuai_arima_history *history, int season, int most,
                                    skuai_arena *arena, int *d, int *D, skua_error *err) {
    size_t n = history->n, seasonal = 0, m = (size_t)season, ordinary = 0;
    double *x = skuai_arena_take(arena, 3 * n, sizeof *x);
    if (!x) return skuai_error_memory(err, "differences");
    memcpy(x, history->y, n * sizeof *x);
    double magnitude = magnitude_of(x, n);
    if (m > 1 && n > 2 * m && !is_constant(x, n, magnitude))
        SKUA_TRY(skuai_seasonal_differences_needed(x, n, m, arena, &seasonal, err));
    if (seasonal > 0) {
        skuai_difference(x, n, m, x);
        n -= m;
    }
    if (!is_constant(x, n, magnitude))
        ordinary = skuai_differences_needed(x, n, (size_t)most, x + n);
    *d = (int)ordinary;
    *D = (int)seasonal;
    return SKUA_OK;
}

skua_status skuai_arima_is_still(const skuai_arima_history *history, int season, int d, int D,
                                 skuai_arena *arena, bool *still, skua_error *err) {
    size_t n = history->n;
    double *x = skuai_arena_take(arena, n, sizeof *x);
    if (!x) return skuai_error_memory(err, "differences");
    memcpy(x, history->y, n * sizeof *x);
    for (int i = 0; i < d + D; i++) {
        size_t lag = i < d ? 1 : (size_t)season;
        if (n <= lag) {
            n = 0;
            break;
        }
        skuai_difference(x, n, lag, x);
        n -= lag;
    }
    *still = n == 0 || is_constant(x, n, magnitude_of(history->y, history->n));
    return SKUA_OK;
}
