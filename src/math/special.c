#include "math/special.h"

#include <math.h>

static const double LOG_SQRT_TWO_PI = 0.91893853320467274178;
static const double SQRT_TWO_PI = 2.5066282746310005024;
enum { ITERATIONS = 100000 }; /* a few square roots of the largest argument promised */
static const double TINY = 1e-300;
static const double ROUNDING = 1e-16;

/* Stirling's series 1/12x - 1/360x^3 + ..., good to the last digit for x >= 9. */
static double stirling_series(double x) {
    static const double c[] = {1.0 / 12,   -1.0 / 360,        1.0 / 1260, -1.0 / 1680,
                               1.0 / 1188, -691.0 / 360360.0, 1.0 / 156};
    double y = 1 / (x * x), s = c[6];
    for (int i = 5; i >= 0; i--)
        s = s * y + c[i];
    return s / x;
}

double skuai_log_gamma(double x) {
    if (!(x >= 0)) return NAN;
    if (x == 0 || isinf(x)) return INFINITY;
    double product = 1;
    for (; x < 9; x++)
        product *= x;
    return (x - 0.5) * log(x) - x + LOG_SQRT_TWO_PI + stirling_series(x) - log(product);
}

double skuai_stirling_error(double x) {
    if (!(x >= 0)) return NAN;
    if (x >= 9) return stirling_series(x);
    if (x == 0) return INFINITY;
    double sum = 0;
    for (; x < 9; x++) /* error(x) - error(x + 1) */
        sum += (x + 0.5) * log1p(1 / x) - 1;
    return sum + stirling_series(x);
}

double skuai_log_beta(double a, double b) {
    if (!(a > 0 && b > 0)) return NAN;
    if (a < 9 || b < 9) {
        double small = a < b ? a : b, large = a < b ? b : a;
        if (large < 9)
            return skuai_log_gamma(small) + skuai_log_gamma(large) - skuai_log_gamma(a + b);
        /* log Gamma(large) - log Gamma(large + small) by Stirling, difference taken inside */
        double s = a + b;
        double difference = -(large - 0.5) * log1p(small / large) - small * log(s) + small;
        return skuai_log_gamma(small) + difference + stirling_series(large) - stirling_series(s);
    }
    double s = a + b;
    return LOG_SQRT_TWO_PI - 0.5 * log(a) - 0.5 * log(b) + 0.5 * log(s) + a * log(a / s) +
           b * log(b / s) + stirling_series(a) + stirling_series(b) - stirling_series(s);
}

double skuai_digamma(double x) { /* [1] 6.3.5 and 6.3.18 */
    if (!(x > 0)) return NAN;
    double s = 0;
    for (; x < 12; x++)
        s -= 1 / x;
    double y = 1 / (x * x);
    double tail =
        y *
        (1.0 / 12 -
         y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * 691 / 32760)))));
    return s + log(x) - 0.5 / x - tail;
}

double skuai_trigamma(double x) { /* [1] 6.4.6 and 6.4.12 */
    if (!(x > 0)) return NAN;
    double s = 0;
    for (; x < 12; x++)
        s += 1 / (x * x);
    double y = 1 / (x * x);
    double tail = y * (1.0 / 6 - y * (1.0 / 30 - y * (1.0 / 42 - y * (1.0 / 30 - y * (5.0 / 66)))));
    return s + (1 + 0.5 / x + tail) / x;
}

/* log(1 + u) - u, u > -1. */
static double log1p_minus(double u) {
    if (fabs(u) > 0.35) return log1p(u) - u;
    double r = u / (2 + u), y = r * r; /* log1p(u) = 2 atanh(r) */
    double power = y, sum = 0;
    for (int k = 3; k < 60; k += 2) {
        double term = power / k;
        sum += term;
        if (term < 1e-18 * sum) break;
        power *= y;
    }
    return r * (2 * sum - u);
}

double skuai_deviance(double x, double m) {
    if (!(x >= 0 && m > 0)) return NAN;
    if (x == 0) return m;
    double u = (m - x) / x;
    if (isinf(u)) return m;
    return -x * log1p_minus(u);
}

/* x^a e^-x / Gamma(a + 1). */
static double gamma_prefix(double a, double x) {
    if (a < 9) return exp(a * log(x) - x - skuai_log_gamma(a + 1));
    return exp(-skuai_stirling_error(a) - skuai_deviance(a, x)) / (SQRT_TWO_PI * sqrt(a));
}

