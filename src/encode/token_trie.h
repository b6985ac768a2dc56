/* token_trie.h -- a vocabulary as a trie over bytes (room encode).
 * An edge is found in one open-addressed table by (node, byte), so a step costs about one look into
 * memory and the trie 24 bytes a node. Node 0 is the root; no edge leads back to it. */
#ifndef SKUA_ENCODE_TOKEN_TRIE_H
#define SKUA_ENCODE_TOKEN_TRIE_H

#include "core/alloc.h"

/* 64-bit keys to 64-bit values, open addressing. Key UINT64_MAX is not allowed. */
typedef struct skuai_key_map {
    uint64_t *keys, *values; /* [capacity]; a free place has key UINT64_MAX */
    size_t count, capacity;  /* capacity: a power of two, or 0 */
} skuai_key_map;

void skuai_key_map_clear(skuai_key_map *map);
/* Put or replace; false when out of memory. */
SKUA_MUST_USE bool skuai_key_map_put(skuai_key_map *map, uint64_t key, uint64_t value);

static inline size_t skuai_key_map_place(const skuai_key_map *map, uint64_t key) {
    uint64_t h = key * 0x9E3779B97F4A7C15u; /* Fibonacci hashing */
    size_t i = (size_t)(h ^ h >> 32) & (map->capacity - 1);
    while (map->keys[i] != UINT64_MAX && map->keys[i] != key)
        i = (i + 1) & (map->capacity - 1);
    return i;
}
/* The value of a key, or `none`. */
static inline uint64_t skuai_key_map_get(const skuai_key_map *map, uint64_t key, uint64_t none) {
    if (map->capacity == 0) return none;
    size_t i = skuai_key_map_place(map, key);
    return map->keys[i] == key ? map->values[i] : none;
}

typedef struct skuai_token_trie {
    skuai_key_map edges; /* node << 8 | byte -> node */
    int32_t *ids;        /* [nodes] token that ends in a node, -1: none */
    size_t nodes, capacity;
} skuai_token_trie;

/* Start with all of it zero. Put a token, which replaces the number of one with the same bytes; an
 * empty token is left out. SKUA_ENOMEM; SKUA_ELIMIT: more than 2^31 nodes. */
SKUA_MUST_USE skua_status skuai_token_trie_put(skuai_token_trie *trie, const char *token, size_t n,
                                               int32_t id, skua_error *err);
void skuai_token_trie_clear(skuai_token_trie *trie);

/* The node behind an edge; 0: there is none. */
static inline uint32_t skuai_token_trie_step(const skuai_token_trie *trie, uint32_t node,
                                             unsigned char byte) {
    return (uint32_t)skuai_key_map_get(&trie->edges, (uint64_t)node << 8 | byte, 0);
}
/* The node that a text leads to from a node (0 of an empty trie or when there is none). */
uint32_t skuai_token_trie_walk(const skuai_token_trie *trie, uint32_t node, const char *text,
                               size_t n);
/* Number of a token; -1: not in the vocabulary. */
int32_t skuai_token_trie_find(const skuai_token_trie *trie, const char *token, size_t n);

#endif
