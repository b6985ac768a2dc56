/* theta.h -- the theta methods: seasonal adjustment, models, average (room stat).
 * The season is taken out (adjust.h), the rest forecast by theta models (theta_model.h), and the
 * season put back. "theta" averages the four models with weights exp(-(n log SSE + 2k - least) / 8)
 * (the reference implementations take the one with the least SSE). Variances: the model's, widened
 * by the differences between models and by past errors (multistep.h). */
#ifndef SKUA_STAT_EXPONENTIAL_THETA_H
#define SKUA_STAT_EXPONENTIAL_THETA_H

#include "stat/local.h"

extern const skuai_local_method skuai_theta_automatic, skuai_theta_standard, skuai_theta_optimised,
    skuai_theta_dynamic, skuai_theta_dynamic_optimised;

#endif
