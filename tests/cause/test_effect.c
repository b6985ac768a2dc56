/* Effects on panels whose law is written here: Poisson sales, an elasticity an item, a season that
 * promotions follow. What cannot be known must be said. */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cause/effect.h"
#include "core/random.h"

static const skuai_context one_thread = {.seed = 1, .threads = 1};

enum { ITEMS = 12, DAYS = 560 };

typedef struct plan {
    double elasticity[ITEMS], display;        /* log effect of a promotion beyond its price */
    double confounding;                       /* how much likelier promotions are in high season */
    double level;                             /* units a day */
    double step;                              /* deviation of a list price's move */
    bool price_moves, promotions, own_prices; /* own: list prices move by themselves */
    size_t days;
} plan;

static skuai_panel *made(const plan *p, uint64_t seed) {
    skua_error err;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    static const char *const names[] = {"price", "list_price", "promotion"};
    for (size_t k = 0; k < 3; k++)
        assert_ok(skuai_panel_builder_dynamic(b, names[k], SKUAI_KNOWN_AHEAD, &err), &err);
    const char *items[ITEMS], *kinds[ITEMS];
    static char texts[ITEMS][16];
    for (size_t i = 0; i < ITEMS; i++) {
        static float price[DAYS], list[DAYS], on[DAYS];
        static double y[DAYS];
        skuai_random r;
        skuai_random_split(&r, seed, i);
        double now = 10;
        size_t left = 0;
        double depth = 0;
        for (size_t t = 0; t < p->days; t++) {
            double season = 0.5 * sin(2 * 3.14159265 * (double)t / 28) + 0.2 * (t % 7 > 4);
            if (p->own_prices && t % 40 == 20) now *= exp(p->step * skuai_random_normal(&r));
            if (left) left--;
            if (!left && p->promotions &&
                skuai_random_uniform(&r) < 0.02 * exp(p->confounding * season)) {
                left = 5;
                depth = p->own_prices ? 0.1 + 0.1 * (double)skuai_random_index(&r, 4) : 0.2;
            }
            list[t] = (float)now;
            on[t] = left > 0;
            price[t] = p->price_moves && left ? (float)(now * (1 - depth)) : list[t];
            y[t] = skuai_random_poisson(&r, p->level *
                                                exp(season + p->display * (left > 0) +
                                                    p->elasticity[i] * log((double)price[t] / 10)));
        }
        const float *columns[] = {price, list, on};
        (void)snprintf(texts[i], sizeof texts[i], "i%02zu", i);
        items[i] = texts[i];
        kinds[i] = i % 2 ? "a" : "b";
        assert_ok(skuai_panel_builder_series(b, texts[i], 0, p->days, 0, y, NULL, columns, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(b, "item", items, &err), &err);
    assert_ok(skuai_panel_builder_category(b, "category2", kinds, &err), &err);
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static plan usual(void) {
    plan p = {.display = 0.3,
              .confounding = 2,
              .level = 12,
              .step = 0.08,
              .price_moves = true,
              .promotions = true,
              .own_prices = true,
              .days = DAYS};
    for (size_t i = 0; i < ITEMS; i++)
        p.elasticity[i] = -1.2 - 0.15 * (double)i;
    return p;
}

/* Planted elasticities come back although promotions follow the season; intervals hold them. */
static void elasticities_are_found(void **state) {
    (void)state;
    skua_error err;
    plan p = usual();
    skuai_panel *panel = made(&p, 3);
    skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skuai_effects *e = NULL;
    assert_ok(skuai_effect_price(panel, &o, &one_thread, &e, &err), &err);
    assert_int_equal(e->n_items, ITEMS);
    double error = 0;
    size_t inside = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        const skuai_effect *x = &e->items[i].effect[SKUAI_TREATMENT_PRICE];
        error += fabs(x->value - p.elasticity[i]) / ITEMS;
        inside += x->low <= p.elasticity[i] && p.elasticity[i] <= x->high;
        assert_int_equal(x->known == SKUAI_EFFECT_KNOWN || x->known == SKUAI_EFFECT_BORROWED, 1);
    }
    assert_true(error < 0.15);
    assert_true(inside >= ITEMS - 3);
    assert_close(e->pooled[SKUAI_TREATMENT_CUT].value, 0.3, 0, 0.1);
    skuai_effects_free(e);
    skuai_panel_free(panel);
}

/* The whole effect of a promotion: display and price cut; units gained add up. */
static void promotions_are_found(void **state) {
    (void)state;
    skua_error err;
    plan p = usual();
    for (size_t i = 0; i < ITEMS; i++)
        p.elasticity[i] = -2;
    p.own_prices = false; /* every cut is a fifth */
    skuai_panel *panel = made(&p, 4);
    skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skuai_effects *e = NULL;
    assert_ok(skuai_effect_promotion(panel, &o, &one_thread, &e, &err), &err);
    double truth = 0.3 - 2 * log(0.8);
    assert_close(e->pooled[0].value, truth, 0, 0.08);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_close(e->items[i].effect[0].value, truth, 0, 0.2);
        assert_true(e->items[i].lift > 0 && e->items[i].lift < e->items[i].units);
    }
    skuai_effects_free(e);
    skuai_panel_free(panel);
}

/* Promotions of unlike depth: each item's effect is that of the promotions that it had. */
static void depths_are_told_apart(void **state) {
    (void)state;
    skua_error err;
    plan p = usual();
    skuai_panel *panel = made(&p, 12);
    const float *price = panel->dynamic[skuai_panel_dynamic_find(panel, "price")].values;
    const float *list = panel->dynamic[skuai_panel_dynamic_find(panel, "list_price")].values;
    const float *on = panel->dynamic[skuai_panel_dynamic_find(panel, "promotion")].values;
    skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skuai_effects *e = NULL;
    assert_ok(skuai_effect_promotion(panel, &o, &one_thread, &e, &err), &err);
    assert_int_equal(e->n_treatments, 3);
    double error = 0, middle = 0, alike = 0, truth[ITEMS], gained = 0, lift = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        double plain = 0, with = 0;
        for (size_t t = 0; t < panel->length[i]; t++) {
            size_t row = panel->row[i] + t;
            double multiple =
                exp(p.display + p.elasticity[i] * log((double)(price[row] / list[row])));
            if (!(on[row] > 0)) continue;
            plain += panel->target[row] / multiple;
            with += panel->target[row];
        }
        truth[i] = log(with / plain);
        middle += truth[i] / ITEMS;
        gained += with - plain;
        lift += e->items[i].lift;
        error += fabs(e->items[i].effect[SKUAI_TREATMENT_PROMOTION].value - truth[i]) / ITEMS;
        assert_close(e->items[i].effect[SKUAI_TREATMENT_REGULAR].value, p.elasticity[i], 0, 0.5);
    }
    for (size_t i = 0; i < ITEMS; i++)
        alike += fabs(middle - truth[i]) / ITEMS;
    assert_true(error < 0.06);
    assert_true(error < 0.5 * alike); /* better than to call all items alike */
    assert_close(lift, gained, 0.1, 0);
    skuai_effects_free(e);
    skuai_panel_free(panel);
}

