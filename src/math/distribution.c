#include "math/distribution.h"

#include "math/special.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static const double PI = 3.14159265358979323846;
static const double LOG_TWO_PI = 1.8378770664093454836;
static const double SQRT_TWO_PI = 2.5066282746310005024;
static const double SIZE_OF_POISSON = 1e10; /* size / mean from which Poisson is exact enough */
enum { NEWTON_STEPS = 200 };

static bool is_level(double p) {
    return p >= 0 && p <= 1;
}

/* -- Normal ---------------------------------------------------------------------------------- */

double skuai_normal_pdf(double x) {
    return exp(-0.5 * x * x) / SQRT_TWO_PI;
}

double skuai_normal_cdf(double x) {
    return 0.5 * erfc(-x * 0.70710678118654752440);
}

static double ratio(const double *a, const double *b, double r) {
    double up = a[7], down = b[7];
    for (int i = 6; i >= 0; i--) {
        up = up * r + a[i];
        down = down * r + b[i];
    }
    return up / down;
}

double skuai_normal_quantile(double p) {
    static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                               1.9715909503065514427e+3, 1.3731693765509461125e+4,
                               4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[] = {1.0,
                               4.2313330701600911252e+1,
                               6.8718700749205790830e+2,
                               5.3941960214247511077e+3,
                               2.1213794301586595867e+4,
                               3.9307895800092710610e+4,
                               2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                               5.76949722146069140550e0,  3.64784832476320460504e0,
                               1.27045825245236838258e0,  2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                               1.78482653991729133580e0,  2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    if (!is_level(p)) return NAN;
    double q = p - 0.5;
    if (fabs(q) <= 0.425) return q * ratio(a, b, 0.180625 - q * q);
    double tail = q < 0 ? p : 1 - p;
    if (tail == 0) return q < 0 ? -INFINITY : INFINITY;
    double r = sqrt(-log(tail));
    double z = r <= 5 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5);
    return q < 0 ? -z : z;
}

/* -- Root of a continuous distribution function ----------------------------------------------- */

typedef struct continuous {
    double a, b;
    double (*cdf)(double x, double a, double b);
    double (*upper)(double x, double a, double b); /* 1 - cdf, accurate when small */
    double (*pdf)(double x, double a, double b);
} continuous;

static double bisect(double x, double low, double high) {
    if (isinf(high)) return x > 1e6 ? 1e6 * x : x > 0 ? 2 * x : x + 1;
    if (low > 0 && high > 16 * low) return sqrt(low) * sqrt(high);
    if (low == 0 && high < 1e-3) return high / 1024; /* a quantile far down at 0 */
    return 0.5 * (low + high);
}

/* The x in (low, high), low >= 0, where cdf = p and upper = q = 1 - p: Newton's method on the
 * smaller tail, bisecting whenever a step leaves the bracket or does not shrink. */
static double solve_quantile(const continuous *f, double p, double q, double start, double low,
                             double high) {
    double x = start, last = INFINITY;
    if (!(x > low && x < high)) x = bisect(low, low, high);
    for (int i = 0; i < NEWTON_STEPS; i++) {
        double gap = p > q ? q - f->upper(x, f->a, f->b) : f->cdf(x, f->a, f->b) - p;
        if (gap == 0 || isnan(gap)) return x;
        if (gap > 0)
            high = x;
        else
            low = x;
        double step = gap / f->pdf(x, f->a, f->b), next = x - step;
        if (next > low && next < high && fabs(step) < 0.9 * last) {
            last = fabs(step);
        } else {
            next = bisect(x, low, high);
            last = INFINITY;
        }
        if (fabs(next - x) <= 1e-15 * fabs(x) || next == 0) return next;
        x = next;
    }
    return x;
}

/* -- Student --------------------------------------------------------------------------------- */

double skuai_student_pdf(double x, double df) {
    if (!(df > 0) || isnan(x)) return NAN;
    if (df > 1e15) return skuai_normal_pdf(x);
    double half = 0.5 * df; /* Gamma(half + 1/2) / Gamma(half) = sqrt(pi) / B(half, 1/2) */
    double spread = fabs(x) > 1e100 ? 2 * log(fabs(x)) - log(df) : log1p(x * x / df);
    return exp(-(half + 0.5) * spread - skuai_log_beta(half, 0.5)) / sqrt(df);
}

static double student_tail(double x, double df) { /* P(T > |x|) */
    double square = x * x;
    if (isinf(square)) /* the power law of the far tail */
        return 0.5 * exp(0.5 * df * (log(df) - 2 * log(fabs(x))) - skuai_log_beta(0.5 * df, 0.5)) /
               (0.5 * df);
    double y = square / (df + square);
    return 0.5 * skuai_beta_incomplete(0.5 * df, 0.5, df / (df + square), y);
}

