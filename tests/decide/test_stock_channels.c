/* Channels of one stock: their own distributions stay, and the spread of the sum is as asked. */
#include "support/support.h"

#include "core/random.h"
#include "decide/stock_channels.h"

#include <math.h>
#include <stdlib.h>

enum { N = 5000, H = 3 };

static void the_spread_of_the_sum_follows_the_correlation(void **state) {
    (void)state;
    double *a = malloc(sizeof *a * N * H), *b = malloc(sizeof *b * N * H),
           *sum = malloc(sizeof *sum * N * H);
    const double *paths[2] = {a, b};
    skuai_random random;
    skua_error err;
    skuai_random_init(&random, 4);
    for (size_t i = 0; i < (size_t)N * H; i++) {
        a[i] = 50 + 6 * skuai_random_normal(&random);
        b[i] = 30 + 8 * skuai_random_normal(&random);
    }
    for (double r = 0; r < 0.9; r += 0.4) {
        assert_ok(skuai_channels_add(paths, 2, N, H, r, 1, sum, &err), &err);
        double mean = 0, variance = 0;
        for (size_t p = 0; p < N; p++) {
            double total = sum[p * H] + sum[p * H + 1] + sum[p * H + 2];
            mean += total / N;
            variance += total * total / N;
        }
        variance -= mean * mean;
        assert_close(mean, 240, 1e-2, 0);
        assert_close(variance, 3 * (36 + 64 + 2 * r * 48), 6e-2, 0);
    }
    assert_int_equal(skuai_channels_add(paths, 2, N, H, 1, 1, sum, &err), SKUA_EINVAL);
    free(a), free(b), free(sum);
}

static void correlation_is_that_of_surprises(void **state) {
    (void)state;
    enum { T = 70 };
    double y[3][T];
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 7);
    skuai_panel *panel = NULL;
    skuai_random random;
    skua_error err;
    skuai_random_init(&random, 4);
    for (size_t t = 0; t < T; t++) {
        double season = 20 * sin(6.283 * (double)t / 7), common = skuai_random_normal(&random);
        y[0][t] = 100 + season + 3 * common + skuai_random_normal(&random);
        y[1][t] = 50 + season + 3 * common + skuai_random_normal(&random);
        y[2][t] = 50 + season + 3 * skuai_random_normal(&random); /* the season alone in common */
    }
    const char *names[] = {"x/a", "x/b", "x/c"};
    for (size_t s = 0; s < 3; s++)
        assert_ok(skuai_panel_builder_series(builder, names[s], (int64_t)s, T - s, 0, y[s] + s,
                                             NULL, NULL, &err),
                  &err);
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    assert_close(skuai_channels_correlation(panel, 0, 1), 0.9, 0, 0.1);
    assert_true(skuai_channels_correlation(panel, 0, 2) < 0.4);
    skuai_panel_builder_free(builder);
    skuai_panel_free(panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_spread_of_the_sum_follows_the_correlation),
        cmocka_unit_test(correlation_is_that_of_surprises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
