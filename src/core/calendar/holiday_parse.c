#include "core/calendar/holiday_rule.h"
#include "core/calendar/lunar.h"

#include <string.h>
#include <strings.h>

#define YEAR_MIN 1800
#define YEAR_MAX 2200

/* One line being read: words are cut off its front. */
typedef struct line_reader {
    const char *at, *end;
    const char *source;
    size_t line;
    skua_error *err;
} line_reader;

typedef struct word {
    const char *text;
    size_t length;
    bool quoted;
} word;

static skua_status fault(const line_reader *reader, const char *what, word got) {
    int length = got.length > 60 ? 60 : (int)got.length;
    for (int i = 0; i < length; i++) /* a NUL would cut the sentence */
        if (got.text[i] == '\0') length = i;
    if (!got.text)
        return skuai_error_set(reader->err, SKUA_EDATA, "%s:%zu: the line ends where %s is wanted",
                               reader->source, reader->line, what);
    return skuai_error_set(reader->err, SKUA_EDATA, "%s:%zu: '%.*s' stands where %s is wanted",
                           reader->source, reader->line, length, got.text, what);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word without taking it; text NULL at the end of the line or at a comment. */
static word peek(const line_reader *reader) {
    const char *p = reader->at;
    while (p < reader->end && is_space(*p))
        p++;
    if (p == reader->end || *p == '#') return (word){0};
    if (*p == '"') {
        const char *close = memchr(p + 1, '"', (size_t)(reader->end - p - 1));
        if (!close) return (word){p, (size_t)(reader->end - p), false};
        return (word){p + 1, (size_t)(close - p - 1), true};
    }
    const char *start = p;
    while (p < reader->end && !is_space(*p) && *p != '#' && *p != '"')
        p++;
    return (word){start, (size_t)(p - start), false};
}

static word take(line_reader *reader) {
    word w = peek(reader);
    reader->at = w.text ? w.text + w.length + (w.quoted ? 1 : 0) : reader->end;
    return w;
}

static bool is(word w, const char *text) {
    return w.text && !w.quoted && w.length == strlen(text) && memcmp(w.text, text, w.length) == 0;
}

/* Unsigned decimal at the front of a text, at most six digits. False when there is none. */
static bool number_at(const char **at, const char *end, int *value) {
    const char *p = *at;
    int n = 0;
    while (p < end && *p >= '0' && *p <= '9' && p - *at < 6)
        n = n * 10 + (*p++ - '0');
    if (p == *at || (p < end && *p >= '0' && *p <= '9')) return false;
    *at = p;
    *value = n;
    return true;
}

static skua_status take_number(line_reader *reader, const char *what, int low, int high,
                               int *value) {
    word w = take(reader);
    const char *p = w.text;
    bool negative = w.length > 1 && *p == '-';
    int n = 0;
    if (w.text && !w.quoted) {
        const char *end = w.text + w.length;
        p += negative;
        if (number_at(&p, end, &n) && p == end) {
            n = negative ? -n : n;
            if (n >= low && n <= high) {
                *value = n;
                return SKUA_OK;
            }
        }
    }
    return fault(reader, what, w);
}

static bool skip_char(const char **at, const char *end, char c) {
    if (*at >= end || **at != c) return false;
    ++*at;
    return true;
}

/* "MM-DD" */
static skua_status take_month_day(line_reader *reader, int *month, int *day) {
    word w = take(reader);
    const char *p = w.text, *end = w.text ? w.text + w.length : NULL;
    int m, d;
    /* 2000 is a leap year: 02-29 is allowed and skipped in years that lack it */
    if (!w.text || !number_at(&p, end, &m) || !skip_char(&p, end, '-') || !number_at(&p, end, &d) ||
        p != end || m < 1 || m > 12 || d < 1 || d > skuai_days_in_month(2000, m))
        return fault(reader, "a date MM-DD", w);
    *month = m;
    *day = d;
    return SKUA_OK;
}

static bool date_at(const char **at, const char *end, int64_t *day) {
    int y, m, d;
    if (!number_at(at, end, &y) || !skip_char(at, end, '-') || !number_at(at, end, &m) ||
        !skip_char(at, end, '-') || !number_at(at, end, &d))
        return false;
    if (y < YEAR_MIN || y > YEAR_MAX || m < 1 || m > 12 || d < 1 || d > skuai_days_in_month(y, m))
        return false;
    *day = skuai_day_from_date(y, m, d);
    return true;
}

static skua_status take_weekday(line_reader *reader, int *weekday) {
    static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};
    word w = take(reader);
    for (int i = 0; i < 7; i++)
        if (is(w, names[i])) {
            *weekday = i;
            return SKUA_OK;
        }
    return fault(reader, "a weekday (monday .. sunday)", w);
}

