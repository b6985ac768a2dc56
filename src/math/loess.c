#include "math/loess.h"

#include <math.h>
#include <string.h>

/* Rows of wider neighbourhoods are computed anew each time: kept, they would fill the memory. */
enum { SPAN_KEPT = 1024 };

static inline double square(double x) {
    return x * x;
}
static inline double cube(double x) {
    return x * x * x;
}

skua_status skuai_loess_init(skuai_loess *loess, size_t n, size_t window, int degree, size_t jump,
                             skuai_arena *arena, skua_error *err) {
    if (n == 0 || window == 0 || jump == 0 || degree < 0 || degree > 1)
        return skuai_error_set(err, SKUA_EINVAL, "loess: n %zu, window %zu, jump %zu, degree %d", n,
                               window, jump, degree);
    window |= 1;
    size_t span = window < n ? window : n;
    double **rows = skuai_arena_take_zero(arena, span / 2 + 2, sizeof *rows);
    double *spare = skuai_arena_take(arena, 2 * span, sizeof *spare);
    double *moments = skuai_arena_take(arena, 6 * n, sizeof *moments);
    if (!rows || !spare || !moments) return skuai_error_memory(err, "smoothing");
    *loess = (skuai_loess){n, window, span, jump, degree, rows, spare, moments, arena};
    return SKUA_OK;
}

/* Tricube weights, unnormalised, of neighbours 0 .. span-1 for a fit at `place` (which may lie
 * outside of them), then the filter: the coefficients of the unweighted fit. False: no weight. */
static bool fill_row(const skuai_loess *loess, ptrdiff_t place, double *kernel, double *filter) {
    ptrdiff_t span = (ptrdiff_t)loess->span;
    ptrdiff_t reach = place > span - 1 - place ? place : span - 1 - place;
    double radius = (double)reach;
    if (loess->window > loess->n) radius += floor((double)(loess->window - loess->n) / 2);
    double total = 0, mean = 0, spread = 0;
    for (ptrdiff_t j = 0; j < span; j++) {
        double r = fabs((double)(j - place));
        kernel[j] = r > 0.999 * radius ? 0 : r <= 0.001 * radius ? 1 : cube(1 - cube(r / radius));
        total += kernel[j];
    }
    if (!(total > 0)) return false;
    for (ptrdiff_t j = 0; j < span; j++) {
        filter[j] = kernel[j] / total;
        mean += filter[j] * (double)(j - place);
    }
    if (loess->degree == 0 || !(radius > 0)) return true;
    for (ptrdiff_t j = 0; j < span; j++)
        spread += filter[j] * square((double)(j - place) - mean);
    if (!(sqrt(spread) > 0.001 * (double)(loess->n - 1))) return true;
    for (ptrdiff_t j = 0; j < span; j++)
        filter[j] *= 1 - mean / spread * ((double)(j - place) - mean);
    return true;
}

/* The row for a place of -1 .. span/2; NULL when no neighbour has weight. */
static const double *get_row(skuai_loess *loess, ptrdiff_t place) {
    bool listed = place >= -1;
    double **slot = &loess->rows[listed ? place + 1 : 0];
    if (listed && *slot != NULL) return *slot;
    double *row = NULL;
    if (listed && loess->span <= SPAN_KEPT)
        row = skuai_arena_take(loess->arena, 2 * loess->span, sizeof *row);
    bool keep = row != NULL;
    if (!row) row = loess->spare; /* out of memory only costs time */
    if (!fill_row(loess, place, row, row + loess->span)) return NULL;
    if (keep) *slot = row;
    return row;
}

