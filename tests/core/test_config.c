/* Settings: the table is sound, values are checked, origins are told. JSON beside it. */
#include "support/support.h"

#include "core/config.h"
#include "core/json.h"

#include <math.h>
#include <string.h>

static void every_default_is_valid(void **state) {
    (void)state;
    skuai_config *config = skuai_new(1, sizeof *config);
    memset(config, 0xEF, sizeof *config);
    skuai_config_init(config);
    for (int k = 0; k < SKUAI_CONFIG_KEYS; k++) {
        const skuai_config_entry *e = skuai_config_entry_at((skuai_config_key)k);
        skua_error err;
        assert_string_equal(config->value[k].text, e->fallback);
        assert_true(isfinite(config->value[k].number)); /* 0xEFEF... is a huge negative number */
        assert_true(fabs(config->value[k].number) < 1e18);
        assert_ok(skuai_config_set(config, e->key, e->fallback, SKUAI_ORIGIN_FILE, &err), &err);
        assert_true(strlen(e->help) > 5);
    }
    skuai_free(config);
}

static void bad_values_change_nothing(void **state) {
    (void)state;
    skuai_config *config = skuai_new(1, sizeof *config);
    skua_error err;
    skuai_config_init(config);
    assert_int_equal(skuai_config_set(config, "horizont", "3", SKUAI_ORIGIN_OPTION, &err),
                     SKUA_ECONFIG);
    assert_non_null(strstr(err.message, "did you mean 'horizon'"));
    static const char *const bad[][2] = {{"horizon", "-1"},         {"horizon", "2.5"},
                                         {"horizon", "nan"},        {"horizon", ""},
                                         {"horizon", "12 weeks"},   {"absent", "maybe"},
                                         {"time", "10 fortnights"}, {"dry_run", "perhaps"},
                                         {"memory", "1X"},          {"windows", "1e9"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(skuai_config_set(config, bad[i][0], bad[i][1], SKUAI_ORIGIN_OPTION, &err),
                         SKUA_ECONFIG);
    for (int k = 0; k < SKUAI_CONFIG_KEYS; k++)
        assert_int_equal(config->value[k].origin, SKUAI_ORIGIN_DEFAULT);
    skuai_free(config);
}

static void units_are_known(void **state) {
    (void)state;
    skuai_config *config = skuai_new(1, sizeof *config);
    skua_error err;
    skuai_config_init(config);
    assert_ok(skuai_config_set(config, "time", "10m", SKUAI_ORIGIN_OPTION, &err), &err);
    assert_close(skuai_config_number(config, SKUAI_CONFIG_KEY_time), 600, 0, 0);
    assert_ok(skuai_config_set(config, "memory", "2G", SKUAI_ORIGIN_OPTION, &err), &err);
    assert_close(skuai_config_number(config, SKUAI_CONFIG_KEY_memory), 2147483648.0, 0, 0);
    assert_ok(skuai_config_set(config, "time-zone", "Asia/Shanghai", SKUAI_ORIGIN_FILE, &err),
              &err);
    assert_string_equal(skuai_config_text(config, SKUAI_CONFIG_KEY_time_zone), "Asia/Shanghai");
    assert_int_equal(config->value[SKUAI_CONFIG_KEY_time_zone].origin, SKUAI_ORIGIN_FILE);
    assert_true(skuai_config_concerns(SKUAI_CONFIG_KEY_threads, "anything"));
    assert_true(skuai_config_concerns(SKUAI_CONFIG_KEY_windows, "train"));
    assert_false(skuai_config_concerns(SKUAI_CONFIG_KEY_windows, "ingest"));
    skuai_free(config);
}

static void json_reads_what_it_wrote(void **state) {
    (void)state;
    skuai_buffer buffer;
    skuai_json_writer w;
    skuai_json *json;
    skua_error err;
    skuai_buffer_init(&buffer, 1 << 20);
    skuai_json_begin(&w, &buffer);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "\xE8\x8C\xB6", "a\"b\\c\n\x01<\xFF\xE8\x8C\xB6");
    skuai_json_number(&w, "x", 0.1);
    skuai_json_number(&w, "none", NAN);
    skuai_json_integer(&w, "i", INT64_MIN + 1);
    skuai_json_array(&w, "list");
    skuai_json_bool(&w, NULL, true);
    skuai_json_raw(&w, NULL, "[1]");
    skuai_json_close(&w);
    skuai_json_close(&w);
    assert_null(strchr(skuai_buffer_view(&buffer), '<')); /* safe inside a page */
    assert_ok(skuai_json_parse(buffer.data, buffer.size, &json, &err), &err);
    assert_string_equal(skuai_json_as_text(skuai_json_get(json, "\xE8\x8C\xB6"), ""),
                        "a\"b\\c\n\x01<\xEF\xBF\xBD\xE8\x8C\xB6");
    assert_close(skuai_json_as_number(skuai_json_get(json, "x"), 0), 0.1, 0, 0);
    assert_close(skuai_json_as_number(skuai_json_get(json, "none"), 7), 7, 0, 0);
    assert_true(skuai_json_as_integer(skuai_json_get(json, "i"), 0) == INT64_MIN + 1);
    assert_int_equal(skuai_json_size(skuai_json_get(json, "list")), 2);
    assert_true(skuai_json_as_bool(skuai_json_at(skuai_json_get(json, "list"), 0), false));
    assert_string_equal(skuai_json_as_text(skuai_json_get(NULL, "x"), "fallback"), "fallback");
    skuai_json_free(json);
    skuai_buffer_clear(&buffer);
    assert_int_equal(skuai_json_parse("{\"a\":1,}", 8, &json, &err), SKUA_EDATA);
}

static void nearest_words(void **state) {
    (void)state;
    static const char *const words[] = {"forecast", "backtest", "ingest"};
    assert_string_equal(skuai_nearest_word("forcast", words, 3), "forecast");
    assert_string_equal(skuai_nearest_word("injest", words, 3), "ingest");
    assert_null(skuai_nearest_word("xyzzy", words, 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_valid), cmocka_unit_test(bad_values_change_nothing),
        cmocka_unit_test(units_are_known),        cmocka_unit_test(json_reads_what_it_wrote),
        cmocka_unit_test(nearest_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
