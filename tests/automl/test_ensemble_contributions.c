/* What a combination says its inputs add is the weighted sum of what its members say, with the
 * weights that its forecast has: grown, young and in between. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "automl/ensemble.h"

enum { H = 2, MEMBERS = 3 };

/* Member k forecasts 10 (k + 1): 4 of it always, the rest by an input of its own and one that all
 * share. */
static const double means[MEMBERS] = {10, 20, 30};

static skua_status fit(const skuai_forecaster *self, const skuai_panel *panel,
                       const skuai_parameters *parameters, const skuai_context *context,
                       skuai_model **model, skua_error *err) {
    (void)panel, (void)parameters, (void)context, (void)err;
    *model = (skuai_model *)(uintptr_t)self->data; /* says which member it is */
    return SKUA_OK;
}

static skua_status predict(const skuai_model *model, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err) {
    double mean = *(const double *)(const void *)model;
    (void)context;
    SKUA_TRY(skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels,
                                forecast, err));
    for (size_t s = 0; s < panel->n_series; s++)
        for (size_t h = 0; h < request->horizon; h++) {
            *skuai_forecast_mean(*forecast, s, h) = mean;
            for (size_t q = 0; q < request->n_levels; q++)
                skuai_forecast_quantiles(*forecast, s, h)[q] = mean;
        }
    return SKUA_OK;
}

static skua_status contribute(const skuai_model *model, const skuai_panel *panel, size_t s,
                              const skuai_request *request, const skuai_context *context,
                              skuai_contributions **out, skua_error *err) {
    double mean = *(const double *)(const void *)model;
    char name[16];
    (void)panel, (void)s, (void)context;
    (void)snprintf(name, sizeof name, "own %.0f", mean);
    SKUA_TRY(skuai_contributions_new(2, request->horizon, out, err));
    for (size_t h = 0; h < request->horizon; h++) {
        (*out)->base[h] = 4;
        (*out)->forecast[h] = mean;
        skuai_contributions_input(*out, name, "own")[h] = mean - 5;
        skuai_contributions_input(*out, "shared", "price")[h] = 1;
    }
    return SKUA_OK;
}

static void nothing(skuai_model *model) {
    (void)model;
}

static skuai_panel *panel_of(size_t length) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    skua_error err;
    double y[120];
    for (size_t t = 0; t < length; t++)
        y[t] = 20 + (double)(t % 5);
    assert_ok(skuai_panel_builder_series(b, "a", 0, length, 0, y, NULL, NULL, &err), &err);
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static void make(skuai_forecaster *members, skuai_ensemble *e) {
    static const char *const names[MEMBERS] = {"a", "b", "c"};
    const skuai_forecaster *of[MEMBERS];
    skua_error err;
    for (size_t m = 0; m < MEMBERS; m++) {
        members[m] = (skuai_forecaster){.name = names[m],
                                        .fit = fit,
                                        .predict = predict,
                                        .free = nothing,
                                        .contributions = contribute,
                                        .data = &means[m]};
        of[m] = &members[m];
    }
    assert_ok(skuai_ensemble_equal(of, MEMBERS, e, &err), &err);
    for (int c = 0; c < SKUAI_ENSEMBLE_CLASSES; c++)
        for (size_t m = 0; m < MEMBERS; m++)
            e->weights[c][m] = c == SKUAI_ENSEMBLE_YOUNG ? m == 2
                               : m == 0                  ? 0.75
                               : m == 1                  ? 0.25
                                                         : 0;
}

static void the_forecast_is_what_is_explained(void **state) {
    (void)state;
    static const size_t lengths[] = {100, 40, 20}; /* grown, growing up, young */
    static const double level = 0.5;
    skua_error err;
    skuai_forecaster members[MEMBERS];
    skuai_ensemble e;
    make(members, &e);
    skuai_forecaster f = skuai_ensemble_forecaster(&e);
    skuai_request request = {H, &level, 1, 1};
    double seen[3];
    for (size_t k = 0; k < 3; k++) {
        skuai_panel *panel = panel_of(lengths[k]);
        skuai_model *model = NULL;
        skuai_forecast *forecast = NULL;
        skuai_contributions *c = NULL;
        assert_ok(f.fit(&f, panel, NULL, NULL, &model, &err), &err);
        assert_ok(f.predict(model, panel, &request, NULL, &forecast, &err), &err);
        assert_ok(f.contributions(model, panel, 0, &request, NULL, &c, &err), &err);
        for (size_t h = 0; h < H; h++) {
            assert_close(c->forecast[h], *skuai_forecast_mean(forecast, 0, h), 0, 1e-9);
            assert_close(c->base[h], 4, 0, 1e-9);
            assert_close(skuai_contributions_input(c, "shared", "price")[h], 1, 0, 1e-9);
        }
        seen[k] = c->forecast[0];
        skuai_contributions_free(c);
        skuai_forecast_free(forecast);
        f.free(model);
        skuai_panel_free(panel);
    }
    assert_close(seen[0], 12.5, 0, 1e-9);
    assert_close(seen[2], 30, 0, 1e-9);
    assert_true(seen[1] > 13 && seen[1] < 29);
}

/* A member without a weight need not say anything; one that has some must. */
static void who_cannot_say_is_named(void **state) {
    (void)state;
    static const double level = 0.5;
    skua_error err;
    skuai_forecaster members[MEMBERS];
    skuai_ensemble e;
    make(members, &e);
    skuai_request request = {H, &level, 1, 1};
    skuai_panel *panel = panel_of(100);
    for (size_t silent = 1; silent < MEMBERS; silent++) {
        make(members, &e);
        e.members[silent].contributions = NULL;
        skuai_forecaster f = skuai_ensemble_forecaster(&e);
        skuai_model *model = NULL;
        skuai_contributions *c = NULL;
        assert_ok(f.fit(&f, panel, NULL, NULL, &model, &err), &err);
        skua_status status = f.contributions(model, panel, 0, &request, NULL, &c, &err);
        assert_int_equal(status, silent == 1 ? SKUA_ENOTFOUND : SKUA_OK);
        if (silent == 1) assert_non_null(strstr(err.message, "b cannot say"));
        skuai_contributions_free(c);
        f.free(model);
    }
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_forecast_is_what_is_explained),
        cmocka_unit_test(who_cannot_say_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
