/* price.h -- prices from elasticities (room decide).
 *
 * Demand at price p is demand (p / p0)^e, e the own-price elasticity: an estimate with its standard
 * error, normal and cut at 0, so that demand never rises with the price. Expected profit
 * E[demand(p)] (p - cost) is taken over that law (its quantiles, 63 of them), and its band is that
 * of the law's 10 and 90 % points. A price is only looked for where data reach: inside [low, high]
 * and inside the prices that were seen, widened by `stretch`. Thompson sampling (Thompson 1933,
 * Biometrika 25; Chapelle & Li 2011, NIPS) for items whose elasticity is not known: act as if a
 * draw of it were true, learn from what comes. Log sales around the law are normal, so the belief
 * stays normal (Bayesian linear regression through the point p0). */
#ifndef SKUA_DECIDE_PRICE_H
#define SKUA_DECIDE_PRICE_H

#include "core/alloc.h"
#include "core/random.h"

#include <math.h>

typedef enum skuai_price_aim { SKUAI_PRICE_PROFIT, SKUAI_PRICE_REVENUE } skuai_price_aim;

typedef struct skuai_price_item {
    const char *name; /* for messages */
    double price;     /* now: p0 > 0 */
    double cost;      /* of a unit, >= 0 */
    double demand;    /* units expected at p0 */
    double elasticity, elasticity_se;
    double low, high;           /* bounds of the shop; NaN: none */
    double seen_low, seen_high; /* prices in the data; NaN: p0 alone */
    double competitor;          /* price of the competitor; NaN: none */
    double above_competitor;    /* at most so far above it, as a share */
} skuai_price_item;

typedef struct skuai_price_options {
    skuai_price_aim aim;
    double stretch;     /* .05: prices may leave the seen ones by 5 % */
    double ending;      /* .99: the ladder 0.99, 1.99, ...; NaN: every price */
    double step;        /* of the ladder; 0: 1 */
    double most_change; /* of the price, as a share; 0: none */
    double press;       /* money that is taken off for each share that the price rises: the
                           multiplier of a rule on several prices (price_group.h); 0: none */
} skuai_price_options;
#define SKUAI_PRICE_OPTIONS_DEFAULT ((skuai_price_options){.stretch = 0.05, .ending = (double)NAN})

typedef struct skuai_price_point {
    double price, units, value; /* expected; value: profit or revenue */
    double low, high;           /* value at the 10 and 90 % points of the elasticity's law */
} skuai_price_point;

typedef struct skuai_price_choice {
    skuai_price_point now, best;
    double from, to;   /* where it was looked for */
    const char *limit; /* what keeps it from going on: "seen prices", "bound", "competitor",
                          "change", or "" when the best lies inside; "category": price_group.h */
    double chance;     /* that `best` is better than `now` under the law */
} skuai_price_choice;

/* SKUA_EDATA naming item, rule and, when bounds cross, the nearest price that the fewest of them
 * forbid. */
SKUA_MUST_USE skua_status skuai_price_choose(const skuai_price_item *item,
                                             const skuai_price_options *options,
                                             skuai_price_choice *choice, skua_error *err);

/* The curve at n >= 2 prices from `from` to `to`, points [n] out. */
void skuai_price_curve(const skuai_price_item *item, skuai_price_aim aim, double from, double to,
                       size_t n, skuai_price_point *points);

/* -- Learning an elasticity by selling --------------------------------------------------------- */

typedef struct skuai_price_belief {
    double mean, precision; /* of the elasticity: 1 / variance */
    double noise;           /* deviation of log sales around the law, > 0 */
} skuai_price_belief;

/* A first belief: what elasticities usually are (-2 +- 1), or those of the category. */
skuai_price_belief skuai_price_belief_new(double mean, double sd, double noise);
/* Units sold at a price, where demand units were expected at p0. Nothing is learnt from none. */
void skuai_price_learn(skuai_price_belief *belief, double price, double price_now, double units,
                       double demand);
/* The price to try next: the best one for an elasticity drawn from the belief, but none whose
 * expected value under the belief is below `safe` (.9) of today's. */
SKUA_MUST_USE skua_status skuai_price_explore(const skuai_price_item *item,
                                              const skuai_price_options *options,
                                              const skuai_price_belief *belief, double safe,
                                              skuai_random *random, double *price, skua_error *err);

#endif
