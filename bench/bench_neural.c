/* The pre-trained net: zero-shot, zero-shot-speed, memory. The base model is the one that the
 * program finds (SKUA_BASE names another). None of these sets was seen in pre-training. */
#include "benchmarks.h"
#include "csv.h"
#include "figure.h"

#include "automl/ensemble.h"
#include "core/random.h"
#include "neural/neural.h"
#include "neural/pretrain.h"
#include "shop/base_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { SAMPLE = 2000, MEMBERS_MOST = 8 };

/* Published rows of the five sets that others report, by name. */
static const struct {
    const char *set, *published;
} sets[] = {{"carparts", "monash_car_parts"},
            {"hospital", "monash_hospital"},
            {"m3-monthly", "monash_m3_monthly"},
            {"m3-quarterly", "monash_m3_quarterly"},
            {"m3-yearly", "monash_m3_yearly"},
            {"walmart", NULL},
            {"freshretail", NULL},
            {"m5-monthly", NULL}};

static double published(const char *set, const char *model) {
    bench_csv csv;
    skua_error err;
    double wql = (double)NAN;
    if (!set ||
        bench_csv_read("results/chronos/chronos_zeroshot_27_long.csv", &csv, &err) != SKUA_OK)
        return wql;
    /* columns are model, set, ..., WQL the sixth */
    for (size_t r = 0; r < csv.rows; r++)
        if (strcmp(bench_csv_cell(&csv, r, 0), model) == 0 &&
            strcmp(bench_csv_cell(&csv, r, 1), set) == 0)
            wql = bench_csv_number(&csv, r, 5);
    bench_csv_clear(&csv);
    return wql;
}

/* The statistical combination: weights chosen on one window inside the training part. */
static bool score_local(const bench_set *set, skuai_scores *scores, double *seconds) {
    static const char *const names[] = {"ets",        "theta", "seasonal-window-mean",
                                        "count-pool", "group", "seasonal-naive"};
    static skuai_ensemble ensemble; /* large */
    skuai_forecaster models[MEMBERS_MOST];
    const skuai_forecaster *pointers[MEMBERS_MOST];
    size_t n = 0;
    skua_error err = {0};
    skuai_context context = bench_context();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bench_forecaster(names[i], &models[n])) pointers[n] = &models[n], n++;
    skuai_backtest_options options = {
        .horizon = set->horizon, .windows = 1, .levels = bench_levels, .n_levels = 9, .seed = 1};
    skuai_backtest *b = NULL;
    skua_status status = skuai_backtest_run(set->train, pointers, n, &options, &context, &b, &err);
    if (status == SKUA_OK)
        status = skuai_ensemble_choose(b, pointers, 0, b->n_windows, 1, &ensemble, &err);
    skuai_backtest_free(b);
    if (status != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        return false;
    }
    skuai_forecaster combined = skuai_ensemble_forecaster(&ensemble);
    return bench_score(set, &combined, NULL, scores, seconds, NULL);
}

/* At most SAMPLE series of a large set, at random. */
static skua_status sample(bench_set *set, skua_error *err) {
    size_t n = set->full->n_series, *chosen, kept = 0;
    if (n <= SAMPLE) return SKUA_OK;
    chosen = skuai_new(SAMPLE, sizeof *chosen);
    if (!chosen) return skuai_error_memory(err, "a sample");
    skuai_random random;
    skuai_random_init(&random, 1);
    for (size_t s = 0; s < n; s++) /* each with the probability that leaves SAMPLE in all */
        if (skuai_random_uniform(&random) * (double)(n - s) < (double)(SAMPLE - kept))
            chosen[kept++] = s;
    skuai_panel *full = NULL, *train = NULL;
    skua_status status = skuai_panel_subset(set->full, chosen, kept, &full, err);
    if (status == SKUA_OK) status = skuai_panel_subset(set->train, chosen, kept, &train, err);
    skuai_free(chosen);
    if (status != SKUA_OK) {
        skuai_panel_free(full);
        return status;
    }
    skuai_panel_free(set->full);
    skuai_panel_free(set->train);
    set->full = full, set->train = train;
    return SKUA_OK;
}

