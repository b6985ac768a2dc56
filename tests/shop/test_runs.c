/* What was run, which of two is better, which model forecasts: the verbs, and the CSV of a worse
 * model made on purpose. */
#include "support/support.h"

#include "core/json.h"

#include <string.h>

static char folder[256], shop_path[400];

static int setup(void **state) {
    (void)state;
    const char *const settings[] = {"items",    "40",    "days", "120", "channels", "1",
                                    "visitors", "false", "seed", "5",   NULL};
    skua_error err;
    char *report = NULL, sales[400], files[300];
    skua_shop *shop = NULL;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(files, sizeof files, "%s/files", folder);
    (void)snprintf(shop_path, sizeof shop_path, "%s/shop", folder);
    (void)snprintf(sales, sizeof sales, "%s/sales.csv", files);
    assert_ok(skua_simulate(files, settings, NULL, &report, &err), &err);
    skua_text_free(report);
    assert_ok(skua_shop_init(shop_path, NULL, &err), &err);
    assert_ok(skua_shop_open(shop_path, &shop, &err), &err);
    assert_ok(skua_shop_ingest(shop, sales, &report, &err), &err);
    skua_text_free(report);
    skua_shop_close(shop);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static skuai_json *parse(char *report) {
    skua_error err;
    skuai_json *json = NULL;
    assert_ok(skuai_json_parse(report, strlen(report), &json, &err), &err);
    skua_text_free(report);
    return json;
}

static void train(skua_shop *shop, const char *models) {
    skua_error err;
    char *report = NULL;
    assert_ok(skua_shop_set(shop, "models", models, &err), &err);
    assert_ok(skua_shop_train(shop, &report, &err), &err);
    skua_text_free(report);
}

static void assert_current(skua_shop *shop, const char *name) {
    skua_error err;
    char *text = NULL;
    assert_ok(skua_shop_runs(shop, &text, &err), &err);
    skuai_json *report = parse(text);
    const skuai_json *runs = skuai_json_get(report, "runs");
    assert_string_equal(skuai_json_as_text(skuai_json_get(report, "current"), ""), name);
    for (size_t i = 0; i < skuai_json_size(runs); i++) {
        const skuai_json *r = skuai_json_at(runs, i);
        const char *model = skuai_json_as_text(skuai_json_get(r, "model"), "");
        bool current = skuai_json_as_bool(skuai_json_get(r, "current"), false);
        assert_int_equal(current, strcmp(model, name) == 0);
        assert_true(skuai_json_as_number(skuai_json_get(r, "wql"), -1) > 0);
        assert_int_equal(strlen(skuai_json_as_text(skuai_json_get(r, "data_hash"), "")), 16);
    }
    assert_int_equal(skuai_json_size(runs), 2);
    skuai_json_free(report);
}

static void compare(skua_shop *shop, const char *a, const char *b, const char *verdict) {
    skua_error err;
    char *text = NULL;
    assert_ok(skua_shop_compare(shop, a, b, &text, &err), &err);
    skuai_json *report = parse(text);
    double low = skuai_json_as_number(skuai_json_get(report, "low"), 9);
    double high = skuai_json_as_number(skuai_json_get(report, "high"), -9);
    double middle = skuai_json_as_number(skuai_json_get(report, "difference"), 9);
    assert_true(low <= middle && middle <= high);
    assert_string_equal(skuai_json_as_text(skuai_json_get(report, "verdict"), ""), verdict);
    assert_int_equal(skuai_json_as_integer(skuai_json_get(report, "series"), 0), 40);
    /* the difference is that of the scores */
    const skuai_json *scores = skuai_json_get(report, "scores");
    double of_scores = 9;
    for (size_t i = 0; i < skuai_json_size(scores); i++) {
        const skuai_json *s = skuai_json_at(scores, i);
        if (strcmp(skuai_json_as_text(skuai_json_get(s, "model"), ""), "combination") == 0 &&
            strcmp(skuai_json_as_text(skuai_json_get(s, "metric"), ""), "wql") == 0)
            of_scores = skuai_json_as_number(skuai_json_get(s, "b"), 9) -
                        skuai_json_as_number(skuai_json_get(s, "a"), 9);
    }
    assert_close(of_scores, middle, 1e-9, 1e-9);
    skuai_json_free(report);
}

static void models_come_and_go(void **state) {
    (void)state;
    skua_error err;
    char *report = NULL;
    skua_shop *shop = NULL;
    assert_ok(skua_shop_open(shop_path, &shop, &err), &err);
    assert_ok(skua_shop_set(shop, "horizon", "7", &err), &err);
    assert_ok(skua_shop_set(shop, "windows", "1", &err), &err);
    assert_int_equal(skua_shop_rollback(shop, &report, &err), SKUA_ENOTFOUND);
    train(shop, "window-mean:window=28");
    train(shop, "window-mean:window=1"); /* one day tells less than many */
    assert_current(shop, "0002");
    compare(shop, "0001", "0001", "no difference beyond noise");
    compare(shop, "0001", "0002", "a is better");
    compare(shop, "0002", "0001", "b is better");
    assert_int_equal(skua_shop_compare(shop, "0001", "0007", &report, &err), SKUA_ENOTFOUND);
    assert_ok(skua_shop_promote(shop, "0001", &report, &err), &err);
    skua_text_free(report);
    report = NULL;
    assert_current(shop, "0001");
    assert_int_equal(skua_shop_promote(shop, "0007", &report, &err), SKUA_ENOTFOUND);
    assert_int_equal(skua_shop_promote(shop, "../x", &report, &err), SKUA_ENOTFOUND);
    assert_ok(skua_shop_rollback(shop, &report, &err), &err);
    skua_text_free(report);
    report = NULL;
    assert_current(shop, "0002");
    assert_ok(skua_shop_rollback(shop, &report, &err), &err); /* before 0002 it was 0001 */
    skua_text_free(report);
    report = NULL;
    assert_current(shop, "0001");
    assert_int_equal(skua_shop_rollback(shop, &report, &err), SKUA_ENOTFOUND);
    skua_shop_close(shop);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(models_come_and_go)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
