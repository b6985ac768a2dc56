#include "decide/trend.h"

#include "math/change_point.h"
#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- The adjusted series ------------------------------------------------------------------------
 */

typedef struct adjusted {
    double *x;      /* [n] log(y + offset), gaps filled, season out */
    double *season; /* [season] */
    double *work;   /* [n] */
    double offset, strength;
    size_t n, period;
} adjusted;

static double median_of(const double *x, size_t n, double *work) {
    memcpy(work, x, n * sizeof *work);
    skuai_sort(work, n);
    return n % 2 ? work[n / 2] : 0.5 * (work[n / 2 - 1] + work[n / 2]);
}

/* Missing values take the last known one (the first known at the beginning). */
static void take_log(const double *y, adjusted *a) {
    double last = (double)NAN;
    for (size_t t = 0; t < a->n; t++) {
        double v = isnan(y[t]) ? last : log(fmax(y[t], 0) + a->offset);
        a->x[t] = last = v;
    }
    for (size_t t = a->n; t-- > 1;)
        if (isnan(a->x[t - 1])) a->x[t - 1] = a->x[t];
}

static void running_median(const double *x, size_t n, size_t half, double *out, double *work) {
    for (size_t t = 0; t < n; t++) {
        size_t from = t > half ? t - half : 0, to = t + half < n ? t + half + 1 : n;
        out[t] = median_of(x + from, to - from, work);
    }
}

static double spread(const double *x, size_t n) {
    double mean = 0, square = 0;
    for (size_t t = 0; t < n; t++) {
        double d = x[t] - mean;
        mean += d / (double)(t + 1);
        square += d * (x[t] - mean);
    }
    return n > 1 ? square / (double)(n - 1) : 0;
}

/* Medians of the phases around a running median; out of x when they take a tenth of its variance.
 */
static void take_season_out(adjusted *a, double *smooth, double *phase) {
    size_t m = a->period, n = a->n;
    memset(a->season, 0, m * sizeof *a->season);
    a->strength = 0;
    if (m < 2 || n < 3 * m) return;
    running_median(a->x, n, m, smooth, a->work);
    double mean = 0;
    for (size_t k = 0; k < m; k++) {
        size_t count = 0;
        for (size_t t = k; t < n; t += m)
            phase[count++] = a->x[t] - smooth[t];
        a->season[k] = median_of(phase, count, a->work);
        mean += a->season[k] / (double)m;
    }
    for (size_t k = 0; k < m; k++)
        a->season[k] -= mean;
    double *detrended = smooth, *rest = phase;
    for (size_t t = 0; t < n; t++) {
        detrended[t] = a->x[t] - smooth[t];
        rest[t] = detrended[t] - a->season[t % m];
    }
    double whole = spread(detrended, n), left = spread(rest, n);
    /* m phases explain m / n of pure noise */
    double share = whole > 0 ? 1 - left / whole * (double)n / (double)(n - m) : 0;
    a->strength = share > 0 ? share : 0;
    if (a->strength < 0.1) {
        memset(a->season, 0, m * sizeof *a->season);
        return;
    }
    for (size_t t = 0; t < n; t++)
        a->x[t] -= a->season[t % m];
}

/* Hampel: what lies further than 3.5 robust deviations from the median of seven becomes it. */
static void take_spikes_out(adjusted *a, double *smooth, double *deviation) {
    if (a->n < 7) return;
    running_median(a->x, a->n, 3, smooth, a->work);
    for (size_t t = 0; t < a->n; t++)
        deviation[t] = fabs(a->x[t] - smooth[t]);
    double scale = 1.4826 * median_of(deviation, a->n, a->work);
    for (size_t t = 0; t < a->n; t++)
        if (deviation[t] > 3.5 * scale && scale > 0) a->x[t] = smooth[t];
}

/* -- Changes ----------------------------------------------------------------------------------- */

