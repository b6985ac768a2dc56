#include "stat/intermittent/intermittent.h"

const skuai_local_method *const skuai_intermittent_methods[] = {NULL};