static skua_status copy_ranges(line_reader *reader, skuai_arena *arena,
                               const skuai_holiday_day_range *ranges, size_t n,
                               const skuai_holiday_day_range **result) {
    skuai_holiday_day_range *copy = skuai_arena_take(arena, n, sizeof *copy);
    if (!copy) return skuai_error_memory(reader->err, "holiday rules");
    memcpy(copy, ranges, n * sizeof *copy);
    *result = copy;
    return SKUA_OK;
}

/* "2008-2013,2020,2025-" */
static skua_status take_years(line_reader *reader, skuai_arena *arena, skuai_holiday_rule *rule) {
    skuai_holiday_day_range ranges[32];
    word w = take(reader);
    const char *p = w.text, *end = w.text ? w.text + w.length : NULL;
    size_t n = 0;
    bool good = w.text && !w.quoted && w.length > 0;
    while (good && p < end) {
        int low = YEAR_MIN, high;
        bool has_low = number_at(&p, end, &low);
        high = has_low ? low : YEAR_MAX;
        bool dash = skip_char(&p, end, '-');
        if (dash && !number_at(&p, end, &high)) high = YEAR_MAX;
        good = (has_low || (dash && high < YEAR_MAX)) && low <= high && low >= YEAR_MIN &&
               high <= YEAR_MAX && n < sizeof ranges / sizeof *ranges;
        if (good) ranges[n++] = (skuai_holiday_day_range){low, high};
        if (p < end && (!skip_char(&p, end, ',') || p == end)) good = false;
    }
    if (!good) return fault(reader, "years (2008-2013,2020,2025-)", w);
    rule->n_years = n;
    return copy_ranges(reader, arena, ranges, n, &rule->years);
}

/* "2024-02-09..2024-02-17 2024-05-01 ..." up to the next word that is no date. */
static skua_status take_on(line_reader *reader, skuai_arena *arena, skuai_holiday_rule *rule) {
    skuai_holiday_day_range ranges[64];
    size_t n = 0;
    for (;;) {
        word w = peek(reader);
        const char *p = w.text, *end = w.text ? w.text + w.length : NULL;
        if (!w.text || w.quoted || *p < '0' || *p > '9') {
            if (n == 0) return fault(reader, "a day YYYY-MM-DD", w);
            break;
        }
        (void)take(reader);
        skuai_holiday_day_range r = {0, 0};
        bool good = date_at(&p, end, &r.first);
        r.last = r.first;
        if (good && p < end)
            good = p + 2 < end && p[0] == '.' && p[1] == '.' && (p += 2, date_at(&p, end, &r.last));
        if (!good || p != end || r.last < r.first || r.last - r.first > 366 ||
            n == sizeof ranges / sizeof *ranges)
            return fault(reader, "a day YYYY-MM-DD or YYYY-MM-DD..YYYY-MM-DD (64 at most)", w);
        ranges[n++] = r;
    }
    rule->n_on = n;
    return copy_ranges(reader, arena, ranges, n, &rule->on);
}