/* A price that never moved, one that moved only with promotions, ten weeks, no prices. */
static void what_cannot_be_known_is_said(void **state) {
    (void)state;
    skua_error err;
    skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skuai_effects *e = NULL;
    char text[512];
    plan p = usual();
    p.price_moves = p.own_prices = false;
    skuai_panel *panel = made(&p, 5);
    assert_ok(skuai_effect_price(panel, &o, &one_thread, &e, &err), &err);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(e->items[i].effect[0].known, SKUAI_EFFECT_CONSTANT);
        assert_true(isnan(e->items[i].effect[0].own));
        skuai_effect_reason(&e->items[i], 0, false, text, sizeof text);
        assert_non_null(strstr(text, "never moved"));
    }
    skuai_effects_free(e);
    skuai_panel_free(panel);

    p = usual();
    p.own_prices = false;
    panel = made(&p, 6);
    assert_ok(skuai_effect_price(panel, &o, &one_thread, &e, &err), &err);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(e->items[i].effect[0].known, SKUAI_EFFECT_ALIASED);
        skuai_effect_reason(&e->items[i], 0, true, text, sizeof text);
        assert_non_null(strstr(text, "促销"));
    }
    skuai_effects_free(e);
    skuai_panel_free(panel);

    p = usual();
    p.days = 70;
    panel = made(&p, 7);
    assert_int_equal(skuai_effect_price(panel, &o, &one_thread, &e, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "too few"));
    assert_true(skuai_effect_lacks(panel, &o, false, true, text, sizeof text));
    assert_non_null(strstr(text, "70 个时段的历史太短"));
    o.price = "none";
    assert_int_equal(skuai_effect_price(panel, &o, &one_thread, &e, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "prices"));
    skuai_panel_free(panel);

    p = usual();
    p.promotions = false;
    panel = made(&p, 8);
    o.price = "price";
    assert_int_equal(skuai_effect_promotion(panel, &o, &one_thread, &e, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "no promotion"));
    assert_false(skuai_effect_lacks(panel, &o, false, true, text, sizeof text));
    assert_true(skuai_effect_lacks(panel, &o, true, true, text, sizeof text));
    assert_non_null(strstr(text, "从未有过促销"));
    skuai_panel_free(panel);
}

