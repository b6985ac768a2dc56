#include "nn/tape_record.h"

#include <string.h>

enum { ALIGN = 64, SMALLEST = 256, SMALL_BLOCK = 64 * 1024 };

/* Sizes 2^k * (1 + m / 4): at most a quarter more than asked. */
static size_t class_of(size_t bytes, size_t *size) {
    size_t k = 8, m = 0;
    if (bytes < SMALLEST) bytes = SMALLEST;
    while (k < 62 && ((size_t)1 << (k + 1)) <= bytes)
        k++;
    size_t base = (size_t)1 << k;
    m = (bytes - base + base / 4 - 1) / (base / 4);
    if (m == 4) k++, m = 0;
    *size = ((size_t)1 << k) / 4 * (4 + m);
    return 4 * k + m;
}

skuai_storage *skuai_memory_take(skuai_memory *memory, size_t bytes) {
    size_t size, c;
    if (bytes > (size_t)1 << 60) return NULL;
    c = class_of(bytes, &size);
    /* its own size first, then up to twice that */
    for (size_t k = c; k <= c + 4; k++) {
        skuai_storage *s = memory->free[k];
        if (!s) continue;
        memory->free[k] = s->next_free;
        s->references = 1;
        return s;
    }
    size_t whole = sizeof(skuai_storage) + ALIGN + size;
    skuai_storage *s = skuai_new(whole, 1);
    if (!s) return NULL;
    uintptr_t at = ((uintptr_t)(s + 1) + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1);
    *s = (skuai_storage){.data = (char *)s + (at - (uintptr_t)s),
                         .size = size,
                         .class = c,
                         .references = 1,
                         .next = memory->all};
    memory->all = s;
    memory->bytes += whole;
    return s;
}

void skuai_memory_drop(skuai_memory *memory, skuai_storage *storage) {
    if (!storage || storage->references == 0) return;
    if (--storage->references > 0) return;
#ifdef SKUAI_REAL_DOUBLE
    memset(storage->data, 0xFF,
           storage->size); /* NaN: the tests see a use after it was given back */
#endif
    storage->next_free = memory->free[storage->class];
    memory->free[storage->class] = storage;
}

void *skuai_memory_small(skuai_memory *memory, size_t bytes) {
    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    if (bytes > SMALL_BLOCK / 4) {
        skuai_storage *s = skuai_memory_take(memory, bytes);
        return s ? s->data : NULL;
    }
    if (bytes > memory->small_left) {
        skuai_storage *s = skuai_memory_take(memory, SMALL_BLOCK);
        if (!s) return NULL;
        memory->small = s->data;
        memory->small_left = s->size;
    }
    void *at = memory->small;
    memory->small += bytes;
    memory->small_left -= bytes;
    return at;
}

void skuai_memory_begin(skuai_memory *memory) {
    memset(memory->free, 0, sizeof memory->free);
    for (skuai_storage *s = memory->all; s; s = s->next) {
        s->references = 0;
        s->next_free = memory->free[s->class];
        memory->free[s->class] = s;
    }
    memory->small = NULL;
    memory->small_left = 0;
}

void skuai_memory_clear(skuai_memory *memory) {
    for (skuai_storage *s = memory->all, *next; s; s = next) {
        next = s->next;
        skuai_free(s);
    }
    *memory = (skuai_memory){0};
}
