#include "clean/text_normal.h"

#include <string.h>
#include <utf8proc.h>

enum { TEXT_MOST = 1 << 20, WIDE_MOST = 8, DISTANCE_MOST = 255, PAIRS_MOST = 1023 };

static bool is_space(utf8proc_int32_t c) {
    return (c >= 9 && c <= 13) || c == 0x85 || utf8proc_category(c) == UTF8PROC_CATEGORY_ZS ||
           c == 0x2028 || c == 0x2029;
}

static bool is_invisible(utf8proc_int32_t c) {
    return c == 0x200B || c == 0x2060 || c == 0xFEFF || c == 0x00AD || (c < 32 && !is_space(c));
}

static bool is_width_form(utf8proc_int32_t c) {
    int type = utf8proc_get_property(c)->decomp_type;
    return type == UTF8PROC_DECOMP_TYPE_WIDE || type == UTF8PROC_DECOMP_TYPE_NARROW;
}

/* Letters, digits and marks that carry meaning stay in a key. */
static bool in_key(utf8proc_int32_t c) {
    utf8proc_category_t k = utf8proc_category(c);
    return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO) || k == UTF8PROC_CATEGORY_MC ||
           k == UTF8PROC_CATEGORY_MN || (k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO);
}

/* Accents of Latin, Greek and Cyrillic; voicing marks of kana and vowel signs stay: they make other
 * words. */
static size_t drop_accents(utf8proc_int32_t *c, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (c[i] < 0x300 || c[i] > 0x36F) c[kept++] = c[i];
    return kept;
}

/* Code points of the text with width forms and invisible characters resolved, into out; SIZE_MAX:
 * not UTF-8. out holds WIDE_MOST times the bytes. */
static size_t resolve(const char *text, size_t size, utf8proc_int32_t *out) {
    size_t n = 0;
    for (size_t at = 0; at < size;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t read = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                 (utf8proc_ssize_t)(size - at), &c);
        if (read <= 0) return SIZE_MAX;
        at += (size_t)read;
        if (is_invisible(c)) continue;
        if (is_space(c)) c = ' '; /* the ideographic space too, before its width is looked at */
        if (!is_width_form(c)) {
            out[n++] = c;
            continue;
        }
        int last = 0;
        utf8proc_ssize_t made = utf8proc_decompose_char(
            c, out + n, WIDE_MOST, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, &last);
        n += made > 0 && made <= WIDE_MOST ? (size_t)made : 0;
    }
    return n;
}

static size_t squeeze_spaces(utf8proc_int32_t *c, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (c[i] != ' ' || (kept > 0 && c[kept - 1] != ' ')) c[kept++] = c[i];
    return kept > 0 && c[kept - 1] == ' ' ? kept - 1 : kept;
}

static skua_status encode(const utf8proc_int32_t *c, size_t n, skuai_arena *arena,
                          const char **result, skua_error *err) {
    char *text = skuai_arena_take(arena, 4 * n + 1, 1);
    if (!text) return skuai_error_memory(err, "a text");
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += (size_t)utf8proc_encode_char(c[i], (utf8proc_uint8_t *)text + size);
    text[size] = '\0';
    *result = text;
    return SKUA_OK;
}

typedef enum form { FORM_NORMAL, FORM_LOWER, FORM_KEY } form;

