/* Pruning, distillation, adversarial inputs, adapters: that each does what it says, and that each
 * setting changes the result. */
#include "support/support.h"

#include "core/file.h"
#include "neural/compress.h"
#include "neural/demand_part.h"
#include "neural/neural.h"
#include "neural/pretrain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double levels[] = {0.1, 0.5, 0.9};

static skuai_demand_config small_config(skuai_demand_kind kind) {
    return (skuai_demand_config){.kind = kind,
                                 .window = {.patch = 4, .context = 8},
                                 .width = 16,
                                 .heads = 4,
                                 .layers = 2,
                                 .hidden = 32};
}

static skuai_demand *small_net(skuai_demand_kind kind) {
    skua_error err;
    skuai_demand *net;
    skuai_demand_config c = small_config(kind);
    assert_ok(skuai_demand_new(&c, 3, &net, &err), &err);
    return net;
}

/* A small net after some steps on synthetic series. */
static skuai_demand *trained_net(void) {
    skua_error err;
    skuai_demand *net;
    skuai_train_result result;
    skuai_pretrain_recipe r = skuai_pretrain_default;
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    r.net = small_config(SKUAI_DEMAND_TRANSFORMER);
    r.train.steps = 150;
    r.train.batch = 16;
    r.train.future = 2;
    r.train.optimiser.rate = 5e-3;
    r.train.optimiser.ema_decay = 0.9;
    r.train.optimiser.warmup_steps = 10;
    r.train.validate_every = 0;
    r.train.validation = 16;
    assert_ok(skuai_pretrain_run(&r, NULL, 0, NULL, &context, &net, &result, &err), &err);
    return net;
}

static skuai_compress_config small_work(void) {
    skuai_compress_config c = skuai_compress_default;
    c.prune.windows = 32;
    c.prune.future = c.train.future = 2;
    c.train.batch = 16;
    c.train.steps = 0;
    c.train.validation = 16;
    c.trial = 128;
    return c;
}

static skuai_demand *compressed(const skuai_demand *net, const skuai_compress_config *c,
                                skuai_compress_result *result) {
    skua_error err;
    skuai_demand *small;
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    assert_ok(skuai_compress_run(net, c, NULL, 0, &context, &small, result, &err), &err);
    return small;
}

static bool same_weights(const skuai_demand *a, const skuai_demand *b) {
    return a->parameters->size == b->parameters->size &&
           memcmp(a->parameters->value, b->parameters->value,
                  a->parameters->size * sizeof(float)) == 0;
}

static float *weight(const skuai_demand *net, size_t id, size_t row, size_t column) {
    return skuai_nn_parameters_value(net->parameters, id) +
           row * net->parameters->table[id].shape[1] + column;
}

/* -- Pruning ---------------------------------------------------------------------------------- */

static size_t total(const skuai_demand *net) {
    return skuai_nn_parameters_total(net->parameters);
}

/* Head 1 of layer 0 and units 8 to 15 of layer 1 say nothing: they go first, and no forecast
 * changes, also read from the file. */
