#include "core/period.h"
#include "store/field.h"

#include <string.h>
#include <strings.h>

#define MICROS     INT64_C(1000000)
#define DAY_MICROS (86400 * MICROS)

typedef struct reader {
    const char *p, *end;
} reader;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool eat(reader *r, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0) return false;
    r->p += n;
    return true;
}

static void skip_blanks(reader *r) {
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\r'))
        r->p++;
}

/* A whole number of least .. most digits. */
static bool read_number(reader *r, int least, int most, int *value) {
    int n = 0, v = 0;
    while (r->p < r->end && is_digit(*r->p) && n < most)
        v = v * 10 + (*r->p++ - '0'), n++;
    if (n < least || (r->p < r->end && is_digit(*r->p))) return false;
    *value = v;
    return true;
}

/* A fixed count of digits, whatever follows. */
static bool read_digits(reader *r, int count, int *value) {
    int v = 0;
    if (r->end - r->p < count) return false;
    for (int i = 0; i < count; i++, r->p++) {
        if (!is_digit(*r->p)) return false;
        v = v * 10 + (*r->p - '0');
    }
    *value = v;
    return true;
}

static int count_digits(const reader *r) {
    int n = 0;
    while (r->p + n < r->end && n < 20 && is_digit(r->p[n]))
        n++;
    return n;
}

/* -- Parts
 * ------------------------------------------------------------------------------------------ */

static bool separator(reader *r) {
    if (r->p < r->end && (*r->p == '-' || *r->p == '/' || *r->p == '.')) {
        r->p++;
        return true;
    }
    return false;
}

/* 16 is 2016, 70 is 1970. */
static bool read_year(reader *r, int *year) {
    int digits = count_digits(r);
    if ((digits != 4 && digits != 2) || !read_number(r, digits, digits, year)) return false;
    if (digits == 2) *year += *year < 70 ? 2000 : 1900;
    return true;
}

static bool read_month_name(reader *r, int *month) {
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    size_t n = 0;
    while (r->p + n < r->end && is_letter(r->p[n]))
        n++;
    if (n < 3) return false;
    for (int i = 0; i < 12; i++) {
        size_t whole = strlen(names[i]);
        bool short_form = n == 3 || (i == 8 && n == 4);
        if ((short_form || n == whole) && strncasecmp(r->p, names[i], n) == 0) {
            r->p += n;
            if (r->p < r->end && *r->p == '.') r->p++;
            *month = i + 1;
            return true;
        }
    }
    return false;
}

/* +08:00, +0800, +08, Z */
static bool read_offset(reader *r, skuai_instant *instant) {
    if (r->p >= r->end) return true;
    if (eat(r, "Z") || eat(r, "z") || eat(r, "UTC") || eat(r, "GMT")) {
        instant->has_offset = true;
        return true;
    }
    if (*r->p != '+' && *r->p != '-') return true;
    int sign = *r->p++ == '-' ? -1 : 1, hours, minutes = 0;
    if (!read_digits(r, 2, &hours)) return false;
    if (eat(r, ":") || count_digits(r) == 2) {
        if (!read_digits(r, 2, &minutes)) return false;
    }
    if (hours > 15 || minutes > 59) return false;
    instant->offset = sign * (hours * 60 + minutes);
    instant->has_offset = true;
    return true;
}

static int64_t read_fraction(reader *r) {
    int64_t micros = 0, unit = 100000;
    if (r->p < r->end && (*r->p == '.' || *r->p == ',')) {
        r->p++;
        for (; r->p < r->end && is_digit(*r->p); r->p++, unit /= 10)
            micros += (*r->p - '0') * unit;
    }
    return micros;
}

static bool read_half(reader *r, int *hour) {
    skip_blanks(r);
    if (r->end - r->p < 2 || (r->p[1] != 'M' && r->p[1] != 'm')) return true;
    char c = *r->p;
    bool after = c == 'P' || c == 'p';
    if (!after && c != 'A' && c != 'a') return true;
    if (*hour < 1 || *hour > 12) return false;
    *hour = *hour % 12 + (after ? 12 : 0);
    r->p += 2;
    return true;
}

