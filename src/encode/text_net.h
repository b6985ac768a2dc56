/* text_net.h -- the net of a language model on src/nn: its parameters, a pass of a batch of tokens,
 * and the head that fine-tuning trains (room encode).
 *
 * The head is that of transformers' ...ForSequenceClassification, on the first token: dense,
 * activation (tanh; ReLU in DistilBERT), dropout, linear. In BERT the dense layer is the pooler. */
#ifndef SKUA_ENCODE_TEXT_NET_H
#define SKUA_ENCODE_TEXT_NET_H

#include "encode/text_model_config.h"

typedef struct skuai_text_weights {
    skuai_nn_parameters *parameters;
    size_t words, positions, types, norm_weight, norm_bias; /* SIZE_MAX: none */
    skuai_nn_encoder encoder;
    skuai_nn_dense dense, out; /* of the head, where config.outputs > 0 */
} skuai_text_weights;

/* Tokens of a text. */
typedef struct skuai_text_line {
    size_t text; /* its number */
    int32_t *ids;
    size_t n;
} skuai_text_line;

/* Token and position numbers, types and the mask of a batch, in the tape's memory. */
typedef struct skuai_text_batch {
    size_t count, longest;
    int32_t *ids, *positions, *types;
    uint8_t *mask;
    size_t *first, *last; /* [count] rows of each text's first and last token */
} skuai_text_batch;

/* Parameters as the configuration says: the tables 0, the rest random; a file fills them.
 * parameters is the caller's (skuai_nn_parameters_free), on failure too. SKUA_EINVAL, SKUA_ENOMEM.
 */
SKUA_MUST_USE skua_status skuai_text_net_new(const skuai_text_config *config, uint64_t seed,
                                             skuai_text_weights *weights, skua_error *err);

/* Lay n texts side by side, filled up to the longest. False: failed, sticking in the tape. */
bool skuai_text_batch_lay(skuai_tape *tape, const skuai_text_config *config, int32_t padding,
                          const skuai_text_line *lines, size_t n, skuai_text_batch *batch);
/* The last hidden layer [count, longest, D]. */
skuai_tensor *skuai_text_net_run(skuai_tape *tape, const skuai_text_config *config,
                                 const skuai_text_weights *weights, const skuai_text_batch *batch);
/* The head on it: [count, outputs]. */
skuai_tensor *skuai_text_net_head(skuai_tape *tape, const skuai_text_config *config,
                                  const skuai_text_weights *weights, const skuai_text_batch *batch,
                                  skuai_tensor *hidden);

#endif
