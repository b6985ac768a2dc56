/* ADF and KPSS beside statsmodels, differencing orders beside the rule they implement (golden). */
#include "golden.h"

#include "core/random.h"
#include "math/stationarity.h"

#include <math.h>

static skuai_deterministic terms_of(const char *text) {
    return strcmp(text, "n") == 0    ? SKUAI_DETERMINISTIC_NONE
           : strcmp(text, "c") == 0  ? SKUAI_DETERMINISTIC_CONSTANT
           : strcmp(text, "ct") == 0 ? SKUAI_DETERMINISTIC_TREND
                                     : SKUAI_DETERMINISTIC_QUADRATIC;
}

static skuai_lag_choice choice_of(const char *text) {
    return strcmp(text, "AIC") == 0      ? SKUAI_LAG_AIC
           : strcmp(text, "BIC") == 0    ? SKUAI_LAG_BIC
           : strcmp(text, "t-stat") == 0 ? SKUAI_LAG_STATISTIC
                                         : SKUAI_LAG_FIXED;
}

static void check_adf(const golden_row *row, const golden_row *y, skuai_arena *arena) {
    char terms[8], choice[16];
    skuai_lag_choice by = choice_of(golden_part(row->name, 3, choice, sizeof choice));
    skuai_adf_result r;
    skua_error err;
    assert_ok(skuai_adf_test(y->values, y->n, terms_of(golden_part(row->name, 2, terms, 8)), by,
                             by == SKUAI_LAG_FIXED ? 3 : SKUAI_LAGS_DEFAULT, arena, &r, &err),
              &err);
    assert_close(r.statistic, row->values[0], 1e-8, 1e-9);
    assert_close(r.p_value, row->values[1], 1e-7, 1e-9);
    assert_int_equal(r.lags, (size_t)row->values[2]);
    assert_int_equal(r.observations, (size_t)row->values[3]);
    assert_close_array(r.critical, row->values + 4, 3, 1e-12, 0);
}

static void check_kpss(const golden_row *row, const golden_row *y) {
    char terms[8], text[16];
    (void)golden_part(row->name, 3, text, sizeof text);
    size_t lags = strcmp(text, "auto") == 0     ? SKUAI_KPSS_LAGS_AUTO
                  : strcmp(text, "legacy") == 0 ? SKUAI_KPSS_LAGS_LEGACY
                                                : 4;
    skuai_kpss_result r;
    skua_error err;
    double scratch[512];
    assert_ok(skuai_kpss_test(y->values, y->n, terms_of(golden_part(row->name, 2, terms, 8)), lags,
                              scratch, &r, &err),
              &err);
    assert_close(r.statistic, row->values[0], 1e-9, 0);
    assert_close(r.p_value, row->values[1], 1e-9, 0);
    assert_int_equal(r.lags, (size_t)row->values[2]);
}

static void test_golden(void **state) {
    (void)state;
    golden series = golden_load("series.csv"), g = golden_load("stationarity.csv");
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    size_t adf = 0, kpss = 0, differences = 0;
    double scratch[1024];
    for (size_t i = 0; i < g.n; i++) {
        char test[16], name[16], most[4];
        (void)golden_part(g.rows[i].name, 0, test, sizeof test);
        const golden_row *y =
            golden_find(&series, golden_part(g.rows[i].name, 1, name, sizeof name));
        if (strcmp(test, "adf") == 0) {
            check_adf(&g.rows[i], y, arena);
            adf++;
        } else if (strcmp(test, "kpss") == 0) {
            check_kpss(&g.rows[i], y);
            kpss++;
        } else {
            size_t limit = golden_part(g.rows[i].name, 2, most, sizeof most)[0] == '1' ? 1 : 2;
            assert_int_equal(skuai_differences_needed(y->values, y->n, limit, scratch),
                             (size_t)g.rows[i].values[0]);
            differences++;
        }
    }
    assert_int_equal(adf, 96);
    assert_int_equal(kpss, 36);
    assert_int_equal(differences, 12);
    skuai_arena_free(arena);
    golden_free(&series);
    golden_free(&g);
}

