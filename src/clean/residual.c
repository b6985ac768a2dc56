#include "clean/residual.h"

#include <math.h>
#include <string.h>

#include "math/statistics.h"
#include "math/stl.h"

enum {
    HALF_LEAST = 4,
    HALF_MOST = 12,
    GROUP_LEAST = 8,
    TAIL_LEAST = 20,
    PHASES_LEAST = 2,
    YEARS_AROUND = 4,
    SAMPLE_MOST = 1024
};
static const double MAD_TO_DEVIATION = 1.4826022185056018;
static const double FLAGGED = 0.1; /* cut that a flag stands for */
static const double PROMOTED_SHARE = 0.9;
static const double INTERMITTENT = 1.0 / 3; /* share of zeros from which sizes are judged */
static const double REPEATS = 0.3;          /* correlation of a season with the next */
static const double PROMOTED_PRICE = 0.95;  /* of the usual price */
static const double GROUP_SHARE = 0.8;      /* what this share of a group shows is the period's */

/* Deviation of the square root of a Poisson count. */
static const double ROOT_DEVIATION = 0.5;

void skuai_running_median(const double *x, size_t n, size_t half, double *out, double *scratch) {
    size_t held = 0; /* scratch holds the window's values in ascending order */
    for (size_t i = 0; i < n + half; i++) {
        if (i < n && !isnan(x[i])) {
            size_t j = held++;
            for (; j > 0 && scratch[j - 1] > x[i]; j--)
                scratch[j] = scratch[j - 1];
            scratch[j] = x[i];
        }
        if (i >= 2 * half + 1 && !isnan(x[i - 2 * half - 1])) {
            size_t j = 0;
            while (scratch[j] != x[i - 2 * half - 1])
                j++;
            memmove(scratch + j, scratch + j + 1, (held - j - 1) * sizeof *scratch);
            held--;
        }
        if (i >= half) out[i - half] = skuai_quantile_sorted(scratch, held, 0.5);
    }
}

void skuai_hampel(const double *x, size_t n, size_t half, double *z, double *scratch) {
    for (size_t i = 0; i < n; i++) {
        size_t from = i > half ? i - half : 0, to = i + half + 1 < n ? i + half + 1 : n;
        double middle = skuai_median(x + from, to - from, scratch);
        double deviation = MAD_TO_DEVIATION * skuai_median_deviation(x + from, to - from, scratch);
        double distance = x[i] - middle;
        z[i] = distance == 0 ? 0 : distance / deviation;
    }
}

double skuai_tail_bound(const double *z, size_t n, double level, double *scratch) {
    size_t held = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(z[i])) scratch[held++] = z[i];
    if (held < TAIL_LEAST) return NAN;
    skuai_sort(scratch, held);
    double start = skuai_quantile_sorted(scratch, held, 0.8);
    double middle = skuai_quantile_sorted(scratch, held, 0.9); /* median of the tail */
    double excess = (middle - start) / 0.69314718055994530942;
    return start + excess * log(0.2 * (double)held / level);
}

/* -- One series ------------------------------------------------------------------------------- */

/* What the work on a panel shares. Legend: s series, i period in it, r row. */
typedef struct work {
    const skuai_panel *panel;
    skuai_residuals *out;
    double *scaled;    /* [n_rows] target on the scale of judgement */
    double *trend;     /* [n_rows] running median of it */
    double *explained; /* [n_rows] the part of d that season and promotions explain */
    double *deviation; /* [S] */
    const skuai_dynamic *price, *flags[4];
    size_t n_flags;
    bool roots; /* the scale is that of square roots */
} work;

static double to_scale(const work *w, double x) {
    return w->roots ? sqrt(fmax(x, 0)) : x;
}

static double from_scale(const work *w, double x) {
    return w->roots ? (x > 0 ? x * x : 0) : x;
}

/* Median of a few values in place. */
static double small_median(double *x, size_t n) {
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && x[j - 1] > x[j]; j--) {
            double t = x[j];
            x[j] = x[j - 1];
            x[j - 1] = t;
        }
    return skuai_quantile_sorted(x, n, 0.5);
}

/* Whether distances repeat after a season: one other year is evidence only where they do. Signs
 * and sizes up to the deviation count, so that no single value decides. */
static bool season_repeats(const double *d, size_t n, size_t season, double deviation) {
    double product = 0, square = 0;
    for (size_t i = 0; i + season < n; i++) {
        if (isnan(d[i]) || isnan(d[i + season])) continue;
        double a = fmax(-1, fmin(1, d[i] / deviation / 2));
        double b = fmax(-1, fmin(1, d[i + season] / deviation / 2));
        product += a * b;
        square += (a * a + b * b) / 2;
    }
    return product > REPEATS * square;
}

