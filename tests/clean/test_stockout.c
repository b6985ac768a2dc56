/* Stock-outs: golden censored means, recovery of planted demand, what must stay as it is. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "clean/hour_profile.h"
#include "clean/stockout.h"
#include "core/random.h"

enum { DAYS = 120, SERIES = 40 };

static const skuai_grid day_grid = {SKUAI_FREQUENCY_DAY, 0, 0};

static void censored_means_are_scipys(void **state) {
    (void)state;
    char path[512], line[128];
    FILE *file =
        fopen(test_source("tests/golden/clean/censored/censored.csv", path, sizeof path), "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    double mean, size, least, expected;
    size_t n = 0;
    for (; fscanf(file, "%lf,%lf,%lf,%lf", &mean, &size, &least, &expected) == 4; n++)
        assert_close(skuai_stockout_censored_mean(mean, size, least), expected, 1e-8, 0);
    fclose(file);
    assert_int_equal(n, 14);
}

static void censored_means_grow_with_the_bound(void **state) {
    (void)state;
    double before = 0;
    for (double least = 0; least < 60; least++) {
        double m = skuai_stockout_censored_mean(8, 1.5, least);
        assert_true(m >= least && m >= before);
        before = m;
    }
    assert_close(skuai_stockout_censored_mean(1e300, INFINITY, 1), 1e300, 1e-9, 0);
}

/* SERIES items with weekday profiles; stock is lost for a random share of a random third of days.
 */
typedef struct planted {
    double truth[SERIES][DAYS], sold[SERIES][DAYS];
    float available[SERIES][DAYS], stock[SERIES][DAYS];
} planted;

static void plant(planted *p, uint64_t seed, bool by_stock) {
    skuai_random random;
    for (size_t s = 0; s < SERIES; s++) {
        skuai_random_split(&random, seed, s);
        double level = 4 + 20 * skuai_random_uniform(&random);
        for (size_t t = 0; t < DAYS; t++) {
            double mean = level * (t % 7 > 4 ? 1.6 : 0.8), a = 1;
            double d = skuai_random_negative_binomial(&random, mean, 8);
            p->truth[s][t] = p->sold[s][t] = d;
            p->available[s][t] = 1;
            p->stock[s][t] = 50;
            if (!(skuai_random_uniform(&random) < 0.33)) continue;
            if (by_stock) { /* stock around the mean: sold out when demand is high */
                double stock = floor(1.4 * mean * skuai_random_uniform(&random));
                p->sold[s][t] = fmin(d, stock);
                p->stock[s][t] = (float)fmax(stock - d, 0);
                continue;
            }
            a = skuai_random_uniform(&random);
            double seen = 0; /* each unit falls into the open share by chance */
            for (double u = 0; u < d; u++)
                seen += skuai_random_uniform(&random) < a;
            p->sold[s][t] = seen;
            p->available[s][t] = (float)a;
        }
    }
}

