/* Random numbers: moments against theory, streams that do not depend on threads; parallel loops. */
#include "support/support.h"

#include "core/context.h"
#include "core/random.h"

#include <math.h>

typedef double (*draw)(skuai_random *random);

static void check_moments(draw one, double mean, double variance) {
    enum { N = 200000 };
    skuai_random random;
    skuai_random_init(&random, 42);
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        double x = one(&random);
        sum += x;
        squares += (x - mean) * (x - mean);
    }
    double tolerance = 5 * sqrt(variance / N); /* five standard errors */
    assert_close(sum / N, mean, 0, tolerance);
    assert_close(squares / N, variance, 0.05, 0);
}

static double gamma_small(skuai_random *r) {
    return skuai_random_gamma(r, 0.4);
}
static double gamma_large(skuai_random *r) {
    return skuai_random_gamma(r, 7.5);
}
static double poisson_small(skuai_random *r) {
    return skuai_random_poisson(r, 1.3);
}
static double poisson_large(skuai_random *r) {
    return skuai_random_poisson(r, 250);
}
static double negative_binomial(skuai_random *r) {
    return skuai_random_negative_binomial(r, 3, 0.7);
}

static void moments(void **state) {
    (void)state;
    check_moments(skuai_random_uniform, 0.5, 1.0 / 12);
    check_moments(skuai_random_normal, 0, 1);
    check_moments(skuai_random_exponential, 1, 1);
    check_moments(gamma_small, 0.4, 0.4);
    check_moments(gamma_large, 7.5, 7.5);
    check_moments(poisson_small, 1.3, 1.3);
    check_moments(poisson_large, 250, 250);
    check_moments(negative_binomial, 3, 3 + 9 / 0.7);
}

/* xoshiro256++ from the state 1, 2, 3, 4: the first outputs of the authors' reference code. */
static void reference_sequence(void **state) {
    (void)state;
    skuai_random random = {{1, 2, 3, 4}};
    static const uint64_t expected[] = {41943041u, 58720359u, 3588806011781223u, 3591011842654386u};
    for (int i = 0; i < 4; i++)
        assert_true(skuai_random_bits(&random) == expected[i]);
}

static void streams_differ(void **state) {
    (void)state;
    skuai_random a, b;
    skuai_random_split(&a, 1, 0);
    skuai_random_split(&b, 1, 1);
    int equal = 0;
    for (int i = 0; i < 1000; i++)
        equal += skuai_random_index(&a, 10) == skuai_random_index(&b, 10);
    assert_in_range(equal, 50, 160); /* about 100 by chance */
}

static skua_status square(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    ((double *)argument)[i] = (double)(i * i);
    return SKUA_OK;
}

static skua_status fail_late(void *argument, size_t i, int worker, skua_error *err) {
    (void)argument, (void)worker;
    return i >= 500 ? skuai_error_set(err, SKUA_EDATA, "item %zu", i) : SKUA_OK;
}

static bool cancel_now(void *user) {
    return *(bool *)user;
}

static void parallel_loops(void **state) {
    (void)state;
    static double squares[10000];
    skua_error err;
    for (int threads = 1; threads <= 4; threads++) {
        skuai_context context = {.threads = threads};
        assert_ok(skuai_parallel_for(&context, NULL, 10000, square, squares, &err), &err);
        for (size_t i = 0; i < 10000; i++)
            assert_true(squares[i] == (double)(i * i));
        assert_int_equal(skuai_parallel_for(&context, NULL, 1000, fail_late, NULL, &err),
                         SKUA_EDATA);
        assert_true(err.message[0] == 'i');
    }
    bool stop = true;
    skuai_context context = {.threads = 2, .cancel = cancel_now, .user = &stop};
    assert_int_equal(skuai_context_check(&context, &err), SKUA_ECANCEL);
    context = (skuai_context){.deadline = skuai_clock() - 1};
    assert_int_equal(skuai_context_check(&context, &err), SKUA_EDEADLINE);
    assert_ok(skuai_context_check(NULL, &err), &err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments),
        cmocka_unit_test(reference_sequence),
        cmocka_unit_test(streams_differ),
        cmocka_unit_test(parallel_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
