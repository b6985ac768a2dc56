/* holiday.h -- holidays, shopping festivals and make-up working days by rule (room core).
 *
 * The rules of data/holidays/ are compiled into the library; a shop may add its own in the same
 * format, one rule a line (data/holidays/README.md has the grammar with an example for each word):
 *
 *     country US "United States" zone -300
 *     holiday "Thanksgiving Day" nth 4 thursday 11
 *     festival "Cyber Monday" nth 4 thursday 11 plus 4 years 2005-
 *     holiday "Christmas Day" date 12-25 observed nearest
 *
 * Typical use: skuai_holiday_rules_builtin, skuai_holiday_list_get for "US,shopping" over the days
 * of the panel and a year before them, then skuai_holiday_count for covariates and
 * skuai_holiday_align for the period of last year that corresponds.
 * Days as in period.h. Rules and lists are immutable once made: any number of threads may read. */
#ifndef SKUA_CORE_CALENDAR_HOLIDAY_H
#define SKUA_CORE_CALENDAR_HOLIDAY_H

#include "core/period.h"

typedef struct skuai_holiday_rules skuai_holiday_rules;

typedef enum skuai_holiday_kind {
    SKUAI_HOLIDAY_FREE,     /* a public holiday, or a day off that a government decided */
    SKUAI_HOLIDAY_FESTIVAL, /* people buy or celebrate, and work */
    SKUAI_HOLIDAY_WORKDAY   /* a weekend day that is worked in exchange for another */
} skuai_holiday_kind;

/* How a holiday moves from year to year, seen from a week calendar. */
typedef enum skuai_holiday_motion {
    SKUAI_HOLIDAY_FIXED,  /* a date, or the sun: moves through the week by a day or two */
    SKUAI_HOLIDAY_NTH,    /* n-th weekday: stays in its week or jumps a week */
    SKUAI_HOLIDAY_MOVING, /* Easter, lunar, Hijri, dated one by one: moves by weeks */
    SKUAI_HOLIDAY_SINGLE  /* once: nothing to align on */
} skuai_holiday_motion;

typedef struct skuai_holiday {
    int64_t day;
    skuai_holiday_kind kind;
    skuai_holiday_motion motion;
    const char *name;       /* English, borrowed from the rules */
    const char *name_local; /* in the country's language; the English one when none is given */
    const char *country;    /* code as in the file: "US", "shopping" */
    int nth_day;            /* 0 on the first day of a holiday of several days, then 1, ... */
    bool observed;          /* the day off in lieu of one that fell on a weekend */
} skuai_holiday;

/* -- Rules ------------------------------------------------------------------------------------ */

/* Rules without any, to which texts are added. NULL when out of memory. */
SKUA_MUST_USE skuai_holiday_rules *skuai_holiday_rules_new(void);
void skuai_holiday_rules_free(skuai_holiday_rules *rules); /* NULL allowed */

/* Add the rules of a text [size] (any bytes). `source` names it in errors, as "cn.txt:12: ...".
 * SKUA_EDATA: a line that is no rule; the rules are then as before. */
SKUA_MUST_USE skua_status skuai_holiday_rules_parse(skuai_holiday_rules *rules, const char *text,
                                                    size_t size, const char *source,
                                                    skua_error *err);

/* All rules that are compiled in. *rules is the caller's, to free. */
SKUA_MUST_USE skua_status skuai_holiday_rules_builtin(skuai_holiday_rules **rules, skua_error *err);

/* The countries known, in the order read: codes and English names, borrowed. */
size_t skuai_holiday_country_count(const skuai_holiday_rules *rules);
const char *skuai_holiday_country_code(const skuai_holiday_rules *rules, size_t i);
const char *skuai_holiday_country_name(const skuai_holiday_rules *rules, size_t i);

/* -- Days ------------------------------------------------------------------------------------- */

typedef struct skuai_holiday_list {
    size_t n;
    skuai_holiday *items; /* [n] by day, then as the rules stand; owned */
} skuai_holiday_list;

/* The days of some countries from first_day to last_day, both included. `countries` is a comma
 * list of codes in any case, a region behind a hyphen adds its own days: "US,DE-BY,shopping".
 * The list borrows its names from the rules. SKUA_ENOTFOUND: an unknown country or region;
 * SKUA_ERANGE: days outside the years 1850..2149, or in the wrong order. */
SKUA_MUST_USE skua_status skuai_holiday_list_get(const skuai_holiday_rules *rules,
                                                 const char *countries, int64_t first_day,
                                                 int64_t last_day, skuai_holiday_list *list,
                                                 skua_error *err);
void skuai_holiday_list_clear(skuai_holiday_list *list);

/* -- Features --------------------------------------------------------------------------------- */

/* Days of each kind in the periods first .. first + n - 1 of a grid, a day counted once for a kind
 * whatever coincides (in hourly periods 1 on such a day). Arrays [n], NULL when not wanted. */
void skuai_holiday_count(const skuai_holiday_list *list, const skuai_grid *grid, int64_t first,
                         size_t n, float *free_days, float *festivals, float *workdays);

/* Where each period stands between occurrences of one named holiday (English name): days since its
 * last first day and until its next one, counted from the period's first day; both 0 in the period
 * that holds it; NaN when the list holds none on that side. Arrays [n], NULL when not wanted. */
void skuai_holiday_distance(const skuai_holiday_list *list, const char *name,
                            const skuai_grid *grid, int64_t first, size_t n, float *since,
                            float *until);

/* The period of the year before that corresponds to a period: 52 weeks (364 days, 12 months ...)
 * earlier, except where a holiday is near:
 *   - a period that holds or closely precedes or follows a holiday goes to the same distance from
 *     the last occurrence of that holiday (a day off by Easter or the moon reaches 14 days back and
 *     7 on, a festival 7 and 1, an n-th weekday 3 and 3, a fixed date itself and its eve);
 *   - a period near none, whose counterpart lies inside the reach of a moving holiday of that year,
 *     goes to the nearest period of the same weekday that does not.
 * The list must hold the holidays of both years (400 days before the period to 60 behind it).
 * Observed days and make-up days are no anchors. */
int64_t skuai_holiday_align(const skuai_holiday_list *list, const skuai_grid *grid, int64_t period);

#endif
