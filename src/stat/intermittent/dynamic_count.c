#include "stat/intermittent/dynamic_count.h"

#include "math/statistics.h"
#include "stat/intermittent/count_model.h"

#include <math.h>
#include <string.h>

#define ORIGINS      16
#define STEPS        4   /* horizons scored from each origin */
#define SEASON_WORTH 2.0 /* nats that a season must gain over all that is scored */

enum { N = SKUAI_COUNT_SETTINGS };

static size_t one_period(int season) {
    (void)season;
    return 1;
}

/* The history as whole numbers of its unit. */
static skua_status prepare(const skuai_local_input *input, double unit, skuai_arena *scratch,
                           skuai_count_series *series, skua_error *err) {
    double *y = skuai_arena_take(scratch, input->n, sizeof *y);
    size_t *sorted = skuai_arena_take(scratch, input->n, sizeof *sorted);
    uint32_t *order = skuai_arena_take(scratch, input->n, sizeof *order);
    uint32_t *rank = skuai_arena_take(scratch, input->n, sizeof *rank);
    if (!y || !sorted || !order || !rank) return skuai_error_memory(err, "a series of counts");
    for (size_t t = 0; t < input->n; t++) {
        if (input->y[t] < 0)
            return skuai_error_set(err, SKUA_EDATA, "demand of %g: counts need values >= 0",
                                   input->y[t]);
        y[t] = isnan(input->y[t]) ? input->y[t] : floor(input->y[t] / unit + 0.5);
    }
    skuai_count_order(y, input->n, sorted, order, rank);
    *series = (skuai_count_series){
        .y = y, .order = order, .rank = rank, .n = input->n, .season = input->season};
    return SKUA_OK;
}

static double mean_of(const skuai_count_series *series) {
    double mean = skuai_mean(series->y, series->n);
    return mean > 0 ? mean : 1 / ((double)series->n + 1); /* zeros do not rule demand out */
}

/* Summed log score of forecasts from inside the history. */
static double score(skuai_count_state *state, const skuai_count_series *series, double cell,
                    const double *settings, const skuai_count_prior *prior) {
    size_t first = series->n / 2 > 4 ? series->n / 2 : 4, span = series->n - first;
    size_t origins = span < ORIGINS ? span : ORIGINS;
    double sum = 0;
    for (size_t k = 0; k < origins; k++) {
        size_t origin = first + k * span / origins;
        skuai_count_mixture mixture;
        skuai_count_state_learn(state, series, origin, settings, prior);
        for (size_t h = 0; h < STEPS && origin + h < series->n; h++) {
            double y = series->y[origin + h];
            if (isnan(y)) continue;
            skuai_count_state_mixture(state, series, h, &mixture);
            sum +=
                log(fmax(skuai_count_mixture_mass(&mixture, fmax(y - cell, 0), y + cell), 1e-12));
        }
    }
    return sum;
}

static void choose(skuai_count_state *state, const skuai_count_series *series,
                   const skuai_count_prior *prior, double *settings) {
    static const double decays[] = {-0.5, 0.5, 1.5, 2.5, 4};
    static const double seasons[] = {SKUAI_COUNT_NO_SEASON, 3.5, 1};
    double best = -INFINITY, tried[N], change = 0, seen = 0;
    memcpy(tried, skuai_count_setting_default, sizeof tried);
    memcpy(settings, tried, sizeof tried);
    if (series->n < 8) {
        settings[SKUAI_COUNT_SEASON_OWN] = SKUAI_COUNT_NO_SEASON;
        return;
    }
    for (size_t t = 1; t < series->n; t++) {
        double d = fabs(series->y[t] - series->y[t - 1]);
        if (isnan(d)) continue;
        change += d;
        seen++;
    }
    double cell = seen > 0 ? floor(change / (8 * seen)) : 0;
    bool can_season = series->season > 1 && series->n >= 3 * (size_t)series->season;
    for (size_t k = 0; k < (can_season ? 3u : 1u); k++) {
        for (size_t i = 0; i < sizeof decays / sizeof *decays; i++) {
            tried[SKUAI_COUNT_DECAY] = decays[i];
            tried[SKUAI_COUNT_SEASON_OWN] = seasons[k];
            double value = score(state, series, cell, tried, prior) - (k > 0 ? SEASON_WORTH : 0);
            if (!(value > best)) continue;
            best = value;
            memcpy(settings, tried, sizeof tried);
        }
    }
}

static skua_status dynamic_count(const skuai_local_input *input, const skuai_parameters *parameters,
                                 const skuai_request *request, skuai_arena *scratch,
                                 skuai_local_output *output, skua_error *err) {
    skuai_count_series series;
    skuai_count_state state;
    double settings[N], unit = skuai_count_unit(input->y, input->n);
    size_t Q = request->n_levels;
    SKUA_TRY(skuai_local_parameters_check(parameters, NULL, 0, err));
    SKUA_TRY(prepare(input, unit, scratch, &series, err));
    SKUA_TRY(skuai_count_state_new(scratch, input->n, input->season, &state, err));
    const skuai_count_prior prior = {.mean = mean_of(&series), .shape = NULL};
    choose(&state, &series, &prior, settings);
    skuai_count_state_learn(&state, &series, series.n, settings, &prior);
    for (size_t h = 0; h < request->horizon; h++) {
        double *row = output->quantiles + h * Q;
        skuai_count_mixture mixture;
        skuai_count_state_mixture(&state, &series, h, &mixture);
        skuai_count_mixture_quantiles(&mixture, request->levels, Q, row);
        output->mean[h] = skuai_count_mixture_mean(&mixture) * unit;
        for (size_t q = 0; q < Q; q++)
            row[q] *= unit;
    }
    output->autocorrelation = skuai_count_state_dependence(&state);
    return SKUA_OK;
}

const skuai_local_method skuai_dynamic_count_method = {
    .name = "dynamic-count",
    .summary = "discounted gamma-Poisson level with own history around it",
    .source = "Harvey & Fernandes 1989",
    .takes_missing = true,
    .least_length = one_period,
    .forecast = dynamic_count,
};
