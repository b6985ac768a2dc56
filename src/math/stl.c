#include "math/stl.h"

#include "math/loess.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

typedef struct decomposition {
    const double *y;
    size_t n, period;
    int inner, outer;
    skuai_loess phase_long, phase_short; /* of subseries with one observation more, or not */
    skuai_loess low_pass, trend_smoother;
    double *seasonal, *trend, *weights; /* [n] */
    bool weighted;
    double *detrended; /* [n + 2 period] */
    double *cycle;     /* [n + 2 period] the season, extended by a period at both ends */
    double *average;   /* [n + 2 period] */
    double *phase;     /* [3 (n / period + 3)] a subseries, its weights, its smooth */
} decomposition;

static size_t odd(size_t x) {
    return x | 1;
}

static bool all_finite(const double *x, size_t n) {
    double sum = 0; /* 0 * x is NaN for what is not finite */
    for (size_t i = 0; i < n; i++)
        sum += 0 * x[i];
    return sum == 0;
}

/* Short windows cost less as convolutions at every point than as fits at some. */
static size_t default_jump(const skuai_stl_options *o, size_t window) {
    return o->fast && window > 60 ? (window + 9) / 10 : 1;
}

static skua_status resolve(const skuai_stl_options *given, size_t n, skuai_stl_options *o,
                           skua_error *err) {
    *o = *given;
    if (o->period < 2)
        return skuai_error_set(err, SKUA_EINVAL, "stl: period %zu, need >= 2", o->period);
    if (n / 2 < o->period)
        return skuai_error_set(err, SKUA_EDATA, "stl: %zu observations, need two periods of %zu", n,
                               o->period);
    if (o->periodic) {
        o->seasonal = 10 * n + 1;
        o->seasonal_degree = -1;
    }
    if (o->seasonal == 0) o->seasonal = 7;
    if (o->seasonal < 3)
        return skuai_error_set(err, SKUA_EINVAL, "stl: seasonal window %zu, need >= 3",
                               o->seasonal);
    o->seasonal = odd(o->seasonal);
    if (o->trend == 0)
        o->trend = (size_t)ceil(1.5 * (double)o->period / (1 - 1.5 / (double)o->seasonal));
    if (o->low_pass == 0) o->low_pass = o->period + 1;
    o->trend = odd(o->trend);
    o->low_pass = odd(o->low_pass);
    if (o->trend <= o->period || o->low_pass <= o->period)
        return skuai_error_set(err, SKUA_EINVAL,
                               "stl: trend window %zu and low-pass window %zu must exceed %zu",
                               o->trend, o->low_pass, o->period);
    if (o->seasonal_jump == 0) o->seasonal_jump = default_jump(o, o->seasonal);
    if (o->trend_jump == 0) o->trend_jump = default_jump(o, o->trend);
    if (o->low_pass_jump == 0) o->low_pass_jump = default_jump(o, o->low_pass);
    if (o->inner <= 0) o->inner = o->robust ? 2 : 5;
    if (o->outer <= 0) o->outer = o->robust ? 15 : 0;
    return SKUA_OK;
}

static skua_status prepare(decomposition *d, const skuai_stl_options *o, skuai_arena *arena,
                           skua_error *err) {
    size_t n = d->n, extended = n + 2 * d->period, shorter = n / d->period;
    SKUA_TRY(skuai_loess_init(&d->phase_short, shorter, o->seasonal, o->seasonal_degree + 1,
                              o->seasonal_jump, arena, err));
    SKUA_TRY(skuai_loess_init(&d->phase_long, shorter + 1, o->seasonal, o->seasonal_degree + 1,
                              o->seasonal_jump, arena, err));
    SKUA_TRY(skuai_loess_init(&d->low_pass, n, o->low_pass, o->low_pass_degree + 1,
                              o->low_pass_jump, arena, err));
    SKUA_TRY(skuai_loess_init(&d->trend_smoother, n, o->trend, o->trend_degree + 1, o->trend_jump,
                              arena, err));
    d->seasonal = skuai_arena_take_zero(arena, n, sizeof(double));
    d->trend = skuai_arena_take_zero(arena, n, sizeof(double));
    d->weights = skuai_arena_take(arena, n, sizeof(double));
    d->detrended = skuai_arena_take(arena, extended, sizeof(double));
    d->cycle = skuai_arena_take(arena, extended, sizeof(double));
    d->average = skuai_arena_take(arena, extended, sizeof(double));
    d->phase = skuai_arena_take(arena, 3 * (shorter + 3), sizeof(double));
    if (!d->seasonal || !d->trend || !d->weights || !d->detrended || !d->cycle || !d->average ||
        !d->phase)
        return skuai_error_memory(err, "a decomposition");
    for (size_t i = 0; i < n; i++)
        d->weights[i] = 1;
    return SKUA_OK;
}

