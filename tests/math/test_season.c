/* Seasons that were planted are found, and hardly any where there are none. */
#include "golden.h"

#include "core/random.h"
#include "math/season.h"
#include "math/series_feature.h"

#include <math.h>

enum { TRIALS = 60, MAX = 1941 };
static const double WEEK[] = {0.8, 0.7, 0.8, 0.9, 1.1, 1.5, 1.3};
static const double TURN = 6.283185307179586;

typedef void (*maker)(skuai_random *random, size_t n, double *y);

static void make_white(skuai_random *random, size_t n, double *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = skuai_random_normal(random);
}
static void make_walk(skuai_random *random, size_t n, double *y) {
    double level = 0;
    for (size_t i = 0; i < n; i++)
        y[i] = level += skuai_random_normal(random);
}
static void make_persistent(skuai_random *random, size_t n, double *y) {
    double level = 0;
    for (size_t i = 0; i < n; i++)
        y[i] = level = 0.7 * level + skuai_random_normal(random);
}
static void make_rare(skuai_random *random, size_t n, double *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = skuai_random_poisson(random, 0.3);
}
static void make_shift(skuai_random *random, size_t n, double *y) {
    size_t at = skuai_random_index(random, n);
    for (size_t i = 0; i < n; i++)
        y[i] = skuai_random_poisson(random, i < at ? 5 : 15);
}
static void make_week(skuai_random *random, size_t n, double *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = skuai_random_poisson(random, 10 * WEEK[i % 7]);
}
static void make_saturday(skuai_random *random, size_t n, double *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = i % 7 == 5 ? skuai_random_poisson(random, 3) : 0;
}
static void make_drifting_week(skuai_random *random, size_t n, double *y) {
    make_walk(random, n, y);
    for (size_t i = 0; i < n; i++)
        y[i] += 5 * WEEK[i % 7];
}
static void make_months(skuai_random *random, size_t n, double *y) {
    for (size_t i = 0; i < n; i++) {
        double t = (double)i;
        y[i] = 100 + 0.3 * t + 20 * sin(TURN * t / 12) + 8 * cos(2 * TURN * t / 12) +
               8 * skuai_random_normal(random);
    }
}
static void make_quarters(skuai_random *random, size_t n, double *y) {
    const double shape[] = {30, 50, 20, 60};
    for (size_t i = 0; i < n; i++)
        y[i] = shape[i % 4] + (double)i + 5 * skuai_random_normal(random);
}
static void make_year_of_weeks(skuai_random *random, size_t n, double *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = 100 + 30 * sin(TURN * (double)i / 52.18) + (i % 52 > 48 ? 60 : 0) +
               12 * skuai_random_normal(random);
}
static void make_week_and_year(skuai_random *random, size_t n, double *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = skuai_random_poisson(random,
                                    10 * WEEK[i % 7] * (1 + 0.4 * sin(TURN * (double)i / 365.25)));
}
static void make_day_and_week(skuai_random *random, size_t n, double *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = skuai_random_poisson(random,
                                    4 * (1 + 0.8 * sin(TURN * (double)i / 24)) * WEEK[i / 24 % 7]);
}

/* How many of TRIALS series have `n_expected` seasons first, within tolerance of `expected`. */
static size_t count_found(maker make, size_t n, const size_t *expected, size_t n_expected,
                          size_t tolerance) {
    static double y[MAX];
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skuai_random random;
    skuai_random_init(&random, 100 + n);
    size_t good = 0;
    for (size_t trial = 0; trial < TRIALS; trial++) {
        skuai_season seasons[SKUAI_SEASONS_MAX];
        size_t n_seasons;
        skua_error err;
        make(&random, n, y);
        assert_ok(skuai_find_seasons(y, n, NULL, arena, seasons, &n_seasons, &err), &err);
        bool right = n_expected ? n_seasons >= n_expected : n_seasons == 0;
        for (size_t i = 0; right && i < n_expected; i++) {
            size_t p = seasons[i].period;
            right = p + tolerance >= expected[i] && p <= expected[i] + tolerance;
            assert_true(seasons[i].strength > 0 && seasons[i].strength <= 1);
            assert_true(seasons[i].p_value < 0.001);
        }
        good += right;
    }
    skuai_arena_free(arena);
    return good;
}