static skua_status make(const char *text, form wanted, skuai_arena *arena, const char **result,
                        skua_error *err) {
    size_t size = strlen(text);
    if (size > TEXT_MOST) return skuai_error_set(err, SKUA_ELIMIT, "a text of %zu bytes", size);
    /* Resolved characters as UTF-8 again, then decomposed: twice the room, given back at the end.
     */
    size_t room = WIDE_MOST * size + WIDE_MOST;
    utf8proc_int32_t *c = skuai_new(2 * room, sizeof *c);
    utf8proc_uint8_t *bytes = skuai_new(4 * room, 1);
    skua_status status = SKUA_OK;
    if (!c || !bytes) {
        status = skuai_error_memory(err, "a text");
        goto out;
    }
    size_t n = resolve(text, size, c), used = 0;
    if (n == SIZE_MAX) {
        status = skuai_error_set(err, SKUA_EENCODING, "a text is not UTF-8: %.40s", text);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        used += (size_t)utf8proc_encode_char(c[i], bytes + used);
    int options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    if (wanted == FORM_LOWER) options |= UTF8PROC_CASEFOLD;
    if (wanted == FORM_KEY) options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD;
    utf8proc_ssize_t made = utf8proc_decompose(
        bytes, (utf8proc_ssize_t)used, c, (utf8proc_ssize_t)(2 * room), (utf8proc_option_t)options);
    if (made < 0 || (size_t)made > 2 * room) {
        status = skuai_error_set(err, SKUA_EENCODING, "a text cannot be normalised: %.40s", text);
        goto out;
    }
    if (wanted == FORM_KEY) made = (utf8proc_ssize_t)drop_accents(c, (size_t)made);
    made = utf8proc_normalize_utf32(c, made, (utf8proc_option_t)(options | UTF8PROC_COMPOSE));
    n = (size_t)(made > 0 ? made : 0);
    if (wanted == FORM_KEY) {
        size_t kept = 0;
        for (size_t i = 0; i < n; i++)
            if (in_key(c[i])) c[kept++] = c[i];
        n = kept;
    } else {
        n = squeeze_spaces(c, n);
    }
    status = encode(c, n, arena, result, err);
out:
    skuai_free(c);
    skuai_free(bytes);
    return status;
}

skua_status skuai_text_normal(const char *text, skuai_arena *arena, const char **result,
                              skua_error *err) {
    return make(text, FORM_NORMAL, arena, result, err);
}

skua_status skuai_text_lower(const char *text, skuai_arena *arena, const char **result,
                             skua_error *err) {
    return make(text, FORM_LOWER, arena, result, err);
}

skua_status skuai_text_key(const char *text, skuai_arena *arena, const char **result,
                           skua_error *err) {
    return make(text, FORM_KEY, arena, result, err);
}

/* The next character of a text, a byte that is none as itself. */
static utf8proc_int32_t next(const char **text) {
    utf8proc_int32_t c;
    utf8proc_ssize_t read = utf8proc_iterate((const utf8proc_uint8_t *)*text, -1, &c);
    if (read <= 0) {
        c = (unsigned char)**text;
        read = 1;
    }
    *text += read;
    return c;
}

size_t skuai_text_length(const char *text) {
    size_t n = 0;
    for (; *text; n++)
        (void)next(&text);
    return n;
}

static size_t decode(const char *text, utf8proc_int32_t *out, size_t most) {
    size_t n = 0;
    while (*text && n < most)
        out[n++] = next(&text);
    return *text ? SIZE_MAX : n;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t skuai_text_distance(const char *a, const char *b, size_t limit) {
    utf8proc_int32_t x[DISTANCE_MOST], y[DISTANCE_MOST];
    size_t row[3][DISTANCE_MOST + 1];
    size_t n = decode(a, x, DISTANCE_MOST), m = decode(b, y, DISTANCE_MOST);
    if (n == SIZE_MAX || m == SIZE_MAX || (n > m ? n - m : m - n) > limit) return limit + 1;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *before = row[(i + 2) % 3], *older = row[(i + 1) % 3];
        size_t best = now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            now[j] =
                least(least(before[j], now[j - 1]) + 1, before[j - 1] + (x[i - 1] != y[j - 1]));
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
                now[j] = least(now[j], older[j - 2] + 1);
            best = least(best, now[j]);
        }
        /* A swap may reach back over one row, so two rows above the limit end it. */
        if (best > limit + 1) return limit + 1;
    }
    return least(row[n % 3][m], limit + 1);
}

double skuai_text_similarity(const char *a, const char *b) {
    if (strcmp(a, b) == 0) return 1;
    utf8proc_int32_t x[PAIRS_MOST + 1], y[PAIRS_MOST + 1];
    bool taken[PAIRS_MOST] = {false};
    size_t n = decode(a, x, PAIRS_MOST), m = decode(b, y, PAIRS_MOST), common = 0;
    if (n == SIZE_MAX) n = PAIRS_MOST;
    if (m == SIZE_MAX) m = PAIRS_MOST;
    if (n < 2 || m < 2) return 0;
    for (size_t i = 0; i + 1 < n; i++)
        for (size_t j = 0; j + 1 < m; j++)
            if (!taken[j] && x[i] == y[j] && x[i + 1] == y[j + 1]) {
                taken[j] = true;
                common++;
                break;
            }
    return 2 * (double)common / (double)(n + m - 2);
}
