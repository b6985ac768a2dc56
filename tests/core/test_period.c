/* Dates and grids: against hand-known dates and against their own inverses. */
#include "support/support.h"

#include "core/period.h"

#include <string.h>

static void known_dates(void **state) {
    (void)state;
    assert_int_equal(skuai_day_from_date(1970, 1, 1), 0);
    assert_int_equal(skuai_day_from_date(2000, 3, 1), 11017);
    assert_int_equal(skuai_day_from_date(1900, 1, 1), -25567);
    assert_int_equal(skuai_day_from_date(2024, 14, 1), skuai_day_from_date(2025, 2, 1));
    assert_int_equal(skuai_day_of_week(skuai_day_from_date(2026, 11, 24)), 1); /* a Tuesday */
    assert_int_equal(skuai_day_of_week(skuai_day_from_date(1969, 12, 31)), 2);
    assert_int_equal(skuai_days_in_month(2024, 2), 29);
    assert_int_equal(skuai_days_in_month(1900, 2), 28);
    assert_int_equal(skuai_day_of_year(skuai_day_from_date(2024, 12, 31)), 366);
}

static void dates_round_trip(void **state) {
    (void)state;
    for (int64_t day = -200000; day < 200000; day += 7) {
        skuai_date d = skuai_date_from_day(day);
        assert_true(d.month >= 1 && d.month <= 12 && d.day >= 1);
        assert_true(d.day <= skuai_days_in_month(d.year, d.month));
        assert_int_equal(skuai_day_from_date(d.year, d.month, d.day), day);
    }
}

static void iso_weeks(void **state) { /* ISO 8601 examples */
    (void)state;
    int year;
    assert_int_equal(skuai_iso_week(skuai_day_from_date(2005, 1, 1), &year), 53);
    assert_int_equal(year, 2004);
    assert_int_equal(skuai_iso_week(skuai_day_from_date(2008, 12, 29), &year), 1);
    assert_int_equal(year, 2009);
    assert_int_equal(skuai_iso_week(skuai_day_from_date(2020, 12, 31), &year), 53);
    assert_int_equal(skuai_iso_week(skuai_day_from_date(2021, 1, 4), &year), 1);
    assert_int_equal(year, 2021);
}

/* On every grid: a period's first and last day lie in it, the day after in the next. */
static void grids_are_regular(void **state) {
    (void)state;
    static const char *const names[] = {"day",   "week",    "week-us",       "w-fri",
                                        "month", "year",    "4-4-5",         "4-5-4",
                                        "5-4-4", "quarter", "week-wednesday"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        skuai_grid grid;
        skua_error err;
        assert_ok(skuai_grid_parse(names[i], &grid, &err), &err);
        int64_t previous = skuai_period_from_day(&grid, -20000, 0);
        for (int64_t day = -20000; day < 30000; day++) {
            int64_t p = skuai_period_from_day(&grid, day, 0);
            int64_t first = skuai_period_first_day(&grid, p),
                    last = skuai_period_last_day(&grid, p);
            assert_true(first <= day && day <= last);
            assert_true(p == previous || (p == previous + 1 && first == day));
            previous = p;
        }
    }
}

static void weeks_start_as_told(void **state) {
    (void)state;
    skuai_grid grid;
    skua_error err;
    assert_ok(skuai_grid_parse("W-FRI", &grid, &err), &err); /* pandas: ends on Friday */
    int64_t friday = skuai_day_from_date(2012, 10, 26);
    assert_int_equal(skuai_period_last_day(&grid, skuai_period_from_day(&grid, friday, 0)), friday);
    assert_ok(skuai_grid_parse("week-us", &grid, &err), &err);
    int64_t sunday = skuai_day_from_date(2026, 11, 22);
    assert_int_equal(skuai_period_first_day(&grid, skuai_period_from_day(&grid, sunday + 3, 0)),
                     sunday);
}

/* NRF's calendar: fiscal 2023 began on 2023-01-29 and had 53 weeks, fiscal 2024 on 2024-02-04. */
static void retail_years(void **state) {
    (void)state;
    skuai_grid grid;
    skua_error err;
    assert_ok(skuai_grid_parse("4-5-4", &grid, &err), &err);
    int64_t p = skuai_period_from_day(&grid, skuai_day_from_date(2023, 1, 29), 0);
    assert_int_equal(p, (2023 - 1970) * 12);
    assert_int_equal(skuai_period_from_day(&grid, skuai_day_from_date(2023, 1, 28), 0), p - 1);
    assert_int_equal(skuai_period_first_day(&grid, p + 12), skuai_day_from_date(2024, 2, 4));
    assert_int_equal(skuai_period_last_day(&grid, p) - skuai_period_first_day(&grid, p) + 1, 28);
    assert_int_equal(skuai_period_last_day(&grid, p + 1) - skuai_period_first_day(&grid, p + 1) + 1,
                     35);
    assert_int_equal(
        skuai_period_last_day(&grid, p + 11) - skuai_period_first_day(&grid, p + 11) + 1, 35);
}

static void hours_and_texts(void **state) {
    (void)state;
    skuai_grid grid;
    skua_error err;
    char text[SKUAI_PERIOD_TEXT_SIZE];
    assert_ok(skuai_grid_parse("H", &grid, &err), &err);
    int64_t p = skuai_period_from_day(&grid, skuai_day_from_date(1969, 12, 31), 86399);
    assert_int_equal(p, -1);
    assert_int_equal(skuai_period_hour(&grid, p), 23);
    assert_string_equal(skuai_period_text(&grid, p, text), "1969-12-31T23:00");
    assert_int_equal(skuai_grid_parse("fortnight", &grid, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "fortnight"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_dates),         cmocka_unit_test(dates_round_trip),
        cmocka_unit_test(iso_weeks),           cmocka_unit_test(grids_are_regular),
        cmocka_unit_test(weeks_start_as_told), cmocka_unit_test(retail_years),
        cmocka_unit_test(hours_and_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
