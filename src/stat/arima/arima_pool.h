/* arima_pool.h -- the models that a history speaks for, and their joint forecast (room stat).
 *
 * Models that differ in d or D explain different data, so their likelihoods do not compare. What
 * does compare is the density of the same last observations given those before them: each model's
 * criterion is taken on the observations that the largest d + D m leaves to all. Models are then
 * weighed by exp(-criterion / 2) (Akaike weights: Burnham & Anderson 2002, 2.9) and their
 * predictive distributions mixed; the mixture goes on as the normal distribution of its mean and
 * variance, which counts the models' disagreement as uncertainty. */
#ifndef SKUA_STAT_ARIMA_ARIMA_POOL_H
#define SKUA_STAT_ARIMA_ARIMA_POOL_H

#include "stat/arima/arima_history.h"
#include "stat/arima/arima_settings.h"

#define SKUAI_ARIMA_POOL 72 /* models of all pairs d, D together */

typedef struct skuai_arima_pool {
    skuai_arima_fit *fit; /* [n] the best first; in the arena */
    double *weight;       /* [n] above 0, sum 1 */
    size_t n;
} skuai_arima_pool;

/* Find and weigh the models as the settings say. SKUA_EDATA: too short. SKUA_ESINGULAR: no model
 * could be fitted. */
SKUA_MUST_USE skua_status skuai_arima_pool_fit(const skuai_arima_history *history, int season,
                                               const skuai_arima_settings *settings,
                                               skuai_arena *arena, skuai_arima_pool *pool,
                                               skua_error *err);

/* mean, deviation [horizon] out; *autocorrelation out, of the best model. */
SKUA_MUST_USE skua_status skuai_arima_pool_forecast(const skuai_arima_history *history,
                                                    const skuai_arima_pool *pool, size_t horizon,
                                                    skuai_arena *arena, double *mean,
                                                    double *deviation, double *autocorrelation,
                                                    skua_error *err);

#endif
