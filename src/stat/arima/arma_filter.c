#include "stat/arima/arma_filter.h"

#include <math.h>
#include <string.h>

#define STEADY_GAIN 1e-7 /* largest |K - g| of a steady filter */
#define LOG_EVERY   32   /* innovation variances multiplied before a logarithm is taken */

skuai_arma_filter *skuai_arma_filter_new(skuai_arena *arena, size_t capacity, size_t columns) {
    skuai_arma_filter *filter = skuai_arena_take_zero(arena, 1, sizeof *filter);
    size_t r = capacity > 0 ? capacity : 1;
    /* the autocovariances need the triangle of Levinson and 2 r + 1 lags, twice */
    size_t work = r * (r + 1) / 2 + 4 * (r + 1);
    double *block = skuai_arena_take(arena, (6 + columns) * (r + 1) + work, sizeof *block);
    size_t *lags = skuai_arena_take(arena, 2 * r, sizeof *lags);
    if (!filter || !block || !lags) return NULL;
    filter->capacity = r;
    filter->columns = columns;
    double **parts[] = {&filter->ar.value, &filter->ma.value, &filter->gamma,
                        &filter->psi,      &filter->gain,     &filter->step};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++, block += r + 1)
        *parts[i] = block;
    filter->state = block;
    filter->work = block + columns * (r + 1);
    filter->ar.lag = lags;
    filter->ma.lag = lags + r;
    return filter;
}

/* Autocovariances 0 .. n of the AR process with coefficients ar [p] and unit innovations: the
 * recursion of Levinson backwards gives every lower order, and with them lag by lag the
 * autocovariances. triangle [p (p + 1) / 2]. false: not stationary. */
static bool autocovariances_of_ar(const double *ar, size_t p, const skuai_arma_lags *lags, size_t n,
                                  double *triangle, double *gamma) {
    double variance = 1;
    if (p > 0) memcpy(triangle + p * (p - 1) / 2, ar, p * sizeof *ar);
    for (size_t m = p; m > 0; m--) {
        const double *high = triangle + m * (m - 1) / 2;
        double k = high[m - 1], left = (1 - k) * (1 + k);
        if (!(left > 1e-12)) return false;
        variance /= left;
        if (m == 1) break;
        double *low = triangle + (m - 1) * (m - 2) / 2;
        for (size_t j = 0; j + 1 < m; j++)
            low[j] = (high[j] + k * high[m - 2 - j]) / left;
    }
    gamma[0] = variance;
    for (size_t k = 1; k <= p && k <= n; k++) {
        const double *row = triangle + k * (k - 1) / 2;
        double sum = 0;
        for (size_t j = 0; j < k; j++)
            sum += row[j] * gamma[k - 1 - j];
        gamma[k] = sum;
    }
    for (size_t k = p + 1; k <= n; k++) {
        double sum = 0;
        for (size_t i = 0; i < lags->n; i++)
            sum += lags->value[i] * gamma[k - lags->lag[i]];
        gamma[k] = sum;
    }
    return isfinite(variance);
}

static void pack(const double *coefficients, size_t n, skuai_arma_lags *lags) {
    lags->n = 0;
    for (size_t i = 0; i < n; i++)
        if (coefficients[i] != 0) {
            lags->lag[lags->n] = i + 1;
            lags->value[lags->n++] = coefficients[i];
        }
}

/* psi weights 0 .. r: psi_k = ma_k + sum_j ar_j psi_{k-j}. */
static void weights(const skuai_arma_filter *filter, double *psi) {
    size_t r = filter->dimension;
    psi[0] = 1;
    memset(psi + 1, 0, r * sizeof *psi);
    for (size_t i = 0; i < filter->ma.n; i++)
        psi[filter->ma.lag[i]] = filter->ma.value[i];
    for (size_t k = 1; k <= r; k++)
        for (size_t i = 0; i < filter->ar.n && filter->ar.lag[i] <= k; i++)
            psi[k] += filter->ar.value[i] * psi[k - filter->ar.lag[i]];
}

