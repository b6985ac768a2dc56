/* text_model_weights.h -- a language model's tensors into src/nn's parameters (room encode). */
#ifndef SKUA_ENCODE_TEXT_MODEL_WEIGHTS_H
#define SKUA_ENCODE_TEXT_MODEL_WEIGHTS_H

#include "encode/text_model_config.h"
#include "nn/safetensors.h"

typedef struct skuai_text_weights {
    skuai_nn_parameters *parameters;
    size_t words, positions, types, norm_weight, norm_bias; /* SIZE_MAX: none */
    skuai_nn_encoder encoder;
} skuai_text_weights;

/* Add the parameters and fill them from the file. SKUA_EDATA naming the tensor that is missing or
 * of another size. parameters is the caller's (skuai_nn_parameters_free), on failure too. */
SKUA_MUST_USE skua_status skuai_text_weights_read(const skuai_text_config *config,
                                                  skuai_safetensors *file,
                                                  skuai_text_weights *weights, skua_error *err);

#endif
