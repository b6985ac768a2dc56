/* multistep.h -- how far forecasts of h steps were off in the past (room stat).
 * A model's variance for horizon h assumes that the model is true; the errors that its h-step
 * forecasts made from origins inside the history do not. Both are combined: with c windows of h
 * periods that do not overlap, mean squared h-step error s and model variance v, the variance is
 *   max(v, (c s + v) / (c + 1)).
 * Parameters are those of the whole history, so s is corrected by n / (n - lost) for the estimated
 * ones. (A choice of this project, made on the training parts of M3: intervals by the model alone
 * covered too little.) */
#ifndef SKUA_STAT_EXPONENTIAL_MULTISTEP_H
#define SKUA_STAT_EXPONENTIAL_MULTISTEP_H

#include "core/alloc.h"

/* Errors from origins first, first + stride, ...: the forecast of observation origin + h made
 * before observation origin was seen. */
typedef struct skuai_multistep {
    size_t n, horizon; /* history; H */
    size_t first, stride, n_origins;
    double *errors; /* [n_origins, H] weighted sums over models, 0 behind the history's end */
} skuai_multistep;

/* Room for a history of n periods whose first `burn_in` errors do not count; at most 64 origins. */
SKUA_MUST_USE skua_status skuai_multistep_init(skuai_multistep *steps, size_t n, size_t burn_in,
                                               size_t horizon, skuai_arena *arena, skua_error *err);

/* variance [H] in place, as above. */
void skuai_multistep_blend(const skuai_multistep *steps, size_t lost, double *variance);

#endif
