/* count_fit.h -- settings of the count model learnt over all series of a panel (room stat).
 *
 * Empirical Bayes by forecasts that could have been made: every series is forecast from several
 * origins inside the history (folds), and the settings minimise
 *
 *     log(WQL) + 0.25 * (mean negative log score)
 *
 * over all of them: pinball loss is what forecasts are judged by, but is blind to many changes of a
 * small count's distribution, which the log score sees (Gneiting & Raftery 2007, JASA 102(477)).
 * The log score of a large count is that of a cell a half deviation wide, so that both weigh alike
 * at all scales. A fold's prior (panel mean and seasonal shape) knows the periods before it alone.
 */
#ifndef SKUA_STAT_INTERMITTENT_COUNT_FIT_H
#define SKUA_STAT_INTERMITTENT_COUNT_FIT_H

#include "core/context.h"
#include "panel/panel.h"
#include "stat/intermittent/count_model.h"

/* A panel's series as whole numbers of one unit. */
typedef struct skuai_count_panel {
    size_t n_series;
    skuai_count_series *series; /* [S] arrays in the arena */
    double unit;
    int season;
    size_t longest; /* periods of the longest series */
    skuai_arena *arena;
} skuai_count_panel;

/* unit 0: found in the data. Values below 0 count as 0. The panel may go afterwards. */
SKUA_MUST_USE skua_status skuai_count_panel_new(const skuai_panel *panel, int season, double unit,
                                                skuai_count_panel *made, skua_error *err);
void skuai_count_panel_clear(skuai_count_panel *panel);

/* Mean of all observed periods but the last `hidden` of each series, in units, and the shape [m] of
 * the season (mean 1; all 1 where no whole year is there). */
void skuai_count_panel_prior(const skuai_count_panel *panel, size_t hidden, double *mean,
                             double *shape);

typedef struct skuai_count_fit_options {
    size_t horizon;     /* periods ahead that matter; 0: a season, at least 8 and at most 26 */
    size_t evaluations; /* of each search; 0: 240 */
    size_t series;      /* at most so many are looked at, evenly spread; 0: 1,000,
                         * 2,500 where the mean count is under 20 */
} skuai_count_fit_options;

/* settings [SKUAI_COUNT_SETTINGS] in out: where the search starts, and the best found. *score out
 * (NULL allowed): the objective there, NaN when no fold fits into the histories: then the settings
 * stay as they are. Past the context's deadline the best so far is taken. The same result for any
 * number of threads. SKUA_ENOMEM, SKUA_ECANCEL. */
SKUA_MUST_USE skua_status skuai_count_fit(const skuai_count_panel *panel,
                                          const skuai_count_fit_options *options,
                                          const skuai_context *context, double *settings,
                                          double *score, skua_error *err);

#endif
