/* Promotion plans: the value beside simulation, the plan beside all plans, every rule, what is
 * agreed, and bad input. */
#include "support/support.h"

#include "core/random.h"
#include "decide/promo.h"

#include <math.h>
#include <string.h>

enum { WEEKS = 5, ITEMS = 4 };
static const double depths[] = {0.1, 0.3};

static skuai_promo_options options(void) {
    return (skuai_promo_options){.weeks = WEEKS,
                                 .n_brands = 2,
                                 .n_channels = 1,
                                 .depths = depths,
                                 .n_depths = 2,
                                 .length = 1,
                                 .gap = 1,
                                 .most_per_item = 2,
                                 .budget = (double)INFINITY,
                                 .seconds = 10};
}

/* Demand differs by week, so that it matters when. */
static double demand[ITEMS][WEEKS];

static void make_items(skuai_promo_item *items) {
    for (size_t i = 0; i < ITEMS; i++) {
        for (size_t w = 0; w < WEEKS; w++)
            demand[i][w] = 50 + 17 * (double)((3 * i + 2 * w) % 5) + (double)i;
        items[i] = (skuai_promo_item){.name = i == 2 ? "tea" : "nut",
                                      .price = 10 + (double)i,
                                      .cost = 4 + 0.3 * (double)i,
                                      .demand = demand[i],
                                      .elasticity = -2.5 - 0.4 * (double)i,
                                      .elasticity_se = 0.2,
                                      .shown = 0.3,
                                      .shown_se = 0.1,
                                      .pull_forward = 0.2,
                                      .others = -0.2,
                                      .fixed = 5,
                                      .brand = i % 2};
    }
}

static skuai_promo_plan *find(const skuai_promo_item *items, const skuai_promo_options *o) {
    skuai_promo_plan *plan = NULL;
    skua_error err = {0};
    assert_ok(skuai_promo_find(items, ITEMS, o, NULL, &plan, &err), &err);
    return plan;
}

static void the_value_is_the_mean_of_what_may_come(void **state) {
    (void)state;
    skuai_promo_item items[ITEMS];
    skuai_promo_options o = options();
    o.length = 2;
    make_items(items);
    skuai_promo_action a = {.item = 1, .week = 2, .depth = 0.3};
    skuai_promo_value(&items[1], &o, &a);
    skuai_random random;
    skuai_random_init(&random, 4);
    enum { DRAWS = 200000 };
    double sum = 0, squares = 0, given = 0, units = 0;
    const skuai_promo_item *i = &items[1];
    for (size_t k = 0; k < DRAWS; k++) {
        double e = i->elasticity + i->elasticity_se * skuai_random_normal(&random);
        double s = i->shown + i->shown_se * skuai_random_normal(&random);
        double factor = exp(e * log(0.7) + s), gain = 0;
        for (size_t w = 2; w < 4; w++) {
            double b = i->demand[w], sold = b * factor, up = sold - b;
            gain += sold * (0.7 * i->price - i->cost) - b * (i->price - i->cost) -
                    0.2 * up * (i->price - i->cost) - 0.2 * up - 5;
            given += (sold * 0.3 * i->price + 5) / DRAWS;
            units += up / DRAWS;
        }
        sum += gain / DRAWS;
        squares += gain * gain / DRAWS;
    }
    assert_close(a.gain, sum, 5e-3, 0);
    assert_close(a.deviation, sqrt(squares - sum * sum), 2e-2, 0);
    assert_close(a.given, given, 5e-3, 0);
    assert_close(a.units, units, 5e-3, 0);
}

/* All plans of four items, each at most twice, one week apart. */
typedef struct all_plans {
    const skuai_promo_item *items;
    const skuai_promo_options *o;
    double best;
    int slots[WEEKS], brands[2][WEEKS];
    double given, value;
} all_plans;

static void try_item(all_plans *a, size_t item, size_t from, size_t times);

static void next_item(all_plans *a, size_t item) {
    if (item + 1 < ITEMS)
        try_item(a, item + 1, 0, 0);
    else if (a->value > a->best)
        a->best = a->value;
}

