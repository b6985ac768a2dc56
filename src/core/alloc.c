#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SKUA_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SKUA_ASAN 1
#endif
#ifdef SKUA_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#ifdef SKUA_FAULT
#include <stdatomic.h>
static atomic_size_t fault_at, fault_seen, fault_blocks;
static atomic_bool fault_sticky;

void skuai_fault_set(size_t n, bool sticky) {
    atomic_store(&fault_at, n);
    atomic_store(&fault_sticky, sticky);
    atomic_store(&fault_seen, 0);
}
size_t skuai_fault_count(void) {
    return atomic_load(&fault_seen);
}
size_t skuai_fault_live(void) {
    return atomic_load(&fault_blocks);
}

static bool fault_now(void) {
    size_t seen = atomic_fetch_add(&fault_seen, 1) + 1;
    size_t at = atomic_load(&fault_at);
    return at != 0 && (seen == at || (seen > at && atomic_load(&fault_sticky)));
}
static void *fault_track(void *block) {
    if (block) atomic_fetch_add(&fault_blocks, 1);
    return block;
}
static void fault_untrack(void *block) {
    if (block) atomic_fetch_sub(&fault_blocks, 1);
}
#else
static inline bool fault_now(void) {
    return false;
}
static inline void *fault_track(void *block) {
    return block;
}
static inline void fault_untrack(void *block) {
    (void)block;
}
#endif

bool skuai_size_mul(size_t a, size_t b, size_t *product) {
    return !__builtin_mul_overflow(a, b, product);
}

void *skuai_new(size_t n, size_t size) {
    size_t bytes;
    if (!skuai_size_mul(n, size, &bytes) || fault_now()) return NULL;
    return fault_track(malloc(bytes ? bytes : 1));
}

void *skuai_zero(size_t n, size_t size) {
    size_t bytes;
    if (!skuai_size_mul(n, size, &bytes) || fault_now()) return NULL;
    return fault_track(calloc(1, bytes ? bytes : 1));
}

void *skuai_resize(void *block, size_t n, size_t size) {
    size_t bytes;
    if (!skuai_size_mul(n, size, &bytes) || fault_now()) return NULL;
    void *grown = realloc(block, bytes ? bytes : 1);
    return block ? grown : fault_track(grown);
}

char *skuai_text_copy(const char *text) {
    return skuai_text_copy_n(text, strlen(text));
}

char *skuai_text_copy_n(const char *text, size_t n) {
    if (n == SIZE_MAX) return NULL;
    char *copy = skuai_new(n + 1, 1);
    if (!copy) return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

void skuai_free(void *block) {
    fault_untrack(block);
    free(block);
}

void skua_text_free(char *text) {
    skuai_free(text);
}

/* -- Arena ----------------------------------------------------------------------------------- */

#define ARENA_ALIGN ((size_t)64)

typedef struct arena_block {
    struct arena_block *next; /* kept for reuse after a reset */
    unsigned char *data;      /* aligned start inside the allocation */
    size_t size, used;        /* bytes from data */
} arena_block;

struct skuai_arena {
    arena_block *first, *current; /* a list; blocks behind current are empty */
    size_t block_size;
};

static arena_block *block_new(size_t size) {
    if (size > SIZE_MAX - sizeof(arena_block) - ARENA_ALIGN) return NULL;
    unsigned char *memory = skuai_new(sizeof(arena_block) + ARENA_ALIGN + size, 1);
    if (!memory) return NULL;
    arena_block *block = (arena_block *)(void *)memory;
    uintptr_t start = ((uintptr_t)memory + sizeof *block + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    block->next = NULL;
    block->data = memory + (start - (uintptr_t)memory);
    block->size = size;
    block->used = 0;
    ASAN_POISON_MEMORY_REGION(block->data, block->size);
    return block;
}

skuai_arena *skuai_arena_new(size_t block_size) {
    skuai_arena *arena = skuai_new(1, sizeof *arena);
    if (!arena) return NULL;
    arena->block_size = block_size ? block_size : 64 * 1024;
    arena->first = arena->current = NULL;
    return arena;
}

void skuai_arena_free(skuai_arena *arena) {
    if (!arena) return;
    for (arena_block *block = arena->first, *next; block; block = next) {
        next = block->next;
        ASAN_UNPOISON_MEMORY_REGION(block->data, block->size);
        skuai_free(block);
    }
    skuai_free(arena);
}

void *skuai_arena_take(skuai_arena *arena, size_t n, size_t size) {
    size_t bytes;
    if (!skuai_size_mul(n, size, &bytes) || bytes > SIZE_MAX - ARENA_ALIGN) return NULL;
    bytes = (bytes + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    if (bytes == 0) bytes = ARENA_ALIGN;
    arena_block *block = arena->current;
    while (block && block->size - block->used < bytes) { /* skip to a kept block that fits */
        block = block->next;
        if (block) block->used = 0;
    }
    if (!block) {
        block = block_new(bytes > arena->block_size ? bytes : arena->block_size);
        if (!block) return NULL;
        if (arena->current) {
            block->next = arena->current->next;
            arena->current->next = block;
        } else {
            block->next = arena->first;
            arena->first = block;
        }
    }
    arena->current = block;
    void *memory = block->data + block->used;
    block->used += bytes;
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
    return memory;
}

void *skuai_arena_take_zero(skuai_arena *arena, size_t n, size_t size) {
    void *memory = skuai_arena_take(arena, n, size);
    if (memory) memset(memory, 0, n * size);
    return memory;
}

char *skuai_arena_text(skuai_arena *arena, const char *text, size_t n) {
    if (n == SIZE_MAX) return NULL;
    char *copy = skuai_arena_take(arena, n + 1, 1);
    if (!copy) return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

skuai_arena_mark skuai_arena_mark_get(const skuai_arena *arena) {
    return (skuai_arena_mark){arena->current, arena->current ? arena->current->used : 0};
}

void skuai_arena_reset(skuai_arena *arena, skuai_arena_mark mark) {
    arena_block *block = mark.block ? mark.block : arena->first;
    arena->current = block;
    if (!block) return;
    block->used = mark.block ? mark.used : 0;
    for (arena_block *b = block; b; b = b->next) {
        if (b != block) b->used = 0;
        ASAN_POISON_MEMORY_REGION(b->data + b->used, b->size - b->used);
    }
}

void skuai_arena_clear(skuai_arena *arena) {
    skuai_arena_reset(arena, (skuai_arena_mark){NULL, 0});
}
