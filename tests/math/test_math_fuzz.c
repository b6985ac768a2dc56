/* Every function of the room on arrays that nobody should send: empty, tiny, constant, missing,
 * infinite, huge. Nothing crashes (the sanitizer build looks closer), a failure leaves the outputs
 * as they were, and a success is finite. */
#include "golden.h"

#include "core/random.h"
#include "math/box_cox.h"
#include "math/change_point.h"
#include "math/correlogram.h"
#include "math/distribution.h"
#include "math/fourier.h"
#include "math/linear.h"
#include "math/optimise.h"
#include "math/season.h"
#include "math/series_feature.h"
#include "math/special.h"
#include "math/stationarity.h"
#include "math/statistics.h"
#include "math/stl.h"

#include <math.h>

enum { MOST = 64, TRIALS = 6000 };
static const double SENTINEL = -12345.678;

typedef struct bench {
    skuai_random random;
    skuai_arena *arena;
    double y[MOST];
    size_t n;
} bench;

static double odd_number(skuai_random *random) {
    static const double odd[] = {NAN,     INFINITY, -INFINITY, 0,    -0.0, 1e300, -1e300,
                                 1e-300,  1e-320,   1,         -1,   0.5,  2,     1e17,
                                 1.7e308, -1.7e308, 7,         1e-9, 52,   3};
    return odd[skuai_random_index(random, sizeof odd / sizeof odd[0])];
}

static void make_array(bench *b) {
    size_t kind = skuai_random_index(&b->random, 10);
    b->n = skuai_random_index(&b->random, kind == 9 ? 5 : MOST + 1);
    double scale = kind == 6 ? 1e300 : kind == 7 ? 1e-300 : 1, constant = odd_number(&b->random);
    for (size_t i = 0; i < b->n; i++) {
        double u = skuai_random_uniform(&b->random);
        b->y[i] = kind == 0   ? constant
                  : kind == 1 ? odd_number(&b->random)
                  : kind == 2 ? skuai_random_poisson(&b->random, 0.2)
                  : kind == 3 ? (double)(i % 7)
                  : kind == 4 ? (u < 0.1 ? NAN : u)
                  : kind == 5 ? (u < 0.05 ? odd_number(&b->random) : u)
                  : kind == 8 ? (double)i
                              : scale * skuai_random_normal(&b->random);
    }
}

static void set_sentinel(double *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] = SENTINEL;
}

/* On success n finite numbers, on failure untouched ones. */
static void check(skua_status status, const double *out, size_t n) {
    assert_true(status == SKUA_OK || status == SKUA_EDATA || status == SKUA_EINVAL ||
                status == SKUA_ESINGULAR);
    for (size_t i = 0; i < n; i++)
        assert_true(status == SKUA_OK ? isfinite(out[i]) : out[i] == SENTINEL);
}

static void try_statistics(bench *b) {
    double x[MOST], out[MOST], low, high;
    size_t index[MOST], n = b->n;
    memcpy(x, b->y, n * sizeof *x);
    skuai_sort(x, n);
    for (size_t i = 1; i < n; i++)
        assert_true(x[i - 1] <= x[i] || isnan(x[i]));
    size_t count = skuai_count(b->y, n);
    double p = skuai_random_uniform(&b->random), q = skuai_quantile(b->y, n, p, out);
    assert_true(count == 0 ? isnan(q) : q >= x[0] && q <= x[count - 1]);
    double d = skuai_median_deviation(b->y, n, out);
    assert_true(count == 0 || !(d < 0));
    skuai_rank(b->y, n, out, index);
    assert_true(skuai_range(b->y, n, &low, &high) == (count > 0));
    if (count > 0) assert_true(low == x[0] && high == x[count - 1]);
    assert_true(!(skuai_variance(b->y, n, 1) < 0));
    double r = skuai_correlation(b->y, x, n), a = skuai_autocorrelation(b->y, n, 1);
    assert_true(!(fabs(r) > 1) && !(fabs(a) > 1 + 1e-9));
    q = skuai_quantile_weighted(b->y, x, n, p, index);
    assert_true(isnan(q) || (q >= low && q <= high));
}

