/* A check over a workspace: every kind of finding is met, decisions last, the overlay holds. */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/check.h"
#include "core/random.h"

static char folder[256], shop[300];

static int setup(void **state) {
    (void)state;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(shop, sizeof shop, "%s/shop", folder);
    skua_error err;
    skuai_store_options options = {.name = "Test", .frequency = "day", .time_zone = "UTC"};
    return skuai_store_create(shop, &options, &err) == SKUA_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static skuai_store *open_shop(void) {
    skua_error err;
    skuai_store_open_options options = SKUAI_STORE_OPEN_DEFAULT;
    options.mode = SKUAI_STORE_WRITE;
    skuai_store *store = NULL;
    assert_ok(skuai_store_open(shop, &options, &store, &err), &err);
    return store;
}

static void execute(skuai_store *store, const char *sql) {
    skua_error err;
    assert_ok(skuai_store_execute(store, sql, &err), &err);
}

static double number(skuai_store *store, const char *sql) {
    skua_error err;
    double value = NAN;
    assert_ok(skuai_store_number(store, sql, NULL, 0, &value, NULL, &err), &err);
    return value;
}

/* 60 items of code 1000.., each with an order a day for 200 days; then what is odd. */
static void fill(skuai_store *store) {
    execute(store,
            "INSERT INTO orders_rows(\"order\", line, ts, item, channel, \"user\", units,"
            " unit_price, currency, kind, file, corrects) SELECT 'o' || i || '-' || d, 1,"
            " make_timestamptz(1700000000000000 + (d * 86400 + i * 60) * 1000000), CAST(1000 + i AS"
            " VARCHAR), 'web', 'u' || (i * 7 + d) % 500, 1 + (i + d) % 4, 10 + i, 'EUR', 'sale', 1,"
            " false FROM range(60) a(i), range(200) b(d)");
    execute(store,
            "INSERT INTO items_rows(item, title, category, file, line) SELECT CAST(1000 + i AS"
            " VARCHAR), 'thing number ' || chr(CAST(65 + i % 26 AS INTEGER)) ||"
            " chr(CAST(65 + i * 11 % 26 AS INTEGER)) || chr(CAST(65 + i * 17 % 26 AS INTEGER)),"
            " 'home', 1, i FROM range(60) a(i)");
    execute(store, /* one of each kind */
            "INSERT INTO orders_rows(\"order\", line, ts, item, channel, \"user\", units,"
            " unit_price, currency, kind, file, corrects) SELECT \"order\", 2, ts, item, channel,"
            " \"user\", units, unit_price, currency, kind, 1, false FROM orders_rows WHERE"
            " \"order\" = 'o3-50';"
            "INSERT INTO orders_rows(\"order\", line, ts, item, channel, \"user\", units,"
            " unit_price, currency, kind, file, corrects) SELECT 'again', 1, ts + INTERVAL 60"
            " SECOND, item, channel, \"user\", units, unit_price, currency, kind, 1, false FROM"
            " orders_rows WHERE \"order\" = 'o4-50';"
            "UPDATE orders_rows SET units = 6000 WHERE \"order\" = 'o5-60';"
            "UPDATE orders_rows SET unit_price = unit_price * 100 WHERE \"order\" = 'o6-60';"
            "UPDATE orders_rows SET units = -3 WHERE \"order\" = 'o7-60';"
            "UPDATE orders_rows SET currency = 'USD' WHERE \"order\" = 'o8-60';"
            "UPDATE orders_rows SET unit_price = 0 WHERE \"order\" = 'o9-60';"
            "INSERT INTO orders_rows SELECT * REPLACE ('POST' AS item, 'p' || \"order\" AS"
            " \"order\", 'q' || \"user\" AS \"user\") FROM orders_rows WHERE item = '1010';"
            "INSERT INTO items_rows(item, title, file, line) VALUES ('POST', 'Postage', 1, 90)");
    execute(store,
            "UPDATE items_rows SET title = '  thing  ＸＹＺ' WHERE item = '1011';"
            "UPDATE items_rows SET category = 'Home ' WHERE item = '1012';"
            "UPDATE items_rows SET pack = 6, title = 'set of 12 spoons' WHERE item = '1013';"
            "UPDATE items_rows SET launch_ds = TIMESTAMP '2024-01-01', end_ds = TIMESTAMP"
            " '2023-01-01' WHERE item = '1014';"
            "INSERT INTO item_names VALUES ('1015', 'blue vase', 100, '2023-11-14',"
            " '2024-01-01', 1), ('1015', 'garden parasol', 80, '2024-04-01', '2024-05-30', 1),"
            " ('1016', 'thin rope', 90, '2023-11-14', '2024-05-30', 1), ('1016', 'damaged', 1,"
            " '2024-01-01', '2024-01-01', 1);"
            "UPDATE items_rows SET title = 'copper kettle classic', category = 'tea' WHERE"
            " item = '1017'; UPDATE items_rows SET title = 'copper kettle classic new',"
            " category = 'tea' WHERE item = '1018';"
            "DELETE FROM orders_rows WHERE item = '1017' AND epoch(ts) > 1700000000 + 100 *"
            " 86400; DELETE FROM orders_rows WHERE item = '1018' AND epoch(ts) < 1700000000 +"
            " 105 * 86400;"
            "INSERT INTO parts_rows(bundle, item, units, file, line) VALUES ('1020', '1021', 2,"
            " 1, 1), ('1020', '1022', 1, 1, 2)");
}

static size_t count(skuai_store *store, const char *kind, const char *row) {
    char sql[512];
    (void)snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM findings WHERE kind = '%s' AND \"row\" = '%s' AND why <> ''", kind,
        row);
    return (size_t)number(store, sql);
}

