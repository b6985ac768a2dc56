/* warm_start.h -- configurations that earlier searches of the shop found good (room shop): what a
 * search begins with, so that the second training does not start from nothing. */
#ifndef SKUA_SHOP_WARM_START_H
#define SKUA_SHOP_WARM_START_H

#include "automl/journal.h"
#include "shop/shop.h"

/* Into journal->warm: the best of each search of SHOP/searches that came to its end, newest first,
 * then the second best of each, and so on; at most `most`, none twice. A configuration is better
 * that was judged on more windows, then by its mean loss. A workspace without searches has none;
 * files that cannot be read are passed over. */
SKUA_MUST_USE skua_status skuai_warm_start_find(const skua_shop *shop, size_t most,
                                                skuai_journal *journal, skua_error *err);

#endif
