/* Windows: what is in a token, by hand; scaling and back; nothing of the future; odd series. */
#include "support/support.h"

#include "neural/window.h"

#include <math.h>
#include <string.h>

enum { P = 4, PAST = 3, FUTURE = 2, PER = SKUAI_WINDOW_CHANNELS + 2 * SKUAI_WINDOW_SLOTS };

static const skuai_window_config config = {.patch = P, .context = PAST};

static skuai_window_batch fill(const skuai_window_series *series, skuai_arena *arena) {
    skua_error err;
    skuai_window_batch b;
    assert_ok(skuai_window_batch_new(&config, 1, PAST, FUTURE, arena, &b, &err), &err);
    skuai_window_fill(series, NULL, NULL, &b, 0);
    for (size_t k = 0; k < (PAST + FUTURE) * b.features; k++)
        assert_true(isfinite(b.tokens[k]));
    assert_true(isfinite(b.centre[0]) && b.scale[0] > 0 && isfinite(b.scale[0]));
    return b;
}

/* Channel c of period k of the window, padding included. */
static double at(const skuai_window_batch *b, size_t k, size_t c) {
    return (double)b->tokens[k / P * b->features + k % P * PER + c];
}

static skuai_window_series daily(const double *y, size_t n) {
    return (skuai_window_series){.grid = {.frequency = SKUAI_FREQUENCY_DAY},
                                 .season = 2,
                                 .start = 19000,
                                 .length = n,
                                 .target = y};
}

static void test_channels(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    const double y[] = {1, 3, NAN, 5, 3}, actual[] = {7, NAN, 9};
    const float price[] = {2, 2, 2, 4, 2, 4, 2, NAN}, available[] = {1, 1, 1, 1, 0.75F};
    skuai_window_series s = daily(y, 5);
    s.future = 3, s.covariate[0] = price, s.ahead[0] = true, s.available = available;
    s.actual = actual, s.n_actual = 3;
    skuai_window_batch b = fill(&s, arena);
    double scale = 1.25; /* mean 3, deviations 2 0 2 0: mean 1 */
    assert_close(b.centre[0], 3, 1e-12, 0);
    assert_close(b.scale[0], scale, 1e-12, 0);
    assert_int_equal(b.visible[0], 0); /* 12 periods of room, 7 of padding: one patch unseen */
    assert_int_equal(b.visible[1], 1);
    const double z[] = {asinh(-2 / scale), 0, 0, asinh(2 / scale), 0};
    for (size_t t = 0; t < 5; t++) {
        assert_close(at(&b, 7 + t, 0), z[t], 1e-6, 1e-7);
        assert_close(at(&b, 7 + t, 1), t == 2 ? 0 : 1, 0, 0);
    }
    assert_close(at(&b, 11, 2), 0.75, 0, 0);
    assert_close(at(&b, 12, 2), 1, 0, 0);
    /* one season (2) before: row 3 for the first period of the future, row 4 for the second, and
     * again row 3, row 4: never the future itself */
    for (size_t h = 0; h < 8; h++)
        assert_close(at(&b, 12 + h, 3), z[3 + h % 2], 1e-6, 1e-7);
    assert_close(at(&b, 9, 4), 1, 0, 0);  /* row 2 has row 0 before it */
    assert_close(at(&b, 11, 4), 0, 0, 0); /* row 4 has row 2, which is missing */
    size_t slot = SKUAI_WINDOW_CHANNELS;
    assert_true(at(&b, 10, slot) > 0 && at(&b, 11, slot) < 0); /* dear, cheap */
    assert_close(at(&b, 12, slot), at(&b, 10, slot), 1e-6, 0);
    assert_close(at(&b, 14, slot + 1), 0, 0, 0); /* unknown */
    assert_close((double)b.target[PAST * P], asinh(4 / scale), 1e-6, 0);
    assert_true(isnan(b.target[PAST * P + 1]) && isnan(b.target[PAST * P + 3]));
    s.ahead[0] = false; /* what is not known ahead is not seen ahead */
    b = fill(&s, arena);
    assert_close(at(&b, 12, slot + 1), 0, 0, 0);
    skuai_arena_free(arena);
}

