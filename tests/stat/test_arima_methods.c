/* The method "arima": what it chooses beside R and statsforecast (tests/golden/arima/
 * make_choice.py), and what must hold for any series. */
#include "core/random.h"
#include "stat/arima/arima_methods.h"
#include "stat/arima/arima_pool.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HORIZON 12
#define LEVELS  3
#define LONGEST 400

static const double levels[LEVELS] = {0.1, 0.5, 0.9};
static const skuai_request request = {HORIZON, levels, LEVELS, 1};

typedef struct forecast {
    double mean[HORIZON], quantiles[HORIZON * LEVELS];
    skuai_local_output output;
} forecast;

/* The method, guarded or alone, with parameters "name=value name=value". */
static skua_status run(const double *y, size_t n, int season, const char *text, bool guarded,
                       forecast *f, skua_error *err) {
    char copy[128];
    skuai_parameter items[4];
    skuai_parameters parameters = {items, 0};
    snprintf(copy, sizeof copy, "%s", text);
    for (char *at = copy; *at;) {
        char *equals = strchr(at, '='), *end = at + strcspn(at, " ");
        assert_non_null(equals);
        bool last = *end == '\0';
        *equals = *end = '\0';
        items[parameters.n++] = (skuai_parameter){at, equals + 1};
        at = last ? end : end + 1;
    }
    skuai_local_input input = {
        .y = y, .n = n, .season = season, .grid = {SKUAI_FREQUENCY_MONTH, 0, 0}};
    memset(f, 0, sizeof *f);
    f->output.mean = f->mean;
    f->output.quantiles = f->quantiles;
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_status status = guarded ? skuai_local_run(skuai_arima_methods[0], &input, &parameters,
                                                   &request, arena, &f->output, err)
                                 : skuai_arima_methods[0]->forecast(&input, &parameters, &request,
                                                                    arena, &f->output, err);
    skuai_arena_free(arena);
    return status;
}

static void run_ok(const double *y, size_t n, int season, const char *text, forecast *f) {
    skua_error err;
    assert_ok(run(y, n, season, text, false, f, &err), &err);
    for (size_t h = 0; h < HORIZON; h++) {
        const double *row = f->quantiles + h * LEVELS;
        assert_true(isfinite(f->mean[h]));
        assert_true(row[0] <= row[1] && row[1] <= row[2]);
    }
}

/* -- Choice ------------------------------------------------------------------------------------ */

static void check_choice(char *line) {
    double y[LONGEST];
    int number[9]; /* season, p, d, q, P, D, Q, constant; then the criterion */
    char *at = strchr(line, ',');
    assert_non_null(at);
    *at = '\0';
    for (int i = 0; i < 8; i++)
        number[i] = (int)strtol(at + 1, &at, 10);
    double aicc = strtod(at + 1, &at);
    size_t n = (size_t)strtol(at + 1, &at, 10);
    assert_in_range(n, 10, LONGEST);
    for (size_t t = 0; t < n; t++)
        y[t] = strtod(at + 1, &at);
    skuai_arena *arena = skuai_arena_new(0);
    skuai_arima_settings settings = {.average = false, .constant = -1, .differences = 2};
    skuai_arima_history history;
    skuai_arima_pool pool;
    skua_error err;
    assert_ok(skuai_arima_history_take(y, n, number[0], arena, &history, &err), &err);
    assert_ok(skuai_arima_pool_fit(&history, number[0], &settings, arena, &pool, &err), &err);
    const skuai_arima_order *o = &pool.fit[0].order;
    print_message("  %s: (%d,%d,%d)(%d,%d,%d)%d c %d AICc %.4f, that of statsforecast %.4f\n", line,
                  o->p, o->d, o->q, o->P, o->D, o->Q, o->season, o->constant,
                  pool.fit[0].criterion[0], aicc);
    assert_int_equal(pool.n, 1);
    assert_int_equal(o->d, number[2]);
    assert_int_equal(o->D, number[5]);
    assert_true(pool.fit[0].criterion[SKUAI_ARIMA_AICC] < aicc + 0.01);
    if (strcmp(line, "air-passengers") == 0) { /* R 4, forecast 8: auto.arima(AirPassengers) */
        assert_true(o->p == 2 && o->q == 1 && o->P == 0 && o->Q == 0);
        assert_close(pool.fit[0].criterion[SKUAI_ARIMA_AICC], 1018.17, 0, 0.01);
        assert_close(pool.fit[0].log_likelihood, -504.92, 0, 0.01);
    }
    skuai_arena_free(arena);
}

