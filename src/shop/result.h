/* result.h -- runs, scores and forecasts into the store (room shop). */
#ifndef SKUA_SHOP_RESULT_H
#define SKUA_SHOP_RESULT_H

#include "shop/shop.h"

/* A run: what was done, with what, how long it took. The name is its start in UTC and a kind, as
 * "forecast-20240501T120000-1", unique in the shop. */
typedef struct skuai_run {
    char name[64];
    const char *kind;  /* "train", "forecast", "backtest" */
    const char *model; /* "0001", or what it was made of */
    const char *note;  /* NULL: none */
    size_t horizon;
    uint64_t seed;
    double started; /* skuai_clock */
    const char *frequency;
    char data_hash[24]; /* of what was learnt from; "": none */
} skuai_run;

/* The hash of a panel's history and covariates, as 16 hexadecimal digits; text [24]. */
void skuai_panel_hash(const skuai_panel *panel, char *text);

void skuai_run_begin(skuai_run *run, const char *kind, uint64_t seed);

/* Write the run's row, with the settings as parameters, in the open transaction. */
SKUA_MUST_USE skua_status skuai_run_write(const skua_shop *shop, skuai_store *store,
                                          const skuai_run *run, skua_error *err);

/* Write a leaderboard (a JSON array of skuai_evaluate) as scores of the run. */
SKUA_MUST_USE skua_status skuai_scores_write(skuai_store *store, const skuai_run *run,
                                             const char *leaderboard, skua_error *err);

/* Write what the combination scored on each series [n of the panel]: metrics pinball and weight, so
 * that two runs can be compared over series. Those without a point are left out. */
SKUA_MUST_USE skua_status skuai_series_scores_write(skuai_store *store, const skuai_run *run,
                                                    const skuai_panel *panel, const double *pinball,
                                                    const double *weight, skua_error *err);

/* Write a forecast as rows of the run: item, channel, ds, mean, a column a quantile, note; columns
 * that the table lacks are added. */
SKUA_MUST_USE skua_status skuai_forecast_write(skuai_store *store, const skuai_run *run,
                                               const skuai_panel *panel,
                                               const skuai_forecast *forecast, skua_error *err);

/* Copy the forecasts of a run to a file: Parquet when `format` or the name says so, else CSV. The
 * file is written beside and renamed. SKUA_EIO with the reason. */
SKUA_MUST_USE skua_status skuai_forecast_export(skuai_store *store, const skuai_run *run,
                                                const skuai_forecast *forecast, const char *path,
                                                const char *format, skua_error *err);

/* "q10" for .1, "q02_5" for .025, into name [16]; returned. */
char *skuai_level_name(double level, char *name);

/* The quantile columns of the table forecasts that a run filled: their levels into levels
 * [SKUAI_LEVELS_MOST], and ", q10, q20, ..." to the end of a statement's list of columns. */
SKUA_MUST_USE skua_status skuai_run_levels(skuai_store *store, const char *run, double *levels,
                                           size_t *n_levels, skuai_buffer *sql, skua_error *err);

/* Level of a static category of series s, fallback when it has none. */
const char *skuai_series_text(const skuai_panel *panel, size_t s, const char *name,
                              const char *fallback);

#endif
