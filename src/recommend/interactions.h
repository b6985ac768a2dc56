/* interactions.h -- who bought (viewed, put into the cart) what on which day (room recommend).
 *
 * Users, items and days are numbers; names are the caller's. A user's rows lie one behind the
 * other by day, then item; an item is counted once a day, with the greatest weight that it had. The
 * rows of a day are a basket. Purchases have weight 1, other events less; what a recommender is
 * judged by are purchases or, in a shop that has none, all rows. */
#ifndef SKUA_RECOMMEND_INTERACTIONS_H
#define SKUA_RECOMMEND_INTERACTIONS_H

#include "core/context.h"

typedef struct skuai_interaction {
    int32_t user, item; /* 0 .. n-1 */
    int32_t day;        /* any origin; only differences count */
    float weight;       /* in (0, 1]; 1: a purchase */
} skuai_interaction;

typedef struct skuai_interactions {
    size_t n_users, n_items, n; /* n rows */
    size_t *user_rows;          /* [n_users + 1] */
    int32_t *items;             /* [n] */
    int32_t *days;              /* [n] */
    float *weights;             /* [n] */
    size_t *item_rows;          /* [n_items + 1] into item_users, latest first */
    int32_t *item_users;        /* [n]; a user stands there once a day */
    int32_t *item_days;         /* [n] */
    int32_t end;                /* first day behind the last */
    bool has_purchases;         /* else every row is a target */
} skuai_interactions;

/* From rows [n] in any order, those before day `until` (INT32_MAX: all); rows are reordered. *made
 * is the caller's. SKUA_ENOMEM; SKUA_EDATA: a number or weight out of range, naming the row. */
SKUA_MUST_USE skua_status skuai_interactions_new(skuai_interaction *rows, size_t n, size_t n_users,
                                                 size_t n_items, int32_t until,
                                                 skuai_interactions **made, skua_error *err);
void skuai_interactions_free(skuai_interactions *interactions); /* NULL allowed */

/* Those before a day, as if no more were known. end is `until`. */
SKUA_MUST_USE skua_status skuai_interactions_before(const skuai_interactions *all, int32_t until,
                                                    skuai_interactions **made, skua_error *err);

/* Distinct items that a user bought on days from .. to - 1, ascending, into items [most]; how many
 * there are. */
size_t skuai_interactions_targets(const skuai_interactions *all, size_t user, int32_t from,
                                  int32_t to, int32_t *items, size_t most);

#endif
