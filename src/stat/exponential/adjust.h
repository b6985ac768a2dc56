/* adjust.h -- taking a season out of a series and putting it back on its forecast (room stat).
 *
 * Shrunk (the default): deviations from the trend (a centred average over one season where there
 * are three seasons, else a straight line that the season does not tilt) are averaged by phase, and
 * each average of c deviations is shrunk to the share c r / (1 + (c - 1) r) of it (Spearman 1910,
 * Brown 1910), r the correlation of deviations a season apart: no season for r <= 0, all of it for
 * many and regular ones. So a season needs no test and two years of weeks can be used for what they
 * are worth. Classical: indices of the classical decomposition, where the test of classical.h finds
 * a season, as the reference implementations of the theta method have it. Multiplicative unless the
 * series is not positive, the trend comes near zero or an index below 0.01, or additive was asked
 * for. */
#ifndef SKUA_STAT_EXPONENTIAL_ADJUST_H
#define SKUA_STAT_EXPONENTIAL_ADJUST_H

#include "forecast/forecaster.h"

typedef enum skuai_adjustment {
    SKUAI_ADJUST_SHRUNK,
    SKUAI_ADJUST_MULTIPLICATIVE, /* classical */
    SKUAI_ADJUST_ADDITIVE        /* classical */
} skuai_adjustment;

typedef struct skuai_adjusted {
    const double *y;     /* [n] the adjusted series: the caller's own when it is not seasonal */
    const double *index; /* [m] of observation t: index[t % m]; NULL: not seasonal */
    size_t m;
    bool multiplicative;
    /* By how much of itself the variance of errors ahead exceeds that in the adjusted history,
     * which its own values have helped to adjust: (1 + a^2 / c) / (1 - (2 - a) a / c) - 1 for the
     * share a of a mean of c deviations. 0 for classical indices. */
    double excess;
} skuai_adjusted;

/* Adjust y [n], m >= 1; what it needs comes from the arena. */
SKUA_MUST_USE skua_status skuai_adjust(const double *y, size_t n, size_t m, skuai_adjustment kind,
                                       skuai_arena *arena, skuai_adjusted *adjusted,
                                       skua_error *err);

/* Give forecasts of the adjusted series (mean [H], quantiles [H, Q], Q >= 1) their season back, and
 * their quantiles the excess of variance. */
void skuai_adjust_back(const skuai_adjusted *adjusted, size_t n, const skuai_request *request,
                       double *mean, double *quantiles);

#endif
