#include "store/panel_in.h"

#define DAY 86400

static int64_t day_of(int64_t second) {
    return second / DAY - (second % DAY != 0 && second < 0);
}

static bool month_end(int64_t day) {
    skuai_date d = skuai_date_from_day(day);
    return d.day == skuai_days_in_month(d.year, d.month);
}

/* All in the same place of their month: the first, the last, or one fixed day up to the 28th. */
static bool monthly(const int64_t *seconds, size_t n) {
    int fixed = skuai_date_from_day(day_of(seconds[0])).day;
    bool same = fixed <= 28, ends = true;
    for (size_t i = 0; i < n; i++) {
        int64_t day = day_of(seconds[i]);
        same = same && skuai_date_from_day(day).day == fixed;
        ends = ends && month_end(day);
    }
    return same || ends;
}

static int64_t greatest_divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t r = a % b;
        a = b, b = r;
    }
    return a;
}

/* Months between neighbours have this common divisor. */
static int64_t month_step(const int64_t *seconds, size_t n) {
    int64_t step = 0;
    for (size_t i = 1; i < n; i++) {
        skuai_date a = skuai_date_from_day(day_of(seconds[i - 1]));
        skuai_date b = skuai_date_from_day(day_of(seconds[i]));
        step = greatest_divisor((int64_t)(b.year - a.year) * 12 + b.month - a.month, step);
    }
    return step;
}

/* Months of four and five weeks: which pattern fits all of the days as first days. */
static bool retail(const int64_t *seconds, size_t n, skuai_grid *grid) {
    static const int patterns[] = {445, 454, 544};
    for (int p = 0; p < 3; p++) {
        skuai_grid trial = {SKUAI_FREQUENCY_RETAIL_MONTH, skuai_day_of_week(day_of(seconds[0])),
                            patterns[p]};
        bool fits = true;
        for (size_t i = 0; i < n && fits; i++) {
            int64_t day = day_of(seconds[i]);
            fits = skuai_period_first_day(&trial, skuai_period_from_day(&trial, day, 0)) == day;
        }
        if (fits) {
            *grid = trial;
            return true;
        }
    }
    return false;
}

skua_status skuai_grid_infer(const int64_t *seconds, size_t n, skuai_grid *grid, skua_error *err) {
    int64_t step = 0;
    bool hours = false;
    for (size_t i = 0; i < n; i++) {
        hours = hours || seconds[i] % DAY != 0;
        if (i) step = greatest_divisor(seconds[i] - seconds[i - 1], step);
    }
    if (hours) {
        *grid = (skuai_grid){SKUAI_FREQUENCY_HOUR, 0, 0};
        return SKUA_OK;
    }
    if (n < 2) { /* one period only: a day is as good as anything */
        *grid = (skuai_grid){SKUAI_FREQUENCY_DAY, 0, 0};
        return SKUA_OK;
    }
    bool whole_weeks = step % (7 * DAY) == 0;
    if (whole_weeks && n > 3 && step >= 28 * DAY && retail(seconds, n, grid)) return SKUA_OK;
    if (monthly(seconds, n)) {
        int64_t months = month_step(seconds, n);
        *grid = (skuai_grid){months % 12 == 0  ? SKUAI_FREQUENCY_YEAR
                             : months % 3 == 0 ? SKUAI_FREQUENCY_QUARTER
                                               : SKUAI_FREQUENCY_MONTH,
                             0, 0};
        return SKUA_OK;
    }
    if (whole_weeks) {
        bool irregular =
            false; /* months of weeks, some of them with a gap of 28, others of 35 days */
        for (size_t i = 1; i < n; i++)
            irregular = irregular || seconds[i] - seconds[i - 1] >= 28 * DAY;
        if (irregular && n > 3 && retail(seconds, n, grid)) return SKUA_OK;
        *grid = (skuai_grid){SKUAI_FREQUENCY_WEEK, skuai_day_of_week(day_of(seconds[0])), 0};
        return SKUA_OK;
    }
    double span = (double)(seconds[n - 1] - seconds[0]) / DAY;
    if (n > 3 && span / (double)(n - 1) > 20)
        return skuai_error_set(
            err, SKUA_EDATA,
            "the periods are %.0f days apart on average and fit no grid; set the "
            "frequency (frequency: in skua.yaml)",
            span / (double)(n - 1));
    *grid = (skuai_grid){SKUAI_FREQUENCY_DAY, 0, 0};
    return SKUA_OK;
}
