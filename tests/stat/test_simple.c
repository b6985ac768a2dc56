/* The free baselines, by hand (formulas of simple.h). */
#include "support/support.h"

#include "stat/simple/simple.h"

#include <math.h>
#include <string.h>

#define Z90 1.2815515655446004 /* normal quantile at 0.9 */

static const double levels[] = {0.1, 0.5, 0.9};

typedef struct run {
    double mean[8], quantiles[24];
    skua_status status;
} run;

static run forecast(const char *name, const double *y, size_t n, int season, size_t horizon,
                    const char *parameter, const char *value) {
    run r;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    const skuai_parameter item = {parameter, value};
    const skuai_parameters parameters = {&item, parameter ? 1 : 0};
    const skuai_request request = {horizon, levels, 3, 1};
    const skuai_local_input input = {.y = y, .n = n, .season = season};
    skuai_local_output output = {.mean = r.mean, .quantiles = r.quantiles};
    const skuai_local_method *method = skuai_local_find(name);
    assert_non_null(method);
    assert_true(n >= method->least_length(season));
    r.status = method->forecast(&input, &parameters, &request, arena, &output, &err);
    skuai_arena_free(arena);
    return r;
}

static void test_naive(void **state) {
    (void)state;
    const double y[] = {1, 3, 2, 5}; /* differences 2, -1, 3: sigma^2 = 14 / 3 */
    run r = forecast("naive", y, 4, 1, 3, NULL, NULL);
    assert_ok(r.status, NULL);
    for (size_t h = 0; h < 3; h++) {
        double sd = sqrt(14.0 / 3 * (double)(h + 1));
        assert_close(r.mean[h], 5, 0, 0);
        assert_close(r.quantiles[3 * h], 5 - Z90 * sd, 1e-12, 0);
        assert_close(r.quantiles[3 * h + 2], 5 + Z90 * sd, 1e-12, 0);
    }
    r = forecast("naive", y, 1, 1, 2, NULL, NULL); /* one value: no spread known */
    assert_close(r.quantiles[0], 1, 0, 0);
    r = forecast("naive", y, 4, 1, 1, "window", "3");
    assert_int_equal(r.status, SKUA_ECONFIG);
}

static void test_drift(void **state) {
    (void)state;
    const double y[] = {1, 3, 2, 7}; /* slope 2; errors 0, -3, 3: sigma^2 = 18 / 2 */
    run r = forecast("drift", y, 4, 1, 2, NULL, NULL);
    assert_close(r.mean[0], 9, 1e-14, 0);
    assert_close(r.mean[1], 11, 1e-14, 0);
    assert_close(r.quantiles[2], 9 + Z90 * 3 * sqrt(1 + 1.0 / 3), 1e-12, 0);
    assert_close(r.quantiles[5], 11 + Z90 * 3 * sqrt(2 * (1 + 2.0 / 3)), 1e-12, 0);
}

static void test_seasonal_naive(void **state) {
    (void)state;
    const double y[] = {1, 2, 3, 5}; /* season 2: errors 2, 3: sigma^2 = 13 / 2 */
    run r = forecast("seasonal-naive", y, 4, 2, 5, NULL, NULL);
    const double mean[] = {3, 5, 3, 5, 3};
    assert_close_array(r.mean, mean, 5, 0, 0);
    double sd = sqrt(6.5);
    assert_close(r.quantiles[2], 3 + Z90 * sd, 1e-12, 0);
    assert_close(r.quantiles[3 * 3], 5 - Z90 * sd * sqrt(2), 1e-12, 0);
    assert_close(r.quantiles[3 * 4], 3 - Z90 * sd * sqrt(3), 1e-12, 0);
    /* Empirical: quantiles of 2, 3 by interpolation; from the second cycle on none are left. */
    r = forecast("seasonal-naive", y, 4, 2, 3, "quantiles", "empirical");
    assert_close(r.quantiles[0], 3 + 2.1, 1e-12, 0);
    assert_close(r.quantiles[5], 5 + 2.9, 1e-12, 0);
    assert_close(r.quantiles[6], 3 - Z90 * sd * sqrt(2), 1e-12, 0);
    /* One season alone: its own spread. */
    r = forecast("seasonal-naive", y, 2, 2, 1, NULL, NULL);
    assert_close(r.quantiles[2], 1 + Z90 * sqrt(0.5), 1e-12, 0);
    r = forecast("seasonal-naive", y, 4, 2, 1, "quantiles", "maybe");
    assert_int_equal(r.status, SKUA_ECONFIG);
}

