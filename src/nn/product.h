/* product.h -- products of rows with a weight, forward and backward, for the operations that are
 * made of them (room nn).
 *
 * Rows are cut into tiles that fit the second-level cache with what is computed from them. Backward
 * the tiles are dealt to at most 8 groups, each of which adds up weight gradients of its own; these
 * are added in order. Tiles and groups depend on the number of rows alone, so sums are the same on
 * any number of threads. */
#ifndef SKUA_NN_PRODUCT_H
#define SKUA_NN_PRODUCT_H

#include "math/matrix.h"
#include "nn/tape_record.h"

/* skuai_matrix_multiply on the engine's scalar, on this thread. */
SKUA_MUST_USE static inline skua_status skuai_product(const skuai_matrix_call *call,
                                                      const skuai_real *a, const skuai_real *b,
                                                      skuai_real *c, skua_error *err) {
#ifdef SKUAI_REAL_DOUBLE
    return skuai_matrix_multiply_double(call, a, b, c, err);
#else
    return skuai_matrix_multiply(call, a, b, c, err);
#endif
}

/* y [n, out] = alpha x [n, in] w' (w [out, in]) + beta y, contiguous. */
SKUA_MUST_USE static inline skua_status skuai_product_rows(const skuai_real *x, const skuai_real *w,
                                                           double beta, skuai_real *y, size_t n,
                                                           size_t in, size_t out, skua_error *err) {
    return skuai_product(&(skuai_matrix_call){.b_transposed = true,
                                              .m = n,
                                              .n = out,
                                              .k = in,
                                              .lda = in,
                                              .ldb = in,
                                              .ldc = out,
                                              .alpha = 1,
                                              .beta = beta},
                         x, w, y, err);
}
/* dx [n, in] = dy [n, out] w + beta dx. */
SKUA_MUST_USE static inline skua_status skuai_product_back(const skuai_real *dy,
                                                           const skuai_real *w, double beta,
                                                           skuai_real *dx, size_t n, size_t in,
                                                           size_t out, skua_error *err) {
    return skuai_product(
        &(skuai_matrix_call){
            .m = n, .n = in, .k = out, .lda = out, .ldb = in, .ldc = in, .alpha = 1, .beta = beta},
        dy, w, dx, err);
}
/* dw [out, in] = dy' x + beta dw. */
SKUA_MUST_USE static inline skua_status skuai_product_weight(const skuai_real *dy,
                                                             const skuai_real *x, double beta,
                                                             skuai_real *dw, size_t n, size_t in,
                                                             size_t out, skua_error *err) {
    return skuai_product(&(skuai_matrix_call){.a_transposed = true,
                                              .m = out,
                                              .n = in,
                                              .k = n,
                                              .lda = out,
                                              .ldb = in,
                                              .ldc = in,
                                              .alpha = 1,
                                              .beta = beta},
                         dy, x, dw, err);
}

typedef struct skuai_rows_plan {
    size_t n, tile, tiles, groups;
} skuai_rows_plan;

skuai_rows_plan skuai_rows_plan_of(size_t n);
/* Rows of tile i: from `first` on, returned. */
static inline size_t skuai_rows_of_tile(const skuai_rows_plan *plan, size_t i, size_t *first) {
    *first = i * plan->tile;
    return plan->n - *first < plan->tile ? plan->n - *first : plan->tile;
}
static inline size_t skuai_group_begin(const skuai_rows_plan *plan, size_t group) {
    return group * plan->tiles / plan->groups;
}

/* to [n] = or += the sum over groups of partial [groups, stride] from its element `at` on. */
void skuai_partial_add(skuai_tape *tape, const skuai_real *partial, size_t groups, size_t stride,
                       size_t at, skuai_real *to, bool fresh, size_t n);

/* y [n, out] = x w' + bias (NULL: none) + residual (NULL: none); by integers where w has them and
 * the tape infers. False: failed, sticking. */
bool skuai_linear_values(skuai_tape *tape, const skuai_real *x, size_t n, const skuai_tensor *w,
                         const skuai_tensor *bias, const skuai_real *residual, skuai_real *y);
/* Whether skuai_linear_values would use integers. */
bool skuai_linear_is_int8(const skuai_tape *tape, const skuai_tensor *w);
/* Gradients from dy [n, out] into x (values x_value), w, bias; each may be NULL or a constant. dx,
 * when given, is written instead of x's gradient. */
void skuai_linear_back(skuai_tape *tape, const skuai_real *dy, const skuai_real *x_value, size_t n,
                       skuai_tensor *x, skuai_tensor *w, skuai_tensor *bias, skuai_real *dx);
/* The shapes of a linear layer fit; else the failure sticks and false. */
bool skuai_linear_fits(skuai_tape *tape, const char *operation, const skuai_tensor *x, size_t in,
                       const skuai_tensor *w, const skuai_tensor *bias);

#endif
