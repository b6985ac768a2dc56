/* unit_change.h -- units that are suddenly counted in another unit or pack: pieces instead of
 * dozens, grams instead of kilograms (room clean).
 *
 * Of an item's values above 0 the logarithms are taken. Where the medians of the `window` values
 * before and after a place differ most, both sides are compared: the step is a unit change when
 *   - it is within its own uncertainty (and at most 0.35) of the logarithm of a known factor,
 *   - it exceeds `least` times the noise of the steps elsewhere in the series,
 *   - it is abrupt: the nearest values on both sides already stand on their own side's level.
 * A second, opposite step of the same factor ends it. When a price is there, price times factor
 * staying level is proof; a price that does not move with the units is doubt, and the step must be
 * clearer.
 *
 * Step test: Mann & Whitney's idea on medians; factors are those of commerce: 6, 10, 12, 24, 100,
 * 144, 1000 and their inverses. */
#ifndef SKUA_CLEAN_UNIT_CHANGE_H
#define SKUA_CLEAN_UNIT_CHANGE_H

#include "clean/finding.h"
#include "panel/panel.h"

typedef struct skuai_unit_change {
    size_t from, to; /* periods [from, to) of the series that are counted otherwise */
    double factor;   /* they are this many times too large (below 1: too small) */
    double score;    /* step over noise */
} skuai_unit_change;

typedef struct skuai_unit_change_options {
    size_t window; /* values on either side, >= 3 */
    double least;  /* step over the noise of steps, > 0 */
} skuai_unit_change_options;

#define SKUAI_UNIT_CHANGE_OPTIONS_DEFAULT ((skuai_unit_change_options){.window = 6, .least = 5})

/* Changes of one series, at most `most`, into changes; returns how many. x [n] with NaN and zeros
 * allowed; price [n] or NULL. The shorter part of a series that changes once is called wrong when
 * it lies before (shops repair units; what is newest is right). scratch [6 n]. */
size_t skuai_unit_changes(const double *x, const float *price, size_t n,
                          const skuai_unit_change_options *options, skuai_unit_change *changes,
                          size_t most, double *scratch);

/* All series of a panel, as findings of kind UNIT_CHANGE (number: the factor to divide by). */
SKUA_MUST_USE skua_status skuai_unit_changes_find(const skuai_panel *panel,
                                                  const skuai_unit_change_options *options,
                                                  skuai_findings *findings, skua_error *err);

#endif
