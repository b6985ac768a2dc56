#include "math/season.h"

#include "math/correlogram.h"
#include "math/distribution.h"
#include "math/fourier.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

/* Shortest series and period looked at; peaks tried a round; multiples of a peak's period tried;
 * ordinates on each side that make a peak's neighbourhood; bins of a long period's phases. */
enum {
    LEAST_LENGTH = 8,
    LEAST_PERIOD = 3,
    PEAKS = 12,
    MULTIPLES = 6,
    NEIGHBOURS = 12,
    PHASE_BINS = 24
};
/* A multiple of a period is a better answer only where it repeats better by this factor. */
static const double SIMPLER = 0.85;
static const double HINT_SIGNIFICANCE = 0.01;

typedef struct finder {
    size_t n, n_power, longest;
    double significance, least_strength;
    const size_t *hints;
    size_t n_hints;
    skuai_fourier fourier;
    double *x;           /* [n] detrended, without the seasons found so far */
    double *white;       /* [n] the same after removing first-order autocorrelation */
    double *power;       /* [n / 2 + 1] of white, then over its background */
    double *correlation; /* [longest + 2] of white */
    double *work;        /* [2 n + 2] */
    skuai_arena *arena;
} finder;

/* Fill inner gaps along lines and the ends with their nearest value. */
static void fill_gaps(double *x, size_t n) {
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) continue;
        for (size_t j = last == SIZE_MAX ? 0 : last + 1; j < i; j++)
            x[j] = last == SIZE_MAX
                       ? x[i]
                       : x[last] + (x[i] - x[last]) * (double)(j - last) / (double)(i - last);
        last = i;
    }
    for (size_t j = last + 1; last != SIZE_MAX && j < n; j++)
        x[j] = x[last];
}

/* x becomes its residuals about a least-squares line, and the line's slope and level are kept. */
static void remove_line(double *x, size_t n, double *slope, double *level) {
    double mean = skuai_mean(x, n), middle = 0.5 * (double)(n - 1), tx = 0, tt = 0;
    for (size_t i = 0; i < n; i++) {
        double t = (double)i - middle;
        tx += t * (x[i] - mean);
        tt += t * t;
    }
    *slope = tx / tt;
    *level = mean - *slope * middle;
    for (size_t i = 0; i < n; i++)
        x[i] -= *level + *slope * (double)i;
}

/* Pull values beyond four robust deviations in: one order of a wholesaler is no season. The range
 * of nineteen twentieths counts too, since where most values are 0 the median deviation is. */
static void clip(double *x, size_t n, double *work) {
    double middle = skuai_median(x, n, work);
    double scale = 1.4826 * skuai_median_deviation(x, n, work);
    double range = skuai_quantile(x, n, 0.975, work) - skuai_quantile(x, n, 0.025, work);
    scale = fmax(scale, range / 3.92);
    if (!(scale > 0)) scale = skuai_deviation(x, n, 0);
    for (size_t i = 0; i < n; i++) {
        double d = x[i] - middle;
        x[i] = middle + (d > 4 * scale ? 4 * scale : d < -4 * scale ? -4 * scale : d);
    }
}

/* Clipped residuals about a line that the clipped values fit. */
static void detrend(double *x, size_t n, double *work) {
    for (int round = 0; round < 3; round++) {
        double slope, level;
        remove_line(x, n, &slope, &level);
        if (round == 2) break;
        clip(x, n, work);
        for (size_t i = 0; i < n; i++)
            x[i] += level + slope * (double)i;
    }
}

static void whiten(finder *f) {
    double phi = skuai_autocorrelation(f->x, f->n, 1);
    if (!isfinite(phi)) phi = 0;
    phi *= 1 + 2 / (double)f->n; /* most of the estimate's bias towards 0 */
    if (phi > 1) phi = 1;
    f->white[0] = f->x[0] * sqrt(1 - phi * phi);
    for (size_t i = 1; i < f->n; i++)
        f->white[i] = f->x[i] - phi * f->x[i - 1];
    double mean = skuai_mean(f->white, f->n);
    for (size_t i = 0; i < f->n; i++)
        f->white[i] -= mean;
}

/* Divide every ordinate by the mean of exponential noise whose median is that of its neighbours. */
static void divide_by_background(finder *f) {
    size_t m = f->n_power;
    double *power = f->power + 1, *ratio = f->work, *near = ratio + m, *spare = near + 64;
    for (size_t k = 0; k < m; k++) {
        size_t from = k > NEIGHBOURS ? k - NEIGHBOURS : 0, count = 0;
        for (size_t j = from; j < m && j <= from + 2 * NEIGHBOURS; j++)
            if (j != k) near[count++] = power[j];
        double background = skuai_median(near, count, spare) / log(2.0);
        ratio[k] = background > 0 ? power[k] / background : power[k] > 0 ? INFINITY : 0;
    }
    memcpy(power, ratio, m * sizeof *power);
}

/* Share of the variance of x that the means of its phases explain, adjusted for their number.
 * Phases of a long period are taken together in bins ("epoch folding"), which blunts the noise
 * more than the season. */
