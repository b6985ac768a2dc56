#include "core/period.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static int64_t floor_div(int64_t a, int64_t b) {
    int64_t q = a / b;
    return q - ((a % b != 0) && ((a < 0) != (b < 0)));
}

static int64_t floor_mod(int64_t a, int64_t b) {
    return a - b * floor_div(a, b);
}

/* Days and civil dates: Hinnant, "chrono-compatible low-level date algorithms". */
int64_t skuai_day_from_date(int year, int month, int day) {
    int64_t months = (int64_t)year * 12 + month - 1;
    int64_t y = floor_div(months, 12);
    int64_t m = floor_mod(months, 12) + 1;
    y -= m <= 2;
    int64_t era = floor_div(y, 400), yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5; /* from 1 March */
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468 + day - 1;
}

skuai_date skuai_date_from_day(int64_t day) {
    int64_t z = day + 719468;
    int64_t era = floor_div(z, 146097), doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t m = mp < 10 ? mp + 3 : mp - 9;
    return (skuai_date){(int)(yoe + era * 400 + (m <= 2)), (int)m,
                        (int)(doy - (153 * mp + 2) / 5 + 1)};
}

int skuai_day_of_week(int64_t day) {
    return (int)floor_mod(day + 3, 7);
} /* 1970-01-01: Thursday */

int skuai_day_of_year(int64_t day) {
    return (int)(day - skuai_day_from_date(skuai_date_from_day(day).year, 1, 1)) + 1;
}

bool skuai_year_is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int skuai_days_in_month(int year, int month) {
    return (int)(skuai_day_from_date(year, month + 1, 1) - skuai_day_from_date(year, month, 1));
}

int skuai_iso_week(int64_t day, int *iso_year) {
    int64_t thursday = day - skuai_day_of_week(day) + 3; /* decides the year */
    int year = skuai_date_from_day(thursday).year;
    if (iso_year) *iso_year = year;
    return (int)((thursday - skuai_day_from_date(year, 1, 1)) / 7) + 1;
}

/* -- Retail years (4-4-5) -------------------------------------------------------------------- */

/* First day of the retail year `year`: the day after the week end nearest to 31 January. */
static int64_t retail_year_start(const skuai_grid *grid, int year) {
    int64_t january_end = skuai_day_from_date(year, 1, 31);
    int week_end = (grid->week_start + 6) % 7;
    int64_t before = january_end - floor_mod(skuai_day_of_week(january_end) - week_end, 7);
    int64_t nearest = january_end - before <= 3 ? before : before + 7;
    return nearest + 1;
}

/* Weeks of a retail year before its month (0..11); month 12: a 52-week year whole. */
static int retail_month_week(const skuai_grid *grid, int month) {
    int first = grid->pattern == 544 ? 5 : 4, second = grid->pattern == 454 ? 5 : 4;
    int in_quarter = month % 3 == 0 ? 0 : month % 3 == 1 ? first : first + second;
    return month / 3 * 13 + in_quarter;
}

static int64_t retail_period(const skuai_grid *grid, int64_t day) {
    int year = skuai_date_from_day(day).year;
    if (day < retail_year_start(grid, year)) year--;
    int week = (int)((day - retail_year_start(grid, year)) / 7);
    int month = 11; /* week 53 belongs to the last month */
    while (month > 0 && retail_month_week(grid, month) > week)
        month--;
    return ((int64_t)year - 1970) * 12 + month;
}

static int64_t retail_first_day(const skuai_grid *grid, int64_t period) {
    int year = (int)floor_div(period, 12) + 1970, month = (int)floor_mod(period, 12);
    return retail_year_start(grid, year) + 7 * retail_month_week(grid, month);
}

/* -- The grid -------------------------------------------------------------------------------- */

/* Days from the first day of week 0 to 1970-01-01 (a Thursday, day 3 of an ISO week). */
static int64_t week_shift(const skuai_grid *grid) {
    return floor_mod(3 - grid->week_start, 7);
}

