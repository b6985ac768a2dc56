/* kernel_int8.h -- 8-bit linear layers by the vector neural network instructions (private to room
 * nn). Where the processor lacks them (AVX-512 VNNI), or with -DSKUA_GENERIC,
 * skuai_kernel_int8_there is false and quantise.c goes by room math instead. */
#ifndef SKUA_NN_KERNEL_INT8_H
#define SKUA_NN_KERNEL_INT8_H

#include "nn/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Columns of a panel of packed weights, and how many of its k lie together. */
enum { SKUAI_INT8_PANEL = 32, SKUAI_INT8_GROUP = 4 };

static inline size_t skuai_int8_columns(size_t in) {
    return (in + SKUAI_INT8_GROUP - 1) / SKUAI_INT8_GROUP * SKUAI_INT8_GROUP;
}
/* Bytes of packed weights [out, in]: panels of 32 outputs, in each for every four k 32 times four
 * values, so that one register holds four k of 16 outputs. */
static inline size_t skuai_int8_packed_size(size_t out, size_t in) {
    return (out + SKUAI_INT8_PANEL - 1) / SKUAI_INT8_PANEL * SKUAI_INT8_PANEL *
           skuai_int8_columns(in);
}

bool skuai_kernel_int8_there(void);
void skuai_kernel_int8_pack(const int8_t *values, size_t out, size_t in, int8_t *packed);
/* Rows x [n, in] as bytes a [n, skuai_int8_columns(in)], 0 .. most, with x ~ low + step a of each
 * row; a row that is not finite has low NaN and bytes 0. */
void skuai_kernel_int8_rows(const skuai_real *x, size_t n, size_t in, int most, uint8_t *a,
                            float *low, float *step);
/* y [n, out] = scale_j (step_i sum_k a_ik w_jk + low_i sum_j) + bias_j + residual_ij. */
typedef struct skuai_int8_product {
    size_t n, in, out;
    const uint8_t *a;        /* [n, skuai_int8_columns(in)] */
    const float *low, *step; /* [n] */
    const int8_t *packed;
    const float *scale;         /* [out] */
    const int32_t *sum;         /* [out] */
    const skuai_real *bias;     /* [out] or NULL */
    const skuai_real *residual; /* [n, out] or NULL; may be y */
    skuai_real *y;
} skuai_int8_product;
void skuai_kernel_int8_product(const skuai_int8_product *product);

#endif
