/* What an event did, beside statsmodels' and scipy's numbers (tests/golden/event), with planted
 * effects, with none, and where nothing can be known. */
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cause/event_effect.h"
#include "core/random.h"

enum { N = 14, T = 30, BEFORE = 20, TREATED = 3 };

static double y[N * T];
static bool treated[N];
static skuai_event_table golden = {N, T, y, treated, BEFORE, BEFORE};

static int read_golden(void **state) {
    (void)state;
    char path[512], line[512];
    FILE *in = fopen(test_source("tests/golden/event/data.csv", path, sizeof path), "r");
    if (!in) return -1;
    for (size_t t = 0; t < T && fgets(line, sizeof line, in); t++) {
        char *at = line;
        for (size_t i = 0; i < N; i++, at++) {
            char *end;
            double v = strtod(at, &end);
            y[i * T + t] = end == at ? (double)NAN : v;
            at = end;
        }
    }
    (void)fclose(in);
    for (size_t i = 0; i < N; i++)
        treated[i] = i < TREATED;
    return 0;
}

static void difference_equals_statsmodels(void **state) {
    (void)state;
    char path[512], line[128];
    double v[4];
    skua_error err;
    skuai_difference d;
    skuai_event_options o = SKUAI_EVENT_OPTIONS_DEFAULT;
    FILE *in = fopen(test_source("tests/golden/event/difference.csv", path, sizeof path), "r");
    assert_non_null(in);
    for (size_t k = 0; k < 4; k++) {
        assert_non_null(fgets(line, sizeof line, in));
        v[k] = strtod(line, NULL);
    }
    (void)fclose(in);
    assert_ok(skuai_event_difference(&golden, &o, &d, &err), &err);
    assert_close(d.value, v[0], 1e-8, 0);
    assert_close(d.error, v[1], 1e-8, 0);
    assert_close(d.trend, v[2], 1e-7, 0);
    assert_close(d.trend_error, v[3], 1e-7, 0);
    assert_true(d.low < 0.5 && d.high > 0.5 && d.p < 0.01 && d.p_random < 0.05);
    double width = d.high - d.low, p = d.p_random;
    o.confidence = 0.99;
    o.seed = 5;
    assert_ok(skuai_event_difference(&golden, &o, &d, &err), &err);
    assert_true(d.high - d.low > 1.3 * width);
    assert_true(d.p_random != p); /* other choices */
    o.draws = 0;
    assert_ok(skuai_event_difference(&golden, &o, &d, &err), &err);
    assert_true(isnan(d.p_random));
}

static void synthetic_equals_scipy(void **state) {
    (void)state;
    char path[512], line[128];
    double last[3];
    size_t n = 0, checked = 0;
    skua_error err;
    skuai_synthetic s;
    skuai_event_options o = SKUAI_EVENT_OPTIONS_DEFAULT;
    assert_ok(skuai_event_synthetic(&golden, &o, NULL, &s, &err), &err);
    FILE *in = fopen(test_source("tests/golden/event/synthetic.csv", path, sizeof path), "r");
    assert_non_null(in);
    while (fgets(line, sizeof line, in)) {
        char *at;
        long i = strtol(line, &at, 10);
        double v = strtod(at + 1, NULL);
        if (i < 0 && n < 3) {
            last[n++] = v;
        } else if (i >= 0) {
            assert_close(s.weight[i], v, 0, 1e-4); /* scipy's own accuracy */
            checked++;
        }
    }
    (void)fclose(in);
    assert_int_equal(checked, s.n_controls);
    assert_int_equal(n, 3);
    assert_close(s.error_before, last[0], 1e-5, 0);
    assert_close(s.error_after, last[1], 1e-3, 0);
    assert_close(s.value, last[2], 1e-3, 0);
    assert_true(s.low < 0.5 && s.high > 0.5);
    assert_true(s.p <= 1.0 / (double)(s.n_controls + 1) + 1e-12); /* no placebo is as large */
    skuai_synthetic_clear(&s);
}

/* Corners, and a point inside. */
static void weights_of_the_simplex(void **state) {
    (void)state;
    static const double a[3] = {1, 0, 0}, b[3] = {0, 1, 0}, c[3] = {0, 0, 1};
    const double *x[] = {a, b, c};
    const double inside[3] = {0.2, 0.5, 0.3}, outside[3] = {3, 0.1, -1};
    double w[3];
    skua_error err;
    assert_ok(skuai_simplex_weights(x, inside, 3, 3, w, &err), &err);
    assert_close_array(w, inside, 3, 0, 1e-6);
    assert_ok(skuai_simplex_weights(x, outside, 3, 3, w, &err), &err);
    const double corner[3] = {1, 0, 0};
    assert_close_array(w, corner, 3, 0, 1e-9);
}

enum { UNITS = 40, PERIODS = 90, EVENT = 60, WITH = 12 };

/* Units that share a season; the treated grow by `trend` a period beside the others, and by
 * `effect` from the event on. */
