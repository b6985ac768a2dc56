/* cold_start.h -- items without history, or with little: forecast from what they are, by items that
 * were once as young (room tree).
 *
 * Works in z = log(1 + y / unit). A series is a newborn when its first period lies inside the
 * panel, far enough behind the panel's own first one to be a launch. Learnt are
 *
 *     pulse(t)      the mean over established series (all, when there are few) of z less the
 * series' own mean: what the shop as a whole does; ahead of the data its last four periods go on
 *     curve(a)      the mean over newborns of z less pulse at age a
 *     effect(i)     how far newborn i runs above pulse and curve, shrunk for few periods
 *
 * and the effect of a series that has none yet is told from what it is, three ways:
 *
 *     analogues     the mean effect of the ten most alike, weighted by likeness to the fourth and
 *                   shrunk to 0 by one pseudo-item; likeness is made of the cosines of the vectors
 *                   of each modality, of equal categories and of near prices
 *     linear        a ridge regression of the effect on the vectors, whole, and on price and the
 *                   numbers of the item; its penalty has the least leave-one-out error (Allen 1974,
 *                   Technometrics 16(1): PRESS)
 *     trees         boosted trees on both of these, on the item's own first periods, categories,
 *                   price, dates of launch and target
 *
 * In the first two the item's own mean takes over as k / (k + r) with k periods known, r by
 * least error (a random intercept: Robinson 1991, Statistical Science 6(1)); in the third the trees
 * decide. What analogues and ridge tell of a series of training leaves that series out, so the
 * trees see what they will see of a new one. The weights of the three, not negative, are those with
 * the least absolute error of units on items that the trees did not see (two folds by item:
 * stacking, Wolpert 1992, Neural Networks 5(2)). Quantiles come from the same errors by age and
 * expected level; the mean is that of the distribution.
 *
 * An item that replaces another inherits what that one ran above the curve in its last periods,
 * which counts four times all that is told besides. Before its launch nothing is sold.
 *
 * A series of twice the reach or more is forecast by its own last periods alone: it needs other
 * models.
 *
 * Parameters, all optional: horizon (0: as in tree.h), reach (ages in periods that are told apart;
 * 0: those of skuai_young_periods), analogues (10), trees (1; 0: analogues
 * and ridge alone, at equal weights), own (1; 0: an item's own periods never count, and every
 * series, of whatever age, is forecast from what it is alone).
 *
 * Saved is all that forecasting reads: newborns with their looks, what was learnt, and how each
 * series ran lately, for those who succeed it. A model that was read says the same as the one that
 * was saved, bit for bit; items launched since are no analogues until it is trained again. */
#ifndef SKUA_TREE_COLD_START_H
#define SKUA_TREE_COLD_START_H

#include "forecast/forecaster.h"

extern const skuai_forecaster skuai_cold_start_forecaster; /* "cold-start" */

enum { SKUAI_ANALOGUES_MOST = 20, SKUAI_COLD_PARTS = 3 };

/* An item that a forecast leans on. */
typedef struct skuai_analogue {
    const char *name; /* of the series that was learnt from; lives as long as the model */
    double likeness;  /* 0 .. 1 */
    double weight;    /* its share among the analogues, they sum to 1 */
    double sold;      /* units in its first periods, as many as the horizon learnt */
    int64_t start;    /* the period of its launch */
} skuai_analogue;

/* What a forecast of series s of a panel leans on: analogues [SKUAI_ANALOGUES_MOST] out, the most
 * alike first, and the series that it replaces (NULL none). A model of this forecaster only. */
SKUA_MUST_USE skua_status skuai_cold_start_reasons(const skuai_model *model,
                                                   const skuai_panel *panel, size_t s,
                                                   skuai_analogue *analogues, size_t *n,
                                                   const char **predecessor, skua_error *err);
/* Weights of analogues, linear and trees, and how many launches they were learnt on. */
void skuai_cold_start_weights(const skuai_model *model, double weights[SKUAI_COLD_PARTS],
                              size_t *launches);

#endif
