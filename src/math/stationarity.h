/* stationarity.h -- unit-root tests and the number of differences a series needs (room math).
 *
 * [1] Dickey & Fuller 1979, JASA 74; Said & Dickey 1984, Biometrika 71: the augmented test.
 * [2] MacKinnon 1994, J. Business & Economic Statistics 12(2): p-values of [1] (response surface);
 *     MacKinnon 2010, Queen's Economics WP 1227: critical values for finite samples.
 * [3] Kwiatkowski, Phillips, Schmidt & Shin 1992, J. Econometrics 54: the KPSS test, table 1.
 * [4] Hobijn, Franses & Ooms 1998, Econometric Institute 9802: its automatic number of lags.
 * [5] Hyndman & Khandakar 2008, J. Statistical Software 27(3): differences by repeated KPSS.
 * [6] Wang, Smith & Hyndman 2006, Data Mining and Knowledge Discovery 13: seasonal strength. */
#ifndef SKUA_MATH_STATIONARITY_H
#define SKUA_MATH_STATIONARITY_H

#include "core/alloc.h"

typedef enum skuai_deterministic {
    SKUAI_DETERMINISTIC_NONE,
    SKUAI_DETERMINISTIC_CONSTANT,
    SKUAI_DETERMINISTIC_TREND,    /* constant and linear trend */
    SKUAI_DETERMINISTIC_QUADRATIC /* and quadratic trend */
} skuai_deterministic;

typedef enum skuai_lag_choice {
    SKUAI_LAG_AIC,
    SKUAI_LAG_BIC,
    SKUAI_LAG_STATISTIC, /* the longest whose t-statistic is significant at 5 % */
    SKUAI_LAG_FIXED
} skuai_lag_choice;

typedef struct skuai_adf_result {
    double statistic, p_value; /* small p: stationary */
    size_t lags, observations; /* used in the final regression */
    double critical[3];        /* at 1, 5 and 10 % for that many observations */
} skuai_adf_result;

#define SKUAI_LAGS_DEFAULT SIZE_MAX

/* Augmented Dickey-Fuller test [1]: y [n] finite. max_lags: the most lagged differences tried (the
 * number itself for FIXED), or SKUAI_LAGS_DEFAULT for Schwert's 12 (n/100)^(1/4). scratch is given
 * back as it was. SKUA_EDATA: constant, not finite, or too short for max_lags; SKUA_ESINGULAR: the
 * regression fits exactly. */
SKUA_MUST_USE skua_status skuai_adf_test(const double *y, size_t n, skuai_deterministic terms,
                                         skuai_lag_choice choice, size_t max_lags,
                                         skuai_arena *scratch, skuai_adf_result *result,
                                         skua_error *err);

typedef struct skuai_kpss_result {
    double statistic;
    double p_value; /* small p: not stationary; interpolated in [3]'s table, so in [0.01, 0.1] */
    size_t lags;
} skuai_kpss_result;

#define SKUAI_KPSS_LAGS_AUTO   SIZE_MAX       /* [4] */
#define SKUAI_KPSS_LAGS_LEGACY (SIZE_MAX - 1) /* 12 (n/100)^(1/4), rounded up */

/* KPSS test [3] about a CONSTANT or a linear TREND. scratch [n]. SKUA_EINVAL: other terms, or
 * lags >= n; SKUA_EDATA: constant, fewer than 2 values, or not finite. */
SKUA_MUST_USE skua_status skuai_kpss_test(const double *y, size_t n, skuai_deterministic terms,
                                          size_t lags, double *scratch, skuai_kpss_result *result,
                                          skua_error *err);

/* out [n - lag] = y_t - y_{t - lag}; lag <= n. May be y itself. */
void skuai_difference(const double *y, size_t n, size_t lag, double *out);

/* Ordinary differences that make y stationary [5]: KPSS about a constant at 5 % with
 * 3 sqrt(n) / 13 lags, until it accepts, the rest is constant, or `most` is reached. y finite;
 * scratch [2 n]. 0 for anything too short to test. */
size_t skuai_differences_needed(const double *y, size_t n, size_t most, double *scratch);

/* Seasonal differences, 0 or 1 [6]: 1 when the strength of the season (STL, window 11) exceeds
 * 0.64. 0 with less than two periods. */
SKUA_MUST_USE skua_status skuai_seasonal_differences_needed(const double *y, size_t n,
                                                            size_t period, skuai_arena *scratch,
                                                            size_t *differences, skua_error *err);

#endif
