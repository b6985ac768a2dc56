/* Ridge regression of the effects on vectors and numbers; PRESS in closed form: the error of a row
 * left out is its residual over 1 - h, h the row's leverage (Allen 1974). That chooses the penalty.
 * What the trees see of a newborn comes from ten folds instead: the mean of all rows but one falls
 * as that one rises, so that trees would read the row's own effect from it. */
#include "tree/cold_items.h"

#include "math/linear.h"

#include <math.h>
#include <string.h>

/* Vectors count three deviations of a number: they hold more. */
enum { VECTOR_SCALE = 3, FOLDS = 10 };

static const double penalties[] = {3, 10, 30, 100, 300, 1000, 3000};

/* Row i as the ridge sees it: x [n_columns]. */
static void design(const skuai_cold_items *c, const skuai_cold_looks *l, size_t i, double *x) {
    for (size_t k = 0; k < c->schema.width; k++) {
        double v = (double)l->vectors[i * c->schema.width + k];
        x[k] = isnan(v) ? 0 : VECTOR_SCALE * v - c->middle[k];
    }
    for (size_t k = 0; k < c->schema.n_numbers; k++) {
        size_t at = c->schema.width + k;
        double v = (l->numbers[i * c->schema.n_numbers + k] - c->middle[at]) * c->scale[at];
        x[at] = isnan(v) ? 0 : v > 3 ? 3 : v < -3 ? -3 : v;
    }
}

/* Weighted means of all columns, and one over the deviation of the numbers. */
static void standardise(skuai_cold_items *c, const double *weight) {
    for (size_t k = 0; k < c->n_columns; k++) {
        bool vector = k < c->schema.width;
        double sum = 0, square = 0, n = 0;
        for (size_t i = 0; i < c->n; i++) {
            double v = vector ? VECTOR_SCALE * (double)c->looks.vectors[i * c->schema.width + k]
                              : c->looks.numbers[i * c->schema.n_numbers + k - c->schema.width];
            if (!isnan(v)) sum += weight[i] * v, square += weight[i] * v * v, n += weight[i];
        }
        double mean = n > 0 ? sum / n : 0, variance = n > 0 ? square / n - mean * mean : 0;
        c->middle[k] = mean;
        c->scale[k] = variance > 1e-12 * (1 + mean * mean) ? 1 / sqrt(variance) : 0;
    }
}

/* Solve for one penalty: slope, and the weighted error of each row without itself. l [K, K], v [K]
 * scratch. */
static skua_status solve(skuai_cold_items *c, const double *weight, const double *x,
                         const double *gram, const double *right, double penalty, double *l,
                         double *v, double *error, skua_error *err) {
    size_t K = c->n_columns;
    double total = 0;
    memcpy(l, gram, K * K * sizeof *l);
    for (size_t k = 0; k < K; k++)
        l[k * K + k] += penalty;
    SKUA_TRY(skuai_cholesky(l, K, err));
    memcpy(c->slope, right, K * sizeof *right);
    skuai_cholesky_solve(l, K, c->slope);
    for (size_t i = 0; i < c->n; i++)
        total += weight[i];
    *error = 0;
    for (size_t i = 0; i < c->n; i++) {
        const double *row = x + i * K;
        double leverage = 1 / total;
        for (size_t k = 0; k < K; k++) { /* v = L^-1 row */
            v[k] = (row[k] - skuai_dot(l + k * K, v, k)) / l[k * K + k];
            leverage += v[k] * v[k];
        }
        leverage *= weight[i];
        double residual = c->effect[i] - c->intercept - skuai_dot(row, c->slope, K);
        double left_out = residual / (1 - (leverage < 0.99 ? leverage : 0.99));
        *error += weight[i] * left_out * left_out;
    }
    return SKUA_OK;
}

/* Add a row, times a factor, to the lower triangle of a Gram matrix and to its right side. */
static void add_row(size_t K, const double *row, double factor, double y, double *gram,
                    double *right) {
    for (size_t k = 0; k < K; k++) {
        double scaled = factor * row[k];
        right[k] += scaled * y;
        for (size_t j = 0; j <= k && scaled != 0; j++)
            gram[k * K + j] += scaled * row[j];
    }
}

