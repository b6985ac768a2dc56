/* text_model_weights.h -- a language model's tensors between Hugging Face's file and src/nn's
 * parameters (room encode). */
#ifndef SKUA_ENCODE_TEXT_MODEL_WEIGHTS_H
#define SKUA_ENCODE_TEXT_MODEL_WEIGHTS_H

#include "encode/text_net.h"
#include "nn/safetensors.h"

/* Make the net and fill it from the file. What the file lacks of a head (config->outputs), or has
 * for another number of outputs, stays random by the seed. SKUA_EDATA naming the tensor that is
 * missing or of another size. parameters is the caller's (skuai_nn_parameters_free), on failure
 * too. */
SKUA_MUST_USE skua_status skuai_text_weights_read(const skuai_text_config *config,
                                                  skuai_safetensors *file, uint64_t seed,
                                                  skuai_text_weights *weights, skua_error *err);
/* Whether the file has a head of so many outputs. */
bool skuai_text_weights_has_head(const skuai_text_config *config, const skuai_safetensors *file,
                                 size_t outputs);
/* Write the net, head included, under the names of transformers' ...ForSequenceClassification. Not
 * of a decoder (SKUA_EINVAL). SKUA_EIO, SKUA_ENOMEM, SKUA_ELIMIT past 4 GiB. */
SKUA_MUST_USE skua_status skuai_text_weights_write(const skuai_text_config *config,
                                                   const skuai_text_weights *weights,
                                                   const char *path, skua_error *err);

#endif
