/* PCMCI beside tigramite's values (tests/golden/pcmci), on a process whose links are known, and
 * where nothing can be known. */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cause/pcmci.h"
#include "core/json.h"
#include "core/random.h"
#include "math/distribution.h"
#include "math/linear.h"
#include "math/statistics.h"

enum { T = 300, N = 4, LAGS = 4, CELLS = N * N * (LAGS + 1) };

static double data[N][T], value[CELLS], p[CELLS], q[CELLS];
static const double *series[N] = {data[0], data[1], data[2], data[3]};
static const char *const names[N] = {"price", "ads", "\"sales\" & <stock>", "weather"};

static int read_golden(void **state) {
    (void)state;
    char path[512], line[256];
    FILE *in = fopen(test_source("tests/golden/pcmci/data.csv", path, sizeof path), "r");
    if (!in) return -1;
    for (size_t t = 0; t < T && fgets(line, sizeof line, in); t++) {
        char *at = line;
        for (size_t i = 0; i < N; i++, at++)
            data[i][t] = strtod(at, &at);
    }
    (void)fclose(in);
    in = fopen(test_source("tests/golden/pcmci/links.csv", path, sizeof path), "r");
    if (!in) return -1;
    size_t n = 0;
    while (n < CELLS && fgets(line, sizeof line, in)) {
        size_t i, j, lag;
        double v[3];
        if (sscanf(line, "%zu,%zu,%zu,%lf,%lf,%lf", &i, &j, &lag, &v[0], &v[1], &v[2]) != 6)
            return -1;
        size_t at = (i * N + j) * (LAGS + 1) + lag;
        value[at] = v[0], p[at] = v[1], q[at] = v[2];
        n++;
    }
    (void)fclose(in);
    return n == CELLS ? 0 : -1;
}

static skuai_pcmci_options as_golden(void) {
    skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
    o.lags = LAGS;
    o.selection_alpha = 0.2;
    return o;
}

static void equal_to_tigramite(void **state) {
    (void)state;
    skua_error err;
    skuai_causal_graph *g = NULL;
    skuai_pcmci_options o = as_golden();
    assert_ok(skuai_pcmci_run(series, N, T, names, &o, NULL, &g, &err), &err);
    for (size_t c = 0; c < CELLS; c++) {
        if (c % (LAGS + 1) == 0) continue; /* tigramite keeps both tests of lag 0: below */
        assert_close(g->value[c], value[c], 0, 1e-6);
        assert_close(g->p[c], p[c], 0, 1e-6);
        assert_int_equal(g->link[c], p[c] <= 0.05);
    }
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) {
            size_t a = skuai_causal_at(g, i, j, 0), b = skuai_causal_at(g, j, i, 0);
            assert_close(g->p[a], fmax(p[a], p[b]), 0, 1e-6);
            assert_true(g->p[a] == g->p[b]);
        }
    skuai_causal_graph_free(g);
}

/* Benjamini & Hochberg's own example (1995, section 3): 4 of 15 stand at 5 %. */
static void false_discoveries(void **state) {
    (void)state;
    static const double ps[15] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                  0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
    double qs[15];
    size_t index[15], stand = 0;
    skuai_false_discovery(ps, 15, index, qs);
    for (size_t i = 0; i < 15; i++)
        stand += qs[i] <= 0.05;
    assert_int_equal(stand, 4);
    assert_close(qs[3], 0.0095 * 15 / 4, 1e-12, 0);
}

static void options_matter(void **state) {
    (void)state;
    skua_error err;
    skuai_causal_graph *g = NULL;
    skuai_pcmci_options o = as_golden();
    bool forbidden[CELLS] = {false};
    size_t barred = (1 * N + 0) * (LAGS + 1) + 1; /* a true link */
    assert_true(p[barred] < 1e-6);
    forbidden[barred] = true;
    o.forbidden = forbidden;
    o.bootstrap = 20;
    skuai_context context = {.seed = 3, .threads = 1};
    assert_ok(skuai_pcmci_run(series, N, T, names, &o, &context, &g, &err), &err);
    assert_false(g->link[barred]);
    assert_true(g->confidence[barred] == 0);
    assert_true(g->confidence[skuai_causal_at(g, 1, 1, 1)] > 0.99); /* a strong one always stands */
    size_t weak = 0;
    for (size_t c = 0; c < CELLS; c++)
        weak += g->confidence[c] > 0 && g->confidence[c] < 1;
    assert_true(weak > 3);
    skuai_causal_graph_free(g);
    o = as_golden();
    o.fdr = true;
    assert_ok(skuai_pcmci_run(series, N, T, names, &o, NULL, &g, &err), &err);
    size_t links = 0, plain = 0;
    for (size_t c = 0; c < CELLS; c++) {
        links += g->link[c];
        plain += p[c] <= 0.05;
        assert_true(g->p[c] >= p[c] - 1e-6 || c % (LAGS + 1) == 0);
    }
    assert_true(links < plain);
    skuai_causal_graph_free(g);
    o.conditions = 1;
    assert_ok(skuai_pcmci_run(series, N, T, names, &o, NULL, &g, &err), &err);
    skuai_causal_graph_free(g);
}

