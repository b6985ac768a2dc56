/* Reconciliation against sums worked by hand, and a dense solution of the normal equations. */
#include "support/support.h"

#include "core/random.h"
#include "forecast/reconciliation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two series say 10 and 20 with variances 1 and 3, their sum says 34 with variance 4. The gap of 4
 * is shared in proportion to the variances: 4 * 1 / 8 and 4 * 3 / 8; the sum gives up 4 * 4 / 8. */
static void a_gap_is_shared_by_variance(void **state) {
    (void)state;
    const int32_t all[2] = {0, 0};
    const double forecast[2] = {10, 20}, variance[2] = {1, 3}, total[1] = {34}, above[1] = {4};
    skuai_hierarchy_level level = {1, all, total, above};
    double result[2];
    skua_error err;
    assert_ok(skuai_reconcile(forecast, variance, 2, &level, 1, 0, result, &err), &err);
    assert_close(result[0], 10.5, 1e-9, 0);
    assert_close(result[1], 21.5, 1e-9, 0);
    assert_ok(skuai_reconcile(forecast, variance, 2, NULL, 0, 0, result, &err), &err);
    assert_memory_equal(result, forecast, sizeof result); /* bottom-up */
    const double unknown[1] = {NAN};
    level.forecast = unknown;
    assert_ok(skuai_reconcile(forecast, variance, 2, &level, 1, 0, result, &err), &err);
    assert_memory_equal(result, forecast, sizeof result);
    const double none[1] = {0};
    level.forecast = total;
    level.variance = none;
    assert_int_equal(skuai_reconcile(forecast, variance, 2, &level, 1, 0, result, &err),
                     SKUA_EDATA);
}

enum { N = 12, LEVELS = 3 };

/* Gaussian elimination. */
static void solve_dense(double a[N][N + 1], double *x) {
    for (size_t k = 0; k < N; k++)
        for (size_t i = k + 1; i < N; i++)
            for (size_t j = N + 1; j-- > k;)
                a[i][j] -= a[k][j] * a[i][k] / a[k][k];
    for (size_t k = N; k-- > 0;) {
        x[k] = a[k][N];
        for (size_t j = k + 1; j < N; j++)
            x[k] -= a[k][j] * x[j];
        x[k] /= a[k][k];
    }
}

/* Crossed levels (category, channel, total), variances over four orders of magnitude. */
static void crossed_levels_are_solved(void **state) {
    (void)state;
    static const size_t groups[LEVELS] = {3, 4, 1};
    int32_t group[LEVELS][N];
    double forecast[N], variance[N], above[LEVELS][4], spread[LEVELS][4], a[N][N + 1], x[N],
        result[N];
    skuai_hierarchy_level levels[LEVELS];
    skuai_random r;
    skua_error err;
    skuai_random_init(&r, 3);
    memset(a, 0, sizeof a);
    for (size_t i = 0; i < N; i++) {
        forecast[i] = 10 * skuai_random_uniform(&r);
        variance[i] = pow(10, 4 * skuai_random_uniform(&r) - 2);
        a[i][i] = 1 / variance[i];
        a[i][N] = forecast[i] / variance[i];
    }
    for (size_t k = 0; k < LEVELS; k++) {
        levels[k] = (skuai_hierarchy_level){groups[k], group[k], above[k], spread[k]};
        for (size_t i = 0; i < N; i++)
            group[k][i] = (int32_t)(k == 0 ? i / 4 : k == 1 ? i % 4 : 0);
        group[0][11] = -1; /* one item has no category */
        for (size_t g = 0; g < groups[k]; g++) {
            above[k][g] = 40 * skuai_random_uniform(&r);
            spread[k][g] = pow(10, 4 * skuai_random_uniform(&r) - 2);
        }
        for (size_t i = 0; i < N; i++) {
            if (group[k][i] < 0) continue;
            a[i][N] += above[k][group[k][i]] / spread[k][group[k][i]];
            for (size_t j = 0; j < N; j++)
                if (group[k][i] == group[k][j]) a[i][j] += 1 / spread[k][group[k][i]];
        }
    }
    solve_dense(a, x);
    assert_ok(
        skuai_reconcile(forecast, variance, N, levels, LEVELS, -(double)INFINITY, result, &err),
        &err);
    for (size_t i = 0; i < N; i++)
        assert_close(result[i], x[i], 1e-6, 1e-6);
}

