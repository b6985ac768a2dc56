/* shared_series.h -- a forecaster whose series are shared by ranks (room stat).
 *
 * Every rank fits the whole panel and forecasts a consecutive share of its series; each then has
 * the forecasts of all. Bit for bit those of one rank where the forecaster is a local one: it sees
 * one series at a time and draws its random numbers by the series' place in the whole panel. Of
 * nets but for rounding, as their batches are others; a panel with series without history, of which
 * a net tells by the others, they forecast whole on every rank. All ranks predict the same panels
 * in the same order. A failure on one rank is a failure on all. */
#ifndef SKUA_STAT_SHARED_SERIES_H
#define SKUA_STAT_SHARED_SERIES_H

#include "forecast/forecaster.h"
#include "math/ranks.h"

typedef struct skuai_shared_series {
    skuai_forecaster inner;   /* by_series */
    const skuai_ranks *ranks; /* borrowed */
} skuai_shared_series;

/* shared is borrowed, and must not move while the forecaster is used. It gives no contributions. */
skuai_forecaster skuai_shared_series_forecaster(const skuai_shared_series *shared);

#endif
