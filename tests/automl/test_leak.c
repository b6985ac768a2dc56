/* Planted leaks are caught: a model that reads behind the origin, a covariate made from the target;
 * and nothing else is. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "automl/leak.h"
#include "core/random.h"

enum { SERIES = 12, LENGTH = 60, HORIZON = 5 };
static const double levels[] = {0.1, 0.5, 0.9};

/* Price falls, demand rises; "revenue" is their product; "views" is known of the past alone. */
static skuai_panel *make_panel(void) {
    static const char *const names[] = {"price", "revenue", "promotion", "views"};
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    skuai_panel *panel = NULL;
    skua_error err;
    for (int k = 0; k < 4; k++)
        assert_ok(skuai_panel_builder_dynamic(b, names[k],
                                              k < 3 ? SKUAI_KNOWN_AHEAD : SKUAI_KNOWN_PAST, &err),
                  &err);
    for (size_t s = 0; s < SERIES; s++) {
        double y[LENGTH];
        float x[4][LENGTH];
        const float *columns[] = {x[0], x[1], x[2], x[3]};
        char name[16];
        skuai_random r;
        skuai_random_split(&r, 9, s);
        for (size_t t = 0; t < LENGTH; t++) {
            double price = 8 + 0.4 * skuai_random_uniform(&r);
            bool on = skuai_random_uniform(&r) < 0.2;
            y[t] = (double)(10 * (s + 1)) * (on ? 3 : 1) *
                   exp(0.2 * skuai_random_normal(&r) - price / 10);
            x[0][t] = (float)price;
            x[1][t] = (float)(price * y[t]);
            x[2][t] = on;
            x[3][t] = (float)y[t];
        }
        (void)snprintf(name, sizeof name, "s%zu", s);
        assert_ok(skuai_panel_builder_series(b, name, 100, LENGTH, 0, y, NULL, columns, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

typedef enum behaviour { HONEST, READS_TARGET, READS_VIEWS } behaviour;

static skua_status fit(const skuai_forecaster *self, const skuai_panel *panel,
                       const skuai_parameters *parameters, const skuai_context *context,
                       skuai_model **model, skua_error *err) {
    (void)panel, (void)parameters, (void)context, (void)err;
    *model = (skuai_model *)(uintptr_t)self->data;
    return SKUA_OK;
}

static void keep(skuai_model *model) {
    (void)model;
}

static skua_status predict(const skuai_model *model, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err) {
    behaviour how = *(const behaviour *)(const void *)model;
    skuai_forecast *f = NULL;
    (void)context;
    SKUA_TRY(
        skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels, &f, err));
    for (size_t s = 0; s < panel->n_series; s++)
        for (size_t h = 0; h < request->horizon; h++) {
            size_t n = panel->length[s], r = panel->row[s] + n;
            double y = panel->target[r - 1] + (double)panel->dynamic[0].values[r + h];
            if (how == READS_TARGET) y = panel->target[r + h];
            if (how == READS_VIEWS) y = (double)panel->dynamic[3].values[r + h];
            *skuai_forecast_mean(f, s, h) = y;
            for (size_t q = 0; q < request->n_levels; q++)
                skuai_forecast_quantiles(f, s, h)[q] = y + (double)q;
        }
    *forecast = f;
    return SKUA_OK;
}

static void models_that_look_ahead_are_caught(void **state) {
    (void)state;
    static const behaviour behaviours[] = {HONEST, READS_TARGET, READS_VIEWS};
    skuai_panel *panel = make_panel(), *view = NULL;
    skuai_request request = {HORIZON, levels, 3, 1};
    skua_error err;
    assert_ok(skuai_panel_cut(panel, HORIZON, &view, &err), &err);
    for (int i = 0; i < 3; i++) {
        skuai_forecaster f = {
            .name = "test", .fit = fit, .predict = predict, .free = keep, .data = &behaviours[i]};
        bool leaks = false;
        assert_ok(skuai_leak_model(view, &f, &request, NULL, &leaks, &err), &err);
        assert_int_equal(leaks, i > 0);
    }
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

static void covariates_made_of_the_target_are_caught(void **state) {
    (void)state;
    skuai_panel *panel = make_panel();
    double share[4];
    skuai_leak_covariates(panel, share);
    assert_true(share[0] < 0.5);              /* the price explains some */
    assert_true(share[1] > SKUAI_LEAK_SHARE); /* revenue is made of it */
    assert_true(share[2] < SKUAI_LEAK_SHARE); /* a promotion that trebles demand is honest */
    assert_true(isnan(share[3]));             /* the past may know what it wants */
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_that_look_ahead_are_caught),
        cmocka_unit_test(covariates_made_of_the_target_are_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
