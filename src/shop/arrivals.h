/* arrivals.h -- new items in a forecast's report, with the items that their forecasts lean on (room
 * shop). */
#ifndef SKUA_SHOP_ARRIVALS_H
#define SKUA_SHOP_ARRIVALS_H

#include "shop/live.h"

/* Put "young", how many of the living series are within skuai_young_periods of their launch, and
 * "new", the youngest of them (at most 50): name, title, periods of history, launch, mean with an
 * 80 % band over the horizon, note, what it replaces, and its analogues with likeness, share, units
 * of their first periods and launch. Without young series: 0 and an empty array. */
SKUA_MUST_USE skua_status skuai_arrivals_put(const skuai_live *live, uint64_t seed,
                                             skuai_store *store, const skuai_context *context,
                                             skuai_json_writer *w, skua_error *err);

#endif