int64_t skuai_period_from_day(const skuai_grid *grid, int64_t day, int second) {
    skuai_date date;
    switch (grid->frequency) {
    case SKUAI_FREQUENCY_HOUR:
        return day * 24 + second / 3600;
    case SKUAI_FREQUENCY_DAY:
        return day;
    case SKUAI_FREQUENCY_WEEK:
        return floor_div(day + week_shift(grid), 7);
    case SKUAI_FREQUENCY_MONTH:
        date = skuai_date_from_day(day);
        return ((int64_t)date.year - 1970) * 12 + date.month - 1;
    case SKUAI_FREQUENCY_QUARTER:
        date = skuai_date_from_day(day);
        return ((int64_t)date.year - 1970) * 4 + (date.month - 1) / 3;
    case SKUAI_FREQUENCY_YEAR:
        return (int64_t)skuai_date_from_day(day).year - 1970;
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        return retail_period(grid, day);
    }
    return 0;
}

int64_t skuai_period_first_day(const skuai_grid *grid, int64_t period) {
    switch (grid->frequency) {
    case SKUAI_FREQUENCY_HOUR:
        return floor_div(period, 24);
    case SKUAI_FREQUENCY_DAY:
        return period;
    case SKUAI_FREQUENCY_WEEK:
        return period * 7 - week_shift(grid);
    case SKUAI_FREQUENCY_MONTH:
        return skuai_day_from_date(1970, 1 + (int)period, 1);
    case SKUAI_FREQUENCY_QUARTER:
        return skuai_day_from_date(1970, 1 + 3 * (int)period, 1);
    case SKUAI_FREQUENCY_YEAR:
        return skuai_day_from_date(1970 + (int)period, 1, 1);
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        return retail_first_day(grid, period);
    }
    return 0;
}

int64_t skuai_period_last_day(const skuai_grid *grid, int64_t period) {
    if (grid->frequency == SKUAI_FREQUENCY_HOUR) return skuai_period_first_day(grid, period);
    return skuai_period_first_day(grid, period + 1) - 1;
}

int skuai_period_hour(const skuai_grid *grid, int64_t period) {
    return grid->frequency == SKUAI_FREQUENCY_HOUR ? (int)floor_mod(period, 24) : 0;
}

int skuai_grid_season(const skuai_grid *grid) {
    static const int season[] = {24, 7, 52, 12, 4, 1, 12};
    return season[grid->frequency];
}

size_t skuai_grid_year_lag(const skuai_grid *grid) {
    switch (grid->frequency) {
    case SKUAI_FREQUENCY_HOUR:
        return 168;
    case SKUAI_FREQUENCY_DAY:
        return 364;
    case SKUAI_FREQUENCY_WEEK:
        return 52;
    case SKUAI_FREQUENCY_MONTH:
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        return 12;
    case SKUAI_FREQUENCY_QUARTER:
        return 4;
    case SKUAI_FREQUENCY_YEAR:
        break;
    }
    return 0;
}

double skuai_grid_periods_in_year(const skuai_grid *grid) {
    static const double periods[] = {8766, 365.25, 365.25 / 7, 12, 4, 1, 12};
    return periods[grid->frequency];
}

char *skuai_period_text(const skuai_grid *grid, int64_t period, char *text) {
    skuai_date date = skuai_date_from_day(skuai_period_first_day(grid, period));
    int n =
        snprintf(text, SKUAI_PERIOD_TEXT_SIZE, "%04d-%02d-%02d", date.year, date.month, date.day);
    if (grid->frequency == SKUAI_FREQUENCY_HOUR && n > 0 && n < SKUAI_PERIOD_TEXT_SIZE)
        (void)snprintf(text + n, SKUAI_PERIOD_TEXT_SIZE - (size_t)n, "T%02d:00",
                       skuai_period_hour(grid, period));
    return text;
}

/* -- Names ----------------------------------------------------------------------------------- */

const char *skuai_frequency_name(skuai_frequency frequency) {
    static const char *const names[] = {"hour",    "day",  "week",        "month",
                                        "quarter", "year", "retail-month"};
    return names[frequency];
}

