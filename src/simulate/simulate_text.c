#include "simulate/simulate_text.h"

#include "core/period.h"

static char *two_digits(char *at, int value) {
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
    return at + 2;
}

char *skuai_put_date(char *at, int64_t day) {
    skuai_date d = skuai_date_from_day(day);
    at = two_digits(at, d.year / 100);
    at = two_digits(at, d.year % 100);
    *at++ = '-';
    at = two_digits(at, d.month);
    *at++ = '-';
    return two_digits(at, d.day);
}

char *skuai_put_instant(char *at, int64_t day, int second, int offset) {
    at = skuai_put_date(at, day);
    *at++ = 'T';
    at = two_digits(at, second / 3600);
    *at++ = ':';
    at = two_digits(at, second / 60 % 60);
    *at++ = ':';
    at = two_digits(at, second % 60);
    *at++ = offset < 0 ? '-' : '+';
    if (offset < 0) offset = -offset;
    at = two_digits(at, offset / 60);
    *at++ = ':';
    return two_digits(at, offset % 60);
}

skua_status skuai_buffer_field(skuai_buffer *buffer, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) return skuai_buffer_text(buffer, text);
    (void)skuai_buffer_add(buffer, "\"", 1);
    for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
        (void)skuai_buffer_add(buffer, text, (size_t)(quote - text) + 1);
        (void)skuai_buffer_add(buffer, "\"", 1);
    }
    (void)skuai_buffer_text(buffer, text);
    return skuai_buffer_add(buffer, "\"", 1);
}
