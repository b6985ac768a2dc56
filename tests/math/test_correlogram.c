/* Fourier transforms, periodogram, autocorrelations and partial ones beside numpy and statsmodels
 * (golden), and their properties. */
#include "golden.h"

#include "core/random.h"
#include "math/correlogram.h"
#include "math/fourier.h"
#include "math/statistics.h"

#include <math.h>

enum { MAX = 2048 };

static void test_fourier_golden(void **state) {
    (void)state;
    golden series = golden_load("series.csv"), g = golden_load("correlogram.csv");
    const golden_row *walk = golden_find(&series, "walk"), *air = golden_find(&series, "air");
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    double real[MAX], imaginary[MAX], scratch[MAX];
    const size_t lengths[] = {1, 2, 5, 12, 16, 97, 100};
    for (size_t i = 0; i < 7; i++) {
        size_t n = lengths[i];
        char name[16];
        (void)snprintf(name, sizeof name, "fft:%zu", n);
        skuai_fourier f;
        assert_ok(skuai_fourier_init(&f, n, arena, &err), &err);
        memcpy(real, walk->values, n * sizeof *real);
        memset(imaginary, 0, sizeof imaginary);
        skuai_fourier_forward(&f, real, imaginary);
        const golden_row *row = golden_find(&g, name);
        assert_int_equal(row->n, 2 * n);
        assert_close_array(real, row->values, n, 1e-11, 1e-11);
        assert_close_array(imaginary, row->values + n, n, 1e-11, 1e-11);
        skuai_fourier_backward(&f, real, imaginary);
        assert_close_array(real, walk->values, n, 1e-12, 1e-12);
    }
    skuai_fourier f;
    assert_ok(skuai_fourier_init(&f, air->n, arena, &err), &err);
    double mean = skuai_mean(air->values, air->n);
    for (size_t i = 0; i < air->n; i++)
        real[i] = air->values[i] - mean;
    skuai_periodogram(&f, real, imaginary, scratch);
    const golden_row *row = golden_find(&g, "periodogram:air");
    assert_int_equal(row->n, air->n / 2 + 1);
    assert_close_array(imaginary, row->values, row->n, 1e-10, 1e-8);
    assert_int_equal(skuai_fourier_init(&f, 0, arena, &err), SKUA_EINVAL);
    skuai_arena_free(arena);
    golden_free(&series);
    golden_free(&g);
}

/* Parseval's identity and the way back, for every length up to 130 and a long prime. */
static void test_fourier_properties(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    skuai_random random;
    skuai_random_init(&random, 9);
    static double x[MAX], y[MAX], real[MAX], imaginary[MAX];
    for (size_t n = 1; n <= MAX; n = n < 130 ? n + 1 : n < 1999 ? 1999 : MAX + 1) {
        skuai_fourier f;
        assert_ok(skuai_fourier_init(&f, n, arena, &err), &err);
        double before = 0, after = 0;
        for (size_t i = 0; i < n; i++) {
            real[i] = x[i] = skuai_random_normal(&random);
            imaginary[i] = y[i] = skuai_random_normal(&random);
            before += x[i] * x[i] + y[i] * y[i];
        }
        skuai_fourier_forward(&f, real, imaginary);
        assert_close(real[0], skuai_sum(x, n), 1e-10, 1e-10);
        for (size_t i = 0; i < n; i++)
            after += real[i] * real[i] + imaginary[i] * imaginary[i];
        assert_close(after / (double)n, before, 1e-12, 0);
        skuai_fourier_backward(&f, real, imaginary);
        assert_close_array(real, x, n, 0, 1e-12);
        assert_close_array(imaginary, y, n, 0, 1e-12);
        skuai_arena_clear(arena);
    }
    skuai_arena_free(arena);
}

static const golden_row *row_of(const golden *g, const char *what, const char *series) {
    char name[64];
    (void)snprintf(name, sizeof name, "%s:%s", what, series);
    return golden_find(g, name);
}

