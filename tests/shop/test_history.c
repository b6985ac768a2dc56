/* What models learn from at an origin: nothing behind it reaches them, and what came is judged as
 * it was recorded. */
#include "support/support.h"

#include "shop/history.h"

#include <math.h>
#include <string.h>

enum { SERIES = 12, LENGTH = 140, BACK = 28 };

/* Daily counts around 20; every ninth day of the first half of the series was half sold out. With
 * `other`, the last BACK days are something else. */
static skuai_panel *make_panel(bool other) {
    skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
    skua_error err;
    skuai_panel *panel = NULL;
    skuai_panel_builder *b = skuai_panel_builder_new(&grid, 7);
    for (size_t s = 0; s < SERIES; s++) {
        double y[LENGTH];
        float available[LENGTH];
        char name[16];
        skuai_random random;
        skuai_random_split(&random, 5, s);
        for (size_t t = 0; t < LENGTH; t++) {
            y[t] = round(20 + 3 * skuai_random_normal(&random));
            available[t] = t % 9 == s % 9 ? 0.5F : 1;
            if (available[t] < 1) y[t] = round(y[t] / 2);
            if (other && t >= LENGTH - BACK) {
                y[t] = 300 + (double)t;
                available[t] = 1;
            }
        }
        (void)snprintf(name, sizeof name, "s%02zu", s);
        assert_ok(skuai_panel_builder_series(b, name, 100, LENGTH, 0, y, available, NULL, &err),
                  &err);
    }
    assert_ok(skuai_panel_builder_finish(b, &panel, &err), &err);
    skuai_panel_builder_free(b);
    return panel;
}

/* The history of a panel: stock-outs found, an outlier at day 30 of series 0 and one that runs over
 * the origin in series 1. */
static skuai_history make_history(bool other) {
    skua_error err;
    skuai_history h = {.recorded = make_panel(other),
                       .options = SKUAI_CLEAN_OPTIONS_DEFAULT,
                       .context = SKUAI_CONTEXT_DEFAULT,
                       .censored = true};
    assert_ok(skuai_findings_init(&h.findings, &err), &err);
    skuai_clean_options alone = h.options;
    alone.unit_changes = alone.price_errors = alone.gaps = alone.outliers = false;
    assert_ok(skuai_clean_detect(h.recorded, &alone, &h.context, &h.findings, &err), &err);
    for (size_t s = 0; s < 2; s++) {
        skuai_finding f = {.kind = SKUAI_FINDING_OUTLIER,
                           .table = "sales",
                           .row = "a row",
                           .series = s,
                           .from = 100 + (s ? LENGTH - BACK - 2 : 30),
                           .to = 100 + (s ? LENGTH - BACK + 2 : 30),
                           .number = 77};
        assert_ok(skuai_findings_add(&h.findings, &f, &err), &err);
    }
    assert_ok(skuai_clean_panel(h.recorded, &h.findings, &h.options, &h.context, &h.panel, &err),
              &err);
    return h;
}

static skuai_panel *panel_at(skuai_history *h) {
    skua_error err;
    skuai_panel *at = NULL;
    assert_ok(skuai_history_at(h, 0, BACK, &at, &err), &err);
    return at;
}

static void test_nothing_behind_the_origin(void **state) {
    (void)state;
    skuai_history one = make_history(false), two = make_history(true);
    skuai_panel *a = panel_at(&one), *b = panel_at(&two);
    size_t changed = 0;
    for (size_t s = 0; s < SERIES; s++)
        for (size_t t = 0; t < LENGTH - BACK; t++) {
            double x = skuai_panel_target(a, s)[t], y = skuai_panel_target(b, s)[t];
            assert_true(x == y || (isnan(x) && isnan(y)));
            changed += x != skuai_panel_target(one.recorded, s)[t];
        }
    assert_true(changed > SERIES * 5); /* the stock-outs were estimated, the outliers replaced */
    assert_close(skuai_panel_target(a, 0)[30], 77, 0, 0);
    assert_close(skuai_panel_target(a, 1)[LENGTH - BACK - 1], 77, 0, 0);
    skuai_panel_free(a);
    skuai_panel_free(b);
    skuai_history_clear(&one);
    skuai_history_clear(&two);
}

static void test_judged_as_recorded(void **state) {
    (void)state;
    skuai_history h = make_history(false);
    skuai_panel *at = panel_at(&h);
    for (size_t s = 0; s < SERIES; s++)
        for (size_t t = LENGTH - BACK; t < LENGTH; t++) {
            size_t r = h.recorded->row[s] + t;
            if (h.recorded->available[r] < 1)
                assert_true(isnan(at->target[at->row[s] + t]));
            else
                assert_close(at->target[at->row[s] + t], h.recorded->target[r], 0, 0);
        }
    skuai_panel_free(at);
    h.censored = false; /* stock-outs ignored: what was sold counts */
    at = panel_at(&h);
    for (size_t t = LENGTH - BACK; t < LENGTH; t++)
        assert_close(skuai_panel_target(at, 3)[t], skuai_panel_target(h.recorded, 3)[t], 0, 0);
    skuai_panel_free(at);
    skuai_history_clear(&h);
}

static void test_sample(void **state) {
    (void)state;
    skua_error err;
    skuai_history h = make_history(false), sample = {0};
    assert_ok(skuai_history_sample(&h, 5, 9, &sample, &err), &err);
    assert_int_equal(sample.panel->n_series, 5);
    assert_true(sample.findings.n > 5);
    for (size_t i = 0; i < sample.findings.n; i++) {
        const skuai_finding *f = &sample.findings.items[i];
        assert_true(f->series < 5);
        if (f->kind == SKUAI_FINDING_STOCK_OUT) /* they still name their own series */
            assert_int_equal(strncmp(f->row, skuai_panel_name(sample.panel, f->series), 3), 0);
    }
    skuai_panel *at = panel_at(&sample);
    assert_int_equal(at->n_series, 5);
    skuai_panel_free(at);
    skuai_history_clear(&sample);
    skuai_history_clear(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing_behind_the_origin),
                                       cmocka_unit_test(test_judged_as_recorded),
                                       cmocka_unit_test(test_sample)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
