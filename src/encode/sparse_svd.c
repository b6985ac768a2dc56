/* sparse_svd.c -- randomised subspace iteration [Halko et al. 2011, algorithm 4.4] for the right
 * singular directions of a sparse matrix A: Q <- orthonormal(A' A Q), then the eigenvectors of
 * (A Q)'(A Q) turn Q into the directions. */
#include "core/random.h"
#include "encode/subword_model.h"
#include "math/linear.h"
#include "math/matrix.h"

#include <math.h>
#include <string.h>

enum { OVERSAMPLE = 16, CHUNK = 1024 };

void skuai_sparse_clear(skuai_sparse *sparse) {
    skuai_free(sparse->row_from);
    skuai_free(sparse->row_column);
    skuai_free(sparse->row_value);
    skuai_free(sparse->column_from);
    skuai_free(sparse->column_row);
    skuai_free(sparse->column_value);
    *sparse = (skuai_sparse){0};
}

skua_status skuai_sparse_transpose(skuai_sparse *s, skua_error *err) {
    s->column_from = skuai_zero(s->columns + 2, sizeof *s->column_from);
    s->column_row = skuai_new(s->count, sizeof *s->column_row);
    s->column_value = skuai_new(s->count, sizeof *s->column_value);
    if (!s->column_from || !s->column_row || !s->column_value)
        return skuai_error_memory(err, "the texts' matrix");
    for (size_t i = 0; i < s->count; i++)
        s->column_from[s->row_column[i] + 2]++;
    for (size_t c = 2; c < s->columns + 2; c++)
        s->column_from[c] += s->column_from[c - 1];
    for (size_t r = 0; r < s->rows; r++)
        for (size_t i = s->row_from[r]; i < s->row_from[r + 1]; i++) {
            size_t at = s->column_from[s->row_column[i] + 1]++;
            s->column_row[at] = (uint32_t)r;
            s->column_value[at] = s->row_value[i];
        }
    return SKUA_OK;
}

/* -- Products --------------------------------------------------------------------------------- */

typedef struct product {
    size_t lines, width;   /* lines of the result */
    const size_t *from;    /* [lines + 1] */
    const uint32_t *index; /* rows of `in` */
    const float *value;
    const float *in;
    float *out; /* [lines, width] */
} product;

static skua_status product_chunk(void *argument, size_t chunk, int worker, skua_error *err) {
    const product *p = argument;
    (void)worker;
    (void)err;
    size_t end = (chunk + 1) * CHUNK < p->lines ? (chunk + 1) * CHUNK : p->lines;
    for (size_t r = chunk * CHUNK; r < end; r++) {
        float *restrict out = p->out + r * p->width;
        memset(out, 0, p->width * sizeof *out);
        for (size_t i = p->from[r]; i < p->from[r + 1]; i++) {
            const float *restrict in = p->in + (size_t)p->index[i] * p->width;
            float v = p->value[i];
            for (size_t j = 0; j < p->width; j++)
                out[j] += v * in[j];
        }
    }
    return SKUA_OK;
}

static skua_status product_run(const skuai_context *context, const product *p, skua_error *err) {
    union {
        const product *in;
        void *out;
    } argument = {.in = p}; /* the loop's argument is not const */
    return skuai_parallel_for(context, NULL, (p->lines + CHUNK - 1) / CHUNK, product_chunk,
                              argument.out, err);
}

/* -- Gram matrices and turning ---------------------------------------------------------------- */

/* Products of tall matrices in single precision by fixed parts, so that sums have one order on any
 * number of threads. */
typedef struct tall {
    const float *x; /* [n, width] */
    size_t n, width, rows_a_part;
    float *parts;      /* gram: [parts, width, width] */
    const float *turn; /* turning: [width, k] */
    size_t k;
    float *out; /* turning: [n, k] */
} tall;

static skua_status gram_part(void *argument, size_t part, int worker, skua_error *err) {
    const tall *g = argument;
    size_t from = part * g->rows_a_part, d = g->width;
    size_t rows = from >= g->n ? 0 : g->n - from < g->rows_a_part ? g->n - from : g->rows_a_part;
    const float *x = g->x + (rows ? from : 0) * d;
    skuai_matrix_call call = {.a_transposed = true,
                              .m = d,
                              .n = d,
                              .k = rows,
                              .lda = d,
                              .ldb = d,
                              .ldc = d,
                              .alpha = 1,
                              .beta = 0};
    (void)worker;
    return skuai_matrix_multiply(&call, x, x, g->parts + part * d * d, err);
}

/* result [d, d] = x' x. */
static skua_status gram(const skuai_context *context, const float *x, size_t n, size_t d,
                        double *result, skua_error *err) {
    enum { PARTS = 32 };
    tall g = {.x = x, .n = n, .width = d, .rows_a_part = (n + PARTS - 1) / PARTS};
    g.parts = skuai_new(PARTS * d, d * sizeof *g.parts);
    if (!g.parts) return skuai_error_memory(err, "a Gram matrix");
    skua_status status = skuai_parallel_for(context, NULL, PARTS, gram_part, &g, err);
    for (size_t i = 0; status == SKUA_OK && i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t part = 0; part < PARTS; part++)
                sum += (double)g.parts[(part * d + i) * d + j];
            result[i * d + j] = result[j * d + i] = sum;
        }
    skuai_free(g.parts);
    return status;
}

