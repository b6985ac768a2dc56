/* shop_panel.h -- the panel that a verb works on (room shop): read from the store as the settings
 * say. */
#ifndef SKUA_SHOP_SHOP_PANEL_H
#define SKUA_SHOP_SHOP_PANEL_H

#include "shop/shop.h"
#include "shop/versions.h"

/* Read the panel. kept: without the rows that applied findings take out, as the setting `clean`
 * says; false: every row. Findings of series are not laid over: see history.h. *panel is owned by
 * the caller. SKUA_EDATA: there are no sales yet, with what to do. */
SKUA_MUST_USE skua_status skuai_shop_panel(const skua_shop *shop, skuai_store *store, bool kept,
                                           skuai_panel **panel, skua_error *err);

/* Whether a check has written findings. */
SKUA_MUST_USE skua_status skuai_shop_checked(skuai_store *store, bool *checked, skua_error *err);

/* Put what a person wants to know of a panel into a report: series, items, channels, frequency,
 * season, first and last period. */
void skuai_panel_describe(skuai_json_writer *w, const skuai_panel *panel);

/* The panel to learn from once more, and what of it was known at the origins of a backtest of so
 * many windows; *raw is owned by the caller. */
SKUA_MUST_USE skua_status skuai_shop_versions(const skua_shop *shop, skuai_store *store,
                                              size_t windows, skuai_panel **raw,
                                              skuai_versions *versions, skua_error *err);

#endif
