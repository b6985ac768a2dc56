/* history_contributions.h -- the contributions of a model that reads a series' own past and nothing
 * else (room stat): one input, the past, adds what the forecast is above the mean of the last year
 * (hours: of the last week), which is what there is to say without knowing when what was sold. With
 * one input that is its Shapley value. */
#ifndef SKUA_STAT_HISTORY_CONTRIBUTIONS_H
#define SKUA_STAT_HISTORY_CONTRIBUTIONS_H

#include "forecast/forecaster.h"

typedef skua_status (*skuai_predict)(const skuai_model *model, const skuai_panel *panel,
                                     const skuai_request *request, const skuai_context *context,
                                     skuai_forecast **forecast, skua_error *err);

/* Of series s, forecast alone by `predict`. The level of a series without history is 0. */
SKUA_MUST_USE skua_status skuai_history_contributions(
    skuai_predict predict, const skuai_model *model, const skuai_panel *panel, size_t s,
    const skuai_request *request, const skuai_context *context, skuai_contributions **contributions,
    skua_error *err);

#endif
