/* probe.h -- changing what some series' forecasts rest on, and asking for them again (room explain,
 * private). All that explains plays on it: games, local lines, dependence.
 *
 *     skuai_probe_column(&probe, k, &x, err);   x[row] of the series asked about, as planned
 *     ... change x ...
 *     skuai_probe_ask(&probe, &answer, err);
 *     skuai_probe_reset(&probe);                all as planned again
 *
 * Rows are copied, so that a change costs what the series are long. Models that read other series
 * than the one they forecast (similar items) see all of a shop of at most COMPANY series; of a
 * larger shop, and where the model forecasts each series by itself (`by_series`), they are asked
 * about the series alone. */
#ifndef SKUA_EXPLAIN_PROBE_H
#define SKUA_EXPLAIN_PROBE_H

#include "explain/explain.h"

/* Covariates beyond the first COLUMNS stay as planned. */
enum { SKUAI_PROBE_COLUMNS = 64, SKUAI_PROBE_COMPANY = 200 };

typedef struct skuai_probe {
    const skuai_forecaster *forecaster;
    const skuai_model *model;
    const skuai_context *context;
    skuai_panel *panel; /* the series asked about, first, and their company; as planned; owned */
    size_t n;           /* series asked about */
    skuai_request request;
    size_t low, high;                        /* levels nearest .1 and .9 */
    size_t n_calls;                          /* forecasts made */
    double *column[SKUAI_PROBE_COLUMNS + 2]; /* [n_rows] as changed; NULL: never was */
    bool changed[SKUAI_PROBE_COLUMNS + 2];   /* since the last reset */
} skuai_probe;

/* What a forecast says; what is NULL is not asked for. */
typedef struct skuai_probe_answer {
    double *mean;       /* [n, horizon] */
    double *low, *high; /* [n, horizon] quantiles nearest .1 and .9 */
} skuai_probe_answer;

/* *probe is to be cleared, after a failure too. SKUA_EINVAL: no series, no such one, no horizon. */
SKUA_MUST_USE skua_status skuai_probe_begin(skuai_probe *probe, const skuai_forecaster *forecaster,
                                            const skuai_model *model, const skuai_panel *panel,
                                            const size_t *series, size_t n,
                                            const skuai_explain_options *options,
                                            const skuai_context *context, skua_error *err);
void skuai_probe_clear(skuai_probe *probe);

/* What to change: a dynamic covariate, SKUAI_PANEL_TARGET or SKUAI_PANEL_AVAILABLE. *column is
 * [probe->panel->n_rows], as changed so far. */
SKUA_MUST_USE skua_status skuai_probe_column(skuai_probe *probe, size_t dynamic, double **column,
                                             skua_error *err);
void skuai_probe_reset(skuai_probe *probe);
/* The panel as changed; the caller's to free. */
SKUA_MUST_USE skua_status skuai_probe_panel(const skuai_probe *probe, skuai_panel **panel,
                                            skua_error *err);
SKUA_MUST_USE skua_status skuai_probe_ask(skuai_probe *probe, const skuai_probe_answer *answer,
                                          skua_error *err);

/* The season in whose phase series s is compared with its own past: the panel's where the series
 * has three of them, else 1 (a year of weeks is compared with any weeks of that year). */
size_t skuai_probe_season(const skuai_panel *panel, size_t s);
/* Periods of series s that are recent sales: options->recent, or four seasons, at most a quarter of
 * the history. */
size_t skuai_probe_recent(const skuai_panel *panel, size_t s, const skuai_explain_options *options);
/* Mean of the sales known among the last `periods`; NaN: none. */
double skuai_probe_usual(const skuai_panel *panel, size_t s, size_t periods);
/* Whether covariate k is known ahead and takes more than one value over series s. */
bool skuai_probe_moves(const skuai_panel *panel, size_t s, size_t k);
/* First periods of `n` windows of the past of series s, as long as the horizon and in its phase of
 * the season. SKUA_EDATA: too little history, by name. */
SKUA_MUST_USE skua_status skuai_probe_windows(const skuai_panel *panel, size_t s,
                                              const skuai_explain_options *options, size_t n,
                                              size_t *windows, skua_error *err);
/* Whether series s has the history that windows and recent sales take. */
bool skuai_probe_enough(const skuai_panel *panel, size_t s, const skuai_explain_options *options);

#endif
