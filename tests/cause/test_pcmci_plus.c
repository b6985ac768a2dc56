/* PCMCI+ beside tigramite's graphs (tests/golden/pcmci_plus), what a user rules out, and the
 * pictures of directions. */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cause/pcmci.h"
#include "core/random.h"

enum { T = 400, MOST = 8, LAGS = 3 };

static double data[MOST][T];
static const double *series[MOST] = {data[0], data[1], data[2], data[3],
                                     data[4], data[5], data[6], data[7]};

static size_t read_data(int number) {
    char path[512], name[64], line[512];
    size_t n = 0;
    (void)snprintf(name, sizeof name, "tests/golden/pcmci_plus/data_%d.csv", number);
    FILE *in = fopen(test_source(name, path, sizeof path), "r");
    assert_non_null(in);
    for (size_t t = 0; t < T; t++) {
        assert_non_null(fgets(line, sizeof line, in));
        n = 0;
        for (char *at = line; *at && *at != '\n' && n < MOST; n++) {
            data[n][t] = strtod(at, &at);
            if (*at == ',') at++;
        }
    }
    (void)fclose(in);
    return n;
}

static const char *mark_of(const skuai_causal_graph *g, size_t i, size_t j, size_t lag) {
    static const char *const marks[] = {"o-o", "-->", "<--", "x-x"};
    if (!g->link[skuai_causal_at(g, i, j, lag)]) return ".";
    return lag > 0 ? "-->" : marks[g->lag0[i * g->n + j]];
}

static void equal_to_tigramite(void **state) {
    (void)state;
    size_t directed = 0;
    for (int number = 0; number < 3; number++) {
        char path[512], name[64], line[256];
        skua_error err;
        skuai_causal_graph *g = NULL;
        skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
        size_t n = read_data(number), read = 0;
        o.lags = LAGS;
        o.alpha = 0.01;
        o.plus = true;
        assert_ok(skuai_pcmci_run(series, n, T, NULL, &o, NULL, &g, &err), &err);
        assert_string_equal(g->method, "pcmci+");
        (void)snprintf(name, sizeof name, "tests/golden/pcmci_plus/links_%d.csv", number);
        FILE *in = fopen(test_source(name, path, sizeof path), "r");
        assert_non_null(in);
        while (fgets(line, sizeof line, in)) {
            size_t i, j, lag;
            char mark[8];
            double value, p;
            assert_int_equal(
                sscanf(line, "%zu,%zu,%zu,%7[^,],%lf,%lf", &i, &j, &lag, mark, &value, &p), 6);
            read++;
            if (strcmp(mark_of(g, i, j, lag), mark) != 0)
                fail_msg("process %d: %zu -> %zu at %zu is %s, not %s", number, i, j, lag,
                         mark_of(g, i, j, lag), mark);
            if (strcmp(mark, ".") == 0) continue;
            assert_close(g->value[skuai_causal_at(g, i, j, lag)], value, 0, 1e-6);
            assert_close(g->p[skuai_causal_at(g, i, j, lag)], p, 0, 1e-6);
            directed += lag == 0 && strcmp(mark, "-->") == 0;
        }
        (void)fclose(in);
        assert_int_equal(read, n * n * (LAGS + 1));
        skuai_causal_graph_free(g);
    }
    assert_true(directed >= 5); /* the golden graphs do have directions */
}

/* x drives y within the period; without a third variable nothing tells which way, unless the user
 * does. */
static void what_is_ruled_out(void **state) {
    (void)state;
    skua_error err;
    skuai_causal_graph *g = NULL;
    skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
    skuai_random r;
    skuai_random_init(&r, 4);
    for (size_t t = 0; t < T; t++) {
        data[0][t] = skuai_random_normal(&r);
        data[1][t] = 0.7 * data[0][t] + skuai_random_normal(&r);
    }
    o.lags = 1;
    o.plus = true;
    o.alpha = 0.01;
    assert_ok(skuai_pcmci_run(series, 2, T, NULL, &o, NULL, &g, &err), &err);
    assert_string_equal(mark_of(g, 0, 1, 0), "o-o");
    skuai_causal_graph_free(g);
    bool forbidden[8] = {false};
    forbidden[(1 * 2 + 0) * 2 + 0] = true; /* y does not drive x within the period */
    o.forbidden = forbidden;
    o.bootstrap = 10;
    assert_ok(skuai_pcmci_run(series, 2, T, NULL, &o, NULL, &g, &err), &err);
    assert_string_equal(mark_of(g, 0, 1, 0), "-->");
    assert_string_equal(mark_of(g, 1, 0, 0), "<--");
    assert_true(g->confidence[skuai_causal_at(g, 0, 1, 0)] > 0.99);
    assert_true(g->confidence[skuai_causal_at(g, 1, 0, 1)] < 0.5);
    skuai_buffer text;
    skuai_buffer_init(&text, SIZE_MAX);
    skuai_causal_graph_json(g, &text);
    assert_non_null(strstr(skuai_buffer_view(&text), "\"directed\":true"));
    skuai_buffer_reset(&text);
    skuai_causal_graph_dot(g, &text);
    assert_null(strstr(skuai_buffer_view(&text), "dir=none"));
    skuai_buffer_clear(&text);
    skuai_causal_graph_free(g);
    forbidden[(0 * 2 + 1) * 2 + 0] = true; /* nor the other way: no link */
    assert_ok(skuai_pcmci_run(series, 2, T, NULL, &o, NULL, &g, &err), &err);
    assert_string_equal(mark_of(g, 0, 1, 0), ".");
    skuai_causal_graph_free(g);
    o.fdr = true;
    assert_int_equal(skuai_pcmci_run(series, 2, T, NULL, &o, NULL, &g, &err), SKUA_ECONFIG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_tigramite),
        cmocka_unit_test(what_is_ruled_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