/* Deviations from the segments' means, their sum of squares returned. */
static double deviations(const double *x, size_t n, const size_t *at, size_t n_at, double *rest) {
    double square = 0;
    for (size_t k = 0, from = 0; k <= n_at; k++) {
        size_t to = at && k < n_at ? at[k] : n;
        double mean = 0;
        for (size_t t = from; t < to; t++)
            mean += x[t] / (double)(to - from);
        for (size_t t = from; t < to; t++) {
            rest[t] = x[t] - mean;
            square += rest[t] * rest[t];
        }
        from = to;
    }
    return square;
}

/* (1 + r) / (1 - r) of a first autocorrelation r, in [1, 9]: how much less a period tells. */
static double inflation(const double *rest, size_t n, double square) {
    double product = 0;
    for (size_t t = 1; t < n; t++)
        product += rest[t] * rest[t - 1];
    double r = square > 0 ? product / square : 0;
    if (r < 0) r = 0;
    if (r > 0.8) r = 0.8;
    return (1 + r) / (1 - r);
}

enum { CHANGES_MOST = 64 };

/* Steps around a drift of one slope. */
typedef struct segmentation {
    size_t at[CHANGES_MOST], n;
    double drift, square; /* log units a period; squares left */
} segmentation;

/* Slope inside the segments, all together. */
static double common_slope(const double *x, size_t n, const segmentation *s) {
    double xy = 0, xx = 0;
    for (size_t k = 0, from = 0; k <= s->n; k++) {
        size_t to = k < s->n ? s->at[k] : n;
        double middle = ((double)from + (double)to - 1) / 2, mean = 0;
        for (size_t t = from; t < to; t++)
            mean += x[t] / (double)(to - from);
        for (size_t t = from; t < to; t++) {
            xy += ((double)t - middle) * (x[t] - mean);
            xx += ((double)t - middle) * ((double)t - middle);
        }
        from = to;
    }
    return xx > 0 ? xy / xx : 0;
}

/* Long-run variance by robust deviations of differences, which a few steps do not move: half the
 * variance of differences over k periods is v (1 - r^k) for a first-order autoregression. */
static double long_run_variance(const double *x, size_t n, double *difference, double *work) {
    double half[2] = {0, 0};
    const size_t lags[2] = {1, 2};
    for (size_t i = 0; i < 2; i++) {
        size_t k = lags[i] < n / 4 ? lags[i] : n / 4 ? n / 4 : 1, count = n - k;
        for (size_t t = 0; t < count; t++)
            difference[t] = fabs(x[t + k] - x[t]);
        double deviation = 1.4826 * median_of(difference, count, work);
        half[i] = deviation * deviation / 2;
    }
    double v = half[0] > half[1] ? half[0] : half[1], r = v > 0 ? 1 - half[0] / v : 0;
    if (r > 0.8) r = 0.8;
    return v * (1 + r) / (1 - r);
}

/* Segment x less its drift. */
static skua_status segment_levels(const double *x, size_t n, size_t least, double *level,
                                  double *rest, skuai_arena *scratch, segmentation *s,
                                  skua_error *err) {
    skuai_change_options options = {.cost = SKUAI_CHANGE_MEAN, .least = least};
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    double *work = skuai_arena_take(scratch, n, sizeof *work);
    if (!work) return skuai_error_memory(err, "a trend");
    for (size_t t = 0; t < n; t++)
        level[t] = x[t] - s->drift * (double)t;
    /* 0 (a series mostly constant): the default of PELT */
    options.penalty = 2 * long_run_variance(level, n, rest, work) * log((double)n);
    skuai_arena_reset(scratch, mark);
    SKUA_TRY(skuai_change_points(level, n, &options, scratch, s->at, CHANGES_MOST, &s->n, err));
    if (s->n > CHANGES_MOST) s->n = CHANGES_MOST;
    s->square = deviations(level, n, s->at, s->n, rest);
    return SKUA_OK;
}

static double criterion(const segmentation *s, size_t n) {
    double parameters = 2 * (double)s->n + 1 + (s->drift != 0);
    return (double)n * log(s->square / (double)n + 1e-300) + parameters * log((double)n);
}

