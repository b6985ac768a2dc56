#include "shop/evaluate.h"

#include "automl/leak.h"
#include "automl/modality_forecast.h"
#include "shop/coherence.h"
#include "shop/series_costs.h"
#include "stat/local.h"

#include <math.h>
#include <string.h>

void skuai_evaluation_clear(skuai_evaluation *evaluation) {
    skuai_free(evaluation->leaderboard);
    skuai_search_result_clear(&evaluation->search);
    skuai_panel_free(evaluation->tested);
    skuai_free(evaluation->series_pinball);
    skuai_free(evaluation->series_weight);
    *evaluation = (skuai_evaluation){0};
}

/* -- The leaderboard --------------------------------------------------------------------------- */

/* What a row needs; the combination is one more model. */
typedef struct row {
    const char *name, *reason;
    const skuai_scores *scores; /* NULL: no forecast */
    double seconds, weight[SKUAI_ENSEMBLE_CLASSES], low, high;
    size_t n_fallback;
    bool baseline;
} row;

static void put_row(skuai_json_writer *w, const row *r) {
    skuai_json_object(w, NULL);
    skuai_json_text(w, "name", r->name);
    skuai_json_bool(w, "baseline", r->baseline);
    if (r->scores) {
        const skuai_scores *s = r->scores;
        skuai_json_number(w, "wql", s->wql);
        skuai_json_number(w, "wape", s->wape);
        skuai_json_number(w, "mase", s->mase);
        skuai_json_number(w, "rmsse", s->rmsse);
        skuai_json_number(w, "wrmsse", s->wrmsse);
        skuai_json_number(w, "smape", s->smape);
        skuai_json_number(w, "mape", s->mape);
        skuai_json_number(w, "sql", s->sql);
        skuai_json_number(w, "bias", s->bias);
        skuai_json_number(w, "cover80", skuai_scores_cover(s, 0.1));
        skuai_json_number(w, "pit_ks", s->pit_ks);
        skuai_json_integer(w, "points", (int64_t)s->n_points);
        skuai_json_number(w, "difference_low", r->low);
        skuai_json_number(w, "difference_high", r->high);
    } else {
        skuai_json_text(w, "reason", r->reason);
    }
    skuai_json_number(w, "seconds", r->seconds);
    skuai_json_integer(w, "fallbacks", (int64_t)r->n_fallback);
    skuai_json_number(w, "weight_regular", r->weight[SKUAI_CALIBRATION_REGULAR]);
    skuai_json_number(w, "weight_intermittent", r->weight[SKUAI_CALIBRATION_INTERMITTENT]);
    skuai_json_number(w, "weight_young", r->weight[SKUAI_ENSEMBLE_YOUNG]);
    skuai_json_close(w);
}

static double row_wql(const row *r) {
    return r->scores ? r->scores->wql : (double)INFINITY;
}

static skua_status write_leaderboard(row *rows, size_t n, char **text, skua_error *err) {
    for (size_t i = 1; i < n; i++) { /* best first, stable */
        row r = rows[i];
        size_t j = i;
        for (; j > 0 && row_wql(&rows[j - 1]) > row_wql(&r); j--)
            rows[j] = rows[j - 1];
        rows[j] = r;
    }
    skuai_buffer buffer;
    skuai_json_writer w;
    skuai_buffer_init(&buffer, 1 << 24);
    skuai_json_begin(&w, &buffer);
    skuai_json_array(&w, NULL);
    for (size_t i = 0; i < n; i++)
        put_row(&w, &rows[i]);
    skuai_json_close(&w);
    return skuai_buffer_take(&buffer, text, err);
}

