/* demand_slope.h -- how fast a net's forecast over a horizon changes on the way from one window to
 * another: the tape's gradients, for integrated gradients (room neural). Of the sum of the mean
 * forecasts: a gradient costs one pass back for each number that it is of.
 *
 * The way is a straight line in what the net reads: tokens, and the centre and scale that its
 * quantiles are mapped back with. The slope at a place of it is the gradient there times the way,
 * part by part; integrated from 0 to 1 the parts sum to the difference of the two forecasts
 * (Sundararajan, Taly & Yan 2017, eq. 1 and proposition 1). Tokens rather than panels, for on
 * the way between two panels the share of zeros and the like jump, and no gradient sees a jump. */
#ifndef SKUA_NEURAL_DEMAND_SLOPE_H
#define SKUA_NEURAL_DEMAND_SLOPE_H

#include "neural/demand.h"

/* The covariates' slots, and everything else (values, lags, level and scale): what was sold. */
enum { SKUAI_DEMAND_SLOPE_PARTS = SKUAI_WINDOW_SLOTS + 1 };

/* Weights of the levels in a mean forecast: the integral of the quantile function by the trapezoid.
 */
void skuai_demand_mean_weights(double weights[SKUAI_DEMAND_LEVELS]);
/* The mean forecast of a period from its scaled quantiles, sorted. */
double skuai_demand_mean(const double *z, double centre, double scale, bool non_negative);

/* from, to: batches of one window each, of the same series, closed; to->past + to->future patches
 * both. at [n_at] places in [0, 1]. slope [n_at, PARTS] out: of the sum over the horizon. What the
 * two windows' visible tokens, sides and neighbours are is to's. Arrays live in the arena until the
 * caller clears it. SKUA_ENOMEM, what the tape says. */
SKUA_MUST_USE skua_status skuai_demand_slope(skuai_tape *tape, const skuai_demand *net,
                                             const skuai_window_batch *from,
                                             const skuai_window_batch *to, size_t horizon,
                                             bool non_negative, const double *at, size_t n_at,
                                             skuai_arena *arena, double *slope, skua_error *err);

#endif
