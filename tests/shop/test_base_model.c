/* The base model: where it is looked for, and the forecasters on it. */
#include "support/support.h"

#include "neural/demand.h"
#include "shop/base_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double levels[] = {0.1, 0.5, 0.9};

static void make_base(const char *path) {
    skua_error err;
    skuai_demand *net;
    const skuai_demand_config config = {.kind = SKUAI_DEMAND_TRANSFORMER,
                                        .window = {.patch = 4, .context = 8},
                                        .width = 16,
                                        .heads = 2,
                                        .layers = 1,
                                        .hidden = 32};
    assert_ok(skuai_demand_new(&config, 3, &net, &err), &err);
    assert_ok(skuai_demand_save_as(net, SKUAI_SAFETENSORS_F16, path, &err), &err);
    skuai_demand_free(net);
}

static skuai_panel *make_panel(void) {
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    double y[60];
    for (size_t t = 0; t < 60; t++)
        y[t] = (double)(t % 7 + t % 3);
    assert_ok(skuai_panel_builder_series(builder, "a", 19000, 60, 0, y, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_series(builder, "b", 19020, 40, 0, y, NULL, NULL, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static skuai_forecast *run(const char *name, const char *steps, const skuai_panel *panel) {
    skua_error err;
    skuai_forecaster f;
    skuai_forecast *forecast;
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    const skuai_parameter items[] = {{"steps", steps}, {"batch", "4"}};
    const skuai_request request = {9, levels, 3, 1};
    assert_true(skuai_base_model_forecaster(name, &f));
    assert_string_equal(f.name, name);
    assert_ok(skuai_forecaster_run(&f, panel, steps ? &(skuai_parameters){items, 2} : NULL,
                                   &request, &context, &forecast, &err),
              &err);
    for (size_t k = 0; k < panel->n_series * 9; k++)
        assert_true(isfinite(forecast->mean[k]) && forecast->mean[k] >= 0);
    return forecast;
}

static void test_forecasters(void **state) {
    (void)state;
    char folder[256], path[512];
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/base.safetensors", folder);
    make_base(path);
    assert_int_equal(setenv("SKUA_BASE", path, 1), 0);
    skuai_panel *panel = make_panel();
    skuai_forecast *zero = run("zero-shot", NULL, panel), *none = run("transformer", "0", panel);
    skuai_forecast *tuned = run("transformer", "5", panel);
    assert_memory_equal(zero->mean, none->mean, 18 * sizeof(double));
    assert_memory_not_equal(zero->mean, tuned->mean, 18 * sizeof(double));
    skuai_forecast_free(zero), skuai_forecast_free(none), skuai_forecast_free(tuned);
    /* fine-tuned, kept and read again */
    skua_error err;
    skuai_forecaster f;
    skuai_model *model, *again;
    skuai_forecast *one, *two;
    const skuai_request request = {9, levels, 3, 1};
    const skuai_parameter steps = {"steps", "3"};
    assert_true(skuai_base_model_forecaster("transformer", &f));
    assert_ok(f.fit(&f, panel, &(skuai_parameters){&steps, 1}, NULL, &model, &err), &err);
    assert_ok(f.save(model, folder, &err), &err);
    assert_ok(f.load(&f, folder, &again, &err), &err);
    assert_ok(f.predict(model, panel, &request, NULL, &one, &err), &err);
    assert_ok(f.predict(again, panel, &request, NULL, &two, &err), &err);
    assert_memory_equal(one->mean, two->mean, 18 * sizeof(double));
    skuai_forecast_free(one), skuai_forecast_free(two);
    f.free(model), f.free(again);
    assert_false(skuai_base_model_forecaster("theta", &f));
    assert_true(skuai_base_model_forecaster("zero-shot", &f));
    assert_null(f.save);
    skuai_panel_free(panel);
    test_folder_remove(folder);
}

/* A file that is named and not there, and one that is something else, are told. */
static void test_missing(void **state) {
    (void)state;
    skua_error err;
    char path[SKUAI_BASE_MODEL_PATH_SIZE];
    skuai_forecaster f;
    skuai_model *model = NULL;
    assert_int_equal(setenv("SKUA_BASE", "/no/such/base.safetensors", 1), 0);
    assert_int_equal(skuai_base_model_path(path, &err), SKUA_ENOTFOUND);
    assert_non_null(strstr(err.message, "SKUA_BASE"));
    skuai_panel *panel = make_panel();
    assert_true(skuai_base_model_forecaster("zero-shot", &f));
    assert_int_equal(f.fit(&f, panel, NULL, NULL, &model, &err), SKUA_ENOTFOUND);
    assert_int_equal(setenv("SKUA_BASE", test_source("LICENSE", path, sizeof path), 1), 0);
    assert_int_equal(f.fit(&f, panel, NULL, NULL, &model, &err), SKUA_EDATA);
    assert_null(model);
    assert_int_equal(unsetenv("SKUA_BASE"), 0);
    skuai_panel_free(panel);
}

/* The model that ships forecasts a clear week a good deal better than the mean does. */
static void test_shipped(void **state) {
    (void)state;
    skua_error err;
    char path[1024];
    assert_int_equal(
        setenv("SKUA_BASE", test_source("data/models/base.safetensors", path, sizeof path), 1), 0);
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    const double week[] = {20, 22, 25, 30, 60, 80, 45};
    double y[140];
    for (size_t t = 0; t < 140; t++)
        y[t] = week[t % 7] + (double)((t * 5) % 7) - 3;
    assert_ok(skuai_panel_builder_series(builder, "a", 19001, 140, 0, y, NULL, NULL, &err), &err);
    skuai_panel *panel, *view;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    assert_ok(skuai_panel_cut(panel, 9, &view, &err), &err);
    skuai_panel_builder_free(builder);
    skuai_forecast *f = run("zero-shot", NULL, view);
    double error = 0, flat = 0;
    for (size_t h = 0; h < 9; h++) {
        error += fabs(*skuai_forecast_mean(f, 0, h) - y[131 + h]);
        flat += fabs(40 - y[131 + h]);
    }
    assert_true(error < 0.35 * flat);
    skuai_forecast_free(f);
    skuai_panel_free(view), skuai_panel_free(panel);
    assert_int_equal(unsetenv("SKUA_BASE"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forecasters),
                                       cmocka_unit_test(test_missing),
                                       cmocka_unit_test(test_shipped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
