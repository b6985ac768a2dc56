/* The nets' gradients: integrated along the way they give the difference of two forecasts, by the
 * input that moved. */
#include "support/support.h"

#include "core/random.h"
#include "neural/neural.h"

#include <math.h>
#include <string.h>

enum { ITEMS = 2, CHANNELS = 2, SERIES = ITEMS * CHANNELS, T = 60, AHEAD = 12, H = 10, K = 3 };

static const double levels[] = {0.1, 0.5, 0.9};
static const skuai_request request = {H, levels, 3, 1};

/* Two items that are tied, in two channels: counts with zeros, price, promotion, and a covariate
 * "flat" that no one moves. */
static skuai_panel *make_panel(void) {
    static const char *const item[] = {"A", "A", "B", "B"}, *const channel[] = {"x", "y", "x", "y"};
    static const char *const names[] = {"price", "promotion", "flat"};
    skua_error err;
    skuai_random random;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    skuai_random_split(&random, 5, 0);
    for (size_t k = 0; k < K; k++)
        assert_ok(skuai_panel_builder_dynamic(b, names[k], SKUAI_KNOWN_AHEAD, &err), &err);
    for (size_t s = 0; s < SERIES; s++) {
        double y[T];
        float x[K][T + AHEAD];
        for (size_t t = 0; t < T + AHEAD; t++) {
            x[0][t] = 2 + (float)((t + s) % 5 == 0);
            x[1][t] = (t + s) % 9 < 2 ? 1 : 0;
            x[2][t] = (float)(t % 4);
        }
        for (size_t t = 0; t < T; t++)
            y[t] = floor(6 * skuai_random_uniform(&random) * skuai_random_uniform(&random) +
                         3 * (double)x[1][t]);
        char name[] = {item[s][0], '/', channel[s][0], 0};
        const float *dynamic[] = {x[0], x[1], x[2]};
        assert_ok(skuai_panel_builder_series(b, name, 18000, T, AHEAD, y, NULL, dynamic, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(b, "item", item, &err), &err);
    assert_ok(skuai_panel_builder_category(b, "channel", channel, &err), &err);
    const skuai_named_tie tie = {"A", "B", SKUAI_LINK_SUBSTITUTE, 2};
    assert_ok(skuai_panel_builder_ties(b, &tie, 1, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

/* The panel with the price of series s over the horizon higher, its promotion on, and its last two
 * weeks of sales twice what they were. */
static skuai_panel *moved(const skuai_panel *panel, size_t s, bool price, bool promotion,
                          bool sales) {
    skua_error err;
    double *x = skuai_new(panel->n_rows, sizeof *x);
    skuai_panel *now = skuai_panel_share(panel), *next;
    for (size_t k = 0; k < 3; k++) {
        if (!(k == 0 ? price : k == 1 ? promotion : sales)) continue;
        for (size_t r = 0; r < panel->n_rows; r++)
            x[r] = k < 2 ? (double)panel->dynamic[k].values[r] : panel->target[r];
        size_t end = panel->row[s] + T;
        for (size_t h = 0; h < AHEAD && k < 2; h++)
            x[end + h] = k == 0 ? 3.5 : 1;
        for (size_t t = 1; t <= 14 && k == 2; t++)
            x[end - t] *= 2;
        assert_ok(skuai_panel_with(now, k < 2 ? k : SKUAI_PANEL_TARGET, x, &next, &err), &err);
        skuai_panel_free(now);
        now = next;
    }
    skuai_free(x);
    return now;
}

static double forecast(const skuai_demand *net, const skuai_panel *panel, size_t s) {
    skua_error err;
    skuai_forecast *f;
    double sum = 0;
    assert_ok(skuai_neural_predict(net, "net", panel, &request, NULL, &f, &err), &err);
    for (size_t h = 0; h < H; h++)
        sum += *skuai_forecast_mean(f, s, h);
    skuai_forecast_free(f);
    return sum;
}

/* Slopes integrated by the midpoint rule, [K + 1]. */
static void integrate(const skuai_demand *net, const skuai_panel *from, const skuai_panel *to,
                      size_t s, double *sum) {
    enum { PLACES = 256 }; /* the net has kinks */
    skua_error err;
    double at[PLACES], *slope = skuai_new((size_t)PLACES * (K + 1), sizeof *slope);
    for (size_t i = 0; i < PLACES; i++)
        at[i] = ((double)i + 0.5) / PLACES;
    assert_ok(skuai_neural_gradient(net, from, to, s, &request, at, PLACES, NULL, slope, &err),
              &err);
    memset(sum, 0, (K + 1) * sizeof *sum);
    for (size_t i = 0; i < PLACES; i++)
        for (size_t k = 0; k < (K + 1); k++)
            sum[k] += slope[i * (K + 1) + k] / PLACES;
    skuai_free(slope);
}

static void check(const skuai_demand *net, bool price, bool promotion, bool sales) {
    skuai_panel *from = make_panel();
    for (size_t s = 0; s < SERIES; s++) {
        skuai_panel *to = moved(from, s, price, promotion, sales);
        const bool moves[] = {price, promotion, false, sales};
        double sum[K + 1], all = 0, size = 0, said = forecast(net, to, s);
        double change = said - forecast(net, from, s);
        integrate(net, from, to, s, sum);
        for (size_t k = 0; k <= K; k++) {
            if (!moves[k]) assert_true(sum[k] == 0);
            all += sum[k];
            size += fabs(sum[k]);
        }
        if (!(size > 1e-3 && fabs(change - all) < 0.01 * size + 1e-5 * fabs(said)))
            fail_msg("series %zu: %g of %g", s, all, change);
        skuai_panel_free(to);
    }
    skuai_panel_free(from);
}

/* A trained net: its gradients are not those of its beginning. */
static skuai_demand *train(skuai_demand_kind kind, bool neighbours) {
    skua_error err;
    skuai_demand_config c = {.kind = kind,
                             .window = {.patch = 4, .context = 16},
                             .width = 16,
                             .heads = 2,
                             .layers = 2,
                             .hidden = 32};
    skuai_demand *net, *wide;
    assert_ok(skuai_demand_new(&c, 3, &net, &err), &err);
    if (neighbours) {
        assert_ok(skuai_demand_with_neighbours(net, 2, 4, &wide, &err), &err);
        skuai_demand_free(net);
        net = wide;
    }
    skuai_random random;
    skuai_random_split(&random, 9, 0);
    for (size_t i = 0; i < net->parameters->size; i++)
        net->parameters->value[i] += (float)(0.15 * skuai_random_normal(&random));
    return net;
}

static void test_sums(void **state) {
    (void)state;
    for (int kind = 0; kind < 2; kind++)
        for (int neighbours = 0; neighbours < 2; neighbours++) {
            skuai_demand *net = train((skuai_demand_kind)kind, neighbours);
            check(net, true, false, false);
            check(net, false, true, false);
            check(net, false, false, true);
            check(net, true, true, true);
            skuai_demand_free(net);
        }
}

/* Neither the number of threads nor which other places were asked for changes a slope; a series
 * without a sale has none. */
static void test_places(void **state) {
    (void)state;
    skua_error err;
    skuai_demand *net = train(SKUAI_DEMAND_TRANSFORMER, true);
    skuai_panel *from = make_panel(), *to = moved(from, 1, true, true, true);
    double one[(K + 1)], many[5 * (K + 1)];
    const double at[] = {0.1, 0.3, 0.7, 0.8, 1};
    const skuai_context context = {.seed = 1, .threads = 2};
    assert_ok(skuai_neural_gradient(net, from, to, 1, &request, at + 2, 1, NULL, one, &err), &err);
    assert_ok(skuai_neural_gradient(net, from, to, 1, &request, at, 5, &context, many, &err), &err);
    double most = 0;
    for (size_t i = 0; i < (K + 1); i++)
        most = fmax(most, fabs(one[i]));
    assert_true(most > 1e-3);
    for (size_t i = 0; i < (K + 1); i++)
        assert_close(many[2 * (K + 1) + i], one[i], 1e-4, 1e-5 * most);
    skuai_panel_free(to);
    double *x = skuai_new(from->n_rows, sizeof *x);
    for (size_t r = 0; r < from->n_rows; r++)
        x[r] = (double)NAN;
    assert_ok(skuai_panel_with(from, SKUAI_PANEL_TARGET, x, &to, &err), &err);
    assert_int_equal(skuai_neural_gradient(net, from, to, 1, &request, at, 1, NULL, one, &err),
                     SKUA_ENOTFOUND);
    skuai_free(x);
    skuai_panel_free(from), skuai_panel_free(to);
    skuai_demand_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sums), cmocka_unit_test(test_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
