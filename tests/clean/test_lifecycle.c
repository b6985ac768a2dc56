/* Dead, newborn, seasonal items, incomplete periods: by hand. */
#include "support/support.h"

#include <math.h>

#include "clean/lifecycle.h"
#include "core/random.h"

enum { DAYS = 800 };

static const skuai_grid day_grid = {SKUAI_FREQUENCY_DAY, 0, 0};

static skuai_lifecycle judge(const double *y, size_t n) {
    return skuai_lifecycle_judge(y, n, &day_grid, skuai_day_from_date(2022, 1, 1), 7,
                                 &SKUAI_LIFECYCLE_OPTIONS_DEFAULT);
}

static void lives(void **state) {
    (void)state;
    double y[DAYS];
    for (size_t t = 0; t < DAYS; t++)
        y[t] = t % 3 == 0 ? 2 : 0;
    assert_int_equal(judge(y, DAYS).life, SKUAI_LIFE_ORDINARY);
    for (size_t t = 700; t < DAYS; t++)
        y[t] = 0;
    skuai_lifecycle life = judge(y, DAYS);
    assert_int_equal(life.life, SKUAI_LIFE_DEAD);
    assert_int_equal(life.last, 699);
    assert_int_equal(life.silent, 100);
    /* Ten zeros at a rate of a third: chance 0.017, nothing strange. */
    assert_int_equal(judge(y, 710).life, SKUAI_LIFE_ORDINARY);
    /* One sale in 100 days: 250 silent days are within its pauses. */
    for (size_t t = 0; t < DAYS; t++)
        y[t] = t % 100 == 0 && t < 600;
    assert_int_equal(judge(y, 651).life, SKUAI_LIFE_ORDINARY);
    for (size_t t = 0; t < DAYS; t++)
        y[t] = t >= 790 ? 5 : 0;
    life = judge(y, DAYS);
    assert_int_equal(life.life, SKUAI_LIFE_NEWBORN);
    assert_int_equal(life.first, 790);
    for (size_t t = 0; t < DAYS; t++)
        y[t] = t % 2 ? 0 : NAN;
    assert_int_equal(judge(y, DAYS).life, SKUAI_LIFE_NEVER);
    assert_int_equal(judge(y, 0).life, SKUAI_LIFE_NEVER);
}

static void seasons(void **state) {
    (void)state;
    double y[DAYS];
    int64_t start = skuai_day_from_date(2022, 1, 1);
    for (size_t t = 0; t < DAYS; t++) { /* December and January, over the turn of the year */
        int month = skuai_date_from_day(start + (int64_t)t).month;
        y[t] = month == 12 || month == 1 ? 10 : t % 40 == 0 ? 1 : 0;
    }
    skuai_lifecycle life = judge(y, DAYS);
    assert_int_equal(life.life, SKUAI_LIFE_SEASONAL);
    assert_int_equal(life.month_from, 12);
    assert_int_equal(life.months, 2);
    /* One year is not evidence: the same item seen for 300 days. */
    assert_true(judge(y, 300).life != SKUAI_LIFE_SEASONAL);
}

static skuai_panel *totals(const double *level, size_t n) {
    skua_error err;
    skuai_grid grid = {SKUAI_FREQUENCY_MONTH, 0, 0};
    skuai_panel_builder *builder = skuai_panel_builder_new(&grid, 12);
    skuai_random random;
    skuai_random_init(&random, 1);
    for (size_t s = 0; s < 5; s++) {
        double y[64];
        char name[8];
        for (size_t t = 0; t < n; t++)
            y[t] = level[t] * (50 + 20 * skuai_random_uniform(&random));
        (void)snprintf(name, sizeof name, "i%zu", s);
        assert_ok(skuai_panel_builder_series(builder, name, 600, n, 0, y, NULL, NULL, &err), &err);
    }
    skuai_panel *panel;
    assert_ok(skuai_panel_builder_finish(builder, &panel, &err), &err);
    skuai_panel_builder_free(builder);
    return panel;
}

static void last_periods(void **state) {
    (void)state;
    double level[44], share;
    bool incomplete;
    skua_error err;
    for (size_t t = 0; t < 44; t++)
        level[t] = t % 12 == 6 ? 0.3 : 1;   /* a quiet month every year */
    skuai_panel *panel = totals(level, 43); /* ends on the quiet month: that is its season */
    assert_ok(skuai_period_incomplete(panel, &incomplete, &share, &err), &err);
    assert_false(incomplete);
    skuai_panel_free(panel);
    level[33] = 0.2;
    panel = totals(level, 34);
    assert_ok(skuai_period_incomplete(panel, &incomplete, &share, &err), &err);
    assert_close(share, 0.2, 0.2, 0);
    assert_true(incomplete);
    skuai_findings findings;
    assert_ok(skuai_findings_init(&findings, &err), &err);
    assert_ok(skuai_lifecycles_find(panel, &SKUAI_LIFECYCLE_OPTIONS_DEFAULT, &findings, &err),
              &err);
    assert_int_equal(skuai_findings_count(&findings, SKUAI_FINDING_INCOMPLETE), 5);
    assert_true(findings.items[0].from == 633 && findings.items[0].to == 633);
    skuai_findings_clear(&findings);
    skuai_panel_free(panel);
    panel = totals(level, 3); /* too little to tell */
    assert_ok(skuai_period_incomplete(panel, &incomplete, &share, &err), &err);
    assert_false(incomplete);
    skuai_panel_free(panel);
}

static void names_of_kinds(void **state) {
    (void)state;
    for (int k = 0; k < SKUAI_FINDING_KINDS; k++) {
        skuai_finding_kind back = SKUAI_FINDING_KINDS;
        assert_true(skuai_finding_parse(skuai_finding_name((skuai_finding_kind)k), &back));
        assert_int_equal(back, k);
    }
    skuai_finding_kind kind = SKUAI_FINDING_DEAD;
    assert_false(skuai_finding_parse("no-such-kind", &kind));
    assert_int_equal(kind, SKUAI_FINDING_DEAD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives),
        cmocka_unit_test(seasons),
        cmocka_unit_test(last_periods),
        cmocka_unit_test(names_of_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
