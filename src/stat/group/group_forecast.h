/* group_forecast.h -- from the posterior of a group model to quantiles (room stat).
 *
 * On the asinh scale a forecast is mean[h] + deviation[h] * k(level). k is not the normal quantile
 * but that of the standardised errors of a backtest inside the history, by class: five classes of
 * volatility, whose errors are taken as symmetric (a shift that all series share in one backtest
 * is no property of the model), and one of series with 30 % zeros or more, taken as they are. */
#ifndef SKUA_STAT_GROUP_FORECAST_H
#define SKUA_STAT_GROUP_FORECAST_H

#include "forecast/forecaster.h"
#include "stat/group/group_state.h"

enum { SKUAI_GROUP_CLASSES = 6, SKUAI_GROUP_LEVELS = 23 };

typedef struct skuai_group_calibration {
    double bound[SKUAI_GROUP_CLASSES - 2]; /* volatilities that part the first five classes */
    double k[SKUAI_GROUP_CLASSES][SKUAI_GROUP_LEVELS];
    double autocorrelation; /* of standardised errors from one period to the next */
} skuai_group_calibration;

/* Normal errors, independent from period to period. */
void skuai_group_calibration_normal(skuai_group_calibration *calibration);

/* Moments behind the window: mean and deviation [S, T - W] on the asinh scale. */
SKUA_MUST_USE skua_status skuai_group_moments(const skuai_group_state *state, double *mean,
                                              double *deviation, skua_error *err);

/* Standardised errors of a backtest: error [S, T - W], NaN where nothing is known; *absolute out:
 * the sum of the medians' absolute errors in units. */
SKUA_MUST_USE skua_status skuai_group_errors(const skuai_group_state *state, double *error,
                                             double *absolute, skua_error *err);

/* Learn the calibration from n backtests of the same series: states with their errors. Too few
 * errors in a class: those of all; too few in all: normal. */
SKUA_MUST_USE skua_status skuai_group_calibrate(const skuai_group_state *states,
                                                double *const *errors, size_t n,
                                                skuai_group_calibration *calibration,
                                                skua_error *err);

/* Fill the forecast, whose quantiles are not settled yet. Series that ended before the window get
 * seasonal-naive. */
SKUA_MUST_USE skua_status skuai_group_fill(const skuai_group_state *state,
                                           const skuai_group_calibration *calibration,
                                           const skuai_request *request, skuai_forecast *forecast,
                                           skua_error *err);

#endif
