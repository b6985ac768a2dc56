/* ets_start.h -- heuristic initial states of exponential smoothing (room stat).
 * Hyndman, Koehler, Ord & Snyder 2008, section 2.6.1: seasonal states from a classical
 * decomposition (one harmonic by least squares when there are fewer than three seasons), level and
 * growth from the mean or a straight line through the first max(10, 2m) seasonally adjusted values.
 */
#ifndef SKUA_STAT_EXPONENTIAL_ETS_START_H
#define SKUA_STAT_EXPONENTIAL_ETS_START_H

#include "stat/exponential/ets_space.h"

typedef struct skuai_ets_start {
    double *season;                   /* [m] the first m seasonal states, normalised */
    double mean;                      /* of the first adjusted values */
    double level, growth;             /* of the line through them: value before the first, slope */
    double ratio_level, ratio_growth; /* for a multiplicative trend */
} skuai_ets_start;

/* States for one kind of season (multiplicative: y > 0). start->season is taken from the arena. */
SKUA_MUST_USE skua_status skuai_ets_start_find(const double *y, size_t n, size_t m,
                                               skuai_ets_kind season, skuai_arena *arena,
                                               skuai_ets_start *start, skua_error *err);

#endif
