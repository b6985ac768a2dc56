/* The forecaster "group": what it recovers from panels of known truth, what it does not change
 * under, and what it does with odd panels. */
#include "support/support.h"

#include "core/calendar/easter.h"
#include "core/random.h"
#include "forecast/metrics.h"
#include "stat/group/group.h"
#include "stat/local.h"

#include <math.h>
#include <string.h>

static const double levels[] = {0.1, 0.25, 0.5, 0.75, 0.9};
enum { Q = 5, MEDIAN = 2 };

typedef struct shop_truth {
    size_t stores, departments, weeks, season;
    double noise, growth, factor;     /* factor multiplies everything */
    bool easter, reversed;            /* reversed: the series in the opposite order */
    size_t short_series, short_weeks; /* one series has but that many weeks (0: none at all) */
} shop_truth;

static const shop_truth usual = {7, 6, 92, 26, 0.1, 0.1, 1, false, false, SIZE_MAX, 0};

/* What is true of week t in a store's department, without noise: level, growth of store and
 * department, the department's season, Easter where it fell. */
static double truth(const shop_truth *shop, size_t store, size_t department, int64_t first,
                    size_t t) {
    double u = (double)(t % shop->season) / (double)shop->season;
    double level = 4 + 0.2 * (double)store + 0.5 * (double)department;
    double season = 0.5 * sin(6.2831853 * (u + 0.17 * (double)department));
    double growth = shop->growth * ((double)department - 2.5 + 0.3 * (double)store - 1) / 3;
    double x = level + season + growth * (double)t / 52;
    if (shop->easter) {
        skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
        for (int year = 2010; year < 2016; year++)
            if (skuai_period_from_day(&grid, skuai_easter_day(year), 0) == first + (int64_t)t)
                x += 0.6;
    }
    return shop->factor * exp(x);
}

static int64_t first_week(void) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    return skuai_period_from_day(&grid, skuai_day_from_date(2010, 1, 4), 0);
}

