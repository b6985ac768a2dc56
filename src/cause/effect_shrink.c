#include "cause/effect_shrink.h"

#include "math/linear.h"

#include <math.h>
#include <string.h>

enum { K = SKUAI_SHRINK_WIDTH, LEVELS_MOST = 150 };

typedef struct level {
    const int32_t *code; /* [n], NULL: not used */
    size_t n, first;     /* groups, index of the first effect block */
    double *sigma;       /* [k, k] */
} level;

typedef struct work {
    skuai_shrink *s;
    level levels[2];
    size_t blocks;      /* 1 + groups */
    double *precision;  /* [blocks k, blocks k], then its Cholesky factor */
    double *inverse;    /* likewise */
    double *effects;    /* [blocks k] */
    double *weight;     /* [n, k, k]: (V + own)^-1 */
    size_t (*place)[3]; /* [n] blocks that item i is made of */
    size_t *n_place;
} work;

static skua_status invert(const double *a, size_t k, double *inverse, skua_error *err) {
    double l[K * K];
    memcpy(l, a, k * k * sizeof *l);
    SKUA_TRY(skuai_cholesky(l, k, err));
    skuai_cholesky_inverse(l, k, inverse);
    return SKUA_OK;
}

static void product(const double *a, const double *b, size_t k, double *c) {
    skuai_matrix_product(a, b, k, k, k, c);
}

/* Levels that hold at least two groups, most frequent codes first come; too many: not used. */
static void count_levels(work *w) {
    const int32_t *codes[2] = {w->s->category, w->s->brand};
    double *sigmas[2] = {w->s->by_category, w->s->by_brand};
    w->blocks = 1;
    for (size_t l = 0; l < 2; l++) {
        int32_t most = -1, least = INT32_MAX;
        for (size_t i = 0; codes[l] && i < w->s->n; i++) {
            if (codes[l][i] > most) most = codes[l][i];
            if (codes[l][i] >= 0 && codes[l][i] < least) least = codes[l][i];
        }
        if (most < 0 || most == least || most >= LEVELS_MOST) continue;
        w->levels[l] = (level){codes[l], (size_t)most + 1, w->blocks, sigmas[l]};
        w->blocks += (size_t)most + 1;
    }
    for (size_t i = 0; i < w->s->n; i++) {
        w->place[i][0] = 0;
        w->n_place[i] = 1;
        for (size_t l = 0; l < 2; l++)
            if (w->levels[l].code && w->levels[l].code[i] >= 0)
                w->place[i][w->n_place[i]++] = w->levels[l].first + (size_t)w->levels[l].code[i];
    }
}

/* A start: the spread of the estimates beyond their noise by moments, at least a little. */
static void start(work *w) {
    skuai_shrink *s = w->s;
    size_t k = s->k;
    memset(s->own, 0, sizeof s->own);
    memset(s->by_category, 0, sizeof s->by_category);
    memset(s->by_brand, 0, sizeof s->by_brand);
    for (size_t j = 0; j < k; j++) {
        double weight = 0, mean = 0, square = 0, noise = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t i = 0; i < s->n; i++) {
                double v = s->covariance[(i * k + j) * k + j], u = 1 / (v + 0.05), x;
                x = s->estimate[i * k + j];
                if (pass == 0) {
                    weight += u;
                    mean += u * x;
                } else {
                    square += u * (x - mean / weight) * (x - mean / weight);
                    noise += u * v;
                }
            }
        double variance = fmin(4, fmax(0.02, (square - noise) / weight));
        s->own[j * k + j] = variance; /* from above: EM then draws in what is noise */
        s->by_category[j * k + j] = variance / 2;
        s->by_brand[j * k + j] = variance / 4;
    }
}

