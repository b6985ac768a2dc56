/* reconciliation.h -- forecasts of items, categories, channels and totals that add up (room
 * forecast).
 *
 * Bottom series are item x channel; each level above (category, brand, channel, total) groups all
 * of them. With forecasts of every node made on its own, the bottom forecasts b that fit all best
 * are
 *
 *     b = (S' W^-1 S)^-1 S' W^-1 y,     W = diag(variances of the nodes' errors)
 *
 * (trace minimisation with a diagonal covariance: Wickramasuriya, Athanasopoulos & Hyndman 2019,
 * JASA 114(526), section 2.4; sums of b are then the coherent forecasts above). Levels may cross,
 * so S is no tree: the equations are solved by conjugate gradients with the diagonal as
 * preconditioner, S never being formed. Bottom-up is the case without levels. */
#ifndef SKUA_FORECAST_RECONCILIATION_H
#define SKUA_FORECAST_RECONCILIATION_H

#include "forecast/forecast.h"

/* A level above the bottom. */
typedef struct skuai_hierarchy_level {
    size_t n_groups;
    const int32_t *group;   /* [n_bottom] the group of each bottom series; -1: none */
    const double *forecast; /* [n_groups]; NaN: this node has none and is left out */
    const double *variance; /* [n_groups] of its error, > 0 */
} skuai_hierarchy_level;

/* Reconcile one horizon. forecast, variance [n] of the bottom series; result [n] out, may be the
 * forecast itself; not below `floor` (what is cut off is not spread anew). The same bits every
 * time. SKUA_EDATA: a variance that is not positive, a bottom forecast that is not finite. */
SKUA_MUST_USE skua_status skuai_reconcile(const double *forecast, const double *variance, size_t n,
                                          const skuai_hierarchy_level *levels, size_t n_levels,
                                          double floor, double *result, skua_error *err);

/* What errors of the nodes have in common: W = V^1/2 R V^1/2 with V the variances and R their
 * correlation shrunk to none (Schaefer & Strimmer 2005, Statistical Applications in Genetics and
 * Molecular Biology 4(1), section 2.4; Wickramasuriya et al. 2019, "shrink"). Nodes are the bottom
 * series, then the groups of each level in order: N of them. */
typedef struct skuai_error_correlation {
    size_t n_errors, n_nodes;
    double *x;        /* [T, N] standardised, 0 where missing */
    double *diagonal; /* [N] what is left beside the part of rank T: the shrinkage, or 1 */
    double *factor;   /* [T, T] Cholesky of (T - 1) / (1 - shrinkage) I + X diag^-1 X' */
    double shrinkage; /* in (0, 1] */
} skuai_error_correlation;

/* errors [T, N], NaN missing; one with fewer than three, or that do not vary, correlates with none.
 * O(T^2 N): the N x N matrix is never formed. */
SKUA_MUST_USE skua_status skuai_error_correlation_make(const double *errors, size_t n_errors,
                                                       size_t n_nodes,
                                                       skuai_error_correlation *correlation,
                                                       skua_error *err);
void skuai_error_correlation_clear(skuai_error_correlation *correlation); /* zeroed: allowed */

/* As skuai_reconcile, with that correlation. SKUA_EINVAL: it is of other nodes. */
SKUA_MUST_USE skua_status skuai_reconcile_correlated(const double *forecast, const double *variance,
                                                     size_t n, const skuai_hierarchy_level *levels,
                                                     size_t n_levels,
                                                     const skuai_error_correlation *correlation,
                                                     double floor, double *result, skua_error *err);

/* Move a forecast's means to those of `mean` [S, H], its quantiles along by the same difference, or
 * by the same factor where both means are positive and the floor is 0, so that a mass at zero
 * stays. */
void skuai_reconcile_move(const double *mean, double floor, skuai_forecast *forecast);

#endif