static double phase_strength(const double *x, size_t n, size_t period) {
    size_t bins = period < PHASE_BINS ? period : PHASE_BINS, counts[PHASE_BINS] = {0};
    double sums[PHASE_BINS] = {0}, total = 0, between = 0, sum = 0;
    for (size_t from = 0; from < n; from += period)
        for (size_t b = 0, i = from; b < bins; b++) {
            size_t end = from + ((b + 1) * period + bins - 1) / bins;
            for (end = end < n ? end : n; i < end; i++) {
                sums[b] += x[i];
                total += x[i] * x[i];
                counts[b]++;
            }
        }
    for (size_t b = 0; b < bins; b++) {
        sum += sums[b];
        if (counts[b]) between += sums[b] * sums[b] / (double)counts[b];
    }
    double level = sum * sum / (double)n;
    total -= level;
    if (!(total > 0) || n <= bins) return 0;
    double within = total - (between - level);
    double strength = 1 - within / (double)(n - bins) / (total / (double)(n - 1));
    return strength > 0 ? strength : 0;
}

static void remove_phases(finder *f, size_t period) {
    for (size_t j = 0; j < period; j++) {
        double sum = 0;
        size_t count = 0;
        for (size_t i = j; i < f->n; i += period, count++)
            sum += f->x[i];
        for (size_t i = j; i < f->n; i += period)
            f->x[i] -= sum / (double)count;
    }
}

/* The lag that repeats best among those that a peak at frequency k / n, or its multiple, can mean;
 * 0 when there is none. */
static size_t best_lag(const finder *f, size_t k, size_t multiple) {
    double n = (double)(f->n * multiple), at = (double)k, top = -1;
    double low = floor(n / (at + 0.5)), high = ceil(n / (at - 0.5));
    if (low < LEAST_PERIOD) low = LEAST_PERIOD;
    if (high > (double)f->longest) high = (double)f->longest;
    size_t best = 0;
    for (size_t lag = (size_t)low; (double)lag <= high; lag++) {
        double strength = phase_strength(f->x, f->n, lag);
        if (strength > top) {
            top = strength;
            best = lag;
        }
    }
    return best;
}

/* Mean autocorrelation at a lag and its first multiples: less noise than one lag has. */
static double comb(const finder *f, size_t lag, double *noise) {
    size_t teeth = f->longest / lag < 3 ? f->longest / lag : 3;
    double sum = 0;
    for (size_t i = 1; i <= teeth; i++)
        sum += f->correlation[i * lag];
    *noise = 1 / sqrt((double)(teeth * f->n));
    return sum / (double)teeth;
}

/* [1]: a period is on a hill of the autocorrelation, clearly above the lags half way to it. */
static bool is_hill(const finder *f, size_t lag, double *height, double *noise) {
    *height = comb(f, lag, noise);
    if (!(*height > 2.5 * *noise)) return false;
    size_t from = (lag + 2) / 3, to = 2 * lag / 3;
    double valley = skuai_median(f->correlation + from, to - from + 1, f->work);
    return *height - valley > 2 * *noise;
}

/* The period behind the peak k: the shortest multiple that repeats about as well as any. */
static size_t period_of(const finder *f, size_t k) {
    size_t lags[MULTIPLES] = {0};
    double heights[MULTIPLES] = {0}, noise[MULTIPLES] = {0}, top = -1;
    for (size_t j = 0; j < MULTIPLES; j++) {
        lags[j] = best_lag(f, k, j + 1);
        if (lags[j] && !is_hill(f, lags[j], &heights[j], &noise[j])) lags[j] = 0;
        if (lags[j] && heights[j] > top) top = heights[j];
    }
    for (size_t j = 0; j < MULTIPLES; j++)
        if (lags[j] && heights[j] >= fmin(SIMPLER * top, top - 3 * noise[j])) return lags[j];
    return 0;
}

static double larger_strength(const finder *f, size_t period) {
    return fmax(phase_strength(f->x, f->n, period), phase_strength(f->white, f->n, period));
}

static bool is_known(const skuai_season *seasons, size_t count, size_t period) {
    for (size_t i = 0; i < count; i++)
        if (seasons[i].period == period) return true;
    return false;
}

/* The first hint whose phases' means differ: F test on the whitened series. seasons [count] are
 * those known, and the new one goes behind them. */
static bool find_hint(const finder *f, skuai_season *seasons, size_t count) {
    for (size_t i = 0; i < f->n_hints; i++) {
        size_t period = f->hints[i], bins = period < PHASE_BINS ? period : PHASE_BINS;
        if (period < 2 || period > f->longest || f->n <= bins) continue;
        if (is_known(seasons, count, period)) continue;
        double within = (double)(f->n - bins), between = (double)(bins - 1);
        double rest = (1 - phase_strength(f->white, f->n, period)) * within / (double)(f->n - 1);
        double ratio = (1 - rest) / between / (rest / within);
        double p = rest > 0 ? 1 - skuai_fisher_cdf(ratio, between, within) : 0;
        if (!(p < HINT_SIGNIFICANCE && f->correlation[period] > 0)) continue;
        double strength = larger_strength(f, period);
        if (strength < f->least_strength) continue;
        seasons[count] = (skuai_season){period, f->correlation[period], p, strength};
        return true;
    }
    return false;
}

