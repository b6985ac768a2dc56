/* The adapter: what a method sees, what replaces it, threads, seeds. */
#include "support/support.h"

#include "stat/local.h"

#include <math.h>
#include <string.h>

static const double levels[] = {0.1, 0.5, 0.9};

static size_t least_two(int season) {
    (void)season;
    return 2;
}

/* Methods made to misbehave; all but the probe do so in a way of their own. */
static skua_status fill(const skuai_request *request, skuai_local_output *output, double mean,
                        double step) {
    for (size_t h = 0; h < request->horizon; h++) {
        output->mean[h] = mean;
        for (size_t q = 0; q < 3; q++)
            output->quantiles[3 * h + q] = mean + step * ((double)q - 1);
    }
    return SKUA_OK;
}
#define METHOD_BODY(function)                                                                      \
    static skua_status function(const skuai_local_input *input,                                    \
                                const skuai_parameters *parameters, const skuai_request *request,  \
                                skuai_arena *scratch, skuai_local_output *output, skua_error *err)
#define UNUSED                                                                                     \
    ((void)input, (void)parameters, (void)request, (void)scratch, (void)output, (void)err)

METHOD_BODY(fails) {
    UNUSED;
    return skuai_error_set(err, SKUA_ESINGULAR, "never works");
}
METHOD_BODY(config) {
    UNUSED;
    return skuai_error_set(err, SKUA_ECONFIG, "wrong parameter");
}
METHOD_BODY(infinite) {
    UNUSED;
    return fill(request, output, INFINITY, 1);
}
METHOD_BODY(not_a_number) {
    UNUSED;
    fill(request, output, 1, 1);
    output->quantiles[4] = NAN;
    return SKUA_OK;
}
METHOD_BODY(explodes) {
    UNUSED;
    return fill(request, output, 1e6, 1);
}
METHOD_BODY(wild_quantiles) {
    UNUSED;
    return fill(request, output, 2, 1e6);
}
/* Quantiles upside down and below zero. */
METHOD_BODY(crossed) {
    UNUSED;
    return fill(request, output, 1, -3);
}
/* Reports what it saw: mean = h + 1000 n, quantiles = first value, sum, end. */
METHOD_BODY(probe) {
    UNUSED;
    double sum = 0;
    for (size_t t = 0; t < input->n; t++)
        sum += input->y[t];
    for (size_t h = 0; h < request->horizon; h++) {
        output->mean[h] = input->y[input->n - 1] + (double)h / 100;
        output->quantiles[3 * h] = input->y[0] - 1;
        output->quantiles[3 * h + 1] = sum / (double)input->n;
        output->quantiles[3 * h + 2] = (double)input->end;
    }
    snprintf(output->note, sizeof output->note, "probe %zu", input->n);
    return SKUA_OK;
}
METHOD_BODY(random_number) {
    UNUSED;
    skuai_random random;
    skuai_random_init(&random, request->seed);
    double *block = skuai_arena_take(scratch, 1000, sizeof *block);
    if (!block) return skuai_error_memory(err, "a block");
    return fill(request, output, 2 + skuai_random_uniform(&random), 0.5);
}

static skuai_local_method method_of(skua_status (*forecast)(const skuai_local_input *,
                                                            const skuai_parameters *,
                                                            const skuai_request *, skuai_arena *,
                                                            skuai_local_output *, skua_error *)) {
    return (skuai_local_method){.name = "test",
                                .summary = "a test",
                                .source = "none",
                                .least_length = least_two,
                                .forecast = forecast};
}

typedef struct run {
    double mean[4], quantiles[12];
    char note[SKUAI_NOTE_SIZE];
    skua_status status;
} run;

static run run_method(const skuai_local_method *method, const double *y, size_t n, int season,
                      bool non_negative) {
    run r = {.status = SKUA_OK};
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    const skuai_parameters none = {NULL, 0};
    const skuai_request request = {4, levels, 3, 9};
    const skuai_local_input input = {
        .y = y, .n = n, .season = season, .non_negative = non_negative, .end = 100};
    skuai_local_output output = {.mean = r.mean, .quantiles = r.quantiles};
    r.status = skuai_local_run(method, &input, &none, &request, arena, &output, &err);
    memcpy(r.note, output.note, sizeof r.note);
    skuai_arena_free(arena);
    return r;
}

