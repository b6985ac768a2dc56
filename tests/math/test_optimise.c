/* Minimisers on functions of known minimum, with bounds, holes and NaN. */
#include "golden.h"

#include "math/optimise.h"

#include <math.h>

typedef struct count_of {
    size_t n, calls;
} count_of;

static double rosenbrock(const double *x, void *context) { /* minimum 0 at (1, ..., 1) */
    count_of *c = context;
    double s = 0;
    c->calls++;
    for (size_t i = 0; i + 1 < c->n; i++)
        s += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
    return s;
}

static double bowl(const double *x, void *context) { /* minimum at (1, 2, ...), NaN beyond 1e3 */
    count_of *c = context;
    double s = 3;
    c->calls++;
    for (size_t i = 0; i < c->n; i++)
        s += (double)(i + 1) * pow(x[i] - (double)(i + 1), 2);
    return s > 1e6 ? NAN : s;
}

static double nowhere(const double *x, void *context) {
    return (void)x, (void)context, NAN;
}

static void test_simplex(void **state) {
    (void)state;
    double scratch[SKUAI_SIMPLEX_SCRATCH(6)];
    for (size_t n = 2; n <= 4; n++) {
        count_of c = {n, 0};
        double x[] = {-1.2, 1, -1.2, 1};
        skuai_simplex_options o = SKUAI_SIMPLEX_DEFAULT;
        o.evaluations = 4000;
        skuai_optimum r =
            skuai_minimise_simplex(rosenbrock, &c, x, n, NULL, NULL, NULL, &o, scratch);
        assert_true(r.converged);
        assert_int_equal(r.evaluations, c.calls);
        assert_close(r.value, 0, 0, 1e-10);
        for (size_t i = 0; i < n; i++)
            assert_close(x[i], 1, 1e-4, 0);
    }
    for (size_t n = 1; n <= 6; n++) {
        count_of c = {n, 0};
        double x[6] = {0};
        skuai_optimum r = skuai_minimise_simplex(bowl, &c, x, n, NULL, NULL, NULL, NULL, scratch);
        assert_true(r.converged && r.evaluations <= 200 * n + n + 2);
        for (size_t i = 0; i < n; i++)
            assert_close(x[i], (double)(i + 1), 0, 1e-3);
    }
}

/* With the minimum outside the box the nearest side is found, and never left. */
static double inside_only(const double *x, void *context) {
    assert_true(x[0] >= -1 && x[0] <= 0.5 && x[1] >= -3 && x[1] <= 1.5);
    return bowl(x, context);
}

static void test_bounds(void **state) {
    (void)state;
    double scratch[SKUAI_SIMPLEX_SCRATCH(2)], x[] = {-20, 0}, again[] = {-20, 0};
    const double low[] = {-1, -3}, high[] = {0.5, 1.5};
    count_of c = {2, 0};
    skuai_optimum r = skuai_minimise_simplex(inside_only, &c, x, 2, low, high, NULL, NULL, scratch);
    assert_true(r.converged);
    assert_close(x[0], 0.5, 0, 1e-6);
    assert_close(x[1], 1.5, 0, 1e-6);
    (void)skuai_minimise_simplex(inside_only, &c, again, 2, low, high, NULL, NULL, scratch);
    assert_true(x[0] == again[0] && x[1] == again[1]); /* deterministic */
    double start[] = {0.25, -0.25};
    r = skuai_minimise_simplex(nowhere, NULL, start, 2, NULL, NULL, NULL, NULL, scratch);
    assert_true(r.value == INFINITY && start[0] == 0.25 && start[1] == -0.25);
    r = skuai_minimise_simplex(bowl, &(count_of){0, 0}, start, 0, NULL, NULL, NULL, NULL, scratch);
    assert_close(r.value, 3, 0, 0);
}

static double quartic(double x, void *context) {
    return (void)context, pow(x - 1.3, 4) + cos(x);
}
static double hole(double x, void *context) {
    return (void)context, x < 2 ? NAN : x * x;
}
static double cubic(double x, void *context) {
    return (void)context, x * x * x - 2;
}

static void test_brent(void **state) {
    (void)state;
    double x;
    skuai_optimum r = skuai_minimise_brent(quartic, NULL, -1, 4, 0, &x);
    assert_true(r.converged && r.evaluations < 40);
    assert_close(x, 1.9172296134700668, 1e-7, 0); /* scipy 1.17 minimize_scalar, bounded */
    r = skuai_minimise_brent(hole, NULL, 0, 10, 0, &x);
    assert_close(x, 2, 1e-6, 0);
    skua_error err;
    assert_ok(skuai_root_brent(cubic, NULL, 0, 5, 1e-14, &x, &err), &err);
    assert_close(x, cbrt(2), 1e-14, 0);
    assert_ok(skuai_root_brent(cubic, NULL, 5, -5, 1e-14, &x, &err), &err);
    assert_close(x, cbrt(2), 1e-14, 0);
    x = 42;
    assert_int_equal(skuai_root_brent(cubic, NULL, 2, 5, 0, &x, &err), SKUA_EDATA);
    assert_int_equal(skuai_root_brent(hole, NULL, 0, 5, 0, &x, &err), SKUA_EDATA);
    assert_close(x, 42, 0, 0);
}

static void rosenbrock_gradient(const double *x, double *g, void *context) {
    count_of *c = context;
    for (size_t i = 0; i < c->n; i++) {
        g[i] = i + 1 < c->n ? -400 * x[i] * (x[i + 1] - x[i] * x[i]) - 2 * (1 - x[i]) : 0;
        if (i > 0) g[i] += 200 * (x[i] - x[i - 1] * x[i - 1]);
    }
}

static void test_bfgs(void **state) {
    (void)state;
    double scratch[SKUAI_BFGS_SCRATCH(8)];
    skuai_bfgs_options o = SKUAI_BFGS_DEFAULT;
    o.iterations = 400;
    for (size_t n = 2; n <= 8; n += 2)
        for (int exact = 0; exact < 2; exact++) {
            count_of c = {n, 0};
            double x[8];
            for (size_t i = 0; i < n; i++)
                x[i] = i % 2 ? 1 : -1.2;
            double first = rosenbrock(x, &c);
            skuai_optimum r = skuai_minimise_bfgs(rosenbrock, exact ? rosenbrock_gradient : NULL,
                                                  &c, x, n, &o, scratch);
            assert_true(r.converged);
            assert_true(r.value < first);
            /* From n = 4 on the function has a second minimum, near 3.7. */
            assert_true(r.value < 1e-8 || (n >= 4 && r.value > 3.6 && r.value < 4));
        }
    double start[] = {0.25, -0.25};
    skuai_optimum r = skuai_minimise_bfgs(nowhere, NULL, NULL, start, 2, NULL, scratch);
    assert_true(r.value == INFINITY && !r.converged && start[0] == 0.25);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_simplex),
                                       cmocka_unit_test(test_bounds), cmocka_unit_test(test_brent),
                                       cmocka_unit_test(test_bfgs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
