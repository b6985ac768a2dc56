/* Box-Cox beside scipy and statsmodels (golden), inverses, and the bias adjustment. */
#include "golden.h"

#include "math/box_cox.h"
#include "math/distribution.h"

#include <math.h>

static void test_golden(void **state) {
    (void)state;
    golden series = golden_load("series.csv"), g = golden_load("box_cox.csv");
    size_t forward = 0;
    for (size_t i = 0; i < g.n; i++) {
        if (strcmp(g.rows[i].name, "forward") != 0) continue;
        const double *v = g.rows[i].values;
        assert_close(skuai_box_cox(v[0], v[1]), v[2], 1e-11, 1e-14);
        assert_close(skuai_box_cox_inverse(v[2], v[1]), v[0], 1e-9, 0); /* digits lost in v[2] */
        forward++;
    }
    assert_int_equal(forward, 45);
    const char *const names[] = {"air", "weeks", "outlier"};
    const size_t periods[] = {12, 13, 7};
    double scratch[512], lambda;
    skua_error err;
    for (size_t i = 0; i < 3; i++) {
        const golden_row *x = golden_find(&series, names[i]);
        char name[32];
        (void)snprintf(name, sizeof name, "guerrero:%s", names[i]);
        assert_ok(
            skuai_box_cox_guerrero(x->values, x->n, periods[i], -1, 2, scratch, &lambda, &err),
            &err);
        assert_close(lambda, golden_find(&g, name)->values[0], 0, 2e-6); /* of a flat minimum */
        (void)snprintf(name, sizeof name, "likelihood:%s", names[i]);
        assert_ok(skuai_box_cox_likelihood(x->values, x->n, -2, 3, scratch, &lambda, &err), &err);
        assert_close(lambda, golden_find(&g, name)->values[0], 0, 2e-6);
    }
    golden_free(&series);
    golden_free(&g);
}

static void test_edges(void **state) {
    (void)state;
    assert_true(isnan(skuai_box_cox(0, 0)) && isnan(skuai_box_cox(-1, 0)));
    assert_true(isnan(skuai_box_cox(-1, -0.5)));
    assert_close(skuai_box_cox(0, 0.5), -2, 0, 0);
    assert_close(skuai_box_cox(-4, 0.5), -6, 0, 0); /* (-2 - 1) / 0.5 */
    assert_close(skuai_box_cox_inverse(-6, 0.5), -4, 1e-15, 0);
    assert_true(skuai_box_cox_inverse(2, -0.5) == INFINITY);
    double x[] = {1, 4, 9}, out[3];
    const double roots[] = {0, 2, 4};
    skuai_box_cox_array(x, 3, 0.5, out);
    assert_close_array(out, roots, 3, 1e-15, 0);
    double scratch[8], lambda = 42, bad[] = {1, 2, 0, 3}, flat[] = {2, 2, 2, 2};
    skua_error err;
    assert_int_equal(skuai_box_cox_guerrero(bad, 4, 2, -1, 2, scratch, &lambda, &err), SKUA_EDATA);
    assert_int_equal(skuai_box_cox_likelihood(bad, 4, -1, 2, scratch, &lambda, &err), SKUA_EDATA);
    assert_int_equal(skuai_box_cox_guerrero(flat, 4, 2, -1, 2, scratch, &lambda, &err), SKUA_EDATA);
    assert_int_equal(skuai_box_cox_likelihood(flat, 4, -1, 2, scratch, &lambda, &err), SKUA_EDATA);
    assert_int_equal(skuai_box_cox_guerrero(x, 3, 2, -1, 2, scratch, &lambda, &err), SKUA_EDATA);
    assert_close(lambda, 42, 0, 0);
}

/* The adjusted inverse is the mean of the back-transformed normal, here by quadrature. */
static void test_mean(void **state) {
    (void)state;
    const double lambdas[] = {0, 0.3, 0.5, 1};
    for (size_t i = 0; i < 4; i++) {
        double sum = 0, z = skuai_box_cox(50, lambdas[i]);
        double deviation = lambdas[i] == 0 ? 0.1 : 0.1 * pow(50, lambdas[i]);
        for (size_t k = 0; k < 2000; k++) {
            double q = skuai_normal_quantile(((double)k + 0.5) / 2000);
            sum += skuai_box_cox_inverse(z + deviation * q, lambdas[i]) / 2000;
        }
        double mean = skuai_box_cox_inverse_mean(z, deviation * deviation, lambdas[i]);
        assert_close(mean, sum, 1e-4, 0);
        assert_close(skuai_box_cox_inverse_mean(z, 0, lambdas[i]), 50, 1e-13, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden), cmocka_unit_test(test_edges),
                                       cmocka_unit_test(test_mean)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
