/* token_model.h -- words to tokens: WordPiece, byte-pair encoding, unigram (room encode).
 * Read from the "model" of a tokenizer.json, or from a vocab.txt.
 *
 * [1] Schuster & Nakajima 2012; Wu et al. 2016: WordPiece, longest match first.
 * [2] Sennrich et al. 2016: byte-pair encoding; merges of lowest rank first, from the left.
 * [3] Kudo 2018: unigram, the most likely segmentation by dynamic programming.
 * Ties, unknown words and byte fall-back are settled as Hugging Face tokenizers 0.22 does. */
#ifndef SKUA_ENCODE_TOKEN_MODEL_H
#define SKUA_ENCODE_TOKEN_MODEL_H

#include "core/json.h"
#include "encode/piece.h"

typedef struct skuai_token_model skuai_token_model;

/* json: the "model" value. SKUA_EDATA: damaged, or a kind that is not known here, named;
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_token_model_new(const skuai_json *json, skuai_token_model **model,
                                                skua_error *err);
/* A WordPiece model from a vocab.txt of n bytes: a token a line, the first is number 0.
 * SKUA_EDATA: no line, or unknown ("[UNK]" as a rule) is none of them. */
SKUA_MUST_USE skua_status skuai_token_model_new_vocabulary(const char *text, size_t n,
                                                           const char *unknown,
                                                           skuai_token_model **model,
                                                           skua_error *err);
void skuai_token_model_free(skuai_token_model *model); /* NULL allowed */

size_t skuai_token_model_size(const skuai_token_model *model); /* largest number + 1 */
/* Number of a token; -1: not in the vocabulary. */
int32_t skuai_token_model_find(const skuai_token_model *model, const char *token, size_t n);

/* Append the tokens of one word. SKUA_EDATA: a word is unknown and the model has no unknown token;
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_token_model_apply(const skuai_token_model *model, const char *word,
                                                  size_t n, skuai_token_ids *ids, skua_error *err);

#endif
