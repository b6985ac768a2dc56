/* Trees on panels: nothing of the future is seen, better than the season, saved and loaded, and a
 * forecast for every odd panel. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/random.h"
#include "tree/features.h"
#include "tree/tree.h"

enum { SERIES = 30, WEEKS = 130, AHEAD = 8 };

/* Weekly series of a common season with levels, growth and a promotion known ahead. */
static skuai_panel *shop_panel(size_t n_series, size_t n, size_t ahead, double noise) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 52);
    skua_error err;
    const char *kinds[64];
    assert_ok(skuai_panel_builder_dynamic(b, "promotion", SKUAI_KNOWN_AHEAD, &err), &err);
    assert_ok(skuai_panel_builder_dynamic(b, "views", SKUAI_KNOWN_PAST, &err), &err);
    for (size_t s = 0; s < n_series; s++) {
        double y[400];
        float promotion[400], views[400];
        const float *columns[] = {promotion, views};
        skuai_random r;
        char name[32];
        skuai_random_split(&r, 3, s);
        double level = exp(2 + 2 * skuai_random_uniform(&r));
        for (size_t t = 0; t < n + ahead; t++) {
            promotion[t] = skuai_random_uniform(&r) < 0.15F ? 1 : 0;
            views[t] = (float)skuai_random_uniform(&r);
            y[t] = level * (1.5 + sin(2 * 3.14159265 * (double)t / 52)) *
                   (1 + 0.8 * (double)promotion[t]) * exp(noise * skuai_random_normal(&r));
        }
        (void)snprintf(name, sizeof name, "item%zu", s);
        kinds[s] = s % 2 ? "tea" : "salt";
        assert_ok(skuai_panel_builder_series(b, name, 2600, n, ahead, y, NULL, columns, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(b, "kind", kinds, &err), &err);
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static float *features_at(const skuai_panel *panel, size_t origin, size_t *size) {
    skua_error err;
    skuai_features *f;
    skuai_feature_row rows[2 * AHEAD];
    float scale[2 * AHEAD], base[2 * AHEAD];
    skuai_feature_plan plan;
    skuai_feature_plan_make(panel, AHEAD, "", &plan);
    assert_ok(skuai_features_new(panel, &plan, &f, &err), &err);
    for (uint32_t i = 0; i < 2 * AHEAD; i++)
        rows[i] = (skuai_feature_row){i / AHEAD, (uint32_t)origin, i % AHEAD};
    *size = skuai_features_columns(f) * 2 * AHEAD;
    float *values = skuai_new(*size + 4 * AHEAD, sizeof *values);
    assert_non_null(values);
    assert_ok(skuai_features_fill(f, rows, (size_t)2 * AHEAD, NULL, values, scale, base, &err),
              &err);
    memcpy(values + *size, scale, sizeof scale);
    memcpy(values + *size + (size_t)2 * AHEAD, base, sizeof base);
    *size += (size_t)4 * AHEAD;
    skuai_features_free(f);
    return values;
}

/* Everything behind the origin changed: the target of all series, and what is known of the past
 * alone. A change before the origin must show, or the test could not fail. */
static void nothing_of_the_future_is_seen(void **state) {
    (void)state;
    size_t origin = 90, n, m;
    skua_error err;
    skuai_panel *panel = shop_panel(4, WEEKS, AHEAD, 0.1), *other = NULL, *third = NULL;
    double *y = skuai_new(panel->n_rows, sizeof *y), *v = skuai_new(panel->n_rows, sizeof *v);
    float *before = features_at(panel, origin, &n);
    for (int past = 0; past < 2; past++) {
        for (size_t r = 0; r < panel->n_rows; r++) {
            y[r] = panel->target[r];
            v[r] = (double)panel->dynamic[1].values[r];
        }
        for (size_t s = 0; s < panel->n_series; s++) {
            for (size_t t = past ? origin - 1 : origin; t < WEEKS; t++)
                y[panel->row[s] + t] = 1e4 * (double)(t + 1);
            for (size_t t = origin; t < WEEKS + AHEAD; t++)
                v[panel->row[s] + t] = -99;
        }
        assert_ok(skuai_panel_with(panel, SIZE_MAX, y, &other, &err), &err);
        assert_ok(skuai_panel_with(other, 1, v, &third, &err), &err);
        float *after = features_at(third, origin, &m);
        assert_int_equal(n, m);
        assert_int_equal(memcmp(before, after, n * sizeof *before) != 0, past);
        skuai_free(after);
        skuai_panel_free(third);
        skuai_panel_free(other);
    }
    skuai_free(before);
    skuai_free(y);
    skuai_free(v);
    skuai_panel_free(panel);
}

/* Lags, mean, deviation and the last cycle against their definitions, by name of the column. */
static void features_are_what_they_say(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = shop_panel(2, WEEKS, AHEAD, 0.1);
    skuai_features *f;
    skuai_feature_plan plan;
    skuai_feature_plan_make(panel, AHEAD, "", &plan);
    assert_ok(skuai_features_new(panel, &plan, &f, &err), &err);
    skuai_feature_row row = {1, 100, 5};
    float values[200], scale, base;
    assert_in_range(skuai_features_columns(f), 40, 200);
    assert_ok(skuai_features_fill(f, &row, 1, NULL, values, &scale, &base, &err), &err);
    const double *y = skuai_panel_target(panel, 1);
    double year = 0, mean = 0, square = 0;
    for (size_t t = 48; t < 100; t++)
        year += y[t] / 52;
    for (size_t t = 92; t < 100; t++)
        mean += y[t] / 8;
    for (size_t t = 92; t < 100; t++)
        square += (y[t] - mean) * (y[t] - mean) / 8;
    assert_close(scale, year, 1e-6, 0);
    struct {
        const char *name;
        double value;
    } expected[] = {{"horizon", 5},
                    {"lag_1", y[99] / year},
                    {"lag_4", y[96] / year},
                    {"mean_8", mean / year},
                    {"sd_8", sqrt(square) / year},
                    {"zeros_8", 0},
                    {"cycle_1", y[105 - 52] / year},
                    {"cycle_2", y[105 - 104] / year},
                    {"cycle_mean3", (y[52] + y[53] + y[54]) / 3 / year},
                    {"age", 100},
                    {"adi", 1},
                    {"at_promotion", (double)panel->dynamic[0].values[panel->row[1] + 105]},
                    {"last_views", (double)panel->dynamic[1].values[panel->row[1] + 99]}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        size_t k = 0;
        while (k < skuai_features_columns(f) &&
               strcmp(skuai_features_names(f)[k], expected[i].name) != 0)
            k++;
        assert_true(k < skuai_features_columns(f));
        assert_close(values[k], expected[i].value, 1e-5, 1e-6);
    }
    skuai_features_free(f);
    skuai_panel_free(panel);
}

static const double levels[] = {0.1, 0.5, 0.9};

static skuai_parameters few_rounds(void) {
    static const skuai_parameter items[] = {{"rounds", "60"}, {"leaves", "15"}};
    return (skuai_parameters){items, 2};
}

static double wape(const skuai_panel *view, const skuai_forecast *forecast) {
    double error = 0, size = 0;
    for (size_t s = 0; s < view->n_series; s++) {
        for (size_t h = 0; h < AHEAD; h++) {
            double y = skuai_panel_actual(view, s, h);
            error += fabs(y - skuai_forecast_quantiles(forecast, s, h)[1]);
            size += y;
        }
    }
    return error / size;
}

/* The season alone cannot know the promotions, which are known ahead; and a model that was saved
 * and loaded says the same, saved twice it gives the same bytes, on one thread or two. */
static void better_than_the_season_and_kept(void **state) {
    (void)state;
    skua_error err;
    char folder[512], path[2][600];
    skuai_panel *panel = shop_panel(SERIES, WEEKS, 0, 0.1), *view = NULL;
    assert_ok(skuai_panel_cut(panel, AHEAD, &view, &err), &err);
    const skuai_forecaster *f = skuai_tree_forecaster("tree-direct");
    skuai_parameters parameters = few_rounds();
    skuai_request request = {AHEAD, levels, 3, 1};
    skuai_model *model = NULL, *twin = NULL, *loaded = NULL;
    skuai_forecast *a = NULL, *b = NULL;
    skuai_context one = {.seed = 1, .threads = 1}, two = {.seed = 1, .threads = 2};
    assert_ok(f->fit(f, view, &parameters, &one, &model, &err), &err);
    assert_ok(f->fit(f, view, &parameters, &two, &twin, &err), &err);
    assert_ok(f->predict(model, view, &request, &two, &a, &err), &err);
    double season = 0, size = 0;
    for (size_t s = 0; s < view->n_series; s++) {
        for (size_t h = 0; h < AHEAD; h++) {
            double y = skuai_panel_actual(view, s, h);
            season += fabs(y - skuai_panel_target(view, s)[view->length[s] + h - 52]);
            size += y;
        }
    }
    assert_true(wape(view, a) < 0.7 * season / size);
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path[0], sizeof path[0], "%s/one", folder);
    (void)snprintf(path[1], sizeof path[1], "%s/two", folder);
    assert_ok(f->save(model, path[0], &err), &err);
    assert_ok(f->load(f, path[0], &loaded, &err), &err);
    assert_ok(f->predict(loaded, view, &request, &one, &b, &err), &err);
    assert_memory_equal(a->quantiles, b->quantiles, SERIES * AHEAD * 3 * sizeof *a->quantiles);
    assert_ok(f->save(twin, path[1], &err), &err);
    static const char *const files[] = {"tree.json", "point.txt"};
    for (size_t i = 0; i < 2; i++) {
        skuai_buffer text[2];
        for (size_t k = 0; k < 2; k++) {
            char file[1300];
            (void)snprintf(file, sizeof file, "%s/%s", path[k], files[i]);
            assert_ok(skuai_file_read(file, 1 << 28, &text[k], &err), &err);
        }
        /* LightGBM writes its parameters behind the trees, the number of threads among them */
        for (size_t k = 0; k < 2 && i == 1; k++) {
            char *end = strstr(text[k].data, "\nparameters:");
            assert_non_null(end);
            *end = '\0';
        }
        assert_string_equal(skuai_buffer_view(&text[0]), skuai_buffer_view(&text[1]));
        skuai_buffer_clear(&text[0]);
        skuai_buffer_clear(&text[1]);
    }
    test_folder_remove(folder);
    skuai_forecast_free(a);
    skuai_forecast_free(b);
    f->free(model);
    f->free(twin);
    f->free(loaded);
    skuai_panel_free(view);
    skuai_panel_free(panel);
}

/* One series, ten observations, one observation, none; horizons 1 and 104; noted as what it is. */
static void odd_panels_get_a_forecast(void **state) {
    (void)state;
    skua_error err;
    static const size_t lengths[] = {130, 10, 1, 0}, horizons[] = {1, 104};
    skuai_context one = {.seed = 1, .threads = 1};
    for (size_t k = 0; skuai_tree_forecasters[k]; k++) {
        const skuai_forecaster *f = skuai_tree_forecasters[k];
        for (size_t i = 0; i < 8; i++) {
            skuai_panel *panel = shop_panel(1, lengths[i / 2], 0, 0.1);
            skuai_request request = {horizons[i % 2], levels, 3, 1};
            skuai_parameters parameters = few_rounds();
            skuai_forecast *forecast = NULL;
            assert_ok(skuai_forecaster_run(f, panel, &parameters, &request, &one, &forecast, &err),
                      &err);
            for (size_t h = 0; h < request.horizon; h++)
                assert_true(skuai_forecast_quantiles(forecast, 0, h)[0] >= 0);
            assert_true(forecast->note[0][0] != '\0');
            if (i >= 2) assert_non_null(strstr(forecast->note[0], "too little"));
            skuai_forecast_free(forecast);
            skuai_panel_free(panel);
        }
    }
}

static void wrong_parameters_are_refused(void **state) {
    (void)state;
    static const skuai_parameter wrong[] = {
        {"leafs", "3"}, {"rounds", "0"}, {"objective", "best"}, {"base", "x"}, {"rate", "-1"}};
    skuai_panel *panel = shop_panel(3, 100, 0, 0.1);
    const skuai_forecaster *f = skuai_tree_forecaster("tree-direct");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        skuai_parameters parameters = {&wrong[i], 1};
        skuai_model *model = NULL;
        skua_error err;
        assert_int_equal(f->fit(f, panel, &parameters, NULL, &model, &err), SKUA_ECONFIG);
        assert_null(model);
    }
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_the_future_is_seen),
        cmocka_unit_test(features_are_what_they_say),
        cmocka_unit_test(better_than_the_season_and_kept),
        cmocka_unit_test(odd_panels_get_a_forecast),
        cmocka_unit_test(wrong_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