/* `zero-shot [SET...] [-n]`; -n: without the statistical combination. */
int bench_zero_shot(int argc, char **argv) {
    double geo = 0, ratio = 0, seconds_all = 0;
    size_t n_geo = 0, n_ratio = 0;
    bool local = !(argc > 2 && strcmp(argv[argc - 1], "-n") == 0);
    skuai_forecaster zero;
    skua_error err = {0};
    char path[SKUAI_BASE_MODEL_PATH_SIZE];
    if (!bench_forecaster("zero-shot", &zero) || skuai_base_model_path(path, &err) != SKUA_OK) {
        printf("skipped: %s\n", err.message);
        return 0;
    }
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        bench_set set;
        skuai_scores mine, theirs;
        double seconds, other;
        if (bench_set_load(sets[i].set, &set, &err) != SKUA_OK) {
            printf("skipped: %s\n", err.message);
            continue;
        }
        bool whole = set.full->n_series <= SAMPLE || sets[i].published;
        if (!whole && sample(&set, &err) != SKUA_OK) return 1;
        if (bench_score(&set, &zero, NULL, &mine, &seconds, NULL)) {
            double naive = published(sets[i].published, "seasonal_naive");
            printf("  %-13s %5zu series%s: WQL %.4f MASE %.4f, 80 %% interval holds %.3f, %.1f s",
                   sets[i].set, set.train->n_series, whole ? "" : " (sampled)", mine.wql, mine.mase,
                   skuai_scores_cover(&mine, 0.1), seconds);
            seconds_all += seconds;
            if (naive > 0) {
                geo += log(mine.wql / naive);
                n_geo++;
                printf("; published: seasonal naive %.4f, bolt-base %.4f, bolt-tiny %.4f, TiRex "
                       "%.4f, AutoETS %.4f",
                       naive, published(sets[i].published, "chronos_bolt_base"),
                       published(sets[i].published, "chronos_bolt_tiny"),
                       published(sets[i].published, "tirex"),
                       published(sets[i].published, "auto_ets"));
            }
            if (local && score_local(&set, &theirs, &other)) {
                printf("; statistical combination %.4f (%.1f s)", theirs.wql, other);
                ratio += log(mine.wql / theirs.wql);
                n_ratio++;
            }
            putchar('\n');
            (void)fflush(stdout);
        }
        bench_set_clear(&set);
    }
    if (n_geo == 5)
        bench_figure("zero-shot", "geo_wql", exp(geo / 5), "car parts, hospital, M3; %.0f s",
                     seconds_all);
    if (n_ratio > 0)
        bench_figure("zero-shot", "vs_local", exp(ratio / (double)n_ratio),
                     "%zu sets without orange juice, sampled above %d series, seed 1", n_ratio,
                     SAMPLE);
    return 0;
}

/* `untrained [SET...]`: the equal weights of `skua forecast` without training, with and without the
 * base model, and the model alone. */
int bench_untrained(int argc, char **argv) {
    static const char *const names[] = {"seasonal-window-mean", "theta", "count-pool", "zero-shot"};
    enum { MEMBERS = sizeof names / sizeof *names };
    static skuai_ensemble with, without; /* large */
    skuai_forecaster models[MEMBERS];
    const skuai_forecaster *pointers[MEMBERS];
    skua_error err = {0};
    double ratio = 0;
    size_t n = 0;
    for (size_t m = 0; m < MEMBERS; m++) {
        if (!bench_forecaster(names[m], &models[m])) return 1;
        pointers[m] = &models[m];
    }
    if (skuai_ensemble_equal(pointers, MEMBERS, &with, &err) != SKUA_OK ||
        skuai_ensemble_equal(pointers, MEMBERS - 1, &without, &err) != SKUA_OK)
        return 1;
    skuai_forecaster both = skuai_ensemble_forecaster(&with),
                     local = skuai_ensemble_forecaster(&without);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        bench_set set;
        skuai_scores a, b, c;
        double seconds;
        bool asked = argc <= 2;
        for (int k = 2; k < argc; k++)
            asked = asked || strcmp(argv[k], sets[i].set) == 0;
        if (!asked || bench_set_load(sets[i].set, &set, &err) != SKUA_OK) continue;
        if (set.full->n_series > SAMPLE && sample(&set, &err) != SKUA_OK) return 1;
        if (bench_score(&set, &local, NULL, &a, &seconds, NULL) &&
            bench_score(&set, &both, NULL, &b, &seconds, NULL) &&
            bench_score(&set, &models[MEMBERS - 1], NULL, &c, &seconds, NULL)) {
            printf("  %-13s %5zu series: WQL without the base model %.4f, with it %.4f, it alone "
                   "%.4f\n",
                   sets[i].set, set.train->n_series, a.wql, b.wql, c.wql);
            (void)fflush(stdout);
            ratio += log(b.wql / a.wql);
            n++;
        }
        bench_set_clear(&set);
    }
    if (n > 0)
        bench_figure("untrained", "wql_ratio", exp(ratio / (double)n),
                     "equal weights with the base model beside without, %zu sets, sampled above %d "
                     "series, seed 1",
                     n, SAMPLE);
    return 0;
}