static skuai_panel *panel_of(const planted *p, bool with_available, bool with_stock) {
    skua_error err;
    skuai_panel_builder *builder = skuai_panel_builder_new(&day_grid, 7);
    assert_non_null(builder);
    if (with_stock)
        assert_ok(skuai_panel_builder_dynamic(builder, "stock", SKUAI_KNOWN_PAST, &err), &err);
    for (size_t s = 0; s < SERIES; s++) {
        char name[16];
        const float *dynamic[1] = {p->stock[s]};
        (void)snprintf(name, sizeof name, "item%zu", s);
        assert_ok(skuai_panel_builder_series(builder, name, 19000, DAYS, 0, p->sold[s],
                                             with_available ? p->available[s] : NULL,
                                             with_stock ? dynamic : NULL, &err),
                  &err);
    }
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

/* Sums over affected rows of truth, sold and estimate. */
static void sums(const planted *p, const skuai_panel *panel, const skuai_stockout *out,
                 double *truth, double *sold, double *estimate) {
    *truth = *sold = *estimate = 0;
    for (size_t s = 0; s < SERIES; s++)
        for (size_t t = 0; t < DAYS; t++) {
            size_t r = panel->row[s] + t;
            if (!out->kind[r]) continue;
            *truth += p->truth[s][t];
            *sold += p->sold[s][t];
            *estimate += out->demand[r];
        }
}

static void known_shares_give_the_demand_back(void **state) {
    (void)state;
    static planted p;
    plant(&p, 1, false);
    skuai_panel *panel = panel_of(&p, true, false);
    skuai_stockout out;
    skua_error err;
    double truth, sold, estimate;
    assert_ok(skuai_stockout_estimate(panel, &SKUAI_STOCKOUT_OPTIONS_DEFAULT, NULL, &out, &err),
              &err);
    sums(&p, panel, &out, &truth, &sold, &estimate);
    assert_true(sold < 0.6 * truth);
    assert_close(estimate, truth, 0.03, 0);
    for (size_t r = 0; r < out.n_rows; r++) {
        assert_true(out.demand[r] >= panel->target[r]);
        if (!out.kind[r]) assert_true(out.demand[r] == panel->target[r]);
    }
    skuai_stockout_clear(&out);
    skuai_panel_free(panel);
}

/* Sales right-censored by stocks that sell out when demand is high. */
static void censored_stock_removes_most_of_the_bias(void **state) {
    (void)state;
    static planted p;
    plant(&p, 2, true);
    skuai_panel *panel = panel_of(&p, false, true);
    skuai_stockout out;
    skua_error err;
    double truth, sold, estimate;
    assert_ok(skuai_stockout_estimate(panel, &SKUAI_STOCKOUT_OPTIONS_DEFAULT, NULL, &out, &err),
              &err);
    sums(&p, panel, &out, &truth, &sold, &estimate);
    assert_true(sold < 0.75 * truth);
    assert_true(fabs(estimate - truth) < 0.2 * (truth - sold));
    skuai_stockout_clear(&out);
    skuai_panel_free(panel);
}

static void runs_of_zeros_are_stock_outs_only_when_impossible(void **state) {
    (void)state;
    static planted p;
    skuai_random random;
    skuai_random_init(&random, 3);
    for (size_t s = 0; s < SERIES; s++)
        for (size_t t = 0; t < DAYS; t++) /* even: 9 a day; odd: one in four days */
            p.sold[s][t] = skuai_random_poisson(&random, s % 2 ? 0.3 : 9);
    for (size_t t = 50; t < 56; t++)
        p.sold[4][t] = p.sold[5][t] = 0;
    skuai_panel *panel = panel_of(&p, false, false);
    skuai_stockout out;
    skua_error err;
    assert_ok(skuai_stockout_estimate(panel, &SKUAI_STOCKOUT_OPTIONS_DEFAULT, NULL, &out, &err),
              &err);
    assert_int_equal(out.affected, 6);
    for (size_t t = 50; t < 56; t++) {
        assert_int_equal(out.kind[panel->row[4] + t], SKUAI_STOCKOUT_RUN);
        assert_int_equal(out.kind[panel->row[5] + t], SKUAI_STOCKOUT_NONE);
        assert_close(out.demand[panel->row[4] + t], 9, 0.25, 0);
    }
    skuai_stockout_clear(&out);
    skuai_panel_free(panel);
}

/* Demand is a linear thing: ten times the units, ten times the estimates. */
static void estimates_scale_with_the_units(void **state) {
    (void)state;
    static planted p, tenfold;
    plant(&p, 5, false);
    tenfold = p;
    for (size_t s = 0; s < SERIES; s++)
        for (size_t t = 0; t < DAYS; t++)
            tenfold.sold[s][t] *= 10;
    skuai_panel *a = panel_of(&p, true, false), *b = panel_of(&tenfold, true, false);
    skuai_stockout x, y;
    skua_error err;
    skuai_stockout_options options = SKUAI_STOCKOUT_OPTIONS_DEFAULT;
    options.half_life = 14;
    assert_ok(skuai_stockout_estimate(a, &options, NULL, &x, &err), &err);
    assert_ok(skuai_stockout_estimate(b, &options, NULL, &y, &err), &err);
    /* The priors count sales, not units, so the start of the alternation differs by a little. */
    for (size_t r = 0; r < x.n_rows; r++)
        assert_close(y.demand[r], 10 * x.demand[r], 0.02, 0.05);
    skuai_stockout_clear(&x);
    skuai_stockout_clear(&y);
    skuai_panel_free(a);
    skuai_panel_free(b);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    static planted p;
    plant(&p, 8, false);
    skuai_panel *panel = panel_of(&p, true, false);
    skuai_stockout x, y;
    skua_error err;
    skuai_context one = {.seed = 1, .threads = 1}, three = {.seed = 1, .threads = 3};
    assert_ok(skuai_stockout_estimate(panel, &SKUAI_STOCKOUT_OPTIONS_DEFAULT, &one, &x, &err),
              &err);
    assert_ok(skuai_stockout_estimate(panel, &SKUAI_STOCKOUT_OPTIONS_DEFAULT, &three, &y, &err),
              &err);
    assert_memory_equal(x.demand, y.demand, x.n_rows * sizeof(double));
    skuai_stockout_clear(&x);
    skuai_stockout_clear(&y);
    skuai_panel_free(panel);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    static planted p;
    plant(&p, 6, false);
    skuai_panel *panel = panel_of(&p, true, false);
    skuai_stockout out = {0};
    skua_error err;
    skuai_stockout_options options = SKUAI_STOCKOUT_OPTIONS_DEFAULT;
    options.group = "no-such-category";
    assert_int_equal(skuai_stockout_estimate(panel, &options, NULL, &out, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "no-such-category"));
    options = SKUAI_STOCKOUT_OPTIONS_DEFAULT;
    options.run_level = NAN;
    assert_int_equal(skuai_stockout_estimate(panel, &options, NULL, &out, &err), SKUA_EINVAL);
    assert_null(out.demand);
    skuai_panel_free(panel);
}

/* -- Hours --------------------------------------------------------------------------------------
 */

enum { ITEM_DAYS = 4000, SLOTS = 24 };

static void hours_of_the_day_are_learnt_with_closed_hours(void **state) {
    (void)state;
    static float sold[ITEM_DAYS * SLOTS], exposure[ITEM_DAYS];
    static unsigned char open[ITEM_DAYS * SLOTS];
    static size_t node[ITEM_DAYS];
    double profile[2][SLOTS], sum[2] = {0, 0};
    for (size_t h = 0; h < SLOTS; h++) { /* one kind peaks in the morning, one in the evening */
        profile[0][h] = exp(-0.5 * pow(((double)h - 9) / 2.5, 2));
        profile[1][h] = exp(-0.5 * pow(((double)h - 18) / 2.5, 2));
        sum[0] += profile[0][h];
        sum[1] += profile[1][h];
    }
    skuai_random random;
    skuai_random_init(&random, 7);
    for (size_t d = 0; d < ITEM_DAYS; d++) {
        size_t kind = node[d] = d / 2 % 2;
        size_t close =
            skuai_random_uniform(&random) < 0.4 ? 8 + skuai_random_index(&random, 12) : SLOTS;
        for (size_t h = 0; h < SLOTS; h++) {
            double mean = 6 * profile[kind][h] / sum[kind];
            open[d * SLOTS + h] = h < close;
            sold[d * SLOTS + h] = h < close ? (float)skuai_random_poisson(&random, mean) : 0;
        }
    }
    const size_t *nodes[] = {node};
    const size_t counts[] = {2};
    skuai_hour_days days = {ITEM_DAYS, SLOTS, sold, open, 1, nodes, counts};
    skua_error err;
    assert_ok(skuai_hour_profile_exposure(&days, NULL, exposure, &err), &err);
    for (size_t d = 0; d < ITEM_DAYS; d++) {
        double truth = 0;
        for (size_t h = 0; h < SLOTS; h++)
            truth += open[d * SLOTS + h] ? profile[node[d]][h] / sum[node[d]] : 0;
        assert_close((double)exposure[d], truth, 0, 0.03);
    }
}

static void the_last_sale_closes_a_day(void **state) {
    (void)state;
    const float sold[] = {0, 2, 0, 1, 0, 0}, none[] = {0, 0};
    unsigned char open[6];
    skuai_hour_profile_close(sold, 6, open);
    const unsigned char expected[] = {1, 1, 1, 1, 0, 0};
    assert_memory_equal(open, expected, 6);
    skuai_hour_profile_close(none, 2, open);
    assert_int_equal(open[0] + open[1], 0);
}

static void bad_hours_are_refused(void **state) {
    (void)state;
    const float sold[] = {1, -1};
    const unsigned char open[] = {1, 1};
    float exposure[1];
    skuai_hour_days days = {1, 2, sold, open, 0, NULL, NULL};
    skua_error err;
    assert_int_equal(skuai_hour_profile_exposure(&days, NULL, exposure, &err), SKUA_EDATA);
    const size_t node[] = {3}, counts[] = {3}, *nodes[] = {node};
    const float fine[] = {1, 1};
    days = (skuai_hour_days){1, 2, fine, open, 1, nodes, counts};
    assert_int_equal(skuai_hour_profile_exposure(&days, NULL, exposure, &err), SKUA_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(censored_means_are_scipys),
        cmocka_unit_test(censored_means_grow_with_the_bound),
        cmocka_unit_test(known_shares_give_the_demand_back),
        cmocka_unit_test(censored_stock_removes_most_of_the_bias),
        cmocka_unit_test(runs_of_zeros_are_stock_outs_only_when_impossible),
        cmocka_unit_test(estimates_scale_with_the_units),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(hours_of_the_day_are_learnt_with_closed_hours),
        cmocka_unit_test(the_last_sale_closes_a_day),
        cmocka_unit_test(bad_hours_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
