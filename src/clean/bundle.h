/* bundle.h -- what a bundle is made of, down to the last part (room clean).
 *
 * Units of a bundle are demand for its parts. Bundles may hold bundles; a bundle that holds itself
 * is an error of the data. */
#ifndef SKUA_CLEAN_BUNDLE_H
#define SKUA_CLEAN_BUNDLE_H

#include "core/alloc.h"

typedef struct skuai_part {
    size_t bundle, item; /* numbers of items */
    double units;        /* of the item in one bundle, > 0 */
} skuai_part;

/* Flatten n rows of parts among n_items items: *flat gets, for each bundle, its parts that are no
 * bundles themselves, equal parts added up, ordered by (bundle, item); *flat (skuai_free) has
 * *n_flat rows. SKUA_EDATA: a bundle that holds itself (*cycle, when not NULL, names it), or units
 * that are not above 0; SKUA_ELIMIT: more than 64 levels or 10,000,000 rows. */
SKUA_MUST_USE skua_status skuai_bundles_flatten(const skuai_part *parts, size_t n, size_t n_items,
                                                skuai_part **flat, size_t *n_flat, size_t *cycle,
                                                skua_error *err);

#endif
