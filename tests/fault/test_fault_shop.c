/* The verbs of the public API with every allocation failing in turn: each fails with a sentence,
 * leaks nothing, leaves its output alone, and works when tried again. */
#include "fault_support.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[256], shop_path[300], files[300];

static const char *const simulated[] = {"items",    "6",     "days", "120",   "channels", "1",
                                        "seed",     "3",     "rows", "sales", "visitors", "false",
                                        "pictures", "false", NULL,   NULL};

static int setup(void **state) {
    (void)state;
    skua_error err;
    char *report = NULL;
    test_folder_new(folder, sizeof folder);
    (void)snprintf(shop_path, sizeof shop_path, "%s/shop", folder);
    (void)snprintf(files, sizeof files, "%s/files", folder);
    assert_ok(skua_simulate(files, simulated, NULL, &report, &err), &err);
    skua_text_free(report);
    assert_ok(skua_shop_init(shop_path, NULL, &err), &err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    test_folder_remove(folder);
    return 0;
}

typedef skua_status (*verb)(skua_shop *shop, char **report, skua_error *err);

/* Open, set, run a verb, close. */
static skua_status run_verb(void *user, skua_error *err) {
    static const char *const settings[] = {"threads", "1",       "horizon", "7",      "preset",
                                           "fast",    "windows", "1",       "models", "theta"};
    verb what = *(verb *)user;
    skua_shop *shop = NULL;
    char *report = NULL;
    skua_status status = skua_shop_open(shop_path, &shop, err);
    if (status != SKUA_OK) {
        assert_null(shop);
        return status;
    }
    for (size_t i = 0; status == SKUA_OK && i < sizeof settings / sizeof *settings; i += 2)
        status = skua_shop_set(shop, settings[i], settings[i + 1], err);
    if (status == SKUA_OK) {
        status = what(shop, &report, err);
        if (status == SKUA_OK)
            assert_non_null(report);
        else
            assert_null(report);
    }
    skua_text_free(report);
    skua_shop_close(shop);
    return status;
}

static skua_status ingest(skua_shop *shop, char **report, skua_error *err) {
    char path[400];
    (void)snprintf(path, sizeof path, "%s/sales.csv", files);
    return skua_shop_ingest(shop, path, report, err);
}

static skua_status forecast(skua_shop *shop, char **report, skua_error *err) {
    char path[400];
    (void)snprintf(path, sizeof path, "%s/forecast.csv", folder);
    return skua_shop_forecast(shop, path, report, err);
}

static skua_status page(skua_shop *shop, char **report, skua_error *err) {
    char path[400];
    (void)snprintf(path, sizeof path, "%s/report.html", folder);
    return skua_shop_report(shop, path, report, err);
}

static skua_status settings(skua_shop *shop, char **report, skua_error *err) {
    return skua_shop_settings(shop, report, err);
}

static skua_status simulate_again(void *user, skua_error *err) {
    (void)user;
    char path[400], *report = NULL;
    (void)snprintf(path, sizeof path, "%s/again", folder);
    test_folder_remove(path);
    skua_status status = skua_simulate(path, simulated, NULL, &report, err);
    if (status != SKUA_OK) assert_null(report);
    skua_text_free(report);
    return status;
}

static skua_status init_again(void *user, skua_error *err) {
    (void)user;
    char path[400];
    (void)snprintf(path, sizeof path, "%s/empty", folder);
    test_folder_remove(path);
    return skua_shop_init(path, NULL, err);
}

static void a_workspace(void **state) {
    (void)state;
    fault_each("init", init_again, NULL, 10);
    fault_each("simulate", simulate_again, NULL, 20);
}

static void verbs(void **state) {
    (void)state;
    static const struct {
        const char *name;
        verb what;
    } all[] = {{"settings", settings},     {"ingest", ingest},
               {"show", skua_shop_show},   {"check", skua_shop_check},
               {"train", skua_shop_train}, {"backtest", skua_shop_backtest},
               {"forecast", forecast},     {"report", page}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        print_message("%s\n", all[i].name);
        verb what = all[i].what;
        fault_each(all[i].name, run_verb, &what, 5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_workspace),
        cmocka_unit_test(verbs),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
