/* 8-bit linear layers: by hand, against floats, and where a processor without VNNI would saturate.
 */
#include "support/support.h"

#include "core/random.h"
#include "math/matrix.h"
#include "nn/quantise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void linear_onto(const skuai_int8_weight *w, const float *x, size_t n, const float *bias,
                        const float *residual, float *y, int threads) {
    skua_error err;
    skuai_context context = {.threads = threads};
    skuai_arena *arena = skuai_arena_new(0);
    void *scratch = skuai_arena_take(arena, skuai_int8_scratch_size(w, n, &context), 1);
    assert_non_null(scratch);
    assert_ok(skuai_int8_linear(&context, w, x, n, bias, residual, y, scratch, &err), &err);
    skuai_arena_free(arena);
}

static void linear(const skuai_int8_weight *w, const float *x, size_t n, const float *bias,
                   float *y, int threads) {
    linear_onto(w, x, n, bias, NULL, y, threads);
}

/* Weights 2 -1 0 / 0 0 0 / 0.5 0.5 0.5 have scales 2/127, 1, 0.5/127 and integers 127 -64 0 / 0 /
 * 127 127 127 (-63.5 rounds to even); the rows of x are multiples of 1/127 of their range. */
static void test_by_hand(void **state) {
    (void)state;
    skua_error err;
    skuai_int8_weight *w;
    const float weight[] = {2, -1, 0, 0, 0, 0, 0.5F, 0.5F, 0.5F}, bias[] = {10, 20, 30};
    assert_ok(skuai_int8_weight_new(weight, 3, 3, &w, &err), &err);
    const int8_t want[] = {127, -64, 0, 0, 0, 0, 127, 127, 127};
    assert_memory_equal(w->values, want, 9);
    assert_int_equal(w->sum[0], 63);
    assert_int_equal(w->sum[2], 381);
    const float x[] = {0, 127, 254, -5, -5, -5}; /* a range, and a constant row */
    float y[6];
    linear(w, x, 2, bias, y, 1);
    assert_close(y[0], -127 * (2.0 / 127) * 64 + 10, 1e-2, 0);
    assert_close(y[1], 20, 1e-6, 0);
    assert_close(y[2], 0.5 * 381 + 30, 1e-2, 0);
    assert_close(y[3], -5 * 63 * 2.0 / 127 + 10, 1e-5, 0);
    assert_close(y[5], -7.5 + 30, 1e-5, 0);
    skuai_int8_weight_free(w);
}

static void test_against_floats(void **state) {
    (void)state;
    enum { N = 70, IN = 192, OUT = 96 };
    static float weight[OUT * IN], rounded[OUT * IN], x[N * IN], y[N * OUT], again[N * OUT];
    skua_error err;
    skuai_random random;
    skuai_random_init(&random, 5);
    for (size_t i = 0; i < OUT * IN; i++)
        weight[i] = (float)(0.05 * skuai_random_normal(&random));
    for (size_t i = 0; i < N * IN; i++)
        x[i] = (float)(1 + skuai_random_normal(&random));
    skuai_int8_weight *w;
    assert_ok(skuai_int8_weight_new(weight, OUT, IN, &w, &err), &err);
    skuai_int8_weight_expand(w, rounded);
    double worst = 0, square = 0, size = 0;
    linear(w, x, N, NULL, y, 1);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < OUT; j++) {
            double exact = 0, rest = 0;
            for (size_t k = 0; k < IN; k++) {
                exact += (double)rounded[j * IN + k] * (double)x[i * IN + k];
                rest += (double)weight[j * IN + k] * (double)x[i * IN + k];
                worst = fmax(worst, fabs((double)(rounded[j * IN + k] - weight[j * IN + k])) /
                                        (double)w->scale[j]);
            }
            square += (y[i * OUT + j] - exact) * (y[i * OUT + j] - exact);
            size += rest * rest;
        }
    assert_true(worst <= 0.5001); /* half a step */
    /* a step of the activations is about 6.5 / most; uniform rounding errors of 192 products */
    double step = 6.5 / skuai_matrix_int8_most();
    assert_true(sqrt(square / (N * OUT)) < 1.5 * step / sqrt(12) * 0.05 * sqrt(IN));
    assert_true(square > 0 && square < 1e-3 * size);
    linear(w, x, N, NULL, again, 2); /* integers add up to the same on any number of threads */
    assert_memory_equal(y, again, sizeof y);
    skuai_int8_weight_free(w);
}

/* Any number of rows, inputs and outputs: the processor's kernel, where there is one, gives what
 * room math's product of integers gives, bias and residual included. */
