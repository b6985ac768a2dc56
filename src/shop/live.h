/* live.h -- forecasting what still lives (room shop). A shop's forecast begins, for every series,
 * in the period behind the last one that the shop has seen. A series that ended before (an item
 * taken from sale, or silent for longer than a season) is left out and counted; one whose last rows
 * are merely missing is forecast across the gap. A new item whose launch lies beyond the horizon is
 * left out, and not counted. */
#ifndef SKUA_SHOP_LIVE_H
#define SKUA_SHOP_LIVE_H

#include "shop/shop.h"

typedef struct skuai_live {
    skuai_panel *panel;       /* the living series, owned */
    skuai_forecast *forecast; /* of them, all beginning in the same period; owned */
    size_t n_ended;           /* series left out */
} skuai_live;

/* Run a forecaster on the living series of a panel. SKUA_EDATA: none lives. */
SKUA_MUST_USE skua_status skuai_live_forecast(const skuai_forecaster *forecaster,
                                              const skuai_panel *panel,
                                              const skuai_request *request,
                                              const skuai_context *context, skuai_live *live,
                                              skua_error *err);
/* The living series alone, in the order in which skuai_live_forecast fits them: what a model that
 * answers later has to be fitted on for the same numbers. */
SKUA_MUST_USE skua_status skuai_live_panel(const skuai_panel *panel, size_t horizon,
                                           skuai_panel **living, skua_error *err);
void skuai_live_clear(skuai_live *live);

#endif
