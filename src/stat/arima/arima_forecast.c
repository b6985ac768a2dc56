#include "stat/arima/arima_forecast.h"

#include "math/linear.h"

#include <math.h>
#include <string.h>

/* What the steps of one forecast share. */
typedef struct future {
    skuai_arima_sample *sample;
    size_t horizon, r, lost; /* r: state; lost: degree of the differences */
    double *difference;      /* [lost] y_t = w_t + sum_j difference[j] y_{t-1-j} */
    double *x;               /* [r + 1] scratch state */
    double *path;            /* [lost + horizon] scratch */
} future;

static void set_differences(future *f) {
    const skuai_arima_sample *sample = f->sample;
    double *c = f->difference; /* of (1-B)^d (1-B^m)^D, first with its own signs, 1 left out */
    memset(c, 0, f->lost * sizeof *c);
    size_t degree = 0;
    for (int i = 0; i < sample->d + sample->D; i++) {
        size_t lag = i < sample->d ? 1 : (size_t)sample->season;
        for (size_t j = degree; j-- > 0;)
            c[j + lag] -= c[j];
        c[lag - 1] -= 1;
        degree += lag;
    }
    for (size_t j = 0; j < f->lost; j++)
        c[j] = -c[j];
}

/* F x in place for x [r]. */
static void advance(const skuai_arma_filter *filter, double *x) {
    size_t r = filter->dimension;
    double last = 0;
    for (size_t i = 0; i < filter->ar.n; i++)
        last += filter->ar.value[i] * x[r - filter->ar.lag[i]];
    memmove(x, x + 1, (r - 1) * sizeof *x);
    x[r - 1] = last;
}

/* Sum up w [horizon], in place, behind the last `lost` values of history (NULL: zeros). */
static void integrate(const future *f, const double *history, double *w) {
    size_t lost = f->lost;
    if (lost == 0) return;
    double *path = f->path;
    for (size_t j = 0; j < lost; j++)
        path[j] = history ? history[j] : 0;
    for (size_t h = 0; h < f->horizon; h++) {
        double sum = w[h];
        for (size_t j = 0; j < lost; j++)
            sum += f->difference[j] * path[lost + h - 1 - j];
        path[lost + h] = w[h] = sum;
    }
}

/* Forecasts of a stationary column from its state (scratch f->x is overwritten). */
static void carry(const future *f, const double *state, double *w) {
    memcpy(f->x, state, f->r * sizeof *state);
    for (size_t h = 0; h < f->horizon; h++) {
        w[h] = f->x[0];
        advance(f->sample->filter, f->x);
    }
}

/* psi weights of y: weight[k] of e_{t-k}, k < horizon. */
static void weights_of(const future *f, double *weight) {
    const skuai_arma_filter *filter = f->sample->filter;
    for (size_t k = 0; k < f->horizon; k++) {
        double sum = k == 0 ? 1 : 0;
        for (size_t i = 0; i < filter->ma.n; i++)
            if (filter->ma.lag[i] == k) sum += filter->ma.value[i];
        for (size_t i = 0; i < filter->ar.n && filter->ar.lag[i] <= k; i++)
            sum += filter->ar.value[i] * weight[k - filter->ar.lag[i]];
        weight[k] = sum;
    }
    integrate(f, NULL, weight);
}

/* Add the variance that the state itself has, as far as the filter has not settled. */
static skua_status add_state_variance(const future *f, skuai_arena *arena, double *variance,
                                      skua_error *err) {
    const skuai_arma_filter *filter = f->sample->filter;
    size_t r = f->r, horizon = f->horizon;
    double *p = skuai_arena_take(arena, r * r, sizeof *p);
    double *rows = skuai_arena_take_zero(arena, (horizon + 1) * r, sizeof *rows);
    double *row = skuai_arena_take_zero(arena, r, sizeof *row);
    if (!p || !rows || !row) return skuai_error_memory(err, "the variance of an ARIMA state");
    if (!skuai_arma_filter_variance(f->sample->filter, f->sample->length, p))
        return skuai_error_set(err, SKUA_ESINGULAR, "arima: the state's variance is not a number");
    row[0] = 1; /* the first row of F^h */
    for (size_t h = 0; h < horizon; h++) {
        double *b = rows + h * r, sum = 0;
        memcpy(b, row, r * sizeof *b);
        for (size_t j = 0; j < f->lost && j < h; j++)
            for (size_t i = 0; i < r && f->difference[j] != 0; i++)
                b[i] += f->difference[j] * rows[(h - 1 - j) * r + i];
        for (size_t i = 0; i < r; i++)
            sum += b[i] * skuai_dot(p + i * r, b, r);
        variance[h] += fmax(sum, 0);
        double last = row[r - 1];
        memmove(row + 1, row, (r - 1) * sizeof *row);
        row[0] = 0;
        for (size_t i = 0; i < filter->ar.n; i++)
            row[r - filter->ar.lag[i]] += last * filter->ar.value[i];
    }
    return SKUA_OK;
}

