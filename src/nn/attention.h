/* attention.h -- what forward and backward of skuai_nn_attention share (room nn).
 *
 * A loop's item is one head of one row of the batch: its products are small enough for the cache
 * and of sizes that oneDNN multiplies near its best (77 x 77 x 32: 60 of 85 GFLOP/s). Rotated
 * queries and keys are copied into contiguous rows on the way. */
#ifndef SKUA_NN_ATTENTION_H
#define SKUA_NN_ATTENTION_H

#include "nn/tape_record.h"

typedef struct skuai_attention {
    skuai_attention_options options; /* scale filled in, dropout 0 outside training */
    size_t batch, heads, sq, sk;
    size_t width, d;             /* of all heads, of one */
    const skuai_real *q, *k, *v; /* first rows */
    size_t q_stride, k_stride, v_stride;
    skuai_real *y, *log_sum; /* [B, Sq, D]; [B, H, Sq], NULL: not kept */
    skuai_storage *table;    /* cosines and sines [rows, d / 2 and d / 2] */
    size_t table_rows;       /* positions from there on are computed as they come */
    bool table_is_whole;     /* there are none */
    uint64_t key;            /* of the dropout */
    skuai_real *scratch;
    size_t scratch_stride;
    /* backward */
    const skuai_real *dy;
    skuai_real *dq, *dk, *dv; /* NULL: not wanted */
    bool dq_fresh, dk_fresh, dv_fresh;
} skuai_attention;

typedef struct skuai_attention_head {
    size_t b, head, ld; /* row stride of scores */
    const skuai_real *q, *k, *v;
    size_t q_stride, k_stride;
    skuai_real *scores; /* [Sq, ld] */
    skuai_real *mask;   /* [Sk] 0 or -infinity; NULL */
    skuai_real *spare;  /* [d] */
    skuai_real *rest;   /* scratch behind all that */
} skuai_attention_head;

/* Reals of scratch a worker. */
size_t skuai_attention_scratch(const skuai_attention *a, bool backward);
/* Item i: pointers, rotated queries and keys, the mask. */
void skuai_attention_head_of(const skuai_attention *a, size_t item, skuai_real *scratch,
                             skuai_attention_head *h);
/* scores = scale q k' */
SKUA_MUST_USE skua_status skuai_attention_scores(const skuai_attention *a,
                                                 const skuai_attention_head *h, skua_error *err);
size_t skuai_attention_seen(const skuai_attention *a, size_t i);
const skuai_real *skuai_attention_bias(const skuai_attention *a, const skuai_attention_head *h,
                                       size_t i);
/* Where row i's weights stand among all, for their dropout. */
uint64_t skuai_attention_place(const skuai_attention *a, const skuai_attention_head *h, size_t i);
void skuai_attention_rotate(const skuai_attention *a, const int32_t *positions, size_t s,
                            const skuai_real *x, size_t stride, bool back, bool fresh,
                            skuai_real *y, size_t y_stride, skuai_real *spare);

skua_status skuai_attention_backward(skuai_tape *tape, skuai_node *node, skua_error *err);

#endif
