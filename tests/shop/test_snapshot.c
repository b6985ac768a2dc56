/* Snapshots: the same numbers as the database and the command's file, questions answered as stored
 * forecasts are, search, the band of a total. */
#include "support/support.h"

#include "panel/panel.h"
#include "shop/snapshot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char folder[256];
static skua_shop *shop;

static void verb_done(skua_status status, char **report, skua_error *err) {
    assert_ok(status, err);
    skua_text_free(*report);
    *report = NULL;
}

static const char *inside(const char *name, char *path, size_t size) {
    (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static int setup(void **state) {
    static const char *const settings[] = {"items",    "9",     "days", "160", "channels", "2",
                                           "visitors", "false", "seed", "7",   NULL,       NULL};
    static const char *const files[] = {"channels", "items", "sales", "promotions", "future"};
    char path[400], *report = NULL;
    skua_error err;
    (void)state;
    test_folder_new(folder, sizeof folder);
    verb_done(skua_simulate(inside("files", path, sizeof path), settings, NULL, &report, &err),
              &report, &err);
    assert_ok(skua_shop_init(inside("shop", path, sizeof path), NULL, &err), &err);
    assert_ok(skua_shop_open(path, &shop, &err), &err);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "files/%s.csv", files[i]);
        assert_ok(skua_shop_set(shop, "table", files[i], &err), &err);
        verb_done(skua_shop_ingest(shop, inside(name, path, sizeof path), &report, &err), &report,
                  &err);
    }
    assert_ok(skua_shop_set(shop, "horizon", "7", &err), &err);
    assert_ok(skua_shop_set(shop, "preset", "fast", &err), &err);
    verb_done(skua_shop_check(shop, &report, &err), &report, &err);
    verb_done(skua_shop_forecast(shop, inside("f.csv", path, sizeof path), &report, &err), &report,
              &err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    skua_shop_close(shop);
    test_folder_remove(folder);
    return 0;
}

static skua_snapshot *snapshot_new(void) {
    skua_error err;
    skua_snapshot *snapshot = NULL;
    assert_ok(skua_snapshot_load(shop, &snapshot, &err), &err);
    return snapshot;
}

/* Every row of the command's file stands in the snapshot, to the last bit. */
static void test_equals_the_file(void **state) {
    (void)state;
    skua_snapshot *snapshot = snapshot_new();
    char path[400], line[2048], period[32];
    const double *levels;
    size_t rows = 0, n_levels = skua_snapshot_levels(snapshot, &levels), series = 0;
    assert_int_equal(n_levels, 9);
    assert_true(fabs(levels[0] - 0.1) < 1e-12 && fabs(levels[8] - 0.9) < 1e-12);
    FILE *file = fopen(inside("f.csv", path, sizeof path), "rb");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        char *item = line, *channel = strchr(item, ',');
        *channel++ = '\0';
        char *ds = strchr(channel, ',');
        *ds++ = '\0';
        char *number = strchr(ds, ',');
        *number++ = '\0';
        size_t i = skua_snapshot_find(snapshot, item), h = rows % 7;
        assert_true(i != SKUA_NONE);
        const skua_item *known = skua_snapshot_item(snapshot, i);
        skua_series s = {.channel = NULL};
        for (size_t k = 0; k < known->n_series; k++) {
            skua_snapshot_series(snapshot, known->first_series + k, &s);
            if (strcmp(s.channel, channel) == 0) break;
        }
        assert_string_equal(s.channel, channel);
        assert_int_equal(s.horizon, 7);
        assert_string_equal(skua_snapshot_period(snapshot, s.first + (int64_t)h, period), ds);
        assert_true(s.mean[h] == strtod(number, &number));
        for (size_t q = 0; q < 9; q++)
            assert_true(s.quantiles[h * 9 + q] == strtod(number + 1, &number));
        rows++;
    }
    (void)fclose(file);
    for (size_t i = 0; i < skua_snapshot_items(snapshot); i++)
        series += skua_snapshot_item(snapshot, i)->n_series;
    assert_true(rows > 0 && rows % 7 == 0 && series >= rows / 7);
    skua_snapshot_free(snapshot);
}

