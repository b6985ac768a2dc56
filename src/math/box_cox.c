#include "math/box_cox.h"

#include "math/optimise.h"
#include "math/statistics.h"

#include <math.h>

double skuai_box_cox(double x, double lambda) {
    if (lambda == 0) return x > 0 ? log(x) : NAN;
    if (lambda < 0 && x < 0) return NAN;
    if (x > 0 && fabs(lambda) < 1e-3) return expm1(lambda * log(x)) / lambda;
    return (copysign(pow(fabs(x), lambda), x) - 1) / lambda;
}

double skuai_box_cox_inverse(double z, double lambda) {
    if (lambda == 0) return exp(z);
    double base = z * lambda + 1;
    if (lambda < 0 && base <= 0) return INFINITY;
    if (base > 0 && fabs(lambda) < 1e-3) return exp(log1p(z * lambda) / lambda);
    return copysign(pow(fabs(base), 1 / lambda), base);
}

double skuai_box_cox_inverse_mean(double z, double variance, double lambda) {
    double x = skuai_box_cox_inverse(z, lambda);
    if (!(variance > 0) || x == 0) return x;
    if (lambda == 0) return x * (1 + 0.5 * variance);
    return x * (1 + 0.5 * variance * (1 - lambda) / pow(fabs(x), 2 * lambda));
}

void skuai_box_cox_array(const double *x, size_t n, double lambda, double *out) {
    for (size_t i = 0; i < n; i++)
        out[i] = skuai_box_cox(x[i], lambda);
}

typedef struct subseries {
    const double *log_mean, *deviation;
    size_t n;
} subseries;

/* Coefficient of variation of deviation / mean^(1 - lambda), [3] equation 6. */
static double variation(double lambda, void *context) {
    const subseries *s = context;
    double sum = 0, squares = 0, count = (double)s->n;
    for (size_t i = 0; i < s->n; i++)
        sum += s->deviation[i] * exp((lambda - 1) * s->log_mean[i]);
    double mean = sum / count;
    for (size_t i = 0; i < s->n; i++) {
        double d = s->deviation[i] * exp((lambda - 1) * s->log_mean[i]) - mean;
        squares += d * d;
    }
    return sqrt(squares / (count - 1)) / mean;
}

skua_status skuai_box_cox_guerrero(const double *x, size_t n, size_t period, double low,
                                   double high, double *scratch, double *lambda, skua_error *err) {
    if (period < 2) period = 2;
    size_t groups = n / period, used = 0;
    double *log_mean = scratch, *deviation = scratch + groups;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]) && !(x[i] > 0 && isfinite(x[i])))
            return skuai_error_set(err, SKUA_EDATA, "Box-Cox: value %zu is %g, need > 0", i, x[i]);
    for (size_t g = 0; g < groups; g++) {
        const double *group = x + n - (groups - g) * period;
        if (skuai_count(group, period) < period) continue;
        log_mean[used] = log(skuai_mean(group, period));
        deviation[used++] = skuai_deviation(group, period, 1);
    }
    double spread = skuai_sum(deviation, used);
    if (used < 2 || !(spread > 0))
        return skuai_error_set(err, SKUA_EDATA, "Box-Cox: need two whole periods that vary");
    subseries s = {log_mean, deviation, used};
    double best;
    (void)skuai_minimise_brent(variation, &s, low, high, 1e-7, &best);
    *lambda = best;
    return SKUA_OK;
}

typedef struct likelihood {
    const double *logs;
    size_t n;
} likelihood;

/* Minus the profile log-likelihood [1], with x = exp(logs) scaled to geometric mean 1, which makes
 * the Jacobian's share 0. */
static double minus_likelihood(double lambda, void *context) {
    const likelihood *l = context;
    double sum = 0, squares = 0, count = (double)l->n;
    for (size_t i = 0; i < l->n; i++)
        sum += lambda == 0 ? l->logs[i] : expm1(lambda * l->logs[i]) / lambda;
    double mean = sum / count;
    for (size_t i = 0; i < l->n; i++) {
        double z = lambda == 0 ? l->logs[i] : expm1(lambda * l->logs[i]) / lambda;
        squares += (z - mean) * (z - mean);
    }
    return 0.5 * count * log(squares / count);
}

skua_status skuai_box_cox_likelihood(const double *x, size_t n, double low, double high,
                                     double *scratch, double *lambda, skua_error *err) {
    bool varies = false;
    double mean = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(x[i] > 0 && isfinite(x[i])))
            return skuai_error_set(err, SKUA_EDATA, "Box-Cox: value %zu is %g, need > 0", i, x[i]);
        varies = varies || x[i] != x[0];
        scratch[i] = log(x[i]);
        mean += scratch[i];
    }
    if (!varies) return skuai_error_set(err, SKUA_EDATA, "Box-Cox: the series is constant");
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        scratch[i] -= mean;
    likelihood l = {scratch, n};
    double best;
    (void)skuai_minimise_brent(minus_likelihood, &l, low, high, 1e-7, &best);
    *lambda = best;
    return SKUA_OK;
}