double skuai_student_cdf(double x, double df) {
    if (!(df > 0) || isnan(x)) return NAN;
    if (df > 1e15) return skuai_normal_cdf(x);
    return x > 0 ? 1 - student_tail(x, df) : student_tail(x, df);
}

static double student_cdf(double x, double df, double b) {
    return (void)b, skuai_student_cdf(x, df);
}
static double student_upper(double x, double df, double b) {
    return (void)b, skuai_student_cdf(-x, df);
}
static double student_pdf(double x, double df, double b) {
    return (void)b, skuai_student_pdf(x, df);
}

double skuai_student_quantile(double p, double df) {
    if (!(df > 0) || !is_level(p)) return NAN;
    if (p == 0) return -INFINITY;
    if (p == 1) return INFINITY;
    if (p == 0.5) return 0;
    if (df > 1e15) return skuai_normal_quantile(p);
    if (df == 1) return p < 0.5 ? -1 / tan(PI * p) : 1 / tan(PI * (1 - p));
    if (df == 2) return (2 * p - 1) / sqrt(2 * p * (1 - p));
    double z = skuai_normal_quantile(p); /* Cornish-Fisher [3] */
    double start =
        z + (z * z * z + z) / (4 * df) + (5 * pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * df * df);
    const continuous f = {df, 0, student_cdf, student_upper, student_pdf};
    if (p < 0.5) return -solve_quantile(&f, 1 - p, p, -start, 0, INFINITY);
    return solve_quantile(&f, p, 1 - p, start, 0, INFINITY);
}

/* -- Gamma ----------------------------------------------------------------------------------- */

static double poisson_raw(double k, double mean) { /* mean^k e^-mean / Gamma(k + 1), k real */
    if (mean == 0) return k == 0 ? 1 : 0;
    if (k == 0) return exp(-mean);
    if (isinf(mean) || isinf(k)) return 0;
    if (k < 9) return exp(k * log(mean) - mean - skuai_log_gamma(k + 1));
    return exp(-skuai_stirling_error(k) - skuai_deviance(k, mean)) / (SQRT_TWO_PI * sqrt(k));
}

static double gamma_cdf(double x, double a, double b) {
    return (void)b, skuai_gamma_lower(a, x);
}
static double gamma_upper(double x, double a, double b) {
    return (void)b, skuai_gamma_upper(a, x);
}

static double gamma_pdf(double x, double a, double b) {
    (void)b;
    if (x < 0 || isinf(x)) return 0;
    if (x == 0) return a < 1 ? INFINITY : a > 1 ? 0 : 1;
    return poisson_raw(a, x) * (a / x);
}

static bool is_shape(double a, double b) {
    return a > 0 && b > 0 && !isinf(a) && !isinf(b);
}

double skuai_gamma_pdf(double x, double shape, double scale) {
    if (!is_shape(shape, scale) || isnan(x)) return NAN;
    return gamma_pdf(x / scale, shape, 0) / scale;
}

double skuai_gamma_cdf(double x, double shape, double scale) {
    if (!is_shape(shape, scale) || isnan(x)) return NAN;
    return x <= 0 ? 0 : skuai_gamma_lower(shape, x / scale);
}

double skuai_gamma_quantile(double p, double shape, double scale) {
    if (!is_shape(shape, scale) || !is_level(p)) return NAN;
    if (p == 0) return 0;
    if (p == 1) return INFINITY;
    double ninth = 1 / (9 * shape); /* Wilson-Hilferty [3], at 0 the power law of the density */
    double root = 1 - ninth + skuai_normal_quantile(p) * sqrt(ninth);
    double start = root > 0 ? shape * root * root * root : 0;
    if (root < 0.3) start = exp((log(p) + skuai_log_gamma(shape + 1)) / shape);
    if (start == 0 && root < 0.3) return 0; /* below the least number there is */
    const continuous f = {shape, 0, gamma_cdf, gamma_upper, gamma_pdf};
    return scale * solve_quantile(&f, p, 1 - p, start, 0, INFINITY);
}

double skuai_chi_squared_cdf(double x, double df) {
    return skuai_gamma_cdf(x, 0.5 * df, 2);
}

/* -- Beta ------------------------------------------------------------------------------------ */

static double binomial_raw(double k, double n, double p, double q) { /* k, n real, 0 <= k <= n */
    if (p == 0) return k == 0 ? 1 : 0;
    if (q == 0) return k == n ? 1 : 0;
    if (k == 0) return n == 0 ? 1 : p < 0.1 ? exp(n * log1p(-p)) : exp(n * log(q));
    if (k == n) return q < 0.1 ? exp(n * log1p(-q)) : exp(n * log(p));
    if (!(k > 0 && k < n)) return 0;
    double exponent = skuai_stirling_error(n) - skuai_stirling_error(k) -
                      skuai_stirling_error(n - k) - skuai_deviance(k, n * p) -
                      skuai_deviance(n - k, n * q);
    return exp(exponent - 0.5 * (LOG_TWO_PI + log(k) + log((n - k) / n)));
}

