/* user_features.h -- what speaks for an item for a user (room recommend).
 *
 * A user's candidates are the items of his own past, their neighbours, what the item regression
 * adds, what users like him bought and what the sequence net puts first; each has a row of
 * features. An item that is none of these has zeros there, so its score rests on popularity alone.
 * With w_T(day) = 2^(-age / T) over the user's days with item i, n_i of them, and N his days at
 * all:
 *
 * - own: he had it; log(1 + n_i); n_i / (N + 2), his personal frequency.
 * - recency: sum w_30, sum w_120, exp(-age of the last / 60): TIFU-kNN's decay (Hu et al. 2020).
 * - due: min(3, age of the last / mean gap) where n_i > 1: near 1 it is time again.
 * - own, popular: the features of popularity once more, for own items alone: what is in fashion (or
 *   in season) weighs otherwise among what he knows.
 * - neighbours: square roots of the mean link from his items, all alike, and each times its
 * exp(-age of the last / 60).
 * - regression: sums of the linear links (EASE) from his items, likewise.
 * - alike: of the 100 users most alike (cosine of baskets with w_120, weighted by rarity, as the
 *   neighbours of TIFU-kNN), square roots of mean w_365 and w_30 of the item.
 * - sequence: log(1 + n chance), the chance of sequence_net.h among the n items.
 * - popularity: log of users with w_7 and w_30, log of users at all; the second once more for users
 *   with a short past (divided by 1 + N). */
#ifndef SKUA_RECOMMEND_USER_FEATURES_H
#define SKUA_RECOMMEND_USER_FEATURES_H

#include "recommend/item_links.h"

typedef enum skuai_user_feature {
    SKUAI_FEATURE_OWN,
    SKUAI_FEATURE_OWN_LOG,
    SKUAI_FEATURE_OWN_SHARE,
    SKUAI_FEATURE_RECENT_30,
    SKUAI_FEATURE_RECENT_120,
    SKUAI_FEATURE_LAST,
    SKUAI_FEATURE_DUE,
    SKUAI_FEATURE_OWN_POPULAR_7,
    SKUAI_FEATURE_OWN_POPULAR_30,
    SKUAI_FEATURE_OWN_POPULAR,
    SKUAI_FEATURE_NEIGHBOURS,
    SKUAI_FEATURE_NEIGHBOURS_RECENT,
    SKUAI_FEATURE_LINEAR,
    SKUAI_FEATURE_LINEAR_RECENT,
    SKUAI_FEATURE_ALIKE,
    SKUAI_FEATURE_ALIKE_RECENT,
    SKUAI_FEATURE_SEQUENCE,
    SKUAI_FEATURES_SPARSE, /* the ones above are zero for items that are no candidates */
    SKUAI_FEATURE_POPULAR_7 = SKUAI_FEATURES_SPARSE,
    SKUAI_FEATURE_POPULAR_30,
    SKUAI_FEATURE_POPULAR,
    SKUAI_FEATURE_POPULAR_NEW,
    SKUAI_FEATURES
} skuai_user_feature;

extern const char *const skuai_feature_names[SKUAI_FEATURES];

/* What the features of all users rest on; borrows the interactions, owns the rest. */
struct skuai_sequence_net;
struct skuai_sequence_options;
struct skuai_sequence_reader;

typedef struct skuai_feature_base {
    const skuai_interactions *interactions;
    const struct skuai_sequence_net *sequence; /* NULL: none, its feature is 0 */
    struct skuai_sequence_net *own_sequence;   /* the same when it was trained for the base */
    skuai_item_links *neighbours, *linear;
    float *popular;     /* [n_items, 3]: w_7, w_30, all; logarithms */
    float *rarity;      /* [n_items] log(1 + users / users with it) */
    float *user_length; /* [n_users] of the decayed, rarity-weighted basket */
    int32_t today;      /* ages of others count to it */
} skuai_feature_base;

typedef struct skuai_feature_options {
    size_t neighbours;                             /* links an item; 0: 100 */
    size_t linear_items;                           /* in the item regression; 0: 4096 */
    double ridge;                                  /* of it; 0: 200 */
    const struct skuai_sequence_options *sequence; /* train a sequence net; NULL: none */
    const struct skuai_sequence_net *net; /* one that was trained on the base's own interactions;
                                             borrowed, instead of training one; NULL: none */
} skuai_feature_options;

/* *base is filled, given back with _clear. */
SKUA_MUST_USE skua_status skuai_feature_base_make(const skuai_interactions *interactions,
                                                  const skuai_feature_options *options,
                                                  const skuai_context *context,
                                                  skuai_feature_base *base, skua_error *err);
void skuai_feature_base_clear(skuai_feature_base *base); /* a zeroed one is allowed */

/* A user's past as arrays, by day: rows of the interactions or any other (a visitor's basket). */
typedef struct skuai_past {
    const int32_t *items, *days;
    const float *weights;
    size_t n;
    int32_t user;  /* left out of his own likes; -1: none of the shop's */
    int32_t today; /* ages count to it */
} skuai_past;
skuai_past skuai_past_of(const skuai_interactions *interactions, size_t user);

/* Candidates of one user, to be used again for the next; one a thread. */
typedef struct skuai_candidates {
    size_t n, capacity;
    int32_t *items;  /* [n] */
    float *features; /* [n, SKUAI_FEATURES_SPARSE] */
    size_t days;     /* N */
    int32_t *slots;  /* [n_items] place of an item, -1: none */
    float *alike;    /* [n_users], zero between users */
    int32_t *users;  /* [n_users] scratch */
    size_t n_items, n_users;
    struct skuai_sequence_reader *reader;  /* made when a base with a net is met first */
    const struct skuai_sequence_net *read; /* whose it is */
    float *chance;                         /* [n_items] by it */
} skuai_candidates;

/* NULL when out of memory. */
SKUA_MUST_USE skuai_candidates *skuai_candidates_new(size_t n_items, size_t n_users);
void skuai_candidates_free(skuai_candidates *c); /* NULL allowed */
/* Collect the candidates of a past. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_candidates_collect(const skuai_feature_base *base, skuai_past past,
                                                   skuai_candidates *c, skua_error *err);

/* The features of popularity of an item for a user with N days, into f [SKUAI_FEATURES]. */
static inline void skuai_features_popular(const skuai_feature_base *base, size_t item, size_t days,
                                          float *f) {
    const float *p = base->popular + 3 * item;
    f[SKUAI_FEATURE_POPULAR_7] = p[0];
    f[SKUAI_FEATURE_POPULAR_30] = p[1];
    f[SKUAI_FEATURE_POPULAR] = p[2];
    f[SKUAI_FEATURE_POPULAR_NEW] = p[1] / (1 + (float)days);
}

#endif
