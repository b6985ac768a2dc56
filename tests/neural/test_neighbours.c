/* Neighbours: who they are, that they show nothing of the future, that layers for them change
 * nothing before they are trained, and that a channel that runs ahead makes the forecast better. */
#include "support/support.h"

#include "core/random.h"
#include "forecast/metrics.h"
#include "neural/neighbours.h"
#include "neural/neural.h"

#include <math.h>
#include <string.h>

static const double levels[] = {0.1, 0.5, 0.9};

enum { ITEMS = 3, CHANNELS = 3, LENGTH = 40, AHEAD = 8 };

/* Items A, B, C in channels x, y, z; series i * 3 + c. Units differ by channel: y sells most of A.
 * A and B are substitutes, A and C complements, the surer tie. `longest`: A in x is shorter. */
static skuai_panel *make_panel(size_t length_of_first) {
    static const char *const items[] = {"A", "B", "C"}, *const channels[] = {"x", "y", "z"};
    static const double size[] = {5, 20, 10};
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    assert_ok(skuai_panel_builder_dynamic(b, "price", SKUAI_KNOWN_AHEAD, &err), &err);
    const char *item[9], *channel[9];
    for (size_t s = 0; s < 9; s++) {
        double y[LENGTH];
        float price[LENGTH + AHEAD];
        item[s] = items[s / 3], channel[s] = channels[s % 3];
        for (size_t t = 0; t < LENGTH; t++)
            y[t] = size[s % 3] + (double)((t * (3 + s) + s) % 7);
        for (size_t t = 0; t < LENGTH + AHEAD; t++)
            price[t] = 2 + (float)((t + s) % 3);
        char name[] = {item[s][0], '/', channel[s][0], 0};
        size_t n = s == 0 ? length_of_first : LENGTH, skip = LENGTH - n;
        const float *dynamic[] = {price + skip};
        assert_ok(skuai_panel_builder_series(b, name, (int64_t)(18000 + skip), n, AHEAD, y + skip,
                                             NULL, dynamic, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_category(b, "item", item, &err), &err);
    assert_ok(skuai_panel_builder_category(b, "channel", channel, &err), &err);
    const skuai_named_tie ties[] = {{"A", "B", SKUAI_LINK_SUBSTITUTE, 2},
                                    {"C", "A", SKUAI_LINK_COMPLEMENT, 3},
                                    {"A", "unknown", SKUAI_LINK_COMPLEMENT, 9}};
    assert_ok(skuai_panel_builder_ties(b, ties, 3, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

/* -- Who -------------------------------------------------------------------------------------- */

static void check_who(const skuai_panel *panel, size_t s, size_t most, const char *const *names,
                      const skuai_relation *relations, size_t n) {
    skua_error err;
    skuai_neighbours found;
    assert_ok(skuai_neighbours_init(&found, panel, most, &err), &err);
    assert_int_equal(found.first[s + 1] - found.first[s], n);
    for (size_t k = 0; k < n; k++) {
        const skuai_neighbour *x = &found.items[found.first[s] + k];
        assert_string_equal(skuai_panel_name(x->panel, x->series), names[k]);
        assert_int_equal(x->relation, relations[k]);
    }
    skuai_neighbours_clear(&found);
}

static bool not_item(void *user, const char *name, bool vectors) {
    (void)user, (void)vectors;
    return strcmp(name, "item") != 0;
}

static void test_who(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = make_panel(LENGTH), *part, *nameless, *longer;
    const char *const all[] = {"A/y", "A/z", "C/x", "B/x"};
    const skuai_relation kinds[] = {SKUAI_RELATION_CHANNEL, SKUAI_RELATION_CHANNEL,
                                    SKUAI_RELATION_COMPLEMENT, SKUAI_RELATION_SUBSTITUTE};
    check_who(panel, 0, 4, all, kinds, 4);
    check_who(panel, 0, 1, (const char *const[]){"A/y", "C/x"},
              (const skuai_relation[]){kinds[0], kinds[2]}, 2);
    check_who(panel, 4, 4, (const char *const[]){"B/z", "B/x", "A/y"},
              (const skuai_relation[]){kinds[0], kinds[0], kinds[3]}, 3);
    check_who(panel, 0, 0, NULL, NULL, 0);
    /* a part of the panel finds them in the panel around it, copied rows or not */
    const size_t one[] = {0}, two[] = {0, 5};
    assert_ok(skuai_panel_subset(panel, one, 1, &part, &err), &err);
    check_who(part, 0, 4, all, kinds, 4);
    skuai_panel_free(part);
    assert_ok(skuai_panel_extract(panel, two, 2, &part, &err), &err);
    check_who(part, 0, 4, all, kinds, 4);
    skuai_panel_free(part);
    assert_ok(skuai_panel_shard(panel, 0, 3, &part, &err), &err);
    check_who(part, 0, 4, all, kinds, 4);
    skuai_panel_free(part);
    assert_ok(skuai_panel_keep(panel, not_item, NULL, &nameless, &err), &err);
    check_who(nameless, 0, 4, NULL, NULL, 0);
    double more[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    assert_ok(skuai_panel_append(panel, 1, more, &longer, &err), &err);
    check_who(longer, 0, 4, all, kinds, 4);
    skuai_panel_free(longer), skuai_panel_free(nameless), skuai_panel_free(panel);
}

/* -- What a window shows ---------------------------------------------------------------------- */

static skuai_demand *reading_net(bool zero) {
    skua_error err;
    const skuai_demand_config c = {
        .window = {.patch = 4, .context = 8}, .width = 16, .heads = 2, .layers = 1, .hidden = 32};
    skuai_demand *net, *wide;
    assert_ok(skuai_demand_new(&c, 3, &net, &err), &err);
    assert_ok(skuai_demand_with_neighbours(net, 4, 5, &wide, &err), &err);
    skuai_random random;
    skuai_random_init(&random, 9);
    for (size_t r = 0; r < SKUAI_RELATIONS && !zero; r++) {
        skuai_real *w = skuai_nn_parameters_value(wide->parameters, wide->graph.out[r].weight);
        for (size_t k = 0; k < 256; k++)
            w[k] = (skuai_real)(0.3 * skuai_random_normal(&random));
    }
    skuai_demand_free(net);
    return wide;
}

static skuai_forecast *forecast(const skuai_demand *net, const skuai_panel *panel) {
    skua_error err;
    skuai_forecast *f;
    const skuai_request request = {6, levels, 3, 1};
    assert_ok(skuai_neural_predict(net, "net", panel, &request, NULL, &f, &err), &err);
    return f;
}

/* The panel with other units in the rows t of series s for which from <= t < until. */
static skuai_panel *changed(const skuai_panel *panel, size_t s, size_t from, size_t until) {
    skua_error err;
    skuai_panel *made;
    double *y = skuai_new(panel->n_rows, sizeof *y);
    memcpy(y, panel->target, panel->n_rows * sizeof *y);
    for (size_t t = from; t < until; t++)
        y[panel->row[s] + t] = 500 + (double)(t % 3);
    assert_ok(skuai_panel_with(panel, SKUAI_PANEL_TARGET, y, &made, &err), &err);
    skuai_free(y);
    return made;
}

static double gap(const skuai_forecast *a, const skuai_forecast *b, size_t s) {
    double sum = 0;
    for (size_t h = 0; h < 6; h++) {
        assert_true(isfinite(*skuai_forecast_mean(a, s, h)));
        sum += fabs(*skuai_forecast_mean(a, s, h) - *skuai_forecast_mean(b, s, h));
    }
    return sum;
}

/* What came behind the origin moves nothing, what came before it does; of no neighbour. */
static void test_no_future(void **state) {
    (void)state;
    skua_error err;
    skuai_demand *net = reading_net(false);
    skuai_panel *panel = make_panel(LENGTH), *cut, *after, *before, *far, *part, *part_after;
    assert_ok(skuai_panel_cut(panel, 10, &cut, &err), &err);
    skuai_panel *later = changed(panel, 1, LENGTH - 10, LENGTH);
    skuai_panel *earlier = changed(panel, 1, LENGTH - 20, LENGTH - 10);
    assert_ok(skuai_panel_cut(later, 10, &after, &err), &err);
    assert_ok(skuai_panel_cut(earlier, 10, &before, &err), &err);
    skuai_forecast *f = forecast(net, cut), *g = forecast(net, after), *h = forecast(net, before);
    assert_true(gap(f, g, 0) == 0 && gap(f, h, 0) > 1e-3);
    assert_true(gap(f, h, 3) == 0); /* B in x: A in y is none of its neighbours */
    skuai_forecast_free(g), skuai_forecast_free(h);
    /* the same of one series alone, in a view that was cut off before or after */
    const size_t one[] = {0};
    assert_ok(skuai_panel_subset(cut, one, 1, &part, &err), &err);
    g = forecast(net, part);
    assert_true(gap(f, g, 0) < 1e-4);
    skuai_panel_free(part);
    assert_ok(skuai_panel_subset(panel, one, 1, &far, &err), &err);
    assert_ok(skuai_panel_cut(far, 10, &part, &err), &err);
    skuai_panel_free(far);
    assert_ok(skuai_panel_subset(later, one, 1, &far, &err), &err);
    assert_ok(skuai_panel_cut(far, 10, &part_after, &err), &err);
    h = forecast(net, part);
    skuai_forecast *i = forecast(net, part_after);
    assert_true(gap(g, h, 0) == 0 && gap(h, i, 0) == 0);
    skuai_forecast_free(f), skuai_forecast_free(g), skuai_forecast_free(h);
    skuai_forecast_free(i);
    skuai_panel_free(part), skuai_panel_free(part_after), skuai_panel_free(far);
    skuai_panel_free(cut), skuai_panel_free(after), skuai_panel_free(before);
    skuai_panel_free(later), skuai_panel_free(earlier), skuai_panel_free(panel);
    skuai_demand_free(net);
}

/* A neighbour that ended early, or reports late, and one of a short history: forecasts are finite
 * and do not depend on what stands beside a series in a batch. */
static void test_ragged(void **state) {
    (void)state;
    skua_error err;
    skuai_demand *net = reading_net(false);
    const size_t lengths[] = {0, 1, 6, LENGTH};
    for (size_t k = 0; k < 4; k++) {
        skuai_panel *panel = make_panel(lengths[k]), *part;
        skuai_forecast *f = forecast(net, panel);
        for (size_t s = 0; s < 9; s++) {
            if (panel->length[s] == 0) continue; /* its level is that of the others */
            assert_ok(skuai_panel_subset(panel, &s, 1, &part, &err), &err);
            skuai_forecast *g = forecast(net, part);
            for (size_t h = 0; h < 6; h++)
                assert_close(*skuai_forecast_mean(g, 0, h), *skuai_forecast_mean(f, s, h), 1e-4,
                             1e-4);
            skuai_forecast_free(g);
            skuai_panel_free(part);
        }
        /* the others' histories tell of the one that has next to none */
        skuai_panel *other = changed(panel, 1, LENGTH - 20, LENGTH);
        skuai_forecast *g = forecast(net, other);
        /* (one point has a scale of a hundredth of itself, so all that is said of it is small) */
        assert_true(gap(f, g, 0) > (lengths[k] == 1 ? 1e-5 : 1e-3));
        skuai_forecast_free(f), skuai_forecast_free(g);
        skuai_panel_free(panel), skuai_panel_free(other);
    }
    skuai_demand_free(net);
}

/* New layers say nothing: the same numbers, bit for bit; saved and loaded they are there. */
static void test_zero(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = make_panel(LENGTH);
    skuai_demand *wide = reading_net(true), *spoken = reading_net(false), *bare, *loaded;
    skuai_demand_config c = wide->config;
    c.window.neighbours = 0;
    assert_ok(skuai_demand_new(&c, 3, &bare, &err), &err);
    skuai_forecast *f = forecast(bare, panel), *g = forecast(wide, panel);
    assert_memory_equal(f->mean, g->mean, 9 * 6 * sizeof *f->mean);
    skuai_forecast_free(g);
    char folder[256], path[300];
    test_folder_new(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/net.safetensors", folder);
    assert_ok(skuai_demand_save(spoken, path, &err), &err);
    assert_ok(skuai_demand_load(path, &loaded, &err), &err);
    assert_int_equal(loaded->config.window.neighbours, 4);
    g = forecast(spoken, panel);
    skuai_forecast *h = forecast(loaded, panel);
    assert_memory_equal(g->mean, h->mean, 9 * 6 * sizeof *g->mean);
    assert_true(gap(f, g, 0) > 1e-3);
    test_folder_remove(folder);
    skuai_forecast_free(f), skuai_forecast_free(g), skuai_forecast_free(h);
    skuai_demand_free(wide), skuai_demand_free(spoken), skuai_demand_free(bare);
    skuai_demand_free(loaded), skuai_panel_free(panel);
}

/* -- Learning --------------------------------------------------------------------------------- */

enum { LEADERS = 6, LONG = 160, LEAD = 3 };

/* Items whose demand nobody can foresee, in two channels of which one shows it LEAD days before the
 * other: or two items of one channel, tied, of which one does. */
static skuai_panel *leading_panel(bool tied) {
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    static char item_names[2 * LEADERS][8];
    const char *item[2 * LEADERS], *channel[2 * LEADERS];
    skuai_named_tie ties[LEADERS];
    for (size_t s = 0; s < 2 * LEADERS; s++) {
        size_t i = s / 2;
        skuai_random random, noise;
        skuai_random_split(&random, 77, i);
        skuai_random_split(&noise, 78, s);
        double y[LONG], z = 0, past[LONG + LEAD];
        for (size_t t = 0; t < LONG + LEAD; t++) {
            z = 0.6 * z + skuai_random_normal(&random);
            past[t] = z;
        }
        for (size_t t = 0; t < LONG; t++) {
            double level = past[s % 2 ? t : t + LEAD] + 0.1 * skuai_random_normal(&noise);
            y[t] = 50 + 10 * level;
        }
        snprintf(item_names[s], sizeof item_names[s], "i%zu", tied ? s : i);
        item[s] = item_names[s];
        channel[s] = !tied && s % 2 ? "behind" : "ahead";
        char name[32];
        snprintf(name, sizeof name, "%s/%s", item[s], channel[s]);
        assert_ok(skuai_panel_builder_series(b, name, 18000, LONG, 0, y, NULL, NULL, &err), &err);
    }
    for (size_t i = 0; i < LEADERS; i++)
        ties[i] = (skuai_named_tie){item[2 * i], item[2 * i + 1], SKUAI_LINK_SUBSTITUTE, 1};
    assert_ok(skuai_panel_builder_category(b, "item", item, &err), &err);
    assert_ok(skuai_panel_builder_category(b, "channel", channel, &err), &err);
    if (tied) assert_ok(skuai_panel_builder_ties(b, ties, LEADERS, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

/* Absolute error of the medians of the followers over LEAD days behind several origins. */
static double error_of(const char *net, const skuai_panel *panel, const char *neighbours) {
    const skuai_forecaster *f = skuai_neural_find(net);
    const skuai_parameter items[] = {{"steps", strcmp(net, "gru") == 0 ? "3000" : "500"},
                                     {"width", "32"},
                                     {"heads", "2"},
                                     {"layers", "1"},
                                     {"patch", "4"},
                                     {"context", "4"},
                                     {"horizon", "4"},
                                     {"batch", "16"},
                                     {"validate", "0"},
                                     {"rate", "0.003"},
                                     {"mask", "0"},
                                     {"drop", "0"},
                                     {"scaling", "0.0"},
                                     {"neighbours", neighbours}};
    skua_error err;
    skuai_panel *history, *view;
    skuai_model *model;
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    assert_ok(skuai_panel_cut(panel, 30, &history, &err), &err);
    assert_ok(f->fit(f, history, &(skuai_parameters){items, sizeof items / sizeof *items}, &context,
                     &model, &err),
              &err);
    double sum = 0;
    for (size_t origin = LEAD; origin <= 30; origin += LEAD) {
        skuai_forecast *made;
        const skuai_request request = {LEAD, levels, 3, 1};
        assert_ok(skuai_panel_cut(panel, origin, &view, &err), &err);
        assert_ok(f->predict(model, view, &request, NULL, &made, &err), &err);
        for (size_t s = 1; s < view->n_series; s += 2)
            for (size_t h = 0; h < LEAD; h++)
                sum +=
                    fabs(skuai_forecast_quantiles(made, s, h)[1] - skuai_panel_actual(view, s, h));
        skuai_forecast_free(made);
        skuai_panel_free(view);
    }
    f->free(model);
    skuai_panel_free(history);
    return sum;
}

/* Both nets read neighbours. */
static void test_leader(void **state) {
    (void)state;
    static const char *const nets[] = {"transformer", "gru"};
    for (int k = 0; k < 4; k++) {
        skuai_panel *panel = leading_panel(k / 2);
        double with = error_of(nets[k % 2], panel, "2"),
               without = error_of(nets[k % 2], panel, "0");
        print_message("%s: error with neighbours %.0f, without %.0f\n", nets[k % 2], with, without);
        assert_true(with < 0.7 * without);
        skuai_panel_free(panel);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who), cmocka_unit_test(test_no_future),
                                       cmocka_unit_test(test_ragged), cmocka_unit_test(test_zero),
                                       cmocka_unit_test(test_leader)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
