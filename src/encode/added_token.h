/* added_token.h -- tokens that are found in a text before anything else: [MASK], <s>, ... (room
 * encode). Leftmost first, the longest of those that begin at one place. */
#ifndef SKUA_ENCODE_ADDED_TOKEN_H
#define SKUA_ENCODE_ADDED_TOKEN_H

#include "core/json.h"
#include "encode/normaliser.h"
#include "encode/piece.h"

typedef struct skuai_added_token {
    char *text; /* owned */
    size_t n;
    int32_t id;
    bool single_word, strip_left, strip_right;
    bool normalised; /* looked for in the normal form */
} skuai_added_token;

typedef struct skuai_added_tokens {
    skuai_added_token *items; /* [count] by first byte, longest first */
    size_t count;
    size_t from[257]; /* items of a first byte b: from[b] .. from[b + 1] - 1 */
} skuai_added_tokens;

/* Read "added_tokens" (NULL: none), which starts empty. SKUA_EDATA, SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_added_tokens_read(skuai_added_tokens *tokens,
                                                  const skuai_json *json,
                                                  const skuai_normaliser *normaliser,
                                                  skua_error *err);
/* The same from n texts with their numbers (all taken as they are). */
SKUA_MUST_USE skua_status skuai_added_tokens_set(skuai_added_tokens *tokens,
                                                 const char *const *texts, const int32_t *ids,
                                                 size_t n, skua_error *err);
void skuai_added_tokens_clear(skuai_added_tokens *tokens);

/* Number of an added token; -1: there is none. */
int32_t skuai_added_tokens_find(const skuai_added_tokens *tokens, const char *text);

/* Cut a piece at those tokens whose `normalised` is as given. */
void skuai_added_tokens_cut(const skuai_added_tokens *tokens, bool normalised,
                            const skuai_piece *piece, skuai_pieces *out);

#endif
