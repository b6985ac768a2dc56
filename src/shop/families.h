/* families.h -- the spaces that a search may look through (room shop): for each family of models
 * what is fixed, what may vary and between which bounds, and which preparations of the panel
 * (automl/preparation.h) it can use. A family more is a row more. */
#ifndef SKUA_SHOP_FAMILIES_H
#define SKUA_SHOP_FAMILIES_H

#include "automl/search.h"

enum { SKUAI_FAMILIES = 10, SKUAI_FAMILIES_TEXT = 512 };

typedef struct skuai_families {
    size_t n;
    skuai_search_family items[SKUAI_FAMILIES];
    skuai_search_parameter parameters[SKUAI_FAMILIES][SKUAI_SEARCH_PARAMETERS];
    char vectors[SKUAI_FAMILIES_TEXT]; /* "|none|text|image|text/minilm" */
} skuai_families;

/* The families, with the preparations that can change anything on this panel: stock-outs where
 * something was not available, seasonal differences where there is a season, the modalities that it
 * has; the transformer where its base model is installed. *families must stay where it is. */
void skuai_families_make(const skuai_panel *panel, skuai_families *families);

#endif
