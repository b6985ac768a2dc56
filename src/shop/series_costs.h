/* series_costs.h -- what a unit too few and a unit too many costs, series by series, for weights by
 * cost (room shop): from the table supply, a period's review long. A unit too few costs the
 * shortage; one too many its holding until the next order, or, when it spoils before, what was paid
 * for it. */
#ifndef SKUA_SHOP_SERIES_COSTS_H
#define SKUA_SHOP_SERIES_COSTS_H

#include "shop/shop.h"

typedef struct skuai_series_costs {
    double *under, *over; /* [S] NaN: unknown; NULL: not asked for */
} skuai_series_costs;

/* Empty unless the setting `weigh` is cost. SKUA_EDATA: it is, and the shop has no supply. */
SKUA_MUST_USE skua_status skuai_series_costs_read(const skua_shop *shop, const skuai_panel *panel,
                                                  skuai_series_costs *costs, skua_error *err);
void skuai_series_costs_clear(skuai_series_costs *costs); /* zeroed: allowed */

#endif