/* The normal equations of mean, categories and brands with own deviations integrated out. */
static skua_status assemble(work *w, skua_error *err) {
    skuai_shrink *s = w->s;
    size_t k = s->k, m = w->blocks * k;
    memset(w->precision, 0, m * m * sizeof *w->precision);
    memset(w->effects, 0, m * sizeof *w->effects);
    for (size_t j = 0; j < k; j++)
        w->precision[j * m + j] = 1e-6; /* flat */
    for (size_t l = 0; l < 2; l++) {
        if (!w->levels[l].code) continue;
        double inverse[K * K];
        SKUA_TRY(invert(w->levels[l].sigma, k, inverse, err));
        for (size_t g = 0; g < w->levels[l].n; g++)
            for (size_t a = 0; a < k; a++)
                memcpy(w->precision + ((w->levels[l].first + g) * k + a) * m +
                           (w->levels[l].first + g) * k,
                       inverse + a * k, k * sizeof *inverse);
    }
    for (size_t i = 0; i < s->n; i++) {
        double sum[K * K], *weight = w->weight + i * k * k;
        for (size_t e = 0; e < k * k; e++)
            sum[e] = s->covariance[i * k * k + e] + s->own[e];
        SKUA_TRY(invert(sum, k, weight, err));
        for (size_t p = 0; p < w->n_place[i]; p++)
            for (size_t a = 0; a < k; a++) {
                size_t r = w->place[i][p] * k + a;
                w->effects[r] += skuai_dot(weight + a * k, s->estimate + i * k, k);
                for (size_t q = 0; q < w->n_place[i]; q++)
                    for (size_t b = 0; b < k; b++)
                        w->precision[r * m + w->place[i][q] * k + b] += weight[a * k + b];
            }
    }
    return SKUA_OK;
}

/* gamma [k]: what item i is expected to be from its groups; spread [k, k] its variance. */
static void expected(const work *w, size_t i, double *gamma, double *spread) {
    size_t k = w->s->k, m = w->blocks * k;
    memset(gamma, 0, k * sizeof *gamma);
    memset(spread, 0, k * k * sizeof *spread);
    for (size_t p = 0; p < w->n_place[i]; p++)
        for (size_t a = 0; a < k; a++) {
            gamma[a] += w->effects[w->place[i][p] * k + a];
            for (size_t q = 0; q < w->n_place[i]; q++)
                for (size_t b = 0; b < k; b++)
                    spread[a * k + b] +=
                        w->inverse[(w->place[i][p] * k + a) * m + w->place[i][q] * k + b];
        }
}

/* Posterior of item i: mean [k], variance [k, k]; own deviation u [k] and its variance uu [k, k].
 */
static void posterior(const work *w, size_t i, double *mean, double *variance, double *u,
                      double *uu) {
    const skuai_shrink *s = w->s;
    size_t k = s->k;
    double gamma[K], spread[K * K], gain[K * K], kept[K * K], t[K * K], left[K * K];
    expected(w, i, gamma, spread);
    product(s->own, w->weight + i * k * k, k, gain);
    for (size_t a = 0; a < k; a++) {
        u[a] = 0;
        for (size_t b = 0; b < k; b++) {
            u[a] += gain[a * k + b] * (s->estimate[i * k + b] - gamma[b]);
            left[a * k + b] = (a == b) - gain[a * k + b];
        }
        mean[a] = gamma[a] + u[a];
    }
    product(left, s->own, k, kept); /* own - own W own */
    product(left, spread, k, t);
    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; b < k; b++)
            variance[a * k + b] = kept[a * k + b] + skuai_dot(t + a * k, left + b * k, k);
    product(gain, spread, k, t);
    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; b < k; b++)
            uu[a * k + b] = kept[a * k + b] + skuai_dot(t + a * k, gain + b * k, k);
}

