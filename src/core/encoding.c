#include "core/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <uchardet.h>

/* -- UTF-8 ------------------------------------------------------------------------------------- */

/* Length of the valid character at bytes, 0 when there is none. */
static size_t utf8_character(const unsigned char *b, size_t n) {
    unsigned char lead = b[0];
    if (lead < 0x80) return 1;
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || n < length) return 0;
    for (size_t i = 1; i < length; i++)
        if ((b[i] & 0xC0) != 0x80) return 0;
    if (lead == 0xE0 && b[1] < 0xA0) return 0;  /* overlong */
    if (lead == 0xED && b[1] >= 0xA0) return 0; /* surrogate */
    if (lead == 0xF0 && b[1] < 0x90) return 0;
    if (lead == 0xF4 && b[1] >= 0x90) return 0;
    return length;
}

size_t skuai_utf8_valid(const unsigned char *bytes, size_t n) {
    size_t i = 0;
    while (i < n) {
        uint64_t word;
        while (i + sizeof word <= n) { /* ASCII, eight at a time */
            memcpy(&word, bytes + i, sizeof word);
            if (word & UINT64_C(0x8080808080808080)) break;
            i += sizeof word;
        }
        if (i >= n) break;
        size_t length = utf8_character(bytes + i, n - i);
        if (!length) break;
        i += length;
    }
    return i;
}

/* -- Detection -----------------------------------------------------------------------------------
 */

static void set_name(char *name, const char *text) {
    (void)snprintf(name, SKUAI_ENCODING_NAME_SIZE, "%s", text);
}

/* UTF-16 text of European languages has a zero in every second byte, nearly. */
static const char *detect_utf16(const unsigned char *head, size_t n) {
    size_t zero[2] = {0, 0}, pairs = n / 2;
    for (size_t i = 0; i < pairs * 2; i++)
        zero[i % 2] += head[i] == 0;
    if (pairs < 4) return NULL;
    if (zero[1] * 10 > pairs * 4 && zero[0] * 50 < pairs) return "UTF-16LE";
    if (zero[0] * 10 > pairs * 4 && zero[1] * 50 < pairs) return "UTF-16BE";
    return NULL;
}

static bool converts(const char *encoding, const unsigned char *head, size_t n) {
    skuai_converter *converter = NULL;
    if (skuai_converter_new(encoding, &converter, NULL) != SKUA_OK) return false;
    skuai_buffer out;
    skuai_buffer_init(&out, SIZE_MAX);
    size_t used = 0;
    skua_status status = skuai_converter_add(converter, head, n, false, &used, &out, NULL);
    bool good = status == SKUA_OK && skuai_converter_bad(converter) == 0;
    skuai_buffer_clear(&out);
    skuai_converter_free(converter);
    return good;
}

