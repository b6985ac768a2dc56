/* dynamic_count.h -- the count model of one series alone (room stat): count_model.h with the usual
 * settings, its level's decay and whether it has a season chosen by the log score of forecasts
 * from up to 16 origins inside the history. Missing values are passed over. Parameters: "season"
 * alone. A negative value is SKUA_EDATA. */
#ifndef SKUA_STAT_INTERMITTENT_DYNAMIC_COUNT_H
#define SKUA_STAT_INTERMITTENT_DYNAMIC_COUNT_H

#include "stat/local.h"

extern const skuai_local_method skuai_dynamic_count_method;

#endif
