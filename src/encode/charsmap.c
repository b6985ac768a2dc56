#include "encode/charsmap.h"

#include <string.h>

struct skuai_charsmap {
    uint32_t *units; /* [n_units] */
    size_t n_units;
    char *replacements; /* [n_replacements + 1], terminated texts one behind the other */
    size_t n_replacements;
};

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Bytes of a base64 text; false when it is none. bytes holds 3 for every 4 characters. */
static bool base64_read(const char *text, size_t n, uint8_t *bytes, size_t *count) {
    size_t used = 0;
    while (n > 0 && text[n - 1] == '=')
        n--;
    uint32_t group = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0) return false;
        group = group << 6 | (uint32_t)digit;
        if (i % 4 > 0) bytes[used++] = (uint8_t)(group >> (6 - 2 * (i % 4)));
        if (i % 4 == 3) group = 0;
    }
    *count = used;
    return n % 4 != 1;
}

static uint32_t little_endian(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static skua_status read_blob(const uint8_t *blob, size_t n, skuai_charsmap *map, skua_error *err) {
    uint32_t size = n >= 4 ? little_endian(blob) : 0;
    if (n < 4 || size % 4 != 0 || size > n - 4 || size == 0)
        return skuai_error_set(err, SKUA_EDATA, "the character map's sizes do not fit");
    map->n_units = size / 4;
    map->n_replacements = n - 4 - size;
    map->units = skuai_new(map->n_units, sizeof *map->units);
    map->replacements = skuai_new(map->n_replacements + 1, 1);
    if (!map->units || !map->replacements) return skuai_error_memory(err, "a character map");
    for (size_t i = 0; i < map->n_units; i++)
        map->units[i] = little_endian(blob + 4 + 4 * i);
    memcpy(map->replacements, blob + 4 + size, map->n_replacements);
    map->replacements[map->n_replacements] = '\0';
    return SKUA_OK;
}

skua_status skuai_charsmap_new(const char *base64, skuai_charsmap **map, skua_error *err) {
    size_t n = strlen(base64), count = 0;
    uint8_t *blob = skuai_new(n / 4 * 3 + 3, 1);
    skuai_charsmap *m = skuai_zero(1, sizeof *m);
    skua_status status = SKUA_OK;
    if (!blob || !m)
        status = skuai_error_memory(err, "a character map");
    else if (!base64_read(base64, n, blob, &count))
        status = skuai_error_set(err, SKUA_EDATA, "the character map is not base64");
    else
        status = read_blob(blob, count, m, err);
    skuai_free(blob);
    if (status != SKUA_OK) {
        skuai_charsmap_free(m);
        return status;
    }
    *map = m;
    return SKUA_OK;
}

void skuai_charsmap_free(skuai_charsmap *map) {
    if (!map) return;
    skuai_free(map->units);
    skuai_free(map->replacements);
    skuai_free(map);
}

static size_t unit_offset(uint32_t unit) {
    return (size_t)(unit >> 10) << ((unit & (1u << 9)) >> 6);
}

/* The replacement of the shortest key that a text starts with, or NULL. Every place is checked: the
 * map came from a file. */
static const char *look_up(const skuai_charsmap *map, const char *text, size_t n) {
    size_t at = unit_offset(map->units[0]);
    for (size_t i = 0; i < n && text[i] != '\0'; i++) {
        uint32_t byte = (unsigned char)text[i];
        at ^= byte;
        if (at >= map->n_units) return NULL;
        uint32_t unit = map->units[at];
        if ((unit & (1u << 31 | 0xFFu)) != byte) return NULL;
        at ^= unit_offset(unit);
        if (unit >> 8 & 1) {
            uint32_t value = at < map->n_units ? map->units[at] & 0x7FFFFFFFu : UINT32_MAX;
            return value < map->n_replacements ? map->replacements + value : NULL;
        }
    }
    return NULL;
}

/* A replacement may be damaged: only well-formed UTF-8 goes out. */
static void put(const char *replacement, skuai_text_builder *out) {
    const char *text = NULL;
    size_t n = 0;
    if (skuai_utf8_repair(replacement, strlen(replacement), out->arena, &text, &n, NULL) == SKUA_OK)
        skuai_text_builder_add(out, text, n);
    else
        out->failed = true;
}

static void apply_cluster(const skuai_charsmap *map, const char *text, size_t n,
                          skuai_text_builder *out) {
    const char *replacement = n < 6 ? look_up(map, text, n) : NULL;
    if (replacement) {
        put(replacement, out);
        return;
    }
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t k = skuai_utf8_character(text + i, &c);
        replacement = look_up(map, text + i, k);
        if (replacement)
            put(replacement, out);
        else
            skuai_text_builder_add(out, text + i, k);
        i += k;
    }
}

void skuai_charsmap_apply(const skuai_charsmap *map, const char *text, size_t n,
                          skuai_text_builder *out) {
    uint32_t before = 0;
    int32_t state = 0;
    size_t from = 0;
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t k = skuai_utf8_character(text + i, &c);
        if (i > from && skuai_character_break(before, c, &state)) {
            apply_cluster(map, text + from, i - from, out);
            from = i;
        }
        before = c;
        i += k;
    }
    if (n > from) apply_cluster(map, text + from, n - from, out);
}
