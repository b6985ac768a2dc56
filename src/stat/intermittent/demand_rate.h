/* demand_rate.h -- point estimates of an intermittent series' demand per period (room stat).
 *
 * All take y [n], n >= 1, finite and >= 0, oldest first, and give the flat forecast of every later
 * period; a history of zeros gives 0. Simple exponential smoothing starts at the first value; where
 * its weight is optimised, it is the least squared one-step error on [0.1, 0.3] (0.2 where the
 * errors do not tell). The conventions
 * are those of Nixtla's statsforecast, which the golden tests hold them to: the first interval
 * counts from the start of the series, SBA's factor is 0.95, ADIDA and IMAPA drop the oldest
 * remainder. [1] Croston 1972, Operational Research Quarterly 23(3) 289-303. [2] Syntetos & Boylan
 * 2005, Int. J. Forecasting 21(2) 303-314 (SBA). [3] Teunter, Syntetos & Babai 2011, Eur. J.
 * Operational Research 214(3) 606-615 (TSB). [4] Nikolopoulos et al. 2011, J. Operational Research
 * Society 62(3) 544-554 (ADIDA). [5] Petropoulos & Kourentzes 2015, J. Operational Research Society
 * 66(6) 914-924 (IMAPA). */
#ifndef SKUA_STAT_INTERMITTENT_DEMAND_RATE_H
#define SKUA_STAT_INTERMITTENT_DEMAND_RATE_H

#include <stddef.h>

typedef struct skuai_demand_rate {
    double rate;        /* units a period */
    double probability; /* of a period with demand, as the method sees it; NaN: it does not */
} skuai_demand_rate;

/* One smoothed value of x [n], n >= 1, weight alpha in (0, 1]: the forecast after x[n - 1]. */
double skuai_smoothed(const double *x, size_t n, double alpha);
/* The same with the weight of least squared error on [0.1, 0.3]. */
double skuai_smoothed_best(const double *x, size_t n);

/* work [2 n] is scratch. */
skuai_demand_rate skuai_croston_rate(const double *y, size_t n, double alpha, double *work);
skuai_demand_rate skuai_croston_best_rate(const double *y, size_t n, double *work);
skuai_demand_rate skuai_tsb_rate(const double *y, size_t n, double alpha_demand,
                                 double alpha_probability, double *work);
skuai_demand_rate skuai_adida_rate(const double *y, size_t n, double *work);
skuai_demand_rate skuai_imapa_rate(const double *y, size_t n, double *work);

#endif
