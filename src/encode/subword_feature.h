/* subword_feature.h -- a text as a sparse set of hashed sub-words, for any language (room encode).
 *
 * The text is brought to NFKC and lower case and cut into words (runs of letters, marks and
 * digits). A word gives itself and its n-grams of 2 .. 5 characters with a mark at both ends
 * ("<re", "red", "ed>"), all n-grams of a word weighing together as much as the word [1, 2].
 * Chinese, Japanese kana and whatever else is written without spaces give n-grams of 1 .. 3
 * characters. Each goes to one of 2^20 buckets by a 64-bit hash.
 *
 * [1] Bojanowski et al. 2017, Enriching word vectors with subword information, TACL 5.
 * [2] Weinberger et al. 2009, Feature hashing for large scale multitask learning. */
#ifndef SKUA_ENCODE_SUBWORD_FEATURE_H
#define SKUA_ENCODE_SUBWORD_FEATURE_H

#include "core/alloc.h"

enum {
    SKUAI_SUBWORD_BUCKETS = 1 << 20,
    SKUAI_SUBWORD_FEATURES_MOST = 4096, /* of a text, before equal ones are joined */
    SKUAI_SUBWORD_BYTES_MOST = 8192     /* looked at */
};

typedef struct skuai_subword_feature {
    uint32_t bucket; /* 0 .. SKUAI_SUBWORD_BUCKETS - 1 */
    float weight;    /* > 0, how much of the text it is */
} skuai_subword_feature;

/* The features of a text of n bytes (any bytes), by bucket, each once, in the arena. SKUA_ENOMEM.
 */
SKUA_MUST_USE skua_status skuai_subword_features(const char *text, size_t n, skuai_arena *arena,
                                                 skuai_subword_feature **features, size_t *count,
                                                 skua_error *err);

#endif
