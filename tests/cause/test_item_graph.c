/* The graph of items: planted pairs are found in baskets and by prices, chance makes few links, and
 * what cannot be known is said. */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cause/item_graph.h"
#include "core/random.h"

/* -- Baskets ------------------------------------------------------------------------------------
 */

enum { ITEMS = 30, ORDERS = 20000, LINES_MOST = ORDERS * 12, LAUNCHED = 29 };

static size_t first[ORDERS + 1];
static uint32_t line[LINES_MOST];

/* Orders of very different sizes. planted: 1 goes with 0 half of the time, 3 stays away where 2 is.
 * Item 29 is launched half way. */
static skuai_baskets draw_orders(uint64_t seed, bool planted) {
    skuai_random r;
    size_t n = 0;
    skuai_random_init(&r, seed);
    for (size_t b = 0; b < ORDERS; b++) {
        bool in[ITEMS] = {false};
        double size = skuai_random_uniform(&r) < 0.1 ? 8 : 1.5;
        for (size_t i = 0; i < ITEMS; i++)
            in[i] = skuai_random_uniform(&r) < size / ITEMS * (i % 3 ? 1 : 1.6) &&
                    !(i == LAUNCHED && b < ORDERS / 2);
        if (planted && in[0] && skuai_random_uniform(&r) < 0.5) in[1] = true;
        if (planted && in[2] && skuai_random_uniform(&r) < 0.8) in[3] = false;
        first[b] = n;
        for (uint32_t i = 0; i < ITEMS; i++)
            if (in[i]) line[n++] = i;
    }
    first[ORDERS] = n;
    return (skuai_baskets){ORDERS, ITEMS, first, line};
}

static const skuai_item_link *find(const skuai_item_links *links, uint32_t from, uint32_t to) {
    for (size_t k = 0; k < links->n; k++)
        if (links->items[k].from == from && links->items[k].to == to) return &links->items[k];
    return NULL;
}

static void baskets_with_pairs(void **state) {
    (void)state;
    skua_error err;
    skuai_item_links links = {0};
    skuai_baskets o = draw_orders(1, true);
    assert_ok(skuai_basket_links(&o, 0.05, &links, &err), &err);
    const skuai_item_link *with = find(&links, 0, 1), *without = find(&links, 2, 3);
    assert_true(with && !with->substitutes && with->value > 0.5 && with->phi > 0.2);
    assert_true(with->together > with->expected && with->q < 1e-6);
    assert_true(without && without->substitutes && without->value < -0.5 && without->q < 1e-6);
    assert_in_range(links.n_tests, ITEMS * (ITEMS - 1) / 2 - 5, ITEMS * (ITEMS - 1) / 2);
    size_t loose = links.n;
    skuai_item_links_clear(&links);
    assert_ok(skuai_basket_links(&o, 0.9, &links, &err), &err);
    assert_true(loose >= 2 && links.n > loose); /* the rate matters */
    skuai_item_links_clear(&links);
}

/* Large baskets and a launch by themselves make no links: over five shops of chance, few. */
static void baskets_of_chance(void **state) {
    (void)state;
    size_t found = 0;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        skua_error err;
        skuai_item_links links = {0};
        skuai_baskets o = draw_orders(seed, false);
        assert_ok(skuai_basket_links(&o, 0.05, &links, &err), &err);
        found += links.n;
        skuai_item_links_clear(&links);
    }
    assert_in_range(found, 0, 10); /* of 2,175 */
}

static void baskets_of_one(void **state) {
    (void)state;
    skua_error err;
    skuai_item_links links = {0};
    static const size_t ones[] = {0, 1, 2, 3};
    static const uint32_t items[] = {0, 1, 0};
    skuai_baskets o = {3, 2, ones, items};
    assert_int_equal(skuai_basket_links(&o, 0.05, &links, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "two different items"));
}

/* -- Prices -------------------------------------------------------------------------------------
 */

enum { SHELF = 8, DAYS = 700 };

/* Eight items whose prices move by themselves in half of the weeks. planted: 0's price brings
 * buyers to 1 (+1.5), 2's takes buyers from 3 (-1.5). Demand shares a season and a day's noise. */
