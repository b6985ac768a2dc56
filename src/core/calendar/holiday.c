#include "core/calendar/holiday.h"

#include "core/calendar/easter.h"
#include "core/calendar/holiday_rule.h"
#include "core/calendar/lunar.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The days of one country while they are worked out. */
typedef struct draft_day {
    skuai_holiday holiday;
    const skuai_holiday_rule *rule;
    int64_t origin; /* the day that an observed one stands for */
    size_t order;   /* as added: makes the sort stable */
} draft_day;

typedef struct draft_list {
    draft_day *days;
    size_t n, capacity;
    const skuai_holiday_country *country;
    size_t country_index;
    const char *region; /* [region_length], NULL none */
    size_t region_length;
    int first_year, last_year;
    skuai_lunar_year lunar; /* the last year worked out; year 0: none */
} draft_list;

/* A holiday dated year by year (Diwali), not several days of one decision. */
static bool is_yearly(const skuai_holiday_rule *rule) {
    for (size_t i = 1; i < rule->n_on; i++)
        if (rule->on[i].first - rule->on[i - 1].first < 200) return false;
    return rule->n_on > 2;
}

static skua_status draft_add(draft_list *draft, const skuai_holiday_rule *rule, int64_t day,
                             int nth, bool observed, int64_t origin, skua_error *err) {
    if (draft->n == draft->capacity) {
        size_t capacity = draft->capacity ? draft->capacity * 2 : 256;
        draft_day *days = skuai_resize(draft->days, capacity, sizeof *days);
        if (!days) return skuai_error_memory(err, "holidays");
        draft->days = days;
        draft->capacity = capacity;
    }
    static const skuai_holiday_motion motion[] = {
        [SKUAI_BASE_DATE] = SKUAI_HOLIDAY_FIXED,    [SKUAI_BASE_NTH] = SKUAI_HOLIDAY_NTH,
        [SKUAI_BASE_FROM] = SKUAI_HOLIDAY_NTH,      [SKUAI_BASE_BEFORE] = SKUAI_HOLIDAY_NTH,
        [SKUAI_BASE_EASTER] = SKUAI_HOLIDAY_MOVING, [SKUAI_BASE_ORTHODOX] = SKUAI_HOLIDAY_MOVING,
        [SKUAI_BASE_LUNAR] = SKUAI_HOLIDAY_MOVING,  [SKUAI_BASE_TERM] = SKUAI_HOLIDAY_FIXED,
        [SKUAI_BASE_HIJRI] = SKUAI_HOLIDAY_MOVING,  [SKUAI_BASE_ON] = SKUAI_HOLIDAY_SINGLE,
        [SKUAI_BASE_BETWEEN] = SKUAI_HOLIDAY_SINGLE};
    skuai_holiday_motion moves = motion[rule->base];
    if (rule->base == SKUAI_BASE_ON && is_yearly(rule)) moves = SKUAI_HOLIDAY_MOVING;
    draft->days[draft->n] =
        (draft_day){{day, rule->kind, observed ? SKUAI_HOLIDAY_SINGLE : moves, rule->name,
                     rule->name_local, draft->country->code, nth, observed},
                    rule,
                    origin,
                    draft->n};
    draft->n++;
    return SKUA_OK;
}

