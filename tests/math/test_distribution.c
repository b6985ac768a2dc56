/* Densities, distribution functions and quantiles beside scipy and mpmath (golden), and their
 * properties. */
#include "golden.h"

#include "core/random.h"
#include "math/distribution.h"
#include "math/fourier.h"
#include "math/special.h"

#include <math.h>

typedef struct function_row {
    const char *name;
    size_t n_arguments;
    double (*one)(double);
    double (*two)(double, double);
    double (*three)(double, double, double);
    double relative; /* tolerance */
} function_row;

/* 1e-11 where the reference itself (scipy, in double) loses digits in far tails, else 1e-12. */
static const function_row functions[] = {
    {.name = "normal-quantile", 1, .one = skuai_normal_quantile, .relative = 1e-14},
    {.name = "normal-cdf", 1, .one = skuai_normal_cdf, .relative = 1e-12},
    {.name = "log-gamma", 1, .one = skuai_log_gamma, .relative = 1e-13},
    {.name = "digamma", 1, .one = skuai_digamma, .relative = 1e-13},
    {.name = "trigamma", 1, .one = skuai_trigamma, .relative = 1e-13},
    {.name = "student-cdf", 2, .two = skuai_student_cdf, .relative = 1e-12},
    {.name = "student-pdf", 2, .two = skuai_student_pdf, .relative = 1e-12},
    {.name = "student-quantile", 2, .two = skuai_student_quantile, .relative = 1e-11},
    {.name = "gamma-cdf", 3, .three = skuai_gamma_cdf, .relative = 1e-11},
    {.name = "gamma-upper", 2, .two = skuai_gamma_upper, .relative = 1e-11},
    {.name = "gamma-pdf", 3, .three = skuai_gamma_pdf, .relative = 1e-9},
    {.name = "gamma-quantile", 3, .three = skuai_gamma_quantile, .relative = 1e-11},
    {.name = "beta-cdf", 3, .three = skuai_beta_cdf, .relative = 1e-11},
    {.name = "beta-pdf", 3, .three = skuai_beta_pdf, .relative = 1e-11},
    {.name = "beta-quantile", 3, .three = skuai_beta_quantile, .relative = 1e-11},
    {.name = "fisher-cdf", 3, .three = skuai_fisher_cdf, .relative = 1e-12},
    {.name = "chi-cdf", 2, .two = skuai_chi_squared_cdf, .relative = 1e-12},
    {.name = "poisson-pmf", 2, .two = skuai_poisson_pmf, .relative = 1e-10},
    {.name = "poisson-cdf", 2, .two = skuai_poisson_cdf, .relative = 1e-11},
    {.name = "poisson-quantile", 2, .two = skuai_poisson_quantile, .relative = 0},
    {.name = "negative-binomial-pmf", 3, .three = skuai_negative_binomial_pmf, .relative = 1e-11},
    {.name = "negative-binomial-cdf", 3, .three = skuai_negative_binomial_cdf, .relative = 1e-11},
    {.name = "negative-binomial-quantile",
     3,
     .three = skuai_negative_binomial_quantile,
     .relative = 0},
    {.name = "binomial-pmf", 3, .three = skuai_binomial_pmf, .relative = 1e-11},
    {.name = "binomial-cdf", 3, .three = skuai_binomial_cdf, .relative = 1e-11},
    {.name = "binomial-quantile", 3, .three = skuai_binomial_quantile, .relative = 0},
};
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

static double call(const function_row *f, const double *v) {
    return f->one ? f->one(v[0]) : f->two ? f->two(v[0], v[1]) : f->three(v[0], v[1], v[2]);
}

static void test_golden(void **state) {
    (void)state;
    golden g = golden_load("distribution.csv");
    size_t compared[N_FUNCTIONS] = {0};
    for (size_t i = 0; i < g.n; i++)
        for (size_t j = 0; j < N_FUNCTIONS; j++) {
            const function_row *f = &functions[j];
            if (strcmp(f->name, g.rows[i].name) != 0) continue;
            const double *v = g.rows[i].values;
            assert_int_equal(g.rows[i].n, f->n_arguments + 1);
            if (!test_close(call(f, v), v[f->n_arguments], f->relative, 1e-300))
                print_error("%s(%.17g, %.17g, ...)\n", f->name, v[0], v[1]);
            assert_close(call(f, v), v[f->n_arguments], f->relative, 1e-300);
            compared[j]++;
        }
    for (size_t j = 0; j < N_FUNCTIONS; j++)
        assert_true(compared[j] >= 4);
    golden_free(&g);
}

/* The exact tail of Fisher's statistic, from m equal ordinates beside one that has the share g. */
static void test_fisher_g(void **state) {
    (void)state;
    golden g = golden_load("distribution.csv");
    size_t compared = 0;
    double power[400];
    for (size_t i = 0; i < g.n; i++) {
        if (strcmp(g.rows[i].name, "fisher-g") != 0) continue;
        double share = g.rows[i].values[0], found, p;
        size_t m = (size_t)g.rows[i].values[1], at;
        for (size_t k = 0; k < m; k++)
            power[k] = (1 - share) / (double)(m - 1);
        power[m / 3] = share;
        skuai_fisher_g(power, m, &at, &found, &p);
        assert_int_equal(at, m / 3);
        assert_close(found, share, 1e-12, 0);
        assert_close(p, g.rows[i].values[2], 1e-9, 0);
        compared++;
    }
    assert_int_equal(compared, 5);
    golden_free(&g);
}

