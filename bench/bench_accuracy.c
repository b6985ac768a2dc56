/* Accuracy of the statistical methods on the published sets: m3, carparts, hospital,
 * walmart-local, coverage. Weights and calibration are chosen on windows inside the training part
 * (automl/ensemble), the test is looked at once. */
#include "benchmarks.h"
#include "figure.h"

#include "automl/ensemble.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS_MOST = 16 };

/* A combination of `names` (NULL-terminated), chosen on `windows` windows of the training part. */
typedef struct combination {
    skuai_forecaster models[MODELS_MOST];
    const skuai_forecaster *pointers[MODELS_MOST];
    size_t n;
    skuai_ensemble ensemble;
} combination;

static bool choose(const bench_set *set, const char *const *names, size_t windows, combination *c) {
    skua_error err = {0};
    skuai_context context = bench_context();
    c->n = 0;
    for (; *names; names++)
        if (bench_forecaster(*names, &c->models[c->n])) {
            c->pointers[c->n] = &c->models[c->n];
            c->n++;
        }
    skuai_backtest_options options = {.horizon = set->horizon,
                                      .windows = windows,
                                      .levels = bench_levels,
                                      .n_levels = 9,
                                      .seed = 1};
    skuai_backtest *b = NULL;
    skua_status status =
        skuai_backtest_run(set->train, c->pointers, c->n, &options, &context, &b, &err);
    if (status == SKUA_OK)
        status = skuai_ensemble_choose(b, c->pointers, 0, b->n_windows, 1, &c->ensemble, &err);
    skuai_backtest_free(b);
    if (status != SKUA_OK) fprintf(stderr, "%s\n", err.message);
    return status == SKUA_OK;
}

static void print_weights(const combination *c) {
    for (int k = 0; k < SKUAI_CALIBRATION_CLASSES; k++) {
        printf("  weights, %s:", k == SKUAI_CALIBRATION_REGULAR ? "regular" : "intermittent");
        for (size_t m = 0; m < c->n; m++)
            if (c->ensemble.weights[k][m] > 0)
                printf(" %s %.2f", c->models[m].name, c->ensemble.weights[k][m]);
        putchar('\n');
    }
}

/* Score a combination on the test, with each member and the free baseline beside it. */
static bool run_set(const char *set_name, const char *const *names, size_t windows,
                    skuai_scores *scores, double *seconds, bench_set *set) {
    skua_error err = {0};
    if (bench_set_load(set_name, set, &err) != SKUA_OK) {
        printf("skipped: %s\n", err.message);
        return false;
    }
    static const char *const free_baselines[] = {"naive", "seasonal-naive", "empirical", NULL};
    printf("%s: %zu series, horizon %zu\n", set_name, set->train->n_series, set->horizon);
    for (size_t i = 0; free_baselines[i]; i++) {
        skuai_forecaster f;
        if (bench_forecaster(free_baselines[i], &f) &&
            bench_score(set, &f, NULL, scores, seconds, NULL))
            printf("  %-22s WQL %.4f WAPE %.4f MASE %.4f (free)\n", f.name, scores->wql,
                   scores->wape, scores->mase);
    }
    for (size_t i = 0; names[i]; i++) {
        skuai_forecaster f;
        if (bench_forecaster(names[i], &f) && bench_score(set, &f, NULL, scores, seconds, NULL))
            printf("  %-22s WQL %.4f WAPE %.4f MASE %.4f %.2f s\n", f.name, scores->wql,
                   scores->wape, scores->mase, *seconds);
        (void)fflush(stdout);
    }
    static combination c; /* large */
    double start = skuai_clock();
    if (!choose(set, names, windows, &c)) return false;
    print_weights(&c);
    skuai_forecaster combined = skuai_ensemble_forecaster(&c.ensemble);
    if (!bench_score(set, &combined, NULL, scores, seconds, NULL)) return false;
    *seconds = skuai_clock() - start;
    return true;
}

static const char *const general[] = {"ets", "theta", "arima", "seasonal-naive", NULL};
static const char *const counts[] = {"count-pool", "intermittent", "npts", "empirical",
                                     "tsb",        "ets",          NULL};
static const char *const hospital_models[] = {"ets",          "theta", "arima", "count-pool",
                                              "intermittent", "group", NULL};
static const char *const walmart_models[] = {"group", "ets", "seasonal-naive", "mstl-ets", NULL};

static void report(const char *figure, const char *key, double value, const bench_set *set,
                   double seconds) {
    bench_figure(figure, key, value, "%zu series, %s threads, %.0f s, seed 1", set->train->n_series,
                 "2", seconds);
}

int bench_m3(int argc, char **argv) {
    (void)argc, (void)argv;
    static const char *const parts[][2] = {{"m3-monthly", "monthly_wql"},
                                           {"m3-quarterly", "quarterly_wql"},
                                           {"m3-yearly", "yearly_wql"}};
    for (size_t i = 0; i < 3; i++) {
        bench_set set;
        skuai_scores scores;
        double seconds;
        if (!run_set(parts[i][0], general, 2, &scores, &seconds, &set)) continue;
        report("m3", parts[i][1], scores.wql, &set, seconds);
        printf("  combination: MASE %.4f WAPE %.4f\n", scores.mase, scores.wape);
        bench_set_clear(&set);
    }
    return 0;
}