static int compare_draft(const void *a, const void *b) {
    const draft_day *x = a, *y = b;
    if (x->holiday.day != y->holiday.day) return x->holiday.day < y->holiday.day ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void draft_sort(draft_list *draft) {
    if (draft->n) qsort(draft->days, draft->n, sizeof *draft->days, compare_draft);
}

static bool in_years(const skuai_holiday_rule *rule, int year) {
    for (size_t i = 0; i < rule->n_years; i++)
        if (year >= rule->years[i].first && year <= rule->years[i].last) return true;
    return rule->n_years == 0;
}

static int64_t weekday_from(int64_t day, int weekday) {
    return day + (weekday - skuai_day_of_week(day) + 7) % 7;
}

/* The base day of a rule in a year; false when that year has none. Hijri years are shorter than
 * ours: `turn` 1 asks for a second one in the same year. */
static bool base_day(draft_list *draft, const skuai_holiday_rule *rule, int year, int turn,
                     int64_t *day) {
    if (turn > 0 && rule->base != SKUAI_BASE_HIJRI) return false;
    switch (rule->base) {
    case SKUAI_BASE_DATE:
        *day = skuai_day_from_date(year, rule->a, rule->b);
        return rule->b <= skuai_days_in_month(year, rule->a);
    case SKUAI_BASE_NTH:
        if (rule->a > 0)
            *day = weekday_from(skuai_day_from_date(year, rule->c, 1), rule->b) + 7 * (rule->a - 1);
        else
            *day = weekday_from(skuai_day_from_date(year, rule->c + 1, 1), rule->b) - 7;
        return true;
    case SKUAI_BASE_FROM:
        *day = weekday_from(skuai_day_from_date(year, rule->a, rule->b), rule->c);
        return true;
    case SKUAI_BASE_BEFORE:
        *day = weekday_from(skuai_day_from_date(year, rule->a, rule->b) - 6, rule->c);
        return true;
    case SKUAI_BASE_EASTER:
        *day = skuai_easter_day(year);
        return true;
    case SKUAI_BASE_ORTHODOX:
        *day = skuai_easter_orthodox_day(year);
        return true;
    case SKUAI_BASE_TERM:
        *day = skuai_solar_term_day(year, rule->a, draft->country->zone);
        return true;
    case SKUAI_BASE_LUNAR:
        if (draft->lunar.year != year &&
            skuai_lunar_year_get(year, draft->country->zone, &draft->lunar, NULL) != SKUA_OK)
            return false;
        return skuai_lunar_day(&draft->lunar, rule->a, false, rule->b, day, NULL) == SKUA_OK;
    case SKUAI_BASE_HIJRI: {
        int64_t start = skuai_day_from_date(year, 1, 1);
        int hijri = skuai_hijri_year(start);
        if (skuai_hijri_day(hijri, rule->a, rule->b) < start) hijri++;
        *day = skuai_hijri_day(hijri + turn, rule->a, rule->b);
        return *day < skuai_day_from_date(year + 1, 1, 1);
    }
    case SKUAI_BASE_ON:
    case SKUAI_BASE_BETWEEN:
        break;
    }
    return false;
}

static bool applies(const draft_list *draft, const skuai_holiday_rule *rule) {
    if (rule->country != draft->country_index) return false;
    if (!rule->regions) return true;
    if (!draft->region) return false;
    for (const char *p = rule->regions; *p; p++)
        if (*p == ',' && strncasecmp(p + 1, draft->region, draft->region_length) == 0 &&
            p[1 + draft->region_length] == ',')
            return true;
    return false;
}

static skua_status draft_rule(draft_list *draft, const skuai_holiday_rule *rule, int year,
                              skua_error *err) {
    int64_t day;
    for (int turn = 0; turn < 2; turn++) {
        if (!in_years(rule, year) || !base_day(draft, rule, year, turn, &day)) continue;
        for (int i = 0; i < rule->days; i++) {
            int64_t that = day + rule->offset + i;
            SKUA_TRY(draft_add(draft, rule, that, i, false, that, err));
        }
    }
    return SKUA_OK;
}

static skua_status draft_on(draft_list *draft, const skuai_holiday_rule *rule, skua_error *err) {
    int64_t from = skuai_day_from_date(draft->first_year, 1, 1);
    int64_t to = skuai_day_from_date(draft->last_year + 1, 1, 1);
    for (size_t i = 0; i < rule->n_on; i++)
        for (int64_t day = rule->on[i].first; day <= rule->on[i].last; day++)
            if (day >= from && day < to)
                SKUA_TRY(
                    draft_add(draft, rule, day, (int)(day - rule->on[i].first), false, day, err));
    return SKUA_OK;
}

/* Is a day off among the first n drafts (sorted) or the ones added behind them? */
static bool is_free(const draft_list *draft, size_t n, int64_t day) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (draft->days[middle].holiday.day < day)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < n && draft->days[low].holiday.day == day; low++)
        if (draft->days[low].holiday.kind == SKUAI_HOLIDAY_FREE) return true;
    for (size_t i = n; i < draft->n; i++)
        if (draft->days[i].holiday.day == day) return true;
    return false;
}

