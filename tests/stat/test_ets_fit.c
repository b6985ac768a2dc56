/* Estimated exponential smoothing: likelihoods reached, variances, the automatic choice. */
#include "stat/csv_row.h"

#include "stat/exponential/ets_forecast.h"
#include "stat/exponential/ets_start.h"

#include <math.h>

static skuai_ets_form form_of(const char *name) {
    static const char letters[] = "NAM";
    size_t length = strlen(name);
    return (skuai_ets_form){.error = (skuai_ets_kind)(strchr(letters, name[0]) - letters),
                            .trend = (skuai_ets_kind)(strchr(letters, name[1]) - letters),
                            .season = (skuai_ets_kind)(strchr(letters, name[length - 1]) - letters),
                            .damped = name[2] == 'd'};
}

static skuai_ets_choice only(const char *name) {
    skuai_ets_form f = form_of(name);
    return (skuai_ets_choice){.error = 1u << f.error,
                              .trend = 1u << f.trend,
                              .season = 1u << f.season,
                              .damped = f.damped,
                              .undamped = !f.damped,
                              .unstable = true};
}

static void read_series(const char *name, csv_row *row) {
    FILE *file = csv_open("tests/golden/ets/series.csv");
    while (csv_row_read(file, row) && strcmp(row->text[0], name) != 0)
        continue;
    fclose(file);
    assert_string_equal(row->text[0], name);
}

/* Every form on every series: at least the likelihood that statsforecast's optimiser reached, less
 * 0.6 in -2 log L for forms with a trend, whose growth weight is held to a smaller region here
 * (beta below 0.3 / season). */
static void test_likelihood_reached(void **state) {
    (void)state;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    FILE *file = csv_open("tests/golden/ets/fit.csv");
    csv_row row, series;
    size_t rows = 0;
    double gain = 0;
    for (; csv_row_read(file, &row); rows++) {
        read_series(row.text[0], &series);
        skuai_ets_choice choice = only(row.text[1]);
        skuai_ets_model model;
        size_t n_models;
        assert_ok(skuai_ets_fit(series.values + 1, series.n - 1, (size_t)series.values[0], &choice,
                                1, arena, &model, &n_models, &err),
                  &err);
        double slack = choice.trend == 1 ? 0.01 : 0.6;
        if (!(model.likelihood <= row.values[0] + slack))
            print_error("%s %s: %.6f, statsforecast %.6f\n", row.text[0], row.text[1],
                        model.likelihood, row.values[0]);
        assert_true(model.likelihood <= row.values[0] + slack);
        gain += row.values[0] - model.likelihood;
        const double *p = model.parameters;
        assert_true(p[SKUAI_ETS_ALPHA] > 0 && p[SKUAI_ETS_ALPHA] < 1);
        double alpha = p[SKUAI_ETS_ALPHA], limit = 0.3 / series.values[0];
        if (choice.trend != 1)
            assert_true(p[SKUAI_ETS_BETA] > 0 &&
                        p[SKUAI_ETS_BETA] < alpha * limit / (alpha + limit));
        if (choice.season != 1)
            assert_true(p[SKUAI_ETS_GAMMA] > 0 && p[SKUAI_ETS_GAMMA] < 1 - p[SKUAI_ETS_ALPHA]);
        skuai_arena_clear(arena);
    }
    fclose(file);
    assert_int_equal(rows, 33);
    assert_true(gain / (double)rows > 1); /* the optimiser is better, not only as good */
    skuai_arena_free(arena);
}

/* Point forecasts and variances of classes 1 and 2 at fixed parameters. */
static void test_variances(void **state) {
    (void)state;
    FILE *file = csv_open("tests/golden/ets/variance.csv");
    FILE *states = csv_open("tests/golden/ets/likelihood.csv");
    csv_row row, last;
    size_t rows = 0;
    const double parameters[6 + 4] = {0.35, 0.04, 0.15, 0.92};
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    const double level = 0.5;
    const skuai_request request = {30, &level, 1, 1};
    for (; csv_row_read(file, &row); rows++) {
        assert_int_equal(row.n, 60);
        rewind(states);
        while (csv_row_read(states, &last) && strcmp(last.text[0], row.text[0]) != 0)
            continue;
        skuai_ets_model model = {.form = form_of(row.text[0]), .parameters = parameters};
        bool relative = model.form.error == SKUAI_ETS_MULTIPLICATIVE;
        model.m = model.form.season ? 4 : 1;
        model.variance = relative ? 0.0025 : 16;
        model.level = last.values[1];
        model.growth = last.values[2];
        /* The golden file holds two seasonal states; the others follow from the forecasts. */
        double season[4] = {last.values[3], last.values[4]};
        for (size_t h = 2; h < 4; h++) {
            double phi = model.form.damped ? 0.92 : 1, damp = 0, power = 1;
            for (size_t j = 0; j <= h; j++)
                damp += power *= phi;
            season[h] = row.values[h] - model.level - (model.form.trend ? damp * model.growth : 0);
        }
        model.season = season;
        double scratch[60], variance[30], mean[30], median[30], correlation;
        assert_ok(skuai_ets_forecast(&model, 1, &request, arena, mean, median, &correlation, &err),
                  &err);
        assert_close_array(mean, row.values, 30, 1e-11, 0);
        assert_close_array(median, row.values, 30, 1e-11, 0);
        assert_true(skuai_ets_variances(&model, 30, scratch, variance));
        assert_close_array(variance, row.values + 30, 30, 1e-8, 0);
    }
    assert_int_equal(rows, 11);
    fclose(file);
    fclose(states);
    skuai_arena_free(arena);
}

