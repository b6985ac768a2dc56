#include "cause/pcmci_work.h"

#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

enum { KNOTS = SKUAI_SPLINE_WIDTH + 1 };

#define NOTHING_LEFT 1e-9 /* variance of a standardised column beyond those before it */

/* Five knots stand at these quantiles: [Harrell 2015, Regression Modeling Strategies, table 2.3].
 */
static const double places[KNOTS] = {0.05, 0.275, 0.5, 0.725, 0.95};

static double cube(double x) {
    return x > 0 ? x * x * x : 0;
}

/* The k-th truncated cubic over the last knot: linear beyond both ends after differences [Hastie,
 * Tibshirani & Friedman 2009, The Elements of Statistical Learning, equation 5.5]. */
static double truncated(const double *knots, size_t k, double x) {
    double last = knots[KNOTS - 1];
    return (cube(x - knots[k]) - cube(x - last)) / (last - knots[k]);
}

/* Standardised values and their knots; a knot that falls on another is moved apart by what makes
 * its column empty, not infinite. */
static void find_knots(const double *x, size_t n, double *sorted, double *mean, double *scale,
                       double *knots) {
    size_t m = 0;
    double sum = 0, square = 0;
    for (size_t t = 0; t < n; t++)
        if (isfinite(x[t])) sum += x[t], sorted[m++] = x[t];
    *mean = m ? sum / (double)m : 0;
    for (size_t i = 0; i < m; i++)
        square += (sorted[i] - *mean) * (sorted[i] - *mean);
    *scale = square > 0 ? sqrt(square / (double)m) : 1;
    for (size_t i = 0; i < m; i++)
        sorted[i] = (sorted[i] - *mean) / *scale;
    skuai_sort(sorted, m);
    for (size_t k = 0; k < KNOTS; k++) {
        knots[k] = m ? skuai_quantile_sorted(sorted, m, places[k]) : (double)k;
        if (k > 0 && knots[k] < knots[k - 1] + 1e-6) knots[k] = knots[k - 1] + 1e-6;
    }
}

skua_status skuai_pcmci_spline_series(const double *const *series, size_t n, size_t length,
                                      skuai_arena *arena, const double ***out, skua_error *err) {
    size_t width = SKUAI_SPLINE_WIDTH;
    const double **columns = skuai_arena_take(arena, n * width, sizeof *columns);
    double *values = skuai_arena_take(arena, n * width * length, sizeof *values);
    double *sorted = skuai_arena_take(arena, length + 1, sizeof *sorted);
    if (!columns || !values || !sorted) return skuai_error_memory(err, "splines");
    for (size_t i = 0; i < n; i++) {
        double mean, scale, knots[KNOTS];
        find_knots(series[i], length, sorted, &mean, &scale, knots);
        for (size_t b = 0; b < width; b++) {
            double *to = values + (i * width + b) * length;
            columns[i * width + b] = to;
            for (size_t t = 0; t < length; t++) {
                double x = (series[i][t] - mean) / scale;
                to[t] = b == 0 ? x : truncated(knots, b - 1, x) - truncated(knots, KNOTS - 2, x);
            }
        }
    }
    *out = columns;
    return SKUA_OK;
}

static size_t column_of(const pcmci *m, node at, size_t b) {
    return (at.variable * SKUAI_SPLINE_WIDTH + b) * m->width + at.lag;
}

/* The growing factor of the correlations of the columns that were kept. */
typedef struct border {
    const pcmci *m;
    double *l;       /* rows of the factor */
    size_t *columns; /* that were kept */
    size_t kept, stride;
} border;

/* Row of column c beside the kept ones into l; what is left of its variance. */
static double row_of(border *b, size_t c) {
    double *row = b->l + b->kept * b->stride, rest = 1;
    for (size_t j = 0; j < b->kept; j++) {
        double sum = b->m->correlation[c * b->m->columns + b->columns[j]];
        const double *other = b->l + j * b->stride;
        for (size_t q = 0; q < j; q++)
            sum -= row[q] * other[q];
        row[j] = sum / other[j];
        rest -= row[j] * row[j];
    }
    return rest;
}

static void keep(border *b, size_t c) {
    double rest = row_of(b, c);
    if (!(rest > NOTHING_LEFT)) return;
    b->l[b->kept * b->stride + b->kept] = sqrt(rest);
    b->columns[b->kept++] = c;
}

double skuai_pcmci_spline(pcmci *m, node x, node y, const node *z, size_t n, double *p) {
    size_t side = m->columns + 2;
    border b = {.m = m,
                .l = m->work,
                .columns = (size_t *)(void *)(m->work + side * side),
                .stride = (n + 1) * SKUAI_SPLINE_WIDTH + 1};
    m->n_tests++;
    *p = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < SKUAI_SPLINE_WIDTH; k++)
            keep(&b, column_of(m, z[i], k));
    size_t given = b.kept;
    for (size_t k = 0; k < SKUAI_SPLINE_WIDTH; k++)
        keep(&b, column_of(m, x, k));
    size_t added = b.kept - given;
    double df = (double)m->rows - 1 - (double)b.kept, before = 1;
    double after = row_of(&b, column_of(m, y, 0));
    const double *row = b.l + b.kept * b.stride;
    for (size_t j = 0; j < given; j++)
        before -= row[j] * row[j];
    if (added == 0 || !(before > NOTHING_LEFT)) return (double)NAN;
    if (df < 1) return 0;
    double left = after > 0 ? after / before : 0;
    if (left > 1) left = 1;
    /* F = ((1 - left) / added) / (left / df): its upper tail is the beta law's lower at `left` */
    *p = skuai_beta_cdf(left, df / 2, (double)added / 2);
    double size = sqrt(1 - left);
    return row[given] < 0 ? -size : size; /* the sign of the line through it */
}
