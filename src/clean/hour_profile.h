/* hour_profile.h -- which share of a day's demand lies in which hour, and so how much of it an
 * available part of the day could see (room clean).
 *
 * A day's sales in slot h (an hour) are taken as Poisson with mean g_d * p_h, g_d the day's own
 * size and p the profile of the day's node in a tree of nodes (all > store > category in the store
 * > item there). Closed slots are missing cells of that two-way table, so days with a stock-out
 * teach too: day sizes and profile are fitted alternately (the maximum likelihood of a Poisson
 * table with missing cells, iterative proportional fitting). Every node's profile is shrunk to its
 * parent's, with the strength, a level, that predicts the even days best from the odd ones.
 *
 * [1] Deming & Stephan 1940, Annals of Mathematical Statistics 11(4), iterative proportional
 * fitting; [2] Little & Rubin 2002, Statistical Analysis with Missing Data, chapter 13, tables. */
#ifndef SKUA_CLEAN_HOUR_PROFILE_H
#define SKUA_CLEAN_HOUR_PROFILE_H

#include "core/context.h"

#define SKUAI_HOUR_LEVELS_MOST 6

typedef struct skuai_hour_days {
    size_t n_days, n_slots;    /* item-days, slots a day (24) */
    const float *sold;         /* [n_days, n_slots] units, >= 0 */
    const unsigned char *open; /* [n_days, n_slots] 1: it could be bought in that slot */
    size_t n_levels;           /* of the tree below "all": 0 .. SKUAI_HOUR_LEVELS_MOST */
    const size_t *const *node; /* [n_levels][n_days] node of each day, coarse to fine, nested */
    const size_t *n_nodes;     /* [n_levels] */
} skuai_hour_days;

/* Share of each day's demand that its open slots could see, into exposure [n_days], 0 .. 1; a day
 * with all slots open has 1. SKUA_EINVAL, SKUA_EDATA (sold negative or not finite), SKUA_ENOMEM.
 * O(n_days * n_slots) time. */
SKUA_MUST_USE skua_status skuai_hour_profile_exposure(const skuai_hour_days *days,
                                                      const skuai_context *context, float *exposure,
                                                      skua_error *err);

/* Slots after the last one with a sale are closed, for a day whose stock ended at 0: what ran out
 * ran out with a sale. open [n_slots] out; a day without a sale is closed throughout. */
void skuai_hour_profile_close(const float *sold, size_t n_slots, unsigned char *open);

#endif