static skuai_panel *make_shop(const shop_truth *shop, uint64_t seed) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, (int)shop->season);
    skua_error err = {0};
    size_t n = shop->stores * shop->departments;
    char text[128][48];
    const char *store[128], *department[128];
    double y[400];
    assert_true(n <= 128 && shop->weeks <= 400);
    for (size_t i = 0; i < n; i++) {
        size_t s = shop->reversed ? n - 1 - i : i;
        size_t st = s / shop->departments, de = s % shop->departments;
        skuai_random random;
        skuai_random_split(&random, seed, s);
        for (size_t t = 0; t < shop->weeks; t++)
            y[t] = truth(shop, st, de, first_week(), t) *
                   exp(shop->noise * skuai_random_normal(&random));
        size_t skip = s == shop->short_series ? shop->weeks - shop->short_weeks : 0;
        char name[64];
        (void)snprintf(name, sizeof name, "d%zu/s%zu", de, st);
        assert_ok(skuai_panel_builder_series(builder, name, first_week() + (int64_t)skip,
                                             shop->weeks - skip, 0, y + skip, NULL, NULL, &err),
                  &err);
        (void)snprintf(text[i], sizeof text[i], "s%zu d%zu", st, de);
        text[i][2] = '\0';
        store[i] = text[i];
        department[i] = text[i] + 3;
    }
    assert_ok(skuai_panel_builder_category(builder, "store", store, &err), &err);
    assert_ok(skuai_panel_builder_category(builder, "department", department, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static skuai_forecast *run(const skuai_panel *panel, size_t horizon, int threads) {
    skuai_forecaster group = skuai_group_forecaster();
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    context.threads = threads;
    skuai_request request = {horizon, levels, Q, 1};
    skuai_forecast *forecast;
    skua_error err = {0};
    assert_ok(skuai_forecaster_run(&group, panel, NULL, &request, &context, &forecast, &err), &err);
    return forecast;
}

/* Mean |median - truth| / truth over all series and horizons. */
static double error_of(const shop_truth *shop, const skuai_panel *panel,
                       const skuai_forecast *forecast) {
    double sum = 0;
    for (size_t s = 0; s < forecast->n_series; s++) {
        for (size_t h = 0; h < forecast->horizon; h++) {
            size_t t = (size_t)(skuai_panel_end(panel, s) - first_week()) + h;
            double y = truth(shop, s / shop->departments, s % shop->departments, first_week(), t);
            sum += fabs(skuai_forecast_quantiles(forecast, s, h)[MEDIAN] - y) / y;
        }
    }
    return sum / (double)(forecast->n_series * forecast->horizon);
}

/* Noise of 10 % a week; last season's week carries it whole, and misses the growth. */
static void test_recovers_truth(void **unused) {
    (void)unused;
    skuai_panel *panel = make_shop(&usual, 1);
    skuai_forecast *group = run(panel, 26, 2), *naive;
    skuai_forecaster seasonal = skuai_local_forecaster(skuai_local_find("seasonal-naive"));
    skuai_request request = {26, levels, Q, 1};
    skua_error err = {0};
    assert_ok(skuai_forecaster_run(&seasonal, panel, NULL, &request, NULL, &naive, &err), &err);
    double error = error_of(&usual, panel, group), free_error = error_of(&usual, panel, naive);
    assert_true(error < 0.035);
    assert_true(error < 0.4 * free_error);
    skuai_forecast_free(group);
    skuai_forecast_free(naive);
    skuai_panel_free(panel);
}

/* The 80 % interval holds about 80 % of what comes, noise included. */
static void test_coverage(void **unused) {
    (void)unused;
    skuai_panel *panel = make_shop(&usual, 2), *past;
    skua_error err = {0};
    assert_ok(skuai_panel_cut(panel, 20, &past, &err), &err);
    skuai_forecast *forecast = run(past, 20, 2);
    size_t inside = 0, n = 0;
    for (size_t s = 0; s < past->n_series; s++) {
        for (size_t h = 0; h < 20; h++, n++) {
            double y = skuai_panel_actual(past, s, h);
            const double *q = skuai_forecast_quantiles(forecast, s, h);
            inside += y >= q[0] && y <= q[4];
        }
    }
    assert_close((double)inside / (double)n, 0.8, 0, 0.06);
    skuai_forecast_free(forecast);
    skuai_panel_free(past);
    skuai_panel_free(panel);
}

/* Easter 2012 is seen in the forecast, in its own week, not where the last ones were. */
static void test_easter_moves(void **unused) {
    (void)unused;
    shop_truth shop = usual;
    shop.easter = true;
    shop.season = 52;
    shop.weeks = 110;
    skuai_panel *panel = make_shop(&shop, 3);
    skuai_forecast *forecast = run(panel, 26, 2);
    assert_true(error_of(&shop, panel, forecast) < 0.05);
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    int64_t week = skuai_period_from_day(&grid, skuai_easter_day(2012), 0);
    for (size_t s = 0; s < panel->n_series; s++) {
        size_t h = (size_t)(week - skuai_panel_end(panel, s));
        double peak = skuai_forecast_quantiles(forecast, s, h)[MEDIAN];
        double beside = 0.5 * (skuai_forecast_quantiles(forecast, s, h - 1)[MEDIAN] +
                               skuai_forecast_quantiles(forecast, s, h + 1)[MEDIAN]);
        assert_true(peak > 1.4 * beside); /* the truth is exp(.6) = 1.8 */
    }
    skuai_forecast_free(forecast);
    skuai_panel_free(panel);
}

/* A series of five weeks, and one without any, have the season and size that their store and
 * department say. */
static void test_new_series(void **unused) {
    (void)unused;
    for (size_t weeks = 0; weeks <= 5; weeks += 5) {
        shop_truth shop = usual;
        shop.short_series = 3 * shop.departments + 2;
        shop.short_weeks = weeks;
        skuai_panel *panel = make_shop(&shop, 4);
        skuai_forecast *forecast = run(panel, 26, 2);
        double error = 0;
        for (size_t h = 0; h < 26; h++) {
            double y = truth(&shop, 3, 2, first_week(), shop.weeks + h);
            error += fabs(skuai_forecast_quantiles(forecast, shop.short_series, h)[MEDIAN] / y - 1);
        }
        assert_true(error / 26 < (weeks ? 0.12 : 0.3));
        assert_true((strstr(forecast->note[shop.short_series], "no history") != NULL) ==
                    (weeks == 0));
        skuai_forecast_free(forecast);
        skuai_panel_free(panel);
    }
}

/* Threads change no bit; units and the order of the series change nothing but rounding. */
static void test_invariance(void **unused) {
    (void)unused;
    shop_truth shop = usual;
    shop.weeks = 60;
    skuai_panel *panel = make_shop(&shop, 5);
    skuai_forecast *one = run(panel, 10, 1), *two = run(panel, 10, 2);
    size_t n = one->n_series * 10 * Q;
    assert_memory_equal(one->quantiles, two->quantiles, n * sizeof(double));
    assert_memory_equal(one->mean, two->mean, n / Q * sizeof(double));
    shop.factor = 1000;
    skuai_panel *scaled = make_shop(&shop, 5);
    skuai_forecast *large = run(scaled, 10, 1);
    for (size_t i = 0; i < n; i++)
        assert_close(large->quantiles[i], 1000 * one->quantiles[i], 1e-3, 0);
    shop.factor = 1;
    shop.reversed = true;
    skuai_panel *reversed = make_shop(&shop, 5);
    skuai_forecast *other = run(reversed, 10, 1);
    for (size_t s = 0; s < one->n_series; s++)
        for (size_t h = 0; h < 10; h++)
            assert_close(skuai_forecast_quantiles(other, one->n_series - 1 - s, h)[MEDIAN],
                         skuai_forecast_quantiles(one, s, h)[MEDIAN], 1e-3, 0);
    skuai_forecast_free(one);
    skuai_forecast_free(two);
    skuai_forecast_free(large);
    skuai_forecast_free(other);
    skuai_panel_free(panel);
    skuai_panel_free(scaled);
    skuai_panel_free(reversed);
}

/* -- Covariates ----------------------------------------------------------------------------------
 */

enum { PROMOTION_SERIES = 30, PROMOTION_WEEKS = 80, AHEAD = 10 };

/* On in about every sixth week, its own in every series; the effect on demand differs. */
static bool promoted(size_t s, size_t t) {
    skuai_random random;
    skuai_random_split(&random, 77, s * 1000 + t);
    return skuai_random_uniform(&random) < 0.17;
}

static double promotion_truth(size_t s, size_t t) {
    double effect = s % 3 == 0 ? 0.8 : s % 3 == 1 ? 0.5 : 0;
    return 50 * (double)(1 + s % 4) * exp(promoted(s, t) ? effect : 0);
}

/* `known` says what the promotion is declared as. */
static skuai_panel *make_promotions(skuai_known known) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 10);
    skua_error err = {0};
    const char *kind[PROMOTION_SERIES];
    static const char *const kinds[] = {"a", "b", "c"};
    assert_ok(skuai_panel_builder_dynamic(builder, "promotion", known, &err), &err);
    for (size_t s = 0; s < PROMOTION_SERIES; s++) {
        double y[PROMOTION_WEEKS];
        float x[PROMOTION_WEEKS + AHEAD];
        const float *columns[] = {x};
        skuai_random random;
        skuai_random_split(&random, 78, s);
        for (size_t t = 0; t < PROMOTION_WEEKS + AHEAD; t++) {
            x[t] = promoted(s, t) ? 1 : 0;
            if (t < PROMOTION_WEEKS)
                y[t] = promotion_truth(s, t) * exp(0.08 * skuai_random_normal(&random));
        }
        char name[32];
        (void)snprintf(name, sizeof name, "p%zu", s);
        kind[s] = kinds[s % 3];
        assert_ok(skuai_panel_builder_series(builder, name, 0, PROMOTION_WEEKS, AHEAD, y, NULL,
                                             columns, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(builder, "kind", kind, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static double promotion_error(const skuai_forecast *forecast) {
    double sum = 0;
    for (size_t s = 0; s < PROMOTION_SERIES; s++)
        for (size_t h = 0; h < AHEAD; h++)
            sum += fabs(skuai_forecast_quantiles(forecast, s, h)[MEDIAN] /
                            promotion_truth(s, PROMOTION_WEEKS + h) -
                        1);
    return sum / (PROMOTION_SERIES * AHEAD);
}

/* What is known ahead is used, kind by kind; what is not, is not, and costs accuracy. */
static void test_promotions(void **unused) {
    (void)unused;
    skuai_panel *ahead = make_promotions(SKUAI_KNOWN_AHEAD);
    skuai_panel *past = make_promotions(SKUAI_KNOWN_PAST);
    skuai_forecast *with = run(ahead, AHEAD, 2), *without = run(past, AHEAD, 2);
    assert_true(promotion_error(with) < 0.05);
    assert_true(promotion_error(without) > 0.08);
    skuai_forecast_free(with);
    skuai_forecast_free(without);
    skuai_panel_free(ahead);
    skuai_panel_free(past);
}

/* -- Odd panels ---------------------------------------------------------------------------------
 */

enum { ODD = 9, ODD_WEEKS = 60 };

/* Zeros, mostly zeros, a constant, one point, nothing, all missing, ended long ago, negative. */
static skuai_panel *make_odd(void) {
    skuai_grid grid = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 13);
    skua_error err = {0};
    double y[ODD][ODD_WEEKS];
    size_t length[ODD] = {60, 60, 60, 1, 0, 60, 20, 60, 60};
    int64_t start[ODD] = {0, 0, 0, 59, 60, 0, -200, 0, 0};
    const char *kind[ODD];
    for (size_t t = 0; t < ODD_WEEKS; t++) {
        y[0][t] = 0;
        y[1][t] = t % 5 == 2 ? 3 : 0;
        y[2][t] = 7;
        y[3][t] = y[4][t] = 4;
        y[5][t] = (double)NAN;
        y[6][t] = 10 + (double)(t % 3);
        y[7][t] = 50 + 10 * (double)(t % 13) + (double)(t % 7);
        y[8][t] = t % 9 == 4 ? -5 : 30 + (double)(t % 4);
    }
    for (size_t s = 0; s < ODD; s++) {
        char name[16];
        (void)snprintf(name, sizeof name, "odd %zu", s);
        kind[s] = s % 2 ? "a" : "b";
        assert_ok(skuai_panel_builder_series(builder, name, start[s], length[s], 0, y[s], NULL,
                                             NULL, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(builder, "kind", kind, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static void test_odd_panel(void **unused) {
    (void)unused;
    skuai_panel *panel = make_odd();
    skuai_forecast *forecast = run(panel, 14, 2);
    for (size_t i = 0; i < (size_t)ODD * 14; i++) {
        assert_true(isfinite(forecast->mean[i]));
        assert_true(fabs(forecast->mean[i]) < 1000);
        for (size_t q = 0; q < Q; q++) {
            double x = forecast->quantiles[i * Q + q];
            assert_true(isfinite(x) && fabs(x) < 5000);
            assert_true(q == 0 || x >= forecast->quantiles[i * Q + q - 1]);
        }
    }
    for (size_t h = 0; h < 14; h++) {
        assert_close(skuai_forecast_quantiles(forecast, 0, h)[4], 0, 0, 0); /* never sold */
        assert_close(skuai_forecast_quantiles(forecast, 1, h)[MEDIAN], 0, 0, 0);
        assert_close(skuai_forecast_quantiles(forecast, 1, h)[4], 3, 1e-9, 0);
        assert_close(*skuai_forecast_mean(forecast, 1, h), 0.6, 0.1, 0);
        assert_close(skuai_forecast_quantiles(forecast, 2, h)[MEDIAN], 7, 0.2, 0);
    }
    assert_string_equal(forecast->note[6], "seasonal-naive (ended long ago)");
    assert_non_null(strstr(forecast->note[1], "mostly zeros"));
    skuai_forecast_free(forecast);
    skuai_panel_free(panel);
}

/* One series alone, of one and of twenty weeks. */
static void test_single(void **unused) {
    (void)unused;
    for (size_t n = 1; n <= 20; n += 19) {
        skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
        skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
        skua_error err = {0};
        double y[20];
        for (size_t t = 0; t < n; t++)
            y[t] = 20 + (t % 7 == 5 ? 10.0 : 0);
        assert_ok(skuai_panel_builder_series(builder, "one", 0, n, 0, y, NULL, NULL, &err), &err);
        skuai_panel *panel;
        assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
        skuai_panel_builder_free(builder);
        skuai_forecast *forecast = run(panel, 7, 1);
        for (size_t h = 0; h < 7; h++)
            assert_close(skuai_forecast_quantiles(forecast, 0, h)[MEDIAN],
                         20 + (n == 20 && (n + h) % 7 == 5 ? 10.0 : 0), 0.1, 0);
        skuai_forecast_free(forecast);
        skuai_panel_free(panel);
    }
}

/* A model fitted on one panel forecasts another: other series, other lengths, fewer groups. */
static void test_other_panel(void **unused) {
    (void)unused;
    skuai_panel *panel = make_shop(&usual, 6), *part, *past;
    const size_t some[] = {3, 4, 5, 9, 10, 11, 15, 16, 17};
    skua_error err = {0};
    skuai_forecaster group = skuai_group_forecaster();
    skuai_request request = {8, levels, Q, 1};
    skuai_model *model;
    skuai_forecast *forecast;
    assert_ok(group.fit(&group, panel, NULL, NULL, &model, &err), &err);
    assert_ok(skuai_panel_subset(panel, some, 9, &part, &err), &err);
    assert_ok(skuai_panel_cut(part, 8, &past, &err), &err);
    assert_ok(group.predict(model, past, &request, NULL, &forecast, &err), &err);
    for (size_t s = 0; s < 9; s++)
        for (size_t h = 0; h < 8; h++) {
            double y = truth(&usual, some[s] / 6, some[s] % 6, first_week(), 84 + h);
            assert_close(skuai_forecast_quantiles(forecast, s, h)[MEDIAN], y, 0.25, 0);
        }
    group.free(model);
    group.free(NULL);
    skuai_forecast_free(forecast);
    skuai_panel_free(past);
    skuai_panel_free(part);
    skuai_panel_free(panel);
}

/* What is read back forecasts the same to the last bit; a damaged file is refused. */
static void test_save_and_load(void **unused) {
    (void)unused;
    skuai_panel *panel = make_promotions(SKUAI_KNOWN_AHEAD), *other = make_odd();
    skua_error err = {0};
    skuai_forecaster group = skuai_group_forecaster();
    skuai_request request = {AHEAD, levels, Q, 1};
    skuai_model *model, *again, *none = (skuai_model *)&err;
    skuai_forecast *one, *two;
    char folder[512], path[600];
    test_folder_new(folder, sizeof folder);
    assert_ok(group.fit(&group, panel, NULL, NULL, &model, &err), &err);
    assert_ok(group.save(model, folder, &err), &err);
    assert_ok(group.load(&group, folder, &again, &err), &err);
    assert_ok(group.predict(model, panel, &request, NULL, &one, &err), &err);
    assert_ok(group.predict(again, panel, &request, NULL, &two, &err), &err);
    assert_memory_equal(one->quantiles, two->quantiles, one->n_series * AHEAD * Q * sizeof(double));
    skuai_forecast *refused = one;
    assert_int_equal(group.predict(again, other, &request, NULL, &refused, &err), SKUA_EINVAL);
    assert_ptr_equal(refused, one); /* a panel without the model's covariates */
    (void)snprintf(path, sizeof path, "%s/group.json", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("{\"model\":\"group\",\"window\":160,\"rank\":2,\"partitions\":9}", file);
    (void)fclose(file);
    assert_int_equal(group.load(&group, folder, &none, &err), SKUA_EDATA);
    assert_ptr_equal(none, (skuai_model *)&err);
    test_folder_remove(folder);
    assert_true(group.load(&group, folder, &none, &err) != SKUA_OK); /* gone */
    group.free(model);
    group.free(again);
    skuai_forecast_free(one);
    skuai_forecast_free(two);
    skuai_panel_free(panel);
    skuai_panel_free(other);
}

static void test_errors(void **unused) {
    (void)unused;
    skuai_panel *panel = make_odd(), *empty;
    skuai_forecaster group = skuai_group_forecaster();
    skua_error err = {0};
    skuai_model *model = (skuai_model *)&err; /* must stay untouched */
    static const struct {
        const char *name, *value;
        skua_status status;
    } cases[] = {{"window", "15", SKUA_ECONFIG},   {"window", "20.5", SKUA_ECONFIG},
                 {"window", "many", SKUA_ECONFIG}, {"rank", "5", SKUA_ECONFIG},
                 {"rank", "-1", SKUA_ECONFIG},     {"depth", "2", SKUA_ECONFIG}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        skuai_parameter item = {cases[i].name, cases[i].value};
        skuai_parameters parameters = {&item, 1};
        assert_int_equal(group.fit(&group, panel, &parameters, NULL, &model, &err),
                         cases[i].status);
        assert_true(err.message[0] != '\0');
    }
    const size_t none[] = {4, 5}; /* no history, all missing */
    assert_ok(skuai_panel_subset(panel, none, 2, &empty, &err), &err);
    assert_int_equal(group.fit(&group, empty, NULL, NULL, &model, &err), SKUA_EDATA);
    assert_ptr_equal(model, (skuai_model *)&err);
    skuai_panel_free(empty);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovers_truth), cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_easter_moves),   cmocka_unit_test(test_new_series),
        cmocka_unit_test(test_invariance),     cmocka_unit_test(test_odd_panel),
        cmocka_unit_test(test_single),         cmocka_unit_test(test_other_panel),
        cmocka_unit_test(test_errors),         cmocka_unit_test(test_promotions),
        cmocka_unit_test(test_save_and_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
