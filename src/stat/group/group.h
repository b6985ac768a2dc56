/* group.h -- forecaster "group": every series shrunk toward what its groups share (room stat).
 *
 * A panel's categorical statics (store, department, category, channel, ...) and "all" are
 * partitions of its series; a pair of statics that names each series, as store and department do,
 * adds factors of low rank. On the asinh scale
 *
 *     z[s,t] = level[s] + sum over partitions p of path_p[g_p(s), t]
 *            + sum over factors k of loading_k[s] path_k[g_k(s), t]
 *            + sum over known-ahead covariates k of beta_k[s] x_k[s,t] + own[s,t] + noise[s,t],
 *
 * and every path is a Gaussian process in time: a sum of kernels for trend, slope, slow and fast
 * changes, a season (smooth, and period by period), the place in the month, Easter and the lunar
 * new year where they fell. How much of each kernel a partition has is a variance, estimated by
 * restricted maximum likelihood from the panel itself, so every shrinkage (a store's year-on-year
 * growth toward its department's, a series' season toward the shape of its group) is the empirical
 * Bayes one and nothing is set by hand. Quantiles are the model's, stretched by what a backtest
 * inside the history says, by classes of volatility. src/stat/group/README.md has the equations.
 *
 * [1] Searle, Casella & McCulloch 1992, Variance Components (crossed random effects, REML).
 * [2] Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, 2.2, 4.2, 5.4.
 * [3] Breiman & Friedman 1985, JASA 80 (backfitting); Hastie & Tibshirani 2000, Statistical
 *     Science 15(3) (Bayesian backfitting).
 * [4] Efron & Morris 1975, JASA 70 (empirical Bayes); Duncan, Gorr & Szczypula 2001, Principles
 *     of Forecasting (analogous series).
 *
 * Parameters (all optional): window, the most recent periods used (160; 16 ... 400); rank, factors
 * of low rank a direction (2; 0 ... 4). The season is the panel's. */
#ifndef SKUA_STAT_GROUP_H
#define SKUA_STAT_GROUP_H

#include "forecast/forecaster.h"

/* fit estimates variances and calibration; predict conditions on the histories of the panel that
 * it is given, so later panels, new series and series without history are ordinary: those get what
 * their groups say. A series that ended before the window takes seasonal-naive; the note says so.
 * fit: SKUA_EDATA when no series has an observation. Threads do not change the result. */
skuai_forecaster skuai_group_forecaster(void);

#endif
