/* Explanations of a forecaster whose law is written here, so that every contribution is known. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "explain/explain.h"

enum { T = 60, H = 5, SEASON = 4 };

/* Mean of the last 8 sales, less 3 a unit of price, plus 7 under a promotion; `cross`: times price.
 */
static double cross;

static skua_status predict(const skuai_model *model, const skuai_panel *panel,
                           const skuai_request *request, const skuai_context *context,
                           skuai_forecast **forecast, skua_error *err) {
    (void)model, (void)context;
    SKUA_TRY(skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels,
                                forecast, err));
    for (size_t s = 0; s < panel->n_series; s++) {
        const double *y = skuai_panel_target(panel, s);
        size_t n = panel->length[s], row = panel->row[s] + n;
        double level = 0;
        for (size_t t = n - 8; t < n; t++)
            level += y[t] / 8;
        for (size_t h = 0; h < request->horizon; h++) {
            double price = (double)panel->dynamic[0].values[row + h];
            double on = (double)panel->dynamic[1].values[row + h];
            double mean = level - 3 * price + 7 * on + cross * on * price;
            *skuai_forecast_mean(*forecast, s, h) = mean;
            for (size_t q = 0; q < request->n_levels; q++)
                skuai_forecast_quantiles(*forecast, s, h)[q] = mean + request->levels[q] - 0.5;
        }
    }
    return SKUA_OK;
}

static const skuai_forecaster known = {.name = "known", .predict = predict};

static skuai_panel *made(size_t length) {
    skua_error err;
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, SEASON);
    static const char *const names[] = {"price", "promotion", "holiday"};
    for (size_t k = 0; k < 3; k++)
        assert_ok(skuai_panel_builder_dynamic(b, names[k], SKUAI_KNOWN_AHEAD, &err), &err);
    for (size_t s = 0; s < 3; s++) {
        double y[T];
        float price[T + H], on[T + H], holiday[T + H];
        for (size_t t = 0; t < T + H; t++) {
            price[t] = t < length ? 10 : 8;
            on[t] = t >= length;
            holiday[t] = 0; /* never moves: no group */
            if (t < T) y[t] = 50 + (double)s + (t >= length - 16 ? 20 : 0);
        }
        const float *columns[] = {price, on, holiday};
        char name[8] = {'a', (char)('0' + s)};
        assert_ok(skuai_panel_builder_series(b, name, 0, length, H, y, NULL, columns, &err), &err);
    }
    skuai_panel *panel = NULL;
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

static const skuai_explain_options usual = {.horizon = H, .backgrounds = 3, .recent = 8, .seed = 1};

/* Price 8 in place of 10: +6; promotion: +7; the last 8 sales are those of 8 before: 0, of a window
 * of 16: +20. */
static void contributions_are_known(void **state) {
    (void)state;
    skua_error err;
    skuai_explanation *e = NULL;
    skuai_panel *panel = made(T);
    cross = 0;
    for (int wide = 0; wide < 2; wide++) {
        skuai_explain_options o = usual;
        o.recent = wide ? 15 : 8;
        assert_ok(skuai_explain(&known, NULL, panel, 1, &o, NULL, &e, &err), &err);
        assert_int_equal(e->n_groups, 3);
        for (size_t h = 0; h < H; h++) {
            assert_close(e->contribution[h], 6, 0, 1e-9);
            assert_close(e->contribution[H + h], 7, 0, 1e-9);
            assert_close(e->contribution[2 * H + h], wide ? 20 : 0, 0, 1e-9);
            assert_close(e->forecast[h], 71 - 24 + 7, 0, 1e-9);
            assert_close(e->base[h], (wide ? 51 : 71) - 30, 0, 1e-9);
        }
        assert_close(e->fidelity, 1, 0, 1e-12);
        assert_close(e->before[0], 71, 0, 0);
        skuai_explanation_free(e);
    }
    skuai_panel_free(panel);
}

/* An interaction is shared by those that make it, and lowers the fidelity of the sum. */
static void interactions_are_shared(void **state) {
    (void)state;
    skua_error err;
    skuai_explanation *e = NULL;
    skuai_panel *panel = made(T);
    cross = -1;
    assert_ok(skuai_explain(&known, NULL, panel, 0, &usual, NULL, &e, &err), &err);
    /* price alone +6, promotion alone 7 - 10, both 6 + 7 - 8: shared by halves */
    assert_close(e->contribution[0], (6 + (5 - (-3))) / 2.0, 0, 1e-9);
    assert_close(e->contribution[H], ((-3) + (5 - 6)) / 2.0, 0, 1e-9);
    assert_true(e->fidelity < 0.999 && e->fidelity > 0.5);
    skuai_explanation_free(e);
    cross = 0;
    skuai_panel_free(panel);
}

