/* arima_settings.h -- what the caller may ask of the ARIMA method (room stat).
 *
 * Parameters:
 *   choice      "average" (default): every d up to `differences` and every D that the history
 *               allows are searched, and the models averaged by their criterion; "best": d by KPSS
 *               tests, D by the strength of the season, one model by the criterion
 *   order       "p,d,q": this model alone; p, q to 8, d to 2
 *   seasonal    "P,D,Q": likewise, P, Q to 3, D to 2
 *   constant    "auto" (default), "yes", "no": mean, drift or seasonal drift
 *   criterion   "aicc" (default), "aic", "bic"
 *   differences the most ordinary differences to take: 0, 1 (default), 2
 *   season      see stat/local.h */
#ifndef SKUA_STAT_ARIMA_ARIMA_SETTINGS_H
#define SKUA_STAT_ARIMA_ARIMA_SETTINGS_H

#include "stat/arima/arima_search.h"
#include "stat/local.h"

typedef struct skuai_arima_settings {
    bool fixed;              /* order is what the caller wants */
    skuai_arima_order order; /* its season is that of the series; constant is settled */
    bool average;
    int constant; /* 1 yes, 0 no, -1 as the criterion says */
    skuai_arima_criterion criterion;
    int differences;
} skuai_arima_settings;

/* SKUA_ECONFIG, with the parameter's name, for anything not in the list above. */
SKUA_MUST_USE skua_status skuai_arima_settings_parse(const skuai_parameters *parameters, int season,
                                                     skuai_arima_settings *settings,
                                                     skua_error *err);

#endif
