/* Holidays by rule against PyPI holidays and chinesecalendar; the parser; features; alignment. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/calendar/holiday.h"
#include "core/random.h"

#include <math.h>
#include <string.h>

#define DAY(y, m, d) skuai_day_from_date(y, m, d)

static int rules_setup(void **state) {
    skuai_holiday_rules *rules = NULL;
    skua_error err;
    assert_ok(skuai_holiday_rules_builtin(&rules, &err), &err);
    *state = rules;
    return 0;
}

static int rules_teardown(void **state) {
    skuai_holiday_rules_free(*state);
    return 0;
}

static skuai_holiday_list list_of(const skuai_holiday_rules *rules, const char *countries,
                                  int64_t first, int64_t last) {
    skuai_holiday_list list = {0};
    skua_error err;
    assert_ok(skuai_holiday_list_get(rules, countries, first, last, &list, &err), &err);
    return list;
}

static bool is_listed(const skuai_holiday_list *list, int64_t day, const char *name) {
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].day == day && (!name || strcmp(list->items[i].name, name) == 0))
            return true;
    return false;
}

#define FIRST_YEAR 2000
#define N_DAYS     13149 /* 2000-01-01 .. 2035-12-31 */

static void report(const char *country, int64_t day, const char *what) {
    skuai_date d = skuai_date_from_day(day);
    print_error("%s %04d-%02d-%02d: %s\n", country, d.year, d.month, d.day, what);
}

/* Where the package and we differ on purpose. */
static bool excused(const char *country, int64_t day, const skuai_holiday *mine) {
    skuai_date d = skuai_date_from_day(day);
    /* CN: the golden file has the days of the law only; decisions are tested below */
    if (mine && strcmp(country, "CN") == 0) return strcmp(mine->name, "Day off by decision") == 0;
    /* IN: Islamic days after 2026 are the tabular ones, the package's estimates are left out */
    if (mine && strcmp(country, "IN") == 0 && d.year > 2026) return true;
    /* ES: the package begins in 2007 and leaves out Sundays, which regions may move */
    if (mine && strcmp(country, "ES") == 0) return d.year < 2008 || skuai_day_of_week(day) == 6;
    return false;
}