static void test_prune_idle(void **state) {
    (void)state;
    skua_error err;
    skuai_demand *net = small_net(SKUAI_DEMAND_TRANSFORMER), *read;
    for (size_t row = 0; row < 16; row++) {
        for (size_t k = 4; k < 8; k++)
            *weight(net, net->encoder.blocks[0].out_weight, row, k) = 0;
        for (size_t k = 8; k < 16; k++)
            *weight(net, net->encoder.blocks[1].down_weight, row, k) = 0;
    }
    skuai_compress_result result;
    skuai_compress_config c = small_work();
    size_t gone = 4 * (4 * 16 + 3) + 8 * (2 * 16 + 1);
    c.prune.rounds = 1;
    c.prune.share = ((double)gone - 0.5) / (double)total(net);
    skuai_demand *small = compressed(net, &c, &result);
    assert_int_equal(total(small), total(net) - gone);
    assert_int_equal(small->encoder.blocks[0].config.heads, 3);
    assert_int_equal(small->encoder.blocks[1].config.heads, 4);
    assert_int_equal(small->encoder.blocks[0].config.hidden, 32);
    assert_int_equal(small->encoder.blocks[1].config.hidden, 24);
    assert_close(result.after.loss, result.before.loss, 1e-5, 0);
    assert_close(skuai_trial_wql(&result.after), skuai_trial_wql(&result.before), 1e-5, 0);
    char folder[512], path[600];
    test_folder_new(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/net.safetensors", folder);
    assert_ok(skuai_demand_save(small, path, &err), &err);
    assert_ok(skuai_demand_load(path, &read, &err), &err);
    assert_true(same_weights(small, read));
    assert_int_equal(read->encoder.blocks[0].config.heads, 3);
    test_folder_remove(folder);
    skuai_demand_free(net), skuai_demand_free(small), skuai_demand_free(read);
}

/* Values of a head times 50 and its columns behind them by 50: the same net. First-order importance
 * does not see it, magnitude does. */
static void test_importance(void **state) {
    (void)state;
    skuai_demand *net = trained_net(), *scaled;
    skua_error err;
    assert_ok(skuai_demand_copy(net, &scaled, &err), &err);
    const skuai_nn_block *b = &scaled->encoder.blocks[0];
    size_t large = 0; /* the head of the largest columns, which magnitude keeps */
    double size[4] = {0};
    for (size_t row = 0; row < 16; row++)
        for (size_t k = 0; k < 16; k++)
            size[k / 4] += pow((double)*weight(net, b->out_weight, row, k), 2);
    for (size_t h = 1; h < 4; h++)
        large = size[h] > size[large] ? h : large;
    float *bias = skuai_nn_parameters_value(scaled->parameters, b->qkv_bias);
    for (size_t k = 4 * large; k < 4 * large + 4; k++) {
        bias[2 * 16 + k] *= 50;
        for (size_t i = 0; i < 16; i++) {
            *weight(scaled, b->qkv_weight, 2 * 16 + k, i) *= 50;
            *weight(scaled, b->out_weight, i, k) /= 50;
        }
    }
    for (int importance = 0; importance < 2; importance++) {
        skuai_compress_result plain, other;
        skuai_compress_config c = small_work();
        c.prune.share = 0.06;
        c.prune.importance = (skuai_importance)importance;
        skuai_demand *x = compressed(net, &c, &plain), *y = compressed(scaled, &c, &other);
        bool same = total(x) == total(y) &&
                    fabs(plain.after.loss - other.after.loss) < 1e-4 * plain.after.loss;
        assert_true(importance == SKUAI_IMPORTANCE_TAYLOR ? same : !same);
        assert_true((double)total(x) <= 0.94 * (double)total(net));
        assert_true((double)total(x) > 0.88 * (double)total(net));
        skuai_demand_free(x), skuai_demand_free(y);
    }
    skuai_demand_free(net), skuai_demand_free(scaled);
}

/* A layer that adds nothing costs nothing to take away, so what goes by its loss on the calibration
 * windows costs hardly more on others. */
static void test_prune_layers(void **state) {
    (void)state;
    skuai_demand *net = trained_net();
    const skuai_nn_block *b = &net->encoder.blocks[0];
    const size_t ids[] = {b->out_weight, b->out_bias, b->down_weight, b->down_bias};
    for (size_t i = 0; i < 4; i++)
        memset(skuai_nn_parameters_value(net->parameters, ids[i]), 0,
               net->parameters->table[ids[i]].size * sizeof(float));
    skuai_compress_result result;
    skuai_compress_config c = small_work();
    c.prune.layers = 1;
    skuai_demand *small = compressed(net, &c, &result);
    assert_int_equal(small->config.layers, 1);
    assert_true(result.after.loss <= 1.02 * result.before.loss);
    skuai_demand_free(net), skuai_demand_free(small);
}

static void test_refused(void **state) {
    (void)state;
    skua_error err;
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    skuai_demand *net = small_net(SKUAI_DEMAND_TRANSFORMER), *gru = small_net(SKUAI_DEMAND_GRU);
    skuai_demand *small = NULL;
    skuai_compress_result result;
    for (int k = 0; k < 5; k++) {
        skuai_compress_config c = small_work();
        c.prune.share = k == 1 ? 0.9 : k == 3 ? 0 : 0.2; /* heads and units cannot give 0.9 */
        if (k == 2) c.prune.layers = 2;
        if (k == 3 || k == 4) c.width = 8; /* without distillation, and of a net that is pruned */
        assert_int_equal(
            skuai_compress_run(k == 0 ? gru : net, &c, NULL, 0, &context, &small, &result, &err),
            SKUA_EINVAL);
        assert_null(small);
        assert_true(strlen(err.message) > 20);
    }
    skuai_demand_free(net), skuai_demand_free(gru);
}

/* Training after pruning heals, does the same twice, and a checkpoint of it is one. */
static void test_heal(void **state) {
    (void)state;
    char folder[512], path[600];
    test_folder_new(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    skuai_demand *net = trained_net();
    skuai_compress_result bare, healed, again;
    skuai_compress_config c = small_work();
    c.prune.share = 0.2;
    skuai_demand *x = compressed(net, &c, &bare);
    c.train.steps = 60;
    c.train.optimiser.rate = 3e-3;
    c.train.optimiser.total_steps = 60;
    skuai_demand *y = compressed(net, &c, &healed);
    assert_true(healed.after.loss < bare.after.loss);
    assert_int_equal(total(x), total(y));
    assert_int_equal(healed.train.steps, 60);
    c.train.checkpoint = path;
    skuai_demand *z = compressed(net, &c, &again);
    assert_true(same_weights(y, z));
    skuai_demand *done = compressed(net, &c, &again); /* nothing is left to do */
    assert_true(same_weights(y, done));
    skuai_demand_free(net), skuai_demand_free(x), skuai_demand_free(y), skuai_demand_free(z);
    skuai_demand_free(done);
    test_folder_remove(folder);
}

/* -- Distillation ------------------------------------------------------------------------------ */

/* Mean square of the distance of two nets' quantiles on held-out windows. */
static double distance(const skuai_demand *a, const skuai_demand *b) {
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    for (size_t s = 0; s < 12; s++) {
        double y[40];
        for (size_t t = 0; t < 40; t++)
            y[t] = 10 + (double)(s + 1) * (double)(t % 7) + 0.5 * (double)(t * (s + 3) % 11);
        char name[] = {(char)('a' + s), 0};
        assert_ok(skuai_panel_builder_series(builder, name, 18000, 40, 0, y, NULL, NULL, &err),
                  &err);
    }
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    const skuai_request request = {8, levels, 3, 1};
    skuai_forecast *f, *g;
    assert_ok(skuai_neural_predict(a, "a", panel, &request, NULL, &f, &err), &err);
    assert_ok(skuai_neural_predict(b, "b", panel, &request, NULL, &g, &err), &err);
    double sum = 0;
    for (size_t s = 0; s < 12; s++)
        for (size_t h = 0; h < 8; h++)
            for (size_t q = 0; q < 3; q++) {
                double gap =
                    skuai_forecast_quantiles(f, s, h)[q] - skuai_forecast_quantiles(g, s, h)[q];
                sum += gap * gap;
            }
    skuai_forecast_free(f), skuai_forecast_free(g);
    skuai_panel_free(panel);
    return sum;
}

static void test_distill(void **state) {
    (void)state;
    skuai_demand *teacher = trained_net();
    skuai_compress_result result;
    skuai_compress_config c = small_work();
    c.distill = true;
    c.width = 8, c.layers = 1;
    c.train.steps = 150;
    c.train.optimiser.rate = 1e-2;
    c.train.teacher_weight = 0;
    skuai_demand *alone = compressed(teacher, &c, &result);
    c.train.teacher_weight = 0.9;
    skuai_demand *taught = compressed(teacher, &c, &result);
    assert_int_equal(taught->config.width, 8);
    assert_int_equal(taught->config.layers, 1);
    assert_true(total(taught) < total(teacher) / 2);
    assert_false(same_weights(alone, taught));
    assert_true(distance(taught, teacher) < distance(alone, teacher));
    /* a pruned net is taught too */
    c.width = c.layers = 0;
    c.prune.share = 0.2;
    c.train.steps = 5;
    skuai_demand *healed = compressed(teacher, &c, &result);
    c.distill = false;
    skuai_demand *other = compressed(teacher, &c, &result);
    assert_int_equal(total(healed), total(other));
    assert_false(same_weights(healed, other));
    skuai_demand_free(teacher), skuai_demand_free(alone), skuai_demand_free(taught);
    skuai_demand_free(healed), skuai_demand_free(other);
}

/* -- Adversarial inputs and adapters ------------------------------------------------------------
 */

/* Only what was observed moves, with the sign of the gradient, and never farther than epsilon. */
static void test_attack_step(void **state) {
    (void)state;
    skua_error err;
    skuai_window_config config = {.patch = 4, .context = 4};
    skuai_arena *arena = skuai_arena_new(0);
    skuai_window_batch b;
    assert_ok(skuai_window_batch_new(&config, 1, 2, 1, arena, &b, &err), &err);
    const size_t period = SKUAI_WINDOW_CHANNELS + 2 * SKUAI_WINDOW_SLOTS;
    float *gradient = skuai_zero(3 * b.features, sizeof *gradient), origin[8];
    for (size_t t = 0; t < 12; t++) {
        size_t at = t / 4 * b.features + t % 4 * period;
        b.tokens[at] = 0.5F * (float)t;
        b.tokens[at + 1] = t == 3 || t >= 8 ? 0 : 1; /* 3 is missing, 8 on are the future */
        gradient[at] = t % 2 ? -2.0F : 1e-4F;
        gradient[at + 5] = 3; /* another channel */
    }
    skuai_attack attack = {.epsilon = 0.1, .steps = 4}; /* a step of 0.0625 */
    assert_int_equal(skuai_attack_size(&b), 8);
    skuai_attack_begin(&b, origin);
    for (int step = 1; step <= 3; step++) {
        skuai_attack_step(&attack, &b, origin, gradient);
        for (size_t t = 0; t < 12; t++) {
            size_t at = t / 4 * b.features + t % 4 * period;
            double moved = fmin(0.1, 0.0625 * step) * (t % 2 ? -1 : 1);
            if (t == 3 || t >= 8) moved = 0;
            assert_close(b.tokens[at], 0.5 * (double)t + moved, 1e-6, 1e-6);
            assert_true(b.tokens[at + 5] == 0);
        }
    }
    skuai_free(gradient);
    skuai_arena_free(arena);
}

static skuai_panel *toy_panel(void) {
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    for (size_t s = 0; s < 6; s++) {
        double y[60];
        for (size_t t = 0; t < 60; t++)
            y[t] = 20 + 3 * (double)((t + s) % 7) + (double)(t * 7 % 5);
        char name[] = {(char)('a' + s), 0};
        assert_ok(skuai_panel_builder_series(builder, name, 18000, 60, 0, y, NULL, NULL, &err),
                  &err);
    }
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

/* The net that a fit with these settings ends with, by way of its file. */
static skuai_demand *fitted(const char *base, const skuai_parameter *extra, size_t n) {
    skua_error err;
    skuai_panel *panel = toy_panel();
    const skuai_forecaster *f = skuai_neural_find("transformer");
    skuai_parameter items[16] = {{"base", base},   {"steps", "6"},   {"batch", "8"},
                                 {"rate", "0.01"}, {"horizon", "8"}, {"validate", "0"}};
    memcpy(items + 6, extra, n * sizeof *extra);
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    skuai_model *model;
    skuai_demand *net;
    char folder[512], path[600];
    test_folder_new(folder, sizeof folder);
    assert_ok(f->fit(f, panel, &(skuai_parameters){items, 6 + n}, &context, &model, &err), &err);
    assert_ok(f->save(model, folder, &err), &err);
    snprintf(path, sizeof path, "%s/transformer.safetensors", folder);
    assert_ok(skuai_demand_load(path, &net, &err), &err);
    f->free(model);
    test_folder_remove(folder);
    skuai_panel_free(panel);
    return net;
}

static void test_fit_options(void **state) {
    (void)state;
    skua_error err;
    char folder[512], base[600];
    test_folder_new(folder, sizeof folder);
    snprintf(base, sizeof base, "%s/base.safetensors", folder);
    skuai_demand *net = small_net(SKUAI_DEMAND_TRANSFORMER);
    assert_ok(skuai_demand_save(net, base, &err), &err);
    static const struct {
        size_t n;
        skuai_parameter items[3];
    } cases[] = {{0, {{0}}},
                 {1, {{"loss", "squared"}}},
                 {1, {{"slice", "0.9"}}},
                 {1, {{"mix", "0.9"}}},
                 {1, {{"adversarial", "0.2"}}},
                 {1, {{"adversarial", "0.4"}}},
                 {2, {{"adversarial", "0.2"}, {"adversarial_steps", "3"}}},
                 {1, {{"rank", "1"}}},
                 {1, {{"rank", "2"}}},
                 {2, {{"rank", "1"}, {"alpha", "4"}}}};
    enum { CASES = sizeof cases / sizeof *cases };
    skuai_demand *nets[CASES];
    for (size_t i = 0; i < CASES; i++)
        nets[i] = fitted(base, cases[i].items, cases[i].n);
    for (size_t i = 0; i < CASES; i++) {
        assert_false(same_weights(nets[i], net));
        for (size_t k = 0; k < i; k++)
            assert_false(same_weights(nets[i], nets[k]));
    }
    /* rank 1: matrices moved by one product of two vectors, biases and norms not at all */
    const skuai_demand *low = nets[7];
    size_t id = net->encoder.blocks[1].qkv_weight;
    double most = 0, minor = 0;
    for (size_t i = 0; i + 1 < 48; i++)
        for (size_t j = 0; j + 1 < 16; j++) {
            double d[2][2];
            for (size_t a = 0; a < 2; a++)
                for (size_t c = 0; c < 2; c++)
                    d[a][c] =
                        (double)(*weight(low, id, i + a, j + c) - *weight(net, id, i + a, j + c));
            most = fmax(most, fabs(d[0][0] * d[1][1]));
            minor = fmax(minor, fabs(d[0][0] * d[1][1] - d[0][1] * d[1][0]));
        }
    assert_true(most > 1e-8 && minor < 1e-3 * most);
    const size_t still[] = {net->encoder.blocks[1].norm1_weight, net->encoder.blocks[0].in_bias,
                            net->head.bias};
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(skuai_nn_parameters_value(low->parameters, still[i]),
                            skuai_nn_parameters_value(net->parameters, still[i]),
                            net->parameters->table[still[i]].size * sizeof(float));
    for (size_t i = 0; i < CASES; i++)
        skuai_demand_free(nets[i]);
    skuai_demand_free(net);
    test_folder_remove(folder);
}

/* An update goes on as the fit was: with adapters, and attacked. */
static void test_update_keeps(void **state) {
    (void)state;
    skua_error err;
    char folder[512], base[600];
    test_folder_new(folder, sizeof folder);
    snprintf(base, sizeof base, "%s/base.safetensors", folder);
    skuai_demand *net = small_net(SKUAI_DEMAND_TRANSFORMER), *before, *after;
    assert_ok(skuai_demand_save(net, base, &err), &err);
    skuai_panel *panel = toy_panel();
    const skuai_forecaster *f = skuai_neural_find("transformer");
    const skuai_parameter items[] = {{"base", base}, {"steps", "8"},    {"batch", "4"},
                                     {"rank", "1"},  {"validate", "0"}, {"adversarial", "0.1"}};
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    skuai_model *model, *read;
    char path[600];
    snprintf(path, sizeof path, "%s/transformer.safetensors", folder);
    assert_ok(f->fit(f, panel, &(skuai_parameters){items, 6}, &context, &model, &err), &err);
    assert_ok(f->save(model, folder, &err), &err);
    assert_ok(skuai_demand_load(path, &before, &err), &err);
    assert_ok(f->load(f, folder, &read, &err), &err);
    assert_ok(f->update(read, panel, &context, &err), &err);
    assert_ok(f->save(read, folder, &err), &err);
    assert_ok(skuai_demand_load(path, &after, &err), &err);
    assert_false(same_weights(before, after));
    size_t norm = net->encoder.final_weight;
    assert_memory_equal(skuai_nn_parameters_value(after->parameters, norm),
                        skuai_nn_parameters_value(net->parameters, norm), 16 * sizeof(float));
    f->free(model), f->free(read);
    skuai_demand_free(net), skuai_demand_free(before), skuai_demand_free(after);
    skuai_panel_free(panel);
    test_folder_remove(folder);
}

static void test_bad_options(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = toy_panel();
    const skuai_forecaster *f = skuai_neural_find("transformer");
    skuai_model *model = NULL;
    static const char *const bad[][2] = {
        {"slice", "1.5"}, {"mix", "-0.1"}, {"adversarial", "-1"}, {"adversarial_steps", "0"},
        {"rank", "2"},    {"rank", "0.5"}, {"alpha", "nan"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const skuai_parameter item = {bad[i][0], bad[i][1]};
        assert_int_equal(f->fit(f, panel, &(skuai_parameters){&item, 1}, NULL, &model, &err),
                         SKUA_ECONFIG);
        assert_null(model);
    }
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prune_idle),   cmocka_unit_test(test_importance),
        cmocka_unit_test(test_prune_layers), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_heal),         cmocka_unit_test(test_distill),
        cmocka_unit_test(test_attack_step),  cmocka_unit_test(test_fit_options),
        cmocka_unit_test(test_update_keeps), cmocka_unit_test(test_bad_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