static void test_nothing(void **state) {
    (void)state;
    const maker makers[] = {make_white, make_walk, make_persistent, make_rare, make_shift};
    const size_t lengths[] = {40, 120, 200, 700, 1941};
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            assert_true(count_found(makers[i], lengths[j], NULL, 0, 0) >= TRIALS - 4);
}

static void test_found(void **state) {
    (void)state;
    const size_t week[] = {7}, months[] = {12}, quarters[] = {4}, weeks[] = {52};
    assert_true(count_found(make_week, 120, week, 1, 0) >= TRIALS * 7 / 10);
    assert_true(count_found(make_week, 700, week, 1, 0) >= TRIALS - 3);
    assert_true(count_found(make_week, 1941, week, 1, 0) >= TRIALS - 1);
    assert_true(count_found(make_saturday, 120, week, 1, 0) >= TRIALS * 9 / 10);
    assert_true(count_found(make_saturday, 700, week, 1, 0) >= TRIALS - 1);
    assert_true(count_found(make_drifting_week, 120, week, 1, 0) >= TRIALS * 9 / 10);
    assert_true(count_found(make_drifting_week, 1941, week, 1, 0) >= TRIALS - 2);
    assert_true(count_found(make_months, 60, months, 1, 0) >= TRIALS * 8 / 10);
    assert_true(count_found(make_months, 200, months, 1, 0) >= TRIALS - 4);
    assert_true(count_found(make_quarters, 40, quarters, 1, 0) >= TRIALS * 7 / 10);
    assert_true(count_found(make_year_of_weeks, 156, weeks, 1, 1) >= TRIALS * 6 / 10);
    const size_t week_year[] = {7, 365}, day_week[] = {24, 168};
    assert_true(count_found(make_week_and_year, 1941, week_year, 2, 5) >= TRIALS * 8 / 10);
    assert_true(count_found(make_day_and_week, 1941, day_week, 2, 1) >= TRIALS * 6 / 10);
}

/* A hint finds a week in 8 weeks of few sales, far below what a search finds, and errs as rarely as
 * it says. */
static void test_hints(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skuai_random random;
    skuai_random_init(&random, 12);
    const size_t hints[] = {7, 365};
    skuai_season_options o = {.hints = hints, .n_hints = 2};
    size_t found = 0, wrong = 0;
    double y[60];
    for (size_t trial = 0; trial < 200; trial++) {
        skuai_season seasons[SKUAI_SEASONS_MAX];
        size_t n_seasons;
        skua_error err;
        make_week(&random, 60, y);
        assert_ok(skuai_find_seasons(y, 60, &o, arena, seasons, &n_seasons, &err), &err);
        found += n_seasons > 0 && seasons[0].period == 7;
        for (size_t i = 0; i < n_seasons; i++)
            for (size_t j = 0; j < i; j++)
                assert_true(seasons[i].period != seasons[j].period);
        make_persistent(&random, 60, y);
        assert_ok(skuai_find_seasons(y, 60, &o, arena, seasons, &n_seasons, &err), &err);
        wrong += n_seasons > 0;
    }
    assert_in_range(found, 110, 200);
    assert_in_range(wrong, 0, 8);
    skuai_arena_free(arena);
}

/* Missing values, outliers and scale do not matter; the air passengers have their year. */
static void test_robustness(void **state) {
    (void)state;
    golden series = golden_load("series.csv");
    const golden_row *air = golden_find(&series, "air");
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    skuai_season seasons[SKUAI_SEASONS_MAX];
    size_t n_seasons;
    double y[144];
    memcpy(y, air->values, sizeof y);
    for (int kind = 0; kind < 4; kind++) {
        if (kind == 1) y[30] = y[31] = y[90] = y[0] = NAN;
        if (kind == 2) y[70] = 1e5;
        for (size_t i = 0; kind == 3 && i < 144; i++)
            y[i] = 1e-9 * y[i] - 1;
        assert_ok(skuai_find_seasons(y, 144, NULL, arena, seasons, &n_seasons, &err), &err);
        assert_true(n_seasons >= 1);
        assert_int_equal(seasons[0].period, 12);
    }
    skuai_season_options o = {.longest = 9};
    assert_ok(skuai_find_seasons(air->values, 144, &o, arena, seasons, &n_seasons, &err), &err);
    for (size_t i = 0; i < n_seasons; i++)
        assert_true(seasons[i].period <= 9);
    assert_ok(skuai_find_seasons(y, 5, NULL, arena, seasons, &n_seasons, &err), &err);
    assert_int_equal(n_seasons, 0);
    y[3] = INFINITY;
    assert_int_equal(skuai_find_seasons(y, 144, NULL, arena, seasons, &n_seasons, &err),
                     SKUA_EDATA);
    skuai_arena_free(arena);
    golden_free(&series);
}