/* [1] step 2: smooth every phase's subseries and extend it by one at both ends. */
static void smooth_phases(decomposition *d) {
    size_t n = d->n, period = d->period, room = n / period + 3;
    double *values = d->phase, *weights = values + room, *smooth = weights + room;
    for (size_t j = 0; j < period; j++) {
        skuai_loess *loess = j < n % period ? &d->phase_long : &d->phase_short;
        size_t count = loess->n;
        for (size_t i = 0; i < count; i++)
            values[i] = d->detrended[i * period + j];
        for (size_t i = 0; d->weighted && i < count; i++)
            weights[i] = d->weights[i * period + j];
        const double *used = d->weighted ? weights : NULL;
        skuai_loess_smooth(loess, values, used, smooth + 1);
        smooth[0] = skuai_loess_beyond(loess, values, used, true, smooth[1]);
        smooth[count + 1] = skuai_loess_beyond(loess, values, used, false, smooth[count]);
        for (size_t i = 0; i < count + 2; i++)
            d->cycle[i * period + j] = smooth[i];
    }
}

static void moving_average(const double *x, size_t n, size_t width, double *out) {
    double sum = 0, share = (double)width;
    for (size_t i = 0; i < width; i++)
        sum += x[i];
    out[0] = sum / share;
    for (size_t i = 1; i + width <= n; i++) {
        sum += x[i + width - 1] - x[i - 1];
        out[i] = sum / share;
    }
}

/* One pass of the inner loop, [1] section 2. */
static void improve(decomposition *d) {
    size_t n = d->n, period = d->period, extended = n + 2 * period;
    for (size_t i = 0; i < n; i++)
        d->detrended[i] = d->y[i] - d->trend[i];
    smooth_phases(d);
    moving_average(d->cycle, extended, period, d->average);
    moving_average(d->average, extended - period + 1, period, d->detrended);
    moving_average(d->detrended, extended - 2 * period + 2, 3, d->average);
    skuai_loess_smooth(&d->low_pass, d->average, NULL, d->detrended);
    for (size_t i = 0; i < n; i++) {
        d->seasonal[i] = d->cycle[period + i] - d->detrended[i];
        d->average[i] = d->y[i] - d->seasonal[i];
    }
    skuai_loess_smooth(&d->trend_smoother, d->average, d->weighted ? d->weights : NULL, d->trend);
}

/* Bisquare robustness weights from the remainder, [1] section 2.4. A remainder of rounding noise
 * (a series of two periods is fitted exactly) has no outliers. */
static void weigh(decomposition *d) {
    size_t n = d->n;
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        d->detrended[i] = fabs(d->y[i] - (d->trend[i] + d->seasonal[i]));
        largest = fmax(largest, fabs(d->y[i]));
    }
    double bound = 6 * skuai_median(d->detrended, n, d->average);
    if (!(bound > 1e-12 * largest)) bound = 0;
    for (size_t i = 0; i < n; i++) {
        double r = d->detrended[i], share = 1 - (r / bound) * (r / bound);
        d->weights[i] = bound == 0 || r <= 0.001 * bound ? 1
                        : r <= 0.999 * bound             ? share * share
                                                         : 0;
    }
    d->weighted = bound != 0;
}

/* A season that never changes: the mean over the years of each phase. */
static void average_phases(decomposition *d) {
    for (size_t j = 0; j < d->period; j++) {
        double sum = 0;
        size_t count = 0;
        for (size_t i = j; i < d->n; i += d->period, count++)
            sum += d->seasonal[i];
        for (size_t i = j; i < d->n; i += d->period)
            d->seasonal[i] = sum / (double)count;
    }
}

skua_status skuai_stl(const double *y, size_t n, const skuai_stl_options *options,
                      skuai_arena *scratch, double *seasonal, double *trend, double *weights,
                      skua_error *err) {
    skuai_stl_options o;
    SKUA_TRY(resolve(options, n, &o, err));
    if (!all_finite(y, n)) return skuai_error_set(err, SKUA_EDATA, "stl: a value is not finite");
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    decomposition d = {
        .y = y, .n = n, .period = o.period, .inner = o.inner, .outer = o.outer, .weighted = false};
    skua_status status = prepare(&d, &o, scratch, err);
    if (status == SKUA_OK) {
        for (int pass = 0; pass <= d.outer; pass++) {
            if (pass > 0) weigh(&d);
            for (int i = 0; i < d.inner; i++)
                improve(&d);
        }
        if (o.periodic) average_phases(&d);
        if (!all_finite(d.seasonal, n) || !all_finite(d.trend, n))
            status = skuai_error_set(err, SKUA_EDATA, "stl: the values are too large");
    }
    if (status == SKUA_OK) {
        memcpy(seasonal, d.seasonal, n * sizeof *seasonal);
        memcpy(trend, d.trend, n * sizeof *trend);
        if (weights) memcpy(weights, d.weights, n * sizeof *weights);
    }
    skuai_arena_reset(scratch, mark);
    return status;
}

