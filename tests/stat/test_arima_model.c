/* The exact ARIMA likelihood and its maximum beside statsmodels (tests/golden/arima/make.py). */
#include "stat/arima/arima_forecast.h"
#include "stat/arima/arima_search.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HORIZON 6
#define LONGEST 256

typedef struct golden {
    char name[32];
    skuai_arima_order order;
    double coefficient[SKUAI_ARIMA_TERMS];
    double y[LONGEST];
    size_t n;
    size_t missing[16];
    size_t n_missing;
    double value[2 + 2 * HORIZON]; /* likelihood, constant, means, variances */
    size_t n_values;
} golden;

static size_t read_series(int which, double *y) {
    char path[512], line[8192];
    FILE *file = fopen(test_source("tests/golden/arima/series.csv", path, sizeof path), "r");
    assert_non_null(file);
    size_t n = 0;
    while (fgets(line, sizeof line, file)) {
        char *at = line;
        if (strtol(at, &at, 10) != which) continue;
        while (*at == ',' && n < LONGEST)
            y[n++] = strtod(at + 1, &at);
    }
    assert_int_equal(fclose(file), 0);
    assert_true(n > 0);
    return n;
}

/* One line: name, ten numbers, coefficients, gaps, values. */
static void parse(char *line, golden *g) {
    memset(g, 0, sizeof *g);
    char *comma = strchr(line, ',');
    assert_non_null(comma);
    memcpy(g->name, line, (size_t)(comma - line));
    int number[10];
    char *at = comma;
    for (int i = 0; i < 10; i++)
        number[i] = (int)strtol(at + 1, &at, 10);
    g->order = (skuai_arima_order){number[0], number[1], number[2], number[3],
                                   number[4], number[5], number[6], number[7] != 0};
    for (size_t i = 0; *++at != ','; i++) {
        g->coefficient[i] = strtod(at, &at);
        if (*at == ',') break;
    }
    while (*at == ',' || *at == ' ') {
        if (at[1] == ',') break;
        g->missing[g->n_missing++] = (size_t)strtol(at + 1, &at, 10);
        if (*at == ',') break;
    }
    if (g->n_missing == 0) at++;
    while (*at == ',' && g->n_values < 2 + 2 * HORIZON)
        g->value[g->n_values++] = strtod(at + 1, &at);
    g->n = read_series(number[8], g->y);
    for (size_t i = 0; i < g->n_missing; i++)
        g->y[g->missing[i]] = 17; /* any guess will do */
}

static skuai_arima_sample *sample_of(const golden *g, skuai_arena *arena) {
    skuai_arima_sample *sample = NULL;
    skua_error err;
    assert_ok(skuai_arima_sample_new(g->y, g->n, g->missing, g->n_missing, g->order.d, g->order.D,
                                     g->order.season, skuai_arima_degree(&g->order), arena, &sample,
                                     &err),
              &err);
    return sample;
}

static size_t each_case(const char *path, void (*check)(const golden *, skuai_arena *)) {
    char full[512], line[8192];
    FILE *file = fopen(test_source(path, full, sizeof full), "r");
    assert_non_null(file);
    size_t n = 0;
    golden *g = malloc(sizeof *g);
    assert_non_null(g);
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    for (; fgets(line, sizeof line, file); n++) {
        parse(line, g);
        print_message("  %s\n", g->name);
        check(g, arena);
        skuai_arena_clear(arena);
    }
    skuai_arena_free(arena);
    free(g);
    assert_int_equal(fclose(file), 0);
    return n;
}

static void check_likelihood(const golden *g, skuai_arena *arena) {
    skuai_arima_sample *sample = sample_of(g, arena);
    skuai_arima_fit fit = {.order = g->order};
    memcpy(fit.coefficient, g->coefficient, sizeof fit.coefficient);
    assert_int_equal(g->n_values, 2 + 2 * HORIZON);
    assert_true(skuai_arima_evaluate(sample, &fit, NULL));
    assert_close(fit.log_likelihood, g->value[0], 1e-6, 0);
    if (g->order.constant) assert_close(fit.constant, g->value[1], 1e-5, 0);
    double mean[HORIZON], variance[HORIZON], sigma2, autocorrelation;
    skua_error err;
    assert_ok(skuai_arima_forecast(sample, &fit, HORIZON, g->n_missing > 0 && !g->order.constant,
                                   arena, &sigma2, mean, variance, &autocorrelation, &err),
              &err);
    assert_close_array(mean, g->value + 2, HORIZON, 1e-6, 1e-6);
    /* with a constant and gaps the variance of the gaps cannot be had alone */
    if (g->n_missing == 0 || !g->order.constant)
        assert_close_array(variance, g->value + 2 + HORIZON, HORIZON, 1e-6, 0);
}

static void check_maximum(const golden *g, skuai_arena *arena) {
    skuai_arima_sample *sample = sample_of(g, arena);
    skuai_arima_fit fit;
    skua_error err;
    assert_ok(skuai_arima_fit_order(sample, &g->order, &fit, &err), &err);
    assert_int_equal(g->n_values, 1);
    print_message("    %.9f, statsmodels %.9f\n", fit.log_likelihood, g->value[0]);
    assert_true(fit.log_likelihood > g->value[0] - 1e-4);
    /* of the nine terms of "large" statsmodels finds a lower maximum */
    if (strcmp(g->name, "large") != 0) assert_true(fit.log_likelihood < g->value[0] + 1e-4);
}

static void test_likelihood(void **state) {
    (void)state;
    assert_int_equal(each_case("tests/golden/arima/likelihood.csv", check_likelihood), 18);
}

static void test_maximum(void **state) {
    (void)state;
    assert_int_equal(each_case("tests/golden/arima/maximum.csv", check_maximum), 17);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_likelihood),
        cmocka_unit_test(test_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
