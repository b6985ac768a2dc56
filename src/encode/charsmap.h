/* charsmap.h -- SentencePiece's compiled normalisation (room encode).
 * "precompiled_charsmap" of a unigram model: a double-array trie (Yata et al. 2007; Darts-clone's
 * units of 32 bits) from byte sequences to places in a block of terminated replacements. Applied as
 * Hugging Face's spm_precompiled does: a cluster (UAX #29) shorter than 6 bytes is looked up whole,
 * else character by character; the first, shortest, match replaces the whole of what was looked up.
 */
#ifndef SKUA_ENCODE_CHARSMAP_H
#define SKUA_ENCODE_CHARSMAP_H

#include "encode/unicode_text.h"

typedef struct skuai_charsmap skuai_charsmap;

/* Read a map from base64. SKUA_EDATA: not base64, or sizes that do not fit; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_charsmap_new(const char *base64, skuai_charsmap **map,
                                             skua_error *err);
void skuai_charsmap_free(skuai_charsmap *map); /* NULL allowed */

/* Append the normal form of a valid UTF-8 text. */
void skuai_charsmap_apply(const skuai_charsmap *map, const char *text, size_t n,
                          skuai_text_builder *out);

#endif
