#include "core/calendar/ephemeris.h"

#include <math.h>
#include <stddef.h>

#define PI            3.14159265358979323846
#define RADIAN        (PI / 180)
#define EPOCH_J2000   10957.5 /* 2000-01-01T12:00, in days since 1970 */
#define SYNODIC_MONTH 29.530588861
#define MEAN_YEAR     365.2422

/* One periodic term: amplitude * cos(phase + rate * t). */
typedef struct term {
    double amplitude, phase, rate;
} term;

/* Longitude of the Earth, 1e-8 radian, t in Julian millennia: VSOP87, Meeus appendix III. */
static const term earth_l0[] = {
    {175347046, 0, 0},           {3341656, 4.6692568, 6283.07585},
    {34894, 4.6261, 12566.1517}, {3497, 2.7441, 5753.3849},
    {3418, 2.8289, 3.5231},      {3136, 3.6277, 77713.7715},
    {2676, 4.4181, 7860.4194},   {2343, 6.1352, 3930.2097},
    {1324, 0.7425, 11506.7698},  {1273, 2.0371, 529.691},
    {1199, 1.1096, 1577.3435},   {990, 5.233, 5884.927},
    {902, 2.045, 26.298},        {857, 3.508, 398.149},
    {780, 1.179, 5223.694},      {753, 2.533, 5507.553},
    {505, 4.583, 18849.228},     {492, 4.205, 775.523},
    {357, 2.92, 0.067},          {317, 5.849, 11790.629},
    {284, 1.899, 796.298},       {271, 0.315, 10977.079},
    {243, 0.345, 5486.778},      {206, 4.806, 2544.314},
    {205, 1.869, 5573.143},      {202, 2.458, 6069.777},
    {156, 0.833, 213.299},       {132, 3.411, 2942.463},
    {126, 1.083, 20.775},        {115, 0.645, 0.98},
    {103, 0.636, 4694.003},      {102, 0.976, 15720.839},
    {102, 4.267, 7.114},         {99, 6.21, 2146.17},
    {98, 0.68, 155.42},          {86, 5.98, 161000.69},
    {85, 1.3, 6275.96},          {85, 3.67, 71430.7},
    {80, 1.81, 17260.15},        {79, 3.04, 12036.46},
    {75, 1.76, 5088.63},         {74, 3.5, 3154.69},
    {74, 4.68, 801.82},          {70, 0.83, 9437.76},
    {62, 3.98, 8827.39},         {61, 1.82, 7084.9},
    {57, 2.78, 6286.6},          {56, 4.39, 14143.5},
    {56, 3.47, 6279.55},         {52, 0.19, 12139.55},
    {52, 1.33, 1748.02},         {51, 0.28, 5856.48},
    {49, 0.49, 1194.45},         {41, 5.37, 8429.24},
    {41, 2.4, 19651.05},         {39, 6.17, 10447.39},
    {37, 6.04, 10213.29},        {37, 2.57, 1059.38},
    {36, 1.71, 2352.87},         {36, 1.78, 6812.77},
    {33, 0.59, 17789.85},        {30, 0.44, 83996.85},
    {30, 2.74, 1349.87},         {25, 3.16, 4690.48},
};
static const term earth_l1[] = {
    {628331966747, 0, 0},       {206059, 2.678235, 6283.07585},
    {4303, 2.6351, 12566.1517}, {425, 1.59, 3.523},
    {119, 5.769, 26.298},       {109, 2.966, 1577.344},
    {93, 2.59, 18849.23},       {72, 1.14, 529.69},
    {68, 1.87, 398.15},         {67, 4.41, 5507.55},
    {59, 2.89, 5223.69},        {56, 2.17, 155.42},
    {45, 0.4, 796.3},           {36, 0.47, 775.52},
    {29, 2.65, 7.11},           {21, 5.34, 0.98},
    {19, 1.85, 5486.78},        {19, 4.97, 213.3},
    {17, 2.99, 6275.96},        {16, 0.03, 2544.31},
    {16, 1.43, 2146.17},        {15, 1.21, 10977.08},
    {12, 2.83, 1748.02},        {12, 3.26, 5088.63},
    {12, 5.27, 1194.45},        {12, 2.08, 4694},
    {11, 0.77, 553.57},         {10, 1.3, 6286.6},
    {10, 4.24, 1349.87},        {9, 2.7, 242.73},
    {9, 5.64, 951.72},          {8, 5.3, 2352.87},
    {6, 2.65, 9437.76},         {6, 4.67, 4690.48},
};
static const term earth_l2[] = {
    {52919, 0, 0},     {8720, 1.0721, 6283.0758}, {309, 0.867, 12566.152}, {27, 0.05, 3.52},
    {16, 5.19, 26.3},  {16, 3.68, 155.42},        {10, 0.76, 18849.23},    {9, 2.06, 77713.77},
    {7, 0.83, 775.52}, {5, 4.66, 1577.34},        {4, 1.03, 7.11},         {4, 3.44, 5573.14},
    {3, 5.14, 796.3},  {3, 6.05, 5507.55},        {3, 1.19, 242.73},       {3, 6.12, 529.69},
    {3, 0.31, 398.15}, {3, 2.28, 553.57},         {2, 4.38, 5223.69},      {2, 3.75, 0.98},
};
static const term earth_l3[] = {
    {289, 5.844, 6283.076}, {35, 0, 0},         {17, 5.49, 12566.15}, {3, 5.2, 155.42},
    {1, 4.72, 3.52},        {1, 5.3, 18849.23}, {1, 5.97, 242.73},
};

