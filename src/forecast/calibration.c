#include "forecast/calibration.h"

#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

static const double SHRINK_POINTS = 100; /* observations that count as much as "no correction" */
static const double SHRINK_ORIGINS = 1;  /* likewise: errors of one origin share its shocks */
static const double INTERMITTENT_ZEROS = 0.3;
static const double LEVEL_LEAST = 0.002; /* how far into a tail g may reach */
static const double FACTOR_MOST = 5;

skuai_calibration_class skuai_calibration_classify(const double *y, size_t n) {
    size_t zeros = 0, observed = 0;
    for (size_t t = 0; t < n; t++) {
        if (isnan(y[t])) continue;
        observed++;
        zeros += y[t] == 0;
    }
    return (double)zeros >= INTERMITTENT_ZEROS * (double)observed ? SKUAI_CALIBRATION_INTERMITTENT
                                                                  : SKUAI_CALIBRATION_REGULAR;
}

/* One observation of a window. */
typedef struct point {
    double y;
    const double *q; /* [Q], borrowed from the forecast */
    double u;        /* for the randomised PIT */
    unsigned char half, kind;
    bool follows; /* the point before is the period before of the same series */
    bool young;   /* the series had no more history than the horizon */
} point;

typedef struct points {
    point *items;
    size_t n;
    const double *levels;
    size_t n_levels, median, n_windows;
    bool counts;
    double *scratch; /* [n] */
} points;

/* Corrections of one class; the other member is ignored. */
typedef struct correction {
    double factor[SKUAI_SCORES_LEVELS], level_taken[SKUAI_SCORES_LEVELS];
} correction;

/* -- Fitting ---------------------------------------------------------------------------------- */

static double pit(const points *p, const point *x) {
    double step = p->counts ? 0.5 : 0;
    double high = skuai_quantile_inverse(p->levels, x->q, p->n_levels, x->y + step), low = high;
    if (p->counts && x->y > 0)
        low = skuai_quantile_inverse(p->levels, x->q, p->n_levels, x->y - step);
    else if (x->y <= 0 && (p->counts || x->q[0] <= 0))
        low = 0;
    return low + x->u * (high - low);
}

/* Index of the level 1 - levels[i]; i itself when there is none. */
static size_t mirrored(const points *p, size_t i) {
    for (size_t j = 0; j < p->n_levels; j++)
        if (fabs(p->levels[i] + p->levels[j] - 1) < 1e-9) return j;
    return i;
}

/* k_q of the points of `half` (2: all), the same for q and 1 - q: how far y lies from the median,
 * in units of the half interval on its side. */
static double fit_factor(const points *p, size_t i, int half) {
    size_t n = 0, j = mirrored(p, i), low = i < j ? i : j, high = i < j ? j : i;
    bool paired = low != high;
    for (size_t k = 0; k < p->n; k++) {
        const point *x = &p->items[k];
        double off = x->y - x->q[p->median];
        double spread = x->q[paired && off > 0 ? high : low] - x->q[p->median];
        if (x->kind != SKUAI_CALIBRATION_REGULAR || x->young || (half < 2 && x->half != half))
            continue;
        if (fabs(spread) > 1e-12) p->scratch[n++] = off / spread;
    }
    if (n == 0) return 1;
    /* alone: below the median the spread is negative, so the ratio falls where y rises */
    double level = paired ? p->levels[high] - p->levels[low] : fmax(p->levels[i], 1 - p->levels[i]);
    skuai_sort(p->scratch, n);
    double k = skuai_quantile_sorted(p->scratch, n, level);
    if (!(k > 0)) k = 1 / FACTOR_MOST;
    k = fmin(fmax(k, 1 / FACTOR_MOST), FACTOR_MOST);
    double seen = (double)n / ((double)n + SHRINK_POINTS);
    double origins = (double)p->n_windows / ((double)p->n_windows + SHRINK_ORIGINS);
    return exp(log(k) * seen * origins);
}

