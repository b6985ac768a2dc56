/* Records of delimited text, dialects, encodings. */
#include "core/encoding.h"
#include "store/csv.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

static const skuai_csv_dialect comma = {',', '"'};

/* Fields joined by "|", records by "/" ("!" before one whose quote is never closed). */
static void assert_split(const char *text, const char *want) {
    char bytes[256], got[512] = "";
    size_t size = strlen(text), n = 0;
    memcpy(bytes, text, size);
    bytes[size] = '\n';
    for (size_t at = 0; at < size;) {
        skuai_csv_field fields[8];
        skuai_csv_record record;
        skuai_csv_split(bytes + at, size - at, &comma, fields, 8, &record);
        assert_true(record.size > 0 && record.size <= size - at && record.lines >= 1);
        if (at) got[n++] = '/';
        if (record.unclosed) got[n++] = '!';
        for (size_t i = 0; i < record.n_fields && i < 8; i++) {
            if (i) got[n++] = '|';
            memcpy(got + n, fields[i].text, fields[i].size);
            n += fields[i].size;
        }
        at += record.size;
    }
    got[n] = '\0';
    assert_string_equal(got, want);
}

static void records(void **state) {
    (void)state;
    assert_split("a,b\nc,d\n", "a|b/c|d");
    assert_split("a,b\r\nc,d", "a|b/c|d");
    assert_split("a,,\n,", "a||/|");
    assert_split("\"a,b\",\"c\"\"d\"\n", "a,b|c\"d");
    assert_split("\"a\nb\",c\nd,e\n", "a\nb|c/d|e");
    assert_split("5\" nail,2\nx,y\n", "5\" nail|2/x|y"); /* a stray quote is text */
    assert_split("\"open,1\nx,y\n", "!\"open,1/x|y");    /* costs its line, no more */
    assert_split("\"\",\"\"\"\"\n", "|\"");
    assert_split("\"a\" ,b\r\n", "a|b");
    assert_split("\"a\"b,c\n", "\"a\"b|c");
    assert_split("\n\na\n", "//a");
}

/* Cut anywhere, the whole records of the pieces are those of the text. */
static void whole_records(void **state) {
    (void)state;
    static const char text[] =
        "a,\"b\nc\",d\n\"x\"\"y\",2\nplain,3\r\n\"q\",\"r\ns\nt\"\nend,\"z\"\n";
    size_t size = sizeof text - 1;
    size_t ends[8], n_ends = 0;
    char copy[sizeof text];
    memcpy(copy, text, sizeof text);
    copy[size] = '\n';
    for (size_t at = 0; at < size;) {
        skuai_csv_field fields[4];
        skuai_csv_record record;
        skuai_csv_split(copy + at, size - at, &comma, fields, 4, &record);
        at += record.size;
        ends[n_ends++] = at;
    }
    assert_int_equal(n_ends, 5);
    for (size_t cut = 0; cut <= size; cut++) {
        size_t whole = skuai_csv_whole(text, cut, &comma, false), best = 0;
        for (size_t i = 0; i < n_ends; i++)
            if (ends[i] <= cut) best = ends[i];
        assert_true(whole <= cut);
        assert_int_equal(whole, best);
        assert_int_equal(skuai_csv_whole(text, cut, &comma, true), cut);
    }
}

static void dialects(void **state) {
    (void)state;
    static const struct {
        const char *text;
        char want;
    } cases[] = {{"a,b,c\n1,2,3\n", ','},
                 {"a;b;c\n1,5;2,5;3\n", ';'},
                 {"a\tb\n1\t2,3\n", '\t'},
                 {"a|b|c\n1|2|3\n", '|'},
                 {"name;note\nx;\"a,b,c\"\ny;\"d,e\"\n", ';'},
                 {"one\ntwo\n", ','},
                 {"a,b\n\"1;2;3;4\",2\n", ','}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(skuai_csv_sniff(cases[i].text, strlen(cases[i].text), '\0').delimiter,
                         cases[i].want);
    assert_int_equal(skuai_csv_sniff("a,b\n", 4, ';').delimiter, ';');
}

static void encodings(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *want;
        size_t mark;
    } cases[] = {{"plain text", 10, "UTF-8", 0},
                 {"\xEF\xBB\xBF"
                  "x",
                  4, "UTF-8", 3},
                 {"\xFF\xFE"
                  "a\0b\0",
                  6, "UTF-16LE", 2},
                 {"\0a\0b\0c\0,\0d\0e", 12, "UTF-16BE", 0},
                 {"\xE7\xBB\xBF\xE8\x8C\xB6,\xE7\xBA\xA2", 10, "UTF-8", 0}};
    skua_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[SKUAI_ENCODING_NAME_SIZE];
        size_t mark = 99;
        assert_ok(skuai_encoding_detect((const unsigned char *)cases[i].bytes, cases[i].size, true,
                                        name, &mark, &err),
                  &err);
        assert_string_equal(name, cases[i].want);
        assert_int_equal(mark, cases[i].mark);
    }
    assert_int_equal(skuai_utf8_valid((const unsigned char *)"ab\xC0\x80", 4), 2);   /* overlong */
    assert_int_equal(skuai_utf8_valid((const unsigned char *)"\xED\xA0\x80", 3), 0); /* surrogate */
    assert_int_equal(skuai_utf8_valid((const unsigned char *)"\xF4\x90\x80\x80", 4), 0);
    assert_int_equal(skuai_utf8_valid((const unsigned char *)"0123456789\xC3", 11), 10);
}

/* In pieces of any size the converted text is the same. */
static void conversion(void **state) {
    (void)state;
    static const unsigned char text[] = "\xC2\xCC\xB2\xE8,a,\xBA\xEC\xB2\xE8\x81\x30\x81\x35";
    skua_error err;
    for (size_t step = 1; step <= sizeof text - 1; step++) {
        skuai_converter *converter;
        skuai_buffer out;
        skuai_buffer_init(&out, 1000);
        assert_ok(skuai_converter_new("GB18030", &converter, &err), &err);
        for (size_t at = 0, have = 0; at < sizeof text - 1;) {
            size_t used;
            have += step;
            if (have > sizeof text - 1 - at) have = sizeof text - 1 - at;
            bool last = at + have == sizeof text - 1;
            assert_ok(skuai_converter_add(converter, text + at, have, last, &used, &out, &err),
                      &err);
            at += used;
            have -= used;
        }
        assert_string_equal(skuai_buffer_view(&out), "绿茶,a,红茶\xC2\x85");
        assert_int_equal(skuai_converter_bad(converter), 0);
        skuai_converter_free(converter);
        skuai_buffer_clear(&out);
    }
    skuai_converter *none = NULL;
    assert_int_equal(skuai_converter_new("klingon", &none, &err), SKUA_EENCODING);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(records), cmocka_unit_test(whole_records),
                                       cmocka_unit_test(dialects), cmocka_unit_test(encodings),
                                       cmocka_unit_test(conversion)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
