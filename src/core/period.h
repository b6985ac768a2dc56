/* period.h -- dates, instants and the regular grid of periods (room core).
 *
 * A day is a number of days since 1970-01-01 in the proleptic Gregorian calendar; an instant is a
 * number of seconds since 1970-01-01T00:00:00 of whatever clock the caller reads (UTC, or the
 * channel's local time). A period is the index of an hour, day, week, month, ... on a grid: it
 * counts from the period that holds 1970-01-01T00:00, so consecutive periods have consecutive
 * numbers and arithmetic on them is plain subtraction. */
#ifndef SKUA_CORE_PERIOD_H
#define SKUA_CORE_PERIOD_H

#include "core/error.h"

typedef enum skuai_frequency {
    SKUAI_FREQUENCY_HOUR,
    SKUAI_FREQUENCY_DAY,
    SKUAI_FREQUENCY_WEEK,
    SKUAI_FREQUENCY_MONTH,
    SKUAI_FREQUENCY_QUARTER,
    SKUAI_FREQUENCY_YEAR,
    SKUAI_FREQUENCY_RETAIL_MONTH /* 4-4-5 weeks: see skuai_grid */
} skuai_frequency;
enum { SKUAI_FREQUENCIES = SKUAI_FREQUENCY_RETAIL_MONTH + 1 };

/* The grid that a panel lies on. */
typedef struct skuai_grid {
    skuai_frequency frequency;
    /* WEEK: first day of the week, 0 Monday (ISO) ... 6 Sunday (US).
     * RETAIL_MONTH: the same, and the retail year ends on the last day of that week that is nearest
     * to 31 January (NRF 4-5-4 calendar's rule); its quarters hold weeks as `pattern` says. */
    int week_start;
    int pattern; /* RETAIL_MONTH: 445, 454 or 544 */
} skuai_grid;

typedef struct skuai_date {
    int year, month, day; /* month 1..12, day 1..31 */
} skuai_date;

int64_t skuai_day_from_date(int year, int month,
                            int day); /* any day or month overflow is carried */
skuai_date skuai_date_from_day(int64_t day);
int skuai_day_of_week(int64_t day); /* 0 Monday ... 6 Sunday */
int skuai_day_of_year(int64_t day); /* 1 .. 366 */
bool skuai_year_is_leap(int year);
int skuai_days_in_month(int year, int month);
/* ISO 8601 week number (1..53) and the year it belongs to. */
int skuai_iso_week(int64_t day, int *iso_year);

/* "hour", "day", ... and back; the aliases of pandas are known (H, D, W, W-MON, M, MS, ME, Q, QS,
 * Y, YS, "weekly", "daily", ...). W-SUN names the last day, as pandas does: weeks start on Monday.
 * SKUA_EINVAL for an unknown name. */
const char *skuai_frequency_name(skuai_frequency frequency);
skua_status skuai_grid_parse(const char *name, skuai_grid *grid, skua_error *err);

/* The period that holds a day (at second 0..86399 of it), and back to its first day. */
int64_t skuai_period_from_day(const skuai_grid *grid, int64_t day, int second);
int64_t skuai_period_first_day(const skuai_grid *grid, int64_t period);
int64_t skuai_period_last_day(const skuai_grid *grid, int64_t period);
int skuai_period_hour(const skuai_grid *grid, int64_t period); /* 0..23; 0 unless hourly */

/* The usual number of periods after which demand repeats: 24 (hour), 7, 52, 12, 4, 1, 12. */
int skuai_grid_season(const skuai_grid *grid);
/* A year of whole weeks, quarters or months; of hours a week: 168, 364, 52, 12, 4, 0 (year), 12. */
size_t skuai_grid_year_lag(const skuai_grid *grid);
/* Periods in a year, on average: 8766, 365.25, 52.18, 12, 4, 1, 12. */
double skuai_grid_periods_in_year(const skuai_grid *grid);

/* ISO text of a period's start: "2024-03-28" or, hourly, "2024-03-28T15:00". `text` holds at least
 * SKUAI_PERIOD_TEXT_SIZE bytes and is returned. */
#define SKUAI_PERIOD_TEXT_SIZE 32
char *skuai_period_text(const skuai_grid *grid, int64_t period, char *text);

#endif