/* Item 1025 by day, with a spike, as a panel of the store's names. */
static skuai_panel *spiked_panel(void) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    skuai_random random;
    skua_error err;
    double y[200];
    skuai_random_init(&random, 1);
    for (size_t t = 0; t < 200; t++)
        y[t] = skuai_random_poisson(&random, 40);
    y[77] = 900;
    y[30] = -2;
    assert_ok(skuai_panel_builder_series(builder, "1025/web", 19675, 200, 0, y, NULL, NULL, &err),
              &err);
    const char *const item[] = {"1025"}, *const channel[] = {"web"};
    assert_ok(skuai_panel_builder_category(builder, "item", item, &err), &err);
    assert_ok(skuai_panel_builder_category(builder, "channel", channel, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static void every_kind_is_found(void **state) {
    (void)state;
    skuai_store *store = open_shop();
    fill(store);
    skuai_panel *panel = spiked_panel();
    skuai_check_summary summary;
    skua_error err;
    assert_ok(skuai_check(store, panel, NULL, NULL, &summary, &err), &err);
    assert_int_equal(count(store, "duplicate", "o3-50/2"), 1);
    assert_int_equal(summary.found[SKUAI_FINDING_DUPLICATE], 1);
    assert_int_equal(count(store, "near-duplicate", "again/1"), 1);
    assert_int_equal(count(store, "wholesale", "o5-60/1"), 1);
    assert_int_equal(summary.found[SKUAI_FINDING_WHOLESALE], 1);
    assert_int_equal(count(store, "price-error", "o6-60/1"), 1);
    assert_int_equal(count(store, "negative", "o7-60/1"), 1);
    assert_int_equal(count(store, "currency", "web/USD"), 1);
    assert_int_equal(count(store, "impossible", "o9-60/1"), 1);
    assert_int_equal(count(store, "impossible", "1014"), 1);
    assert_int_equal(count(store, "non-product", "POST"), 1);
    assert_int_equal(summary.found[SKUAI_FINDING_NON_PRODUCT], 1);
    assert_int_equal(count(store, "text", "1011:title"), 1);
    assert_int_equal(count(store, "category", "Home "), 1);
    assert_int_equal(count(store, "pack", "1013"), 1);
    assert_int_equal(count(store, "reused-code", "1015"), 1);
    assert_int_equal(count(store, "descriptions", "1016"), 1);
    assert_int_equal(count(store, "successor", "1017"), 1);
    assert_int_equal(count(store, "bundle", "1020"), 1);
    assert_int_equal(count(store, "outlier", "1025/web/2024-01-30"), 1);
    assert_int_equal(count(store, "negative", "1025/web/2023-12-14"), 1);
    assert_close(number(store, "SELECT count(*) FROM findings WHERE kind = 'outlier' AND item ="
                               " '1025' AND channel = 'web' AND ds = TIMESTAMP '2024-01-30'"),
                 1, 0, 0);
    skuai_panel_free(panel);
    skuai_store_close(store);
}

static void the_rows_of_the_shop_stay(void **state) {
    (void)state;
    skuai_store *store = open_shop();
    fill(store);
    double orders = number(store, "SELECT sum(hash(COLUMNS(*))::DOUBLE) FROM orders_rows");
    double items = number(store, "SELECT count(*) FROM items_rows");
    skuai_check_summary summary;
    skua_error err;
    assert_ok(skuai_check(store, NULL, NULL, NULL, &summary, &err), &err);
    assert_close(number(store, "SELECT sum(hash(COLUMNS(*))::DOUBLE) FROM orders_rows"), orders, 0,
                 0);
    assert_close(number(store, "SELECT count(*) FROM items_rows"), items, 0, 0);
    skuai_store_close(store);
}

static void decisions_last_and_the_overlay_follows(void **state) {
    (void)state;
    skuai_store *store = open_shop();
    fill(store);
    skuai_check_summary summary;
    skua_error err;
    int64_t changed;
    assert_ok(skuai_check(store, NULL, NULL, NULL, &summary, &err), &err);
    double all = number(store, "SELECT count(*) FROM orders");
    double kept = number(store, "SELECT count(*) FROM kept_orders");
    assert_close(all - kept, 1, 0, 0); /* the negative one: the rest is proposed */
    assert_close(number(store, "SELECT unit_price FROM kept_orders WHERE \"order\" = 'o6-60'"), 16,
                 1e-9, 0);
    assert_ok(skuai_check_decide(store,
                                 &(skuai_finding_filter){.kind = "non-product", .row = "POST"},
                                 "applied", &changed, &err),
              &err);
    assert_int_equal(changed, 1);
    assert_close(number(store, "SELECT count(*) FROM kept_orders"), kept - 200, 0, 0);
    assert_close(number(store, "SELECT count(*) FROM kept_items WHERE item = 'POST'"), 0, 0, 0);
    assert_ok(skuai_check_decide(store, &(skuai_finding_filter){.kind = "negative"}, "rejected",
                                 &changed, &err),
              &err);
    assert_close(number(store, "SELECT count(*) FROM kept_orders"), all - 200, 0, 0);
    assert_ok(skuai_check(store, NULL, NULL, NULL, &summary, &err), &err); /* again */
    assert_close(number(store, "SELECT count(*) FROM kept_orders"), all - 200, 0, 0);
    assert_int_equal(summary.applied[SKUAI_FINDING_NEGATIVE], 0);
    assert_close(number(store, "SELECT count(*) FROM findings WHERE kind = 'non-product'"), 1, 0,
                 0);
    assert_close(number(store, "SELECT count(*) FROM kept_items WHERE title = 'thing XYZ'"), 1, 0,
                 0);
    assert_close(number(store, "SELECT sum(units) FROM bundle_parts WHERE bundle = '1020'"), 3, 0,
                 0);
    assert_ok(skuai_check_decide(store, &(skuai_finding_filter){0}, "rejected", &changed, &err),
              &err);
    assert_close(number(store, "SELECT count(*) FROM kept_orders"), all, 0, 0);
    assert_int_equal(skuai_check_decide(store, &(skuai_finding_filter){.kind = "no-such-kind"},
                                        "applied", &changed, &err),
                     SKUA_EINVAL);
    assert_int_equal(
        skuai_check_decide(store, &(skuai_finding_filter){0}, "perhaps", &changed, &err),
        SKUA_EINVAL);
    skuai_store_close(store);
}

static void findings_of_series_come_back_for_a_panel(void **state) {
    (void)state;
    skuai_store *store = open_shop();
    skuai_panel *panel = spiked_panel(), *cleaned;
    skuai_check_summary summary;
    skua_error err;
    int64_t changed;
    assert_ok(skuai_check(store, panel, NULL, NULL, &summary, &err), &err);
    assert_ok(skuai_check_panel(store, panel, NULL, NULL, &cleaned, &err), &err);
    assert_close(skuai_panel_target(cleaned, 0)[77], 40, 0.2, 0);
    assert_close(skuai_panel_target(cleaned, 0)[30], 40, 0.2, 0); /* negative, and an outlier */
    skuai_panel_free(cleaned);
    assert_ok(skuai_check_decide(store, &(skuai_finding_filter){.kind = "outlier"}, "rejected",
                                 &changed, &err),
              &err);
    assert_ok(skuai_check_panel(store, panel, NULL, NULL, &cleaned, &err), &err);
    assert_close(skuai_panel_target(cleaned, 0)[77], 900, 0, 0);
    assert_close(skuai_panel_target(cleaned, 0)[30], 0, 0, 0);
    skuai_panel_free(cleaned);
    skuai_panel_free(panel);
    skuai_store_close(store);
}

static void settings_choose(void **state) {
    (void)state;
    char path[400];
    (void)snprintf(path, sizeof path, "%s/skua.yaml", shop);
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_true(fputs("\nfindings:\n  wholesale: applied\n  duplicate: off\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    skuai_store *store = open_shop();
    fill(store);
    skuai_check_summary summary;
    skua_error err;
    assert_ok(skuai_check(store, NULL, NULL, NULL, &summary, &err), &err);
    assert_int_equal(summary.applied[SKUAI_FINDING_WHOLESALE], 1);
    assert_close(number(store, "SELECT count(*) FROM findings WHERE kind = 'duplicate'"), 0, 0, 0);
    skuai_store_close(store);
    file = fopen(path, "ab");
    assert_non_null(file);
    assert_true(fputs("  outlier: sometimes\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    store = open_shop();
    assert_int_equal(skuai_check(store, NULL, NULL, NULL, &summary, &err), SKUA_ECONFIG);
    assert_non_null(strstr(err.message, "findings.outlier"));
    skuai_store_close(store);
}

static void an_empty_shop_has_no_findings(void **state) {
    (void)state;
    skuai_store *store = open_shop();
    skuai_check_summary summary;
    skua_error err;
    assert_ok(skuai_check(store, NULL, NULL, NULL, &summary, &err), &err);
    assert_int_equal(summary.written, 0);
    assert_close(number(store, "SELECT count(*) FROM kept_orders"), 0, 0, 0);
    skuai_store_close(store);
}

#define in_a_shop(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        in_a_shop(every_kind_is_found),
        in_a_shop(the_rows_of_the_shop_stay),
        in_a_shop(decisions_last_and_the_overlay_follows),
        in_a_shop(findings_of_series_come_back_for_a_panel),
        in_a_shop(settings_choose),
        in_a_shop(an_empty_shop_has_no_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
