#include "store/field.h"

#include <math.h>
#include <string.h>
#include <strings.h>

typedef struct span {
    const char *p, *end;
} span;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Without blanks around, the no-break ones (U+00A0, U+3000) included. */
static span trim(const char *text, size_t n) {
    span s = {text, text + n};
    for (;;) {
        if (s.p < s.end && is_blank(*s.p))
            s.p++;
        else if (s.end - s.p >= 2 && memcmp(s.p, "\xC2\xA0", 2) == 0)
            s.p += 2;
        else if (s.end - s.p >= 3 && memcmp(s.p, "\xE3\x80\x80", 3) == 0)
            s.p += 3;
        else
            break;
    }
    for (;;) {
        if (s.p < s.end && is_blank(s.end[-1]))
            s.end--;
        else if (s.end - s.p >= 2 && memcmp(s.end - 2, "\xC2\xA0", 2) == 0)
            s.end -= 2;
        else if (s.end - s.p >= 3 && memcmp(s.end - 3, "\xE3\x80\x80", 3) == 0)
            s.end -= 3;
        else
            break;
    }
    return s;
}

static bool equals(span s, const char *word) {
    size_t n = strlen(word);
    return (size_t)(s.end - s.p) == n && strncasecmp(s.p, word, n) == 0;
}

/* Take a prefix from the front of s. */
static bool eat(span *s, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0) return false;
    s->p += n;
    return true;
}

static bool eat_back(span *s, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(s->end - s->p) < n || memcmp(s->end - n, word, n) != 0) return false;
    s->end -= n;
    return true;
}

bool skuai_field_missing(const char *text, size_t n) {
    static const char *const words[] = {"NA",  "N/A", "NaN",  "null", "None",
                                        "\\N", "-",   "#N/A", "."};
    span s = trim(text, n);
    if (s.p == s.end) return true;
    if (s.end - s.p > 4) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (equals(s, words[i])) return true;
    return false;
}

skuai_field_result skuai_field_truth(const char *text, size_t n, double *value) {
    static const char *const yes[] = {"true", "yes", "y", "t", "是", "1"};
    static const char *const no[] = {"false", "no", "n", "f", "否", "0"};
    span s = trim(text, n);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        bool is_yes = equals(s, yes[i]);
        if (is_yes || equals(s, no[i])) {
            *value = is_yes;
            return SKUAI_FIELD_GOOD;
        }
    }
    return skuai_field_missing(text, n) ? SKUAI_FIELD_MISSING : SKUAI_FIELD_BAD;
}

/* -- Numbers -------------------------------------------------------------------------------------
 */

/* mantissa * 10^exponent; exact when both are exact in double (Clinger 1990), else by long double.
 */
static double scale_ten(uint64_t mantissa, int exponent) {
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (mantissa <= (UINT64_C(1) << 53) && exponent >= -22 && exponent <= 22)
        return exponent < 0 ? (double)mantissa / power[-exponent]
                            : (double)mantissa * power[exponent];
    if (mantissa == 0) return 0;
    if (exponent > 400) return (double)INFINITY;
    if (exponent < -400) return 0;
    long double result = (long double)mantissa, ten = 10;
    for (int e = exponent < 0 ? -exponent : exponent; e; e >>= 1, ten *= ten)
        if (e & 1) result = exponent < 0 ? result / ten : result * ten;
    return (double)result;
}

typedef struct digits {
    uint64_t mantissa;
    int dropped; /* digits that no longer fitted: powers of ten */
    int count;
} digits;

static void add_digit(digits *d, char c) {
    d->count++;
    if (d->mantissa <= (UINT64_MAX - 9) / 10)
        d->mantissa = d->mantissa * 10 + (uint64_t)(c - '0');
    else
        d->dropped++;
}

/* The sign between groups of three at p, its length; 0 when there is none. */
static size_t group_sign(const char *p, const char *end, char decimal) {
    size_t n = 0;
    if (*p == (decimal == '.' ? ',' : '.') || *p == ' ' || *p == '\'')
        n = 1;
    else if (end - p >= 2 && memcmp(p, "\xC2\xA0", 2) == 0)
        n = 2;
    else if (end - p >= 3 && memcmp(p, "\xE2\x80\xAF", 3) == 0) /* narrow no-break space */
        n = 3;
    if (!n || end - p < (ptrdiff_t)n + 3) return 0;
    const char *g = p + n;
    bool three = is_digit(g[0]) && is_digit(g[1]) && is_digit(g[2]);
    return three && (end - g == 3 || !is_digit(g[3])) ? n : 0;
}

