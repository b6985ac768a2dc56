/* stock_channels.h -- demand of several channels that one stock serves (room decide).
 *
 * Paths of each channel are drawn apart. To be added up they are put side by side so that the ranks
 * of their totals are correlated as asked (Iman & Conover 1982, Communications in Statistics B
 * 11(3), on one number a path), which leaves every channel's own distribution as it is. */
#ifndef SKUA_DECIDE_STOCK_CHANNELS_H
#define SKUA_DECIDE_STOCK_CHANNELS_H

#include "core/alloc.h"
#include "panel/panel.h"

/* sum [n_paths, horizon] out: paths[0] + the others, rearranged. correlation in [0, 1): of every
 * pair, by a common factor. */
SKUA_MUST_USE skua_status skuai_channels_add(const double *const *paths, size_t n_channels,
                                             size_t n_paths, size_t horizon, double correlation,
                                             uint64_t seed, double *sum, skua_error *err);

/* The correlation of the surprises of two series: of their seasonal differences over their common
 * history (at most the last 10 seasons), in [0, 0.95]; 0 with fewer than 3 seasons in common. */
double skuai_channels_correlation(const skuai_panel *panel, size_t a, size_t b);

#endif
