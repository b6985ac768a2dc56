/* Sales by the hour, forecast by the day: what a closed evening lost is told by when people buy,
 * not by how many hours it had. */
#include "support/support.h"

#include "core/random.h"
#include "shop/history.h"
#include "shop/shop_panel.h"

#include <math.h>
#include <string.h>

enum { DAYS = 60, ITEMS = 6, EVENING = 18 };

/* Four fifths of a day's demand come from 18 to 21 o'clock; every fifth day is closed then. */
static bool closed(int day, int item) {
    return (day + item) % 5 == 0;
}

static double mean_of(int hour, int item) {
    double a_day = 40 + 10 * item;
    return hour >= EVENING && hour < 22 ? 0.8 * a_day / 4
           : hour >= 8 && hour < 18     ? 0.2 * a_day / 10
                                        : 0;
}

static skua_shop *make_shop(const char *folder) {
    skua_error err;
    skua_shop *shop = NULL;
    char path[600], sales[600], *report = NULL;
    (void)snprintf(path, sizeof path, "%s/shop", folder);
    (void)snprintf(sales, sizeof sales, "%s/sales.csv", folder);
    FILE *file = fopen(sales, "w");
    assert_non_null(file);
    fputs("item,ds,units,available\n", file);
    skuai_random random;
    skuai_random_init(&random, 9);
    for (int day = 0; day < DAYS; day++)
        for (int hour = 0; hour < 24; hour++)
            for (int i = 0; i < ITEMS; i++) {
                bool open = !(closed(day, i) && hour >= EVENING);
                double y = skuai_random_poisson(&random, mean_of(hour, i));
                char text[32];
                skuai_date date = skuai_date_from_day(skuai_day_from_date(2024, 1, 1) + day);
                (void)snprintf(text, sizeof text, "%04d-%02d-%02d %02d:00:00", date.year,
                               date.month, date.day, hour);
                fprintf(file, "sku%d,%s,%.0f,%d\n", i, text, open ? y : 0, open);
            }
    assert_int_equal(fclose(file), 0);
    assert_ok(skua_shop_init(path, NULL, &err), &err);
    assert_ok(skua_shop_open(path, &shop, &err), &err);
    assert_ok(skua_shop_ingest(shop, sales, &report, &err), &err);
    skua_text_free(report);
    assert_ok(skua_shop_set(shop, "frequency", "day", &err), &err);
    assert_ok(skua_shop_set(shop, "threads", "1", &err), &err);
    return shop;
}

static void hours_weigh_as_people_buy(void **state) {
    (void)state;
    skua_error err;
    char folder[512];
    test_folder_new(folder, sizeof folder);
    skua_shop *shop = make_shop(folder);
    skuai_store *store = NULL;
    skuai_panel *panel = NULL;
    assert_ok(skuai_shop_store(shop, SKUAI_STORE_READ, &store, &err), &err);
    assert_ok(skuai_shop_panel(shop, store, true, &panel, &err), &err);
    assert_int_equal(panel->n_series, ITEMS);
    assert_non_null(panel->available);
    for (size_t s = 0; s < ITEMS; s++)
        for (size_t t = 0; t < panel->length[s]; t++) {
            double share = (double)panel->available[panel->row[s] + t];
            assert_close(share, closed((int)t, (int)s) ? 0.2 : 1, 0.05, 0); /* of hours: 0.75 */
        }
    skuai_panel_free(panel);

    /* so the demand behind a closed evening is found */
    skuai_history history = {0};
    assert_ok(skuai_history_read(shop, store, &history, &err), &err);
    double estimated = 0, truth = 0, sold = 0;
    for (size_t s = 0; s < ITEMS; s++)
        for (size_t t = 0; t < DAYS; t++) {
            if (!closed((int)t, (int)s)) continue;
            estimated += skuai_panel_target(history.panel, s)[t];
            sold += skuai_panel_target(history.recorded, s)[t];
            truth += 40 + 10 * (double)s;
        }
    assert_true(sold < 0.25 * truth);
    assert_close(estimated, truth, 0.05, 0);
    skuai_history_clear(&history);
    skuai_store_close(store);
    skua_shop_close(shop);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(hours_weigh_as_people_buy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