static const struct {
    const char *name;
    skuai_frequency frequency;
    int week_start, pattern;
} frequency_names[] = {
    {"hour", SKUAI_FREQUENCY_HOUR, 0, 0},
    {"hourly", SKUAI_FREQUENCY_HOUR, 0, 0},
    {"h", SKUAI_FREQUENCY_HOUR, 0, 0},
    {"day", SKUAI_FREQUENCY_DAY, 0, 0},
    {"daily", SKUAI_FREQUENCY_DAY, 0, 0},
    {"d", SKUAI_FREQUENCY_DAY, 0, 0},
    {"week", SKUAI_FREQUENCY_WEEK, 0, 0},
    {"weekly", SKUAI_FREQUENCY_WEEK, 0, 0},
    {"w", SKUAI_FREQUENCY_WEEK, 0, 0},
    {"week-iso", SKUAI_FREQUENCY_WEEK, 0, 0},
    {"week-us", SKUAI_FREQUENCY_WEEK, 6, 0},
    {"w-sun", SKUAI_FREQUENCY_WEEK, 0, 0},
    {"w-mon", SKUAI_FREQUENCY_WEEK, 1, 0},
    {"w-tue", SKUAI_FREQUENCY_WEEK, 2, 0},
    {"w-wed", SKUAI_FREQUENCY_WEEK, 3, 0},
    {"w-thu", SKUAI_FREQUENCY_WEEK, 4, 0},
    {"w-fri", SKUAI_FREQUENCY_WEEK, 5, 0},
    {"w-sat", SKUAI_FREQUENCY_WEEK, 6, 0},
    {"month", SKUAI_FREQUENCY_MONTH, 0, 0},
    {"monthly", SKUAI_FREQUENCY_MONTH, 0, 0},
    {"m", SKUAI_FREQUENCY_MONTH, 0, 0},
    {"ms", SKUAI_FREQUENCY_MONTH, 0, 0},
    {"me", SKUAI_FREQUENCY_MONTH, 0, 0},
    {"quarter", SKUAI_FREQUENCY_QUARTER, 0, 0},
    {"q", SKUAI_FREQUENCY_QUARTER, 0, 0},
    {"qs", SKUAI_FREQUENCY_QUARTER, 0, 0},
    {"qe", SKUAI_FREQUENCY_QUARTER, 0, 0},
    {"quarterly", SKUAI_FREQUENCY_QUARTER, 0, 0},
    {"year", SKUAI_FREQUENCY_YEAR, 0, 0},
    {"yearly", SKUAI_FREQUENCY_YEAR, 0, 0},
    {"y", SKUAI_FREQUENCY_YEAR, 0, 0},
    {"ys", SKUAI_FREQUENCY_YEAR, 0, 0},
    {"ye", SKUAI_FREQUENCY_YEAR, 0, 0},
    {"retail-month", SKUAI_FREQUENCY_RETAIL_MONTH, 6, 445},
    {"4-4-5", SKUAI_FREQUENCY_RETAIL_MONTH, 6, 445},
    {"4-5-4", SKUAI_FREQUENCY_RETAIL_MONTH, 6, 454},
    {"5-4-4", SKUAI_FREQUENCY_RETAIL_MONTH, 6, 544},
};

skua_status skuai_grid_parse(const char *name, skuai_grid *grid, skua_error *err) {
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    for (size_t i = 0; i < sizeof frequency_names / sizeof *frequency_names; i++)
        if (strcasecmp(name, frequency_names[i].name) == 0) {
            *grid = (skuai_grid){frequency_names[i].frequency, frequency_names[i].week_start,
                                 frequency_names[i].pattern};
            return SKUA_OK;
        }
    if (strncasecmp(name, "week-", 5) == 0) /* week-wednesday: the first day of the week */
        for (int i = 0; i < 7; i++)
            if (strcasecmp(name + 5, days[i]) == 0) {
                *grid = (skuai_grid){SKUAI_FREQUENCY_WEEK, i, 0};
                return SKUA_OK;
            }
    return skuai_error_set(err, SKUA_EINVAL,
                           "unknown frequency '%s': use hour, day, week, week-us, week-tuesday, "
                           "month, quarter, year, 4-4-5, 4-5-4 or 5-4-4",
                           name);
}
