/* group_smooth.h -- the posterior of the group model by backfitting (room stat).
 *
 * One sweep, R being z less level and parts, K the kernel of a series' own part with noise:
 *   level, volatility   generalised least squares of R[s,.] on 1 under K, with the groups' prior;
 *                       v^2 = (R' K^-1 R + a v0^2) / (n + a), v0 what the groups say
 *   gaps                R inside a series' gaps takes what its own part expects there, so that
 *                       groups see complete rows (a series' start and end stay open)
 *   own variances       when estimating: REML over the series that are nearly complete
 *   each part p         R + part; its groups' weighted means r_g, weights w = sum loading^2 / v^2;
 *                       variances by REML when estimating; path = K_p (K_p + K / w)^-1 r_g: the
 *                       series' own parts are integrated out, so groups come first
 * Paths cover the whole time, spreads (posterior variances) the time behind the window. */
#ifndef SKUA_STAT_GROUP_SMOOTH_H
#define SKUA_STAT_GROUP_SMOOTH_H

#include "stat/group/group_state.h"

/* Sweep `sweeps` times; estimate: variances too, else they are taken as they are. */
SKUA_MUST_USE skua_status skuai_group_sweep(skuai_group_state *state, int sweeps, bool estimate,
                                            skua_error *err);

/* The series' own part over [from, T): own and spread [S, T - from] (spread with noise, in units
 * of z squared; NULL: not wanted). A series without observations has own 0. The level's remaining
 * uncertainty is part of the spread. */
SKUA_MUST_USE skua_status skuai_group_own(const skuai_group_state *state, size_t from, double *own,
                                          double *spread, skua_error *err);

#endif
