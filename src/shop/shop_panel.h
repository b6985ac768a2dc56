/* shop_panel.h -- the panel that a verb works on (room shop): read from the store as the settings
 * say, with the findings that are applied laid over it. */
#ifndef SKUA_SHOP_SHOP_PANEL_H
#define SKUA_SHOP_SHOP_PANEL_H

#include "shop/shop.h"

/* Read the panel. cleaned: lay the applied findings over it and estimate the demand of stock-outs,
 * as the settings `clean` and `stockouts` say; false: as it came. *panel is owned by the caller.
 * SKUA_EDATA: there are no sales yet, with what to do. */
SKUA_MUST_USE skua_status skuai_shop_panel(const skua_shop *shop, skuai_store *store, bool cleaned,
                                           skuai_panel **panel, skua_error *err);

/* Put what a person wants to know of a panel into a report: series, items, channels, frequency,
 * season, first and last period. */
void skuai_panel_describe(skuai_json_writer *w, const skuai_panel *panel);

#endif
