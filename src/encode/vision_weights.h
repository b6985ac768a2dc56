/* vision_weights.h -- a picture encoder's tensors into src/nn's parameters (room encode). */
#ifndef SKUA_ENCODE_VISION_WEIGHTS_H
#define SKUA_ENCODE_VISION_WEIGHTS_H

#include "encode/vision_config.h"
#include "nn/safetensors.h"

/* Numbers of the parameters; SIZE_MAX: has none. */
typedef struct skuai_vision_weights {
    skuai_nn_parameters *parameters;
    size_t tokens;    /* [tokens, D] */
    size_t positions; /* [tokens + patches, D] */
    size_t patch_weight, patch_bias;
    size_t before_weight, before_bias; /* norm in front of the blocks */
    size_t projection;                 /* [P, D] */
    /* the query of the pooling, its attention and feed-forward */
    size_t probe, head_norm_weight, head_norm_bias;
    skuai_nn_dense head_q, head_kv, head_out, head_in, head_down;
    skuai_nn_encoder encoder;
} skuai_vision_weights;

/* Add the parameters and fill them from the file; config->projection is set to what the file has.
 * SKUA_EDATA naming the tensor that is missing or of another shape. parameters is the caller's
 * (skuai_nn_parameters_free), on failure too. */
SKUA_MUST_USE skua_status skuai_vision_weights_read(skuai_vision_config *config,
                                                    skuai_safetensors *file,
                                                    skuai_vision_weights *weights, skua_error *err);

#endif
