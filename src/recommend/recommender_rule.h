/* recommender_rule.h -- how features become an order of items, learnt from what was bought (room
 * recommend).
 *
 * Features are made of the days before the last `period`; what was bought in these is chosen. A set
 * a user: his own items and what he bought, and draws of the other candidates and of all others
 * that stand for them. Weights: a conditional logit (choice_model.h); users without a past have
 * weights of popularity of their own. Trees: boosted, Poisson loss on the same rows, for the order
 * of the first items that the weights find. A rule knows features, not items or users: it can be
 * kept while both come and go. */
#ifndef SKUA_RECOMMEND_RECOMMENDER_RULE_H
#define SKUA_RECOMMEND_RECOMMENDER_RULE_H

#include "core/buffer.h"
#include "learn/learner.h"
#include "recommend/user_features.h"

typedef struct skuai_rule_options {
    skuai_feature_options features;
    int32_t period;   /* days from which it is learnt; 0: 28 */
    size_t sets;      /* users of them, drawn; 0: 600 */
    double penalty;   /* of the weights; 0: .001 */
    uint32_t without; /* bit k: feature k is left out (ablation) */
    bool no_trees;
} skuai_rule_options;

typedef struct skuai_recommender_rule {
    double weights[SKUAI_FEATURES];
    double fresh[SKUAI_FEATURES]; /* of users without a past: popularity alone */
    double likelihood;            /* mean log chance of what was bought, by the weights */
    size_t n_sets, n_fresh;       /* users it was learnt from; 0: too few, the usual ones */
    skuai_learnt *trees;          /* owned; NULL: none */
    uint32_t without;
} skuai_recommender_rule;

/* *rule is filled, given back with _clear. Too few purchases are no failure: then the rule is what
 * shops are usually like. Without LightGBM it has no trees. SKUA_ENOMEM, SKUA_ECANCEL. */
SKUA_MUST_USE skua_status skuai_rule_learn(const skuai_interactions *interactions,
                                           const skuai_rule_options *options,
                                           const skuai_context *context,
                                           skuai_recommender_rule *rule, skua_error *err);
void skuai_rule_clear(skuai_recommender_rule *rule); /* a zeroed one is allowed */

/* As JSON, appended, and back. SKUA_EDATA: a damaged text, or one of other features. */
SKUA_MUST_USE skua_status skuai_rule_save(const skuai_recommender_rule *rule, skuai_buffer *text,
                                          skua_error *err);
SKUA_MUST_USE skua_status skuai_rule_load(const char *text, size_t size,
                                          skuai_recommender_rule *rule, skua_error *err);

#endif