/* Class 3 inside the first season is class 2 times the squared seasonal state. */
static void test_variances_class_3(void **state) {
    (void)state;
    const double parameters[6 + 4] = {0.35, 0.04, 0.15, 0.92}, ratios[4] = {1.05, 0.9, 0.85, 1.2};
    double scratch[16], seasonal[8], plain[8];
    skuai_ets_model model = {.form = form_of("MAdM"), .parameters = parameters, .m = 4};
    model.variance = 0.0025, model.level = 100, model.growth = 1.5, model.season = ratios;
    assert_true(skuai_ets_variances(&model, 8, scratch, seasonal));
    model.form = form_of("MAdN");
    assert_true(skuai_ets_variances(&model, 8, scratch, plain));
    for (size_t h = 0; h < 4; h++)
        assert_close(seasonal[h], plain[h] * ratios[h] * ratios[h], 1e-12, 0);
    for (size_t h = 4; h < 8; h++)
        assert_true(seasonal[h] > plain[h] * ratios[h - 4] * ratios[h - 4]);
    model.form = form_of("MMN");
    assert_false(skuai_ets_variances(&model, 8, scratch, plain));
    assert_close(plain[0], 0.0025 * 101.38 * 101.38, 1e-12, 0); /* untouched */
}

/* Simulated paths have the analytic means and variances, for a form of each class. */
static void test_simulation(void **state) {
    (void)state;
    static const char *const forms[] = {"AAdA", "MAA", "MAdM"};
    enum { H = 9, PATHS = 40000 };
    const double parameters[6 + 4] = {0.35, 0.04, 0.15, 0.92};
    const double ratios[4] = {1.05, 0.9, 0.85, 1.2}, sums[4] = {10, -13, -12, 15};
    for (size_t i = 0; i < 3; i++) {
        skuai_ets_model model = {.form = form_of(forms[i]), .parameters = parameters, .m = 4};
        model.variance = model.form.error == SKUAI_ETS_MULTIPLICATIVE ? 0.0025 : 16;
        model.level = 100;
        model.growth = 1.5;
        model.season = model.form.season == SKUAI_ETS_MULTIPLICATIVE ? ratios : sums;
        double sum[H] = {0}, square[H] = {0}, path[H], season[4], scratch[2 * H], variance[H];
        skuai_random random;
        skuai_random_init(&random, 7);
        for (size_t k = 0; k < PATHS; k++) {
            skuai_ets_simulate(&model, H, &random, season, path);
            for (size_t h = 0; h < H; h++)
                sum[h] += path[h], square[h] += path[h] * path[h];
        }
        assert_true(skuai_ets_variances(&model, H, scratch, variance));
        for (size_t h = 0; h < H; h++) {
            double mean = sum[h] / PATHS, found = square[h] / PATHS - mean * mean;
            /* Three standard errors of a variance: 3 sqrt(2 / 40000) = 0.021. Class 3 is an
             * approximation behind the first season. */
            assert_close(found, variance[h], i == 2 && h >= 4 ? 0.12 : 0.025, 0);
        }
    }
}

/* A slope that changes all the time would take any growth weight: it is held at its bound. */
static void test_growth_limit(void **state) {
    (void)state;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_random random;
    skuai_random_init(&random, 2);
    double y[80], level = 1000, slope = 0;
    for (size_t t = 0; t < 80; t++)
        y[t] = level += slope += 5 * skuai_random_normal(&random);
    skuai_ets_choice choice = only("AAN");
    skuai_ets_model model;
    size_t n_models;
    assert_ok(skuai_ets_fit(y, 80, 1, &choice, 1, arena, &model, &n_models, &err), &err);
    double alpha = model.parameters[SKUAI_ETS_ALPHA], bound = alpha * 0.3 / (alpha + 0.3);
    assert_close(model.parameters[SKUAI_ETS_BETA], bound, 1e-3, 0);
    skuai_arena_free(arena);
}