/* Promotions of the table show in the history, though the file of the future brings a covariate of
 * the same name. */
static void test_promotions_show(void **state) {
    (void)state;
    skua_snapshot *snapshot = snapshot_new();
    size_t promoted = 0, prices = 0;
    for (size_t i = 0; i < skua_snapshot_items(snapshot); i++) {
        const skua_item *item = skua_snapshot_item(snapshot, i);
        for (size_t k = 0; k < item->n_series; k++) {
            skua_series s;
            skua_snapshot_series(snapshot, item->first_series + k, &s);
            for (size_t t = 0; t < s.length; t++) {
                promoted += s.promotion && s.promotion[t] > 0;
                prices += s.price && s.price[t] > 0;
            }
        }
    }
    assert_true(promoted > 0 && prices > promoted);
    skua_snapshot_free(snapshot);
}

/* A question without a change is answered by the stored numbers. */
static void test_ask_equals_stored(void **state) {
    (void)state;
    skua_error err;
    skua_snapshot *snapshot = snapshot_new();
    for (size_t i = 0; i < skua_snapshot_items(snapshot); i++) {
        const skua_item *item = skua_snapshot_item(snapshot, i);
        skua_question question = {.item = i, .price = 1};
        char *report = NULL;
        skuai_json *json = NULL;
        assert_ok(skua_snapshot_ask(snapshot, &question, &report, &err), &err);
        assert_ok(skuai_json_parse(report, strlen(report), &json, &err), &err);
        const skuai_json *all = skuai_json_get(json, "series");
        assert_int_equal(skuai_json_size(all), item->n_series);
        for (size_t k = 0; k < item->n_series; k++) {
            skua_series s;
            skua_snapshot_series(snapshot, item->first_series + k, &s);
            const skuai_json *mean = skuai_json_get(skuai_json_at(all, k), "mean");
            for (size_t h = 0; h < s.horizon; h++)
                assert_true(skuai_json_as_number(skuai_json_at(mean, h), -1) == s.mean[h]);
        }
        skuai_json_free(json);
        skua_text_free(report);
    }
    skua_snapshot_free(snapshot);
}

