/* text_model_config.h -- what a Hugging Face folder says of a language model (room encode). */
#ifndef SKUA_ENCODE_TEXT_MODEL_CONFIG_H
#define SKUA_ENCODE_TEXT_MODEL_CONFIG_H

#include "core/json.h"
#include "encode/text_model.h"
#include "nn/block.h"

typedef enum skuai_text_family {
    SKUAI_TEXT_BERT,
    SKUAI_TEXT_DISTILBERT,
    SKUAI_TEXT_ROBERTA, /* XLM-R too */
    SKUAI_TEXT_DECODER  /* Llama, Mistral, Qwen 2 */
} skuai_text_family;

typedef struct skuai_text_config {
    skuai_text_family family;
    size_t vocabulary, positions, types; /* rows of the tables; 0: no such table */
    size_t position_first;               /* row of the first token's position */
    size_t key_heads;                    /* of keys and values; equal to heads but in decoders */
    size_t tokens_most;
    skuai_pooling pooling;
    bool unit_length;
    size_t outputs;      /* of a head on the first token (text_net.h); 0: none */
    double head_dropout; /* in it, while it is trained */
    skuai_nn_encoder_config encoder;
} skuai_text_config;

SKUA_MUST_USE skua_status skuai_text_config_read(const char *folder,
                                                 const skuai_text_model_options *options,
                                                 skuai_text_config *config, skua_error *err);

/* Path of a file of a folder in a new text (skuai_free). SKUA_EDATA: name leads out of it
 * (absolute, or with ".."). */
SKUA_MUST_USE skua_status skuai_folder_path(const char *folder, const char *name, char **path,
                                            skua_error *err);

/* A JSON file of the folder (skuai_json_free); *json stays NULL when it is optional and not there.
 * SKUA_EDATA naming the file; SKUA_ENOTFOUND, SKUA_ELIMIT past 16 MiB. */
SKUA_MUST_USE skua_status skuai_folder_json(const char *folder, const char *name, bool optional,
                                            skuai_json **json, skua_error *err);

#endif