/* Covariates and targets behind the origin, whatever they hold, change no token when they are not
 * known ahead. */
static void test_no_future(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    double y[30], other[30];
    float x[30];
    for (size_t t = 0; t < 30; t++) {
        y[t] = (double)(t * 7 % 11), other[t] = t < 20 ? y[t] : 1e6;
        x[t] = (float)(t % 5);
    }
    skuai_window_series s = daily(y, 20);
    s.covariate[4] = x;
    skuai_window_batch a = fill(&s, arena);
    for (size_t t = 20; t < 30; t++)
        x[t] = 1e6F;
    s.target = other, s.future = 10;
    skuai_window_batch b = fill(&s, arena);
    assert_memory_equal(a.tokens, b.tokens, (PAST + FUTURE) * a.features * sizeof(float));
    skuai_arena_free(arena);
}

static void test_scaling(void **state) {
    (void)state;
    for (double y = -1e9; y < 1e9; y += 1.7e7)
        assert_close(skuai_window_unscale(skuai_window_scale(y, 3, 50), 3, 50), y, 1e-9, 1e-9);
    assert_true(isfinite(skuai_window_unscale(1e30, 0, 1)));
    assert_true(isfinite(skuai_window_unscale(NAN, 0, 1)));
    assert_true(isfinite(skuai_window_scale(1e300, 0, 1e-300)));
    skuai_arena *arena = skuai_arena_new(0);
    double y[12], scaled[12];
    for (size_t t = 0; t < 12; t++)
        y[t] = (double)(t * 5 % 7), scaled[t] = 4096 * y[t];
    skuai_window_series s = daily(y, 12);
    skuai_window_batch a = fill(&s, arena);
    s.target = scaled;
    skuai_window_batch b = fill(&s, arena);
    assert_memory_equal(a.tokens, b.tokens, (PAST + FUTURE) * a.features * sizeof(float));
    assert_close(b.scale[0], 4096 * a.scale[0], 1e-12, 0);
    skuai_arena_free(arena);
}

static void test_odd_series(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    const double constant[] = {7, 7, 7, 7}, zero[] = {0, 0, 0}, huge[] = {1e308, -1e308, 1e308};
    const double missing[] = {NAN, NAN}, tiny[] = {0, 1e-300};
    const float none[] = {0, 0, 0, 0};
    skuai_window_series s = daily(constant, 4);
    assert_close(fill(&s, arena).centre[0], 7, 0, 0);
    s.available = none; /* never in stock: what was sold is all there is */
    assert_true(fill(&s, arena).known[0]);
    s = daily(zero, 3);
    assert_close(fill(&s, arena).scale[0], 1, 0, 0);
    s = daily(huge, 3), fill(&s, arena);
    s = daily(tiny, 2), fill(&s, arena);
    s = daily(missing, 2);
    assert_false(fill(&s, arena).known[0]);
    s = daily(constant, 1);
    assert_true(fill(&s, arena).known[0]);
    s = daily(NULL, 0);
    assert_false(fill(&s, arena).known[0]);
    skuai_arena_free(arena);
}

