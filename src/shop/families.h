/* families.h -- the spaces that a search may look through (room shop): for each family of models
 * what is fixed, what may vary, and between which bounds. A family more is a row more. */
#ifndef SKUA_SHOP_FAMILIES_H
#define SKUA_SHOP_FAMILIES_H

#include "automl/search.h"

const skuai_search_family *skuai_families(size_t *n);

#endif