/* -- Several seasons --------------------------------------------------------------------------- */

/* No season fits: the trend is a smooth of y. */
static skua_status smooth_only(const double *y, size_t n, skuai_arena *scratch, double *trend,
                               skua_error *err) {
    if (!all_finite(y, n)) return skuai_error_set(err, SKUA_EDATA, "mstl: a value is not finite");
    skuai_loess loess;
    SKUA_TRY(skuai_loess_init(&loess, n, n / 2 > 3 ? n / 2 : 3, 1, 1, scratch, err));
    skuai_loess_smooth(&loess, y, NULL, trend);
    if (!all_finite(trend, n))
        return skuai_error_set(err, SKUA_EDATA, "mstl: the values are too large");
    return SKUA_OK;
}

typedef struct several {
    const size_t *periods, *windows;
    size_t n_periods;
    const skuai_stl_options *options;
} several;

static skua_status decompose(const double *y, size_t n, const several *s, skuai_arena *scratch,
                             double *seasonal, double *trend, skua_error *err) {
    double *rest = skuai_arena_take(scratch, n, sizeof *rest);
    if (!rest) return skuai_error_memory(err, "a decomposition");
    memcpy(rest, y, n * sizeof *rest);
    memset(seasonal, 0, s->n_periods * n * sizeof *seasonal);
    int rounds = s->n_periods == 1 ? 1 : 2;
    for (int round = 0; round < rounds; round++)
        for (size_t p = 0; p < s->n_periods; p++) {
            double *part = seasonal + p * n;
            skuai_stl_options o = s->options ? *s->options : (skuai_stl_options){0};
            o.period = s->periods[p];
            o.seasonal = s->windows ? s->windows[p] : 7 + 4 * (p + 1);
            for (size_t i = 0; i < n; i++)
                rest[i] += part[i];
            SKUA_TRY(skuai_stl(rest, n, &o, scratch, part, trend, NULL, err));
            for (size_t i = 0; i < n; i++)
                rest[i] -= part[i];
        }
    return SKUA_OK;
}

skua_status skuai_mstl(const double *y, size_t n, const size_t *periods, const size_t *windows,
                       size_t n_periods, const skuai_stl_options *options, skuai_arena *scratch,
                       double *seasonal, double *trend, skua_error *err) {
    if (n == 0) return skuai_error_set(err, SKUA_EDATA, "mstl: an empty series");
    if (n_periods > SKUAI_MSTL_PERIODS_MAX)
        return skuai_error_set(err, SKUA_EINVAL, "mstl: %zu periods, at most %d", n_periods,
                               SKUAI_MSTL_PERIODS_MAX);
    size_t used = 0;
    for (size_t p = 0; p < n_periods; p++) {
        if (periods[p] < 2 || (p > 0 && periods[p] <= periods[p - 1]))
            return skuai_error_set(err, SKUA_EINVAL, "mstl: periods must ascend from 2");
        if (2 * periods[p] < n) used++;
    }
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    several s = {periods, windows, used, options};
    double *part = skuai_arena_take(scratch, (used + 1) * n, sizeof *part), *level = NULL;
    skua_status status = part ? SKUA_OK : skuai_error_memory(err, "a decomposition");
    if (part) {
        level = part + used * n;
        status = used ? decompose(y, n, &s, scratch, part, level, err)
                      : smooth_only(y, n, scratch, level, err);
    }
    if (part && status == SKUA_OK) {
        memset(seasonal, 0, n_periods * n * sizeof *seasonal);
        memcpy(seasonal, part, used * n * sizeof *seasonal);
        memcpy(trend, level, n * sizeof *trend);
    }
    skuai_arena_reset(scratch, mark);
    return status;
}

double skuai_component_strength(const double *part, const double *remainder, size_t n) {
    double mean_sum = 0, mean_rest = 0, var_sum = 0, var_rest = 0;
    for (size_t i = 0; i < n; i++) {
        mean_sum += part[i] + remainder[i];
        mean_rest += remainder[i];
    }
    mean_sum /= (double)n;
    mean_rest /= (double)n;
    for (size_t i = 0; i < n; i++) {
        double a = part[i] + remainder[i] - mean_sum, b = remainder[i] - mean_rest;
        var_sum += a * a;
        var_rest += b * b;
    }
    if (!(var_sum > 0)) return 0;
    double strength = 1 - var_rest / var_sum;
    return strength > 0 ? strength : 0;
}
