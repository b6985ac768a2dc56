/* Models that learn across series, in the verbs: trained once, kept as files, loaded to forecast.
 */
#include "support/support.h"

#include "core/json.h"

#include <stdlib.h>
#include <string.h>

static char folder[256], files[300], shop_path[400];

static int setup(void **state) {
    (void)state;
    const char *const settings[] = {"items",    "8",     "days", "150", "channels", "1",
                                    "visitors", "false", "seed", "5",   NULL};
    skua_error err;
    char *report = NULL, sales[400];
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

static skua_shop *open_shop(const char *models) {
    skua_error err;
    skua_shop *shop = NULL;
    assert_ok(skua_shop_open(shop_path, &shop, &err), &err);
    assert_ok(skua_shop_set(shop, "horizon", "7", &err), &err);
    assert_ok(skua_shop_set(shop, "windows", "1", &err), &err);
    assert_ok(skua_shop_set(shop, "models", models, &err), &err);
    return shop;
}

static double forecast_total(skua_shop *shop) {
    skua_error err;
    char *report = NULL;
    skuai_json *json = NULL;
    assert_ok(skua_shop_forecast(shop, NULL, &report, &err), &err);
    assert_ok(skuai_json_parse(report, strlen(report), &json, &err), &err);
    double total = skuai_json_as_number(skuai_json_get(json, "mean"), -1);
    skuai_json_free(json);
    skua_text_free(report);
    return total;
}

#define SPECIFICATION "tree-direct:rounds=20:objective=tweedie"

/* The kept trees forecast: when their file is damaged, they cannot. A refit would not notice. */
static void trees_are_kept_and_loaded(void **state) {
    (void)state;
    skua_error err;
    char *report = NULL, path[1000];
    skua_shop *shop = open_shop(SPECIFICATION);
    assert_ok(skua_shop_train(shop, &report, &err), &err);
    assert_non_null(strstr(report, "\"name\":\"" SPECIFICATION "\""));
    skua_text_free(report);
    report = NULL;
    double first = forecast_total(shop), second = forecast_total(shop);
    assert_true(first > 0);
    assert_true(first == second);
    (void)snprintf(path, sizeof path, "%s/models/0001/%s/point.txt", shop_path, SPECIFICATION);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    (void)fputs("damaged", file);
    (void)fclose(file);
    if (skua_shop_forecast(shop, NULL, &report, &err) == SKUA_OK) { /* by those of young series */
        skua_text_free(report);
        assert_true(forecast_total(shop) != first);
    }
    skua_shop_close(shop);
}

/* A parameter that does not exist fails its model alone, with a sentence on the leaderboard. */
static void a_wrong_parameter_is_told(void **state) {
    (void)state;
    skua_error err;
    char *report = NULL;
    skua_shop *shop = open_shop("theta,tree-direct:leafs=3");
    assert_ok(skua_shop_backtest(shop, &report, &err), &err);
    assert_non_null(strstr(report, "trees have no parameter 'leafs'"));
    skua_text_free(report);
    skua_shop_close(shop);
    shop = open_shop("tree-dirct:leaves=3");
    assert_int_equal(skua_shop_backtest(shop, &report, &err), SKUA_ECONFIG);
    assert_non_null(strstr(err.message, "tree-direct"));
    skua_shop_close(shop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_are_kept_and_loaded),
        cmocka_unit_test(a_wrong_parameter_is_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
