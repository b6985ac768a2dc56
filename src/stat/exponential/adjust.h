/* adjust.h -- taking a season out of a series and putting it back on its forecast (room stat).
 * The season is that of the classical decomposition and is removed only where the test of
 * classical.h finds it: multiplicative, or additive when the series is not positive, an index is
 * below 0.01, or on request. */
#ifndef SKUA_STAT_EXPONENTIAL_ADJUST_H
#define SKUA_STAT_EXPONENTIAL_ADJUST_H

#include "forecast/forecaster.h"

typedef struct skuai_adjusted {
    const double *y;     /* [n] the adjusted series: the caller's own when it is not seasonal */
    const double *index; /* [m] of observation t: index[t % m]; NULL: not seasonal */
    size_t m;
    bool multiplicative;
} skuai_adjusted;

/* Adjust y [n], m >= 1; what it needs comes from the arena. Seasons below 4 are left in. */
SKUA_MUST_USE skua_status skuai_adjust(const double *y, size_t n, size_t m, bool multiplicative,
                                       skuai_arena *arena, skuai_adjusted *adjusted,
                                       skua_error *err);

/* Give forecasts of the adjusted series (mean [H], quantiles [H, Q]) their season back. */
void skuai_adjust_back(const skuai_adjusted *adjusted, size_t n, const skuai_request *request,
                       double *mean, double *quantiles);

#endif
