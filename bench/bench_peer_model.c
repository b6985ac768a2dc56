/* Figure `zero-shot-peer`: the base model beside a pre-trained model of somebody else, on the same
 * windows and in the same run.
 *
 *     skua-bench zero-shot-peer --write FOLDER [N]  histories for peers/fracast_peer.py, a file a
 *                                                   set, of every N-th series
 *     skua-bench zero-shot-peer FOLDER [N]          what both forecast, scored
 *
 * A history is a line: the horizon, then its values. The peer answers into SET.peer, a line a
 * series with its quantiles .1 to .9 of each period, or the word none. What it cannot forecast it
 * is given from seasonal naive, and how often is said. */
#include "benchmarks.h"
#include "figure.h"

#include "stat/local.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const sets[] = {"carparts", "hospital", "m3-monthly", "m3-quarterly",
                                   "m3-yearly"};
enum { SETS = sizeof sets / sizeof *sets, LEVELS = 9, PATH = 1024 };

static bool write_set(const bench_set *set, const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) return false;
    for (size_t s = 0; s < set->train->n_series; s++) {
        const double *y = skuai_panel_target(set->train, s);
        fprintf(file, "%zu", set->horizon);
        for (size_t t = 0; t < set->train->length[s]; t++)
            fprintf(file, " %.9g", y[t]);
        fputc('\n', file);
    }
    return fclose(file) == 0;
}

/* Every step-th series of a set. */
static bool load(const char *name, size_t step, bench_set *set) {
    skua_error err;
    skua_status status = bench_set_load(name, set, &err);
    if (status == SKUA_OK && step > 1) {
        status = bench_set_thin(set, step, &err);
        if (status != SKUA_OK) bench_set_clear(set);
    }
    if (status != SKUA_OK) printf("skipped: %s\n", err.message);
    return status == SKUA_OK;
}

static int write_all(const char *folder, size_t step) {
    for (size_t i = 0; i < SETS; i++) {
        bench_set set;
        char path[PATH];
        (void)snprintf(path, sizeof path, "%s/%s.history", folder, sets[i]);
        if (!load(sets[i], step, &set)) continue;
        bool good = write_set(&set, path);
        bench_set_clear(&set);
        if (!good) {
            fprintf(stderr, "%s cannot be written\n", path);
            return 1;
        }
    }
    return 0;
}

/* The peer's quantiles into a forecast of seasonal naive. *missing out: series it left out. */
static bool read_answers(const char *path, skuai_forecast *forecast, size_t *missing) {
    FILE *file = fopen(path, "r");
    bool good = file != NULL;
    *missing = 0;
    for (size_t s = 0; good && s < forecast->n_series; s++) {
        char word[64];
        for (size_t k = 0; good && k < forecast->horizon * LEVELS; k++) {
            good = fscanf(file, "%63s", word) == 1;
            if (good && k == 0 && strcmp(word, "none") == 0) {
                (*missing)++;
                break;
            }
            char *end = word;
            double value = good ? strtod(word, &end) : 0;
            good = good && *end == '\0' && isfinite(value);
            /* demand is not below 0, which the peer does not know */
            skuai_forecast_quantiles(forecast, s, 0)[k] = fmax(value, 0);
            if (k % LEVELS == LEVELS / 2)
                *skuai_forecast_mean(forecast, s, k / LEVELS) = fmax(value, 0);
        }
    }
    if (file) (void)fclose(file);
    return good;
}

static bool score_peer(const bench_set *set, const char *path, skuai_scores *scores,
                       size_t *missing) {
    skua_error err = {0};
    skuai_forecaster naive;
    skuai_forecast *forecast = NULL;
    double seconds;
    skuai_score_options options = {.season = set->score_season, .seed = 1};
    if (!bench_forecaster("seasonal-naive", &naive) ||
        !bench_score(set, &naive, NULL, scores, &seconds, &forecast))
        return false;
    bool good = read_answers(path, forecast, missing) &&
                skuai_forecast_settle(forecast, 0, &err) == SKUA_OK &&
                skuai_score(set->train, forecast, &options, scores, NULL, &err) == SKUA_OK;
    if (!good) fprintf(stderr, "%s: %s\n", path, *err.message ? err.message : "no answers");
    skuai_forecast_free(forecast);
    return good;
}

int bench_peer_model(int argc, char **argv) {
    bool writes = argc > 3 && strcmp(argv[2], "--write") == 0;
    int at = writes ? 4 : 3;
    size_t step = argc > at ? strtoul(argv[at], NULL, 10) : 1;
    if (writes) return write_all(argv[3], step);
    if (argc < 3) {
        fprintf(stderr, "zero-shot-peer wants the folder of the answers\n");
        return 2;
    }
    skuai_forecaster zero;
    double ratio = 0;
    size_t n = 0;
    if (!bench_forecaster("zero-shot", &zero)) return 1;
    for (size_t i = 0; i < SETS; i++) {
        bench_set set;
        skuai_scores mine, theirs;
        double seconds;
        size_t missing;
        char path[PATH];
        (void)snprintf(path, sizeof path, "%s/%s.peer", argv[2], sets[i]);
        if (!load(sets[i], step, &set)) continue;
        if (score_peer(&set, path, &theirs, &missing) &&
            bench_score(&set, &zero, NULL, &mine, &seconds, NULL)) {
            printf("  %-13s %5zu series: WQL %.4f MASE %.3f; the peer %.4f, %.3f", sets[i],
                   set.train->n_series, mine.wql, mine.mase, theirs.wql, theirs.mase);
            if (missing) printf(" (%zu series by seasonal naive: too short for it)", missing);
            putchar('\n');
            ratio += log(mine.wql / theirs.wql), n++;
        }
        bench_set_clear(&set);
    }
    if (n > 0)
        bench_figure("zero-shot-peer", "wql_ratio", exp(ratio / (double)n),
                     "base model beside Fracast-0 (85,001 weights, pip package fracast), %zu sets, "
                     "one series in %zu",
                     n, step ? step : 1);
    return 0;
}
