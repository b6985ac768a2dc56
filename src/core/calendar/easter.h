/* easter.h -- the feasts that are arithmetic (room core): Easter and the civil Hijri calendar.
 * Sources: Meeus, Astronomical Algorithms, 2nd ed., chapter 8 (Easter, Gregorian and Julian);
 * Reingold & Dershowitz, Calendrical Calculations, chapter 7 (tabular Islamic calendar, leap years
 * 2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29 of 30). Days as in period.h. Pure functions. */
#ifndef SKUA_CORE_CALENDAR_EASTER_H
#define SKUA_CORE_CALENDAR_EASTER_H

#include <stdint.h>

/* Easter Sunday of the western churches, and of the orthodox ones (in the Gregorian calendar). */
int64_t skuai_easter_day(int year);
int64_t skuai_easter_orthodox_day(int year);

/* The day of a date of the tabular Hijri calendar (civil epoch, 16 July 622 Julian). The months of
 * real life begin when the crescent is seen: one day off either way is usual, two are rare. */
int64_t skuai_hijri_day(int year, int month, int day);
/* The Hijri year that a day lies in. */
int skuai_hijri_year(int64_t day);

#endif