/* Two models by hand: AICc apart by 8 log 3, so weights 3/4 and 1/4; means 10 and 14, deviations 1:
 * mean 11, variance 1 + (3/4 1 + 1/4 9). */
static void test_average(void **state) {
    (void)state;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    const double parameters[7] = {0.5}, season = 0, levels[] = {0.1, 0.5, 0.9};
    const skuai_request request = {1, levels, 3, 1};
    skuai_ets_model one = {.form = form_of("ANN"), .n = 1000000, .m = 1, .n_parameters = 3};
    one.parameters = parameters, one.variance = 1, one.level = 10, one.season = &season;
    one.aicc = 100;
    skuai_ets_model two = one;
    two.level = 14, two.aicc = 100 + 8 * log(3);
    const skuai_ets_model models[2] = {one, two};
    double mean, quantiles[3], correlation;
    assert_ok(skuai_ets_forecast(models, 2, &request, arena, &mean, quantiles, &correlation, &err),
              &err);
    assert_close(mean, 11, 1e-12, 0);
    assert_close(quantiles[0], 11 - 2 * 1.2815515655446004, 1e-5, 0);
    assert_close(quantiles[2], 11 + 2 * 1.2815515655446004, 1e-5, 0);
    skuai_arena_free(arena);
}

/* Heuristic states: one harmonic around a line below three seasons, classical indices above. */
static void test_start(void **state) {
    (void)state;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    double y[48], season[12];
    for (size_t i = 0; i < 12; i++)
        season[i] = 8 * cos(2 * 3.14159265358979 * ((double)i - 2) / 12);
    for (size_t n = 30; n <= 48; n += 18) {
        for (size_t t = 0; t < n; t++)
            y[t] = 100 + 0.5 * ((double)t + 1) + season[t % 12];
        skuai_ets_start start;
        assert_ok(skuai_ets_start_find(y, n, 12, SKUAI_ETS_ADDITIVE, arena, &start, &err), &err);
        assert_close_array(start.season, season, 12, 0, n < 36 ? 0.6 : 1e-9);
        assert_close(start.growth, 0.5, 0, 0.05);
        assert_close(start.level, 100, 0, 1.5);
    }
    /* A spike a year is no wave: two and a half years of it are not taken for more than one. */
    for (size_t t = 0; t < 30; t++)
        y[t] = t % 12 == 5 ? 60 : 0;
    skuai_ets_start spike;
    assert_ok(skuai_ets_start_find(y, 30, 12, SKUAI_ETS_ADDITIVE, arena, &spike, &err), &err);
    assert_true(spike.season[5] > 5 && spike.season[5] < 20);
    for (size_t t = 0; t < 48; t++)
        y[t] = 100 * pow(1.02, (double)t + 1) * (t % 2 ? 1.2 : 0.8);
    skuai_ets_start start;
    assert_ok(skuai_ets_start_find(y, 48, 2, SKUAI_ETS_MULTIPLICATIVE, arena, &start, &err), &err);
    assert_close(start.season[0] + start.season[1], 2, 1e-12, 0);
    assert_close(start.season[1] / start.season[0], 1.5, 0.03, 0);
    assert_close(start.ratio_growth, 1.02, 0.01, 0);
    assert_close(start.ratio_level, 100, 0.05, 0);
    skuai_arena_free(arena);
}

static size_t fit_all(const double *y, size_t n, size_t m, skuai_arena *arena,
                      skuai_ets_model *models) {
    skua_error err;
    size_t n_models = 0;
    const skuai_ets_choice choice = SKUAI_ETS_CHOICE_DEFAULT;
    assert_ok(skuai_ets_fit(y, n, m, &choice, 30, arena, models, &n_models, &err), &err);
    return n_models;
}

