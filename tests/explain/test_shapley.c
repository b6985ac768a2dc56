/* Shapley values beside their definition: the mean over all orders of joining. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "core/random.h"
#include "explain/shapley.h"

enum { K = 2 };

/* A game with interactions of every order: worth of coalition c is table[c]. */
typedef struct table_game {
    size_t n;
    double worth[1 << 10][K];
} table_game;

static skua_status look_up(void *user, const bool *coalitions, size_t m, double *values,
                           skua_error *err) {
    (void)err;
    const table_game *t = user;
    for (size_t c = 0; c < m; c++) {
        size_t at = 0;
        for (size_t i = 0; i < t->n; i++)
            at |= (size_t)coalitions[c * t->n + i] << i;
        memcpy(values + c * K, t->worth[at], sizeof t->worth[at]);
    }
    return SKUA_OK;
}

static table_game table;

static skuai_game random_game(size_t n, uint64_t seed) {
    skuai_random r;
    skuai_random_init(&r, seed);
    table.n = n;
    for (size_t c = 0; c < (size_t)1 << n; c++)
        for (size_t h = 0; h < K; h++)
            table.worth[c][h] = 10 * skuai_random_normal(&r);
    return (skuai_game){n, K, look_up, &table};
}

/* By the definition: every order of n players, written without the weights of the formula. */
static void by_orders(size_t n, size_t *order, size_t depth, size_t taken, double *sum,
                      size_t *orders) {
    if (depth == n) {
        size_t at = 0;
        for (size_t i = 0; i < n; i++) {
            size_t next = at | (size_t)1 << order[i];
            for (size_t h = 0; h < K; h++)
                sum[order[i] * K + h] += table.worth[next][h] - table.worth[at][h];
            at = next;
        }
        (*orders)++;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (taken >> i & 1) continue;
        order[depth] = i;
        by_orders(n, order, depth + 1, taken | (size_t)1 << i, sum, orders);
    }
}

static void exact_is_the_definition(void **state) {
    (void)state;
    skua_error err;
    for (size_t n = 1; n <= 8; n++) {
        skuai_game game = random_game(n, n);
        double sum[8 * K] = {0}, phi[8 * K], none[K], all[K];
        size_t order[8], orders = 0;
        by_orders(n, order, 0, 0, sum, &orders);
        for (size_t i = 0; i < n * K; i++)
            sum[i] /= (double)orders;
        assert_ok(skuai_shapley_exact(&game, phi, none, all, &err), &err);
        assert_close_array(phi, sum, n * K, 0, 1e-9);
        assert_ok(skuai_shapley_kernel(&game, 1 << n, 1, phi, none, all, &err), &err);
        assert_close_array(phi, sum, n * K, 0, 1e-8);
        assert_close(none[1], table.worth[0][1], 0, 0);
    }
}

/* Samples come near, and nearer with more of them; sums hold always. */
static void samples_come_near(void **state) {
    (void)state;
    skua_error err;
    double exact[10 * K], phi[10 * K], none[K], all[K], error[2][2] = {{0}};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        skuai_game game = random_game(10, seed);
        assert_ok(skuai_shapley_exact(&game, exact, none, all, &err), &err);
        for (size_t more = 0; more < 2; more++) {
            assert_ok(skuai_shapley_kernel(&game, more ? 800 : 100, seed, phi, none, all, &err),
                      &err);
            for (size_t i = 0; i < 10 * K; i++)
                error[0][more] += fabs(phi[i] - exact[i]);
            assert_ok(skuai_shapley_permutation(&game, more ? 80 : 10, seed, phi, none, all, &err),
                      &err);
            for (size_t i = 0; i < 10 * K; i++)
                error[1][more] += fabs(phi[i] - exact[i]);
            double sum = none[0];
            for (size_t i = 0; i < 10; i++)
                sum += phi[i * K];
            assert_close(sum, all[0], 0, 1e-9);
        }
    }
    assert_true(error[0][1] < 0.6 * error[0][0]);
    assert_true(error[1][1] < 0.6 * error[1][0]);
}

static skua_status broken(void *user, const bool *coalitions, size_t m, double *values,
                          skua_error *err) {
    (void)user, (void)coalitions, (void)err;
    for (size_t i = 0; i < m * K; i++)
        values[i] = NAN;
    return SKUA_OK;
}

static void refuses(void **state) {
    (void)state;
    skua_error err;
    double phi[64], none[K], all[K];
    skuai_game game = random_game(5, 1);
    game.worth = broken;
    assert_int_equal(skuai_shapley_exact(&game, phi, none, all, &err), SKUA_EDATA);
    game = random_game(5, 1);
    assert_int_equal(skuai_shapley_kernel(&game, 2, 1, phi, none, all, &err), SKUA_EINVAL);
    assert_int_equal(skuai_shapley_permutation(&game, 0, 1, phi, none, all, &err), SKUA_EINVAL);
    game.n = 13;
    assert_int_equal(skuai_shapley_exact(&game, phi, none, all, &err), SKUA_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_is_the_definition),
        cmocka_unit_test(samples_come_near),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
