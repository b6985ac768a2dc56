/* Panels, forecasters, backtest, ensemble and cleaning with every allocation failing in turn. */
#include "fault_support.h"

#include "automl/ensemble.h"
#include "clean/clean.h"
#include "shop/candidates.h"
#include "stat/local.h"

#include <math.h>

enum { SERIES = 4, LENGTH = 84, SEASON = 7, HORIZON = 7 };
static const double levels[] = {0.1, 0.5, 0.9};
static const skuai_request request = {HORIZON, levels, 3, 1};

static skua_status panel_fill(skuai_panel_builder *b, skua_error *err) {
    for (size_t s = 0; s < SERIES; s++) {
        double y[LENGTH];
        float available[LENGTH];
        char name[32];
        skuai_random random;
        skuai_random_split(&random, 3, s);
        for (size_t t = 0; t < LENGTH; t++) {
            double week = 1 + 0.4 * sin((double)t * 6.2831853 / SEASON);
            double mean = s % 2 ? 0.3 : 20 * week;
            y[t] = skuai_random_negative_binomial(&random, mean, 3);
            available[t] = t % 17 == s ? 0.5F : 1;
        }
        if (s == 0) y[40] = 400; /* an outlier */
        (void)snprintf(name, sizeof name, "item%zu", s);
        SKUA_TRY(skuai_panel_builder_series(b, name, 1000, LENGTH, 0, y, available, NULL, err));
    }
    return SKUA_OK;
}

static skua_status panel_make(skuai_panel **panel, skua_error *err) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, SEASON);
    if (!b) return skuai_error_memory(err, "panel builder");
    skua_status status = panel_fill(b, err);
    if (status == SKUA_OK) status = skuai_panel_builder_finish(b, panel, err);
    skuai_panel_builder_free(b);
    return status;
}

static skuai_panel *panel_new(void) {
    skua_error err;
    skuai_panel *panel = NULL;
    assert_ok(panel_make(&panel, &err), &err);
    return panel;
}

static skua_status build_and_cut(void *user, skua_error *err) {
    (void)user;
    skuai_panel *panel = NULL, *cut = NULL;
    skua_status status = panel_make(&panel, err);
    if (status != SKUA_OK) {
        assert_null(panel);
        return status;
    }
    status = skuai_panel_cut(panel, HORIZON, &cut, err);
    if (status != SKUA_OK) assert_null(cut);
    skuai_panel_free(cut);
    skuai_panel_free(panel);
    return status;
}

static void panels(void **state) {
    (void)state;
    fault_each("panel", build_and_cut, NULL, 1000);
}

typedef struct model_run {
    skuai_forecaster forecaster;
    const skuai_panel *panel;
} model_run;

static skua_status run_model(void *user, skua_error *err) {
    const model_run *run = user;
    skuai_context context = fault_context();
    skuai_forecast *forecast = NULL;
    skua_status status = skuai_forecaster_run(&run->forecaster, run->panel, NULL, &request,
                                              &context, &forecast, err);
    if (status != SKUA_OK) assert_null(forecast);
    skuai_forecast_free(forecast);
    return status;
}

static void local_methods(void **state) {
    (void)state;
    model_run run = {.panel = panel_new()};
    assert_true(skuai_local_count() > 10);
    for (size_t i = 0; i < skuai_local_count(); i++) {
        const skuai_local_method *method = skuai_local_at(i);
        run.forecaster = skuai_local_forecaster(method);
        fault_each(method->name, run_model, &run, 60);
    }
    skuai_panel_free((skuai_panel *)run.panel);
}

static void panel_forecasters(void **state) {
    (void)state;
    static const char *const names[] = {"group", "count-pool"};
    model_run run = {.panel = panel_new()};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        skua_error err;
        assert_ok(skuai_candidate_find(names[i], &run.forecaster, &err), &err);
        fault_each(names[i], run_model, &run, 60);
    }
    skuai_panel_free((skuai_panel *)run.panel);
}

/* Backtest two cheap models, choose an ensemble on it, and forecast with that. */
static skua_status choose(void *user, skua_error *err) {
    const skuai_panel *panel = user;
    skuai_context context = fault_context();
    skuai_forecaster cheap[] = {skuai_local_forecaster(skuai_local_find("seasonal-naive")),
                                skuai_local_forecaster(skuai_local_find("ses"))};
    const skuai_forecaster *models[] = {&cheap[0], &cheap[1]};
    skuai_backtest_options options = {
        .horizon = HORIZON, .windows = 2, .levels = levels, .n_levels = 3, .seed = 1};
    skuai_backtest *backtest = NULL;
    skuai_forecast *forecast = NULL;
    skua_status status = skuai_backtest_run(panel, models, 2, &options, &context, &backtest, err);
    if (status != SKUA_OK) {
        assert_null(backtest);
        return status;
    }
    skuai_ensemble *ensemble = skuai_zero(1, sizeof *ensemble);
    status = ensemble ? skuai_ensemble_choose(backtest, models, 1, 2, 1, ensemble, err)
                      : skuai_error_memory(err, "ensemble");
    if (status == SKUA_OK) {
        skuai_forecaster f = skuai_ensemble_forecaster(ensemble);
        status = skuai_forecaster_run(&f, panel, NULL, &request, &context, &forecast, err);
        if (status != SKUA_OK) assert_null(forecast);
    }
    skuai_forecast_free(forecast);
    skuai_free(ensemble);
    skuai_backtest_free(backtest);
    return status;
}

static void backtest_and_ensemble(void **state) {
    (void)state;
    skuai_panel *panel = panel_new();
    fault_each("backtest and ensemble", choose, panel, 300);
    skuai_panel_free(panel);
}

static skua_status clean(void *user, skua_error *err) {
    const skuai_panel *panel = user;
    skuai_context context = fault_context();
    skuai_findings findings = {0};
    skuai_panel *cleaned = NULL;
    skua_status status = skuai_findings_init(&findings, err);
    if (status == SKUA_OK) status = skuai_clean_detect(panel, NULL, &context, &findings, err);
    if (status == SKUA_OK)
        status = skuai_clean_panel(panel, &findings, NULL, &context, &cleaned, err);
    if (status != SKUA_OK) assert_null(cleaned);
    skuai_panel_free(cleaned);
    skuai_findings_clear(&findings);
    return status;
}

static void cleaning(void **state) {
    (void)state;
    skuai_panel *panel = panel_new();
    fault_each("clean", clean, panel, 300);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panels),
        cmocka_unit_test(local_methods),
        cmocka_unit_test(panel_forecasters),
        cmocka_unit_test(backtest_and_ensemble),
        cmocka_unit_test(cleaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
