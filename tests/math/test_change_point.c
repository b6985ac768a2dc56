/* Change points beside the exact optimum under ruptures' costs, and ruptures' PELT (golden); and
 * beside a search through all segmentations. */
#include "golden.h"

#include "core/random.h"
#include "math/change_point.h"

#include <math.h>

enum { MAX = 400 };

static void test_golden(void **state) {
    (void)state;
    golden series = golden_load("series.csv"), g = golden_load("change_point.csv");
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skua_error err;
    size_t changes[MAX], n_changes;
    for (size_t i = 0; i < g.n; i++) {
        const golden_row *row = &g.rows[i];
        size_t shift = strncmp(row->name, "pelt:", 5) == 0 ? 1 : 0;
        char name[16], cost[16], least[8], penalty[8];
        const golden_row *y =
            golden_find(&series, golden_part(row->name, shift, name, sizeof name));
        (void)golden_part(row->name, shift + 1, cost, sizeof cost);
        (void)golden_part(row->name, shift + 2, least, sizeof least);
        (void)golden_part(row->name, shift + 3, penalty, sizeof penalty);
        skuai_change_options o = {.cost = strcmp(cost, "l2") == 0 ? SKUAI_CHANGE_MEAN
                                                                  : SKUAI_CHANGE_MEAN_VARIANCE,
                                  .least = (size_t)strtoul(least, NULL, 10),
                                  .penalty = strtod(penalty, NULL),
                                  .floor = 1e-6}; /* as ruptures adds */
        assert_ok(skuai_change_points(y->values, y->n, &o, arena, changes, MAX, &n_changes, &err),
                  &err);
        assert_int_equal(n_changes, (size_t)row->values[0]);
        for (size_t k = 0; k < n_changes; k++)
            assert_int_equal(changes[k], (size_t)row->values[k + 1]);
    }
    assert_int_equal(g.n, 10);
    skuai_arena_free(arena);
    golden_free(&series);
    golden_free(&g);
}

static double cost_of(const double *y, size_t from, size_t to, skuai_change_cost cost) {
    double mean = 0, squares = 0, count = (double)(to - from);
    for (size_t i = from; i < to; i++)
        mean += y[i] / count;
    for (size_t i = from; i < to; i++)
        squares += (y[i] - mean) * (y[i] - mean);
    return cost == SKUAI_CHANGE_MEAN ? squares : count * log(squares / count + 0.01);
}

static double total(const double *y, size_t n, const size_t *changes, size_t n_changes,
                    const skuai_change_options *o) {
    double sum = 0;
    for (size_t k = 0; k <= n_changes; k++)
        sum += cost_of(y, k ? changes[k - 1] : 0, k < n_changes ? changes[k] : n, o->cost);
    return sum + o->penalty * (double)n_changes;
}

/* No segmentation of 12 values is cheaper than the one found. */
static void test_exhaustive(void **state) {
    (void)state;
    enum { N = 12 };
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skuai_random random;
    skuai_random_init(&random, 6);
    skua_error err;
    for (size_t trial = 0; trial < 40; trial++) {
        double y[N], level = 0;
        for (size_t i = 0; i < N; i++) {
            if (skuai_random_uniform(&random) < 0.2) level = 4 * skuai_random_normal(&random);
            y[i] = level + skuai_random_normal(&random);
        }
        skuai_change_options o = {.cost =
                                      trial % 2 ? SKUAI_CHANGE_MEAN : SKUAI_CHANGE_MEAN_VARIANCE,
                                  .least = 1 + trial % 3,
                                  .penalty = 0.5 + 5 * skuai_random_uniform(&random),
                                  .floor = 0.01};
        size_t found[N], n_found, changes[N];
        assert_ok(skuai_change_points(y, N, &o, arena, found, N, &n_found, &err), &err);
        double best = total(y, N, found, n_found, &o);
        for (unsigned set = 0; set < 1U << (N - 1); set++) {
            size_t count = 0, last = 0;
            bool allowed = true;
            for (size_t i = 1; i <= N; i++)
                if (i == N || (set >> (i - 1) & 1U)) {
                    allowed = allowed && i - last >= o.least;
                    last = i;
                    if (i < N) changes[count++] = i;
                }
            if (allowed) assert_true(total(y, N, changes, count, &o) >= best - 1e-9);
        }
    }
    skuai_arena_free(arena);
}

static void test_defaults(void **state) {
    (void)state;
    skuai_arena *arena = skuai_arena_new(0);
    assert_non_null(arena);
    skuai_random random;
    skuai_random_init(&random, 60);
    skua_error err;
    double y[300], flat[20];
    size_t changes[4], n_changes, false_alarms = 0;
    for (size_t i = 0; i < 300; i++)
        y[i] = 1000 + (i < 100 ? 0 : i < 220 ? 40 : 10) + 5 * skuai_random_normal(&random);
    for (int cost = 0; cost < 2; cost++) {
        skuai_change_options o = {.cost = (skuai_change_cost)cost, .least = 5};
        assert_ok(skuai_change_points(y, 300, &o, arena, changes, 4, &n_changes, &err), &err);
        assert_int_equal(n_changes, 2);
        assert_in_range(changes[0], 99, 101);
        assert_in_range(changes[1], 219, 221);
        assert_ok(skuai_change_points(y, 300, &o, arena, changes, 1, &n_changes, &err), &err);
        assert_int_equal(n_changes, 2); /* more than fit: the first is stored */
        assert_in_range(changes[0], 99, 101);
        for (size_t trial = 0; trial < 100; trial++) {
            for (size_t i = 0; i < 300; i++)
                y[i] = skuai_random_normal(&random);
            assert_ok(skuai_change_points(y, 300, &o, arena, changes, 4, &n_changes, &err), &err);
            false_alarms += n_changes > 0;
        }
        for (size_t i = 0; i < 300; i++)
            y[i] = 1000 + (i < 100 ? 0 : i < 220 ? 40 : 10) + 5 * skuai_random_normal(&random);
    }
    assert_true(false_alarms <= 20); /* of 200 */
    for (size_t i = 0; i < 20; i++)
        flat[i] = 3;
    skuai_change_options o = {.cost = SKUAI_CHANGE_MEAN};
    assert_ok(skuai_change_points(flat, 20, &o, arena, changes, 4, &n_changes, &err), &err);
    assert_int_equal(n_changes, 0);
    n_changes = 42;
    assert_int_equal(skuai_change_points(flat, 0, &o, arena, changes, 4, &n_changes, &err),
                     SKUA_EDATA);
    flat[3] = NAN;
    assert_int_equal(skuai_change_points(flat, 20, &o, arena, changes, 4, &n_changes, &err),
                     SKUA_EDATA);
    o.penalty = -1;
    assert_int_equal(skuai_change_points(flat, 20, &o, arena, changes, 4, &n_changes, &err),
                     SKUA_EINVAL);
    assert_int_equal(n_changes, 42);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_exhaustive),
                                       cmocka_unit_test(test_defaults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
