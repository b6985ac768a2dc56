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
enum { BLOCKS = SKUAI_CALIBRATION_BLOCKS, BLOCK_POINTS = 400 }; /* least of a block */

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
    const double *q;                 /* [Q], borrowed from the forecast */
    double u;                        /* for the randomised PIT */
    unsigned char half, kind, block; /* half: of the series */
    unsigned char window;            /* odd or even */
    bool follows;                    /* the point before is the period before of the same series */
    bool young;                      /* the series had no more history than the horizon */
} point;

typedef struct points {
    point *items;
    size_t n;
    const double *levels;
    size_t n_levels, median, n_windows, horizon, n_blocks;
    bool counts;
    bool by_window;  /* halves are windows, not series */
    double *scratch; /* [n] */
} points;

static int half_of(const points *p, const point *x) {
    return p->by_window ? x->window : x->half;
}

/* Corrections of one class; the other member is ignored. */
typedef struct correction {
    double factor[BLOCKS][SKUAI_SCORES_LEVELS], level_taken[BLOCKS][SKUAI_SCORES_LEVELS];
} correction;

/* Points that count: those of one class in a half (2: all) and in blocks [low, high]. */
typedef struct part {
    skuai_calibration_class kind;
    int half;
    size_t low, high;
} part;

static size_t block_of(size_t h, size_t horizon, size_t n_blocks) {
    size_t block = h * n_blocks / horizon;
    return block < n_blocks ? block : n_blocks - 1;
}

static bool counts_to(const points *p, const part *a, const point *x) {
    return x->kind == a->kind && (a->half == 2 || half_of(p, x) == a->half) && x->block >= a->low &&
           x->block <= a->high && !(a->kind == SKUAI_CALIBRATION_REGULAR && x->young);
}

/* Block b with as many neighbours on both sides as it takes; n [BLOCKS] points of each. */
static part around(skuai_calibration_class kind, int half, size_t b, const size_t *n,
                   size_t n_blocks) {
    part a = {kind, half, b, b};
    size_t sum = n[b];
    while (sum < BLOCK_POINTS && (a.low > 0 || a.high + 1 < n_blocks)) {
        if (a.low > 0) sum += n[--a.low];
        if (a.high + 1 < n_blocks) sum += n[++a.high];
    }
    return a;
}

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

/* log k_q of a part of the points, the same for q and 1 - q: how far y lies from the median, in
 * units of the half interval on its side. *n counts them. */
static double log_factor(const points *p, size_t i, const part *a, size_t *n) {
    size_t j = mirrored(p, i), low = i < j ? i : j, high = i < j ? j : i;
    bool paired = low != high;
    *n = 0;
    for (size_t k = 0; k < p->n; k++) {
        const point *x = &p->items[k];
        if (!counts_to(p, a, x)) continue;
        double off = x->y - x->q[p->median];
        double spread = x->q[paired && off > 0 ? high : low] - x->q[p->median];
        if (fabs(spread) > 1e-12) p->scratch[(*n)++] = off / spread;
    }
    if (*n == 0) return 0;
    /* alone: below the median the spread is negative, so the ratio falls where y rises */
    double level = paired ? p->levels[high] - p->levels[low] : fmax(p->levels[i], 1 - p->levels[i]);
    skuai_sort(p->scratch, *n);
    double k = skuai_quantile_sorted(p->scratch, *n, level);
    return log(fmin(fmax(k, 1 / FACTOR_MOST), FACTOR_MOST));
}

/* The levels of a part, shrunk toward `toward` [Q] (NULL: the levels themselves). */
static void fit_levels(const points *p, const part *a, const double *toward, double *taken) {
    size_t n = 0;
    for (size_t j = 0; j < p->n; j++)
        if (counts_to(p, a, &p->items[j])) p->scratch[n++] = pit(p, &p->items[j]);
    skuai_sort(p->scratch, n);
    for (size_t i = 0; i < p->n_levels; i++) {
        double w = (double)n / ((double)n + SHRINK_POINTS), level = p->levels[i];
        double from = toward ? toward[i] : level;
        level = n ? w * skuai_quantile_sorted(p->scratch, n, level) + (1 - w) * from : from;
        taken[i] = fmin(fmax(level, LEVEL_LEAST), 1 - LEVEL_LEAST);
    }
}

