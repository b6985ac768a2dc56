/* Classical policies: against stockpyl (golden/stock), the anchors of Snyder & Shen, and samples.
 */
#include "support/support.h"

#include "core/random.h"
#include "decide/textbook.h"
#include "math/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 12 };

static skuai_arena *arena;

static void check_reorder(const char *name, const double *v) {
    skua_error err;
    double r, q, cost;
    if (strcmp(name, "reorder_normal_cost") == 0) {
        skuai_stock_law law = skuai_stock_normal(v[6], v[7]);
        skuai_reorder_costs c = {v[4], v[2], v[3], v[5]};
        assert_close(skuai_reorder_cost(&law, &c, v[0], v[1]), v[8], 1e-6, 0);
    } else if (strcmp(name, "reorder_normal_point") == 0) {
        skuai_stock_law law = skuai_stock_normal(v[5], v[6]);
        skuai_reorder_costs c = {v[3], v[1], v[2], v[4]};
        assert_ok(skuai_reorder_point(&law, &c, v[0], &r, &err), &err);
        assert_close(r, v[7], 1e-6, 0);
    } else if (strcmp(name, "reorder_poisson") == 0) {
        skuai_stock_law law = skuai_stock_poisson(v[4]);
        skuai_reorder_costs c = {v[2], v[0], v[1], v[3]};
        assert_ok(skuai_reorder_optimum(&law, &c, &r, &q, &cost, &err), &err);
        assert_close(r, v[5], 0, 0);
        assert_close(q, v[6], 0, 0);
        assert_close(cost, v[7], 1e-9, 0);
        assert_ok(skuai_reorder_point(&law, &c, q, &r, &err), &err);
        assert_close(r, v[5], 0, 0);
    } else {
        skuai_stock_law law = skuai_stock_poisson(v[6]);
        skuai_reorder_costs c = {v[4], v[2], v[3], v[5]};
        assert_close(skuai_reorder_cost(&law, &c, v[0], v[1]), v[7], 1e-9, 0);
    }
}

static void check_order_up_to(const char *name, const double *v) {
    skua_error err;
    bool cost_only = strstr(name, "_cost") != NULL;
    const double *p = cost_only ? v + 2 : v;
    skuai_stock_law law = skuai_stock_poisson(p[3]);
    skuai_reorder_costs c = {p[2], p[0], p[1], p[3]};
    if (cost_only) {
        assert_close(skuai_order_up_to_cost(&law, &law, &c, arena, (int)v[0], (int)v[1]), p[4],
                     1e-9, 0);
        return;
    }
    int s, S;
    double cost;
    assert_ok(skuai_order_up_to_optimum(&law, &law, &c, arena, &s, &S, &cost, &err), &err);
    assert_close(s, v[4], 0, 0);
    assert_close(S, v[5], 0, 0);
    assert_close(cost, v[6], 1e-9, 0);
}

static void check_row(const char *name, const double *v) {
    skua_error err;
    double level, cost;
    if (strcmp(name, "newsvendor_normal") == 0) {
        skuai_stock_law law = skuai_stock_normal(v[2], v[3]);
        assert_ok(skuai_newsvendor(&law, v[0], v[1], &level, &cost, &err), &err);
        assert_close(level, v[4], 1e-9, 0);
        assert_close(cost, v[5], 1e-9, 0);
    } else if (strcmp(name, "newsvendor_poisson") == 0) {
        skuai_stock_law law = skuai_stock_poisson(v[2]);
        assert_ok(skuai_newsvendor(&law, v[0], v[1], &level, &cost, &err), &err);
        assert_close(level, v[3], 0, 0);
        assert_close(cost, v[4], 1e-9, 0);
    } else if (strcmp(name, "eoq") == 0) {
        assert_ok(skuai_economic_order(v[0], v[1], v[2], v[3], &level, &cost, &err), &err);
        assert_close(level, v[4], 1e-9, 0);
        assert_close(cost, v[5], 1e-9, 0);
    } else if (strcmp(name, "loss_normal") == 0) {
        skuai_stock_law law = skuai_stock_normal(v[0], v[1]);
        assert_close(skuai_stock_law_loss(&law, v[2]), v[3], 1e-9, 1e-12);
        assert_close(skuai_stock_law_loss2(&law, v[2]), v[4], 1e-9, 1e-12);
    } else if (strcmp(name, "loss_poisson") == 0) {
        skuai_stock_law law = skuai_stock_poisson(v[0]);
        assert_close(skuai_stock_law_loss(&law, v[1]), v[2], 1e-9, 0);
    } else if (strcmp(name, "loss_negative_binomial") == 0) {
        skuai_stock_law law = {.kind = SKUAI_STOCK_NEGATIVE_BINOMIAL, .mean = v[0], .size = v[1]};
        assert_close(skuai_stock_law_loss(&law, v[2]), v[3], 1e-8, 0);
    } else if (strncmp(name, "reorder", 7) == 0) {
        check_reorder(name, v);
    } else {
        assert_int_equal(strncmp(name, "order_up_to", 11), 0);
        check_order_up_to(name, v);
    }
}

