/* normaliser.h -- what a tokeniser does to a text before it is cut (room encode).
 * Read from the "normalizer" of a tokenizer.json, or BERT's from a tokenizer_config.json. Kinds:
 * BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace (a fixed
 * text, or the expression " {2,}"), Nmt, Precompiled, and sequences of these. */
#ifndef SKUA_ENCODE_NORMALISER_H
#define SKUA_ENCODE_NORMALISER_H

#include "core/json.h"
#include "encode/unicode_text.h"

typedef struct skuai_normaliser skuai_normaliser;

typedef struct skuai_bert_normaliser {
    bool clean;          /* controls go, white space becomes a space */
    bool set_ideographs; /* a space on both sides of a CJK ideograph */
    bool strip_accents;
    bool lower;
} skuai_bert_normaliser;

/* json: the "normalizer" value, NULL or null for none. SKUA_EDATA: damaged, or a kind that is
 * not known here, named; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_normaliser_new(const skuai_json *json, skuai_normaliser **result,
                                               skua_error *err);
SKUA_MUST_USE skua_status skuai_normaliser_new_bert(const skuai_bert_normaliser *options,
                                                    skuai_normaliser **result, skua_error *err);
void skuai_normaliser_free(skuai_normaliser *normaliser); /* NULL allowed */

/* The normal form of a valid UTF-8 text, in the arena (or the text itself). SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_normaliser_apply(const skuai_normaliser *normaliser,
                                                 const char *text, size_t n, skuai_arena *arena,
                                                 const char **result, size_t *result_n,
                                                 skua_error *err);

#endif
