/* category_chance.h -- will a user buy in a category within so many days (room recommend).
 *
 * A logistic regression on what he did before: days in the category (log(1 + n), share of his days,
 * exp(-age of the last / 14 and / 60), how far it is due), how active he is (log(1 + N), exp(-age
 * of his last day / 30)), and the category's own share of users. It is fitted on windows of `days`
 * at the end of the history by choice_model.h (a choice between yes and no). Its Brier score is
 * that of the last window, fitted on the window before; beside it the base rate's: each category's
 * share of users in that window before. */
#ifndef SKUA_RECOMMEND_CATEGORY_CHANCE_H
#define SKUA_RECOMMEND_CATEGORY_CHANCE_H

#include "recommend/interactions.h"

enum { SKUAI_CATEGORY_FEATURES = 9 };

typedef struct skuai_category_chance {
    int32_t days;
    double b[SKUAI_CATEGORY_FEATURES];
    double *share; /* [n_categories] of users who bought in the last window; owned */
    size_t n_categories;
    double brier, base_brier; /* NaN: no window to judge by */
    size_t n_judged;          /* pairs of user and category */
} skuai_category_chance;

/* category [n_items], -1: none. *chance is filled, given back with _clear. Users count who had
 * bought before the window. SKUA_EDATA: too short a history, or nobody; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_category_fit(const skuai_interactions *interactions,
                                             const int32_t *category, size_t n_categories,
                                             int32_t days, skuai_category_chance *chance,
                                             skua_error *err);
void skuai_category_clear(skuai_category_chance *chance); /* a zeroed one is allowed */

/* Chances of a user in all categories from the end of the history on, chances [n_categories] out.
 * 0 for a user without a past. */
void skuai_category_chances(const skuai_category_chance *chance,
                            const skuai_interactions *interactions, const int32_t *category,
                            size_t user, double *chances);

#endif
