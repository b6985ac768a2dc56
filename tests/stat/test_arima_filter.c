/* The ARMA filter beside the dense covariance matrix: autocovariances summed from psi weights,
 * innovations by Cholesky. */
#include "math/linear.h"
#include "stat/arima/arma_filter.h"
#include "support/support.h"

#include <math.h>
#include <string.h>

#define N 40

typedef struct process {
    size_t p, q;
    double ar[14], ma[14];
} process;

static const process processes[] = {
    {0, 0, {0}, {0}},
    {1, 0, {0.9}, {0}},
    {0, 1, {0}, {-0.95}},
    {2, 1, {1.2, -0.5}, {0.4}},
    {1, 3, {-0.6}, {0.5, 0, 0.3}},
    {0, 13, {0}, {-0.4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -0.6, 0.24}},
    {13, 1, {0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.4, -0.2}, {0.3}},
};
#define N_PROCESSES (sizeof processes / sizeof *processes)

/* gamma [n] from the definition: sum of products of psi weights. */
static void autocovariances(const process *a, size_t n, double *gamma) {
    enum { LONG = 4000 };
    static double psi[LONG];
    for (size_t k = 0; k < LONG; k++) {
        psi[k] = k == 0 ? 1 : k <= a->q ? a->ma[k - 1] : 0;
        for (size_t j = 1; j <= a->p && j <= k; j++)
            psi[k] += a->ar[j - 1] * psi[k - j];
    }
    for (size_t k = 0; k < n; k++) {
        gamma[k] = 0;
        for (size_t i = 0; i + k < LONG; i++)
            gamma[k] += psi[i] * psi[i + k];
    }
}

static void values_of(double *y) {
    for (size_t t = 0; t < N; t++)
        y[t] = sin(1.7 * (double)t) + 0.3 * cos(0.2 * (double)(t * t));
}

static skuai_arma_filter *filter_of(const process *a, skuai_arena *arena) {
    skuai_arma_filter *filter = skuai_arma_filter_new(arena, 14, 2);
    assert_non_null(filter);
    assert_true(skuai_arma_filter_set(filter, a->ar, a->p, a->ma, a->q));
    return filter;
}

static void check_process(const process *a, double tolerance) {
    skuai_arena *arena = skuai_arena_new(0);
    skuai_arma_filter *filter = filter_of(a, arena);
    double gamma[N + 1], y[2][N], e[2][N], l[N * N], determinant = 0, expected = 0;
    autocovariances(a, N + 1, gamma);
    assert_close_array(filter->gamma, gamma, filter->dimension + 1, 1e-9, 1e-9);
    values_of(y[0]);
    for (size_t t = 0; t < N; t++)
        y[1][t] = 1;
    const double *const values[] = {y[0], y[1]};
    double *const innovations[] = {e[0], e[1]};
    assert_true(skuai_arma_filter_run(filter, N, 2, values, innovations, tolerance, &determinant));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            l[i * N + j] = gamma[i > j ? i - j : j - i];
    assert_int_equal(skuai_cholesky(l, N, NULL), SKUA_OK);
    for (int c = 0; c < 2; c++) {
        double z[N]; /* L z = y: z are the scaled innovations */
        for (size_t i = 0; i < N; i++) {
            z[i] = y[c][i];
            for (size_t j = 0; j < i; j++)
                z[i] -= l[i * N + j] * z[j];
            z[i] /= l[i * N + i];
        }
        assert_close_array(e[c], z, N, 1e-6, 1e-6);
    }
    for (size_t i = 0; i < N; i++)
        expected += 2 * log(l[i * N + i]);
    assert_close(determinant, expected, 1e-8, 1e-7);
    skuai_arena_free(arena);
}

static void test_innovations(void **state) {
    (void)state;
    for (size_t i = 0; i < N_PROCESSES; i++) {
        check_process(&processes[i], -1);   /* never steady */
        check_process(&processes[i], 1e-9); /* as soon as it may */
    }
}

/* The state's variance after n periods, from the joint covariance of past and future. */
static void test_variance(void **state) {
    (void)state;
    for (size_t i = 0; i < N_PROCESSES; i++) {
        skuai_arena *arena = skuai_arena_new(0);
        skuai_arma_filter *filter = filter_of(&processes[i], arena);
        size_t r = filter->dimension, n = 20;
        double gamma[64], past[N * N], variance[14 * 14], psi_part, b[N], c[N];
        autocovariances(&processes[i], 64, gamma);
        assert_true(skuai_arma_filter_variance(filter, n, variance));
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < n; k++)
                past[j * n + k] = gamma[j > k ? j - k : k - j];
        assert_int_equal(skuai_cholesky(past, n, NULL), SKUA_OK);
        for (size_t h = 0; h < r; h++)
            for (size_t g = 0; g < r; g++) {
                for (size_t j = 0; j < n; j++) {
                    b[j] = c[j] = gamma[n - j + h];
                    c[j] = gamma[n - j + g];
                }
                skuai_cholesky_solve(past, n, b);
                psi_part = 0; /* what is new after the past is not the state's */
                for (size_t k = 0; k <= (h < g ? h : g); k++)
                    psi_part += filter->psi[h - k] * filter->psi[g - k];
                double expected = gamma[h > g ? h - g : g - h] - skuai_dot(b, c, n) - psi_part;
                assert_close(variance[h * r + g], expected, 1e-6, 1e-7);
            }
        skuai_arena_free(arena);
    }
}

static void test_refusals(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_arma_filter *filter = skuai_arma_filter_new(arena, 2, 1);
    assert_non_null(filter);
    double unit[] = {1.0}, explosive[] = {0.5, 0.6}, none[] = {0}, broken[] = {NAN};
    assert_false(skuai_arma_filter_set(filter, unit, 1, none, 0));
    assert_false(skuai_arma_filter_set(filter, explosive, 2, none, 0));
    assert_false(skuai_arma_filter_set(filter, broken, 1, none, 0));
    assert_false(skuai_arma_filter_set(filter, none, 0, broken, 1));
    assert_false(skuai_arma_filter_set(filter, none, 3, none, 0)); /* more than it holds */
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_innovations),
        cmocka_unit_test(test_variance),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
