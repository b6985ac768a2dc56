/* What `skua train --preset best` combines, on the published sets: walmart, carparts-auto,
 * hospital-auto, m3-auto; the whole beside the member that validation chose (ensemble), and with
 * and without the pre-trained net (ablation, walmart-transformer). Weights, calibration and the
 * chosen member come from windows inside the training part; every member then learns the whole
 * training part once, and the test is looked at once. */
#include "benchmarks.h"
#include "figure.h"

#include "automl/ensemble.h"
#include "shop/candidates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *set;
    size_t windows; /* that choose: as many as the shortest histories allow */
    size_t step;    /* every so many series of a large set */
    const char *figure, *key;
} sets[] = {
    {"carparts", 2, 1, "carparts-auto", "wql"},
    {"hospital", 3, 1, "hospital-auto", "wql"},
    {"m3-monthly", 2, 1, "m3-auto", "monthly_wql"},
    {"m3-quarterly", 2, 1, "m3-auto", "quarterly_wql"},
    {"m3-yearly", 2, 1, "m3-auto", "yearly_wql"},
    {"walmart", 1, 1, "walmart", "wql"},
    {"freshretail", 3, 10, NULL, NULL},
    {"m5-monthly", 2, 15, NULL, NULL},
};
enum { SETS = sizeof sets / sizeof *sets };

/* The models of one set, what they did inside the training part and on the test. */
typedef struct auto_run {
    bench_set set;
    skuai_candidates candidates;
    const skuai_forecaster *models[SKUAI_CANDIDATES_MOST];
    skuai_backtest *backtest;
    skuai_forecast *made[SKUAI_CANDIDATES_MOST]; /* on the test; NULL: not needed, or failed */
    skuai_ensemble with, without;                /* the pre-trained net */
    size_t chosen;                               /* the member that validation prefers */
} auto_run;

/* What the whole run found over its sets. */
typedef struct auto_totals {
    double ensemble, worst, gain;
    size_t n;
} auto_totals;

static bool is_net(const char *name) {
    return strcmp(name, "zero-shot") == 0 || strcmp(name, "transformer") == 0;
}

static skua_status candidates_of(const char *preset, skuai_candidates *candidates,
                                 skua_error *err) {
    skua_shop shop = {0};
    skuai_config_init(&shop.config);
    SKUA_TRY(skuai_candidates_choose(&shop, preset, candidates, err));
    /* named whatever the preset does, because the ablation asks for them */
    SKUA_TRY(skuai_candidates_add(NULL, candidates, "zero-shot", err));
    return skuai_candidates_add(NULL, candidates, "transformer", err);
}

/* Mean of the members' WQL over the windows that choose. */
static size_t best_member(const skuai_backtest *b) {
    size_t best = 0;
    double least = (double)INFINITY;
    for (size_t m = 0; m < b->n_models; m++) {
        double sum = 0;
        for (size_t w = 0; w < b->n_windows; w++) {
            const skuai_backtest_cell *cell = skuai_backtest_at(b, w, m);
            sum += cell->status == SKUA_OK ? cell->scores.wql : (double)INFINITY;
        }
        if (sum < least) least = sum, best = m;
    }
    return best;
}

static skua_status choose(auto_run *r, size_t windows, skua_error *err) {
    skuai_context context = bench_context();
    skuai_backtest_options options = {.horizon = r->set.horizon,
                                      .windows = windows,
                                      .levels = bench_levels,
                                      .n_levels = 9,
                                      .seed = 1};
    for (size_t m = 0; m < r->candidates.n; m++)
        r->models[m] = &r->candidates.items[m];
    SKUA_TRY(skuai_backtest_run(r->set.train, r->models, r->candidates.n, &options, &context,
                                &r->backtest, err));
    skuai_backtest *b = r->backtest;
    SKUA_TRY(skuai_ensemble_choose(b, r->models, 0, b->n_windows, 1, &r->with, err));
    r->chosen = best_member(b);
    for (size_t m = 0; m < b->n_models; m++) /* the same without the net: as if it had failed */
        for (size_t w = 0; w < b->n_windows && is_net(b->names[m]); w++)
            skuai_backtest_at(b, w, m)->status = SKUA_EDATA;
    return skuai_ensemble_choose(b, r->models, 0, b->n_windows, 1, &r->without, err);
}

