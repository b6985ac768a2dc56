/* alloc.h -- the only door to the heap, and arenas (room core).
 *
 * Every allocation of the library goes through these functions, so that the fault build
 * (-DSKUA_FAULT) can make allocation N fail and the tests can prove that nothing leaks. */
#ifndef SKUA_CORE_ALLOC_H
#define SKUA_CORE_ALLOC_H

#include "core/error.h"

/* product [out] = a * b, or false (product untouched) on overflow. */
bool skuai_size_mul(size_t a, size_t b, size_t *product);

/* n * size bytes, uninitialised (_new) or zero (_zero). n or size of 0 gives a valid pointer.
 * NULL when the memory or the product does not fit. Free with skuai_free. */
SKUA_MUST_USE void *skuai_new(size_t n, size_t size);
SKUA_MUST_USE void *skuai_zero(size_t n, size_t size);

/* Grow or shrink a block to n * size bytes, as realloc: NULL and the old block intact on failure.
 */
SKUA_MUST_USE void *skuai_resize(void *block, size_t n, size_t size);

/* A copy of a terminated text, or of its first n bytes (terminated). NULL when out of memory. */
SKUA_MUST_USE char *skuai_text_copy(const char *text);
SKUA_MUST_USE char *skuai_text_copy_n(const char *text, size_t n);

void skuai_free(void *block); /* NULL allowed */

/* The sentence for a failed allocation. Returns SKUA_ENOMEM. */
static inline skua_status skuai_error_memory(skua_error *err, const char *what) {
    return skuai_error_set(err, SKUA_ENOMEM, "out of memory for %s", what);
}

/* -- Arena: many small blocks, freed whole --------------------------------------------------- */

typedef struct skuai_arena skuai_arena; /* one thread at a time */

typedef struct skuai_arena_mark {
    void *block;
    size_t used;
} skuai_arena_mark;

/* A new arena whose blocks are at least block_size bytes (0: 64 KiB). NULL when out of memory. */
SKUA_MUST_USE skuai_arena *skuai_arena_new(size_t block_size);
void skuai_arena_free(skuai_arena *arena); /* NULL allowed; everything in it is freed */

/* n * size bytes aligned to 64, uninitialised or zero; NULL when out of memory. */
SKUA_MUST_USE void *skuai_arena_take(skuai_arena *arena, size_t n, size_t size);
SKUA_MUST_USE void *skuai_arena_take_zero(skuai_arena *arena, size_t n, size_t size);
SKUA_MUST_USE char *skuai_arena_text(skuai_arena *arena, const char *text, size_t n);

/* Everything taken after the mark is given back for reuse; the memory stays in the arena. */
skuai_arena_mark skuai_arena_mark_get(const skuai_arena *arena);
void skuai_arena_reset(skuai_arena *arena, skuai_arena_mark mark);
void skuai_arena_clear(skuai_arena *arena); /* give everything back for reuse */

/* -- Fault injection, only in a build with -DSKUA_FAULT --------------------------------------- */
#ifdef SKUA_FAULT
/* Let allocation number n from now (1 the next) and all that follow fail when sticky, else that
 * one alone; 0 turns it off. */
void skuai_fault_set(size_t n, bool sticky);
/* Allocations since the last skuai_fault_set, and blocks that are live now. */
size_t skuai_fault_count(void);
size_t skuai_fault_live(void);
#endif

#endif