static void test_choice(void **state) {
    (void)state;
    char path[512], line[16384];
    FILE *file = fopen(test_source("tests/golden/arima/choice.csv", path, sizeof path), "r");
    assert_non_null(file);
    int n = 0;
    for (; fgets(line, sizeof line, file); n++)
        check_choice(line);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(n, 5);
}

/* -- Properties -------------------------------------------------------------------------------- */

static void seasonal_series(double *y, size_t n, uint64_t seed) {
    skuai_random random;
    skuai_random_init(&random, seed);
    double level = 100;
    for (size_t t = 0; t < n; t++) {
        level += 0.3 + skuai_random_normal(&random);
        y[t] = level + 15 * sin(2 * 3.14159265358979 * (double)t / 12) +
               3 * skuai_random_normal(&random);
    }
}

/* a + b y is forecast as a + b times the forecast of y. */
static void test_equivariance(void **state) {
    (void)state;
    double y[96], z[96];
    forecast f, g;
    seasonal_series(y, 96, 4);
    for (size_t t = 0; t < 96; t++)
        z[t] = -500 + 1000 * y[t];
    run_ok(y, 96, 12, "", &f);
    run_ok(z, 96, 12, "", &g);
    assert_string_equal(f.output.note, g.output.note);
    for (size_t i = 0; i < HORIZON * LEVELS; i++)
        assert_close((g.quantiles[i] + 500) / 1000, f.quantiles[i], 1e-3, 0);
}

/* A line, a constant, a pure season: no error, no spread. */
static void test_exact(void **state) {
    (void)state;
    double line[40], constant[40], season[40], expected[HORIZON];
    forecast f;
    for (size_t t = 0; t < 40; t++) {
        line[t] = 3 + 2 * (double)t;
        constant[t] = 7;
        season[t] = (double)(t % 4) * 5;
    }
    for (size_t h = 0; h < HORIZON; h++)
        expected[h] = 3 + 2 * (double)(40 + h);
    run_ok(line, 40, 1, "", &f);
    assert_close_array(f.mean, expected, HORIZON, 1e-9, 0);
    run_ok(constant, 40, 12, "", &f);
    for (size_t h = 0; h < HORIZON; h++)
        expected[h] = 7;
    assert_close_array(f.mean, expected, HORIZON, 1e-12, 0);
    assert_close(f.quantiles[2], 7, 1e-12, 0);
    run_ok(season, 40, 4, "", &f);
    for (size_t h = 0; h < HORIZON; h++)
        expected[h] = (double)(h % 4) * 5;
    assert_close_array(f.mean, expected, HORIZON, 1e-6, 1e-6);
}

/* A fixed ARIMA(0,1,0) without drift is the random walk: flat, variance h sigma^2. */
static void test_random_walk(void **state) {
    (void)state;
    double y[60], squares = 0;
    forecast f;
    seasonal_series(y, 60, 9);
    for (size_t t = 1; t < 60; t++)
        squares += (y[t] - y[t - 1]) * (y[t] - y[t - 1]);
    run_ok(y, 60, 1, "order=0,1,0 constant=no", &f);
    for (size_t h = 0; h < HORIZON; h++) {
        double sd = sqrt(squares / 59 * (double)(h + 1));
        assert_close(f.mean[h], y[59], 1e-9, 0);
        assert_close(f.quantiles[h * LEVELS + 2], y[59] + 1.2815515655446 * sd, 1e-9, 0);
    }
    assert_string_equal(f.output.note, "arima(0,1,0)");
}