static void count_blocks(const points *p, skuai_calibration_class kind, int half, size_t *n) {
    part all = {kind, half, 0, BLOCKS};
    memset(n, 0, BLOCKS * sizeof *n);
    for (size_t j = 0; j < p->n; j++)
        n[p->items[j].block] += counts_to(p, &all, &p->items[j]);
}

static void fit_regular(const points *p, int half, bool by_horizon, correction *c) {
    const skuai_calibration_class kind = SKUAI_CALIBRATION_REGULAR;
    double origins = (double)p->n_windows / ((double)p->n_windows + SHRINK_ORIGINS);
    part all = {kind, half, 0, BLOCKS};
    size_t blocks[BLOCKS], n;
    count_blocks(p, kind, half, blocks);
    for (size_t i = 0; i < p->n_levels; i++) {
        double whole = i == p->median ? 0 : log_factor(p, i, &all, &n);
        if (i != p->median) whole *= (double)n / ((double)n + SHRINK_POINTS);
        for (size_t b = 0; b < p->n_blocks; b++) {
            double own = whole;
            if (by_horizon && i != p->median) {
                part a = around(kind, half, b, blocks, p->n_blocks);
                own = log_factor(p, i, &a, &n);
                double w = (double)n / ((double)n + SHRINK_POINTS);
                own = w * own + (1 - w) * whole;
            }
            c->factor[b][i] = exp(own * origins);
        }
    }
}

static void fit_intermittent(const points *p, int half, bool by_horizon, correction *c) {
    const skuai_calibration_class kind = SKUAI_CALIBRATION_INTERMITTENT;
    part all = {kind, half, 0, BLOCKS};
    double whole[SKUAI_SCORES_LEVELS];
    size_t blocks[BLOCKS];
    count_blocks(p, kind, half, blocks);
    fit_levels(p, &all, NULL, whole);
    for (size_t b = 0; b < p->n_blocks; b++) {
        part a = around(kind, half, b, blocks, p->n_blocks);
        if (by_horizon)
            fit_levels(p, &a, whole, c->level_taken[b]);
        else
            memcpy(c->level_taken[b], whole, sizeof whole);
    }
}

