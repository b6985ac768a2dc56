/* What columns add to a tree's forecast: sums to what predict says for every kind and loss, goes
 * where the truth is, and is refused where nothing can be said. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "core/random.h"
#include "tree/tree.h"

enum { SERIES = 24, WEEKS = 120, AHEAD = 6 };

/* Levels with a promotion that doubles demand, known ahead, and a covariate that says nothing. */
static skuai_panel *shop_panel(void) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 52);
    skua_error err;
    assert_ok(skuai_panel_builder_dynamic(b, "promotion", SKUAI_KNOWN_AHEAD, &err), &err);
    assert_ok(skuai_panel_builder_dynamic(b, "weather", SKUAI_KNOWN_AHEAD, &err), &err);
    for (size_t s = 0; s < SERIES; s++) {
        double y[WEEKS];
        float on[WEEKS + AHEAD], weather[WEEKS + AHEAD];
        const float *columns[] = {on, weather};
        char name[16];
        skuai_random r;
        skuai_random_split(&r, 5, s);
        double level = 10 + 40 * skuai_random_uniform(&r);
        for (size_t t = 0; t < WEEKS + AHEAD; t++) {
            on[t] = t < WEEKS ? skuai_random_uniform(&r) < 0.2 : t == WEEKS + 2;
            weather[t] = (float)skuai_random_uniform(&r);
            if (t < WEEKS) y[t] = level * (1 + (double)on[t]) * exp(0.05 * skuai_random_normal(&r));
        }
        (void)snprintf(name, sizeof name, "item%zu", s);
        assert_ok(skuai_panel_builder_series(b, name, 2600, WEEKS, AHEAD, y, NULL, columns, &err),
                  &err);
    }
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static const double levels[] = {0.1, 0.5, 0.9};
static const skuai_context one_thread = {.seed = 1, .threads = 1};

static double of_group(const skuai_contributions *c, const char *group, size_t h) {
    double sum = 0;
    for (size_t i = 0; i < c->n_inputs; i++)
        if (strcmp(c->inputs[i].group, group) == 0) sum += c->value[i * c->horizon + h];
    return sum;
}

static void check_kind(const char *name, const char *loss, const char *transform) {
    skua_error err;
    skuai_panel *panel = shop_panel();
    const skuai_forecaster *f = skuai_tree_forecaster(name);
    skuai_parameter items[] = {
        {"objective", loss}, {"transform", transform}, {"rounds", "80"}, {"leaves", "15"}};
    skuai_parameters parameters = {items, 4};
    skuai_request request = {AHEAD, levels, 3, 1};
    skuai_model *model = NULL;
    skuai_forecast *forecast = NULL;
    assert_ok(f->fit(f, panel, &parameters, &one_thread, &model, &err), &err);
    assert_ok(f->predict(model, panel, &request, &one_thread, &forecast, &err), &err);
    for (size_t s = 0; s < SERIES; s += 5) {
        skuai_contributions *c = NULL;
        assert_ok(f->contributions(model, panel, s, &request, &one_thread, &c, &err), &err);
        double level = 0;
        for (size_t h = 0; h < AHEAD; h++) {
            double sum = c->base[h];
            for (size_t i = 0; i < c->n_inputs; i++)
                sum += c->value[i * AHEAD + h];
            assert_close(sum, *skuai_forecast_mean(forecast, s, h), 1e-6, 1e-6);
            level += c->base[h] / AHEAD;
        }
        double on = of_group(c, "promotion", 2), off = of_group(c, "promotion", 0);
        assert_true(on > 0.3 * level && on > off + 0.4 * level);
        assert_true(fabs(of_group(c, "weather", 2)) < 0.1 * level);
        skuai_contributions_free(c);
    }
    skuai_forecast_free(forecast);
    f->free(model);
    skuai_panel_free(panel);
}

static void sums_to_the_forecast_and_finds_the_promotion(void **state) {
    (void)state;
    check_kind("tree-direct", "absolute", "none");
    check_kind("tree-direct", "squared", "log");
    check_kind("tree-direct", "tweedie", "none");
    check_kind("tree-direct", "mape", "none");
    check_kind("tree-multi", "squared", "none");
    check_kind("tree-linear", "squared", "none");
    check_kind("tree-single", "squared", "none");
}

/* Too little to learn from: the last cycle is all there is; a recursive kind says nothing. */
static void odd_ones(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *whole = shop_panel(), *panel = NULL;
    const skuai_forecaster *f = skuai_tree_forecaster("tree-direct");
    skuai_request request = {AHEAD, levels, 3, 1};
    skuai_model *model = NULL;
    skuai_contributions *c = NULL;
    size_t first = 0;
    assert_ok(skuai_panel_subset(whole, &first, 1, &panel, &err), &err);
    skuai_panel *few = NULL;
    assert_ok(skuai_panel_cut(panel, WEEKS - 9, &few, &err), &err);
    assert_ok(f->fit(f, few, NULL, &one_thread, &model, &err), &err);
    assert_ok(f->contributions(model, few, 0, &request, &one_thread, &c, &err), &err);
    assert_true(c->n_inputs <= 2);
    assert_ok(skuai_contributions_check(c, &err), &err);
    skuai_contributions_free(c);
    c = NULL;
    assert_int_equal(f->contributions(model, few, 1, &request, &one_thread, &c, &err), SKUA_EINVAL);
    assert_null(c);
    f->free(model);
    assert_null(skuai_tree_forecaster("tree-recursive")->contributions);
    skuai_panel_free(few);
    skuai_panel_free(panel);
    skuai_panel_free(whole);
}

/* A sum that is wrong is said, with the period. */
static void a_wrong_sum_is_our_fault(void **state) {
    (void)state;
    skua_error err;
    skuai_contributions *c = NULL;
    assert_ok(skuai_contributions_new(1, 2, &c, &err), &err);
    c->base[0] = c->base[1] = 5;
    c->forecast[0] = c->forecast[1] = 7;
    double *x = skuai_contributions_input(c, "price", "price");
    assert_non_null(x);
    x[0] = x[1] = 2;
    assert_ptr_equal(skuai_contributions_input(c, "price", "price"), x);
    assert_null(skuai_contributions_input(c, "other", "price"));
    assert_ok(skuai_contributions_check(c, &err), &err);
    x[1] = 2.001;
    assert_int_equal(skuai_contributions_check(c, &err), SKUA_EINTERNAL);
    assert_non_null(strstr(err.message, "period 2"));
    x[1] = NAN;
    assert_int_equal(skuai_contributions_check(c, &err), SKUA_EINTERNAL);
    skuai_contributions_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_to_the_forecast_and_finds_the_promotion),
        cmocka_unit_test(odd_ones),
        cmocka_unit_test(a_wrong_sum_is_our_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