static double beta_cdf(double x, double a, double b) {
    return skuai_beta_incomplete(a, b, x, 1 - x);
}
static double beta_upper(double x, double a, double b) {
    return skuai_beta_incomplete(b, a, 1 - x, x);
}

static double beta_pdf(double x, double a, double b) {
    if (x < 0 || x > 1) return 0;
    if (x == 0) return a < 1 ? INFINITY : a > 1 ? 0 : b;
    if (x == 1) return b < 1 ? INFINITY : b > 1 ? 0 : a;
    return exp((a - 1) * log(x) + (b - 1) * log1p(-x) - skuai_log_beta(a, b));
}

double skuai_beta_pdf(double x, double a, double b) {
    if (!is_shape(a, b) || isnan(x)) return NAN;
    return beta_pdf(x, a, b);
}

double skuai_beta_cdf(double x, double a, double b) {
    if (!is_shape(a, b) || isnan(x)) return NAN;
    return x <= 0 ? 0 : x >= 1 ? 1 : beta_cdf(x, a, b);
}

double skuai_beta_quantile(double p, double a, double b) {
    if (!is_shape(a, b) || !is_level(p)) return NAN;
    if (p == 0 || p == 1) return p;
    double mean = a / (a + b), variance = mean * (1 - mean) / (a + b + 1);
    double start = mean + skuai_normal_quantile(p) * sqrt(variance);
    if (a < 1 && !(start > 0.1 * mean)) start = exp((log(p) + log(a) + skuai_log_beta(a, b)) / a);
    const continuous f = {a, b, beta_cdf, beta_upper, beta_pdf};
    return solve_quantile(&f, p, 1 - p, start, 0, 1);
}

double skuai_fisher_cdf(double x, double df1, double df2) {
    if (!is_shape(df1, df2) || isnan(x)) return NAN;
    if (x <= 0) return 0;
    if (isinf(x)) return 1;
    double down = df2 + df1 * x;
    return skuai_beta_incomplete(0.5 * df1, 0.5 * df2, df1 * x / down, df2 / down);
}

/* -- Counts ---------------------------------------------------------------------------------- */

typedef enum count_kind { POISSON, NEGATIVE_BINOMIAL, BINOMIAL } count_kind;

/* Poisson: a mean. Negative binomial: a mean, b size. Binomial: a number, b probability. */
typedef struct count_law {
    count_kind kind;
    double a, b;
} count_law;

static double count_pmf(const count_law *f, double k) {
    if (k < 0 || k != floor(k) || isinf(k)) return isnan(k) ? NAN : 0;
    if (f->kind == POISSON) return poisson_raw(k, f->a);
    if (f->kind == BINOMIAL) return k > f->a ? 0 : binomial_raw(k, f->a, f->b, 1 - f->b);
    double mean = f->a, size = f->b, all = size + mean;
    if (k == 0) return exp(-size * log1p(mean / size));
    if (mean == 0) return 0;
    return size / (size + k) * binomial_raw(size, size + k, size / all, mean / all);
}

static double count_cdf(const count_law *f, double k) {
    if (isnan(k)) return NAN;
    k = floor(k);
    if (k < 0) return 0;
    if (isinf(k) || (f->kind != BINOMIAL && f->a == 0)) return 1;
    if (f->kind == POISSON) return skuai_gamma_upper(k + 1, f->a);
    if (f->kind == BINOMIAL)
        return k >= f->a ? 1 : skuai_beta_incomplete(f->a - k, k + 1, 1 - f->b, f->b);
    double all = f->a + f->b;
    return skuai_beta_incomplete(f->b, k + 1, f->b / all, f->a / all);
}

/* pmf(k + 1) / pmf(k). */
static double count_ratio(const count_law *f, double k) {
    if (f->kind == POISSON) return f->a / (k + 1);
    if (f->kind == BINOMIAL) return (f->a - k) / (k + 1) * (f->b / (1 - f->b));
    return (f->b + k) / (k + 1) * (f->a / (f->a + f->b));
}

/* Small mean: add the masses up from 0. cdf(k) >= p within rounding. */
static double quantile_by_sum(const count_law *f, double p, double mean) {
    double mass = count_pmf(f, 0), sum = mass, k = 0;
    while (sum < p) {
        if (mass < 1e-20 && k > mean) break; /* the rest of the tail is lost in rounding */
        mass *= count_ratio(f, k);
        sum += mass;
        k++;
    }
    return k;
}