static skua_status turn_chunk(void *argument, size_t chunk, int worker, skua_error *err) {
    const tall *g = argument;
    size_t from = chunk * CHUNK, rows = g->n - from < CHUNK ? g->n - from : CHUNK;
    float *result = skuai_new(rows * g->k, sizeof *result); /* out may be x */
    skuai_matrix_call call = {.m = rows,
                              .n = g->k,
                              .k = g->width,
                              .lda = g->width,
                              .ldb = g->k,
                              .ldc = g->k,
                              .alpha = 1,
                              .beta = 0};
    (void)worker;
    if (!result) return skuai_error_memory(err, "the texts' directions");
    skua_status status = skuai_matrix_multiply(&call, g->x + from * g->width, g->turn, result, err);
    if (status == SKUA_OK) memcpy(g->out + from * g->k, result, rows * g->k * sizeof *result);
    skuai_free(result);
    return status;
}

/* out [n, k] = x [n, width] by [width, k]; out may be x when k = width. */
static skua_status turn(const skuai_context *context, const float *x, size_t n, size_t width,
                        const float *by, size_t k, float *out, skua_error *err) {
    tall g = {.x = x, .n = n, .width = width, .turn = by, .k = k, .out = out};
    return skuai_parallel_for(context, NULL, (n + CHUNK - 1) / CHUNK, turn_chunk, &g, err);
}

/* -- Iteration -------------------------------------------------------------------------------- */

typedef struct subspace {
    const skuai_sparse *a;
    const skuai_context *context;
    size_t width;           /* of Q: k + OVERSAMPLE at most */
    float *q;               /* [columns, width] */
    float *y;               /* [rows, width] */
    double *gram, *vectors; /* [width, width] */
    float *turning;         /* [width, width] */
    double *values;         /* [width] */
} subspace;

/* Columns of q made orthonormal through the eigenvectors of q'q; twice, since once loses half of
 * the digits. Directions of no length are set to 0. */
static skua_status orthonormal(subspace *s, skua_error *err) {
    size_t d = s->width;
    for (int round = 0; round < 2; round++) {
        SKUA_TRY(gram(s->context, s->q, s->a->columns, d, s->gram, err));
        SKUA_TRY(skuai_eigen_symmetric(s->gram, d, s->values, s->vectors, err));
        for (size_t i = 0; i < d; i++) {
            bool none = !(s->values[i] > 1e-10 * s->values[0]);
            double scale = none ? 0 : 1 / sqrt(s->values[i]);
            for (size_t j = 0; j < d; j++)
                s->turning[j * d + i] = (float)(s->vectors[i * d + j] * scale);
        }
        SKUA_TRY(turn(s->context, s->q, s->a->columns, d, s->turning, d, s->q, err));
    }
    return SKUA_OK;
}

static skua_status multiply(const subspace *s, bool transposed, skua_error *err) {
    const skuai_sparse *a = s->a;
    product forward = {a->rows, s->width, a->row_from, a->row_column, a->row_value, s->q, s->y};
    product back = {a->columns, s->width, a->column_from, a->column_row, a->column_value,
                    s->y,       s->q};
    return product_run(s->context, transposed ? &back : &forward, err);
}

static skua_status iterate(subspace *s, int passes, skua_error *err) {
    skuai_random random;
    skuai_random_init(&random, s->context ? s->context->seed : 1);
    for (size_t i = 0; i < s->a->columns * s->width; i++)
        s->q[i] = (float)skuai_random_normal(&random);
    for (int pass = 0; pass < passes; pass++) {
        SKUA_TRY(skuai_context_check(s->context, err));
        skuai_context_progress(s->context, "directions of texts", pass, passes);
        SKUA_TRY(multiply(s, false, err));
        SKUA_TRY(multiply(s, true, err));
        SKUA_TRY(orthonormal(s, err));
    }
    skuai_context_progress(s->context, "directions of texts", passes, passes);
    return multiply(s, false, err);
}

skua_status skuai_sparse_directions(const skuai_sparse *a, size_t k, int passes,
                                    const skuai_context *context, float *directions, double *values,
                                    skua_error *err) {
    size_t most = a->rows < a->columns ? a->rows : a->columns;
    size_t width = k + OVERSAMPLE < most ? k + OVERSAMPLE : most;
    subspace s = {.a = a, .context = context, .width = width};
    skua_status status = SKUA_OK;
    s.q = skuai_new(a->columns * width, sizeof *s.q);
    s.y = skuai_new(a->rows * width, sizeof *s.y);
    s.gram = skuai_new(width * width, sizeof *s.gram);
    s.vectors = skuai_new(width * width, sizeof *s.vectors);
    s.turning = skuai_new(width * width, sizeof *s.turning);
    s.values = skuai_new(width, sizeof *s.values);
    if (!s.q || !s.y || !s.gram || !s.vectors || !s.turning || !s.values)
        status = skuai_error_memory(err, "the texts' directions");
    if (status == SKUA_OK) status = iterate(&s, passes, err);
    if (status == SKUA_OK) status = gram(context, s.y, a->rows, width, s.gram, err);
    if (status == SKUA_OK) status = skuai_eigen_symmetric(s.gram, width, s.values, s.vectors, err);
    for (size_t i = 0; status == SKUA_OK && i < k; i++) {
        values[i] = s.values[i] > 0 ? sqrt(s.values[i]) : 0;
        for (size_t j = 0; j < width; j++)
            s.turning[j * k + i] = (float)s.vectors[i * width + j];
    }
    if (status == SKUA_OK)
        status = turn(context, s.q, a->columns, width, s.turning, k, directions, err);
    skuai_free(s.q);
    skuai_free(s.y);
    skuai_free(s.gram);
    skuai_free(s.vectors);
    skuai_free(s.turning);
    skuai_free(s.values);
    return status;
}
