/* level_prior.h -- the level and scale of series without history, from those that are like them
 * (room neural).
 *
 * With c and s the centre and scale of an observed series, u = asinh(c) and v = log(s) are each
 * taken apart into a mean and an effect a level of every static category (item, channel, brand ...)
 * by backfitting (Breiman & Friedman 1985), effects shrunk as n / (n + 1): the same item in other
 * channels, and the other items of the same channel, each say their part; a level that nobody was
 * observed with says nothing. The scale of a series without history holds the error of its level
 * too: s^2 + r^2 (1 + c^2) with r the residuals' standard deviation of u. */
#ifndef SKUA_NEURAL_LEVEL_PRIOR_H
#define SKUA_NEURAL_LEVEL_PRIOR_H

#include "panel/panel.h"

/* centre, scale [S]: NaN centre: not observed; those series are given theirs. *filled out: false
 * where the panel has no category or no series was observed, and nothing was changed. SKUA_ENOMEM.
 */
SKUA_MUST_USE skua_status skuai_level_prior(const skuai_panel *panel, double *centre, double *scale,
                                            bool *filled, skua_error *err);

#endif
