/* Demand rates against statsforecast (tests/golden/intermittent/make.py) and by hand. */
#include "support/support.h"

#include "stat/intermittent/demand_rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 200, RATES = 6 };

/* One row of rates.csv: six rates, then the values apart by spaces. */
static size_t read_row(char *line, double *rates, double *y) {
    char *at = line;
    size_t n = 0;
    for (int i = 0; i < RATES; i++) {
        rates[i] = strtod(at, &at);
        assert_int_equal(*at, ',');
        at++;
    }
    for (;;) {
        char *end;
        double value = strtod(at, &end);
        if (end == at) return n;
        assert_true(n < MOST);
        y[n++] = value;
        at = end;
    }
}

static void rates_equal_statsforecast(void **state) {
    (void)state;
    char path[1024], line[4096];
    FILE *file = fopen(test_source("tests/golden/intermittent/rates.csv", path, sizeof path), "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    size_t rows = 0;
    while (fgets(line, sizeof line, file)) {
        double rates[RATES], y[MOST], work[2 * MOST];
        size_t n = read_row(line, rates, y);
        rows++;
        assert_close(skuai_croston_rate(y, n, 0.1, work).rate, rates[0], 1e-9, 1e-12);
        /* their golden section stops at 1e-4 of the weight */
        assert_close(skuai_croston_best_rate(y, n, work).rate, rates[1], 1e-4, 1e-12);
        assert_close(0.95 * skuai_croston_rate(y, n, 0.1, work).rate, rates[2], 1e-9, 1e-12);
        assert_close(skuai_tsb_rate(y, n, 0.2, 0.3, work).rate, rates[3], 1e-9, 1e-12);
        assert_close(skuai_adida_rate(y, n, work).rate, rates[4], 1e-4, 1e-12);
        assert_close(skuai_imapa_rate(y, n, work).rate, rates[5], 1e-4, 1e-12);
    }
    (void)fclose(file);
    assert_int_equal(rows, 10);
}

/* y = 0 0 3 0 6 0 0 0 2, weight 0.1: sizes 3, 3.3, 3.17; intervals 3, 2.9, 3.01. */
static void croston_by_hand(void **state) {
    (void)state;
    const double y[] = {0, 0, 3, 0, 6, 0, 0, 0, 2};
    double work[18];
    skuai_demand_rate rate = skuai_croston_rate(y, 9, 0.1, work);
    assert_close(rate.rate, 3.17 / 3.01, 1e-12, 0);
    assert_close(rate.probability, 1 / 3.01, 1e-12, 0);
    rate = skuai_tsb_rate(y, 9, 0.5, 0.5, work); /* probability by halving: 0 0 .5 .25 .625 ... */
    assert_close(rate.probability, 0.5 + 0.625 / 16, 1e-12, 0);
    assert_close(rate.rate, (0.5 + 0.625 / 16) * 3.25, 1e-12, 0);
}

static void rates_scale_with_units(void **state) {
    (void)state;
    const double y[] = {0, 1, 0, 0, 4, 2, 0, 0, 0, 3, 0};
    double ten[11], work[22];
    for (size_t t = 0; t < 11; t++)
        ten[t] = 10 * y[t];
    assert_close(skuai_croston_best_rate(ten, 11, work).rate,
                 10 * skuai_croston_best_rate(y, 11, work).rate, 1e-6, 0);
    assert_close(skuai_adida_rate(ten, 11, work).rate, 10 * skuai_adida_rate(y, 11, work).rate,
                 1e-6, 0);
    assert_close(skuai_imapa_rate(ten, 11, work).rate, 10 * skuai_imapa_rate(y, 11, work).rate,
                 1e-6, 0);
}

/* Against every weight of a fine grid. */
static void smoothing_weight_is_the_best(void **state) {
    (void)state;
    const double y[] = {5, 3, 8, 6, 4, 9, 7, 3, 4, 6, 8, 9, 5, 7, 10, 8, 9, 11, 7, 9};
    double best = INFINITY, weight = 0;
    for (int k = 0; k <= 2000; k++) {
        double alpha = 0.1 + 0.0001 * k, level = y[0], sum = 0;
        for (size_t t = 1; t < 20; t++) {
            sum += (y[t] - level) * (y[t] - level);
            level = alpha * y[t] + (1 - alpha) * level;
        }
        if (sum < best) {
            best = sum;
            weight = alpha;
        }
    }
    assert_true(weight > 0.1 && weight < 0.3);
    assert_close(skuai_smoothed_best(y, 20), skuai_smoothed(y, 20, weight), 1e-4, 0);
    assert_close(skuai_smoothed_best(y, 1), 5, 0, 0);
    double falling[20]; /* a trend wants the largest weight */
    for (size_t t = 0; t < 20; t++)
        falling[t] = 20 - (double)t;
    assert_close(skuai_smoothed_best(falling, 20), skuai_smoothed(falling, 20, 0.3), 1e-5, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_equal_statsforecast),
        cmocka_unit_test(croston_by_hand),
        cmocka_unit_test(rates_scale_with_units),
        cmocka_unit_test(smoothing_weight_is_the_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