static void try_decompositions(bench *b) {
    double out[4 * MOST];
    skua_error err;
    size_t period = skuai_random_index(&b->random, 12), n = b->n;
    skuai_stl_options o = {.period = period,
                           .robust = skuai_random_index(&b->random, 2) == 1,
                           .periodic = skuai_random_index(&b->random, 2) == 1,
                           .fast = skuai_random_index(&b->random, 2) == 1,
                           .seasonal = skuai_random_index(&b->random, 12),
                           .trend_degree = -(int)skuai_random_index(&b->random, 2)};
    set_sentinel(out, 4 * MOST);
    check(skuai_stl(b->y, n, &o, b->arena, out, out + n, out + 2 * n, &err), out, 3 * n);
    set_sentinel(out, 4 * MOST);
    const size_t periods[] = {period, period + 5};
    check(skuai_mstl(b->y, n, periods, NULL, 2, NULL, b->arena, out, out + 2 * n, &err), out,
          3 * n);
    size_t differences = 9;
    (void)!skuai_seasonal_differences_needed(b->y, n, period, b->arena, &differences, &err);
    assert_true(differences == 9 || differences <= 1);
    if (n > 0) assert_in_range(skuai_differences_needed(b->y, n, 2, out), 0, 2);
    skuai_series_features f = {.entropy = SENTINEL};
    skua_status status = skuai_series_describe(b->y, n, period, b->arena, &f, &err);
    check(status, &f.entropy, 1);
    if (status == SKUA_OK)
        assert_true(f.trend_strength >= 0 && f.trend_strength <= 1 && f.seasonal_strength >= 0 &&
                    f.seasonal_strength <= 1);
    (void)skuai_demand_describe(b->y, n);
}

static void try_tests(bench *b) {
    double out[MOST + 1], scratch[2 * MOST];
    skua_error err;
    size_t n = b->n, lags = skuai_random_index(&b->random, 12);
    skuai_deterministic terms = (skuai_deterministic)skuai_random_index(&b->random, 4);
    skuai_lag_choice choice = (skuai_lag_choice)skuai_random_index(&b->random, 4);
    skuai_adf_result adf = {.statistic = SENTINEL, .p_value = SENTINEL};
    skua_status status = skuai_adf_test(
        b->y, n, terms, choice, lags == 0 ? SKUAI_LAGS_DEFAULT : lags, b->arena, &adf, &err);
    check(status, &adf.p_value, 1);
    assert_true(status != SKUA_OK || (adf.p_value >= 0 && adf.p_value <= 1));
    skuai_kpss_result kpss = {.statistic = SENTINEL};
    check(skuai_kpss_test(b->y, n, terms, lags == 0 ? SKUAI_KPSS_LAGS_AUTO : lags, scratch, &kpss,
                          &err),
          &kpss.statistic, 1);
    set_sentinel(out, MOST + 1);
    check(skuai_autocorrelations(b->y, n, lags, lags % 2 == 0, b->arena, out, &err), out, lags + 1);
    set_sentinel(out, MOST + 1);
    check(skuai_partial_autocorrelations(b->y, n, lags, false, b->arena, out, &err), out, lags + 1);
    double lambda = SENTINEL;
    check(skuai_box_cox_guerrero(b->y, n, lags, -1, 2, scratch, &lambda, &err), &lambda, 1);
    lambda = SENTINEL;
    check(skuai_box_cox_likelihood(b->y, n, -1, 2, scratch, &lambda, &err), &lambda, 1);
}

static void try_searches(bench *b) {
    skua_error err;
    skuai_season seasons[SKUAI_SEASONS_MAX];
    size_t count = 99, changes[MOST], n = b->n;
    skua_status status = skuai_find_seasons(b->y, n, NULL, b->arena, seasons, &count, &err);
    assert_true(status == SKUA_OK ? count <= SKUAI_SEASONS_MAX : count == 99);
    for (size_t i = 0; status == SKUA_OK && i < count; i++)
        assert_true(seasons[i].period >= 3 && seasons[i].period <= n / 2);
    count = 99;
    skuai_change_options o = {.cost = (skuai_change_cost)skuai_random_index(&b->random, 2),
                              .least = skuai_random_index(&b->random, 5),
                              .penalty = skuai_random_uniform(&b->random)};
    status = skuai_change_points(b->y, n, &o, b->arena, changes, MOST, &count, &err);
    assert_true(status == SKUA_OK ? count < n : count == 99);
    for (size_t i = 0; status == SKUA_OK && i < count; i++)
        assert_true(changes[i] > 0 && changes[i] < n && (i == 0 || changes[i] > changes[i - 1]));
}

static void try_matrices(bench *b) {
    double a[MOST], u[MOST], v[MOST], values[8], scratch[4 * MOST], x[8], inverse[64];
    size_t m = 1 + skuai_random_index(&b->random, 8), n = 1 + skuai_random_index(&b->random, 8);
    skua_error err;
    for (size_t i = 0; i < MOST; i++)
        a[i] = b->n > 0 ? b->y[i % b->n] : 0;
    set_sentinel(values, 8);
    size_t k = m < n ? m : n;
    skua_status status = skuai_svd(a, m, n, k, u, values, v, scratch, &err);
    assert_true(status == SKUA_OK || status == SKUA_EDATA);
    for (size_t i = 0; i < k; i++)
        assert_true(status == SKUA_OK ? values[i] >= 0 : values[i] == SENTINEL);
    skuai_least_squares_fit fit;
    status = skuai_least_squares(a, u, m, n, 0, x, inverse, scratch, &fit, &err);
    assert_true(status == SKUA_EDATA || fit.rank <= k);
    (void)!skuai_eigen_symmetric(a, k, values, v, &err);
    (void)!skuai_cholesky(a, k, &err);
}