static skua_status take_observed(line_reader *reader, skuai_holiday_rule *rule) {
    static const struct {
        const char *name;
        skuai_holiday_observed value;
    } known[] = {{"nearest", SKUAI_OBSERVED_NEAREST},
                 {"sunday", SKUAI_OBSERVED_SUNDAY},
                 {"weekend", SKUAI_OBSERVED_WEEKEND},
                 {"sunday-or-overlap", SKUAI_OBSERVED_SUNDAY_MEET},
                 {"weekend-or-overlap", SKUAI_OBSERVED_WEEKEND_MEET}};
    word w = take(reader);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is(w, known[i].name)) {
            rule->observed = known[i].value;
            return SKUA_OK;
        }
    return fault(reader, "nearest, sunday, weekend, sunday-or-overlap or weekend-or-overlap", w);
}

/* "BY,BW": kept as ",BY,BW," so that one search answers. */
static skua_status take_regions(line_reader *reader, skuai_arena *arena, skuai_holiday_rule *rule) {
    word w = take(reader);
    if (!w.text || w.quoted || w.length == 0) return fault(reader, "regions (BY,BW)", w);
    char *copy = skuai_arena_take(arena, w.length + 3, 1);
    if (!copy) return skuai_error_memory(reader->err, "holiday rules");
    copy[0] = ',';
    memcpy(copy + 1, w.text, w.length);
    copy[w.length + 1] = ',';
    copy[w.length + 2] = '\0';
    rule->regions = copy;
    return SKUA_OK;
}

static skua_status take_name(line_reader *reader, skuai_arena *arena, const char **name) {
    word w = take(reader);
    if (!w.quoted || w.length == 0 || memchr(w.text, '\0', w.length))
        return fault(reader, "a name in double quotes", w);
    *name = skuai_arena_text(arena, w.text, w.length);
    return *name ? SKUA_OK : skuai_error_memory(reader->err, "holiday rules");
}

static skua_status take_lunar(line_reader *reader, skuai_holiday_rule *rule) {
    SKUA_TRY(take_number(reader, "a lunar month 1..12", 1, 12, &rule->a));
    if (is(peek(reader), "last")) {
        (void)take(reader);
        rule->b = -1;
        return SKUA_OK;
    }
    return take_number(reader, "a lunar day 1..30 or last", 1, 30, &rule->b);
}

static skua_status take_base(line_reader *reader, skuai_arena *arena, skuai_holiday_rule *rule) {
    word w = take(reader);
    if (is(w, "date")) {
        rule->base = SKUAI_BASE_DATE;
        return take_month_day(reader, &rule->a, &rule->b);
    }
    if (is(w, "nth")) {
        rule->base = SKUAI_BASE_NTH;
        if (is(peek(reader), "last")) {
            (void)take(reader);
            rule->a = -1;
        } else {
            SKUA_TRY(take_number(reader, "1..4 or last", 1, 4, &rule->a));
        }
        SKUA_TRY(take_weekday(reader, &rule->b));
        return take_number(reader, "a month 1..12", 1, 12, &rule->c);
    }
    if (is(w, "from") || is(w, "before")) {
        rule->base = is(w, "from") ? SKUAI_BASE_FROM : SKUAI_BASE_BEFORE;
        SKUA_TRY(take_weekday(reader, &rule->c));
        return take_month_day(reader, &rule->a, &rule->b);
    }
    if (is(w, "lunar")) {
        rule->base = SKUAI_BASE_LUNAR;
        return take_lunar(reader, rule);
    }
    if (is(w, "hijri")) {
        rule->base = SKUAI_BASE_HIJRI;
        SKUA_TRY(take_number(reader, "a Hijri month 1..12", 1, 12, &rule->a));
        return take_number(reader, "a Hijri day 1..30", 1, 30, &rule->b);
    }
    if (is(w, "term")) {
        word name = take(reader);
        rule->base = SKUAI_BASE_TERM;
        rule->a = name.text ? skuai_solar_term_find(name.text, name.length) : -1;
        return rule->a >= 0 ? SKUA_OK : fault(reader, "a solar term (qingming)", name);
    }
    if (is(w, "on")) {
        rule->base = SKUAI_BASE_ON;
        return take_on(reader, arena, rule);
    }
    rule->base = is(w, "easter")     ? SKUAI_BASE_EASTER
                 : is(w, "orthodox") ? SKUAI_BASE_ORTHODOX
                                     : SKUAI_BASE_BETWEEN;
    if (rule->base == SKUAI_BASE_BETWEEN && !is(w, "between"))
        return fault(reader,
                     "date, nth, from, before, easter, orthodox, lunar, term, hijri, on or between",
                     w);
    return SKUA_OK;
}