static void test_fallbacks(void **state) {
    (void)state;
    const double y[] = {1, 2, 3, 2, 1, 2};
    const struct {
        skuai_local_method method;
        const char *reason;
    } cases[] = {
        {method_of(fails), "failed"},
        {method_of(infinite), "not finite"},
        {method_of(not_a_number), "not finite"},
        {method_of(explodes), "out of range"},
        {method_of(wild_quantiles), "out of range"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char note[SKUAI_NOTE_SIZE];
        run r = run_method(&cases[i].method, y, 6, 2, true);
        assert_ok(r.status, NULL);
        snprintf(note, sizeof note, "seasonal-naive (%s)", cases[i].reason);
        assert_string_equal(r.note, note);
        assert_close(r.mean[0], 1, 0, 0);
        assert_close(r.mean[1], 2, 0, 0);
        r = run_method(&cases[i].method, y, 6, 52, true); /* not one season: the mean */
        snprintf(note, sizeof note, "historic-mean (%s)", cases[i].reason);
        assert_string_equal(r.note, note);
        assert_close(r.mean[3], 11.0 / 6, 1e-14, 0);
    }
    skuai_local_method wrong = method_of(config), good = method_of(probe);
    assert_int_equal(run_method(&wrong, y, 6, 2, true).status, SKUA_ECONFIG);
    run r = run_method(&good, y, 1, 1, true);
    assert_string_equal(r.note, "seasonal-naive (too short)");
    r = run_method(&good, y, 0, 1, true);
    assert_string_equal(r.note, "zero (no history)");
    assert_close(r.quantiles[11], 0, 0, 0);
    const double nothing[] = {NAN, NAN};
    r = run_method(&good, nothing, 2, 1, true);
    assert_string_equal(r.note, "zero (no history)");
}

/* Leading gaps are cut, inner ones filled along a line, trailing ones forecast over. */
static void test_missing(void **state) {
    (void)state;
    const double y[] = {NAN, NAN, 4, NAN, NAN, 10, 8, NAN};
    skuai_local_method method = method_of(probe);
    run r = run_method(&method, y, 8, 1, false);
    assert_string_equal(r.note, "probe 5");
    assert_close(r.mean[0], 8.01, 1e-14, 0); /* the second period behind the last value */
    assert_close(r.mean[3], 8.04, 1e-14, 0);
    assert_close(r.quantiles[0], 3, 0, 0);
    assert_close(r.quantiles[1], (4 + 6 + 8 + 10 + 8) / 5.0, 1e-14, 0);
    assert_close(r.quantiles[2], 99, 0, 0); /* the first period it forecasts */
}

static void test_settled(void **state) {
    (void)state;
    const double y[] = {1, 2, 3, 2, 1, 2};
    skuai_local_method method = method_of(crossed);
    run r = run_method(&method, y, 6, 1, false);
    const double sorted[] = {-2, 1, 4}, clipped[] = {0, 1, 4};
    assert_close_array(r.quantiles, sorted, 3, 0, 0);
    r = run_method(&method, y, 6, 1, true);
    assert_close_array(r.quantiles + 9, clipped, 3, 0, 0);
    assert_string_equal(r.note, "test"); /* a method without a note gets its name */
}

/* Against scipy.stats.t.ppf (1.17): degrees 5, 9, 20 at 0.9. */
static void test_student(void **state) {
    (void)state;
    const skuai_request request = {1, levels, 3, 1};
    const double mean = 10, sd = 2, freedom[] = {5, 9, 20};
    const double exact[] = {1.4758840488244815, 1.3830287383966329, 1.3253407069850465};
    double q[3];
    for (size_t i = 0; i < 3; i++) {
        skuai_local_student_quantiles(&request, &mean, &sd, freedom[i], q);
        assert_close(q[2], 10 + 2 * exact[i], 1e-4, 0);
        assert_close(q[0] + q[2], 20, 1e-12, 0);
        assert_close(q[1], 10, 1e-12, 0);
    }
    skuai_local_normal_quantiles(&request, &mean, &sd, q);
    assert_close(q[2], 10 + 2 * 1.2815515655446004, 1e-12, 0);
}

static skuai_panel *build_panel(void) {
    const skuai_grid grid = {SKUAI_FREQUENCY_MONTH, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 3);
    double y[20];
    for (size_t s = 0; s < 40; s++) {
        char name[16];
        snprintf(name, sizeof name, "item%zu", s);
        for (size_t t = 0; t < 20; t++)
            y[t] = 1 + (double)((t * 7 + s * 3) % 5);
        assert_ok(skuai_panel_builder_series(b, name, 600, (s + 1) % 21, 0, y, NULL, NULL, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static skuai_forecast *run_panel(const skuai_local_method *method, const skuai_panel *panel,
                                 int threads, const skuai_parameters *parameters) {
    skua_error err;
    skuai_forecast *forecast = NULL;
    skuai_model *model = NULL;
    const skuai_forecaster forecaster = skuai_local_forecaster(method);
    const skuai_context context = {.seed = 1, .threads = threads};
    const skuai_request request = {4, levels, 3, 9};
    assert_ok(forecaster.fit(&forecaster, panel, parameters, &context, &model, &err), &err);
    assert_ok(forecaster.predict(model, panel, &request, &context, &forecast, &err), &err);
    forecaster.free(model);
    return forecast;
}

/* The same numbers on one and on three threads, and for a part of the panel. */
static void test_threads(void **state) {
    (void)state;
    const skuai_parameters none = {NULL, 0};
    skuai_local_method method = method_of(random_number);
    skuai_panel *panel = build_panel(), *part;
    skua_error err;
    skuai_forecast *one = run_panel(&method, panel, 1, &none);
    skuai_forecast *three = run_panel(&method, panel, 3, &none);
    assert_memory_equal(one->mean, three->mean, 40 * 4 * sizeof(double));
    assert_memory_equal(one->quantiles, three->quantiles, 40 * 12 * sizeof(double));
    assert_true(one->mean[2 * 4] != one->mean[3 * 4]); /* streams differ */
    assert_string_equal(one->note[20], "zero (no history)");
    assert_string_equal(one->note[0], "historic-mean (too short)");
    const size_t chosen[] = {30, 7};
    assert_ok(skuai_panel_subset(panel, chosen, 2, &part, &err), &err);
    skuai_forecast *some = run_panel(&method, part, 1, &none);
    assert_memory_equal(some->mean, one->mean + 30 * 4, 4 * sizeof(double));
    assert_memory_equal(some->mean + 4, one->mean + 7 * 4, 4 * sizeof(double));
    skuai_forecast_free(one);
    skuai_forecast_free(three);
    skuai_forecast_free(some);
    skuai_panel_free(part);
    skuai_panel_free(panel);
}

/* "season" replaces the panel's, for every method; a wrong one is an error of the user's. */
static void test_season_parameter(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = build_panel();
    skuai_parameter item = {"season", "5"};
    const skuai_parameters parameters = {&item, 1};
    const skuai_local_method *naive = skuai_local_find("seasonal-naive");
    skuai_forecast *forecast = run_panel(naive, panel, 1, &parameters);
    const double *y = skuai_panel_target(panel, 14);
    assert_close_array(skuai_forecast_mean(forecast, 14, 0), y + 10, 4, 0, 0);
    skuai_forecast_free(forecast);
    item.value = "2.5";
    const skuai_forecaster forecaster = skuai_local_forecaster(naive);
    skuai_model *model = NULL;
    assert_int_equal(forecaster.fit(&forecaster, panel, &parameters, NULL, &model, &err),
                     SKUA_ECONFIG);
    assert_null(model);
    skuai_panel_free(panel);
}

static void test_registry(void **state) {
    (void)state;
    size_t n = skuai_local_count();
    assert_true(n >= 16);
    for (size_t i = 0; i < n; i++) {
        const skuai_local_method *method = skuai_local_at(i);
        assert_non_null(method);
        assert_ptr_equal(skuai_local_find(method->name), method); /* so names are unique */
        assert_true(method->summary && method->source && method->least_length(12) >= 1);
    }
    assert_null(skuai_local_at(n));
    assert_null(skuai_local_find("no such method"));
    assert_non_null(skuai_local_find("ets"));
    assert_non_null(skuai_local_find("theta"));
}

/* Every method of the room on series that are hard: finite, sorted, not negative, and repeatable.
 */
static void test_every_method(void **state) {
    (void)state;
    for (size_t i = 0; i < skuai_local_count(); i++) {
        const skuai_local_method *method = skuai_local_at(i);
        for (int kind = 0; kind < 7; kind++) {
            double y[60];
            for (size_t t = 0; t < 60; t++) {
                double x = (double)t;
                const double values[] = {0,
                                         7,
                                         t % 9 ? 0 : x,
                                         t == 59 ? 5000 : 3,
                                         exp(x / 4),
                                         x * x,
                                         t % 5 == 3 ? NAN : 10 + 5 * sin(x)};
                y[t] = values[kind];
            }
            for (size_t n = 1; n <= 60; n += n < 8 ? 1 : 13) {
                run r = run_method(method, y, n, 12, true);
                run again = run_method(method, y, n, 12, true);
                if (r.status != SKUA_OK) print_error("%s on kind %d\n", method->name, kind);
                assert_ok(r.status, NULL);
                assert_memory_equal(r.quantiles, again.quantiles, sizeof r.quantiles);
                assert_true(r.note[0] != '\0');
                for (size_t k = 0; k < 12; k++) {
                    assert_true(isfinite(r.quantiles[k]) && r.quantiles[k] >= 0);
                    if (k % 3) assert_true(r.quantiles[k] >= r.quantiles[k - 1]);
                }
                for (size_t k = 0; k < 4; k++)
                    assert_true(isfinite(r.mean[k]) && r.mean[k] >= 0);
            }
        }
    }
}

#ifdef SKUA_FAULT
/* Allocation 1, 2, 3, ... fails: out of memory is said, nothing leaks, a retry gives the result. */
static void test_memory(void **state) {
    (void)state;
    double y[30], mean[2][4], quantiles[2][12];
    for (size_t t = 0; t < 30; t++)
        y[t] = 20 + (double)(t * 7 % 5) + (double)(t % 4);
    const skuai_parameters none = {NULL, 0};
    const skuai_request request = {4, levels, 3, 9};
    const skuai_local_input input = {.y = y, .n = 30, .season = 4, .non_negative = true};
    for (size_t i = 0; i < skuai_local_count(); i++) {
        const skuai_local_method *method = skuai_local_at(i);
        bool done = false;
        for (size_t k = 0; !done; k++) {
            skua_error err;
            size_t live = skuai_fault_live();
            skuai_local_output output = {.mean = mean[k > 0], .quantiles = quantiles[k > 0]};
            skuai_arena *arena = skuai_arena_new(1); /* every block is an allocation */
            skuai_fault_set(k, false);
            skua_status status =
                skuai_local_run(method, &input, &none, &request, arena, &output, &err);
            done = k > 0 && status == SKUA_OK;
            skuai_fault_set(0, false);
            if (!done && k > 0) assert_int_equal(status, SKUA_ENOMEM);
            skuai_arena_free(arena);
            assert_int_equal(skuai_fault_live(), live);
        }
        assert_memory_equal(quantiles[0], quantiles[1], sizeof quantiles[0]);
    }
}

/* The adapter: the model and the forecast are given back when anything fails. */
static void test_memory_of_adapter(void **state) {
    (void)state;
    skuai_panel *panel = build_panel();
    const skuai_forecaster forecaster = skuai_local_forecaster(skuai_local_find("naive"));
    const skuai_parameter item = {"season", "3"};
    const skuai_parameters parameters = {&item, 1};
    const skuai_context context = {.seed = 1, .threads = 1};
    const skuai_request request = {4, levels, 3, 9};
    for (size_t k = 1;; k++) {
        skua_error err;
        skuai_model *model = NULL;
        skuai_forecast *forecast = NULL;
        size_t live = skuai_fault_live();
        skuai_fault_set(k, false);
        skua_status status =
            forecaster.fit(&forecaster, panel, &parameters, &context, &model, &err);
        if (status == SKUA_OK)
            status = forecaster.predict(model, panel, &request, &context, &forecast, &err);
        skuai_fault_set(0, false);
        forecaster.free(model);
        skuai_forecast_free(forecast);
        assert_int_equal(skuai_fault_live(), live);
        if (status == SKUA_OK) break;
        assert_int_equal(status, SKUA_ENOMEM);
    }
    skuai_panel_free(panel);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fallbacks), cmocka_unit_test(test_missing),
        cmocka_unit_test(test_settled),   cmocka_unit_test(test_student),
        cmocka_unit_test(test_threads),   cmocka_unit_test(test_season_parameter),
        cmocka_unit_test(test_registry),  cmocka_unit_test(test_every_method),
#ifdef SKUA_FAULT
        cmocka_unit_test(test_memory),    cmocka_unit_test(test_memory_of_adapter),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