/* by_horizon [classes] */
static void fit_correction(const points *p, int half, const bool *by_horizon, correction *c) {
    fit_regular(p, half, by_horizon[SKUAI_CALIBRATION_REGULAR], c);
    fit_intermittent(p, half, by_horizon[SKUAI_CALIBRATION_INTERMITTENT], c);
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

/* factor and taken [Q] are of the block. */
static void correct(const double *levels, size_t n_levels, size_t median, const double *factor,
                    const double *taken, skuai_calibration_class kind, const double *q,
                    double *out) {
    for (size_t i = 0; i < n_levels; i++)
        out[i] = kind == SKUAI_CALIBRATION_REGULAR
                     ? q[median] + factor[i] * (q[i] - q[median])
                     : skuai_quantile_at(levels, q, n_levels, taken[i]);
}

static double pinball(const double *levels, size_t n_levels, const double *q, double y) {
    double sum = 0;
    for (size_t i = 0; i < n_levels; i++) {
        double d = y - q[i];
        sum += d > 0 ? d * levels[i] : d * (levels[i] - 1);
    }
    return sum;
}

/* What the corrections fitted on one half gain on the other, by class. c [2] is scratch. */
static void cross_gain(const points *p, bool by_horizon, correction *c,
                       double gain[SKUAI_CALIBRATION_CLASSES]) {
    const bool both[SKUAI_CALIBRATION_CLASSES] = {by_horizon, by_horizon};
    for (int half = 0; half < 2; half++)
        fit_correction(p, half, both, &c[half]);
    for (size_t j = 0; j < p->n; j++) {
        const point *x = &p->items[j];
        const correction *other = &c[!half_of(p, x)];
        double q[SKUAI_SCORES_LEVELS];
        correct(p->levels, p->n_levels, p->median, other->factor[x->block],
                other->level_taken[x->block], (skuai_calibration_class)x->kind, x->q, q);
        gain[x->kind] +=
            pinball(p->levels, p->n_levels, x->q, x->y) - pinball(p->levels, p->n_levels, q, x->y);
    }
}

/* None, one for all horizons, or by horizon: for each class what gains. Errors of one window share
 * its shocks, which half of the series would tell of the other half; so what is by horizon has to
 * hold in other windows. c [2] is scratch. */
static void choose(points *p, correction *c, skuai_calibration *made) {
    double whole[SKUAI_CALIBRATION_CLASSES] = {0}, later[SKUAI_CALIBRATION_CLASSES] = {0},
           blocks[SKUAI_CALIBRATION_CLASSES] = {0};
    cross_gain(p, false, c, whole);
    p->by_window = true;
    if (p->n_blocks > 1 && p->n_windows > 1) {
        cross_gain(p, false, c, later);
        cross_gain(p, true, c, blocks);
    }
    p->by_window = false;
    for (size_t k = 0; k < SKUAI_CALIBRATION_CLASSES; k++) {
        made->by_horizon[k] = blocks[k] > 0 && blocks[k] > later[k];
        made->used[k] = whole[k] > 0 || made->by_horizon[k];
    }
    fit_correction(p, 2, made->by_horizon, c);
    memcpy(made->factor, c->factor, sizeof made->factor);
    memcpy(made->level_taken, c->level_taken, sizeof made->level_taken);
}

/* -- The public pair -------------------------------------------------------------------------- */

static size_t find_median(const double *levels, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (fabs(levels[i] - 0.5) < 1e-9) return i;
    return SIZE_MAX;
}

static void collect(const skuai_panel *view, const skuai_forecast *f, size_t window,
                    skuai_random *random, points *p) {
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
                                           (unsigned char)block_of(h, p->horizon, p->n_blocks),
                                           (unsigned char)(window & 1),
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
    p.horizon = forecasts[0]->horizon;
    p.n_blocks = p.horizon < BLOCKS ? p.horizon : BLOCKS;
    if (p.median == SIZE_MAX)
        return skuai_error_set(err, SKUA_EINVAL, "calibration wants the level .5 among the levels");
    p.items = skuai_new(most, sizeof *p.items);
    p.scratch = skuai_new(most, sizeof *p.scratch);
    correction *c = skuai_zero(2, sizeof *c);
    if (!p.items || !p.scratch || !c) {
        skuai_free(p.items);
        skuai_free(p.scratch);
        skuai_free(c);
        return skuai_error_memory(err, "a calibration");
    }
    skuai_random random;
    skuai_random_init(&random, seed);
    for (size_t w = 0; w < n; w++)
        collect(views[w], forecasts[w], w, &random, &p);
    choose(&p, c, &made);
    made.n_levels = p.n_levels;
    made.horizon = p.horizon;
    made.n_blocks = p.n_blocks;
    memcpy(made.level, p.levels, p.n_levels * sizeof *made.level);
    fit_autocorrelation(&p, made.autocorrelation);
    for (size_t j = 0; j < p.n; j++)
        made.n_points[p.items[j].kind]++;
    skuai_free(p.items);
    skuai_free(p.scratch);
    skuai_free(c);
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
    for (size_t s = 0; s < f->n_series; s++) {
        skuai_calibration_class kind =
            skuai_calibration_classify(skuai_panel_target(panel, s), panel->length[s]);
        if (calibration->n_points[kind] > 0)
            f->autocorrelation[s] = calibration->autocorrelation[kind];
        if (!calibration->used[kind]) continue;
        for (size_t h = 0; h < f->horizon; h++) {
            double q[SKUAI_SCORES_LEVELS], *own = skuai_forecast_quantiles(f, s, h);
            size_t block = block_of(h, calibration->horizon, calibration->n_blocks);
            correct(f->levels, f->n_quantiles, median, calibration->factor[block],
                    calibration->level_taken[block], kind, own, q);
            memcpy(own, q, f->n_quantiles * sizeof *own);
        }
    }
    return skuai_forecast_settle(f, floor, err);
}
