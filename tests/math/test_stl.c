/* STL and MSTL beside statsmodels (golden), and what a decomposition must satisfy. */
#include "golden.h"

#include "core/random.h"
#include "math/loess.h"
#include "math/stl.h"

#include <math.h>

enum { MAX = 512 };

typedef struct stl_case {
    const char *name, *series;
    skuai_stl_options options;
} stl_case;

static const stl_case cases[] = {
    {"air", "air", {.period = 12}},
    {"air-robust", "air", {.period = 12, .robust = true}},
    {"counts", "counts", {.period = 7, .seasonal = 13, .trend = 21}},
    {"outlier-robust", "outlier", {.period = 7, .robust = true}},
    {"weeks", "weeks", {.period = 52}},
    {"air-constant",
     "air",
     {.period = 12,
      .seasonal_degree = -1,
      .trend_degree = -1,
      .low_pass_degree = -1,
      .robust = true}},
    {"air-jump", "air", {.period = 12, .seasonal_jump = 2, .trend_jump = 3, .low_pass_jump = 4}},
    {"counts-jump", "counts", {.period = 7, .trend_jump = 9, .low_pass_jump = 7, .robust = true}},
};

static const golden_row *part_of(const golden *g, const char *name, const char *part) {
    char full[64];
    (void)snprintf(full, sizeof full, "%s:%s", name, part);
    return golden_find(g, full);
}

static void test_stl_golden(void **state) {
    (void)state;
    golden series = golden_load("series.csv"), g = golden_load("stl.csv");
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    double seasonal[MAX], trend[MAX], weights[MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const golden_row *y = golden_find(&series, cases[i].series);
        assert_ok(
            skuai_stl(y->values, y->n, &cases[i].options, arena, seasonal, trend, weights, &err),
            &err);
        print_message("  %s\n", cases[i].name);
        assert_close_array(seasonal, part_of(&g, cases[i].name, "seasonal")->values, y->n, 1e-9,
                           1e-9);
        assert_close_array(trend, part_of(&g, cases[i].name, "trend")->values, y->n, 1e-9, 1e-9);
        assert_close_array(weights, part_of(&g, cases[i].name, "weights")->values, y->n, 1e-8,
                           1e-8);
    }
    skuai_arena_free(arena);
    golden_free(&series);
    golden_free(&g);
}

static void test_mstl_golden(void **state) {
    (void)state;
    golden series = golden_load("series.csv"), g = golden_load("stl.csv");
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    double seasonal[2 * MAX], trend[MAX];
    const golden_row *y = golden_find(&series, "double");
    const size_t two[] = {7, 30};
    assert_ok(skuai_mstl(y->values, y->n, two, NULL, 2, NULL, arena, seasonal, trend, &err), &err);
    assert_close_array(seasonal, part_of(&g, "double", "seasonal-7")->values, y->n, 1e-9, 1e-9);
    assert_close_array(seasonal + y->n, part_of(&g, "double", "seasonal-30")->values, y->n, 1e-9,
                       1e-9);
    assert_close_array(trend, part_of(&g, "double", "trend")->values, y->n, 1e-9, 1e-9);
    y = golden_find(&series, "counts");
    const size_t periods[] = {7, 20}, windows[] = {9, 21};
    skuai_stl_options robust = {.robust = true};
    assert_ok(
        skuai_mstl(y->values, y->n, periods, windows, 2, &robust, arena, seasonal, trend, &err),
        &err);
    assert_close_array(seasonal, part_of(&g, "counts-two", "seasonal-7")->values, y->n, 1e-8, 1e-8);
    assert_close_array(seasonal + y->n, part_of(&g, "counts-two", "seasonal-20")->values, y->n,
                       1e-8, 1e-8);
    assert_close_array(trend, part_of(&g, "counts-two", "trend")->values, y->n, 1e-8, 1e-8);
    skuai_arena_free(arena);
    golden_free(&series);
    golden_free(&g);
}

/* A line plus a fixed season is its own decomposition. */
static void test_exact_parts(void **state) {
    (void)state;
    const double shape[] = {3, -1, 0, 2, -4, 1, -1};
    double y[140], seasonal[140], trend[140];
    for (size_t i = 0; i < 140; i++)
        y[i] = 10 + 0.25 * (double)i + shape[i % 7];
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    for (int robust = 0; robust < 2; robust++)
        for (int periodic = 0; periodic < 2; periodic++) {
            skuai_stl_options o = {
                .period = 7, .robust = robust == 1, .periodic = periodic == 1, .inner = 20};
            assert_ok(skuai_stl(y, 140, &o, arena, seasonal, trend, NULL, &err), &err);
            for (size_t i = 0; i < 140; i++) {
                assert_close(trend[i], 10 + 0.25 * (double)i, 0, 1e-6);
                assert_close(seasonal[i], shape[i % 7], 0, 1e-6);
            }
        }
    skuai_arena_free(arena);
}

/* One spoilt value moves a robust fit by less than a hundredth of a plain one; a periodic season
 * repeats exactly. */