/* The M step: covariances of the levels from the posterior second moments. */
static void maximise(work *w) {
    skuai_shrink *s = w->s;
    size_t k = s->k, m = w->blocks * k;
    double own[K * K] = {0};
    for (size_t i = 0; i < s->n; i++) {
        double u[K], uu[K * K];
        posterior(w, i, s->mean + i * k, s->variance + i * k * k, u, uu);
        for (size_t a = 0; a < k; a++)
            for (size_t b = 0; b < k; b++)
                own[a * k + b] += (u[a] * u[b] + uu[a * k + b]) / (double)s->n;
    }
    for (size_t l = 0; l < 2; l++) {
        if (!w->levels[l].code) continue;
        double sum[K * K] = {0}, n = (double)w->levels[l].n;
        for (size_t g = 0; g < w->levels[l].n; g++) {
            size_t at = (w->levels[l].first + g) * k;
            for (size_t a = 0; a < k; a++)
                for (size_t b = 0; b < k; b++)
                    sum[a * k + b] += (w->effects[at + a] * w->effects[at + b] +
                                       w->inverse[(at + a) * m + at + b]) /
                                      n;
        }
        memcpy(w->levels[l].sigma, sum, k * k * sizeof *sum);
    }
    memcpy(s->own, own, k * k * sizeof *own);
    for (size_t l = 0; l < 3; l++) { /* symmetric, and never quite singular */
        double *sigma = l == 0 ? s->own : l == 1 ? s->by_category : s->by_brand;
        for (size_t a = 0; a < k; a++) {
            for (size_t b = 0; b < a; b++)
                sigma[a * k + b] = sigma[b * k + a] = 0.5 * (sigma[a * k + b] + sigma[b * k + a]);
            sigma[a * k + a] += 1e-6;
        }
    }
}

static skua_status expect(work *w, skua_error *err) {
    size_t m = w->blocks * w->s->k;
    SKUA_TRY(assemble(w, err));
    SKUA_TRY(skuai_cholesky(w->precision, m, err));
    skuai_cholesky_solve(w->precision, m, w->effects);
    skuai_cholesky_inverse(w->precision, m, w->inverse);
    return SKUA_OK;
}

skua_status skuai_shrink_run(skuai_shrink *s, skuai_arena *scratch, skua_error *err) {
    if (s->n == 0 || s->k == 0 || s->k > K)
        return skuai_error_set(err, SKUA_EDATA, "no effects to shrink");
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    work w = {.s = s};
    w.place = skuai_arena_take(scratch, s->n, sizeof *w.place);
    w.n_place = skuai_arena_take(scratch, s->n, sizeof *w.n_place);
    skua_status status = w.place && w.n_place ? SKUA_OK : skuai_error_memory(err, "shrinking");
    if (status == SKUA_OK) {
        count_levels(&w);
        size_t m = w.blocks * s->k;
        w.precision = skuai_arena_take(scratch, m * m, sizeof *w.precision);
        w.inverse = skuai_arena_take(scratch, m * m, sizeof *w.inverse);
        w.effects = skuai_arena_take(scratch, m, sizeof *w.effects);
        w.weight = skuai_arena_take(scratch, s->n * s->k * s->k, sizeof *w.weight);
        if (!w.precision || !w.inverse || !w.effects || !w.weight)
            status = skuai_error_memory(err, "shrinking");
    }
    if (status == SKUA_OK) start(&w);
    for (int i = 0; i < s->iterations && status == SKUA_OK; i++) {
        status = expect(&w, err);
        if (status == SKUA_OK) maximise(&w);
    }
    if (status == SKUA_OK) status = expect(&w, err);
    for (size_t i = 0; i < s->n && status == SKUA_OK; i++) {
        double u[K], uu[K * K];
        posterior(&w, i, s->mean + i * s->k, s->variance + i * s->k * s->k, u, uu);
    }
    for (size_t a = 0; a < s->k && status == SKUA_OK; a++) {
        s->pooled[a] = w.effects[a];
        for (size_t b = 0; b < s->k; b++)
            s->pooled_variance[a * s->k + b] = w.inverse[a * w.blocks * s->k + b];
    }
    skuai_arena_reset(scratch, mark);
    return status;
}
