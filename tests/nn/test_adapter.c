/* Low-rank adapters: output, gradients and merged weights by hand. */
#include "support/support.h"

#include "nn/adapter.h"
#include "nn/block.h"
#include "nn/loss.h"

#include <math.h>
#include <string.h>

enum { OUT = 3, IN = 4, N = 2 };

static const float x_values[N * IN] = {1, -2, 0.5F, 3, 0, 1, -1, 2};

static skuai_nn_parameters *make(skuai_nn_dense *dense) {
    skua_error err;
    skuai_nn_parameters *p = skuai_nn_parameters_new();
    skuai_nn_dense_add(p, "layer", IN, OUT, true, 0, dense);
    assert_ok(skuai_nn_parameters_finish(p, 3, &err), &err);
    return p;
}

/* Output [N, OUT] of the layer; with backward, of its sum of squares / (N * OUT). */
static void run(const skuai_nn_parameters *p, const skuai_nn_dense *dense, bool backward,
                float *y) {
    skua_error err;
    static const float zero[N * OUT];
    skuai_tape *tape = skuai_tape_new(NULL);
    skuai_tape_begin(tape, backward ? SKUAI_TAPE_TRAIN : SKUAI_TAPE_INFER, 1);
    skuai_tensor *x = skuai_tape_input(tape, x_values, 2, (size_t[]){N, IN});
    skuai_tensor *out = skuai_tape_keep(skuai_nn_dense_run(tape, p, dense, x));
    assert_ok(skuai_tape_status(tape, &err), &err);
    memcpy(y, out->value, N * OUT * sizeof *y);
    if (backward)
        assert_ok(skuai_tape_backward(tape, skuai_nn_squared_loss(tape, out, zero, NULL), &err),
                  &err);
    skuai_tape_free(tape);
}

static void test_by_hand(void **state) {
    (void)state;
    skua_error err;
    skuai_nn_dense dense;
    skuai_nn_parameters *p = make(&dense);
    float before[N * OUT], with[N * OUT], merged[N * OUT], weight[OUT * IN];
    skuai_nn_adapters *adapters;
    memcpy(weight, skuai_nn_parameters_value(p, dense.weight), sizeof weight);
    run(p, &dense, false, before);
    assert_ok(skuai_nn_adapters_new(p, 2, 3, 7, &adapters, &err), &err);
    assert_int_equal(adapters->parameters->count, 2); /* the bias has none */
    assert_ok(skuai_nn_parameters_train(adapters->parameters, &err), &err);
    run(p, &dense, false, with);
    assert_memory_equal(with, before, sizeof before); /* B is 0 at the beginning */
    float *a = skuai_nn_parameters_value(adapters->parameters, adapters->a[dense.weight]);
    float *b = skuai_nn_parameters_value(adapters->parameters, adapters->b[dense.weight]);
    for (size_t i = 0; i < OUT * 2; i++)
        b[i] = 0.25F * (float)(i + 1) - 0.6F;
    run(p, &dense, true, with);
    /* y = y0 + 1.5 B A x; with g = 2 y / (N * OUT): dB = 1.5 g (A x)', dA = 1.5 x (B' g)' */
    const float *da = adapters->parameters->gradient +
                      adapters->parameters->table[adapters->a[dense.weight]].offset;
    const float *db = adapters->parameters->gradient +
                      adapters->parameters->table[adapters->b[dense.weight]].offset;
    double want_a[IN * 2] = {0}, want_b[OUT * 2] = {0};
    for (size_t n = 0; n < N; n++) {
        double low[2] = {0}, back[2] = {0};
        for (size_t i = 0; i < IN; i++)
            for (size_t k = 0; k < 2; k++)
                low[k] += (double)a[i * 2 + k] * (double)x_values[n * IN + i];
        for (size_t o = 0; o < OUT; o++) {
            double y = before[n * OUT + o];
            for (size_t k = 0; k < 2; k++)
                y += 1.5 * (double)b[o * 2 + k] * low[k];
            assert_close(with[n * OUT + o], y, 1e-5, 1e-6);
            for (size_t k = 0; k < 2; k++) {
                want_b[o * 2 + k] += 1.5 * 2 * y / (N * OUT) * low[k];
                back[k] += 1.5 * 2 * y / (N * OUT) * (double)b[o * 2 + k];
            }
        }
        for (size_t i = 0; i < IN; i++)
            for (size_t k = 0; k < 2; k++)
                want_a[i * 2 + k] += (double)x_values[n * IN + i] * back[k];
    }
    for (size_t i = 0; i < IN * 2; i++)
        assert_close(da[i], want_a[i], 1e-4, 1e-5);
    for (size_t i = 0; i < OUT * 2; i++)
        assert_close(db[i], want_b[i], 1e-4, 1e-5);
    assert_memory_equal(skuai_nn_parameters_value(p, dense.weight), weight, sizeof weight);
    skuai_nn_adapters_merge(p);
    assert_null(p->adapters);
    run(p, &dense, false, merged);
    for (size_t i = 0; i < N * OUT; i++)
        assert_close(merged[i], with[i], 1e-5, 1e-6);
    assert_memory_not_equal(skuai_nn_parameters_value(p, dense.weight), weight, sizeof weight);
    skuai_nn_parameters_free(p);
}

static void test_refused(void **state) {
    (void)state;
    skua_error err;
    skuai_nn_dense dense;
    skuai_nn_parameters *p = make(&dense);
    skuai_nn_adapters *adapters = NULL;
    float y[N * OUT], again[N * OUT];
    assert_int_equal(skuai_nn_adapters_new(p, 0, 1, 1, &adapters, &err), SKUA_EINVAL);
    assert_int_equal(skuai_nn_adapters_new(p, 1, -1, 1, &adapters, &err), SKUA_EINVAL);
    assert_int_equal(skuai_nn_adapters_new(p, 3, 1, 1, &adapters, &err), SKUA_EINVAL);
    assert_null(adapters);
    run(p, &dense, false, y);
    assert_ok(skuai_nn_adapters_new(p, 1, 1, 1, &adapters, &err), &err);
    assert_int_equal(skuai_nn_adapters_new(p, 1, 1, 1, &adapters, &err), SKUA_EINVAL);
    skuai_nn_parameters_value(adapters->parameters, adapters->b[dense.weight])[0] = 5;
    skuai_nn_adapters_drop(p); /* nothing of it stays */
    run(p, &dense, false, again);
    assert_memory_equal(again, y, sizeof y);
    skuai_nn_parameters_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_hand),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
