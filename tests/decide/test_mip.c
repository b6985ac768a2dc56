/* Integer programmes: against enumeration; infeasible, unbounded, crossing bounds; silence. */
#include "support/support.h"

#include "core/random.h"
#include "decide/mip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* maximise sum v x, sum w x <= c, x binary */
static void knapsacks_agree_with_enumeration(void **state) {
    (void)state;
    enum { N = 12 };
    for (uint64_t seed = 1; seed <= 5; seed++) {
        skuai_random random;
        double v[N], w[N], zero[N] = {0}, one[N], x[N], row_lower = -INFINITY, capacity = 0;
        unsigned char whole[N];
        int starts[N + 1], rows[N];
        skuai_random_init(&random, seed);
        for (int j = 0; j < N; j++) {
            v[j] = 1 + 9 * skuai_random_uniform(&random);
            w[j] = 1 + 9 * skuai_random_uniform(&random);
            one[j] = 1, whole[j] = 1, starts[j] = j, rows[j] = 0;
            capacity += w[j] / 3;
        }
        starts[N] = N;
        double best = 0;
        for (int set = 0; set < 1 << N; set++) {
            double value = 0, weight = 0;
            for (int j = 0; j < N; j++)
                if (set >> j & 1) value += v[j], weight += w[j];
            if (weight <= capacity && value > best) best = value;
        }
        skuai_mip mip = {N, 1, v, zero, one, whole, starts, rows, w, &row_lower, &capacity};
        skuai_mip_result result;
        skua_error err;
        assert_ok(skuai_mip_solve(&mip, &(skuai_mip_options){0}, x, &result, &err), &err);
        assert_int_equal(result.found, SKUAI_MIP_OPTIMAL);
        assert_close(result.objective, best, 1e-9, 0);
        assert_true(result.bound >= best - 1e-6 && result.gap < 1e-6);
    }
}

static void what_cannot_be_is_said(void **state) {
    (void)state;
    double v[1] = {1}, lower[1] = {0}, upper[1] = {INFINITY}, w[1] = {1}, x[1] = {7};
    double row_lower = 3, row_upper = 5;
    unsigned char whole[1] = {1};
    int starts[2] = {0, 1}, rows[1] = {0};
    skuai_mip mip = {1, 1, v, lower, upper, whole, starts, rows, w, &row_lower, &row_upper};
    skuai_mip_result result;
    skua_error err;
    assert_ok(skuai_mip_solve(&mip, &(skuai_mip_options){0}, x, &result, &err), &err);
    assert_close(x[0], 5, 1e-12, 0);
    upper[0] = 2; /* below the row's least */
    x[0] = 7;
    assert_ok(skuai_mip_solve(&mip, &(skuai_mip_options){0}, x, &result, &err), &err);
    assert_int_equal(result.found, SKUAI_MIP_INFEASIBLE);
    assert_close(x[0], 7, 0, 0);
    upper[0] = -1;
    assert_int_equal(skuai_mip_solve(&mip, &(skuai_mip_options){0}, x, &result, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "column 0"));
}

static void nothing_is_printed(void **state) {
    (void)state;
    char path[64] = "/tmp/skua_mip_XXXXXX";
    int file = mkstemp(path), kept = dup(1);
    assert_true(file >= 0 && kept >= 0);
    (void)fflush(stdout);
    assert_true(dup2(file, 1) >= 0);
    knapsacks_agree_with_enumeration(NULL);
    (void)fflush(stdout);
    off_t size = lseek(file, 0, SEEK_END);
    assert_true(dup2(kept, 1) >= 0);
    (void)close(file);
    (void)close(kept);
    (void)unlink(path);
    assert_int_equal(size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knapsacks_agree_with_enumeration),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(nothing_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