/* Corrections of the mean new moon, days: Meeus chapter 49. The argument is
 * a * M + b * M' + c * F; `eccentric` powers of E multiply the amplitude. */
static const struct moon_term {
    double amplitude;
    signed char m, m1, f, eccentric;
} moon_terms[] = {
    {-0.40720, 0, 1, 0, 0},   {0.17241, 1, 0, 0, 1},   {0.01608, 0, 2, 0, 0},
    {0.01039, 0, 0, 2, 0},    {0.00739, -1, 1, 0, 1},  {-0.00514, 1, 1, 0, 1},
    {0.00208, 2, 0, 0, 2},    {-0.00111, 0, 1, -2, 0}, {-0.00057, 0, 1, 2, 0},
    {0.00056, 1, 2, 0, 1},    {-0.00042, 0, 3, 0, 0},  {0.00042, 1, 0, 2, 1},
    {0.00038, 1, 0, -2, 1},   {-0.00024, -1, 2, 0, 1}, {-0.00007, 2, 1, 0, 0},
    {0.00004, 0, 2, -2, 0},   {0.00004, 3, 0, 0, 0},   {0.00003, 1, 1, -2, 0},
    {0.00003, 0, 2, 2, 0},    {-0.00003, 1, 1, 2, 0},  {0.00003, -1, 1, 2, 0},
    {-0.00002, -1, 1, -2, 0}, {-0.00002, 1, 3, 0, 0},  {0.00002, 0, 4, 0, 0},
};
/* Planetary arguments: amplitude (days), degrees at k = 0, degrees a month. */
static const term planet_terms[] = {
    {0.000325, 299.77, 0.107408},  {0.000165, 251.88, 0.016321}, {0.000164, 251.83, 26.651886},
    {0.000126, 349.42, 36.412478}, {0.000110, 84.66, 18.206239}, {0.000062, 141.74, 53.303771},
    {0.000060, 207.14, 2.453732},  {0.000056, 154.84, 7.306860}, {0.000047, 34.52, 27.261239},
    {0.000042, 207.19, 0.121824},  {0.000040, 291.34, 1.844379}, {0.000037, 161.72, 24.198154},
    {0.000035, 239.56, 25.513099}, {0.000023, 331.55, 3.592518},
};

double skuai_ephemeris_delta_t(double year) {
    double t, u;
    if (year < 1860) {
        t = year - 1830; /* a level good to 8 s from 1800 on */
        return 9 + 0.003 * t;
    }
    if (year < 1900) {
        t = year - 1860;
        return 7.62 +
               t * (0.5737 + t * (-0.251754 + t * (0.01680668 + t * (-0.0004473624 + t / 233174))));
    }
    if (year < 1920) {
        t = year - 1900;
        return -2.79 + t * (1.494119 + t * (-0.0598939 + t * (0.0061966 - t * 0.000197)));
    }
    if (year < 1941) {
        t = year - 1920;
        return 21.20 + t * (0.84493 + t * (-0.076100 + t * 0.0020936));
    }
    if (year < 1961) {
        t = year - 1950;
        return 29.07 + t * (0.407 + t * (-1.0 / 233 + t / 2547));
    }
    if (year < 1986) {
        t = year - 1975;
        return 45.45 + t * (1.067 + t * (-1.0 / 260 - t / 718));
    }
    if (year < 2005) {
        t = year - 2000;
        return 63.86 + t * (0.3345 + t * (-0.060374 +
                                          t * (0.0017275 + t * (0.000651814 + t * 0.00002373599))));
    }
    if (year < 2020) return 64.69 + (year - 2005) * (69.36 - 64.69) / 15;
    u = year - 2020; /* level for now, then the slow tidal parabola */
    return 69.36 + 0.0042 * u * u;
}

static double year_of(double instant) {
    return 2000 + (instant - EPOCH_J2000) / 365.25;
}