/* Vectors of any width and categories become side tokens; an absent one is unseen. */
static void test_sides(void **state) {
    (void)state;
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_WEEK};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 0);
    const double y[] = {1, 2, 3};
    for (int i = 0; i < 3; i++) {
        char name[] = {(char)('a' + i), 0};
        assert_ok(skuai_panel_builder_series(builder, name, 2000, 3, 0, y, NULL, NULL, &err), &err);
    }
    const float vectors[] = {1, 2, 3, 4, 5, 10, 20, 30, 40, 50, NAN, NAN, NAN, NAN, NAN};
    assert_ok(
        skuai_panel_builder_category(builder, "brand", (const char *[]){"x", NULL, "x"}, &err),
        &err);
    assert_ok(skuai_panel_builder_vectors(builder, "text", 5, vectors, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    float sides[3][SKUAI_WINDOW_SIDES * SKUAI_WINDOW_SIDE];
    skuai_arena *arena = skuai_arena_new(0);
    skuai_window_batch b;
    assert_ok(skuai_window_batch_new(&config, 3, PAST, FUTURE, arena, &b, &err), &err);
    for (size_t s = 0; s < 3; s++) {
        skuai_window_series w = skuai_window_of_panel(panel, s, sides[s], NULL);
        assert_int_equal(w.n_sides, 2);
        skuai_window_fill(&w, NULL, NULL, &b, s);
    }
    const uint8_t seen[] = {1, 1, 1, 0, 0, 1};
    for (size_t s = 0; s < 3; s++)
        assert_memory_equal(b.side_visible + s * SKUAI_WINDOW_SIDES, seen + 2 * s, 2);
    for (size_t k = 0; k < SKUAI_WINDOW_SIDE; k++) { /* the direction counts, not the length */
        assert_close((double)sides[0][k], (double)sides[1][k], 1e-5, 1e-6);
        assert_close((double)sides[0][SKUAI_WINDOW_SIDE + k],
                     (double)sides[2][SKUAI_WINDOW_SIDE + k], 0, 0);
    }
    skuai_arena_free(arena);
    skuai_panel_free(panel);
}

/* Names choose their slots in whatever case; others never take the three that have a meaning; a
 * share of the price is turned into a depth. */
static void test_slots(void **state) {
    (void)state;
    skua_error err;
    static const char *const names[] = {"CPI",         "MarkDown1", "IsHoliday", "wind",  "fuel",
                                        "temperature", "rain",      "Discount",  "price", "sun"};
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_DAY};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    float values[10][6];
    const float *dynamic[10];
    double y[] = {1, 2, 3, 4, 5, 6};
    for (size_t k = 0; k < 10; k++) {
        assert_ok(skuai_panel_builder_dynamic(builder, names[k], SKUAI_KNOWN_AHEAD, &err), &err);
        for (size_t t = 0; t < 6; t++)
            values[k][t] = (float)(k * 10 + t);
        dynamic[k] = values[k];
    }
    for (size_t t = 0; t < 6; t++)
        values[7][t] = t == 2 ? 0.75F : 1;
    assert_ok(skuai_panel_builder_series(builder, "a", 19000, 6, 0, y, NULL, dynamic, &err), &err);
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    float sides[SKUAI_WINDOW_SIDES * SKUAI_WINDOW_SIDE];
    size_t left_out;
    skuai_window_series s = skuai_window_of_panel(panel, 0, sides, &left_out);
    const size_t wanted[] = {8, 7, 2, 0, 1, 3, 4, 5}; /* of names, by slot; rain and sun are out */
    for (size_t k = 0; k < SKUAI_WINDOW_SLOTS; k++)
        assert_close(s.covariate[k][3], values[wanted[k]][3], 0, 0);
    assert_int_equal(left_out, 2);
    skuai_arena *arena = skuai_arena_new(0);
    skuai_window_batch b = fill(&s, arena);
    assert_close(at(&b, PAST * P - 4, SKUAI_WINDOW_CHANNELS + 2), 0.25, 1e-6, 0);
    assert_close(at(&b, PAST * P - 3, SKUAI_WINDOW_CHANNELS + 2), 0, 0, 0);
    skuai_arena_free(arena);
    skuai_panel_free(panel);
}