static void test_choice(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_ets_model models[30];
    csv_row air, quarterly;
    read_series("air", &air);
    read_series("quarterly", &quarterly);
    size_t kept = fit_all(air.values + 1, air.n - 1, 12, arena, models);
    assert_true(kept >= 2 && kept <= 15);
    assert_int_equal(models[0].form.season, SKUAI_ETS_MULTIPLICATIVE);
    assert_int_equal(models[0].form.error, SKUAI_ETS_MULTIPLICATIVE);
    for (size_t i = 1; i < kept; i++) {
        const skuai_ets_form *f = &models[i].form;
        assert_true(models[i].aicc >= models[i - 1].aicc - 0.1);
        assert_true(models[i].aicc <= models[0].aicc + 60);
        assert_true(f->trend != SKUAI_ETS_MULTIPLICATIVE); /* only on request */
        assert_false(f->error == SKUAI_ETS_ADDITIVE && f->season == SKUAI_ETS_MULTIPLICATIVE);
    }
    /* AICc by hand: k estimated parameters, the variance among them. */
    double k = (double)models[0].n_parameters, n = (double)models[0].n;
    assert_close(models[0].aicc, models[0].likelihood + 2 * k + 2 * k * (k + 1) / (n - k - 1),
                 1e-12, 0);
    fit_all(quarterly.values + 1, quarterly.n - 1, 4, arena, models);
    assert_int_equal(models[0].form.season, SKUAI_ETS_MULTIPLICATIVE);
    assert_int_equal(models[0].form.trend, SKUAI_ETS_ADDITIVE);
    /* Data with a zero: additive forms alone. A season longer than the limit: none. */
    double y[40];
    for (size_t t = 0; t < 40; t++)
        y[t] = (double)(t % 4) + 0.1 * (double)(t % 7);
    kept = fit_all(y, 40, 4, arena, models);
    assert_true(kept >= 1 && kept <= 6);
    for (size_t i = 0; i < kept; i++) {
        assert_int_equal(models[i].form.error, SKUAI_ETS_ADDITIVE);
        assert_int_equal(models[i].form.season, SKUAI_ETS_ADDITIVE);
    }
    assert_int_equal(fit_all(y, 40, 30, arena, models), 3);
    /* Seven values have no room for damped growth (its six parameters leave no freedom). */
    for (size_t i = 0, found = fit_all(y + 1, 7, 1, arena, models); i < found; i++)
        assert_false(models[i].form.damped);
    skuai_arena_free(arena);
}

/* Multiplying a positive series by a constant multiplies its forecasts. */
static void test_scale(void **state) {
    (void)state;
    csv_row series;
    read_series("quarterly", &series);
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    const double levels[] = {0.1, 0.5, 0.9};
    const skuai_request request = {8, levels, 3, 1};
    double mean[2][8], quantiles[2][24], correlation;
    for (int i = 0; i < 2; i++) {
        double y[56];
        for (size_t t = 0; t < 56; t++)
            y[t] = series.values[1 + t] * (i ? 1e-4 : 1);
        skuai_ets_model models[30];
        size_t n = fit_all(y, 56, 4, arena, models);
        assert_ok(skuai_ets_forecast(models, n, &request, arena, mean[i], quantiles[i],
                                     &correlation, &err),
                  &err);
        assert_true(correlation > 0 && correlation < 1);
    }
    for (size_t h = 0; h < 8; h++)
        mean[1][h] *= 1e4;
    for (size_t h = 0; h < 24; h++)
        quantiles[1][h] *= 1e4;
    /* The search stops within 1e-4 of the likelihood, so the optima agree to a few digits. */
    assert_close_array(mean[1], mean[0], 8, 2e-3, 0);
    assert_close_array(quantiles[1], quantiles[0], 24, 1e-2, 0);
    skuai_arena_free(arena);
}

/* Hard series: constants, one spike, a sign change, tiny and huge numbers, exact lines. */
static void test_strange_series(void **state) {
    (void)state;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    const double levels[] = {0.05, 0.5, 0.95};
    const skuai_request request = {24, levels, 3, 1};
    for (int kind = 0; kind < 8; kind++) {
        double y[48], mean[24], quantiles[72], correlation;
        for (size_t t = 0; t < 48; t++) {
            double x = (double)t;
            const double values[] = {0,        5,        t == 47 ? 1e6 : 1, t % 2 ? -3 : 3,
                                     1e-9 * x, 1e12 + x, 3 + 2 * x,         exp(x / 3)};
            y[t] = values[kind];
        }
        skuai_ets_model models[30];
        size_t n = fit_all(y, 48, 12, arena, models);
        assert_ok(
            skuai_ets_forecast(models, n, &request, arena, mean, quantiles, &correlation, &err),
            &err);
        for (size_t h = 0; h < 24; h++)
            assert_true(isfinite(mean[h]));
        for (size_t h = 0; h < 72; h++)
            assert_true(isfinite(quantiles[h]));
        if (kind == 1) assert_close(mean[23], 5, 1e-9, 0);
        if (kind == 6) assert_close(mean[23], 3 + 2 * 71, 0.02, 0);
        skuai_arena_clear(arena);
    }
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_likelihood_reached),
        cmocka_unit_test(test_variances),
        cmocka_unit_test(test_variances_class_3),
        cmocka_unit_test(test_simulation),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_growth_limit),
        cmocka_unit_test(test_average),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_strange_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