static void fit_levels(const points *p, int half, double *taken) {
    size_t n = 0;
    for (size_t j = 0; j < p->n; j++) {
        const point *x = &p->items[j];
        if (x->kind == SKUAI_CALIBRATION_INTERMITTENT && (half == 2 || x->half == half))
            p->scratch[n++] = pit(p, x);
    }
    skuai_sort(p->scratch, n);
    for (size_t i = 0; i < p->n_levels; i++) {
        double w = (double)n / ((double)n + SHRINK_POINTS), level = p->levels[i];
        if (n) level = w * skuai_quantile_sorted(p->scratch, n, level) + (1 - w) * level;
        taken[i] = fmin(fmax(level, LEVEL_LEAST), 1 - LEVEL_LEAST);
    }
}

static void fit_correction(const points *p, int half, correction *c) {
    for (size_t i = 0; i < p->n_levels; i++)
        c->factor[i] = i == p->median ? 1 : fit_factor(p, i, half);
    fit_levels(p, half, c->level_taken);
}

/* Correlation of neighbouring horizons, by class. */
static void fit_autocorrelation(const points *p, double *correlation) {
    double product[SKUAI_CALIBRATION_CLASSES] = {0}, square[SKUAI_CALIBRATION_CLASSES] = {0},
           before = 0;
    size_t pairs[SKUAI_CALIBRATION_CLASSES] = {0};
    for (size_t j = 0; j < p->n; j++) {
        const point *x = &p->items[j];
        double z = skuai_normal_quantile(fmin(fmax(pit(p, x), 0.01), 0.99));
        if (x->follows) {
            product[x->kind] += before * z;
            square[x->kind] += 0.5 * (before * before + z * z);
            pairs[x->kind]++;
        }
        before = z;
    }
    for (int k = 0; k < SKUAI_CALIBRATION_CLASSES; k++) {
        double r = square[k] > 0 ? product[k] / square[k] : 0, n = (double)pairs[k];
        correlation[k] = fmin(fmax(r * n / (n + SHRINK_POINTS), 0), 0.95);
    }
}

/* -- Applying --------------------------------------------------------------------------------- */

static void correct(const double *levels, size_t n_levels, size_t median, const correction *c,
                    skuai_calibration_class kind, const double *q, double *out) {
    for (size_t i = 0; i < n_levels; i++)
        out[i] = kind == SKUAI_CALIBRATION_REGULAR
                     ? q[median] + c->factor[i] * (q[i] - q[median])
                     : skuai_quantile_at(levels, q, n_levels, c->level_taken[i]);
}

static double pinball(const double *levels, size_t n_levels, const double *q, double y) {
    double sum = 0;
    for (size_t i = 0; i < n_levels; i++) {
        double d = y - q[i];
        sum += d > 0 ? d * levels[i] : d * (levels[i] - 1);
    }
    return sum;
}

/* What the corrections fitted on one half gain on the other, by class. */
static void cross_gain(const points *p, double gain[SKUAI_CALIBRATION_CLASSES]) {
    correction c[2];
    for (int half = 0; half < 2; half++)
        fit_correction(p, half, &c[half]);
    for (size_t j = 0; j < p->n; j++) {
        const point *x = &p->items[j];
        double q[SKUAI_SCORES_LEVELS];
        correct(p->levels, p->n_levels, p->median, &c[!x->half], (skuai_calibration_class)x->kind,
                x->q, q);
        gain[x->kind] +=
            pinball(p->levels, p->n_levels, x->q, x->y) - pinball(p->levels, p->n_levels, q, x->y);
    }
}

/* -- The public pair -------------------------------------------------------------------------- */

static size_t find_median(const double *levels, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (fabs(levels[i] - 0.5) < 1e-9) return i;
    return SIZE_MAX;
}

static void collect(const skuai_panel *view, const skuai_forecast *f, skuai_random *random,
                    points *p) {
    for (size_t s = 0; s < view->n_series; s++) {
        unsigned char half = skuai_random_bits(random) & 1;
        unsigned char kind =
            (unsigned char)skuai_calibration_classify(skuai_panel_target(view, s), view->length[s]);
        bool follows = false;
        for (size_t h = 0; h < f->horizon; h++) {
            double y = skuai_panel_actual(view, s, h);
            if (!isnan(y))
                p->items[p->n++] = (point){y,
                                           skuai_forecast_quantiles(f, s, h),
                                           skuai_random_uniform(random),
                                           half,
                                           kind,
                                           follows,
                                           view->length[s] <= f->horizon};
            follows = !isnan(y);
        }
    }
}

