#include "stat/arima/arima_methods.h"

#include "stat/arima/arima_pool.h"
#include "stat/decomposed/decomposed.h"

#include <math.h>
#include <stdio.h>

#define LONG_SEASON 24 /* above it the season is removed by STL first */

static void describe(const skuai_arima_pool *pool, char *note) {
    const skuai_arima_order *o = &pool->fit[0].order;
    char seasonal[32] = "", more[32] = "";
    if (o->P + o->D + o->Q > 0)
        snprintf(seasonal, sizeof seasonal, "(%d,%d,%d)%d", o->P, o->D, o->Q, o->season);
    if (pool->n > 1) snprintf(more, sizeof more, " and %zu more", pool->n - 1);
    snprintf(note, SKUAI_NOTE_SIZE, "arima(%d,%d,%d)%.12s%s%.16s", o->p, o->d, o->q, seasonal,
             o->constant ? " + c" : "", more);
}

static skua_status forecast_series(const skuai_local_input *input,
                                   const skuai_parameters *parameters, const skuai_request *request,
                                   skuai_arena *scratch, skuai_local_output *output,
                                   skua_error *err) {
    skuai_arima_settings settings = {0};
    skuai_arima_history history = {0};
    skuai_arima_pool pool = {0};
    SKUA_TRY(skuai_arima_settings_parse(parameters, input->season, &settings, err));
    SKUA_TRY(skuai_arima_history_take(input->y, input->n, input->season, scratch, &history, err));
    SKUA_TRY(skuai_arima_pool_fit(&history, input->season, &settings, scratch, &pool, err));
    double *deviation = skuai_arena_take(scratch, request->horizon, sizeof *deviation);
    if (!deviation) return skuai_error_memory(err, "an ARIMA forecast");
    SKUA_TRY(skuai_arima_pool_forecast(&history, &pool, request->horizon, scratch, output->mean,
                                       deviation, &output->autocorrelation, err));
    skuai_local_normal_quantiles(request, output->mean, deviation, output->quantiles);
    describe(&pool, output->note);
    return SKUA_OK;
}

static size_t least_length(int season) {
    (void)season;
    return 4;
}

static const skuai_local_method without_season = {
    .name = "arima",
    .takes_missing = true,
    .least_length = least_length,
    .forecast = forecast_series,
};

/* Seasons too long for seasonal terms are taken out before and put back behind. */
static skua_status forecast_long_season(const skuai_local_input *input,
                                        const skuai_parameters *parameters,
                                        const skuai_request *request, skuai_arena *scratch,
                                        skuai_local_output *output, skua_error *err) {
    skuai_arima_history filled = {0};
    SKUA_TRY(skuai_arima_history_take(input->y, input->n, input->season, scratch, &filled, err));
    skuai_local_input now = *input;
    now.y = filled.y;
    now.n = filled.n;
    if (now.n < 2 * (size_t)now.season) {
        now.season = 1;
        return forecast_series(&now, parameters, request, scratch, output, err);
    }
    return skuai_decomposed_run(&without_season, SKUAI_DECOMPOSITION_AUTO, &now, parameters,
                                request, scratch, output, err);
}

static skua_status forecast_arima(const skuai_local_input *input,
                                  const skuai_parameters *parameters, const skuai_request *request,
                                  skuai_arena *scratch, skuai_local_output *output,
                                  skua_error *err) {
    if (input->season > LONG_SEASON)
        return forecast_long_season(input, parameters, request, scratch, output, err);
    return forecast_series(input, parameters, request, scratch, output, err);
}

static const skuai_local_method arima = {
    .name = "arima",
    .summary = "seasonal ARIMA models by exact likelihood, searched stepwise and averaged",
    .source = "Hyndman & Khandakar 2008, J. Statistical Software 27(3)",
    .takes_missing = true,
    .least_length = least_length,
    .forecast = forecast_arima,
};

const skuai_local_method *const skuai_arima_methods[] = {&arima, NULL};
