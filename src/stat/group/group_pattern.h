/* group_pattern.h -- what the steps of the group model share: working space a worker, and the
 * factor of the own parts' covariance for series observed at the same times (room stat). */
#ifndef SKUA_STAT_GROUP_PATTERN_H
#define SKUA_STAT_GROUP_PATTERN_H

#include "stat/group/group_state.h"

/* One arena a thread of the context. */
typedef struct skuai_group_workers {
    size_t n;
    skuai_arena **arena; /* [n] */
} skuai_group_workers;

SKUA_MUST_USE skua_status skuai_group_workers_init(skuai_group_workers *workers,
                                                   const skuai_context *context, skua_error *err);
void skuai_group_workers_clear(skuai_group_workers *workers);

/* L L' = the kernel [T, T] at the pattern's times, a = L^-1 1. r and w are scratch for a series. */
typedef struct skuai_group_factor {
    size_t n;
    double *l;         /* [n, n] */
    double *a, *r, *w; /* [n] */
    double ones;       /* a'a */
} skuai_group_factor;

/* The factor's arrays live in scratch. SKUA_ENOMEM, SKUA_ESINGULAR. */
SKUA_MUST_USE skua_status skuai_group_factor_init(skuai_group_factor *factor,
                                                  const skuai_group_pattern *pattern,
                                                  const double *kernel, size_t n_times,
                                                  skuai_arena *scratch, skua_error *err);

/* w [n] = L^-1 x; x and w may be the same. */
void skuai_group_whiten(const double *l, size_t n, const double *x, double *w);

#endif