bool skuai_arma_filter_set(skuai_arma_filter *filter, const double *ar, size_t p, const double *ma,
                           size_t q) {
    size_t r = p > q ? p : q;
    if (r == 0) r = 1;
    if (r > filter->capacity) return false;
    filter->p = p;
    filter->q = q;
    filter->dimension = r;
    pack(ar, p, &filter->ar);
    pack(ma, q, &filter->ma);
    weights(filter, filter->psi);
    double *triangle = filter->work;
    double *of_ar = triangle + filter->capacity * (filter->capacity + 1) / 2;
    double *of_ma = of_ar + 2 * (filter->capacity + 1);
    if (!autocovariances_of_ar(ar, p, &filter->ar, r + q, triangle, of_ar)) return false;
    const skuai_arma_lags *lags = &filter->ma;
    memset(of_ma, 0, (q + 1) * sizeof *of_ma); /* products of the MA polynomial with itself */
    of_ma[0] = 1;
    for (size_t i = 0; i < lags->n; i++) {
        of_ma[lags->lag[i]] += lags->value[i];
        for (size_t j = 0; j <= i; j++)
            of_ma[lags->lag[i] - lags->lag[j]] += lags->value[i] * lags->value[j];
    }
    for (size_t k = 0; k <= r; k++)
        filter->gamma[k] = of_ma[0] * of_ar[k];
    for (size_t l = 1; l <= q; l++) {
        if (of_ma[l] == 0) continue;
        for (size_t k = 0; k <= r; k++)
            filter->gamma[k] += of_ma[l] * (of_ar[k > l ? k - l : l - k] + of_ar[k + l]);
    }
    return filter->gamma[0] > 0.999 && isfinite(filter->gamma[0]);
}

/* The quantities of the recursion at one time. */
typedef struct recursion {
    double f, c;
    double logarithm, product; /* of the innovation variances so far */
    unsigned multiplied;
} recursion;

static recursion recursion_start(skuai_arma_filter *filter) {
    size_t r = filter->dimension;
    memcpy(filter->gain, filter->gamma + 1, r * sizeof(double));
    memcpy(filter->step, filter->gamma + 1, r * sizeof(double));
    return (recursion){.f = filter->gamma[0], .c = 1 / filter->gamma[0], .product = 1};
}

static void recursion_count(recursion *now) {
    now->product *= now->f;
    if (++now->multiplied == LOG_EVERY || now->product > 1e200) {
        now->logarithm += log(now->product);
        now->product = 1;
        now->multiplied = 0;
    }
}

/* The last entry of F x. */
static double closing(const skuai_arma_filter *filter, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < filter->ar.n; i++)
        sum += filter->ar.value[i] * x[filter->dimension - filter->ar.lag[i]];
    return sum;
}

/* From period t to t + 1. */
static bool recursion_advance(skuai_arma_filter *filter, recursion *now) {
    size_t r = filter->dimension;
    double *restrict step = filter->step, *restrict gain = filter->gain;
    double first = step[0], last = closing(filter, step);
    if (first == 0) { /* pure seasonal models pass here most of the time */
        memmove(step, step + 1, (r - 1) * sizeof *step);
        step[r - 1] = last;
        return true;
    }
    double weight = now->c * first, f = now->f - weight * first;
    if (!(f > 0.99)) return false; /* it never falls below 1 but for rounding */
    if (f < 1) f = 1;
    double share = first / f;
    step[r] = last;
    for (size_t i = 0; i < r; i++) {
        double moved = step[i + 1];
        gain[i] -= weight * moved;
        step[i] = moved - gain[i] * share;
    }
    now->c *= f / now->f;
    now->f = f;
    return true;
}

static bool is_steady(const skuai_arma_filter *filter, const recursion *now, double tolerance) {
    if (!(now->f - 1 <= tolerance)) return false;
    for (size_t i = 0; i < filter->dimension; i++)
        if (!(fabs(filter->gain[i] - filter->psi[i + 1]) <= STEADY_GAIN)) return false;
    return true;
}

