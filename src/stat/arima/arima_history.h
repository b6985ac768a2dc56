/* arima_history.h -- the part of a history that ARIMA looks at, its gaps filled by guesses, and the
 * differences that tests ask for (room stat). */
#ifndef SKUA_STAT_ARIMA_ARIMA_HISTORY_H
#define SKUA_STAT_ARIMA_ARIMA_HISTORY_H

#include "core/alloc.h"

#define SKUAI_ARIMA_LONGEST 4000 /* periods, the youngest ones */
#define SKUAI_ARIMA_GAPS    48   /* missing values that are estimated, the youngest ones */

typedef struct skuai_arima_history {
    double *y; /* [n] guesses in place of missing values */
    size_t n;
    size_t *missing; /* [n_missing] gaps to be estimated, ascending; older guesses count as seen */
    size_t n_missing;
    size_t observed;
} skuai_arima_history;

/* From y [n], NaN missing; memory from the arena. A guess is the mean of the nearest observations
 * of the same phase, or lies on the line between the neighbours. SKUA_EDATA: nothing observed. */
SKUA_MUST_USE skua_status skuai_arima_history_take(const double *y, size_t n, int season,
                                                   skuai_arena *arena, skuai_arima_history *history,
                                                   skua_error *err);

/* D by the strength of the season, then d by repeated KPSS tests up to `most` (see
 * math/stationarity.h). D is 0 where the history holds no more than two seasons. */
SKUA_MUST_USE skua_status skuai_arima_differences(const skuai_arima_history *history, int season,
                                                  int most, skuai_arena *arena, int *d, int *D,
                                                  skua_error *err);

/* Whether nothing varies, up to rounding, after d and D differences, or nothing is left. */
SKUA_MUST_USE skua_status skuai_arima_is_still(const skuai_arima_history *history, int season,
                                               int d, int D, skuai_arena *arena, bool *still,
                                               skua_error *err);

#endif
