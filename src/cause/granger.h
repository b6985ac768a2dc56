/* granger.h -- which series' past tells of another beyond its own and all others' (room cause).
 * A vector autoregression by least squares, its order chosen by the information criterion of
 * Schwarz on the same periods for every order; series i drives j when leaving all lags of i out of
 * the equation of j loses more than chance (F test), at a false discovery rate over all pairs [3].
 * Within a pair that drives, a lag is a link when its own coefficient differs from 0, and the
 * strongest always is. [1] Granger 1969, Econometrica 37(3). [2] Lutkepohl 2005, New Introduction
 * to Multiple Time Series Analysis, sections 3.6 and 4.3. [3] Benjamini & Hochberg 1995. */
#ifndef SKUA_CAUSE_GRANGER_H
#define SKUA_CAUSE_GRANGER_H

#include "cause/causal_graph.h"
#include "core/context.h"

typedef struct skuai_granger_options {
    size_t lags;           /* greatest order that is tried, >= 1 */
    bool fixed;            /* that order, instead of choosing */
    double alpha;          /* false discovery rate over pairs, (0, 1) */
    const bool *forbidden; /* [n, n, lags + 1] links (i, j, lag) that cannot be: left out of the
                              equation; NULL: none */
} skuai_granger_options;

#define SKUAI_GRANGER_OPTIONS_DEFAULT ((skuai_granger_options){.lags = 7, .alpha = 0.05})

/* series [n][length], NaN missing: a period counts when nothing in its window is missing. The
 * graph's value: partial correlation of the coefficient; p: of the pair, corrected, and of a single
 * lag where that is larger; lags: the order chosen. *graph owned by the caller. SKUA_EDATA: too few
 * periods, with how many are needed, or a series that others or its own past explain entirely, by
 * name. */
SKUA_MUST_USE skua_status skuai_granger_run(const double *const *series, size_t n, size_t length,
                                            const char *const *names,
                                            const skuai_granger_options *options,
                                            skuai_causal_graph **graph, skua_error *err);

#endif
