/* Coherence: items whose forecasts all miss the same wave, groups that know it, groups that know
 * nothing. */
#include "support/support.h"

#include "automl/coherent.h"
#include "math/distribution.h"

#include <math.h>
#include <stdio.h>

enum { SERIES = 24, GROUPS = 4, LENGTH = 60, HORIZON = 6, Q = 9, ENDED = 5 };
static const double levels[Q] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

static double wave(int64_t period) {
    return 1 + 0.4 * sin(2 * 3.14159265358979 * (double)period / 12);
}

static double level_of(size_t s) {
    return 10 + (double)(s * 3);
}

/* Series s sells level_of(s) * wave, and a little noise; ENDED ended long ago. */
static skuai_panel *make_panel(void) {
    skuai_grid grid = {SKUAI_FREQUENCY_MONTH, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 12);
    const char *group[SERIES];
    static const char *const groups[GROUPS] = {"tea", "cups", "pots", "cake"};
    for (size_t s = 0; s < SERIES; s++) {
        double y[LENGTH];
        char name[16];
        skuai_random random;
        skuai_random_split(&random, 5, s);
        for (size_t t = 0; t < LENGTH; t++)
            y[t] = level_of(s) * wave((int64_t)t) * (1 + 0.05 * skuai_random_normal(&random));
        (void)snprintf(name, sizeof name, "s%zu", s);
        group[s] = groups[s % GROUPS];
        assert_ok(skuai_panel_builder_series(b, name, 0, s == ENDED ? LENGTH - 20 : LENGTH, 0, y,
                                             NULL, NULL, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(b, "category1", group, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

/* What a forecaster multiplies the last year's mean with. */
typedef enum knowledge { FLAT, WAVE, NOTHING } knowledge;
static const knowledge known[] = {FLAT, WAVE, NOTHING};

static skua_status fit(const skuai_forecaster *self, const skuai_panel *panel,
                       const skuai_parameters *parameters, const skuai_context *context,
                       skuai_model **model, skua_error *err) {
    (void)panel, (void)parameters, (void)context, (void)err;
    *model = (skuai_model *)(uintptr_t)self->data;
    return SKUA_OK;
}

static skua_status predict(const skuai_model *model, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err) {
    (void)context;
    knowledge how = *(const knowledge *)(const void *)model;
    skuai_forecast *f = NULL;
    SKUA_TRY(
        skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels, &f, err));
    for (size_t s = 0; s < panel->n_series; s++) {
        const double *y = skuai_panel_target(panel, s);
        double mean = 0;
        for (size_t t = panel->length[s] - 12; t < panel->length[s]; t++)
            mean += y[t] / 12;
        for (size_t h = 0; h < request->horizon; h++) {
            double x = how == WAVE      ? mean * wave(skuai_panel_end(panel, s) + (int64_t)h)
                       : how == NOTHING ? 3 * mean
                                        : mean;
            double sd = how == FLAT ? 0.3 * x : 0.03 * x;
            *skuai_forecast_mean(f, s, h) = x;
            for (size_t q = 0; q < request->n_levels; q++)
                skuai_forecast_quantiles(f, s, h)[q] =
                    x + sd * skuai_normal_quantile(request->levels[q]);
        }
    }
    *forecast = f;
    return skuai_forecast_settle(f, 0, err);
}

static void free_nothing(skuai_model *model) {
    (void)model;
}

static skuai_forecaster knowing(knowledge how) {
    return (skuai_forecaster){.name = how == FLAT ? "flat" : "above",
                              .fit = fit,
                              .predict = predict,
                              .free = free_nothing,
                              .data = &known[how]};
}

static const skuai_request request = {HORIZON, levels, Q, 1};
static const skuai_context context = {.seed = 1, .threads = 1};

static void items_move_to_what_groups_know(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *whole = make_panel(), *panel = NULL;
    skuai_forecaster flat = knowing(FLAT), above = knowing(WAVE);
    assert_ok(skuai_panel_cut(whole, HORIZON, &panel, &err), &err);
    for (int c = 0; c < SKUAI_COHERENCES; c++) {
        skuai_levels_above made;
        skuai_forecast *f = NULL, *before = NULL;
        double wape[SKUAI_COHERENT_LEVELS + 1], old[SKUAI_COHERENT_LEVELS + 1];
        assert_ok(skuai_levels_above_forecast(panel, &above, &request, &context, &made, &err),
                  &err);
        assert_int_equal(made.n, 2);
        assert_string_equal(made.name[0], "category1");
        assert_string_equal(made.name[1], "total");
        assert_int_equal(made.group[1][0], 0);
        assert_int_equal(made.group[1][ENDED], -1);
        assert_ok(skuai_forecaster_run(&flat, panel, NULL, &request, &context, &before, &err),
                  &err);
        assert_ok(skuai_forecaster_run(&flat, panel, NULL, &request, &context, &f, &err), &err);
        if (c == SKUAI_COHERENCE_SHRUNK) {
            assert_int_equal(
                skuai_levels_above_reconcile(&made, (skuai_coherence)c, panel, f, &err),
                SKUA_EINVAL);
            assert_ok(
                skuai_levels_above_correlate(&made, panel, &flat, &above, &request, &context, &err),
                &err);
            assert_int_equal(made.correlation.n_errors, SKUAI_COHERENT_ORIGINS * HORIZON);
            assert_true(made.correlation.shrinkage < 1);
        }
        assert_ok(skuai_levels_above_reconcile(&made, (skuai_coherence)c, panel, f, &err), &err);
        assert_ok(skuai_levels_above_score(&made, panel, before, old, &err), &err);
        assert_ok(skuai_levels_above_score(&made, panel, f, wape, &err), &err);
        for (size_t k = 0; k <= made.n; k++) {
            if (c == SKUAI_COHERENCE_BOTTOM_UP)
                assert_close(wape[k], old[k], 0, 0);
            else
                assert_true(wape[k] < 0.6 * old[k]);
        }
        for (size_t h = 0; h < HORIZON; h++) { /* what ended is left alone; quantiles go along */
            assert_close(*skuai_forecast_mean(f, ENDED, h), *skuai_forecast_mean(before, ENDED, h),
                         0, 0);
            double factor = *skuai_forecast_mean(f, 7, h) / *skuai_forecast_mean(before, 7, h);
            assert_close(skuai_forecast_quantiles(f, 7, h)[8],
                         factor * skuai_forecast_quantiles(before, 7, h)[8], 1e-9, 1e-9);
        }
        skuai_forecast_free(f);
        skuai_forecast_free(before);
        skuai_levels_above_clear(&made);
    }
    skuai_panel_free(panel);
    skuai_panel_free(whole);
}

static void validation_chooses(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = make_panel();
    skuai_forecaster flat = knowing(FLAT);
    const skuai_forecaster *models[] = {&flat};
    skuai_backtest_options options = {
        .horizon = HORIZON, .windows = 2, .levels = levels, .n_levels = Q, .seed = 1};
    skuai_backtest *b = NULL;
    static skuai_ensemble ensemble;
    assert_ok(skuai_backtest_run(panel, models, 1, &options, &context, &b, &err), &err);
    assert_ok(skuai_ensemble_equal(models, 1, &ensemble, &err), &err);
    for (int how = WAVE; how <= NOTHING; how++) {
        skuai_forecaster above = knowing((knowledge)how);
        skuai_coherence coherence;
        double loss[SKUAI_COHERENCES];
        assert_ok(skuai_coherence_choose(b, &ensemble, &above, how == WAVE ? &flat : NULL, 0, 2, 1,
                                         &context, &coherence, loss, &err),
                  &err);
        if (how == WAVE) {
            assert_int_not_equal(coherence, SKUAI_COHERENCE_BOTTOM_UP);
            assert_true(loss[coherence] < loss[SKUAI_COHERENCE_BOTTOM_UP]);
            assert_true(loss[SKUAI_COHERENCE_SHRUNK] < loss[SKUAI_COHERENCE_BOTTOM_UP]);
            assert_true(loss[SKUAI_COHERENCE_SHRUNK] != loss[SKUAI_COHERENCE_VARIANCE]);
        } else {
            assert_int_equal(coherence, SKUAI_COHERENCE_BOTTOM_UP);
            assert_true(loss[SKUAI_COHERENCE_VARIANCE] > loss[SKUAI_COHERENCE_BOTTOM_UP]);
            assert_true(isnan(loss[SKUAI_COHERENCE_SHRUNK])); /* nobody to learn it from */
        }
    }
    skuai_backtest_free(b);
    skuai_panel_free(panel);
}

/* One series alone, or no static at all but as many groups as series: nothing to reconcile. */
static void nothing_above(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *whole = make_panel(), *one = NULL;
    skuai_forecaster above = knowing(WAVE);
    skuai_levels_above made;
    size_t chosen[] = {3, ENDED};
    assert_ok(skuai_panel_subset(whole, chosen, 2, &one, &err), &err);
    assert_ok(skuai_levels_above_forecast(one, &above, &request, &context, &made, &err), &err);
    assert_int_equal(made.n, 0);
    skuai_levels_above_clear(&made);
    skuai_panel_free(one);
    skuai_panel_free(whole);
}

static void names(void **state) {
    (void)state;
    for (int c = 0; c < SKUAI_COHERENCES; c++) {
        skuai_coherence parsed;
        assert_true(skuai_coherence_parse(skuai_coherence_name((skuai_coherence)c), &parsed));
        assert_int_equal(parsed, c);
    }
    skuai_coherence parsed;
    assert_false(skuai_coherence_parse("auto", &parsed));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_move_to_what_groups_know),
        cmocka_unit_test(validation_chooses),
        cmocka_unit_test(nothing_above),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
