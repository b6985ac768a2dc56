/* hierarchy: forecasts of items that fit those of their groups, beside forecasts of every level
 * made on its own. Which way of making them coherent is chosen on a window inside the training
 * part; WQL by level on the test, a level's quantiles moved to its coherent mean. */
#include "benchmarks.h"
#include "figure.h"

#include "automl/coherent.h"
#include "forecast/reconciliation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MEMBERS = 3 };

/* WQL of a level's forecast; category SKUAI_PANEL_ALL: the total. */
static skua_status level_wql(const bench_set *set, const char *name, const skuai_forecast *f,
                             double *wql, skua_error *err) {
    size_t category = skuai_panel_static_find(set->full, name);
    skuai_panel *sums = NULL, *cut = NULL;
    skuai_score_options options = {.seed = 1};
    skuai_scores scores;
    SKUA_TRY(skuai_panel_aggregate(set->full, category == SIZE_MAX ? SKUAI_PANEL_ALL : category,
                                   NULL, &sums, err));
    skua_status status = skuai_panel_cut(sums, set->horizon, &cut, err);
    if (status == SKUA_OK) status = skuai_score(cut, f, &options, &scores, NULL, err);
    if (status == SKUA_OK) *wql = scores.wql;
    skuai_panel_free(cut);
    skuai_panel_free(sums);
    return status;
}

/* Move a level's own forecast to the sums of its items'. */
static skua_status move_level(const skuai_levels_above *levels, size_t k,
                              const skuai_forecast *items, skua_error *err) {
    skuai_forecast *f = levels->forecast[k];
    double *mean = skuai_zero(f->n_series * f->horizon, sizeof *mean);
    if (!mean) return skuai_error_memory(err, "sums");
    for (size_t s = 0; s < items->n_series; s++)
        for (size_t h = 0; h < f->horizon && levels->group[k][s] >= 0; h++)
            mean[(size_t)levels->group[k][s] * f->horizon + h] += *skuai_forecast_mean(items, s, h);
    for (size_t g = 0; g < f->n_series; g++) /* groups without items stay as they are */
        for (size_t h = 0; h < f->horizon; h++)
            if (levels->panel[k]->length[g] == 0)
                mean[g * f->horizon + h] = f->mean[g * f->horizon + h];
    skuai_reconcile_move(mean, 0, f);
    skuai_free(mean);
    return SKUA_OK;
}

static skua_status choose(const bench_set *set, const skuai_ensemble *base,
                          const skuai_forecaster *const *models, size_t n,
                          const skuai_forecaster *above, skuai_coherence *coherence,
                          skua_error *err) {
    skuai_context context = bench_context();
    skuai_backtest_options options = {
        .horizon = set->horizon, .windows = 3, .levels = bench_levels, .n_levels = 9, .seed = 1};
    skuai_backtest *b = NULL;
    double loss[SKUAI_COHERENCES];
    SKUA_TRY(skuai_backtest_run(set->train, models, n, &options, &context, &b, err));
    skua_status status = skuai_coherence_choose(b, base, above, models[1], 0, b->n_windows, 1,
                                                &context, coherence, loss, err);
    skuai_backtest_free(b);
    for (int c = 0; c < SKUAI_COHERENCES && status == SKUA_OK; c++)
        printf("  validation, WAPE over the levels, %s: %.4f\n",
               skuai_coherence_name((skuai_coherence)c), loss[c]);
    return status;
}

