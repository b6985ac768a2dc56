#include "stat/arima/arima_pool.h"

#include "stat/arima/arima_forecast.h"

#include <math.h>
#include <string.h>

#define LEAST_WEIGHT 0.02 /* of a model, over that of the best */
#define WITH_GAPS    6    /* models at most when each has gaps to estimate */
#define LEAST_COMMON 8    /* observations on which to compare d and D */

/* A pool in the making. */
typedef struct gathering {
    const skuai_arima_history *history;
    const skuai_arima_settings *settings;
    int season;
    size_t common; /* observations that the criterion looks at; 0: each model's own */
    skuai_arena *arena;
    skuai_arima_fit *fit; /* [SKUAI_ARIMA_POOL] */
    double *value;        /* [SKUAI_ARIMA_POOL] criterion */
    size_t n;
} gathering;

/* The models of one d and D. Where nothing varies behind the differences, the one that says so
 * takes the place of all. */
static skua_status gather(gathering *g, int d, int D, bool *still, skua_error *err) {
    const skuai_arima_history *history = g->history;
    SKUA_TRY(skuai_arima_is_still(history, g->season, d, D, g->arena, still, err));
    if (*still) {
        memset(&g->fit[0], 0, sizeof g->fit[0]);
        g->fit[0].order = (skuai_arima_order){.d = d,
                                              .D = D,
                                              .season = g->season,
                                              .constant = d + D < 2 && g->settings->constant != 0};
        g->value[0] = 0;
        g->n = 1;
        return SKUA_OK;
    }
    skuai_arima_limits limits =
        skuai_arima_limits_for(history->observed, g->season, g->settings->criterion);
    skuai_arima_order largest = {
        .p = limits.p, .q = limits.q, .P = limits.P, .Q = limits.Q, .season = g->season};
    limits.with_constant = g->settings->constant != 0;
    limits.without_constant = g->settings->constant != 1;
    limits.thorough = !g->settings->average;
    skuai_arena_mark mark = skuai_arena_mark_get(g->arena);
    skuai_arima_sample *sample = NULL;
    skuai_arima_choice *choice = skuai_arena_take(g->arena, 1, sizeof *choice);
    if (!choice) return skuai_error_memory(err, "ARIMA models");
    SKUA_TRY(skuai_arima_sample_new(history->y, history->n, NULL, 0, d, D, g->season,
                                    skuai_arima_degree(&largest), g->arena, &sample, err));
    bool found = skuai_arima_search(sample, &limits, choice, NULL) == SKUA_OK;
    for (size_t i = 0; found && i < choice->n && g->n < SKUAI_ARIMA_POOL; i++) {
        double value = g->common == 0 ? choice->value[i]
                                      : skuai_arima_conditional(sample, &choice->fit[i], g->common,
                                                                g->settings->criterion);
        if (!(value < INFINITY)) continue;
        g->fit[g->n] = choice->fit[i];
        g->value[g->n++] = value;
    }
    skuai_arena_reset(g->arena, mark);
    return SKUA_OK;
}

/* Every d and D. false in *done: too short for a comparison. */
static skua_status gather_all(gathering *g, bool *done, skua_error *err) {
    size_t n = g->history->n, m = (size_t)g->season;
    int most = g->settings->differences, seasonal = m > 1 && n > 3 * m ? 1 : 0;
    size_t lost = (size_t)most + (seasonal ? m : 0);
    *done = n >= lost + LEAST_COMMON;
    if (!*done) return SKUA_OK;
    g->common = n - lost;
    bool still = false;
    for (int D = 0; D <= seasonal && !still; D++)
        for (int d = 0; d <= most && !still; d++)
            SKUA_TRY(gather(g, d, D, &still, err));
    return SKUA_OK;
}

/* The d and D of the tests. */
static skua_status gather_tested(gathering *g, skua_error *err) {
    int d = 0, D = 0;
    bool still = false;
    g->common = 0;
    SKUA_TRY(skuai_arima_differences(g->history, g->season, g->settings->differences, g->arena, &d,
                                     &D, err));
    return gather(g, d, D, &still, err);
}