static void test_shapes(void **state) {
    (void)state;
    enum { ROWS_MOST = 31 };
    const size_t rows[] = {1, 3, 4, 12, 13, ROWS_MOST}, ins[] = {1, 5, 16, 67},
                 outs[] = {1, 17, 40};
    static float weight[67 * 40], x[ROWS_MOST * 67], residual[ROWS_MOST * 40], bias[40];
    static float y[ROWS_MOST * 40], slow[ROWS_MOST * 40];
    skua_error err;
    skuai_random random;
    skuai_random_init(&random, 6);
    for (size_t i = 0; i < sizeof weight / sizeof *weight; i++)
        weight[i] = (float)skuai_random_normal(&random);
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = (float)(2 + skuai_random_normal(&random));
    for (size_t i = 0; i < sizeof residual / sizeof *residual; i++)
        residual[i] = (float)skuai_random_normal(&random), bias[i % 40] = residual[i] - 1;
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < 4; b++)
            for (size_t c = 0; c < 3; c++) {
                skuai_int8_weight *w;
                assert_ok(skuai_int8_weight_new(weight, outs[c], ins[b], &w, &err), &err);
                linear_onto(w, x, rows[a], bias, residual, y, 1);
                int8_t *packed = w->packed;
                w->packed = NULL;
                linear_onto(w, x, rows[a], bias, residual, slow, 1);
                w->packed = packed;
                for (size_t k = 0; k < rows[a] * outs[c]; k++)
                    assert_close(y[k], slow[k], 1e-5, 1e-5);
                memcpy(y, residual, sizeof y); /* onto itself */
                linear_onto(w, x, rows[a], bias, y, y, 1);
                assert_close(y[rows[a] * outs[c] - 1], slow[rows[a] * outs[c] - 1], 1e-5, 1e-5);
                skuai_int8_weight_free(w);
            }
}

/* The largest activations on the largest weights: with 8 bits a processor that adds pairs in 16
 * bits loses nearly half of the sum and says nothing; what we feed it stays exact. */
static void test_no_saturation(void **state) {
    (void)state;
    enum { IN = 256 };
    float weight[IN], x[2 * IN], y[2];
    uint8_t wide[IN], narrow[IN];
    int8_t most[IN];
    skua_error err;
    for (size_t k = 0; k < IN; k++) {
        weight[k] = 1, x[k] = 3;
        x[IN + k] = k == 0 ? 0 : 3;
        wide[k] = 255, narrow[k] = 127, most[k] = 127;
    }
    assert_int_equal(skuai_matrix_int8_saturating_dot(wide, most, IN), 32767 * IN / 2);
    assert_true(32767 * IN / 2 < 0.51 * 255 * 127 * IN);
    assert_int_equal(skuai_matrix_int8_saturating_dot(narrow, most, IN), 127 * 127 * IN);
    skuai_int8_weight *w;
    assert_ok(skuai_int8_weight_new(weight, 1, IN, &w, &err), &err);
    linear(w, x, 2, NULL, y, 1);
    assert_close(y[0], 3.0 * IN, 1e-5, 0);
    assert_close(y[1], 3.0 * (IN - 1), 1e-5, 0); /* all but one activation at the upper end */
    skuai_int8_weight_free(w);
}

static void test_bad(void **state) {
    (void)state;
    skua_error err;
    skuai_int8_weight *w = NULL;
    float weight[] = {1, NAN}, x[] = {1, 2, NAN, 1, INFINITY, 0}, y[3], one[] = {1, 1};
    const int8_t values[] = {1, 2};
    const float zero = 0, half = 0.5F;
    assert_int_equal(skuai_int8_weight_new(weight, 1, 2, &w, &err), SKUA_EINVAL);
    assert_int_equal(skuai_int8_weight_new(weight, 0, 2, &w, &err), SKUA_EINVAL);
    assert_int_equal(skuai_int8_weight_new(weight, 1, 65536, &w, &err), SKUA_EINVAL);
    assert_int_equal(skuai_int8_weight_load(values, &zero, 1, 2, &w, &err), SKUA_EINVAL);
    assert_null(w);
    assert_ok(skuai_int8_weight_load(values, &half, 1, 2, &w, &err), &err);
    skuai_int8_weight_expand(w, weight);
    assert_true(weight[0] == 0.5F && weight[1] == 1);
    skuai_int8_weight_free(w);
    assert_ok(skuai_int8_weight_new(one, 1, 2, &w, &err), &err);
    linear(w, x, 3, NULL, y, 1);
    assert_close(y[0], 3, 1e-5, 0);
    assert_true(isnan(y[1]) && isnan(y[2])); /* and the row beside them is untouched */
    skuai_int8_weight_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand), cmocka_unit_test(test_against_floats),
        cmocka_unit_test(test_shapes), cmocka_unit_test(test_no_saturation),
        cmocka_unit_test(test_bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
