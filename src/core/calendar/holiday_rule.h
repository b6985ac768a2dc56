/* holiday_rule.h -- what the parser of holiday rules makes and the calendar reads (core/calendar,
 * private to holiday_parse.c and holiday.c). */
#ifndef SKUA_CORE_CALENDAR_HOLIDAY_RULE_H
#define SKUA_CORE_CALENDAR_HOLIDAY_RULE_H

#include "core/alloc.h"
#include "core/calendar/holiday.h"

typedef enum skuai_holiday_base {
    SKUAI_BASE_DATE,   /* month a, day b */
    SKUAI_BASE_NTH,    /* a-th (-1 last) weekday b of month c */
    SKUAI_BASE_FROM,   /* first weekday c on or after month a, day b */
    SKUAI_BASE_BEFORE, /* last weekday c on or before month a, day b */
    SKUAI_BASE_EASTER,
    SKUAI_BASE_ORTHODOX,
    SKUAI_BASE_LUNAR,  /* lunar month a, day b (-1 last) */
    SKUAI_BASE_TERM,   /* solar term a */
    SKUAI_BASE_HIJRI,  /* Hijri month a, day b */
    SKUAI_BASE_ON,     /* listed days */
    SKUAI_BASE_BETWEEN /* a working day between two holidays */
} skuai_holiday_base;

typedef enum skuai_holiday_observed {
    SKUAI_OBSERVED_NONE,
    SKUAI_OBSERVED_NEAREST,     /* Saturday: Friday, Sunday: Monday */
    SKUAI_OBSERVED_SUNDAY,      /* Sunday: next free weekday */
    SKUAI_OBSERVED_WEEKEND,     /* Saturday or Sunday: next free weekday */
    SKUAI_OBSERVED_SUNDAY_MEET, /* Sunday, or on another holiday: next free weekday */
    SKUAI_OBSERVED_WEEKEND_MEET /* the weekend, or on another holiday: next free weekday */
} skuai_holiday_observed;

typedef struct skuai_holiday_day_range {
    int64_t first, last;
} skuai_holiday_day_range;

typedef struct skuai_holiday_rule {
    size_t country; /* index in the rules' countries */
    skuai_holiday_kind kind;
    skuai_holiday_base base;
    skuai_holiday_observed observed;
    int a, b, c;
    int offset; /* days behind the base day */
    int days;   /* length */
    const char *name, *name_local;
    const char *regions; /* ",BY,BW,": only there; NULL everywhere */
    size_t n_years;
    const skuai_holiday_day_range *years; /* [n_years] years, not days; none: always */
    size_t n_on;
    const skuai_holiday_day_range *on; /* [n_on] */
    struct skuai_holiday_rule *next;
} skuai_holiday_rule;

typedef struct skuai_holiday_country {
    const char *code, *name;
    int zone; /* seconds east of Greenwich */
    struct skuai_holiday_country *next;
} skuai_holiday_country;

struct skuai_holiday_rules {
    skuai_arena *arena;
    size_t n_countries, n_rules;
    skuai_holiday_country *first_country, *last_country;
    skuai_holiday_rule *first_rule, *last_rule;
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
