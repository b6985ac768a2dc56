#include "cause/distance_test.h"

#include "core/random.h"
#include "math/distribution.h"
#include "math/linear.h"

#include <math.h>
#include <string.h>

enum { FEATURES = 48, PENALTIES = 5, COLUMNS_MOST = 1 + SKUAI_DISTANCE_CONDITIONS + FEATURES };

struct skuai_distance_test {
    size_t n, conditions_most;
    double *design;         /* [n, columns] row-major */
    double *gram, *factor;  /* [columns, columns] */
    double *right, *answer; /* [columns] */
    double *left[2];        /* [n] what is left of x and y */
    double *sums[2];        /* [n] of distances by row */
    double *z;              /* [conditions_most, n] standardised */
};

skua_status skuai_distance_test_new(size_t n, size_t conditions_most, skuai_distance_test **out,
                                    skua_error *err) {
    skuai_distance_test *t = skuai_zero(1, sizeof *t);
    if (conditions_most > SKUAI_DISTANCE_CONDITIONS) conditions_most = SKUAI_DISTANCE_CONDITIONS;
    size_t columns = 1 + conditions_most + FEATURES;
    if (!t) return skuai_error_memory(err, "a test");
    t->n = n;
    t->conditions_most = conditions_most;
    t->design =
        skuai_new(n * columns + 2 * columns * columns + 2 * columns + 4 * n + conditions_most * n,
                  sizeof *t->design);
    if (!t->design) {
        skuai_free(t);
        return skuai_error_memory(err, "a test");
    }
    t->gram = t->design + n * columns;
    t->factor = t->gram + columns * columns;
    t->right = t->factor + columns * columns;
    t->answer = t->right + columns;
    t->left[0] = t->answer + columns;
    t->left[1] = t->left[0] + n;
    t->sums[0] = t->left[1] + n;
    t->sums[1] = t->sums[0] + n;
    t->z = t->sums[1] + n;
    *out = t;
    return SKUA_OK;
}

void skuai_distance_test_free(skuai_distance_test *t) {
    if (!t) return;
    skuai_free(t->design);
    skuai_free(t);
}

/* to = from less its mean over its deviation; false: it never moves. */
static bool standardise(const double *from, size_t n, double *to) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        mean += from[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (from[i] - mean) * (from[i] - mean) / (double)n;
    bool moves = square > 1e-24 * (1 + mean * mean);
    for (size_t i = 0; i < n; i++)
        to[i] = moves ? (from[i] - mean) / sqrt(square) : 0;
    return moves;
}

/* -- Regression on the conditions ---------------------------------------------------------------
 */

/* The design: 1, conditions, cosines of random directions at a bandwidth that grows with the root
 * of their number, as distances do. Columns but the first less their mean. */
static size_t make_design(skuai_distance_test *t, const double *const *z, size_t n_z,
                          uint64_t seed) {
    size_t n = t->n, p = 0, columns;
    skuai_random random;
    skuai_random_init(&random, seed);
    for (size_t k = 0; k < n_z && k < t->conditions_most; k++)
        if (standardise(z[k], n, t->z + p * n)) p++;
    columns = 1 + p + (p ? FEATURES : 0);
    for (size_t i = 0; i < n; i++) {
        t->design[i * columns] = 1;
        for (size_t k = 0; k < p; k++)
            t->design[i * columns + 1 + k] = t->z[k * n + i];
    }
    for (size_t f = 0; f < (p ? (size_t)FEATURES : 0); f++) {
        double shift = 6.283185307179586 * skuai_random_uniform(&random), mean = 0;
        size_t c = 1 + p + f;
        for (size_t i = 0; i < n; i++)
            t->design[i * columns + c] = shift;
        for (size_t k = 0; k < p; k++) {
            double w = skuai_random_normal(&random) / sqrt((double)p);
            for (size_t i = 0; i < n; i++)
                t->design[i * columns + c] += w * t->z[k * n + i];
        }
        for (size_t i = 0; i < n; i++) {
            double x = cos(t->design[i * columns + c]);
            t->design[i * columns + c] = x;
            mean += x / (double)n;
        }
        for (size_t i = 0; i < n; i++)
            t->design[i * columns + c] -= mean;
    }
    skuai_matrix_gram(t->design, n, columns, t->gram);
    return columns;
}

/* Residuals of y by the penalty with the least generalised cross-validation
 * n RSS / (n - freedom)^2, freedom = columns - penalty trace((gram + penalty)^-1). */
