/* kernel.h -- loops over elements and rows, vectorised (room nn).
 *
 * A kernel is compiled twice from one body, for the processor that the compiler was told and for
 * AVX2, and the wider one runs where the processor has it (SKUAI_KERNEL below); with -DSKUA_GENERIC
 * only the first. They run on the calling thread and are called from parallel loops with pieces
 * whose bounds do not depend on the number of threads. n may be 0. */
#ifndef SKUA_NN_KERNEL_H
#define SKUA_NN_KERNEL_H

#include "nn/operations.h"

#if defined(__x86_64__) && !defined(SKUA_GENERIC)
#define SKUAI_KERNEL_WIDE 1
/* Define the function `name` twice from name_body, which is always inlined. */
#define SKUAI_KERNEL(name, parameters, arguments)                                                  \
    __attribute__((target("avx2,fma"))) static void name##_wide parameters {                       \
        name##_body arguments;                                                                     \
    }                                                                                              \
    static void name##_plain parameters {                                                          \
        name##_body arguments;                                                                     \
    }                                                                                              \
    void name parameters {                                                                         \
        if (skuai_kernel_is_wide())                                                                \
            name##_wide arguments;                                                                 \
        else                                                                                       \
            name##_plain arguments;                                                                \
    }
static inline bool skuai_kernel_is_wide(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#else
#define SKUAI_KERNEL(name, parameters, arguments)                                                  \
    void name parameters {                                                                         \
        name##_body arguments;                                                                     \
    }
#endif

/* -- Elements --------------------------------------------------------------------------------- */

void skuai_kernel_zero(skuai_real *y, size_t n);
void skuai_kernel_copy(const skuai_real *x, skuai_real *y, size_t n);
/* y = x, or y += x. */
void skuai_kernel_accumulate(const skuai_real *x, bool fresh, skuai_real *y, size_t n);
/* y = a x + b; y = a x, or y += a x when not fresh. */
void skuai_kernel_affine(const skuai_real *x, skuai_real a, skuai_real b, skuai_real *y, size_t n);
void skuai_kernel_axpy(const skuai_real *x, skuai_real a, bool fresh, skuai_real *y, size_t n);
/* z = x + y; z = x y; z = x y or z += x y. */
void skuai_kernel_sum(const skuai_real *x, const skuai_real *y, skuai_real *z, size_t n);
void skuai_kernel_product(const skuai_real *x, const skuai_real *y, bool fresh, skuai_real *z,
                          size_t n);
/* *sum = sum x_i y_i, in double. */
void skuai_kernel_dot(const skuai_real *x, const skuai_real *y, size_t n, double *sum);
/* Element i from first on is kept with probability 1 - p (and divided by that): y = x kept, or y
 * +=. key is the draw's, see skuai_tape_draw. */
void skuai_kernel_dropout(const skuai_real *x, uint64_t key, uint64_t first, double p, bool fresh,
                          skuai_real *y, size_t n);

/* -- Activations ------------------------------------------------------------------------------ */

/* a = activation(h) of rows [n, f]; SWIGLU: h [n, 2f]. In place (a == h) is allowed but for SWIGLU.
 */
void skuai_kernel_activate(skuai_activation kind, const skuai_real *h, skuai_real *a, size_t n,
                           size_t f);
/* The same after h += bias [f or 2f] (NULL: none), which is stored. */
void skuai_kernel_bias_activate(skuai_activation kind, skuai_real *h, const skuai_real *bias,
                                skuai_real *a, size_t n, size_t f);
/* dh = or += da activation'(h); a, when given, = activation(h) again. */
void skuai_kernel_activate_back(skuai_activation kind, const skuai_real *h, const skuai_real *da,
                                bool fresh, skuai_real *dh, skuai_real *a, size_t n, size_t f);

/* -- Rows ------------------------------------------------------------------------------------- */

/* y [n, d] = bias [d] (NULL: 0) + residual [n, d] (NULL: none). */
void skuai_kernel_fill_rows(const skuai_real *bias, const skuai_real *residual, skuai_real *y,
                            size_t n, size_t d);
/* y [n, d] += bias [d]. */
void skuai_kernel_bias_rows(const skuai_real *bias, skuai_real *y, size_t n, size_t d);
/* sum [d] = or += the sum of the rows of x [n, d]. */
void skuai_kernel_column_sum(const skuai_real *x, bool fresh, skuai_real *sum, size_t n, size_t d);
/* softmax of each row. */
void skuai_kernel_softmax(const skuai_real *x, skuai_real *y, size_t n, size_t d);
void skuai_kernel_softmax_back(const skuai_real *y, const skuai_real *dy, bool fresh,
                               skuai_real *dx, size_t n, size_t d);
/* Norms, see operations.h; mean (NULL: RMS) and inverse [n] are written forward, read backward.
 * dx = or += (NULL: left out); dgain, dbias [d] (each may be NULL) are added to. */
void skuai_kernel_norm(const skuai_real *x, const skuai_real *gain, const skuai_real *bias,
                       double epsilon, skuai_real *mean, skuai_real *inverse, skuai_real *y,
                       size_t n, size_t d);
void skuai_kernel_norm_back(const skuai_real *x, const skuai_real *gain, const skuai_real *dy,
                            const skuai_real *mean, const skuai_real *inverse, bool fresh,
                            skuai_real *dx, skuai_real *dgain, skuai_real *dbias, size_t n,
                            size_t d);

/* -- Attention -------------------------------------------------------------------------------- */

/* A row of products s [n] becomes exp(s + bias + mask - largest) / sum; bias, mask (0 or -infinity)
 * may be NULL. *log_sum = largest + log(sum); a row that sees nothing gets 0 and +infinity. */
void skuai_kernel_attend(skuai_real *s, const skuai_real *bias, const skuai_real *mask, size_t n,
                         skuai_real *log_sum);
/* The weights again from the products and log_sum. */
void skuai_kernel_attend_again(skuai_real *s, const skuai_real *bias, const skuai_real *mask,
                               skuai_real log_sum, size_t n);
/* dp [n] becomes weight (dp - sum_j weight_j dp_j) scale. */
void skuai_kernel_attend_back(const skuai_real *weight, skuai_real *dp, skuai_real scale, size_t n);
/* Rows y_i [2 half] = or += x_i turned by the angles of its position (NULL: i): table holds a row
 * of `half` cosines and `half` sines a position; element k turns with k + half. sign -1: back. */
void skuai_kernel_rotate(const skuai_real *x, size_t x_stride, const skuai_real *table,
                         const int32_t *positions, skuai_real sign, bool fresh, skuai_real *y,
                         size_t y_stride, size_t n, size_t half);

/* -- Recurrence and steps ---------------------------------------------------------------------- */

/* One row of a GRU step: x and h are the three gates' parts [3 width] of input and state. saved
 * [4 width] (r, z, n, the state's part of n) may be NULL. */
void skuai_kernel_gru(const skuai_real *x, const skuai_real *h, const skuai_real *before,
                      skuai_real *state, skuai_real *saved, size_t width);
/* Its gradient: dstate [width] gives dx, dh [3 width], dbefore [width] (written). */
void skuai_kernel_gru_back(const skuai_real *saved, const skuai_real *before,
                           const skuai_real *dstate, skuai_real *dx, skuai_real *dh,
                           skuai_real *dbefore, size_t width);

typedef struct skuai_adam {
    skuai_real beta1, beta2, epsilon; /* epsilon * sqrt(1 - beta2^t) */
    skuai_real rate;                  /* with both corrections of bias */
    skuai_real decay;                 /* 1 - rate * weight decay */
    skuai_real factor;                /* of the gradient: clipping */
    skuai_real average;               /* of the weights' average */
} skuai_adam;

/* ema may be NULL. The gradient is 0 afterwards. */
void skuai_kernel_adam(const skuai_adam *adam, skuai_real *value, skuai_real *gradient,
                       skuai_real *moment1, skuai_real *moment2, skuai_real *ema, size_t n);

#endif
