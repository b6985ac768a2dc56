/* shared_local.h -- a local forecaster whose series are shared by ranks (room stat).
 *
 * Every rank forecasts a consecutive share of the panel's series; each then has the forecasts of
 * all, bit for bit those of one rank, as a local method sees one series at a time and draws its
 * random numbers by the series' place in the whole panel. All ranks predict the same panels in the
 * same order. A failure on one rank is a failure on all. */
#ifndef SKUA_STAT_SHARED_LOCAL_H
#define SKUA_STAT_SHARED_LOCAL_H

#include "forecast/forecaster.h"
#include "math/ranks.h"

typedef struct skuai_shared_local {
    skuai_forecaster inner;   /* a local one (skuai_forecaster_is_local) */
    const skuai_ranks *ranks; /* borrowed */
} skuai_shared_local;

/* shared is borrowed, and must not move while the forecaster is used. It gives no contributions. */
skuai_forecaster skuai_shared_local_forecaster(const skuai_shared_local *shared);

#endif