static void test_arrays(void **state) {
    (void)state;
    bench b = {.arena = skuai_arena_new(0)};
    assert_non_null(b.arena);
    skuai_random_init(&b.random, 20240608);
    for (size_t trial = 0; trial < TRIALS; trial++) {
        make_array(&b);
        try_statistics(&b);
        try_decompositions(&b);
        try_tests(&b);
        try_searches(&b);
        try_matrices(&b);
        skuai_arena_clear(b.arena);
    }
    skuai_arena_free(b.arena);
}

/* A probability is NaN or in [0, 1]; a quantile is NaN or in the support. */
static void test_distributions(void **state) {
    (void)state;
    skuai_random random;
    skuai_random_init(&random, 99);
    for (size_t trial = 0; trial < 4000; trial++) {
        double v[3];
        for (size_t i = 0; i < 3; i++) {
            v[i] = odd_number(&random);
            if (skuai_random_index(&random, 2)) v[i] = 20 * skuai_random_uniform(&random);
            if (fabs(v[i]) > 1e17) v[i] = copysign(INFINITY, v[i]);
        }
        const double p[] = {skuai_normal_cdf(v[0]),
                            skuai_student_cdf(v[0], v[1]),
                            skuai_gamma_cdf(v[0], v[1], v[2]),
                            skuai_beta_cdf(v[0], v[1], v[2]),
                            skuai_fisher_cdf(v[0], v[1], v[2]),
                            skuai_poisson_cdf(v[0], v[1]),
                            skuai_poisson_pmf(v[0], v[1]),
                            skuai_negative_binomial_cdf(v[0], v[1], v[2]),
                            skuai_negative_binomial_pmf(v[0], v[1], v[2]),
                            skuai_binomial_cdf(v[0], v[1], v[2]),
                            skuai_binomial_pmf(v[0], v[1], v[2])};
        for (size_t i = 0; i < sizeof p / sizeof p[0]; i++)
            assert_true(isnan(p[i]) || (p[i] >= 0 && p[i] <= 1 + 1e-12));
        double level = skuai_random_uniform(&random);
        const double q[] = {skuai_gamma_quantile(level, v[0], v[1]),
                            skuai_beta_quantile(level, v[0], v[1]),
                            skuai_poisson_quantile(level, v[0]),
                            skuai_negative_binomial_quantile(level, v[0], v[1]),
                            skuai_binomial_quantile(level, v[0], v[1])};
        for (size_t i = 0; i < sizeof q / sizeof q[0]; i++)
            assert_true(isnan(q[i]) || q[i] >= 0);
        assert_true(!(q[1] > 1));
        (void)skuai_student_quantile(level, v[0]);
        (void)skuai_box_cox(v[0], v[1]);
        (void)skuai_box_cox_inverse_mean(v[0], v[1], v[2]);
        (void)skuai_digamma(v[0]);
        (void)skuai_trigamma(v[0]);
    }
}

/* A function of noise, holes and cliffs: the minimisers come back with a point of the box. */
static double jumpy(const double *x, void *context) {
    skuai_random *random = context;
    double u = skuai_random_uniform(random);
    return u < 0.2 ? NAN : u < 0.3 ? INFINITY : u < 0.31 ? -1e300 : x[0] + u;
}

static double jumpy_1d(double x, void *context) {
    return jumpy(&x, context);
}

static void test_minimisers(void **state) {
    (void)state;
    skuai_random random;
    skuai_random_init(&random, 3);
    double scratch[SKUAI_SIMPLEX_SCRATCH(4) + SKUAI_BFGS_SCRATCH(4)];
    for (size_t trial = 0; trial < 500; trial++) {
        size_t n = 1 + trial % 4;
        double x[4] = {0, 9, -9, 0}, low[4] = {-1, -1, -1, 2}, high[4] = {1, 1, 1, 2};
        skuai_optimum r =
            skuai_minimise_simplex(jumpy, &random, x, n, low, high, NULL, NULL, scratch);
        for (size_t i = 0; i < n && r.value < INFINITY; i++)
            assert_true(x[i] >= low[i] && x[i] <= high[i]);
        assert_true(r.evaluations < 1000);
        (void)skuai_minimise_bfgs(jumpy, NULL, &random, x, n, NULL, scratch);
        double at = SENTINEL;
        (void)skuai_minimise_brent(jumpy_1d, &random, -2, 5, 0, &at);
        assert_true(at >= -2 && at <= 5);
        skua_error err;
        at = SENTINEL;
        skua_status status = skuai_root_brent(jumpy_1d, &random, -2, 5, 1e-9, &at, &err);
        assert_true(status == SKUA_OK ? at >= -2 && at <= 5 : at == SENTINEL);
    }
}

