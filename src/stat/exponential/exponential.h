/* exponential.h -- exponential smoothing and theta as local methods (room stat).
 *
 * Methods: "ets" (automatic, by AICc), "ets-adjusted" (the same without seasonal states, on the
 * series with its season taken out: several times as fast, nearly as good), "ses", "holt",
 * "damped", "holt-winters" (additive or multiplicative season by AICc), "theta" (automatic),
 * "theta-standard", "theta-optimized", "theta-dynamic", "theta-dynamic-optimized".
 *
 * Parameters of "ets":
 *   model     three letters of N, A, M or Z (choose): error, trend, season, the trend with d when
 *             damped; "ZZZ" is the default, others are "ANN" and "MAdM". A trend Z is N or A: a
 *             multiplicative one must be named.
 *   choose    "weights" (the default): the eight best forms by AICc, each with weight
 *             exp(-difference / 8) (see ets_forecast.h); "best": the one with the least AICc
 *   unstable  "no" (the default) or "yes": also the combinations that are numerically unstable
 *
 * Parameter of the theta methods: adjustment = "shrunk" (the default), "multiplicative" or
 * "additive" (classical, after a test): see adjust.h. */
#ifndef SKUA_STAT_EXPONENTIAL_EXPONENTIAL_H
#define SKUA_STAT_EXPONENTIAL_EXPONENTIAL_H

#include "stat/local.h"

extern const skuai_local_method *const skuai_exponential_methods[]; /* ended by NULL */

#endif
