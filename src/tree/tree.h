/* tree.h -- forecasters that learn one model of all series from features (room tree).
 *
 *   "tree-direct"   boosted trees; the horizon is a feature, so one model serves all horizons
 *   "tree-linear"   ridge or elastic net on the same features
 *
 * The rows of training are (series, origin, horizon) with the origins spread evenly; the newest
 * periods judge when to stop and give the spread, then everything is learnt again. What is learnt
 * is the difference from a plain base (the last cycle's value), both divided by the series' own
 * level. Quantiles: the absolute error of the newest periods is learnt from the same features (a
 * median regression), and the forecast error over that spread gives its quantiles by horizon,
 * that is a conformal correction of a normalised score (Papadopoulos et al. 2002, ECML).
 *
 * Where there is too little to learn from (fewer than 60 rows) the forecast is the base with the
 * spread of past changes, and the note says so. Parameters, all optional:
 *   horizon     periods that are learnt; 0: the future that the panel knows, else 48 hours, 28
 * days, 13 weeks, 12 months objective   absolute (default), squared, huber, poisson, tweedie, mape
 *   power       tweedie's variance power (1.3)
 *   base        cycle (default for absolute, squared, huber), none
 *   rounds rate leaves least_leaf depth column_share row_share shrinkage l1_share
 *               as in learn/learner.h
 *   rows        most rows of training (1,000,000)
 *   monotone    1: never more demand at a higher price (a known-ahead covariate named price)
 *   weight      level (default: large series count for what they sell), equal */
#ifndef SKUA_TREE_TREE_H
#define SKUA_TREE_TREE_H

#include "forecast/forecaster.h"

/* The forecasters of the room, NULL at the end. */
extern const skuai_forecaster *const skuai_tree_forecasters[];
/* By name; NULL: none. */
const skuai_forecaster *skuai_tree_forecaster(const char *name);

#endif