/* Enough is sold but the price hardly moves, and the other way round: each is told as what it is.
 */
static void what_is_lacking_is_said(void **state) {
    (void)state;
    for (int sold = 0; sold < 2; sold++) {
        skua_error err;
        skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
        skuai_effects *e = NULL;
        char text[512];
        plan p = usual();
        p.promotions = false;
        p.level = sold ? 3 : 0.05;
        p.step = sold ? 0.02 : 0.08;
        skuai_panel *panel = made(&p, 9);
        assert_ok(skuai_effect_price(panel, &o, &one_thread, &e, &err), &err);
        size_t still = 0, thin = 0;
        for (size_t i = 0; i < e->n_items; i++) {
            still += e->items[i].effect[0].known == SKUAI_EFFECT_STILL;
            thin += e->items[i].effect[0].known == SKUAI_EFFECT_THIN;
            skuai_effect_reason(&e->items[i], 0, false, text, sizeof text);
            if (e->items[i].effect[0].known == SKUAI_EFFECT_STILL)
                assert_non_null(strstr(text, "hardly moved"));
        }
        assert_true(sold ? still > ITEMS / 3 && thin == 0 : thin > ITEMS / 3);
        skuai_effects_free(e);
        skuai_panel_free(panel);
    }
}

/* Options change the answer; the same options give the same bits. */
static void options_matter(void **state) {
    (void)state;
    skua_error err;
    plan p = usual();
    p.level = 3;
    skuai_panel *panel = made(&p, 9);
    skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skuai_effects *a = NULL, *b = NULL;
    skuai_context two = {.seed = 1, .threads = 2};
    assert_ok(skuai_effect_price(panel, &o, &one_thread, &a, &err), &err);
    assert_ok(skuai_effect_price(panel, &o, &two, &b, &err), &err);
    for (size_t i = 0; i < ITEMS; i++)
        assert_true(a->items[i].effect[0].value == b->items[i].effect[0].value);
    skuai_effects_free(b);
    for (int change = 0; change < 4; change++) {
        o = SKUAI_EFFECT_OPTIONS_DEFAULT;
        if (change == 0) o.learner = &skuai_learner_boosted;
        if (change == 1) o.folds = 3;
        if (change == 2) o.block = 28;
        if (change == 3) o.confidence = 0.5;
        assert_ok(skuai_effect_price(panel, &o, &one_thread, &b, &err), &err);
        bool same = a->items[0].effect[0].low == b->items[0].effect[0].low;
        assert_false(same);
        assert_close(b->pooled[0].value, a->pooled[0].value, 0, 0.4);
        skuai_effects_free(b);
    }
    o = SKUAI_EFFECT_OPTIONS_DEFAULT;
    o.folds = 1;
    assert_int_equal(skuai_effect_price(panel, &o, &one_thread, &b, &err), SKUA_ECONFIG);
    skuai_effects_free(a);
    skuai_panel_free(panel);
}

/* A placebo has no effect; a random cause and a part of the blocks change little. */
static void refutations_refute_nothing_here(void **state) {
    (void)state;
    skua_error err;
    plan p = usual();
    skuai_panel *panel = made(&p, 10);
    skuai_effect_options o = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skuai_effects *e = NULL;
    skuai_refutation r;
    assert_ok(skuai_effect_price(panel, &o, &one_thread, &e, &err), &err);
    assert_ok(skuai_effect_refute(panel, &o, false, e, &one_thread, &r, &err), &err);
    assert_close(r.placebo, 0, 0, 0.35);
    assert_close(r.common_cause, r.value, 0, 0.05);
    assert_close(r.subset, r.value, 0, 0.3);
    assert_true(r.passed);
    skuai_effects_free(e);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elasticities_are_found),
        cmocka_unit_test(promotions_are_found),
        cmocka_unit_test(depths_are_told_apart),
        cmocka_unit_test(what_cannot_be_known_is_said),
        cmocka_unit_test(what_is_lacking_is_said),
        cmocka_unit_test(options_matter),
        cmocka_unit_test(refutations_refute_nothing_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
