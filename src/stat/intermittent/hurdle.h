/* hurdle.h -- a count distribution around a demand rate (room stat).
 *
 * A period has demand with probability p; its size is 1 plus a count whose distribution is the own
 * past sizes with one negative binomial around them (count_mixture.h), of the mean that makes
 * p * size the given rate and the excess of the own sizes shrunk towards the geometric law's. So
 * the mass at zero is the method's own and a short history does not pretend to know all sizes. [1]
 * Mullahy 1986, J. Econometrics 33(3) 341-365 (hurdle models). [2] Willemain, Smart & Schwarz 2004,
 * Int. J. Forecasting 20(3) 375-387 (sizes from the past). */
#ifndef SKUA_STAT_INTERMITTENT_HURDLE_H
#define SKUA_STAT_INTERMITTENT_HURDLE_H

#include "stat/intermittent/demand_rate.h"
#include "stat/local.h"

/* Quantiles of every horizon (flat) and means (the rate) for history y [n], n >= 1, all >= 0. A
 * probability that is NaN is taken from rate and mean size. */
SKUA_MUST_USE skua_status skuai_hurdle_forecast(const double *y, size_t n, skuai_demand_rate rate,
                                                const skuai_request *request, skuai_arena *scratch,
                                                skuai_local_output *output, skua_error *err);

#endif