static void test_properties(void **state) {
    (void)state;
    golden series = golden_load("series.csv");
    const golden_row *air = golden_find(&series, "air");
    size_t n = air->n;
    double y[MAX], seasonal[MAX], trend[MAX], clean[MAX], moved[MAX], scaled[MAX];
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    skuai_stl_options o = {.period = 12, .robust = true};
    assert_ok(skuai_stl(air->values, n, &o, arena, seasonal, clean, NULL, &err), &err);
    memcpy(y, air->values, n * sizeof *y);
    y[70] += 1000;
    assert_ok(skuai_stl(y, n, &o, arena, seasonal, moved, NULL, &err), &err);
    double robust_shift = 0, plain_shift = 0;
    for (size_t i = 0; i < n; i++)
        robust_shift = fmax(robust_shift, fabs(moved[i] - clean[i]));
    o.robust = false;
    assert_ok(skuai_stl(y, n, &o, arena, seasonal, moved, NULL, &err), &err);
    for (size_t i = 0; i < n; i++)
        plain_shift = fmax(plain_shift, fabs(moved[i] - clean[i]));
    assert_true(robust_shift < 0.01 * plain_shift);
    o.robust = true;
    for (size_t i = 0; i < n; i++)
        y[i] = 1000 * air->values[i] - 5;
    assert_ok(skuai_stl(y, n, &o, arena, seasonal, scaled, NULL, &err), &err);
    for (size_t i = 0; i < n; i++)
        assert_close(scaled[i], 1000 * clean[i] - 5, 1e-9, 0);
    skuai_stl_options periodic = {.period = 12, .periodic = true};
    assert_ok(skuai_stl(air->values, n, &periodic, arena, seasonal, trend, NULL, &err), &err);
    for (size_t i = 12; i < n; i++)
        assert_close(seasonal[i], seasonal[i - 12], 1e-12, 0);
    skuai_stl_options fast = {.period = 48, .fast = true}; /* its trend window is 93 */
    skuai_stl_options exact = {.period = 48};
    assert_ok(skuai_stl(air->values, n, &fast, arena, seasonal, trend, NULL, &err), &err);
    assert_ok(skuai_stl(air->values, n, &exact, arena, seasonal, clean, NULL, &err), &err);
    bool differs = false;
    for (size_t i = 0; i < n; i++) {
        assert_close(trend[i], clean[i], 0, 1.5); /* of a series of 100 to 600 */
        differs = differs || trend[i] != clean[i];
    }
    assert_true(differs);
    skuai_arena_free(arena);
    golden_free(&series);
}

static void test_refusals(void **state) {
    (void)state;
    double y[24] = {0}, seasonal[24] = {7}, trend[24] = {7};
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    skuai_stl_options o = {.period = 13};
    assert_int_equal(skuai_stl(y, 24, &o, arena, seasonal, trend, NULL, &err), SKUA_EDATA);
    o.period = 1;
    assert_int_equal(skuai_stl(y, 24, &o, arena, seasonal, trend, NULL, &err), SKUA_EINVAL);
    o = (skuai_stl_options){.period = 6, .trend = 5};
    assert_int_equal(skuai_stl(y, 24, &o, arena, seasonal, trend, NULL, &err), SKUA_EINVAL);
    y[3] = NAN;
    o = (skuai_stl_options){.period = 6};
    assert_int_equal(skuai_stl(y, 24, &o, arena, seasonal, trend, NULL, &err), SKUA_EDATA);
    assert_close(seasonal[0], 7, 0, 0);
    assert_close(trend[0], 7, 0, 0);
    const size_t descending[] = {7, 4};
    assert_int_equal(skuai_mstl(y, 24, descending, NULL, 2, NULL, arena, seasonal, trend, &err),
                     SKUA_EINVAL);
    skuai_arena_free(arena);
}

static void test_strength(void **state) {
    (void)state;
    const double part[] = {1, -1, 1, -1}, rest[] = {0, 0, 0, 0}, noise[] = {1, 1, -1, -1};
    assert_close(skuai_component_strength(part, rest, 4), 1, 0, 0);
    assert_close(skuai_component_strength(rest, noise, 4), 0, 0, 0);
    assert_close(skuai_component_strength(part, noise, 4), 0.5, 1e-15, 0);
    assert_close(skuai_component_strength(rest, rest, 4), 0, 0, 0);
}

/* Loess of degree 1 reproduces a line anywhere, with any weights, window and jump. */
static void test_loess_line(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    skuai_random random;
    skuai_random_init(&random, 11);
    double y[60], weights[60], smooth[60];
    for (size_t n = 2; n <= 60; n += 7)
        for (size_t window = 3; window < 90; window += 10)
            for (size_t jump = 1; jump < 8; jump += 3) {
                for (size_t i = 0; i < n; i++) {
                    y[i] = 3 - 0.5 * (double)i;
                    weights[i] = 0.05 + skuai_random_uniform(&random);
                }
                skuai_loess loess;
                assert_ok(skuai_loess_init(&loess, n, window, 1, jump, arena, &err), &err);
                for (int weighted = 0; weighted < 2; weighted++) {
                    const double *w = weighted ? weights : NULL;
                    skuai_loess_smooth(&loess, y, w, smooth);
                    for (size_t i = 0; i < n; i++)
                        assert_close(smooth[i], y[i], 1e-9, 1e-9);
                    double before = skuai_loess_beyond(&loess, y, w, true, NAN);
                    if (loess.span > 2) assert_close(before, 3.5, 1e-8, 0);
                }
            }
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stl_golden),  cmocka_unit_test(test_mstl_golden),
        cmocka_unit_test(test_exact_parts), cmocka_unit_test(test_properties),
        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_strength),
        cmocka_unit_test(test_loess_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
