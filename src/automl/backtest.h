/* backtest.h -- rolling origins: every model against the free baselines, on what was known then
 * (room automl). Knows the forecaster interface and no model by name.
 *
 * Window w (0 the latest) has its origin horizon + w * step periods before the end of the data. In
 * each window every model is fitted on what lies before the origin and scored on the horizon
 * behind it. Window 0 is the test; windows 1, 2, ... are for choosing (weights, calibration), so a
 * chosen model is never judged on what chose it. */
#ifndef SKUA_AUTOML_BACKTEST_H
#define SKUA_AUTOML_BACKTEST_H

#include "automl/configured.h"
#include "forecast/calibration.h"
#include "forecast/forecaster.h"
#include "math/ranks.h"

typedef struct skuai_backtest_options {
    size_t horizon;       /* >= 1 */
    size_t windows;       /* >= 1 */
    size_t step;          /* periods between origins; 0: the horizon */
    const double *levels; /* [n_levels] */
    size_t n_levels;
    uint64_t seed;
    /* The panel as it was known at the origin of window w; NULL: the whole panel, cut there. Lets a
     * store leave out corrections and late rows that came after the origin. *panel is owned by the
     * backtest. */
    skua_status (*panel_at)(void *user, size_t window, int64_t origin_periods_back,
                            skuai_panel **panel, skua_error *err);
    void *user;
    /* Who shares the work; NULL: nobody. All ranks run the same backtest and have the same results.
     * Models that are `collective` [n_models] (a panel's series are shared inside of predict) are
     * run by all together, the others a cell a rank in turns. */
    const skuai_ranks *ranks;
    const bool *collective;
} skuai_backtest_options;

/* What one model did in one window. */
typedef struct skuai_backtest_cell {
    skua_status status; /* SKUA_OK, or why there is no forecast */
    char reason[128];   /* the sentence, when it failed */
    skuai_scores scores;
    double seconds;           /* fit and predict */
    size_t n_fallback;        /* series whose note tells a fallback */
    skuai_forecast *forecast; /* owned by the backtest; NULL when it failed */
    double *series_pinball;   /* [S] sum of mean pinball over the window's points; NaN none */
} skuai_backtest_cell;

typedef struct skuai_backtest {
    size_t n_models, n_windows;
    char (*names)[SKUAI_SPECIFICATION_SIZE]; /* [n_models] */
    skuai_panel **views;                     /* [n_windows] owned; the future holds what came */
    skuai_backtest_cell *cells;              /* [n_windows, n_models] */
    double *series_weight;                   /* [n_windows, S] sum |y| of each series */
} skuai_backtest;

static inline skuai_backtest_cell *skuai_backtest_at(const skuai_backtest *b, size_t window,
                                                     size_t model) {
    return &b->cells[window * b->n_models + model];
}

/* Run n_models forecasters over all windows. Windows that reach before the first observation are
 * left out (n_windows says how many remain). A model that fails keeps its reason; the others go
 * on. When the deadline passes, the models that remain are left out with SKUA_EDEADLINE; the first
 * model (put a cheap one there) always runs. SKUA_EDATA: not even one window has something to
 * score. */
SKUA_MUST_USE skua_status skuai_backtest_run(const skuai_panel *panel,
                                             const skuai_forecaster *const *models, size_t n_models,
                                             const skuai_backtest_options *options,
                                             const skuai_context *context,
                                             skuai_backtest **backtest, skua_error *err);
void skuai_backtest_free(skuai_backtest *backtest); /* NULL allowed */

/* Interval of the difference of two WQLs, x less y, by bootstrap over series (paired): low and high
 * bound at 95 %. A model is better than noise when the interval excludes 0. x, y [n] sums of
 * pinball (NaN: the series is left out), weight [n] sums of |y|. */
void skuai_backtest_difference(const double *x, const double *y, const double *weight, size_t n,
                               uint64_t seed, double *low, double *high);
/* Likewise of two models of a backtest; NaN when one failed. */
void skuai_backtest_compare(const skuai_backtest *backtest, size_t window, size_t first,
                            size_t second, uint64_t seed, double *low, double *high);

#endif
