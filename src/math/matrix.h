/* matrix.h -- products of matrices in single precision and of 8-bit integers, by oneDNN (room
 * math).
 *
 * Matrices are row-major: element (i, j) of a [m, n] with row stride lda is a[i * lda + j]. The
 * plain functions run on the calling thread alone, so that they can be the body of a parallel loop;
 * those with a context spread fixed tiles over its threads, which gives the same bits on any number
 * of threads. Nothing is checked for NaN.
 *
 * The double twin serves tests and small exact work: it is plain and blocked, not tuned. */
#ifndef SKUA_MATH_MATRIX_H
#define SKUA_MATH_MATRIX_H

#include "core/context.h"

/* c [m, n] = alpha * op(a) op(b) + beta * c, where op(a) is [m, k] and op(b) [k, n]; transposed
 * says that the array holds the transpose: a is [k, m], b is [n, k]. c is not read when beta is 0
 * and overlaps neither. m, n, k may be 0 (k = 0: c = beta * c). SKUA_ELIMIT: a size over 2^31 - 1;
 * SKUA_EINTERNAL: oneDNN refused. */
typedef struct skuai_matrix_call {
    bool a_transposed, b_transposed;
    size_t m, n, k;
    size_t lda, ldb, ldc; /* row strides of the arrays as they lie; >= their columns */
    double alpha, beta;
} skuai_matrix_call;

SKUA_MUST_USE skua_status skuai_matrix_multiply(const skuai_matrix_call *call, const float *a,
                                                const float *b, float *c, skua_error *err);
SKUA_MUST_USE skua_status skuai_matrix_multiply_double(const skuai_matrix_call *call,
                                                       const double *a, const double *b, double *c,
                                                       skua_error *err);

/* The same, in tiles over the context's threads (NULL: all). */
SKUA_MUST_USE skua_status skuai_matrix_multiply_parallel(const skuai_context *context,
                                                         const skuai_matrix_call *call,
                                                         const float *a, const float *b, float *c,
                                                         skua_error *err);
SKUA_MUST_USE skua_status skuai_matrix_multiply_double_parallel(const skuai_context *context,
                                                                const skuai_matrix_call *call,
                                                                const double *a, const double *b,
                                                                double *c, skua_error *err);

/* count products of one shape: a, b, c advance by these strides (elements; 0: the same for all). */
SKUA_MUST_USE skua_status skuai_matrix_multiply_batch(const skuai_context *context,
                                                      const skuai_matrix_call *call, size_t count,
                                                      const float *a, size_t a_stride,
                                                      const float *b, size_t b_stride, float *c,
                                                      size_t c_stride, skua_error *err);

/* -- 8-bit integers --------------------------------------------------------------------------- */

/* Largest activation that a product of unsigned 8-bit activations and signed 8-bit weights may hold
 * on this processor without losing bits: 255 with VNNI. Without it the hardware adds two products
 * in 16 bits and saturates silently (2 * 255 * 127 > 32767), so 127: 2 * 127 * 127 fits. */
int skuai_matrix_int8_most(void);

/* c [m, n] (32 bits) = a [m, k] b' for activations a (unsigned, row stride k) and weights b [n, k]
 * (signed, row stride k), on the calling thread. Exact as long as a holds no more than
 * skuai_matrix_int8_most() and k < 2^16. SKUA_ELIMIT, SKUA_EINTERNAL as above. */
SKUA_MUST_USE skua_status skuai_matrix_multiply_int8(size_t m, size_t n, size_t k, const uint8_t *a,
                                                     const int8_t *b, int32_t *c, skua_error *err);

/* What a processor without VNNI computes (vpmaddubsw: pairs of products added in 16 bits with
 * saturation): for the test that shows why activations keep to 7 bits there. */
int32_t skuai_matrix_int8_saturating_dot(const uint8_t *a, const int8_t *b, size_t k);

#endif
