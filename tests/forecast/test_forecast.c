/* Forecasts: quantiles between and beyond the levels, paths, sums, averages; metrics by hand;
 * calibration on forecasts known to be wrong. */
#include "support/support.h"

#include "forecast/calibration.h"
#include "math/distribution.h"

#include <math.h>
#include <string.h>

static const double levels[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
enum { Q = 9 };

/* S series of n normal values around `mean` with deviation `sd`; whole numbers when counts. */
static skuai_panel *random_panel(size_t S, size_t n, double mean, double sd, bool counts) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    double y[512];
    for (size_t s = 0; s < S; s++) {
        skuai_random random;
        char name[32];
        skuai_random_split(&random, 7, s);
        (void)snprintf(name, sizeof name, "s%zu", s);
        for (size_t t = 0; t < n; t++)
            y[t] = counts ? skuai_random_poisson(&random, mean)
                          : mean + sd * skuai_random_normal(&random);
        assert_ok(skuai_panel_builder_series(b, name, 0, n, 0, y, NULL, NULL, &err), &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

/* A Gaussian forecast of every period. */
static skuai_forecast *gaussian(const skuai_panel *panel, size_t horizon, double mean, double sd) {
    skua_error err;
    skuai_forecast *f = NULL;
    assert_ok(skuai_forecast_new(panel, horizon, levels, Q, &f, &err), &err);
    for (size_t i = 0; i < f->n_series * horizon; i++) {
        f->mean[i] = mean;
        for (size_t q = 0; q < Q; q++)
            f->quantiles[i * Q + q] = mean + sd * skuai_normal_quantile(levels[q]);
    }
    return f;
}

static void levels_are_checked(void **state) {
    (void)state;
    skuai_panel *p = random_panel(1, 10, 0, 1, false);
    skuai_forecast *f = NULL;
    skua_error err;
    const double falling[] = {0.5, 0.4}, outside[] = {0, 0.5};
    assert_int_equal(skuai_forecast_new(p, 3, falling, 2, &f, &err), SKUA_EINVAL);
    assert_int_equal(skuai_forecast_new(p, 3, outside, 2, &f, &err), SKUA_EINVAL);
    assert_int_equal(skuai_forecast_new(p, 0, levels, Q, &f, &err), SKUA_EINVAL);
    assert_null(f);
    skuai_panel_free(p);
}

static void quantiles_between_levels(void **state) {
    (void)state;
    double q[Q];
    for (size_t i = 0; i < Q; i++)
        q[i] = 10 + 2 * skuai_normal_quantile(levels[i]);
    assert_close(skuai_quantile_at(levels, q, Q, 0.25), 0.5 * (q[1] + q[2]), 1e-12, 0);
    /* tails of a Gaussian are exact */
    assert_close(skuai_quantile_at(levels, q, Q, 0.99), 10 + 2 * skuai_normal_quantile(0.99), 1e-9,
                 0);
    assert_close(skuai_quantile_at(levels, q, Q, 0.01), 10 + 2 * skuai_normal_quantile(0.01), 1e-9,
                 0);
    for (double level = 0.02; level < 1; level += 0.07)
        assert_close(skuai_quantile_inverse(levels, q, Q, skuai_quantile_at(levels, q, Q, level)),
                     level, 0, 1e-9);
    const double mass[Q] = {0, 0, 0, 0, 0, 0, 1, 2, 4}; /* P(0) reaches to level .6 */
    assert_close(skuai_quantile_inverse(levels, mass, Q, 0), 0.6, 1e-12, 0);
    assert_close(skuai_quantile_inverse(levels, mass, Q, -0.1), 0, 0, 0);
    const double flat[Q] = {3, 3, 3, 3, 3, 3, 3, 3, 3};
    assert_close(skuai_quantile_inverse(levels, flat, Q, 4), 1, 0, 0);
    assert_close(skuai_quantile_at(levels, flat, Q, 0.999), 3, 0, 0);
}

static void settle_sorts_and_refuses_nan(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *p = random_panel(2, 10, 5, 1, false);
    skuai_forecast *f = gaussian(p, 2, 0, 1);
    skuai_forecast_quantiles(f, 0, 0)[8] = -7;
    assert_ok(skuai_forecast_settle(f, 0, &err), &err);
    for (size_t i = 0; i < f->n_series * f->horizon; i++)
        for (size_t q = 0; q < Q; q++) {
            assert_true(f->quantiles[i * Q + q] >= 0);
            assert_true(q == 0 || f->quantiles[i * Q + q] >= f->quantiles[i * Q + q - 1]);
        }
    f->mean[1] = NAN;
    assert_int_equal(skuai_forecast_settle(f, 0, &err), SKUA_EINTERNAL);
    skuai_forecast_free(f);
    skuai_panel_free(p);
}

/* Sums of a Gaussian AR(1) copula have the variance that theory gives. */
static void sums_follow_the_copula(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *p = random_panel(1, 10, 0, 1, false);
    for (int k = 0; k < 3; k++) {
        double rho = 0.45 * k, variance = 0, mean, out[Q];
        skuai_forecast *f = gaussian(p, 7, 100, 2);
        f->autocorrelation[0] = rho;
        for (int i = 0; i < 7; i++)
            for (int j = 0; j < 7; j++)
                variance += 4 * pow(rho, fabs((double)(i - j)));
        assert_ok(skuai_forecast_sum(f, 0, 0, 7, 40000, 3, -INFINITY, &mean, out, &err), &err);
        assert_close(mean, 700, 1e-12, 0);
        assert_close(out[8] - out[0], 2 * sqrt(variance) * skuai_normal_quantile(0.9), 0.03, 0);
        assert_close(out[4], 700, 0.001, 0);
        skuai_forecast_free(f);
    }
    skuai_panel_free(p);
}

static void averages_leave_out_nan(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *p = random_panel(2, 10, 0, 1, false);
    skuai_forecast *a = gaussian(p, 1, 10, 1), *b = gaussian(p, 1, 20, 3),
                   *out = gaussian(p, 1, 0, 1);
    b->mean[1] = NAN;
    const skuai_forecast *members[] = {a, b};
    const double weights[] = {1, 1, 3, 3};
    assert_ok(skuai_forecast_average(members, 2, weights, out, &err), &err);
    assert_close(out->mean[0], 17.5, 1e-12, 0);
    assert_close(out->mean[1], 10, 1e-12, 0);
    assert_close(skuai_forecast_quantiles(out, 0, 0)[8], 17.5 + 2.5 * skuai_normal_quantile(0.9),
                 1e-12, 0);
    skuai_forecast_free(a);
    skuai_forecast_free(b);
    skuai_forecast_free(out);
    skuai_panel_free(p);
}

/* Two series, two periods, by hand. */
static void metrics_by_hand(void **state) {
    (void)state;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    skuai_panel *full = NULL, *view = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 1);
    const double y0[] = {1, 3, 2, 4, 10}, y1[] = {0, 0, 5, 0, NAN};
    assert_ok(skuai_panel_builder_series(b, "a", 0, 5, 0, y0, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_series(b, "b", 0, 5, 0, y1, NULL, NULL, &err), &err);
    assert_ok(skuai_panel_builder_finish(b, &full, &err), &err);
    skuai_panel_builder_free(b);
    assert_ok(skuai_panel_cut(full, 2, &view, &err), &err);
    const double level[] = {0.1, 0.5, 0.9};
    skuai_forecast *f = NULL;
    assert_ok(skuai_forecast_new(view, 2, level, 3, &f, &err), &err);
    const double q[] = {2, 3, 6, 5, 8, 9, 0, 1, 2, 0, 1, 2};
    memcpy(f->quantiles, q, sizeof q);
    const double mean[] = {3, 7, 1, 1};
    memcpy(f->mean, mean, sizeof mean);
    skuai_scores s;
    assert_ok(skuai_score(view, f, NULL, &s, NULL, &err), &err);
    assert_int_equal(s.n_points, 3);
    assert_int_equal(s.n_series, 2);
    /* errors of the median: |4-3|, |10-8|, |0-1| */
    assert_close(s.mae, 4.0 / 3, 1e-12, 0);
    assert_close(s.wape, 4.0 / 14, 1e-12, 0);
    assert_close(s.bias, (-1 - 3 + 1) / 14.0, 1e-12, 0);
    assert_close(s.mape, (0.25 + 0.2) / 2, 1e-12, 0);
    assert_close(s.smape, (2.0 / 7 + 4.0 / 18 + 2) / 3, 1e-12, 0);
    /* scales: (2 + 1) / 2 = 1.5 and (0 + 5) / 2 = 2.5 */
    assert_close(s.mase, (1.5 / 1.5 + 1 / 2.5) / 2, 1e-12, 0);
    /* RMSSE: a: errors of the mean 1, 3; differences 4, 1: r = 2.5. b: first sale is the last
     * observation, no difference: left out */
    assert_close(s.rmsse, sqrt(5 / 2.5), 1e-12, 0);
    /* pinball * 2: y=4: .1*2, .5*1, (6-4)*.1; y=10: .1*5, .5*2, .9*1; y=0: 0, .5*1, .1*2 */
    assert_close(s.pinball[0], 2 * (0.2 + 0.5 + 0) / 14, 1e-12, 0);
    assert_close(s.pinball[1], 2 * (0.5 + 1 + 0.5) / 14, 1e-12, 0);
    assert_close(s.pinball[2], 2 * (0.2 + 0.9 + 0.2) / 14, 1e-12, 0);
    assert_close(s.wql, (s.pinball[0] + s.pinball[1] + s.pinball[2]) / 3, 1e-12, 0);
    assert_close(s.coverage[0], 1.0 / 3, 1e-12, 0);
    assert_close(s.coverage[2], 2.0 / 3, 1e-12, 0);
    assert_close(s.below[0], 0, 0, 0); /* the third point is 0, and so is its first quantile */
    assert_close(skuai_scores_cover(&s, 0.1), 2.0 / 3, 1e-12, 0);
    assert_true(isnan(skuai_scores_cover(&s, 0.2)));
    skuai_forecast_free(f);
    skuai_panel_free(view);
    skuai_panel_free(full);
}

/* Right forecasts have a uniform PIT; too narrow ones do not. */
static void pit_tells_right_from_wrong(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *full = random_panel(400, 60, 3, 0, true), *view;
    assert_ok(skuai_panel_cut(full, 10, &view, &err), &err);
    skuai_forecast *f = NULL;
    assert_ok(skuai_forecast_new(view, 10, levels, Q, &f, &err), &err);
    for (size_t i = 0; i < 400 * 10; i++) {
        f->mean[i] = 3;
        for (size_t q = 0; q < Q; q++)
            f->quantiles[i * Q + q] = skuai_poisson_quantile(levels[q], 3);
    }
    skuai_scores right, wrong;
    assert_ok(skuai_score(view, f, NULL, &right, NULL, &err), &err);
    for (size_t i = 0; i < 400 * 10 * Q; i++)
        f->quantiles[i] = 2.5 + 0.2 * (double)(i % Q);
    assert_ok(skuai_score(view, f, NULL, &wrong, NULL, &err), &err);
    assert_true(right.pit_ks < 0.06); /* nine levels tell a distribution to half a step */
    assert_true(wrong.pit_ks > 0.12);
    assert_true(right.wql < wrong.wql);
    skuai_forecast_free(f);
    skuai_panel_free(view);
    skuai_panel_free(full);
}

static void calibration_mends_the_spread(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *full = random_panel(300, 60, 50, 4, false), *test, *earlier, *window;
    assert_ok(skuai_panel_cut(full, 10, &test, &err), &err);
    assert_ok(skuai_panel_cut(full, 10, &earlier, &err), &err);
    assert_ok(skuai_panel_cut(earlier, 10, &window, &err), &err);
    skuai_forecast *past = gaussian(window, 10, 50, 2), *now = gaussian(test, 10, 50, 2);
    skuai_calibration c;
    const skuai_panel *views[] = {window};
    const skuai_forecast *made[] = {past};
    assert_ok(skuai_calibration_fit(views, made, 1, 1, &c, &err), &err);
    assert_true(c.used[SKUAI_CALIBRATION_REGULAR]);
    /* the spread is half of what it should be; one origin mends half of it, in logarithms */
    assert_close(c.factor[0][8], sqrt(2), 0.07, 0);
    assert_close(c.factor[0][0], c.factor[0][8], 0, 0);
    assert_close(c.factor[0][4], 1, 0, 0);
    skuai_scores before, after;
    assert_ok(skuai_score(test, now, NULL, &before, NULL, &err), &err);
    assert_ok(skuai_calibration_apply(&c, test, -INFINITY, now, &err), &err);
    assert_ok(skuai_score(test, now, NULL, &after, NULL, &err), &err);
    assert_true(after.wql < before.wql);
    assert_close(skuai_scores_cover(&before, 0.1), 0.48, 0, 0.04);
    assert_close(skuai_scores_cover(&after, 0.1), 0.635, 0, 0.03);
    skuai_forecast_free(past);
    skuai_forecast_free(now);
    skuai_panel_free(window);
    skuai_panel_free(earlier);
    skuai_panel_free(test);
    skuai_panel_free(full);
}

/* Series whose errors behind each origin, ten periods apart, have deviation `first` at horizon 0
 * and grow by `growth` a period; windows [n] and a test view, with forecasts of deviation 3. */
enum { GROWING_WINDOWS = 6, GROWING_H = 10, GROWING_SERIES_MOST = 400 };

static void growing(size_t S, double first, double growth, skuai_panel **views,
                    skuai_forecast **made) {
    enum { ALL = 20 + GROWING_H * (GROWING_WINDOWS + 1) };
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    skuai_panel *full = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    for (size_t s = 0; s < S; s++) {
        skuai_random r;
        double y[ALL];
        char name[16];
        skuai_random_split(&r, 5, s);
        for (size_t t = 0; t < ALL; t++)
            y[t] = 50 + (first + growth * (double)(t % GROWING_H)) * skuai_random_normal(&r);
        (void)snprintf(name, sizeof name, "s%zu", s);
        assert_ok(skuai_panel_builder_series(b, name, 0, ALL, 0, y, NULL, NULL, &err), &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &full, &err), &err);
    skuai_panel_builder_free(b);
    for (size_t w = 0; w <= GROWING_WINDOWS; w++) {
        assert_ok(skuai_panel_cut(full, GROWING_H * (w + 1), &views[w], &err), &err);
        made[w] = gaussian(views[w], GROWING_H, 50, 3);
    }
    skuai_panel_free(full);
}

/* Share of outcomes inside the 80 % interval at horizon h. */
static double cover_at(const skuai_panel *view, const skuai_forecast *f, size_t h) {
    double inside = 0;
    for (size_t s = 0; s < f->n_series; s++) {
        const double *q = skuai_forecast_quantiles(f, s, h);
        double y = skuai_panel_actual(view, s, h);
        inside += y >= q[0] && y <= q[Q - 1];
    }
    return inside / (double)f->n_series;
}

static void calibration_is_by_horizon_where_spread_grows(void **state) {
    (void)state;
    skuai_panel *views[GROWING_WINDOWS + 1];
    skuai_forecast *made[GROWING_WINDOWS + 1];
    skua_error err;
    skuai_calibration c;
    growing(GROWING_SERIES_MOST, 1, 0.5, views, made);
    assert_true(cover_at(views[0], made[0], 0) > 0.99);
    assert_true(cover_at(views[0], made[0], GROWING_H - 1) < 0.6);
    assert_ok(skuai_calibration_fit((const skuai_panel *const *)(views + 1),
                                    (const skuai_forecast *const *)(made + 1), GROWING_WINDOWS, 1,
                                    &c, &err),
              &err);
    assert_true(c.by_horizon[SKUAI_CALIBRATION_REGULAR]);
    assert_int_equal(c.n_blocks, GROWING_H);
    skuai_calibration one = c; /* the first horizon's for all */
    for (size_t b = 1; b < c.n_blocks; b++) {
        assert_true(c.factor[b][8] > c.factor[b - 1][8]);
        memcpy(one.factor[b], one.factor[0], sizeof one.factor[0]);
    }
    assert_ok(skuai_calibration_apply(&c, views[0], -INFINITY, made[0], &err), &err);
    for (size_t h = 0; h < GROWING_H; h++)
        assert_close(cover_at(views[0], made[0], h), 0.8, 0, 0.1);
    skuai_forecast *other = gaussian(views[0], GROWING_H, 50, 3);
    assert_ok(skuai_calibration_apply(&one, views[0], -INFINITY, other, &err), &err);
    assert_true(cover_at(views[0], other, GROWING_H - 1) < 0.4);
    skuai_forecast_free(other);
    for (size_t w = 0; w <= GROWING_WINDOWS; w++) {
        skuai_forecast_free(made[w]);
        skuai_panel_free(views[w]);
    }
}

/* Few residuals are pooled over all horizons, and a spread that does not grow has one factor. */
static void calibration_pools_what_is_little(void **state) {
    (void)state;
    skua_error err;
    for (int k = 0; k < 3; k++) {
        skuai_panel *views[GROWING_WINDOWS + 1];
        skuai_forecast *made[GROWING_WINDOWS + 1];
        skuai_calibration c;
        growing(k == 0 ? 4 : GROWING_SERIES_MOST, k == 1 ? 6 : 1, k == 1 ? 0 : 0.5, views, made);
        size_t n = k == 2 ? 1 : GROWING_WINDOWS; /* one window cannot tell */
        assert_ok(skuai_calibration_fit((const skuai_panel *const *)(views + 1),
                                        (const skuai_forecast *const *)(made + 1), n, 1, &c, &err),
                  &err);
        for (size_t b = 0; b < c.n_blocks; b++)
            assert_close(c.factor[b][8], c.factor[0][8], k == 1 ? 0.1 : 0, 0);
        assert_true(k == 1 || !c.by_horizon[SKUAI_CALIBRATION_REGULAR]);
        for (size_t w = 0; w <= GROWING_WINDOWS; w++) {
            skuai_forecast_free(made[w]);
            skuai_panel_free(views[w]);
        }
    }
}

/* Series whose level jumps for a whole window: neighbouring errors go together, and the interval of
 * a sum has to be wide. */
static void calibration_measures_dependence(void **state) {
    (void)state;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    for (int k = 0; k < 2; k++) {
        skuai_panel *full = NULL, *view = NULL;
        skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
        for (size_t s = 0; s < 300; s++) {
            skuai_random r;
            double y[30], shift = 0;
            char name[16];
            skuai_random_split(&r, 11, s);
            if (k) shift = 2 * skuai_random_normal(&r);
            for (size_t t = 0; t < 30; t++)
                y[t] = 50 + (t >= 20 ? shift : 0) + skuai_random_normal(&r);
            (void)snprintf(name, sizeof name, "s%zu", s);
            assert_ok(skuai_panel_builder_series(b, name, 0, 30, 0, y, NULL, NULL, &err), &err);
        }
        assert_ok(skuai_panel_builder_finish(b, &full, &err), &err);
        skuai_panel_builder_free(b);
        assert_ok(skuai_panel_cut(full, 10, &view, &err), &err);
        skuai_forecast *f = gaussian(view, 10, 50, k ? sqrt(5) : 1);
        skuai_calibration c;
        const skuai_panel *views[] = {view};
        const skuai_forecast *made[] = {f};
        assert_ok(skuai_calibration_fit(views, made, 1, 1, &c, &err), &err);
        /* variance 4 of the level, 1 of the noise: correlation 0.8 */
        assert_close(c.autocorrelation[SKUAI_CALIBRATION_REGULAR], k ? 0.8 : 0, 0, 0.06);
        assert_ok(skuai_calibration_apply(&c, view, -INFINITY, f, &err), &err);
        assert_close(f->autocorrelation[7], c.autocorrelation[SKUAI_CALIBRATION_REGULAR], 0, 0);
        skuai_forecast_free(f);
        skuai_panel_free(view);
        skuai_panel_free(full);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_checked),
        cmocka_unit_test(quantiles_between_levels),
        cmocka_unit_test(settle_sorts_and_refuses_nan),
        cmocka_unit_test(sums_follow_the_copula),
        cmocka_unit_test(averages_leave_out_nan),
        cmocka_unit_test(metrics_by_hand),
        cmocka_unit_test(pit_tells_right_from_wrong),
        cmocka_unit_test(calibration_mends_the_spread),
        cmocka_unit_test(calibration_is_by_horizon_where_spread_grows),
        cmocka_unit_test(calibration_pools_what_is_little),
        cmocka_unit_test(calibration_measures_dependence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