static void days_off_are_those_of_the_package(void **state) {
    const skuai_holiday_rules *rules = *state;
    static unsigned char golden[N_DAYS];
    int64_t zero = DAY(FIRST_YEAR, 1, 1);
    char path[1024], line[128], country[16] = "", previous[16] = "";
    FILE *f = fopen(test_source("tests/golden/calendar/holidays.csv", path, sizeof path), "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    size_t n_countries = 0, wrong = 0, days = 0;
    for (bool more = true; more;) {
        long day = 0;
        more = fscanf(f, "%15[A-Z-],%ld\n", country, &day) == 2;
        if (previous[0] && (!more || strcmp(country, previous) != 0)) {
            skuai_holiday_list list = list_of(rules, previous, zero, zero + N_DAYS - 1);
            for (size_t i = 0; i < list.n; i++) {
                if (list.items[i].kind != SKUAI_HOLIDAY_FREE) continue;
                int64_t t = list.items[i].day - zero;
                if (!golden[t] && !excused(previous, list.items[i].day, &list.items[i])) {
                    report(previous, list.items[i].day, list.items[i].name);
                    wrong++;
                }
                golden[t] |= 2;
            }
            for (int64_t t = 0; t < N_DAYS; t++)
                if (golden[t] == 1) {
                    report(previous, zero + t, "missing");
                    wrong++;
                }
            skuai_holiday_list_clear(&list);
            memset(golden, 0, sizeof golden);
            n_countries++;
        }
        if (more) {
            memcpy(previous, country, sizeof previous);
            assert_in_range(day - zero, 0, N_DAYS - 1);
            golden[day - zero] = 1;
            days++;
        }
    }
    (void)fclose(f);
    assert_int_equal(n_countries, 20);
    assert_true(days > 7000);
    assert_int_equal(wrong, 0);
}

/* Weekends, holidays and make-up days together give the days worked in China, 2004-2026. */
static void china_works_as_decided(void **state) {
    char path[1024], line[512];
    FILE *f = fopen(test_source("tests/golden/calendar/china_off.csv", path, sizeof path), "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    int year, years = 0;
    char off[400];
    while (fscanf(f, "%d,%399[01]\n", &year, off) == 2) {
        int64_t first = DAY(year, 1, 1);
        size_t n = strlen(off);
        skuai_holiday_list list = list_of(*state, "CN", first, first + (int64_t)n - 1);
        float free_days[400], workdays[400];
        skuai_grid grid = {SKUAI_FREQUENCY_DAY, 0, 0};
        skuai_holiday_count(&list, &grid, first, n, free_days, NULL, workdays);
        for (size_t t = 0; t < n; t++) {
            bool weekend = skuai_day_of_week(first + (int64_t)t) >= 5;
            bool mine = free_days[t] > 0 || (weekend && !(workdays[t] > 0));
            /* a statutory day that was worked would be on both lists */
            assert_false(free_days[t] > 0 && workdays[t] > 0);
            if (mine != (off[t] == '1')) report("CN", first + (int64_t)t, "worked or not");
            assert_int_equal(mine, off[t] == '1');
        }
        skuai_holiday_list_clear(&list);
        years++;
    }
    (void)fclose(f);
    assert_int_equal(years, 23);
}

static void festivals_stand_where_they_should(void **state) {
    skuai_holiday_list list = list_of(*state, " cn, SHOPPING,", DAY(2024, 1, 1), DAY(2024, 12, 31));
    assert_true(is_listed(&list, DAY(2024, 2, 10), "Chinese New Year (Spring Festival)"));
    assert_true(is_listed(&list, DAY(2024, 8, 10), "Qixi"));
    assert_true(is_listed(&list, DAY(2024, 11, 11), "Singles' Day"));
    assert_true(is_listed(&list, DAY(2024, 6, 18), "618"));
    assert_true(is_listed(&list, DAY(2024, 11, 29), "Black Friday"));
    assert_true(is_listed(&list, DAY(2024, 12, 2), "Cyber Monday"));
    assert_true(is_listed(&list, DAY(2024, 5, 12), "Mother's Day"));
    assert_true(is_listed(&list, DAY(2024, 6, 16), "Father's Day"));
    assert_true(is_listed(&list, DAY(2024, 12, 12), "Double 12"));
    assert_false(is_listed(&list, DAY(2024, 8, 11), "Qixi"));
    for (size_t i = 1; i < list.n; i++)
        assert_true(list.items[i].day >= list.items[i - 1].day);
    skuai_holiday_list_clear(&list);
    list = list_of(*state, "shopping", DAY(2005, 1, 1), DAY(2008, 12, 31));
    assert_false(is_listed(&list, DAY(2008, 11, 11), "Singles' Day")); /* began in 2009 */
    skuai_holiday_list_clear(&list);
    /* the tabular Hijri year begins twice in 2008 */
    list = list_of(*state, "islamic", DAY(2008, 1, 1), DAY(2008, 12, 31));
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++)
        n += strcmp(list.items[i].name, "Islamic New Year") == 0;
    assert_int_equal(n, 2);
    skuai_holiday_list_clear(&list);
}

static void wrong_questions_are_answered(void **state) {
    skuai_holiday_list list = {7, NULL};
    skua_error err;
    assert_int_equal(skuai_holiday_list_get(*state, "US,XX", 0, 1, &list, &err), SKUA_ENOTFOUND);
    assert_non_null(strstr(err.message, "'XX'"));
    assert_non_null(strstr(err.message, " US"));
    assert_int_equal(skuai_holiday_list_get(*state, "DE-XX", 0, 1, &list, &err), SKUA_ENOTFOUND);
    assert_int_equal(skuai_holiday_list_get(*state, "US", 1, 0, &list, &err), SKUA_ERANGE);
    assert_int_equal(skuai_holiday_list_get(*state, "US", -9000000, 0, &list, &err), SKUA_ERANGE);
    assert_int_equal(list.n, 7);
    list = list_of(*state, "", 0, 100);
    assert_int_equal(list.n, 0);
    skuai_holiday_list_clear(&list);
}

static void parser_says_where(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"holiday \"x\" date 01-01\n", "shop.txt:1: a rule before any country line"},
        {"country XX \"X\"\nholiday \"x\" date 13-01\n", "shop.txt:2: '13-01' stands where"},
        {"country XX\n\nholiday \"x\" date 02-30", "shop.txt:3: '02-30' stands where a date MM-DD"},
        {"country XX\nholiday x date 01-01\n", "shop.txt:2: 'x' stands where a name in double"},
        {"country XX\nholiday \"x date 01-01\n",
         "shop.txt:2: '\"x date 01-01' stands where a name"},
        {"country XX\nholiday \"x\" nth 5 monday 1\n", "shop.txt:2: '5' stands where 1..4 or last"},
        {"country XX\nholiday \"x\" nth 1 mon 1\n", "shop.txt:2: 'mon' stands where a weekday"},
        {"country XX\nholiday \"x\" lunar 13 1\n", "shop.txt:2: '13' stands where a lunar month"},
        {"country XX\nholiday \"x\" term spring\n", "shop.txt:2: 'spring' stands where a solar"},
        {"country XX\nholiday \"x\" easter plus\n", "shop.txt:2: the line ends where a number"},
        {"country XX\nholiday \"x\" easter years 2010-2000\n", "shop.txt:2: '2010-2000' stands"},
        {"country XX\nholiday \"x\" easter years 2010,\n",
         "shop.txt:2: '2010,' stands where years"},
        {"country XX\nholiday \"x\" on 2023-02-29\n",
         "shop.txt:2: '2023-02-29' stands where a day"},
        {"country XX\nholiday \"x\" on 2023-02-02..2023-02-01\n", "stands where a day"},
        {"country XX\nholiday \"x\" easter observed monday\n", "shop.txt:2: 'monday' stands where"},
        {"country XX\nholiday \"x\" easter days 0\n", "shop.txt:2: '0' stands where"},
        {"country XX\nholiday \"x\" easter often\n", "shop.txt:2: 'often' stands where plus"},
        {"country XX zone 9999\n", "shop.txt:1: '9999' stands where minutes east"},
        {"country A \"Aland\"\n", "shop.txt:1: country A is known as \"A\", zone 0"},
        {"country A zone 60\n", "shop.txt:1: country A is known as \"A\", zone 0"},
        {"party \"x\" easter\n", "shop.txt:1: 'party' stands where country, holiday"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        skuai_holiday_rules *rules = skuai_holiday_rules_new();
        assert_non_null(rules);
        skua_error err;
        assert_ok(skuai_holiday_rules_parse(rules, "country A\nholiday \"a\" date 03-01\n", 33,
                                            "a.txt", &err),
                  &err);
        assert_int_equal(
            skuai_holiday_rules_parse(rules, bad[i].text, strlen(bad[i].text), "shop.txt", &err),
            SKUA_EDATA);
        if (!strstr(err.message, bad[i].message)) print_error("%s\n", err.message);
        assert_non_null(strstr(err.message, bad[i].message));
        assert_int_equal(skuai_holiday_country_count(rules), 1); /* as before */
        skuai_holiday_list list = list_of(rules, "A", DAY(2020, 1, 1), DAY(2020, 12, 31));
        assert_int_equal(list.n, 1);
        skuai_holiday_list_clear(&list);
        skuai_holiday_rules_free(rules);
    }
}

