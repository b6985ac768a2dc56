/* The level of series without history: effects of an item and of a channel, planted and found. */
#include "support/support.h"

#include "neural/level_prior.h"
#include "neural/neural.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ITEMS = 12, CHANNELS = 4, S = ITEMS * CHANNELS, LENGTH = 60 };

/* asinh of the level: 3, an item's share and a channel's. */
static double level(size_t item, size_t channel) {
    return 3 + 0.5 * (double)(item % 5) - 0.4 * (double)channel;
}

/* Items in channels; those of `bare` have no history. */
static skuai_panel *make(const bool *bare, bool categories) {
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    const char *items[S], *channels[S];
    static char names[S][16], item_names[ITEMS][8], channel_names[CHANNELS][8];
    for (size_t s = 0; s < S; s++) {
        size_t i = s / CHANNELS, c = s % CHANNELS;
        double y[LENGTH];
        for (size_t t = 0; t < LENGTH; t++)
            y[t] = sinh(level(i, c)) * (1 + 0.1 * (t % 2 ? 1 : -1));
        snprintf(names[s], sizeof names[s], "%zu/%zu", i, c);
        snprintf(item_names[i], sizeof item_names[i], "i%zu", i);
        snprintf(channel_names[c], sizeof channel_names[c], "c%zu", c);
        items[s] = item_names[i], channels[s] = channel_names[c];
        assert_ok(skuai_panel_builder_series(builder, names[s], 18000, bare[s] ? 0 : LENGTH, 0, y,
                                             NULL, NULL, &err),
                  &err);
    }
    if (categories) {
        assert_ok(skuai_panel_builder_category(builder, "item", items, &err), &err);
        assert_ok(skuai_panel_builder_category(builder, "channel", channels, &err), &err);
    }
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static void test_effects(void **state) {
    (void)state;
    skua_error err;
    bool bare[S] = {false}, filled = false;
    double centre[S], scale[S];
    bare[5] = bare[18] = bare[31] = true;
    for (size_t c = 0; c < CHANNELS; c++)
        bare[11 * CHANNELS + c] = true; /* an item that nobody sells yet */
    skuai_panel *panel = make(bare, true), *plain = make(bare, false);
    for (size_t s = 0; s < S; s++) {
        centre[s] = bare[s] ? NAN : sinh(level(s / CHANNELS, s % CHANNELS));
        scale[s] = bare[s] ? NAN : 0.1 * centre[s];
    }
    assert_ok(skuai_level_prior(plain, centre, scale, &filled, &err), &err);
    assert_true(!filled && isnan(centre[5])); /* nothing to tell by */
    assert_ok(skuai_level_prior(panel, centre, scale, &filled, &err), &err);
    assert_true(filled);
    const size_t known[] = {5, 18, 31};
    for (size_t k = 0; k < 3; k++) {
        double want = level(known[k] / CHANNELS, known[k] % CHANNELS);
        assert_close(asinh(centre[known[k]]), want, 0, 0.35); /* shrinking takes a part */
        assert_true(scale[known[k]] > 0.1 * centre[known[k]] * 0.6);
    }
    /* of the new item its channels are known: in order, about the mean item */
    for (size_t c = 0; c + 1 < CHANNELS; c++)
        assert_true(centre[11 * CHANNELS + c] > 1.2 * centre[11 * CHANNELS + c + 1]);
    assert_close(centre[0], sinh(level(0, 0)), 0, 0); /* what was observed stays */
    for (size_t s = 0; s < S; s++)
        centre[s] = NAN;
    assert_ok(skuai_level_prior(panel, centre, scale, &filled, &err), &err);
    assert_false(filled); /* nobody was observed */
    skuai_panel_free(panel), skuai_panel_free(plain);
}

/* A forecast of an item's first day in a channel is nearer to what the item does elsewhere with
 * categories than without. */
static void test_forecast(void **state) {
    (void)state;
    skua_error err;
    bool bare[S] = {false};
    bare[4 * CHANNELS] = true; /* the largest item in the largest channel */
    const double levels[] = {0.5};
    const skuai_request request = {7, levels, 1, 1};
    skuai_demand_config config = {
        .window = {.patch = 4, .context = 8}, .width = 16, .heads = 2, .layers = 1, .hidden = 32};
    skuai_demand *net;
    double error[2];
    assert_ok(skuai_demand_new(&config, 3, &net, &err), &err);
    for (int categories = 0; categories < 2; categories++) {
        skuai_panel *panel = make(bare, categories == 1);
        skuai_forecast *f;
        assert_ok(skuai_neural_predict(net, "net", panel, &request, NULL, &f, &err), &err);
        error[categories] = fabs(asinh(*skuai_forecast_mean(f, 4 * CHANNELS, 0)) - level(4, 0));
        skuai_forecast_free(f);
        skuai_panel_free(panel);
    }
    assert_true(error[1] < 0.6 * error[0]);
    skuai_demand_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_effects),
                                       cmocka_unit_test(test_forecast)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
