/* residual.h -- how far a value lies from what its neighbours, its season, its promotions and its
 * group explain, in robust deviations (room clean).
 *
 * Non-negative series are judged on the scale of square roots, where counts have equal variance
 * (Anscombe 1948, Biometrika 35). Of the distance to a running median, whatever part the same
 * phase of other years, other promoted periods of the series or most series of the group in that
 * period show as well is explained; only the rest counts:
 *
 *     residual = d - clip(d, min(0, explanations), max(0, explanations)).
 *
 * A series with more than a third of zeros is judged by the sizes of its sales alone (Croston
 * 1972): its zeros have no residual, and what is expected is a usual size.
 *
 * So a festival that moves a week, or one that lifts a whole department, is no outlier, and a
 * value never explains itself (its own year is left out). The deviation is 1.4826 times the median
 * absolute one (Hampel 1974, JASA 69), never below that of a Poisson count. */
#ifndef SKUA_CLEAN_RESIDUAL_H
#define SKUA_CLEAN_RESIDUAL_H

#include "core/context.h"
#include "panel/panel.h"

typedef struct skuai_residuals {
    size_t n_rows;
    double *center; /* [n_rows] what is explained, in units of the target; NaN in the future */
    double *z;      /* [n_rows] residual in robust deviations; NaN where the target is missing */
    double *z_stl;  /* [n_rows] the same of a robust STL's remainder; NaN: too short for it */
    double *stand;  /* [n_rows] distance to the nearer neighbour in deviations, signed; 0: between
                       its neighbours */
} skuai_residuals;

/* group: a static category, or NULL for all. Promoted periods are those whose "promotion" (or
 * "deal", "feature", "discount_share") is above 0, or whose "price" is 5 % below its usual one.
 * result is the caller's (skuai_residuals_clear). O(rows * window). SKUA_EINVAL: no such group. */
SKUA_MUST_USE skua_status skuai_residuals_make(const skuai_panel *panel, const char *group,
                                               const skuai_context *context,
                                               skuai_residuals *result, skua_error *err);
void skuai_residuals_clear(skuai_residuals *result);

/* Median of the values at most `half` positions away (the value itself included), NaN left out;
 * NaN where there is none. out [n] may not be x. scratch [2 half + 1]. */
void skuai_running_median(const double *x, size_t n, size_t half, double *out, double *scratch);

/* The classical Hampel filter: (x - running median) / (1.4826 * running median absolute deviation)
 * into z [n]; 0 / 0 is 0, anything else over 0 infinite; NaN stays. scratch [2 half + 1]. */
void skuai_hampel(const double *x, size_t n, size_t half, double *z, double *scratch);

/* A bound that the largest of n such values passes with probability level when their upper tail is
 * exponential: the 80 % quantile plus the tail's mean excess times log(n / 5 / level), the mean
 * taken from the median excess so that outliers do not raise the bar for themselves (peaks over
 * threshold, Pickands 1975, Annals of Statistics 3). NaN skipped. scratch [n]. NaN when fewer than
 * 20 values are there. */
double skuai_tail_bound(const double *z, size_t n, double level, double *scratch);

#endif