static void try_item(all_plans *a, size_t item, size_t from, size_t times) {
    next_item(a, item);
    for (size_t w = from; w < WEEKS && times < a->o->most_per_item; w++)
        for (size_t d = 0; d < 2; d++) {
            skuai_promo_action p = {.item = item, .week = w, .depth = depths[d]};
            size_t brand = a->items[item].brand;
            skuai_promo_value(&a->items[item], a->o, &p);
            if (a->given + p.given > a->o->budget ||
                (a->o->slots && a->slots[w] >= (int)a->o->slots) ||
                (a->o->brand_most && a->brands[brand][w] >= (int)a->o->brand_most))
                continue;
            a->slots[w]++, a->brands[brand][w]++, a->given += p.given, a->value += p.gain;
            try_item(a, item, w + 1 + a->o->gap, times + 1);
            a->slots[w]--, a->brands[brand][w]--, a->given -= p.given, a->value -= p.gain;
        }
}

static void the_plan_is_the_best_of_all(void **state) {
    (void)state;
    skuai_promo_item items[ITEMS];
    make_items(items);
    const double budgets[] = {(double)INFINITY, 1500, 600};
    for (size_t b = 0; b < 3; b++)
        for (size_t limits = 0; limits < 3; limits++) {
            skuai_promo_options o = options();
            o.budget = budgets[b];
            o.slots = limits == 1 ? 1 : 0;
            o.brand_most = limits == 2 ? 1 : 0;
            all_plans all = {.items = items, .o = &o};
            try_item(&all, 0, 0, 0);
            skuai_promo_plan *plan = find(items, &o);
            assert_true(plan->bound >= all.best * (1 - 1e-6));
            assert_true(plan->value <= all.best * (1 + 1e-6));
            assert_close(plan->value, all.best, 0.02, 0);
            assert_close(plan->gain, plan->value, 1e-5, 1e-6);
            assert_close(plan->gap, fmax(0, plan->bound - plan->value) / plan->bound, 1e-9, 1e-12);
            assert_true(plan->given <= o.budget * (1 + 1e-6));
            if (limits == 0 && b == 0) assert_true(plan->gap < 1e-6);
            skuai_promo_free(plan);
        }
}

static size_t count(const skuai_promo_plan *plan, size_t item, size_t week) {
    size_t n = 0;
    for (size_t k = 0; k < plan->n; k++)
        n += (item == SIZE_MAX || plan->actions[k].item == item) &&
             (week == SIZE_MAX || plan->actions[k].week == week);
    return n;
}

static void every_rule_changes_the_plan(void **state) {
    (void)state;
    static const uint8_t shut[WEEKS] = {1, 1, 0, 1, 1}, second[WEEKS] = {0, 1, 1, 1, 1};
    skuai_promo_item items[ITEMS];
    make_items(items);
    skuai_promo_options o = options();
    skuai_promo_plan *plan = find(items, &o);
    double free_value = plan->value;
    assert_int_equal(count(plan, SIZE_MAX, SIZE_MAX), 2 * ITEMS);
    assert_close(plan->actions[2 * ITEMS - 1].depth, 0.3, 0, 0); /* the last item's answers most */
    skuai_promo_free(plan);

    o.blocked = shut;
    plan = find(items, &o);
    assert_int_equal(count(plan, SIZE_MAX, 2), ITEMS);
    assert_int_equal(plan->n, ITEMS);
    skuai_promo_free(plan);
    o.blocked = NULL;

    items[0].blocked = second;
    plan = find(items, &o);
    assert_int_equal(count(plan, 0, 0), 1);
    assert_int_equal(count(plan, 0, SIZE_MAX), 1);
    skuai_promo_free(plan);
    items[0].blocked = NULL;

    o.most_per_item = 1;
    plan = find(items, &o);
    assert_int_equal(plan->n, ITEMS);
    skuai_promo_free(plan);
    o.most_per_item = 5;
    o.gap = 2; /* weeks 0 and 3, or 1 and 4 */
    plan = find(items, &o);
    for (size_t k = 1; k < plan->n; k++)
        if (plan->actions[k].item == plan->actions[k - 1].item)
            assert_true(plan->actions[k].week >= plan->actions[k - 1].week + 3);
    skuai_promo_free(plan);

    o = options();
    o.length = 4;
    plan = find(items, &o);
    for (size_t k = 0; k < plan->n; k++)
        assert_true(plan->actions[k].week <= 1);
    skuai_promo_free(plan);

    o = options();
    o.least_margin = 0.95; /* 13 * .7 is below 4.9 * 1.95, 13 * .9 is not */
    plan = find(items, &o);
    assert_int_equal(count(plan, 3, SIZE_MAX), 2);
    for (size_t k = 0; k < plan->n; k++)
        if (plan->actions[k].item == 3) assert_close(plan->actions[k].depth, 0.1, 0, 0);
    skuai_promo_free(plan);

    o = options();
    o.caution = 1;
    plan = find(items, &o);
    assert_true(plan->value < free_value - 1);
    assert_true(plan->gain > plan->value);
    skuai_promo_free(plan);

    for (size_t i = 0; i < ITEMS; i++)
        items[i].others = -20; /* eats its neighbours */
    plan = find(items, &o);
    assert_int_equal(plan->n, 0);
    assert_close(plan->value, 0, 0, 1e-9);
    skuai_promo_free(plan);
}

