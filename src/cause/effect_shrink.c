#include "cause/effect_shrink.h"

#include "core/random.h"
#include "math/linear.h"

#include <math.h>
#include <string.h>

enum { K = SKUAI_SHRINK_WIDTH, LEVELS_MOST = 150, BURN = 100, DRAWS = 400, UNCERTAIN_BLOCKS = 240 };

typedef struct level {
    const int32_t *code; /* [n], NULL: not used */
    size_t n, first;     /* groups, index of the first effect block */
    double *sigma;       /* [k, k] */
} level;

typedef struct work {
    skuai_shrink *s;
    level levels[2];
    size_t blocks;      /* mean, groups, slope */
    size_t slope;       /* block of the covariate; 0: none */
    double *precision;  /* [blocks k, blocks k], then its Cholesky factor */
    double *inverse;    /* likewise */
    double *effects;    /* [blocks k] */
    double *right;      /* [blocks k] scratch of a draw */
    double *weight;     /* [n, k, k]: (V + own)^-1 */
    size_t (*place)[4]; /* [n] blocks that item i is made of */
    double (*times)[4]; /* [n] by which each enters: 1, or the covariate */
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

static void add_place(work *w, size_t i, size_t block, double times) {
    w->place[i][w->n_place[i]] = block;
    w->times[i][w->n_place[i]++] = times;
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
    if (w->s->covariate) w->slope = w->blocks++;
    for (size_t i = 0; i < w->s->n; i++) {
        w->n_place[i] = 0;
        add_place(w, i, 0, 1);
        for (size_t l = 0; l < 2; l++)
            if (w->levels[l].code && w->levels[l].code[i] >= 0)
                add_place(w, i, w->levels[l].first + (size_t)w->levels[l].code[i], 1);
        if (w->s->covariate) add_place(w, i, w->slope, w->s->covariate[i]);
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
    for (size_t j = 0, at = w->slope * k; w->slope && j < k; j++)
        w->precision[(at + j) * m + at + j] = 16 / (s->usual[j] * s->usual[j]);
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
                double times = w->times[i][p];
                w->effects[r] += times * skuai_dot(weight + a * k, s->estimate + i * k, k);
                for (size_t q = 0; q < w->n_place[i]; q++)
                    for (size_t b = 0; b < k; b++)
                        w->precision[r * m + w->place[i][q] * k + b] +=
                            times * w->times[i][q] * weight[a * k + b];
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
            gamma[a] += w->times[i][p] * w->effects[w->place[i][p] * k + a];
            for (size_t q = 0; q < w->n_place[i]; q++)
                for (size_t b = 0; b < k; b++)
                    spread[a * k + b] +=
                        w->times[i][p] * w->times[i][q] *
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

/* -- Uncertain deviations -----------------------------------------------------------------------
 */

static void take_posteriors(work *w, double *mean, double *variance) {
    skuai_shrink *s = w->s;
    double u[K], uu[K * K];
    for (size_t i = 0; i < s->n; i++)
        posterior(w, i, mean + i * s->k, variance + i * s->k * s->k, u, uu);
}

/* sigma [k, k] from the inverse Wishart law of `freedom` and scale [k, k], by Bartlett's
 * decomposition of the Wishart law of its inverse. */
static skua_status draw_wishart(size_t k, double freedom, const double *scale, skuai_random *random,
                                double *sigma, skua_error *err) {
    double inverse[K * K], a[K * K] = {0}, l[K * K], root[K * K], drawn[K * K];
    SKUA_TRY(invert(scale, k, inverse, err));
    memcpy(root, inverse, k * k * sizeof *root);
    SKUA_TRY(skuai_cholesky(root, k, err));
    for (size_t i = 0; i < k; i++) {
        a[i * k + i] = sqrt(2 * skuai_random_gamma(random, (freedom - (double)i) / 2));
        for (size_t j = 0; j < i; j++)
            a[i * k + j] = skuai_random_normal(random);
    }
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            l[i * k + j] = 0;
            for (size_t c = j; c <= i; c++)
                l[i * k + j] += root[i * k + c] * a[c * k + j];
        }
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            drawn[i * k + j] = skuai_dot(l + i * k, l + j * k, k);
    return invert(drawn, k, sigma, err);
}

/* A covariance given n deviations with sum of squares [k, k]: the prior of [Huang & Wand], under
 * which each deviation is half-t of 2 degrees with scale `usual` and correlations are uniform. */
static skua_status draw_covariance(size_t k, size_t n, const double *squares, const double *usual,
                                   skuai_random *random, double *sigma, skua_error *err) {
    double inverse[K * K], scale[K * K];
    SKUA_TRY(invert(sigma, k, inverse, err));
    memcpy(scale, squares, k * k * sizeof *scale);
    for (size_t j = 0; j < k; j++) {
        double rate = 1 / (usual[j] * usual[j]) + 2 * inverse[j * k + j];
        double a = rate / skuai_random_gamma(random, (2 + (double)k) / 2);
        scale[j * k + j] += 4 / a;
    }
    return draw_wishart(k, 2 + (double)k - 1 + (double)n, scale, random, sigma, err);
}

/* Group effects from their posterior: mean plus l^-T times white noise. */
static void draw_effects(work *w, skuai_random *random) {
    size_t m = w->blocks * w->s->k;
    for (size_t i = m; i-- > 0;) {
        double sum = skuai_random_normal(random);
        for (size_t q = i + 1; q < m; q++)
            sum -= w->precision[q * m + i] * w->right[q];
        w->right[i] = sum / w->precision[i * m + i];
    }
    for (size_t i = 0; i < m; i++)
        w->effects[i] += w->right[i];
}

/* Squares of own deviations drawn given the effects: gain (estimate - gamma) and noise of variance
 * own - own W own. */
static skua_status draw_own(work *w, skuai_random *random, double *squares, skua_error *err) {
    skuai_shrink *s = w->s;
    size_t k = s->k;
    memset(squares, 0, k * k * sizeof *squares);
    for (size_t i = 0; i < s->n; i++) {
        double gain[K * K], left[K * K], u[K], gap[K], noise[K];
        product(s->own, w->weight + i * k * k, k, gain);
        product(gain, s->own, k, left);
        for (size_t e = 0; e < k * k; e++)
            left[e] = s->own[e] - left[e];
        for (size_t a = 0; a < k; a++)
            left[a * k + a] += 1e-12;
        SKUA_TRY(skuai_cholesky(left, k, err));
        for (size_t a = 0; a < k; a++) {
            gap[a] = s->estimate[i * k + a];
            for (size_t q = 0; q < w->n_place[i]; q++)
                gap[a] -= w->times[i][q] * w->effects[w->place[i][q] * k + a];
            noise[a] = skuai_random_normal(random);
        }
        for (size_t a = 0; a < k; a++)
            u[a] = skuai_dot(gain + a * k, gap, k) + skuai_dot(left + a * k, noise, a + 1);
        for (size_t a = 0; a < k; a++)
            for (size_t b = 0; b < k; b++)
                squares[a * k + b] += u[a] * u[b];
    }
    return SKUA_OK;
}

static skua_status draw_covariances(work *w, skuai_random *random, skua_error *err) {
    skuai_shrink *s = w->s;
    size_t k = s->k;
    double squares[K * K];
    draw_effects(w, random);
    SKUA_TRY(draw_own(w, random, squares, err));
    SKUA_TRY(draw_covariance(k, s->n, squares, s->usual, random, s->own, err));
    for (size_t l = 0; l < 2; l++) {
        level *v = &w->levels[l];
        if (!v->code) continue;
        memset(squares, 0, sizeof squares);
        for (size_t g = 0; g < v->n; g++)
            for (size_t a = 0; a < k; a++)
                for (size_t b = 0; b < k; b++)
                    squares[a * k + b] +=
                        w->effects[(v->first + g) * k + a] * w->effects[(v->first + g) * k + b];
        SKUA_TRY(draw_covariance(k, v->n, squares, s->usual, random, v->sigma, err));
    }
    return SKUA_OK;
}

/* Posteriors averaged over draws of all covariances (Gibbs sampling); the covariances left are
 * their means. */
static skua_status integrate(work *w, skuai_arena *scratch, skua_error *err) {
    skuai_shrink *s = w->s;
    size_t k = s->k, n = s->n, m = w->blocks * k;
    double *first = skuai_arena_take_zero(scratch, n * k * (2 * k + 3), sizeof *first);
    double covariances[3][K * K] = {{0}}, pooled[K] = {0}, square[K * K] = {0};
    double *sigmas[3] = {s->own, s->by_category, s->by_brand};
    skuai_random random;
    if (!first) return skuai_error_memory(err, "shrinking");
    double *second = first + n * k, *mean = second + n * k * k, *variance = mean + n * k;
    skuai_random_split(&random, 5, n);
    for (int draw = -BURN; draw < DRAWS; draw++) {
        SKUA_TRY(expect(w, err));
        if (draw >= 0) {
            take_posteriors(w, mean, variance);
            for (size_t i = 0; i < n; i++)
                for (size_t a = 0; a < k; a++) {
                    first[i * k + a] += mean[i * k + a] / DRAWS;
                    for (size_t b = 0; b < k; b++)
                        second[(i * k + a) * k + b] +=
                            (variance[(i * k + a) * k + b] + mean[i * k + a] * mean[i * k + b]) /
                            DRAWS;
                }
            for (size_t a = 0; a < k; a++) {
                pooled[a] += w->effects[a] / DRAWS;
                for (size_t b = 0; b < k; b++)
                    square[a * k + b] +=
                        (w->inverse[a * m + b] + w->effects[a] * w->effects[b]) / DRAWS;
            }
            for (size_t l = 0; l < 3; l++)
                for (size_t e = 0; e < k * k; e++)
                    covariances[l][e] += sigmas[l][e] / DRAWS;
        }
        SKUA_TRY(draw_covariances(w, &random, err));
    }
    for (size_t i = 0; i < n; i++)
        for (size_t a = 0; a < k; a++) {
            s->mean[i * k + a] = first[i * k + a];
            for (size_t b = 0; b < k; b++)
                s->variance[(i * k + a) * k + b] =
                    second[(i * k + a) * k + b] - first[i * k + a] * first[i * k + b];
        }
    for (size_t a = 0; a < k; a++) {
        s->pooled[a] = pooled[a];
        for (size_t b = 0; b < k; b++)
            s->pooled_variance[a * k + b] = square[a * k + b] - pooled[a] * pooled[b];
    }
    for (size_t l = 0; l < 3; l++)
        memcpy(sigmas[l], covariances[l], k * k * sizeof *covariances[l]);
    return SKUA_OK;
}

skua_status skuai_shrink_run(skuai_shrink *s, skuai_arena *scratch, skua_error *err) {
    if (s->n == 0 || s->k == 0 || s->k > K)
        return skuai_error_set(err, SKUA_EDATA, "no effects to shrink");
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    work w = {.s = s};
    w.place = skuai_arena_take(scratch, s->n, sizeof *w.place);
    w.times = skuai_arena_take(scratch, s->n, sizeof *w.times);
    w.n_place = skuai_arena_take(scratch, s->n, sizeof *w.n_place);
    skua_status status =
        w.place && w.times && w.n_place ? SKUA_OK : skuai_error_memory(err, "shrinking");
    if (status == SKUA_OK) {
        count_levels(&w);
        size_t m = w.blocks * s->k;
        w.precision = skuai_arena_take(scratch, m * m, sizeof *w.precision);
        w.inverse = skuai_arena_take(scratch, m * m, sizeof *w.inverse);
        w.effects = skuai_arena_take(scratch, 2 * m, sizeof *w.effects);
        w.right = w.effects ? w.effects + m : NULL;
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
    if (status == SKUA_OK) take_posteriors(&w, s->mean, s->variance);
    for (size_t a = 0; a < s->k && status == SKUA_OK; a++) {
        s->pooled[a] = w.effects[a];
        for (size_t b = 0; b < s->k; b++)
            s->pooled_variance[a * s->k + b] = w.inverse[a * w.blocks * s->k + b];
    }
    if (status == SKUA_OK && s->uncertain && w.blocks * s->k <= UNCERTAIN_BLOCKS)
        status = integrate(&w, scratch, err);
    skuai_arena_reset(scratch, mark);
    return status;
}
