/* The predictive distribution of counts: against room math's laws, by hand, and as a distribution.
 */
#include "support/support.h"

#include "math/distribution.h"
#include "stat/intermittent/count_mixture.h"

#include <math.h>

/* Without history and zeros the mixture is its law. */
static skuai_count_mixture law(double mean, double excess) {
    return (skuai_count_mixture){.mean = mean, .excess = excess, .concentration = 1};
}

static void small_means_are_exact(void **state) {
    (void)state;
    const double means[] = {0.01, 0.7, 4, 55}, excesses[] = {0.05, 0.8, 6};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            skuai_count_mixture m = law(means[i], excesses[j]);
            for (double x = 0; x < 200; x += 7) {
                double size = 1 / excesses[j];
                assert_close(skuai_count_mixture_cdf(&m, x),
                             skuai_negative_binomial_cdf(x, means[i], size), 1e-10, 1e-12);
                assert_close(skuai_count_mixture_mass(&m, x, x),
                             skuai_negative_binomial_pmf(x, means[i], size), 1e-9, 1e-14);
            }
        }
    }
    skuai_count_mixture poisson = law(3, 0);
    assert_close(skuai_count_mixture_cdf(&poisson, 2), skuai_poisson_cdf(2, 3), 1e-12, 0);
}

/* The gamma law with continuity correction stays within 0.01 of the negative binomial. */
static void large_means_are_close(void **state) {
    (void)state;
    const double means[] = {61, 300, 20000}, excesses[] = {1e-6, 0.01, 0.2, 1};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            skuai_count_mixture m = law(means[i], excesses[j]);
            for (double p = 0.02; p < 1; p += 0.06) {
                double x = skuai_negative_binomial_quantile(p, means[i], 1 / excesses[j]);
                assert_close(skuai_count_mixture_cdf(&m, x),
                             skuai_negative_binomial_cdf(x, means[i], 1 / excesses[j]), 0, 0.01);
            }
        }
    }
}

/* z = 0.2, values 0 and 3 with weights 1 and 2, law Poisson(1) of weight 1. */
static void mixture_by_hand(void **state) {
    (void)state;
    const double value[] = {0, 3}, weight[] = {1, 2};
    skuai_count_mixture m = {.zero = 0.2,
                             .mean = 1,
                             .concentration = 1,
                             .value = value,
                             .weight = weight,
                             .n = 2,
                             .weight_sum = 3};
    double e = exp(-1);
    assert_close(skuai_count_mixture_cdf(&m, 0), 0.2 + 0.8 * (1 + e) / 4, 1e-12, 0);
    assert_close(skuai_count_mixture_cdf(&m, 3), 0.2 + 0.8 * (3 + 8 * e / 3) / 4, 1e-12, 0);
    assert_close(skuai_count_mixture_mass(&m, 0, 0), 0.2 + 0.8 * (1 + e) / 4, 1e-12, 0);
    assert_close(skuai_count_mixture_mass(&m, 3, 3), 0.8 * (2 + e / 6) / 4, 1e-12, 0);
    assert_close(skuai_count_mixture_mean(&m), 0.8 * (6 + 1) / 4, 1e-12, 0);
    assert_close(skuai_count_mixture_cdf(&m, -1), 0, 0, 0);
    const double levels[] = {0.1, 0.47, 0.48, 0.55, 0.9};
    double q[5];
    skuai_count_mixture_quantiles(&m, levels, 5, q);
    const double expected[] = {0, 0, 1, 2, 3}; /* F: .4736 .5471 .5839 .9962 */
    assert_close_array(q, expected, 5, 0, 0);
}

/* The least whole number that reaches the level, on both sides of the change of law. */
static void quantiles_invert_the_distribution(void **state) {
    (void)state;
    const double value[] = {0, 5, 80, 100, 140}, weight[] = {0.1, 0.2, 0.3, 0.5, 1};
    const double levels[] = {0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999};
    double q[7];
    size_t checked = 0;
    for (double mean = 0.01; mean < 5000; mean *= 2.3) {
        for (double excess = 1e-6; excess < 20; excess *= 9) {
            for (double zero = 0; zero < 0.5; zero += 0.3) {
                skuai_count_mixture m = {zero, mean, excess, 2, value, weight, 5, 2.1};
                skuai_count_mixture_quantiles(&m, levels, 7, q);
                for (size_t i = 0; i < 7; i++, checked++) {
                    assert_true(skuai_count_mixture_cdf(&m, q[i]) >= levels[i] - 1e-9);
                    if (q[i] > 0) assert_true(skuai_count_mixture_cdf(&m, q[i] - 1) < levels[i]);
                }
            }
        }
    }
    assert_true(checked > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_means_are_exact),
        cmocka_unit_test(large_means_are_close),
        cmocka_unit_test(mixture_by_hand),
        cmocka_unit_test(quantiles_invert_the_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
