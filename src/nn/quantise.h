/* quantise.h -- linear layers on 8-bit integers for inference (room nn).
 *
 *     SKUA_TRY(skuai_nn_parameters_quantise(parameters, err));       every matrix that pays
 *     ...  skuai_nn_linear in inference now multiplies integers      (parameters->int8[id])
 *
 * Weights: symmetric, one scale an output channel, w ~ scale_j q_ij with q in [-127, 127].
 * Activations: dynamic, one range a row, x ~ low_i + step_i a, a in 0 .. skuai_matrix_int8_most():
 * 8 bits where the processor adds products in 32 bits (VNNI), 7 where it adds pairs in 16 bits and
 * would saturate silently. The range's lower end stays a float, so zero costs nothing:
 *
 *     y_ij = scale_j (step_i sum_k a_ik q_jk + low_i sum_k q_jk) + bias_j
 *
 * Jacob et al. 2018, Quantization and training of neural networks, eq. 7; Dettmers et al. 2022
 * (a range a row). Sums of integers are exact, so the result is the same on any number of threads.
 * NaN or an infinity in a row of x makes that row of y NaN. */
#ifndef SKUA_NN_QUANTISE_H
#define SKUA_NN_QUANTISE_H

#include "core/context.h"
#include "nn/parameters.h"

typedef struct skuai_int8_weight {
    size_t out, in;
    int8_t *values; /* [out, in] */
    float *scale;   /* [out] > 0 */
    int32_t *sum;   /* [out] of a row's values */
    int8_t *packed; /* the values as kernel_int8.h reads them, made once; NULL: by room math */
} skuai_int8_weight;

/* From floats weight [out, in], or from a file's parts values [out, in] and scale [out]. *result is
 * the caller's. SKUA_ENOMEM; SKUA_EINVAL: a size of 0 or of 65536 and more columns (sums of 32 bits
 * hold no more), a weight that is not finite, a scale that is not finite and positive. */
SKUA_MUST_USE skua_status skuai_int8_weight_new(const skuai_real *weight, size_t out, size_t in,
                                                skuai_int8_weight **result, skua_error *err);
SKUA_MUST_USE skua_status skuai_int8_weight_load(const int8_t *values, const float *scale,
                                                 size_t out, size_t in, skuai_int8_weight **result,
                                                 skua_error *err);
void skuai_int8_weight_free(skuai_int8_weight *weight); /* NULL allowed */
/* The floats that it stands for, weight [out, in]. */
void skuai_int8_weight_expand(const skuai_int8_weight *from, skuai_real *weight);

/* Bytes of scratch that a product of n rows needs on this context's threads. */
size_t skuai_int8_scratch_size(const skuai_int8_weight *weight, size_t n,
                               const skuai_context *context);
/* y [n, out] = x [n, in] weight' + bias [out] + residual [n, out] (either NULL: none; y may be
 * the residual). scratch: see above, aligned to 64. */
SKUA_MUST_USE skua_status skuai_int8_linear(const skuai_context *context,
                                            const skuai_int8_weight *weight, const skuai_real *x,
                                            size_t n, const skuai_real *bias,
                                            const skuai_real *residual, skuai_real *y,
                                            void *scratch, skua_error *err);

/* Quantise every finished parameter of rank 2 with at least 32 rows and columns whose name ends in
 * "weight"; the floats become what the integers stand for, so that the net computes the same with
 * and without them but for the rounding of activations. On failure nothing has changed. */
SKUA_MUST_USE skua_status skuai_nn_parameters_quantise(skuai_nn_parameters *parameters,
                                                       skua_error *err);
/* Floats again (their values as they are now): before training. */
void skuai_nn_parameters_unquantise(skuai_nn_parameters *parameters);

#endif
