#include "encode/token_trie.h"

#include <string.h>

/* -- Keys ------------------------------------------------------------------------------------- */

void skuai_key_map_clear(skuai_key_map *map) {
    skuai_free(map->keys);
    skuai_free(map->values);
    *map = (skuai_key_map){0};
}

static bool key_map_grow(skuai_key_map *map) {
    skuai_key_map more = {.capacity = map->capacity ? 2 * map->capacity : 64};
    more.keys = skuai_new(more.capacity, sizeof *more.keys);
    more.values = skuai_new(more.capacity, sizeof *more.values);
    if (!more.keys || !more.values) {
        skuai_key_map_clear(&more);
        return false;
    }
    memset(more.keys, 0xFF, more.capacity * sizeof *more.keys);
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->keys[i] == UINT64_MAX) continue;
        size_t at = skuai_key_map_place(&more, map->keys[i]);
        more.keys[at] = map->keys[i];
        more.values[at] = map->values[i];
    }
    more.count = map->count;
    skuai_key_map_clear(map);
    *map = more;
    return true;
}

bool skuai_key_map_put(skuai_key_map *map, uint64_t key, uint64_t value) {
    if (map->count >= map->capacity / 2 && !key_map_grow(map)) return false;
    size_t at = skuai_key_map_place(map, key);
    if (map->keys[at] == UINT64_MAX) {
        map->keys[at] = key;
        map->count++;
    }
    map->values[at] = value;
    return true;
}

/* -- Trie ------------------------------------------------------------------------------------- */

void skuai_token_trie_clear(skuai_token_trie *trie) {
    skuai_key_map_clear(&trie->edges);
    skuai_free(trie->ids);
    *trie = (skuai_token_trie){0};
}

/* A new node (the first is the root); false when out of memory. */
static bool node_add(skuai_token_trie *trie, uint32_t *node) {
    if (trie->nodes == trie->capacity) {
        size_t capacity = trie->capacity ? 2 * trie->capacity : 64;
        int32_t *ids = skuai_resize(trie->ids, capacity, sizeof *ids);
        if (!ids) return false;
        trie->ids = ids;
        trie->capacity = capacity;
    }
    *node = (uint32_t)trie->nodes;
    trie->ids[trie->nodes++] = -1;
    return true;
}

skua_status skuai_token_trie_put(skuai_token_trie *trie, const char *token, size_t n, int32_t id,
                                 skua_error *err) {
    uint32_t node = 0;
    if (n == 0) return SKUA_OK;
    if (trie->nodes == 0 && !node_add(trie, &node)) return skuai_error_memory(err, "a vocabulary");
    if (trie->nodes > (size_t)INT32_MAX - n)
        return skuai_error_set(err, SKUA_ELIMIT, "the vocabulary is too large");
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)token[i];
        uint32_t next = skuai_token_trie_step(trie, node, byte);
        if (next == 0 && (!node_add(trie, &next) ||
                          !skuai_key_map_put(&trie->edges, (uint64_t)node << 8 | byte, next)))
            return skuai_error_memory(err, "a vocabulary");
        node = next;
    }
    trie->ids[node] = id;
    return SKUA_OK;
}

uint32_t skuai_token_trie_walk(const skuai_token_trie *trie, uint32_t node, const char *text,
                               size_t n) {
    for (size_t i = 0; i < n; i++) {
        node = skuai_token_trie_step(trie, node, (unsigned char)text[i]);
        if (node == 0) return 0;
    }
    return node;
}

int32_t skuai_token_trie_find(const skuai_token_trie *trie, const char *token, size_t n) {
    uint32_t node = skuai_token_trie_walk(trie, 0, token, n);
    return node ? trie->ids[node] : -1;
}