/* Rows of all models in window 0, and of the combination; each beside the best baseline. */
static skua_status make_leaderboard(const skuai_backtest *b, const skuai_candidates *candidates,
                                    const skuai_ensemble *chosen, skuai_evaluation *e,
                                    uint64_t seed, skua_error *err) {
    row rows[SKUAI_CANDIDATES_MOST + 1];
    size_t base = 0;
    double least = (double)INFINITY, combination_seconds = 0;
    for (size_t m = 0; m < b->n_models; m++) {
        const skuai_backtest_cell *cell = skuai_backtest_at(b, 0, m);
        if (cell->status == SKUA_OK && candidates->baseline[m] && cell->scores.wql < least) {
            least = cell->scores.wql;
            base = m;
        }
    }
    for (size_t m = 0; m < b->n_models; m++) {
        const skuai_backtest_cell *cell = skuai_backtest_at(b, 0, m);
        row r = {.name = b->names[m],
                 .reason = cell->reason,
                 .scores = cell->status == SKUA_OK ? &cell->scores : NULL,
                 .seconds = cell->seconds,
                 .n_fallback = cell->n_fallback,
                 .baseline = candidates->baseline[m]};
        bool used = false;
        for (int c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++) {
            r.weight[c] = chosen->weights[c][m];
            used = used || r.weight[c] > 0;
        }
        if (used) combination_seconds += cell->seconds;
        skuai_backtest_compare(b, 0, m, base, seed, &r.low, &r.high);
        rows[m] = r;
    }
    rows[b->n_models] = (row){.name = "combination",
                              .scores = &e->combination,
                              .seconds = combination_seconds,
                              .weight = {(double)NAN, (double)NAN, (double)NAN},
                              .low = (double)NAN,
                              .high = (double)NAN};
    const double *free_pinball = skuai_backtest_at(b, 0, base)->series_pinball;
    if (free_pinball)
        skuai_backtest_difference(e->series_pinball, free_pinball, e->series_weight, e->n_series,
                                  seed, &rows[b->n_models].low, &rows[b->n_models].high);
    return write_leaderboard(rows, b->n_models + 1, &e->leaderboard, err);
}

/* -- Choosing ---------------------------------------------------------------------------------- */

/* Equal weights on what is no baseline and did not fail, when there is no window to choose on. */
static skua_status equal_weights(const skuai_backtest *b, const skuai_candidates *candidates,
                                 const skuai_forecaster *const *models, skuai_ensemble *ensemble,
                                 skua_error *err) {
    bool good[SKUAI_CANDIDATES_MOST];
    size_t n = 0;
    SKUA_TRY(skuai_ensemble_equal(models, candidates->n, ensemble, err));
    for (size_t m = 0; m < candidates->n; m++) {
        good[m] = !candidates->baseline[m] && !candidates->items[m].for_young &&
                  skuai_backtest_at(b, 0, m)->status == SKUA_OK;
        n += good[m];
    }
    for (size_t m = 0; m < candidates->n && n > 0; m++)
        for (int c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++)
            if (c != SKUAI_ENSEMBLE_YOUNG) ensemble->weights[c][m] = good[m] ? 1 / (double)n : 0;
    return SKUA_OK;
}

/* The combination chosen on the windows behind the test, scored on the test. */
static skua_status test_combination(const skua_shop *shop, const skuai_backtest *b,
                                    const skuai_candidates *candidates,
                                    const skuai_forecaster *const *models,
                                    const skuai_ensemble_options *how, skuai_ensemble *chosen,
                                    skuai_evaluation *e, skua_error *err) {
    uint64_t seed = how->seed;
    const skuai_forecast *made[SKUAI_CANDIDATES_MOST];
    skuai_forecast *combined = NULL;
    if (b->n_windows > 1)
        SKUA_TRY(skuai_ensemble_choose_by(b, models, how, chosen, err));
    else
        SKUA_TRY(equal_weights(b, candidates, models, chosen, err));
    for (size_t m = 0; m < b->n_models; m++)
        made[m] = skuai_backtest_at(b, 0, m)->forecast;
    SKUA_TRY(skuai_ensemble_combine(chosen, b->views[0], made, &combined, err));
    skuai_score_options options = {.seed = seed};
    skuai_series_scores series = {.pinball = e->series_pinball, .weight = e->series_weight};
    skuai_coherence coherence;
    skua_status status = skuai_coherence_decide(shop, b, chosen, 1, b->n_windows, &coherence,
                                                e->coherence_loss, err);
    if (status == SKUA_OK)
        status = skuai_coherence_apply(shop, coherence, b->views[0], combined, err);
    if (status == SKUA_OK)
        status = skuai_score(b->views[0], combined, &options, &e->combination, &series, err);
    skuai_forecast_free(combined);
    return status;
}

