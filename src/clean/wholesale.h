/* wholesale.h -- orders that dwarf all others of an item (room clean).
 *
 * A shop's few bulk buyers are another demand than that of its many visitors: one line of 5,000
 * among lines of 2 moves every average. The logarithms of an item's line sizes are held against
 * the bound that the largest of so many passes by chance (skuai_tail_bound), and a line must hold
 * at least `factor` times the median line. */
#ifndef SKUA_CLEAN_WHOLESALE_H
#define SKUA_CLEAN_WHOLESALE_H

#include "core/alloc.h"

typedef struct skuai_wholesale_options {
    double factor; /* times the median line, > 1 */
    double level;  /* chance that an item without bulk orders shows one, (0, 1) */
    double few;    /* times the median line for items of fewer than 20 lines */
} skuai_wholesale_options;

#define SKUAI_WHOLESALE_OPTIONS_DEFAULT                                                            \
    ((skuai_wholesale_options){.factor = 10, .level = 0.05, .few = 50})

/* The size from which on a line of the item is called wholesale; INFINITY: none is. Lines that are
 * not above 0 are left out; fewer than 5 lines say nothing.
 *   units [n], scratch [2 n] */
double skuai_wholesale_bound(const double *units, size_t n, const skuai_wholesale_options *options,
                             double *scratch);

#endif
