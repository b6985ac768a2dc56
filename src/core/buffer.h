/* buffer.h -- a growable byte buffer with a limit set at init (room core).
 * The bytes are always followed by a terminator, so text() is a C string. A failed append leaves
 * the buffer as it was and makes it sticky: every later append fails too, so that a long run of
 * appends needs one check at its end (skuai_buffer_status). */
#ifndef SKUA_CORE_BUFFER_H
#define SKUA_CORE_BUFFER_H

#include "core/alloc.h"

typedef struct skuai_buffer {
    char *data;         /* [capacity], owned; NULL while empty */
    size_t size;        /* bytes used, without the terminator */
    size_t capacity;    /* bytes allocated */
    size_t limit;       /* the most bytes it may hold */
    skua_status status; /* the first failure */
} skuai_buffer;

void skuai_buffer_init(skuai_buffer *buffer, size_t limit);
void skuai_buffer_clear(skuai_buffer *buffer); /* free the memory; ready for use again */
void skuai_buffer_reset(skuai_buffer *buffer); /* empty, memory kept */

/* Append; the status is that of the buffer (SKUA_ENOMEM, SKUA_ELIMIT). */
skua_status skuai_buffer_add(skuai_buffer *buffer, const void *bytes, size_t n);
skua_status skuai_buffer_text(skuai_buffer *buffer, const char *text);
skua_status skuai_buffer_format(skuai_buffer *buffer, const char *format, ...) SKUA_PRINTF(2, 3);

/* The text so far ("" while empty), borrowed until the next call. */
const char *skuai_buffer_view(const skuai_buffer *buffer);

/* Hand the text over to the caller (skuai_free); the buffer is empty afterwards. On failure of any
 * append before: that failure in err, *text untouched, the buffer cleared. */
skua_status skuai_buffer_take(skuai_buffer *buffer, char **text, skua_error *err);

/* SKUA_OK, or the first failure with its sentence in err. */
skua_status skuai_buffer_check(const skuai_buffer *buffer, skua_error *err);

#endif