/* Say which covariates must have been made from the target. */
static skua_status warn_of_leaks(const skua_shop *shop, const skuai_panel *panel, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    double *share = skuai_new(panel->n_dynamic, sizeof *share);
    if (!share) return skuai_error_memory(err, "covariates");
    skuai_leak_covariates(panel, share);
    for (size_t k = 0; k < panel->n_dynamic; k++)
        if (share[k] > SKUAI_LEAK_SHARE)
            skuai_context_log(
                &context, SKUAI_LOG_WARNING,
                "'%s' explains %.0f %% of the changes of sales in the same period: it "
                "seems to be made of them, and is not known before them; leave the "
                "column out, or the scores are too good to be true",
                panel->dynamic[k].name, 100 * share[k]);
    skuai_free(share);
    return SKUA_OK;
}

/* When each part must be over; 0: whenever. */
typedef struct time_limits {
    double search, backtest, fit;
} time_limits;

static time_limits limits_of(const skua_shop *shop, double begun) {
    double time = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_time);
    double now = begun > 0 ? begun : skuai_clock();
    bool replay = *skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_replay) != '\0';
    if (!(time > 0) || replay) return (time_limits){0};
    return (time_limits){now + 0.4 * time, now + 0.8 * time, now + time};
}

/* The finalists of a search become candidates. */
static skua_status search_more(const skua_shop *shop, const char *run, skuai_history *sample,
                               double until, skuai_evaluation *e, skua_error *err) {
    skuai_search_task task = {
        .run = run,
        .sample = sample,
        .horizon = e->horizon,
        .windows = (size_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_windows),
        .levels = e->levels,
        .n_levels = e->n_levels,
        .until = until,
    };
    if (!skuai_search_wanted(shop)) return SKUA_OK;
    SKUA_TRY(skuai_search_perform(shop, &task, &e->search, err));
    for (size_t i = 0; i < e->search.n_omitted; i++)
        skuai_candidates_drop(&e->candidates, e->search.omitted[i]);
    for (size_t i = 0; i < e->search.n_finalists && e->candidates.n < SKUAI_CANDIDATES_MOST; i++)
        SKUA_TRY(skuai_candidates_add(shop, &e->candidates, e->search.finalists[i], err));
    return SKUA_OK;
}

/* Tell the journal which models the clock left out. */
static skua_status note_left_out(const skuai_backtest *b, skuai_search_result *search,
                                 skua_error *err) {
    for (size_t m = 0; m < b->n_models; m++)
        for (size_t w = 0; w < b->n_windows; w++) {
            if (skuai_backtest_at(b, w, m)->status != SKUA_EDEADLINE) continue;
            SKUA_TRY(skuai_search_left_out(search, b->names[m], err));
            break;
        }
    return SKUA_OK;
}

