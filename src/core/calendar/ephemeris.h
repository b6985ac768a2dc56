/* ephemeris.h -- when the moon is new and where the sun stands, to some seconds (room core).
 * What the Chinese calendar and the equinox holidays need, for the years 1800 to 2200.
 * Sources: Meeus, Astronomical Algorithms, 2nd ed., chapters 22 (nutation, leading terms), 25 and
 * 32 (apparent longitude of the sun from VSOP87, truncated as in its appendix III), 49 (phases of
 * the moon); Espenak & Meeus 2006 (delta T), level since 2020 as observed.
 * Instants are days since 1970-01-01T00:00, fractions included. Pure functions, no allocation. */
#ifndef SKUA_CORE_CALENDAR_EPHEMERIS_H
#define SKUA_CORE_CALENDAR_EPHEMERIS_H

#include <stdint.h>

/* Terrestrial time minus universal time, seconds, in a (fractional) year. */
double skuai_ephemeris_delta_t(double year);

/* Universal time of new moon number k; k = 0 is that of 6 January 2000. */
double skuai_ephemeris_new_moon(int64_t k);
/* Number of the last new moon that may lie at or before an instant, at most one too early. */
int64_t skuai_ephemeris_new_moon_before(double instant);

/* Apparent geocentric longitude of the sun at an instant of terrestrial time, degrees [0, 360). */
double skuai_ephemeris_sun_longitude(double terrestrial);

/* Universal time at which the sun reaches a longitude (0: March equinox, 270: December solstice)
 * in a Gregorian year; 0 <= degrees < 360. */
double skuai_ephemeris_sun_reaches(int year, double degrees);

#endif