static void what_is_agreed_stays_and_costs(void **state) {
    (void)state;
    skuai_promo_item items[ITEMS];
    make_items(items);
    skuai_promo_options o = options();
    const skuai_promo_action agreed[] = {{.item = 3, .week = 1, .depth = 0.2},
                                         {.item = 0, .week = 1, .depth = 0.1}};
    o.agreed = agreed;
    o.n_agreed = 2;
    skuai_promo_plan *plan = find(items, &o);
    assert_true(plan->feasible);
    assert_string_equal(plan->rule, "");
    assert_int_equal(count(plan, 3, 1), 1);
    assert_int_equal(count(plan, 3, 0) + count(plan, 3, 2), 0); /* the gap around it */
    double given = 0;
    for (size_t k = 0; k < plan->n; k++)
        given += plan->actions[k].given;
    assert_close(given, plan->given, 1e-9, 0);
    assert_close(plan->gain, plan->value, 1e-5, 0);
    skuai_promo_free(plan);

    o.budget = 100;
    plan = find(items, &o);
    assert_false(plan->feasible);
    assert_string_equal(plan->rule, "budget");
    assert_int_equal(plan->culprit, 0);
    assert_true(plan->needed > 100 && plan->dropped >= 1);
    assert_true(plan->given <= 100 + 1e-6);
    skuai_promo_free(plan);

    o.budget = (double)INFINITY;
    o.slots = 1;
    plan = find(items, &o);
    assert_false(plan->feasible);
    assert_string_equal(plan->rule, "slots");
    assert_close(plan->needed, 2, 0, 0);
    assert_int_equal(plan->dropped, 1);
    for (size_t w = 0; w < WEEKS; w++)
        assert_true(count(plan, SIZE_MAX, w) <= 1);
    skuai_promo_free(plan);
}

static void bad_input_is_named(void **state) {
    (void)state;
    skuai_promo_item items[ITEMS];
    skuai_promo_plan *plan = NULL;
    skua_error err = {0};
    skuai_promo_options o = options();
    make_items(items);
    items[2].cost = -1;
    assert_int_equal(skuai_promo_find(items, ITEMS, &o, NULL, &plan, &err), SKUA_EDATA);
    assert_string_equal(err.message, "tea: cost must be >= 0, and is -1");
    make_items(items);
    demand[2][3] = (double)NAN;
    assert_int_equal(skuai_promo_find(items, ITEMS, &o, NULL, &plan, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "week 4"));
    make_items(items);
    o.length = 9;
    assert_int_equal(skuai_promo_find(items, ITEMS, &o, NULL, &plan, &err), SKUA_EINVAL);
    const double crossed[] = {0.3, 0.1};
    o = options();
    o.depths = crossed;
    assert_int_equal(skuai_promo_find(items, ITEMS, &o, NULL, &plan, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "depth 2"));
    assert_null(plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_value_is_the_mean_of_what_may_come),
        cmocka_unit_test(the_plan_is_the_best_of_all),
        cmocka_unit_test(every_rule_changes_the_plan),
        cmocka_unit_test(what_is_agreed_stays_and_costs),
        cmocka_unit_test(bad_input_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
