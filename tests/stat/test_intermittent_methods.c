/* The local methods on awkward histories, and what each promises. */
#include "support/support.h"

#include "core/random.h"
#include "stat/intermittent/intermittent.h"

#include <math.h>
#include <string.h>

enum { H = 7, Q = 5, MOST = 150 };
static const double levels[Q] = {0.05, 0.25, 0.5, 0.75, 0.95};
static double mean[H], quantiles[H * Q];

static const skuai_local_method *find(const char *name) {
    for (size_t i = 0; skuai_intermittent_methods[i]; i++)
        if (strcmp(skuai_intermittent_methods[i]->name, name) == 0)
            return skuai_intermittent_methods[i];
    fail_msg("no method %s", name);
    return NULL;
}

static skua_status run(const skuai_local_method *method, const double *y, size_t n, int season,
                       const skuai_parameters *given, skua_error *err) {
    const skuai_parameters none = {NULL, 0};
    const skuai_request request = {H, levels, Q, 1};
    skuai_local_input input = {.y = y,
                               .n = n,
                               .season = season,
                               .counts = true,
                               .non_negative = true,
                               .grid = {.frequency = SKUAI_FREQUENCY_DAY}};
    skuai_local_output output = {.mean = mean, .quantiles = quantiles};
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    for (size_t i = 0; i < (size_t)H * Q; i++)
        quantiles[i] = NAN;
    skua_status status =
        method->forecast(&input, given ? given : &none, &request, arena, &output, err);
    skuai_arena_free(arena);
    return status;
}

static void check_distribution(const char *name) {
    for (size_t h = 0; h < H; h++) {
        if (!(isfinite(mean[h]) && mean[h] >= 0)) fail_msg("%s: mean %g", name, mean[h]);
        for (size_t q = 0; q < Q; q++) {
            double x = quantiles[h * Q + q];
            if (!(isfinite(x) && x >= 0)) fail_msg("%s: quantile %g", name, x);
            if (q > 0 && !(x >= quantiles[h * Q + q - 1])) fail_msg("%s: crossing", name);
        }
    }
}

/* Histories: zeros, one value, all equal, sparse, dense, huge, tenths, a trend down to zero. */
static size_t history(int kind, double *y) {
    skuai_random random;
    skuai_random_init(&random, (uint64_t)kind + 1);
    size_t n = kind == 1 ? 1 : kind == 2 ? 3 : MOST;
    for (size_t t = 0; t < n; t++) {
        double sparse = skuai_random_uniform(&random) < 0.15;
        double size = 1 + skuai_random_poisson(&random, 3);
        switch (kind) {
        case 0:
            y[t] = 0;
            break;
        case 1:
            y[t] = 4;
            break;
        case 2:
            y[t] = 5;
            break;
        case 3:
            y[t] = sparse * size;
            break;
        case 4:
            y[t] = skuai_random_poisson(&random, t % 7 < 2 ? 12 : 4);
            break;
        case 5:
            y[t] = skuai_random_negative_binomial(&random, 1e6, 3);
            break;
        case 6:
            y[t] = sparse * size / 10;
            break;
        default:
            y[t] = t < 60 ? size : 0;
            break;
        }
    }
    return n;
}

static void every_method_gives_a_distribution(void **state) {
    (void)state;
    double y[MOST];
    size_t ran = 0;
    for (size_t i = 0; skuai_intermittent_methods[i]; i++) {
        const skuai_local_method *method = skuai_intermittent_methods[i];
        for (int kind = 0; kind < 8; kind++) {
            size_t n = history(kind, y);
            skua_error err = {0};
            if (n < method->least_length(7)) continue;
            assert_ok(run(method, y, n, 7, NULL, &err), &err);
            check_distribution(method->name);
            ran++;
        }
    }
    assert_true(ran >= 80);
}

static void zeros_forecast_zeros(void **state) {
    (void)state;
    double y[40] = {0};
    skua_error err = {0};
    for (size_t i = 0; skuai_intermittent_methods[i]; i++) {
        assert_ok(run(skuai_intermittent_methods[i], y, 40, 1, NULL, &err), &err);
        for (size_t q = 0; q < Q; q++)
            assert_close(quantiles[q], 0, 0, 0);
        assert_true(mean[0] < 0.05);
    }
}

