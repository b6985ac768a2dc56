#include "stat/group/group_variance.h"

#include "math/linear.h"
#include "math/optimise.h"

#include <math.h>
#include <string.h>

#define LEVEL_VARIANCE 100.0 /* of the flat prior; the data's is of the order of 1 */
#define LEAST_LOG      (-16.0)
#define MOST_LOG       3.0
#define JITTER         1e-9
#define ITERATIONS     40
#define PRIOR_LOG      (-7.0) /* of a log variance: a deviation of 3 % */
#define PRIOR_SPREAD   2.5

typedef struct likelihood {
    size_t from, window, n_kernels, n_samples;
    double total; /* draws of all samples */
    const skuai_group_sample *samples;
    const double *rest;
    double *kernel[SKUAI_GROUP_KERNELS]; /* [window, window] each */
    double theta[SKUAI_GROUP_KERNELS];   /* of the factors below */
    bool valid, ready[SKUAI_GROUP_SAMPLES];
    double *factor[SKUAI_GROUP_SAMPLES]; /* [window, window] Cholesky factors at theta */
    double *work[SKUAI_GROUP_SAMPLES];   /* [2 window window + window] */
    double value[SKUAI_GROUP_SAMPLES];
    double gradient[SKUAI_GROUP_SAMPLES][SKUAI_GROUP_KERNELS];
    const skuai_context *context;
} likelihood;

static void add_multiple(double *y, double factor, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

static double clamp(double x) {
    return fmin(fmax(x, LEAST_LOG), MOST_LOG);
}

/* w = L^-1 x; returns w'w. */
static double whiten(const double *l, size_t n, const double *x, double *w) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        w[i] = (x[i] - skuai_dot(l + i * n, w, i)) / l[i * n + i];
        sum += w[i] * w[i];
    }
    return sum;
}

/* Minus log likelihood of sample b at theta, a constant left out; keeps the factor. */
static void sample_value(likelihood *f, size_t b) {
    const skuai_group_sample *sample = f->samples + b;
    size_t w = f->window, size = w * w;
    double *k = f->factor[b];
    for (size_t i = 0; i < size; i++)
        k[i] = LEVEL_VARIANCE;
    for (size_t j = 0; j < f->n_kernels; j++)
        add_multiple(k, exp(clamp(f->theta[j])), f->kernel[j], size);
    if (f->rest) add_multiple(k, 1 / sample->weight, f->rest, size);
    for (size_t i = 0; i < w; i++)
        k[i * w + i] += JITTER;
    f->ready[b] = skuai_cholesky(k, w, NULL) == SKUA_OK;
    f->value[b] = INFINITY;
    if (!f->ready[b]) return;
    double log_determinant = 0, square = 0;
    for (size_t i = 0; i < w; i++)
        log_determinant += 2 * log(k[i * w + i]);
    for (size_t r = 0; r < sample->n_rows; r++)
        square += whiten(k, w, sample->rows + r * w, f->work[b]);
    f->value[b] = 0.5 * (sample->count * log_determinant + square);
}

