/* effect_shrink.h -- estimates of many items drawn towards those of their category and brand (room
 * cause). theta_i = mean + slope times a covariate + category + brand + own deviation, each level
 * normal with a covariance of its own, estimated by maximum likelihood (EM); what an item keeps of
 * its own estimate depends on its precision. Sources: Fay & Herriot 1979, JASA 74(366); Prasad &
 * Rao 1990, JASA 85(409), for the variance, of which the terms for the estimated means are kept. Of
 * few items the covariances are themselves uncertain, and at their most likely values too small as
 * often as not: with `uncertain` they are integrated over by Gibbs sampling, under the prior of
 * Huang & Wand 2013, Bayesian Analysis 8(2): every deviation half-t, every correlation uniform. */
#ifndef SKUA_CAUSE_EFFECT_SHRINK_H
#define SKUA_CAUSE_EFFECT_SHRINK_H

#include "core/alloc.h"

#include <stdbool.h>

enum { SKUAI_SHRINK_WIDTH = 4 }; /* most effects an item */

typedef struct skuai_shrink {
    size_t n, k;              /* items, effects an item (<= SKUAI_SHRINK_WIDTH) */
    const double *estimate;   /* [n, k] */
    const double *covariance; /* [n, k, k] positive definite */
    const int32_t *category;  /* [n] code of a category, -1 none; NULL: no such level */
    const int32_t *brand;     /* [n] likewise */
    const double *covariate;  /* [n] of mean 0: effects may move along it; NULL: no such slope */
    int iterations;           /* of EM */
    bool uncertain;           /* integrate over the covariances, else take them at their best; not
                                 done over 240 / k groups, of which they are known */
    double usual[SKUAI_SHRINK_WIDTH]; /* [k] scale of each effect's deviations: with uncertain, and
                                         a quarter of it is believed of a slope */
    /* Out: covariances [k, k] of own deviation, category, brand (uncertain: their means). */
    double own[16], by_category[16], by_brand[16];
    /* Out, in memory of the caller's. */
    double *mean, *variance; /* [n, k], [n, k, k] of each item, posterior */
    double pooled[SKUAI_SHRINK_WIDTH], pooled_variance[16];
} skuai_shrink;

/* SKUA_EDATA: n = 0; SKUA_ESINGULAR: a covariance that is not positive definite. */
SKUA_MUST_USE skua_status skuai_shrink_run(skuai_shrink *shrink, skuai_arena *scratch,
                                           skua_error *err);

#endif