/* The largest and the least of 0 and the medians, over the seasons around, of the same phase and of
 * the phases beside it (feasts move). d [n] distances to the trend. */
static void season_explains(const double *d, size_t n, size_t season, bool repeats, size_t i,
                            double *low, double *high) {
    for (int shift = -1; shift <= 1; shift++) {
        if (season < 12 && shift) continue; /* the days of a week do not move */
        double values[2 * YEARS_AROUND];
        size_t held = 0;
        for (size_t k = 1; k <= YEARS_AROUND; k++) {
            size_t at = i + k * season + (size_t)(shift + 1) - 1; /* wraps below 0 to beyond n */
            if (at < n && !isnan(d[at])) values[held++] = d[at];
            at = i - k * season + (size_t)(shift + 1) - 1;
            if (at < n && !isnan(d[at])) values[held++] = d[at];
        }
        if (held < PHASES_LEAST && !(repeats && held == 1)) continue;
        double m = small_median(values, held);
        if (m > *high) *high = m;
        if (m < *low) *low = m;
    }
}

/* How deep the price is cut below the usual one, 0 .. 1; a flagged promotion counts as a cut of at
 * least FLAGGED. 0: not promoted. */
static double cut_of(const work *w, size_t r, double usual_price) {
    double cut = w->price ? 1 - (double)w->price->values[r] / usual_price : 0;
    if (!(cut >= 1 - PROMOTED_PRICE)) cut = 0;
    for (size_t k = 0; k < w->n_flags && cut < FLAGGED; k++)
        if (w->flags[k]->values[r] > 0) cut = FLAGGED;
    return cut;
}

/* Cut of each period into cut [n]. scratch [2 n + 32]. */
static void find_cuts(const work *w, size_t s, double *cut, double *scratch) {
    size_t n = w->panel->length[s], row = w->panel->row[s];
    double *price = scratch, *usual = scratch + n;
    if (w->price)
        for (size_t i = 0; i < n; i++)
            price[i] = (double)w->price->values[row + i];
    if (w->price) skuai_running_median(price, n, HALF_MOST, usual, scratch + 2 * n);
    for (size_t i = 0; i < n; i++)
        cut[i] = cut_of(w, row + i, w->price ? usual[i] : 1);
}

/* What promotions explain of period i: the upper quantile of the other promoted periods whose cut
 * is at least as deep or nearly; all of a rise when fewer than 4 tell, for nobody knows better. */
static double promotion_explains(const double *d, const double *cut, size_t n, size_t i,
                                 double *values, double *scratch) {
    size_t held = 0;
    for (size_t k = 0; k < n; k++)
        if (k != i && cut[k] >= 0.75 * cut[i] && !isnan(d[k])) values[held++] = d[k];
    return held < 4 ? INFINITY : skuai_quantile(values, held, PROMOTED_SHARE, scratch);
}

static double choose_deviation(const work *w, const double *a, const double *b, size_t n,
                               double middle, double *scratch) {
    double deviation = MAD_TO_DEVIATION * skuai_median_deviation(a, n, scratch);
    double other = MAD_TO_DEVIATION * skuai_median_deviation(b, n, scratch);
    if (other > 0 && other < deviation) deviation = other;
    double floor = w->panel->counts ? ROOT_DEVIATION : 0.02 * fabs(middle);
    return deviation > floor ? deviation : floor > 0 ? floor : 1e-9;
}

static bool is_intermittent(const double *x, size_t n) {
    size_t zeros = 0, observed = 0;
    for (size_t i = 0; i < n; i++) {
        observed += isnan(x[i]) ? 0 : 1;
        zeros += x[i] <= 0 ? 1 : 0;
    }
    return (double)zeros > INTERMITTENT * (double)observed;
}