static void sentences(void **state) {
    (void)state;
    skua_error err;
    skuai_explanation *e = NULL;
    skuai_panel *panel = made(T);
    char text[512];
    assert_ok(skuai_explain(&known, NULL, panel, 0, &usual, NULL, &e, &err), &err);
    skuai_explain_sentence(e, false, text, sizeof text);
    assert_string_equal(text, "265 units are expected, 65 more than in ordinary times: 35 go with "
                              "the promotion, 30 go with the price.");
    assert_null(strstr(text, "because"));
    skuai_explain_sentence(e, true, text, sizeof text);
    assert_non_null(strstr(text, "促销"));
    assert_null(strstr(text, "因为"));
    skuai_explain_sentence(e, true, text, 10); /* cut, and terminated */
    assert_true(strlen(text) < 10);
    skuai_explanation_free(e);
    skuai_panel_free(panel);
}

static void what_if_moves(void **state) {
    (void)state;
    skua_error err;
    skuai_panel *panel = made(T);
    skuai_what_if plain, dear, off;
    skuai_explain_options o = usual;
    assert_ok(skuai_explain_what_if(&known, NULL, panel, 0, 0, 1, false, &o, NULL, &plain, &err),
              &err);
    assert_ok(skuai_explain_what_if(&known, NULL, panel, 0, 0, 1.5, false, &o, NULL, &dear, &err),
              &err);
    assert_ok(skuai_explain_what_if(&known, NULL, panel, 0, 1, 0, true, &o, NULL, &off, &err),
              &err);
    assert_close(plain.mean - dear.mean, 3 * 4 * H, 0, 1e-6);
    assert_close(plain.mean - off.mean, 7 * H, 0, 1e-6);
    assert_close(plain.high - plain.low, 0.8 * H, 0, 1e-9);
    assert_int_equal(
        skuai_explain_what_if(&known, NULL, panel, 0, 9, 0, true, &o, NULL, &off, &err),
        SKUA_EINVAL);
    skuai_panel_free(panel);
}

/* A model that speaks for itself: four inputs, two of one group. `off`: a member that cannot. */
static bool off;
static skua_status own_contributions(const skuai_model *model, const skuai_panel *panel, size_t s,
                                     const skuai_request *request, const skuai_context *context,
                                     skuai_contributions **out, skua_error *err) {
    static const char *const names[][2] = {{"lag_1", "recent sales"},
                                           {"at_price", "price"},
                                           {"lag_2", "recent sales"},
                                           {"cycle_1", "last year"}};
    (void)model, (void)panel, (void)s, (void)context;
    if (off) return skuai_error_set(err, SKUA_ENOTFOUND, "it cannot");
    SKUA_TRY(skuai_contributions_new(4, request->horizon, out, err));
    for (size_t h = 0; h < request->horizon; h++) {
        (*out)->base[h] = (*out)->forecast[h] = 100;
        for (size_t i = 0; i < 4; i++) {
            double x = (double)(i + 1) * (i == 1 ? -1 : 1);
            skuai_contributions_input(*out, names[i][0], names[i][1])[h] = x;
            (*out)->forecast[h] += x;
        }
    }
    return SKUA_OK;
}

static void a_model_that_speaks_is_asked(void **state) {
    (void)state;
    skua_error err;
    skuai_explanation *e = NULL;
    skuai_panel *panel = made(T), *young = made(18);
    skuai_forecaster speaking = known;
    char text[512];
    speaking.contributions = own_contributions;
    skuai_explain_options o = usual;
    off = false;
    assert_ok(skuai_explain(&speaking, NULL, young, 0, &o, NULL, &e, &err), &err);
    assert_int_equal(e->method, SKUAI_EXPLAIN_OWN);
    assert_int_equal(e->n_groups, 3);
    assert_string_equal(e->groups[0], "recent sales");
    assert_close(e->contribution[0], 1 + 3, 0, 1e-12);
    assert_close(e->contribution[H], -2, 0, 1e-12);
    assert_close(e->forecast[H - 1], 106, 0, 1e-12);
    assert_true(isnan(e->fidelity));
    skuai_explain_sentence(e, false, text, sizeof text);
    assert_non_null(strstr(text, "20 go with last year"));
    skuai_explanation_free(e);
    o.method = SKUAI_EXPLAIN_EXACT; /* asked for a game, it plays one */
    assert_ok(skuai_explain(&speaking, NULL, panel, 0, &o, NULL, &e, &err), &err);
    assert_int_equal(e->method, SKUAI_EXPLAIN_EXACT);
    assert_null(e->own);
    skuai_explanation_free(e);
    off = true; /* one of its members cannot: a game too, unless own was asked for */
    o.method = SKUAI_EXPLAIN_AUTO;
    assert_ok(skuai_explain(&speaking, NULL, panel, 0, &o, NULL, &e, &err), &err);
    assert_int_equal(e->method, SKUAI_EXPLAIN_EXACT);
    skuai_explanation_free(e);
    o.method = SKUAI_EXPLAIN_OWN;
    assert_int_equal(skuai_explain(&speaking, NULL, panel, 0, &o, NULL, &e, &err), SKUA_ENOTFOUND);
    assert_int_equal(skuai_explain(&known, NULL, panel, 0, &o, NULL, &e, &err), SKUA_ENOTFOUND);
    assert_non_null(strstr(err.message, "cannot say"));
    skuai_panel_free(panel);
    skuai_panel_free(young);
}

