/* The public API as a user's program calls it: the verbs in order, two shops in one process,
 * errors, the priority of settings, and the same bytes for the same seed. */
#include "support/support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256], files[300];

static void simulate(const char *to, const char *seed) {
    const char *const settings[] = {"items",    "8",     "days", "150", "channels", "1",
                                    "visitors", "false", "seed", seed,  NULL,       NULL};
    skua_error err;
    char *report = NULL;
    assert_ok(skua_simulate(to, settings, NULL, &report, &err), &err);
    assert_non_null(strstr(report, "\"units_sold\""));
    skua_text_free(report);
}

static int setup(void **state) {
    (void)state;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(files, sizeof files, "%s/files", folder);
    simulate(files, "5");
    return 0;
}

static int teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static const char *inside(const char *name, char *path, size_t size) {
    (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* A workspace with the simulated sales in it. */
static skua_shop *shop_new(const char *name) {
    char path[400], sales[400], *report = NULL;
    skua_error err;
    skua_shop *shop = NULL;
    assert_ok(skua_shop_init(inside(name, path, sizeof path), NULL, &err), &err);
    assert_ok(skua_shop_open(path, &shop, &err), &err);
    (void)snprintf(sales, sizeof sales, "%s/sales.csv", files);
    assert_ok(skua_shop_ingest(shop, sales, &report, &err), &err);
    assert_non_null(report);
    skua_text_free(report);
    assert_ok(skua_shop_set(shop, "horizon", "7", &err), &err);
    assert_ok(skua_shop_set(shop, "preset", "fast", &err), &err);
    assert_ok(skua_shop_set(shop, "windows", "1", &err), &err);
    return shop;
}

static char *file_text(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    char *text = calloc((size_t)size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
    (void)fclose(file);
    return text;
}

/* Train and forecast into a file; the text of that file. */
static char *forecast_text(skua_shop *shop, const char *name) {
    char path[400], *report = NULL;
    skua_error err;
    assert_ok(skua_shop_train(shop, &report, &err), &err);
    skua_text_free(report);
    report = NULL;
    assert_ok(skua_shop_forecast(shop, inside(name, path, sizeof path), &report, &err), &err);
    assert_non_null(report);
    skua_text_free(report);
    return file_text(path);
}

static void the_verbs_in_order(void **state) {
    (void)state;
    skua_error err;
    char path[400], *report = NULL;
    skua_shop *shop = shop_new("order");
    assert_ok(skua_shop_check(shop, &report, &err), &err);
    skua_text_free(report);
    assert_ok(skua_shop_backtest(shop, &report, &err), &err);
    assert_non_null(strstr(report, "seasonal-naive")); /* the free baselines are always there */
    skua_text_free(report);
    char *forecast = forecast_text(shop, "order.csv");
    size_t lines = 0;
    for (const char *c = forecast; *c; c++)
        lines += *c == '\n';
    assert_true(lines > 7 && (lines - 1) % 7 == 0); /* a header, then 7 periods a series */
    free(forecast);
    assert_ok(skua_shop_show(shop, &report, &err), &err);
    assert_non_null(strstr(report, "sales"));
    skua_text_free(report);
    assert_ok(skua_shop_report(shop, inside("order.html", path, sizeof path), &report, &err), &err);
    skua_text_free(report);
    char *page = file_text(path);
    assert_non_null(strstr(page, "<html"));
    assert_null(strstr(page, "src=\"http")); /* no network */
    free(page);
    skua_shop_close(shop);
}

static void two_shops_do_not_meet_and_a_seed_replays(void **state) {
    (void)state;
    skua_error err;
    char *settings = NULL;
    skua_shop *a = shop_new("a"), *b = shop_new("b");
    assert_ok(skua_shop_set(a, "season", "14", &err), &err);
    assert_ok(skua_shop_settings(b, &settings, &err), &err);
    assert_null(strstr(settings, "14"));
    skua_text_free(settings);
    assert_ok(skua_shop_set(a, "season", "0", &err), &err);
    char *first = forecast_text(a, "a.csv"), *second = forecast_text(b, "b.csv");
    assert_string_equal(first, second);
    free(first), free(second);
    skua_shop_close(a);
    skua_shop_close(b);
}

static void simulated_bytes_follow_the_seed(void **state) {
    (void)state;
    char again[300], other[300], path[400];
    simulate(inside("again", again, sizeof again), "5");
    simulate(inside("other", other, sizeof other), "6");
    (void)snprintf(path, sizeof path, "%s/sales.csv", files);
    char *first = file_text(path);
    (void)snprintf(path, sizeof path, "%s/sales.csv", again);
    char *second = file_text(path);
    (void)snprintf(path, sizeof path, "%s/sales.csv", other);
    char *third = file_text(path);
    assert_string_equal(first, second);
    assert_string_not_equal(first, third);
    free(first), free(second), free(third);
}

static void errors_name_the_remedy_and_leave_outputs_alone(void **state) {
    (void)state;
    skua_error err;
    char path[400], mark = 0, *report = &mark;
    skua_shop *none = (skua_shop *)&mark, *shop = NULL;
    assert_int_equal(skua_shop_open(inside("nowhere", path, sizeof path), &none, &err),
                     SKUA_ENOTFOUND);
    assert_ptr_equal(none, &mark);
    assert_int_equal(skua_shop_open(path, &none, NULL), SKUA_ENOTFOUND); /* err may be NULL */
    assert_ok(skua_shop_init(inside("bare", path, sizeof path), NULL, &err), &err);
    assert_int_equal(skua_shop_init(path, NULL, &err), SKUA_EEXIST);
    assert_ok(skua_shop_open(path, &shop, &err), &err);
    assert_int_equal(skua_shop_set(shop, "horizn", "7", &err), SKUA_ECONFIG);
    assert_non_null(strstr(err.message, "horizon")); /* the nearest */
    assert_int_equal(skua_shop_set(shop, "horizon", "-1", &err), SKUA_ECONFIG);
    assert_int_equal(skua_shop_set(shop, "horizon", "7x", &err), SKUA_ECONFIG);
    assert_int_equal(skua_shop_set(shop, "preset", "fastest", &err), SKUA_ECONFIG);
    assert_int_equal(skua_shop_ingest(shop, "/nowhere/at/all.csv", &report, &err), SKUA_ENOTFOUND);
    assert_non_null(strstr(err.message, "all.csv"));
    assert_int_equal(skua_shop_forecast(shop, NULL, &report, &err), SKUA_EDATA); /* no sales */
    assert_int_equal(skua_shop_train(shop, &report, &err), SKUA_EDATA);
    assert_ptr_equal(report, &mark);
    skua_shop_close(shop);
    skua_shop_close(NULL);
    skua_text_free(NULL);
}

/* What skua_shop_settings says of the horizon. */
static void assert_horizon(const skua_shop *shop, const char *value) {
    skua_error err;
    char *report = NULL, *at, want[32];
    assert_ok(skua_shop_settings((skua_shop *)shop, &report, &err), &err);
    at = strstr(report, "\"horizon\"");
    assert_non_null(at);
    (void)snprintf(want, sizeof want, "%s", value);
    char *found = strstr(at, want);
    if (!found || found > at + 60) {
        print_error("wanted %s in %.80s\n", value, at);
        fail();
    }
    skua_text_free(report);
}

static void settings_defaults_file_environment_then_option(void **state) {
    (void)state;
    skua_error err;
    char path[400], yaml[440];
    skua_shop *shop = NULL;
    assert_ok(skua_shop_init(inside("settings", path, sizeof path), NULL, &err), &err);
    (void)snprintf(yaml, sizeof yaml, "%s/skua.yaml", path);
    FILE *file = fopen(yaml, "a");
    assert_non_null(file);
    (void)fputs("\nhorizon: 11\n", file);
    assert_int_equal(fclose(file), 0);
    assert_ok(skua_shop_open(path, &shop, &err), &err);
    assert_horizon(shop, "11");
    skua_shop_close(shop);
    assert_int_equal(setenv("SKUA_HORIZON", "13", 1), 0);
    assert_ok(skua_shop_open(path, &shop, &err), &err);
    assert_int_equal(unsetenv("SKUA_HORIZON"), 0);
    assert_horizon(shop, "13");
    assert_ok(skua_shop_set(shop, "horizon", "17", &err), &err);
    assert_horizon(shop, "17");
    skua_shop_close(shop);
}

static bool refuse(void *user) {
    ++*(int *)user;
    return true;
}

static void cancel_stops(void **state) {
    (void)state;
    skua_error err;
    int asked = 0;
    char *report = NULL;
    skua_shop *shop = shop_new("cancel");
    skua_callbacks callbacks = {.cancel = refuse, .user = &asked};
    skua_shop_listen(shop, &callbacks);
    assert_int_equal(skua_shop_train(shop, &report, &err), SKUA_ECANCEL);
    assert_true(asked > 0);
    assert_null(report);
    skua_shop_close(shop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verbs_in_order),
        cmocka_unit_test(two_shops_do_not_meet_and_a_seed_replays),
        cmocka_unit_test(simulated_bytes_follow_the_seed),
        cmocka_unit_test(errors_name_the_remedy_and_leave_outputs_alone),
        cmocka_unit_test(settings_defaults_file_environment_then_option),
        cmocka_unit_test(cancel_stops),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
