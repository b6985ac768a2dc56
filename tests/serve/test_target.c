/* Targets and bodies: decoded once, refused when they are not to be trusted. */
#include "serve/target.h"
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

static skuai_target target;

static void test_parts(void **state) {
    (void)state;
    skua_error err;
    assert_ok(
        skuai_target_parse("/v1/shops/%E8%8C%B6/items/A%2F1%25?limit=10&search=%E7%BA%A2+tea&x",
                           &target, &err),
        &err);
    assert_int_equal(target.n_segments, 5);
    assert_string_equal(target.segments[2], "茶");
    assert_string_equal(target.segments[4], "A/1%"); /* decoded once, the slash stays inside */
    assert_string_equal(skuai_target_parameter(&target, "search", ""), "红 tea");
    assert_string_equal(skuai_target_parameter(&target, "x", "-"), "");
    assert_string_equal(skuai_target_parameter(&target, "y", "-"), "-");
    assert_ok(skuai_target_parse("/", &target, &err), &err);
    assert_int_equal(target.n_segments, 1);
    assert_string_equal(target.segments[0], "");
    assert_ok(skuai_target_parse("/v1/shops/", &target, &err), &err);
    assert_int_equal(target.n_segments, 2);
    assert_ok(skuai_target_parse("/a+b?c=d+e", &target, &err), &err);
    assert_string_equal(target.segments[0], "a+b");
    assert_string_equal(target.parameters[0].value, "d e");
}

static void test_refused(void **state) {
    static const char *const wrong[] = {"",
                                        "v1",
                                        "/..",
                                        "/v1/../x",
                                        "/.",
                                        "/%2e%2e/x",
                                        "/a%",
                                        "/a%2",
                                        "/a%zz",
                                        "/a%00b",
                                        "/a%0d%0aSet-Cookie:x",
                                        "/%ff",
                                        "/%c0%af",
                                        "/%ed%a0%80",
                                        "/?a=%0a",
                                        "/?%01=a",
                                        "/1/2/3/4/5/6/7/8/9",
                                        "/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        skua_error err;
        skua_status status = skuai_target_parse(wrong[i], &target, &err);
        if (status == SKUA_OK) fail_msg("taken: %s", wrong[i]);
        assert_int_equal(status, err.code);
    }
    char *longest = malloc(TARGET_BYTES_MOST + 2);
    assert_non_null(longest);
    memset(longest, 'a', TARGET_BYTES_MOST + 1);
    longest[0] = '/';
    longest[TARGET_BYTES_MOST + 1] = '\0';
    assert_int_equal(skuai_target_parse(longest, &target, NULL), SKUA_ELIMIT);
    longest[TARGET_BYTES_MOST] = '\0';
    assert_int_equal(skuai_target_parse(longest, &target, NULL), SKUA_OK);
    free(longest);
}

static void test_integers(void **state) {
    static const char *const wrong[] = {
        "/?n=0", "/?n=11", "/?n=-1", "/?n=", "/?n=1x", "/?n=+1", "/?n=99999999999999999999"};
    (void)state;
    skua_error err;
    int64_t value = 0;
    assert_ok(skuai_target_parse("/?n=10", &target, &err), &err);
    assert_ok(skuai_target_integer(&target, "n", 3, 1, 10, &value, &err), &err);
    assert_int_equal(value, 10);
    assert_ok(skuai_target_integer(&target, "m", 3, 1, 10, &value, &err), &err);
    assert_int_equal(value, 3);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_ok(skuai_target_parse(wrong[i], &target, &err), &err);
        assert_int_equal(skuai_target_integer(&target, "n", 3, 1, 10, &value, &err), SKUA_EINVAL);
        assert_non_null(strstr(err.message, "n:"));
    }
}

static skua_status parse(const char *text) {
    skuai_json *json = NULL;
    skua_status status = skuai_body_parse(text, strlen(text), &json, NULL);
    skuai_json_free(json);
    return status;
}

static void test_bodies(void **state) {
    char bomb[400];
    (void)state;
    assert_int_equal(parse(""), SKUA_OK);
    assert_int_equal(parse(" {\"a\":[1,{\"b\":\"[[[[[[[[[[[[[[[[[[[[[[\"}]}"), SKUA_OK);
    assert_int_equal(parse("[]"), SKUA_EDATA);
    assert_int_equal(parse("null"), SKUA_EDATA);
    assert_int_equal(parse("{\"a\":1"), SKUA_EDATA);
    assert_int_equal(parse("{\"a\":1} x"), SKUA_EDATA);
    (void)snprintf(
        bomb, sizeof bomb, "{\"a\":%.*s%.*s}", 100,
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
        "[[[[[[[[[[[[[[[[[[",
        100,
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
        "]]]]]]]]]]]]]]]]]]");
    assert_int_equal(parse(bomb), SKUA_EDATA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
