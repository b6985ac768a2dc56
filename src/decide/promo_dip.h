/* promo_dip.h -- how much of a promotion's uplift comes from the weeks behind it (room decide).
 *
 * For a run of promoted periods with `window` plain periods on both sides, and as many behind
 * those, the level without it is the mean of the window before and of the one that begins `window`
 * behind the run, so that a straight trend cancels. Uplift: what the run sold above it; dip: what
 * the window right behind sold below it. The share pulled forward is the sum of dips over the sum
 * of uplifts of all runs of all series (van Heerde et al. 2000, J. Marketing Research 37), cut to 0
 * .. 1. Its error is a jackknife over series. */
#ifndef SKUA_DECIDE_PROMO_DIP_H
#define SKUA_DECIDE_PROMO_DIP_H

#include "core/alloc.h"

typedef struct skuai_promo_dip {
    double uplift, dip; /* units, of all runs */
    size_t runs;
} skuai_promo_dip;

/* Runs of one series: y [n] units (NaN: unknown, such runs are left out), promoted [n] > 0. */
skuai_promo_dip skuai_promo_dip_measure(const double *y, const float *promoted, size_t n,
                                        size_t window);
/* The share of all series' runs and its error; 0 with error 0 without runs that sold more. */
void skuai_promo_dip_share(const skuai_promo_dip *series, size_t n, double *share, double *error);

#endif
