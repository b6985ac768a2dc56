/* Elementary functions of the kernels beside libm in double. */
#include "support/support.h"

#include "nn/kernel.h"
#include "nn/vector_math.h"

#include <math.h>

/* Every 1009th float of [low, high], both signs. */
static double worst(float (*f)(float), double (*exact)(double), float low, float high) {
    double most = 0;
    for (uint32_t bits = 0; bits < 0x7F800000U; bits += 1009) {
        for (int sign = 0; sign < 2; sign++) {
            float x = sign ? -skuai_float_of(bits) : skuai_float_of(bits);
            if (!(x >= low && x <= high)) continue;
            double e = exact((double)x), error = fabs((double)f(x) - e) / fabs(e);
            if (e == 0 || fabs(e) < 1e-37) continue;
            if (!(error <= most)) most = error;
        }
    }
    return most;
}

static float fast_exp(float x) {
    return skuai_real_exp(x);
}
static float fast_phi(float x) {
    float e;
    return skuai_real_phi(x, &e);
}
static double exact_phi(double x) {
    return 0.5 * erfc(-x * 0.70710678118654752);
}
static float fast_tanh(float x) {
    return skuai_real_tanh(x);
}
static float fast_sigmoid(float x) {
    return skuai_real_sigmoid(x);
}
static double exact_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static void test_functions(void **state) {
    (void)state;
    assert_true(worst(fast_exp, exp, -86, 88.5F) < 1e-7);
    assert_true(worst(fast_phi, exact_phi, -1, 12) < 6e-7);
    /* the exponent -x^2 / 2 is rounded: its error grows with it */
    assert_true(worst(fast_phi, exact_phi, -9, 0) < 2.5e-6);
    assert_true(worst(fast_tanh, tanh, -90, 90) < 1.5e-7);
    assert_true(worst(fast_sigmoid, exact_sigmoid, -80, 80) < 1.5e-7);
}

static void test_edges(void **state) {
    (void)state;
    const float inf = (float)INFINITY, nan = (float)NAN;
    assert_true(skuai_real_exp(-inf) == 0 && skuai_real_exp(-200) == 0);
    assert_true(isfinite(skuai_real_exp(inf)) && skuai_real_exp(inf) > 3e38F);
    assert_true(isnan(skuai_real_exp(nan)) && isnan(fast_phi(nan)));
    assert_true(isnan(skuai_real_tanh(nan)) && isnan(skuai_real_sigmoid(nan)));
    assert_true(skuai_real_tanh(inf) == 1 && skuai_real_tanh(-inf) == -1);
    assert_true(fast_phi(inf) == 1 && fast_phi(-inf) == 0);
    assert_true(skuai_real_sigmoid(-200) < 1e-37F && skuai_real_sigmoid(200) == 1);
}

/* A row of masked products: what is not seen weighs nothing, a row that sees nothing is 0. */
static void test_attend(void **state) {
    (void)state;
    const float inf = (float)INFINITY, mask[5] = {0, -inf, 0, 0, -inf},
                none[5] = {-inf, -inf, -inf, -inf, -inf};
    float s[5] = {1, 100, 2, 3, 4}, t[5] = {1, 2, 3, 4, 5}, log_sum;
    skuai_kernel_attend(s, NULL, mask, 5, &log_sum);
    double sum = exp(1) + exp(2) + exp(3);
    assert_close((double)log_sum, log(sum), 1e-6, 0);
    assert_close((double)s[0], exp(1) / sum, 1e-6, 0);
    assert_close((double)s[3], exp(3) / sum, 1e-6, 0);
    assert_true(s[1] == 0 && s[4] == 0);
    skuai_kernel_attend(t, NULL, none, 5, &log_sum);
    for (size_t k = 0; k < 5; k++)
        assert_true(t[k] == 0);
    float again[5] = {1, 2, 3, 4, 5};
    skuai_kernel_attend_again(again, NULL, none, log_sum, 5);
    for (size_t k = 0; k < 5; k++)
        assert_true(again[k] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_functions),
                                       cmocka_unit_test(test_edges), cmocka_unit_test(test_attend)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
