/* price_logs.h -- the last periods of a panel as rows of a replay of prices (room shop).
 *
 * The plan is the one of `plan price`, made anew every period from what was known before it: the
 * elasticities of the history before the replayed periods, the price of the period before, the
 * prices seen until the replay began, bounds and rules as set. Rows without a promotion alone, of
 * items whose elasticity was known, with a cost: the column `cost` of the sales or that of the
 * item.
 * The model of a row's demand: the units that the series sold in the 8 periods before and behind
 * it, the row itself left out, brought to one price by the elasticity. */
#ifndef SKUA_SHOP_PRICE_LOGS_H
#define SKUA_SHOP_PRICE_LOGS_H

#include "core/context.h"
#include "decide/price.h"
#include "decide/price_replay.h"
#include "panel/panel.h"

enum { SKUAI_PRICE_LOGS_NEAR = 8 };

typedef struct skuai_price_logs_options {
    skuai_price_options prices;
    double above_competitor;
    size_t periods; /* at the end of every series that are replayed */
} skuai_price_logs_options;

typedef struct skuai_price_logs {
    skuai_price_log *rows; /* [n] */
    size_t n, n_laws;      /* laws: items of the panel */
    size_t items, unknown; /* items with rows; items whose elasticity was not known */
    size_t without_cost;   /* series without one */
} skuai_price_logs;

/* Elasticities are estimated here, from the panel cut off `periods` before its end. SKUA_EDATA: no
 * prices (see skuai_effect_price), or no row at all, with what is missing. */
SKUA_MUST_USE skua_status skuai_price_logs_make(const skuai_panel *panel,
                                                const skuai_price_logs_options *options,
                                                const skuai_context *context,
                                                skuai_price_logs *logs, skua_error *err);
void skuai_price_logs_clear(skuai_price_logs *logs); /* a zeroed one is allowed */

#endif