static skua_status draft_between(draft_list *draft, const skuai_holiday_rule *rule,
                                 skua_error *err) {
    size_t n = draft->n;
    for (size_t i = 0; i < n; i++) {
        if (draft->days[i].holiday.kind != SKUAI_HOLIDAY_FREE) continue;
        int64_t day = draft->days[i].holiday.day + 1;
        int year = skuai_date_from_day(day).year;
        if (skuai_day_of_week(day) == 6 || !in_years(rule, year)) continue;
        if (!is_free(draft, n, day) && is_free(draft, n, day + 1))
            SKUA_TRY(draft_add(draft, rule, day, 0, false, day, err));
    }
    draft_sort(draft);
    return SKUA_OK;
}

/* Another holiday on the day of draft i, and none in lieu of that day yet. */
static bool meets_other(const draft_list *draft, size_t n, size_t i) {
    int64_t day = draft->days[i].holiday.day;
    bool other = false;
    for (size_t k = i; k-- > 0 && draft->days[k].holiday.day == day;)
        other = other || draft->days[k].holiday.kind == SKUAI_HOLIDAY_FREE;
    for (size_t k = i + 1; k < n && draft->days[k].holiday.day == day; k++)
        other = other || draft->days[k].holiday.kind == SKUAI_HOLIDAY_FREE;
    for (size_t k = n; other && k < draft->n; k++)
        if (draft->days[k].origin == day) return false;
    return other;
}

static skua_status draft_observed(draft_list *draft, skua_error *err) {
    size_t n = draft->n;
    for (size_t i = 0; i < n; i++) {
        draft_day d = draft->days[i];
        int weekday = skuai_day_of_week(d.holiday.day);
        skuai_holiday_observed how = d.rule->observed;
        if (how == SKUAI_OBSERVED_NONE || (d.holiday.kind != SKUAI_HOLIDAY_FREE)) continue;
        if (how == SKUAI_OBSERVED_NEAREST) {
            if (weekday >= 5)
                SKUA_TRY(draft_add(draft, d.rule, d.holiday.day + (weekday == 5 ? -1 : 1), 0, true,
                                   d.holiday.day, err));
            continue;
        }
        bool weekend = how == SKUAI_OBSERVED_WEEKEND || how == SKUAI_OBSERVED_WEEKEND_MEET;
        bool move = weekday == 6 || (weekday == 5 && weekend);
        if (!move && (how == SKUAI_OBSERVED_SUNDAY_MEET || how == SKUAI_OBSERVED_WEEKEND_MEET))
            move = meets_other(draft, n, i);
        if (!move) continue;
        int64_t day = d.holiday.day + 1;
        while (skuai_day_of_week(day) >= 5 || is_free(draft, n, day))
            day++;
        SKUA_TRY(draft_add(draft, d.rule, day, 0, true, d.holiday.day, err));
    }
    draft_sort(draft);
    return SKUA_OK;
}

static skua_status draft_country(draft_list *draft, const skuai_holiday_rules *rules,
                                 skua_error *err) {
    for (int year = draft->first_year; year <= draft->last_year; year++)
        for (const skuai_holiday_rule *r = rules->first_rule; r; r = r->next)
            if (applies(draft, r)) SKUA_TRY(draft_rule(draft, r, year, err));
    for (const skuai_holiday_rule *r = rules->first_rule; r; r = r->next)
        if (applies(draft, r) && r->base == SKUAI_BASE_ON) SKUA_TRY(draft_on(draft, r, err));
    draft_sort(draft);
    for (const skuai_holiday_rule *r = rules->first_rule; r; r = r->next)
        if (applies(draft, r) && r->base == SKUAI_BASE_BETWEEN)
            SKUA_TRY(draft_between(draft, r, err));
    return draft_observed(draft, err);
}

