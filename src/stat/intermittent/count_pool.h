/* count_pool.h -- count forecasts of sparse series that borrow strength from their panel
 * (room stat).
 *
 * fit learns the settings of the count model (count_model.h) over all series (count_fit.h), the
 * panel's mean and its seasonal shape; predict applies them to each series of any panel. A series
 * without history gets the panel's own distribution.
 * Parameters: "season" (the panel's), "horizon" (periods ahead to learn for; a season, 8 to 26),
 * "evaluations" (of each search, 240), "series" (looked at; 1,000, or 2,500 of small counts, or 250
 * where values are in the thousands, and fewer, at least 250, where these would have over 300,000
 * periods). Of any setting of skuai_count_setting_names a value, as it is searched, sets where the
 * search starts; evaluations below 24 takes the settings as they are. */
#ifndef SKUA_STAT_INTERMITTENT_COUNT_POOL_H
#define SKUA_STAT_INTERMITTENT_COUNT_POOL_H

#include "forecast/forecaster.h"

/* "count-pool". */
skuai_forecaster skuai_count_pool_forecaster(void);

#endif
