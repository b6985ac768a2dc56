/* Numbers and dates as shops write them. Expected values by hand. */
#include "core/period.h"
#include "store/field.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        char decimal;
        double want;
    } good[] = {{"0", '.', 0},
                {"-0.5", '.', -0.5},
                {"+3", '.', 3},
                {".5", '.', 0.5},
                {"5.", '.', 5},
                {"1e3", '.', 1000},
                {"1.5E-2", '.', 0.015},
                {"1,234,567.5", '.', 1234567.5},
                {"1.234.567,5", ',', 1234567.5},
                {"1 234,5", ',', 1234.5},
                {"1'234.5", '.', 1234.5},
                {"1\xC2\xA0"
                 "234",
                 '.', 1234},
                {"12%", '.', 0.12},
                {"(7.5)", '.', -7.5},
                {"7.5-", '.', -7.5},
                {"$ 1,000", '.', 1000},
                {"12,5 €", ',', 12.5},
                {"¥99", '.', 99},
                {"-$5", '.', -5},
                {" 42\t", '.', 42},
                {"\xE2\x88\x92"
                 "4",
                 '.', -4},
                {"0.1", '.', 0.1},
                {"9007199254740993", '.', 9007199254740992.0},
                {"123456789012345678901234567890", '.', 123456789012345678901234567890.0},
                {"0.30000000000000004", '.', 0.30000000000000004},
                {"2.2250738585072014e-308", '.', 2.2250738585072014e-308},
                {"8.41", '.', 8.41},
                {"1e22", '.', 1e22},
                {"00012", '.', 12}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double value = -77;
        if (skuai_field_number(good[i].text, strlen(good[i].text), good[i].decimal, &value) !=
            SKUAI_FIELD_GOOD)
            fail_msg("'%s' was not read", good[i].text);
        assert_close(value, good[i].want, 3e-16, 0);
    }
    static const char *const bad[] = {"abc",  "1,23", "12,3456",  "1.2.3",      "--",
                                      "1e",   "$",    "12 34",    "0x10",       "1,234,56",
                                      ",123", "e5",   "5 pieces", "2024-01-01", "1234,567"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = -77;
        if (skuai_field_number(bad[i], strlen(bad[i]), '.', &value) != SKUAI_FIELD_BAD)
            fail_msg("'%s' was read", bad[i]);
        assert_close(value, -77, 0, 0);
    }
    double value;
    static const char *const missing[] = {"", "  ", "NA", "n/a", "NaN", "null", "None", "\\N", "-"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        assert_int_equal(skuai_field_number(missing[i], strlen(missing[i]), '.', &value),
                         SKUAI_FIELD_MISSING);
    static const char *const infinite[] = {"inf", "-Infinity", "+INF", "∞", "1e999"};
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++)
        assert_int_equal(skuai_field_number(infinite[i], strlen(infinite[i]), '.', &value),
                         SKUAI_FIELD_INFINITE);
}

/* Against strtod, on what both read: equal to the last bit but one. */
static void numbers_like_strtod(void **state) {
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        double x = ((double)(int64_t)seed / 9e18) * pow(10, (double)(i % 40 - 20));
        (void)snprintf(text, sizeof text, i % 3 ? "%.17g" : "%.4f", x);
        double value = NAN;
        assert_int_equal(skuai_field_number(text, strlen(text), '.', &value), SKUAI_FIELD_GOOD);
        assert_close(value, strtod(text, NULL), 4.5e-16, 0);
    }
}

static void decimal_sign(void **state) {
    (void)state;
    assert_int_equal(skuai_field_decimal("1,5", 3), ',');
    assert_int_equal(skuai_field_decimal("1.5", 3), '.');
    assert_int_equal(skuai_field_decimal("1,234", 5), '\0'); /* both are possible */
    assert_int_equal(skuai_field_decimal("1.234,5", 7), ',');
    assert_int_equal(skuai_field_decimal("1,234.5", 7), '.');
    assert_int_equal(skuai_field_decimal("12", 2), '\0');
    assert_int_equal(skuai_field_decimal("14.11.2016", 10), '\0');
}

static void assert_date(const char *text, skuai_date_form form, int year, int month, int day,
                        double seconds) {
    skuai_instant instant;
    skuai_field_result result = skuai_field_date(text, strlen(text), form, &instant);
    if (result != SKUAI_FIELD_GOOD) fail_msg("'%s' was not read: %d", text, (int)result);
    double want = (double)skuai_day_from_date(year, month, day) * 86400 + seconds;
    assert_close((double)instant.micros / 1e6, want, 0, 1e-6);
}

