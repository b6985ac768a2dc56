/* simulate_text.h -- numbers and dates written fast into a row of CSV (room simulate, private).
 * Each function writes at `at` and returns the end; the caller's array is large enough: 20 bytes an
 * integer, 24 a fixed decimal, 10 a date. */
#ifndef SKUA_SIMULATE_SIMULATE_TEXT_H
#define SKUA_SIMULATE_SIMULATE_TEXT_H

#include "core/buffer.h"

#include <string.h>

static inline char *skuai_put_bytes(char *at, const char *text, size_t n) {
    memcpy(at, text, n);
    return at + n;
}

static inline char *skuai_put_text(char *at, const char *text) {
    return skuai_put_bytes(at, text, strlen(text));
}

static inline char *skuai_put_char(char *at, char c) {
    *at = c;
    return at + 1;
}

static inline char *skuai_put_unsigned(char *at, uint64_t value) {
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (n)
        *at++ = digits[--n];
    return at;
}

/* At least `width` digits, zeros in front. */
static inline char *skuai_put_padded(char *at, uint64_t value, int width) {
    uint64_t limit = 1;
    for (int i = 1; i < width; i++)
        limit *= 10;
    for (; limit > 1 && value < limit; limit /= 10)
        *at++ = '0';
    return skuai_put_unsigned(at, value);
}

/* value in units of 1 / 10^decimals, as "12.30"; trailing zeros stay out when `trim`. */
static inline char *skuai_put_scaled(char *at, int64_t value, int decimals, bool trim) {
    uint64_t v = value < 0 ? (uint64_t)-value : (uint64_t)value, scale = 1;
    if (value < 0) *at++ = '-';
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    at = skuai_put_unsigned(at, v / scale);
    uint64_t rest = v % scale;
    if (decimals == 0 || (trim && rest == 0)) return at;
    *at = '.';
    for (int i = decimals; i > 0; i--, rest /= 10)
        at[i] = (char)('0' + rest % 10);
    char *end = at + decimals + 1;
    while (trim && end[-1] == '0')
        end--;
    return end;
}

/* A finite number below 9e14 / 10^decimals, rounded to `decimals`, trimmed. */
static inline char *skuai_put_number(char *at, double value, int decimals) {
    double scale = 1;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    double scaled = value * scale;
    return skuai_put_scaled(at, (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5), decimals,
                            true);
}

/* "2024-05-01"; "2024-05-01T13:05:59+08:00" of a local second of the day, offset in minutes. */
char *skuai_put_date(char *at, int64_t day);
char *skuai_put_instant(char *at, int64_t day, int second, int offset);

/* A field of CSV, quoted when it must be. */
skua_status skuai_buffer_field(skuai_buffer *buffer, const char *text);

#endif
