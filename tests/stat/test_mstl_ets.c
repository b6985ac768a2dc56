/* Forecasts in parts: what must come back when the parts are known. */
#include "core/random.h"
#include "stat/decomposed/decomposed.h"
#include "support/support.h"

#include <math.h>
#include <string.h>

#define HORIZON 30
#define LEVELS  5
#define PI      3.14159265358979323846

static const double levels[LEVELS] = {0.1, 0.3, 0.5, 0.7, 0.9};
static const skuai_request request = {HORIZON, levels, LEVELS, 1};

typedef struct forecast {
    double mean[HORIZON], quantiles[HORIZON * LEVELS];
    skuai_local_output output;
} forecast;

static skua_status run_with(const skuai_local_method *method, const double *y, size_t n, int season,
                            skuai_frequency frequency, const char *kind, forecast *f,
                            skua_error *err) {
    skuai_parameter item = {"decomposition", kind};
    skuai_parameters parameters = {&item, 1};
    skuai_local_input input = {.y = y, .n = n, .season = season, .grid = {frequency, 0, 0}};
    memset(f, 0, sizeof *f);
    f->output.mean = f->mean;
    f->output.quantiles = f->quantiles;
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_status status =
        skuai_local_run(method, &input, &parameters, &request, arena, &f->output, err);
    skuai_arena_free(arena);
    return status;
}

static void run(const double *y, size_t n, int season, skuai_frequency frequency, const char *kind,
                forecast *f) {
    skua_error err;
    assert_ok(run_with(skuai_decomposed_methods[0], y, n, season, frequency, kind, f, &err), &err);
    for (size_t h = 0; h < HORIZON; h++)
        for (size_t q = 1; q < LEVELS; q++)
            assert_true(f->quantiles[h * LEVELS + q] >= f->quantiles[h * LEVELS + q - 1]);
}

static double noise(skuai_random *random, double sd) {
    return sd * skuai_random_normal(random);
}

/* A level and a season with little noise come back, added or multiplied. */
static void test_season(void **state) {
    (void)state;
    skuai_random random;
    skuai_random_init(&random, 8);
    double added[120], multiplied[120];
    forecast f;
    for (size_t t = 0; t < 120; t++) {
        double phase = 2 * PI * (double)t / 12;
        added[t] = 200 + 40 * sin(phase) + noise(&random, 0.5);
        multiplied[t] = (100 + 2 * (double)t) * exp(0.5 * sin(phase) + noise(&random, 0.005));
    }
    run(added, 120, 12, SKUAI_FREQUENCY_MONTH, "auto", &f);
    for (size_t h = 0; h < HORIZON; h++)
        assert_close(f.mean[h], 200 + 40 * sin(2 * PI * (double)(120 + h) / 12), 0, 2.5);
    run(multiplied, 120, 12, SKUAI_FREQUENCY_MONTH, "auto", &f);
    assert_non_null(strstr(f.output.note, "stl*12"));
    for (size_t h = 0; h < HORIZON; h++) {
        double t = (double)(120 + h);
        assert_close(f.mean[h], (100 + 2 * t) * exp(0.5 * sin(2 * PI * t / 12)), 0.05, 0);
    }
}

/* Noise has no season: what STL sees in it is shrunk away, and four of five values are inside. */
static void test_noise(void **state) {
    (void)state;
    skuai_random random;
    skuai_random_init(&random, 21);
    double swing = 0, inside = 0;
    enum { SERIES = 60 };
    for (int s = 0; s < SERIES; s++) {
        double y[84];
        forecast f;
        for (size_t t = 0; t < 84; t++)
            y[t] = 50 + noise(&random, 5);
        run(y, 84, 12, SKUAI_FREQUENCY_MONTH, "additive", &f);
        double mean = 0, square = 0;
        for (size_t h = 0; h < 12; h++) {
            mean += f.mean[h] / 12;
            square += f.mean[h] * f.mean[h] / 12;
            double future = 50 + noise(&random, 5);
            inside += future >= f.quantiles[h * LEVELS] && future <= f.quantiles[h * LEVELS + 4];
        }
        swing += sqrt(fmax(square - mean * mean, 0)) / SERIES;
    }
    assert_true(swing < 0.9); /* the season of phase means alone would swing by 5 / sqrt(7) = 1.9 */
    assert_close(inside / (12 * SERIES), 0.8, 0, 0.06);
}

