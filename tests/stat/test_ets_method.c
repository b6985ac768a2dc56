/* The methods of exponential smoothing as users name them: parameters, notes, long seasons. */
#include "stat/csv_row.h"

#include "stat/local.h"

#include <math.h>

static const double levels[] = {0.1, 0.5, 0.9};

typedef struct run {
    double mean[12], quantiles[36];
    char note[SKUAI_NOTE_SIZE];
    skua_status status;
} run;

static run forecast(const char *name, const double *y, size_t n, int season, const char *parameter,
                    const char *value) {
    run r;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    const skuai_parameter item = {parameter, value};
    const skuai_parameters parameters = {&item, parameter ? 1 : 0};
    const skuai_request request = {12, levels, 3, 1};
    const skuai_local_input input = {.y = y, .n = n, .season = season};
    skuai_local_output output = {.mean = r.mean, .quantiles = r.quantiles};
    const skuai_local_method *method = skuai_local_find(name);
    assert_non_null(method);
    r.status = skuai_local_run(method, &input, &parameters, &request, arena, &output, &err);
    memcpy(r.note, output.note, sizeof r.note);
    skuai_arena_free(arena);
    return r;
}

static void read_air(csv_row *row) {
    FILE *file = csv_open("tests/golden/ets/series.csv");
    assert_true(csv_row_read(file, row));
    fclose(file);
    assert_string_equal(row->text[0], "air");
    assert_int_equal(row->n, 145);
}

static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *method, *model, *note;
    } cases[] = {
        {"ets", "MAM", "ets(M,A,M)"},         {"ets", "MAdM", "ets(M,Ad,M)"},
        {"ets", "ANN", "ets(A,N,N)"},         {"ets", "MMdN", "ets(M,Md,N)"},
        {"ets", "MMM", "ets(M,M,M)"},         {"ses", NULL, "ets(A,N,N)"},
        {"holt", NULL, "ets(A,A,N)"},         {"damped", NULL, "ets(A,Ad,N)"},
        {"holt-winters", NULL, "ets(M,A,M)"},
    };
    csv_row air;
    read_air(&air);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run r = forecast(cases[i].method, air.values + 1, 144, 12, cases[i].model ? "model" : NULL,
                         cases[i].model);
        assert_ok(r.status, NULL);
        assert_string_equal(r.note, cases[i].note);
    }
    run r = forecast("ets", air.values + 1, 144, 12, "choose", "best");
    assert_string_equal(r.note, "ets(M,A,M)");
    run all = forecast("ets", air.values + 1, 144, 12, NULL, NULL);
    assert_non_null(strstr(all.note, "ets(M,A,M) and "));
    for (size_t h = 0; h < 12; h++)
        assert_close(all.mean[h], r.mean[h], 0.05, 0);
    r = forecast("holt-winters", air.values + 1, 144, 1, NULL, NULL);
    assert_non_null(strstr(r.note, ",A,N)")); /* without a season it is Holt's */
}

/* AirPassengers of 1960 from the years before: the published error of ETS(M,Ad,M) and its like is
 * a few percent; the intervals hold most months. */
static void test_air(void **state) {
    (void)state;
    static const char *const methods[] = {"ets", "ets-adjusted", "holt-winters"};
    csv_row air;
    read_air(&air);
    for (size_t i = 0; i < 3; i++) {
        run r = forecast(methods[i], air.values + 1, 132, 12, NULL, NULL);
        double error = 0;
        size_t inside = 0;
        for (size_t h = 0; h < 12; h++) {
            double y = air.values[133 + h];
            error += fabs(r.mean[h] / y - 1) / 12;
            inside += y >= r.quantiles[3 * h] && y <= r.quantiles[3 * h + 2];
        }
        assert_true(error < 0.06);
        assert_true(inside >= 6);
    }
}

static void test_wrong_parameters(void **state) {
    (void)state;
    static const char *const models[] = {"", "XNN", "ANd", "AdNN", "NNN", "MNdN", "ZZZZ", "AAdNN"};
    csv_row air;
    read_air(&air);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        assert_int_equal(forecast("ets", air.values + 1, 144, 12, "model", models[i]).status,
                         SKUA_ECONFIG);
    assert_int_equal(forecast("ets", air.values + 1, 144, 12, "choose", "luck").status,
                     SKUA_ECONFIG);
    assert_int_equal(forecast("ets", air.values + 1, 144, 12, "unstable", "1").status,
                     SKUA_ECONFIG);
    assert_int_equal(forecast("ses", air.values + 1, 144, 12, "model", "ANN").status, SKUA_ECONFIG);
    /* A multiplicative form on data with a zero cannot be fitted: the fallback says so. */
    double y[30];
    for (size_t t = 0; t < 30; t++)
        y[t] = (double)(t % 3);
    run r = forecast("ets", y, 30, 1, "model", "MNN");
    assert_ok(r.status, NULL);
    assert_string_equal(r.note, "seasonal-naive (failed)");
}

/* Two and a half years of weeks: the season is seen, taken out, and continued. */
static void test_long_season(void **state) {
    (void)state;
    double y[130];
    skuai_random random;
    skuai_random_init(&random, 11);
    for (size_t t = 0; t < 130; t++)
        y[t] = 100 + 40 * sin(2 * 3.14159265358979 * (double)t / 52) +
               3 * skuai_random_normal(&random);
    static const char *const methods[] = {"ets", "ets-adjusted", "theta", "holt-winters"};
    for (size_t i = 0; i < 4; i++) {
        run r = forecast(methods[i], y, 130, 52, NULL, NULL);
        assert_ok(r.status, NULL);
        for (size_t h = 0; h < 12; h++) {
            double truth = 100 + 40 * sin(2 * 3.14159265358979 * (double)(130 + h) / 52);
            assert_close(r.mean[h], truth, 0, 12);
        }
        if (i != 2) assert_non_null(strstr(r.note, "adjusted"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_air),
        cmocka_unit_test(test_wrong_parameters),
        cmocka_unit_test(test_long_season),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
