/* Gradients of linear layers, feed-forward, activations, norms, recurrence. */
#include "gradient.h"

static skuai_tensor *linear(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_linear(t, v[0], v[1], v[2]);
}
static skuai_tensor *linear_plain(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_linear(t, v[0], v[1], NULL);
}
static skuai_tensor *linear_add(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_linear_add(t, v[0], v[1], v[2], v[3]);
}
/* The residual is the operand itself. */
static skuai_tensor *linear_self(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    (void)o;
    return skuai_nn_linear_add(t, v[0], v[1], NULL, v[0]);
}

static void test_linear(void **state) {
    (void)state;
    const variable v[] = {{3, {2, 3, 4}}, {2, {5, 4}}, {1, {5}}, {3, {2, 3, 5}}};
    check_gradient("linear", linear, NULL, 3, v);
    check_gradient("linear without bias", linear_plain, NULL, 2, v);
    check_gradient("linear_add", linear_add, NULL, 4, v);
    const variable square[] = {{2, {3, 4}}, {2, {4, 4}}};
    check_gradient("linear_add to itself", linear_self, NULL, 2, square);
    /* over several tiles and groups */
    const variable rows[] = {{2, {600, 2}}, {2, {2, 2}}, {1, {2}}};
    check_gradient("linear of many rows", linear, NULL, 3, rows);
}

typedef struct forward_option {
    skuai_activation activation;
    double dropout;
    bool bias, residual;
} forward_option;

static skuai_tensor *feed_forward(skuai_tape *t, skuai_tensor *const *v, const void *option) {
    const forward_option *o = option;
    return skuai_nn_feed_forward(t, v[0], v[1], o->bias ? v[3] : NULL, o->activation, v[2],
                                 o->bias ? v[4] : NULL, o->residual ? v[5] : NULL, o->dropout);
}

static void test_feed_forward(void **state) {
    (void)state;
    const skuai_activation kinds[] = {SKUAI_ACTIVATION_GELU,       SKUAI_ACTIVATION_GELU_TANH,
                                      SKUAI_ACTIVATION_SILU,       SKUAI_ACTIVATION_TANH,
                                      SKUAI_ACTIVATION_QUICK_GELU, SKUAI_ACTIVATION_SWIGLU};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        size_t wide = kinds[k] == SKUAI_ACTIVATION_SWIGLU ? 10 : 5;
        const variable v[] = {{3, {2, 3, 4}}, {2, {wide, 4}}, {2, {3, 5}},
                              {1, {wide}},    {1, {3}},       {3, {2, 3, 3}}};
        for (int dropout = 0; dropout < 2; dropout++) {
            forward_option o = {kinds[k], dropout ? 0.3 : 0, true, true};
            check_gradient("feed_forward", feed_forward, &o, 6, v);
            o.residual = false;
            check_gradient("feed_forward without residual", feed_forward, &o, 5, v);
            o.bias = false;
            check_gradient("feed_forward without bias", feed_forward, &o, 3, v);
        }
    }
    const variable many[] = {{2, {300, 2}}, {2, {3, 2}}, {2, {2, 3}},
                             {1, {3}},      {1, {2}},    {2, {300, 2}}};
    forward_option o = {SKUAI_ACTIVATION_GELU, 0.2, true, true};
    check_gradient("feed_forward of many rows", feed_forward, &o, 6, many);
}

static skuai_tensor *activation(skuai_tape *t, skuai_tensor *const *v, const void *option) {
    return skuai_nn_activation(t, v[0], *(const skuai_activation *)option);
}

static void test_activation(void **state) {
    (void)state;
    for (int kind = SKUAI_ACTIVATION_NONE; kind <= SKUAI_ACTIVATION_SWIGLU; kind++) {
        skuai_activation k = (skuai_activation)kind;
        const variable v[] = {{3, {2, 3, 6}}};
        check_gradient_in("activation", -4, 4, activation, &k, 1, v);
    }
}

static skuai_tensor *layer_norm(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    return skuai_nn_layer_norm(t, v[0], o ? v[1] : NULL, o ? v[2] : NULL, 1e-5);
}
static skuai_tensor *rms_norm(skuai_tape *t, skuai_tensor *const *v, const void *o) {
    return skuai_nn_rms_norm(t, v[0], o ? v[1] : NULL, 1e-5);
}

static void test_norms(void **state) {
    (void)state;
    const variable v[] = {{3, {2, 3, 5}}, {1, {5}}, {1, {5}}};
    check_gradient("layer norm", layer_norm, "", 3, v);
    check_gradient("layer norm, plain", layer_norm, NULL, 1, v);
    check_gradient("RMS norm", rms_norm, "", 2, v);
    check_gradient("RMS norm, plain", rms_norm, NULL, 1, v);
    const variable many[] = {{2, {300, 3}}, {1, {3}}, {1, {3}}};
    check_gradient("layer norm of many rows", layer_norm, "", 3, many);
}

static skuai_tensor *gru(skuai_tape *t, skuai_tensor *const *v, const void *option) {
    const bool *o = option; /* state, biases */
    return skuai_nn_gru(t, v[0], o[0] ? v[5] : NULL, v[1], v[2], o[1] ? v[3] : NULL,
                        o[1] ? v[4] : NULL);
}

static void test_gru(void **state) {
    (void)state;
    const variable v[] = {{3, {2, 4, 3}}, {2, {6, 3}}, {2, {6, 2}},
                          {1, {6}},       {1, {6}},    {2, {2, 2}}};
    check_gradient("GRU", gru, (bool[]){true, true}, 6, v);
    check_gradient("GRU from nothing", gru, (bool[]){false, true}, 5, v);
    check_gradient("GRU without biases", gru, (bool[]){false, false}, 3, v);
    const variable wide[] = {{3, {70, 2, 2}}, {2, {6, 2}}, {2, {6, 2}}};
    check_gradient("GRU of many rows", gru, (bool[]){false, false}, 3, wide);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_linear),
                                       cmocka_unit_test(test_feed_forward),
                                       cmocka_unit_test(test_activation),
                                       cmocka_unit_test(test_norms), cmocka_unit_test(test_gru)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