/* inverse [n, n] lower triangle of (L L')^-1; m [n, n] scratch, L^-1. */
static void invert(const double *l, size_t n, double *m, double *inverse) {
    memset(inverse, 0, n * n * sizeof *inverse);
    for (size_t i = 0; i < n; i++) {
        double *row = m + i * n;
        memset(row, 0, (i + 1) * sizeof *row);
        for (size_t j = 0; j < i; j++)
            add_multiple(row, -l[i * n + j], m + j * n, j + 1);
        row[i] = 1;
        for (size_t j = 0; j <= i; j++)
            row[j] /= l[i * n + i];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            add_multiple(inverse + j * n, m[i * n + j], m + i * n, j + 1);
}

static void sample_gradient(likelihood *f, size_t b) {
    const skuai_group_sample *sample = f->samples + b;
    size_t w = f->window;
    double *inverse = f->work[b], *m = inverse + w * w, *alpha = m + w * w;
    memset(f->gradient[b], 0, sizeof f->gradient[b]);
    if (!f->ready[b]) return;
    invert(f->factor[b], w, m, inverse);
    for (size_t i = 0; i < w; i++)
        for (size_t j = 0; j <= i; j++)
            inverse[i * w + j] *= sample->count;
    for (size_t r = 0; r < sample->n_rows; r++) {
        memcpy(alpha, sample->rows + r * w, w * sizeof *alpha);
        skuai_cholesky_solve(f->factor[b], w, alpha);
        for (size_t i = 0; i < w; i++)
            add_multiple(inverse + i * w, -alpha[i], alpha, i + 1);
    }
    for (size_t k = 0; k < f->n_kernels; k++) { /* half the trace of the product of symmetric */
        double sum = 0;
        for (size_t i = 0; i < w; i++)
            sum += skuai_dot(inverse + i * w, f->kernel[k] + i * w, i) +
                   0.5 * inverse[i * w + i] * f->kernel[k][i * w + i];
        bool inside = f->theta[k] > LEAST_LOG && f->theta[k] < MOST_LOG;
        f->gradient[b][k] = inside ? exp(f->theta[k]) * sum : 0;
    }
}

static double value_at(const double *x, void *context) {
    likelihood *f = context;
    memcpy(f->theta, x, f->n_kernels * sizeof *x);
    double sum = 0;
    for (size_t b = 0; b < f->n_samples; b++) {
        sample_value(f, b);
        sum += f->value[b];
    }
    f->valid = true;
    for (size_t k = 0; k < f->n_kernels; k++) {
        double away = (x[k] - PRIOR_LOG) / PRIOR_SPREAD;
        sum += 0.5 * away * away;
    }
    return sum / f->total;
}

static void gradient_at(const double *x, double *g, void *context) {
    likelihood *f = context;
    if (!f->valid || memcmp(f->theta, x, f->n_kernels * sizeof *x) != 0) (void)value_at(x, context);
    for (size_t b = 0; b < f->n_samples; b++)
        sample_gradient(f, b);
    for (size_t k = 0; k < f->n_kernels; k++) {
        g[k] = (x[k] - PRIOR_LOG) / (PRIOR_SPREAD * PRIOR_SPREAD) / f->total;
        for (size_t b = 0; b < f->n_samples; b++)
            g[k] += f->gradient[b][k] / f->total;
    }
}

/* The block of a kernel over `window` times from `from` on. */
static double *kernel_block(const skuai_group_time *time, size_t k, size_t from, size_t window,
                            skuai_arena *scratch) {
    double *block = skuai_arena_take(scratch, window * window, sizeof *block);
    for (size_t i = 0; block && i < window; i++)
        memcpy(block + i * window, time->kernel[k] + (from + i) * time->n + from,
               window * sizeof *block);
    return block;
}

static skua_status maximise(likelihood *f, const skuai_group_time *time, double *variance,
                            skuai_arena *scratch, skua_error *err) {
    size_t w = f->window, kind[SKUAI_GROUP_KERNELS];
    double x[SKUAI_GROUP_KERNELS];
    for (size_t k = 0; k < SKUAI_GROUP_KERNELS; k++) {
        if (!time->kernel[k]) continue;
        f->kernel[f->n_kernels] = kernel_block(time, k, f->from, w, scratch);
        if (!f->kernel[f->n_kernels]) return skuai_error_memory(err, "a likelihood");
        kind[f->n_kernels] = k;
        x[f->n_kernels++] = clamp(log(variance[k]));
    }
    for (size_t b = 0; b < f->n_samples; b++) {
        f->factor[b] = skuai_arena_take(scratch, w * w, sizeof(double));
        f->work[b] = skuai_arena_take(scratch, 2 * w * w + w, sizeof(double));
        if (!f->factor[b] || !f->work[b]) return skuai_error_memory(err, "a likelihood");
        f->total += f->samples[b].count;
    }
    double bfgs[SKUAI_BFGS_SCRATCH(SKUAI_GROUP_KERNELS)];
    skuai_bfgs_options options = SKUAI_BFGS_DEFAULT;
    options.iterations = ITERATIONS;
    options.tolerance_value = 1e-6;
    options.tolerance_gradient = 1e-4;
    (void)skuai_minimise_bfgs(value_at, gradient_at, f, x, f->n_kernels, &options, bfgs);
    SKUA_TRY(skuai_context_check(f->context, err));
    for (size_t i = 0; i < f->n_kernels; i++)
        variance[kind[i]] = exp(clamp(x[i]));
    return SKUA_OK;
}

skua_status skuai_group_variance_fit(const skuai_group_time *time, size_t from, size_t window,
                                     const skuai_group_sample *samples, size_t n,
                                     const double *rest, double *variance,
                                     const skuai_context *context, skuai_arena *scratch,
                                     skua_error *err) {
    if (n == 0 || window < 3) return SKUA_OK;
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    likelihood f = {.from = from,
                    .window = window,
                    .n_samples = n,
                    .samples = samples,
                    .rest = rest,
                    .context = context};
    skua_status status = maximise(&f, time, variance, scratch, err);
    skuai_arena_reset(scratch, mark);
    return status;
}
