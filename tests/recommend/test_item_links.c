/* Interactions, cosines and the item regression beside values computed by hand or in double. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/random.h"
#include "math/linear.h"
#include "recommend/item_links.h"

#include <math.h>
#include <string.h>

static skuai_interactions *make(const skuai_interaction *rows, size_t n, size_t users, size_t items,
                                int32_t until) {
    skuai_interaction copy[512];
    skuai_interactions *x = NULL;
    skua_error err = {0};
    memcpy(copy, rows, n * sizeof *rows);
    assert_ok(skuai_interactions_new(copy, n, users, items, until, &x, &err), &err);
    return x;
}

static void rows_are_put_in_order_once_a_day(void **state) {
    (void)state;
    const skuai_interaction rows[] = {{1, 0, 9, 1}, {0, 2, 5, 0.1F}, {0, 1, 3, 1},
                                      {0, 2, 5, 1}, {0, 2, 7, 0.1F}, {2, 1, 4, 1}};
    skuai_interactions *x = make(rows, 6, 4, 3, INT32_MAX);
    assert_int_equal(x->n, 5); /* item 2 of user 0 on day 5 once, as a purchase */
    assert_int_equal(x->user_rows[1], 3);
    assert_int_equal(x->user_rows[4], 5);
    assert_int_equal(x->items[1], 2);
    assert_close(x->weights[1], 1, 0, 0);
    assert_int_equal(x->end, 10);
    assert_int_equal(x->item_users[x->item_rows[1]], 2); /* of item 1 the latest first */
    int32_t targets[8];
    assert_int_equal(skuai_interactions_targets(x, 0, 0, 10, targets, 8), 2);
    assert_int_equal(targets[0], 1);
    assert_int_equal(skuai_interactions_targets(x, 0, 6, 10, targets, 8), 0); /* a look is none */
    skuai_interactions *before = NULL;
    skua_error err = {0};
    assert_ok(skuai_interactions_before(x, 5, &before, &err), &err);
    assert_int_equal(before->n, 2);
    assert_int_equal(before->end, 5);
    skuai_interactions_free(before);
    skuai_interactions_free(x);
}

static void a_bad_number_is_named(void **state) {
    (void)state;
    skuai_interaction rows[] = {{0, 0, 1, 1}, {0, 3, 1, 1}};
    skuai_interactions *x = NULL;
    skua_error err = {0};
    assert_int_equal(skuai_interactions_new(rows, 2, 1, 3, INT32_MAX, &x, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "interaction 1"));
    assert_null(x);
}

static float link_of(const skuai_item_links *l, size_t i, int32_t j) {
    for (size_t k = l->rows[i]; k < l->rows[i + 1]; k++)
        if (l->to[k] == j) return l->weights[k];
    return 0;
}

static void neighbours_are_weighted_cosines(void **state) {
    (void)state;
    /* user 0: items 0 1; user 1: items 0 1 2; user 2: item 2 */
    const skuai_interaction rows[] = {{0, 0, 1, 1}, {0, 1, 1, 1}, {1, 0, 1, 1},
                                      {1, 1, 2, 1}, {1, 2, 3, 1}, {2, 2, 1, 1}};
    skuai_interactions *x = make(rows, 6, 3, 3, INT32_MAX);
    skuai_item_links *l = NULL;
    skua_error err = {0};
    assert_ok(skuai_item_neighbours(x, 2, NULL, &l, &err), &err);
    double a = 1 / log(4), b = 1 / log(5), c = 1 / log(3);
    assert_close(link_of(l, 0, 1), 1, 1e-6, 0);
    assert_close(link_of(l, 0, 2), b / sqrt((a + b) * (b + c)), 1e-6, 0);
    assert_close(link_of(l, 2, 0), link_of(l, 0, 2), 1e-6, 0);
    skuai_item_links_free(l);
    assert_ok(skuai_item_neighbours(x, 1, NULL, &l, &err), &err);
    assert_int_equal(l->rows[3], 3); /* one each */
    assert_close(link_of(l, 0, 2), 0, 0, 0);
    skuai_item_links_free(l);
    skuai_interactions_free(x);
}

/* The block inverse against Cholesky in double; several blocks and a rest. */
static void the_inverse_is_the_inverse(void **state) {
    (void)state;
    enum { N = 150 };
    skuai_random random;
    skuai_random_init(&random, 7);
    double *x = skuai_new(N * N, sizeof *x), *g = skuai_new(N * N, sizeof *g),
           *inverse = skuai_new(N * N, sizeof *g);
    float *a = skuai_new(N * N, sizeof *a);
    skua_error err = {0};
    assert_true(x && g && inverse && a);
    for (size_t k = 0; k < N * N; k++)
        x[k] = skuai_random_uniform(&random) < 0.1;
    skuai_matrix_gram(x, N, N, g);
    for (size_t i = 0; i < N; i++)
        g[i * N + i] += 20;
    for (size_t k = 0; k < N * N; k++)
        a[k] = (float)g[k];
    assert_ok(skuai_cholesky(g, N, &err), &err);
    skuai_cholesky_inverse(g, N, inverse);
    assert_ok(skuai_invert_blocks(NULL, a, N, &err), &err);
    for (size_t k = 0; k < N * N; k++)
        assert_close((double)a[k], inverse[k], 1e-4, 1e-6);
    a[0] = -1;
    assert_int_equal(skuai_invert_blocks(NULL, a, 1, &err), SKUA_ESINGULAR);
    skuai_free(x);
    skuai_free(g);
    skuai_free(inverse);
    skuai_free(a);
}

static void the_regression_is_ease(void **state) {
    (void)state;
    skuai_interaction rows[512];
    skuai_random random;
    size_t n = 0;
    double x[40 * 6] = {0}, g[36], p[36];
    skua_error err = {0};
    skuai_random_init(&random, 3);
    for (int32_t u = 0; u < 40; u++)
        for (int32_t i = 0; i < 6; i++)
            if (skuai_random_uniform(&random) < 0.4) {
                rows[n++] = (skuai_interaction){u, i, i, 1};
                x[u * 6 + i] = 1;
            }
    skuai_matrix_gram(x, 40, 6, g);
    for (size_t i = 0; i < 6; i++)
        g[i * 6 + i] += 5;
    assert_ok(skuai_cholesky(g, 6, &err), &err);
    skuai_cholesky_inverse(g, 6, p);
    skuai_interactions *all = make(rows, n, 40, 6, INT32_MAX);
    skuai_item_links *l = NULL;
    assert_ok(skuai_item_linear(all, 5, 6, 5, NULL, &l, &err), &err);
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 6; j++)
            assert_close((double)link_of(l, i, (int32_t)j), i == j ? 0 : -p[i * 6 + j] / p[j * 7],
                         1e-4, 1e-6);
    skuai_item_links_free(l);
    assert_ok(skuai_item_linear(all, 5, 3, 5, NULL, &l, &err), &err);
    size_t with = 0;
    for (size_t i = 0; i < 6; i++)
        with += l->rows[i + 1] > l->rows[i];
    assert_int_equal(with, 3); /* the three with most users alone */
    skuai_item_links_free(l);
    assert_int_equal(skuai_item_linear(all, 0, 6, 5, NULL, &l, &err), SKUA_EINVAL);
    skuai_interactions_free(all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_put_in_order_once_a_day),
        cmocka_unit_test(a_bad_number_is_named),
        cmocka_unit_test(neighbours_are_weighted_cosines),
        cmocka_unit_test(the_inverse_is_the_inverse),
        cmocka_unit_test(the_regression_is_ease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
