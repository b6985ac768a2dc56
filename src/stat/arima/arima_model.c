#include "stat/arima/arima_model.h"

#include "math/linear.h"

#include <math.h>
#include <string.h>

#define STEADY     1e-9  /* f - 1 of a steady filter */
#define RAW_LIMIT  30.0  /* partial autocorrelation .99944 */
#define DIFFERENCE 1e-6  /* step of the numerical derivatives */
#define EXACT_FIT  1e-24 /* share of the variance that counts as nothing left */
#define LOG_TWO_PI 1.8378770664093454836

size_t skuai_arima_terms(const skuai_arima_order *order) {
    return (size_t)order->p + (size_t)order->q + (size_t)order->P + (size_t)order->Q;
}

size_t skuai_arima_degree(const skuai_arima_order *order) {
    int ar = order->p + order->P * order->season, ma = order->q + order->Q * order->season;
    return (size_t)(ar > ma ? ar : ma);
}

size_t skuai_arima_parameters(const skuai_arima_order *order) {
    return skuai_arima_terms(order) + (order->constant ? 1 : 0) + 1;
}

/* -- Coefficients and partial autocorrelations ------------------------------------------------- */

/* Coefficients of the stationary AR polynomial with partial autocorrelations u. */
static void from_partial(const double *raw, int n, double *a) {
    double old[SKUAI_ARIMA_TERMS];
    for (int m = 0; m < n; m++) {
        double u = raw[m] / sqrt(1 + raw[m] * raw[m]);
        memcpy(old, a, (size_t)m * sizeof *a);
        for (int j = 0; j < m; j++)
            a[j] = old[j] - u * old[m - 1 - j];
        a[m] = u;
    }
}

static bool to_partial(const double *a, int n, double *u) {
    double now[SKUAI_ARIMA_TERMS], next[SKUAI_ARIMA_TERMS];
    memcpy(now, a, (size_t)n * sizeof *a);
    for (int m = n; m > 0; m--) {
        double k = now[m - 1], left = (1 - k) * (1 + k);
        if (!(left > 0)) return false;
        u[m - 1] = k;
        for (int j = 0; j + 1 < m; j++)
            next[j] = (now[j] + k * now[m - 2 - j]) / left;
        memcpy(now, next, (size_t)(m - 1) * sizeof *now);
    }
    return true;
}

/* The four polynomials: first term, number of terms, sign in the AR sense, step in periods. */
typedef struct part {
    int first, n;
    double sign;
    int step;
} part;

static void parts_of(const skuai_arima_order *o, part parts[4]) {
    parts[0] = (part){0, o->p, 1, 1};
    parts[1] = (part){o->p, o->q, -1, 1};
    parts[2] = (part){o->p + o->q, o->P, 1, o->season};
    parts[3] = (part){o->p + o->q + o->P, o->Q, -1, o->season};
}

static void coefficients_of(const skuai_arima_order *order, const double *raw,
                            double *coefficient) {
    part parts[4];
    parts_of(order, parts);
    for (int i = 0; i < 4; i++) {
        double *a = coefficient + parts[i].first;
        from_partial(raw + parts[i].first, parts[i].n, a);
        for (int j = 0; j < parts[i].n; j++)
            a[j] *= parts[i].sign;
    }
}

/* Partial autocorrelations of all parts with coefficient j scaled by factor^(lag of j). */
static bool partials_of(const skuai_arima_order *order, const double *coefficient, double factor,
                        double *u) {
    part parts[4];
    parts_of(order, parts);
    for (int i = 0; i < 4; i++) {
        double a[SKUAI_ARIMA_TERMS];
        for (int j = 0; j < parts[i].n; j++)
            a[j] = parts[i].sign * coefficient[parts[i].first + j] *
                   pow(factor, parts[i].step * (j + 1));
        if (!to_partial(a, parts[i].n, u + parts[i].first)) return false;
    }
    return true;
}

