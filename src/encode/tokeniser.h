/* tokeniser.h -- texts to the numbers that a language model reads (room encode).
 *
 *     skuai_tokeniser *tokeniser;
 *     SKUA_TRY(skuai_tokeniser_open("minilm", &tokeniser, err));
 *     skuai_tokens tokens;
 *     SKUA_TRY(skuai_tokeniser_encode(tokeniser, text, n, NULL, arena, &tokens, err));
 *
 * Read from the model's own files: tokenizer.json, or vocab.txt with tokenizer_config.json (BERT).
 * The stages are those of Hugging Face tokenizers: added tokens are found, the rest is normalised
 * (normaliser.h), cut into words (pre_tokeniser.h) and encoded (token_model.h), and the marks of a
 * single text are put around it. The numbers are the same as that package's, text for text; a kind
 * that is not known here is an error that names it, never an approximation.
 *
 * A tokeniser is immutable: any number of threads may use it, each with its own arena. */
#ifndef SKUA_ENCODE_TOKENISER_H
#define SKUA_ENCODE_TOKENISER_H

#include "core/alloc.h"

typedef struct skuai_tokeniser skuai_tokeniser;

typedef struct skuai_tokens {
    int32_t *ids; /* [n] in the arena */
    size_t n;
    bool cut; /* tokens or bytes beyond the limits were left out */
} skuai_tokens;

typedef struct skuai_tokeniser_options {
    size_t tokens_most; /* marks included, the end is cut off; 0: no limit */
    size_t bytes_most;  /* only so many bytes of a text are looked at; 0: 1 MiB */
    bool bare;          /* without marks ([CLS], [SEP], <s>, ...) */
} skuai_tokeniser_options;

/* Open a model's folder. SKUA_ENOTFOUND: neither tokenizer.json nor vocab.txt; SKUA_EDATA: damaged,
 * another model's vocabulary, or a kind that is not known here; SKUA_ELIMIT: a file over 256 MiB;
 * SKUA_EIO, SKUA_ENOMEM. *tokeniser is the caller's (_free). */
SKUA_MUST_USE skua_status skuai_tokeniser_open(const char *folder, skuai_tokeniser **tokeniser,
                                               skua_error *err);
/* The same from the n bytes of a tokenizer.json. */
SKUA_MUST_USE skua_status skuai_tokeniser_parse(const char *json, size_t n,
                                                skuai_tokeniser **tokeniser, skua_error *err);
/* BERT's from the n bytes of a vocab.txt; config: those of a tokenizer_config.json, or NULL. */
SKUA_MUST_USE skua_status skuai_tokeniser_parse_vocabulary(const char *vocabulary, size_t n,
                                                           const char *config, size_t config_n,
                                                           skuai_tokeniser **tokeniser,
                                                           skua_error *err);
void skuai_tokeniser_free(skuai_tokeniser *tokeniser); /* NULL allowed */

/* The tokens of a text of n bytes; bytes that are not UTF-8 are replaced (unicode_text.h). options
 * NULL: all default. SKUA_EDATA: a word is unknown and the model has no unknown token; SKUA_ENOMEM.
 * Everything lies in the arena, scratch too: reset it between texts. */
SKUA_MUST_USE skua_status skuai_tokeniser_encode(const skuai_tokeniser *tokeniser, const char *text,
                                                 size_t n, const skuai_tokeniser_options *options,
                                                 skuai_arena *arena, skuai_tokens *tokens,
                                                 skua_error *err);

size_t skuai_tokeniser_size(const skuai_tokeniser *tokeniser); /* largest number + 1 */
/* Number of a token or an added token; -1: there is none. */
int32_t skuai_tokeniser_find(const skuai_tokeniser *tokeniser, const char *token);
/* What batches are filled up with: "[PAD]", "<pad>", else 0. */
int32_t skuai_tokeniser_padding(const skuai_tokeniser *tokeniser);

#endif