/* Three groups have eight coalitions: a kernel over all of them, and any number of orders and their
 * reverses of a sum, give what the exact game gives; few coalitions of an interaction do not. */
static void samples_agree(void **state) {
    (void)state;
    skua_error err;
    skuai_explanation *exact = NULL, *e = NULL;
    skuai_panel *panel = made(T);
    skuai_explain_options o = usual;
    cross = -1;
    assert_ok(skuai_explain(&known, NULL, panel, 0, &o, NULL, &exact, &err), &err);
    o.method = SKUAI_EXPLAIN_KERNEL;
    assert_ok(skuai_explain(&known, NULL, panel, 0, &o, NULL, &e, &err), &err);
    assert_close_array(e->contribution, exact->contribution, (size_t)3 * H, 0, 1e-8);
    assert_close(e->fidelity, exact->fidelity, 0, 1e-8);
    skuai_explanation_free(e);
    o.samples = 2;
    o.method = SKUAI_EXPLAIN_PERMUTATION;
    assert_ok(skuai_explain(&known, NULL, panel, 0, &o, NULL, &e, &err), &err);
    assert_true(e->n_calls < exact->n_calls + 8);
    assert_close(e->contribution[0] + e->contribution[H] + e->contribution[2 * (size_t)H],
                 e->forecast[0] - e->base[0], 0, 1e-9);
    skuai_explanation_free(e);
    skuai_explanation_free(exact);
    cross = 0;
    skuai_panel_free(panel);
}

/* Less than three seasons: compared with any time of its past, and the sum holds. */
static void a_long_season_is_done_without(void **state) {
    (void)state;
    skua_error err;
    skuai_explanation *e = NULL;
    skuai_panel *panel = made(30);
    skuai_panel whole = *panel; /* the same series in a year of longer seasons */
    whole.season = 20;
    assert_ok(skuai_explain(&known, NULL, &whole, 0, &usual, NULL, &e, &err), &err);
    for (size_t h = 0; h < e->horizon; h++) {
        double sum = e->base[h];
        for (size_t g = 0; g < e->n_groups; g++)
            sum += e->contribution[g * e->horizon + h];
        assert_close(sum, e->forecast[h], 1e-9, 1e-9);
    }
    skuai_explanation_free(e);
    skuai_panel_free(panel);
}

/* People read words, not a model's columns; a shop's own column keeps its name. */
static void inputs_have_names(void **state) {
    (void)state;
    static const struct {
        skuai_input input;
        const char *english, *chinese;
    } known_names[] = {
        {{"sd_52", "recent sales"},
         "how sales varied over the last 52 periods",
         "近 52 期销量波动"},
        {{"cycle_1", "last year"}, "sales at this time last year", "去年同期销量"},
        {{"at_price", "price"}, "price", "价格"},
        {{"growth_of_category1", "similar items"},
         "growth of others of its category",
         "同类别其他商品的增长"},
        {{"until_festival", "calendar"}, "periods until the next festival", "距下次节庆的期数"},
        {{"mean_spend", "mean_spend"}, "mean_spend", "mean_spend"},
        {{"at_shelf", "shelf"}, "shelf", "shelf"},
    };
    for (size_t i = 0; i < sizeof known_names / sizeof *known_names; i++) {
        char text[128];
        skuai_explain_input_name(&known_names[i].input, false, text, sizeof text);
        assert_string_equal(text, known_names[i].english);
        skuai_explain_input_name(&known_names[i].input, true, text, sizeof text);
        assert_string_equal(text, known_names[i].chinese);
    }
    assert_string_equal(skuai_input_group("list_price"), "price");
    assert_string_equal(skuai_input_group("fuel_price"), "fuel_price");
}

static void too_short_is_said(void **state) {
    (void)state;
    skua_error err;
    skuai_explanation *e = NULL;
    skuai_panel *panel = made(18);
    assert_int_equal(skuai_explain(&known, NULL, panel, 0, &usual, NULL, &e, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "too few"));
    assert_int_equal(skuai_explain(&known, NULL, panel, 7, &usual, NULL, &e, &err), SKUA_EINVAL);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contributions_are_known),
        cmocka_unit_test(interactions_are_shared),
        cmocka_unit_test(sentences),
        cmocka_unit_test(what_if_moves),
        cmocka_unit_test(a_model_that_speaks_is_asked),
        cmocka_unit_test(samples_agree),
        cmocka_unit_test(too_short_is_said),
        cmocka_unit_test(inputs_have_names),
        cmocka_unit_test(a_long_season_is_done_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
