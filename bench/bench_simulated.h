/* bench_simulated.h -- the files of a simulated shop as the panel that the product makes of them.
 */
#ifndef SKUA_BENCH_BENCH_SIMULATED_H
#define SKUA_BENCH_BENCH_SIMULATED_H

#include "panel/panel.h"

/* Read items, promotions, calendar and sales of `folder` by `ingest` into a new shop at `home`;
 * *panel is the caller's. */
SKUA_MUST_USE skua_status bench_shop_panel(const char *folder, const char *home,
                                           skuai_panel **panel, skua_error *err);

#endif
