/* Replays: the books by hand, foresight, and that cost on paths beats the formula on skewed demand.
 */
#include "support/support.h"

#include "decide/stock_replay.h"
#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Orders as the user lists them. */
static skua_status by_list(void *user, const skuai_replay *replay, size_t item, size_t t,
                           const skuai_stock_item *state, double *order, skua_error *err) {
    (void)replay, (void)item, (void)state, (void)err;
    *order = ((const double *)user)[t];
    return SKUA_OK;
}

static void the_books_are_right(void **state) {
    (void)state;
    /* Shelf life 2, lead time 1, a tenth lost on arrival. On hand 5 at first.
     * t0: sells 3, holds 2. t1: 10 arrive, 9 stay; sells 4 (2 old, 2 new), holds 7.
     * t2: nothing ordered came; sells 12: 7, loses 5. t3: 20 arrive, 18 stay; unknown demand.
     * t4: sells 6; 12 have reached their life and spoil. */
    const double demand[] = {3, 4, 12, (double)NAN, 6};
    double orders[] = {10, 0, 20, 0, 0};
    skuai_replay_item item = {{.name = "leek",
                               .on_hand = 5,
                               .lead_time = 1,
                               .review = 1,
                               .shelf_life = 2,
                               .loss = 0.1,
                               .cost = 2,
                               .salvage = 0.5,
                               .holding = 0.1,
                               .shortage = 3,
                               .order_cost = 7},
                              demand};
    skuai_replay replay = {&item, 1, 5, 0, 1};
    skuai_replay_result r;
    skua_error err;
    assert_ok(skuai_replay_run(&replay, by_list, orders, NULL, &r, NULL, &err), &err);
    assert_close(r.demand, 25, 1e-12, 0);
    assert_close(r.sold, 20, 1e-12, 0);
    assert_close(r.lost, 5, 1e-12, 0);
    assert_close(r.spoilt, 1 + 12, 1e-12, 0);
    assert_close(r.held, 2 + 7, 1e-12, 0);
    assert_int_equal(r.n_periods, 4);
    assert_int_equal(r.n_short, 1);
    assert_int_equal(r.n_orders, 2);
    assert_close(r.cost, 0.9 + 15 + 13 * 1.5 + 14, 1e-12, 0);
    assert_close(r.fill, 0.8, 1e-12, 0);
    replay.scored_from = 2;
    assert_ok(skuai_replay_run(&replay, by_list, orders, NULL, &r, NULL, &err), &err);
    assert_close(r.demand, 18, 1e-12, 0);
    assert_close(r.cost, 15 + 12 * 1.5 + 7, 1e-12, 0);
}

enum { ITEMS = 8, PERIODS = 160, PAST = 60, H = 10, LEVELS = 13 };

typedef struct world {
    skuai_panel *panel;
    skuai_forecast *forecast; /* the true law, the same for every origin */
    const skuai_forecast *forecasts[PERIODS];
    double demand[ITEMS][PAST + PERIODS];
    const double *past[ITEMS];
    skuai_replay_item items[ITEMS];
    skuai_replay replay;
} world;

/* Skewed demand: gamma of shape 0.7. */
static void world_new(world *w) {
    static const double levels[LEVELS] = {0.05, 0.1, 0.2, 0.3,  0.4,  0.5,  0.6,
                                          0.7,  0.8, 0.9, 0.97, 0.99, 0.999};
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    skua_error err;
    for (size_t i = 0; i < ITEMS; i++) {
        skuai_random random;
        char name[16];
        skuai_random_split(&random, 5, i);
        for (size_t t = 0; t < PAST + PERIODS; t++)
            w->demand[i][t] = 10 * skuai_random_gamma(&random, 0.7);
        (void)snprintf(name, sizeof name, "i%zu", i);
        assert_ok(skuai_panel_builder_series(b, name, 0, PAST, 0, w->demand[i], NULL, NULL, &err),
                  &err);
        w->past[i] = w->demand[i];
        w->items[i] = (skuai_replay_item){{.name = "x",
                                           .on_hand = 20,
                                           .lead_time = 2,
                                           .lead_time_sd = 0.5,
                                           .review = 3,
                                           .cost = 5,
                                           .holding = 0.2,
                                           .shortage = 4},
                                          w->demand[i] + PAST};
    }
    assert_ok(skuai_panel_builder_finish(b, &w->panel, &err), &err);
    skuai_panel_builder_free(b);
    assert_ok(skuai_forecast_new(w->panel, H, levels, LEVELS, &w->forecast, &err), &err);
    for (size_t k = 0; k < (size_t)ITEMS * H; k++) {
        w->forecast->mean[k] = 7;
        for (size_t q = 0; q < LEVELS; q++)
            w->forecast->quantiles[k * LEVELS + q] = skuai_gamma_quantile(levels[q], 0.7, 10);
    }
    for (size_t s = 0; s < ITEMS; s++)
        w->forecast->autocorrelation[s] = 0;
    for (size_t t = 0; t < PERIODS; t++)
        w->forecasts[t] = w->forecast;
    w->replay = (skuai_replay){w->items, ITEMS, PERIODS, 12, 9};
}

static void world_clear(world *w) {
    skuai_forecast_free(w->forecast);
    skuai_panel_free(w->panel);
    free(w);
}

static void policies_rank_as_they_should(void **state) {
    (void)state;
    world *w = calloc(1, sizeof *w);
    skua_error err;
    skuai_replay_result ours, formula, foresight, again;
    skuai_context threads = {.seed = 1, .threads = 2};
    double z;
    world_new(w);
    skuai_replay_forecasts f = {w->forecasts, {SKUAI_STOCK_COST, 0}, 400, 3};
    assert_ok(skuai_replay_run(&w->replay, skuai_replay_by_forecast, &f, NULL, &ours, NULL, &err),
              &err);
    assert_ok(
        skuai_replay_run(&w->replay, skuai_replay_by_forecast, &f, &threads, &again, NULL, &err),
        &err);
    assert_memory_equal(&ours, &again, sizeof ours);
    assert_ok(
        skuai_replay_run(&w->replay, skuai_replay_by_foresight, NULL, NULL, &foresight, NULL, &err),
        &err);
    skuai_replay_normal normal = {w->past, PAST, 28, 0, NULL};
    assert_ok(skuai_replay_match(&w->replay, normal, ours.fill, &threads, &z, &formula, &err),
              &err);
    assert_close(formula.fill, ours.fill, 0, 1e-3);
    assert_true(foresight.fill > 0.999 && foresight.cost < 0.7 * ours.cost);
    assert_true(ours.cost < formula.cost);
    f.rule = (skuai_stock_rule){SKUAI_STOCK_FILL, 0.99};
    assert_ok(skuai_replay_run(&w->replay, skuai_replay_by_forecast, &f, NULL, &again, NULL, &err),
              &err);
    assert_close(again.fill, 0.99, 0, 0.012);
    world_clear(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_books_are_right),
        cmocka_unit_test(policies_rank_as_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