/* Guesses that are subsets of what people really write. */
static const char *widen(const char *guess) {
    static const char *const pairs[][2] = {{"GB2312", "GB18030"},
                                           {"GBK", "GB18030"},
                                           {"HZ-GB-2312", "GB18030"},
                                           {"ISO-8859-1", "WINDOWS-1252"},
                                           {"ASCII", "UTF-8"},
                                           {"SHIFT_JIS", "CP932"},
                                           {"EUC-KR", "CP949"},
                                           {"UHC", "CP949"},
                                           {"ISO-8859-9", "WINDOWS-1254"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcasecmp(guess, pairs[i][0]) == 0) return pairs[i][1];
    return guess;
}

static bool guess(const unsigned char *head, size_t n, char *name) {
    uchardet_t detector = uchardet_new();
    if (!detector) return false;
    bool fed = uchardet_handle_data(detector, (const char *)head, n) == 0;
    uchardet_data_end(detector);
    const char *found = fed ? uchardet_get_charset(detector) : "";
    if (*found) set_name(name, widen(found));
    bool good = *found && strlen(name) < SKUAI_ENCODING_NAME_SIZE - 1 && converts(name, head, n);
    uchardet_delete(detector);
    return good;
}

/* Characters of several bytes are hardly ever valid by chance: a few bad ones are damage. */
static bool mostly_utf8(const unsigned char *head, size_t n) {
    size_t good = 0, bad = 0;
    for (size_t i = 0; i < n;) {
        size_t length = utf8_character(head + i, n - i);
        good += length > 1;
        bad += length == 0;
        i += length ? length : 1;
    }
    return good > 0 && good >= 8 * bad;
}

skua_status skuai_encoding_detect(const unsigned char *head, size_t n, bool whole,
                                  char name[static SKUAI_ENCODING_NAME_SIZE], size_t *mark,
                                  skua_error *err) {
    static const struct {
        const char *bytes;
        size_t size;
        const char *name;
    } marks[] = {{"\xEF\xBB\xBF", 3, "UTF-8"},    {"\xFF\xFE\0\0", 4, "UTF-32LE"},
                 {"\0\0\xFE\xFF", 4, "UTF-32BE"}, {"\xFF\xFE", 2, "UTF-16LE"},
                 {"\xFE\xFF", 2, "UTF-16BE"},     {"\x84\x31\x95\x33", 4, "GB18030"}};
    *mark = 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (n >= marks[i].size && memcmp(head, marks[i].bytes, marks[i].size) == 0) {
            *mark = marks[i].size;
            set_name(name, marks[i].name);
            return SKUA_OK;
        }
    const char *wide = detect_utf16(head, n);
    if (wide) {
        set_name(name, wide);
        return SKUA_OK;
    }
    size_t valid = skuai_utf8_valid(head, n);
    if (valid == n || (!whole && n - valid < 4) || mostly_utf8(head, n)) {
        set_name(name, "UTF-8");
        return SKUA_OK;
    }
    if (guess(head, n, name)) return SKUA_OK;
    static const char *const usual[] = {"GB18030", "WINDOWS-1252"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (converts(usual[i], head, n)) {
            set_name(name, usual[i]);
            return SKUA_OK;
        }
    return skuai_error_set(err, SKUA_EENCODING,
                           "the encoding is not known: save the file as UTF-8, or name it "
                           "(--encoding)");
}

/* -- Conversion
 * ------------------------------------------------------------------------------------ */

struct skuai_converter {
    iconv_t iconv;
    size_t bad;
};

skua_status skuai_converter_new(const char *encoding, skuai_converter **converter,
                                skua_error *err) {
    skuai_converter *made = skuai_new(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "an encoding");
    made->bad = 0;
    made->iconv = iconv_open("UTF-8", encoding);
    if (made->iconv == (iconv_t)-1) {
        skuai_free(made);
        return skuai_error_set(err, SKUA_EENCODING, "encoding '%s' is not known on this machine",
                               encoding);
    }
    *converter = made;
    return SKUA_OK;
}

void skuai_converter_free(skuai_converter *converter) {
    if (!converter) return;
    (void)iconv_close(converter->iconv);
    skuai_free(converter);
}

size_t skuai_converter_bad(const skuai_converter *converter) {
    return converter->bad;
}

skua_status skuai_converter_add(skuai_converter *converter, const unsigned char *bytes, size_t n,
                                bool last, size_t *used, skuai_buffer *out, skua_error *err) {
    char piece[16384];
    char *in = (char *)bytes; /* iconv's prototype lacks the const; it does not write there */
    size_t left = n;
    while (left > 0) {
        char *to = piece;
        size_t room = sizeof piece;
        size_t result = iconv(converter->iconv, &in, &left, &to, &room);
        int why = errno;
        (void)skuai_buffer_add(out, piece, (size_t)(to - piece));
        if (result != (size_t)-1) break;
        if (why == EINVAL && !last) break; /* a character is cut: the rest comes with the next */
        if (why == EILSEQ || why == EINVAL) {
            (void)skuai_buffer_text(out, "\xEF\xBF\xBD");
            converter->bad++;
            in++, left--;
        } else if (why != E2BIG) {
            return skuai_error_set(err, SKUA_EENCODING, "the text cannot be converted: %s",
                                   strerror(why));
        }
    }
    *used = n - left;
    return skuai_buffer_check(out, err);
}