/* Demand classes by hand, strengths at their ends. */
static void test_features(void **state) {
    (void)state;
    const double lumpy[] = {0, NAN, 0, 1, 0, 0, 9, 0, NAN, 2, 0};
    skuai_demand_features f = skuai_demand_describe(lumpy, 11);
    assert_int_equal(f.demands, 3);
    assert_int_equal(f.observed, 7);
    assert_close(f.interval, 7.0 / 3, 1e-15, 0);
    assert_close(f.size_mean, 4, 0, 0);
    assert_close(f.size_variation, 38.0 / 3 / 16, 1e-14, 0); /* of 9, 25, 4 */
    assert_close(f.zero_share, 6.0 / 9, 1e-15, 0);
    assert_int_equal(f.demand_class, SKUAI_DEMAND_LUMPY);
    const double smooth[] = {5, 6, 5, 4, 5}, erratic[] = {1, 20, 1, 1, 30}, none[] = {0, NAN};
    const double rare[] = {3, 0, 0, 3, 0, 0};
    assert_int_equal(skuai_demand_describe(smooth, 5).demand_class, SKUAI_DEMAND_SMOOTH);
    assert_int_equal(skuai_demand_describe(erratic, 5).demand_class, SKUAI_DEMAND_ERRATIC);
    assert_int_equal(skuai_demand_describe(rare, 6).demand_class, SKUAI_DEMAND_INTERMITTENT);
    f = skuai_demand_describe(none, 2);
    assert_int_equal(f.demand_class, SKUAI_DEMAND_NONE);
    assert_true(f.interval == INFINITY && isnan(f.size_mean) && f.zero_share == 1);
    assert_true(isnan(skuai_demand_describe(NULL, 0).zero_share));
    assert_string_equal(skuai_demand_class_name(SKUAI_DEMAND_LUMPY), "lumpy");

    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skuai_random random;
    skuai_random_init(&random, 2);
    skua_error err;
    skuai_series_features s;
    double y[210];
    for (size_t i = 0; i < 210; i++)
        y[i] = 5 * (double)i + 100 * WEEK[i % 7];
    assert_ok(skuai_series_describe(y, 210, 7, arena, &s, &err), &err);
    assert_true(s.trend_strength > 0.999 && s.seasonal_strength > 0.999);
    make_white(&random, 210, y);
    assert_ok(skuai_series_describe(y, 210, 7, arena, &s, &err), &err);
    assert_true(s.trend_strength < 0.4 && s.seasonal_strength < 0.5);
    assert_true(fabs(s.autocorrelation) < 0.2 && s.entropy > 0.85);
    for (size_t i = 0; i < 210; i++)
        y[i] = sin(TURN * (double)i / 7);
    assert_ok(skuai_series_describe(y, 210, 1, arena, &s, &err), &err);
    assert_close(s.seasonal_strength, 0, 0, 0);
    assert_close(s.autocorrelation, cos(TURN / 7), 0.02, 0);
    assert_close(s.entropy, 0, 0, 1e-9);
    assert_int_equal(skuai_series_describe(y, 3, 1, arena, &s, &err), SKUA_EDATA);
    y[5] = NAN;
    assert_int_equal(skuai_series_describe(y, 210, 7, arena, &s, &err), SKUA_EDATA);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing), cmocka_unit_test(test_found), cmocka_unit_test(test_hints),
        cmocka_unit_test(test_robustness), cmocka_unit_test(test_features)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