static void every_rule_word_works(void **state) {
    (void)state;
    const char text[] = "\xEF\xBB\xBF# own days\r\n"
                        "country MY \"My shop\" zone 480 # Malaysia\r\n"
                        "festival \"Last\" nth last friday 2\n"
                        "festival \"From\" from monday 05-18\n"
                        "festival \"Before\" before monday 05-24\n"
                        "festival \"Orthodox\" orthodox plus -2\n"
                        "festival \"Eve\" lunar 12 last days 2\n"
                        "festival \"Leap\" date 02-29\n"
                        "festival \"Some\" date 07-01 years -2019,2024 in KL,PG\n"
                        "holiday \"Sun\" date 09-01 observed sunday\n"
                        "workday \"Work\" on 2024-03-02";
    skuai_holiday_rules *rules = skuai_holiday_rules_new();
    skua_error err;
    assert_ok(skuai_holiday_rules_parse(rules, text, sizeof text - 1, "my.txt", &err), &err);
    assert_string_equal(skuai_holiday_country_name(rules, 0), "My shop");
    skuai_holiday_list list = list_of(rules, "MY-PG", DAY(2024, 1, 1), DAY(2024, 12, 31));
    static const struct {
        int month, day;
        const char *name;
    } want[] = {{2, 9, "Eve"},  {2, 10, "Eve"},     {2, 23, "Last"}, {2, 29, "Leap"},
                {3, 2, "Work"}, {5, 3, "Orthodox"}, {5, 20, "From"}, {5, 20, "Before"},
                {7, 1, "Some"}, {9, 1, "Sun"},      {9, 2, "Sun"}};
    assert_int_equal(list.n, sizeof want / sizeof *want);
    for (size_t i = 0; i < list.n; i++) {
        assert_int_equal(list.items[i].day, DAY(2024, want[i].month, want[i].day));
        assert_string_equal(list.items[i].name, want[i].name);
    }
    assert_int_equal(list.items[1].nth_day, 1);
    assert_true(list.items[10].observed && !list.items[9].observed);
    skuai_holiday_list_clear(&list);
    list = list_of(rules, "MY", DAY(2023, 1, 1), DAY(2023, 12, 31));
    assert_false(is_listed(&list, DAY(2023, 3, 1), "Leap"));
    assert_false(is_listed(&list, DAY(2023, 7, 1), NULL));
    skuai_holiday_list_clear(&list);
    skuai_holiday_rules_free(rules);
}

