/* The panel's count forecaster: it learns, borrows strength, keeps its promises on odd panels. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/random.h"
#include "forecast/metrics.h"
#include "stat/intermittent/count_fit.h"
#include "stat/intermittent/count_pool.h"

#include <math.h>
#include <string.h>

enum { S = 120, N = 48, H = 6, Q = 9 };
static const double levels[Q] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
static const skuai_request request = {H, levels, Q, 1};
static const skuai_parameter quick_items[] = {{"evaluations", "48"}, {"horizon", "6"}};
static const skuai_parameters quick = {quick_items, 2};

/* Gamma rates of shape 0.8 and mean `rate`, Poisson demand around them. unit: of a sale. */
static skuai_panel *sparse_panel(double rate, double unit, bool odd) {
    skua_error err = {0};
    const skuai_grid grid = {.frequency = SKUAI_FREQUENCY_MONTH};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 12);
    assert_non_null(builder);
    for (size_t s = 0; s < S; s++) {
        skuai_random random;
        char name[16];
        double y[N];
        skuai_random_split(&random, 7, s);
        double own = rate / 0.8 * skuai_random_gamma(&random, 0.8);
        for (size_t t = 0; t < N; t++)
            y[t] = unit * skuai_random_poisson(&random, own);
        if (odd && s == 1)
            for (size_t t = 0; t < N; t++)
                y[t] = NAN;
        if (odd && s == 2) y[5] = y[N - 1] = NAN;
        (void)snprintf(name, sizeof name, "item%zu", s);
        size_t length = odd && s == 0 ? 0 : odd && s == 3 ? 1 : N;
        assert_ok(skuai_panel_builder_series(builder, name, 400, length, 0, y, NULL, NULL, &err),
                  &err);
    }
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static skuai_forecast *forecast(const skuai_panel *panel, const skuai_parameters *parameters,
                                int threads) {
    skua_error err = {0};
    const skuai_forecaster pool = skuai_count_pool_forecaster();
    const skuai_context context = {.seed = 1, .threads = threads};
    skuai_forecast *made = NULL;
    assert_ok(skuai_forecaster_run(&pool, panel, parameters, &request, &context, &made, &err),
              &err);
    return made;
}

static void assert_well_formed(const skuai_forecast *f) {
    for (size_t i = 0; i < f->n_series * f->horizon; i++) {
        assert_true(isfinite(f->mean[i]) && f->mean[i] >= 0);
        for (size_t q = 0; q < Q; q++) {
            double x = f->quantiles[i * Q + q];
            assert_true(isfinite(x) && x >= 0);
            if (q > 0) assert_true(x >= f->quantiles[i * Q + q - 1]);
        }
    }
}

/* Rates of a gamma law: shrunk means must lie nearer to what comes than own means do, and the
 * distribution must be calibrated. */
static void pooling_beats_own_means(void **state) {
    (void)state;
    skua_error err = {0};
    skuai_panel *panel = sparse_panel(0.4, 1, false), *past = NULL;
    assert_ok(skuai_panel_cut(panel, 36, &past, &err), &err); /* 12 periods of history */
    skuai_forecast *f = forecast(past, &quick, 2);
    double own = 0, pooled = 0;
    for (size_t s = 0; s < S; s++) {
        double mean = 0, later = 0;
        for (size_t t = 0; t < 12; t++)
            mean += skuai_panel_target(past, s)[t] / 12;
        for (size_t h = 0; h < 36; h++)
            later += skuai_panel_actual(past, s, h) / 36;
        own += (mean - later) * (mean - later);
        pooled += (*skuai_forecast_mean(f, s, 0) - later) * (*skuai_forecast_mean(f, s, 0) - later);
    }
    assert_true(pooled < own);
    skuai_scores scores;
    assert_ok(skuai_score(past, f, NULL, &scores, NULL, &err), &err);
    assert_true(scores.pit_ks < 0.06);
    assert_well_formed(f);
    skuai_forecast_free(f);
    skuai_panel_free(past);
    skuai_panel_free(panel);
}

static void odd_panels_are_forecast(void **state) {
    (void)state;
    skuai_panel *panel = sparse_panel(0.5, 1, true);
    skuai_forecast *f = forecast(panel, &quick, 2);
    assert_well_formed(f);
    assert_string_equal(f->note[0], "count-pool (no history)");
    assert_close(*skuai_forecast_mean(f, 0, 0), 0.5, 0.4, 0); /* the panel's own mean */
    skuai_forecast_free(f);
    skuai_panel_free(panel);
    panel = sparse_panel(0, 1, false); /* nothing was ever sold */
    f = forecast(panel, &quick, 2);
    assert_well_formed(f);
    for (size_t q = 0; q < Q; q++)
        assert_close(f->quantiles[q], 0, 0, 0);
    skuai_forecast_free(f);
    skuai_panel_free(panel);
}

