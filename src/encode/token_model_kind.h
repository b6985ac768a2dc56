/* token_model_kind.h -- the three kinds behind token_model.h (room encode, private to it). */
#ifndef SKUA_ENCODE_TOKEN_MODEL_KIND_H
#define SKUA_ENCODE_TOKEN_MODEL_KIND_H

#include "encode/token_model.h"
#include "encode/token_trie.h"

typedef enum skuai_token_model_type {
    SKUAI_TOKEN_MODEL_WORD_PIECE,
    SKUAI_TOKEN_MODEL_BYTE_PAIR,
    SKUAI_TOKEN_MODEL_UNIGRAM
} skuai_token_model_type;

struct skuai_token_model {
    skuai_token_model_type type;
    skuai_token_trie vocabulary;
    size_t size;     /* largest number + 1 */
    int32_t unknown; /* -1: none */

    char *prefix;           /* of a token inside a word ("##"), "" for none; owned */
    char *suffix;           /* BYTE_PAIR: of a token at a word's end; owned */
    uint32_t prefix_node;   /* WORD_PIECE: where the prefix leads to, 0: nowhere */
    size_t characters_most; /* WORD_PIECE: longer words are unknown */

    skuai_key_map merges; /* BYTE_PAIR: left << 32 | right -> rank << 32 | result */
    bool fuse_unknown, byte_fallback, ignore_merges;
    int32_t bytes[256]; /* tokens <0x00> .. <0xFF>; -1: missing */

    double *scores; /* UNIGRAM: [size] */
    double least;   /* the least of them */
};

SKUA_MUST_USE skua_status skuai_byte_pair_read(skuai_token_model *model, const skuai_json *merges,
                                               skua_error *err);
SKUA_MUST_USE skua_status skuai_byte_pair_apply(const skuai_token_model *model, const char *word,
                                                size_t n, skuai_token_ids *ids, skua_error *err);
SKUA_MUST_USE skua_status skuai_unigram_apply(const skuai_token_model *model, const char *word,
                                              size_t n, skuai_token_ids *ids, skua_error *err);
/* Tokens of a piece that the vocabulary does not hold, byte by byte; false: some byte has none. */
bool skuai_token_model_bytes(const skuai_token_model *model, const char *text, size_t n,
                             skuai_token_ids *ids);

#endif