static void draw(uint64_t seed, double effect, double trend, double *out, bool *on) {
    skuai_random r;
    skuai_random_split(&r, seed, 3);
    for (size_t i = 0; i < UNITS; i++) {
        double level = skuai_random_normal(&r), slow = 0;
        on[i] = i < WITH;
        for (size_t t = 0; t < PERIODS; t++) {
            slow = 0.7 * slow + 0.1 * skuai_random_normal(&r);
            out[i * PERIODS + t] = level + 0.4 * sin((double)t * 0.3) + slow +
                                   0.1 * skuai_random_normal(&r) +
                                   (on[i] ? trend * (double)t + effect * (t >= EVENT) : 0);
        }
    }
}

/* Over 100 draws: intervals hold the effect as often as they say, placebo effects are rejected as
 * rarely, and a trend of their own is noticed. */
static void planted_and_placebo(void **state) {
    (void)state;
    static double table[UNITS * PERIODS];
    static bool on[UNITS];
    size_t covered = 0, rejected = 0, random = 0, doubted = 0, noticed = 0;
    double mean = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        skua_error err;
        skuai_difference d;
        skuai_event_options o = SKUAI_EVENT_OPTIONS_DEFAULT;
        skuai_event_table t = {UNITS, PERIODS, table, on, EVENT, EVENT};
        o.draws = 199;
        draw(seed, 0.3, 0, table, on);
        assert_ok(skuai_event_difference(&t, &o, &d, &err), &err);
        covered += d.low <= 0.3 && d.high >= 0.3;
        mean += d.value / 100;
        doubted += d.trend_p < 0.05;
        draw(seed, 0, 0, table, on);
        assert_ok(skuai_event_difference(&t, &o, &d, &err), &err);
        rejected += d.p < 0.1;
        random += d.p_random < 0.1;
        draw(seed, 0, 0.01, table, on);
        assert_ok(skuai_event_difference(&t, &o, &d, &err), &err);
        noticed += d.trend_p < 0.05;
    }
    assert_close(mean, 0.3, 0, 0.02);
    assert_in_range(covered, 82, 97);
    assert_in_range(rejected, 3, 18);
    assert_in_range(random, 3, 18);
    assert_in_range(doubted, 0, 13);
    assert_in_range(noticed, 95, 100);
}

/* One treated unit: the twin finds a planted effect, and none where there is none more often than
 * chance. */
static void one_unit(void **state) {
    (void)state;
    static double table[UNITS * PERIODS];
    static bool on[UNITS];
    size_t found = 0, false_alarms = 0, covered = 0;
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (int real = 0; real < 2; real++) {
            skua_error err;
            skuai_synthetic s;
            skuai_event_options o = SKUAI_EVENT_OPTIONS_DEFAULT;
            skuai_event_table t = {UNITS, PERIODS, table, on, EVENT, EVENT};
            draw(seed, 0, 0, table, on);
            memset(on, 0, sizeof on);
            on[5] = true;
            for (size_t p = EVENT; p < PERIODS && real; p++)
                table[5 * PERIODS + p] += 0.5;
            assert_ok(skuai_event_synthetic(&t, &o, NULL, &s, &err), &err);
            if (real)
                found += s.p < 0.1, covered += s.low <= 0.5 && s.high >= 0.5;
            else
                false_alarms += s.p < 0.1;
            double sum = 0;
            for (size_t i = 0; i < UNITS; i++) {
                assert_true(s.weight[i] >= 0);
                sum += s.weight[i];
            }
            assert_close(sum, 1, 0, 1e-9);
            assert_true(s.weight[5] == 0 && isnan(s.placebo[5]) && s.placebo[6] > 0);
            skuai_synthetic_clear(&s);
        }
    assert_in_range(found, 15, 20);
    assert_in_range(covered, 15, 20);
    assert_in_range(false_alarms, 0, 5);
}

static void what_cannot_be_known(void **state) {
    (void)state;
    skua_error err;
    skuai_difference d;
    skuai_synthetic s;
    skuai_event_options o = SKUAI_EVENT_OPTIONS_DEFAULT;
    skuai_event_table t = golden;
    t.n = 6; /* three with, three without */
    assert_int_equal(skuai_event_difference(&t, &o, &d, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "at least 2 and 5"));
    assert_int_equal(skuai_event_synthetic(&t, &o, NULL, &s, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "fewer than 9"));
    t = golden;
    t.before = t.after = 2;
    assert_int_equal(skuai_event_difference(&t, &o, &d, &err), SKUA_EDATA);
    assert_int_equal(skuai_event_synthetic(&t, &o, NULL, &s, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "at least 8"));
    t = golden;
    t.after = T;
    assert_int_equal(skuai_event_difference(&t, &o, &d, &err), SKUA_EDATA);
    o.confidence = 1;
    assert_int_equal(skuai_event_difference(&golden, &o, &d, &err), SKUA_ECONFIG);
    assert_int_equal(skuai_event_least_controls(0.9), 9);
    assert_int_equal(skuai_event_least_controls(0.95), 19);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(difference_equals_statsmodels),
        cmocka_unit_test(synthetic_equals_scipy),
        cmocka_unit_test(weights_of_the_simplex),
        cmocka_unit_test(planted_and_placebo),
        cmocka_unit_test(one_unit),
        cmocka_unit_test(what_cannot_be_known),
    };
    return cmocka_run_group_tests(tests, read_golden, NULL);
}
