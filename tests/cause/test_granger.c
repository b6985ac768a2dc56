/* Granger causes of processes whose links are known; what cannot be known is said. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "cause/granger.h"
#include "core/random.h"

enum { N = 3, T = 400 };

static double data[N][T];
static const double *const series[N] = {data[0], data[1], data[2]};
static const char *const names[N] = {"price", "sales", "weather"};

/* price -> sales after 2, weather -> sales after 1, each with a memory of its own. */
static void draw(uint64_t seed, double effect) {
    skuai_random r;
    skuai_random_init(&r, seed);
    for (size_t t = 0; t < T; t++)
        for (size_t i = 0; i < N; i++) {
            double x = skuai_random_normal(&r);
            if (t >= 1) x += 0.4 * data[i][t - 1];
            if (t >= 2 && i == 1) x += effect * (data[2][t - 1] - data[0][t - 2]);
            data[i][t] = x;
        }
}

static void known_links_are_found(void **state) {
    (void)state;
    skua_error err;
    size_t wrong = 0, orders[8] = {0};
    enum { SEEDS = 40 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        skuai_granger_options o = SKUAI_GRANGER_OPTIONS_DEFAULT;
        skuai_causal_graph *g = NULL;
        o.lags = 5;
        draw(seed, 0.6);
        assert_ok(skuai_granger_run(series, N, T, names, &o, &g, &err), &err);
        orders[g->lags]++;
        assert_true(g->lags >= 2);
        assert_true(g->link[skuai_causal_at(g, 0, 1, 2)]);
        assert_true(g->link[skuai_causal_at(g, 2, 1, 1)]);
        assert_true(g->value[skuai_causal_at(g, 0, 1, 2)] < -0.2);
        assert_true(g->value[skuai_causal_at(g, 2, 1, 1)] > 0.2);
        static const size_t none[4][2] = {{1, 0}, {2, 0}, {0, 2}, {1, 2}};
        for (size_t k = 0; k < 4; k++)
            for (size_t lag = 1; lag <= g->lags; lag++)
                if (g->link[skuai_causal_at(g, none[k][0], none[k][1], lag)]) wrong++;
        assert_string_equal(g->method, "granger");
        skuai_causal_graph_free(g);
    }
    assert_true(10 * orders[2] > 9 * (size_t)SEEDS);
    assert_true(10 * wrong <= (size_t)SEEDS); /* of 160 pairs without a link, at a rate of .05 */
}

/* With one lag the F test of a pair is the square of its t test; at a fixed order nothing is
 * chosen; a forbidden link is in no equation. */
static void one_lag_is_a_t_test(void **state) {
    (void)state;
    skua_error err;
    skuai_granger_options o = {.lags = 1, .fixed = true, .alpha = 0.05};
    skuai_causal_graph *g = NULL;
    draw(7, 0.1);
    assert_ok(skuai_granger_run(series, 2, T, names, &o, &g, &err), &err);
    double mean[3] = {0}, a[4] = {0}, b[2] = {0}, square = 0;
    for (size_t t = 1; t < T; t++) {
        mean[0] += data[0][t - 1] / (T - 1);
        mean[1] += data[1][t - 1] / (T - 1);
        mean[2] += data[1][t] / (T - 1);
    }
    for (size_t t = 1; t < T; t++) {
        double x = data[0][t - 1] - mean[0], z = data[1][t - 1] - mean[1], y = data[1][t] - mean[2];
        a[0] += x * x, a[1] += x * z, a[3] += z * z;
        b[0] += x * y, b[1] += z * y;
    }
    double det = a[0] * a[3] - a[1] * a[1];
    double beta[2] = {(a[3] * b[0] - a[1] * b[1]) / det, (a[0] * b[1] - a[1] * b[0]) / det};
    for (size_t t = 1; t < T; t++) {
        double e = data[1][t] - mean[2] - beta[0] * (data[0][t - 1] - mean[0]) -
                   beta[1] * (data[1][t - 1] - mean[1]);
        square += e * e;
    }
    double df = T - 1 - 3, stat = beta[0] / sqrt(square / df * a[3] / det);
    assert_close(g->value[skuai_causal_at(g, 0, 1, 1)], stat / sqrt(stat * stat + df), 0, 1e-7);
    skuai_causal_graph_free(g);

    bool no[2 * 2 * 2] = {false};
    no[(0 * 2 + 1) * 2 + 1] = true;
    o.forbidden = no;
    draw(7, 0.9);
    assert_ok(skuai_granger_run(series, 2, T, names, &o, &g, &err), &err);
    assert_false(g->link[skuai_causal_at(g, 0, 1, 1)]);
    assert_close(g->value[skuai_causal_at(g, 0, 1, 1)], 0, 0, 0);
    assert_close(g->p[skuai_causal_at(g, 0, 1, 1)], 1, 0, 0);
    skuai_causal_graph_free(g);
}

static void what_cannot_be_known_is_said(void **state) {
    (void)state;
    skua_error err;
    skuai_granger_options o = SKUAI_GRANGER_OPTIONS_DEFAULT;
    skuai_causal_graph *g = NULL;
    draw(1, 0.4);
    assert_int_equal(skuai_granger_run(series, N, 20, names, &o, &g, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "too few"));
    for (size_t t = 0; t < T; t++)
        data[0][t] = 3;
    assert_int_equal(skuai_granger_run(series, N, T, names, &o, &g, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "price never moves"));
    draw(1, 0.4);
    for (size_t t = 0; t < T; t++) /* collinear: says what weather says */
        data[0][t] = 2 * data[2][t];
    skua_status status = skuai_granger_run(series, N, T, names, &o, &g, &err);
    if (status == SKUA_OK) { /* then neither is told from the other */
        assert_false(g->link[skuai_causal_at(g, 0, 1, 1)] && g->link[skuai_causal_at(g, 2, 1, 1)]);
        skuai_causal_graph_free(g);
    } else {
        assert_true(status == SKUA_EDATA || status == SKUA_ESINGULAR);
    }
    for (size_t t = 0; t < T; t += 3) /* gaps everywhere */
        data[1][t] = NAN;
    assert_int_equal(skuai_granger_run(series, N, T, names, &o, &g, &err), SKUA_EDATA);
    o.lags = 0;
    assert_int_equal(skuai_granger_run(series, N, T, names, &o, &g, &err), SKUA_ECONFIG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_links_are_found),
        cmocka_unit_test(one_lag_is_a_t_test),
        cmocka_unit_test(what_cannot_be_known_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