/* Order by criterion, turn criteria into weights, drop what weighs next to nothing. */
static void weigh(const gathering *g, skuai_arima_pool *pool) {
    size_t most = !g->settings->average ? 1 : g->history->n_missing > 0 ? WITH_GAPS : g->n;
    double *value = g->value, total = 0;
    for (size_t i = 1; i < g->n; i++) {
        skuai_arima_fit fit = g->fit[i];
        double own = value[i];
        size_t j = i;
        for (; j > 0 && own < value[j - 1]; j--) {
            g->fit[j] = g->fit[j - 1];
            value[j] = value[j - 1];
        }
        g->fit[j] = fit;
        value[j] = own;
    }
    double least = value[0];
    for (pool->n = 0; pool->n < g->n && pool->n < most; pool->n++) {
        double weight = exp(0.5 * (least - value[pool->n]));
        if (weight < LEAST_WEIGHT) break;
        value[pool->n] = weight;
        total += weight;
    }
    for (size_t i = 0; i < pool->n; i++)
        value[i] /= total;
    pool->fit = g->fit;
    pool->weight = value;
}

skua_status skuai_arima_pool_fit(const skuai_arima_history *history, int season,
                                 const skuai_arima_settings *settings, skuai_arena *arena,
                                 skuai_arima_pool *pool, skua_error *err) {
    gathering g = {.history = history, .settings = settings, .season = season, .arena = arena};
    g.fit = skuai_arena_take_zero(arena, SKUAI_ARIMA_POOL, sizeof *g.fit);
    g.value = skuai_arena_take_zero(arena, SKUAI_ARIMA_POOL, sizeof *g.value);
    if (!g.fit || !g.value) return skuai_error_memory(err, "ARIMA models");
    bool done = settings->fixed;
    if (settings->fixed) {
        g.fit[0].order = settings->order;
        g.n = 1;
    }
    if (!done && settings->average) SKUA_TRY(gather_all(&g, &done, err));
    if (!done || g.n == 0) SKUA_TRY(gather_tested(&g, err));
    if (g.n == 0) return skuai_error_set(err, SKUA_ESINGULAR, "arima: no model could be fitted");
    weigh(&g, pool);
    return SKUA_OK;
}

/* One model on the history with its gaps. */
static skua_status forecast_one(const skuai_arima_history *history, skuai_arima_fit *fit,
                                size_t horizon, skuai_arena *arena, double *mean, double *variance,
                                double *autocorrelation, skua_error *err) {
    skuai_arima_sample *sample = NULL;
    double sigma2;
    SKUA_TRY(skuai_arima_sample_new(history->y, history->n, history->missing, history->n_missing,
                                    fit->order.d, fit->order.D, fit->order.season,
                                    skuai_arima_degree(&fit->order), arena, &sample, err));
    if (!fit->estimated)
        SKUA_TRY(skuai_arima_fit_order(sample, &fit->order, fit, err));
    else if (history->n_missing > 0 && !skuai_arima_maximise(sample, fit, 1e-5, 30))
        return skuai_error_set(err, SKUA_ESINGULAR, "arima: no likelihood with the gaps");
    return skuai_arima_forecast(sample, fit, horizon, true, arena, &sigma2, mean, variance,
                                autocorrelation, err);
}

skua_status skuai_arima_pool_forecast(const skuai_arima_history *history,
                                      const skuai_arima_pool *pool, size_t horizon,
                                      skuai_arena *arena, double *mean, double *deviation,
                                      double *autocorrelation, skua_error *err) {
    double *one = skuai_arena_take_zero(arena, 4 * horizon, sizeof *one), total = 0;
    if (!one) return skuai_error_memory(err, "an ARIMA forecast");
    double *variance = one + horizon, *first = variance + horizon, *second = first + horizon;
    double correlation = 0;
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < pool->n; i++) {
        skuai_arena_mark mark = skuai_arena_mark_get(arena);
        status =
            forecast_one(history, &pool->fit[i], horizon, arena, one, variance, &correlation, err);
        skuai_arena_reset(arena, mark);
        if (status == SKUA_ENOMEM) return status;
        if (status != SKUA_OK) continue; /* the others stand in for it */
        if (total == 0) *autocorrelation = correlation;
        double weight = pool->weight[i];
        total += weight;
        for (size_t h = 0; h < horizon; h++) {
            first[h] += weight * one[h];
            second[h] += weight * variance[h];
            /* the spread between models, by Welford's update: no large squares are subtracted */
            double apart = one[h] - (total > weight ? mean[h] : one[h]);
            second[h] += weight * (total - weight) / total * apart * apart;
            mean[h] = first[h] / total;
        }
    }
    if (!(total > 0)) return status;
    for (size_t h = 0; h < horizon; h++)
        deviation[h] = sqrt(fmax(second[h], 0) / total);
    return SKUA_OK;
}
