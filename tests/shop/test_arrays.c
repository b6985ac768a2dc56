/* Histories in memory, forecasters of a program's own, and what both are refused with. */
#include "support/support.h"

#include <math.h>
#include <skua.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS = 84, HORIZON = 7, LEVELS = 3 };

static const double levels[LEVELS] = {0.1, 0.5, 0.9};

typedef struct made {
    double mean[2 * HORIZON], quantiles[2 * HORIZON * LEVELS];
} made;

static double units[2 * DAYS];
static const char *const starts[] = {"2024-01-01", "2024-02-01T00:00"};
static const char *const names[] = {"a", "b"};

static skua_arrays two_series(void) {
    static const size_t lengths[] = {DAYS, DAYS};
    for (size_t t = 0; t < DAYS; t++) {
        units[t] = t % 7 == 5 ? 40 : 10;
        units[DAYS + t] = 3;
    }
    return (skua_arrays){.n_series = 2,
                         .frequency = "day",
                         .names = names,
                         .starts = starts,
                         .lengths = lengths,
                         .units = units};
}

static skua_status run(const skua_arrays *arrays, const char *const *settings, made *out,
                       skua_error *err) {
    return skua_forecast_arrays(arrays, HORIZON, levels, LEVELS, settings, NULL, out->mean,
                                out->quantiles, err);
}

static void test_season_and_level(void **state) {
    (void)state;
    skua_error err;
    made out;
    skua_arrays arrays = two_series();
    assert_ok(run(&arrays, NULL, &out, &err), &err);
    for (size_t h = 0; h < HORIZON; h++) { /* 84 days later it is the same weekday */
        assert_true(h == 5 ? out.mean[h] > 30 : out.mean[h] < 16);
        assert_true(fabs(out.mean[HORIZON + h] - 3) < 0.2);
        const double *q = out.quantiles + h * LEVELS;
        assert_true(q[0] <= q[1] && q[1] <= q[2]);
    }
    /* settings change the result, the same ones do not */
    made again, other;
    const char *const settings[] = {"models", "naive", NULL};
    assert_ok(run(&arrays, NULL, &again, &err), &err);
    assert_memory_equal(&again, &out, sizeof out);
    assert_ok(run(&arrays, settings, &other, &err), &err);
    assert_true(fabs(other.mean[0] - units[DAYS - 1]) < 1e-9);
    arrays.names = NULL;
    assert_ok(run(&arrays, NULL, &again, &err), &err);
    assert_memory_equal(&again, &out, sizeof out);
}

static void test_gaps_and_no_history(void **state) {
    (void)state;
    skua_error err;
    made out;
    skua_arrays arrays = two_series();
    const size_t lengths[] = {DAYS, 0};
    arrays.lengths = lengths;
    units[20] = NAN;
    assert_ok(run(&arrays, NULL, &out, &err), &err);
    for (size_t i = 0; i < 2 * HORIZON; i++)
        assert_true(isfinite(out.mean[i]));
}

static void test_refusals(void **state) {
    (void)state;
    skua_error err;
    made out, before;
    memset(&before, 7, sizeof before);
    out = before;
    skua_arrays arrays = two_series();
    const char *const wrong[] = {"2024-01-01", "2024-13-01"};
    arrays.starts = wrong;
    assert_int_equal(run(&arrays, NULL, &out, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "series b starts at '2024-13-01'"));
    arrays.starts = starts;
    arrays.frequency = "fortnight";
    assert_int_equal(run(&arrays, NULL, &out, &err), SKUA_EINVAL);
    arrays.frequency = "day";
    const char *const unknown[] = {"modles", "naive", NULL};
    assert_int_equal(run(&arrays, unknown, &out, &err), SKUA_ECONFIG);
    assert_non_null(strstr(err.message, "models"));
    units[3] = INFINITY;
    assert_int_equal(run(&arrays, NULL, &out, &err), SKUA_EDATA);
    units[3] = 10;
    const double falling[] = {0.5, 0.1, 0.9};
    assert_int_equal(skua_forecast_arrays(&arrays, HORIZON, falling, LEVELS, NULL, NULL, out.mean,
                                          out.quantiles, &err),
                     SKUA_EINVAL);
    assert_int_equal(
        skua_forecast_arrays(&arrays, 0, levels, LEVELS, NULL, NULL, out.mean, out.quantiles, &err),
        SKUA_EINVAL);
    assert_memory_equal(&out, &before, sizeof out); /* untouched */
}

/* -- A forecaster of one's own ------------------------------------------------------------------
 */

static bool constant(void *user, const skua_history *history, double *mean, double *quantiles) {
    double level = *(const double *)user;
    for (size_t h = 0; h < history->horizon; h++) {
        mean[h] = level;
        for (size_t q = 0; q < history->n_levels; q++) /* falling: they get sorted */
            quantiles[h * history->n_levels + q] = level + 1 - history->levels[q];
    }
    return level < 100;
}

static void test_plug(void **state) {
    (void)state;
    skua_error err;
    skua_shop *shop;
    char *report = NULL;
    static double level = 11;
    skua_forecaster own = {
        .name = "own-one", .least_length = 10, .forecast = constant, .user = &level};
    char folder[256], path[512], csv[512];
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/shop", folder);
    (void)snprintf(csv, sizeof csv, "%s/sales.csv", folder);
    FILE *file = fopen(csv, "w");
    assert_non_null(file);
    fputs("item,ds,units\n", file);
    for (int t = 0; t < 100; t++)
        fprintf(file, "tea,2024-%02d-%02d,%d\n", 1 + t / 28, 1 + t % 28, 10 + t % 3);
    assert_int_equal(fclose(file), 0);
    const char *const daily[] = {"frequency", "day", NULL};
    assert_ok(skua_shop_init(path, daily, &err), &err);
    assert_ok(skua_shop_open(path, &shop, &err), &err);
    assert_ok(skua_shop_ingest(shop, csv, NULL, &err), &err);

    const char *const bad[] = {"", "Own", "1st", "own one",
                               "a-name-of-more-than-thirty-one-letters"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        skua_forecaster named = own;
        named.name = bad[i];
        assert_int_equal(skua_shop_plug(shop, &named, &err), SKUA_EINVAL);
    }
    skua_forecaster taken = own;
    taken.name = "theta";
    assert_int_equal(skua_shop_plug(shop, &taken, &err), SKUA_EEXIST);
    assert_ok(skua_shop_plug(shop, &own, &err), &err);
    assert_int_equal(skua_shop_plug(shop, &own, &err), SKUA_EEXIST);

    assert_ok(skua_shop_set(shop, "models", "own-one", &err), &err);
    assert_ok(skua_shop_set(shop, "horizon", "5", &err), &err);
    assert_ok(skua_shop_forecast(shop, NULL, &report, &err), &err);
    assert_non_null(strstr(report, "\"mean\":55"));
    assert_non_null(strstr(report, "own-one"));
    skua_text_free(report);
    level = 200; /* it gives none: the seasonal naive, and a note */
    assert_ok(skua_shop_forecast(shop, NULL, &report, &err), &err);
    assert_non_null(strstr(report, "seasonal-naive (failed)"));
    skua_text_free(report);
    skua_shop_close(shop);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_season_and_level),
        cmocka_unit_test(test_gaps_and_no_history),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_plug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
