/* effect_score.h -- what an item's own rows say of its effects: one step of Newton's method on the
 * orthogonal score, and how far the step can be trusted by the clusters (room cause, private).
 * Variances: Liang & Zeger 1986, Biometrika 73(1). */
#ifndef SKUA_CAUSE_EFFECT_SCORE_H
#define SKUA_CAUSE_EFFECT_SCORE_H

#include "cause/effect_rows.h"
#include "cause/effect_shrink.h"

/* Numbers a cluster takes in the table of scores. */
enum { SKUAI_EFFECT_CLUSTER = SKUAI_SHRINK_WIDTH * SKUAI_SHRINK_WIDTH + SKUAI_SHRINK_WIDTH };

typedef struct skuai_effect_scores {
    double a[SKUAI_SHRINK_WIDTH * SKUAI_SHRINK_WIDTH]; /* [k, k] information */
    double m[SKUAI_SHRINK_WIDTH * SKUAI_SHRINK_WIDTH]; /* [k, k] products of the clusters' scores at
                                                          the item's own estimate */
    double inverse[SKUAI_SHRINK_WIDTH * SKUAI_SHRINK_WIDTH]; /* (a + what is believed)^-1 */
    double step[SKUAI_SHRINK_WIDTH]; /* from where the scores were taken to its own estimate */
    double clusters;                 /* that tell something of the first treatment, as if equal */
} skuai_effect_scores;

/* Deviation beyond which an effect of treatment k is not believed: elasticities 5, log effects 2.
 * It is information about an item whose data have none, and bounds what a step may do. */
double skuai_effect_believed(const skuai_effect_rows *rows, size_t k);

/* v, mu [n], residual [k, n]: weights, means, treatments less what is expected of them. table
 * [clusters of the item, SKUAI_EFFECT_CLUSTER] scratch. */
SKUA_MUST_USE skua_status skuai_effect_item_scores(const skuai_effect_rows *rows, const double *v,
                                                   const double *mu, const double *residual,
                                                   size_t item, double *table,
                                                   skuai_effect_scores *scores, skua_error *err);

/* covariance [k, k] = inverse m inverse, m drawn towards ratio [k] times the information, which is
 * what all items' clusters show. */
void skuai_effect_item_covariance(const skuai_effect_rows *rows, const skuai_effect_scores *scores,
                                  const double *ratio, double *covariance);

#endif
