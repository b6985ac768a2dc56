/* Weights by cluster of series and by cost: each changes the weights where it should, and gives way
 * where there is too little to go by. */
#include "support/support.h"

#include "automl/ensemble.h"
#include "math/distribution.h"

#include <math.h>
#include <string.h>

static const double levels[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
enum { Q = 9, HORIZON = 6, LENGTH = 70, WINDOWS = 3, SERIES = 400 };

/* Even series: 50, steady. Odd ones: 500, restless from period to period. */
static skuai_panel *make_panel(size_t n) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    for (size_t s = 0; s < n; s++) {
        double y[LENGTH];
        char name[16];
        skuai_random random;
        skuai_random_split(&random, 3, s);
        for (size_t t = 0; t < LENGTH; t++)
            y[t] = s % 2 ? 500 + 100 * skuai_random_normal(&random)
                         : 50 + 2 * skuai_random_normal(&random);
        (void)snprintf(name, sizeof name, "s%zu", s);
        assert_ok(skuai_panel_builder_series(b, name, 0, LENGTH, 0, y, NULL, NULL, &err), &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

/* Models: right for even series alone, for odd ones alone; right at all levels but .9, where far
 * too low; right at .9 alone. */
enum { EVEN, ODD, MIDDLE, HIGH };
static const int kinds[] = {EVEN, ODD, MIDDLE, HIGH};

static skua_status fit(const skuai_forecaster *self, const skuai_panel *panel,
                       const skuai_parameters *parameters, const skuai_context *context,
                       skuai_model **model, skua_error *err) {
    (void)panel, (void)parameters, (void)context, (void)err;
    *model = (skuai_model *)(uintptr_t)self->data;
    return SKUA_OK;
}

static double quantile_of(int kind, size_t s, double level) {
    double mean = s % 2 ? 500 : 50, deviation = s % 2 ? 100 : 2, z = skuai_normal_quantile(level);
    if (kind == EVEN) mean *= s % 2 ? 1.3 : 1;
    if (kind == ODD) mean *= s % 2 ? 1 : 1.3;
    if (kind == MIDDLE && level > 0.85) return mean - 3 * deviation;
    if (kind == HIGH && level < 0.85) return mean - 3 * deviation;
    return mean + deviation * z;
}

static skua_status predict(const skuai_model *model, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err) {
    (void)context;
    SKUA_TRY(skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels,
                                forecast, err));
    for (size_t s = 0; s < panel->n_series; s++)
        for (size_t h = 0; h < request->horizon; h++) {
            for (size_t i = 0; i < Q; i++)
                skuai_forecast_quantiles(*forecast, s, h)[i] =
                    quantile_of(*(const int *)(const void *)model, panel->base[s], levels[i]);
            *skuai_forecast_mean(*forecast, s, h) = skuai_forecast_quantiles(*forecast, s, h)[4];
        }
    return SKUA_OK;
}

static void free_nothing(skuai_model *model) {
    (void)model;
}

static const skuai_forecaster models[] = {
    {.name = "even", .fit = fit, .predict = predict, .free = free_nothing, .data = &kinds[EVEN]},
    {.name = "odd", .fit = fit, .predict = predict, .free = free_nothing, .data = &kinds[ODD]},
    {.name = "mid", .fit = fit, .predict = predict, .free = free_nothing, .data = &kinds[MIDDLE]},
    {.name = "high", .fit = fit, .predict = predict, .free = free_nothing, .data = &kinds[HIGH]}};

static skuai_backtest *run(const skuai_panel *panel, const skuai_forecaster *const *members) {
    skuai_backtest_options options = {
        .horizon = HORIZON, .windows = WINDOWS, .levels = levels, .n_levels = Q, .seed = 1};
    skuai_backtest *b = NULL;
    skua_error err;
    assert_ok(skuai_backtest_run(panel, members, 2, &options, NULL, &b, &err), &err);
    return b;
}

static double test_wql(const skuai_backtest *b, const skuai_ensemble *e) {
    const skuai_forecast *made[] = {skuai_backtest_at(b, 0, 0)->forecast,
                                    skuai_backtest_at(b, 0, 1)->forecast};
    skuai_forecast *f = NULL;
    static skuai_scores scores;
    skua_error err;
    assert_ok(skuai_ensemble_combine(e, b->views[0], made, &f, &err), &err);
    assert_ok(skuai_score(b->views[0], f, NULL, &scores, NULL, &err), &err);
    skuai_forecast_free(f);
    return scores.wql;
}

static void clusters_have_weights_of_their_own(void **state) {
    (void)state;
    const skuai_forecaster *members[] = {&models[0], &models[1]};
    static skuai_ensemble plain, clustered;
    skua_error err;
    skuai_panel *panel = make_panel(SERIES);
    skuai_backtest *b = run(panel, members);
    skuai_ensemble_options options = {.from = 1, .to = b->n_windows, .seed = 1};
    assert_ok(skuai_ensemble_choose_by(b, members, &options, &plain, &err), &err);
    options.by_cluster = true;
    assert_ok(skuai_ensemble_choose_by(b, members, &options, &clustered, &err), &err);
    assert_int_equal(plain.clusters.n, 0);
    assert_true(clustered.clusters.n >= 2);
    assert_memory_equal(plain.weights[0], clustered.weights[0], sizeof plain.weights[0]);
    for (size_t s = 0; s < 20; s++) { /* each kind's own model has nearly all of its cluster */
        size_t k = skuai_clusters_of(&clustered.clusters, panel, s);
        assert_true(clustered.weights[SKUAI_ENSEMBLE_CLUSTER + k][s % 2] > 0.9);
        assert_true(clustered.cluster_share[k] > 0.4 && clustered.cluster_share[k] < 0.7);
    }
    assert_true(test_wql(b, &clustered) < test_wql(b, &plain) - 0.002);
    skuai_backtest_free(b);
    skuai_panel_free(panel);
}

static void few_series_have_those_of_their_class(void **state) {
    (void)state;
    const skuai_forecaster *members[] = {&models[0], &models[1]};
    static skuai_ensemble plain, clustered;
    skua_error err;
    skuai_panel *panel = make_panel(SKUAI_CLUSTER_SERIES * 2 - 1);
    skuai_backtest *b = run(panel, members);
    skuai_ensemble_options options = {.from = 1, .to = b->n_windows, .seed = 1};
    assert_ok(skuai_ensemble_choose_by(b, members, &options, &plain, &err), &err);
    options.by_cluster = true;
    assert_ok(skuai_ensemble_choose_by(b, members, &options, &clustered, &err), &err);
    assert_int_equal(clustered.clusters.n, 0);
    assert_memory_equal(plain.weights, clustered.weights, sizeof plain.weights);
    assert_close(test_wql(b, &clustered), test_wql(b, &plain), 0, 0);
    skuai_backtest_free(b);
    skuai_panel_free(panel);
}

/* A unit too few costs nine times one too many: only the .9 quantile counts. */
static void costs_change_the_weights(void **state) {
    (void)state;
    enum { N = 40 };
    const skuai_forecaster *members[] = {&models[MIDDLE], &models[HIGH]};
    static skuai_ensemble by_loss, by_cost, few;
    double under[N], over[N];
    skua_error err;
    skuai_panel *panel = make_panel(N);
    skuai_backtest *b = run(panel, members);
    skuai_ensemble_options options = {.from = 1, .to = b->n_windows, .seed = 1};
    assert_ok(skuai_ensemble_choose_by(b, members, &options, &by_loss, &err), &err);
    for (size_t s = 0; s < N; s++)
        under[s] = 9, over[s] = 1;
    options.under = under, options.over = over;
    assert_ok(skuai_ensemble_choose_by(b, members, &options, &by_cost, &err), &err);
    assert_true(by_loss.weights[SKUAI_CALIBRATION_REGULAR][0] > 0.6);
    assert_true(by_cost.weights[SKUAI_CALIBRATION_REGULAR][1] > 0.9);
    for (size_t s = SKUAI_ENSEMBLE_COSTS - 1; s < N; s++)
        under[s] = (double)NAN;
    assert_ok(skuai_ensemble_choose_by(b, members, &options, &few, &err), &err);
    assert_memory_equal(few.weights, by_loss.weights, sizeof few.weights);
    skuai_backtest_free(b);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_have_weights_of_their_own),
        cmocka_unit_test(few_series_have_those_of_their_class),
        cmocka_unit_test(costs_change_the_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
