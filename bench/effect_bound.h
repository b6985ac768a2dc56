/* effect_bound.h -- how well a price elasticity can be known at all from a simulated item's sales:
 * the least variance of any unbiased estimate (Cramer-Rao) when the simulator's own means are
 * known. */
#ifndef SKUA_BENCH_EFFECT_BOUND_H
#define SKUA_BENCH_EFFECT_BOUND_H

#include <stddef.h>

/* A day of an item in a channel: what was expected to sell, the log price, whether a price cut was
 * announced. Rows of a channel follow one another, days upwards. */
typedef struct effect_bound_row {
    double mean, price, cut;
    size_t day;
} effect_bound_row;

/* Sales are negative binomial about the means with this dispersion. known: all is known but the
 * elasticity and one level. drift: the effect of the cut and the item's level are not known either,
 * but how the level drifts is: by steps of a week, each .92 of the one before and a normal error of
 * .06, on a straight line, in all channels alike, as in src/simulate/simulate_run.c. Generalised
 * least squares by Kalman's filter. NaN: the price never moved. */
void effect_bound(const effect_bound_row *rows, size_t n, double dispersion, double *known,
                  double *drift);

/* Sum of the mean absolute errors of the posterior means of n items' effects from normal estimates
 * of those variances, where effects are spread about the mean of their group and
 * groups about a mean that is known, both as the true effects [n] are. */
double effect_bound_errors(const double *effects, const double *variances, const size_t *groups,
                           size_t n);

#endif
