#include "store/ingest_series.h"

#include <string.h>

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return x ^ x >> 29;
}

static uint64_t hash_bytes(uint64_t h, const char *p, size_t n) {
    uint64_t word;
    for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
        memcpy(&word, p, sizeof word);
        h = mix(h ^ word);
    }
    word = n;
    for (size_t i = 0; i < n; i++)
        word = word << 8 | (unsigned char)p[i];
    return mix(h ^ word);
}

uint64_t skuai_series_hash(const char *item, size_t item_size, const char *channel,
                           size_t channel_size) {
    return hash_bytes(hash_bytes(UINT64_C(0x9E3779B97F4A7C15), item, item_size), channel,
                      channel_size);
}

skua_status skuai_series_init(skuai_series *series, skua_error *err) {
    *series = (skuai_series){.n_slots = 1024};
    series->arena = skuai_arena_new(1 << 18);
    series->slots = skuai_zero(series->n_slots, sizeof *series->slots);
    if (series->arena && series->slots) return SKUA_OK;
    skuai_series_clear(series);
    return skuai_error_memory(err, "the list of series");
}

void skuai_series_clear(skuai_series *series) {
    skuai_arena_free(series->arena);
    skuai_free(series->items);
    skuai_free(series->channels);
    skuai_free(series->hashes);
    skuai_free(series->slots);
    *series = (skuai_series){0};
}

static bool equals(const char *text, const char *bytes, size_t n) {
    return strncmp(text, bytes, n) == 0 && text[n] == '\0';
}

int64_t skuai_series_find(const skuai_series *series, uint64_t hash, const char *item,
                          size_t item_size, const char *channel, size_t channel_size) {
    size_t mask = series->n_slots - 1;
    for (size_t at = hash & mask; series->slots[at]; at = (at + 1) & mask) {
        size_t i = series->slots[at] - 1;
        if (series->hashes[i] == hash && equals(series->items[i], item, item_size) &&
            equals(series->channels[i], channel, channel_size))
            return (int64_t)i;
    }
    return -1;
}

static void insert_slot(uint32_t *slots, size_t n_slots, uint64_t hash, size_t i) {
    size_t at = hash & (n_slots - 1);
    while (slots[at])
        at = (at + 1) & (n_slots - 1);
    slots[at] = (uint32_t)(i + 1);
}

static bool grow(skuai_series *series) {
    size_t capacity = series->capacity ? series->capacity * 2 : 512, n_slots = capacity * 4;
    if (capacity > UINT32_MAX / 8) return false;
    const char **items = skuai_resize(series->items, capacity, sizeof *items);
    if (items) series->items = items;
    const char **channels = skuai_resize(series->channels, capacity, sizeof *channels);
    if (channels) series->channels = channels;
    uint64_t *hashes = skuai_resize(series->hashes, capacity, sizeof *hashes);
    if (hashes) series->hashes = hashes;
    uint32_t *slots = skuai_zero(n_slots, sizeof *slots);
    if (!items || !channels || !hashes || !slots) {
        skuai_free(slots);
        return false;
    }
    for (size_t i = 0; i < series->n; i++)
        insert_slot(slots, n_slots, series->hashes[i], i);
    skuai_free(series->slots);
    series->slots = slots;
    series->n_slots = n_slots;
    series->capacity = capacity;
    return true;
}

/* Both texts in one taking: the arena rounds up to 64 bytes. */
static const char *keep(skuai_series *series, const char *item, size_t item_size,
                        const char *channel, size_t channel_size) {
    char *text = skuai_arena_take(series->arena, item_size + channel_size + 2, 1);
    if (!text) return NULL;
    memcpy(text, item, item_size);
    text[item_size] = '\0';
    memcpy(text + item_size + 1, channel, channel_size);
    text[item_size + 1 + channel_size] = '\0';
    return text;
}

int64_t skuai_series_add(skuai_series *series, uint64_t hash, const char *item, size_t item_size,
                         const char *channel, size_t channel_size) {
    int64_t found = skuai_series_find(series, hash, item, item_size, channel, channel_size);
    if (found >= 0) return found;
    if (series->n == series->capacity && !grow(series)) return -1;
    const char *text = keep(series, item, item_size, channel, channel_size);
    if (!text) return -1;
    size_t i = series->n++;
    series->items[i] = text;
    series->channels[i] = text + item_size + 1;
    series->hashes[i] = hash;
    insert_slot(series->slots, series->n_slots, hash, i);
    return (int64_t)i;
}

/* -- Keys
 * ------------------------------------------------------------------------------------------ */

#define PAGE_WORDS ((size_t)8)
#define PAGE_BITS  ((int64_t)512)

static bool key_set_alloc(skuai_key_set *set, size_t n_slots) {
    set->keys = skuai_new(n_slots, sizeof *set->keys);
    set->bits = skuai_zero(n_slots * PAGE_WORDS, sizeof *set->bits);
    set->n_slots = n_slots;
    set->n = 0;
    if (set->keys && set->bits) {
        memset(set->keys, 0xFF, n_slots * sizeof *set->keys);
        return true;
    }
    skuai_key_set_clear(set);
    return false;
}

skua_status skuai_key_set_init(skuai_key_set *set, skua_error *err) {
    if (key_set_alloc(set, 1024)) return SKUA_OK;
    return skuai_error_memory(err, "the set of keys");
}

void skuai_key_set_clear(skuai_key_set *set) {
    skuai_free(set->keys);
    skuai_free(set->bits);
    *set = (skuai_key_set){0};
}

static size_t page_slot(const skuai_key_set *set, uint64_t key) {
    size_t mask = set->n_slots - 1, at = (size_t)mix(key * UINT64_C(0x9E3779B97F4A7C15)) & mask;
    while (set->keys[at] != key && set->keys[at] != UINT64_MAX)
        at = (at + 1) & mask;
    return at;
}

static bool key_set_grow(skuai_key_set *set) {
    skuai_key_set larger;
    if (set->n_slots > SIZE_MAX / 4 || !key_set_alloc(&larger, set->n_slots * 2)) return false;
    for (size_t i = 0; i < set->n_slots; i++) {
        if (set->keys[i] == UINT64_MAX) continue;
        size_t at = page_slot(&larger, set->keys[i]);
        larger.keys[at] = set->keys[i];
        memcpy(&larger.bits[at * PAGE_WORDS], &set->bits[i * PAGE_WORDS],
               PAGE_WORDS * sizeof *set->bits);
    }
    larger.n = set->n;
    skuai_key_set_clear(set);
    *set = larger;
    return true;
}

int skuai_key_set_add(skuai_key_set *set, uint32_t series, int64_t period) {
    int64_t page = period >= 0 ? period / PAGE_BITS : -((-period + PAGE_BITS - 1) / PAGE_BITS);
    uint64_t key = (uint64_t)series << 32 | (uint32_t)(int32_t)page;
    size_t at = page_slot(set, key);
    if (set->keys[at] == UINT64_MAX) {
        if (set->n * 10 >= set->n_slots * 7) {
            if (!key_set_grow(set)) return -1;
            at = page_slot(set, key);
        }
        set->keys[at] = key;
        set->n++;
    }
    size_t bit = (size_t)(period - page * PAGE_BITS);
    uint64_t *word = &set->bits[at * PAGE_WORDS + bit / 64], mask = UINT64_C(1) << bit % 64;
    bool was = (*word & mask) != 0;
    *word |= mask;
    return was;
}