bool skuai_arima_raw(const skuai_arima_order *order, const double *coefficient, double *raw) {
    if (!partials_of(order, coefficient, 1, raw)) return false;
    for (size_t i = 0; i < skuai_arima_terms(order); i++) {
        raw[i] /= sqrt((1 - raw[i]) * (1 + raw[i]));
        raw[i] = fmax(-RAW_LIMIT, fmin(RAW_LIMIT, raw[i]));
    }
    return true;
}

bool skuai_arima_is_regular(const skuai_arima_order *order, const double *coefficient,
                            double least) {
    double u[SKUAI_ARIMA_TERMS];
    return partials_of(order, coefficient, least, u);
}

static void multiply(const double *a, int p, const double *b, int P, int season, double sign,
                     double *product) {
    memset(product, 0, (size_t)(p + P * season) * sizeof *product);
    for (int i = 0; i < p; i++)
        product[i] += a[i];
    for (int j = 0; j < P; j++) {
        int lag = (j + 1) * season;
        product[lag - 1] += b[j];
        for (int i = 0; i < p; i++)
            product[lag + i] += sign * a[i] * b[j];
    }
}

void skuai_arima_polynomials(const skuai_arima_order *o, const double *coefficient, double *ar,
                             double *ma) {
    const double *seasonal = coefficient + o->p + o->q;
    multiply(coefficient, o->p, seasonal, o->P, o->season, -1, ar);
    multiply(coefficient + o->p, o->q, seasonal + o->P, o->Q, o->season, 1, ma);
}

/* -- Sample ------------------------------------------------------------------------------------ */

/* Difference x [n] in place at `lag`; the first lag entries are used up. Returns what is left. */
static size_t difference(double *x, size_t n, size_t lag) {
    for (size_t t = 0; t + lag < n; t++)
        x[t] = x[t + lag] - x[t];
    return n - lag;
}

static void difference_all(const skuai_arima_sample *sample, double *x) {
    size_t n = sample->n;
    for (int i = 0; i < sample->D; i++)
        n = difference(x, n, (size_t)sample->season);
    for (int i = 0; i < sample->d; i++)
        n = difference(x, n, 1);
}

static bool take_columns(skuai_arima_sample *sample, skuai_arena *arena) {
    size_t n_columns = 2 + sample->n_missing, n = sample->n;
    sample->columns = skuai_arena_take(arena, n_columns, sizeof *sample->columns);
    sample->innovations = skuai_arena_take(arena, n_columns, sizeof *sample->innovations);
    double *block = skuai_arena_take_zero(arena, 2 * n_columns * n, sizeof *block);
    if (!sample->columns || !sample->innovations || !block) return false;
    for (size_t c = 0; c < n_columns; c++) {
        sample->columns[c] = block + 2 * c * n;
        sample->innovations[c] = block + (2 * c + 1) * n;
        if (c == 0)
            memcpy(sample->columns[c], sample->y, n * sizeof *block);
        else if (c <= sample->n_missing)
            sample->columns[c][sample->missing[c - 1]] = 1;
        if (c <= sample->n_missing) difference_all(sample, sample->columns[c]);
    }
    for (size_t t = 0; t < n; t++)
        sample->columns[n_columns - 1][t] = 1;
    return true;
}