/* Random edits of a good text: never a crash, and what is accepted can be listed. */
static void parser_survives_anything(void **state) {
    (void)state;
    static const char seed_text[] = "country XX \"Xland\" zone 60\n"
                                    "holiday \"A\" \"b\" date 12-25 days 2 observed nearest\n"
                                    "holiday \"B\" nth last monday 5 plus -3 years 2000-,1990\n"
                                    "festival \"C\" lunar 8 15 in A,B\nworkday \"D\" on 2020-01-04"
                                    "..2020-01-05 2021-01-01\nholiday \"E\" between\n"
                                    "holiday \"F\" hijri 10 1 observed weekend-or-overlap\n";
    skuai_random random;
    skuai_random_init(&random, 5);
    size_t accepted = 0;
    for (int round = 0; round < 4000; round++) {
        char text[sizeof seed_text];
        memcpy(text, seed_text, sizeof text);
        size_t edits = 1 + skuai_random_index(&random, 4);
        for (size_t i = 0; i < edits; i++) {
            size_t at = skuai_random_index(&random, sizeof text - 1);
            static const char bytes[] = " \"-.,0129\n#azX\0\xff";
            text[at] = bytes[skuai_random_index(&random, sizeof bytes - 1)];
        }
        skuai_holiday_rules *rules = skuai_holiday_rules_new();
        skua_error err;
        size_t size = skuai_random_index(&random, sizeof text);
        if (skuai_holiday_rules_parse(rules, text, size, "fuzz", &err) == SKUA_OK) {
            accepted++;
            if (skuai_holiday_country_count(rules) > 0) {
                skuai_holiday_list list = {0};
                const char *code = skuai_holiday_country_code(rules, 0);
                assert_ok(skuai_holiday_list_get(rules, code, DAY(2020, 1, 1), DAY(2020, 6, 1),
                                                 &list, &err),
                          &err);
                skuai_holiday_list_clear(&list);
            }
        } else {
            assert_int_equal(err.code, SKUA_EDATA);
            assert_true(strncmp(err.message, "fuzz:", 5) == 0);
        }
        skuai_holiday_rules_free(rules);
    }
    assert_in_range(accepted, 100, 3900);
}

