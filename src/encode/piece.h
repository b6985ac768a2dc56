/* piece.h -- a text cut into pieces (room encode): what passes between a tokeniser's stages. */
#ifndef SKUA_ENCODE_PIECE_H
#define SKUA_ENCODE_PIECE_H

#include "core/alloc.h"

typedef struct skuai_piece {
    const char *text; /* [n] valid UTF-8, borrowed */
    size_t n;
    int32_t id; /* >= 0: a token already, its text is not looked at */
    bool first; /* begins where the whole text begins */
} skuai_piece;

/* A list in an arena; a failure sticks in `failed`. */
typedef struct skuai_pieces {
    skuai_arena *arena;
    skuai_piece *items; /* [capacity] */
    size_t count, capacity;
    bool failed;
} skuai_pieces;

/* Append; an empty piece that is no token is left out. */
void skuai_pieces_add(skuai_pieces *pieces, skuai_piece piece);

/* Numbers of tokens, likewise. */
typedef struct skuai_token_ids {
    skuai_arena *arena;
    int32_t *items;
    size_t count, capacity;
    bool failed;
} skuai_token_ids;

void skuai_token_ids_add(skuai_token_ids *ids, int32_t id);

#endif
