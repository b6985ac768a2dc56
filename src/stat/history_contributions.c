#include "stat/history_contributions.h"

#include "math/statistics.h"

#include <math.h>

skua_status skuai_history_contributions(skuai_predict predict, const skuai_model *model,
                                        const skuai_panel *panel, size_t s,
                                        const skuai_request *request, const skuai_context *context,
                                        skuai_contributions **out, skua_error *err) {
    skuai_panel *alone = NULL;
    skuai_forecast *forecast = NULL;
    skuai_contributions *c = NULL;
    skua_status status = SKUA_OK;
    if (s >= panel->n_series) return skuai_error_set(err, SKUA_EINVAL, "no such series");
    SKUA_TRY(skuai_panel_subset(panel, &s, 1, &alone, err));
    SKUA_TRY_OUT(predict(model, alone, request, context, &forecast, err));
    SKUA_TRY_OUT(skuai_contributions_new(1, request->horizon, &c, err));
    size_t n = panel->length[s], lag = skuai_grid_year_lag(&panel->grid), cycle = lag ? lag : 4,
           from = n > cycle ? n - cycle : 0;
    double level = skuai_mean(skuai_panel_target(panel, s) + from, n - from);
    double *value = skuai_contributions_input(c, "own past", "recent sales");
    for (size_t h = 0; h < request->horizon; h++) {
        c->base[h] = isnan(level) ? 0 : level;
        c->forecast[h] = *skuai_forecast_mean(forecast, 0, h);
        value[h] = c->forecast[h] - c->base[h];
    }
    SKUA_TRY_OUT(skuai_contributions_check(c, err));
    *out = c;
out:
    skuai_forecast_free(forecast);
    skuai_panel_free(alone);
    if (status != SKUA_OK) skuai_contributions_free(c);
    return status;
}