skua_status skuai_arima_sample_new(const double *y, size_t n, const size_t *missing,
                                   size_t n_missing, int d, int D, int season, size_t capacity,
                                   skuai_arena *arena, skuai_arima_sample **sample,
                                   skua_error *err) {
    size_t lost = (size_t)d + (size_t)D * (size_t)season;
    if (n < lost + n_missing + 1)
        return skuai_error_set(err, SKUA_EDATA,
                               "arima: %zu observations are too few for d = %d, D = %d, season %d",
                               n - n_missing, d, D, season);
    skuai_arima_sample *made = skuai_arena_take_zero(arena, 1, sizeof *made);
    if (!made) return skuai_error_memory(err, "an ARIMA sample");
    *made = (skuai_arima_sample){.d = d,
                                 .D = D,
                                 .season = season,
                                 .y = y,
                                 .n = n,
                                 .missing = missing,
                                 .n_missing = n_missing,
                                 .length = n - lost};
    size_t k = SKUAI_ARIMA_TERMS > 1 + n_missing ? SKUAI_ARIMA_TERMS : 1 + n_missing;
    made->filter = skuai_arma_filter_new(arena, capacity, 2 + n_missing);
    double *polynomials = skuai_arena_take(arena, 2 * (capacity + 1), sizeof *polynomials);
    made->residual = skuai_arena_take(arena, 2 * made->length, sizeof(double));
    made->jacobian = skuai_arena_take(arena, SKUAI_ARIMA_TERMS * made->length, sizeof(double));
    made->normal = skuai_arena_take(arena, 2 * k * k, sizeof(double));
    if (!take_columns(made, arena) || !made->filter || !polynomials || !made->residual ||
        !made->jacobian || !made->normal)
        return skuai_error_memory(err, "an ARIMA sample");
    made->ar = polynomials;
    made->ma = polynomials + capacity + 1;
    *sample = made;
    return SKUA_OK;
}

/* -- Likelihood -------------------------------------------------------------------------------- */

/* What an evaluation finds beside the innovations. */
typedef struct outcome {
    double sum_squares;
    double log_determinant; /* of everything, over sigma^2 */
    double constant;
} outcome;

static size_t effective(const skuai_arima_sample *sample) {
    return sample->length - sample->n_missing;
}

/* Least squares of innovations[0] on the regressors' by their normal equations; what remains is
 * left in residual. The missing values come first, so that the leading part of the Cholesky factor
 * has their determinant. */
static bool regress(skuai_arima_sample *sample, bool constant, double *residual, outcome *found,
                    double *missing_value) {
    size_t n = sample->length, k = sample->n_missing + (constant ? 1 : 0);
    double *const *e = sample->innovations;
    double *gram = sample->normal, *b = gram + k * k;
    memcpy(residual, e[0], n * sizeof *residual);
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j <= i; j++)
            gram[i * k + j] = gram[j * k + i] = skuai_dot(e[i + 1], e[j + 1], n);
        b[i] = skuai_dot(e[i + 1], e[0], n);
        if (!(gram[i * k + i] > 1e-10)) return false;
    }
    if (k > 0) {
        if (skuai_cholesky(gram, k, NULL) != SKUA_OK) return false;
        skuai_cholesky_solve(gram, k, b);
    }
    for (size_t i = 0; i < k; i++)
        for (size_t t = 0; t < n; t++)
            residual[t] -= b[i] * e[i + 1][t];
    for (size_t i = 0; i < sample->n_missing; i++) {
        found->log_determinant += 2 * log(gram[i * k + i]);
        if (missing_value) missing_value[i] = -b[i]; /* the guess was too high by b */
    }
    found->constant = constant ? b[k - 1] : 0;
    found->sum_squares = skuai_dot(residual, residual, n);
    return isfinite(found->sum_squares) && isfinite(found->log_determinant);
}

static bool innovate(skuai_arima_sample *sample, const skuai_arima_order *order,
                     const double *coefficient, double *residual, outcome *found,
                     double *missing_value) {
    sample->evaluations++;
    skuai_arima_polynomials(order, coefficient, sample->ar, sample->ma);
    size_t m = (size_t)order->season;
    size_t p = (size_t)order->p + (size_t)order->P * m;
    size_t q = (size_t)order->q + (size_t)order->Q * m;
    if (!skuai_arma_filter_set(sample->filter, sample->ar, p, sample->ma, q)) return false;
    size_t n_columns = 1 + sample->n_missing + (order->constant ? 1 : 0);
    if (!skuai_arma_filter_run(sample->filter, sample->length, n_columns,
                               (const double *const *)sample->columns, sample->innovations, STEADY,
                               &found->log_determinant))
        return false;
    return regress(sample, order->constant, residual, found, missing_value);
}