skua_status skuai_calibration_fit(const skuai_panel *const *views,
                                  const skuai_forecast *const *forecasts, size_t n, uint64_t seed,
                                  skuai_calibration *calibration, skua_error *err) {
    skuai_calibration made = {0};
    size_t most = 0;
    for (size_t w = 0; w < n; w++)
        most += forecasts[w]->n_series * forecasts[w]->horizon;
    if (n == 0 || forecasts[0]->n_quantiles == 0) {
        *calibration = made;
        return SKUA_OK;
    }
    points p = {.levels = forecasts[0]->levels, .n_levels = forecasts[0]->n_quantiles};
    p.median = find_median(p.levels, p.n_levels);
    p.counts = views[0]->counts;
    p.n_windows = n;
    if (p.median == SIZE_MAX)
        return skuai_error_set(err, SKUA_EINVAL, "calibration wants the level .5 among the levels");
    p.items = skuai_new(most, sizeof *p.items);
    p.scratch = skuai_new(most, sizeof *p.scratch);
    if (!p.items || !p.scratch) {
        skuai_free(p.items);
        skuai_free(p.scratch);
        return skuai_error_memory(err, "a calibration");
    }
    skuai_random random;
    skuai_random_init(&random, seed);
    for (size_t w = 0; w < n; w++)
        collect(views[w], forecasts[w], &random, &p);
    correction c = {0};
    double gain[SKUAI_CALIBRATION_CLASSES] = {0};
    cross_gain(&p, gain);
    fit_correction(&p, 2, &c);
    made.n_levels = p.n_levels;
    memcpy(made.level, p.levels, p.n_levels * sizeof *made.level);
    memcpy(made.factor, c.factor, sizeof made.factor);
    memcpy(made.level_taken, c.level_taken, sizeof made.level_taken);
    for (size_t k = 0; k < SKUAI_CALIBRATION_CLASSES; k++)
        made.used[k] = gain[k] > 0;
    fit_autocorrelation(&p, made.autocorrelation);
    for (size_t j = 0; j < p.n; j++)
        made.n_points[p.items[j].kind]++;
    skuai_free(p.items);
    skuai_free(p.scratch);
    *calibration = made;
    return SKUA_OK;
}

skua_status skuai_calibration_apply(const skuai_calibration *calibration, const skuai_panel *panel,
                                    double floor, skuai_forecast *f, skua_error *err) {
    if (calibration->n_levels == 0) return SKUA_OK;
    size_t median = find_median(f->levels, f->n_quantiles);
    if (f->n_quantiles != calibration->n_levels || f->n_series != panel->n_series ||
        memcmp(f->levels, calibration->level, f->n_quantiles * sizeof *f->levels) != 0)
        return skuai_error_set(err, SKUA_EINVAL, "a calibration of other quantile levels");
    correction c = {0};
    memcpy(c.factor, calibration->factor, sizeof c.factor);
    memcpy(c.level_taken, calibration->level_taken, sizeof c.level_taken);
    for (size_t s = 0; s < f->n_series; s++) {
        skuai_calibration_class kind =
            skuai_calibration_classify(skuai_panel_target(panel, s), panel->length[s]);
        if (calibration->n_points[kind] > 0)
            f->autocorrelation[s] = calibration->autocorrelation[kind];
        if (!calibration->used[kind]) continue;
        for (size_t h = 0; h < f->horizon; h++) {
            double q[SKUAI_SCORES_LEVELS], *own = skuai_forecast_quantiles(f, s, h);
            correct(f->levels, f->n_quantiles, median, &c, kind, own, q);
            memcpy(own, q, f->n_quantiles * sizeof *own);
        }
    }
    return skuai_forecast_settle(f, floor, err);
}