/* A week and a year go on each in its own phase, though a year is no whole number of weeks. */
static void test_two_seasons(void **state) {
    (void)state;
    static double y[3 * 365 + 100];
    enum { N = 3 * 365 + 100 };
    skuai_random random;
    skuai_random_init(&random, 5);
    forecast f;
    for (size_t t = 0; t < N; t++)
        y[t] =
            100 + 20 * sin(2 * PI * (double)t / 365) + (t % 7 == 0 ? 30 : 0) + noise(&random, 0.5);
    run(y, N, 7, SKUAI_FREQUENCY_DAY, "additive", &f);
    for (size_t h = 0; h < HORIZON; h++) {
        size_t t = N + h;
        assert_close(f.mean[h], 100 + 20 * sin(2 * PI * (double)t / 365) + (t % 7 == 0 ? 30 : 0), 0,
                     3);
    }
}

static skua_status flat(const skuai_local_input *input, const skuai_parameters *parameters,
                        const skuai_request *asked, skuai_arena *scratch,
                        skuai_local_output *output, skua_error *err) {
    (void)parameters, (void)scratch, (void)err;
    double one[HORIZON];
    assert_int_equal(input->season, 1);
    for (size_t h = 0; h < asked->horizon; h++) {
        output->mean[h] = 0;
        one[h] = 1;
    }
    skuai_local_normal_quantiles(asked, output->mean, one, output->quantiles);
    return SKUA_OK;
}

/* The error of the season widens what the inner method says: a phase's constant over ten cycles
 * has a variance between a tenth and a third of the noise's. */
static void test_spread(void **state) {
    (void)state;
    skuai_random random;
    skuai_random_init(&random, 2);
    double y[120];
    for (size_t t = 0; t < 120; t++)
        y[t] = 100 * sin(2 * PI * (double)t / 12) + noise(&random, 3);
    const skuai_local_method inner = {.name = "flat", .forecast = flat};
    const skuai_parameters none = {NULL, 0};
    skuai_local_input input = {.y = y, .n = 120, .season = 12};
    forecast f = {0};
    f.output.mean = f.mean;
    f.output.quantiles = f.quantiles;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    assert_ok(skuai_decomposed_run(&inner, SKUAI_DECOMPOSITION_AUTO, &input, &none, &request, arena,
                                   &f.output, &err),
              &err);
    skuai_arena_free(arena);
    double spread = (f.quantiles[4] - f.quantiles[2]) / 1.2815515655446;
    double added = (spread * spread - 1) / 9;
    assert_true(added > 0.1 && added < 0.35);
}

/* Too short for a season, zeros, constants, and a wrong parameter. */
static void test_borders(void **state) {
    (void)state;
    double y[40];
    forecast f;
    skua_error err;
    for (size_t t = 0; t < 40; t++)
        y[t] = 3;
    run(y, 40, 7, SKUAI_FREQUENCY_DAY, "auto", &f);
    for (size_t h = 0; h < HORIZON; h++)
        assert_close(f.mean[h], 3, 1e-9, 0);
    run(y, 10, 7, SKUAI_FREQUENCY_DAY, "auto", &f);
    memset(y, 0, sizeof y);
    run(y, 40, 7, SKUAI_FREQUENCY_DAY, "multiplicative", &f);
    assert_close(f.mean[0], 0, 0, 1e-12);
    assert_int_equal(
        run_with(skuai_decomposed_methods[0], y, 40, 7, SKUAI_FREQUENCY_DAY, "both", &f, &err),
        SKUA_ECONFIG);
    for (size_t t = 0; t < 40; t++)
        y[t] = 20 + (double)(t % 7);
    assert_ok(
        run_with(skuai_decomposed_methods[1], y, 40, 7, SKUAI_FREQUENCY_DAY, "auto", &f, &err),
        &err);
    for (size_t h = 0; h < HORIZON; h++)
        assert_close(f.mean[h], 20 + (double)((40 + h) % 7), 0, 0.2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_season),      cmocka_unit_test(test_noise),
        cmocka_unit_test(test_two_seasons), cmocka_unit_test(test_spread),
        cmocka_unit_test(test_borders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