double skuai_ephemeris_new_moon(int64_t number) {
    double k = (double)number, t = k / 1236.85, t2 = t * t, t3 = t2 * t, t4 = t3 * t;
    double e = 1 - 0.002516 * t - 0.0000074 * t2;
    double m = 2.5534 + 29.10535670 * k - 0.0000014 * t2 - 0.00000011 * t3;
    double m1 = 201.5643 + 385.81693528 * k + 0.0107582 * t2 + 0.00001238 * t3 - 0.000000058 * t4;
    double f = 160.7108 + 390.67050284 * k - 0.0016118 * t2 - 0.00000227 * t3 + 0.000000011 * t4;
    double node = 124.7746 - 1.56375588 * k + 0.0020672 * t2 + 0.00000215 * t3;
    /* 2451550.09766 in Julian days is 5 d 14 h 20 min after J2000 */
    double day = EPOCH_J2000 + 5.09766 + SYNODIC_MONTH * k + 0.00015437 * t2 - 0.000000150 * t3 +
                 0.00000000073 * t4;
    double sum = -0.00017 * sin(node * RADIAN);
    for (size_t i = 0; i < sizeof moon_terms / sizeof *moon_terms; i++) {
        const struct moon_term *a = &moon_terms[i];
        double weight = a->eccentric == 0 ? 1 : a->eccentric == 1 ? e : e * e;
        sum += a->amplitude * weight * sin((a->m * m + a->m1 * m1 + a->f * f) * RADIAN);
    }
    for (size_t i = 0; i < sizeof planet_terms / sizeof *planet_terms; i++) {
        double bend = i == 0 ? -0.009173 * t2 : 0;
        sum += planet_terms[i].amplitude *
               sin((planet_terms[i].phase + planet_terms[i].rate * k + bend) * RADIAN);
    }
    day += sum;
    return day - skuai_ephemeris_delta_t(year_of(day)) / 86400;
}

int64_t skuai_ephemeris_new_moon_before(double instant) {
    /* the true new moon is within 0.65 days of the mean one */
    return (int64_t)floor((instant - 0.65 - (EPOCH_J2000 + 5.09766)) / SYNODIC_MONTH);
}

static double series_sum(const term *terms, size_t n, double t) {
    double sum = 0;
    for (size_t i = n; i-- > 0;) /* small terms first */
        sum += terms[i].amplitude * cos(terms[i].phase + terms[i].rate * t);
    return sum;
}
#define SERIES(terms, t) series_sum((terms), sizeof(terms) / sizeof *(terms), (t))

double skuai_ephemeris_sun_longitude(double terrestrial) {
    double t = (terrestrial - EPOCH_J2000) / 365250, century = 10 * t;
    double earth = SERIES(earth_l0, t) +
                   t * (SERIES(earth_l1, t) +
                        t * (SERIES(earth_l2, t) +
                             t * (SERIES(earth_l3, t) + t * (-114 + 8 * t * cos(4.13)))));
    double distance = 1.00013989 + 0.01670700 * cos(3.0984635 + 6283.07585 * t) +
                      0.00013956 * cos(3.05525 + 12566.1517 * t);
    double node = (125.04452 - 1934.136261 * century) * RADIAN;
    double sun = (280.4665 + 36000.7698 * century) * RADIAN;
    double moon = (218.3165 + 481267.8813 * century) * RADIAN;
    double sun_anomaly = (357.52772 + 35999.050340 * century) * RADIAN;
    double moon_anomaly = (134.96298 + 477198.867398 * century) * RADIAN;
    double nutation = -(17.1996 + 0.01742 * century) * sin(node) - 1.3187 * sin(2 * sun) -
                      0.2274 * sin(2 * moon) + 0.2062 * sin(2 * node) + 0.1426 * sin(sun_anomaly) +
                      0.0712 * sin(moon_anomaly) - 0.0517 * sin(2 * sun + sun_anomaly) -
                      0.0386 * sin(2 * moon - node) - 0.0301 * sin(2 * moon + moon_anomaly);
    double degrees = earth * 1e-8 / RADIAN + 180 +
                     (nutation - 0.09033 - 20.4898 / distance) / 3600; /* FK5, aberration */
    degrees = fmod(degrees, 360);
    return degrees < 0 ? degrees + 360 : degrees;
}

double skuai_ephemeris_sun_reaches(int year, double degrees) {
    /* the year begins near longitude 280; longitudes from there on come first */
    double start = EPOCH_J2000 + (year - 2000) * MEAN_YEAR - 0.5;
    double ahead = degrees - 280.0;
    if (ahead < -0.5) ahead += 360;
    double instant = start + ahead * MEAN_YEAR / 360;
    for (int i = 0; i < 8; i++) {
        double off = degrees - skuai_ephemeris_sun_longitude(instant);
        off -= 360 * floor(off / 360 + 0.5);
        instant += off * MEAN_YEAR / 360;
        if (fabs(off) < 1e-7) break;
    }
    return instant - skuai_ephemeris_delta_t(year_of(instant)) / 86400;
}