/* What the ridge tells of each newborn without the tenth of the items that it belongs to. */
static skua_status tell(skuai_cold_items *c, const double *weight, const double *x,
                        const double *gram, const double *right, double *l, double *v,
                        skua_error *err) {
    size_t K = c->n_columns;
    for (unsigned fold = 0; fold < FOLDS; fold++) {
        double total = 0, sum = 0;
        memcpy(l, gram, K * K * sizeof *l);
        memcpy(v, right, K * sizeof *v);
        for (size_t k = 0; k < K; k++)
            l[k * K + k] += c->penalty;
        for (size_t i = 0; i < c->n; i++) {
            bool out = skuai_cold_part(c, i, FOLDS) == fold;
            total += out ? 0 : weight[i];
            sum += out ? 0 : weight[i] * c->effect[i];
            if (out) add_row(K, x + i * K, -weight[i], c->effect[i] - c->intercept, l, v);
        }
        SKUA_TRY(skuai_cholesky(l, K, err));
        skuai_cholesky_solve(l, K, v);
        for (size_t i = 0; i < c->n; i++)
            if (skuai_cold_part(c, i, FOLDS) == fold)
                c->told[i] = (total > 0 ? sum / total : 0) + skuai_dot(x + i * K, v, K);
    }
    return SKUA_OK;
}

static skua_status choose(skuai_cold_items *c, const double *weight, double *x, double *gram,
                          double *scratch, skua_error *err) {
    size_t K = c->n_columns;
    double total = 0, least = (double)INFINITY, *right = scratch, *v = right + K, *l = v + K;
    double error;
    for (size_t i = 0; i < c->n; i++) {
        total += weight[i];
        c->intercept += weight[i] * c->effect[i];
    }
    c->intercept = total > 0 ? c->intercept / total : 0;
    memset(right, 0, K * sizeof *right);
    for (size_t i = 0; i < c->n; i++) {
        design(c, &c->looks, i, x + i * K);
        add_row(K, x + i * K, weight[i], c->effect[i] - c->intercept, gram, right);
    }
    for (size_t q = 0; q < sizeof penalties / sizeof *penalties; q++) {
        SKUA_TRY(solve(c, weight, x, gram, right, penalties[q], l, v, &error, err));
        if (!(error < least)) continue;
        least = error;
        c->penalty = penalties[q];
    }
    SKUA_TRY(solve(c, weight, x, gram, right, c->penalty, l, v, &error, err));
    return tell(c, weight, x, gram, right, l, v, err);
}

skua_status skuai_cold_ridge(skuai_cold_items *items, const double *weight, skua_error *err) {
    skuai_cold_items *c = items;
    size_t K = c->n_columns;
    c->slope = skuai_arena_take_zero(c->arena, 3 * K, sizeof *c->slope);
    c->told = skuai_arena_take_zero(c->arena, c->n, sizeof *c->told);
    if (!c->slope || !c->told) return skuai_error_memory(err, "a cold start");
    c->middle = c->slope + K;
    c->scale = c->middle + K;
    c->penalty = penalties[0];
    standardise(c, weight);
    double *x = skuai_new(c->n * K, sizeof *x), *gram = skuai_zero(K * K, sizeof *gram);
    double *scratch = skuai_new(2 * K + K * K, sizeof *scratch);
    skua_status status = x && gram && scratch ? choose(c, weight, x, gram, scratch, err)
                                              : skuai_error_memory(err, "a cold start");
    skuai_free(x);
    skuai_free(gram);
    skuai_free(scratch);
    return status;
}

double skuai_cold_told(const skuai_cold_items *items, const skuai_cold_looks *looks, size_t i) {
    double sum = items->intercept;
    for (size_t k = 0; k < items->schema.width; k++) {
        double v = (double)looks->vectors[i * items->schema.width + k];
        if (!isnan(v)) sum += items->slope[k] * (VECTOR_SCALE * v - items->middle[k]);
    }
    for (size_t k = 0; k < items->schema.n_numbers; k++) {
        size_t at = items->schema.width + k;
        double v = (looks->numbers[i * items->schema.n_numbers + k] - items->middle[at]) *
                   items->scale[at];
        if (!isnan(v)) sum += items->slope[at] * (v > 3 ? 3 : v < -3 ? -3 : v);
    }
    return sum;
}