static bool region_known(const skuai_holiday_rules *rules, const draft_list *draft) {
    if (!draft->region) return true;
    for (const skuai_holiday_rule *r = rules->first_rule; r; r = r->next)
        if (r->regions && applies(draft, r)) return true;
    return false;
}

/* Set the draft's country and region from a selector "DE-BY"; false when they are not known. */
static bool find_country(const skuai_holiday_rules *rules, const char *code, size_t length,
                         draft_list *draft) {
    const char *dash = memchr(code, '-', length);
    size_t head = dash ? (size_t)(dash - code) : length, i = 0;
    draft->region = dash ? dash + 1 : NULL;
    draft->region_length = dash ? length - head - 1 : 0;
    for (const skuai_holiday_country *c = rules->first_country; c; c = c->next, i++) {
        if (strlen(c->code) != head || strncasecmp(c->code, code, head) != 0) continue;
        draft->country = c;
        draft->country_index = i;
        return region_known(rules, draft);
    }
    return false;
}

static skua_status unknown_country(const skuai_holiday_rules *rules, const char *code,
                                   size_t length, skua_error *err) {
    char known[300] = "";
    size_t used = 0;
    for (const skuai_holiday_country *c = rules->first_country; c; c = c->next) {
        size_t n = strlen(c->code);
        if (used + n + 2 >= sizeof known) break;
        known[used++] = ' ';
        memcpy(known + used, c->code, n + 1);
        used += n;
    }
    return skuai_error_set(err, SKUA_ENOTFOUND,
                           "no holidays are known of '%.*s'; countries known (some with regions, as"
                           " DE-BY):%s",
                           length > 80 ? 80 : (int)length, code, known);
}

skua_status skuai_holiday_list_get(const skuai_holiday_rules *rules, const char *countries,
                                   int64_t first_day, int64_t last_day, skuai_holiday_list *list,
                                   skua_error *err) {
    if (last_day < first_day || first_day < skuai_day_from_date(1850, 1, 1) ||
        last_day > skuai_day_from_date(2149, 12, 31))
        return skuai_error_set(err, SKUA_ERANGE,
                               "holidays: the days must be in order and in the years 1850..2149");
    draft_list draft = {.first_year = skuai_date_from_day(first_day).year - 1,
                        .last_year = skuai_date_from_day(last_day).year + 1};
    draft_day *all = NULL;
    size_t n = 0;
    skua_status status = SKUA_OK;
    for (const char *p = countries + strspn(countries, ", "); *p; p += strspn(p, ", ")) {
        size_t length = strcspn(p, ", ");
        if (!find_country(rules, p, length, &draft)) {
            status = unknown_country(rules, p, length, err);
            goto out;
        }
        draft.n = 0;
        draft.lunar.year = 0;
        SKUA_TRY_OUT(draft_country(&draft, rules, err));
        draft_day *more = skuai_resize(all, n + draft.n + 1, sizeof *all);
        if (!more) {
            status = skuai_error_memory(err, "holidays");
            goto out;
        }
        all = more;
        for (size_t i = 0; i < draft.n; i++) {
            int64_t day = draft.days[i].holiday.day;
            if (day < first_day || day > last_day) continue;
            all[n] = draft.days[i];
            all[n].order = n;
            n++;
        }
        p += length;
    }
    if (n) qsort(all, n, sizeof *all, compare_draft);
    skuai_holiday *items = skuai_new(n, sizeof *items);
    if (!items) {
        status = skuai_error_memory(err, "holidays");
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        items[i] = all[i].holiday;
    *list = (skuai_holiday_list){n, items};
out:
    skuai_free(draft.days);
    skuai_free(all);
    return status;
}

void skuai_holiday_list_clear(skuai_holiday_list *list) {
    skuai_free(list->items);
    *list = (skuai_holiday_list){0};
}