static void threads_do_not_change_bits(void **state) {
    (void)state;
    skuai_panel *panel = sparse_panel(0.7, 1, false);
    skuai_forecast *one = forecast(panel, &quick, 1), *two = forecast(panel, &quick, 3);
    assert_memory_equal(one->quantiles, two->quantiles, S * H * Q * sizeof(double));
    assert_memory_equal(one->mean, two->mean, S * H * sizeof(double));
    skuai_forecast_free(one);
    skuai_forecast_free(two);
    skuai_panel_free(panel);
}

static void units_scale(void **state) {
    (void)state;
    skuai_panel *whole = sparse_panel(0.7, 1, false), *tenths = sparse_panel(0.7, 0.1, false);
    skuai_forecast *a = forecast(whole, &quick, 2), *b = forecast(tenths, &quick, 2);
    for (size_t i = 0; i < (size_t)S * H * Q; i++)
        assert_close(b->quantiles[i], a->quantiles[i] / 10, 1e-9, 1e-12);
    skuai_forecast_free(a);
    skuai_forecast_free(b);
    skuai_panel_free(whole);
    skuai_panel_free(tenths);
}

static void a_saved_model_forecasts_the_same(void **state) {
    (void)state;
    skua_error err = {0};
    char folder[512];
    test_folder_new(folder, sizeof folder);
    const skuai_forecaster pool = skuai_count_pool_forecaster();
    skuai_panel *panel = sparse_panel(0.5, 1, false);
    skuai_model *model = NULL, *again = NULL;
    skuai_forecast *a = NULL, *b = NULL;
    assert_ok(pool.fit(&pool, panel, &quick, NULL, &model, &err), &err);
    assert_ok(pool.save(model, folder, &err), &err);
    assert_ok(pool.load(&pool, folder, &again, &err), &err);
    assert_ok(pool.predict(model, panel, &request, NULL, &a, &err), &err);
    assert_ok(pool.predict(again, panel, &request, NULL, &b, &err), &err);
    assert_memory_equal(a->quantiles, b->quantiles, S * H * Q * sizeof(double));
    skuai_forecast_free(a);
    skuai_forecast_free(b);
    pool.free(model);
    pool.free(again);
    char path[600];
    (void)snprintf(path, sizeof path, "%s/count-pool.json", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("{\"shape\": [1], \"unit\": -1}", file);
    (void)fclose(file);
    assert_int_equal(pool.load(&pool, folder, &again, &err), SKUA_EDATA);
    skuai_panel_free(panel);
    test_folder_remove(folder);
}

/* The search finds better settings than it starts from, and refuses what it does not know. */
static void fitting_improves(void **state) {
    (void)state;
    skua_error err = {0};
    skuai_panel *panel = sparse_panel(0.4, 1, false);
    skuai_count_panel counts;
    double start[SKUAI_COUNT_SETTINGS], fitted[SKUAI_COUNT_SETTINGS], before, after;
    assert_ok(skuai_count_panel_new(panel, 12, 0, &counts, &err), &err);
    memcpy(start, skuai_count_setting_default, sizeof start);
    memcpy(fitted, start, sizeof start);
    assert_ok(skuai_count_fit(&counts, &(skuai_count_fit_options){.evaluations = 1}, NULL, start,
                              &before, &err),
              &err);
    assert_memory_equal(start, skuai_count_setting_default, sizeof start);
    assert_ok(skuai_count_fit(&counts, &(skuai_count_fit_options){.evaluations = 100}, NULL, fitted,
                              &after, &err),
              &err);
    assert_true(after < before);
    skuai_count_panel_clear(&counts);
    const skuai_parameter unknown = {"colour", "1"}, far = {"decay", "99"};
    const skuai_forecaster pool = skuai_count_pool_forecaster();
    skuai_model *model = NULL;
    assert_int_equal(pool.fit(&pool, panel, &(skuai_parameters){&unknown, 1}, NULL, &model, &err),
                     SKUA_ECONFIG);
    assert_int_equal(pool.fit(&pool, panel, &(skuai_parameters){&far, 1}, NULL, &model, &err),
                     SKUA_ECONFIG);
    assert_null(model);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pooling_beats_own_means),
        cmocka_unit_test(odd_panels_are_forecast),
        cmocka_unit_test(threads_do_not_change_bits),
        cmocka_unit_test(units_scale),
        cmocka_unit_test(a_saved_model_forecasts_the_same),
        cmocka_unit_test(fitting_improves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
