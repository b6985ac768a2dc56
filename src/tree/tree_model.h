/* tree_model.h -- what a tree forecaster has learnt (private to room tree). */
#ifndef SKUA_TREE_TREE_MODEL_H
#define SKUA_TREE_TREE_MODEL_H

#include "learn/learner.h"
#include "tree/features.h"
#include "tree/tree.h"

enum { SKUAI_TREE_BLOCKS = 4, SKUAI_TREE_LEVELS = 99, SKUAI_TREE_LEAST_ROWS = 60 };

typedef struct skuai_tree_options {
    skuai_learner_options learner;
    size_t horizon, most_rows;
    bool on_cycle, by_price, equal_weight;
    skuai_objective asked; /* mape is learnt as weighted absolute */
} skuai_tree_options;

struct skuai_model {
    const skuai_forecaster *forecaster;
    skuai_tree_options options;
    size_t horizon;        /* that was learnt */
    skuai_learnt *point;   /* NULL: too little to learn from */
    skuai_learnt *spread;  /* NULL: the same for all rows */
    double typical_scale;  /* of a series without history */
    double typical_spread; /* median absolute error in units of the scale */
    double quantile[SKUAI_TREE_BLOCKS][SKUAI_TREE_LEVELS]; /* of error / spread, by horizon */
    size_t n_categories;                                   /* statics of the training panel */
    size_t *n_levels;                                      /* [n_categories] 0: a number */
    char ***levels;                                        /* [n_categories][n_levels] */
};

/* Rows with their features. */
typedef struct skuai_tree_rows {
    size_t n;
    skuai_feature_row *rows;
    float *values, *scale, *base, *y, *weight;
} skuai_tree_rows;

SKUA_MUST_USE skua_status skuai_tree_options_read(const skuai_forecaster *self,
                                                  const skuai_parameters *parameters,
                                                  skuai_tree_options *options, skua_error *err);

/* Rows with their targets in units of the scale, less the base when options say so. judged false:
 * origins spread over the history, targets only before the last `before` periods of each series;
 * judged true: origins at `before` periods before the end and half of that, targets behind them. */
SKUA_MUST_USE skua_status skuai_tree_rows_make(const skuai_features *features,
                                               const skuai_panel *panel,
                                               const skuai_tree_options *options, size_t horizon,
                                               size_t before, bool judged,
                                               const skuai_context *context, skuai_tree_rows *rows,
                                               skua_error *err);
void skuai_tree_rows_clear(skuai_tree_rows *rows);

#endif
