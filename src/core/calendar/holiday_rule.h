/* holiday_rule.h -- what the parser of holiday rules makes and the calendar reads (core/calendar,
 * private to holiday_parse.c and holiday.c). */
#ifndef SKUA_CORE_CALENDAR_HOLIDAY_RULE_H
#define SKUA_CORE_CALENDAR_HOLIDAY_RULE_H

#include "core/alloc.h"
#include "core/calendar/holiday.h"

typedef enum holiday_base {
    BASE_DATE,   /* month a, day b */
    BASE_NTH,    /* a-th (-1 last) weekday b of month c */
    BASE_FROM,   /* first weekday c on or after month a, day b */
    BASE_BEFORE, /* last weekday c on or before month a, day b */
    BASE_EASTER,
    BASE_ORTHODOX,
    BASE_LUNAR,  /* lunar month a, day b (-1 last) */
    BASE_TERM,   /* solar term a */
    BASE_HIJRI,  /* Hijri month a, day b */
    BASE_ON,     /* listed days */
    BASE_BETWEEN /* a working day between two holidays */
} holiday_base;

typedef enum holiday_observed {
    OBSERVED_NONE,
    OBSERVED_NEAREST,     /* Saturday: Friday, Sunday: Monday */
    OBSERVED_SUNDAY,      /* Sunday: next free weekday */
    OBSERVED_WEEKEND,     /* Saturday or Sunday: next free weekday */
    OBSERVED_SUNDAY_MEET, /* Sunday, or on another holiday: next free weekday */
    OBSERVED_WEEKEND_MEET /* the weekend, or on another holiday: next free weekday */
} holiday_observed;

typedef struct day_range {
    int64_t first, last;
} day_range;

typedef struct holiday_rule {
    size_t country; /* index in the rules' countries */
    skuai_holiday_kind kind;
    holiday_base base;
    holiday_observed observed;
    int a, b, c;
    int offset; /* days behind the base day */
    int days;   /* length */
    const char *name, *name_local;
    const char *regions; /* ",BY,BW,": only there; NULL everywhere */
    size_t n_years;
    const day_range *years; /* [n_years] years, not days; none: always */
    size_t n_on;
    const day_range *on; /* [n_on] */
    struct holiday_rule *next;
} holiday_rule;

typedef struct holiday_country {
    const char *code, *name;
    int zone; /* seconds east of Greenwich */
    struct holiday_country *next;
} holiday_country;

struct skuai_holiday_rules {
    skuai_arena *arena;
    size_t n_countries, n_rules;
    holiday_country *first_country, *last_country;
    holiday_rule *first_rule, *last_rule;
};

/* The files of data/holidays/, made by embed.cmake. */
typedef struct skuai_holiday_file {
    const char *name;
    const unsigned char *text;
    size_t size;
} skuai_holiday_file;
extern const skuai_holiday_file skuai_holiday_files[];
extern const size_t skuai_holiday_file_count;

#endif
