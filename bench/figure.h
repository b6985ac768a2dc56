/* figure.h -- printing a figure with its verdict (DESIGN.md 6), and what the benchmarks share. */
#ifndef SKUA_BENCH_FIGURE_H
#define SKUA_BENCH_FIGURE_H

#include "core/context.h"
#include "forecast/forecaster.h"
#include "forecast/metrics.h"

#include "data.h"

/* Print "figure: name.key value [comment] (target < x: met)". The target stands in FIGURES.tsv
 * ($SKUA_FIGURES, else ../shared/FIGURES.tsv); without the file there is no verdict. */
void bench_figure(const char *name, const char *key, double value, const char *comment, ...)
    SKUA_PRINTF(4, 5);

/* The levels .1 ... .9 of the published tables. */
extern const double bench_levels[9];

/* A context on BENCH_THREADS (environment SKUA_THREADS, default 2) threads, seed 1. */
skuai_context bench_context(void);

/* Run a forecaster on a set's training view, score it on what came, and say how long it took. On
 * failure prints the reason and returns false. forecast may be NULL. */
bool bench_score(const bench_set *set, const skuai_forecaster *forecaster,
                 const skuai_parameters *parameters, skuai_scores *scores, double *seconds,
                 skuai_forecast **forecast);

/* Forecaster by name or specification (automl/configured.h), from every room that has some; false:
 * none. */
bool bench_forecaster(const char *name, skuai_forecaster *forecaster);

#endif
