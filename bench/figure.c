#include "figure.h"

#include "automl/configured.h"
#include "stat/local.h"
#include "tree/cold_start.h"
#include "tree/tree.h"
#if __has_include("stat/group/group.h")
#include "stat/group/group.h"
#define HAVE_GROUP
#endif
#if __has_include("stat/intermittent/count_pool.h")
#include "stat/intermittent/count_pool.h"
#define HAVE_COUNT_POOL
#endif

#ifndef SKUA_SCORE_ONLY
#include "shop/base_model.h"
#endif

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const double bench_levels[9] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

/* Print the verdict for a figure when its target is known. */
static void print_verdict(const char *name, const char *key, double value) {
    char path[1024], line[1024];
    const char *given = getenv("SKUA_FIGURES");
    (void)snprintf(path, sizeof path, "%s/../shared/FIGURES.tsv", SKUA_BENCH_SOURCE);
    FILE *file = fopen(given ? given : path, "r");
    if (!file) return;
    while (fgets(line, sizeof line, file)) {
        char *save = NULL, *n = strtok_r(line, "\t", &save), *k = strtok_r(NULL, "\t", &save),
             *comparison = strtok_r(NULL, "\t", &save), *target = strtok_r(NULL, "\t\n", &save);
        if (!n || !k || !comparison || !target || strcmp(n, name) != 0 || strcmp(k, key) != 0)
            continue;
        double x = strtod(target, NULL);
        bool met = strcmp(comparison, "<") == 0    ? value < x
                   : strcmp(comparison, "<=") == 0 ? value <= x
                   : strcmp(comparison, ">") == 0  ? value > x
                   : strcmp(comparison, ">=") == 0 ? value >= x
                                                   : value == x;
        printf(" (target %s %s: %s)", comparison, target, met ? "met" : "missed");
    }
    (void)fclose(file);
}

void bench_figure(const char *name, const char *key, double value, const char *comment, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, comment);
    (void)vsnprintf(text, sizeof text, comment, arguments);
    va_end(arguments);
    printf("figure: %s.%s %.5g [%s]", name, key, value, text);
    print_verdict(name, key, value);
    putchar('\n');
    (void)fflush(stdout);
}

static void show_progress(void *user, const char *stage, double done, double total) {
    (void)user;
    if (getenv("SKUA_PROGRESS")) fprintf(stderr, "\r%s %.0f/%.0f ", stage, done, total);
}

skuai_context bench_context(void) {
    const char *threads = getenv("SKUA_THREADS"), *seed = getenv("SKUA_SEED");
    return (skuai_context){.seed = seed ? strtoull(seed, NULL, 10) : 1,
                           .threads = threads ? (int)strtol(threads, NULL, 10) : 2,
                           .progress = show_progress};
}

bool bench_score(const bench_set *set, const skuai_forecaster *forecaster,
                 const skuai_parameters *parameters, skuai_scores *scores, double *seconds,
                 skuai_forecast **forecast) {
    skua_error err = {0};
    skuai_context context = bench_context();
    skuai_request request = {set->horizon, bench_levels, 9, 1};
    skuai_score_options options = {.season = set->score_season, .seed = 1};
    skuai_forecast *made = NULL;
    double start = skuai_clock();
    skua_status status =
        skuai_forecaster_run(forecaster, set->train, parameters, &request, &context, &made, &err);
    *seconds = skuai_clock() - start;
    if (status == SKUA_OK) status = skuai_score(set->train, made, &options, scores, NULL, &err);
    if (status != SKUA_OK) fprintf(stderr, "%s: %s\n", forecaster->name, err.message);
    if (status == SKUA_OK && forecast)
        *forecast = made;
    else
        skuai_forecast_free(made);
    return status == SKUA_OK;
}

static bool find_plain(const char *name, skuai_forecaster *forecaster) {
    const skuai_local_method *method = skuai_local_find(name);
    if (method) {
        *forecaster = skuai_local_forecaster(method);
        return true;
    }
    const skuai_forecaster *tree = skuai_tree_forecaster(name);
    if (tree) return *forecaster = *tree, true;
    if (strcmp(name, skuai_cold_start_forecaster.name) == 0)
        return *forecaster = skuai_cold_start_forecaster, true;
#ifndef SKUA_SCORE_ONLY
    if (skuai_base_model_forecaster(name, forecaster)) return true;
#endif
#ifdef HAVE_GROUP
    if (strcmp(name, "group") == 0) return *forecaster = skuai_group_forecaster(), true;
#endif
#ifdef HAVE_COUNT_POOL
    if (strcmp(name, "count-pool") == 0) return *forecaster = skuai_count_pool_forecaster(), true;
#endif
    return false;
}

static skua_status find_named(const char *name, skuai_forecaster *forecaster, skua_error *err) {
    if (find_plain(name, forecaster)) return SKUA_OK;
    return skuai_error_set(err, SKUA_ENOTFOUND, "no model '%s'", name);
}

bool bench_forecaster(const char *name, skuai_forecaster *forecaster) {
    skua_error err;
    if (!strchr(name, ':')) return find_plain(name, forecaster);
    skuai_configured *configured = skuai_zero(1, sizeof *configured); /* kept: it is borrowed */
    if (configured &&
        skuai_configured_make(name, find_named, configured, forecaster, &err) == SKUA_OK)
        return true;
    if (configured) fprintf(stderr, "%s\n", err.message);
    return false;
}