static void test_seasonal_naive_by_cycle(void **state) {
    (void)state;
    /* y = t mod 2 + cycle^2 over 30 cycles: errors of one cycle 2c - 1, of two 4c - 4. */
    double y[60];
    for (size_t t = 0; t < 60; t++)
        y[t] = (double)(t % 2) + (double)(t / 2) * (double)(t / 2);
    run r = forecast("seasonal-naive", y, 60, 2, 4, NULL, NULL);
    assert_close(r.quantiles[1], 841 + 29, 1e-12, 0); /* median of 1, 1, 3, 3, ..., 57, 57 */
    assert_close(r.quantiles[7], 841 + 58, 1e-12, 0); /* of 4, 4, 8, 8, ..., 112, 112 */
    assert_close(r.quantiles[10], 842 + 58, 1e-12, 0);
}

static void test_means(void **state) {
    (void)state;
    const double y[] = {2, 4, 6, 8, 0, 0, 3, 9};
    run r = forecast("historic-mean", y, 4, 1, 2, NULL, NULL);
    assert_close(r.mean[1], 5, 1e-14, 0);
    assert_close(r.quantiles[5], 5 + Z90 * sqrt(20.0 / 3 * 1.25), 1e-12, 0);
    r = forecast("window-mean", y, 8, 1, 2, "window", "4"); /* 0 0 3 9: their own quantiles */
    assert_close(r.mean[0], 3, 1e-14, 0);
    assert_close(r.quantiles[3], 0, 0, 0);
    assert_close(r.quantiles[4], 1.5, 1e-12, 0);
    assert_close(r.quantiles[5], 7.2, 1e-12, 0);
    r = forecast("window-mean", y, 8, 1, 1, NULL, NULL); /* the last six */
    assert_close(r.mean[0], 26.0 / 6, 1e-14, 0);
    r = forecast("window-mean", y, 8, 1, 1, "window", "0");
    assert_int_equal(r.status, SKUA_ECONFIG);
    r = forecast("window-mean", y, 8, 1, 1, "window", "2.5");
    assert_int_equal(r.status, SKUA_ECONFIG);
}

static void test_seasonal_window_mean(void **state) {
    (void)state;
    const double y[] = {1, 10, 3, 12, 8, 11};
    run r = forecast("seasonal-window-mean", y, 6, 2, 5, "window", "2");
    assert_close(r.mean[0], 5.5, 1e-14, 0);  /* 8, 3 */
    assert_close(r.mean[1], 11.5, 1e-14, 0); /* 11, 12 */
    /* Two cycles ahead only one of the last two is inside: the next older one is taken. */
    assert_close(r.mean[2], 5.5, 1e-14, 0);
    assert_close(r.mean[4], 5.5, 1e-14, 0);
    /* Errors of the same forecast in the past: 3-1, 12-10, 8-2, 11-11; root mean square. */
    double sd = sqrt((4 + 4 + 36 + 0) / 4.0);
    assert_close(r.quantiles[2], 5.5 + Z90 * sd, 1e-12, 0);
    const double yearly[] = {90, 1, 2, 6}; /* three cycles unless told otherwise */
    r = forecast("seasonal-window-mean", yearly, 4, 1, 1, NULL, NULL);
    assert_close(r.mean[0], 3, 1e-14, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_naive),          cmocka_unit_test(test_drift),
        cmocka_unit_test(test_seasonal_naive), cmocka_unit_test(test_seasonal_naive_by_cycle),
        cmocka_unit_test(test_means),          cmocka_unit_test(test_seasonal_window_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
