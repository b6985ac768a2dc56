/* supply.h -- what limits buying, as the plan of orders wants it (room shop): the table supply laid
 * on the series that are forecast. A place is an item at a location; the channels that name the
 * location first in their `locations` sell from it (a channel that names none sells from every
 * place of the item; a place without location serves all channels).
 *
 * What a row does not say: lead time is a period, holding 20 % of cost a year, a shortage the
 * margin (last known price less cost) or, without those, as much as 10 periods of holding, and says
 * so in `assumed`. Lead times, shelf lives and holding of the table are in days. */
#ifndef SKUA_SHOP_SUPPLY_H
#define SKUA_SHOP_SUPPLY_H

#include "decide/stock_order.h"
#include "shop/shop.h"

typedef struct skuai_supply_place {
    const char *item, *location, *name; /* name: "tea at north" */
    skuai_stock_item terms;
    size_t *series, n_series; /* of the panel: the channels it serves */
    double price, due;        /* price NaN: unknown; due: units on order in all */
    const char *assumed;      /* what was assumed, as "lead time, shortage"; "" nothing */
} skuai_supply_place;

typedef struct skuai_supply {
    skuai_table *rows, *channels;
    skuai_arena *arena;
    skuai_supply_place *places;
    size_t n;
    size_t n_without; /* series that no place serves */
} skuai_supply;

/* Read the rows. SKUA_EDATA: the shop has none, with what to do. */
SKUA_MUST_USE skua_status skuai_supply_read(skuai_store *store, skuai_supply *supply,
                                            skua_error *err);
/* Make places of them for the series of `panel`, whose forecasts begin in period `first`. review:
 * periods between orders. */
SKUA_MUST_USE skua_status skuai_supply_places(skuai_supply *supply, const skuai_panel *panel,
                                              int64_t first, size_t review, double order_cost,
                                              skua_error *err);
void skuai_supply_clear(skuai_supply *supply); /* a zeroed one is allowed */

#endif