/* Gaps cost little where the series says much, and more than nothing. */
static void test_gaps(void **state) {
    (void)state;
    double y[96];
    forecast whole, holed, many;
    seasonal_series(y, 96, 5);
    run_ok(y, 96, 12, "", &whole);
    for (size_t t = 10; t < 90; t += 17)
        y[t] = NAN;
    run_ok(y, 96, 12, "", &holed);
    for (size_t h = 0; h < HORIZON; h++)
        assert_close(holed.mean[h], whole.mean[h], 0, 6);
    for (size_t t = 1; t < 95; t++)
        if (t % 3 != 0) y[t] = NAN;
    run_ok(y, 96, 12, "", &many);
}

/* Of sixty gaps the youngest are estimated; an older one holds its guess, the mean of the nearest
 * values of its phase. */
static void test_history(void **state) {
    (void)state;
    double y[240];
    for (size_t t = 0; t < 240; t++)
        y[t] = t % 4 == 1 && t < 238 ? NAN : (double)t;
    y[5] = 100;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_arima_history history;
    skua_error err;
    assert_ok(skuai_arima_history_take(y, 240, 4, arena, &history, &err), &err);
    assert_int_equal(history.n_missing, SKUAI_ARIMA_GAPS);
    assert_int_equal(history.missing[SKUAI_ARIMA_GAPS - 1], 237);
    assert_int_equal(history.missing[0], 237 - 4 * (SKUAI_ARIMA_GAPS - 1));
    assert_int_equal(history.observed, 240 - SKUAI_ARIMA_GAPS);
    assert_close(history.y[1], 100, 1e-12, 0);
    assert_close(history.y[0], 0, 0, 0);
    assert_int_equal(skuai_arima_history_take(y + 1, 1, 4, arena, &history, &err), SKUA_EDATA);
    skuai_arena_free(arena);
}

/* Two models mixed: the mean of means, the mean of variances and what lies between. */
static void test_mixture(void **state) {
    (void)state;
    double y[50], mean[3][HORIZON], sd[3][HORIZON], correlation, both[2] = {0.25, 0.75}, one = 1;
    seasonal_series(y, 50, 6);
    skuai_arena *arena = skuai_arena_new(0);
    skuai_arima_history history;
    skua_error err;
    skuai_arima_fit fit[2] = {{.order = {.d = 1, .season = 1}},
                              {.order = {.p = 1, .season = 1, .constant = true}}};
    assert_ok(skuai_arima_history_take(y, 50, 1, arena, &history, &err), &err);
    for (int i = 0; i < 3; i++) {
        skuai_arima_pool pool = {i < 2 ? &fit[i] : fit, i < 2 ? &one : both, i < 2 ? 1 : 2};
        assert_ok(skuai_arima_pool_forecast(&history, &pool, HORIZON, arena, mean[i], sd[i],
                                            &correlation, &err),
                  &err);
    }
    for (size_t h = 0; h < HORIZON; h++) {
        double apart = mean[0][h] - mean[1][h];
        assert_close(mean[2][h], 0.25 * mean[0][h] + 0.75 * mean[1][h], 1e-9, 0);
        assert_close(sd[2][h] * sd[2][h],
                     0.25 * sd[0][h] * sd[0][h] + 0.75 * sd[1][h] * sd[1][h] +
                         0.25 * 0.75 * apart * apart,
                     1e-9, 0);
    }
    skuai_arena_free(arena);
}

/* Four of five future values of an AR(1) fall between the 10 % and 90 % quantiles. */
static void test_coverage(void **state) {
    (void)state;
    skuai_random random;
    skuai_random_init(&random, 77);
    size_t inside = 0, total = 0;
    for (int s = 0; s < 150; s++) {
        double y[92], x = 0;
        forecast f;
        for (size_t t = 0; t < 92; t++)
            y[t] = x = 0.7 * x + skuai_random_normal(&random);
        run_ok(y, 80, 1, "", &f);
        for (size_t h = 0; h < HORIZON; h++, total++)
            inside +=
                y[80 + h] >= f.quantiles[h * LEVELS] && y[80 + h] <= f.quantiles[h * LEVELS + 2];
    }
    assert_close((double)inside / (double)total, 0.8, 0, 0.05);
}

