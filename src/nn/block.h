/* block.h -- the transformer block, written once for text, pictures and time (room nn).
 *
 *     skuai_nn_encoder_config config = SKUAI_NN_ENCODER_DEFAULT;
 *     config.layers = 4, config.block.width = 256, config.block.heads = 8;
 *     skuai_nn_encoder encoder;
 *     skuai_nn_encoder_add(parameters, "encoder", &config, &encoder);
 *     ...
 *     skuai_nn_block_inputs inputs = {.key_mask = mask};
 *     y = skuai_nn_encoder_run(tape, parameters, &encoder, x, &inputs);
 *
 * Pre-norm (Xiong et al. 2020): x + attention(norm(x)), then x + cross(norm(x)) where there is a
 * context, then x + feed_forward(norm(x)). Post-norm (Vaswani et al. 2017, BERT): norm(x +
 * attention(x)), norm(x + feed_forward(x)). With a head_width the heads' common width H *
 * head_width (I below) may differ from D.
 *
 * Parameters of a block under its prefix: norm1.weight, norm1.bias, attention.qkv.weight [3I, D],
 * attention.qkv.bias, attention.out.weight [D, I], .bias; norm_cross.*, cross.q.*, cross.kv.* [2D,
 * C], cross.out.*; norm2.*, feed_forward.in.*, feed_forward.out.*. In post-norm norm1 follows the
 * attention and norm2 the feed-forward. RMS norms and bias-free blocks have no .bias. */
#ifndef SKUA_NN_BLOCK_H
#define SKUA_NN_BLOCK_H

#include "nn/operations.h"

typedef struct skuai_nn_block_config {
    size_t width;         /* D */
    size_t heads;         /* divides width, unless head_width says */
    size_t head_width;    /* of a head, in self-attention; 0: width / heads */
    size_t hidden;        /* of the feed-forward; 0: 4 * width */
    size_t context_width; /* of the context's rows for cross attention; 0: no cross attention */
    skuai_activation activation; /* SWIGLU: feed_forward.in has 2 * hidden rows */
    bool rms_norm;               /* else layer norm */
    bool post_norm;              /* BERT's order */
    bool bias;                   /* linear layers have biases */
    bool causal;
    double epsilon;           /* of the norms */
    double rotary_base;       /* 0: none */
    double dropout;           /* on what is added to the residual stream */
    double attention_dropout; /* on attention weights */
    double init_scale;        /* standard deviation of the weights; those that write to the residual
                                 stream get it / sqrt(2 * layers) from skuai_nn_encoder_add */
} skuai_nn_block_config;

#define SKUAI_NN_BLOCK_DEFAULT                                                                     \
    ((skuai_nn_block_config){.width = 64,                                                          \
                             .heads = 4,                                                           \
                             .activation = SKUAI_ACTIVATION_GELU,                                  \
                             .bias = true,                                                         \
                             .epsilon = 1e-5,                                                      \
                             .init_scale = 0.02})

/* Numbers of the parameters; SIZE_MAX: has none. */
typedef struct skuai_nn_block {
    skuai_nn_block_config config;
    size_t norm1_weight, norm1_bias, qkv_weight, qkv_bias, out_weight, out_bias;
    size_t cross_norm_weight, cross_norm_bias, cross_q_weight, cross_q_bias, cross_kv_weight,
        cross_kv_bias, cross_out_weight, cross_out_bias;
    size_t norm2_weight, norm2_bias, in_weight, in_bias, down_weight, down_bias;
} skuai_nn_block;

/* What a pass gives to every block; all borrowed until the next skuai_tape_begin, NULL for none. */
typedef struct skuai_nn_block_inputs {
    const uint8_t *key_mask;          /* [B, S] 1: may be seen */
    const skuai_real *attention_bias; /* see skuai_attention_options */
    size_t bias_batch_stride, bias_head_stride;
    const int32_t *positions;    /* [B, S] for rotary; NULL: 0 .. S-1 */
    skuai_tensor *context;       /* [B, Sc, context_width] */
    const uint8_t *context_mask; /* [B, Sc] */
} skuai_nn_block_inputs;

/* Add a block's parameters under "prefix."; residual_scale multiplies init_scale of the weights
 * that write to the residual stream (1 as a rule). Failures are told by skuai_nn_parameters_finish.
 */
void skuai_nn_block_add(skuai_nn_parameters *parameters, const char *prefix,
                        const skuai_nn_block_config *config, double residual_scale,
                        skuai_nn_block *block);
/* x [B, S, D] gives [B, S, D]. inputs may be NULL. In inference x is released. */
skuai_tensor *skuai_nn_block_run(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                 const skuai_nn_block *block, skuai_tensor *x,
                                 const skuai_nn_block_inputs *inputs);

/* -- A stack of blocks ------------------------------------------------------------------------ */

enum { SKUAI_NN_LAYERS_MOST = 48 };

typedef struct skuai_nn_encoder_config {
    size_t layers;   /* 1 .. SKUAI_NN_LAYERS_MOST */
    bool final_norm; /* a norm behind the last block ("final.weight", "final.bias"): pre-norm needs
                        it */
    skuai_nn_block_config block;
    /* of single layers, where they differ (a net that was pruned); 0: as block says */
    size_t layer_heads[SKUAI_NN_LAYERS_MOST], layer_hidden[SKUAI_NN_LAYERS_MOST];
} skuai_nn_encoder_config;

#define SKUAI_NN_ENCODER_DEFAULT                                                                   \
    ((skuai_nn_encoder_config){.layers = 2, .final_norm = true, .block = SKUAI_NN_BLOCK_DEFAULT})

typedef struct skuai_nn_encoder {
    skuai_nn_encoder_config config;
    skuai_nn_block blocks[SKUAI_NN_LAYERS_MOST]; /* "prefix.0.", "prefix.1.", ... */
    size_t final_weight, final_bias;
} skuai_nn_encoder;

void skuai_nn_encoder_add(skuai_nn_parameters *parameters, const char *prefix,
                          const skuai_nn_encoder_config *config, skuai_nn_encoder *encoder);
skuai_tensor *skuai_nn_encoder_run(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                   const skuai_nn_encoder *encoder, skuai_tensor *x,
                                   const skuai_nn_block_inputs *inputs);

/* -- Small layers ----------------------------------------------------------------------------- */

/* A linear layer "prefix.weight" [out, in] and, with bias, "prefix.bias" [out]. */
typedef struct skuai_nn_dense {
    size_t weight, bias; /* bias SIZE_MAX: none */
} skuai_nn_dense;

/* scale: standard deviation of the weights; 0: Xavier. */
void skuai_nn_dense_add(skuai_nn_parameters *parameters, const char *prefix, size_t in, size_t out,
                        bool bias, double scale, skuai_nn_dense *dense);
skuai_tensor *skuai_nn_dense_run(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                 const skuai_nn_dense *dense, skuai_tensor *x);
/* dense(activation(dense(x))) fused. */
skuai_tensor *skuai_nn_dense_pair_run(skuai_tape *tape, const skuai_nn_parameters *parameters,
                                      const skuai_nn_dense *in, skuai_activation activation,
                                      const skuai_nn_dense *out, skuai_tensor *x,
                                      skuai_tensor *residual);

#endif