static void what_cannot_be_known(void **state) {
    (void)state;
    skua_error err;
    skuai_causal_graph *g = NULL;
    skuai_pcmci_options o = as_golden();
    static double flat[T], twin[T];
    for (size_t t = 0; t < T; t++)
        flat[t] = 7, twin[t] = 3 * data[0][t] - 1;
    const double *two[] = {data[0], flat};
    assert_int_equal(skuai_pcmci_run(two, 2, T, names, &o, NULL, &g, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "ads never moves"));
    assert_int_equal(skuai_pcmci_run(series, N, 10, names, &o, NULL, &g, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "too few"));
    assert_int_equal(skuai_pcmci_run(series, 5000, T, names, &o, NULL, &g, &err), SKUA_ELIMIT);
    /* A copy of a series: neither is told to drive what the other already explains. */
    const double *copies[] = {data[0], twin, data[1]};
    assert_ok(skuai_pcmci_run(copies, 3, T, names, &o, NULL, &g, &err), &err);
    for (size_t c = 0; c < 9 * (LAGS + 1); c++)
        assert_true(isfinite(g->p[c]) && isfinite(g->value[c]));
    skuai_causal_graph_free(g);
}

static void pictures(void **state) {
    (void)state;
    skua_error err;
    skuai_causal_graph *g = NULL;
    skuai_pcmci_options o = as_golden();
    skuai_buffer b;
    assert_ok(skuai_pcmci_run(series, N, T, names, &o, NULL, &g, &err), &err);
    skuai_buffer_init(&b, SIZE_MAX);
    skuai_causal_graph_json(g, &b);
    skuai_json *json = NULL;
    assert_ok(skuai_json_parse(b.data, b.size, &json, &err), &err);
    assert_true(skuai_json_size(skuai_json_get(json, "links")) >= 8);
    skuai_json_free(json);
    skuai_buffer_reset(&b);
    skuai_causal_graph_dot(g, &b);
    assert_non_null(strstr(skuai_buffer_view(&b), "\"ads\" -> \"price\" [label=\"1\""));
    assert_non_null(strstr(skuai_buffer_view(&b), "\\\"sales\\\""));
    skuai_buffer_reset(&b);
    skuai_causal_graph_svg(g, &b);
    assert_non_null(strstr(skuai_buffer_view(&b), "&amp; &lt;stock&gt;"));
    assert_non_null(strstr(skuai_buffer_view(&b), "</svg>"));
    skuai_buffer_clear(&b);
    skuai_causal_graph_free(g);
}

/* -- The spline test --------------------------------------------------------------------------- */

enum { LONG = 400 };

/* y follows the square of x a period before, or nothing of it. */
static void draw_square(uint64_t seed, double strength, double *x, double *y) {
    skuai_random random;
    skuai_random_init(&random, seed);
    for (size_t t = 0; t < LONG; t++) {
        x[t] = skuai_random_normal(&random);
        y[t] = 5 + 2 * skuai_random_normal(&random);
        if (t > 0) y[t] += strength * x[t - 1] * x[t - 1];
    }
}

static double cubed(double x) {
    return x > 0 ? x * x * x : 0;
}

/* Residual sum of squares of y on 1 and, with `knots`, x and natural cubics between them, as
 * Hastie, Tibshirani & Friedman write them (equations 5.4, 5.5). */
static double left_over(const double *x, const double *y, size_t n, const double *knots) {
    enum { C = 5, K = 5 };
    static double a[LONG * C], b[LONG];
    size_t columns = knots ? C : 1;
    for (size_t i = 0; i < n; i++) {
        double d[K - 1], *row = a + i * columns;
        b[i] = y[i];
        row[0] = 1;
        for (size_t k = 0; k < K - 1 && knots; k++)
            d[k] =
                (cubed(x[i] - knots[k]) - cubed(x[i] - knots[K - 1])) / (knots[K - 1] - knots[k]);
        for (size_t k = 1; k < columns; k++)
            row[k] = k == 1 ? x[i] : d[k - 2] - d[K - 2];
    }
    static double work[SKUAI_LEAST_SQUARES_SCRATCH(LONG, C)];
    double coefficients[C], sum = 0;
    static double copy[LONG * C];
    memcpy(copy, a, n * columns * sizeof *a);
    skuai_least_squares_fit fit;
    skua_error err;
    assert_ok(skuai_least_squares(copy, b, n, columns, 1e-12, coefficients, NULL, work, &fit, &err),
              &err);
    for (size_t i = 0; i < n; i++) {
        double rest = y[i];
        for (size_t k = 0; k < columns; k++)
            rest -= coefficients[k] * a[i * columns + k];
        sum += rest * rest;
    }
    return sum;
}

