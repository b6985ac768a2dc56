#include "automl/backtest.h"

#include "math/statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void skuai_backtest_free(skuai_backtest *b) {
    if (!b) return;
    for (size_t i = 0; b->cells && i < b->n_windows * b->n_models; i++) {
        skuai_forecast_free(b->cells[i].forecast);
        skuai_free(b->cells[i].series_pinball);
    }
    for (size_t w = 0; b->views && w < b->n_windows; w++)
        skuai_panel_free(b->views[w]);
    skuai_free(b->names);
    skuai_free(b->views);
    skuai_free(b->cells);
    skuai_free(b->series_weight);
    skuai_free(b);
}

/* The view of window w, and whether something in it can be scored with some history before. */
static skua_status window_view(const skuai_panel *panel, const skuai_backtest_options *options,
                               size_t w, skuai_panel **view, bool *usable, skua_error *err) {
    size_t back = options->horizon + w * (options->step ? options->step : options->horizon);
    skuai_panel *known = NULL;
    if (options->panel_at)
        SKUA_TRY(options->panel_at(options->user, w, (int64_t)back, &known, err));
    skua_status status = skuai_panel_cut(known ? known : panel, back, view, err);
    skuai_panel_free(known);
    SKUA_TRY(status);
    *usable = false;
    for (size_t s = 0; s < (*view)->n_series && !*usable; s++)
        for (size_t h = 0; h < options->horizon && (*view)->length[s] > 0 && !*usable; h++)
            *usable = !isnan(skuai_panel_actual(*view, s, h));
    return SKUA_OK;
}

static size_t count_fallbacks(const skuai_forecast *f) {
    size_t n = 0;
    for (size_t s = 0; s < f->n_series; s++)
        n += strstr(f->note[s], " (") != NULL; /* "seasonal-naive (too short)" */
    return n;
}

static skua_status forecast_cell(const skuai_panel *view, const skuai_forecaster *model,
                                 const skuai_backtest_options *options,
                                 const skuai_context *context, skuai_backtest_cell *cell,
                                 skua_error *err) {
    skuai_request request = {options->horizon, options->levels, options->n_levels, options->seed};
    skua_error error = {0};
    double start = skuai_clock();
    cell->status =
        skuai_forecaster_run(model, view, NULL, &request, context, &cell->forecast, &error);
    cell->seconds = skuai_clock() - start;
    if (cell->status == SKUA_ECANCEL)
        return skuai_error_set(err, cell->status, "%s", error.message);
    if (cell->status != SKUA_OK)
        (void)snprintf(cell->reason, sizeof cell->reason, "%.127s", error.message);
    return SKUA_OK;
}

static skua_status score_cell(const skuai_panel *view, const skuai_backtest_options *options,
                              skuai_backtest_cell *cell, double *weight, skua_error *err) {
    skuai_score_options score = {.seed = options->seed};
    skua_error error = {0};
    if (cell->status != SKUA_OK) return SKUA_OK;
    cell->series_pinball = skuai_new(view->n_series, sizeof *cell->series_pinball);
    if (!cell->series_pinball) return skuai_error_memory(err, "a backtest");
    skuai_series_scores series = {.pinball = cell->series_pinball, .weight = weight};
    cell->status = skuai_score(view, cell->forecast, &score, &cell->scores, &series, &error);
    if (cell->status != SKUA_OK)
        (void)snprintf(cell->reason, sizeof cell->reason, "%.127s", error.message);
    else
        cell->n_fallback = count_fallbacks(cell->forecast);
    return SKUA_OK;
}

/* -- Ranks ------------------------------------------------------------------------------------- */

/* The rank that forecasts a cell; SIZE_MAX: all of them together. */
static size_t owner_of(const skuai_backtest_options *options, size_t model, size_t *turn) {
    if (options->collective && options->collective[model]) return SIZE_MAX;
    return (*turn)++ % skuai_ranks_size(options->ranks);
}

