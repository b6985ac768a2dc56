/* calibration.h -- conformal calibration of quantiles on backtest windows (room forecast).
 *
 * Models claim quantiles; what came in the windows of a backtest says how often they held. Two
 * corrections, a series takes the one of its class:
 *   regular series:      x'_q = m + k_q (x_q - m), m the median, k_q = k_(1-q) such that the share
 *                        of observations inside [x'_q, x'_(1-q)] in the windows is 1 - 2q: split
 *                        conformal prediction with the score |y - m| over the half interval on y's
 *                        side. One factor for both sides, because all errors of one origin share
 *                        its shock, whose sign will not repeat; log k_q is shrunk by w / (w + 1)
 *                        for w windows, and series with no more history than the horizon are left
 *                        out
 *                        (Romano, Patterson & Candes 2019, "Conformalized quantile regression";
 *                        Papadopoulos 2008 for the normalised score)
 *   intermittent series: x'_q = Q(g(q)), Q the quantile function, g(q) the q-quantile of the
 *                        randomised PIT in the windows (Kuleshov, Fenner & Ermon 2018, ICML, eq.
 * 3), because a mass at zero has no spread to stretch. Each is shrunk toward no correction by n /
 * (n + 100) for n observations, and kept for a class only if, fitted on half of the series, it
 * lowers the pinball loss of the other half.
 *
 * Spread is often right near the origin and wrong far from it. So the same corrections are also
 * fitted by horizon, in at most SKUAI_CALIBRATION_BLOCKS blocks of equal length: a block with few
 * observations takes in its neighbours on both sides until there are 400, and is shrunk toward the
 * correction of the whole horizon by n / (n + 100). A class has them only if there are two windows
 * or more and, fitted on every other window, they lower the pinball loss of the rest below what one
 * correction does: errors of one window share its shocks. */
#ifndef SKUA_FORECAST_CALIBRATION_H
#define SKUA_FORECAST_CALIBRATION_H

#include "forecast/metrics.h"

typedef enum skuai_calibration_class {
    SKUAI_CALIBRATION_REGULAR,
    SKUAI_CALIBRATION_INTERMITTENT, /* at least 30 % of the history are zeros */
    SKUAI_CALIBRATION_CLASSES
} skuai_calibration_class;

enum { SKUAI_CALIBRATION_BLOCKS = 16 };

skuai_calibration_class skuai_calibration_classify(const double *y, size_t n);

typedef struct skuai_calibration {
    size_t n_levels; /* 0: no correction at all */
    double level[SKUAI_SCORES_LEVELS];
    bool used[SKUAI_CALIBRATION_CLASSES], by_horizon[SKUAI_CALIBRATION_CLASSES];
    size_t horizon, n_blocks; /* periods it was fitted on, in so many blocks; later ones count to
                                 the last */
    /* By block; all the same for a class that is not by horizon. */
    double factor[SKUAI_CALIBRATION_BLOCKS][SKUAI_SCORES_LEVELS]; /* k_q; 1 where q is the median */
    double level_taken[SKUAI_CALIBRATION_BLOCKS][SKUAI_SCORES_LEVELS]; /* g(q) */
    double autocorrelation[SKUAI_CALIBRATION_CLASSES]; /* of the copula, in [0, 0.95] */
    size_t n_points[SKUAI_CALIBRATION_CLASSES];
} skuai_calibration;

/* Learn from n windows: views whose future holds what came, and the forecasts made for them. */
SKUA_MUST_USE skua_status skuai_calibration_fit(const skuai_panel *const *views,
                                                const skuai_forecast *const *forecasts, size_t n,
                                                uint64_t seed, skuai_calibration *calibration,
                                                skua_error *err);

/* Correct the quantiles of a forecast of `panel`, in place; the result is settled at `floor`. */
SKUA_MUST_USE skua_status skuai_calibration_apply(const skuai_calibration *calibration,
                                                  const skuai_panel *panel, double floor,
                                                  skuai_forecast *forecast, skua_error *err);

#endif
