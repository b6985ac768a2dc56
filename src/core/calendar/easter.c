#include "core/calendar/easter.h"

#include "core/period.h"

int64_t skuai_easter_day(int year) {
    int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25;
    int g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
    int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
    int n = h + l - 7 * m + 114;
    return skuai_day_from_date(year, n / 31, n % 31 + 1);
}

int64_t skuai_easter_orthodox_day(int year) {
    int a = year % 4, b = year % 7, c = year % 19, d = (19 * c + 15) % 30;
    int e = (2 * a + 4 * b - d + 34) % 7, n = d + e + 114;
    int behind = year / 100 - year / 400 - 2; /* days of the Julian calendar behind ours */
    return skuai_day_from_date(year, n / 31, n % 31 + 1 + behind);
}

#define HIJRI_EPOCH (-492149) /* the day before 1 Muharram of year 1 */

int64_t skuai_hijri_day(int year, int month, int day) {
    return HIJRI_EPOCH + (int64_t)(year - 1) * 354 + (3 + 11 * (int64_t)year) / 30 +
           29 * (month - 1) + month / 2 + day;
}

int skuai_hijri_year(int64_t day) {
    int year = (int)((30 * (day - HIJRI_EPOCH - 1) + 10646) / 10631);
    while (skuai_hijri_day(year + 1, 1, 1) <= day)
        year++;
    while (skuai_hijri_day(year, 1, 1) > day)
        year--;
    return year;
}
