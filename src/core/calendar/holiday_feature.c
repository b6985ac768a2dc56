#include "core/calendar/holiday.h"

#include <math.h>
#include <string.h>

/* First holiday of the list on or after a day. */
static size_t list_from(const skuai_holiday_list *list, int64_t day) {
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list->items[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void skuai_holiday_count(const skuai_holiday_list *list, const skuai_grid *grid, int64_t first,
                         size_t n, float *free_days, float *festivals, float *workdays) {
    float *out[3] = {free_days, festivals, workdays};
    for (size_t t = 0; t < n; t++) {
        int64_t period = first + (int64_t)t;
        int64_t from = skuai_period_first_day(grid, period);
        int64_t to = skuai_period_last_day(grid, period);
        int64_t last[3] = {from - 1, from - 1, from - 1};
        float count[3] = {0};
        for (size_t i = list_from(list, from); i < list->n && list->items[i].day <= to; i++) {
            int kind = (int)list->items[i].kind;
            if (list->items[i].day == last[kind]) continue;
            last[kind] = list->items[i].day;
            count[kind]++;
        }
        for (int k = 0; k < 3; k++)
            if (out[k]) out[k][t] = count[k];
    }
}

static bool is_start(const skuai_holiday *holiday, const char *name) {
    return holiday->nth_day == 0 && !holiday->observed && strcmp(holiday->name, name) == 0;
}

void skuai_holiday_distance(const skuai_holiday_list *list, const char *name,
                            const skuai_grid *grid, int64_t first, size_t n, float *since,
                            float *until) {
    for (size_t t = 0; t < n; t++) {
        int64_t period = first + (int64_t)t;
        int64_t from = skuai_period_first_day(grid, period);
        int64_t to = skuai_period_last_day(grid, period);
        float before = NAN, behind = NAN;
        size_t middle = list_from(list, from);
        for (size_t i = middle; i < list->n; i++)
            if (is_start(&list->items[i], name)) {
                int64_t day = list->items[i].day;
                behind = day <= to ? 0 : (float)(day - from);
                if (day <= to) before = 0;
                break;
            }
        for (size_t i = middle; isnan(before) && i-- > 0;)
            if (is_start(&list->items[i], name)) before = (float)(from - list->items[i].day);
        if (since) since[t] = before;
        if (until) until[t] = behind;
    }
}

/* -- Alignment ----------------------------------------------------------------------------------
 */

#define REACH_MOST 14

typedef struct reach {
    int before, behind; /* days around the holiday that it shapes */
} reach;

/* A day off shapes the weeks around it (people travel and stock up), a festival its own days. */
static reach reach_of(const skuai_holiday *holiday) {
    bool free_day = holiday->kind == SKUAI_HOLIDAY_FREE;
    switch (holiday->motion) {
    case SKUAI_HOLIDAY_MOVING:
        return free_day ? (reach){14, 7} : (reach){7, 1};
    case SKUAI_HOLIDAY_NTH:
        return (reach){3, 3};
    case SKUAI_HOLIDAY_FIXED:
        return (reach){1, 0};
    case SKUAI_HOLIDAY_SINGLE:
        break;
    }
    return (reach){-1, -1};
}

static bool is_anchor(const skuai_holiday *holiday) {
    return holiday->motion != SKUAI_HOLIDAY_SINGLE && holiday->nth_day == 0 && !holiday->observed &&
           holiday->kind != SKUAI_HOLIDAY_WORKDAY;
}

/* The occurrence of the same holiday about a year earlier; -1 when the list holds none. */
static int64_t last_year_of(const skuai_holiday_list *list, const skuai_holiday *holiday) {
    int64_t target = holiday->day - 365, best = -1, best_off = 46;
    for (size_t i = list_from(list, target - 45); i < list->n; i++) {
        const skuai_holiday *other = &list->items[i];
        if (other->day > target + 45) break;
        int64_t off = other->day > target ? other->day - target : target - other->day;
        if (off < best_off && is_start(other, holiday->name) && is_anchor(other) &&
            strcmp(other->country, holiday->country) == 0) {
            best = other->day;
            best_off = off;
        }
    }
    return best;
}

/* Days by which a period [from, to] misses a day: 0 when it holds it. */
static int64_t distance(int64_t from, int64_t to, int64_t day) {
    return day < from ? from - day : day > to ? day - to : 0;
}

static bool reaches(const skuai_holiday *holiday, int64_t from, int64_t to) {
    reach r = reach_of(holiday);
    return distance(from, to, holiday->day) <= (holiday->day > to ? r.before : r.behind);
}

/* Is a period shaped by a holiday that moves by weeks: in the reach of a day off, or holding the
 * festival itself? */
static bool under_moving(const skuai_holiday_list *list, int64_t from, int64_t to) {
    for (size_t i = list_from(list, from - REACH_MOST); i < list->n; i++) {
        const skuai_holiday *h = &list->items[i];
        if (h->day > to + REACH_MOST) return false;
        if (!is_anchor(h) || h->motion != SKUAI_HOLIDAY_MOVING) continue;
        if (h->kind == SKUAI_HOLIDAY_FREE ? reaches(h, from, to) : distance(from, to, h->day) == 0)
            return true;
    }
    return false;
}

static int64_t year_before(const skuai_grid *grid, int64_t period) {
    switch (grid->frequency) {
    case SKUAI_FREQUENCY_HOUR:
        return period - 364 * 24;
    case SKUAI_FREQUENCY_DAY:
        return period - 364;
    case SKUAI_FREQUENCY_WEEK:
        return period - 52;
    case SKUAI_FREQUENCY_QUARTER:
        return period - 4;
    case SKUAI_FREQUENCY_YEAR:
        return period - 1;
    case SKUAI_FREQUENCY_MONTH:
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        break;
    }
    return period - 12;
}

/* Periods that are `days` days long. */
static int64_t periods_in(const skuai_grid *grid, int64_t days) {
    return grid->frequency == SKUAI_FREQUENCY_HOUR ? days * 24 : days;
}

/* The holiday nearest to a period among those that reach it and have a last year; -1: none. Of
 * equally near ones the one that moves most counts. */
static int64_t nearest_anchor(const skuai_holiday_list *list, int64_t from, int64_t to,
                              int64_t *last) {
    int64_t best = -1, best_off = 1000;
    skuai_holiday_motion best_motion = SKUAI_HOLIDAY_FIXED;
    for (size_t i = list_from(list, from - REACH_MOST); i < list->n; i++) {
        const skuai_holiday *h = &list->items[i];
        if (h->day > to + REACH_MOST) break;
        int64_t off = distance(from, to, h->day);
        if (!is_anchor(h) || !reaches(h, from, to)) continue;
        if (off > best_off || (off == best_off && h->motion <= best_motion)) continue;
        int64_t then = last_year_of(list, h);
        if (then < 0) continue;
        best = h->day;
        best_off = off;
        best_motion = h->motion;
        *last = then;
    }
    return best;
}

int64_t skuai_holiday_align(const skuai_holiday_list *list, const skuai_grid *grid,
                            int64_t period) {
    int64_t plain = year_before(grid, period);
    bool daily = grid->frequency == SKUAI_FREQUENCY_DAY || grid->frequency == SKUAI_FREQUENCY_HOUR;
    if (!daily && grid->frequency != SKUAI_FREQUENCY_WEEK) return plain;
    int64_t from = skuai_period_first_day(grid, period);
    int64_t to = skuai_period_last_day(grid, period), last = -1;
    int64_t anchor = nearest_anchor(list, from, to, &last);
    if (anchor >= 0) {
        if (daily) return period - periods_in(grid, anchor - last);
        int64_t steps = skuai_period_from_day(grid, anchor, 0) - period;
        return skuai_period_from_day(grid, last, 0) - steps;
    }
    int64_t step = daily ? periods_in(grid, 7) : 1;
    for (int64_t k = 0; k <= 8; k++)
        for (int side = 0; side < 2; side++) {
            int64_t candidate = plain + (side ? k : -k) * step;
            if (!under_moving(list, skuai_period_first_day(grid, candidate),
                              skuai_period_last_day(grid, candidate)))
                return candidate;
        }
    return plain;
}
