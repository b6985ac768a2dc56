/* season.h -- finding the periods at which a series repeats (room math).
 *
 * A period is reported when three things agree: a peak of the periodogram that stands out of its
 * own neighbourhood of frequencies (so that the red spectrum of a drifting level does not count),
 * a hill of the autocorrelation at that lag, and, for the result, that what repeats is worth it.
 * Found seasons are removed and the search repeated.
 * [1] Vlachos, Yu & Castelli 2005, SIAM Data Mining: periodogram hints, autocorrelation proof.
 * [2] Fisher 1929, Proc. Royal Society A 125; Siegel 1980, JASA 75(370): tests of peaks. */
#ifndef SKUA_MATH_SEASON_H
#define SKUA_MATH_SEASON_H

#include "core/alloc.h"

#define SKUAI_SEASONS_MAX 3

typedef struct skuai_season {
    size_t period;      /* observations, 3 .. 2 n / 5 */
    double correlation; /* autocorrelation at that lag when it was found */
    double p_value;  /* of the peak, corrected for the number of frequencies; of a hint's F test */
    double strength; /* share of the variance that repeats (or of what a first-order
                        autoregression leaves of it, if that is more), in [0, 1] */
} skuai_season;

typedef struct skuai_season_options {
    double significance; /* of a peak; 0: 0.001 */
    double strength;     /* least; 0: 0.03 */
    size_t longest;      /* longest period; 0, or more: 2 n / 5, as two and a half cycles are
                            the least that a level shift does not look like */
    size_t most;         /* seasons; 0: SKUAI_SEASONS_MAX */
    /* Periods that the calendar suggests, as 7 and 365 of days, ascending, [n_hints], borrowed:
     * each needs only to pass a test of its own (F, 1 %), not to be the best of all. */
    const size_t *hints;
    size_t n_hints;
} skuai_season_options;

/* seasons [SKUAI_SEASONS_MAX] out in the order found (fast ones first), *n_seasons out (0: none).
 * NaN in y are filled along a straight line. options may be NULL. scratch is given back as it was.
 * Fewer than 8 values, or constant ones, have no season. SKUA_EDATA: an infinite value. */
SKUA_MUST_USE skua_status skuai_find_seasons(const double *y, size_t n,
                                             const skuai_season_options *options,
                                             skuai_arena *scratch, skuai_season *seasons,
                                             size_t *n_seasons, skua_error *err);

#endif
