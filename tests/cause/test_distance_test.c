/* The distance test: its value by the definition, its level, and dependences that no line shows. */
#include "support/support.h"

#include <math.h>

#include "cause/distance_test.h"
#include "cause/pcmci.h"
#include "core/random.h"

enum { N = 150, SMALL = 12 };

/* Matrices of distances, U-centred, as Szekely & Rizzo 2014 write it. */
static double by_definition(const double *x, const double *y, size_t n) {
    double a[SMALL][SMALL], b[SMALL][SMALL], sum[3] = {0};
    const double *v[2] = {x, y};
    for (int k = 0; k < 2; k++) {
        double(*m)[SMALL] = k ? b : a, row[SMALL] = {0}, all = 0, d[SMALL][SMALL];
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                d[i][j] = fabs(v[k][i] - v[k][j]);
                row[i] += d[i][j];
                all += d[i][j];
            }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                m[i][j] = i == j ? 0
                                 : d[i][j] - row[i] / ((double)n - 2) - row[j] / ((double)n - 2) +
                                       all / (((double)n - 1) * ((double)n - 2));
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            sum[0] += a[i][j] * b[i][j];
            sum[1] += a[i][j] * a[i][j];
            sum[2] += b[i][j] * b[i][j];
        }
    return sum[0] / sqrt(sum[1] * sum[2]);
}

static void value_is_the_definition(void **state) {
    (void)state;
    skua_error err;
    skuai_distance_test *t = NULL;
    skuai_random r;
    double x[SMALL], y[SMALL];
    skuai_random_init(&r, 3);
    assert_ok(skuai_distance_test_new(SMALL, 2, &t, &err), &err);
    for (int k = 0; k < 5; k++) {
        for (size_t i = 0; i < SMALL; i++) {
            x[i] = skuai_random_normal(&r);
            y[i] = k * x[i] * x[i] + skuai_random_normal(&r);
        }
        assert_close(skuai_distance_correlation(t, x, y), by_definition(x, y, SMALL), 0, 1e-12);
    }
    assert_close(skuai_distance_correlation(t, x, x), 1, 0, 1e-12);
    skuai_distance_test_free(t);
}

/* 0: nothing common; 1: both rest on z along curves; 2: y rests on x by its square. */
static void draw(int kind, uint64_t seed, double *x, double *y, double *z) {
    skuai_random r;
    skuai_random_init(&r, seed);
    for (size_t i = 0; i < N; i++) {
        z[i] = skuai_random_normal(&r);
        x[i] = skuai_random_normal(&r) + (kind == 1 ? 2 * z[i] * z[i] : 0);
        y[i] = skuai_random_normal(&r) + (kind == 1 ? fabs(z[i]) * 2 : 0) +
               (kind == 2 ? x[i] * x[i] : 0);
    }
}

static double share_found(int kind, size_t conditions, size_t seeds) {
    static double x[N], y[N], z[N];
    const double *given[1] = {z};
    skua_error err;
    skuai_distance_test *t = NULL;
    size_t found = 0;
    assert_ok(skuai_distance_test_new(N, 2, &t, &err), &err);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        double p;
        draw(kind, seed, x, y, z);
        (void)skuai_distance_test_run(t, x, y, given, conditions, seed, &p);
        found += p <= 0.05;
    }
    skuai_distance_test_free(t);
    return (double)found / (double)seeds;
}

static void level_and_power(void **state) {
    (void)state;
    assert_true(share_found(0, 0, 200) <= 0.08);
    assert_true(share_found(0, 1, 200) <= 0.08);
    assert_true(share_found(1, 0, 40) > 0.9);   /* the common cause shows */
    assert_true(share_found(1, 1, 200) <= 0.1); /* and is gone when given */
    assert_true(share_found(2, 1, 40) > 0.95);
}

static void nothing_left_is_no_dependence(void **state) {
    (void)state;
    static double x[N], y[N], z[N];
    const double *given[1] = {z};
    skua_error err;
    skuai_distance_test *t = NULL;
    double p = 0;
    draw(0, 1, x, y, z);
    for (size_t i = 0; i < N; i++)
        x[i] = 5;
    assert_ok(skuai_distance_test_new(N, 2, &t, &err), &err);
    assert_true(isnan(skuai_distance_test_run(t, x, y, given, 1, 1, &p)));
    assert_close(p, 1, 0, 0);
    skuai_distance_test_free(t);
}

/* PCMCI with it finds a link along a parabola that partial correlation does not see. */
static void pcmci_sees_curves(void **state) {
    (void)state;
    enum { T = 300 };
    static double a[T], b[T];
    const double *series[2] = {a, b};
    static const char *const names[] = {"a", "b"};
    skua_error err;
    size_t seen[2] = {0, 0}, back = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        skuai_random r;
        skuai_random_init(&r, seed);
        for (size_t t = 0; t < T; t++) {
            a[t] = skuai_random_normal(&r) + (t ? 0.3 * a[t - 1] : 0);
            b[t] = skuai_random_normal(&r) + (t ? 0.3 * b[t - 1] : 0) +
                   (t > 1 ? 0.6 * (a[t - 2] * a[t - 2] - 1) : 0);
        }
        for (int test = 0; test < 2; test++) {
            skuai_pcmci_options o = SKUAI_PCMCI_OPTIONS_DEFAULT;
            skuai_causal_graph *g = NULL;
            o.test = test ? SKUAI_PCMCI_DISTANCE : SKUAI_PCMCI_CORRELATION;
            o.alpha = 0.01;
            assert_ok(skuai_pcmci_run(series, 2, T, names, &o, NULL, &g, &err), &err);
            seen[test] += g->link[skuai_causal_at(g, 0, 1, 2)];
            if (test) back += g->link[skuai_causal_at(g, 1, 0, 1)];
            skuai_causal_graph_free(g);
        }
    }
    assert_int_equal(seen[1], 6);
    assert_true(seen[0] < 4);
    assert_true(back <= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_is_the_definition),
        cmocka_unit_test(level_and_power),
        cmocka_unit_test(nothing_left_is_no_dependence),
        cmocka_unit_test(pcmci_sees_curves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
