/* ingest_series.h -- series by number, and the set of periods seen of each (room store, private).
 * A period file of ten million rows names the same few thousand items and channels: they are stored
 * once, rows carry the number. The set of (series, period) finds second rows of a key inside one
 * file in a few nanoseconds a row, where a database would sort or hash all of them. */
#ifndef SKUA_STORE_INGEST_SERIES_H
#define SKUA_STORE_INGEST_SERIES_H

#include "core/alloc.h"

typedef struct skuai_series {
    skuai_arena *arena;
    size_t n, capacity;
    size_t n_known;     /* those below were in the store before */
    const char **items; /* [n] */
    const char **channels;
    uint64_t *hashes;
    uint32_t *slots; /* [n_slots] index + 1, 0 empty */
    size_t n_slots;  /* a power of two */
} skuai_series;

SKUA_MUST_USE skua_status skuai_series_init(skuai_series *series, skua_error *err);
void skuai_series_clear(skuai_series *series);

uint64_t skuai_series_hash(const char *item, size_t item_size, const char *channel,
                           size_t channel_size);
/* The number of a series, -1 when it is not there. */
int64_t skuai_series_find(const skuai_series *series, uint64_t hash, const char *item,
                          size_t item_size, const char *channel, size_t channel_size);
/* The same, added when it is not there; -1 when out of memory. */
int64_t skuai_series_add(skuai_series *series, uint64_t hash, const char *item, size_t item_size,
                         const char *channel, size_t channel_size);

typedef struct skuai_key_set {
    uint64_t *keys; /* [n_slots] series << 32 | page, UINT64_MAX empty */
    uint64_t *bits; /* [n_slots, 8] 512 periods a page */
    size_t n, n_slots;
} skuai_key_set;

SKUA_MUST_USE skua_status skuai_key_set_init(skuai_key_set *set, skua_error *err);
void skuai_key_set_clear(skuai_key_set *set);
/* Put a key in: 1 when it was there already, 0 when not, -1 when out of memory. */
int skuai_key_set_add(skuai_key_set *set, uint32_t series, int64_t period);

#endif
