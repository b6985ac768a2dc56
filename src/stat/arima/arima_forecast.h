/* arima_forecast.h -- means and variances of the future of a fitted ARIMA model (room stat).
 *
 * The state after the last observation is carried forward and the differences are summed up again.
 * The variance of horizon h is that of what is still to come (psi weights, Box, Jenkins & Reinsel
 * 1994, 5.1), of the state where the filter has not settled, and, with `estimated`, of the constant
 * and of the missing values as generalised least squares leaves them (Harvey 1989, 3.4.2); that of
 * the ARMA coefficients is left out, as everywhere. */
#ifndef SKUA_STAT_ARIMA_ARIMA_FORECAST_H
#define SKUA_STAT_ARIMA_ARIMA_FORECAST_H

#include "stat/arima/arima_model.h"

/* Forecast behind the end of the sample.
 *   fit       order and coefficient are read
 *   sigma2    out: innovation variance, sum of squares over observations less coefficients
 *   mean      [horizon] out
 *   variance  [horizon] out
 *   autocorrelation out: of the errors of neighbouring horizons, on average
 * SKUA_ESINGULAR when the model cannot be evaluated at these coefficients. */
SKUA_MUST_USE skua_status skuai_arima_forecast(skuai_arima_sample *sample,
                                               const skuai_arima_fit *fit, size_t horizon,
                                               bool estimated, skuai_arena *arena, double *sigma2,
                                               double *mean, double *variance,
                                               double *autocorrelation, skua_error *err);

#endif
