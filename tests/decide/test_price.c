/* Prices: the closed form inside wide bounds, what each rule changes, and learning by selling. */
#include "support/support.h"

#include "decide/price.h"
#include "decide/price_group.h"

#include <math.h>
#include <string.h>

static skuai_price_item tea(void) {
    return (skuai_price_item){.name = "tea",
                              .price = 10,
                              .cost = 6,
                              .demand = 100,
                              .elasticity = -2.5,
                              .low = (double)NAN,
                              .high = (double)NAN,
                              .seen_low = 5,
                              .seen_high = 20,
                              .competitor = (double)NAN};
}

static skuai_price_choice choose(const skuai_price_item *item, const skuai_price_options *o) {
    skuai_price_choice c;
    skua_error err;
    assert_ok(skuai_price_choose(item, o, &c, &err), &err);
    return c;
}

/* Constant elasticity e < -1: p = cost e / (1 + e). */
static void the_mark_up_is_the_closed_form(void **state) {
    (void)state;
    skuai_price_options o = SKUAI_PRICE_OPTIONS_DEFAULT;
    for (double e = -4; e < -1.9; e += 0.5) {
        skuai_price_item item = tea();
        item.elasticity = e;
        skuai_price_choice c = choose(&item, &o);
        double p = 6 * e / (1 + e);
        assert_close(c.best.price, p, 5e-3, 0);
        assert_close(c.best.value, 100 * pow(p / 10, e) * (p - 6), 1e-3, 0);
        assert_close(c.now.value, 400, 1e-9, 0);
        assert_string_equal(c.limit, "");
        assert_true(c.best.value >= c.now.value - 1e-9);
    }
}

static void each_rule_changes_the_price(void **state) {
    (void)state;
    skuai_price_options o = SKUAI_PRICE_OPTIONS_DEFAULT;
    skuai_price_item item = tea();
    item.elasticity = -0.5; /* dearer is always better: data and rules alone hold it */
    assert_close(choose(&item, &o).best.price, 21, 1e-9, 0);
    assert_string_equal(choose(&item, &o).limit, "seen prices");
    o.stretch = 0;
    assert_close(choose(&item, &o).best.price, 20, 1e-9, 0);
    o.most_change = 0.1;
    assert_close(choose(&item, &o).best.price, 11, 1e-9, 0);
    assert_string_equal(choose(&item, &o).limit, "change");
    o.most_change = 0;
    item.high = 15;
    assert_close(choose(&item, &o).best.price, 15, 1e-9, 0);
    item.competitor = 12, item.above_competitor = 0.05;
    assert_close(choose(&item, &o).best.price, 12.6, 1e-9, 0);
    assert_string_equal(choose(&item, &o).limit, "competitor");
    o.ending = 0.99;
    assert_close(choose(&item, &o).best.price, 11.99, 1e-9, 0);
    o.ending = (double)NAN;
    item = tea();
    o.aim = SKUAI_PRICE_REVENUE; /* elastic demand: revenue rises as the price falls */
    assert_close(choose(&item, &o).best.price, 5, 1e-9, 0);
    item = tea(),
    item.seen_low = item.seen_high = (double)NAN; /* never another price: none is tried */
    o = SKUAI_PRICE_OPTIONS_DEFAULT;
    skuai_price_choice c = choose(&item, &o);
    assert_close(c.from, 9.5, 1e-9, 0);
    assert_close(c.to, 10.5, 1e-9, 0);
}

/* A wider law: a wider band, and a chance that is nearer to even. */
static void uncertainty_is_told(void **state) {
    (void)state;
    skuai_price_options o = SKUAI_PRICE_OPTIONS_DEFAULT;
    skuai_price_item sure = tea(), unsure = tea();
    sure.elasticity = unsure.elasticity = -4;
    sure.elasticity_se = 0.1, unsure.elasticity_se = 1;
    skuai_price_choice a = choose(&sure, &o), b = choose(&unsure, &o);
    assert_true(b.best.high - b.best.low > 3 * (a.best.high - a.best.low));
    assert_true(a.chance > 0.99 && b.chance < 0.99 && b.chance > 0.5);
    skuai_price_point curve[21];
    skuai_price_curve(&unsure, o.aim, 7, 15, 21, curve);
    for (size_t k = 0; k < 21; k++) {
        assert_true(curve[k].low <= curve[k].value && curve[k].value <= curve[k].high * 1.2);
        if (k > 0) assert_true(curve[k].units < curve[k - 1].units); /* monotone */
    }
    unsure.elasticity = 1; /* an estimate of the wrong sign is cut, not believed */
    skuai_price_curve(&unsure, o.aim, 7, 15, 21, curve);
    assert_true(curve[20].units < curve[0].units);
}

