/* No model sees the future: a view that hides the last periods gives, bit for bit, the forecast of
 * a panel whose hidden periods hold something else. */
#include "support/support.h"

#include "stat/group/group.h"
#include "stat/intermittent/count_pool.h"
#include "stat/local.h"

#include <math.h>
#include <string.h>

enum { SERIES = 12, LENGTH = 72, HORIZON = 8, Q = 3 };

/* Monthly series in two groups: seasons, trends, noise, some intermittent. The last HORIZON values
 * of each are 1,000 when `spoilt`. */
static skuai_panel *make_panel(bool spoilt) {
    skuai_grid grid = {SKUAI_FREQUENCY_MONTH, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 12);
    const char *group[SERIES];
    for (size_t s = 0; s < SERIES; s++) {
        double y[LENGTH];
        char name[16];
        skuai_random r;
        skuai_random_split(&r, 9, s);
        for (size_t t = 0; t < LENGTH; t++) {
            double mean =
                (s % 3 == 2 ? 0.4 : 20) * exp(0.3 * sin((double)t * 0.5236) + 0.004 * (double)t);
            y[t] = skuai_random_negative_binomial(&r, mean, 4);
            if (spoilt && t >= LENGTH - HORIZON) y[t] = 1000;
        }
        (void)snprintf(name, sizeof name, "s%zu", s);
        group[s] = s % 2 ? "a" : "b";
        assert_ok(skuai_panel_builder_series(b, name, 400, LENGTH, 0, y, NULL, NULL, &err), &err);
    }
    assert_ok(skuai_panel_builder_category(b, "category", group, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static void compare(const skuai_forecaster *model, const skuai_panel *clean,
                    const skuai_panel *spoilt) {
    static const double levels[Q] = {0.1, 0.5, 0.9};
    skuai_request request = {HORIZON, levels, Q, 1};
    skuai_context context = {.seed = 1, .threads = 2};
    skuai_forecast *a = NULL, *b = NULL;
    skua_error err;
    assert_ok(skuai_forecaster_run(model, clean, NULL, &request, &context, &a, &err), &err);
    assert_ok(skuai_forecaster_run(model, spoilt, NULL, &request, &context, &b, &err), &err);
    bool same = memcmp(a->mean, b->mean, SERIES * HORIZON * sizeof(double)) == 0 &&
                memcmp(a->quantiles, b->quantiles, SERIES * HORIZON * Q * sizeof(double)) == 0;
    if (!same) fail_msg("%s looks at the future", model->name);
    skuai_forecast_free(a);
    skuai_forecast_free(b);
}

static void no_model_sees_the_future(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *full[2], *view[2];
    for (int i = 0; i < 2; i++) {
        full[i] = make_panel(i == 1);
        assert_ok(skuai_panel_cut(full[i], HORIZON, &view[i], &err), &err);
    }
    for (size_t i = 0; i < skuai_local_count(); i++) {
        skuai_forecaster model = skuai_local_forecaster(skuai_local_at(i));
        compare(&model, view[0], view[1]);
    }
    skuai_forecaster group = skuai_group_forecaster(), pool = skuai_count_pool_forecaster();
    compare(&group, view[0], view[1]);
    compare(&pool, view[0], view[1]);
    for (int i = 0; i < 2; i++) {
        skuai_panel_free(view[i]);
        skuai_panel_free(full[i]);
    }
}

/* The test itself can fail: with the hidden part shown, the forecasts differ. */
static void the_future_would_matter(void **state) {
    (void)state;
    static const double levels[Q] = {0.1, 0.5, 0.9};
    skuai_request request = {HORIZON, levels, Q, 1};
    skua_error err;
    skuai_panel *clean = make_panel(false), *spoilt = make_panel(true);
    skuai_forecaster model = skuai_local_forecaster(skuai_local_find("naive"));
    skuai_forecast *a = NULL, *b = NULL;
    assert_ok(skuai_forecaster_run(&model, clean, NULL, &request, NULL, &a, &err), &err);
    assert_ok(skuai_forecaster_run(&model, spoilt, NULL, &request, NULL, &b, &err), &err);
    assert_true(a->mean[0] != b->mean[0]);
    skuai_forecast_free(a);
    skuai_forecast_free(b);
    skuai_panel_free(clean);
    skuai_panel_free(spoilt);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_model_sees_the_future),
                                       cmocka_unit_test(the_future_would_matter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
