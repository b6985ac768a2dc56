#include "encode/piece.h"

#include <string.h>

/* Room for one more in an array of the arena; false when out of memory. */
static bool grow(skuai_arena *arena, void **items, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) return true;
    size_t more = *capacity ? 2 * *capacity : 32;
    void *block = skuai_arena_take(arena, more, size);
    if (!block) return false;
    if (count) memcpy(block, *items, count * size);
    *items = block;
    *capacity = more;
    return true;
}

void skuai_pieces_add(skuai_pieces *pieces, skuai_piece piece) {
    void *items = pieces->items;
    if (pieces->failed || (piece.n == 0 && piece.id < 0)) return;
    if (!grow(pieces->arena, &items, pieces->count, &pieces->capacity, sizeof piece)) {
        pieces->failed = true;
        return;
    }
    pieces->items = items;
    pieces->items[pieces->count++] = piece;
}

void skuai_token_ids_add(skuai_token_ids *ids, int32_t id) {
    void *items = ids->items;
    if (ids->failed) return;
    if (!grow(ids->arena, &items, ids->count, &ids->capacity, sizeof id)) {
        ids->failed = true;
        return;
    }
    ids->items = items;
    ids->items[ids->count++] = id;
}
