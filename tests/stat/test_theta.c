/* Theta: models against statsforecast's objective minimised by scipy (tests/golden/theta), seasonal
 * indices against statsmodels, the adjustment, properties of the methods. */
#include "stat/csv_row.h"

#include "stat/exponential/adjust.h"
#include "stat/exponential/classical.h"
#include "stat/exponential/theta.h"
#include "stat/exponential/theta_model.h"

#include <math.h>

static void read_series(const char *name, csv_row *row) {
    FILE *file = csv_open("tests/golden/theta/series.csv");
    while (csv_row_read(file, row) && strcmp(row->text[0], name) != 0)
        continue;
    fclose(file);
    assert_string_equal(row->text[0], name);
}

static void test_classical(void **state) {
    (void)state;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    FILE *file = csv_open("tests/golden/theta/indices.csv");
    csv_row row, series;
    size_t rows = 0;
    for (; csv_row_read(file, &row); rows++) {
        read_series(row.text[0], &series);
        const double *y = series.values + 1;
        size_t n = series.n - 1, m = (size_t)series.values[0];
        double index[12];
        bool multiplicative = strcmp(row.text[1], "multiplicative") == 0;
        assert_ok(skuai_classical_indices(y, n, m, multiplicative, arena, index, &err), &err);
        assert_close_array(index, row.values + 1, m, 1e-10, 1e-10);
        assert_int_equal(skuai_classical_is_seasonal(y, n, m), row.values[0] == 1);
    }
    fclose(file);
    assert_int_equal(rows, 6);
    const double constant[8] = {2, 2, 2, 2, 2, 2, 2, 2};
    assert_false(skuai_classical_is_seasonal(constant, 8, 4));
    skuai_arena_free(arena);
}

/* The exact solution reaches the minimum that scipy finds, and forecasts the same. */
static void test_models(void **state) {
    (void)state;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    FILE *file = csv_open("tests/golden/theta/fit.csv");
    csv_row row, series;
    size_t rows = 0;
    for (; csv_row_read(file, &row); rows++) {
        read_series(row.text[0], &series);
        size_t n = series.n - 1, m = (size_t)series.values[0];
        skuai_adjusted adjusted;
        assert_ok(skuai_adjust(series.values + 1, n, m, SKUAI_ADJUST_MULTIPLICATIVE, arena,
                               &adjusted, &err),
                  &err);
        const char *name = row.text[1];
        bool dynamic = name[0] == 'D', optimised = name[dynamic ? 1 : 0] == 'O';
        skuai_theta_model model;
        assert_ok(skuai_theta_fit(adjusted.y, n, dynamic, optimised, arena, &model, &err), &err);
        /* Never worse than the reference; alpha is searched to 1e-4, where the objective is flat.
         */
        assert_true(model.squares <= row.values[0] * (1 + 1e-6));
        assert_close(model.squares, row.values[0], 1e-4, 0);
        assert_close(model.alpha, row.values[1], 0, 2e-3);
        double mean[12], variance[12];
        skuai_theta_forecast(&model, 12, mean, variance);
        assert_close_array(mean, row.values + 2, 12, 5e-4, 0);
        assert_close(variance[0], model.variance, 1e-12, 0);
        for (size_t h = 1; h < 12; h++)
            assert_true(variance[h] > variance[h - 1]);
        skuai_arena_clear(arena);
    }
    fclose(file);
    assert_int_equal(rows, 16);
    skuai_arena_free(arena);
}

/* The standard model's errors add up as in simple smoothing: v_h = s2 (1 + (h - 1) alpha^2). The
 * errors that add_errors lays down are those of the fit: their squares sum to `squares`. */
