/* croston.h -- the methods of demand_rate.h as local methods, with the count quantiles of hurdle.h
 * (room stat). Parameters: "alpha" of croston and sba (0.1), "alpha-demand" and
 * "alpha-probability" of tsb (0.1); the others have none. A negative value is SKUA_EDATA. */
#ifndef SKUA_STAT_INTERMITTENT_CROSTON_H
#define SKUA_STAT_INTERMITTENT_CROSTON_H

#include "stat/local.h"

extern const skuai_local_method skuai_croston_method, skuai_croston_optimized_method,
    skuai_sba_method, skuai_tsb_method, skuai_adida_method, skuai_imapa_method;

#endif
