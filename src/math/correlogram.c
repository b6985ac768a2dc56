#include "math/correlogram.h"

#include "math/distribution.h"
#include "math/fourier.h"
#include "math/linear.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

/* Multiply-adds that one point of a padded transform costs, about. */
enum { TRANSFORM_COST = 60 };

static skua_status by_transform(const double *centred, size_t n, size_t lags, size_t padded,
                                skuai_arena *arena, double *sums, skua_error *err) {
    skuai_fourier f;
    SKUA_TRY(skuai_fourier_init(&f, padded, arena, err));
    double *real = skuai_arena_take_zero(arena, 2 * padded, sizeof *real);
    if (!real) return skuai_error_memory(err, "autocorrelations");
    double *imaginary = real + padded;
    memcpy(real, centred, n * sizeof *real);
    skuai_fourier_forward(&f, real, imaginary);
    for (size_t k = 0; k < padded; k++) {
        real[k] = real[k] * real[k] + imaginary[k] * imaginary[k];
        imaginary[k] = 0;
    }
    skuai_fourier_backward(&f, real, imaginary);
    memcpy(sums, real, (lags + 1) * sizeof *sums);
    return SKUA_OK;
}

static skua_status lagged_sums(const double *x, size_t n, size_t lags, skuai_arena *arena,
                               double *sums, skua_error *err) {
    double *centred = skuai_arena_take(arena, n, sizeof *centred);
    if (!centred) return skuai_error_memory(err, "autocorrelations");
    double mean = skuai_mean(x, n);
    for (size_t i = 0; i < n; i++)
        centred[i] = x[i] - mean;
    size_t padded = 1;
    while (padded < n + lags)
        padded *= 2;
    if (lags > TRANSFORM_COST && n > TRANSFORM_COST * (padded / n) + TRANSFORM_COST)
        return by_transform(centred, n, lags, padded, arena, sums, err);
    for (size_t k = 0; k <= lags; k++)
        sums[k] = skuai_dot(centred, centred + k, n - k);
    return SKUA_OK;
}

skua_status skuai_autocovariances(const double *x, size_t n, size_t lags, bool adjusted,
                                  skuai_arena *scratch, double *covariance, skua_error *err) {
    if (n == 0 || lags >= n)
        return skuai_error_set(err, SKUA_EINVAL, "autocorrelation: %zu lags of %zu values", lags,
                               n);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return skuai_error_set(err, SKUA_EDATA, "autocorrelation: value %zu is not finite", i);
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    double *sums = skuai_arena_take(scratch, lags + 1, sizeof *sums);
    skua_status status = sums ? lagged_sums(x, n, lags, scratch, sums, err)
                              : skuai_error_memory(err, "autocorrelations");
    if (sums && status == SKUA_OK && !isfinite(sums[0]))
        status = skuai_error_set(err, SKUA_EDATA, "autocorrelation: the values are too large");
    for (size_t k = 0; sums && status == SKUA_OK && k <= lags; k++)
        covariance[k] = sums[k] / (double)(adjusted ? n - k : n);
    skuai_arena_reset(scratch, mark);
    return status;
}

static bool is_constant(const double *x, size_t n) {
    double low, high;
    return !skuai_range(x, n, &low, &high) || low == high;
}

skua_status skuai_autocorrelations(const double *x, size_t n, size_t lags, bool adjusted,
                                   skuai_arena *scratch, double *correlation, skua_error *err) {
    if (n > 0 && is_constant(x, n))
        return skuai_error_set(err, SKUA_EDATA, "autocorrelation: the series is constant");
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    double *covariance = skuai_arena_take(scratch, lags + 1, sizeof *covariance);
    skua_status status = covariance
                             ? skuai_autocovariances(x, n, lags, adjusted, scratch, covariance, err)
                             : skuai_error_memory(err, "autocorrelations");
    if (covariance && status == SKUA_OK && !(covariance[0] > 0))
        status = skuai_error_set(err, SKUA_EDATA, "autocorrelation: the series is constant");
    for (size_t k = 0; covariance && status == SKUA_OK && k <= lags; k++)
        correlation[k] = covariance[k] / covariance[0];
    skuai_arena_reset(scratch, mark);
    return status;
}

double skuai_durbin_levinson(const double *covariance, size_t order, double *partial,
                             double *coefficients, double *scratch) {
    double *phi = scratch, *before = scratch + order, variance = covariance[0];
    if (!(variance > 0)) return NAN;
    if (partial) partial[0] = 1;
    for (size_t k = 1; k <= order; k++) {
        double rest = covariance[k];
        for (size_t j = 1; j < k; j++)
            rest -= phi[j - 1] * covariance[k - j];
        double last = rest / variance;
        memcpy(before, phi, (k - 1) * sizeof *phi);
        for (size_t j = 1; j < k; j++)
            phi[j - 1] = before[j - 1] - last * before[k - j - 1];
        phi[k - 1] = last;
        variance *= 1 - last * last;
        if (partial) partial[k] = last;
    }
    if (coefficients) memcpy(coefficients, phi, order * sizeof *phi);
    return variance;
}

skua_status skuai_partial_autocorrelations(const double *x, size_t n, size_t lags, bool adjusted,
                                           skuai_arena *scratch, double *partial, skua_error *err) {
    if (lags > n / 2)
        return skuai_error_set(err, SKUA_EINVAL, "partial autocorrelation: %zu lags of %zu values",
                               lags, n);
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    double *covariance = skuai_arena_take(scratch, 3 * lags + 1, sizeof *covariance);
    skua_status status =
        covariance ? skuai_autocorrelations(x, n, lags, adjusted, scratch, covariance, err)
                   : skuai_error_memory(err, "partial autocorrelations");
    if (covariance && status == SKUA_OK)
        (void)skuai_durbin_levinson(covariance, lags, partial, NULL, covariance + lags + 1);
    skuai_arena_reset(scratch, mark);
    return status;
}

double skuai_ljung_box(const double *correlation, size_t lags, size_t n, size_t parameters,
                       double *p_value) {
    double sum = 0, count = (double)n;
    for (size_t k = 1; k <= lags; k++)
        sum += correlation[k] * correlation[k] / (count - (double)k);
    double statistic = count * (count + 2) * sum;
    if (p_value)
        *p_value = lags > parameters
                       ? 1 - skuai_chi_squared_cdf(statistic, (double)(lags - parameters))
                       : NAN;
    return statistic;
}
