/* change_point.h -- where the level, or level and variance, of a series change (room math).
 * [1] Killick, Fearnhead & Eckley 2012, JASA 107(500): PELT, the exact minimum of
 *     sum over segments of cost + penalty, in linear time when changes are spread. */
#ifndef SKUA_MATH_CHANGE_POINT_H
#define SKUA_MATH_CHANGE_POINT_H

#include "core/alloc.h"

typedef enum skuai_change_cost {
    SKUAI_CHANGE_MEAN,         /* squared deviations from the segment's mean */
    SKUAI_CHANGE_MEAN_VARIANCE /* n log variance: minus twice a Gaussian likelihood */
} skuai_change_cost;

typedef struct skuai_change_options {
    skuai_change_cost cost;
    size_t least; /* shortest segment; 0: 2 */
    /* Cost of one change; 0: BIC: 2 s^2 log n for MEAN, s^2 estimated robustly from first
     * differences; 3 log n for MEAN_VARIANCE. */
    double penalty;
    /* MEAN_VARIANCE: added to every segment's variance, so that constant runs do not have an
     * infinite likelihood; 0: 1e-6 of the whole variance. */
    double floor;
} skuai_change_options;

/* changes [capacity] out: first positions of the segments after the first, ascending; *n_changes
 * out: how many there are, also when more than capacity (the first ones are then stored).
 * y [n] finite. scratch is given back as it was. Between O(n) and O(n^2) time.
 * SKUA_EDATA: n = 0 or y not finite; SKUA_EINVAL: a negative penalty. */
SKUA_MUST_USE skua_status skuai_change_points(const double *y, size_t n,
                                              const skuai_change_options *options,
                                              skuai_arena *scratch, size_t *changes,
                                              size_t capacity, size_t *n_changes, skua_error *err);

#endif