/* Whole part with groups; false when a group is malformed. */
static bool whole_part(span *s, char decimal, digits *d) {
    int run = 0;
    bool grouped = false;
    while (s->p < s->end) {
        if (is_digit(*s->p)) {
            add_digit(d, *s->p++);
            run++;
            continue;
        }
        size_t n = run ? group_sign(s->p, s->end, decimal) : 0;
        if (!n || run > 3) break;
        grouped = true;
        s->p += n;
        run = 0;
    }
    return !grouped || run == 3;
}

static bool exponent_part(span *s, int *exponent) {
    if (s->p >= s->end || (*s->p != 'e' && *s->p != 'E')) return true;
    s->p++;
    bool minus = s->p < s->end && *s->p == '-';
    if (s->p < s->end && (*s->p == '-' || *s->p == '+')) s->p++;
    if (s->p >= s->end || !is_digit(*s->p)) return false;
    int value = 0;
    for (; s->p < s->end && is_digit(*s->p); s->p++)
        if (value < 10000) value = value * 10 + (*s->p - '0');
    *exponent += minus ? -value : value;
    return true;
}

/* Signs, brackets and currency around the digits; *negative and *percent out. */
static void strip(span *s, bool *negative, bool *percent) {
    static const char *const money[] = {"$", "€", "£", "¥", "￥", "元", "₹", "R$"};
    for (bool again = true; again && s->p < s->end;) {
        again = false;
        for (size_t i = 0; i < sizeof money / sizeof *money; i++)
            if (eat(s, money[i]) || eat_back(s, money[i])) again = true;
        if (eat(s, "-") || eat(s, "\xE2\x88\x92")) *negative = !*negative, again = true;
        if (s->p < s->end && *s->p == '+') s->p++, again = true;
        if (s->end - s->p > 1 && s->end[-1] == '-') s->end--, *negative = !*negative, again = true;
        if (s->p < s->end && *s->p == '(' && s->end[-1] == ')')
            s->p++, s->end--, *negative = !*negative, again = true;
        if (!*percent && s->end - s->p > 1 && (eat_back(s, "%") || eat_back(s, "％")))
            *percent = true, again = true;
        span inner = trim(s->p, (size_t)(s->end - s->p));
        *s = inner;
        if (s->p < s->end && is_digit(*s->p) && is_digit(s->end[-1])) break;
    }
}

static bool infinite(span s) {
    if (s.p < s.end && (*s.p == '-' || *s.p == '+')) s.p++;
    return equals(s, "inf") || equals(s, "infinity") || equals(s, "∞") || equals(s, "1.#INF");
}

skuai_field_result skuai_field_number(const char *text, size_t n, char decimal, double *value) {
    const char *p = text, *end = text + n;
    uint64_t mantissa = 0; /* the usual: digits, a point, digits, at most 18 of them */
    bool minus = p < end && *p == '-';
    p += minus;
    const char *first = p;
    while (p < end && is_digit(*p) && p - first < 18)
        mantissa = mantissa * 10 + (uint64_t)(*p++ - '0');
    const char *point = p;
    if (p > first && p < end && *p == decimal) {
        p++;
        while (p < end && is_digit(*p) && p - first < 19)
            mantissa = mantissa * 10 + (uint64_t)(*p++ - '0');
        point = p - point > 0 ? point + 1 : point;
    }
    if (p == end && p > first) {
        double number = scale_ten(mantissa, p > point ? -(int)(p - point) : 0);
        *value = minus ? -number : number;
        return SKUAI_FIELD_GOOD;
    }
    if (skuai_field_missing(text, n)) return SKUAI_FIELD_MISSING;
    span s = trim(text, n);
    if (infinite(s)) return SKUAI_FIELD_INFINITE;
    bool negative = false, percent = false;
    strip(&s, &negative, &percent);
    digits d = {0};
    if (!whole_part(&s, decimal, &d)) return SKUAI_FIELD_BAD;
    int exponent = d.dropped;
    if (s.p < s.end && *s.p == decimal) {
        s.p++;
        for (; s.p < s.end && is_digit(*s.p); s.p++) {
            int dropped = d.dropped;
            add_digit(&d, *s.p);
            exponent -= d.dropped == dropped;
        }
    }
    if (!d.count || !exponent_part(&s, &exponent) || s.p != s.end) return SKUAI_FIELD_BAD;
    double number = scale_ten(d.mantissa, exponent - 2 * percent);
    if (!isfinite(number)) return SKUAI_FIELD_INFINITE;
    *value = negative ? -number : number;
    return SKUAI_FIELD_GOOD;
}

char skuai_field_decimal(const char *text, size_t n) {
    double point = 0, comma = 0;
    bool with_point = skuai_field_number(text, n, '.', &point) == SKUAI_FIELD_GOOD;
    bool with_comma = skuai_field_number(text, n, ',', &comma) == SKUAI_FIELD_GOOD;
    if (with_point == with_comma) return '\0'; /* "1,234" or "7": either, or no number at all */
    return with_point ? '.' : ',';
}
