/* promo.h -- which items to promote, in which weeks, how deep (room decide).
 *
 * Value. An item sells b units a week at price p without promotion. A cut by the share d sells b F
 * of them, log F normal with mean e log(1 - d) + s and variance (se_e log(1 - d))^2 + se_s^2: e the
 * own-price elasticity, s what being promoted adds beyond the price. Of the b (F - 1) units gained
 * a share `pull_forward` is not needed later, at the regular margin, and each of them moves the
 * others' profit by `others` (cannibalisation below 0, halo above). So the profit of a week changes
 * by
 *
 *   b [(F - 1) (p (1 - d) - c - pull_forward (p - c) + others) - d p] - fixed
 *
 * which is linear in F: its mean and deviation are those of a log-normal. A plan maximises the sum
 * of mean - caution * deviation (van Heerde et al. 2003, J. Marketing Research 40, on what an
 * uplift is made of; Cohen et al. 2017, Operations Research 65, on promotion plans as integer
 * programmes).
 *
 * Rules. Promotions of `length` weeks, at most `most_per_item` of an item, `gap` weeks between two;
 * weeks in which an item, or the whole shop, is blocked; a price never below cost times 1 +
 * least_margin; a budget for what is given away (b F p d + fixed); at most `slots` items of a
 * channel and `brand_most` items of a brand (in a channel) in a week.
 *
 * Solution. Lagrangian relaxation of budget, slots and brands: an item's best schedule at given
 * prices of these is a dynamic programme over weeks, solved exactly, so the relaxation's value is a
 * bound that no plan beats (Geoffrion 1974). Subgradient steps with Polyak's length; plans from the
 * prices by taking items in order of value into what is left; then a choice between each item's
 * schedules that were met (columns) under all limits by CBC, where it is installed. What is told is
 * the best plan found, the bound, and the gap between them. */
#ifndef SKUA_DECIDE_PROMO_H
#define SKUA_DECIDE_PROMO_H

#include "core/context.h"

enum { SKUAI_PROMO_WEEKS = 104, SKUAI_PROMO_DEPTHS = 16, SKUAI_PROMO_TIMES = 12 };

typedef struct skuai_promo_item {
    const char *name;     /* for messages */
    double price, cost;   /* regular price > 0, cost >= 0 */
    const double *demand; /* [weeks] units without a promotion, >= 0 */
    double elasticity, elasticity_se;
    double shown, shown_se; /* log effect of being promoted beyond the price */
    double pull_forward;    /* share, 0 .. 1 */
    double others;          /* money a unit of uplift */
    double fixed;           /* cost of a week of promotion, >= 0 */
    size_t brand, channel;  /* numbers below those of the options */
    const uint8_t *blocked; /* [weeks] 1: not then; NULL: any */
} skuai_promo_item;

/* A promotion of an item from a week on. */
typedef struct skuai_promo_action {
    size_t item, week;
    double depth;
    double units;           /* expected units gained over its weeks */
    double gain, deviation; /* expected profit beyond no promotion, and its deviation */
    double given;           /* money of the budget */
} skuai_promo_action;

typedef struct skuai_promo_options {
    size_t weeks; /* 1 .. SKUAI_PROMO_WEEKS */
    size_t n_brands, n_channels;
    const double *depths; /* [n_depths] shares in [0, 1), increasing; 0: shown without a cut */
    size_t n_depths;
    size_t length, gap, most_per_item; /* weeks, weeks, times; length >= 1 */
    double budget;                     /* INFINITY: none */
    size_t slots, brand_most;          /* a week; 0: no limit */
    const uint8_t *blocked;            /* [weeks] 1: nobody then; NULL */
    double least_margin;               /* over cost */
    double caution;                    /* deviations taken off */
    const skuai_promo_action *agreed;  /* [n_agreed] item, week and depth of what is settled */
    size_t n_agreed;
    size_t iterations; /* of the relaxation; 0: 150 */
    double seconds;    /* for CBC; 0: not asked */
} skuai_promo_options;

typedef struct skuai_promo_plan {
    skuai_promo_action *actions; /* [n] by item, then week; agreed ones with them */
    size_t n;
    double value;     /* what is maximised: gains less caution times deviations */
    double bound;     /* no plan's value is higher */
    double gap;       /* (bound - value) / max(1, |bound|) */
    double gain;      /* expected profit */
    double deviation; /* of it, errors of items independent */
    double given;     /* money */
    bool by_master;   /* the choice between columns by CBC was the best plan */
    /* what is settled cannot be kept: the plan is the nearest that can, without `dropped` of them,
     * those of least value a unit of money or place first */
    bool feasible;
    const char *rule; /* "budget", "slots", "brand"; "" when feasible */
    size_t culprit;   /* index into agreed: which takes most of it */
    double needed;    /* what the rule would have to allow */
    size_t dropped;
} skuai_promo_plan;

/* *plan is the caller's (_free). Same items, options and CBC: the same plan on any number of
 * threads. SKUA_EDATA: an item's number is out of range (negative cost, price 0, ...), naming item
 * and rule; SKUA_EINVAL: an option, likewise; SKUA_ENOMEM, SKUA_ECANCEL. */
SKUA_MUST_USE skua_status skuai_promo_find(const skuai_promo_item *items, size_t n,
                                           const skuai_promo_options *options,
                                           const skuai_context *context, skuai_promo_plan **plan,
                                           skua_error *err);
void skuai_promo_free(skuai_promo_plan *plan); /* NULL allowed */

/* What one promotion of an item is worth; action->item, week and depth are given, the rest is
 * filled.
 */
void skuai_promo_value(const skuai_promo_item *item, const skuai_promo_options *options,
                       skuai_promo_action *action);

#endif