static skuai_panel *shelf(uint64_t seed, bool planted, bool moving, size_t days) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    static double price[SHELF][DAYS], shared[DAYS], y[DAYS];
    static float column[DAYS];
    const float *dynamic[] = {column};
    const char *names[SHELF], *groups[SHELF];
    static char text[SHELF][8];
    skuai_random r;
    skuai_random_init(&r, seed);
    assert_ok(skuai_panel_builder_dynamic(b, "price", SKUAI_KNOWN_AHEAD, &err), &err);
    for (size_t t = 0; t < days; t++) {
        shared[t] = 0.3 * sin((double)t / 58) + 0.2 * skuai_random_normal(&r);
        for (size_t i = 0; i < SHELF; i++) {
            bool cut = t % 7 ? price[i][t - 1] < 0 : skuai_random_uniform(&r) < 0.5;
            price[i][t] = cut && moving ? -0.25 : 0;
        }
    }
    for (size_t i = 0; i < SHELF; i++) {
        for (size_t t = 0; t < days; t++) {
            double x = 2.5 + shared[t] - 2 * price[i][t];
            if (planted && i == 1) x += 1.5 * price[0][t];
            if (planted && i == 3) x -= 1.5 * price[2][t];
            y[t] = skuai_random_negative_binomial(&r, exp(x), 5);
            column[t] = (float)(10 * exp(price[i][t]));
        }
        (void)snprintf(text[i], sizeof text[i], "i%zu", i);
        names[i] = text[i];
        groups[i] = i < 4 ? "a" : "b";
        assert_ok(skuai_panel_builder_series(b, names[i], 0, days, 0, y, NULL, dynamic, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(b, "item", names, &err), &err);
    assert_ok(skuai_panel_builder_category(b, "category1", groups, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static void prices_with_pairs(void **state) {
    (void)state;
    skua_error err;
    skuai_item_links links = {0};
    skuai_panel *panel = shelf(1, true, true, DAYS);
    assert_ok(skuai_price_links(panel, SIZE_MAX, 0.05, NULL, &links, &err), &err);
    assert_int_equal(links.n_tests, SHELF * (SHELF - 1));
    const skuai_item_link *instead = find(&links, 0, 1), *with = find(&links, 2, 3);
    assert_true(instead && instead->substitutes && with && !with->substitutes);
    assert_close(instead->value, 1.5, 0, 3.5 * instead->error);
    assert_close(with->value, -1.5, 0, 3.5 * with->error);
    assert_true(instead->error < 0.5);
    double mean[SHELF], lost, gained;
    for (size_t i = 0; i < SHELF; i++)
        mean[i] = 10;
    skuai_item_spill(&links, mean, 0, 0.1, &lost, &gained);
    assert_true(lost >= 10 * (1 - pow(0.9, instead->value)) - 1e-9 && lost > 1);
    skuai_item_spill(&links, mean, 2, 0.1, &lost, &gained);
    assert_true(gained > 1);
    skuai_item_links_clear(&links);
    /* inside groups alone fewer pairs are asked, and both stand */
    size_t group = skuai_panel_static_find(panel, "category1");
    assert_ok(skuai_price_links(panel, group, 0.05, NULL, &links, &err), &err);
    assert_int_equal(links.n_tests, 2 * 4 * 3);
    assert_true(find(&links, 0, 1) && find(&links, 2, 3));
    skuai_item_links_clear(&links);
    skuai_panel_free(panel);
}

static void prices_of_chance(void **state) {
    (void)state;
    size_t found = 0, tested = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        skua_error err;
        skuai_item_links links = {0};
        skuai_panel *panel = shelf(seed, false, true, DAYS);
        assert_ok(skuai_price_links(panel, SIZE_MAX, 0.05, NULL, &links, &err), &err);
        found += links.n;
        tested += links.n_tests;
        skuai_item_links_clear(&links);
        skuai_panel_free(panel);
    }
    assert_int_equal(tested, 10 * SHELF * (SHELF - 1));
    assert_in_range(found, 0, 6);
}

static void what_cannot_be_known(void **state) {
    (void)state;
    skua_error err;
    skuai_item_links links = {0};
    skuai_panel *panel = shelf(1, true, false, DAYS);
    assert_int_equal(skuai_price_links(panel, SIZE_MAX, 0.05, NULL, &links, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "no price moved"));
    skuai_panel_free(panel);
    panel = shelf(1, true, true, 100);
    assert_int_equal(skuai_price_links(panel, SIZE_MAX, 0.05, NULL, &links, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "too few"));
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(baskets_with_pairs), cmocka_unit_test(baskets_of_chance),
        cmocka_unit_test(baskets_of_one),     cmocka_unit_test(prices_with_pairs),
        cmocka_unit_test(prices_of_chance),   cmocka_unit_test(what_cannot_be_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
