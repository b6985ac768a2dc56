/* Small linear algebra: hand calculations, and reconstruction of random matrices. */
#include "golden.h"

#include "core/random.h"
#include "math/linear.h"

#include <math.h>

enum { MOST = 4096 };

static void fill(skuai_random *random, double *a, size_t n) {
    for (size_t i = 0; i < n; i++)
        a[i] = skuai_random_normal(random);
}

static void test_products(void **state) {
    (void)state;
    const double a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 2, -1, 1, 1};
    double c[9];
    skuai_matrix_product(a, b, 2, 3, 2, c);
    const double product[] = {8, 1, 20, 1};
    assert_close_array(c, product, 4, 0, 0);
    skuai_matrix_gram(a, 2, 3, c);
    const double gram[] = {17, 22, 27, 22, 29, 36, 27, 36, 45};
    assert_close_array(c, gram, 9, 0, 0);
    assert_close(skuai_dot(a, b, 6), 1 + 0 + 6 - 4 + 5 + 6, 0, 0);
}

static void test_cholesky(void **state) {
    (void)state;
    double a[] = {4, 9, 9, 12, 37, 9, -16, -43, 98}, b[] = {1, 2, 3}, inverse[9];
    const double factor[] = {2, 0, 0, 6, 1, 0, -8, 5, 3};
    skua_error err;
    assert_ok(skuai_cholesky(a, 3, &err), &err);
    assert_close_array(a, factor, 9, 1e-14, 0);
    skuai_cholesky_solve(a, 3, b);
    const double solution[] = {343.0 / 12, -23.0 / 3, 4.0 / 3}; /* by Cramer's rule */
    assert_close_array(b, solution, 3, 1e-12, 0);
    skuai_cholesky_inverse(a, 3, inverse);
    assert_close(inverse[0] + 2 * inverse[1] + 3 * inverse[2], solution[0], 1e-12, 0);
    double indefinite[] = {1, 2, 2, 1}, broken[] = {NAN};
    assert_int_equal(skuai_cholesky(indefinite, 2, &err), SKUA_ESINGULAR);
    assert_int_equal(skuai_cholesky(broken, 1, &err), SKUA_ESINGULAR);
}

/* R: x <- c(1,2,3,4,5); y <- c(2.1,3.9,6.2,7.8,10.1); summary(lm(y ~ x)), by the normal equations:
 * slope 1.99, intercept 0.05. */
static void test_line(void **state) {
    (void)state;
    double a[10], b[] = {2.1, 3.9, 6.2, 7.8, 10.1}, x[2], inverse[4];
    double scratch[SKUAI_LEAST_SQUARES_SCRATCH(5, 2)];
    for (size_t i = 0; i < 5; i++) {
        a[2 * i] = 1;
        a[2 * i + 1] = (double)i + 1;
    }
    skuai_least_squares_fit fit;
    skua_error err;
    assert_ok(skuai_least_squares(a, b, 5, 2, 0, x, inverse, scratch, &fit, &err), &err);
    assert_close(x[0], 0.05, 1e-12, 0);
    assert_close(x[1], 1.99, 1e-12, 0);
    assert_int_equal(fit.rank, 2);
    assert_close(fit.sum_squares, 0.107, 1e-10, 0);
    const double expected[] = {1.1, -0.3, -0.3, 0.1}; /* inverse of {5, 15, 15, 55} */
    assert_close_array(inverse, expected, 4, 1e-12, 0);
    assert_close(fit.log_determinant, log(50), 1e-12, 0);
}

/* Residuals are orthogonal to the columns; dependent columns get 0 and keep the others' fit. */
static void test_least_squares(void **state) {
    (void)state;
    skuai_random random;
    skuai_random_init(&random, 8);
    static double a[MOST], kept[MOST], b[200], work[200], x[20], inverse[400], scratch[400];
    skua_error err;
    for (size_t n = 1; n <= 12; n++)
        for (size_t m = 1; m <= 40; m += 3) {
            fill(&random, a, m * n);
            fill(&random, b, m);
            bool dependent = n >= 3 && m > n;
            for (size_t i = 0; dependent && i < m; i++)
                a[i * n + 2] = 2 * a[i * n] - a[i * n + 1];
            memcpy(kept, a, m * n * sizeof *a);
            memcpy(work, b, m * sizeof *b);
            skuai_least_squares_fit fit;
            assert_ok(skuai_least_squares(a, work, m, n, 0, x, inverse, scratch, &fit, &err), &err);
            size_t rank = dependent ? n - 1 : m < n ? m : n;
            assert_int_equal(fit.rank, rank);
            if (dependent) assert_close(x[2], 0, 0, 0);
            double squares = 0;
            for (size_t j = 0; j < n; j++) {
                double s = 0;
                for (size_t i = 0; i < m; i++)
                    s += kept[i * n + j] * (b[i] - skuai_dot(kept + i * n, x, n));
                assert_close(s, 0, 0, 1e-9);
            }
            for (size_t i = 0; i < m; i++) {
                double r = b[i] - skuai_dot(kept + i * n, x, n);
                squares += r * r;
            }
            assert_close(fit.sum_squares, squares, 1e-9, 1e-12);
        }
    b[0] = INFINITY;
    assert_int_equal(skuai_least_squares(a, b, 3, 2, 0, x, NULL, scratch, NULL, &err), SKUA_EDATA);
    assert_int_equal(skuai_least_squares(a, b, 0, 2, 0, x, NULL, scratch, NULL, &err), SKUA_EINVAL);
}