/* Trend, explanations and deviation of series s. scratch [7 n + 64]. */
static void explain_series(work *w, size_t s, double *scratch) {
    const skuai_panel *panel = w->panel;
    size_t n = panel->length[s], row = panel->row[s], season = (size_t)panel->season;
    double *d = scratch, *plain = scratch + n, *cut = scratch + 2 * n, *rest = scratch + 3 * n;
    size_t half = season > HALF_MOST ? HALF_MOST : season < HALF_LEAST ? HALF_LEAST : season;
    bool sizes = w->roots && is_intermittent(panel->target + row, n);
    for (size_t i = 0; i < n; i++) {
        double x = panel->target[row + i];
        w->scaled[row + i] = isnan(x) || (sizes && !(x > 0)) ? NAN : to_scale(w, x);
    }
    skuai_running_median(w->scaled + row, n, half, w->trend + row, rest);
    for (size_t i = 0; i < n; i++)
        d[i] = w->scaled[row + i] - w->trend[row + i];
    find_cuts(w, s, cut, rest);
    double rough = MAD_TO_DEVIATION * skuai_median_deviation(d, n, rest);
    bool repeats = rough > 0 && season_repeats(d, n, season, rough);
    for (size_t i = 0; i < n; i++) {
        double low = 0, high = 0;
        if (season > 1) season_explains(d, n, season, repeats, i, &low, &high);
        plain[i] = d[i] - (low + high);
        if (cut[i] > 0 && d[i] > high)
            high = fmax(high, promotion_explains(d, cut, n, i, rest, rest + n));
        double part = d[i] > 0 ? fmin(d[i], high) : fmax(d[i], low);
        w->explained[row + i] = part;
    }
    w->deviation[s] =
        choose_deviation(w, d, plain, n, skuai_median(w->scaled + row, n, rest), rest);
}

static void neighbour_distance(const work *w, size_t s) {
    size_t n = w->panel->length[s], row = w->panel->row[s];
    const double *x = w->scaled + row;
    for (size_t i = 0; i < n; i++) {
        double before = i > 0 ? x[i] - x[i - 1] : INFINITY,
               after = i + 1 < n ? x[i] - x[i + 1] : INFINITY;
        if (!isfinite(before)) before = after;
        if (!isfinite(after)) after = before;
        double stand = before * after > 0 ? copysign(fmin(fabs(before), fabs(after)), before) : 0;
        w->out->stand[row + i] = isfinite(stand) ? stand / w->deviation[s] : 0;
    }
}

/* -- STL -------------------------------------------------------------------------------------- */

static skua_status stl_series(const work *w, size_t s, double *scratch, skuai_arena *arena,
                              skua_error *err) {
    size_t n = w->panel->length[s], row = w->panel->row[s], season = (size_t)w->panel->season;
    if (season < 2 || n < 2 * season || n < TAIL_LEAST) return SKUA_OK;
    double *y = scratch, *seasonal = scratch + n, *trend = scratch + 2 * n, *rest = scratch + 3 * n;
    for (size_t i = 0; i < n; i++)
        y[i] = isnan(w->scaled[row + i]) ? w->trend[row + i] : w->scaled[row + i];
    for (size_t i = 0; i < n; i++) /* a hole wider than the median's window */
        if (isnan(y[i])) y[i] = i > 0 ? y[i - 1] : 0;
    skuai_stl_options options = {
        .period = season, .seasonal = 11, .robust = true, .outer = 3, .fast = true};
    SKUA_TRY(skuai_stl(y, n, &options, arena, seasonal, trend, NULL, err));
    for (size_t i = 0; i < n; i++)
        seasonal[i] = w->scaled[row + i] - seasonal[i] - trend[i];
    double deviation = MAD_TO_DEVIATION * skuai_median_deviation(seasonal, n, rest);
    if (!(deviation > 0.5 * w->deviation[s])) deviation = 0.5 * w->deviation[s];
    for (size_t i = 0; i < n; i++)
        w->out->z_stl[row + i] = seasonal[i] / deviation;
    return SKUA_OK;
}

/* -- Groups ----------------------------------------------------------------------------------- */

/* The residuals of all series of a group in one period, sorted by (group, period). */
typedef struct cell {
    size_t key; /* group * T + t */
    double z;
} cell;

/* Heap sort by key and z: no recursion, no extra memory. */
static bool cell_less(const cell *a, const cell *b) {
    return a->key != b->key ? a->key < b->key : a->z < b->z;
}

static void cell_sift(cell *cells, size_t at, size_t n) {
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && cell_less(&cells[child], &cells[child + 1])) child++;
        if (!cell_less(&cells[at], &cells[child])) return;
        cell t = cells[at];
        cells[at] = cells[child];
        cells[child] = t;
    }
}

static void cell_sort(cell *cells, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        cell_sift(cells, i, n);
    for (size_t end = n; end-- > 1;) {
        cell t = cells[0];
        cells[0] = cells[end];
        cells[end] = t;
        cell_sift(cells, 0, end);
    }
}