/* Add the variance that constant and missing values have. effects [k, horizon] scratch. */
static void add_regression_variance(const future *f, bool constant, const double *cholesky,
                                    double *effects, double *unit, double *variance) {
    skuai_arima_sample *sample = f->sample;
    size_t stride = sample->filter->capacity + 1, k = sample->n_missing + (constant ? 1 : 0);
    for (size_t i = 0; i < k; i++) {
        double *effect = effects + i * f->horizon;
        carry(f, sample->filter->state + (i + 1) * stride, effect);
        if (i < sample->n_missing) {
            memset(unit, 0, sample->n * sizeof *unit);
            unit[sample->missing[i]] = 1;
            integrate(f, unit + sample->n - f->lost, effect);
            for (size_t h = 0; h < f->horizon; h++)
                effect[h] = -effect[h];
        } else {
            for (size_t h = 0; h < f->horizon; h++)
                effect[h] = 1 - effect[h];
            integrate(f, NULL, effect);
        }
    }
    double *g = unit + sample->n, *solved = g + k;
    for (size_t h = 0; h < f->horizon; h++) {
        for (size_t i = 0; i < k; i++)
            g[i] = solved[i] = effects[i * f->horizon + h];
        skuai_cholesky_solve(cholesky, k, solved);
        for (size_t i = 0; i < k; i++)
            variance[h] += g[i] * solved[i];
    }
}

static double neighbour_correlation(const double *weight, size_t horizon) {
    double product = 0, square = 0, total = 0;
    for (size_t h = 1; h < horizon; h++) { /* the errors of h and h + 1 periods ahead */
        product += weight[h - 1] * weight[h];
        square += weight[h - 1] * weight[h - 1];
        total += product / sqrt(square * (square + weight[h] * weight[h]));
    }
    double mean = horizon > 1 ? total / (double)(horizon - 1) : 0;
    return isfinite(mean) ? fmax(-0.99, fmin(0.99, mean)) : 0;
}

/* Means: the state less what the regressors explain, carried forward and summed up behind the
 * filled history. */
static void means_of(const future *f, const skuai_arima_fit *fit, const double *missing_value,
                     double *history, double *mean) {
    const skuai_arima_sample *sample = f->sample;
    size_t stride = sample->filter->capacity + 1, k = sample->n_missing;
    double *state = sample->filter->state;
    memcpy(history, sample->y, sample->n * sizeof *history);
    for (size_t i = 0; i < k; i++) {
        history[sample->missing[i]] += missing_value[i];
        for (size_t j = 0; j < f->r; j++)
            state[j] += missing_value[i] * state[(i + 1) * stride + j];
    }
    for (size_t j = 0; fit->order.constant && j < f->r; j++)
        state[j] -= fit->constant * state[(k + 1) * stride + j];
    carry(f, state, mean);
    for (size_t h = 0; fit->order.constant && h < f->horizon; h++)
        mean[h] += fit->constant;
    integrate(f, history + sample->n - f->lost, mean);
}

skua_status skuai_arima_forecast(skuai_arima_sample *sample, const skuai_arima_fit *fit,
                                 size_t horizon, bool estimated, skuai_arena *arena, double *sigma2,
                                 double *mean, double *variance, double *autocorrelation,
                                 skua_error *err) {
    skuai_arima_fit now = *fit;
    size_t k = sample->n_missing + 1, lost = sample->n - sample->length;
    size_t n_columns = 1 + sample->n_missing + (fit->order.constant ? 1 : 0);
    size_t doubles = (k + 2) * horizon + 2 * sample->n + 2 * k + 2 * lost + 2 +
                     sample->filter->capacity + 1 + k + k * k;
    double *effects = skuai_arena_take(arena, doubles, sizeof *effects);
    if (!effects) return skuai_error_memory(err, "an ARIMA forecast");
    double *unit = effects + k * horizon, *history = unit + sample->n + 2 * k;
    double *missing_value = history + sample->n, *weight = missing_value + k;
    double *cholesky = weight + horizon;
    future f = {.sample = sample, .horizon = horizon, .lost = lost};
    f.difference = cholesky + k * k;
    f.path = f.difference + lost + 1;
    f.x = f.path + lost + horizon + 1;
    double ignored;
    if (!skuai_arima_evaluate(sample, &now, missing_value))
        return skuai_error_set(err, SKUA_ESINGULAR, "arima: no likelihood at these coefficients");
    memcpy(cholesky, sample->normal, (n_columns - 1) * (n_columns - 1) * sizeof *cholesky);
    if (!skuai_arma_filter_run(sample->filter, sample->length, n_columns,
                               (const double *const *)sample->columns, sample->innovations, -1,
                               &ignored))
        return skuai_error_set(err, SKUA_ESINGULAR, "arima: the filter does not hold");
    f.r = sample->filter->dimension;
    set_differences(&f);
    weights_of(&f, weight);
    double sum = 0;
    for (size_t h = 0; h < horizon; h++)
        variance[h] = sum += weight[h] * weight[h];
    SKUA_TRY(add_state_variance(&f, arena, variance, err));
    if (estimated)
        add_regression_variance(&f, now.order.constant, cholesky, effects, unit, variance);
    means_of(&f, &now, missing_value, history, mean);
    double n = (double)(sample->length - sample->n_missing);
    double used = (double)skuai_arima_parameters(&now.order) - 1;
    *sigma2 = now.sum_squares / (n - used >= 1 ? n - used : n);
    for (size_t h = 0; h < horizon; h++)
        variance[h] *= *sigma2;
    *autocorrelation = neighbour_correlation(weight, horizon);
    return SKUA_OK;
}