static void regress(skuai_distance_test *t, const double *y, size_t columns, double *left) {
    static const double penalties[PENALTIES] = {1e-4, 1e-3, 1e-2, 0.1, 1};
    size_t n = t->n;
    double least = INFINITY;
    memset(t->right, 0, columns * sizeof *t->right);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < columns; k++)
            t->right[k] += t->design[i * columns + k] * y[i];
    double whole = skuai_dot(y, y, n);
    memcpy(left, y, n * sizeof *left);
    double best[COLUMNS_MOST];
    for (int q = 0; q < PENALTIES; q++) {
        double penalty = penalties[q] * (double)n, trace = 0, fitted, explained = 0;
        skua_error none;
        memcpy(t->factor, t->gram, columns * columns * sizeof *t->factor);
        for (size_t k = 1; k < columns; k++)
            t->factor[k * columns + k] += penalty;
        if (skuai_cholesky(t->factor, columns, &none) != SKUA_OK) continue;
        memcpy(t->answer, t->right, columns * sizeof *t->answer);
        skuai_cholesky_solve(t->factor, columns, t->answer);
        for (size_t a = 0; a < columns; a++) {
            explained += 2 * t->answer[a] * t->right[a];
            explained -= t->answer[a] * skuai_dot(t->gram + a * columns, t->answer, columns);
        }
        for (size_t a = 0; a < columns; a++) { /* trace of the inverse: columns of l^-1 squared */
            double column[COLUMNS_MOST];
            for (size_t b = a; b < columns; b++) {
                double sum = a == b;
                for (size_t c = a; c < b; c++)
                    sum -= t->factor[b * columns + c] * column[c];
                column[b] = sum / t->factor[b * columns + b];
                if (a > 0) trace += column[b] * column[b];
            }
        }
        fitted = (double)n - ((double)columns - penalty * trace);
        double score = (whole - explained) / (fitted * fitted);
        if (score < least) {
            least = score;
            memcpy(best, t->answer, columns * sizeof *best);
        }
    }
    for (size_t i = 0; i < n && least < INFINITY; i++)
        left[i] = y[i] - skuai_dot(t->design + i * columns, best, columns);
}

/* -- Distance correlation -----------------------------------------------------------------------
 */

/* Sums of |x_i - x_j| over j into sums [n]; their total. */
static double row_sums(const double *x, size_t n, double *sums) {
    double total = 0;
    memset(sums, 0, n * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double d = fabs(x[i] - x[j]);
            sums[i] += d;
            sums[j] += d;
            total += 2 * d;
        }
    return total;
}

/* Inner products of U-centred distances [1, equation 3.2]: xy, xx, yy. */
double skuai_distance_correlation(skuai_distance_test *t, const double *x, const double *y) {
    size_t n = t->n;
    double m = (double)n, all[2] = {row_sums(x, n, t->sums[0]), row_sums(y, n, t->sums[1])};
    double xy = 0, xx = 0, yy = 0, cx = all[0] / ((m - 1) * (m - 2)),
           cy = all[1] / ((m - 1) * (m - 2));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double a = fabs(x[i] - x[j]) - (t->sums[0][i] + t->sums[0][j]) / (m - 2) + cx;
            double b = fabs(y[i] - y[j]) - (t->sums[1][i] + t->sums[1][j]) / (m - 2) + cy;
            xy += a * b;
            xx += a * a;
            yy += b * b;
        }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}

double skuai_distance_test_run(skuai_distance_test *t, const double *x, const double *y,
                               const double *const *z, size_t n_z, uint64_t seed, double *p) {
    size_t n = t->n, columns = make_design(t, z, n_z, seed);
    const double *both[2] = {x, y};
    *p = 1;
    for (int k = 0; k < 2; k++) {
        double *scaled = t->sums[k], rest = 0;
        if (!standardise(both[k], n, scaled)) return (double)NAN;
        regress(t, scaled, columns, t->left[k]);
        for (size_t i = 0; i < n; i++)
            rest += t->left[k][i] * t->left[k][i] / (double)n;
        if (!(rest > 1e-12)) return (double)NAN;
    }
    double r = skuai_distance_correlation(t, t->left[0], t->left[1]);
    if (isnan(r)) return r;
    /* n r + 1 is below chi-square of one degree in the upper tail [2]: P(N^2 > s) = 2 Phi(-root) */
    double s = (double)n * r + 1;
    *p = s > 0 ? 2 * skuai_normal_cdf(-sqrt(s)) : 1;
    return r > 0 ? sqrt(r) : -sqrt(-r);
}
