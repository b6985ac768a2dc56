/* Backtest and ensemble, with forecasters whose worth is known: the truth, a biased one, one that
 * looks into the future when it can, one that fails. */
#include "support/support.h"

#include "automl/ensemble.h"
#include "math/distribution.h"

#include <math.h>
#include <string.h>

static const double levels[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
enum { Q = 9, HORIZON = 6, SERIES = 80, LENGTH = 48 };

/* Series s is 20 + s % 5 plus noise of deviation 2; odd series are zero two times of three. */
static skuai_panel *make_panel(void) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    for (size_t s = 0; s < SERIES; s++) {
        double y[LENGTH];
        char name[16];
        skuai_random random;
        skuai_random_split(&random, 3, s);
        for (size_t t = 0; t < LENGTH; t++) {
            y[t] = 20 + (double)(s % 5) + 2 * skuai_random_normal(&random);
            if (s % 2 && skuai_random_uniform(&random) < 0.66) y[t] = 0;
        }
        (void)snprintf(name, sizeof name, "s%zu", s);
        assert_ok(skuai_panel_builder_series(b, name, 100, LENGTH, 0, y, NULL, NULL, &err), &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

typedef enum behaviour { HONEST, BIASED, PEEKING, FAILING } behaviour;

static skua_status fit(const skuai_forecaster *self, const skuai_panel *panel,
                       const skuai_parameters *parameters, const skuai_context *context,
                       skuai_model **model, skua_error *err) {
    (void)panel, (void)parameters, (void)context;
    if (*(const behaviour *)self->data == FAILING)
        return skuai_error_set(err, SKUA_ESINGULAR, "made to fail");
    *model = (skuai_model *)(uintptr_t)self->data;
    return SKUA_OK;
}

static skua_status predict(const skuai_model *model, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err) {
    (void)context;
    behaviour how = *(const behaviour *)(const void *)model;
    skuai_forecast *f = NULL;
    SKUA_TRY(
        skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels, &f, err));
    for (size_t s = 0; s < panel->n_series; s++) {
        double mean = 20 + (double)(panel->base[s] % 5);
        for (size_t h = 0; h < request->horizon; h++) {
            double level = how == BIASED ? 1.4 * mean : mean;
            if (how == PEEKING) level = skuai_panel_actual(panel, s, h);
            *skuai_forecast_mean(f, s, h) = level;
            for (size_t q = 0; q < Q; q++) {
                double z = skuai_normal_quantile(levels[q]), spread = how == PEEKING ? 0 : 2;
                double x = level + spread * z;
                /* two thirds of the probability at zero */
                if (panel->base[s] % 2 && how != PEEKING)
                    x = levels[q] < 0.66
                            ? 0
                            : level + 2 * skuai_normal_quantile((levels[q] - 0.66) / 0.34);
                skuai_forecast_quantiles(f, s, h)[q] = x;
            }
        }
    }
    *forecast = f;
    return skuai_forecast_settle(f, 0, err);
}

static void free_nothing(skuai_model *model) {
    (void)model;
}

static const behaviour behaviours[] = {HONEST, BIASED, PEEKING, FAILING};
static const skuai_forecaster honest = {
    .name = "honest", .fit = fit, .predict = predict, .free = free_nothing, .data = &behaviours[0]};
static const skuai_forecaster biased = {
    .name = "biased", .fit = fit, .predict = predict, .free = free_nothing, .data = &behaviours[1]};
static const skuai_forecaster peeking = {.name = "peeking",
                                         .fit = fit,
                                         .predict = predict,
                                         .free = free_nothing,
                                         .data = &behaviours[2]};
static const skuai_forecaster failing = {.name = "failing",
                                         .fit = fit,
                                         .predict = predict,
                                         .free = free_nothing,
                                         .data = &behaviours[3]};

static const skuai_backtest_options options = {
    .horizon = HORIZON, .windows = 3, .levels = levels, .n_levels = Q, .seed = 1};

static void windows_roll_back(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = make_panel();
    const skuai_forecaster *models[] = {&honest, &failing};
    skuai_backtest *b = NULL;
    assert_ok(skuai_backtest_run(panel, models, 2, &options, NULL, &b, &err), &err);
    assert_int_equal(b->n_windows, 3);
    for (size_t w = 0; w < 3; w++) {
        assert_int_equal(b->views[w]->length[0], LENGTH - HORIZON * (w + 1));
        assert_int_equal(skuai_backtest_at(b, w, 0)->scores.n_points, SERIES * HORIZON);
        assert_int_equal(skuai_backtest_at(b, w, 1)->status, SKUA_ESINGULAR);
        assert_string_equal(skuai_backtest_at(b, w, 1)->reason, "made to fail");
    }
    skuai_backtest_free(b);
    /* windows beyond the data are left out; none at all is an error */
    skuai_backtest_options many = options;
    many.windows = 50;
    assert_ok(skuai_backtest_run(panel, models, 1, &many, NULL, &b, &err), &err);
    assert_int_equal(b->n_windows, 7); /* the 8th would leave no history */
    skuai_backtest_free(b);
    many.horizon = LENGTH;
    assert_int_equal(skuai_backtest_run(panel, models, 1, &many, NULL, &b, &err), SKUA_EDATA);
    skuai_panel_free(panel);
}

static void better_is_told_from_noise(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = make_panel();
    const skuai_forecaster *models[] = {&honest, &biased, &honest};
    skuai_backtest *b = NULL;
    double low, high;
    assert_ok(skuai_backtest_run(panel, models, 3, &options, NULL, &b, &err), &err);
    skuai_backtest_compare(b, 0, 0, 1, 1, &low, &high);
    assert_true(low < high && high < 0); /* honest is better */
    skuai_backtest_compare(b, 0, 0, 2, 1, &low, &high);
    assert_close(low, 0, 0, 0);
    assert_close(high, 0, 0, 0);
    skuai_backtest_free(b);
    skuai_panel_free(panel);
}

static void choice_finds_the_good_one(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = make_panel();
    const skuai_forecaster *models[] = {&biased, &honest, &failing};
    skuai_backtest *b = NULL;
    skuai_ensemble e;
    assert_ok(skuai_backtest_run(panel, models, 3, &options, NULL, &b, &err), &err);
    assert_ok(skuai_ensemble_choose(b, models, 1, 3, 1, &e, &err), &err);
    for (int c = 0; c < SKUAI_CALIBRATION_CLASSES; c++) {
        assert_close(e.weights[c][0] + e.weights[c][1] + e.weights[c][2], 1, 1e-12, 0);
        assert_true(e.weights[c][1] > 0.85);
        assert_close(e.weights[c][2], 0, 0, 0);
    }
    skuai_forecaster combined = skuai_ensemble_forecaster(&e);
    skuai_request request = {HORIZON, levels, Q, 1};
    skuai_forecast *f = NULL;
    skuai_scores scores;
    assert_ok(skuai_forecaster_run(&combined, b->views[0], NULL, &request, NULL, &f, &err), &err);
    assert_ok(skuai_score(b->views[0], f, NULL, &scores, NULL, &err), &err);
    assert_true(scores.wql < 1.02 * skuai_backtest_at(b, 0, 1)->scores.wql);
    assert_true(scores.wql < 0.8 * skuai_backtest_at(b, 0, 0)->scores.wql);
    skuai_forecast_free(f);
    skuai_backtest_free(b);
    skuai_panel_free(panel);
}

/* A store that knows no more than the past at the origin: a model that peeks finds nothing. */
static skua_status past_only(void *user, size_t window, int64_t back, skuai_panel **panel,
                             skua_error *err) {
    (void)window;
    const skuai_panel *whole = user;
    double *values = skuai_new(whole->n_rows, sizeof *values);
    memcpy(values, whole->target, whole->n_rows * sizeof *values);
    for (size_t s = 0; s < whole->n_series; s++)
        for (size_t t = whole->length[s] - (size_t)back + 3; t < whole->length[s]; t++)
            values[whole->row[s] + t] = (double)NAN; /* only three periods have come in since */
    skua_status status = skuai_panel_with(whole, SIZE_MAX, values, panel, err);
    skuai_free(values);
    return status;
}

static void origins_see_what_was_known(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = make_panel();
    const skuai_forecaster *models[] = {&honest};
    skuai_backtest *b = NULL;
    skuai_backtest_options asked = options;
    asked.panel_at = past_only;
    asked.user = panel;
    assert_ok(skuai_backtest_run(panel, models, 1, &asked, NULL, &b, &err), &err);
    assert_int_equal(skuai_backtest_at(b, 0, 0)->scores.n_points, SERIES * 3);
    skuai_backtest_free(b);
    skuai_panel_free(panel);
}

/* The choice on windows 1 and 2 may not depend on what window 0 holds. */
static void choice_never_sees_the_test(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = make_panel(), *changed;
    double *values = skuai_new(panel->n_rows, sizeof *values);
    for (size_t s = 0; s < panel->n_series; s++)
        for (size_t t = 0; t < panel->length[s]; t++)
            values[panel->row[s] + t] =
                t < LENGTH - HORIZON ? panel->target[panel->row[s] + t] : 1000;
    assert_ok(skuai_panel_with(panel, SIZE_MAX, values, &changed, &err), &err);
    const skuai_forecaster *models[] = {&biased, &honest, &peeking};
    skuai_ensemble first, second;
    for (int i = 0; i < 2; i++) {
        skuai_backtest *b = NULL;
        assert_ok(skuai_backtest_run(i ? changed : panel, models, 3, &options, NULL, &b, &err),
                  &err);
        assert_ok(skuai_ensemble_choose(b, models, 1, 3, 1, i ? &second : &first, &err), &err);
        /* the harness itself: a model that peeks is caught by its score */
        assert_true(skuai_backtest_at(b, 0, 2)->scores.wql < 1e-9);
        skuai_backtest_free(b);
    }
    assert_memory_equal(first.weights, second.weights, sizeof first.weights);
    assert_memory_equal(&first.calibration.factor, &second.calibration.factor,
                        sizeof first.calibration.factor);
    skuai_free(values);
    skuai_panel_free(changed);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_roll_back),          cmocka_unit_test(better_is_told_from_noise),
        cmocka_unit_test(choice_finds_the_good_one),  cmocka_unit_test(origins_see_what_was_known),
        cmocka_unit_test(choice_never_sees_the_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
