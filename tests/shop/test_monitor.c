/* Forecasts that hold, and sales that trebled after they were made. */
#include "support/support.h"

#include "core/json.h"
#include "core/random.h"

#include <math.h>
#include <string.h>

enum { ITEMS = 20, DAYS = 100, AHEAD = 14 };

/* Days [from, to) from 2024-01-01 (a Monday) of all items, times a factor. */
static void write_sales(const char *path, int from, int to, double factor) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    (void)fputs("item,date,units\n", file);
    for (int i = 0; i < ITEMS; i++)
        for (int t = from; t < to; t++) {
            skuai_random r;
            skuai_random_split(&r, (uint64_t)i, (uint64_t)t);
            int day = t < 31 ? t + 1 : t < 60 ? t - 30 : t < 91 ? t - 59 : t - 90;
            (void)fprintf(file, "i%d,2024-%02d-%02d,%.0f\n", i,
                          t < 31   ? 1
                          : t < 60 ? 2
                          : t < 91 ? 3
                                   : 4,
                          day, round(factor * (30 + 6 * skuai_random_normal(&r))));
        }
    (void)fclose(file);
}

static void ingest(skua_shop *shop, const char *path) {
    skua_error err;
    char *report = NULL;
    assert_ok(skua_shop_ingest(shop, path, &report, &err), &err);
    skua_text_free(report);
}

static skuai_json *watch(skua_shop *shop) {
    skua_error err;
    char *report = NULL;
    skuai_json *json = NULL;
    assert_ok(skua_shop_monitor(shop, &report, &err), &err);
    assert_ok(skuai_json_parse(report, strlen(report), &json, &err), &err);
    skua_text_free(report);
    return json;
}

static void run(double factor, const char *verdict) {
    char folder[256], path[400], shop_path[400];
    skua_error err;
    char *report = NULL;
    skua_shop *shop = NULL;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(shop_path, sizeof shop_path, "%s/shop", folder);
    (void)snprintf(path, sizeof path, "%s/sales.csv", folder);
    assert_ok(skua_shop_init(shop_path, NULL, &err), &err);
    assert_ok(skua_shop_open(shop_path, &shop, &err), &err);
    assert_ok(skua_shop_set(shop, "table", "sales", &err), &err);
    assert_ok(skua_shop_set(shop, "frequency", "day", &err), &err);
    write_sales(path, 0, DAYS - AHEAD - 2, 1);
    ingest(shop, path);
    assert_int_equal(skua_shop_monitor(shop, &report, &err), SKUA_EDATA);
    assert_ok(skua_shop_set(shop, "horizon", "14", &err), &err);
    assert_ok(skua_shop_forecast(shop, NULL, &report, &err), &err);
    skua_text_free(report);
    skuai_json *json = watch(shop); /* nothing has come yet */
    assert_int_equal(skuai_json_size(skuai_json_get(json, "weeks")), 0);
    skuai_json_free(json);
    write_sales(path, DAYS - AHEAD - 2, DAYS - 2, factor);
    ingest(shop, path);
    json = watch(shop);
    const skuai_json *weeks = skuai_json_get(json, "weeks");
    int64_t points = 0;
    assert_in_range(skuai_json_size(weeks), 2, 3);
    for (size_t i = 0; i < skuai_json_size(weeks); i++) {
        const skuai_json *w = skuai_json_at(weeks, i);
        points += skuai_json_as_integer(skuai_json_get(w, "points"), 0);
        double bias = skuai_json_as_number(skuai_json_get(w, "bias"), 9);
        assert_close(bias, 1 / factor - 1, 0, 0.08);
    }
    assert_int_equal(points, ITEMS * AHEAD);
    assert_string_equal(skuai_json_as_text(skuai_json_get(skuai_json_at(weeks, 0), "week"), ""),
                        "2024-03-25"); /* day 84 */
    const char *last = skuai_json_as_text(skuai_json_get(json, "verdict"), "");
    if (strcmp(verdict, "alarm") == 0)
        assert_string_equal(last, "alarm");
    else
        assert_string_not_equal(last, "alarm");
    assert_null(skuai_json_get(json, "refit"));
    skuai_json_free(json);
    /* told to refit, it does so when there is an alarm, and only then */
    assert_ok(skua_shop_set(shop, "models", "theta", &err), &err);
    assert_ok(skua_shop_set(shop, "windows", "1", &err), &err);
    assert_ok(skua_shop_train(shop, &report, &err), &err);
    skua_text_free(report);
    assert_ok(skua_shop_set(shop, "refit", "alarm", &err), &err);
    json = watch(shop);
    const skuai_json *refit = skuai_json_get(json, "refit");
    assert_int_equal(refit != NULL, strcmp(verdict, "alarm") == 0);
    if (refit) {
        assert_string_equal(skuai_json_as_text(skuai_json_get(refit, "before"), ""), "0001");
        assert_string_equal(skuai_json_as_text(skuai_json_get(refit, "model"), ""), "0002");
    }
    skuai_json_free(json);
    skua_shop_close(shop);
    test_folder_remove(folder);
}

static void forecasts_that_hold(void **state) {
    (void)state;
    run(1, "holds");
}

static void sales_that_trebled(void **state) {
    (void)state;
    run(3, "alarm");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forecasts_that_hold),
        cmocka_unit_test(sales_that_trebled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