static void test_seasonal_differences(void **state) {
    (void)state;
    golden series = golden_load("series.csv");
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    size_t d = 9;
    const golden_row *y = golden_find(&series, "air");
    assert_ok(skuai_seasonal_differences_needed(y->values, y->n, 12, arena, &d, &err), &err);
    assert_int_equal(d, 1); /* as R's nsdiffs(AirPassengers) */
    y = golden_find(&series, "ar");
    assert_ok(skuai_seasonal_differences_needed(y->values, y->n, 12, arena, &d, &err), &err);
    assert_int_equal(d, 0);
    d = 9;
    assert_ok(skuai_seasonal_differences_needed(y->values, 20, 12, arena, &d, &err), &err);
    assert_int_equal(d, 0);
    skuai_arena_free(arena);
    golden_free(&series);
}

/* Differencing a random walk's sum twice, and the lagged form by hand. */
static void test_differences(void **state) {
    (void)state;
    const double y[] = {1, 4, 9, 16, 25};
    double out[5];
    skuai_difference(y, 5, 1, out);
    const double first[] = {3, 5, 7, 9};
    assert_close_array(out, first, 4, 0, 0);
    skuai_difference(y, 5, 2, out);
    const double second[] = {8, 12, 16};
    assert_close_array(out, second, 3, 0, 0);
    skuai_random random;
    skuai_random_init(&random, 5);
    double walk[400], scratch[800], level = 0, sum = 0;
    for (size_t i = 0; i < 400; i++) {
        level += skuai_random_normal(&random);
        sum += level;
        walk[i] = sum;
    }
    assert_int_equal(skuai_differences_needed(walk, 400, 2, scratch), 2);
    assert_int_equal(skuai_differences_needed(walk, 2, 2, scratch), 0);
}

/* Under a unit root the ADF rejects about as often as it says. */
static void test_size(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skuai_random random;
    skuai_random_init(&random, 77);
    size_t rejected = 0;
    double y[150];
    for (size_t trial = 0; trial < 1000; trial++) {
        double level = 0;
        for (size_t i = 0; i < 150; i++)
            y[i] = level += skuai_random_normal(&random);
        skuai_adf_result r;
        skua_error err;
        assert_ok(skuai_adf_test(y, 150, SKUAI_DETERMINISTIC_CONSTANT, SKUAI_LAG_FIXED, 1, arena,
                                 &r, &err),
                  &err);
        rejected += r.p_value < 0.05;
    }
    assert_in_range(rejected, 30, 75);
    skuai_arena_free(arena);
}

static void test_refusals(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    double flat[20] = {0}, scratch[20];
    skuai_adf_result a = {.lags = 42};
    skuai_kpss_result k = {.lags = 42};
    assert_int_equal(skuai_adf_test(flat, 20, SKUAI_DETERMINISTIC_CONSTANT, SKUAI_LAG_AIC,
                                    SKUAI_LAGS_DEFAULT, arena, &a, &err),
                     SKUA_EDATA);
    assert_int_equal(skuai_kpss_test(flat, 20, SKUAI_DETERMINISTIC_CONSTANT, 2, scratch, &k, &err),
                     SKUA_EDATA);
    flat[3] = 1;
    assert_int_equal(skuai_kpss_test(flat, 20, SKUAI_DETERMINISTIC_NONE, 2, scratch, &k, &err),
                     SKUA_EINVAL);
    assert_int_equal(skuai_kpss_test(flat, 20, SKUAI_DETERMINISTIC_CONSTANT, 20, scratch, &k, &err),
                     SKUA_EINVAL);
    assert_int_equal(
        skuai_adf_test(flat, 20, SKUAI_DETERMINISTIC_CONSTANT, SKUAI_LAG_FIXED, 9, arena, &a, &err),
        SKUA_EDATA);
    flat[4] = NAN;
    assert_int_equal(skuai_kpss_test(flat, 20, SKUAI_DETERMINISTIC_CONSTANT, 2, scratch, &k, &err),
                     SKUA_EDATA);
    assert_int_equal(a.lags, 42);
    assert_int_equal(k.lags, 42);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden), cmocka_unit_test(test_seasonal_differences),
        cmocka_unit_test(test_differences), cmocka_unit_test(test_size),
        cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