static bool needed(const auto_run *r, size_t m) {
    bool used = m == r->chosen || is_net(r->models[m]->name) || r->candidates.baseline[m];
    for (int c = 0; c < SKUAI_CALIBRATION_CLASSES; c++)
        used = used || r->with.weights[c][m] > 0 || r->without.weights[c][m] > 0;
    return used;
}

/* The members that anybody asks for, on the test. */
static void forecast_members(auto_run *r, skuai_scores *scores) {
    skuai_context context = bench_context();
    skuai_request request = {r->set.horizon, bench_levels, 9, 1};
    skuai_score_options options = {.season = r->set.score_season, .seed = 1};
    for (size_t m = 0; m < r->candidates.n; m++) {
        const char *name = r->models[m]->name;
        const skuai_backtest_cell *cell = skuai_backtest_at(r->backtest, 0, m);
        skua_error err = {0};
        scores[m] = (skuai_scores){.wql = (double)NAN};
        printf("  %-28s validation ", name);
        if (cell->seconds > 0 && cell->scores.wql > 0)
            printf("%.4f", cell->scores.wql);
        else
            printf("none: it did not run on this set");
        if (!needed(r, m)) {
            printf(" %.0f s\n", cell->seconds);
            continue;
        }
        double start = skuai_clock();
        skua_status status = skuai_forecaster_run(r->models[m], r->set.train, NULL, &request,
                                                  &context, &r->made[m], &err);
        if (status == SKUA_OK)
            status = skuai_score(r->set.train, r->made[m], &options, &scores[m], NULL, &err);
        if (status == SKUA_OK)
            printf(" test WQL %.4f WAPE %.4f MASE %.4f %.0f s; weights %.2f %.2f%s\n",
                   scores[m].wql, scores[m].wape, scores[m].mase, skuai_clock() - start,
                   r->with.weights[SKUAI_CALIBRATION_REGULAR][m],
                   r->with.weights[SKUAI_CALIBRATION_INTERMITTENT][m],
                   m == r->chosen ? " (validation's choice)" : "");
        else
            printf(" %s\n", err.message);
        (void)fflush(stdout);
    }
}

static skua_status score_ensemble(const auto_run *r, const skuai_ensemble *ensemble,
                                  skuai_scores *scores, skuai_series_scores *series,
                                  skua_error *err) {
    const skuai_forecast *made[SKUAI_CANDIDATES_MOST];
    skuai_forecast *combined = NULL;
    skuai_score_options options = {.season = r->set.score_season, .seed = 1};
    for (size_t m = 0; m < r->candidates.n; m++)
        made[m] = r->made[m];
    SKUA_TRY(skuai_ensemble_combine(ensemble, r->set.train, made, &combined, err));
    skua_status status = skuai_score(r->set.train, combined, &options, scores, series, err);
    skuai_forecast_free(combined);
    return status;
}

