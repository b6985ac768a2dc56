/* leak.h -- does something know what it can not know? (room automl)
 *
 * Two ways in which a backtest lies: a model that reads behind the origin, and a covariate said to
 * be known ahead that was made from the target (units sold, revenue). The first is tried: the
 * hidden future is replaced and the forecast must not change. The second is measured: a covariate
 * whose movements inside the series are those of the target, beyond what its past says, is named.
 */
#ifndef SKUA_AUTOML_LEAK_H
#define SKUA_AUTOML_LEAK_H

#include "forecast/forecaster.h"

/* Fit and predict a view twice, with different targets and past-only covariates behind its ends.
 * *leaks: the forecasts differ. */
SKUA_MUST_USE skua_status skuai_leak_model(const skuai_panel *view,
                                           const skuai_forecaster *forecaster,
                                           const skuai_request *request,
                                           const skuai_context *context, bool *leaks,
                                           skua_error *err);

/* For each dynamic the squared correlation of its changes with those of the target in the same
 * period, over all series, each divided by its own size; NaN: constant, or not known ahead.
 * share [n_dynamic] out. Above SKUAI_LEAK_SHARE it must have been made from the target: a price or
 * promotion explains some, never nearly all. */
#define SKUAI_LEAK_SHARE 0.95
void skuai_leak_covariates(const skuai_panel *panel, double *share);

#endif