static void test_variance_and_errors(void **state) {
    (void)state;
    csv_row series;
    read_series("line", &series);
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    for (int kind = 0; kind < 4; kind++) {
        skuai_theta_model model;
        assert_ok(skuai_theta_fit(series.values + 1, 40, kind >= 2, kind % 2, arena, &model, &err),
                  &err);
        double mean[6], variance[6], squares = 0;
        skuai_theta_forecast(&model, 6, mean, variance);
        for (size_t h = 0; h < 6 && kind < 2; h++) {
            double a = model.alpha, expected = model.variance * (1 + (double)h * a * a);
            assert_close(variance[h], expected, 1e-12, 0);
        }
        skuai_multistep steps;
        assert_ok(skuai_multistep_init(&steps, 40, 3, 6, arena, &err), &err);
        assert_int_equal(steps.n_origins, 37);
        skuai_theta_errors(&model, series.values + 1, 1, &steps);
        for (size_t i = 0; i < 37; i++)
            squares += steps.errors[i * 6] * steps.errors[i * 6];
        assert_close(squares, model.squares, 1e-9, 0);
        assert_close(steps.errors[36 * 6 + 1], 0, 0, 0); /* behind the end: nothing */
    }
    skuai_arena_free(arena);
}

/* By hand: 2 windows of 2 periods that do not overlap in 4 origins for h = 2. */
static void test_blend(void **state) {
    (void)state;
    double errors[4 * 2] = {1, 3, -1, 3, 1, -3, -1, 0}, variance[2] = {0.5, 1};
    skuai_multistep steps = {.n = 7, .horizon = 2, .first = 3, .stride = 1, .n_origins = 4};
    steps.errors = errors;
    skuai_multistep_blend(&steps, 0, variance);
    assert_close(variance[0], (4 * 1.0 + 0.5) / 5, 1e-12, 0);
    assert_close(variance[1], (1.5 * 9.0 + 1) / 2.5, 1e-12, 0);
    double wide[2] = {50, 60};
    skuai_multistep_blend(&steps, 0, wide);
    assert_close(wide[0], 50, 0, 0); /* never below the model's */
    double corrected[2] = {0, 0};
    skuai_multistep_blend(&steps, 3, corrected);
    assert_close(corrected[0], 4 * (7.0 / 4) / 5, 1e-12, 0);
}

/* A season that repeats exactly is taken out whole; noise loses next to nothing; two noisy years
 * are shrunk to what they are worth. */
static void test_shrunk_adjustment(void **state) {
    (void)state;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    double y[104];
    skuai_adjusted adjusted;
    const double season[4] = {1.2, 0.9, 0.7, 1.2};
    for (size_t t = 0; t < 40; t++)
        y[t] = (100 + (double)t) * season[t % 4];
    assert_ok(skuai_adjust(y, 40, 4, SKUAI_ADJUST_SHRUNK, arena, &adjusted, &err), &err);
    assert_true(adjusted.multiplicative);
    assert_close_array(adjusted.index, season, 4, 0.01, 0);
    /* Nine deviations a phase (the moving average loses two at either end), believed whole: each
     * holds a ninth of its own mean, and a forecast adds that mean's error. */
    assert_close(adjusted.excess, (1 + 1.0 / 9) / (1 - 1.0 / 9) - 1, 0.02, 0);
    skuai_random random;
    skuai_random_init(&random, 5);
    double total = 0, kept = 0;
    for (size_t t = 0; t < 104; t++)
        y[t] = 100 + 20 * skuai_random_normal(&random);
    assert_ok(skuai_adjust(y, 104, 52, SKUAI_ADJUST_SHRUNK, arena, &adjusted, &err), &err);
    for (size_t i = 0; i < 52 && adjusted.index; i++)
        kept += fabs(adjusted.index[i] - 1);
    assert_true(kept / 52 < 0.05); /* raw means of two would deviate by 0.11 */
    kept = 0;
    for (size_t t = 0; t < 104; t++) {
        double wave = 20 * sin(2 * 3.14159265358979 * (double)(t % 52) / 52);
        y[t] = 100 + wave + 10 * skuai_random_normal(&random);
    }
    assert_ok(skuai_adjust(y, 104, 52, SKUAI_ADJUST_SHRUNK, arena, &adjusted, &err), &err);
    assert_non_null(adjusted.index);
    for (size_t i = 0; i < 52; i++) {
        double truth = 0.2 * sin(2 * 3.14159265358979 * (double)i / 52);
        double raw = (y[i] + y[i + 52]) / 200 - 1;
        total += pow(raw - truth, 2);
        kept += pow(adjusted.index[i] - 1 - truth, 2);
    }
    assert_true(kept < total); /* nearer to the truth than the raw means */
    y[3] = 0;                  /* not positive: additive */
    assert_ok(skuai_adjust(y, 104, 52, SKUAI_ADJUST_SHRUNK, arena, &adjusted, &err), &err);
    assert_false(adjusted.multiplicative);
    assert_ok(skuai_adjust(y, 55, 52, SKUAI_ADJUST_SHRUNK, arena, &adjusted, &err), &err);
    assert_null(adjusted.index); /* three pairs prove nothing */
    assert_ptr_equal(adjusted.y, y);
    skuai_arena_free(arena);
}