static void test_ask_refuses(void **state) {
    (void)state;
    skua_error err;
    skua_snapshot *snapshot = snapshot_new();
    char *report = NULL;
    const skua_question wrong[] = {{.item = 10000, .price = 1},
                                   {.item = 0, .price = 0},
                                   {.item = 0, .price = (double)NAN},
                                   {.item = 0, .price = 1, .horizon = 100000}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_not_equal(skua_snapshot_ask(snapshot, &wrong[i], &report, &err), SKUA_OK);
    assert_null(report);
    skua_question longer = {.item = 0, .price = 1, .horizon = 12};
    assert_ok(skua_snapshot_ask(snapshot, &longer, &report, &err), &err);
    assert_non_null(strstr(report, "\"horizon\":12"));
    skua_text_free(report);
    skua_snapshot_free(snapshot);
}

static void test_items_and_findings(void **state) {
    (void)state;
    skua_snapshot *snapshot = snapshot_new();
    size_t n = skua_snapshot_items(snapshot), total = 0;
    size_t *found = malloc(n * sizeof *found);
    assert_non_null(found);
    assert_int_equal(n, 9);
    assert_int_equal(skua_snapshot_search(snapshot, "", found), n);
    assert_int_equal(skua_snapshot_search(snapshot, "no such thing anywhere", found), 0);
    for (size_t i = 0; i < n; i++) {
        const skua_item *item = skua_snapshot_item(snapshot, i);
        char upper[256];
        size_t k = 0;
        for (; item->title[k] && k < 255; k++)
            upper[k] = (char)(item->title[k] >= 'a' && item->title[k] <= 'z' ? item->title[k] - 32
                                                                             : item->title[k]);
        upper[k] = '\0';
        assert_true(k > 0);
        size_t hits = skua_snapshot_search(snapshot, upper, found), here = 0;
        for (size_t j = 0; j < hits; j++)
            here += found[j] == i;
        assert_int_equal(here, 1);
        for (size_t f = 0; f < item->n_findings; f++)
            assert_string_equal(skua_snapshot_finding(snapshot, item->first_finding + f)->item,
                                item->item);
        total += item->n_findings;
    }
    assert_true(total > 0 && total <= skua_snapshot_findings(snapshot));
    free(found);
    skua_snapshot_free(snapshot);
}

static void test_generation_moves(void **state) {
    (void)state;
    skua_error err;
    char *report = NULL;
    int64_t now = 0;
    skua_snapshot *snapshot = snapshot_new();
    assert_ok(skua_shop_generation(shop, &now, &err), &err);
    assert_int_equal(now, skua_snapshot_generation(snapshot));
    verb_done(skua_shop_check(shop, &report, &err), &report, &err);
    int64_t then = now;
    assert_ok(skua_shop_generation(shop, &now, &err), &err);
    assert_true(now != then);
    assert_int_equal(then, skua_snapshot_generation(snapshot));
    skua_snapshot_free(snapshot);
}

static void test_empty_shop(void **state) {
    (void)state;
    char path[400];
    skua_error err;
    skua_shop *empty = NULL;
    skua_snapshot *snapshot = NULL;
    assert_ok(skua_shop_init(inside("empty", path, sizeof path), NULL, &err), &err);
    assert_ok(skua_shop_open(path, &empty, &err), &err);
    assert_ok(skua_snapshot_load(empty, &snapshot, &err), &err);
    skua_shop_close(empty);
    assert_int_equal(skua_snapshot_items(snapshot), 0);
    assert_int_equal(skua_snapshot_find(snapshot, "x"), SKUA_NONE);
    assert_non_null(strstr(skua_snapshot_document(snapshot, SKUA_DOCUMENT_SUMMARY), "\"problem\""));
    for (int d = 0; d <= SKUA_DOCUMENT_MODEL; d++) {
        skuai_json *json = NULL;
        const char *text = skua_snapshot_document(snapshot, (skua_document)d);
        assert_ok(skuai_json_parse(text, strlen(text), &json, &err), &err);
        skuai_json_free(json);
    }
    skua_snapshot_free(snapshot);
}

/* Two series that move together: the total's spread is twice that of one, not root two. */
static void test_common_part(void **state) {
    (void)state;
    skua_error err;
    const skuai_grid grid = {.frequency = SKUAI_FREQUENCY_MONTH};
    for (int opposite = 0; opposite < 2; opposite++) {
        skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 1);
        skuai_panel *panel = NULL;
        double a[60], b[60];
        for (int t = 0; t < 60; t++) {
            a[t] = 20 + (t % 2 ? 3 : -3) + (t % 5);
            b[t] = opposite ? 60 - a[t] : a[t];
        }
        assert_ok(skuai_panel_builder_series(builder, "a", 0, 60, 0, a, NULL, NULL, &err), &err);
        assert_ok(skuai_panel_builder_series(builder, "b", 0, 60, 0, b, NULL, NULL, &err), &err);
        assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
        double ratio = skuai_snapshot_common(panel, 60, 59);
        assert_true(fabs(ratio - (opposite ? 0.5 : sqrt(2))) < 1e-9); /* floor; sqrt(4 / 2) */
        skuai_panel_builder_free(builder);
        skuai_panel_free(panel);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_file),    cmocka_unit_test(test_ask_equals_stored),
        cmocka_unit_test(test_promotions_show),    cmocka_unit_test(test_ask_refuses),
        cmocka_unit_test(test_items_and_findings), cmocka_unit_test(test_generation_moves),
        cmocka_unit_test(test_empty_shop),         cmocka_unit_test(test_common_part),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
