/* coherent.h -- forecasts of items that add up to what their groups are forecast to sell (room
 * automl).
 *
 * Sums of items are forecast better on their own than by adding up the items' forecasts, where
 * groups share what a single item is too noisy to show; items know what no sum tells. So the groups
 * of every static category (category, brand, channel, the item over its channels, ...) and the
 * total are forecast from their own histories by a second forecaster, and the items' forecasts are
 * moved to those that fit all levels best (forecast/reconciliation.h: trace minimisation). Three
 * covariances can be asked for, and bottom-up leaves the items as they are:
 *
 *     variance  of each node's error, as its own calibrated quantiles tell it, by horizon
 *     volume    error variances in proportion to what a node sells (the analogue, for nodes of
 *               unequal size, of scaling by their number: Athanasopoulos, Hyndman, Kourentzes &
 *               Petropoulos 2017, European Journal of Operational Research 262(1), structural)
 *
 *     shrunk    the variances of `variance`, and beside them how the nodes' errors at
 *               SKUAI_COHERENT_ORIGINS earlier origins go together, a correlation shrunk to none
 *               (Schaefer & Strimmer 2005)
 *
 * Which one is better is a question for validation: skuai_coherence_choose. */
#ifndef SKUA_AUTOML_COHERENT_H
#define SKUA_AUTOML_COHERENT_H

#include "automl/ensemble.h"
#include "forecast/reconciliation.h"

enum { SKUAI_COHERENT_LEVELS = 8 };

typedef enum skuai_coherence {
    SKUAI_COHERENCE_BOTTOM_UP,
    SKUAI_COHERENCE_VARIANCE,
    SKUAI_COHERENCE_VOLUME,
    SKUAI_COHERENCE_SHRUNK
} skuai_coherence;
enum { SKUAI_COHERENCES = 4, SKUAI_COHERENT_ORIGINS = 2, SKUAI_COHERENT_ERRORS = 120 };

const char *skuai_coherence_name(skuai_coherence coherence); /* "bottom-up" */
bool skuai_coherence_parse(const char *name, skuai_coherence *coherence);

/* The levels above the series of a panel, with their own forecasts. Levels that group nothing (one
 * series a group) are none. Series that ended before the panel's last period are in no group. */
typedef struct skuai_levels_above {
    size_t n;
    const char *name[SKUAI_COHERENT_LEVELS];   /* "category1", ..., "total"; of the panel */
    int32_t *group[SKUAI_COHERENT_LEVELS];     /* [S] */
    skuai_panel *panel[SKUAI_COHERENT_LEVELS]; /* the sums */
    skuai_forecast *forecast[SKUAI_COHERENT_LEVELS];
    skuai_error_correlation correlation; /* n_nodes 0: not learnt */
} skuai_levels_above;

/* Sum up and forecast by `above`, a statistical forecaster or a combination of some: groups have no
 * covariates. At most SKUAI_COHERENT_LEVELS levels, the total last. */
SKUA_MUST_USE skua_status skuai_levels_above_forecast(const skuai_panel *panel,
                                                      const skuai_forecaster *above,
                                                      const skuai_request *request,
                                                      const skuai_context *context,
                                                      skuai_levels_above *levels, skua_error *err);
void skuai_levels_above_clear(skuai_levels_above *levels); /* zeroed: allowed */

/* Learn how errors go together, for SKUAI_COHERENCE_SHRUNK: at the origins one and two horizons
 * back items are forecast by `items` (a cheap forecaster does: only which errors go together
 * counts) and groups by `above`; at most about SKUAI_COHERENT_ERRORS errors a node. */
SKUA_MUST_USE skua_status skuai_levels_above_correlate(
    skuai_levels_above *levels, const skuai_panel *panel, const skuai_forecaster *items,
    const skuai_forecaster *above, const skuai_request *request, const skuai_context *context,
    skua_error *err);

/* Move a forecast of the same panel to what fits all levels; bottom-up: leave it. SKUA_EINVAL:
 * shrunk, and no correlation was learnt. */
SKUA_MUST_USE skua_status skuai_levels_above_reconcile(const skuai_levels_above *levels,
                                                       skuai_coherence coherence,
                                                       const skuai_panel *panel,
                                                       skuai_forecast *forecast, skua_error *err);

/* How far a forecast is from what came (skuai_panel_actual), level by level: wape [n + 1], the
 * items' own first: sum of |sum of means - sum of actuals| over sum of actuals, over groups and
 * periods, each sum over the items whose actual is known. NaN: nothing came. */
SKUA_MUST_USE skua_status skuai_levels_above_score(const skuai_levels_above *levels,
                                                   const skuai_panel *panel,
                                                   const skuai_forecast *forecast, double *wape,
                                                   skua_error *err);

/* The coherence (shrunk only when `items` is given) whose geometric mean of WAPEs over all levels
 * and windows [from, to) of a backtest is least, the items counting as one level; bottom-up unless
 * another is better by more than one in a hundred. loss [SKUAI_COHERENCES] out, NULL allowed: those
 * geometric means. */
SKUA_MUST_USE skua_status skuai_coherence_choose(
    const skuai_backtest *backtest, const skuai_ensemble *ensemble, const skuai_forecaster *above,
    const skuai_forecaster *items, size_t from, size_t to, uint64_t seed,
    const skuai_context *context, skuai_coherence *coherence, double *loss, skua_error *err);

#endif