static void splines_see_curves(void **state) {
    (void)state;
    static double x[LONG], y[LONG], sorted[LONG];
    const double *both[] = {x, y};
    skua_error err;
    skuai_causal_graph *g = NULL;
    skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
    o.lags = 1;
    o.alpha = 1e-4;
    o.selection_alpha = 1e-9; /* the square alone is a parent: the link is tested given nothing */
    draw_square(1, 1.2, x, y);
    assert_ok(skuai_pcmci_run(both, 2, LONG, NULL, &o, NULL, &g, &err), &err);
    assert_false(g->link[skuai_causal_at(g, 0, 1, 1)]); /* no line shows it */
    skuai_causal_graph_free(g);
    o.test = SKUAI_PCMCI_SPLINE;
    assert_ok(skuai_pcmci_run(both, 2, LONG, NULL, &o, NULL, &g, &err), &err);
    size_t at = skuai_causal_at(g, 0, 1, 1), n = LONG - 2;
    assert_true(g->link[at]);
    assert_false(g->link[skuai_causal_at(g, 1, 0, 1)]);
    /* the same F test by least squares; any basis of these curves gives it */
    static const double places[] = {0.05, 0.275, 0.5, 0.725, 0.95};
    double knots[5];
    memcpy(sorted, x, sizeof x);
    skuai_sort(sorted, LONG);
    for (size_t k = 0; k < 5; k++)
        knots[k] = skuai_quantile_sorted(sorted, LONG, places[k]);
    double without = left_over(x + 1, y + 2, n, NULL), with = left_over(x + 1, y + 2, n, knots);
    double df = (double)n - 5, f = (without - with) / 4 / (with / df);
    assert_close(fabs(g->value[at]), sqrt(1 - with / without), 1e-6, 0);
    assert_close(g->p[at], 1 - skuai_fisher_cdf(f, 4, df), 1e-3, 1e-12);
    skuai_causal_graph_free(g);
}

/* At the 5 % level one in twenty links that are not there is told. */
static void splines_keep_their_level(void **state) {
    (void)state;
    static double x[LONG], y[LONG];
    const double *both[] = {x, y};
    skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
    o.lags = 1;
    o.test = SKUAI_PCMCI_SPLINE;
    size_t told = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        skua_error err;
        skuai_causal_graph *g = NULL;
        draw_square(seed, 0, x, y);
        assert_ok(skuai_pcmci_run(both, 2, LONG, NULL, &o, NULL, &g, &err), &err);
        told += g->link[skuai_causal_at(g, 0, 1, 1)];
        skuai_causal_graph_free(g);
    }
    assert_in_range(told, 8, 36); /* 20, deviation 4.4 */
}

/* Two values, a copy, thousands of series: numbers or a sentence. */
static void splines_on_what_is_poor(void **state) {
    (void)state;
    static double x[LONG], y[LONG], twin[LONG];
    const double *three[] = {x, y, twin};
    skua_error err;
    skuai_causal_graph *g = NULL;
    skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
    o.test = SKUAI_PCMCI_SPLINE;
    draw_square(3, 1, x, y);
    for (size_t t = 0; t < LONG; t++) {
        x[t] = x[t] > 1;
        twin[t] = 3 * y[t];
    }
    assert_ok(skuai_pcmci_run(three, 3, LONG, NULL, &o, NULL, &g, &err), &err);
    for (size_t c = 0; c < 9 * (o.lags + 1); c++)
        assert_true(isfinite(g->p[c]) && isfinite(g->value[c]));
    skuai_causal_graph_free(g);
    assert_int_equal(skuai_pcmci_run(series, 300, T, NULL, &o, NULL, &g, &err), SKUA_ELIMIT);
    assert_non_null(strstr(err.message, "take the 214 that matter most"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_tigramite),
        cmocka_unit_test(false_discoveries),
        cmocka_unit_test(options_matter),
        cmocka_unit_test(what_cannot_be_known),
        cmocka_unit_test(pictures),
        cmocka_unit_test(splines_see_curves),
        cmocka_unit_test(splines_keep_their_level),
        cmocka_unit_test(splines_on_what_is_poor),
    };
    return cmocka_run_group_tests(tests, read_golden, NULL);
}
