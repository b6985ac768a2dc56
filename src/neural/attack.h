/* attack.h -- adversarial inputs: scaled values moved against the net (room neural).
 *
 * A training step with an attack learns from two batches, half each: the windows as they are, and
 * the same with every observed value of the past moved, within epsilon, to where the loss grows:
 *
 *     1 step:   x' = x + epsilon sign(dL/dx)                                       FGSM
 *     n steps:  x' = clip(x' + 2.5 epsilon / n sign(dL/dx'), x - epsilon, x + epsilon)   PGD
 *
 * Goodfellow, Shlens & Szegedy 2015 (eq. 1 and the mixed objective of section 6, its alpha 1/2);
 * Madry et al. 2018. x are values in scaled space, where 1 is about a standard deviation; what was
 * not observed, covariates and what is known of the future stay. The gradient of one step comes
 * with the first pass, so FGSM costs one pass more, PGD of n steps n. */
#ifndef SKUA_NEURAL_ATTACK_H
#define SKUA_NEURAL_ATTACK_H

#include "neural/window.h"
#include "nn/real.h"

typedef struct skuai_attack {
    double epsilon; /* the farthest that a scaled value moves; 0: no attack */
    size_t steps;   /* 1: FGSM; more: PGD */
} skuai_attack;

/* Values that an attack may move: [n * past * P]. */
size_t skuai_attack_size(const skuai_window_batch *batch);
/* Note the values as they are. */
void skuai_attack_begin(const skuai_window_batch *batch, float *origin);
/* Move them by one step of a gradient [n, past + future, F] of the batch's tokens. */
void skuai_attack_step(const skuai_attack *attack, skuai_window_batch *batch, const float *origin,
                       const skuai_real *gradient);

#endif