static void quantiles_move_along(void **state) {
    (void)state;
    static const double levels[3] = {0.1, 0.5, 0.9};
    double mean[2] = {4, -1}, quantiles[6] = {0, 2, 6, 1, 2, 5}, copula[1] = {0};
    skuai_forecast f = {.n_series = 1,
                        .horizon = 2,
                        .n_quantiles = 3,
                        .mean = mean,
                        .quantiles = quantiles,
                        .autocorrelation = copula};
    const double now[2] = {6, 2};
    (void)levels;
    skuai_reconcile_move(now, 0, &f);
    static const double expected[6] = {0, 3, 9, 4, 5, 8}; /* by factor; by difference */
    for (size_t i = 0; i < 6; i++)
        assert_close(quantiles[i], expected[i], 1e-12, 1e-12);
    assert_close(mean[0], 6, 0, 0);
    assert_close(mean[1], 2, 0, 0);
}

/* -- With correlated errors ----------------------------------------------------------------------
 */

/* The numbers of a row of golden/reconcile/case.tsv, at most 256. */
static size_t golden(const char *name, double *x) {
    static char line[1 << 16], path[600];
    FILE *file = fopen(test_source("tests/golden/reconcile/case.tsv", path, sizeof path), "r");
    size_t n = 0;
    assert_non_null(file);
    while (n == 0 && fgets(line, sizeof line, file)) {
        char *at = line + strcspn(line, "\t");
        if ((size_t)(at - line) != strlen(name) || strncmp(line, name, strlen(name)) != 0) continue;
        while (*at == '\t' && n < 256)
            x[n++] = strtod(at + 1, &at);
    }
    (void)fclose(file);
    assert_true(n > 0);
    return n;
}

static void correlated_errors_as_numpy_has_them(void **state) {
    (void)state;
    static double sizes[256], group[2][256], errors[256], variance[256], base[256], shrinkage[256],
        expected[256], result[256];
    static int32_t groups[2][16];
    skuai_error_correlation c;
    skua_error err;
    (void)golden("n", sizes);
    size_t n = (size_t)sizes[0], T = (size_t)sizes[1], nodes = (size_t)sizes[2];
    (void)golden("group0", group[0]);
    (void)golden("group1", group[1]);
    assert_int_equal(golden("errors", errors), T * nodes);
    (void)golden("variance", variance);
    (void)golden("base", base);
    (void)golden("shrinkage", shrinkage);
    (void)golden("result", expected);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 2; k++)
            groups[k][i] = (int32_t)group[k][i];
    skuai_hierarchy_level levels[] = {{3, groups[0], base + n, variance + n},
                                      {1, groups[1], base + n + 3, variance + n + 3}};
    assert_ok(skuai_error_correlation_make(errors, T, nodes, &c, &err), &err);
    assert_close(c.shrinkage, shrinkage[0], 1e-9, 0);
    assert_true(c.shrinkage > 0.05 && c.shrinkage < 0.95); /* it is not one of the ends */
    assert_ok(skuai_reconcile_correlated(base, variance, n, levels, 2, &c, -INFINITY, result, &err),
              &err);
    assert_close_array(result, expected, n, 1e-8, 0);
    assert_int_equal(skuai_reconcile_correlated(base, variance, n, levels, 1, &c, 0, result, &err),
                     SKUA_EINVAL);
    skuai_error_correlation_clear(&c);
    /* errors that are not known correlate with none: the diagonal covariance */
    double diagonal[16];
    for (size_t i = 0; i < T * nodes; i++)
        errors[i] = (double)NAN;
    assert_ok(skuai_error_correlation_make(errors, T, nodes, &c, &err), &err);
    assert_close(c.shrinkage, 1, 0, 0);
    assert_ok(skuai_reconcile_correlated(base, variance, n, levels, 2, &c, -INFINITY, result, &err),
              &err);
    assert_ok(skuai_reconcile(base, variance, n, levels, 2, -INFINITY, diagonal, &err), &err);
    assert_close_array(result, diagonal, n, 1e-9, 0);
    skuai_error_correlation_clear(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_is_shared_by_variance),
        cmocka_unit_test(crossed_levels_are_solved),
        cmocka_unit_test(quantiles_move_along),
        cmocka_unit_test(correlated_errors_as_numpy_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