/* A damaged history: some spikes, some losses, prices a little off; what is asked is as it was. */
static void test_damage(void **state) {
    (void)state;
    enum { N = 200, RUNS = 200 };
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    double y[N], actual[] = {5, 6, 7};
    float price[N + 3];
    for (size_t t = 0; t < N + 3; t++)
        price[t] = 4;
    for (size_t t = 0; t < N; t++)
        y[t] = 10;
    size_t spikes = 0, dips = 0, lost = 0, untouched = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        skuai_random random, again;
        skuai_random_split(&random, 1, run);
        again = random;
        skuai_window_series s = daily(y, N), twin, never = daily(y, N);
        s.future = 3, s.covariate[0] = price, s.ahead[0] = true, s.actual = actual, s.n_actual = 3;
        twin = s;
        assert_ok(skuai_window_damage(0.5, &random, arena, &s, &err), &err);
        assert_ok(skuai_window_damage(0.5, &again, arena, &twin, &err), &err);
        assert_memory_equal(s.target, twin.target, N * sizeof *y);
        assert_ok(skuai_window_damage(0, &random, arena, &never, &err), &err);
        assert_ptr_equal(never.target, y);
        assert_ptr_equal(s.actual, actual);
        if (s.target == y) {
            assert_ptr_equal(s.covariate[0], price);
            untouched++;
            continue;
        }
        for (size_t t = 0; t < N; t++) {
            lost += isnan(s.target[t]) ? 1 : 0;
            spikes += s.target[t] > 10;
            dips += s.target[t] < 10;
            assert_true(isnan(s.target[t]) || (s.target[t] >= 1 && s.target[t] <= 100));
            assert_true(s.covariate[0][t] > 2 && s.covariate[0][t] < 8);
        }
    }
    double all = (double)N * (double)(RUNS - untouched);
    assert_true(untouched > 75 && untouched < 125);
    assert_close((double)spikes / all, 0.03, 0, 0.01); /* three quarters of 4 % */
    assert_close((double)dips / all, 0.01, 0, 0.005);
    assert_close((double)lost / all, 0.05, 0, 0.015);
    skuai_arena_free(arena);
}

/* A shorter history is the end of the longer one, with all that belongs to it. */
static void test_slice(void **state) {
    (void)state;
    double y[50];
    float price[60], available[50];
    bool seen[51] = {false};
    size_t whole = 0, lengths = 0, shorter = 0;
    skuai_random random;
    skuai_random_init(&random, 2);
    for (size_t t = 0; t < 60; t++) {
        price[t] = (float)(100 + t);
        if (t < 50) y[t] = (double)t, available[t] = (float)t / 50;
    }
    for (size_t k = 0; k < 400; k++) {
        skuai_window_series s = daily(y, 50), never = s;
        s.future = 10, s.covariate[0] = price, s.available = available;
        skuai_window_slice(0.5, &random, &s);
        assert_true(s.length >= 1 && s.length <= 50);
        size_t cut = 50 - s.length;
        assert_int_equal(s.start, 19000 + (int64_t)cut);
        assert_true(s.target[0] == (double)cut && s.available[0] == (float)cut / 50 &&
                    s.covariate[0][s.length] == 150);
        whole += s.length == 50;
        shorter += s.length <= 7; /* half of those cut: sqrt(50) is 7.1 */
        lengths += !seen[s.length];
        seen[s.length] = true;
        skuai_window_slice(0, &random, &never);
        assert_int_equal(never.length, 50);
    }
    assert_true(whole > 160 && whole < 250 && lengths > 20);
    assert_true(shorter > 70 && shorter < 140);
    skuai_window_series one = daily(y, 1);
    skuai_window_slice(1, &random, &one);
    assert_int_equal(one.length, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channels), cmocka_unit_test(test_no_future),
        cmocka_unit_test(test_scaling),  cmocka_unit_test(test_odd_series),
        cmocka_unit_test(test_sides),    cmocka_unit_test(test_slots),
        cmocka_unit_test(test_damage),   cmocka_unit_test(test_slice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
