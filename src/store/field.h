/* field.h -- numbers, dates and truth values written as text, and how a column writes them (room
 * store). What a column writes is decided once, over its values; a value that does not fit is
 * reported and never guessed at. Texts are given by pointer and length, without terminator. */
#ifndef SKUA_STORE_FIELD_H
#define SKUA_STORE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "", NA, N/A, NaN, null, NULL, None, \N, -, (any case): no value. Blanks around do not count. */
bool skuai_field_missing(const char *text, size_t n);

typedef enum skuai_field_result {
    SKUAI_FIELD_GOOD,
    SKUAI_FIELD_MISSING,
    SKUAI_FIELD_INFINITE, /* an infinity: never data */
    SKUAI_FIELD_RANGE,    /* a date outside 1950 .. 2100 */
    SKUAI_FIELD_BAD       /* not of this form */
} skuai_field_result;

/* -- Numbers ---------------------------------------------------------------------------------- */

/* A number: sign (also behind, or as brackets), grouped or plain digits, decimals, exponent,
 * currency sign, per cent (12 % is 0.12). decimal is '.' or ','; groups are told apart by the
 * other one, by blanks or apostrophes, and hold three digits each. Correctly rounded up to 19
 * digits and 22 powers of ten, else within one unit of the last place. */
skuai_field_result skuai_field_number(const char *text, size_t n, char decimal, double *value);

/* What one value says about the decimal sign of its file: '.' or ',' where it can only be so, '\0'
 * where both readings are possible or it is no number. */
char skuai_field_decimal(const char *text, size_t n);

/* -- Dates ----------------------------------------------------------------------------------------
 */

typedef enum skuai_date_form {
    SKUAI_DATE_YMD,     /* 2016-11-14, 2016/1/4, 2016.11.14, 2016年11月14日, 20161114 */
    SKUAI_DATE_DMY,     /* 14.11.2016, 14/11/16 */
    SKUAI_DATE_MDY,     /* 11/14/2016 */
    SKUAI_DATE_NAMED,   /* 14-Nov-2016, Nov 14, 2016, 14 November 2016 */
    SKUAI_DATE_MONTH,   /* 2016-11, 2016/11, 2016年11月, 201611, Nov-2016, 11/2016 */
    SKUAI_DATE_QUARTER, /* 2016Q4, 2016-Q4, Q4 2016 */
    SKUAI_DATE_WEEK,    /* 2016-W46, 2016W46, 2016-W46-1 */
    SKUAI_DATE_YEAR,    /* 2016 */
    SKUAI_DATE_SERIAL,  /* Excel's days since 1899-12-30, 42688 or 42688.25 */
    SKUAI_DATE_UNIX,    /* seconds since 1970 */
    SKUAI_DATE_UNIX_MS, /* milliseconds since 1970 */
    SKUAI_DATE_FORM_COUNT
} skuai_date_form;

const char *skuai_date_form_name(skuai_date_form form); /* "year-month-day", ... */
/* By that name, or "ymd", "dmy", "mdy", "serial", "unix", ... ; false when unknown. */
bool skuai_date_form_parse(const char *name, skuai_date_form *form);

typedef struct skuai_instant {
    int64_t micros;  /* since 1970-01-01T00:00 on the clock that was written */
    int32_t offset;  /* minutes east of UTC that were written */
    bool has_offset; /* Z or +08:00 was written; UNIX forms: true */
    bool has_time;   /* a time of day other than none was written */
} skuai_instant;

/* Read a date (with time of day, if any) of one form. */
skuai_field_result skuai_field_date(const char *text, size_t n, skuai_date_form form,
                                    skuai_instant *instant);

/* Forms that read this value, as bits (1u << form). */
unsigned skuai_field_date_forms(const char *text, size_t n);

/* -- Truth
 * ----------------------------------------------------------------------------------------- */

/* true/false, yes/no, y/n, t/f, 是/否: 1 or 0. */
skuai_field_result skuai_field_truth(const char *text, size_t n, double *value);

#endif
