#include "core/error.h"

#include <stdio.h>
#include <string.h>

const char *skua_status_text(skua_status status) {
    switch (status) {
#define SKUA_STATUS_CASE(name, value, text)                                                        \
    case SKUA_##name:                                                                              \
        return text;
        SKUA_STATUS_MAP(SKUA_STATUS_CASE)
#undef SKUA_STATUS_CASE
    }
    return "unknown status";
}

const char *skua_version(void) {
    return SKUA_VERSION_TEXT;
}

/* Cut an UTF-8 text at the last whole character that fits into size - 1 bytes. */
static void cut_at_character(char *text, size_t size) {
    size_t n = strnlen(text, size);
    if (n < size - 1) return; /* nothing was truncated */
    size_t start = n;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (n - (start - 1) < want) text[start - 1] = '\0';
}

static void SKUA_PRINTF(2, 0)
    format_message(skua_error *err, const char *format, va_list arguments) {
    char message[SKUA_ERROR_MESSAGE_SIZE]; /* the arguments may point into err */
    if (vsnprintf(message, sizeof message, format, arguments) < 0) message[0] = '\0';
    cut_at_character(message, sizeof message);
    memcpy(err->message, message, sizeof message);
}

skua_status skuai_error_fill(skua_error *err, skua_status code, const char *format, ...) {
    if (!err) return code;
    va_list arguments;
    va_start(arguments, format);
    format_message(err, format, arguments);
    va_end(arguments);
    err->code = code;
    return code;
}

skua_status skuai_error_prefix(skua_error *err, skua_status code, const char *format, ...) {
    if (!err) return code;
    char rest[SKUA_ERROR_MESSAGE_SIZE];
    memcpy(rest, err->message, sizeof rest);
    va_list arguments;
    va_start(arguments, format);
    format_message(err, format, arguments);
    va_end(arguments);
    size_t n = strlen(err->message);
    (void)snprintf(err->message + n, sizeof err->message - n, ": %s", rest);
    cut_at_character(err->message, sizeof err->message);
    return err->code;
}

void skuai_error_clear(skua_error *err) {
    if (!err) return;
    err->code = SKUA_OK;
    err->message[0] = '\0';
}
