#include "stat/intermittent/intermittent.h"

#include "stat/intermittent/croston.h"
#include "stat/intermittent/dynamic_count.h"
#include "stat/intermittent/intermittent_choice.h"
#include "stat/intermittent/past_distribution.h"

const skuai_local_method *const skuai_intermittent_methods[] = {
    &skuai_croston_method,       &skuai_croston_optimized_method,
    &skuai_sba_method,           &skuai_tsb_method,
    &skuai_adida_method,         &skuai_imapa_method,
    &skuai_empirical_method,     &skuai_npts_method,
    &skuai_npts_seasonal_method, &skuai_dynamic_count_method,
    &skuai_intermittent_method,  NULL};