/* The criteria of n observations for a model of k parameters, given -2 log-likelihood. */
static void criteria(double deviance, double n, double k, double value[3]) {
    value[SKUAI_ARIMA_AIC] = deviance + 2 * k;
    value[SKUAI_ARIMA_BIC] = deviance + k * log(n);
    value[SKUAI_ARIMA_AICC] =
        n - k - 1 > 0 ? deviance + 2 * k + 2 * k * (k + 1) / (n - k - 1) : INFINITY;
}

/* -2 log-likelihood of n observations at the best variance. */
static double deviance_of(double squares, double n, double log_determinant) {
    return n * (LOG_TWO_PI + 1 + log(fmax(squares / n, 1e-300))) + log_determinant;
}

static void settle(const skuai_arima_sample *sample, const outcome *found, skuai_arima_fit *fit) {
    double n = (double)effective(sample);
    double deviance = deviance_of(found->sum_squares, n, found->log_determinant);
    fit->estimated = true;
    fit->constant = found->constant;
    fit->sum_squares = found->sum_squares;
    fit->log_likelihood = -0.5 * deviance;
    criteria(deviance, n, (double)skuai_arima_parameters(&fit->order), fit->criterion);
}

bool skuai_arima_evaluate(skuai_arima_sample *sample, skuai_arima_fit *fit, double *missing_value) {
    outcome found = {0};
    if (!innovate(sample, &fit->order, fit->coefficient, sample->residual, &found, missing_value))
        return false;
    settle(sample, &found, fit);
    return true;
}

double skuai_arima_conditional(skuai_arima_sample *sample, const skuai_arima_fit *fit,
                               size_t common, skuai_arima_criterion criterion) {
    outcome all = {0};
    double early = 0, value[3], *residual = sample->residual;
    if (common > sample->length || common == 0) return INFINITY;
    size_t skip = sample->length - common;
    if (!innovate(sample, &fit->order, fit->coefficient, residual, &all, NULL) ||
        !skuai_arma_filter_run(sample->filter, skip, 1, (const double *const *)sample->columns,
                               sample->innovations, STEADY, &early))
        return INFINITY;
    double squares = skuai_dot(residual + skip, residual + skip, common);
    criteria(deviance_of(squares, (double)common, all.log_determinant - early), (double)common,
             (double)skuai_arima_parameters(&fit->order), value);
    return isfinite(value[criterion]) ? value[criterion] : INFINITY;
}

/* -- Maximum ----------------------------------------------------------------------------------- */

/* The residuals at raw, scaled so that their sum of squares falls when the likelihood rises:
 * returned as that sum, infinite where there is no likelihood. */
static double scaled_residuals(skuai_arima_sample *sample, const skuai_arima_order *order,
                               const double *raw, double *residual, outcome *found) {
    double coefficient[SKUAI_ARIMA_TERMS];
    coefficients_of(order, raw, coefficient);
    if (!innovate(sample, order, coefficient, residual, found, NULL)) return INFINITY;
    double n = (double)effective(sample), scale = exp(0.5 * found->log_determinant / n);
    for (size_t t = 0; t < sample->length; t++)
        residual[t] *= scale;
    double sum = found->sum_squares * scale * scale;
    return isfinite(sum) ? sum : INFINITY;
}

/* Derivatives of the residuals by each raw parameter; false where one cannot be had. */
static bool differentiate(skuai_arima_sample *sample, const skuai_arima_order *order, double *raw,
                          const double *residual) {
    size_t n = sample->length, k = skuai_arima_terms(order);
    for (size_t i = 0; i < k; i++) {
        double *row = sample->jacobian + i * n, kept = raw[i];
        /* away from the nearer limit, where every value is allowed */
        double step = (kept > 0 ? -DIFFERENCE : DIFFERENCE) * (1 + fabs(kept));
        outcome ignored = {0};
        raw[i] = kept + step;
        double sum = scaled_residuals(sample, order, raw, row, &ignored);
        raw[i] = kept;
        if (!(sum < INFINITY)) return false;
        for (size_t t = 0; t < n; t++)
            row[t] = (row[t] - residual[t]) / step;
    }
    return true;
}

