/* What is pulled forward: planted dips are found, a trend is none. */
#include "support/support.h"

#include "decide/promo_dip.h"

#include <math.h>

enum { N = 60, WINDOW = 5 };

/* 20 a period with a slope; 3 promoted periods from 20 on sell `up` more each, the five behind them
 * `down` less each. */
static skuai_promo_dip plant(double slope, double up, double down) {
    double y[N];
    float promoted[N] = {0};
    for (size_t t = 0; t < N; t++) {
        y[t] = 20 + slope * (double)t;
        if (t >= 20 && t < 23) y[t] += up, promoted[t] = 1;
        if (t >= 23 && t < 28) y[t] -= down;
    }
    return skuai_promo_dip_measure(y, promoted, N, WINDOW);
}

static void a_planted_dip_is_found(void **state) {
    (void)state;
    skuai_promo_dip d = plant(0, 10, 2);
    double share, error;
    assert_int_equal(d.runs, 1);
    assert_close(d.uplift, 30, 1e-9, 0);
    assert_close(d.dip, 10, 1e-9, 0);
    skuai_promo_dip both[] = {d, plant(0, 10, 4)};
    skuai_promo_dip_share(both, 2, &share, &error);
    assert_close(share, 30.0 / 60, 1e-9, 0);
    /* left out one by one: 2/3 and 1/3 */
    assert_close(error, sqrt(0.5 * 2 * (1.0 / 6) * (1.0 / 6)), 1e-9, 0);
}

static void a_trend_is_no_dip(void **state) {
    (void)state;
    skuai_promo_dip d = plant(0.3, 10, 0);
    double share, error;
    assert_close(d.dip, 0, 0, 5); /* half a period off the middle of the windows */
    assert_true(fabs(d.dip) < 0.12 * d.uplift);
    d = plant(0, 0, 0);
    skuai_promo_dip_share(&d, 1, &share, &error);
    assert_close(share, 0, 0, 0);
    d = plant(0, 10, 40);
    skuai_promo_dip_share(&d, 1, &share, &error);
    assert_close(share, 1, 0, 0); /* no more than all of it */
}

static void runs_without_plain_periods_are_left_out(void **state) {
    (void)state;
    double y[N];
    float promoted[N] = {0};
    for (size_t t = 0; t < N; t++)
        y[t] = 20;
    promoted[20] = promoted[24] = 1; /* the second stands in the first's window, and so on */
    assert_int_equal(skuai_promo_dip_measure(y, promoted, N, WINDOW).runs, 0);
    promoted[24] = 0;
    y[22] = (double)NAN;
    assert_int_equal(skuai_promo_dip_measure(y, promoted, N, WINDOW).runs, 0);
    y[22] = 20;
    assert_int_equal(skuai_promo_dip_measure(y, promoted, N, WINDOW).runs, 1);
    promoted[20] = 0, promoted[55] = 1;
    assert_int_equal(skuai_promo_dip_measure(y, promoted, N, WINDOW).runs,
                     0); /* too near the end */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_planted_dip_is_found),
        cmocka_unit_test(a_trend_is_no_dip),
        cmocka_unit_test(runs_without_plain_periods_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
