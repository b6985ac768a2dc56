/* tree.h -- forecasters that learn one model of all series from features (room tree).
 *
 *   "tree-direct"     boosted trees; the horizon is a feature, so one model serves all horizons
 *   "tree-multi"      boosted trees, a model for each quarter of the horizon
 *   "tree-recursive"  boosted trees that know one period ahead and are fed their own forecasts
 *   "tree-linear"     ridge or elastic net on the same features, horizon a feature
 *   "tree-single"     one decision tree on the same features: weaker, and readable
 *
 * The rows of training are (series, origin, horizon) with the origins spread evenly; the newest
 * periods judge when to stop and give the spread, then everything is learnt again. What is learnt
 * is the target, or its difference from a plain base (the last cycle's value), divided by the
 * series' own level. Quantiles: the absolute error of the newest periods is learnt from the same
 * features (a median regression), and the forecast error over that spread gives its quantiles by
 * horizon, that is a conformal correction of a normalised score (Papadopoulos et al. 2002, ECML).
 * The mean is that of the distribution where the objective learns a median, and with objective mape
 * the number with the least expected percentage error.
 *
 * Where there is too little to learn from (fewer than 60 rows) the forecast is the base with the
 * spread of past changes, and the note says so. Parameters, all optional:
 *   horizon     periods that are learnt; 0: the future that the panel knows, else 48 hours, 28
 *               days, 13 weeks, 12 months
 *   objective   absolute (default), squared, huber, poisson, tweedie, mape; for poisson and
 *               tweedie, laws of what is never negative, a period of more returns than sales is 0
 *   power       tweedie's variance power (1.3)
 *   base        what is learnt is the difference from it: cycle (last cycle's value), none, auto
 *               (default: cycle where that alone is nearer to the newest periods than the level
 *               is); poisson and tweedie have none
 *   transform   none (default), log: of the target over its level, plus `offset` (0.05)
 *   rounds rate leaves least_leaf depth column_share row_share shrinkage l1_share
 *               as in learn/learner.h
 *   rows        most rows of training, spread over series, origins and horizons (1,000 a series,
 *               from 300,000 to 1,000,000; fewer when memory is limited)
 *   monotone    1: never more demand at a higher price (a known-ahead covariate named price)
 *   weight      level (default: large series count for what they sell), equal
 *   country     whose holidays align last year's periods, as US or CN,shopping
 */
#ifndef SKUA_TREE_TREE_H
#define SKUA_TREE_TREE_H

#include "forecast/forecaster.h"

/* The forecasters of the room, NULL at the end. */
extern const skuai_forecaster *const skuai_tree_forecasters[];
/* By name; NULL: none. */
const skuai_forecaster *skuai_tree_forecaster(const char *name);

/* Periods that are learnt when nobody says how many: the future that the panel knows, else as
 * above. */
size_t skuai_tree_horizon(const skuai_panel *panel);

#endif