static int one_set(const char *name, const char *figure, const char *const *models, size_t windows,
                   bool with_wape) {
    bench_set set;
    skuai_scores scores;
    double seconds;
    if (!run_set(name, models, windows, &scores, &seconds, &set)) return 0;
    report(figure, "wql", scores.wql, &set, seconds);
    if (with_wape) report(figure, "wape", scores.wape, &set, seconds);
    printf("  combination: MASE %.4f WAPE %.4f SQL %.4f, 80 %% interval holds %.3f\n", scores.mase,
           scores.wape, scores.sql, skuai_scores_cover(&scores, 0.1));
    bench_set_clear(&set);
    return 0;
}

int bench_carparts(int argc, char **argv) {
    (void)argc, (void)argv;
    return one_set("carparts", "carparts", counts, 2, false);
}

int bench_hospital(int argc, char **argv) {
    (void)argc, (void)argv;
    return one_set("hospital", "hospital", hospital_models, 3, false);
}

int bench_walmart_local(int argc, char **argv) {
    (void)argc, (void)argv;
    return one_set("walmart", "walmart-local", walmart_models, 1, true);
}

/* The largest deviation of the 80 % interval's coverage, over series with under 5 % zeros. With
 * `-v N` the N-th horizon before the test plays the test: for choices between methods, which must
 * not look at the test. */
int bench_coverage(int argc, char **argv) {
    size_t validation = 0;
    if (argc == 4 && strcmp(argv[2], "-v") == 0) validation = (size_t)strtol(argv[3], NULL, 10);
    static const char *const sets[] = {"m3-monthly", "m3-quarterly", "m3-yearly", "hospital",
                                       "walmart"};
    double worst = 0;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        bench_set set, kept;
        skuai_scores scores;
        double seconds;
        skua_error err = {0};
        const char *const *models = strcmp(sets[i], "walmart") == 0 ? walmart_models : general;
        if (bench_set_load(sets[i], &set, &err) != SKUA_OK) {
            printf("skipped: %s\n", err.message);
            continue;
        }
        size_t *chosen = skuai_new(set.full->n_series, sizeof *chosen), n = 0;
        for (size_t s = 0; chosen && s < set.full->n_series; s++) {
            const double *y = skuai_panel_target(set.train, s);
            size_t zeros = 0;
            for (size_t t = 0; t < set.train->length[s]; t++)
                zeros += y[t] == 0;
            if ((double)zeros < 0.05 * (double)set.train->length[s]) chosen[n++] = s;
        }
        kept = set;
        skua_status status = skuai_panel_subset(set.full, chosen, n, &kept.full, &err);
        if (status == SKUA_OK && validation) {
            skuai_panel *all = kept.full;
            status = skuai_panel_cut(all, validation * set.horizon, &kept.full, &err);
            skuai_panel_free(all);
        }
        if (status == SKUA_OK) status = skuai_panel_cut(kept.full, set.horizon, &kept.train, &err);
        static combination c;
        size_t windows = strcmp(sets[i], "walmart") == 0 ? 1 : 2;
        if (status == SKUA_OK && choose(&kept, models, windows, &c)) {
            skuai_forecaster combined = skuai_ensemble_forecaster(&c.ensemble);
            if (bench_score(&kept, &combined, NULL, &scores, &seconds, NULL)) {
                double cover = skuai_scores_cover(&scores, 0.1);
                printf(
                    "  %-13s %4zu series: the 80 %% interval holds %.4f (below %.4f, above %.4f),"
                    " PIT KS %.4f, WQL %.4f\n",
                    sets[i], n, cover, scores.below[0], 1 - scores.coverage[8], scores.pit_ks,
                    scores.wql);
                worst = fmax(worst, fabs(cover - 0.8));
            }
            skuai_panel_free(kept.train);
            skuai_panel_free(kept.full);
        }
        skuai_free(chosen);
        bench_set_clear(&set);
    }
    if (validation) return 0; /* only the test makes a figure */
    bench_figure("coverage", "cover80_error", worst, "M3, hospital, Walmart; seed 1");
    static const char *const count_sets[] = {"carparts", "freshretail"};
    double ks = 0;
    for (size_t i = 0; i < 2; i++) {
        bench_set set;
        skuai_scores scores;
        double seconds;
        skuai_forecaster f;
        skua_error err = {0};
        if (bench_set_load(count_sets[i], &set, &err) != SKUA_OK) {
            printf("skipped: %s\n", err.message);
            continue;
        }
        if (bench_forecaster("count-pool", &f) &&
            bench_score(&set, &f, NULL, &scores, &seconds, NULL)) {
            printf("  %-13s randomised PIT, KS %.4f (count-pool, %.1f s)\n", count_sets[i],
                   scores.pit_ks, seconds);
            ks = fmax(ks, scores.pit_ks);
        }
        bench_set_clear(&set);
    }
    bench_figure("coverage", "pit_ks", ks, "car parts, fresh retail; nine levels; seed 1");
    return 0;
}
