/* pre_tokeniser.h -- cutting a normalised text into words, which the model never looks across (room
 * encode). Read from the "pre_tokenizer" of a tokenizer.json. Kinds: BertPreTokenizer, Whitespace,
 * WhitespaceSplit, Metaspace, ByteLevel, Punctuation (isolated), Digits, Split (a fixed text, or
 * one of the expressions of split_pattern.h), and sequences of these. */
#ifndef SKUA_ENCODE_PRE_TOKENISER_H
#define SKUA_ENCODE_PRE_TOKENISER_H

#include "core/json.h"
#include "encode/piece.h"

typedef struct skuai_pre_tokeniser skuai_pre_tokeniser;

/* json: the "pre_tokenizer" value, NULL or null for none. SKUA_EDATA: damaged, or a kind that is
 * not known here, named; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_pre_tokeniser_new(const skuai_json *json,
                                                  skuai_pre_tokeniser **result, skua_error *err);
/* BERT's: white space goes, punctuation marks stand alone. */
SKUA_MUST_USE skua_status skuai_pre_tokeniser_new_bert(skuai_pre_tokeniser **result,
                                                       skua_error *err);
void skuai_pre_tokeniser_free(skuai_pre_tokeniser *pre); /* NULL allowed */

/* Cut every piece that is no token further; texts lie in the arena of `pieces` or where they lay.
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_pre_tokeniser_apply(const skuai_pre_tokeniser *pre,
                                                    skuai_pieces *pieces, skua_error *err);

#endif
