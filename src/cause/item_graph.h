/* item_graph.h -- which items are bought instead of one another and which together (room cause).
 *
 * Baskets. Items that stand in one order more often than the orders' sizes alone would bring them
 * together are complements, less often substitutes. Expected of a pair is n_i n_j sum s(s - 1) /
 * (sum s)^2 over the orders, of sizes s, in which both were on sale (between their first and last
 * sale): the random graph with given degrees [1], so that large baskets make no links. Tested by
 * the Poisson law, both tails, at a false discovery rate over all pairs that met or were expected
 * to meet five times [2]. phi is the correlation of the two indicators over those orders.
 *
 * Prices. Sales of item i in a channel, relative to their mean in a block of time, are regressed on
 * the log prices of all other items of its group in that channel at once, given its own price and
 * promotion, the weekday, and what the channel sold outside the group that day; rows weigh by what
 * they tell of a count, errors are clustered by block of time [3]. The coefficient is a cross-price
 * elasticity: above 0 the two are substitutes, below 0 complements. The same false discovery rate,
 * over all pairs.
 *
 * [1] Chung & Lu 2002, Annals of Combinatorics 6; as the null model of baskets: Gionis, Mannila,
 *     Mielikainen & Tsaparas 2007, ACM TKDD 1(3). [2] Benjamini & Hochberg 1995.
 * [3] Deaton & Muellbauer 1980, AER 70(3) for cross-price systems; Liang & Zeger 1986. */
#ifndef SKUA_CAUSE_ITEM_GRAPH_H
#define SKUA_CAUSE_ITEM_GRAPH_H

#include "core/context.h"
#include "panel/panel.h"

typedef enum skuai_item_evidence { SKUAI_ITEM_BASKETS, SKUAI_ITEM_PRICES } skuai_item_evidence;

/* A link between two items; of baskets it goes both ways and stands once, from < to; of prices it
 * goes from the item whose price moves to the one whose sales answer. */
typedef struct skuai_item_link {
    uint32_t from, to;
    bool substitutes;
    skuai_item_evidence evidence;
    double value; /* baskets: log of orders together over expected; prices: cross elasticity */
    double error, p, q;
    double together, expected, phi; /* baskets; prices: NaN */
} skuai_item_link;

typedef struct skuai_item_links {
    size_t n, n_tests;
    skuai_item_link *items; /* [n] */
} skuai_item_links;

void skuai_item_links_clear(skuai_item_links *links);

/* Orders in the order of time: distinct items of order b are item[first[b]] .. item[first[b + 1] -
 * 1], ascending. */
typedef struct skuai_baskets {
    size_t n, n_items;
    const size_t *first;
    const uint32_t *item;
} skuai_baskets;

/* Links at a false discovery rate, appended. Orders of more than 100 items are left out.
 * SKUA_EDATA: no order holds two items. */
SKUA_MUST_USE skua_status skuai_basket_links(const skuai_baskets *baskets, double rate,
                                             skuai_item_links *links, skua_error *err);

/* Those of tested [n] whose q, set here, is at most the rate, appended: what both kinds of links
 * end with. */
SKUA_MUST_USE skua_status skuai_item_links_judge(skuai_item_link *tested, size_t n, double rate,
                                                 skuai_item_links *links, skua_error *err);

enum { SKUAI_ITEM_PEERS = 40 }; /* of a group, the best-selling ones are told apart */

/* Links at a false discovery rate, appended; items are levels of the static "item". group: a static
 * (SIZE_MAX: the whole shop is one group). SKUA_EDATA: no prices that moved, or too short. */
SKUA_MUST_USE skua_status skuai_price_links(const skuai_panel *panel, size_t group, double rate,
                                            const skuai_context *context, skuai_item_links *links,
                                            skua_error *err);

/* What a price cut of item `from` by `cut` (0.1: a tenth) does to others by its price links, a
 * period: units that substitutes lose, units that complements gain. mean [n_items]: units sold a
 * period. */
void skuai_item_spill(const skuai_item_links *links, const double *mean, uint32_t from, double cut,
                      double *cannibalised, double *halo);

#endif
