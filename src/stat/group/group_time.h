/* group_time.h -- the kernels in time of the group forecaster (room stat).
 *
 * Time is T periods of a grid from `first` on, of which the first `window` may be observed. With
 * lag d = |i - j|, season m, and c the distance on the circle of m periods:
 *   TREND    exp(-d / 200)          SLOPE   (i - w/2)(j - w/2) / 52^2
 *   SLOW     exp(-d / 8)            FAST    exp(-d / 2)
 *   SMOOTH   exp(-(c 13/m)^2 / 2)   PHASE   exp(-35 c / m)
 *   MONTH    exp(2 (cos(a_i - a_j) - 1)), a the angle of the period's middle in its month
 *   EASTER, LUNAR   x_i . x_j, x the shares of the days around the feast that lie in the period
 *   NOISE    1 where i = j
 * Kernels that a grid, a season or a window cannot tell apart are left out: without a season no
 * SMOOTH and PHASE; while the season has hardly been seen twice, no SLOPE, SLOW and FAST (a short
 * swing would take the place of the season); a feast needs two occurrences in the window. */
#ifndef SKUA_STAT_GROUP_TIME_H
#define SKUA_STAT_GROUP_TIME_H

#include "core/alloc.h"
#include "core/period.h"

typedef enum skuai_group_kernel {
    SKUAI_GROUP_TREND,
    SKUAI_GROUP_SLOPE,
    SKUAI_GROUP_SLOW,
    SKUAI_GROUP_FAST,
    SKUAI_GROUP_SMOOTH,
    SKUAI_GROUP_PHASE,
    SKUAI_GROUP_MONTH,
    SKUAI_GROUP_EASTER,
    SKUAI_GROUP_LUNAR,
    SKUAI_GROUP_NOISE,
    SKUAI_GROUP_KERNELS
} skuai_group_kernel;

typedef struct skuai_group_time {
    int64_t first; /* period of time 0 */
    size_t n;      /* T */
    size_t window; /* observable periods, <= n */
    int season;
    const double *kernel[SKUAI_GROUP_KERNELS]; /* [T, T] each; NULL: left out */
} skuai_group_time;

/* Fill `time`; the matrices live in the arena. first, n, window and season are set by the caller
 * before. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_group_time_init(skuai_group_time *time, const skuai_grid *grid,
                                                skuai_arena *arena, skua_error *err);

/* sum [T, T] = sum of variance[k] * kernel k, the NOISE kernel only when `noise`. */
void skuai_group_time_sum(const skuai_group_time *time, const double *variance, bool noise,
                          double *sum);

#endif