/* Everything behind the date: nothing, or a time of day, then the end of the text. */
static bool read_time(reader *r, skuai_instant *instant) {
    if (r->p < r->end && (*r->p == 'T' || *r->p == 't' || *r->p == ',')) r->p++;
    skip_blanks(r);
    if (r->p >= r->end) return true;
    int hour = 0, minute = 0, second = 0;
    int64_t fraction = 0;
    if (is_digit(*r->p)) {
        if (!read_number(r, 1, 2, &hour)) return false;
        if (eat(r, ":") || eat(r, "时") || eat(r, "：")) {
            if (r->p < r->end && !read_number(r, 1, 2, &minute)) return false;
            if (eat(r, ":") || eat(r, "分") || eat(r, "：")) {
                if (r->p < r->end && !read_number(r, 1, 2, &second)) return false;
                fraction = read_fraction(r);
                (void)eat(r, "秒");
            }
        }
        if (!read_half(r, &hour)) return false;
        instant->has_time = true;
    }
    skip_blanks(r);
    if (!read_offset(r, instant)) return false;
    if (hour == 24 && minute == 0 && second == 0) /* the end of the day */
        ;
    else if (hour > 23 || minute > 59 || second > 60)
        return false;
    instant->micros += (hour * 3600 + minute * 60 + second) * MICROS + fraction;
    return r->p == r->end;
}

static bool set_date(skuai_instant *instant, int year, int month, int day) {
    if (month < 1 || month > 12 || day < 1 || day > skuai_days_in_month(year, month)) return false;
    instant->micros = skuai_day_from_date(year, month, day) * DAY_MICROS;
    return true;
}

/* -- Forms
 * ------------------------------------------------------------------------------------------ */

static bool read_ymd(reader *r, skuai_instant *instant) {
    int year, month, day;
    if (count_digits(r) == 8 || count_digits(r) == 14) {
        if (!read_digits(r, 4, &year) || !read_digits(r, 2, &month) || !read_digits(r, 2, &day))
            return false;
        if (!set_date(instant, year, month, day)) return false;
        int hour, minute, second;
        if (count_digits(r) != 6) return r->p == r->end || read_time(r, instant);
        if (!read_digits(r, 2, &hour) || !read_digits(r, 2, &minute) ||
            !read_digits(r, 2, &second) || hour > 23 || minute > 59 || second > 60)
            return false;
        instant->micros += (hour * 3600 + minute * 60 + second) * MICROS;
        instant->has_time = true;
        return r->p == r->end;
    }
    if (!read_number(r, 4, 4, &year)) return false;
    bool chinese = eat(r, "年");
    if (!chinese && !separator(r)) return false;
    if (!read_number(r, 1, 2, &month)) return false;
    if (chinese ? !eat(r, "月") : !separator(r)) return false;
    if (!read_number(r, 1, 2, &day)) return false;
    if (chinese) (void)(eat(r, "日") || eat(r, "号"));
    return set_date(instant, year, month, day) && read_time(r, instant);
}

static bool read_slashed(reader *r, bool day_first, skuai_instant *instant) {
    int first, second, year;
    if (!read_number(r, 1, 2, &first) || !separator(r)) return false;
    if (!read_number(r, 1, 2, &second) || !separator(r)) return false;
    if (!read_year(r, &year)) return false;
    int day = day_first ? first : second, month = day_first ? second : first;
    return set_date(instant, year, month, day) && read_time(r, instant);
}

static void skip_joint(reader *r) {
    while (r->p < r->end && (*r->p == ' ' || *r->p == '-' || *r->p == ',' || *r->p == '/'))
        r->p++;
}

