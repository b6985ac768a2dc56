/* past_distribution.h -- forecasts that are the series' own past values, weighted (room stat).
 *
 *   "empirical"      quantiles (type 7) of the last season, at least 12 periods: the free baseline
 *                    that every count model must beat. Parameter "window".
 *   "npts"           every past value with weight decay^age [1]. Parameter "decay" in (0, 1], 0.95.
 *   "npts-seasonal"  the same over the periods of the forecast's own season alone [1].
 * Quantiles of the weighted ones are least values whose weight reaches the level, so that a mass
 * at zero stays one.
 * [1] Gasthaus 2016, Non-parametric time series forecaster (Amazon, technical report). */
#ifndef SKUA_STAT_INTERMITTENT_PAST_DISTRIBUTION_H
#define SKUA_STAT_INTERMITTENT_PAST_DISTRIBUTION_H

#include "stat/local.h"

extern const skuai_local_method skuai_empirical_method, skuai_npts_method,
    skuai_npts_seasonal_method;

#endif
