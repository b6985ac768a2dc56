/* PCMCI beside tigramite's values (tests/golden/pcmci), on a process whose links are known, and
 * where nothing can be known. */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cause/pcmci.h"
#include "core/json.h"
#include "core/random.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_tigramite), cmocka_unit_test(false_discoveries),
        cmocka_unit_test(options_matter),     cmocka_unit_test(what_cannot_be_known),
        cmocka_unit_test(pictures),
    };
    return cmocka_run_group_tests(tests, read_golden, NULL);
}
