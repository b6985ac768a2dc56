/* Off-policy evaluation of prices: where the truth is known it is told although the model of demand
 * or the law of the prices is wrong, intervals hold it as often as they say, and what cannot be
 * evaluated is a sentence. */
#include "support/support.h"

#include "core/random.h"
#include "decide/price_replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAWS = 12, PERIODS = 40, CHANNELS = 4, ROWS = LAWS * PERIODS * CHANNELS };

/* Demand level exp(-2.5 x) units, x the log price around 1; cost .6; the plan sells at 1.1. The
 * model expects units at elasticity `believed`. Returns what the plan truly gains. */
static double make(uint64_t seed, double believed, skuai_price_log *rows) {
    skuai_random random;
    double truth = 0;
    skuai_random_init(&random, seed);
    for (size_t i = 0; i < ROWS; i++) {
        size_t law = i % LAWS;
        int64_t period = (int64_t)(i / LAWS % PERIODS);
        double level = 20 + 10 * (double)law, x = 0.12 * skuai_random_normal(&random);
        double noise = exp(0.2 * skuai_random_normal(&random) - 0.02);
        double at = level * exp(-2.5 * x), plan = log(1.1);
        rows[i] = (skuai_price_log){.law = law,
                                    .period = period - 20,
                                    .price = exp(x),
                                    .plan = 1.1,
                                    .usual = 1,
                                    .cost = 0.6,
                                    .units = at * noise,
                                    .model = level * exp(believed * x),
                                    .model_plan = level * exp(believed * plan)};
        truth += 0.5 * level * exp(-2.5 * plan) - (rows[i].price - 0.6) * at;
    }
    return truth;
}

static void the_truth_is_told(void **state) {
    (void)state;
    skuai_price_log *rows = calloc(ROWS, sizeof *rows);
    skuai_price_replay_result r;
    skua_error err;
    double truth = make(1, -2.5, rows);
    assert_ok(skuai_price_replay_run(rows, ROWS, LAWS, 0.9, &r, &err), &err);
    assert_true(fabs(r.gain - truth) < 3 * r.error);
    assert_true(r.error < 0.02 * r.logged);
    assert_close(r.gain_model, truth, 1e-2, 0);
    assert_true(r.n == ROWS && r.n_changed > ROWS * 9 / 10 && r.effective > 200 && r.met == 1);
    /* a model that believes in inelastic demand promises much; the rows do not bear it out */
    truth = make(1, -0.5, rows);
    assert_ok(skuai_price_replay_run(rows, ROWS, LAWS, 0.9, &r, &err), &err);
    assert_true(r.gain_model > truth + 0.15 * r.logged);
    assert_true(fabs(r.gain - truth) < 0.2 * fabs(r.gain_model - truth));
    assert_true(fabs(r.gain_weighted - truth) < 0.2 * fabs(r.gain_model - truth));
    free(rows);
}

static void intervals_hold_it(void **state) {
    (void)state;
    enum { RUNS = 60 };
    skuai_price_log *rows = calloc(ROWS, sizeof *rows);
    skuai_price_replay_result r;
    skua_error err;
    int inside = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        double truth = make(seed, -2.2, rows);
        assert_ok(skuai_price_replay_run(rows, ROWS, LAWS, 0.9, &r, &err), &err);
        inside += r.low <= truth && truth <= r.high;
    }
    assert_true(inside >= 48 && inside <= 60); /* .9 of 60 is 54, sd 2.3 */
    free(rows);
}

/* Far from every price that was set, the model speaks alone, and the result says so. */
static void without_neighbours_the_model_speaks(void **state) {
    (void)state;
    skuai_price_log *rows = calloc(ROWS, sizeof *rows);
    skuai_price_replay_result r, wide;
    skua_error err;
    (void)make(2, -2.5, rows);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].plan = 4;
        rows[i].model_plan = 1;
    }
    assert_ok(skuai_price_replay_run(rows, ROWS, LAWS, 0.9, &r, &err), &err);
    assert_true(r.met == 0 && r.effective == 0);
    assert_close(r.gain + r.logged, ROWS * (4 - 0.6), 1e-9, 0);
    assert_ok(skuai_price_replay_run(rows, ROWS, LAWS, 0.99, &wide, &err), &err);
    assert_true(wide.high - wide.low > 1.4 * (r.high - r.low));
    assert_close(wide.gain, r.gain, 1e-12, 0);
    free(rows);
}

static void what_cannot_be_evaluated_is_said(void **state) {
    (void)state;
    skuai_price_log rows[3] = {{0, 4, 1, 1.1, 1, 0.5, 3, 3, 2.5},
                               {0, 4, 1, 1.1, 1, 0.5, 3, 3, 2.5}};
    skuai_price_replay_result r = {.n = 7};
    skua_error err;
    assert_int_equal(skuai_price_replay_run(rows, 2, 1, 0.9, &r, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "two periods"));
    assert_int_equal(skuai_price_replay_run(rows, 0, 0, 0.9, &r, &err), SKUA_EDATA);
    rows[1].period = 5;
    rows[1].price = 0;
    assert_int_equal(skuai_price_replay_run(rows, 2, 1, 0.9, &r, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "row 1"));
    assert_int_equal(r.n, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truth_is_told),
        cmocka_unit_test(intervals_hold_it),
        cmocka_unit_test(without_neighbours_the_model_speaks),
        cmocka_unit_test(what_cannot_be_evaluated_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
