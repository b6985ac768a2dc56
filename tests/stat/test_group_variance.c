/* Kernels in time and their variances: against numpy and scipy (tests/golden/group/make.py), and
 * the rules by which kernels are left out. */
#include "stat/csv_row.h"
#include "support/support.h"

#include "stat/group/group_variance.h"

#include <math.h>
#include <string.h>

enum { WINDOW = 70, ROWS = 18, FIRST_SAMPLE = 12 };

static const skuai_grid weeks = {SKUAI_FREQUENCY_WEEK, 5, 0};

static skuai_group_time weekly(size_t window, int season, skuai_arena *arena) {
    skua_error err = {0};
    skuai_group_time time = {.n = window, .window = window, .season = season};
    time.first = skuai_period_from_day(&weeks, skuai_day_from_date(2010, 2, 5), 0);
    assert_ok(skuai_group_time_init(&time, &weeks, arena, &err), &err);
    return time;
}

static FILE *open_golden(const char *name) {
    char path[1024], relative[128];
    (void)snprintf(relative, sizeof relative, "tests/golden/group/%s", name);
    FILE *file = fopen(test_source(relative, path, sizeof path), "r");
    assert_non_null(file);
    return file;
}

static void test_kernels(void **unused) {
    (void)unused;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_group_time time = weekly(WINDOW, 26, arena);
    FILE *file = open_golden("kernels.csv");
    csv_row row;
    for (size_t k = 0; k < SKUAI_GROUP_KERNELS; k++) {
        assert_true(csv_row_read(file, &row));
        const double *kernel = time.kernel[k];
        assert_non_null(kernel);
        double sum = 0;
        for (size_t i = 0; i < WINDOW * WINDOW; i++)
            sum += kernel[i];
        /* written with 12 digits */
        assert_close(kernel[3 * WINDOW + 17], row.values[0], 1e-11, 1e-14);
        assert_close(kernel[12 * WINDOW + 65], row.values[1], 1e-11, 1e-14);
        assert_close(sum, row.values[2], 1e-11, 0);
    }
    (void)fclose(file);
    skuai_arena_free(arena);
}

static void test_kernels_left_out(void **unused) {
    (void)unused;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_group_time time = weekly(40, 52, arena); /* season not seen whole, one Easter */
    assert_null(time.kernel[SKUAI_GROUP_SMOOTH]);
    assert_null(time.kernel[SKUAI_GROUP_PHASE]);
    assert_null(time.kernel[SKUAI_GROUP_SLOPE]);
    assert_null(time.kernel[SKUAI_GROUP_EASTER]);
    assert_non_null(time.kernel[SKUAI_GROUP_TREND]);
    assert_non_null(time.kernel[SKUAI_GROUP_NOISE]);
    time = weekly(55, 52, arena); /* seen whole, hardly again: swings would pass for it */
    assert_non_null(time.kernel[SKUAI_GROUP_SMOOTH]);
    assert_null(time.kernel[SKUAI_GROUP_SLOW]);
    time = weekly(104, 52, arena);
    assert_non_null(time.kernel[SKUAI_GROUP_SLOW]);
    assert_non_null(time.kernel[SKUAI_GROUP_EASTER]);
    skuai_group_time years = {.first = 40, .n = 20, .window = 20, .season = 1};
    skuai_grid grid = {SKUAI_FREQUENCY_YEAR, 0, 0};
    skua_error err = {0};
    assert_ok(skuai_group_time_init(&years, &grid, arena, &err), &err);
    assert_null(years.kernel[SKUAI_GROUP_PHASE]);
    assert_null(years.kernel[SKUAI_GROUP_MONTH]);
    assert_null(years.kernel[SKUAI_GROUP_EASTER]);
    assert_non_null(years.kernel[SKUAI_GROUP_SLOPE]);
    skuai_arena_free(arena);
}

/* The sum takes what has a variance, the noise only when asked. */
static void test_sum(void **unused) {
    (void)unused;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_group_time time = weekly(20, 4, arena);
    double variance[SKUAI_GROUP_KERNELS] = {[SKUAI_GROUP_FAST] = 3, [SKUAI_GROUP_NOISE] = 5};
    double sum[400];
    skuai_group_time_sum(&time, variance, true, sum);
    assert_close(sum[0], 8, 1e-15, 0);
    assert_close(sum[2], 3 * exp(-1), 1e-15, 0);
    skuai_group_time_sum(&time, variance, false, sum);
    assert_close(sum[0], 3, 1e-15, 0);
    skuai_arena_free(arena);
}

static void read_rows(double *x) {
    FILE *file = open_golden("rows.csv");
    csv_row row;
    for (size_t r = 0; r < ROWS; r++) {
        assert_true(csv_row_read(file, &row));
        assert_int_equal(row.n, WINDOW + 1);
        assert_close(row.values[0], r < FIRST_SAMPLE ? 4 : 0.5, 0, 0);
        memcpy(x + r * WINDOW, row.values + 1, WINDOW * sizeof *x);
    }
    (void)fclose(file);
}

static void test_variances(void **unused) {
    (void)unused;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_group_time time = weekly(WINDOW, 26, arena);
    static double x[ROWS * WINDOW], rest[WINDOW * WINDOW];
    read_rows(x);
    for (size_t i = 0; i < WINDOW; i++)
        for (size_t j = 0; j < WINDOW; j++)
            rest[i * WINDOW + j] =
                (i == j ? 0.02 : 0) + 0.01 * exp(-fabs((double)i - (double)j) / 8);
    skuai_group_sample samples[2] = {
        {x, FIRST_SAMPLE, FIRST_SAMPLE, 4},
        {x + FIRST_SAMPLE * WINDOW, ROWS - FIRST_SAMPLE, ROWS - FIRST_SAMPLE, 0.5}};
    double variance[SKUAI_GROUP_KERNELS];
    for (size_t k = 0; k < SKUAI_GROUP_KERNELS; k++)
        variance[k] = 0.01;
    skua_error err = {0};
    assert_ok(
        skuai_group_variance_fit(&time, 0, WINDOW, samples, 2, rest, variance, NULL, arena, &err),
        &err);
    FILE *file = open_golden("variances.csv");
    csv_row row;
    for (size_t k = 0; k < SKUAI_GROUP_KERNELS; k++) {
        assert_true(csv_row_read(file, &row));
        /* the optimum is flat and the search stops when a step gains less than 1e-6 of it */
        assert_close(sqrt(variance[k]), sqrt(row.values[0]), 0.05, 0.003);
    }
    (void)fclose(file);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels),
        cmocka_unit_test(test_kernels_left_out),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_variances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
