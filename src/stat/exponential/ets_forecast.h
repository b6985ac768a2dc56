/* ets_forecast.h -- forecasts and their distribution from a fitted exponential smoothing model
 * (room stat).
 * Variances after Hyndman, Koehler, Ord & Snyder 2008, chapter 6, c_j = alpha + beta phi_j
 * (+ gamma when j is a multiple of m), phi_j = phi + ... + phi^j:
 *   class 1 (all additive)                     v_h = s2 (1 + sum_{j<h} c_j^2)         exact
 *   class 2 (multiplicative error, else additive)
 *           v_h = (1 + s2) theta_h - mu_h^2,  theta_h = mu_h^2 + s2 sum c_j^2 theta_{h-j}   exact
 *   class 3 (multiplicative error and season, additive trend): class 2 for the base, times the
 *           squared seasonal state and (1 + s2)(1 + gamma^2 s2)^k, k whole seasons ahead; exact
 *           inside the first season, the book's approximation behind it
 * Quantiles around the point forecasts are Student's, with the degrees of freedom of the variance.
 * All other forms: sample quantiles of simulated paths. */
#ifndef SKUA_STAT_EXPONENTIAL_ETS_FORECAST_H
#define SKUA_STAT_EXPONENTIAL_ETS_FORECAST_H

#include "forecast/forecaster.h"
#include "stat/exponential/ets_fit.h"

/* Forecast with the average of models [n_models], the best first, of the same series.
 *   mean [H], quantiles [H, Q] out; *autocorrelation out: mean correlation of neighbouring errors
 * A model's weight is exp(-(AICc - least AICc) / 8): Akaike weights (Burnham & Anderson 2002, Model
 * Selection; Kolassa 2011, Int. J. Forecasting 27(2)) raised to the power 1/4. The power was chosen
 * on the training parts of M3, where weights that differ less forecast better (docs/methods).
 * Means and quantiles are averaged level by level; the quantiles are then stretched around the mean
 * for the variance of the models' means, which that average does not see.
 * A model whose forecasts are not finite is left out; SKUA_EDATA when none remains. */
SKUA_MUST_USE skua_status skuai_ets_forecast(const skuai_ets_model *models, size_t n_models,
                                             const skuai_request *request, skuai_arena *arena,
                                             double *mean, double *quantiles,
                                             double *autocorrelation, skua_error *err);

/* variance [H] out of a form of class 1 to 3; false, variance untouched, for another form.
 * scratch [2 H]. */
bool skuai_ets_variances(const skuai_ets_model *model, size_t horizon, double *scratch,
                         double *variance);

/* One path of length H from normal errors. season [m] scratch. */
void skuai_ets_simulate(const skuai_ets_model *model, size_t horizon, skuai_random *random,
                        double *season, double *path);

#endif