static skua_status take_modifiers(line_reader *reader, skuai_arena *arena,
                                  skuai_holiday_rule *rule) {
    for (;;) {
        word w = take(reader);
        if (!w.text) return SKUA_OK;
        if (is(w, "plus")) {
            SKUA_TRY(take_number(reader, "a number of days -366..366", -366, 366, &rule->offset));
        } else if (is(w, "days")) {
            SKUA_TRY(take_number(reader, "a number of days 1..60", 1, 60, &rule->days));
        } else if (is(w, "years")) {
            SKUA_TRY(take_years(reader, arena, rule));
        } else if (is(w, "observed")) {
            SKUA_TRY(take_observed(reader, rule));
        } else if (is(w, "in")) {
            SKUA_TRY(take_regions(reader, arena, rule));
        } else {
            return fault(reader, "plus, days, years, observed, in or the end of the line", w);
        }
    }
}

static const skuai_holiday_country *country_find(const skuai_holiday_rules *rules, word code,
                                                 size_t *index) {
    size_t i = 0;
    for (const skuai_holiday_country *c = rules->first_country; c; c = c->next, i++)
        if (strlen(c->code) == code.length && strncasecmp(c->code, code.text, code.length) == 0) {
            *index = i;
            return c;
        }
    return NULL;
}

/* ["Name"] [zone MINUTES] and the end of the line; what is not given stays as it is. */
static skua_status take_country_facts(line_reader *reader, skuai_arena *arena,
                                      skuai_holiday_country *country) {
    if (peek(reader).quoted) SKUA_TRY(take_name(reader, arena, &country->name));
    if (is(peek(reader), "zone")) {
        int minutes = 0;
        (void)take(reader);
        SKUA_TRY(take_number(reader, "minutes east of Greenwich -840..840", -840, 840, &minutes));
        country->zone = minutes * 60;
    }
    word rest = take(reader);
    return rest.text ? fault(reader, "the end of the line", rest) : SKUA_OK;
}

