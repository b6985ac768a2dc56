/* Classes and normal forms of every code point as Hugging Face tokenizers has them
 * (tests/golden/tokeniser/make_classes.py), broken UTF-8 as Python repairs it. */
#include "encode/normaliser.h"
#include "encode/unicode_text.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { POINTS = 0x110000 };

static bool is_surrogate(uint32_t c) {
    return c >= 0xD800 && c <= 0xDFFF;
}

static FILE *open_golden(const char *name) {
    char relative[256], path[4096], line[64];
    (void)snprintf(relative, sizeof relative, "tests/golden/tokeniser/%s", name);
    FILE *file = fopen(test_source(relative, path, sizeof path), "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file)); /* header */
    return file;
}

typedef bool (*test_of)(uint32_t c);

static int failures;

/* Characters newer than the installed utf8proc cannot be known to it. */
static bool is_unassigned(uint32_t c) {
    return utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_CN;
}

static void check_class(const char *name, test_of test) {
    uint8_t *expected = calloc(POINTS, 1);
    char line[64], class[32];
    unsigned first, last;
    size_t wrong = 0, members = 0;
    FILE *file = open_golden("classes.csv");
    assert_non_null(expected);
    while (fgets(line, sizeof line, file)) {
        assert_int_equal(sscanf(line, "%31[^,],%u,%u", class, &first, &last), 3);
        for (unsigned c = first; strcmp(class, name) == 0 && c <= last; c++, members++)
            expected[c] = 1;
    }
    (void)fclose(file);
    for (uint32_t c = 1; c < POINTS; c++) {
        if (is_surrogate(c) || test(c) == (expected[c] != 0) || is_unassigned(c)) continue;
        if (wrong++ < 20) print_message("%s: U+%04X differs\n", name, c);
    }
    print_message("%s: %zu members, %zu differ\n", name, members, wrong);
    free(expected);
    assert_true(members > 0);
    if (wrong > 0) failures++;
}

static void test_classes(void **state) {
    (void)state;
    check_class("control", skuai_character_is_control);
    check_class("space", skuai_character_is_space);
    check_class("punctuation", skuai_character_is_punctuation);
    check_class("ideograph", skuai_character_is_ideograph);
    check_class("accent", skuai_character_is_accent);
    check_class("mark", skuai_character_is_mark);
    check_class("letter", skuai_character_is_letter);
    check_class("number", skuai_character_is_number);
    check_class("word", skuai_character_is_word);
    assert_int_equal(failures, 0);
}

/* -- Normal forms ----------------------------------------------------------------------------- */

static uint64_t add_bytes(uint64_t h, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001B3u;
    return h;
}

static skuai_normaliser *normaliser_of(const char *type) {
    char text[64];
    skuai_json *json = NULL;
    skuai_normaliser *normaliser = NULL;
    skua_error err = {0};
    (void)snprintf(text, sizeof text, "{\"type\":\"%s\"}", type);
    assert_ok(skuai_json_parse(text, strlen(text), &json, &err), &err);
    assert_ok(skuai_normaliser_new(json, &normaliser, &err), &err);
    skuai_json_free(json);
    return normaliser;
}

/* Checksum of what a normaliser makes of each code point of a block, and whether it changes one. */
static uint64_t block_sum(const skuai_normaliser *normaliser, skuai_arena *arena, uint32_t block,
                          const bool *newer, bool *changes) {
    uint64_t h = 0xCBF29CE484222325u;
    *changes = false;
    skuai_arena_clear(arena);
    for (uint32_t c = block ? block : 1; c < block + 256; c++) {
        if (is_surrogate(c) || newer[c]) continue;
        skuai_text_builder text = {.arena = arena};
        const char *result = NULL;
        size_t n = 0;
        skuai_text_builder_character(&text, c);
        assert_ok(skuai_normaliser_apply(normaliser, text.data, text.n, arena, &result, &n, NULL),
                  NULL);
        h = add_bytes(add_bytes(h, result, n), "", 1);
        if (n != text.n || memcmp(result, text.data, n) != 0) *changes = true;
    }
    return h;
}

/* Code points that the package treats by another Unicode than utf8proc may. */
static void read_newer(const char *name, bool *newer) {
    char line[64], form[32];
    unsigned c;
    size_t count = 0;
    FILE *file = open_golden("newer.csv");
    memset(newer, 0, POINTS * sizeof *newer);
    while (fgets(line, sizeof line, file)) {
        assert_int_equal(sscanf(line, "%31[^,],%u", form, &c), 2);
        if (strcmp(form, name) != 0) continue;
        newer[c] = true;
        count++;
    }
    (void)fclose(file);
    assert_true(count < 100);
}

static void check_form(const char *name, const char *type) {
    static uint64_t expected[POINTS / 256];
    static bool listed[POINTS / 256], newer[POINTS];
    char line[64], form[32];
    unsigned block, high, low;
    size_t wrong = 0, blocks = 0;
    read_newer(name, newer);
    FILE *file = open_golden("forms.csv");
    memset(listed, 0, sizeof listed);
    while (fgets(line, sizeof line, file)) {
        assert_int_equal(sscanf(line, "%31[^,],%u,%u,%u", form, &block, &high, &low), 4);
        if (strcmp(form, name) != 0) continue;
        expected[block / 256] = (uint64_t)high << 32 | low;
        listed[block / 256] = true;
        blocks++;
    }
    (void)fclose(file);
    skuai_normaliser *normaliser = normaliser_of(type);
    skuai_arena *arena = skuai_arena_new(0);
    for (size_t b = 0; b < POINTS / 256; b++) {
        bool changes;
        uint64_t h = block_sum(normaliser, arena, (uint32_t)b * 256, newer, &changes);
        if (listed[b] ? h == expected[b] : !changes) continue;
        print_message("%s: block U+%04zX differs\n", name, b * 256);
        wrong++;
    }
    skuai_arena_free(arena);
    skuai_normaliser_free(normaliser);
    assert_true(blocks > 0);
    assert_int_equal(wrong, 0);
}

static void test_forms(void **state) {
    (void)state;
    check_form("nfc", "NFC");
    check_form("nfd", "NFD");
    check_form("nfkc", "NFKC");
    check_form("nfkd", "NFKD");
    check_form("lower", "Lowercase");
    check_form("nmt", "Nmt");
}

/* Expected: bytes.decode("utf-8", errors="replace") of Python 3.11. */
static void test_repair(void **state) {
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"plain", "plain"},
        {"\xE6\xB0\xB4", "\xE6\xB0\xB4"},
        {"a\xFF"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {"\xE6\xB0", "\xEF\xBF\xBD"}, /* cut: one mark */
        {"\xE6\xB0"
         "a",
         "\xEF\xBF\xBD"
         "a"},
        {"\xF0\x9F\x91"
         "a",
         "\xEF\xBF\xBD"
         "a"},
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                 /* overlong */
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* surrogate */
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\x80"
         "x\xC3",
         "\xEF\xBF\xBD"
         "x\xEF\xBF\xBD"},
    };
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = NULL;
        size_t n = 0;
        assert_ok(skuai_utf8_repair(cases[i].text, strlen(cases[i].text), arena, &text, &n, NULL),
                  NULL);
        assert_int_equal(n, strlen(cases[i].expected));
        assert_memory_equal(text, cases[i].expected, n);
    }
    skuai_arena_free(arena);
}

/* A text of half a million marks of two classes: ordering must not take quadratic time. */
static void test_many_marks(void **state) {
    enum { PAIRS = 250000 };
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    char *text = skuai_arena_take(arena, 1 + 4 * PAIRS, 1);
    assert_non_null(text);
    text[0] = 'q';
    for (size_t i = 0; i < PAIRS; i++) {
        memcpy(text + 1 + 4 * i, "\xCC\x81", 2); /* U+0301, class 230 */
        memcpy(text + 3 + 4 * i, "\xCC\xA3", 2); /* U+0323, class 220: goes first */
    }
    skuai_text_builder out = {.arena = arena};
    assert_ok(skuai_unicode_normal(SKUAI_NORMAL_NFD, text, 1 + 4 * PAIRS, &out, NULL), NULL);
    assert_int_equal(out.n, 1 + 4 * PAIRS);
    assert_memory_equal(out.data, "q\xCC\xA3\xCC\xA3", 5);
    assert_memory_equal(out.data + out.n - 4, "\xCC\x81\xCC\x81", 4);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_repair),
        cmocka_unit_test(test_many_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
