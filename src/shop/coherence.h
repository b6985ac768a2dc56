/* coherence.h -- forecasts of items made to fit those of their groups (room shop):
 * automl/coherent.h with the forecaster of groups that skua uses, ETS and theta. */
#ifndef SKUA_SHOP_COHERENCE_H
#define SKUA_SHOP_COHERENCE_H

#include "automl/coherent.h"
#include "shop/shop.h"

/* Move a panel's forecast in place; bottom-up leaves it. */
SKUA_MUST_USE skua_status skuai_coherence_apply(const skua_shop *shop, skuai_coherence coherence,
                                                const skuai_panel *panel, skuai_forecast *forecast,
                                                skua_error *err);

/* The coherence that the setting `coherent` names, or, when it is auto, that windows [from, to) of
 * a backtest prefer; loss [SKUAI_COHERENCES] out, NaN when none was compared. */
SKUA_MUST_USE skua_status skuai_coherence_decide(const skua_shop *shop,
                                                 const skuai_backtest *backtest,
                                                 const skuai_ensemble *ensemble, size_t from,
                                                 size_t to, skuai_coherence *coherence,
                                                 double *loss, skua_error *err);

#endif
