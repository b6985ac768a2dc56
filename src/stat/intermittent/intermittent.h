/* intermittent.h -- the forecasters for counts with many zeros (room stat).
 *
 * Each is a local method (stat/local.h): one series in, means and count quantiles out. The
 * registry of the room lists them; nothing else of this folder but the panel-level forecaster of
 * count_pool.h is called from outside. */
#ifndef SKUA_STAT_INTERMITTENT_INTERMITTENT_H
#define SKUA_STAT_INTERMITTENT_INTERMITTENT_H

#include "stat/local.h"

/* All methods of this folder, ended by NULL: "croston", "croston-optimized", "sba", "tsb",
 * "adida", "imapa", "empirical", "npts", "npts-seasonal", "dynamic-count", "intermittent". */
extern const skuai_local_method *const skuai_intermittent_methods[];

#endif
