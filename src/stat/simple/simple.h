/* simple.h -- the free baselines (room stat): naive, seasonal-naive, drift, historic-mean,
 * window-mean, seasonal-window-mean.
 *
 * Each is a local method (stat/local.h). Forecast variances, sigma^2 that of the one-step errors:
 *   naive                 sigma^2 h                                      [1] section 5.5
 *   seasonal-naive        sigma^2 (k + 1), k = floor((h - 1) / m)
 *   drift                 sigma^2 h (1 + h / (n - 1))
 *   historic-mean         sigma^2 (1 + 1/n)
 *   window-mean           the variance in the window, times (1 + 1/w)
 *   seasonal-window-mean  sigma^2 of the errors of the same forecast made one cycle earlier
 * (h from 1, season m, history n, window w). Parameters:
 *   quantiles  "auto", "normal" or "empirical". Empirical: the means plus the sample quantiles of
 *              the errors that the same forecast made in the past (seasonal-naive: over k + 1
 *              cycles; window-mean: the values of the window themselves). "auto" is empirical where
 *              at least 20 such errors exist, and always for window-mean; else normal.
 *   window     window-mean: periods (default: the season, at least 6; all when the history is
 *              shorter); seasonal-window-mean: cycles (default 3).
 * [1] Hyndman & Athanasopoulos 2021, Forecasting: Principles and Practice, 3rd edition. */
#ifndef SKUA_STAT_SIMPLE_SIMPLE_H
#define SKUA_STAT_SIMPLE_SIMPLE_H

#include "stat/local.h"

extern const skuai_local_method *const skuai_simple_methods[]; /* ended by NULL */

#endif
