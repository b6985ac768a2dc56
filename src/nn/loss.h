/* loss.h -- losses: a scalar tensor each (room nn).
 *
 * All are means: sum over elements of weight * loss / sum of weight. target and weight are the
 * caller's constants, borrowed until the next skuai_tape_begin; weight NULL is 1 everywhere. A
 * target of NaN has weight 0 (missing, masked). A sum of weights of 0 gives loss 0 and no gradient.
 * Negative weights and weights that are not finite are SKUA_EINVAL. */
#ifndef SKUA_NN_LOSS_H
#define SKUA_NN_LOSS_H

#include "nn/tape.h"

/* Pinball: prediction [.., Q] (size n * Q), target [n], weight [n], levels [Q] in (0, 1); the mean
 * over levels too. max(level * (y - q), (level - 1) * (y - q)); Koenker & Bassett 1978. */
skuai_tensor *skuai_nn_pinball_loss(skuai_tape *tape, skuai_tensor *prediction,
                                    const skuai_real *target, const skuai_real *weight,
                                    const double *levels, size_t n_levels);
/* (prediction - target)^2; target, weight [size of prediction]. */
skuai_tensor *skuai_nn_squared_loss(skuai_tape *tape, skuai_tensor *prediction,
                                    const skuai_real *target, const skuai_real *weight);
/* -log softmax(logits)[class]: logits [.., C] (n rows), classes [n], of which ignore_index counts
 * nothing; weight [n] or NULL. */
skuai_tensor *skuai_nn_cross_entropy(skuai_tape *tape, skuai_tensor *logits, const int32_t *classes,
                                     int32_t ignore_index, const skuai_real *weight);
/* Negative log-likelihood of counts: parameters [.., 2] are before softplus: mean = softplus(a),
 * size = softplus(b) (both + 1e-6), variance mean + mean^2 / size; target [n] >= 0. */
skuai_tensor *skuai_nn_negative_binomial_loss(skuai_tape *tape, skuai_tensor *parameters,
                                              const skuai_real *target, const skuai_real *weight);
/* Negative log-likelihood of Student's t: parameters [.., 3]: location a, scale softplus(b) + 1e-6,
 * degrees of freedom 2 + softplus(c); target [n]. */
skuai_tensor *skuai_nn_student_t_loss(skuai_tape *tape, skuai_tensor *parameters,
                                      const skuai_real *target, const skuai_real *weight);
/* sum_i factors[i] * losses[i] of scalars. */
skuai_tensor *skuai_nn_loss_sum(skuai_tape *tape, skuai_tensor *const *losses,
                                const double *factors, size_t n);

#endif