static bool read_named(reader *r, skuai_instant *instant) {
    int year, month, day;
    reader start = *r;
    bool day_first = read_number(r, 1, 2, &day);
    if (!day_first) *r = start;
    skip_joint(r);
    if (!read_month_name(r, &month)) return false;
    skip_joint(r);
    if (!day_first && !read_number(r, 1, 2, &day)) return false;
    skip_joint(r);
    return read_year(r, &year) && set_date(instant, year, month, day) && read_time(r, instant);
}

static bool read_month(reader *r, skuai_instant *instant) {
    int year, month;
    if (count_digits(r) == 6) {
        if (!read_digits(r, 4, &year) || !read_digits(r, 2, &month)) return false;
    } else if (count_digits(r) == 4) {
        if (!read_number(r, 4, 4, &year)) return false;
        bool chinese = eat(r, "年");
        if (!chinese && !separator(r)) return false;
        if (!read_number(r, 1, 2, &month)) return false;
        if (chinese) (void)eat(r, "月");
    } else if (read_month_name(r, &month)) {
        skip_joint(r);
        if (!read_year(r, &year)) return false;
    } else {
        if (!read_number(r, 1, 2, &month) || !separator(r)) return false;
        if (!read_number(r, 4, 4, &year)) return false;
    }
    return set_date(instant, year, month, 1) && r->p == r->end;
}

static bool read_quarter(reader *r, skuai_instant *instant) {
    int year, quarter;
    if (eat(r, "Q") || eat(r, "q")) {
        if (!read_number(r, 1, 1, &quarter)) return false;
        skip_joint(r);
        if (!read_number(r, 4, 4, &year)) return false;
    } else {
        if (!read_number(r, 4, 4, &year)) return false;
        skip_joint(r);
        if (!(eat(r, "Q") || eat(r, "q")) || !read_number(r, 1, 1, &quarter)) return false;
    }
    if (quarter < 1 || quarter > 4) return false;
    return set_date(instant, year, 3 * quarter - 2, 1) && r->p == r->end;
}

static bool read_week(reader *r, skuai_instant *instant) {
    int year, week, weekday = 1;
    if (!read_number(r, 4, 4, &year)) return false;
    (void)eat(r, "-");
    if (!(eat(r, "W") || eat(r, "w")) || !read_number(r, 1, 2, &week)) return false;
    if (eat(r, "-") && !read_number(r, 1, 1, &weekday)) return false;
    if (week < 1 || week > 53 || weekday < 1 || weekday > 7 || r->p != r->end) return false;
    int64_t fourth = skuai_day_from_date(year, 1, 4); /* always in week 1 */
    int64_t day = fourth - skuai_day_of_week(fourth) + 7 * (week - 1) + weekday - 1;
    int owner;
    if (skuai_iso_week(day, &owner) != week || owner != year) return false;
    instant->micros = day * DAY_MICROS;
    return true;
}

static bool read_year_alone(reader *r, skuai_instant *instant) {
    int year;
    return read_number(r, 4, 4, &year) && r->p == r->end && set_date(instant, year, 1, 1);
}

/* Plain numbers: Excel's serial days, seconds, milliseconds. */
static bool read_plain(reader *r, skuai_date_form form, skuai_instant *instant) {
    int n = count_digits(r);
    int64_t value = 0;
    if (n < 1 || n > 15) return false;
    for (int i = 0; i < n; i++)
        value = value * 10 + (*r->p++ - '0');
    double fraction = 0, unit = 0.1;
    if (r->p < r->end && *r->p == '.')
        for (r->p++; r->p < r->end && is_digit(*r->p); r->p++, unit /= 10)
            fraction += (*r->p - '0') * unit;
    if (r->p != r->end) return false;
    if (form == SKUAI_DATE_SERIAL) {
        if (n != 5) return false; /* 10000 is 1927, 99999 is 2173 */
        instant->micros = (value - 25569) * DAY_MICROS + (int64_t)(fraction * 86400 + 0.5) * MICROS;
        instant->has_time = fraction > 0;
    } else if (form == SKUAI_DATE_UNIX) {
        if (n < 9 || n > 10) return false;
        instant->micros = value * MICROS;
        instant->has_time = instant->has_offset = true;
    } else {
        if (n < 12 || n > 13) return false;
        instant->micros = value * 1000;
        instant->has_time = instant->has_offset = true;
    }
    return true;
}