static void dates(void **state) {
    (void)state;
    assert_date("2016-11-14", SKUAI_DATE_YMD, 2016, 11, 14, 0);
    assert_date("2016/1/4", SKUAI_DATE_YMD, 2016, 1, 4, 0);
    assert_date("20161114", SKUAI_DATE_YMD, 2016, 11, 14, 0);
    assert_date("2016年1月4日", SKUAI_DATE_YMD, 2016, 1, 4, 0);
    assert_date("2016-11-14T08:26:01.5", SKUAI_DATE_YMD, 2016, 11, 14, 8 * 3600 + 26 * 60 + 1.5);
    assert_date("2016-11-14 8:26", SKUAI_DATE_YMD, 2016, 11, 14, 8 * 3600 + 26 * 60);
    assert_date("14.11.2016", SKUAI_DATE_DMY, 2016, 11, 14, 0);
    assert_date("14/11/16 23:59", SKUAI_DATE_DMY, 2016, 11, 14, 86340);
    assert_date("11/14/2016 12:05 AM", SKUAI_DATE_MDY, 2016, 11, 14, 300);
    assert_date("11/14/2016 1:05 PM", SKUAI_DATE_MDY, 2016, 11, 14, 13 * 3600 + 300);
    assert_date("14-Nov-2016", SKUAI_DATE_NAMED, 2016, 11, 14, 0);
    assert_date("November 14, 2016", SKUAI_DATE_NAMED, 2016, 11, 14, 0);
    assert_date("14 Sept 2016", SKUAI_DATE_NAMED, 2016, 9, 14, 0);
    assert_date("2016-11", SKUAI_DATE_MONTH, 2016, 11, 1, 0);
    assert_date("2016年1月", SKUAI_DATE_MONTH, 2016, 1, 1, 0);
    assert_date("Nov-2016", SKUAI_DATE_MONTH, 2016, 11, 1, 0);
    assert_date("2016Q4", SKUAI_DATE_QUARTER, 2016, 10, 1, 0);
    assert_date("Q1 2016", SKUAI_DATE_QUARTER, 2016, 1, 1, 0);
    assert_date("2015-W53", SKUAI_DATE_WEEK, 2015, 12, 28, 0);
    assert_date("2016W01", SKUAI_DATE_WEEK, 2016, 1, 4, 0);
    assert_date("2016", SKUAI_DATE_YEAR, 2016, 1, 1, 0);
    assert_date("45292", SKUAI_DATE_SERIAL, 2024, 1, 1, 0); /* Excel: DATE(2024,1,1) */
    assert_date("45292.25", SKUAI_DATE_SERIAL, 2024, 1, 1, 21600);
    assert_date("1511544070", SKUAI_DATE_UNIX, 2017, 11, 24, 17 * 3600 + 21 * 60 + 10);
    assert_date("1511544070500", SKUAI_DATE_UNIX_MS, 2017, 11, 24, 17 * 3600 + 21 * 60 + 10.5);
}

static void offsets(void **state) {
    (void)state;
    skuai_instant instant;
    const char *text = "2024-03-01T17:00:00+08:30";
    assert_int_equal(skuai_field_date(text, strlen(text), SKUAI_DATE_YMD, &instant),
                     SKUAI_FIELD_GOOD);
    assert_true(instant.has_offset && instant.has_time);
    assert_int_equal(instant.offset, 510);
    text = "2024-03-01T17:00:00Z";
    assert_int_equal(skuai_field_date(text, strlen(text), SKUAI_DATE_YMD, &instant),
                     SKUAI_FIELD_GOOD);
    assert_true(instant.has_offset && instant.offset == 0);
    text = "2024-03-01";
    assert_int_equal(skuai_field_date(text, strlen(text), SKUAI_DATE_YMD, &instant),
                     SKUAI_FIELD_GOOD);
    assert_false(instant.has_offset || instant.has_time);
}

static void bad_dates(void **state) {
    (void)state;
    static const struct {
        const char *text;
        skuai_date_form form;
        skuai_field_result want;
    } cases[] = {{"2023-02-29", SKUAI_DATE_YMD, SKUAI_FIELD_BAD},
                 {"2024-13-01", SKUAI_DATE_YMD, SKUAI_FIELD_BAD},
                 {"1900-01-01", SKUAI_DATE_YMD, SKUAI_FIELD_RANGE},
                 {"2500-01-01", SKUAI_DATE_YMD, SKUAI_FIELD_RANGE},
                 {"2024-01-01x", SKUAI_DATE_YMD, SKUAI_FIELD_BAD},
                 {"2024-01-01 25:00", SKUAI_DATE_YMD, SKUAI_FIELD_BAD},
                 {"13/13/2024", SKUAI_DATE_DMY, SKUAI_FIELD_BAD},
                 {"2016-W54", SKUAI_DATE_WEEK, SKUAI_FIELD_BAD},
                 {"2015-W54", SKUAI_DATE_WEEK, SKUAI_FIELD_BAD},
                 {"2016-W53", SKUAI_DATE_WEEK, SKUAI_FIELD_BAD},
                 {"", SKUAI_DATE_YMD, SKUAI_FIELD_MISSING},
                 {"NA", SKUAI_DATE_MDY, SKUAI_FIELD_MISSING},
                 {"20000", SKUAI_DATE_SERIAL, SKUAI_FIELD_GOOD},
                 {"123", SKUAI_DATE_SERIAL, SKUAI_FIELD_BAD}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        skuai_instant instant = {.micros = 42};
        skuai_field_result result =
            skuai_field_date(cases[i].text, strlen(cases[i].text), cases[i].form, &instant);
        if (result != cases[i].want) fail_msg("'%s': %d", cases[i].text, (int)result);
        if (result != SKUAI_FIELD_GOOD) assert_int_equal(instant.micros, 42);
    }
    unsigned forms = skuai_field_date_forms("01/02/2024", 10);
    assert_int_equal(forms, 1u << SKUAI_DATE_DMY | 1u << SKUAI_DATE_MDY);
    assert_int_equal(skuai_field_date_forms("13/02/2024", 10), 1u << SKUAI_DATE_DMY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),      cmocka_unit_test(numbers_like_strtod),
        cmocka_unit_test(decimal_sign), cmocka_unit_test(dates),
        cmocka_unit_test(offsets),      cmocka_unit_test(bad_dates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
