/* The nets: what is promised of them, and that they learn. */
#include "support/support.h"

#include "core/file.h"
#include "neural/neural.h"
#include "neural/pretrain.h"
#include "nn/quantise.h"

#include <math.h>
#include <string.h>

static const double levels[] = {0.1, 0.5, 0.9};

static skuai_demand_config small_config(skuai_demand_kind kind) {
    return (skuai_demand_config){.kind = kind,
                                 .window = {.patch = 4, .context = 8},
                                 .width = 16,
                                 .heads = 2,
                                 .layers = 2,
                                 .hidden = 32};
}

/* Series of several lengths with season 7, missing values, one constant, one of one point, one all
 * missing, one empty; scaled by a factor. */
static skuai_panel *make_panel_with(double factor, bool reversed, bool brands) {
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    assert_ok(skuai_panel_builder_dynamic(builder, "price", SKUAI_KNOWN_AHEAD, &err), &err);
    const size_t length[] = {40, 23, 9, 30, 1, 12, 0, 17};
    for (size_t i = 0; i < 8; i++) {
        size_t s = reversed ? 7 - i : i;
        double y[40];
        float price[60];
        for (size_t t = 0; t < 40; t++) {
            y[t] =
                factor * (10 + (double)(s + 1) * (double)(t % 7) + 0.37 * (double)((t * 13) % 5));
            if (s == 3) y[t] = factor * 4.25;
            if (s == 5 || (s == 0 && t % 11 == 3)) y[t] = NAN;
        }
        for (size_t t = 0; t < 60; t++)
            price[t] = 2 + (float)(t % 3);
        char name[] = {(char)('a' + s), 0};
        const float *dynamic[] = {price};
        assert_ok(skuai_panel_builder_series(builder, name, (int64_t)(18000 + 40 - length[s]),
                                             length[s], 20, y, NULL, dynamic, &err),
                  &err);
    }
    static const char *const names[] = {"x", "y", NULL, "x", "z", "x", "y", "y"};
    if (brands) assert_ok(skuai_panel_builder_category(builder, "brand", names, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static skuai_panel *make_panel(double factor, bool reversed) {
    return make_panel_with(factor, reversed, false);
}

static skuai_forecast *forecast(const skuai_demand *net, const skuai_panel *panel, size_t horizon) {
    skua_error err;
    skuai_forecast *f;
    const skuai_request request = {horizon, levels, 3, 1};
    assert_ok(skuai_neural_predict(net, "net", panel, &request, NULL, &f, &err), &err);
    return f;
}

static skuai_demand *small_net(skuai_demand_kind kind) {
    skua_error err;
    skuai_demand *net;
    skuai_demand_config c = small_config(kind);
    assert_ok(skuai_demand_new(&c, 3, &net, &err), &err);
    return net;
}

/* Neither the order of the series nor those beside them, nor the factor on the target, nor a longer
 * horizon changes a forecast; nothing is NaN. */
static void check_promises(skuai_demand_kind kind) {
    skuai_demand *net = small_net(kind);
    skuai_panel *panel = make_panel(1, false), *reversed = make_panel(1, true);
    skuai_panel *scaled = make_panel(1000, false), *alone;
    skua_error err;
    skuai_forecast *f = forecast(net, panel, 10), *g = forecast(net, reversed, 10);
    skuai_forecast *big = forecast(net, scaled, 10), *longer = forecast(net, panel, 20);
    for (size_t s = 0; s < 8; s++) {
        size_t one = s;
        assert_ok(skuai_panel_subset(panel, &one, 1, &alone, &err), &err);
        skuai_forecast *a = forecast(net, alone, 10);
        for (size_t h = 0; h < 10; h++) {
            double mean = *skuai_forecast_mean(f, s, h);
            assert_true(isfinite(mean) && mean >= 0);
            assert_close(*skuai_forecast_mean(g, 7 - s, h), mean, 1e-4, 1e-5);
            assert_close(*skuai_forecast_mean(longer, s, h), mean, 1e-4, 1e-5);
            if (panel->length[s] > 0 && s != 5) {
                assert_close(*skuai_forecast_mean(a, 0, h), mean, 1e-4, 1e-5);
                assert_close(*skuai_forecast_mean(big, s, h), 1000 * mean, 1e-3, 1e-2);
            }
            const double *q = skuai_forecast_quantiles(f, s, h);
            assert_true(q[0] <= q[1] && q[1] <= q[2] && isfinite(q[0]) && isfinite(q[2]));
        }
        skuai_forecast_free(a);
        skuai_panel_free(alone);
    }
    skuai_forecast_free(f), skuai_forecast_free(g), skuai_forecast_free(big);
    skuai_forecast_free(longer);
    skuai_panel_free(panel), skuai_panel_free(reversed), skuai_panel_free(scaled);
    skuai_demand_free(net);
}

static void test_promises(void **state) {
    (void)state;
    check_promises(SKUAI_DEMAND_TRANSFORMER);
    check_promises(SKUAI_DEMAND_GRU);
}

/* Brands say nothing to a net that never saw any, and something to one that did; of a series
 * without history (6) they tell the level. */
static void test_sides(void **state) {
    (void)state;
    skuai_panel *panel = make_panel(1, false), *branded = make_panel_with(1, false, true);
    for (int kind = 0; kind < 2; kind++) {
        skuai_demand *net = small_net((skuai_demand_kind)kind);
        for (int sides = 0; sides < 2; sides++) {
            net->config.sides = sides;
            skuai_forecast *f = forecast(net, panel, 5), *g = forecast(net, branded, 5);
            double gap = 0, bare = 0;
            for (size_t k = 0; k < 8 * 5; k++) {
                assert_true(isfinite(g->mean[k]));
                *(k / 5 == 6 ? &bare : &gap) += fabs(f->mean[k] - g->mean[k]);
            }
            assert_true(bare > 1e-6);
            assert_true(sides ? gap > 1e-6 : gap == 0);
            skuai_forecast_free(f), skuai_forecast_free(g);
        }
        skuai_demand_free(net);
    }
    skuai_panel_free(panel), skuai_panel_free(branded);
}

/* A small net learns a panel by heart: its error is less than a third of that of a flat mean. */
static void check_learns(const char *name, const char *steps) {
    skua_error err;
    skuai_panel *panel = make_panel(1, false);
    const skuai_forecaster *f = skuai_neural_find(name);
    const skuai_parameter items[] = {{"width", "16"},   {"heads", "2"},   {"layers", "1"},
                                     {"patch", "4"},    {"context", "8"}, {"steps", steps},
                                     {"rate", "0.01"},  {"batch", "16"},  {"horizon", "8"},
                                     {"validate", "0"}, {"mask", "0"},    {"drop", "0"}};
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    skuai_model *model;
    assert_ok(f->fit(f, panel, &(skuai_parameters){items, 12}, &context, &model, &err), &err);
    skuai_panel *view;
    assert_ok(skuai_panel_cut(panel, 7, &view, &err), &err);
    skuai_forecast *forecasted;
    const skuai_request request = {7, levels, 3, 1};
    assert_ok(f->predict(model, view, &request, &context, &forecasted, &err), &err);
    double error = 0, naive = 0; /* of series 0 against a flat mean of 17 */
    for (size_t h = 0; h < 7; h++) {
        double y = skuai_panel_actual(view, 1, h);
        error += fabs(*skuai_forecast_mean(forecasted, 1, h) - y);
        naive += fabs(16.7 - y);
    }
    assert_true(error < naive / 3);
    /* saved and loaded, it says the same */
    char folder[512];
    test_folder_new(folder, sizeof folder);
    skuai_model *again;
    skuai_forecast *second;
    assert_ok(f->save(model, folder, &err), &err);
    assert_ok(f->load(f, folder, &again, &err), &err);
    assert_ok(f->predict(again, view, &request, &context, &second, &err), &err);
    assert_memory_equal(second->mean, forecasted->mean, 8 * 7 * sizeof(double));
    test_folder_remove(folder);
    skuai_forecast_free(forecasted), skuai_forecast_free(second);
    f->free(model), f->free(again);
    skuai_panel_free(view), skuai_panel_free(panel);
}

static void test_learns(void **state) {
    (void)state;
    check_learns("transformer", "400");
    check_learns("gru", "1200");
}

static skuai_pretrain_recipe small_recipe(size_t steps) {
    skuai_pretrain_recipe r = skuai_pretrain_default;
    r.net = small_config(SKUAI_DEMAND_TRANSFORMER);
    r.net.dropout = 0.1;
    r.train.steps = steps;
    r.train.batch = 8;
    r.train.future = 2;
    r.train.optimiser.warmup_steps = 5;
    r.train.optimiser.total_steps = 40;
    r.train.validate_every = 10;
    r.train.validation = 16;
    return r;
}

/* Stopped at step 15 and gone on to 40, or done at one go: the same bits. */
static void test_resume(void **state) {
    (void)state;
    skua_error err;
    char folder[512], path[600];
    test_folder_new(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    skuai_demand *whole, *part, *rest;
    skuai_train_result result;
    skuai_pretrain_recipe r = small_recipe(40);
    assert_ok(skuai_pretrain_run(&r, NULL, 0, NULL, &context, &whole, &result, &err), &err);
    assert_true(result.finished && result.steps == 40 && isfinite(result.validation));
    r.train.checkpoint = path;
    r.train.steps = 15;
    assert_ok(skuai_pretrain_run(&r, NULL, 0, NULL, &context, &part, &result, &err), &err);
    assert_int_equal(result.steps, 15);
    r.train.steps = 40;
    assert_ok(skuai_pretrain_run(&r, NULL, 0, NULL, &context, &rest, &result, &err), &err);
    assert_int_equal(result.steps, 40);
    assert_memory_equal(whole->parameters->value, rest->parameters->value,
                        whole->parameters->size * sizeof(float));
    assert_memory_not_equal(whole->parameters->value, part->parameters->value,
                            whole->parameters->size * sizeof(float));
    skuai_demand *other = NULL;
    r.train.batch = 4; /* another run's checkpoint is refused */
    assert_int_equal(skuai_pretrain_run(&r, NULL, 0, NULL, &context, &other, &result, &err),
                     SKUA_EDATA);
    skuai_demand_free(whole), skuai_demand_free(part), skuai_demand_free(rest);
    test_folder_remove(folder);
}

static bool cancel_later(void *user) {
    int *calls = user;
    return ++*calls > 12;
}

/* Cancelled between two steps, and a deadline that is over before the first: the checkpoint is
 * whole and the rest ends with the same bits. */
static void test_stopped(void **state) {
    (void)state;
    skua_error err;
    char folder[512], path[600];
    int calls = 0;
    test_folder_new(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    skuai_context context = SKUAI_CONTEXT_DEFAULT, late = context, impatient = context;
    late.deadline = skuai_clock() - 1;
    impatient.cancel = cancel_later, impatient.user = &calls;
    skuai_demand *whole, *none, *rest;
    skuai_train_result result;
    skuai_pretrain_recipe r = small_recipe(40);
    assert_ok(skuai_pretrain_run(&r, NULL, 0, NULL, &context, &whole, &result, &err), &err);
    r.train.checkpoint = path;
    assert_int_equal(skuai_pretrain_run(&r, NULL, 0, NULL, &impatient, &none, &result, &err),
                     SKUA_ECANCEL);
    assert_ok(skuai_pretrain_run(&r, NULL, 0, NULL, &late, &none, &result, &err), &err);
    assert_true(!result.finished && result.steps > 0 && result.steps < 40);
    skuai_demand_free(none);
    assert_ok(skuai_pretrain_run(&r, NULL, 0, NULL, &context, &rest, &result, &err), &err);
    assert_true(result.finished);
    assert_memory_equal(whole->parameters->value, rest->parameters->value,
                        whole->parameters->size * sizeof(float));
    skuai_demand_free(whole), skuai_demand_free(rest);
    test_folder_remove(folder);
}

/* A file of weights that was cut at any place, or in which a byte was changed, is refused or gives
 * a net without NaN. */
static void test_broken_files(void **state) {
    (void)state;
    skua_error err;
    char folder[512], path[600];
    test_folder_new(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/net.safetensors", folder);
    skuai_demand *net = small_net(SKUAI_DEMAND_TRANSFORMER), *read = NULL;
    assert_int_equal(skuai_demand_load(path, &read, &err), SKUA_ENOTFOUND);
    assert_ok(skuai_demand_save(net, path, &err), &err);
    assert_ok(skuai_demand_load(path, &read, &err), &err);
    assert_memory_equal(read->parameters->value, net->parameters->value,
                        net->parameters->size * sizeof(float));
    skuai_demand_free(read);
    skuai_buffer bytes;
    skuai_buffer_init(&bytes, 1 << 26);
    assert_ok(skuai_file_read(path, 1 << 26, &bytes, &err), &err);
    for (size_t n = 0; n < bytes.size; n += n < 16 ? 1 : bytes.size / 37) {
        assert_ok(skuai_file_write(path, bytes.data, n, &err), &err);
        assert_int_equal(skuai_demand_load(path, &read, &err), SKUA_EDATA);
        assert_true(strlen(err.message) > 10);
    }
    for (size_t k = 0; k < 300; k++) {
        char old = bytes.data[k * 11 % bytes.size];
        bytes.data[k * 11 % bytes.size] = (char)(old ^ (1 << (k % 8)));
        assert_ok(skuai_file_write(path, bytes.data, bytes.size, &err), &err);
        if (skuai_demand_load(path, &read, &err) == SKUA_OK) skuai_demand_free(read);
        bytes.data[k * 11 % bytes.size] = old;
    }
    skuai_buffer_clear(&bytes);
    skuai_demand_free(net);
    test_folder_remove(folder);
}

/* Weights of 16 and of 8 bits: near in the forecast, and what was quantised is so again. */
static void test_small_files(void **state) {
    (void)state;
    skua_error err;
    char folder[512], path[600];
    skuai_demand_config config = small_config(SKUAI_DEMAND_TRANSFORMER);
    config.width = 64, config.hidden = 128;
    skuai_demand *net, *half, *small;
    skuai_buffer wide, narrow;
    test_folder_new(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/net.safetensors", folder);
    assert_ok(skuai_demand_new(&config, 3, &net, &err), &err);
    assert_ok(skuai_demand_save_as(net, SKUAI_SAFETENSORS_F16, path, &err), &err);
    assert_ok(skuai_file_read(path, 1 << 26, &wide, &err), &err);
    assert_ok(skuai_demand_load(path, &half, &err), &err);
    for (size_t i = 0; i < net->parameters->size; i++)
        assert_close(half->parameters->value[i], net->parameters->value[i], 0x1p-11, 1e-7);
    skuai_panel *panel = make_panel(1, false);
    skuai_forecast *f = forecast(net, panel, 10);
    assert_ok(skuai_nn_parameters_quantise(net->parameters, &err), &err);
    skuai_forecast *g = forecast(net, panel, 10);
    assert_ok(skuai_demand_save_as(net, SKUAI_SAFETENSORS_F16, path, &err), &err);
    assert_ok(skuai_file_read(path, 1 << 26, &narrow, &err), &err);
    assert_ok(skuai_demand_load(path, &small, &err), &err);
    skuai_forecast *h = forecast(small, panel, 10);
    double gap = 0, size = 0;
    for (size_t k = 0; k < 80; k++) {
        gap += fabs(g->mean[k] - f->mean[k]);
        size += fabs(f->mean[k]);
        assert_close(h->mean[k], g->mean[k], 2e-3, 1e-3); /* biases and norms are of 16 bits */
    }
    assert_true(gap > 0 && gap < 0.02 * size);
    size_t quantised = 0;
    for (size_t i = 0; i < net->parameters->count; i++) {
        quantised += net->parameters->int8[i] != NULL;
        assert_true(!small->parameters->int8[i] == !net->parameters->int8[i]);
    }
    assert_true(quantised > 10);
    assert_true((double)narrow.size < 0.6 * (double)wide.size);
    skuai_buffer_clear(&wide), skuai_buffer_clear(&narrow);
    skuai_forecast_free(f), skuai_forecast_free(g), skuai_forecast_free(h);
    skuai_demand_free(net), skuai_demand_free(half), skuai_demand_free(small);
    skuai_panel_free(panel);
    test_folder_remove(folder);
}

static void test_bad_parameters(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = make_panel(1, false);
    const skuai_forecaster *f = skuai_neural_find("transformer");
    skuai_model *model = NULL;
    static const char *const bad[][2] = {{"steps", "-1"}, {"loss", "huber"}, {"colour", "1"},
                                         {"heads", "7"},  {"rate", "nan"},   {"patch", "0"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const skuai_parameter item = {bad[i][0], bad[i][1]};
        assert_int_equal(f->fit(f, panel, &(skuai_parameters){&item, 1}, NULL, &model, &err),
                         SKUA_ECONFIG);
        assert_null(model);
    }
    skuai_panel_free(panel);
}

static void test_recipe(void **state) {
    (void)state;
    skua_error err;
    char path[600];
    skuai_pretrain_recipe r = skuai_pretrain_default;
    assert_ok(skuai_pretrain_recipe_load(
                  test_source("data/recipes/pretrain.yaml", path, sizeof path), &r, &err),
              &err);
    assert_memory_equal(&r.net, &skuai_pretrain_default.net, sizeof r.net);
    assert_int_equal(r.train.steps, skuai_pretrain_default.train.steps);
    assert_close(r.train.optimiser.ema_decay, skuai_pretrain_default.train.optimiser.ema_decay, 0,
                 0);
    char folder[512];
    test_folder_new(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/r.yaml", folder);
    static const char *const bad[] = {"net:\n  widht: 3\n", "train:\n  steps: 1.5\n",
                                      "series:\n  kernel: -1\n", "net:\n  kind: lstm\n",
                                      "net: 3\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_ok(skuai_file_write(path, bad[i], strlen(bad[i]), &err), &err);
        assert_int_equal(skuai_pretrain_recipe_load(path, &r, &err), SKUA_ECONFIG);
    }
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_promises),     cmocka_unit_test(test_sides),
        cmocka_unit_test(test_learns),       cmocka_unit_test(test_resume),
        cmocka_unit_test(test_broken_files), cmocka_unit_test(test_bad_parameters),
        cmocka_unit_test(test_recipe),       cmocka_unit_test(test_small_files),
        cmocka_unit_test(test_stopped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