static void test_correlation_golden(void **state) {
    (void)state;
    golden series = golden_load("series.csv"), g = golden_load("correlogram.csv");
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    double out[MAX];
    const char *const names[] = {"air", "ar", "sparse", "short"};
    for (size_t i = 0; i < 4; i++) {
        const golden_row *x = golden_find(&series, names[i]), *row = row_of(&g, "acf", names[i]);
        size_t lags = row->n - 1;
        assert_ok(skuai_autocorrelations(x->values, x->n, lags, false, arena, out, &err), &err);
        assert_close_array(out, row->values, row->n, 1e-11, 1e-12);
        for (size_t k = 0; k <= lags; k++)
            assert_close(skuai_autocorrelation(x->values, x->n, k), out[k], 1e-11, 1e-12);
        double p, statistic = skuai_ljung_box(out, lags, x->n, 0, &p);
        const golden_row *box = row_of(&g, "ljung-box", names[i]);
        assert_close(statistic, box->values[0], 1e-10, 0);
        assert_close(p, box->values[1], 1e-7, 1e-12);
        row = row_of(&g, "acf-adjusted", names[i]);
        assert_ok(skuai_autocorrelations(x->values, x->n, lags, true, arena, out, &err), &err);
        assert_close_array(out, row->values, row->n, 1e-11, 1e-12);
        row = row_of(&g, "acovf", names[i]);
        assert_ok(skuai_autocovariances(x->values, x->n, lags, false, arena, out, &err), &err);
        assert_close_array(out, row->values, row->n, 1e-11, 1e-9);
        for (int adjusted = 0; adjusted < 2; adjusted++) {
            row = row_of(&g, adjusted ? "pacf" : "pacf-plain", names[i]);
            assert_ok(skuai_partial_autocorrelations(x->values, x->n, lags, adjusted == 1, arena,
                                                     out, &err),
                      &err);
            assert_close_array(out, row->values, row->n, 1e-8, 1e-9);
        }
    }
    const golden_row *x = golden_find(&series, "air"), *row = golden_find(&g, "acf-all:air");
    assert_ok(skuai_autocorrelations(x->values, x->n, x->n - 1, false, arena, out, &err), &err);
    assert_close_array(out, row->values, x->n, 0, 1e-12);
    skuai_arena_free(arena);
    golden_free(&series);
    golden_free(&g);
}

/* An AR(2)'s covariances give its coefficients back, and no partial correlation beyond. */
static void test_durbin_levinson(void **state) {
    (void)state;
    const double phi1 = 0.5, phi2 = -0.3;
    double r[6] = {1, phi1 / (1 - phi2)}, partial[6], coefficients[5], scratch[10];
    for (size_t k = 2; k < 6; k++)
        r[k] = phi1 * r[k - 1] + phi2 * r[k - 2];
    double variance = skuai_durbin_levinson(r, 5, partial, coefficients, scratch);
    const double expected[] = {phi1, phi2, 0, 0, 0};
    assert_close_array(coefficients, expected, 5, 0, 1e-14);
    assert_close(partial[2], phi2, 1e-14, 0);
    assert_close(partial[3], 0, 0, 1e-14);
    assert_close(variance, 1 - phi1 * r[1] - phi2 * r[2], 1e-14, 0);
    const double none[] = {0, 0};
    assert_true(isnan(skuai_durbin_levinson(none, 1, partial, coefficients, scratch)));
}

/* Both ways of summing agree, at lengths around where one takes over. */
static void test_transform_agrees(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skuai_random random;
    skuai_random_init(&random, 31);
    static double x[MAX], out[MAX];
    skua_error err;
    for (size_t i = 0; i < MAX; i++)
        x[i] = 1e4 + skuai_random_normal(&random);
    for (size_t n = 50; n <= MAX; n = n * 3 / 2) {
        assert_ok(skuai_autocorrelations(x, n, n - 1, false, arena, out, &err), &err);
        for (size_t k = 0; k < n; k += 1 + n / 20)
            assert_close(out[k], skuai_autocorrelation(x, n, k), 0, 1e-9);
    }
    double flat[5] = {1, 1, 1, 1, 1};
    out[0] = 42;
    assert_int_equal(skuai_autocorrelations(flat, 5, 2, false, arena, out, &err), SKUA_EDATA);
    assert_int_equal(skuai_autocorrelations(x, 5, 5, false, arena, out, &err), SKUA_EINVAL);
    assert_int_equal(skuai_autocorrelations(x, 0, 0, false, arena, out, &err), SKUA_EINVAL);
    assert_int_equal(skuai_partial_autocorrelations(x, 5, 3, true, arena, out, &err), SKUA_EINVAL);
    x[2] = INFINITY;
    assert_int_equal(skuai_autocovariances(x, 5, 2, false, arena, out, &err), SKUA_EDATA);
    assert_close(out[0], 42, 0, 0);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fourier_golden), cmocka_unit_test(test_fourier_properties),
        cmocka_unit_test(test_correlation_golden), cmocka_unit_test(test_durbin_levinson),
        cmocka_unit_test(test_transform_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