static double dot(const double *a, const double *b, size_t n, ptrdiff_t step) {
    double s[4] = {0, 0, 0, 0};
    size_t i = 0;
    if (step == 1) {
        for (; i + 4 <= n; i += 4)
            for (size_t l = 0; l < 4; l++)
                s[l] += a[i + l] * b[i + l];
    } else {
        for (; i + 4 <= n; i += 4, b -= 4)
            for (ptrdiff_t l = 0; l < 4; l++)
                s[l] += a[i + (size_t)l] * b[-l];
        for (; i < n; i++, b--)
            s[0] += a[i] * *b;
    }
    for (; i < n; i++)
        s[0] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

/* The local line through weighted moments about the fitted point: sums of w, w d, w d^2, w y and
 * w d y over distances d. */
static double fit_moments(const skuai_loess *loess, double w, double wd, double wdd, double wy,
                          double wdy) {
    if (!(w > 0)) return NAN;
    double mean = wd / w, level = wy / w;
    if (loess->degree == 0) return level;
    double spread = wdd / w - mean * mean;
    if (!(spread > 0 && sqrt(spread) > 0.001 * (double)(loess->n - 1))) return level;
    return level - mean / spread * (wdy / w - mean * level);
}

/* The fit at `place` of the neighbourhood that starts at point `start`; NaN when there is none.
 * Places beyond the middle use the mirrored row. */
static double fit_at(skuai_loess *loess, const double *y, const double *weights, size_t start,
                     ptrdiff_t place) {
    size_t span = loess->span;
    bool mirrored = place > (ptrdiff_t)(span / 2);
    const double *row = get_row(loess, mirrored ? (ptrdiff_t)span - 1 - place : place);
    if (!row) return NAN;
    ptrdiff_t step = mirrored ? -1 : 1;
    const double *first = y + start + (mirrored ? span - 1 : 0);
    if (!weights) return dot(row + span, first, span, step);
    const double *weight = weights + start + (mirrored ? span - 1 : 0);
    double s[5] = {0, 0, 0, 0, 0};
    ptrdiff_t distance = mirrored ? place - (ptrdiff_t)span + 1 : -place;
    for (size_t j = 0; j < span; j++, first += step, weight += step, distance++) {
        double w = row[j] * *weight, d = (double)distance;
        s[0] += w;
        s[1] += w * d;
        s[2] += w * d * d;
        s[3] += w * *first;
        s[4] += w * d * *first;
    }
    return fit_moments(loess, s[0], s[1], s[2], s[3], s[4]);
}

/* out[t] = sum_j taps[j] x[t + j], t = 0 .. n-1: four taps a pass. */
static void convolve(const double *x, size_t n, const double *taps, size_t n_taps, double *out) {
    memset(out, 0, n * sizeof *out);
    size_t j = 0;
    for (; j + 4 <= n_taps; j += 4) {
        double a = taps[j], b = taps[j + 1], c = taps[j + 2], d = taps[j + 3];
        const double *from = x + j;
        for (size_t t = 0; t < n; t++)
            out[t] += (a * from[t] + b * from[t + 1]) + (c * from[t + 2] + d * from[t + 3]);
    }
    for (; j < n_taps; j++)
        for (size_t t = 0; t < n; t++)
            out[t] += taps[j] * x[t + j];
}

/* All fits whose neighbourhood is centred: points half .. n-1-half. */
static void smooth_interior(skuai_loess *loess, const double *y, const double *weights,
                            double *smooth) {
    size_t n = loess->n, span = loess->span, half = span / 2, count = n - span + 1;
    const double *row = get_row(loess, (ptrdiff_t)half);
    if (!weights) {
        convolve(y, count, row + span, span, smooth + half);
        return;
    }
    double *weighted = loess->moments, *w = weighted + n, *wd = w + n, *wdd = wd + n, *wy = wdd + n;
    double *wdy = wy + n, *taps = smooth; /* [span] free until the fits are written */
    for (size_t i = 0; i < n; i++)
        weighted[i] = weights[i] * y[i];
    convolve(weights, count, row, span, w);
    convolve(weighted, count, row, span, wy);
    for (size_t j = 0; j < span; j++)
        taps[j] = row[j] * ((double)j - (double)half);
    convolve(weights, count, taps, span, wd);
    convolve(weighted, count, taps, span, wdy);
    for (size_t j = 0; j < span; j++)
        taps[j] *= (double)j - (double)half;
    convolve(weights, count, taps, span, wdd);
    for (size_t t = 0; t < count; t++)
        smooth[half + t] = fit_moments(loess, w[t], wd[t], wdd[t], wy[t], wdy[t]);
}

/* Where the neighbourhood of point i starts. */
static size_t neighbours(const skuai_loess *loess, size_t i) {
    size_t half = loess->span / 2, last = loess->n - loess->span;
    size_t start = i > half ? i - half : 0;
    return start < last ? start : last;
}

static double or_value(double fit, double y) {
    return isnan(fit) ? y : fit;
}

static void smooth_all(skuai_loess *loess, const double *y, const double *weights, double *smooth) {
    size_t n = loess->n, half = loess->span / 2;
    size_t from = 0, to = 0; /* the points of smooth_interior */
    if (loess->span < n) {
        smooth_interior(loess, y, weights, smooth);
        from = half;
        to = n - half;
        for (size_t i = from; weights && i < to; i++)
            smooth[i] = or_value(smooth[i], y[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (i >= from && i < to) continue;
        size_t start = neighbours(loess, i);
        smooth[i] = or_value(fit_at(loess, y, weights, start, (ptrdiff_t)(i - start)), y[i]);
    }
}

static void draw_line(double *smooth, size_t from, size_t to) {
    double slope = (smooth[to] - smooth[from]) / (double)(to - from);
    for (size_t j = from + 1; j < to; j++)
        smooth[j] = smooth[from] + slope * (double)(j - from);
}

void skuai_loess_smooth(skuai_loess *loess, const double *y, const double *weights,
                        double *smooth) {
    size_t n = loess->n;
    if (n < 2) {
        smooth[0] = y[0];
        return;
    }
    size_t jump = loess->jump < n - 1 ? loess->jump : n - 1;
    if (jump == 1) {
        smooth_all(loess, y, weights, smooth);
        return;
    }
    size_t start = 0, last = 0;
    for (size_t i = 0; i < n; i += jump) {
        start = neighbours(loess, i);
        smooth[i] = or_value(fit_at(loess, y, weights, start, (ptrdiff_t)(i - start)), y[i]);
        if (i > 0) draw_line(smooth, last, i);
        last = i;
    }
    if (last == n - 1) return;
    /* [2]'s program fits the last point on the neighbours of the one before; so do its peers. */
    double fit = fit_at(loess, y, weights, start, (ptrdiff_t)(n - 1 - start));
    smooth[n - 1] = or_value(fit, y[n - 1]);
    draw_line(smooth, last, n - 1);
}

double skuai_loess_beyond(skuai_loess *loess, const double *y, const double *weights, bool before,
                          double otherwise) {
    size_t start = before ? 0 : loess->n - loess->span;
    ptrdiff_t place = before ? -1 : (ptrdiff_t)loess->span;
    return or_value(fit_at(loess, y, weights, start, place), otherwise);
}