#ifdef SKUA_FAULT
/* Every function that takes an arena, letting its n-th allocation fail: the status says so, the
 * outputs stay, and the next try gives what an undisturbed one does. */
typedef skua_status (*arena_user)(bench *b, double *out, skua_error *err);

static skua_status use_mstl(bench *b, double *out, skua_error *err) {
    const size_t periods[] = {3, 7};
    return skuai_mstl(b->y, b->n, periods, NULL, 2, NULL, b->arena, out, out + 2 * b->n, err);
}
static skua_status use_adf(bench *b, double *out, skua_error *err) {
    skuai_adf_result r;
    skua_status status = skuai_adf_test(b->y, b->n, SKUAI_DETERMINISTIC_TREND, SKUAI_LAG_BIC,
                                        SKUAI_LAGS_DEFAULT, b->arena, &r, err);
    if (status == SKUA_OK) out[0] = r.p_value;
    return status;
}
static skua_status use_correlogram(bench *b, double *out, skua_error *err) {
    return skuai_partial_autocorrelations(b->y, b->n, 20, true, b->arena, out, err);
}
static skua_status use_features(bench *b, double *out, skua_error *err) {
    skuai_series_features f;
    skua_status status = skuai_series_describe(b->y, b->n, 7, b->arena, &f, err);
    if (status == SKUA_OK) out[0] = f.entropy;
    return status;
}
static skua_status use_differences(bench *b, double *out, skua_error *err) {
    size_t d;
    skua_status status = skuai_seasonal_differences_needed(b->y, b->n, 7, b->arena, &d, err);
    if (status == SKUA_OK) out[0] = (double)d;
    return status;
}
static skua_status use_seasons(bench *b, double *out, skua_error *err) {
    skuai_season seasons[SKUAI_SEASONS_MAX];
    size_t n_seasons;
    skua_status status = skuai_find_seasons(b->y, b->n, NULL, b->arena, seasons, &n_seasons, err);
    if (status == SKUA_OK) out[0] = (double)n_seasons;
    return status;
}
static skua_status use_changes(bench *b, double *out, skua_error *err) {
    skuai_change_options o = {.least = 3};
    size_t changes[MOST], n_changes;
    skua_status status =
        skuai_change_points(b->y, b->n, &o, b->arena, changes, MOST, &n_changes, err);
    if (status == SKUA_OK) out[0] = (double)n_changes;
    return status;
}

static void test_faults(void **state) {
    (void)state;
    const arena_user users[] = {use_mstl,        use_adf,     use_correlogram, use_features,
                                use_differences, use_seasons, use_changes};
    bench b = {.n = MOST};
    skuai_random_init(&b.random, 1);
    for (size_t i = 0; i < MOST; i++)
        b.y[i] = (double)(i % 7) + skuai_random_normal(&b.random);
    for (size_t u = 0; u < sizeof users / sizeof users[0]; u++) {
        double expected[4 * MOST], out[4 * MOST];
        size_t failures = 0;
        skua_error err;
        b.arena = skuai_arena_new(64);
        assert_non_null(b.arena);
        set_sentinel(expected, 4 * MOST);
        assert_ok(users[u](&b, expected, &err), &err);
        skuai_arena_free(b.arena);
        for (size_t at = 1;; at++) {
            b.arena = skuai_arena_new(64);
            assert_non_null(b.arena);
            set_sentinel(out, 4 * MOST);
            skuai_fault_set(at, true);
            skua_status status = users[u](&b, out, &err);
            size_t seen = skuai_fault_count();
            skuai_fault_set(0, false);
            assert_true(status == SKUA_OK || status == SKUA_ENOMEM);
            if (status != SKUA_OK) {
                failures++;
                for (size_t i = 0; i < 4 * MOST; i++)
                    assert_true(out[i] == SENTINEL);
                assert_ok(users[u](&b, out, &err), &err);
            }
            for (size_t i = 0; i < 4 * MOST; i++)
                assert_close(out[i], expected[i], 0, 0);
            skuai_arena_free(b.arena);
            if (seen < at) break;
        }
        assert_true(failures > 0);
    }
    assert_int_equal(skuai_fault_live(), 0);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef SKUA_FAULT
        cmocka_unit_test(test_faults),
#endif
        cmocka_unit_test(test_arrays), cmocka_unit_test(test_distributions),
        cmocka_unit_test(test_minimisers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