typedef struct span {
    double low, high; /* what most of a group's series show in a period */
} span;

static double rest_of(const work *w, size_t s, size_t r) {
    return (w->scaled[r] - w->trend[r] - w->explained[r]) / w->deviation[s];
}

static size_t group_of(const skuai_panel *panel, size_t category, size_t s) {
    if (category == SIZE_MAX) return 0;
    int32_t code = panel->statics[category].codes[panel->base[s]];
    return code < 0 ? panel->statics[category].n_levels : (size_t)code;
}

/* The panel's time line and groups. */
typedef struct frame {
    size_t category, groups, periods;
    int64_t first;
} frame;

static frame make_frame(const skuai_panel *panel, size_t category) {
    int64_t first = INT64_MAX, end = INT64_MIN;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->start[s] < first) first = panel->start[s];
        if (skuai_panel_end(panel, s) > end) end = skuai_panel_end(panel, s);
    }
    return (frame){category, category == SIZE_MAX ? 1 : panel->statics[category].n_levels + 1,
                   panel->n_series ? (size_t)(end - first) : 0, first};
}

/* First cell of series s in an array [groups, periods]. */
static size_t frame_base(const frame *f, const skuai_panel *panel, size_t s) {
    return group_of(panel, f->category, s) * f->periods + (size_t)(panel->start[s] - f->first);
}

/* Cells of at most about SAMPLE_MOST series a group, evenly spread: enough for quantiles.
 * count [groups] scratch, zero. cells NULL: their number alone. */
static size_t fill_cells(const work *w, const frame *f, size_t *count, cell *cells) {
    const skuai_panel *panel = w->panel;
    size_t n = 0, step = panel->n_series / (f->groups * SAMPLE_MOST) + 1;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (count[group_of(panel, f->category, s)]++ % step != 0) continue;
        size_t base = frame_base(f, panel, s);
        for (size_t i = 0; i < panel->length[s]; i++) {
            double z = rest_of(w, s, panel->row[s] + i);
            if (isnan(z)) continue;
            if (cells) cells[n] = (cell){base + i, z};
            n++;
        }
    }
    return n;
}

static void find_spans(const cell *cells, size_t n, span *spans) {
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && cells[j].key == cells[i].key;)
            j++;
        if (j - i < GROUP_LEAST) continue;
        double low = cells[i + (size_t)((1 - GROUP_SHARE) * (double)(j - i))].z;
        double high = cells[i + (size_t)(GROUP_SHARE * (double)(j - i - 1))].z;
        /* A quiet period's quantiles are noise of the series, not a movement of the group. */
        spans[cells[i].key] = (span){low < -1.5 ? low : 0, high > 1.5 ? high : 0};
    }
}

static void apply_spans(work *w, const frame *f, const span *spans) {
    const skuai_panel *panel = w->panel;
    for (size_t s = 0; s < panel->n_series; s++) {
        size_t base = frame_base(f, panel, s);
        for (size_t i = 0; i < panel->length[s]; i++) {
            size_t r = panel->row[s] + i;
            double z = rest_of(w, s, r);
            span g = spans[base + i];
            double part = z > 0 ? fmin(z, g.high) : fmax(z, g.low);
            w->explained[r] += (isnan(z) ? 0 : part) * w->deviation[s];
            w->out->z[r] = rest_of(w, s, r);
            w->out->center[r] = from_scale(w, w->trend[r] + w->explained[r]);
        }
    }
}

static skua_status explain_groups(work *w, size_t category, skua_error *err) {
    frame f = make_frame(w->panel, category);
    size_t n_spans, n;
    if (!skuai_size_mul(f.groups, f.periods, &n_spans))
        return skuai_error_set(err, SKUA_ELIMIT, "outliers: %zu groups", f.groups);
    size_t *count = skuai_zero(2 * f.groups, sizeof *count);
    span *spans = skuai_zero(n_spans, sizeof *spans);
    cell *cells = NULL;
    skua_status status = count && spans ? SKUA_OK : skuai_error_memory(err, "residuals of groups");
    if (status == SKUA_OK) {
        n = fill_cells(w, &f, count, NULL);
        cells = skuai_new(n, sizeof *cells);
        if (!cells) status = skuai_error_memory(err, "residuals of groups");
    }
    if (status == SKUA_OK) {
        (void)fill_cells(w, &f, count + f.groups, cells);
        cell_sort(cells, n);
        find_spans(cells, n, spans);
        apply_spans(w, &f, spans);
    }
    skuai_free(count);
    skuai_free(spans);
    skuai_free(cells);
    return status;
}