/* cdf(quantile(p)) = p for continuous laws; the least k with cdf(k) >= p for counts. */
static void test_inverse(void **state) {
    (void)state;
    const double shapes[] = {0.3, 1, 2.5, 17, 900};
    for (double p = 0.01; p < 1; p += 0.049)
        for (size_t i = 0; i < 5; i++) {
            double s = shapes[i];
            assert_close(skuai_normal_cdf(skuai_normal_quantile(p)), p, 1e-14, 0);
            assert_close(skuai_student_cdf(skuai_student_quantile(p, s), s), p, 1e-12, 0);
            assert_close(skuai_gamma_cdf(skuai_gamma_quantile(p, s, 3), s, 3), p, 1e-12, 0);
            assert_close(skuai_beta_cdf(skuai_beta_quantile(p, s, 1.7), s, 1.7), p, 1e-11, 0);
            double k = skuai_negative_binomial_quantile(p, 4 * s, s);
            assert_true(skuai_negative_binomial_cdf(k, 4 * s, s) >= p * (1 - 1e-13));
            assert_true(k == 0 || skuai_negative_binomial_cdf(k - 1, 4 * s, s) < p);
            k = skuai_poisson_quantile(p, 40 * s);
            assert_true(skuai_poisson_cdf(k, 40 * s) >= p * (1 - 1e-13));
            assert_true(k == 0 || skuai_poisson_cdf(k - 1, 40 * s) < p);
        }
}

/* Masses add up to the distribution function, and to 1. */
static void test_masses(void **state) {
    (void)state;
    double poisson = 0, negative = 0, binomial = 0;
    for (double k = 0; k <= 400; k++) {
        poisson += skuai_poisson_pmf(k, 9.5);
        negative += skuai_negative_binomial_pmf(k, 9.5, 1.5);
        binomial += skuai_binomial_pmf(k, 30, 0.3);
        if (k != 7 && k != 20) continue;
        assert_close(poisson, skuai_poisson_cdf(k, 9.5), 1e-12, 0);
        assert_close(negative, skuai_negative_binomial_cdf(k, 9.5, 1.5), 1e-12, 0);
        assert_close(binomial, skuai_binomial_cdf(k, 30, 0.3), 1e-12, 0);
    }
    assert_close(poisson, 1, 1e-12, 0);
    assert_close(negative, 1, 1e-12, 0);
    assert_close(binomial, 1, 1e-12, 0);
    assert_close(skuai_negative_binomial_pmf(3, 2, INFINITY), skuai_poisson_pmf(3, 2), 1e-15, 0);
}

/* core/random.h draws from the laws of this file: a chi-square of 30,000 draws in 12 cells stays
 * below the 1 - 1e-5 quantile of 11 degrees of freedom, 43.2. */
static void test_random_agrees(void **state) {
    (void)state;
    enum { DRAWS = 30000, CELLS = 12 };
    skuai_random random;
    skuai_random_init(&random, 2718);
    for (int law = 0; law < 3; law++) {
        double counts[CELLS] = {0}, chi = 0, before = 0;
        for (size_t i = 0; i < DRAWS; i++) {
            double k = law == 0   ? skuai_random_negative_binomial(&random, 4, 1.5)
                       : law == 1 ? skuai_random_poisson(&random, 4)
                                  : floor(2 * skuai_random_gamma(&random, 2.5));
            counts[k < CELLS - 1 ? (size_t)k : CELLS - 1]++;
        }
        for (size_t c = 0; c < CELLS; c++) {
            double k = (double)c;
            double cdf = c == CELLS - 1 ? 1
                         : law == 0     ? skuai_negative_binomial_cdf(k, 4, 1.5)
                         : law == 1     ? skuai_poisson_cdf(k, 4)
                                        : skuai_gamma_cdf((k + 1) / 2, 2.5, 1);
            double expected = DRAWS * (cdf - before);
            chi += (counts[c] - expected) * (counts[c] - expected) / expected;
            before = cdf;
        }
        assert_true(chi < 43.2);
        assert_true(skuai_chi_squared_cdf(43.2, 11) > 1 - 1.2e-5);
    }
}

static void test_edges(void **state) {
    (void)state;
    assert_true(skuai_normal_quantile(0) == -INFINITY && skuai_normal_quantile(1) == INFINITY);
    assert_true(isnan(skuai_normal_quantile(-0.1)) && isnan(skuai_normal_quantile(NAN)));
    assert_true(isnan(skuai_student_cdf(1, 0)) && isnan(skuai_gamma_cdf(1, -1, 1)));
    assert_true(isnan(skuai_poisson_pmf(1, -1)) && isnan(skuai_poisson_quantile(2, 1)));
    assert_true(isnan(skuai_negative_binomial_cdf(1, 1, 0)));
    assert_true(isnan(skuai_binomial_pmf(1, 2.5, 0.5)));
    assert_close(skuai_poisson_pmf(1.5, 1), 0, 0, 0);
    assert_close(skuai_poisson_quantile(0.99, 0), 0, 0, 0);
    assert_true(skuai_poisson_quantile(1, 3) == INFINITY);
    assert_close(skuai_binomial_quantile(1, 9, 0.2), 9, 0, 0);
    assert_close(skuai_gamma_cdf(0, 2, 1), 0, 0, 0);
    assert_close(skuai_gamma_cdf(INFINITY, 2, 1), 1, 0, 0);
    assert_close(skuai_student_cdf(-INFINITY, 4), 0, 0, 0);
    assert_close(skuai_beta_cdf(1, 2, 3), 1, 0, 0);
    assert_true(skuai_log_gamma(0) == INFINITY && isnan(skuai_log_gamma(-1)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),        cmocka_unit_test(test_fisher_g),
        cmocka_unit_test(test_inverse),       cmocka_unit_test(test_masses),
        cmocka_unit_test(test_random_agrees), cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