/* A cell's forecast from its owner to all. */
static skua_status spread_cell(const skuai_panel *view, const skuai_backtest_options *options,
                               size_t owner, skuai_backtest_cell *cell, skua_error *err) {
    const skuai_ranks *ranks = options->ranks;
    SKUA_TRY(skuai_ranks_broadcast_from(ranks, owner, &cell->status, sizeof cell->status, err));
    SKUA_TRY(skuai_ranks_broadcast_from(ranks, owner, cell->reason, sizeof cell->reason, err));
    SKUA_TRY(skuai_ranks_broadcast_from(ranks, owner, &cell->seconds, sizeof cell->seconds, err));
    if (cell->status != SKUA_OK) return SKUA_OK;
    if (!cell->forecast)
        SKUA_TRY(skuai_forecast_new(view, options->horizon, options->levels, options->n_levels,
                                    &cell->forecast, err));
    skuai_forecast *f = cell->forecast;
    size_t S = f->n_series, points = S * f->horizon;
    const struct {
        void *bytes;
        size_t n;
    } blocks[] = {{f->mean, points * sizeof *f->mean},
                  {f->quantiles, points * f->n_quantiles * sizeof *f->quantiles},
                  {f->autocorrelation, S * sizeof *f->autocorrelation},
                  {f->first, S * sizeof *f->first},
                  {f->note, S * sizeof *f->note}};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++)
        SKUA_TRY(skuai_ranks_broadcast_from(ranks, owner, blocks[k].bytes, blocks[k].n, err));
    return SKUA_OK;
}

/* Every cell's forecast is everywhere, then every rank scores all of them. */
static skua_status spread_and_score(skuai_backtest *b, const skuai_backtest_options *options,
                                    size_t n_series, skua_error *err) {
    size_t turn = 0;
    for (size_t m = 0; m < b->n_models; m++)
        for (size_t w = b->n_windows; w-- > 0;) {
            skuai_backtest_cell *cell = skuai_backtest_at(b, w, m);
            size_t owner = owner_of(options, m, &turn);
            if (owner != SIZE_MAX) SKUA_TRY(spread_cell(b->views[w], options, owner, cell, err));
            SKUA_TRY(score_cell(b->views[w], options, cell, b->series_weight + w * n_series, err));
        }
    return SKUA_OK;
}

/* A cell for which there was no time left; true. */
static bool leave_out(skuai_backtest_cell *cell) {
    cell->status = SKUA_EDEADLINE;
    (void)snprintf(cell->reason, sizeof cell->reason, "no time left for it");
    return true;
}

static skua_status allocate(size_t n_series, const skuai_forecaster *const *models, size_t n_models,
                            size_t n_windows, skuai_backtest **backtest, skua_error *err) {
    skuai_backtest *b = skuai_zero(1, sizeof *b);
    if (!b) return skuai_error_memory(err, "a backtest");
    b->n_models = n_models;
    b->n_windows = n_windows;
    b->names = skuai_zero(n_models, sizeof *b->names);
    b->views = skuai_zero(n_windows, sizeof(skuai_panel *));
    b->cells = skuai_zero(n_windows * n_models, sizeof *b->cells);
    b->series_weight = skuai_zero(n_windows * n_series, sizeof(double));
    if (!b->names || !b->views || !b->cells || !b->series_weight) {
        skuai_backtest_free(b);
        return skuai_error_memory(err, "a backtest");
    }
    for (size_t m = 0; m < n_models; m++)
        (void)snprintf(b->names[m], sizeof b->names[m], "%s", models[m]->name);
    *backtest = b;
    return SKUA_OK;
}

