/* Synthetic series keep what their header promises. */
#include "support/support.h"

#include "math/series_feature.h"
#include "neural/synthetic.h"

#include <math.h>
#include <string.h>

static const skuai_synthetic_config config = {.weight = {0.25, 0.4, 0.2, 0.15, 0},
                                              .frequency = {0.1, 0.3, 0.3, 0.15, 0.08, 0.04, 0.03},
                                              .shortest = 24,
                                              .longest = 640};

static skuai_synthetic draw(skuai_synthetic_kind kind, skuai_frequency frequency, uint64_t i,
                            skuai_arena *arena) {
    skua_error err;
    skuai_synthetic s;
    assert_ok(skuai_synthetic_draw_kind(&config, kind, frequency, 5, i, arena, &s, &err), &err);
    return s;
}

/* Every kind and frequency: finite, of the length asked, counts whole, what is hidden is not more
 * than what was wanted. */
static void test_well_formed(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    for (int k = 0; k < SKUAI_SYNTHETIC_MIXTURE; k++) {
        for (int f = 0; f < SKUAI_FREQUENCIES; f++) {
            for (uint64_t i = 0; i < 60; i++) {
                skuai_synthetic s = draw((skuai_synthetic_kind)k, (skuai_frequency)f, i, arena);
                assert_true(s.length >= 8 && s.length <= config.longest);
                for (size_t t = 0; t < s.length; t++) {
                    assert_true(isfinite(s.target[t]) && isfinite(s.demand[t]));
                    if (s.non_negative) assert_true(s.target[t] >= 0);
                    if (s.counts) assert_true(s.target[t] == floor(s.target[t]));
                    if (s.available) {
                        assert_true(s.available[t] >= 0 && s.available[t] <= 1);
                        assert_true(s.target[t] <= s.demand[t]);
                        if (s.available[t] == 1) assert_true(s.target[t] == s.demand[t]);
                    }
                    if (s.price) assert_true(s.price[t] > 0);
                }
                skuai_arena_clear(arena);
            }
        }
    }
    skuai_arena_free(arena);
}

static void test_counter_based(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_synthetic first[20], again;
    skua_error err;
    for (uint64_t i = 0; i < 20; i++)
        assert_ok(skuai_synthetic_draw(&config, 9, i, arena, &first[i], &err), &err);
    size_t different = 0;
    for (uint64_t i = 20; i-- > 0;) { /* in another order, the same */
        assert_ok(skuai_synthetic_draw(&config, 9, i, arena, &again, &err), &err);
        assert_int_equal(again.length, first[i].length);
        assert_memory_equal(again.target, first[i].target, again.length * sizeof(double));
        assert_ok(skuai_synthetic_draw(&config, 10, i, arena, &again, &err), &err);
        different += again.length != first[i].length || again.target[0] != first[i].target[0];
    }
    assert_true(different >= 19);
    skuai_arena_free(arena);
}

/* Retail: a fair share of daily series is intermittent, and of monthly ones is not; promotions
 * raise demand, and higher prices lower it. */
static void test_retail(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    size_t sparse_day = 0, sparse_month = 0, promoted = 0, raised = 0, priced = 0, fell = 0;
    for (uint64_t i = 0; i < 400; i++) {
        skuai_synthetic s = draw(SKUAI_SYNTHETIC_RETAIL, SKUAI_FREQUENCY_MONTH, i, arena);
        sparse_month += skuai_demand_describe(s.target, s.length).interval > 1.32;
        s = draw(SKUAI_SYNTHETIC_RETAIL, SKUAI_FREQUENCY_DAY, i, arena);
        sparse_day += skuai_demand_describe(s.target, s.length).interval > 1.32;
        double sum[2] = {0}, n[2] = {0}, all = 0, xy = 0, xx = 0, mx = 0, my = 0;
        for (size_t t = 0; t < s.length; t++) {
            bool on = s.promotion && s.promotion[t] > 0;
            sum[on] += s.demand[t], n[on]++, all += s.demand[t] / (double)s.length;
        }
        if (all > 5 && n[1] >= 10) promoted++, raised += sum[1] / n[1] > sum[0] / n[0];
        if (all > 5 && s.price && !s.promotion) {
            for (size_t t = 0; t < s.length; t++)
                mx += log((double)s.price[t]), my += log(s.demand[t] + 1);
            mx /= (double)s.length, my /= (double)s.length;
            for (size_t t = 0; t < s.length; t++) {
                double x = log((double)s.price[t]) - mx;
                xy += x * (log(s.demand[t] + 1) - my), xx += x * x;
            }
            if (xx > 0.5) priced++, fell += xy < 0;
        }
        skuai_arena_clear(arena);
    }
    assert_true(sparse_day > 160 && sparse_day < 320);
    assert_true(sparse_month > 20 && sparse_month < 160);
    assert_true(promoted > 20 && raised > promoted * 8 / 10);
    assert_true(priced > 5 && fell > priced * 6 / 10);
    skuai_arena_free(arena);
}

