#include "encode/tag.h"

#include "math/linear.h"

#include <math.h>
#include <string.h>

static const double penalties[] = {1e-3, 1e-2, 1e-1, 1};
enum { PENALTIES = sizeof penalties / sizeof *penalties };

void skuai_tagger_clear(skuai_tagger *tagger) {
    skuai_free(tagger->weights);
    skuai_free(tagger->shift);
    skuai_free(tagger->mean);
    *tagger = (skuai_tagger){0};
}

static double length_of(const float *x, size_t n) {
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (double)x[i] * (double)x[i];
    return sqrt(squares);
}

/* to += x / |x|; false for a zero vector. */
static bool add_unit(const float *x, size_t n, double *to) {
    double length = length_of(x, n);
    if (!(length > 1e-12) || !isfinite(length)) return false;
    for (size_t i = 0; i < n; i++)
        to[i] += (double)x[i] / length;
    return true;
}

/* -- Centroids -------------------------------------------------------------------------------- */

static void fit_centroids(const float *names, const float *examples, const uint32_t *label_of,
                          size_t n, double *sums, skuai_tagger *t) {
    size_t w = t->width;
    memset(sums, 0, t->labels * w * sizeof *sums);
    for (size_t k = 0; names && k < t->labels; k++)
        (void)add_unit(names + k * w, w, sums + k * w);
    for (size_t i = 0; i < n; i++)
        (void)add_unit(examples + i * w, w, sums + label_of[i] * w);
    for (size_t k = 0; k < t->labels; k++) {
        double squares = 0;
        for (size_t j = 0; j < w; j++)
            squares += sums[k * w + j] * sums[k * w + j];
        double length = sqrt(squares);
        for (size_t j = 0; j < w; j++)
            t->weights[k * w + j] = length > 1e-12 ? (float)(sums[k * w + j] / length) : 0;
        if (!(length > 1e-12)) t->shift[k] = -2; /* nothing is known of it: never the nearest */
    }
}

/* -- Ridge ------------------------------------------------------------------------------------ */

typedef struct ridge {
    size_t n, w, labels;
    double *x;      /* [n, w] unit vectors, centred */
    double *gram;   /* [w, w] */
    double *factor; /* [w, w] */
    double *row;    /* [w] */
    double *cross;  /* [labels, w] */
    double *beta;   /* [labels, w] */
} ridge;

static void ridge_clear(ridge *r) {
    skuai_free(r->x);
    skuai_free(r->gram);
    skuai_free(r->factor);
    skuai_free(r->row);
    skuai_free(r->cross);
    skuai_free(r->beta);
}

static skua_status ridge_make(const float *examples, const uint32_t *label_of, skuai_tagger *t,
                              ridge *r, skua_error *err) {
    size_t n = r->n, w = r->w;
    r->x = skuai_zero(n * w, sizeof *r->x);
    r->gram = skuai_new(w * w, sizeof *r->gram);
    r->factor = skuai_new(w * w, sizeof *r->factor);
    r->row = skuai_zero(w, sizeof *r->row);
    r->cross = skuai_zero(r->labels * w, sizeof *r->cross);
    r->beta = skuai_new(r->labels * w, sizeof *r->beta);
    if (!r->x || !r->gram || !r->factor || !r->row || !r->cross || !r->beta)
        return skuai_error_memory(err, "labels from examples");
    for (size_t i = 0; i < n; i++)
        if (add_unit(examples + i * w, w, r->x + i * w))
            for (size_t j = 0; j < w; j++)
                r->row[j] += r->x[i * w + j] / (double)n;
    for (size_t j = 0; j < w; j++)
        t->mean[j] = (float)r->row[j];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < w; j++) {
            r->x[i * w + j] -= r->row[j];
            r->cross[label_of[i] * w + j] += r->x[i * w + j];
        }
    skuai_matrix_gram(r->x, n, w, r->gram);
    return SKUA_OK;
}

/* Coefficients of a penalty, and the mean squared leave-one-out error of all indicators:
 * e_i / (1 - h_ii), h_ii = 1/n + x_i' (G + penalty)^-1 x_i. */
