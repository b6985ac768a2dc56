/* statistics.h -- order and moment statistics of arrays (room math).
 *
 * NaN means missing everywhere: it is skipped, and a result that no value is left for is NaN. Plain
 * functions of any thread; none allocates: scratch is the caller's. Infinite values take part as
 * arithmetic and order have it (the mean of {1, inf} is inf).
 * [1] Hyndman & Fan 1996, The American Statistician 50(4): sample quantiles; type 7 is the default
 *     of R and numpy.
 * [2] Box, Jenkins & Reinsel 1994, Time Series Analysis, section 2.1.5: autocorrelation. */
#ifndef SKUA_MATH_STATISTICS_H
#define SKUA_MATH_STATISTICS_H

#include "core/error.h"

size_t skuai_count(const double *x, size_t n); /* values that are not NaN */
double skuai_sum(const double *x, size_t n);   /* 0 when there is none */
double skuai_mean(const double *x, size_t n);

/* Sum of squared deviations from the mean over (count - correction): correction 1 for the sample
 * variance, 0 for the population's. NaN when count <= correction. Two passes: no cancellation. */
double skuai_variance(const double *x, size_t n, size_t correction);
double skuai_deviation(const double *x, size_t n, size_t correction); /* its square root */

/* Least and greatest value into *low and *high (either may be NULL); false, both untouched, when
 * all are NaN. */
bool skuai_range(const double *x, size_t n, double *low, double *high);

/* -- Order ----------------------------------------------------------------------------------- */

/* Sort ascending in place, NaN last. Quicksort with a branchless partition and a heap sort as its
 * net: O(n log n) always, and the same result for the same input. */
void skuai_sort(double *x, size_t n);

/* index [n] out: the permutation that sorts x ascending, NaN last, ties by position. */
void skuai_sort_index(const double *x, size_t n, size_t *index);

/* rank [n] out: 1-based average ranks, NaN where x is NaN. index [n] scratch. */
void skuai_rank(const double *x, size_t n, double *rank, size_t *index);

/* Quantile of type 7 [1] at level p in [0, 1] of values sorted ascending without NaN; NaN when
 * n = 0 or p is outside. */
double skuai_quantile_sorted(const double *x, size_t n, double p);

/* The same of values in any order, NaN skipped. scratch [n]. O(n). */
double skuai_quantile(const double *x, size_t n, double p, double *scratch);
double skuai_median(const double *x, size_t n, double *scratch);

/* Median of |x - median(x)|, unscaled: times 1.4826 it estimates a normal's deviation.
 * scratch [n]. */
double skuai_median_deviation(const double *x, size_t n, double *scratch);

/* The least x whose cumulated weight reaches p of the whole (inverted distribution function,
 * type 1 of [1]). Pairs with a NaN or a weight that is not > 0 are skipped. index [n] scratch. */
double skuai_quantile_weighted(const double *x, const double *weight, size_t n, double p,
                               size_t *index);

/* -- Pairs ----------------------------------------------------------------------------------- */

/* Pearson's correlation over pairs without NaN; NaN with fewer than 2 or when either is constant.
 */
double skuai_correlation(const double *x, const double *y, size_t n);

/* Autocorrelation at a lag [2]: sum (x_t - m)(x_{t+lag} - m) / sum (x_t - m)^2, terms with a NaN
 * left out of the sums. NaN when lag >= n or x is constant. All lags at once: math/correlogram.h.
 */
double skuai_autocorrelation(const double *x, size_t n, size_t lag);

#endif
