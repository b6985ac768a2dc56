/* choice_model.h -- weights of features from what was chosen (room recommend): the conditional
 * logit (McFadden 1974). Of a set of items a user chooses i with probability
 *
 *   p_i = w_i exp(b f_i) / sum_j w_j exp(b f_j)
 *
 * where w_j > 1 for an item that was drawn for the set and stands for others. b minimises the mean
 * over sets of -(mean over the chosen of log p) + penalty |b * deviation|^2, the deviations those
 * of the features over all sets; convex, by BFGS from 0. */
#ifndef SKUA_RECOMMEND_CHOICE_MODEL_H
#define SKUA_RECOMMEND_CHOICE_MODEL_H

#include "core/context.h"

typedef struct skuai_choice_sets {
    size_t n_features, n_sets;
    size_t *rows;          /* [n_sets + 1] */
    const float *features; /* [rows, n_features] */
    const float *weights;  /* [rows] w */
    const uint8_t *chosen; /* [rows] 1: bought; every set has one at least */
} skuai_choice_sets;

/* b [n_features] out; likelihood (NULL allowed) out: mean log p of the chosen. A feature without
 * deviation gets 0. SKUA_EINVAL: no sets, or one without a choice; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_choice_fit(const skuai_choice_sets *sets, double penalty, double *b,
                                           double *likelihood, skua_error *err);

#endif