/* Demand in three tenths of the periods: levels below .6 are zero, above .8 are not. */
static void the_mass_at_zero_is_right(void **state) {
    (void)state;
    static const char *const names[] = {"croston", "tsb",           "adida",
                                        "npts",    "dynamic-count", "intermittent"};
    double y[MOST];
    skua_error err = {0};
    for (size_t t = 0; t < MOST; t++)
        y[t] = t % 10 == 1 || t % 10 == 4 || t % 10 == 8 ? 6 : 0;
    for (size_t i = 0; i < 6; i++) {
        assert_ok(run(find(names[i]), y, MOST, 1, NULL, &err), &err);
        assert_close(quantiles[2], 0, 0, 0);
        assert_close(quantiles[4], 6, 0, 2.5);
        assert_close(mean[0], 1.8, 0, 0.5);
    }
}

/* Counts in tenths give a tenth of the forecast. */
static void units_scale(void **state) {
    (void)state;
    static const char *const names[] = {"croston", "tsb", "npts", "dynamic-count", "intermittent"};
    double y[MOST], tenths[MOST], whole[H * Q], whole_mean;
    skua_error err = {0};
    size_t n = history(3, y);
    for (size_t t = 0; t < n; t++)
        tenths[t] = y[t] / 10;
    for (size_t i = 0; i < 5; i++) {
        assert_ok(run(find(names[i]), y, n, 1, NULL, &err), &err);
        memcpy(whole, quantiles, sizeof whole);
        whole_mean = mean[0];
        assert_ok(run(find(names[i]), tenths, n, 1, NULL, &err), &err);
        assert_close(mean[0], whole_mean / 10, 1e-6, 0);
        for (size_t q = 0; q < (size_t)H * Q; q++)
            assert_close(quantiles[q], whole[q] / 10, 1e-6, 1e-12);
    }
}

/* The last season by type 7, and weights halving: 1/2, 1/4, 1/8 ... from the newest. */
static void past_values_by_hand(void **state) {
    (void)state;
    const double y[] = {9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const skuai_parameter decay = {"decay", "0.5"};
    const skuai_parameters halving = {&decay, 1};
    skua_error err = {0};
    assert_ok(run(find("empirical"), y, 15, 12, NULL, &err), &err);
    assert_close(quantiles[2], 6.5, 1e-12, 0);
    assert_close(quantiles[1], 3.75, 1e-12, 0);
    assert_close(mean[0], 6.5, 1e-12, 0);
    assert_ok(run(find("npts"), y + 11, 4, 1, &halving, &err), &err); /* 9 10 11 12: 1 2 4 8 */
    const double expected[] = {9, 11, 12, 12, 12};                    /* F: 1/15, 3/15, 7/15, 1 */
    assert_close_array(quantiles, expected, Q, 0, 0);
    assert_close(mean[0], (9 + 20 + 44 + 96) / 15.0, 1e-12, 0);
    /* season 2: the first horizon sees 9 and 11 alone */
    assert_ok(run(find("npts-seasonal"), y + 11, 4, 2, &halving, &err), &err);
    assert_close(mean[0], (9 * 0.25 + 11) / 1.25, 1e-12, 0);
    assert_close(mean[1], (10 * 0.25 + 12) / 1.25, 1e-12, 0);
    assert_close(mean[2], mean[0], 0, 0);
}

/* A week's shape is found: days of 12 against days of 4. */
static void dynamic_count_sees_the_season(void **state) {
    (void)state;
    double y[MOST];
    skua_error err = {0};
    size_t n = 147;
    (void)history(4, y);
    assert_ok(run(find("dynamic-count"), y, n, 7, NULL, &err), &err);
    for (size_t h = 0; h < H; h++)
        assert_close(mean[h], h < 2 ? 12 : 4, 0.3, 0);
}

static void wrong_input_is_refused(void **state) {
    (void)state;
    const double negative[] = {1, 0, -2, 3};
    const skuai_parameter wrong = {"alpha", "2"}, unknown = {"colour", "1"};
    const skuai_parameters bad = {&wrong, 1}, none_such = {&unknown, 1};
    skua_error err = {0};
    assert_int_equal(run(find("croston"), negative, 4, 1, NULL, &err), SKUA_EDATA);
    assert_int_equal(run(find("dynamic-count"), negative, 4, 1, NULL, &err), SKUA_EDATA);
    assert_int_equal(run(find("croston"), negative, 2, 1, &bad, &err), SKUA_ECONFIG);
    for (size_t i = 0; skuai_intermittent_methods[i]; i++)
        assert_int_equal(run(skuai_intermittent_methods[i], negative, 2, 1, &none_such, &err),
                         SKUA_ECONFIG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_gives_a_distribution),
        cmocka_unit_test(zeros_forecast_zeros),
        cmocka_unit_test(the_mass_at_zero_is_right),
        cmocka_unit_test(units_scale),
        cmocka_unit_test(past_values_by_hand),
        cmocka_unit_test(dynamic_count_sees_the_season),
        cmocka_unit_test(wrong_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