static void stockpyl_agrees(void **state) {
    (void)state;
    char path[512], line[1024];
    FILE *file = fopen(test_source("tests/golden/stock/stock.tsv", path, sizeof path), "r");
    assert_non_null(file);
    size_t rows = 0;
    for (; fgets(line, sizeof line, file); rows++) {
        double v[NUMBERS] = {0};
        char *save = NULL, *name = strtok_r(line, "\t\n", &save), *text;
        for (size_t i = 0; i < NUMBERS && (text = strtok_r(NULL, "\t\n", &save)); i++)
            v[i] = strtod(text, NULL);
        check_row(name, v);
    }
    (void)fclose(file);
    assert_int_equal(rows, 39);
}

/* A sample of a law gives the law's answers, up to sampling error. */
static void a_sample_stands_for_its_law(void **state) {
    (void)state;
    enum { N = 200000 };
    double *x = malloc(N * sizeof *x), level, level_of_sample, cost, cost_of_sample;
    skuai_random random;
    skua_error err;
    skuai_random_init(&random, 3);
    for (size_t i = 0; i < N; i++)
        x[i] = 120 + 10 * skuai_random_normal(&random);
    skuai_sort(x, N);
    skuai_stock_law law = skuai_stock_normal(120, 10), sample = skuai_stock_sample(x, N);
    assert_ok(skuai_newsvendor(&law, 2, 18, &level, &cost, &err), &err);
    assert_ok(skuai_newsvendor(&sample, 2, 18, &level_of_sample, &cost_of_sample, &err), &err);
    assert_close(level_of_sample, level, 2e-3, 0);
    assert_close(cost_of_sample, cost, 1e-2, 0);
    assert_close(skuai_stock_law_loss2(&sample, 125), skuai_stock_law_loss2(&law, 125), 2e-2, 0);
    assert_close(skuai_stock_law_cdf(&sample, 110), skuai_stock_law_cdf(&law, 110), 2e-2, 0);
    skuai_reorder_costs c = {100, 1, 20, 60};
    double r, q, r_of_sample, q_of_sample;
    assert_ok(skuai_reorder_optimum(&law, &c, &r, &q, &cost, &err), &err);
    assert_ok(skuai_reorder_optimum(&sample, &c, &r_of_sample, &q_of_sample, &cost_of_sample, &err),
              &err);
    assert_close(r_of_sample, r, 5e-3, 0);
    assert_close(q_of_sample, q, 1e-2, 0);
    free(x);
}

/* No neighbour of the optimum is cheaper. */
static void the_optimum_is_one(void **state) {
    (void)state;
    skuai_stock_law law = skuai_stock_normal(60, 17);
    skuai_reorder_costs c = {100, 1, 20, 30};
    skua_error err;
    double r, q, cost;
    assert_ok(skuai_reorder_optimum(&law, &c, &r, &q, &cost, &err), &err);
    for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1; j++)
            assert_true(skuai_reorder_cost(&law, &c, r + i * 0.5, q + j * 0.5) >= cost - 1e-9);
}

static void bad_costs_are_named(void **state) {
    (void)state;
    skuai_stock_law law = skuai_stock_normal(10, 2), none = skuai_stock_normal(10, 0);
    skua_error err;
    double level = 7;
    assert_int_equal(skuai_newsvendor(&law, -1, 2, &level, NULL, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "too much is -1"));
    assert_int_equal(skuai_newsvendor(&law, 1, (double)NAN, &level, NULL, &err), SKUA_EINVAL);
    assert_int_equal(skuai_newsvendor(&none, 1, 2, &level, NULL, &err), SKUA_EINVAL);
    assert_close(level, 7, 0, 0);
    assert_int_equal(skuai_economic_order(0, 1, 0, 5, &level, NULL, &err), SKUA_EINVAL);
}

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stockpyl_agrees),
        cmocka_unit_test(a_sample_stands_for_its_law),
        cmocka_unit_test(the_optimum_is_one),
        cmocka_unit_test(bad_costs_are_named),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
