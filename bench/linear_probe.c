#include "linear_probe.h"

#include "core/alloc.h"
#include "core/random.h"
#include "math/linear.h"
#include "math/matrix.h"

#include <string.h>

static const double penalties[] = {1e-3, 1e-2, 1e-1};
enum { PENALTIES = sizeof penalties / sizeof *penalties };

typedef struct probe {
    const float *x;
    const uint32_t *classes;
    size_t width, n_classes;
    const skuai_context *context;
    float *rows, *gram32, *mean; /* [n, width], [width, width], [width] */
    double *gram, *factor, *weights,
        *shares; /* [width, width] twice, [classes, width], [classes] */
} probe;

static void probe_clear(probe *p) {
    skuai_free(p->rows);
    skuai_free(p->gram32);
    skuai_free(p->mean);
    skuai_free(p->gram);
    skuai_free(p->factor);
    skuai_free(p->weights);
    skuai_free(p->shares);
}

static skua_status probe_make(probe *p, size_t n, skua_error *err) {
    size_t w = p->width;
    p->rows = skuai_new(n * w, sizeof *p->rows);
    p->gram32 = skuai_new(w * w, sizeof *p->gram32);
    p->mean = skuai_new(w, sizeof *p->mean);
    p->gram = skuai_new(w * w, sizeof *p->gram);
    p->factor = skuai_new(w * w, sizeof *p->factor);
    p->weights = skuai_new(p->n_classes * w, sizeof *p->weights);
    p->shares = skuai_new(p->n_classes, sizeof *p->shares);
    bool good = p->rows && p->gram32 && p->mean && p->gram && p->factor && p->weights && p->shares;
    return good ? SKUA_OK : skuai_error_memory(err, "a linear probe");
}

/* Means, covariances and products with the classes of the rows `at` [n]. */
static skua_status gather(probe *p, const size_t *at, size_t n, double *cross, skua_error *err) {
    size_t w = p->width;
    double *sums = skuai_zero(w, sizeof *sums);
    if (!sums) return skuai_error_memory(err, "a linear probe");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < w; j++)
            sums[j] += (double)p->x[at[i] * w + j];
    for (size_t j = 0; j < w; j++)
        p->mean[j] = (float)(sums[j] / (double)n);
    skuai_free(sums);
    memset(cross, 0, p->n_classes * w * sizeof *cross);
    memset(p->shares, 0, p->n_classes * sizeof *p->shares);
    for (size_t i = 0; i < n; i++) {
        uint32_t c = p->classes[at[i]];
        p->shares[c] += 1.0 / (double)n;
        for (size_t j = 0; j < w; j++) {
            float value = p->x[at[i] * w + j] - p->mean[j];
            p->rows[i * w + j] = value;
            cross[c * w + j] += (double)value / (double)n;
        }
    }
    skuai_matrix_call call = {.a_transposed = true,
                              .m = w,
                              .n = w,
                              .k = n,
                              .lda = w,
                              .ldb = w,
                              .ldc = w,
                              .alpha = 1.0 / (double)n};
    SKUA_TRY(skuai_matrix_multiply_parallel(p->context, &call, p->rows, p->rows, p->gram32, err));
    for (size_t i = 0; i < w * w; i++)
        p->gram[i] = (double)p->gram32[i];
    return SKUA_OK;
}

static skua_status solve_class(void *argument, size_t c, int worker, skua_error *err) {
    const probe *p = argument;
    (void)worker;
    (void)err;
    skuai_cholesky_solve(p->factor, p->width, p->weights + c * p->width);
    return SKUA_OK;
}

static skua_status solve(probe *p, const double *cross, double penalty, skua_error *err) {
    size_t w = p->width;
    double variance = 0;
    for (size_t j = 0; j < w; j++)
        variance += p->gram[j * w + j] / (double)w;
    memcpy(p->factor, p->gram, w * w * sizeof *p->factor);
    for (size_t j = 0; j < w; j++)
        p->factor[j * w + j] += penalty * variance + 1e-12;
    memcpy(p->weights, cross, p->n_classes * w * sizeof *p->weights);
    SKUA_TRY(skuai_cholesky(p->factor, w, err));
    return skuai_parallel_for(p->context, NULL, p->n_classes, solve_class, p, err);
}

static size_t count_right(const probe *p, const size_t *at, size_t n) {
    size_t right = 0, w = p->width;
    for (size_t i = 0; i < n; i++) {
        const float *x = p->x + at[i] * w;
        size_t best = 0;
        double largest = 0;
        for (size_t c = 0; c < p->n_classes; c++) {
            double value = p->shares[c];
            for (size_t j = 0; j < w; j++)
                value += p->weights[c * w + j] * (double)(x[j] - p->mean[j]);
            if (c == 0 || value > largest) largest = value, best = c;
        }
        right += best == p->classes[at[i]];
    }
    return right;
}

static skua_status run_fold(probe *p, const size_t *train, size_t n, const size_t *test,
                            size_t n_test, double *cross, size_t *right, skua_error *err) {
    size_t inner = n - n / 5, best = 0, most = 0;
    SKUA_TRY(gather(p, train, inner, cross, err));
    for (size_t k = 0; k < PENALTIES; k++) {
        SKUA_TRY(solve(p, cross, penalties[k], err));
        size_t hits = count_right(p, train + inner, n - inner);
        if (hits > most) most = hits, best = k;
    }
    SKUA_TRY(gather(p, train, n, cross, err));
    SKUA_TRY(solve(p, cross, penalties[best], err));
    *right += count_right(p, test, n_test);
    return SKUA_OK;
}

skua_status bench_linear_probe(const float *x, const uint32_t *classes, size_t n, size_t width,
                               size_t n_classes, size_t folds, const skuai_context *context,
                               double *accuracy, skua_error *err) {
    probe p = {
        .x = x, .classes = classes, .width = width, .n_classes = n_classes, .context = context};
    size_t *order = skuai_new(n, sizeof *order), *train = skuai_new(n, sizeof *train),
           *test = skuai_new(n, sizeof *test), *seen = skuai_zero(n_classes, sizeof *seen);
    unsigned char *fold = skuai_new(n, 1);
    double *cross = skuai_new(n_classes * width, sizeof *cross);
    skua_status status = order && train && test && seen && fold && cross
                             ? probe_make(&p, n, err)
                             : skuai_error_memory(err, "a linear probe");
    size_t right = 0;
    if (status == SKUA_OK) {
        skuai_random random;
        skuai_random_init(&random, 1);
        for (size_t i = 0; i < n; i++)
            order[i] = i;
        for (size_t i = n; i-- > 1;) {
            size_t j = skuai_random_index(&random, i + 1), kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        for (size_t i = 0; i < n; i++) /* classes begin at different folds */
            fold[order[i]] =
                (unsigned char)((seen[classes[order[i]]]++ + classes[order[i]]) % folds);
    }
    for (size_t f = 0; status == SKUA_OK && f < folds; f++) {
        size_t n_train = 0, n_test = 0;
        for (size_t i = 0; i < n; i++)
            if (fold[order[i]] == f)
                test[n_test++] = order[i];
            else
                train[n_train++] = order[i];
        status = run_fold(&p, train, n_train, test, n_test, cross, &right, err);
    }
    probe_clear(&p);
    skuai_free(order);
    skuai_free(train);
    skuai_free(test);
    skuai_free(seen);
    skuai_free(fold);
    skuai_free(cross);
    if (status == SKUA_OK) *accuracy = (double)right / (double)n;
    return status;
}
