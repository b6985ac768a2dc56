#include "encode/unicode_text.h"

#include "encode/older_class.h"

#include <string.h>
#include <utf8proc.h>

/* -- Growing ---------------------------------------------------------------------------------- */

void skuai_text_builder_add(skuai_text_builder *builder, const char *text, size_t n) {
    if (builder->failed || n == 0) return;
    if (n > builder->capacity - builder->n) {
        size_t capacity = builder->capacity ? builder->capacity : 64;
        while (capacity - builder->n < n) {
            if (capacity > SIZE_MAX / 2) {
                builder->failed = true;
                return;
            }
            capacity *= 2;
        }
        char *data = skuai_arena_take(builder->arena, capacity, 1);
        if (!data) {
            builder->failed = true;
            return;
        }
        if (builder->n) memcpy(data, builder->data, builder->n);
        builder->data = data;
        builder->capacity = capacity;
    }
    memcpy(builder->data + builder->n, text, n);
    builder->n += n;
}

void skuai_text_builder_character(skuai_text_builder *builder, uint32_t c) {
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)c, bytes);
    skuai_text_builder_add(builder, (const char *)bytes, (size_t)n);
}

/* -- UTF-8 ------------------------------------------------------------------------------------ */

size_t skuai_utf8_character(const char *text, uint32_t *c) {
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] < 0x80) {
        *c = p[0];
        return 1;
    }
    if (p[0] < 0xE0) {
        *c = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
        return 2;
    }
    if (p[0] < 0xF0) {
        *c = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        return 3;
    }
    *c = (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
    return 4;
}

size_t skuai_utf8_before(const char *text, size_t end) {
    size_t i = end - 1;
    while (i > 0 && ((unsigned char)text[i] & 0xC0) == 0x80)
        i--;
    return i;
}

/* Bytes of the well-formed character at p (n > 0 bytes left); 0: none, and *bad is how many bytes
 * its maximal subpart has (Unicode, table 3-7). */
static size_t well_formed(const unsigned char *p, size_t n, size_t *bad) {
    unsigned char low = 0x80, high = 0xBF;
    size_t length = p[0] < 0x80                  ? 1
                    : p[0] < 0xC2 || p[0] > 0xF4 ? 0
                    : p[0] < 0xE0                ? 2
                    : p[0] < 0xF0                ? 3
                                                 : 4;
    *bad = 1;
    if (length <= 1) return length;
    if (p[0] == 0xE0) low = 0xA0;
    if (p[0] == 0xED) high = 0x9F;
    if (p[0] == 0xF0) low = 0x90;
    if (p[0] == 0xF4) high = 0x8F;
    for (size_t i = 1; i < length; i++) {
        if (i >= n || p[i] < low || p[i] > high) {
            *bad = i;
            return 0;
        }
        low = 0x80, high = 0xBF;
    }
    return length;
}

skua_status skuai_utf8_repair(const char *text, size_t n, skuai_arena *arena, const char **repaired,
                              size_t *repaired_n, skua_error *err) {
    const unsigned char *p = (const unsigned char *)text;
    skuai_text_builder out = {.arena = arena};
    size_t kept = 0, bad = 0; /* bytes of the text that are in out already */
    bool whole = true;
    for (size_t i = 0; i < n;) {
        size_t length = well_formed(p + i, n - i, &bad);
        if (length == 0) {
            skuai_text_builder_add(&out, text + kept, i - kept);
            skuai_text_builder_add(&out, "\xEF\xBF\xBD", 3);
            i += bad;
            kept = i;
            whole = false;
        } else {
            i += length;
        }
    }
    if (whole) {
        *repaired = text;
        *repaired_n = n;
        return SKUA_OK;
    }
    skuai_text_builder_add(&out, text + kept, n - kept);
    if (out.failed) return skuai_error_memory(err, "a text");
    *repaired = out.data;
    *repaired_n = out.n;
    return SKUA_OK;
}

/* -- Classes ---------------------------------------------------------------------------------- */