/* Backtest, choice and leaderboard into a zeroed evaluation, whose candidates do not move. */
static skua_status evaluate_sample(const skua_shop *shop, const skuai_ranks *ranks,
                                   skuai_history *sample, const time_limits *limits,
                                   skuai_evaluation *e, skuai_ensemble *chosen, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_forecaster shared[SKUAI_CANDIDATES_MOST];
    const skuai_forecaster *models[SKUAI_CANDIDATES_MOST];
    bool collective[SKUAI_CANDIDATES_MOST];
    context.deadline = limits->backtest;
    skuai_candidates *candidates = &e->candidates;
    skuai_backtest *b = NULL;
    for (size_t m = 0; m < candidates->n; m++) {
        models[m] = &candidates->items[m];
        collective[m] = skuai_ranks_size(ranks) > 1 && skuai_forecaster_is_local(models[m]);
        if (!collective[m]) continue;
        e->shared[m] = (skuai_shared_series){*models[m], ranks};
        shared[m] = skuai_shared_series_forecaster(&e->shared[m]);
        models[m] = &shared[m];
    }
    e->n_series = sample->panel->n_series;
    e->tested = skuai_panel_share(sample->panel);
    e->series_pinball = skuai_new(e->n_series, sizeof *e->series_pinball);
    e->series_weight = skuai_new(e->n_series, sizeof *e->series_weight);
    if (!e->tested || !e->series_pinball || !e->series_weight)
        return skuai_error_memory(err, "an evaluation");
    skuai_backtest_options options = {
        .horizon = e->horizon,
        .windows = (size_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_windows),
        .levels = e->levels,
        .n_levels = e->n_levels,
        .seed = context.seed,
        .panel_at = skuai_history_at,
        .user = sample,
        .ranks = ranks,
        .collective = collective,
    };
    SKUA_TRY(skuai_backtest_run(sample->panel, models, candidates->n, &options, &context, &b, err));
    skua_status status = SKUA_OK;
    skuai_series_costs costs = {0};
    e->n_windows = b->n_windows;
    SKUA_TRY_OUT(note_left_out(b, &e->search, err));
    SKUA_TRY_OUT(skuai_series_costs_read(shop, sample->panel, &costs, err));
    skuai_ensemble_options how = {.from = 1,
                                  .to = b->n_windows,
                                  .seed = context.seed,
                                  .by_cluster = true,
                                  .under = costs.under,
                                  .over = costs.over};
    SKUA_TRY_OUT(test_combination(shop, b, candidates, models, &how, chosen, e, err));
    memcpy(e->calibration, e->combination.kept, sizeof e->calibration);
    how.from = 0;
    if (b->n_windows > 1)
        SKUA_TRY_OUT(skuai_ensemble_choose_by(b, models, &how, &e->ensemble, err));
    else
        e->ensemble = *chosen;
    SKUA_TRY_OUT(skuai_coherence_decide(shop, b, &e->ensemble, b->n_windows > 1 ? 0 : 1,
                                        b->n_windows, &e->coherence, e->coherence_loss, err));
    status = make_leaderboard(b, candidates, chosen, e, context.seed, err);
out:
    skuai_series_costs_clear(&costs);
    skuai_backtest_free(b);
    return status;
}

/* Clocks differ, so a limit of time would have ranks try different models. */
static skua_status check_ranks(const skua_shop *shop, const skuai_ranks *ranks, skua_error *err) {
    bool timed = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_time) > 0;
    if (skuai_ranks_size(ranks) == 1 || (!timed && !skuai_search_wanted(shop))) return SKUA_OK;
    return skuai_error_set(err, SKUA_ECONFIG,
                           "a search and a limit of time are one process's: leave out --time, "
                           "--trials, --replay and --preset best (which searches) under mpirun, or "
                           "start one process");
}

skua_status skuai_evaluate(const skua_shop *shop, const skuai_ranks *ranks, const char *run,
                           const skuai_history *history, skuai_evaluation *evaluation,
                           skua_error *err) {
    time_limits limits = limits_of(shop, evaluation->begun);
    skuai_ensemble *chosen = skuai_zero(1, sizeof *chosen);
    skuai_evaluation *e = evaluation;
    skuai_history sample = {0};
    skua_status status = chosen ? SKUA_OK : skuai_error_memory(err, "an evaluation");
    memset(e, 0, sizeof *e);
    if (status == SKUA_OK) status = check_ranks(shop, ranks, err);
    if (status == SKUA_OK) status = skuai_shop_levels(shop, e->levels, &e->n_levels, err);
    if (status == SKUA_OK)
        status = skuai_candidates_choose(
            shop, skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_preset), &e->candidates, err);
    size_t most = (size_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_sample);
    uint64_t seed = (uint64_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed);
    if (status == SKUA_OK) status = skuai_history_sample(history, most, seed, &sample, err);
    if (status == SKUA_OK && skuai_modality_count(sample.panel) < 2 &&
        !*skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_models))
        skuai_candidates_drop(&e->candidates, "modalities"); /* nobody asked for it by name */
    e->horizon = skuai_shop_horizon(shop, &history->panel->grid);
    e->deadline = limits.fit;
    if (status == SKUA_OK) status = warn_of_leaks(shop, sample.panel, err);
    if (status == SKUA_OK) status = search_more(shop, run, &sample, limits.search, e, err);
    if (status == SKUA_OK) status = evaluate_sample(shop, ranks, &sample, &limits, e, chosen, err);
    skuai_history_clear(&sample);
    skuai_free(chosen);
    if (status != SKUA_OK) skuai_evaluation_clear(e);
    return status;
}