/* Nothing that a shop can hold may fail, explode, or come out other than as numbers. */
static void test_strange(void **state) {
    (void)state;
    skuai_random random;
    skuai_random_init(&random, 3);
    static const int seasons[] = {1, 4, 7, 12, 52};
    for (int i = 0; i < 200; i++) {
        double y[300], largest = 0;
        size_t n = 1 + skuai_random_index(&random, i % 4 == 0 ? 300 : 40);
        double scale = pow(10, 12 * skuai_random_uniform(&random) - 6);
        for (size_t t = 0; t < n; t++) {
            double noise = skuai_random_normal(&random);
            switch (i % 8) {
            case 0:
                y[t] = noise;
                break;
            case 1:
                y[t] = skuai_random_uniform(&random) < 0.9 ? 0 : 5;
                break;
            case 2:
                y[t] = t == n / 2 ? 1e6 : 1;
                break;
            case 3:
                y[t] = exp(0.1 * (double)t);
                break;
            case 4:
                y[t] = t % 2 == 0 ? 1 : -1;
                break;
            case 5:
                y[t] = t < n / 2 ? 10 : 1000 + noise;
                break;
            case 6:
                y[t] = skuai_random_uniform(&random) < 0.5 ? NAN : noise;
                break;
            default:
                y[t] = (double)(t % 7) + 1e-9 * noise;
                break;
            }
            y[t] *= scale;
            if (fabs(y[t]) > largest) largest = fabs(y[t]);
        }
        forecast f;
        skua_error err;
        assert_ok(
            run(y, n, seasons[i % 5], i % 3 ? "" : "choice=best differences=2", true, &f, &err),
            &err);
        for (size_t h = 0; h < HORIZON; h++) {
            assert_true(isfinite(f.mean[h]) && fabs(f.mean[h]) <= 50 * largest + 1e-9);
            for (size_t q = 0; q < LEVELS; q++)
                assert_true(isfinite(f.quantiles[h * LEVELS + q]));
        }
    }
}

static void test_long_season(void **state) {
    (void)state;
    double y[160];
    forecast f;
    for (size_t t = 0; t < 160; t++)
        y[t] = 50 + 20 * sin(2 * 3.14159265358979 * (double)t / 52) + (double)(t % 3);
    run_ok(y, 160, 52, "", &f);
    assert_non_null(strstr(f.output.note, "stl"));
    for (size_t h = 0; h < HORIZON; h++)
        assert_close(f.mean[h], 51 + 20 * sin(2 * 3.14159265358979 * (double)(160 + h) / 52), 0,
                     2.5);
}

static void test_parameters(void **state) {
    (void)state;
    static const char *const wrong[] = {"order=1,1",      "order=9,1,1",    "order=1,3,1",
                                        "seasonal=a,b,c", "constant=maybe", "criterion=hq",
                                        "differences=3",  "choice=",        "unknown=1"};
    double y[60];
    forecast f;
    skua_error err;
    seasonal_series(y, 60, 2);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(run(y, 60, 12, wrong[i], true, &f, &err), SKUA_ECONFIG);
    run_ok(y, 60, 12, "order=1,1,1 seasonal=0,1,1", &f);
    assert_string_equal(f.output.note, "arima(1,1,1)(0,1,1)12");
    run_ok(y, 60, 12, "order=1,0,0 constant=no", &f);
    assert_string_equal(f.output.note, "arima(1,0,0)");
    assert_int_equal(run(y, 60, 12, "order=8,2,8 seasonal=3,2,3", true, &f, &err), SKUA_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),     cmocka_unit_test(test_equivariance),
        cmocka_unit_test(test_exact),      cmocka_unit_test(test_random_walk),
        cmocka_unit_test(test_gaps),       cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_strange),    cmocka_unit_test(test_long_season),
        cmocka_unit_test(test_parameters), cmocka_unit_test(test_history),
        cmocka_unit_test(test_mixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