static void features_count_days(void **state) {
    skuai_holiday_list list = list_of(*state, "CN", DAY(2023, 6, 1), DAY(2024, 12, 31));
    skuai_grid week = {SKUAI_FREQUENCY_WEEK, 0, 0}, day = {SKUAI_FREQUENCY_DAY, 0, 0};
    int64_t first = skuai_period_from_day(&week, DAY(2024, 2, 5), 0);
    float off[2], work[2], festival[2], since[2], until[2];
    skuai_holiday_count(&list, &week, first, 2, off, festival, work);
    /* 10-12 February by law, 13-17 by decision; 9 February (the eve) was a normal day; 18 worked */
    assert_close(off[0], 2, 0, 0);
    assert_close(off[1], 6, 0, 0);
    assert_close(work[1], 1, 0, 0);
    assert_close(festival[0], 1, 0, 0);
    skuai_holiday_distance(&list, "Chinese New Year (Spring Festival)", &week, first - 1, 2, since,
                           until);
    assert_close(until[0], 12, 0, 0); /* from Monday 29 January */
    assert_true(isnan(since[0]));     /* that of 2023 is not listed */
    assert_close(since[1], 0, 0, 0);
    assert_close(until[1], 0, 0, 0);
    skuai_holiday_distance(&list, "National Day", &day, DAY(2024, 9, 30), 2, since, until);
    assert_close(since[0], 365, 0, 0); /* 2024 has a 29 February */
    assert_close(until[0], 1, 0, 0);
    assert_close(since[1], 0, 0, 0);
    skuai_holiday_list_clear(&list);
}

static int64_t align(const skuai_holiday_list *list, const skuai_grid *grid, int64_t day) {
    int64_t period = skuai_period_from_day(grid, day, 0);
    return skuai_period_first_day(grid, skuai_holiday_align(list, grid, period));
}