/* Both ensembles on the test, beside the chosen member; figures and totals. */
static skua_status judge(const auto_run *r, size_t k, const skuai_scores *members,
                         auto_totals *totals, skua_error *err) {
    size_t n = r->set.train->n_series;
    double *values = skuai_new(3 * n, sizeof *values), low, high;
    if (!values) return skuai_error_memory(err, "scores of series");
    skuai_series_scores with = {.pinball = values, .weight = values + 2 * n};
    skuai_series_scores without = {.pinball = values + n, .weight = values + 2 * n};
    skuai_scores whole, less;
    skua_status status = score_ensemble(r, &r->with, &whole, &with, err);
    if (status == SKUA_OK) status = score_ensemble(r, &r->without, &less, &without, err);
    if (status == SKUA_OK) {
        double chosen = members[r->chosen].wql;
        skuai_backtest_difference(with.pinball, without.pinball, with.weight, n, 1, &low, &high);
        printf("  combination: WQL %.4f WAPE %.4f MASE %.4f, 80 %% interval holds %.3f; without "
               "the net %.4f (difference %+.4f to %+.4f); validation's choice %.4f\n",
               whole.wql, whole.wape, whole.mase, skuai_scores_cover(&whole, 0.1), less.wql, low,
               high, chosen);
        if (sets[k].figure) bench_figure(sets[k].figure, sets[k].key, whole.wql, "%zu series", n);
        if (sets[k].figure && strcmp(sets[k].figure, "walmart") == 0)
            bench_figure("walmart", "wape", whole.wape, "%zu series", n);
        for (size_t m = 0; m < r->candidates.n; m++)
            if (strcmp(sets[k].set, "walmart") == 0 &&
                strcmp(r->models[m]->name, "transformer") == 0)
                bench_figure("walmart-transformer", "wql", members[m].wql, "fine-tuned, alone");
        double ratio = log(whole.wql / chosen);
        totals->ensemble += ratio;
        totals->worst = fmax(totals->worst, ratio);
        totals->gain += log(less.wql / whole.wql);
        totals->n++;
    }
    skuai_free(values);
    return status;
}

static void auto_clear(auto_run *r) {
    for (size_t m = 0; m < SKUAI_CANDIDATES_MOST; m++)
        skuai_forecast_free(r->made[m]);
    skuai_backtest_free(r->backtest);
    bench_set_clear(&r->set);
}

static skua_status run_set(size_t k, const char *preset, auto_totals *totals, skua_error *err) {
    static auto_run run; /* large */
    skuai_scores scores[SKUAI_CANDIDATES_MOST];
    double start = skuai_clock();
    run = (auto_run){0};
    SKUA_TRY(bench_set_load(sets[k].set, &run.set, err));
    skua_status status = sets[k].step > 1 ? bench_set_thin(&run.set, sets[k].step, err) : SKUA_OK;
    if (status == SKUA_OK) status = candidates_of(preset, &run.candidates, err);
    if (status == SKUA_OK) {
        printf("%s: %zu series%s, horizon %zu\n", sets[k].set, run.set.train->n_series,
               sets[k].step > 1 ? " (sampled)" : "", run.set.horizon);
        status = choose(&run, sets[k].windows, err);
    }
    if (status == SKUA_OK) forecast_members(&run, scores);
    if (status == SKUA_OK) status = judge(&run, k, scores, totals, err);
    printf("  %.0f s\n", skuai_clock() - start);
    auto_clear(&run);
    return status;
}

/* `auto [fast|medium|best] [SET...]`; best and all sets when none is named. */
int bench_auto(int argc, char **argv) {
    const char *preset = "best";
    int first = 2;
    if (argc > 2 && (strcmp(argv[2], "fast") == 0 || strcmp(argv[2], "medium") == 0 ||
                     strcmp(argv[2], "best") == 0))
        preset = argv[2], first = 3;
    auto_totals totals = {.worst = -(double)INFINITY};
    for (size_t k = 0; k < SETS; k++) {
        bool wanted = first >= argc;
        for (int i = first; i < argc; i++)
            wanted = wanted || strcmp(argv[i], sets[k].set) == 0;
        skua_error err = {0};
        if (wanted && run_set(k, preset, &totals, &err) != SKUA_OK)
            printf("skipped: %s\n", err.message);
    }
    if (totals.n == 0) return 0;
    double n = (double)totals.n;
    bench_figure("ensemble", "geo_ratio", exp(totals.ensemble / n),
                 "preset %s, %zu sets, worst %.4f, seed 1", preset, totals.n, exp(totals.worst));
    bench_figure("ablation", "gain", exp(totals.gain / n) - 1,
                 "preset %s with zero-shot and transformer, %zu sets, seed 1", preset, totals.n);
    return 0;
}
