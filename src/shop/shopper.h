/* shopper.h -- the shop's orders and events as interactions, with names, and what bears on which
 * items may be recommended (room shop). */
#ifndef SKUA_SHOP_SHOPPER_H
#define SKUA_SHOP_SHOPPER_H

#include "recommend/recommender.h"
#include "shop/shop.h"

typedef struct skuai_shoppers {
    skuai_interactions *interactions; /* days since 1970-01-01 */
    skuai_table *users;               /* user; row number: the user's number */
    skuai_table *items; /* item, title, category, price, cost, stock, expected; likewise */
} skuai_shoppers;

/* Sales with a user count 1; events buy 1, cart and favourite .3, others .1. Items are those of
 * the table items and those that were bought or looked at. stock: on hand in all locations, NULL:
 * no row of supply; expected: units of the last stored forecast, NULL: none. SKUA_EDATA: neither
 * orders with users nor events. */
SKUA_MUST_USE skua_status skuai_shoppers_read(skuai_store *store, skuai_shoppers *shoppers,
                                              skua_error *err);
void skuai_shoppers_clear(skuai_shoppers *shoppers); /* a zeroed one is allowed */

/* Item vectors of the table vectors side by side, one model a modality (that of most items), each
 * scaled to length 1 and cut to its first 256 numbers; zeros where an item has none. *values
 * [n items, *width] is the caller's; NULL and 0: the shop has no vectors. */
SKUA_MUST_USE skua_status skuai_shoppers_content(skuai_store *store, const skuai_table *items,
                                                 float **values, size_t *width, skua_error *err);
/* What a net was trained on, as a short text: another one when orders, events, items or vectors
 * are others. */
void skuai_shoppers_key(const skuai_shoppers *shoppers, const float *content, size_t width,
                        char key[64]);

/* Row of a name in a table sorted by its first column, SIZE_MAX: none. */
size_t skuai_shoppers_find(const skuai_table *table, const char *name);

/* What demand and margin say about each item, to be added to its score, adjust [n items] out.
 * stock: log of the share of the expected demand that the stock serves, -INFINITY where nothing is
 * left or the item has ended; profit: beside that, log of the margin of a unit. */
void skuai_shoppers_adjust(const skuai_shoppers *shoppers, bool profit, float *adjust);

#endif
