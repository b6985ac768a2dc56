/* operations.h -- what a net is made of (room nn): each function appends one operation to the tape,
 * forward now, backward when skuai_tape_backward comes by.
 *
 * Letters in shapes: B batch, S or T sequence, D width, H heads, N rows (all but the last index
 * taken together), Q quantiles. Tensors are contiguous with the last index fastest. An operation
 * given NULL, or shapes that do not fit (the sentence names both), returns NULL and the tape keeps
 * the failure. Index arrays, masks and options are borrowed until the next skuai_tape_begin unless
 * said otherwise. All run on the context's threads with the same numbers on any number of them. */
#ifndef SKUA_NN_OPERATIONS_H
#define SKUA_NN_OPERATIONS_H

#include "nn/tape.h"

/* -- Linear ----------------------------------------------------------------------------------- */

typedef enum skuai_activation {
    SKUAI_ACTIVATION_NONE,
    SKUAI_ACTIVATION_GELU,      /* x Phi(x) by erf: BERT, ViT, PyTorch's default */
    SKUAI_ACTIVATION_GELU_TANH, /* its tanh approximation: GPT-2 */
    SKUAI_ACTIVATION_RELU,
    SKUAI_ACTIVATION_SILU, /* x sigmoid(x) */
    SKUAI_ACTIVATION_TANH,
    SKUAI_ACTIVATION_SIGMOID,
    SKUAI_ACTIVATION_SOFTPLUS,
    SKUAI_ACTIVATION_QUICK_GELU, /* x sigmoid(1.702 x): CLIP */
    SKUAI_ACTIVATION_SWIGLU /* silu(first half) * second half of the last index; halves it. Shazeer
                               2020. In skuai_nn_activation and skuai_nn_feed_forward only */
} skuai_activation;

/* y [.., O] = x [.., I] w' + bias, w [O, I], bias [O] or NULL. With int8 weights of w
 * (quantise.h), in inference: by integers. */
skuai_tensor *skuai_nn_linear(skuai_tape *tape, skuai_tensor *x, skuai_tensor *w,
                              skuai_tensor *bias);
/* residual [.., O] + x w' + bias in one go. */
skuai_tensor *skuai_nn_linear_add(skuai_tape *tape, skuai_tensor *x, skuai_tensor *w,
                                  skuai_tensor *bias, skuai_tensor *residual);
/* activation(x w1' + b1) w2' + b2 (+ residual, may be NULL) with the hidden layer in the
 * processor's cache: w1 [F, I] ([2F, I] for SWIGLU: gate rows first), w2 [O, F]. dropout on the
 * result before the residual, 0 for none. */
skuai_tensor *skuai_nn_feed_forward(skuai_tape *tape, skuai_tensor *x, skuai_tensor *w1,
                                    skuai_tensor *b1, skuai_activation activation, skuai_tensor *w2,
                                    skuai_tensor *b2, skuai_tensor *residual, double dropout);
skuai_tensor *skuai_nn_activation(skuai_tape *tape, skuai_tensor *x, skuai_activation kind);

/* -- Norms ------------------------------------------------------------------------------------ */

/* Over the last index: (x - mean) / sqrt(variance + epsilon) * gain + bias; gain, bias [D] or NULL.
 * Ba et al. 2016. */
skuai_tensor *skuai_nn_layer_norm(skuai_tape *tape, skuai_tensor *x, skuai_tensor *gain,
                                  skuai_tensor *bias, double epsilon);
/* x / sqrt(mean(x^2) + epsilon) * gain. Zhang & Sennrich 2019. */
skuai_tensor *skuai_nn_rms_norm(skuai_tape *tape, skuai_tensor *x, skuai_tensor *gain,
                                double epsilon);

/* -- Attention -------------------------------------------------------------------------------- */

typedef struct skuai_attention_options {
    size_t heads;            /* divides D */
    double scale;            /* of the products; 0: 1 / sqrt(D / heads) */
    bool causal;             /* query i sees keys 0 .. i + (Sk - Sq) */
    const uint8_t *key_mask; /* [B, Sk] 1: may be seen, or NULL. A query that sees none gives 0 */
    const skuai_real *bias;  /* added to the products, a constant, or NULL: element (b, h, i, j) */
    size_t
        bias_batch_stride; /* is bias[b * bias_batch_stride + h * bias_head_stride + i * Sk + j] */
    size_t bias_head_stride; /* strides of 0: the same for all */
    double rotary_base;      /* rotary positions (Su et al. 2021), 10000 as a rule; 0: none. Halves
                                of a head rotate together (as GPT-NeoX and Llama do) */
    const int32_t *query_positions; /* [B, Sq] >= 0, or NULL: 0 .. Sq-1 */
    const int32_t *key_positions;   /* [B, Sk] */
    double dropout;                 /* of the attention weights */
} skuai_attention_options;

/* softmax(q k' scale + bias, masked) v by heads: q [B, Sq, D], k [B, Sk, D], v [B, Sk, D] gives
 * [B, Sq, D]. k NULL: q is [B, S, 3D], queries, keys, values side by side (self-attention in one
 * product); v NULL: k is [B, Sk, 2D]. No S x S tensor is kept: backward computes it again.
 * The options are copied, the arrays in them borrowed. Vaswani et al. 2017, Dao et al. 2022. */