/* Sum of log(coherent WQL / incoherent WQL) over levels and their number are added to. */
static skua_status run(const char *name, size_t step, double *sum, size_t *count, skua_error *err) {
    static const char *const names[MEMBERS] = {"ets", "theta", "count-pool"};
    static skuai_ensemble base, group; /* large */
    skuai_forecaster models[MEMBERS];
    const skuai_forecaster *pointers[MEMBERS];
    skuai_context context = bench_context();
    skuai_request request = {0, bench_levels, 9, 1};
    skuai_score_options options = {.seed = 1};
    bench_set set;
    skuai_levels_above levels = {0};
    skuai_forecast *items = NULL;
    skuai_coherence coherence;
    skuai_scores scores;
    double before[SKUAI_COHERENT_LEVELS + 1], after[SKUAI_COHERENT_LEVELS + 1];
    SKUA_TRY(bench_set_load(name, &set, err));
    request.horizon = set.horizon;
    skua_status status = step > 1 ? bench_set_thin(&set, step, err) : SKUA_OK;
    for (size_t i = 0; i < MEMBERS && status == SKUA_OK; i++) {
        if (!bench_forecaster(names[i], &models[i])) status = SKUA_ENOTFOUND;
        pointers[i] = &models[i];
    }
    if (status == SKUA_OK) status = skuai_ensemble_equal(pointers, MEMBERS, &base, err);
    if (status == SKUA_OK) status = skuai_ensemble_equal(pointers, 2, &group, err);
    skuai_forecaster bottom = skuai_ensemble_forecaster(&base),
                     above = skuai_ensemble_forecaster(&group);
    if (status == SKUA_OK) {
        printf("%s: %zu series%s, horizon %zu\n", name, set.train->n_series,
               step > 1 ? " (sampled)" : "", set.horizon);
        status = choose(&set, &base, pointers, MEMBERS, &above, &coherence, err);
    }
    SKUA_TRY_OUT(status);
    SKUA_TRY_OUT(skuai_forecaster_run(&bottom, set.train, NULL, &request, &context, &items, err));
    SKUA_TRY_OUT(skuai_levels_above_forecast(set.train, &above, &request, &context, &levels, err));
    SKUA_TRY_OUT(skuai_score(set.train, items, &options, &scores, NULL, err));
    before[0] = scores.wql;
    for (size_t k = 0; k < levels.n; k++)
        SKUA_TRY_OUT(level_wql(&set, levels.name[k], levels.forecast[k], &before[k + 1], err));
    if (coherence == SKUAI_COHERENCE_SHRUNK)
        SKUA_TRY_OUT(skuai_levels_above_correlate(&levels, set.train, pointers[1], &above, &request,
                                                  &context, err));
    SKUA_TRY_OUT(skuai_levels_above_reconcile(&levels, coherence, set.train, items, err));
    SKUA_TRY_OUT(skuai_score(set.train, items, &options, &scores, NULL, err));
    after[0] = scores.wql;
    for (size_t k = 0; k < levels.n; k++) {
        SKUA_TRY_OUT(move_level(&levels, k, items, err));
        SKUA_TRY_OUT(level_wql(&set, levels.name[k], levels.forecast[k], &after[k + 1], err));
    }
    printf("  chosen: %s\n", skuai_coherence_name(coherence));
    for (size_t k = 0; k <= levels.n; k++) {
        printf("  %-12s WQL incoherent %.4f coherent %.4f\n", k ? levels.name[k - 1] : "items",
               before[k], after[k]);
        *sum += log(after[k] / before[k]);
        *count += 1;
    }
    (void)fflush(stdout);
out:
    skuai_levels_above_clear(&levels);
    skuai_forecast_free(items);
    bench_set_clear(&set);
    return status;
}

int bench_hierarchy(int argc, char **argv) {
    (void)argc, (void)argv;
    double sum = 0;
    size_t count = 0;
    skua_error err = {0};
    if (run("m5-monthly", 6, &sum, &count, &err) != SKUA_OK) printf("skipped: %s\n", err.message);
    if (run("freshretail", 4, &sum, &count, &err) != SKUA_OK) printf("skipped: %s\n", err.message);
    if (count > 0)
        bench_figure("hierarchy", "gain", 1 - exp(sum / (double)count),
                     "geometric mean over %zu levels of two sets, sampled, seed 1", count);
    return 0;
}
