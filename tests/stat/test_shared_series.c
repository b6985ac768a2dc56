/* A local forecaster whose series two ranks share (this program starts them itself under mpirun):
 * each fits its own share alone, and both have every forecast, bit for bit. */
#include "support/support.h"

#include "stat/local.h"
#include "stat/shared_series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SERIES = 7, LENGTH = 60, HORIZON = 5, Q = 3, PATH = 1024 };

static skuai_panel *make_panel(void) {
    skuai_grid grid = {SKUAI_FREQUENCY_MONTH, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 12);
    for (size_t s = 0; s < SERIES; s++) {
        double y[LENGTH];
        char name[16];
        skuai_random r;
        skuai_random_split(&r, 3, s);
        for (size_t t = 0; t < LENGTH; t++)
            y[t] = skuai_random_negative_binomial(&r, s % 2 ? 0.6 : 15, 4);
        (void)snprintf(name, sizeof name, "s%zu", s);
        assert_ok(skuai_panel_builder_series(b, name, 400, LENGTH, 0, y, NULL, NULL, &err), &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static skuai_forecast *forecast_of(const skuai_forecaster *model, const skuai_panel *panel) {
    static const double levels[Q] = {0.1, 0.5, 0.9};
    skuai_request request = {HORIZON, levels, Q, 1};
    skuai_context context = {.seed = 1, .threads = 1};
    skuai_forecast *forecast = NULL;
    skua_error err;
    assert_ok(skuai_forecaster_run(model, panel, NULL, &request, &context, &forecast, &err), &err);
    return forecast;
}

static bool same(const skuai_forecast *a, const skuai_forecast *b) {
    return memcmp(a->mean, b->mean, SERIES * HORIZON * sizeof(double)) == 0 &&
           memcmp(a->quantiles, b->quantiles, SERIES * HORIZON * Q * sizeof(double)) == 0 &&
           memcmp(a->autocorrelation, b->autocorrelation, SERIES * sizeof(double)) == 0 &&
           memcmp(a->first, b->first, SERIES * sizeof *a->first) == 0 &&
           memcmp(a->note, b->note, SERIES * sizeof *a->note) == 0;
}

/* The series that the wrapped forecaster was asked for: parallel tests have one each. */
static size_t asked;
static skuai_forecaster true_one;

static skua_status counted(const skuai_model *model, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err) {
    asked += panel->n_series;
    return true_one.predict(model, panel, request, context, forecast, err);
}

/* 0 when `size` ranks shared the series and had the forecasts of one. */
static int check(size_t size) {
    skua_error err;
    skuai_ranks *ranks = NULL;
    if (skuai_ranks_open("test", &ranks, &err) != SKUA_OK) return 1;
    skuai_panel *panel = make_panel();
    bool good = skuai_ranks_size(ranks) == size;
    static const char *const names[] = {"ets", "intermittent", "seasonal-naive"};
    for (size_t i = 0; i < sizeof names / sizeof *names && good; i++) {
        const skuai_local_method *method = skuai_local_find(names[i]);
        assert_non_null(method);
        true_one = skuai_local_forecaster(method);
        good = skuai_forecaster_is_local(&true_one);
        skuai_shared_series shared = {true_one, ranks};
        shared.inner.predict = counted;
        skuai_forecaster model = skuai_shared_series_forecaster(&shared);
        good = good && !skuai_forecaster_is_local(&model);
        skuai_forecast *one = forecast_of(&true_one, panel);
        asked = 0;
        skuai_forecast *many = forecast_of(&model, panel);
        size_t first, end;
        skuai_ranks_share(ranks, SERIES, &first, &end);
        good = good && same(one, many) && asked == end - first;
        skuai_forecast_free(one);
        skuai_forecast_free(many);
    }
    skuai_panel_free(panel);
    skua_status status = skuai_ranks_close(ranks, good ? SKUA_OK : SKUA_EINTERNAL, &err);
    return status == SKUA_OK ? 0 : 2;
}

static void one_rank(void **state) {
    (void)state;
    assert_int_equal(check(1), 0);
}

static void two_ranks(void **state) {
    (void)state;
    if (system("command -v mpirun >/dev/null && [ -e \"$(dirname '" SKUA_TEST_PROGRAM
               "')/skua-mpi.so\" ]") != 0) {
        print_message("skipped: no mpirun (openmpi-bin), or skua was built without MPI\n");
        skip();
    }
    char line[4 * PATH], program[PATH];
    ssize_t n = readlink("/proc/self/exe", program, PATH - 1);
    assert_true(n > 0);
    program[n] = '\0';
    (void)snprintf(line, sizeof line,
                   "SKUA_MPI=\"$(dirname '%s')/skua-mpi.so\" OMPI_ALLOW_RUN_AS_ROOT=1 "
                   "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl=self,vader "
                   "OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_mpi_yield_when_idle=1 "
                   "ASAN_OPTIONS=detect_leaks=0 mpirun -n 2 --oversubscribe '%s' rank",
                   SKUA_TEST_PROGRAM, program);
    assert_int_equal(system(line), 0);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "rank") == 0) return check(2);
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_rank), cmocka_unit_test(two_ranks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
