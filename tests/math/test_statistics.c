/* Moments, sorting, quantiles and correlations against hand calculation, and their properties. */
#include "golden.h"

#include "core/random.h"
#include "math/statistics.h"

#include <math.h>

static void test_moments(void **state) {
    (void)state;
    const double x[] = {2, NAN, 4, 4, NAN, 4, 5, 5, 7, 9};
    assert_int_equal(skuai_count(x, 10), 8);
    assert_close(skuai_sum(x, 10), 40, 0, 0);
    assert_close(skuai_mean(x, 10), 5, 0, 0);
    assert_close(skuai_variance(x, 10, 0), 4, 0, 0);
    assert_close(skuai_variance(x, 10, 1), 32.0 / 7, 1e-15, 0);
    assert_close(skuai_deviation(x, 10, 0), 2, 0, 0);
    double low = 1, high = 1;
    assert_true(skuai_range(x, 10, &low, &high));
    assert_close(low, 2, 0, 0);
    assert_close(high, 9, 0, 0);
    assert_false(skuai_range(x + 1, 1, &low, &high));
    assert_true(isnan(skuai_mean(x, 0)) && isnan(skuai_mean(x + 1, 1)));
    assert_true(isnan(skuai_variance(x, 1, 1)));
    assert_close(skuai_variance(x, 1, 0), 0, 0, 0);
    const double far[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}; /* no cancellation */
    assert_close(skuai_variance(far, 4, 1), 30, 1e-12, 0);
    const double coarse[] = {1e16, 1e16 + 2, 1e16 + 4, 1e16 + 8}; /* whose mean is no double */
    assert_close(skuai_variance(coarse, 4, 1), 35.0 / 3, 1e-12, 0);
}

/* numpy.quantile([1, 3, 4, 8], p), and weights by numpy's method="inverted_cdf". */
static void test_quantiles(void **state) {
    (void)state;
    const double x[] = {8, NAN, 1, 4, 3};
    double scratch[5];
    size_t index[5];
    assert_close(skuai_quantile(x, 5, 0, scratch), 1, 0, 0);
    assert_close(skuai_quantile(x, 5, 0.1, scratch), 1.6, 1e-15, 0);
    assert_close(skuai_quantile(x, 5, 0.9, scratch), 6.8, 1e-15, 0);
    assert_close(skuai_quantile(x, 5, 1, scratch), 8, 0, 0);
    assert_close(skuai_median(x, 5, scratch), 3.5, 0, 0);
    assert_close(skuai_median_deviation(x, 5, scratch), 1.5, 0, 0); /* of 2.5 .5 .5 4.5 */
    assert_true(isnan(skuai_quantile(x, 5, 1.1, scratch)));
    assert_true(isnan(skuai_quantile(x, 5, NAN, scratch)));
    assert_true(isnan(skuai_median(x + 1, 1, scratch)));
    const double weight[] = {1, 5, 2, NAN, 3}; /* 1 of 2, 3 of 3, 8 of 1 */
    assert_close(skuai_quantile_weighted(x, weight, 5, 0.33, index), 1, 0, 0);
    assert_close(skuai_quantile_weighted(x, weight, 5, 0.34, index), 3, 0, 0);
    assert_close(skuai_quantile_weighted(x, weight, 5, 0.84, index), 8, 0, 0);
    assert_close(skuai_quantile_weighted(x, weight, 5, 0, index), 1, 0, 0);
    assert_true(isnan(skuai_quantile_weighted(x, weight, 0, 0.5, index)));
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Random, tied, sorted, reversed, organ-pipe and NaN-ridden arrays beside libc's qsort. */
static void test_sorting(void **state) {
    (void)state;
    enum { MOST = 3000 };
    static double x[MOST], sorted[MOST], scratch[MOST], rank[MOST];
    static size_t index[MOST];
    skuai_random random;
    skuai_random_init(&random, 3);
    for (size_t n = 0; n <= MOST; n = n < 40 ? n + 1 : n * 2 + 7)
        for (int kind = 0; kind < 7; kind++) {
            for (size_t i = 0; i < n; i++)
                x[i] = kind == 0   ? skuai_random_normal(&random)
                       : kind == 1 ? (double)skuai_random_index(&random, 4)
                       : kind == 2 ? (double)i
                       : kind == 3 ? -(double)i
                       : kind == 4 ? (double)(i < n / 2 ? i : n - i)
                       : kind == 5 ? 7
                                   : (skuai_random_uniform(&random) < 0.2 ? -INFINITY : (double)i);
            memcpy(sorted, x, n * sizeof *x);
            qsort(sorted, n, sizeof *sorted, compare);
            memcpy(scratch, x, n * sizeof *x);
            skuai_sort(scratch, n);
            skuai_sort_index(x, n, index);
            for (size_t i = 0; i < n; i++) {
                assert_true(scratch[i] == sorted[i] && x[index[i]] == sorted[i]);
                assert_true(i == 0 || x[index[i - 1]] < x[index[i]] || index[i - 1] < index[i]);
            }
            skuai_rank(x, n, rank, index);
            double sum = 0;
            for (size_t i = 0; i < n; i++)
                sum += rank[i];
            assert_close(sum, 0.5 * (double)n * ((double)n + 1), 1e-12, 1e-12);
            for (size_t i = 0; i < n; i += 1 + n / 5) {
                double p = (double)i / (double)n;
                assert_close(skuai_quantile(x, n, p, scratch), skuai_quantile_sorted(sorted, n, p),
                             1e-15, 0);
            }
        }
    double holes[] = {NAN, 2, NAN, 1};
    skuai_sort(holes, 4);
    assert_true(holes[0] == 1 && holes[1] == 2 && isnan(holes[2]) && isnan(holes[3]));
    const double tied[] = {10, 20, NAN, 20, 5}, ranks[] = {2, 3.5, 3.5, 1};
    skuai_rank(tied, 5, rank, index);
    assert_true(isnan(rank[2]));
    rank[2] = rank[3];
    rank[3] = rank[4];
    assert_close_array(rank, ranks, 4, 0, 0);
}

static void test_pairs(void **state) {
    (void)state;
    const double x[] = {1, 2, 3, 4, NAN}, y[] = {2, 1, 4, 3, 100};
    assert_close(skuai_correlation(x, y, 5), 0.6, 1e-15, 0);
    assert_close(skuai_correlation(x, x, 5), 1, 1e-15, 0);
    assert_true(isnan(skuai_correlation(x, y, 1)));
    const double flat[] = {3, 3, 3, 3, 3};
    assert_true(isnan(skuai_correlation(x, flat, 5)));
    /* deviations -1.5 -.5 .5 1.5: (0.75 - 0.25 + 0.75) / 5 */
    assert_close(skuai_autocorrelation(x, 4, 1), 0.25, 1e-15, 0);
    assert_close(skuai_autocorrelation(x, 4, 0), 1, 1e-15, 0);
    assert_true(isnan(skuai_autocorrelation(x, 4, 4)) && isnan(skuai_autocorrelation(flat, 5, 1)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments), cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_sorting), cmocka_unit_test(test_pairs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
