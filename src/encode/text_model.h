/* text_model.h -- text vectors by a language model from its Hugging Face folder (room encode).
 *
 *     skuai_text_model *model;
 *     SKUA_TRY(skuai_text_model_open("minilm", NULL, &model, err));
 *     SKUA_TRY(skuai_text_model_encode(model, context, texts, sizes, n, vectors, err));
 *
 * Read from the folder: config.json, model.safetensors, the tokeniser's files (tokeniser.h), and,
 * as sentence-transformers writes them, modules.json, its pooling's config.json and
 * sentence_bert_config.json. Families by config.json's model_type: bert (MiniLM, BGE, E5 too),
 * distilbert, roberta, xlm-roberta; llama, mistral, qwen2 as decoders (causal, RMS norm, rotary,
 * grouped keys and values spread out). Whatever else, or an option of these that changes the
 * numbers and is not known here, is refused by name. All run on src/nn's one block, in f32
 * or with 8-bit weights and activations.
 *
 * The vectors are those of transformers with the same pooling, within 1e-4. With 8 bits they are
 * near those of f32 and not the same: MiniLM's titles have a cosine of .9986 in the mean, .9967 at
 * the least (docs/METHODS.md).
 *
 * [1] Devlin et al. 2019, BERT. [2] Reimers & Gurevych 2019, Sentence-BERT (pooling).
 * [3] Touvron et al. 2023, LLaMA. */
#ifndef SKUA_ENCODE_TEXT_MODEL_H
#define SKUA_ENCODE_TEXT_MODEL_H

#include "core/context.h"

typedef enum skuai_pooling {
    SKUAI_POOLING_AUTO,  /* what the folder says; else mean, and the last token of a decoder */
    SKUAI_POOLING_MEAN,  /* of all tokens */
    SKUAI_POOLING_FIRST, /* [CLS], <s> */
    SKUAI_POOLING_LAST
} skuai_pooling;

typedef struct skuai_text_model_options {
    size_t tokens_most;    /* of a text, its end is cut off; 0: what the folder says, 512 at most */
    skuai_pooling pooling; /* how tokens become one vector */
    bool eight_bits;       /* matrices of 32 x 32 and more as integers (nn/quantise.h) */
} skuai_text_model_options;

typedef struct skuai_text_model skuai_text_model; /* immutable */

/* options NULL: all default. SKUA_ENOTFOUND: no such folder or a file of it; SKUA_EDATA: damaged,
 * of a family that is not known here, a tensor missing or of another shape, a vocabulary larger
 * than the model's, a path that leads out of the folder; SKUA_ELIMIT: sizes beyond all reason;
 * SKUA_EIO, SKUA_ENOMEM. *model is the caller's (_free). */
SKUA_MUST_USE skua_status skuai_text_model_open(const char *folder,
                                                const skuai_text_model_options *options,
                                                skuai_text_model **model, skua_error *err);
void skuai_text_model_free(skuai_text_model *model); /* NULL allowed */

size_t skuai_text_model_width(const skuai_text_model *model);

/* vectors [n, width] of n texts (any bytes), of length 1 when the folder asks for that. Texts of
 * like length go through the model together; on the context's threads, with the same bits on any
 * number of them. SKUA_ECANCEL, SKUA_EDEADLINE, SKUA_ENOMEM; vectors are undefined then. */
SKUA_MUST_USE skua_status skuai_text_model_encode(const skuai_text_model *model,
                                                  const skuai_context *context,
                                                  const char *const *texts, const size_t *sizes,
                                                  size_t n, float *vectors, skua_error *err);

#endif