/* Large mean: from a Cornish-Fisher start [3] widen steps to a bracket, then halve it. */
static double quantile_by_search(const count_law *f, double p, double mean, double deviation,
                                 double skewness, double limit) {
    double z = skuai_normal_quantile(p);
    double k = floor(mean + deviation * (z + skewness * (z * z - 1) / 6) + 0.5);
    k = k < 0 ? 0 : k > limit ? limit : k;
    double step = 1 + floor(deviation / 1024), low, high;
    if (count_cdf(f, k) >= p) {
        high = k;
        for (low = k - step; low >= 0 && count_cdf(f, low) >= p; low -= step) {
            high = low;
            step *= 2;
        }
        if (low < 0) low = -1;
    } else {
        low = k;
        for (high = k + step; high < limit && count_cdf(f, high) < p; high += step) {
            low = high;
            step *= 2;
        }
        if (high > limit) high = limit;
    }
    while (high - low > 1) { /* cdf(low) < p <= cdf(high) */
        double middle = floor(0.5 * (low + high));
        if (!(middle > low && middle < high)) break; /* counts beyond 2^53 */
        if (count_cdf(f, middle) >= p)
            high = middle;
        else
            low = middle;
    }
    return high;
}

static double count_quantile(const count_law *f, double p, double mean, double variance,
                             double skewness, double limit) {
    if (p == 1) return limit;
    p *= 1 - 64 * 1.1e-16; /* a level that was computed as a cdf comes back to its count */
    if (p == 0 || mean == 0) return 0;
    if (isinf(variance)) return NAN;
    double deviation = sqrt(variance);
    if (mean <= 64 && deviation <= 256) return quantile_by_sum(f, p, mean);
    return quantile_by_search(f, p, mean, deviation, skewness, limit);
}

static bool is_poisson(double mean) {
    return mean >= 0 && !isinf(mean);
}

double skuai_poisson_pmf(double k, double mean) {
    const count_law f = {POISSON, mean, 0};
    return is_poisson(mean) ? count_pmf(&f, k) : NAN;
}

double skuai_poisson_cdf(double k, double mean) {
    const count_law f = {POISSON, mean, 0};
    return is_poisson(mean) ? count_cdf(&f, k) : NAN;
}

double skuai_poisson_quantile(double p, double mean) {
    const count_law f = {POISSON, mean, 0};
    if (!is_poisson(mean) || !is_level(p)) return NAN;
    return count_quantile(&f, p, mean, mean, mean > 0 ? 1 / sqrt(mean) : 0, INFINITY);
}

/* The law of a negative binomial, Poisson where the size makes no difference. */
static bool negative_binomial(double mean, double size, count_law *f) {
    if (!(is_poisson(mean) && size > 0)) return false;
    if (size > SIZE_OF_POISSON * (mean > 1 ? mean : 1))
        *f = (count_law){POISSON, mean, 0};
    else
        *f = (count_law){NEGATIVE_BINOMIAL, mean, size};
    return true;
}

double skuai_negative_binomial_pmf(double k, double mean, double size) {
    count_law f;
    return negative_binomial(mean, size, &f) ? count_pmf(&f, k) : NAN;
}

double skuai_negative_binomial_cdf(double k, double mean, double size) {
    count_law f;
    return negative_binomial(mean, size, &f) ? count_cdf(&f, k) : NAN;
}

double skuai_negative_binomial_quantile(double p, double mean, double size) {
    count_law f;
    if (!is_level(p) || !negative_binomial(mean, size, &f)) return NAN;
    if (f.kind == POISSON) return skuai_poisson_quantile(p, mean);
    double variance = mean + mean * (mean / size);
    double skewness = mean > 0 ? (1 + 2 * mean / size) / sqrt(variance) : 0;
    return count_quantile(&f, p, mean, variance, skewness, INFINITY);
}

static bool is_binomial(double n, double p) {
    return n >= 0 && n == floor(n) && !isinf(n) && is_level(p);
}

double skuai_binomial_pmf(double k, double n, double p) {
    const count_law f = {BINOMIAL, n, p};
    return is_binomial(n, p) ? count_pmf(&f, k) : NAN;
}

double skuai_binomial_cdf(double k, double n, double p) {
    const count_law f = {BINOMIAL, n, p};
    return is_binomial(n, p) ? count_cdf(&f, k) : NAN;
}

double skuai_binomial_quantile(double level, double n, double p) {
    const count_law f = {BINOMIAL, n, p};
    if (!is_binomial(n, p) || !is_level(level)) return NAN;
    double mean = n * p, variance = mean * (1 - p);
    if (variance == 0) return mean;
    return count_quantile(&f, level, mean, variance, (1 - 2 * p) / sqrt(variance), n);
}
