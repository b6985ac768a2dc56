/* count_mixture.h -- the predictive distribution of a count: zeros, own history, a parametric law
 * (room stat).
 *
 *   F(x) = z + (1 - z) [sum_i w_i 1(v_i <= x) + k F0(x)] / [sum_i w_i + k],   x = 0, 1, 2, ...
 *
 * z is the probability that demand has ended, (v_i, w_i) are the series' own past values with
 * decaying weights, F0 is a negative binomial of mean m and variance m + v m^2 whose weight k is
 * the concentration: the posterior predictive of a Dirichlet process with base F0 [1] plus an atom
 * at zero [2]. With large means F0 is a gamma law of the same two moments with continuity
 * correction (Wilson & Hilferty's cube root [3] where it is exact enough), so that the cost does
 * not grow with the counts. [1] Ferguson 1973, Annals of Statistics 1(2) 209-230. [2] Lambert 1992,
 * Technometrics 34(1) 1-14 (zero inflation). [3] Wilson & Hilferty 1931, PNAS 17(12) 684-688. */
#ifndef SKUA_STAT_INTERMITTENT_COUNT_MIXTURE_H
#define SKUA_STAT_INTERMITTENT_COUNT_MIXTURE_H

#include <stddef.h>

typedef struct skuai_count_mixture {
    double zero;          /* z in [0, 1) */
    double mean;          /* m > 0 of the law */
    double excess;        /* v >= 0: variance beyond Poisson's over the squared mean */
    double concentration; /* k > 0 */
    const double *value;  /* [n] whole numbers >= 0, increasing, borrowed */
    const double *weight; /* [n] >= 0, borrowed */
    size_t n;
    double weight_sum; /* of weight */
} skuai_count_mixture;

/* Probability of <= x; 0 below 0. */
double skuai_count_mixture_cdf(const skuai_count_mixture *mixture, double x);
/* Probability of [low, high], both whole numbers. */
double skuai_count_mixture_mass(const skuai_count_mixture *mixture, double low, double high);
double skuai_count_mixture_mean(const skuai_count_mixture *mixture);
/* quantiles [n]: the least whole numbers x with F(x) >= levels[i], levels increasing in (0, 1). */
void skuai_count_mixture_quantiles(const skuai_count_mixture *mixture, const double *levels,
                                   size_t n, double *quantiles);

#endif