static void crossing_rules_are_named(void **state) {
    (void)state;
    skuai_price_options o = SKUAI_PRICE_OPTIONS_DEFAULT;
    skuai_price_item item = tea();
    skuai_price_choice c;
    skua_error err;
    item.low = 15, item.high = 12;
    assert_int_equal(skuai_price_choose(&item, &o, &c, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "tea: the lower bound 15"));
    assert_non_null(strstr(err.message, "13.5"));
    item = tea(), item.low = 30;
    assert_int_equal(skuai_price_choose(&item, &o, &c, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "bound wants at least 30, seen prices at most 21"));
    item = tea(), item.low = 10.2, item.high = 10.8, o.ending = 0.99;
    assert_int_equal(skuai_price_choose(&item, &o, &c, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "10.99"));
    item = tea(), item.cost = -1;
    assert_int_equal(skuai_price_choose(&item, &o, &c, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "cost"));
}

/* Thompson sampling finds the price of an elasticity that nobody told it. */
static void selling_teaches_the_elasticity(void **state) {
    (void)state;
    const double truth = -4.5, best = 6 * truth / (1 + truth);
    skuai_price_options o = SKUAI_PRICE_OPTIONS_DEFAULT;
    double regret = 0, still = 0, last = 0;
    enum { ROUNDS = 60, SHOPS = 20 };
    for (uint64_t seed = 1; seed <= SHOPS; seed++) {
        skuai_price_item item = tea();
        skuai_price_belief belief = skuai_price_belief_new(-2, 1, 0.25);
        skuai_random random;
        skua_error err;
        skuai_random_init(&random, seed);
        for (int t = 0; t < ROUNDS; t++) {
            double p;
            assert_ok(skuai_price_explore(&item, &o, &belief, 0.8, &random, &p, &err), &err);
            double mean = 100 * pow(p / 10, truth);
            double units = mean * exp(0.25 * skuai_random_normal(&random));
            skuai_price_learn(&belief, p, 10, units, 100);
            double top = 100 * pow(best / 10, truth) * (best - 6);
            regret += (top - mean * (p - 6)) / top / (ROUNDS * SHOPS);
            still += (top - 400) / top / (ROUNDS * SHOPS);
            if (t >= ROUNDS - 10) last += (top - mean * (p - 6)) / top / (10 * SHOPS);
        }
        assert_true(fabs(belief.mean - truth) < 4 / sqrt(belief.precision) + 0.1);
    }
    print_message("%g %g %g\n", regret, last, still);
    assert_true(last < 0.01 && last < 0.5 * still);
    assert_true(regret < 0.08);
}

/* Two items on a coarse ladder: beside a search through all pairs. */
static void a_category_moves_no_further_than_it_may(void **state) {
    (void)state;
    skuai_price_options o = SKUAI_PRICE_OPTIONS_DEFAULT;
    skuai_price_item items[2] = {tea(), tea()};
    skuai_price_choice choices[2], free_choice[2];
    skuai_price_group group;
    skua_error err;
    items[1].name = "mug";
    items[0].elasticity = -1.5; /* wants 18 */
    items[1].elasticity = -3;   /* wants 9 */
    items[1].demand = 40;
    o.ending = 0;
    o.step = 0.25;
    for (double most = 0.02; most < 0.7; most *= 2) {
        assert_ok(skuai_price_group_choose(items, 2, &o, most, choices, &group, &err), &err);
        double best = -INFINITY;
        for (double a = 5; a <= 20.01; a += 0.25)
            for (double b = 5; b <= 20.01; b += 0.25) {
                double move = (1000 * (a / 10 - 1) + 400 * (b / 10 - 1)) / 1400;
                double value = 100 * pow(a / 10, -1.5) * (a - 6) + 40 * pow(b / 10, -3) * (b - 6);
                if (fabs(move) <= most && value > best) best = value;
            }
        assert_true(fabs(group.move) <= most + 1e-12);
        assert_true(group.value <= best + 1e-6 && group.value > 0.99 * best);
        assert_true(group.bound >= best - 1e-6 * best);
        for (size_t k = 0; k < 2; k++)
            free_choice[k] = choose(&items[k], &o);
        bool binds = group.binds;
        assert_true(binds == (choices[0].best.price < free_choice[0].best.price - 1e-9));
        if (binds) assert_string_equal(choices[0].limit, "category");
    }
    /* both want up: the multiplier presses down; both want down: up */
    items[0].cost = items[1].cost = 0.5;
    items[0].elasticity = items[1].elasticity = -4;
    assert_ok(skuai_price_group_choose(items, 2, &o, 0.05, choices, &group, &err), &err);
    assert_true(group.binds && group.move >= -0.05 - 1e-12 && group.move < 0);
    assert_true(group.value > 100 * 9.5 + 40 * 9.5 && group.bound >= group.value);
    items[0].low = 19, items[1].low = 19; /* bounds that force a rise */
    assert_int_equal(skuai_price_group_choose(items, 2, &o, 0.05, choices, &group, &err),
                     SKUA_EDATA);
    assert_non_null(strstr(err.message, "nearest"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mark_up_is_the_closed_form),
        cmocka_unit_test(each_rule_changes_the_price),
        cmocka_unit_test(uncertainty_is_told),
        cmocka_unit_test(crossing_rules_are_named),
        cmocka_unit_test(a_category_moves_no_further_than_it_may),
        cmocka_unit_test(selling_teaches_the_elasticity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
