/* recommender.h -- the next items of a user (room recommend).
 *
 *     skuai_recommender_rule rule;                                     kept, or learnt:
 *     SKUA_TRY(skuai_rule_learn(interactions, &options, &context, &rule, err));
 *     skuai_recommender *r;
 *     SKUA_TRY(skuai_recommender_new(interactions, &rule, &features, &context, &r, err));
 *     skuai_candidates *c = skuai_recommender_candidates(r);          one a thread
 *     skuai_recommend_request request = {.n = 10};
 *     SKUA_TRY(skuai_recommend(r, skuai_past_of(interactions, u), &request, c, &context, list, &n,
 *                              err));
 *
 * An item's score is the sum of its features (user_features.h) times the rule's weights; exp(score)
 * over the sum of exp(score) of all items is the chance that an item of his next purchases is this
 * one. All items are scored, none left out; the first 200 are then put in order by the rule's
 * trees.
 */
#ifndef SKUA_RECOMMEND_RECOMMENDER_H
#define SKUA_RECOMMEND_RECOMMENDER_H

#include "recommend/ranking.h"
#include "recommend/recommender_rule.h"

typedef struct skuai_recommender {
    skuai_feature_base base;
    skuai_recommender_rule rule; /* its trees are borrowed */
    float *prior;                /* [n_items] score of the features of popularity */
    float *prior_short;          /* [n_items] its part that is divided by 1 + N */
    float *prior_fresh;          /* [n_items] for users without a past */
} skuai_recommender;

/* interactions and rule are borrowed for the recommender's life. *made is the caller's. SKUA_EDATA:
 * no rows; SKUA_ENOMEM, SKUA_ECANCEL. */
SKUA_MUST_USE skua_status skuai_recommender_new(const skuai_interactions *interactions,
                                                const skuai_recommender_rule *rule,
                                                const skuai_feature_options *features,
                                                const skuai_context *context,
                                                skuai_recommender **made, skua_error *err);
void skuai_recommender_free(skuai_recommender *r); /* NULL allowed */

/* NULL: out of memory. */
SKUA_MUST_USE static inline skuai_candidates *
skuai_recommender_candidates(const skuai_recommender *r) {
    return skuai_candidates_new(r->base.interactions->n_items, r->base.interactions->n_users);
}

typedef struct skuai_recommend_request {
    size_t n;            /* items wanted, at most SKUAI_RANKING_MOST */
    const float *adjust; /* [n_items] added to every score; -INFINITY: never; NULL: nothing */
    bool only_new;       /* none that the user had */
    double diversity;    /* 0: none; up to 1: see skuai_recommend */
} skuai_recommend_request;

typedef struct skuai_recommended {
    int32_t item;
    float score;
    double chance; /* that one of his next purchases is this item, before `adjust` */
    skuai_user_feature
        reason; /* what added most to the score above an item without a link to him */
    bool owned;
} skuai_recommended;

/* The best items of a past (of length 0: a new user) into list [request->n], *n out. With diversity
 * d the list is picked one by one out of the best 5 n: next is the one with the greatest
 * (1 - d) * score (moved to 0 .. 1) - d * likeness to the most alike in the list (MMR, Carbonell &
 * Goldstein 1998). SKUA_ENOMEM, SKUA_EINVAL. */
SKUA_MUST_USE skua_status skuai_recommend(const skuai_recommender *r, skuai_past past,
                                          const skuai_recommend_request *request,
                                          skuai_candidates *candidates,
                                          const skuai_context *context, skuai_recommended *list,
                                          size_t *n, skua_error *err);

/* Mean ranking of those users who bought on days cut .. cut + period - 1 of `all`, of a recommender
 * that was fitted on days before `cut`. n [2] out: users with a past, users without. */
typedef struct skuai_recommender_scores {
    skuai_ranking known, fresh; /* users with and without a past */
    size_t n_known, n_fresh;
    double diversity, novelty; /* of lists of 10, all users */
    double coverage;           /* share of the items that stand in any list of 10 */
} skuai_recommender_scores;
SKUA_MUST_USE skua_status skuai_recommender_score(const skuai_recommender *r,
                                                  const skuai_interactions *all, int32_t cut,
                                                  int32_t period, const skuai_context *context,
                                                  skuai_recommender_scores *scores,
                                                  skua_error *err);

#endif