static skua_status ridge_solve(ridge *r, const uint32_t *label_of, const float *shares,
                               double penalty, double *error, skua_error *err) {
    size_t w = r->w;
    memcpy(r->factor, r->gram, w * w * sizeof *r->factor);
    for (size_t j = 0; j < w; j++)
        r->factor[j * w + j] += penalty * (double)r->n / (double)w + 1e-9;
    SKUA_TRY(skuai_cholesky(r->factor, w, err));
    memcpy(r->beta, r->cross, r->labels * w * sizeof *r->beta);
    for (size_t k = 0; k < r->labels; k++)
        skuai_cholesky_solve(r->factor, w, r->beta + k * w);
    double sum = 0;
    for (size_t i = 0; i < r->n; i++) {
        const double *x = r->x + i * w;
        memcpy(r->row, x, w * sizeof *r->row);
        skuai_cholesky_solve(r->factor, w, r->row);
        double leverage = 1 / (double)r->n + skuai_dot(x, r->row, w), squares = 0;
        for (size_t k = 0; k < r->labels; k++) {
            double e = (k == label_of[i]) - (double)shares[k] - skuai_dot(x, r->beta + k * w, w);
            squares += e * e;
        }
        double rest = leverage < 0.999 ? 1 - leverage : 0.001;
        sum += squares / (rest * rest);
    }
    *error = sum / (double)r->n;
    return SKUA_OK;
}

static skua_status fit_ridge(const float *examples, const uint32_t *label_of, size_t n,
                             skuai_tagger *t, skua_error *err) {
    ridge r = {.n = n, .w = t->width, .labels = t->labels};
    double least = INFINITY;
    skua_status status = ridge_make(examples, label_of, t, &r, err);
    for (size_t i = 0; i < n; i++)
        t->shift[label_of[i]] += 1 / (float)n;
    for (size_t p = 0; status == SKUA_OK && p < PENALTIES; p++) {
        double error;
        status = ridge_solve(&r, label_of, t->shift, penalties[p], &error, err);
        if (status != SKUA_OK || !(error < least)) continue;
        least = error;
        for (size_t i = 0; i < t->labels * t->width; i++)
            t->weights[i] = (float)r.beta[i];
    }
    ridge_clear(&r);
    t->ridge = true;
    return status;
}

skua_status skuai_tagger_fit(const float *names, size_t labels, size_t width, const float *examples,
                             const uint32_t *label_of, size_t n, skuai_tagger *tagger,
                             skua_error *err) {
    if (labels == 0 || width == 0 || (!names && n == 0))
        return skuai_error_set(err, SKUA_EINVAL,
                               "labels need names that are known or examples: there are neither");
    skuai_tagger t = {.labels = labels, .width = width};
    t.weights = skuai_zero(labels * width, sizeof *t.weights);
    t.shift = skuai_zero(labels, sizeof *t.shift);
    t.mean = skuai_zero(width, sizeof *t.mean);
    double *sums = skuai_new(labels * width, sizeof *sums);
    skua_status status =
        t.weights && t.shift && t.mean && sums ? SKUA_OK : skuai_error_memory(err, "labels");
    if (status == SKUA_OK) {
        if (n >= SKUAI_TAG_RIDGE_FROM * labels)
            status = fit_ridge(examples, label_of, n, &t, err);
        else
            fit_centroids(names, examples, label_of, n, sums, &t);
    }
    skuai_free(sums);
    if (status == SKUA_OK)
        *tagger = t;
    else
        skuai_tagger_clear(&t);
    return status;
}

uint32_t skuai_tagger_label(const skuai_tagger *tagger, const float *vector, double *score) {
    double length = length_of(vector, tagger->width), largest = -INFINITY;
    uint32_t best = SKUAI_TAG_NONE;
    *score = 0;
    if (!(length > 1e-12) || !isfinite(length)) return SKUAI_TAG_NONE;
    for (size_t k = 0; k < tagger->labels; k++) {
        const float *w = tagger->weights + k * tagger->width;
        double value = (double)tagger->shift[k];
        for (size_t j = 0; j < tagger->width; j++)
            value += (double)w[j] * ((double)vector[j] / length - (double)tagger->mean[j]);
        if (value > largest) largest = value, best = (uint32_t)k;
    }
    *score = largest;
    return best;
}
