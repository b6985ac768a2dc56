#include "core/calendar/lunar.h"

#include "core/calendar/ephemeris.h"
#include "core/period.h"

#include <math.h>
#include <string.h>

static const char *const term_names[24] = {
    "chunfen", "qingming", "guyu",    "lixia",   "xiaoman", "mangzhong", "xiazhi",      "xiaoshu",
    "dashu",   "liqiu",    "chushu",  "bailu",   "qiufen",  "hanlu",     "shuangjiang", "lidong",
    "xiaoxue", "daxue",    "dongzhi", "xiaohan", "dahan",   "lichun",    "yushui",      "jingzhe",
};

int skuai_solar_term_find(const char *name, size_t length) {
    for (int i = 0; i < 24; i++)
        if (strlen(term_names[i]) == length && memcmp(term_names[i], name, length) == 0) return i;
    return -1;
}

const char *skuai_solar_term_name(int term) {
    return term >= 0 && term < 24 ? term_names[term] : "";
}

/* The civil day that holds an instant of universal time. */
static int64_t civil_day(double instant, int zone) {
    /* 1928-12-31 was the last day of the almanac cut at Beijing's meridian */
    if (zone == SKUAI_LUNAR_ZONE_CHINA && instant < -14976) zone = 27940;
    return (int64_t)floor(instant + zone / 86400.0);
}

int64_t skuai_solar_term_day(int year, int term, int zone) {
    return civil_day(skuai_ephemeris_sun_reaches(year, 15.0 * term), zone);
}

/* Number of the new moon whose day is the last at or before a day. */
static int64_t moon_at(int64_t day, int zone) {
    int64_t k = skuai_ephemeris_new_moon_before((double)day);
    while (civil_day(skuai_ephemeris_new_moon(k + 1), zone) <= day)
        k++;
    return k;
}

/* The months from the 11th of lunar year `year` - 1 on, up to but without the 11th of `year`. */
typedef struct solstice_year {
    int n; /* 12 or 13 */
    int month[13];
    bool leap[13];
    int64_t first_day[14];
} solstice_year;

static void solstice_year_get(int year, int zone, solstice_year *out) {
    int64_t from = moon_at(skuai_solar_term_day(year - 1, 18, zone), zone);
    int64_t to = moon_at(skuai_solar_term_day(year, 18, zone), zone);
    out->n = (int)(to - from);
    for (int i = 0; i <= out->n; i++)
        out->first_day[i] = civil_day(skuai_ephemeris_new_moon(from + i), zone);
    int64_t major[14]; /* days of the major terms from this solstice on */
    for (int i = 0; i < 14; i++) {
        int term = (18 + 2 * i) % 24;
        /* terms 18 (dongzhi) to 23 lie around the turn of the year: dongzhi alone in year - 1 */
        major[i] = skuai_solar_term_day(i == 0 ? year - 1 : i < 13 ? year : year + 1, term, zone);
    }
    bool found = false;
    int next = 0; /* first major term not before the month */
    for (int i = 0, number = 11; i < out->n; i++) {
        while (next < 14 && major[next] < out->first_day[i])
            next++;
        bool has = next < 14 && major[next] < out->first_day[i + 1];
        out->leap[i] = out->n == 13 && !has && !found && i > 0;
        found = found || out->leap[i];
        if (i > 0 && !out->leap[i]) number = number % 12 + 1;
        out->month[i] = number;
    }
}

skua_status skuai_lunar_year_get(int year, int zone, skuai_lunar_year *lunar, skua_error *err) {
    if (year < SKUAI_LUNAR_YEAR_MIN || year > SKUAI_LUNAR_YEAR_MAX)
        return skuai_error_set(err, SKUA_ERANGE, "lunar year %d is outside %d..%d", year,
                               SKUAI_LUNAR_YEAR_MIN, SKUAI_LUNAR_YEAR_MAX);
    solstice_year part[2];
    solstice_year_get(year, zone, &part[0]);
    solstice_year_get(year + 1, zone, &part[1]);
    skuai_lunar_year result = {.year = year};
    for (int p = 0; p < 2; p++)
        for (int i = 0; i < part[p].n; i++) {
            bool winter = part[p].month[i] >= 11; /* belongs to the year before the solstice year */
            if (winter != (p == 1)) continue;
            if (result.n_months == 13)
                return skuai_error_set(err, SKUA_EINTERNAL, "lunar year %d has 14 months", year);
            result.month[result.n_months] = part[p].month[i];
            result.leap[result.n_months] = part[p].leap[i];
            result.first_day[result.n_months++] = part[p].first_day[i];
            result.first_day[result.n_months] = part[p].first_day[i + 1];
        }
    *lunar = result;
    return SKUA_OK;
}

skua_status skuai_lunar_day(const skuai_lunar_year *lunar, int month, bool leap, int day,
                            int64_t *result, skua_error *err) {
    for (int i = 0; i < lunar->n_months; i++) {
        if (lunar->month[i] != month || lunar->leap[i] != leap) continue;
        int length = (int)(lunar->first_day[i + 1] - lunar->first_day[i]);
        int index = day < 0 ? length + day : day - 1;
        if (day == 0 || index < 0 || index >= length)
            return skuai_error_set(err, SKUA_ERANGE, "lunar month %d of %d has %d days, no day %d",
                                   month, lunar->year, length, day);
        *result = lunar->first_day[i] + index;
        return SKUA_OK;
    }
    return skuai_error_set(err, SKUA_ERANGE, "lunar year %d has no %smonth %d", lunar->year,
                           leap ? "leap " : "", month);
}

skua_status skuai_lunar_from_day(int64_t day, int zone, skuai_lunar_date *date, skua_error *err) {
    int year = skuai_date_from_day(day).year;
    skuai_lunar_year lunar = {0};
    SKUA_TRY(skuai_lunar_year_get(year, zone, &lunar, err));
    if (day < lunar.first_day[0]) SKUA_TRY(skuai_lunar_year_get(year - 1, zone, &lunar, err));
    int i = lunar.n_months - 1;
    while (i > 0 && lunar.first_day[i] > day)
        i--;
    *date = (skuai_lunar_date){lunar.year, lunar.month[i], (int)(day - lunar.first_day[i]) + 1,
                               lunar.leap[i]};
    return SKUA_OK;
}