/* Look at the highest peaks, the fastest first, so that a week is not found as a year of weeks. */
static bool find_one(finder *f, skuai_season *seasons, size_t count) {
    size_t peaks[PEAKS] = {0}, n_peaks = 0;
    double ratios[PEAKS] = {0};
    for (; n_peaks < PEAKS; n_peaks++) {
        size_t best = 1;
        for (size_t k = 2; k <= f->n_power; k++)
            if (f->power[k] > f->power[best]) best = k;
        double ratio = f->power[best];
        if (!((double)f->n_power * exp(-ratio) < f->significance)) break;
        for (size_t k = best - 1; k <= best + 1 && k <= f->n_power; k++)
            f->power[k] = 0; /* with what leaks into its neighbours */
        size_t i = n_peaks;
        for (; i > 0 && peaks[i - 1] < best; i--) {
            peaks[i] = peaks[i - 1];
            ratios[i] = ratios[i - 1];
        }
        peaks[i] = best;
        ratios[i] = ratio;
    }
    for (size_t i = 0; i < n_peaks; i++) {
        size_t period = period_of(f, peaks[i]);
        if (!period || is_known(seasons, count, period)) continue;
        double strength =
            fmax(phase_strength(f->x, f->n, period), phase_strength(f->white, f->n, period));
        if (strength < f->least_strength) continue;
        double p = (double)f->n_power * exp(-ratios[i]);
        seasons[count] = (skuai_season){period, f->correlation[period], p, strength};
        return true;
    }
    return false;
}

static skua_status prepare(finder *f, const double *y, size_t n, skuai_arena *arena,
                           skua_error *err) {
    f->n = n;
    f->n_power = (n - 1) / 2;
    f->arena = arena;
    f->x = skuai_arena_take(arena, n, sizeof(double));
    f->white = skuai_arena_take(arena, n, sizeof(double));
    f->power = skuai_arena_take(arena, n / 2 + 1, sizeof(double));
    f->correlation = skuai_arena_take(arena, f->longest + 2, sizeof(double));
    f->work = skuai_arena_take(arena, 2 * n + 128, sizeof(double));
    if (!f->x || !f->white || !f->power || !f->correlation || !f->work)
        return skuai_error_memory(err, "a search for seasons");
    SKUA_TRY(skuai_fourier_init(&f->fourier, n, arena, err));
    memcpy(f->x, y, n * sizeof *f->x);
    fill_gaps(f->x, n);
    detrend(f->x, n, f->work);
    return SKUA_OK;
}

static skua_status search(finder *f, size_t most, skuai_season *seasons, size_t *n_seasons,
                          skua_error *err) {
    size_t count = 0;
    for (; count < most; count++) {
        whiten(f);
        if (!(skuai_variance(f->white, f->n, 0) > 0)) break; /* nothing is left */
        SKUA_TRY(
            skuai_autocovariances(f->white, f->n, f->longest, true, f->arena, f->correlation, err));
        double variance = f->correlation[0];
        for (size_t k = 0; k <= f->longest; k++)
            f->correlation[k] /= variance;
        skuai_periodogram(&f->fourier, f->white, f->power, f->work);
        divide_by_background(f);
        if (!find_hint(f, seasons, count) && !find_one(f, seasons, count)) break;
        remove_phases(f, seasons[count].period);
    }
    *n_seasons = count;
    return SKUA_OK;
}

skua_status skuai_find_seasons(const double *y, size_t n, const skuai_season_options *options,
                               skuai_arena *scratch, skuai_season *seasons, size_t *n_seasons,
                               skua_error *err) {
    skuai_season_options o = options ? *options : (skuai_season_options){0};
    finder f = {.significance = o.significance > 0 ? o.significance : 0.001,
                .least_strength = o.strength > 0 ? o.strength : 0.03,
                .hints = o.hints,
                .n_hints = o.n_hints,
                .longest = o.longest && o.longest < 2 * (n / 5) ? o.longest : 2 * (n / 5)};
    size_t most = o.most && o.most < SKUAI_SEASONS_MAX ? o.most : SKUAI_SEASONS_MAX;
    double low, high;
    bool varies = skuai_range(y, n, &low, &high) && low < high;
    if (varies && (isinf(low) || isinf(high)))
        return skuai_error_set(err, SKUA_EDATA, "seasons: a value is infinite");
    if (n < LEAST_LENGTH || !varies || f.longest < LEAST_PERIOD) {
        *n_seasons = 0;
        return SKUA_OK;
    }
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    skuai_season found[SKUAI_SEASONS_MAX];
    size_t count = 0;
    skua_status status = prepare(&f, y, n, scratch, err);
    if (status == SKUA_OK) status = search(&f, most, found, &count, err);
    if (status == SKUA_OK) {
        memcpy(seasons, found, count * sizeof *found);
        *n_seasons = count;
    }
    skuai_arena_reset(scratch, mark);
    return status;
}
