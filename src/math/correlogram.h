/* correlogram.h -- autocorrelations and partial autocorrelations at all lags (room math).
 * [1] Box, Jenkins & Reinsel 1994, Time Series Analysis, 2.1.5 and appendix A3.2.
 * [2] Durbin 1960, Rev. Int. Stat. Inst. 28: the recursion over the order (Levinson 1947).
 * [3] Ljung & Box 1978, Biometrika 65(2). */
#ifndef SKUA_MATH_CORRELOGRAM_H
#define SKUA_MATH_CORRELOGRAM_H

#include "core/alloc.h"

/* covariance [lags + 1] out: 1/n sum_t (x_t - m)(x_{t+k} - m), or over n - k when adjusted.
 * x [n] finite, lags < n. scratch: an arena, given back as it was. By Fourier transform where that
 * is faster. SKUA_EINVAL: n = 0 or lags >= n; SKUA_EDATA: not finite, or squares overflow;
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_autocovariances(const double *x, size_t n, size_t lags,
                                                bool adjusted, skuai_arena *scratch,
                                                double *covariance, skua_error *err);

/* The same divided by the variance: correlation[0] = 1. SKUA_EDATA also when x is constant. */
SKUA_MUST_USE skua_status skuai_autocorrelations(const double *x, size_t n, size_t lags,
                                                 bool adjusted, skuai_arena *scratch,
                                                 double *correlation, skua_error *err);

/* The recursion [2] over given covariances [order + 1]:
 *   partial      [order + 1] out  partial autocorrelations, partial[0] = 1; or NULL
 *   coefficients [order] out      of the autoregression of that order; or NULL
 *   scratch      [2 * order]
 * Returns the innovations' variance; NaN, outputs undefined, when covariance[0] is not > 0. */
double skuai_durbin_levinson(const double *covariance, size_t order, double *partial,
                             double *coefficients, double *scratch);

/* partial [lags + 1] out: from adjusted covariances (the Yule-Walker form that statsmodels calls
 * "ywadjusted"), or from plain ones, which always stay inside [-1, 1]. lags <= n / 2. Errors as
 * autocorrelations. */
SKUA_MUST_USE skua_status skuai_partial_autocorrelations(const double *x, size_t n, size_t lags,
                                                         bool adjusted, skuai_arena *scratch,
                                                         double *partial, skua_error *err);

/* Ljung-Box statistic [3] n (n + 2) sum_k r_k^2 / (n - k) over correlation [1 .. lags] of a series
 * of n, and its p-value with lags - parameters degrees of freedom (NaN when that is not > 0). */
double skuai_ljung_box(const double *correlation, size_t lags, size_t n, size_t parameters,
                       double *p_value);

#endif