static double observe(const skuai_arma_filter *filter, double *restrict x, double y, double f) {
    const double *restrict gain = filter->gain;
    double v = y - x[0], per_f = v / f;
    size_t r = filter->dimension;
    x[r] = closing(filter, x);
    for (size_t i = 0; i < r; i++)
        x[i] = x[i + 1] + gain[i] * per_f;
    return v;
}

/* Innovations from period `from` on, where the filter is steady and x is the state then. */
static void continue_steadily(const skuai_arma_filter *filter, const double *x, const double *y,
                              size_t from, size_t n, double *v) {
    const skuai_arma_lags *ar = &filter->ar, *ma = &filter->ma;
    for (size_t t = from; t < n; t++)
        v[t] = y[t];
    /* what the past before `from` says of each later period, apart from what comes through the
     * periods since: x less the AR polynomial of x */
    for (size_t i = 0; i < filter->dimension && from + i < n; i++) {
        double direct = x[i];
        for (size_t j = 0; j < ar->n && ar->lag[j] <= i; j++)
            direct -= ar->value[j] * x[i - ar->lag[j]];
        v[from + i] -= direct;
    }
    for (size_t j = 0; j < ar->n; j++)
        for (size_t t = from + ar->lag[j]; t < n; t++)
            v[t] -= ar->value[j] * y[t - ar->lag[j]];
    if (ma->n == 0) return;
    size_t warm = from + ma->lag[ma->n - 1] < n ? from + ma->lag[ma->n - 1] : n;
    for (size_t t = from; t < warm; t++)
        for (size_t j = 0; j < ma->n && from + ma->lag[j] <= t; j++)
            v[t] -= ma->value[j] * v[t - ma->lag[j]];
    for (size_t t = warm; t < n; t++) {
        double sum = v[t];
        for (size_t j = ma->n; j-- > 0;) /* the youngest last: it is the one to wait for */
            sum -= ma->value[j] * v[t - ma->lag[j]];
        v[t] = sum;
    }
}

bool skuai_arma_filter_run(skuai_arma_filter *filter, size_t n, size_t n_columns,
                           const double *const *values, double *const *innovations,
                           double tolerance, double *log_determinant) {
    size_t stride = filter->capacity + 1;
    memset(filter->state, 0, n_columns * stride * sizeof(double));
    recursion now = recursion_start(filter);
    for (size_t t = 0; t < n; t++) {
        if (is_steady(filter, &now, tolerance)) {
            for (size_t c = 0; c < n_columns; c++)
                continue_steadily(filter, filter->state + c * stride, values[c], t, n,
                                  innovations[c]);
            break;
        }
        double scale = 1 / sqrt(now.f);
        for (size_t c = 0; c < n_columns; c++)
            innovations[c][t] =
                scale * observe(filter, filter->state + c * stride, values[c][t], now.f);
        recursion_count(&now);
        if (!recursion_advance(filter, &now)) return false;
    }
    *log_determinant = now.logarithm + log(now.product);
    return isfinite(*log_determinant);
}

bool skuai_arma_filter_variance(skuai_arma_filter *filter, size_t n, double *variance) {
    size_t r = filter->dimension;
    const double *psi = filter->psi;
    for (size_t i = 0; i < r; i++) /* Cov(E(w_{t+i} | past), E(w_{t+j} | past)), j >= i */
        for (size_t j = i; j < r; j++) {
            double v = filter->gamma[j - i];
            for (size_t k = 0; k <= i; k++)
                v -= psi[k] * psi[k + j - i];
            variance[i * r + j] = variance[j * r + i] = v;
        }
    recursion now = recursion_start(filter);
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < r; i++)
            for (size_t j = 0; j < r; j++)
                variance[i * r + j] -= now.c * filter->step[i] * filter->step[j];
        if (!recursion_advance(filter, &now)) return false;
    }
    return true;
}
