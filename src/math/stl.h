/* stl.h -- seasonal-trend decomposition by loess: one season (STL) or several (MSTL) (room math).
 *
 *     skuai_stl_options options = {.period = 7, .robust = true};
 *     SKUA_TRY(skuai_stl(y, n, &options, scratch, seasonal, trend, NULL, err));
 *
 * [1] Cleveland, Cleveland, McRae & Terpenning 1990, J. Official Statistics 6(1) 3-73 (STL).
 * [2] Bandara, Hyndman & Bergmeir 2021, arXiv:2107.13462 (MSTL).
 * Defaults and iteration counts are those of statsmodels 0.15, whose numbers these are (tests). */
#ifndef SKUA_MATH_STL_H
#define SKUA_MATH_STL_H

#include "core/alloc.h"

typedef struct skuai_stl_options {
    size_t period;   /* observations a season, >= 2 */
    size_t seasonal; /* window over a season's same phase, odd >= 3; 0: 7 */
    size_t trend;    /* window, odd > period; 0: least odd >= 1.5 period / (1 - 1.5 / seasonal) */
    size_t low_pass; /* window, odd > period; 0: least odd > period */
    /* Degree of the local polynomials less 1: 0 a line (the default), -1 a constant. */
    int seasonal_degree, trend_degree, low_pass_degree;
    size_t seasonal_jump, trend_jump, low_pass_jump; /* fits at every jump-th point; 0: every */
    bool fast;     /* jumps that are 0 become a tenth of a window over 60: close, much cheaper */
    bool periodic; /* the season never changes: a constant a phase (`seasonal` is not used) */
    bool robust;   /* weigh outliers down */
    int inner;     /* loops of an outer pass; 0: 5, or 2 when robust */
    int outer;     /* robust passes; 0: 15 when robust */
} skuai_stl_options;

/* Decompose y = seasonal + trend + remainder.
 *   y        [n]      finite, n >= 2 period
 *   scratch           an arena; given back as it was found
 *   seasonal [n] out
 *   trend    [n] out
 *   weights  [n] out  robustness weights in [0, 1] (all 1 unless robust), or NULL
 * SKUA_EINVAL: windows out of range; SKUA_EDATA: y too short, not finite, or so large
 * that sums overflow; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_stl(const double *y, size_t n, const skuai_stl_options *options,
                                    skuai_arena *scratch, double *seasonal, double *trend,
                                    double *weights, skua_error *err);

#define SKUAI_MSTL_PERIODS_MAX 8

/* Decompose into several seasons [2]: periods [n_periods] ascending; those not below n / 2 are left
 * out (their seasonal is 0).
 *   windows  [n_periods]  seasonal windows, or NULL: 11, 15, 19, ...
 *   options               of every STL (period and seasonal are not read), or NULL
 *   seasonal [n_periods, n] out, trend [n] out
 * With no period left the trend is y smoothed by loess over a window of an odd half of n: to
 * decompose is then to smooth. SKUA_EINVAL: periods not ascending or too many. */
SKUA_MUST_USE skua_status skuai_mstl(const double *y, size_t n, const size_t *periods,
                                     const size_t *windows, size_t n_periods,
                                     const skuai_stl_options *options, skuai_arena *scratch,
                                     double *seasonal, double *trend, skua_error *err);

/* Strength of what is left when `part` is removed from part + remainder: max(0, 1 - var(remainder)
 * / var(part + remainder)), in [0, 1] (Wang, Smith & Hyndman 2006); 0 when both are constant. */
double skuai_component_strength(const double *part, const double *remainder, size_t n);

#endif
