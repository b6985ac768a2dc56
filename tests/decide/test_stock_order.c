/* Orders from paths: the classical answers where they apply, and what each rule changes. */
#include "support/support.h"

#include "decide/stock_order.h"
#include "decide/textbook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATHS = 4000, HORIZON = 40 };

static double *normal_paths, *poisson_paths; /* [PATHS, HORIZON] */
static skuai_arena *arena;

static int set_up(void **state) {
    (void)state;
    skuai_random random;
    skuai_random_init(&random, 11);
    arena = skuai_arena_new(0);
    normal_paths = malloc(sizeof(double) * PATHS * HORIZON);
    poisson_paths = malloc(sizeof(double) * PATHS * HORIZON);
    if (!arena || !normal_paths || !poisson_paths) return -1;
    for (size_t i = 0; i < (size_t)PATHS * HORIZON; i++) {
        normal_paths[i] = 120 + 10 * skuai_random_normal(&random);
        poisson_paths[i] = skuai_random_poisson(&random, 10);
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    skuai_arena_free(arena);
    free(normal_paths);
    free(poisson_paths);
    return 0;
}

static skuai_stock_order decide(const skuai_stock_item *item, const double *paths,
                                skuai_stock_rule rule) {
    skuai_stock_outlook *outlook;
    skuai_stock_order order;
    skua_error err;
    skuai_arena_mark mark = skuai_arena_mark_get(arena);
    assert_ok(skuai_stock_outlook_new(item, paths, PATHS, HORIZON, 1, arena, &outlook, &err), &err);
    assert_ok(skuai_stock_decide(outlook, &rule, &order, &err), &err);
    skuai_arena_reset(arena, mark);
    return order;
}

static const skuai_stock_rule by_cost = {SKUAI_STOCK_COST, 0};

/* stockpyl: newsvendor_normal(2, 18, 120, 10) = 132.8155, cost 35.0997 */
static void one_period_is_the_newsvendor(void **state) {
    (void)state;
    skuai_stock_item item = {
        .name = "bread", .review = 1, .shelf_life = 1, .cost = 2, .shortage = 18};
    skuai_stock_order o = decide(&item, normal_paths, by_cost);
    assert_close(o.order, 132.815515655446, 5e-3, 0);
    assert_close(o.cost_order, 35.09966638649737, 4e-2, 0);
    assert_close(o.short_after, 0.1, 0, 0.005);
    assert_close(o.short_without, 1, 0, 0);
    item.salvage = 1; /* a spoilt unit costs 1: the quantile at 18 / 19 */
    skuai_stock_law law = skuai_stock_normal(120, 10);
    assert_close(decide(&item, normal_paths, by_cost).order,
                 skuai_stock_law_quantile(&law, 18.0 / 19), 5e-3, 0);
}

/* Nothing is lost before the arrival: the order fills up to the quantile over lead time and review.
 */
static void stock_on_hand_and_due_counts(void **state) {
    (void)state;
    const skuai_stock_due due[] = {{150, 1}};
    skuai_stock_item item = {.name = "tea",
                             .on_hand = 150,
                             .due = due,
                             .n_due = 1,
                             .lead_time = 2,
                             .review = 1,
                             .cost = 5,
                             .holding = 2,
                             .shortage = 18};
    skuai_stock_law law = skuai_stock_normal(360, 10 * sqrt(3));
    skuai_stock_order o = decide(&item, normal_paths, by_cost);
    double up_to = skuai_stock_law_quantile(&law, 0.9);
    assert_close(o.order_up_to, up_to, 5e-3, 0);
    assert_close(o.reorder_point, up_to, 5e-3, 0);
    assert_close(o.order, up_to - 300, 3e-2, 0);
    assert_close(o.demand, 360, 1e-2, 0);
    assert_close(o.periods_left, 2, 0, 0); /* 300 units last two and a half periods of 120 */
    assert_close(o.short_before, 0, 0, 3e-3);
    skuai_stock_order service =
        decide(&item, normal_paths, (skuai_stock_rule){SKUAI_STOCK_CYCLE, 0.9});
    assert_close(service.order, o.order, 1e-6, 0);
}

/* With a cost of ordering: s and S as stockpyl's exact ones are (6, 40; cost 35.02). */
static void a_fixed_cost_gives_an_s_S_policy(void **state) {
    (void)state;
    skuai_stock_law law = skuai_stock_poisson(10);
    skuai_reorder_costs costs = {64, 1, 9, 10};
    int s = -1, S = 0;
    for (int on_hand = 0; on_hand < 40; on_hand++) {
        skuai_stock_item item = {.name = "mug",
                                 .on_hand = on_hand,
                                 .review = 1,
                                 .holding = 1,
                                 .cost = (double)NAN,
                                 .shortage = 9,
                                 .order_cost = 64,
                                 .pack = 1};
        skuai_stock_order o = decide(&item, poisson_paths, by_cost);
        if (!(o.order > 0)) continue;
        s = on_hand;
        S = on_hand + (int)o.order;
        assert_true(o.covers >= 3 && o.covers <= 5);
        assert_true(fabs(o.reorder_point - 6) <= 2);
    }
    double cost = skuai_order_up_to_cost(&law, &law, &costs, arena, s, S);
    assert_true(abs(s - 6) <= 2);
    assert_true(cost < 35.02155527232038 * 1.03);
}

static void service_targets_are_kept(void **state) {
    (void)state;
    skuai_stock_item item = {.name = "mug",
                             .on_hand = 15,
                             .lead_time = 1,
                             .review = 3,
                             .cost = 4,
                             .holding = 0.1,
                             .shortage = 1};
    for (double level = 0.8; level < 0.99; level += 0.09) {
        skuai_stock_order cycle =
            decide(&item, poisson_paths, (skuai_stock_rule){SKUAI_STOCK_CYCLE, level});
        assert_true(cycle.short_after <= 1 - level + 1e-9);
        assert_true(cycle.short_after >= 1 - level - 0.05);
        skuai_stock_order fill =
            decide(&item, poisson_paths, (skuai_stock_rule){SKUAI_STOCK_FILL, level});
        assert_close(fill.lost_after, (1 - level) * 30, 2e-2, 0);
        assert_true(fill.order < cycle.order);
    }
}

static void each_rule_changes_the_order(void **state) {
    (void)state;
    skuai_stock_item plain = {.name = "mug",
                              .on_hand = 15,
                              .lead_time = 2,
                              .review = 3,
                              .cost = 4,
                              .holding = 0.05,
                              .shortage = 3},
                     item;
    double order = decide(&plain, poisson_paths, by_cost).order;
    plain.on_hand = 30;
    item = plain, item.lead_time_sd = 1.5;
    assert_true(decide(&item, poisson_paths, by_cost).order >
                decide(&plain, poisson_paths, by_cost).order + 1);
    plain.on_hand = 15;
    item = plain, item.pack = 12;
    assert_close(fmod(decide(&item, poisson_paths, by_cost).order, 12), 0, 0, 1e-9);
    item = plain, item.moq = 60;
    assert_close(decide(&item, poisson_paths, by_cost).order, 60, 0, 0);
    item = plain, item.moq = 2000; /* so much is not worth it */
    assert_close(decide(&item, poisson_paths, by_cost).order, 0, 0, 0);
    item = plain, item.loss = 0.2;
    assert_close(decide(&item, poisson_paths, by_cost).order, order / 0.8, 1e-6, 0);
    item = plain, item.shelf_life = 3;
    assert_true(decide(&item, poisson_paths, by_cost).order < order - 0.5);
    item = plain, item.holding = 0.5;
    assert_true(decide(&item, poisson_paths, by_cost).order < order - 0.5);
    item = plain, item.shortage = 30;
    assert_true(decide(&item, poisson_paths, by_cost).order > order + 0.5);
    item = plain, item.on_hand_life = 1; /* what is there spoils: 10 are sold, 5 are not */
    assert_true(decide(&item, poisson_paths, by_cost).periods_left < 1.5);
    item = plain, item.on_hand = 900;
    skuai_stock_order dead = decide(&item, poisson_paths, by_cost);
    assert_true(dead.order <= 0 && isinf(dead.periods_left));
    assert_close(dead.excess, 900 - 10 * HORIZON - 1.645 * sqrt(10 * HORIZON), 2e-2, 0);
}

/* With lead times that vary, what was ordered a moment ago is not ordered again, and a day later it
 * is about a day's demand; what comes after the usual lead time leaves more to buy. */
static void what_is_on_order_is_not_ordered_again(void **state) {
    (void)state;
    skuai_stock_item item = {.name = "cups",
                             .on_hand = 40,
                             .lead_time = 7,
                             .lead_time_sd = 3,
                             .review = 7,
                             .cost = 4,
                             .holding = 0.01,
                             .shortage = 6,
                             .pack = 1};
    const skuai_stock_rule rules[] = {by_cost, {SKUAI_STOCK_CYCLE, 0.95}, {SKUAI_STOCK_FILL, 0.99}};
    for (size_t r = 0; r < 3; r++) {
        item.n_due = 0;
        skuai_stock_order first = decide(&item, poisson_paths, rules[r]);
        assert_true(first.order > 20);
        skuai_stock_due due = {first.order, 7};
        item.due = &due, item.n_due = 1;
        assert_close(decide(&item, poisson_paths, rules[r]).order, 0, 0, 0);
        due.period = 6, item.on_hand = 30;
        assert_close(decide(&item, poisson_paths, rules[r]).order, 10, 0, 10);
        due.period = 12, item.on_hand = 40;
        assert_true(decide(&item, poisson_paths, rules[r]).order > 20);
    }
}

/* What is due is late or early as the lead time is: the chance to run out before it counts that. */
static void what_is_due_may_be_late(void **state) {
    (void)state;
    const skuai_stock_due due = {200, 4};
    skuai_stock_item item = {.name = "pens",
                             .on_hand = 45,
                             .due = &due,
                             .n_due = 1,
                             .lead_time = 6,
                             .review = 2,
                             .cost = 1,
                             .shortage = 1};
    assert_true(decide(&item, poisson_paths, by_cost).short_before < 0.25);
    item.lead_time_sd = 3;
    assert_true(decide(&item, poisson_paths, by_cost).short_before > 0.35);
}

/* No other quantity is cheaper on the same paths. */
static void the_order_is_the_cheapest(void **state) {
    (void)state;
    skuai_stock_item item = {.name = "milk",
                             .on_hand = 12,
                             .lead_time = 1,
                             .lead_time_sd = 0.7,
                             .review = 4,
                             .shelf_life = 6,
                             .loss = 0.05,
                             .cost = 3,
                             .salvage = 0.5,
                             .holding = 0.04,
                             .shortage = 2};
    skuai_stock_outlook *outlook;
    skuai_stock_order order;
    skua_error err;
    assert_ok(
        skuai_stock_outlook_new(&item, poisson_paths, PATHS, HORIZON, 1, arena, &outlook, &err),
        &err);
    assert_ok(skuai_stock_decide(outlook, &by_cost, &order, &err), &err);
    double best = skuai_stock_cost(outlook, order.covers, order.order);
    for (double q = 0; q < 100; q += 0.5)
        assert_true(skuai_stock_cost(outlook, order.covers, q) >= best - 1e-9);
}

static void bad_input_is_named(void **state) {
    (void)state;
    skuai_stock_item good = {.name = "mug", .lead_time = 2, .review = 3, .cost = 4, .shortage = 3},
                     item;
    skuai_stock_outlook *outlook = NULL;
    skua_error err;
    item = good, item.cost = -1;
    assert_int_equal(skuai_stock_item_check(&item, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "mug: cost must be >= 0, and is -1"));
    item = good, item.lead_time = (double)NAN;
    assert_int_equal(skuai_stock_item_check(&item, &err), SKUA_EDATA);
    item = good, item.loss = 1;
    assert_int_equal(skuai_stock_item_check(&item, &err), SKUA_EDATA);
    item = good, item.salvage = 5;
    assert_int_equal(skuai_stock_item_check(&item, &err), SKUA_EDATA);
    item = good, item.lead_time = 38;
    assert_int_equal(
        skuai_stock_outlook_new(&item, normal_paths, PATHS, HORIZON, 1, arena, &outlook, &err),
        SKUA_ERANGE);
    assert_non_null(strstr(err.message, "--horizon 41"));
    assert_null(outlook);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_period_is_the_newsvendor),
        cmocka_unit_test(stock_on_hand_and_due_counts),
        cmocka_unit_test(a_fixed_cost_gives_an_s_S_policy),
        cmocka_unit_test(service_targets_are_kept),
        cmocka_unit_test(each_rule_changes_the_order),
        cmocka_unit_test(what_is_on_order_is_not_ordered_again),
        cmocka_unit_test(what_is_due_may_be_late),
        cmocka_unit_test(the_order_is_the_cheapest),
        cmocka_unit_test(bad_input_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