static void last_year_is_found(void **state) {
    skuai_grid day = {SKUAI_FREQUENCY_DAY, 0, 0}, week = {SKUAI_FREQUENCY_WEEK, 0, 0};
    skuai_grid month = {SKUAI_FREQUENCY_MONTH, 0, 0};
    skuai_holiday_list list = list_of(*state, "CN", DAY(2022, 1, 1), DAY(2025, 3, 1));
    /* new year 22 January 2023, 10 February 2024 */
    assert_int_equal(align(&list, &day, DAY(2024, 2, 10)), DAY(2023, 1, 22));
    assert_int_equal(align(&list, &day, DAY(2024, 2, 3)), DAY(2023, 1, 15));
    assert_int_equal(align(&list, &day, DAY(2024, 2, 14)), DAY(2023, 1, 26));
    assert_int_equal(align(&list, &week, DAY(2024, 2, 5)), DAY(2023, 1, 16));
    /* 20 January 2024 is far from the holiday, but its counterpart, 21 January 2023, was the eve:
     * the nearest Saturday of 2023 outside the reach of the holiday and of the lanterns */
    int64_t then = align(&list, &day, DAY(2024, 1, 20));
    assert_int_equal(skuai_day_of_week(then), skuai_day_of_week(DAY(2024, 1, 20)));
    assert_true(then < DAY(2023, 1, 8));
    /* plain days and the fixed ones */
    assert_int_equal(align(&list, &day, DAY(2024, 7, 17)), DAY(2023, 7, 19));
    assert_int_equal(align(&list, &day, DAY(2024, 5, 1)), DAY(2023, 5, 1));
    assert_int_equal(align(&list, &month, DAY(2024, 2, 1)), DAY(2023, 2, 1));
    skuai_holiday_list_clear(&list);

    /* Seollal: its eve on 21 January 2023 and 9 February 2024; it reaches 14 days back and 7 on */
    list = list_of(*state, "KR", DAY(2022, 1, 1), DAY(2025, 3, 1));
    assert_int_equal(align(&list, &day, DAY(2024, 1, 28)), DAY(2023, 1, 9));
    assert_int_equal(align(&list, &day, DAY(2024, 2, 16)), DAY(2023, 1, 28));
    assert_int_equal(align(&list, &day, DAY(2024, 2, 18)), DAY(2023, 2, 19));
    skuai_holiday_list_clear(&list);

    list = list_of(*state, "US", DAY(2010, 1, 1), DAY(2014, 12, 31));
    /* Easter 2012 on 8 April, 2011 on 24 April; Thanksgiving 2012 on 22, 2011 on 24 November,
     * 2013 on 28 November: 53 weeks behind that of 2012 */
    assert_int_equal(align(&list, &week, DAY(2012, 4, 2)), DAY(2011, 4, 18));
    assert_int_equal(align(&list, &week, DAY(2012, 11, 19)), DAY(2011, 11, 21));
    assert_int_equal(align(&list, &week, DAY(2013, 11, 25)), DAY(2012, 11, 19));
    assert_int_equal(align(&list, &day, DAY(2012, 12, 25)), DAY(2011, 12, 25));
    assert_int_equal(align(&list, &week, DAY(2012, 8, 6)), DAY(2011, 8, 8));
    skuai_holiday_list_clear(&list);
}

#ifdef SKUA_FAULT
static void memory_may_fail_anywhere(void **state) {
    size_t live = skuai_fault_live();
    skua_status status = SKUA_ENOMEM;
    skua_error err;
    size_t n = 1;
    for (; status != SKUA_OK; n++) {
        skuai_holiday_rules *rules = NULL;
        skuai_fault_set(n, false);
        status = skuai_holiday_rules_builtin(&rules, &err);
        skuai_fault_set(0, false);
        if (status != SKUA_OK) assert_null(rules);
        skuai_holiday_rules_free(rules);
        assert_int_equal(skuai_fault_live(), live);
    }
    assert_true(n > 3);
    status = SKUA_ENOMEM;
    for (n = 1; status != SKUA_OK; n++) {
        skuai_holiday_list list = {7, NULL};
        skuai_fault_set(n, false);
        status = skuai_holiday_list_get(*state, "CN,JP,US", DAY(2020, 1, 1), DAY(2026, 1, 1), &list,
                                        &err);
        skuai_fault_set(0, false);
        if (status == SKUA_OK)
            skuai_holiday_list_clear(&list);
        else
            assert_int_equal(list.n, 7);
        assert_int_equal(skuai_fault_live(), live);
    }
    assert_true(n > 4);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_off_are_those_of_the_package),
        cmocka_unit_test(china_works_as_decided),
        cmocka_unit_test(festivals_stand_where_they_should),
        cmocka_unit_test(wrong_questions_are_answered),
        cmocka_unit_test(parser_says_where),
        cmocka_unit_test(every_rule_word_works),
        cmocka_unit_test(parser_survives_anything),
        cmocka_unit_test(features_count_days),
        cmocka_unit_test(last_year_is_found),
#ifdef SKUA_FAULT
        cmocka_unit_test(memory_may_fail_anywhere),
#endif
    };
    return cmocka_run_group_tests(tests, rules_setup, rules_teardown);
}
