/* surrogate.h -- one small regression tree that stands in for a model (room explain): a global
 * surrogate (Craven & Shavlik 1996, NIPS 8; Bastani, Kim & Bastani 2017). It is fitted to what the
 * model forecasts, not to what was sold, over inputs that people know, and tells how well it stands
 * in: R2 against the model's forecasts of series that it was not fitted to.
 *
 * A row is a period of the horizon of a series; what is learnt is the model's mean forecast over
 * what the series usually sells (its recent sales' mean). Inputs: each covariate known ahead that
 * moves (prices over their mean of the series' own past), sales of the last season, of the same
 * period a season, four seasons and a year ago, each over the usual sales, the share of recent
 * periods without a sale, and how far ahead the period is. */
#ifndef SKUA_EXPLAIN_SURROGATE_H
#define SKUA_EXPLAIN_SURROGATE_H

#include "explain/explain.h"

enum { SKUAI_SURROGATE_INPUTS = 32, SKUAI_SURROGATE_LEAVES = 64 };

typedef struct skuai_surrogate_input {
    char name[SKUAI_INPUT_NAME]; /* a covariate's name, or one of those below */
    bool relative;               /* over its own past's mean: a price; over the usual sales */
} skuai_surrogate_input;

typedef struct skuai_surrogate_node {
    int input;         /* that is asked; -1: a leaf */
    double cut;        /* at most that goes left; infinite: known goes left */
    bool missing_left; /* where the unknown goes */
    size_t left, right;
    double value; /* mean forecast over usual sales of the rows that come here */
    double share; /* of the rows */
} skuai_surrogate_node;

typedef struct skuai_surrogate {
    size_t n_inputs, n_nodes, n_leaves;
    skuai_surrogate_input inputs[SKUAI_SURROGATE_INPUTS];
    skuai_surrogate_node nodes[2 * SKUAI_SURROGATE_LEAVES]; /* the root first */
    size_t n_rows, n_series, n_held;                        /* rows; series in all, and held out */
    double fidelity;       /* R2 on the rows of the held-out series; NaN: none */
    double fidelity_units; /* the same in units in place of shares of the usual sales */
} skuai_surrogate;

/* Fit a tree of at most `leaves` leaves (2 .. SKUAI_SURROGATE_LEAVES) to the forecasts of series
 * [n]; a quarter of them, drawn by the seed, is held out. SKUA_EDATA: fewer than eight series that
 * sold lately. */
SKUA_MUST_USE skua_status skuai_surrogate_fit(const skuai_forecaster *forecaster,
                                              const skuai_model *model, const skuai_panel *panel,
                                              const size_t *series, size_t n, size_t leaves,
                                              const skuai_explain_options *options,
                                              const skuai_context *context,
                                              skuai_surrogate **surrogate, skua_error *err);
void skuai_surrogate_free(skuai_surrogate *surrogate); /* NULL allowed */

#endif