/* country CODE "Name" zone MINUTES: opens a country, or goes on with one that is known. */
static skua_status take_country(line_reader *reader, skuai_holiday_rules *rules, size_t *current) {
    word code = take(reader);
    bool plain = code.text && !code.quoted && code.length > 0 && code.length <= 32;
    for (size_t i = 0; plain && i < code.length; i++) {
        char c = code.text[i];
        plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    if (!plain) return fault(reader, "a country code of letters and digits", code);
    const skuai_holiday_country *known = country_find(rules, code, current);
    skuai_holiday_country given = {.zone = known ? known->zone : 0};
    SKUA_TRY(take_country_facts(reader, rules->arena, &given));
    if (known) { /* opened again: nothing about it may change */
        if (given.zone == known->zone && (!given.name || strcmp(given.name, known->name) == 0))
            return SKUA_OK;
        return skuai_error_set(reader->err, SKUA_EDATA,
                               "%s:%zu: country %s is known as \"%s\", zone %d", reader->source,
                               reader->line, known->code, known->name, known->zone / 60);
    }
    skuai_holiday_country *country = skuai_arena_take_zero(rules->arena, 1, sizeof *country);
    given.code = skuai_arena_text(rules->arena, code.text, code.length);
    if (!country || !given.code) return skuai_error_memory(reader->err, "holiday rules");
    if (!given.name) given.name = given.code;
    *country = given;
    if (rules->last_country) rules->last_country->next = country;
    if (!rules->first_country) rules->first_country = country;
    rules->last_country = country;
    *current = rules->n_countries++;
    return SKUA_OK;
}

static skua_status take_line(line_reader *reader, skuai_holiday_rules *rules, size_t *current) {
    word w = take(reader);
    if (!w.text) return SKUA_OK;
    if (is(w, "country")) return take_country(reader, rules, current);
    skuai_holiday_rule draft = {.country = *current, .days = 1};
    if (is(w, "holiday"))
        draft.kind = SKUAI_HOLIDAY_FREE;
    else if (is(w, "festival"))
        draft.kind = SKUAI_HOLIDAY_FESTIVAL;
    else if (is(w, "workday"))
        draft.kind = SKUAI_HOLIDAY_WORKDAY;
    else
        return fault(reader, "country, holiday, festival or workday", w);
    if (*current == SIZE_MAX)
        return skuai_error_set(reader->err, SKUA_EDATA, "%s:%zu: a rule before any country line",
                               reader->source, reader->line);
    SKUA_TRY(take_name(reader, rules->arena, &draft.name));
    draft.name_local = draft.name;
    if (peek(reader).quoted) SKUA_TRY(take_name(reader, rules->arena, &draft.name_local));
    SKUA_TRY(take_base(reader, rules->arena, &draft));
    SKUA_TRY(take_modifiers(reader, rules->arena, &draft));
    skuai_holiday_rule *rule = skuai_arena_take(rules->arena, 1, sizeof *rule);
    if (!rule) return skuai_error_memory(reader->err, "holiday rules");
    *rule = draft;
    if (rules->last_rule) rules->last_rule->next = rule;
    if (!rules->first_rule) rules->first_rule = rule;
    rules->last_rule = rule;
    rules->n_rules++;
    return SKUA_OK;
}

skuai_holiday_rules *skuai_holiday_rules_new(void) {
    skuai_holiday_rules *rules = skuai_zero(1, sizeof *rules);
    if (rules) rules->arena = skuai_arena_new(0);
    if (rules && !rules->arena) {
        skuai_free(rules);
        rules = NULL;
    }
    return rules;
}

void skuai_holiday_rules_free(skuai_holiday_rules *rules) {
    if (!rules) return;
    skuai_arena_free(rules->arena);
    skuai_free(rules);
}

skua_status skuai_holiday_rules_parse(skuai_holiday_rules *rules, const char *text, size_t size,
                                      const char *source, skua_error *err) {
    skuai_holiday_rules before = *rules;
    size_t current = SIZE_MAX;
    const char *at = text, *end = text + size;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) at += 3;
    for (size_t line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        line_reader reader = {at, stop, source, line, err};
        skua_status status = take_line(&reader, rules, &current);
        if (status != SKUA_OK) { /* what the text added is cut off again */
            *rules = before;
            if (rules->last_rule) rules->last_rule->next = NULL;
            if (rules->last_country) rules->last_country->next = NULL;
            return status;
        }
        at = stop < end ? stop + 1 : end;
    }
    return SKUA_OK;
}

skua_status skuai_holiday_rules_builtin(skuai_holiday_rules **rules, skua_error *err) {
    skuai_holiday_rules *made = skuai_holiday_rules_new();
    if (!made) return skuai_error_memory(err, "holiday rules");
    for (size_t i = 0; i < skuai_holiday_file_count; i++) {
        const skuai_holiday_file *file = &skuai_holiday_files[i];
        skua_status status =
            skuai_holiday_rules_parse(made, (const char *)file->text, file->size, file->name, err);
        if (status != SKUA_OK) {
            skuai_holiday_rules_free(made);
            return status;
        }
    }
    *rules = made;
    return SKUA_OK;
}

static const skuai_holiday_country *country_at(const skuai_holiday_rules *rules, size_t i) {
    const skuai_holiday_country *c = rules->first_country;
    while (c && i-- > 0)
        c = c->next;
    return c;
}

size_t skuai_holiday_country_count(const skuai_holiday_rules *rules) {
    return rules->n_countries;
}

const char *skuai_holiday_country_code(const skuai_holiday_rules *rules, size_t i) {
    const skuai_holiday_country *c = country_at(rules, i);
    return c ? c->code : "";
}

const char *skuai_holiday_country_name(const skuai_holiday_rules *rules, size_t i) {
    const skuai_holiday_country *c = country_at(rules, i);
    return c ? c->name : "";
}