static skua_status find_changes(const adjusted *a, size_t segment, double smallest, double *level,
                                skuai_arena *scratch, skuai_trend *trend, skua_error *err) {
    size_t n = a->n;
    double *rest = a->work;
    segmentation best = {0}, with = {0};
    trend->n_changes = 0;
    if (n < 2 * segment + 2) return SKUA_OK;
    SKUA_TRY(segment_levels(a->x, n, segment, level, rest, scratch, &best, err));
    /* a drift alone, without any step */
    with.drift = common_slope(a->x, n, &with);
    for (size_t t = 0; t < n; t++)
        level[t] = a->x[t] - with.drift * (double)t;
    with.square = deviations(level, n, NULL, 0, rest);
    if (criterion(&with, n) < criterion(&best, n)) return SKUA_OK;
    for (size_t t = 0; t < n; t++)
        level[t] = a->x[t] - best.drift * (double)t;
    for (size_t k = 0; k < best.n && trend->n_changes < SKUAI_TREND_CHANGES; k++) {
        size_t at = best.at[k], from = k ? best.at[k - 1] : 0;
        size_t to = k + 1 < best.n ? best.at[k + 1] : n;
        double back = best.drift * (double)at; /* the level at the change itself */
        double before = exp(median_of(level + from, at - from, rest) + back) - a->offset;
        double after = exp(median_of(level + at, to - at, rest) + back) - a->offset;
        double ratio = (after + a->offset) / (before + a->offset) - 1;
        if (!(fabs(ratio) >= smallest)) continue;
        before = fmax(before, 0), after = fmax(after, 0);
        trend->changes[trend->n_changes++] = (skuai_trend_change){
            at, before, after, before > 0 ? after / before - 1 : (double)INFINITY};
    }
    return SKUA_OK;
}

/* -- Direction --------------------------------------------------------------------------------- */

/* Mann-Kendall and Sen on x [n]; slopes [n (n - 1) / 2]. */
static void find_direction(const double *x, size_t n, double *slopes, double *rest,
                           skuai_trend *trend) {
    double sign = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            double d = x[j] - x[i];
            sign += d > 0 ? 1 : d < 0 ? -1 : 0;
            slopes[count++] = d / (double)(j - i);
        }
    trend->slope = 0;
    trend->p_value = 1;
    if (count == 0) return;
    skuai_sort(slopes, count);
    double sen = count % 2 ? slopes[count / 2] : 0.5 * (slopes[count / 2 - 1] + slopes[count / 2]);
    double square = 0, mean = 0, size = (double)n;
    for (size_t t = 0; t < n; t++)
        mean += (x[t] - sen * (double)t) / size;
    for (size_t t = 0; t < n; t++) {
        rest[t] = x[t] - sen * (double)t - mean;
        square += rest[t] * rest[t];
    }
    double variance = size * (size - 1) * (2 * size + 5) / 18 * inflation(rest, n, square);
    double z = (fabs(sign) - 1) / sqrt(variance);
    trend->slope = expm1(sen);
    trend->p_value = z > 0 ? 2 * skuai_normal_cdf(-z) : 1;
}

static skuai_trend_options with_defaults(const skuai_trend_options *given) {
    skuai_trend_options o = given ? *given : (skuai_trend_options){0};
    if (o.season < 1) o.season = 1;
    if (o.recent == 0) o.recent = o.season > 1 && o.season <= 14 ? 4 * o.season : 8;
    if (o.recent < 4) o.recent = 4;
    if (o.least == 0) o.least = o.recent;
    if (o.segment == 0) o.segment = 4;
    if (!(o.smallest > 0)) o.smallest = 0.15;
    if (!(o.level > 0)) o.level = 0.05;
    return o;
}