/* One step: solve (A + lambda diag A) step = gradient; the new parameters in tried. */
static bool step_to(const double *gram, const double *gradient, size_t k, double lambda,
                    const double *raw, double *work, double *tried) {
    double step[SKUAI_ARIMA_TERMS], largest = 0;
    for (size_t i = 0; i < k; i++)
        largest = fmax(largest, gram[i * k + i]);
    memcpy(work, gram, k * k * sizeof *work);
    memcpy(step, gradient, k * sizeof *step);
    for (size_t i = 0; i < k; i++)
        work[i * k + i] += lambda * work[i * k + i] + 1e-9 * largest;
    if (!(largest > 0) || skuai_cholesky(work, k, NULL) != SKUA_OK) return false;
    skuai_cholesky_solve(work, k, step);
    for (size_t i = 0; i < k; i++) {
        double bound = 0.7 + 0.7 * fabs(raw[i]); /* a straight line is not to be trusted farther */
        double moved = raw[i] - fmax(-bound, fmin(bound, step[i]));
        tried[i] = fmax(-RAW_LIMIT, fmin(RAW_LIMIT, moved));
    }
    return true;
}

/* Try steps with rising damping until the sum falls: the new sum, or the old one. */
static double improve(skuai_arima_sample *sample, const skuai_arima_order *order, double *raw,
                      double *lambda, double sum, outcome *found) {
    size_t n = sample->length, k = skuai_arima_terms(order);
    double *gram = sample->normal, *work = gram + k * k, *residual = sample->residual;
    double gradient[SKUAI_ARIMA_TERMS], tried[SKUAI_ARIMA_TERMS];
    double kept[SKUAI_ARIMA_TERMS * SKUAI_ARIMA_TERMS]; /* regress uses sample->normal too */
    for (size_t i = 0; i < k; i++) {
        gradient[i] = skuai_dot(sample->jacobian + i * n, residual, n);
        for (size_t j = 0; j <= i; j++)
            kept[i * k + j] = kept[j * k + i] =
                skuai_dot(sample->jacobian + i * n, sample->jacobian + j * n, n);
    }
    for (int attempt = 0; attempt < 8; attempt++, *lambda *= 6) {
        memcpy(gram, kept, k * k * sizeof *gram);
        if (!step_to(gram, gradient, k, *lambda, raw, work, tried)) continue;
        outcome now = {0};
        double value = scaled_residuals(sample, order, tried, residual + n, &now);
        if (!(value < sum)) continue;
        memcpy(raw, tried, k * sizeof *raw);
        memcpy(residual, residual + n, n * sizeof *residual);
        *found = now;
        *lambda = fmax(*lambda / 10, 1e-7);
        return value;
    }
    return sum;
}

bool skuai_arima_maximise(skuai_arima_sample *sample, skuai_arima_fit *fit, double tolerance,
                          int steps) {
    const skuai_arima_order *order = &fit->order;
    size_t n = sample->length, k = skuai_arima_terms(order);
    outcome found = {0};
    double sum = scaled_residuals(sample, order, fit->raw, sample->residual, &found);
    if (!(sum < INFINITY)) return false;
    double lambda = 1e-2, total = skuai_dot(sample->columns[0], sample->columns[0], n);
    for (int i = 0; i < steps && k > 0; i++) {
        if (!(sum > EXACT_FIT * total)) break;
        if (!differentiate(sample, order, fit->raw, sample->residual)) break;
        double next = improve(sample, order, fit->raw, &lambda, sum, &found);
        double gain = 0.5 * (double)effective(sample) * log(sum / next);
        sum = next;
        if (!(gain > tolerance)) break;
    }
    coefficients_of(order, fit->raw, fit->coefficient);
    settle(sample, &found, fit);
    return true;
}
