/* Trends: planted steps, drifts, seasons and births; contributions that sum. */
#include "support/support.h"

#include "core/random.h"
#include "decide/trend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 160 };

static skuai_arena *arena;

static int open_arena(void **state) {
    (void)state;
    arena = skuai_arena_new(0);
    return arena ? 0 : -1;
}

static int close_arena(void **state) {
    (void)state;
    skuai_arena_free(arena);
    return 0;
}

static skuai_trend find(const double *y, size_t n, size_t season) {
    skuai_trend_options options = {.season = season};
    skuai_trend trend;
    skua_error err;
    assert_ok(skuai_trend_find(y, n, &options, arena, &trend, &err), &err);
    return trend;
}

/* Autocorrelated noise around a season, steps at the positions given. */
static void make(double *y, uint64_t seed, double rho, const size_t *at, const double *size,
                 size_t n_at) {
    skuai_random random;
    double noise = 0, level = 200;
    skuai_random_init(&random, seed);
    for (size_t t = 0, k = 0; t < N; t++) {
        if (k < n_at && t == at[k]) level *= 1 + size[k++];
        noise = rho * noise + sqrt(1 - rho * rho) * 0.1 * skuai_random_normal(&random);
        y[t] = level * (1 + 0.4 * sin(6.283185307179586 * (double)t / 7)) * exp(noise);
    }
}

static void planted_steps_are_found(void **state) {
    (void)state;
    const size_t at[] = {60, 110};
    const double size[] = {0.5, -0.4};
    size_t hits = 0, extra = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        double y[N];
        make(y, seed, 0.2, at, size, 2);
        skuai_trend t = find(y, N, 7);
        assert_true(t.season_strength > 0.5);
        for (size_t k = 0; k < t.n_changes; k++) {
            bool hit = false;
            for (size_t p = 0; p < 2; p++)
                if (llabs((long long)t.changes[k].at - (long long)at[p]) <= 2) {
                    hit = true;
                    assert_close(t.changes[k].size, size[p], 0, 0.2);
                }
            hits += hit;
            extra += !hit;
        }
    }
    print_message("%zu hits, %zu extra\n", hits, extra);
    assert_true(hits >= 38 && extra <= 4);
}

/* No step: neither noise that resembles itself, nor a drift, nor a season, nor a lone spike. */
static void what_is_no_step_is_none(void **state) {
    (void)state;
    size_t changes = 0, rising = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        double y[N];
        make(y, seed, 0.6, NULL, NULL, 0);
        y[50] *= 6;
        changes += find(y, N, 7).n_changes;
        make(y, seed, 0.1, NULL, NULL, 0);
        for (size_t t = 0; t < N; t++)
            y[t] *= exp(0.01 * (double)t);
        skuai_trend t = find(y, N, 7);
        changes += t.n_changes;
        rising += t.kind == SKUAI_TREND_RISING;
        assert_close(t.slope, 0.01, 0, 0.012);
    }
    print_message("%zu changes, %zu rising\n", changes, rising);
    assert_true(changes <= 8 && rising >= 15);
}

static void kinds_are_told_apart(void **state) {
    (void)state;
    double y[N];
    make(y, 3, 0, NULL, NULL, 0);
    assert_int_equal(find(y, N, 7).kind, SKUAI_TREND_STEADY);
    assert_int_equal(find(y, N, 7).peak, 2); /* sin is largest at 7 / 4 */
    for (size_t t = 0; t < N; t++)
        y[t] *= exp(-0.01 * (double)t);
    skuai_trend falling = find(y, N, 7);
    assert_int_equal(falling.kind, SKUAI_TREND_FALLING);
    assert_close(falling.slope, exp(-0.01) - 1, 0, 0.012);
    for (size_t t = 0; t < N - 6; t++)
        y[t] = 0;
    skuai_trend born = find(y, N, 7);
    assert_int_equal(born.kind, SKUAI_TREND_NEWBORN);
    assert_int_equal(born.first_sale, N - 6);
    for (size_t t = 0; t < N; t++)
        y[t] = t < 100 ? 5 : 0;
    assert_int_equal(find(y, N, 7).kind, SKUAI_TREND_SILENT);
    memset(y, 0, sizeof y);
    assert_int_equal(find(y, N, 7).kind, SKUAI_TREND_SILENT);
    skuai_trend trend;
    skua_error err;
    for (size_t t = 0; t < N; t++)
        y[t] = (double)NAN;
    assert_int_equal(skuai_trend_find(y, N, NULL, arena, &trend, &err), SKUA_EDATA);
    y[9] = 4; /* one known value is enough not to fail */
    assert_int_equal(find(y, N, 7).n_changes, 0);
}

static void the_smallest_size_is_an_option(void **state) {
    (void)state;
    const size_t at[] = {80};
    const double size[] = {0.5};
    double y[N];
    skuai_trend_options options = {.season = 7, .smallest = 0.9};
    skuai_trend trend;
    skua_error err;
    make(y, 5, 0.1, at, size, 1);
    assert_int_equal(find(y, N, 7).n_changes, 1);
    assert_ok(skuai_trend_find(y, N, &options, arena, &trend, &err), &err);
    assert_int_equal(trend.n_changes, 0);
}

static void contributions_sum_to_the_total(void **state) {
    (void)state;
    const double before[] = {10, 0, 7, 5, (double)NAN}, after[] = {4, 9, 7, 0, 2};
    skuai_move moves[5];
    double kinds[4], sum = 0;
    skuai_trend_moves(before, after, 5, moves, kinds);
    assert_int_equal(moves[0].member, 1);
    assert_int_equal(moves[0].kind, SKUAI_MOVE_NEW);
    assert_int_equal(moves[1].member, 0);
    assert_int_equal(moves[2].kind, SKUAI_MOVE_ENDED);
    for (size_t i = 0; i < 5; i++)
        sum += moves[i].change;
    assert_close(sum, 0, 0, 1e-12);
    assert_close(kinds[SKUAI_MOVE_NEW], 11, 1e-12, 0);
    assert_close(kinds[SKUAI_MOVE_ENDED], -5, 1e-12, 0);
    assert_close(kinds[SKUAI_MOVE_FELL], -6, 1e-12, 0);
    assert_close(kinds[SKUAI_MOVE_GREW], 0, 0, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_steps_are_found),
        cmocka_unit_test(what_is_no_step_is_none),
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(the_smallest_size_is_an_option),
        cmocka_unit_test(contributions_sum_to_the_total),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
