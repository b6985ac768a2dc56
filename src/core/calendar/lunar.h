/* lunar.h -- the Chinese calendar (room core): lunar dates and solar terms from astronomy.
 *
 * Months begin on the day of the new moon; the month that holds the December solstice is the 11th;
 * where 13 months lie between two such months, the first one without a major solar term is a leap
 * month and takes the number of the one before. Days are cut in the civil time of the country:
 * Korea and Vietnam use the same rules with their own zone and so differ now and then.
 * Sources: GB/T 33661-2017 (rules), Aslaksen 2010, "The Mathematics of the Chinese Calendar";
 * instants from ephemeris.h, good to half a minute between 1900 and 2100. An instant that falls so
 * near to midnight is undecidable by any model of the Earth's rotation (28 September 2057).
 * Days as in period.h. No allocation, any thread. */
#ifndef SKUA_CORE_CALENDAR_LUNAR_H
#define SKUA_CORE_CALENDAR_LUNAR_H

#include "core/error.h"

/* Seconds east of Greenwich of the civil time that cuts the days. For China, years before 1929
 * are cut in the mean time of Beijing (7 h 45 min 40 s), as the almanacs of then were. */
#define SKUAI_LUNAR_ZONE_CHINA   28800
#define SKUAI_LUNAR_ZONE_KOREA   32400
#define SKUAI_LUNAR_ZONE_VIETNAM 25200

#define SKUAI_LUNAR_YEAR_MIN 1850
#define SKUAI_LUNAR_YEAR_MAX 2150

typedef struct skuai_lunar_date {
    int year;  /* the Gregorian year in which the lunar year began */
    int month; /* 1..12 */
    int day;   /* 1..30 */
    bool leap; /* the leap month behind `month` */
} skuai_lunar_date;

/* A lunar year: month i begins on first_day[i], first_day[n_months] begins the next year. */
typedef struct skuai_lunar_year {
    int year;
    int n_months; /* 12 or 13 */
    int month[13];
    bool leap[13];
    int64_t first_day[14];
} skuai_lunar_year;

/* The months of a lunar year. SKUA_ERANGE outside SKUAI_LUNAR_YEAR_MIN..MAX. About 0.2 ms. */
SKUA_MUST_USE skua_status skuai_lunar_year_get(int year, int zone, skuai_lunar_year *lunar,
                                               skua_error *err);

/* The day of a date inside a lunar year; -1 as day counts from the month's end (the last day).
 * SKUA_ERANGE: no such month or day in that year (30th of a short month, a leap month). */
SKUA_MUST_USE skua_status skuai_lunar_day(const skuai_lunar_year *lunar, int month, bool leap,
                                          int day, int64_t *result, skua_error *err);

/* The lunar date of a day. */
SKUA_MUST_USE skua_status skuai_lunar_from_day(int64_t day, int zone, skuai_lunar_date *date,
                                               skua_error *err);

/* The day in a Gregorian year on which solar term 0 .. 23 falls: 0 chunfen (March equinox, sun at
 * 0 degrees), 1 qingming (15), ... 6 xiazhi, 12 qiufen, 18 dongzhi, ... 23 jingzhe (345). */
int64_t skuai_solar_term_day(int year, int term, int zone);

/* Number of a solar term by its pinyin name without tones ("qingming"), -1 when unknown, and
 * back. */
int skuai_solar_term_find(const char *name, size_t length);
const char *skuai_solar_term_name(int term);

#endif