static double gamma_series(double a, double x) { /* [1] 6.5.29: P(a, x) */
    double term = 1, sum = 1;
    for (int i = 1; i < ITERATIONS; i++) {
        term *= x / (a + i);
        sum += term;
        if (term < ROUNDING * sum) break;
    }
    return gamma_prefix(a, x) * sum;
}

static double gamma_fraction(double a, double x) { /* [1] 6.5.31 by [3]: Q(a, x) */
    double b = x + 1 - a, c = 1 / TINY, d = 1 / b, h = d;
    for (int i = 1; i < ITERATIONS; i++) {
        double n = -i * (i - a);
        b += 2;
        d = n * d + b;
        c = b + n / c;
        if (fabs(d) < TINY) d = TINY;
        if (fabs(c) < TINY) c = TINY;
        d = 1 / d;
        double factor = d * c;
        h *= factor;
        if (fabs(factor - 1) < ROUNDING * 3) break;
    }
    return gamma_prefix(a, x) * a * h;
}

double skuai_gamma_lower(double a, double x) {
    if (!(a > 0 && x >= 0) || isinf(a)) return NAN;
    if (x == 0) return 0;
    if (isinf(x)) return 1;
    double p = x < a + 1 ? gamma_series(a, x) : 1 - gamma_fraction(a, x);
    return p > 1 ? 1 : p < 0 ? 0 : p;
}

double skuai_gamma_upper(double a, double x) {
    if (!(a > 0 && x >= 0) || isinf(a)) return NAN;
    if (x == 0) return 1;
    if (isinf(x)) return 0;
    double q = x < a + 1 ? 1 - gamma_series(a, x) : gamma_fraction(a, x);
    return q > 1 ? 1 : q < 0 ? 0 : q;
}

/* x^a y^b / B(a, b), y = 1 - x. */
static double beta_prefix(double a, double b, double x, double y) {
    if (a < 9 || b < 9) {
        double log_x = x > 0.5 ? log1p(-y) : log(x), log_y = y > 0.5 ? log1p(-x) : log(y);
        return exp(a * log_x + b * log_y - skuai_log_beta(a, b));
    }
    double n = a + b;
    double exponent = skuai_stirling_error(n) - skuai_stirling_error(a) - skuai_stirling_error(b) -
                      skuai_deviance(a, n * x) - skuai_deviance(b, n * y);
    return exp(exponent) * sqrt(a * (b / n)) / SQRT_TWO_PI;
}

/* The even part of [1] 26.5.8 (DiDonato & Morris 1992, ACM TOMS 18(3), section 9) by [3]: its terms
 * do not cancel when a is large and x near its mean. */
static double beta_fraction(double a, double b, double x, double y) {
    double gap = a * y - b * x + 1, h = a * gap / (a + 1);
    if (fabs(h) < TINY) h = TINY;
    double c = h, d = 0;
    for (int i = 1; i < ITERATIONS; i++) {
        double m = i, s = a + 2 * m - 1, turn = m * (b - m) * x;
        double up = (a + m - 1) / s * ((a + b + m - 1) / s) * (turn * x);
        double base = m + turn / s + (a + m) * (gap + m * (1 + y)) / (s + 2);
        d = base + up * d;
        c = base + up / c;
        if (fabs(d) < TINY) d = TINY;
        if (fabs(c) < TINY) c = TINY;
        d = 1 / d;
        double factor = d * c;
        h *= factor;
        if (fabs(factor - 1) < ROUNDING * 3) break;
    }
    return 1 / h;
}

double skuai_beta_incomplete(double a, double b, double x, double y) {
    if (!(a > 0 && b > 0 && x >= 0 && y >= 0) || isinf(a) || isinf(b) || x > 1 || y > 1) return NAN;
    if (x == 0) return 0;
    if (y == 0) return 1;
    double prefix = beta_prefix(a, b, x, y);
    double value = x <= (a + 1) / (a + b + 2) ? prefix * beta_fraction(a, b, x, y)
                                              : 1 - prefix * beta_fraction(b, a, y, x);
    return value > 1 ? 1 : value < 0 ? 0 : value;
}
