/* Each parameter of the tree forecasters changes the forecast; the kinds differ and keep what they
 * learnt; monotone means monotone; update is a refit. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "core/random.h"
#include "tree/tree.h"

enum { SERIES = 10, WEEKS = 110, AHEAD = 8, PARAMETERS = 4 };

static const double levels[] = {0.1, 0.5, 0.9};
static const skuai_context one = {.seed = 1, .threads = 1};

/* Weekly counts that fall with the price and rise at Easter. */
static skuai_panel *make_panel(void) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 52);
    skua_error err;
    skuai_panel *panel = NULL;
    const char *kinds[SERIES];
    int64_t start = skuai_period_from_day(&grid, skuai_day_from_date(2018, 1, 1), 0);
    assert_ok(skuai_panel_builder_dynamic(b, "price", SKUAI_KNOWN_AHEAD, &err), &err);
    for (size_t s = 0; s < SERIES; s++) {
        double y[WEEKS];
        float price[WEEKS];
        const float *columns[] = {price};
        char name[16];
        skuai_random r;
        skuai_random_split(&r, 5, s);
        for (size_t t = 0; t < WEEKS; t++) {
            price[t] = (float)(8 + 4 * skuai_random_uniform(&r));
            double mean = (10 + 5 * (double)s) * (1.3 + sin(2 * 3.14159265 * (double)t / 52)) *
                          pow((double)price[t] / 10, -2);
            y[t] = floor(mean * exp(0.2 * skuai_random_normal(&r)));
        }
        (void)snprintf(name, sizeof name, "item%zu", s);
        kinds[s] = s % 2 ? "tea" : "salt";
        assert_ok(skuai_panel_builder_series(b, name, start, WEEKS, 0, y, NULL, columns, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(b, "kind", kinds, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static skuai_panel *cut(const skuai_panel *panel, size_t periods) {
    skuai_panel *view = NULL;
    skua_error err;
    assert_ok(skuai_panel_cut(panel, periods, &view, &err), &err);
    return view;
}

static skuai_forecast *run(const char *name, const skuai_panel *view, const skuai_parameter *extra,
                           size_t n_extra) {
    skuai_parameter all[8] = {
        {"rounds", "12"}, {"leaves", "8"}, {"horizon", "8"}, {"base", "cycle"}};
    size_t n = 4;
    for (size_t i = 0; i < n_extra; i++) {
        size_t k = 0;
        while (k < n && strcmp(all[k].name, extra[i].name) != 0)
            k++;
        all[k] = extra[i];
        if (k == n) n++;
    }
    skuai_parameters parameters = {all, n};
    skuai_request request = {AHEAD, levels, 3, 1};
    skuai_forecast *forecast = NULL;
    skua_error err;
    assert_ok(skuai_forecaster_run(skuai_tree_forecaster(name), view, &parameters, &request, &one,
                                   &forecast, &err),
              &err);
    return forecast;
}

static double difference(const skuai_forecast *a, const skuai_forecast *b) {
    double sum = 0;
    for (size_t i = 0; i < (size_t)SERIES * AHEAD; i++)
        sum += fabs(a->mean[i] - b->mean[i]) + fabs(a->quantiles[3 * i] - b->quantiles[3 * i]);
    return sum;
}

static void each_parameter_changes_the_forecast(void **state) {
    (void)state;
    static const skuai_parameter changes[][2] = {
        {{"objective", "squared"}},
        {{"objective", "huber"}},
        {{"objective", "poisson"}},
        {{"objective", "tweedie"}},
        {{"objective", "tweedie"}, {"power", "1.8"}},
        {{"objective", "mape"}},
        {{"transform", "log"}},
        {{"transform", "log"}, {"offset", "0.5"}},
        {{"objective", "mape"}, {"transform", "log"}},
        {{"base", "none"}},
        {{"rounds", "30"}},
        {{"rate", "0.2"}},
        {{"leaves", "3"}},
        {{"least_leaf", "200"}},
        {{"depth", "2"}},
        {{"column_share", "0.3"}},
        {{"row_share", "0.5"}},
        {{"shrinkage", "500"}},
        {{"rows", "2000"}},
        {{"horizon", "4"}},
        {{"monotone", "1"}},
        {{"weight", "equal"}},
        {{"country", "US,shopping"}},
    };
    enum { CHANGES = sizeof changes / sizeof *changes };
    skuai_panel *panel = make_panel(), *view = cut(panel, AHEAD);
    skuai_forecast *all[CHANGES + 1];
    all[0] = run("tree-direct", view, NULL, 0);
    for (size_t i = 0; i < CHANGES; i++)
        all[i + 1] = run("tree-direct", view, changes[i], changes[i][1].name ? 2 : 1);
    for (size_t i = 0; i <= CHANGES; i++)
        for (size_t j = 0; j < i; j++)
            if (!(difference(all[i], all[j]) > 1e-6))
                fail_msg("%s=%s forecasts as %zu", changes[i - 1][0].name, changes[i - 1][0].value,
                         j);
    for (size_t i = 0; i <= CHANGES; i++)
        skuai_forecast_free(all[i]);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

/* auto is cycle where last year tells more than the level (a strong season), none where it does not
 * (the same panel with its years exchanged for noise). */
static void the_base_is_chosen(void **state) {
    (void)state;
    static const skuai_parameter is_auto = {"base", "auto"}, is_none = {"base", "none"};
    skuai_panel *panel = make_panel(), *noise = NULL;
    double *y = skuai_new(panel->n_rows, sizeof *y);
    skuai_random r;
    skua_error err;
    skuai_random_init(&r, 8);
    for (size_t i = 0; i < panel->n_rows; i++)
        y[i] = 20 + 5 * skuai_random_normal(&r);
    assert_ok(skuai_panel_with(panel, SIZE_MAX, y, &noise, &err), &err);
    const skuai_panel *both[2] = {panel, noise};
    for (int i = 0; i < 2; i++) {
        skuai_panel *view = cut(both[i], AHEAD);
        skuai_forecast *cycle = run("tree-direct", view, NULL, 0);
        skuai_forecast *none = run("tree-direct", view, &is_none, 1);
        skuai_forecast *chosen = run("tree-direct", view, &is_auto, 1);
        assert_true(difference(chosen, i == 0 ? cycle : none) == 0);
        assert_true(difference(chosen, i == 0 ? none : cycle) > 1e-6);
        skuai_forecast_free(cycle);
        skuai_forecast_free(none);
        skuai_forecast_free(chosen);
        skuai_panel_free(view);
    }
    skuai_free(y);
    skuai_panel_free(noise);
    skuai_panel_free(panel);
}

/* A period of more returns than sales is one without sales where the law knows nothing below 0. */
static void returns_are_no_demand(void **state) {
    (void)state;
    static const skuai_parameter changes[][2] = {{{"objective", "tweedie"}},
                                                 {{"objective", "poisson"}}};
    skuai_panel *panel = make_panel(), *other[2];
    double *y = skuai_new(panel->n_rows, sizeof *y);
    skua_error err;
    for (int k = 0; k < 2; k++) { /* every seventh value: -3, and 0 */
        for (size_t i = 0; i < panel->n_rows; i++)
            y[i] = i % 7 == 0 ? (k == 0 ? -3 : 0) : panel->target[i];
        assert_ok(skuai_panel_with(panel, SIZE_MAX, y, &other[k], &err), &err);
    }
    skuai_panel *negative = cut(other[0], AHEAD), *zero = cut(other[1], AHEAD);
    for (int i = 0; i < 2; i++) { /* not the same: their features tell them apart */
        skuai_forecast *a = run("tree-direct", negative, changes[i], 1);
        skuai_forecast *b = run("tree-direct", zero, changes[i], 1);
        double size = 0;
        for (size_t k = 0; k < (size_t)SERIES * AHEAD; k++)
            size += fabs(b->mean[k]);
        assert_true(difference(a, b) < 0.2 * size);
        skuai_forecast_free(a);
        skuai_forecast_free(b);
    }
    skuai_free(y);
    skuai_panel_free(negative);
    skuai_panel_free(zero);
    skuai_panel_free(other[0]);
    skuai_panel_free(other[1]);
    skuai_panel_free(panel);
}

static void kinds_differ_and_are_kept(void **state) {
    (void)state;
    static const char *const names[] = {"tree-direct", "tree-multi", "tree-recursive",
                                        "tree-linear", "tree-single"};
    enum { KINDS = 5 };
    static const skuai_parameter parameter[] = {
        {"rounds", "12"}, {"leaves", "8"}, {"horizon", "8"}};
    skuai_parameters parameters = {parameter, 3};
    skuai_panel *panel = make_panel(), *view = cut(panel, AHEAD);
    skuai_request request = {AHEAD, levels, 3, 1};
    skuai_forecast *made[KINDS], *again = NULL;
    char folder[512];
    skua_error err;
    test_folder_new(folder, sizeof folder);
    for (size_t i = 0; i < KINDS; i++) {
        const skuai_forecaster *f = skuai_tree_forecaster(names[i]);
        skuai_model *model = NULL, *loaded = NULL;
        char path[600];
        assert_non_null(f);
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_ok(f->fit(f, view, &parameters, &one, &model, &err), &err);
        assert_ok(f->predict(model, view, &request, &one, &made[i], &err), &err);
        assert_string_equal(made[i]->note[0], names[i]); /* no fallback */
        assert_ok(f->save(model, path, &err), &err);
        assert_ok(f->load(f, path, &loaded, &err), &err);
        assert_ok(f->predict(loaded, view, &request, &one, &again, &err), &err);
        assert_memory_equal(made[i]->mean, again->mean, SERIES * AHEAD * sizeof(double));
        assert_memory_equal(made[i]->quantiles, again->quantiles,
                            SERIES * AHEAD * 3 * sizeof(double));
        skuai_forecast_free(again);
        f->free(model);
        f->free(loaded);
        for (size_t j = 0; j < i; j++)
            assert_true(difference(made[i], made[j]) > 1e-6);
    }
    for (size_t i = 0; i < KINDS; i++)
        skuai_forecast_free(made[i]);
    test_folder_remove(folder);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

/* The same panel with other prices in the future: dearer never sells more. */
static void monotone_in_price(void **state) {
    (void)state;
    static const skuai_parameter parameter[] = {{"rounds", "30"},
                                                {"leaves", "15"},
                                                {"horizon", "8"},
                                                {"monotone", "1"},
                                                {"objective", "squared"}};
    skuai_parameters parameters = {parameter, 5};
    skuai_panel *panel = make_panel(), *view = cut(panel, AHEAD);
    const skuai_forecaster *f = skuai_tree_forecaster("tree-direct");
    skuai_request request = {1, levels, 3, 1};
    skuai_model *model = NULL;
    skua_error err;
    double *price = skuai_new(view->n_rows, sizeof *price), before[SERIES], first = 0, last = 0;
    assert_ok(f->fit(f, view, &parameters, &one, &model, &err), &err);
    for (int step = 0; step < 6; step++) {
        skuai_panel *other = NULL;
        skuai_forecast *forecast = NULL;
        for (size_t r = 0; r < view->n_rows; r++)
            price[r] = (double)view->dynamic[0].values[r];
        for (size_t s = 0; s < SERIES; s++)
            price[view->row[s] + view->length[s]] = 8 + 0.8 * step;
        assert_ok(skuai_panel_with(view, 0, price, &other, &err), &err);
        assert_ok(f->predict(model, other, &request, &one, &forecast, &err), &err);
        double total = 0;
        for (size_t s = 0; s < SERIES; s++) {
            if (step > 0) assert_true(forecast->mean[s] <= before[s] + 1e-9);
            before[s] = forecast->mean[s];
            total += before[s];
        }
        if (step == 0) first = total;
        last = total;
        skuai_forecast_free(forecast);
        skuai_panel_free(other);
    }
    assert_true(last < 0.9 * first); /* and the price matters */
    skuai_free(price);
    f->free(model);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

/* Fewer rows than two origins have: some of each series are learnt from, not none. */
static void few_rows_are_spread(void **state) {
    (void)state;
    static const skuai_parameter small[] = {{"rows", "100"}, {"least_leaf", "2"}},
                                 large[] = {{"rows", "100"}, {"least_leaf", "40"}};
    skuai_panel *panel = make_panel(), *view = cut(panel, AHEAD);
    skuai_forecast *a = run("tree-direct", view, small, 2), *b = run("tree-direct", view, large, 2);
    assert_true(difference(a, b) > 1e-6); /* the leaves' size matters: there were rows */
    skuai_forecast_free(a);
    skuai_forecast_free(b);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

static void update_is_a_refit(void **state) {
    (void)state;
    static const skuai_parameter parameter[] = {
        {"rounds", "12"}, {"leaves", "8"}, {"horizon", "8"}, {"base", "cycle"}};
    skuai_parameters parameters = {parameter, 4};
    skuai_panel *panel = make_panel(), *early = cut(panel, 2 * AHEAD), *late = cut(panel, AHEAD);
    const skuai_forecaster *f = skuai_tree_forecaster("tree-direct");
    skuai_request request = {AHEAD, levels, 3, 1};
    skuai_model *model = NULL;
    skuai_forecast *stale = NULL, *updated = NULL, *fresh = run("tree-direct", late, NULL, 0);
    skua_error err;
    assert_ok(f->fit(f, early, &parameters, &one, &model, &err), &err);
    assert_ok(f->predict(model, late, &request, &one, &stale, &err), &err);
    assert_ok(f->update(model, late, &one, &err), &err);
    assert_ok(f->predict(model, late, &request, &one, &updated, &err), &err);
    assert_true(difference(stale, fresh) > 1e-6);
    assert_true(difference(updated, fresh) == 0);
    f->free(model);
    skuai_forecast_free(stale);
    skuai_forecast_free(updated);
    skuai_forecast_free(fresh);
    skuai_panel_free(early);
    skuai_panel_free(late);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_parameter_changes_the_forecast),
        cmocka_unit_test(the_base_is_chosen),
        cmocka_unit_test(returns_are_no_demand),
        cmocka_unit_test(kinds_differ_and_are_kept),
        cmocka_unit_test(monotone_in_price),
        cmocka_unit_test(few_rows_are_spread),
        cmocka_unit_test(update_is_a_refit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