static void test_eigen(void **state) {
    (void)state;
    skua_error err;
    double two[] = {2, 1, 1, 2}, values[30], vectors[900], rebuilt[900];
    assert_ok(skuai_eigen_symmetric(two, 2, values, vectors, &err), &err);
    assert_close(values[0], 3, 1e-15, 0);
    assert_close(values[1], 1, 1e-15, 0);
    assert_close(vectors[0], sqrt(0.5), 1e-15, 0);
    assert_close(vectors[1], sqrt(0.5), 1e-15, 0);
    skuai_random random;
    skuai_random_init(&random, 4);
    static double a[900], kept[900];
    for (size_t n = 1; n <= 30; n += 4) {
        fill(&random, a, n * n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++)
                a[j * n + i] = a[i * n + j];
        memcpy(kept, a, n * n * sizeof *a);
        assert_ok(skuai_eigen_symmetric(a, n, values, vectors, &err), &err);
        memset(rebuilt, 0, sizeof rebuilt);
        for (size_t k = 0; k < n; k++) {
            assert_true(k == 0 || values[k] <= values[k - 1]);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                    rebuilt[i * n + j] += values[k] * vectors[k * n + i] * vectors[k * n + j];
        }
        assert_close_array(rebuilt, kept, n * n, 0, 1e-12);
    }
    a[0] = NAN;
    assert_int_equal(skuai_eigen_symmetric(a, 1, values, vectors, &err), SKUA_EDATA);
}

static void check_svd(const double *a, size_t m, size_t n, size_t rank) {
    static double u[MOST], v[MOST], scratch[4 * MOST], values[64], w[64], part[MOST];
    size_t k = m < n ? m : n;
    skua_error err;
    assert_ok(skuai_svd(a, m, n, k, u, values, v, scratch, &err), &err);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double s = 0;
            for (size_t l = 0; l < k; l++)
                s += values[l] * u[i * k + l] * v[j * k + l];
            assert_close(s, a[i * n + j], 0, 1e-12);
        }
    for (size_t l = 0; l < k; l++) {
        assert_true(values[l] >= 0 && (l == 0 || values[l] <= values[l - 1]));
        assert_true(l < rank ? values[l] > 1e-8 : values[l] < 1e-12);
        for (size_t o = 0; o <= l && l < rank; o++) {
            double uu = 0, vv = 0;
            for (size_t i = 0; i < m; i++)
                uu += u[i * k + l] * u[i * k + o];
            for (size_t j = 0; j < n; j++)
                vv += v[j * k + l] * v[j * k + o];
            assert_close(uu, l == o ? 1 : 0, 0, 1e-12);
            assert_close(vv, l == o ? 1 : 0, 0, 1e-12);
        }
    }
    assert_ok(skuai_svd(a, m, n, 1, u, w, part, scratch, &err), &err);
    assert_close(w[0], values[0], 1e-14, 0);
}

static void test_svd(void **state) {
    (void)state;
    /* Golub & Van Loan's example of known values: {{3, 2, 2}, {2, 3, -2}} has 5 and 3. */
    const double known[] = {3, 2, 2, 2, 3, -2};
    double u[4], values[2], v[6], scratch[SKUAI_SVD_SCRATCH(2, 3)];
    skua_error err;
    assert_ok(skuai_svd(known, 2, 3, 2, u, values, v, scratch, &err), &err);
    assert_close(values[0], 5, 1e-14, 0);
    assert_close(values[1], 3, 1e-14, 0);
    skuai_random random;
    skuai_random_init(&random, 21);
    static double a[MOST], left[MOST], right[MOST];
    const size_t shapes[][2] = {{1, 1},  {1, 6},  {6, 1},   {5, 5},
                                {20, 7}, {7, 20}, {60, 12}, {12, 60}};
    for (size_t i = 0; i < 8; i++) {
        size_t m = shapes[i][0], n = shapes[i][1], k = m < n ? m : n;
        fill(&random, a, m * n);
        check_svd(a, m, n, k);
        size_t rank = k > 2 ? 2 : k; /* of rank 2 */
        fill(&random, left, m * rank);
        fill(&random, right, rank * n);
        skuai_matrix_product(left, right, m, rank, n, a);
        check_svd(a, m, n, rank);
    }
    memset(a, 0, sizeof a);
    check_svd(a, 6, 4, 0);
    a[0] = NAN;
    assert_int_equal(skuai_svd(a, 2, 3, 2, u, values, v, scratch, &err), SKUA_EDATA);
    assert_int_equal(skuai_svd(known, 2, 3, 3, u, values, v, scratch, &err), SKUA_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products), cmocka_unit_test(test_cholesky),
        cmocka_unit_test(test_line),     cmocka_unit_test(test_least_squares),
        cmocka_unit_test(test_eigen),    cmocka_unit_test(test_svd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