/* Putting the season back undoes taking it out. */
static void test_back(void **state) {
    (void)state;
    const double index[2] = {0.5, 1.5}, level = 0.5;
    const skuai_request request = {3, &level, 1, 1};
    double mean[3] = {10, 10, 10}, quantiles[3] = {8, 8, 8};
    skuai_adjusted adjusted = {.index = index, .m = 2, .multiplicative = true};
    skuai_adjust_back(&adjusted, 5, &request, mean, quantiles);
    const double expected[3] = {15, 5, 15}, spread[3] = {12, 4, 12};
    assert_close_array(mean, expected, 3, 0, 0);
    assert_close_array(quantiles, spread, 3, 0, 0);
    adjusted.multiplicative = false;
    skuai_adjust_back(&adjusted, 4, &request, mean, quantiles);
    assert_close(mean[0], 15.5, 0, 0);
    assert_close(quantiles[1], 5.5, 0, 0);
    /* Excess 3: the first horizon is twice as wide, one three times as wide sqrt(1 + 3 / 9) times.
     */
    const double levels[2] = {0.1, 0.9}, ones[2] = {1, 1};
    const skuai_request wide = {2, levels, 2, 1};
    double middle[2] = {10, 10}, rows[4] = {9, 11, 7, 13};
    adjusted = (skuai_adjusted){.index = ones, .m = 2, .multiplicative = true, .excess = 3};
    skuai_adjust_back(&adjusted, 4, &wide, middle, rows);
    const double expected_rows[4] = {8, 12, 10 - 3 * sqrt(4.0 / 3), 10 + 3 * sqrt(4.0 / 3)};
    assert_close_array(rows, expected_rows, 4, 1e-12, 0);
}

/* The method as a whole: air passengers keep their shape; a straight line is continued. */
static void test_method(void **state) {
    (void)state;
    csv_row series;
    read_series("air", &series);
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    const double levels[] = {0.1, 0.5, 0.9};
    const skuai_request request = {12, levels, 3, 1};
    double mean[12], quantiles[36];
    skuai_local_input input = {.y = series.values + 1, .n = 132, .season = 12};
    skuai_local_output output = {.mean = mean, .quantiles = quantiles};
    const skuai_parameters none = {NULL, 0};
    assert_ok(skuai_theta_automatic.forecast(&input, &none, &request, arena, &output, &err), &err);
    double error = 0;
    for (size_t h = 0; h < 12; h++)
        error += fabs(mean[h] / series.values[133 + h] - 1) / 12;
    assert_true(error < 0.06); /* 1960 from the years before: a few percent */
    assert_true(output.autocorrelation > 0 && output.autocorrelation < 1);
    double line[30];
    for (size_t t = 0; t < 30; t++)
        line[t] = 10 + 2 * (double)t;
    input = (skuai_local_input){.y = line, .n = 30, .season = 1};
    assert_ok(skuai_theta_automatic.forecast(&input, &none, &request, arena, &output, &err), &err);
    for (size_t h = 0; h < 12; h++)
        assert_close(mean[h], 70 + 2 * (double)h, 0.02, 0);
    const skuai_parameter wrong = {"adjustment", "perhaps"};
    const skuai_parameters bad = {&wrong, 1};
    assert_int_equal(skuai_theta_automatic.forecast(&input, &bad, &request, arena, &output, &err),
                     SKUA_ECONFIG);
    input.n = 4;
    assert_int_equal(skuai_theta_automatic.forecast(&input, &none, &request, arena, &output, &err),
                     SKUA_EDATA);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classical),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_variance_and_errors),
        cmocka_unit_test(test_blend),
        cmocka_unit_test(test_shrunk_adjustment),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_method),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
