/* Shrinking: with known variances the answer is the weighted mean of the textbook. */
#include "support/support.h"

#include <math.h>

#include "cause/effect_shrink.h"
#include "core/random.h"

enum { N = 400 };

static double estimate[N], variance[N], mean[N], posterior[N], truth[N];
static int32_t group[N];

static void draw(uint64_t seed, double between, double within, double noise) {
    skuai_random r;
    skuai_random_init(&r, seed);
    double level[10];
    for (size_t g = 0; g < 10; g++)
        level[g] = between * skuai_random_normal(&r);
    for (size_t i = 0; i < N; i++) {
        group[i] = (int32_t)(i % 10);
        truth[i] = -2 + level[i % 10] + within * skuai_random_normal(&r);
        variance[i] = noise * (0.5 + skuai_random_uniform(&r));
        estimate[i] = truth[i] + sqrt(variance[i]) * skuai_random_normal(&r);
    }
}

static skuai_shrink run(bool grouped, int iterations) {
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_shrink s = {.n = N,
                      .k = 1,
                      .estimate = estimate,
                      .covariance = variance,
                      .category = grouped ? group : NULL,
                      .iterations = iterations,
                      .mean = mean,
                      .variance = posterior};
    assert_ok(skuai_shrink_run(&s, arena, &err), &err);
    skuai_arena_free(arena);
    return s;
}

static void spread_is_found_and_errors_fall(void **state) {
    (void)state;
    enum { SEEDS = 8 };
    double before = 0, after = 0, own = 0;
    size_t inside = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        draw(seed, 0.5, 0.3, 0.25);
        skuai_shrink s = run(true, 200);
        own += sqrt(s.own[0]) / SEEDS;
        assert_close(sqrt(s.by_category[0]), 0.5, 0, 0.3);
        for (size_t i = 0; i < N; i++) {
            before += fabs(estimate[i] - truth[i]);
            after += fabs(mean[i] - truth[i]);
            inside += fabs(mean[i] - truth[i]) <= 1.645 * sqrt(posterior[i]);
        }
    }
    assert_close(own, 0.3, 0, 0.03);
    assert_true(after < 0.7 * before);
    assert_close((double)inside / N / SEEDS, 0.9, 0, 0.02);
}

/* Given its own spread, an item's posterior is the precision-weighted mean of the hand. */
static void posterior_is_the_textbook(void **state) {
    (void)state;
    draw(2, 0, 0.4, 0.1);
    skuai_shrink s = run(false, 100);
    double weight = 0, sum = 0;
    for (size_t i = 0; i < N; i++) {
        weight += 1 / (variance[i] + s.own[0]);
        sum += estimate[i] / (variance[i] + s.own[0]);
    }
    double common = sum / weight;
    assert_close(s.pooled[0], common, 0, 1e-5);
    for (size_t i = 0; i < N; i += 37) {
        double keep = s.own[0] / (s.own[0] + variance[i]);
        assert_close(mean[i], common + keep * (estimate[i] - common), 0, 1e-5);
        double v = keep * variance[i] + (1 - keep) * (1 - keep) / weight;
        assert_close(posterior[i], v, 0, 1e-5);
    }
}

/* Forty items tell little of their own spread: taken at its best, intervals of 90 % hold too
 * little; integrated over, they hold what they promise, and no error grows. */
static void an_uncertain_spread_counts(void **state) {
    (void)state;
    enum { FEW = 40, SEEDS = 200 };
    skua_error err;
    size_t inside[2] = {0, 0};
    double error[2] = {0, 0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        draw(seed, 0.5, 0.3, 0.2);
        for (int u = 0; u < 2; u++) {
            skuai_arena *arena = skuai_arena_new(0);
            skuai_shrink s = {.n = FEW,
                              .k = 1,
                              .estimate = estimate,
                              .covariance = variance,
                              .category = group,
                              .iterations = 100,
                              .uncertain = u,
                              .usual = {1},
                              .mean = mean,
                              .variance = posterior};
            assert_ok(skuai_shrink_run(&s, arena, &err), &err);
            skuai_arena_free(arena);
            for (size_t i = 0; i < FEW; i++) {
                inside[u] += fabs(mean[i] - truth[i]) <= 1.645 * sqrt(posterior[i]);
                error[u] += fabs(mean[i] - truth[i]);
            }
        }
    }
    double held[2] = {(double)inside[0] / FEW / SEEDS, (double)inside[1] / FEW / SEEDS};
    print_message("held %.3f at its best, %.3f integrated; errors %.4f, %.4f\n", held[0], held[1],
                  error[0] / FEW / SEEDS, error[1] / FEW / SEEDS);
    assert_true(held[1] > held[0] + 0.01);
    assert_close(held[1], 0.9, 0, 0.02);
    assert_true(error[1] < 1.01 * error[0]);
}

/* Effects that move along a covariate are drawn towards its line: the slope is found, errors fall
 * by what it explains, and intervals hold. */
static void a_slope_is_found(void **state) {
    (void)state;
    enum { FEW = 60, SEEDS = 40 };
    skua_error err;
    static double along[N];
    double error[2] = {0, 0};
    size_t inside = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        skuai_random r;
        skuai_random_init(&r, 100 + seed);
        draw(seed, 0.3, 0.15, 0.3);
        double sum = 0;
        for (size_t i = 0; i < FEW; i++)
            sum += along[i] = skuai_random_normal(&r);
        for (size_t i = 0; i < FEW; i++) {
            along[i] -= sum / FEW;
            truth[i] += 0.4 * along[i];
            estimate[i] += 0.4 * along[i];
        }
        for (int with = 0; with < 2; with++) {
            skuai_arena *arena = skuai_arena_new(0);
            skuai_shrink s = {.n = FEW,
                              .k = 1,
                              .estimate = estimate,
                              .covariance = variance,
                              .category = group,
                              .covariate = with ? along : NULL,
                              .iterations = 100,
                              .uncertain = true,
                              .usual = {1},
                              .mean = mean,
                              .variance = posterior};
            assert_ok(skuai_shrink_run(&s, arena, &err), &err);
            skuai_arena_free(arena);
            for (size_t i = 0; i < FEW; i++) {
                error[with] += fabs(mean[i] - truth[i]) / FEW / SEEDS;
                inside += with && fabs(mean[i] - truth[i]) <= 1.645 * sqrt(posterior[i]);
            }
        }
    }
    print_message("errors %.3f without the slope, %.3f with it\n", error[0], error[1]);
    assert_true(error[1] < 0.75 * error[0]);
    assert_close((double)inside / FEW / SEEDS, 0.9, 0, 0.04);
}

static void nothing_is_an_error(void **state) {
    (void)state;
    skua_error err;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_shrink s = {.k = 1};
    assert_int_equal(skuai_shrink_run(&s, arena, &err), SKUA_EDATA);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spread_is_found_and_errors_fall),
        cmocka_unit_test(posterior_is_the_textbook),
        cmocka_unit_test(an_uncertain_spread_counts),
        cmocka_unit_test(a_slope_is_found),
        cmocka_unit_test(nothing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