/* 30,000 daily series of two years. */
static skuai_panel *many_series(size_t n, skua_error *err) {
    enum { LENGTH = 730 };
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    if (!builder) return NULL;
    static double y[LENGTH];
    skua_status status = SKUA_OK;
    for (size_t s = 0; s < n && status == SKUA_OK; s++) {
        skuai_random random;
        skuai_random_split(&random, 1, s);
        double level = exp(skuai_random_normal(&random));
        for (size_t t = 0; t < LENGTH; t++)
            y[t] = skuai_random_negative_binomial(
                &random, level * (1 + 0.3 * sin(0.8975979 * (double)t)), 2);
        char name[32];
        (void)snprintf(name, sizeof name, "%zu", s);
        status = skuai_panel_builder_series(builder, name, 19000, LENGTH, 0, y, NULL, NULL, err);
    }
    skuai_panel *panel = NULL;
    if (status == SKUA_OK) status = skuai_panel_builder_finish(builder, &panel, err);
    skuai_panel_builder_free(builder);
    return status == SKUA_OK ? panel : NULL;
}

static double peak_gib(void) {
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / (1 << 20);
}

/* Seconds for n series x 28 days; negative: it failed. */
static double forecast_many(size_t n) {
    skua_error err = {0};
    skuai_forecaster zero;
    skuai_forecast *forecast = NULL;
    skuai_context context = bench_context();
    skuai_request request = {28, bench_levels, 9, 1};
    skuai_panel *panel = many_series(n, &err);
    double start = skuai_clock(), seconds = -1;
    if (panel && bench_forecaster("zero-shot", &zero) &&
        skuai_forecaster_run(&zero, panel, NULL, &request, &context, &forecast, &err) == SKUA_OK)
        seconds = skuai_clock() - start;
    else
        printf("skipped: %s\n", err.message);
    skuai_forecast_free(forecast);
    skuai_panel_free(panel);
    return seconds;
}

/* Argument: series, 30000. Fewer are scaled up and said so. */
int bench_zero_shot_speed(int argc, char **argv) {
    size_t n = argc > 2 ? (size_t)strtol(argv[2], NULL, 10) : 30000;
    double seconds = forecast_many(n > 0 ? n : 1);
    if (seconds < 0) return 0;
    bench_figure("zero-shot-speed", "seconds", seconds * 30000 / (double)n,
                 "%zu series x 28 days, 730 days of history, %d threads%s", n,
                 skuai_context_threads(&(skuai_context){.threads = bench_context().threads}),
                 n == 30000 ? "" : ", scaled to 30,000");
    return 0;
}

int bench_memory(int argc, char **argv) {
    (void)argc, (void)argv;
    skua_error err = {0};
    skuai_context context = bench_context();
    skuai_pretrain_recipe recipe = skuai_pretrain_default;
    char path[1024];
    skuai_demand *net = NULL;
    (void)snprintf(path, sizeof path, "%s/data/recipes/pretrain.yaml", SKUA_BENCH_SOURCE);
    skua_status status = skuai_pretrain_recipe_load(path, &recipe, &err);
    recipe.train.steps = 12; /* every shape of a step has come by */
    recipe.train.validation = 64;
    if (status == SKUA_OK)
        status = skuai_pretrain_run(&recipe, NULL, 0, NULL, &context, &net, NULL, &err);
    skuai_demand_free(net);
    double training = peak_gib();
    if (status != SKUA_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    double seconds = forecast_many(30000);
    printf("  training the base net %.2f GiB\n", training);
    if (seconds >= 0) printf("  30,000 series zero-shot, panel included: %.2f GiB\n", peak_gib());
    bench_figure("memory", "train_gib", fmax(training, peak_gib()),
                 "peak resident memory: training the base net, then 30,000 zero-shot series");
    return 0;
}