/* Windows beyond the first that cannot be used end the list. */
static skua_status prepare_windows(const skuai_panel *panel, const skuai_backtest_options *options,
                                   skuai_backtest *b, skua_error *err) {
    size_t asked = b->n_windows;
    for (size_t w = 0; w < asked; w++) {
        bool usable = false;
        b->n_windows = w; /* what is owned so far */
        SKUA_TRY(window_view(panel, options, w, &b->views[w], &usable, err));
        if (!usable) {
            skuai_panel_free(b->views[w]);
            b->views[w] = NULL;
            break;
        }
        b->n_windows = w + 1;
    }
    if (b->n_windows == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "no series is longer than the horizon of %zu periods, so nothing "
                               "can be backtested: ask for a shorter horizon",
                               options->horizon);
    return SKUA_OK;
}

skua_status skuai_backtest_run(const skuai_panel *panel, const skuai_forecaster *const *models,
                               size_t n_models, const skuai_backtest_options *options,
                               const skuai_context *context, skuai_backtest **backtest,
                               skua_error *err) {
    if (options->horizon == 0 || options->windows == 0 || n_models == 0)
        return skuai_error_set(err, SKUA_EINVAL, "a backtest wants a horizon, windows and models");
    skuai_backtest *b = NULL;
    SKUA_TRY(allocate(panel->n_series, models, n_models, options->windows, &b, err));
    skua_status status = prepare_windows(panel, options, b, err);
    size_t total = b->n_windows * n_models;
    size_t turn = 0, rank = skuai_ranks_rank(options->ranks);
    bool late = false;
    for (size_t m = 0; m < n_models && status == SKUA_OK; m++)
        for (size_t w = b->n_windows; w-- > 0 && status == SKUA_OK;) {
            skuai_backtest_cell *cell = skuai_backtest_at(b, w, m);
            skuai_context_progress(context, b->names[m],
                                   (double)(m * b->n_windows + b->n_windows - 1 - w),
                                   (double)total);
            skuai_context quiet = context ? *context : SKUAI_CONTEXT_DEFAULT;
            quiet.progress = NULL;          /* one bar: cells, not series */
            if (m == 0) quiet.deadline = 0; /* there is always one result */
            size_t owner = owner_of(options, m, &turn);
            if (owner != SIZE_MAX && owner != rank) continue;
            if (!late) status = forecast_cell(b->views[w], models[m], options, &quiet, cell, err);
            if (late || cell->status == SKUA_EDEADLINE) late = leave_out(cell);
        }
    if (status == SKUA_OK) status = spread_and_score(b, options, panel->n_series, err);
    if (status != SKUA_OK) {
        skuai_backtest_free(b);
        return status;
    }
    skuai_context_progress(context, "backtest", (double)total, (double)total);
    *backtest = b;
    return SKUA_OK;
}

void skuai_backtest_difference(const double *x, const double *y, const double *weight, size_t n,
                               uint64_t seed, double *low, double *high) {
    enum { RESAMPLES = 1000 };
    double difference[RESAMPLES];
    skuai_random random;
    *low = *high = (double)NAN;
    if (n == 0) return;
    skuai_random_init(&random, seed);
    for (size_t i = 0; i < RESAMPLES; i++) {
        double sum = 0, total = 0;
        for (size_t j = 0; j < n; j++) {
            size_t s = skuai_random_index(&random, n);
            if (isnan(x[s]) || isnan(y[s])) continue;
            sum += x[s] - y[s];
            total += weight[s];
        }
        difference[i] = total > 0 ? sum / total : 0;
    }
    skuai_sort(difference, RESAMPLES);
    *low = skuai_quantile_sorted(difference, RESAMPLES, 0.025);
    *high = skuai_quantile_sorted(difference, RESAMPLES, 0.975);
}

void skuai_backtest_compare(const skuai_backtest *backtest, size_t window, size_t first,
                            size_t second, uint64_t seed, double *low, double *high) {
    const double *x = skuai_backtest_at(backtest, window, first)->series_pinball;
    const double *y = skuai_backtest_at(backtest, window, second)->series_pinball;
    size_t S = backtest->views[window]->n_series;
    *low = *high = (double)NAN;
    if (x && y)
        skuai_backtest_difference(x, y, backtest->series_weight + window * S, S, seed, low, high);
}