static skua_status find(const double *y, size_t n, size_t first, const skuai_trend_options *o,
                        skuai_arena *scratch, double offset, skuai_trend *trend, skua_error *err) {
    size_t live = n - first, recent = o->recent < live ? o->recent : live;
    size_t pairs = recent * recent / 2 + 1;
    adjusted a = {.n = live, .period = o->season, .offset = offset};
    a.x = skuai_arena_take(scratch, live, sizeof(double));
    a.work = skuai_arena_take(scratch, live > pairs ? live : pairs, sizeof(double));
    a.season = skuai_arena_take(scratch, o->season, sizeof(double));
    double *one = skuai_arena_take(scratch, live, sizeof(double));
    double *two = skuai_arena_take(scratch, live, sizeof(double));
    if (!a.x || !a.work || !a.season || !one || !two) return skuai_error_memory(err, "a trend");
    take_log(y + first, &a);
    take_season_out(&a, one, two);
    trend->season_strength = a.strength;
    size_t peak = 0;
    for (size_t k = 1; k < o->season; k++)
        if (a.season[k] > a.season[peak]) peak = k;
    trend->peak = (peak + first) % o->season;
    take_spikes_out(&a, one, two);
    SKUA_TRY(find_changes(&a, o->segment, o->smallest, one, scratch, trend, err));
    for (size_t k = 0; k < trend->n_changes; k++)
        trend->changes[k].at += first;
    const double *x = a.x + live - recent;
    trend->level = fmax(exp(median_of(x, recent, a.work)) - offset, 0);
    find_direction(x, recent, a.work, one, trend);
    return SKUA_OK;
}

skua_status skuai_trend_find(const double *y, size_t n, const skuai_trend_options *options,
                             skuai_arena *scratch, skuai_trend *trend, skua_error *err) {
    skuai_trend_options o = with_defaults(options);
    skuai_trend r = {.p_value = 1};
    size_t first = n, known = 0, sold = 0;
    double sum = 0;
    bool whole = true;
    for (size_t t = 0; t < n; t++) {
        if (isnan(y[t])) continue;
        known++;
        if (!(y[t] > 0)) continue;
        if (first == n) first = t;
        sold++;
        sum += y[t];
        whole = whole && y[t] == floor(y[t]);
    }
    if (known == 0)
        return skuai_error_set(err, SKUA_EDATA, "a trend of a series without any value");
    r.first_sale = first;
    r.kind = SKUAI_TREND_SILENT;
    if (sold > 0) {
        double late = 0;
        for (size_t t = n > o.recent ? n - o.recent : 0; t < n; t++)
            late += y[t] > 0 ? y[t] : 0;
        skuai_arena_mark mark = skuai_arena_mark_get(scratch);
        double offset = whole ? 0.5 : 0.05 * sum / (double)sold;
        skua_status status = find(y, n, first, &o, scratch, offset, &r, err);
        skuai_arena_reset(scratch, mark);
        if (status != SKUA_OK) return status;
        if (!(late > 0))
            r.kind = SKUAI_TREND_SILENT;
        else if (n - first < o.least)
            r.kind = SKUAI_TREND_NEWBORN;
        else if (r.p_value < o.level)
            r.kind = r.slope > 0 ? SKUAI_TREND_RISING : SKUAI_TREND_FALLING;
        else
            r.kind = SKUAI_TREND_STEADY;
    }
    *trend = r;
    return SKUA_OK;
}

/* -- Moves ------------------------------------------------------------------------------------- */

static int by_change(const void *a, const void *b) {
    const skuai_move *x = a, *y = b;
    double u = fabs(x->change), v = fabs(y->change);
    if (u != v) return u > v ? -1 : 1;
    return (x->member > y->member) - (x->member < y->member);
}

void skuai_trend_moves(const double *before, const double *after, size_t n, skuai_move *moves,
                       double kinds[4]) {
    if (kinds) memset(kinds, 0, 4 * sizeof *kinds);
    for (size_t i = 0; i < n; i++) {
        double b = isnan(before[i]) ? 0 : before[i], a = isnan(after[i]) ? 0 : after[i];
        skuai_move_kind kind = !(b > 0) && a > 0   ? SKUAI_MOVE_NEW
                               : b > 0 && !(a > 0) ? SKUAI_MOVE_ENDED
                               : a >= b            ? SKUAI_MOVE_GREW
                                                   : SKUAI_MOVE_FELL;
        moves[i] = (skuai_move){i, b, a, a - b, kind};
        if (kinds) kinds[kind] += a - b;
    }
    qsort(moves, n, sizeof *moves, by_change);
}