static utf8proc_category_t category(uint32_t c) {
    return utf8proc_category((utf8proc_int32_t)c);
}

enum { FIRST_CHANGED = 0x61D };

/* What an older Unicode says of a code point that has changed since; -1: it has not. */
static int older(uint32_t c) {
    size_t from = 0, to = sizeof older_classes / sizeof older_classes[0];
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (c > older_classes[middle].last)
            from = middle + 1;
        else
            to = middle;
    }
    bool there =
        from < sizeof older_classes / sizeof older_classes[0] && c >= older_classes[from].first;
    return there ? older_classes[from].classes : -1;
}

bool skuai_character_is_space(uint32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

bool skuai_character_is_punctuation(uint32_t c) {
    if (c < 0x80)
        return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) ||
               (c >= 0x7B && c <= 0x7E);
    int then = c >= FIRST_CHANGED ? older(c) : -1;
    if (then >= 0) return (then & OLDER_PUNCTUATION) != 0;
    utf8proc_category_t k = category(c);
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

bool skuai_character_is_control(uint32_t c) {
    if (c == '\t' || c == '\n' || c == '\r') return false;
    int then = c >= FIRST_CHANGED ? older(c) : -1;
    if (then >= 0) return (then & OLDER_CONTROL) != 0;
    utf8proc_category_t k = category(c);
    return k >= UTF8PROC_CATEGORY_CC && k <= UTF8PROC_CATEGORY_CO;
}

bool skuai_character_is_letter(uint32_t c) {
    utf8proc_category_t k = category(c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

bool skuai_character_is_number(uint32_t c) {
    utf8proc_category_t k = category(c);
    return k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO;
}

bool skuai_character_is_mark(uint32_t c) {
    int then = c >= FIRST_CHANGED ? older(c) : -1;
    if (then >= 0) return (then & OLDER_MARK) != 0;
    utf8proc_category_t k = category(c);
    return k >= UTF8PROC_CATEGORY_MN && k <= UTF8PROC_CATEGORY_ME;
}

bool skuai_character_is_accent(uint32_t c) {
    int then = c >= FIRST_CHANGED ? older(c) : -1;
    if (then >= 0) return (then & OLDER_ACCENT) != 0;
    return category(c) == UTF8PROC_CATEGORY_MN;
}

bool skuai_character_is_word(uint32_t c) {
    utf8proc_category_t k = category(c);
    return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_ND) || k == UTF8PROC_CATEGORY_NL ||
           k == UTF8PROC_CATEGORY_PC || c == 0x200C || c == 0x200D ||
           (c >= 0x24B6 && c <= 0x24E9) || /* letters in circles and squares */
           (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) ||
           (c >= 0x1F170 && c <= 0x1F189);
}

bool skuai_character_is_ideograph(uint32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
           (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool skuai_character_is_emoji(uint32_t c) {
    return (c >= 0x1F000 && c <= 0x1FAFF) || (c >= 0x2600 && c <= 0x27BF) || c == 0x200D ||
           c == 0xFE0F;
}

bool skuai_character_break(uint32_t before, uint32_t after, int32_t *state) {
    return utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)after,
                                            state);
}

void skuai_character_lower(uint32_t c, skuai_text_builder *out) {
    if (c < 0x80) {
        char byte = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        skuai_text_builder_add(out, &byte, 1);
    } else if (c == 0x130) {
        skuai_text_builder_add(out, "i\xCC\x87", 3);
    } else {
        skuai_text_builder_character(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
    }
}

/* -- Normal forms ----------------------------------------------------------------------------- */

static utf8proc_propval_t combining_class(int32_t c) {
    return utf8proc_get_property(c)->combining_class;
}

/* Put a run of marks into the order of their classes, equal ones as they stood. A counting sort,
 * since a hostile text may hold a million marks in a row. */
static void order_run(int32_t *run, size_t n, int32_t *scratch) {
    size_t place[257] = {0};
    if (n < 2) return;
    for (size_t i = 0; i < n; i++)
        place[(size_t)combining_class(run[i]) + 1]++;
    for (size_t k = 1; k < 257; k++)
        place[k] += place[k - 1];
    for (size_t i = 0; i < n; i++)
        scratch[place[combining_class(run[i])]++] = run[i];
    memcpy(run, scratch, n * sizeof *run);
}

static void order_marks(int32_t *points, size_t n, int32_t *scratch) {
    for (size_t i = 0; i < n;) {
        size_t from = i;
        while (i < n && combining_class(points[i]) > 0)
            i++;
        if (i > from + 1) order_run(points + from, i - from, scratch);
        if (i == from) i++;
    }
}

static bool stands_for_itself(uint32_t c) {
    size_t n = sizeof undecomposed / sizeof undecomposed[0];
    if (c < undecomposed[0][0]) return false;
    for (size_t i = 0; i < n; i++)
        if (c >= undecomposed[i][0] && c <= undecomposed[i][1]) return true;
    return false;
}

static bool is_ascii(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] >= 0x80) return false;
    return true;
}

/* Decompose into *points [room], which is given in *count; SIZE_MAX behind an error. The longest
 * decomposition of a character has 18 code points (U+FDFA). */
static bool decompose(const char *text, size_t n, bool compatible, skuai_arena *arena,
                      int32_t **points, size_t *count) {
    enum { LONGEST = 32 };
    size_t room = n + LONGEST, used = 0;
    int32_t *all = skuai_arena_take(arena, room, sizeof *all);
    int boundary = 0;
    utf8proc_option_t options = (utf8proc_option_t)((int)UTF8PROC_STABLE | (int)UTF8PROC_DECOMPOSE |
                                                    (compatible ? (int)UTF8PROC_COMPAT : 0));
    for (size_t i = 0; all && i < n;) {
        uint32_t c;
        i += skuai_utf8_character(text + i, &c);
        if (room - used < LONGEST) {
            int32_t *more = skuai_arena_take(arena, 2 * room, sizeof *more);
            if (!more) return false;
            memcpy(more, all, used * sizeof *all);
            all = more;
            room *= 2;
        }
        utf8proc_ssize_t k = stands_for_itself(c)
                                 ? -1
                                 : utf8proc_decompose_char((utf8proc_int32_t)c, all + used, LONGEST,
                                                           options, &boundary);
        if (k < 0 || k > LONGEST) { /* not assigned, too */
            all[used++] = (int32_t)c;
            continue;
        }
        used += (size_t)k;
    }
    *points = all;
    *count = used;
    return all != NULL;
}

skua_status skuai_unicode_normal(skuai_normal_form form, const char *text, size_t n,
                                 skuai_text_builder *out, skua_error *err) {
    if (is_ascii(text, n)) {
        skuai_text_builder_add(out, text, n);
        return out->failed ? skuai_error_memory(err, "a text") : SKUA_OK;
    }
    int32_t *points = NULL;
    size_t count = 0;
    bool compatible = form == SKUAI_NORMAL_NFKC || form == SKUAI_NORMAL_NFKD;
    bool compose = form == SKUAI_NORMAL_NFC || form == SKUAI_NORMAL_NFKC;
    if (!decompose(text, n, compatible, out->arena, &points, &count))
        return skuai_error_memory(err, "a text");
    int32_t *scratch = skuai_arena_take(out->arena, count, sizeof *scratch);
    if (!scratch) return skuai_error_memory(err, "a text");
    order_marks(points, count, scratch);
    if (compose && count > 0) {
        utf8proc_ssize_t k = utf8proc_normalize_utf32(
            points, (utf8proc_ssize_t)count,
            (utf8proc_option_t)((int)UTF8PROC_STABLE | (int)UTF8PROC_COMPOSE));
        if (k < 0) return skuai_error_set(err, SKUA_EINTERNAL, "a text could not be composed");
        count = (size_t)k;
    }
    for (size_t i = 0; i < count; i++)
        skuai_text_builder_character(out, (uint32_t)points[i]);
    return out->failed ? skuai_error_memory(err, "a text") : SKUA_OK;
}
