/* split_pattern.h -- the regular expressions by which byte-level tokenisers cut texts, matched by
 * hand (room encode).
 *
 * GPT2    's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 * LLAMA3  (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}
 *         | ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+                (cl100k, Llama 3)
 * QWEN2   the same with \p{N} in place of \p{N}{1,3} */
#ifndef SKUA_ENCODE_SPLIT_PATTERN_H
#define SKUA_ENCODE_SPLIT_PATTERN_H

#include "core/error.h"

typedef enum skuai_split_pattern {
    SKUAI_SPLIT_GPT2,
    SKUAI_SPLIT_LLAMA3,
    SKUAI_SPLIT_QWEN2,
    SKUAI_SPLIT_UNKNOWN
} skuai_split_pattern;

/* The pattern that an expression, as it stands in a tokenizer.json, is. */
skuai_split_pattern skuai_split_pattern_find(const char *expression);

/* Bytes (>= 1) of the match at the front of a valid UTF-8 text of n > 0 bytes. Every text is
 * matched without gaps. */
size_t skuai_split_pattern_match(skuai_split_pattern pattern, const char *text, size_t n);

#endif