static bool read_form(reader *r, skuai_date_form form, skuai_instant *instant) {
    switch (form) {
    case SKUAI_DATE_YMD:
        return read_ymd(r, instant);
    case SKUAI_DATE_DMY:
        return read_slashed(r, true, instant);
    case SKUAI_DATE_MDY:
        return read_slashed(r, false, instant);
    case SKUAI_DATE_NAMED:
        return read_named(r, instant);
    case SKUAI_DATE_MONTH:
        return read_month(r, instant);
    case SKUAI_DATE_QUARTER:
        return read_quarter(r, instant);
    case SKUAI_DATE_WEEK:
        return read_week(r, instant);
    case SKUAI_DATE_YEAR:
        return read_year_alone(r, instant);
    case SKUAI_DATE_SERIAL:
    case SKUAI_DATE_UNIX:
    case SKUAI_DATE_UNIX_MS:
        return read_plain(r, form, instant);
    case SKUAI_DATE_FORM_COUNT:
        break;
    }
    return false;
}

skuai_field_result skuai_field_date(const char *text, size_t n, skuai_date_form form,
                                    skuai_instant *instant) {
    reader r = {text, text + n};
    skip_blanks(&r);
    while (r.end > r.p && (r.end[-1] == ' ' || r.end[-1] == '\t' || r.end[-1] == '\r'))
        r.end--;
    skuai_instant made = {0};
    if (!read_form(&r, form, &made))
        return skuai_field_missing(text, n) ? SKUAI_FIELD_MISSING : SKUAI_FIELD_BAD;
    if (made.micros < skuai_day_from_date(1950, 1, 1) * DAY_MICROS ||
        made.micros >= skuai_day_from_date(2101, 1, 1) * DAY_MICROS)
        return SKUAI_FIELD_RANGE;
    *instant = made;
    return SKUAI_FIELD_GOOD;
}

unsigned skuai_field_date_forms(const char *text, size_t n) {
    unsigned forms = 0;
    skuai_instant instant;
    for (int form = 0; form < SKUAI_DATE_FORM_COUNT; form++) {
        skuai_field_result result = skuai_field_date(text, n, (skuai_date_form)form, &instant);
        bool plain = form >= SKUAI_DATE_YEAR; /* any number would be one */
        if (result == SKUAI_FIELD_GOOD || (result == SKUAI_FIELD_RANGE && !plain))
            forms |= 1u << form;
    }
    return forms;
}

/* -- Names
 * ------------------------------------------------------------------------------------------- */

static const char *const form_names[SKUAI_DATE_FORM_COUNT][2] = {{"year-month-day", "ymd"},
                                                                 {"day/month/year", "dmy"},
                                                                 {"month/day/year", "mdy"},
                                                                 {"month by name", "named"},
                                                                 {"month", "month"},
                                                                 {"quarter", "quarter"},
                                                                 {"week", "week"},
                                                                 {"year", "year"},
                                                                 {"Excel serial day", "serial"},
                                                                 {"unix seconds", "unix"},
                                                                 {"unix milliseconds", "unix-ms"}};

const char *skuai_date_form_name(skuai_date_form form) {
    return form_names[form][0];
}

bool skuai_date_form_parse(const char *name, skuai_date_form *form) {
    for (int i = 0; i < SKUAI_DATE_FORM_COUNT; i++)
        if (strcasecmp(name, form_names[i][0]) == 0 || strcasecmp(name, form_names[i][1]) == 0) {
            *form = (skuai_date_form)i;
            return true;
        }
    return false;
}