/* -- The panel -------------------------------------------------------------------------------- */

static void find_covariates(work *w) {
    static const char *const names[] = {"promotion", "deal", "feature", "discount_share"};
    size_t k = skuai_panel_dynamic_find(w->panel, "price");
    if (k != SIZE_MAX) w->price = &w->panel->dynamic[k];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        k = skuai_panel_dynamic_find(w->panel, names[i]);
        if (k != SIZE_MAX) w->flags[w->n_flags++] = &w->panel->dynamic[k];
    }
}

/* A return on a day without sales makes no demand negative: one value in a hundred may be. */
static bool mostly_positive(const skuai_panel *panel) {
    size_t observed = 0, negative = 0;
    for (size_t s = 0; s < panel->n_series && !panel->non_negative; s++)
        for (size_t i = 0; i < panel->length[s]; i++) {
            observed += !isnan(skuai_panel_target(panel, s)[i]) ? 1 : 0;
            negative += skuai_panel_target(panel, s)[i] < 0 ? 1 : 0;
        }
    return negative <= observed / 100;
}

/* One worker's memory. */
typedef struct bench {
    double *scratch; /* [7 longest + 64] */
    skuai_arena *arena;
} bench;

typedef struct shift {
    work *work;
    bench *benches; /* [threads] */
} shift;

static skua_status series_body(void *argument, size_t s, int worker, skua_error *err) {
    shift *all = argument;
    bench *b = &all->benches[worker];
    explain_series(all->work, s, b->scratch);
    neighbour_distance(all->work, s);
    return stl_series(all->work, s, b->scratch, b->arena, err);
}

static skua_status each_series(work *w, const skuai_context *context, size_t longest,
                               skua_error *err) {
    size_t threads = (size_t)skuai_context_threads(context);
    shift all = {w, skuai_zero(threads, sizeof(bench))};
    skua_status status = all.benches ? SKUA_OK : skuai_error_memory(err, "residuals");
    for (size_t k = 0; k < threads && status == SKUA_OK; k++) {
        all.benches[k].scratch = skuai_new(7 * longest + 64, sizeof(double));
        all.benches[k].arena = skuai_arena_new(0);
        if (!all.benches[k].scratch || !all.benches[k].arena)
            status = skuai_error_memory(err, "residuals");
    }
    if (status == SKUA_OK)
        status =
            skuai_parallel_for(context, "residuals", w->panel->n_series, series_body, &all, err);
    for (size_t k = 0; k < threads && all.benches; k++) {
        skuai_free(all.benches[k].scratch);
        skuai_arena_free(all.benches[k].arena);
    }
    skuai_free(all.benches);
    return status;
}

skua_status skuai_residuals_make(const skuai_panel *panel, const char *group,
                                 const skuai_context *context, skuai_residuals *result,
                                 skua_error *err) {
    size_t category = group ? skuai_panel_static_find(panel, group) : SIZE_MAX;
    if (group && (category == SIZE_MAX || !panel->statics[category].codes))
        return skuai_error_set(err, SKUA_EINVAL, "outliers: the panel has no category '%s'", group);
    size_t rows = panel->n_rows, longest = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > longest) longest = panel->length[s];
    skuai_residuals out = {.n_rows = rows};
    double *block = skuai_new(4, rows * sizeof *block);
    double *inner = skuai_new(3 * rows + panel->n_series, sizeof *inner);
    skua_status status = SKUA_OK;
    if (!block || !inner) {
        skuai_free(block);
        status = skuai_error_memory(err, "residuals");
        goto out;
    }
    out.center = block;
    out.z = block + rows;
    out.z_stl = block + 2 * rows;
    out.stand = block + 3 * rows;
    for (size_t i = 0; i < 4 * rows; i++)
        block[i] = NAN;
    work w = {.panel = panel,
              .out = &out,
              .scaled = inner,
              .trend = inner + rows,
              .explained = inner + 2 * rows,
              .deviation = inner + 3 * rows};
    find_covariates(&w);
    w.roots = mostly_positive(panel);
    status = each_series(&w, context, longest, err);
    if (status == SKUA_OK) status = explain_groups(&w, category, err);
    if (status == SKUA_OK)
        *result = out;
    else
        skuai_residuals_clear(&out);
out:
    skuai_free(inner);
    return status;
}

void skuai_residuals_clear(skuai_residuals *result) {
    skuai_free(result->center); /* one block holds all four */
    *result = (skuai_residuals){0};
}