skuai_tensor *skuai_nn_attention(skuai_tape *tape, skuai_tensor *q, skuai_tensor *k,
                                 skuai_tensor *v, const skuai_attention_options *options);

/* Attention over the edges of a graph (Velickovic et al. 2018, eq. 1-6): row i of target sees the
 * rows neighbours[offsets[i]] .. neighbours[offsets[i + 1] - 1] of source,
 *   weight = softmax_j(leaky_relu(a_target . target_i + a_source . source_j + edge_bias_e)),
 * out_i = sum_j weight_j source_j by heads. target [N, D], source [M, D] (both already projected),
 * a_target, a_source [H, D / H]; edge_bias [E] a constant or NULL. A row without neighbours is 0.
 * offsets [N + 1], neighbours [E] in 0 .. M-1. */
skuai_tensor *skuai_nn_graph_attention(skuai_tape *tape, skuai_tensor *target, skuai_tensor *source,
                                       skuai_tensor *a_target, skuai_tensor *a_source,
                                       const size_t *offsets, const size_t *neighbours,
                                       const skuai_real *edge_bias, double slope);

/* -- Recurrence ------------------------------------------------------------------------------- */

/* One GRU layer over a sequence (Cho et al. 2014, as PyTorch: gates r, z, n in that order):
 * x [B, T, I], h0 [B, H] or NULL for zero, w_input [3H, I], w_hidden [3H, H], b_input, b_hidden
 * [3H] or NULL both; gives all states [B, T, H]. A cell is T = 1. */
skuai_tensor *skuai_nn_gru(skuai_tape *tape, skuai_tensor *x, skuai_tensor *h0,
                           skuai_tensor *w_input, skuai_tensor *w_hidden, skuai_tensor *b_input,
                           skuai_tensor *b_hidden);

/* -- Rows and shapes -------------------------------------------------------------------------- */

/* Rows of table [V, D] by index: ids [product of shape] in 0 .. V-1, copied; gives [shape.., D].
 * rank 1 .. 3. */
skuai_tensor *skuai_nn_embedding(skuai_tape *tape, skuai_tensor *table, const int32_t *ids,
                                 int rank, const size_t *shape);
/* y [n, D]: y_i = x_rows[i], x [N.., D] taken as rows. rows are copied; SKUAI_ROW_NONE gives 0. */
#define SKUAI_ROW_NONE ((size_t)-1)
skuai_tensor *skuai_nn_gather_rows(skuai_tape *tape, skuai_tensor *x, const size_t *rows, size_t n);
/* y [n, D] = 0, then y_rows[i] += x_i for every row i of x; SKUAI_ROW_NONE drops it. */
skuai_tensor *skuai_nn_scatter_rows(skuai_tape *tape, skuai_tensor *x, const size_t *rows,
                                    size_t n);
/* n tensors side by side along an index; all others equal. */
skuai_tensor *skuai_nn_concat(skuai_tape *tape, skuai_tensor *const *parts, size_t n, int axis);
/* count entries of an index from start on. */
skuai_tensor *skuai_nn_slice(skuai_tape *tape, skuai_tensor *x, int axis, size_t start,
                             size_t count);
/* The same values under another shape of the same size; no copy. */
skuai_tensor *skuai_nn_reshape(skuai_tape *tape, skuai_tensor *x, int rank, const size_t *shape);
skuai_tensor *skuai_nn_transpose(skuai_tape *tape, skuai_tensor *x, int axis_a, int axis_b);
/* n copies along a new first index: [shape] gives [n, shape]. x of rank <= 3. */
skuai_tensor *skuai_nn_repeat(skuai_tape *tape, skuai_tensor *x, size_t n);
/* Mean over the middle index: x [B, S, D] gives [B, D]; over positions with mask [B, S] 1 (NULL:
 * all); none: 0. */
skuai_tensor *skuai_nn_mean_pool(skuai_tape *tape, skuai_tensor *x, const uint8_t *mask);

/* -- Elements --------------------------------------------------------------------------------- */

/* a + b, a * b; b has a's shape, or its last indices (a bias, positions), and is then repeated. */
skuai_tensor *skuai_nn_add(skuai_tape *tape, skuai_tensor *a, skuai_tensor *b);
skuai_tensor *skuai_nn_multiply(skuai_tape *tape, skuai_tensor *a, skuai_tensor *b);
/* factor * x + shift */
skuai_tensor *skuai_nn_scale(skuai_tape *tape, skuai_tensor *x, double factor, double shift);
/* x [N.., D] times scale [N] a row (constants of the caller, borrowed), plus shift [N] or NULL. */
skuai_tensor *skuai_nn_scale_rows(skuai_tape *tape, skuai_tensor *x, const skuai_real *scale,
                                  const skuai_real *shift);
/* In training: each element 0 with probability p, else x / (1 - p). The draw depends on the pass's
 * seed and the place in the pass alone. */
skuai_tensor *skuai_nn_dropout(skuai_tape *tape, skuai_tensor *x, double p);
skuai_tensor *skuai_nn_softmax(skuai_tape *tape, skuai_tensor *x); /* over the last index */
/* Running sum over the last index (quantiles that cannot cross: cumulative softplus). */
skuai_tensor *skuai_nn_cumulate(skuai_tape *tape, skuai_tensor *x);

#endif
