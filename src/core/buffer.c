#include "core/buffer.h"

#include <stdio.h>
#include <string.h>

void skuai_buffer_init(skuai_buffer *buffer, size_t limit) {
    *buffer = (skuai_buffer){.limit = limit < SIZE_MAX / 2 ? limit : SIZE_MAX / 2};
}

void skuai_buffer_clear(skuai_buffer *buffer) {
    skuai_free(buffer->data);
    skuai_buffer_init(buffer, buffer->limit);
}

void skuai_buffer_reset(skuai_buffer *buffer) {
    buffer->size = 0;
    buffer->status = SKUA_OK;
    if (buffer->data) buffer->data[0] = '\0';
}

/* Make room for n more bytes and the terminator. */
static skua_status reserve(skuai_buffer *buffer, size_t n) {
    if (buffer->status != SKUA_OK) return buffer->status;
    if (n > buffer->limit - buffer->size) return buffer->status = SKUA_ELIMIT;
    size_t need = buffer->size + n + 1;
    if (buffer->data && need <= buffer->capacity) return SKUA_OK;
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
    if (capacity < need) capacity = need;
    char *data = skuai_resize(buffer->data, capacity, 1);
    if (!data) return buffer->status = SKUA_ENOMEM;
    buffer->data = data;
    buffer->capacity = capacity;
    return SKUA_OK;
}

skua_status skuai_buffer_add(skuai_buffer *buffer, const void *bytes, size_t n) {
    SKUA_TRY(reserve(buffer, n));
    if (n) memcpy(buffer->data + buffer->size, bytes, n);
    buffer->size += n;
    buffer->data[buffer->size] = '\0';
    return SKUA_OK;
}

skua_status skuai_buffer_text(skuai_buffer *buffer, const char *text) {
    return skuai_buffer_add(buffer, text, strlen(text));
}

skua_status skuai_buffer_format(skuai_buffer *buffer, const char *format, ...) {
    char small[256];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int n = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    skua_status status = SKUA_EINVAL;
    if (n >= 0 && (size_t)n < sizeof small) {
        status = skuai_buffer_add(buffer, small, (size_t)n);
    } else if (n >= 0 && (status = reserve(buffer, (size_t)n)) == SKUA_OK) {
        (void)vsnprintf(buffer->data + buffer->size, (size_t)n + 1, format, again);
        buffer->size += (size_t)n;
    }
    va_end(again);
    return status;
}

const char *skuai_buffer_view(const skuai_buffer *buffer) {
    return buffer->data ? buffer->data : "";
}

skua_status skuai_buffer_check(const skuai_buffer *buffer, skua_error *err) {
    if (buffer->status == SKUA_ELIMIT)
        return skuai_error_set(err, SKUA_ELIMIT, "a text grew past its limit of %zu bytes",
                               buffer->limit);
    if (buffer->status != SKUA_OK) return skuai_error_memory(err, "a text");
    return SKUA_OK;
}

skua_status skuai_buffer_take(skuai_buffer *buffer, char **text, skua_error *err) {
    if (buffer->status == SKUA_OK && !buffer->data) (void)skuai_buffer_add(buffer, "", 0);
    skua_status status = skuai_buffer_check(buffer, err);
    if (status == SKUA_OK) {
        *text = buffer->data;
        buffer->data = NULL;
    }
    skuai_buffer_clear(buffer);
    return status;
}