/* Gaussian processes of daily frequency: the season is there in a part, smooth trends in a part. */
static void test_kernel_spectrum(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0), *scratch = skuai_arena_new(0);
    size_t seasonal = 0, trending = 0, n = 0;
    for (uint64_t i = 0; i < 300; i++) {
        skuai_synthetic s = draw(SKUAI_SYNTHETIC_KERNEL, SKUAI_FREQUENCY_DAY, i, arena);
        skuai_series_features f;
        skua_error err;
        if (skuai_series_describe(s.target, s.length, 7, scratch, &f, &err) == SKUA_OK) {
            n++, seasonal += f.seasonal_strength > 0.6, trending += f.trend_strength > 0.8;
        }
        skuai_arena_clear(arena);
        skuai_arena_clear(scratch);
    }
    assert_true(n > 250);
    assert_true(seasonal > n / 8 && seasonal < n * 7 / 8);
    assert_true(trending > n / 4);
    skuai_arena_free(arena);
    skuai_arena_free(scratch);
}

/* A mixture of one panel's series lies on its grid and inside its range of scaled values. */
static void test_mixture(void **state) {
    (void)state;
    skua_error err;
    skuai_grid grid = {.frequency = SKUAI_FREQUENCY_WEEK};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 0);
    double y[60];
    for (int s = 0; s < 3; s++) {
        for (int t = 0; t < 60; t++)
            y[t] = 10 * (s + 1) + t % 4;
        char name[] = {(char)('a' + s), 0};
        assert_ok(skuai_panel_builder_series(builder, name, 100 + s, 60, 0, y, NULL, NULL, &err),
                  &err);
    }
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    skuai_synthetic_config c = config;
    c.weight[SKUAI_SYNTHETIC_MIXTURE] = 1;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_synthetic s;
    assert_int_equal(skuai_synthetic_draw(&c, 1, 0, arena, &s, &err), SKUA_EINVAL); /* no panel */
    c.panels = (const skuai_panel *const[]){panel}, c.n_panels = 1;
    for (uint64_t i = 0; i < 50; i++) {
        assert_ok(skuai_synthetic_draw_kind(&c, SKUAI_SYNTHETIC_MIXTURE, SKUAI_FREQUENCY_DAY, 3, i,
                                            arena, &s, &err),
                  &err);
        assert_int_equal(s.kind, SKUAI_SYNTHETIC_MIXTURE);
        assert_int_equal(s.grid.frequency, SKUAI_FREQUENCY_WEEK);
        double low = INFINITY, high = -INFINITY;
        for (size_t t = 0; t < s.length; t++)
            low = fmin(low, s.target[t]), high = fmax(high, s.target[t]);
        assert_true(low > 0 && high / low < 1.31); /* 10 .. 13 at most */
    }
    skuai_arena_free(arena);
    skuai_panel_free(panel);
}

static void test_bad_settings(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_synthetic s;
    skua_error err;
    skuai_synthetic_config c = config;
    c.weight[0] = NAN;
    assert_int_equal(skuai_synthetic_draw(&c, 1, 0, arena, &s, &err), SKUA_EINVAL);
    c = config;
    c.shortest = 4;
    assert_int_equal(skuai_synthetic_draw(&c, 1, 0, arena, &s, &err), SKUA_EINVAL);
    c = config;
    memset(c.frequency, 0, sizeof c.frequency);
    assert_int_equal(skuai_synthetic_draw(&c, 1, 0, arena, &s, &err), SKUA_EINVAL);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed), cmocka_unit_test(test_counter_based),
        cmocka_unit_test(test_retail),      cmocka_unit_test(test_kernel_spectrum),
        cmocka_unit_test(test_mixture),     cmocka_unit_test(test_bad_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
