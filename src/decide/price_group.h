/* price_group.h -- prices of a group (a category) under a rule that they share (room decide).
 *
 * The mean price of the group, each item weighed by what it brings at today's price, may not move
 * by more than a share. With a multiplier l of that rule the problem falls apart into the items:
 * each takes the price with the most value less l w (p / p0 - 1), w = demand p0 (Lagrangian
 * relaxation; Everett 1963). The mean falls as l rises, so l is found by bisection; the plan is the
 * best of all plans whose mean is as near to the limit as its own, and the bound says how far the
 * best within the limit can be above it. */
#ifndef SKUA_DECIDE_PRICE_GROUP_H
#define SKUA_DECIDE_PRICE_GROUP_H

#include "decide/price.h"

#include <stdbool.h>

typedef struct skuai_price_group {
    double multiplier;   /* l: money that one more share of the mean price would bring a unit of it;
                            0 also where each item is held by itself */
    bool binds;          /* without the rule the mean would move further */
    double move;         /* of the mean price: sum w (p / p0 - 1) / sum w */
    double value, bound; /* of the plan; no plan within the rule is above it */
} skuai_price_group;

/* The choices [n] of items [n] under the rule |move| <= most (> 0). An item whose price the rule
 * holds has limit "category". SKUA_EDATA: an item as for skuai_price_choose; nothing keeps
 * the rule (a ladder too coarse, bounds that force prices): which item and rule, and the nearest
 * price. */
SKUA_MUST_USE skua_status skuai_price_group_choose(const skuai_price_item *items, size_t n,
                                                   const skuai_price_options *options, double most,
                                                   skuai_price_choice *choices,
                                                   skuai_price_group *group, skua_error *err);

#endif
