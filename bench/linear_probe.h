/* linear_probe.h -- what a linear classifier reads in vectors: ridge regression on the classes'
 * indicators, by k folds with every class spread over them (for bench/ only). */
#ifndef SKUA_BENCH_LINEAR_PROBE_H
#define SKUA_BENCH_LINEAR_PROBE_H

#include "core/context.h"

/* Share of n rows whose class [0, n_classes) is told right by a probe fitted on the other folds.
 * x [n, width]. The penalty, a multiple of the mean variance, is chosen anew for each fold on the
 * last fifth of its training rows: nothing of a fold's test rows is looked at. */
SKUA_MUST_USE skua_status bench_linear_probe(const float *x, const uint32_t *classes, size_t n,
                                             size_t width, size_t n_classes, size_t folds,
                                             const skuai_context *context, double *accuracy,
                                             skua_error *err);

#endif
