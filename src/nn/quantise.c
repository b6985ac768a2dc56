#include "nn/quantise.h"

#include "math/matrix.h"
#include "nn/kernel_int8.h"

#include <math.h>
#include <string.h>

enum { ROWS_MOST = 512, SMALLEST = 32, COLUMNS_MOST = 65535 };

/* -- Weights ---------------------------------------------------------------------------------- */

void skuai_int8_weight_free(skuai_int8_weight *weight) {
    if (!weight) return;
    skuai_free(weight->values);
    skuai_free(weight->scale);
    skuai_free(weight->sum);
    skuai_free(weight->packed);
    skuai_free(weight);
}

static skua_status weight_alloc(size_t out, size_t in, skuai_int8_weight **result,
                                skua_error *err) {
    if (out == 0 || in == 0 || in > COLUMNS_MOST)
        return skuai_error_set(err, SKUA_EINVAL,
                               "an 8-bit weight of %zu x %zu: need 1 to %d columns", out, in,
                               COLUMNS_MOST);
    skuai_int8_weight *w = skuai_zero(1, sizeof *w);
    if (!w) return skuai_error_memory(err, "8-bit weights");
    w->out = out, w->in = in;
    size_t size;
    if (skuai_size_mul(out, in, &size)) w->values = skuai_new(size, 1);
    w->scale = skuai_new(out, sizeof *w->scale);
    w->sum = skuai_new(out, sizeof *w->sum);
    *result = w;
    return w->values && w->scale && w->sum ? SKUA_OK : skuai_error_memory(err, "8-bit weights");
}

static skua_status weight_fill(const skuai_real *weight, skuai_int8_weight *w, skua_error *err) {
    for (size_t j = 0; j < w->out; j++) {
        const skuai_real *row = weight + j * w->in;
        double most = 0, scale;
        for (size_t k = 0; k < w->in; k++) {
            double size = fabs((double)row[k]);
            if (!isfinite(size))
                return skuai_error_set(err, SKUA_EINVAL, "a weight that is not finite");
            if (size > most) most = size;
        }
        scale = most / 127 > 1e-30 ? most / 127 : 1; /* rows of zeros keep a scale */
        w->scale[j] = (float)scale;
        w->sum[j] = 0;
        for (size_t k = 0; k < w->in; k++) {
            double q = fmax(-127, fmin(127, nearbyint((double)row[k] / (double)w->scale[j])));
            w->values[j * w->in + k] = (int8_t)q;
            w->sum[j] += (int32_t)q;
        }
    }
    return SKUA_OK;
}

static skua_status weight_pack(skuai_int8_weight *w, skua_error *err) {
    if (!skuai_kernel_int8_there()) return SKUA_OK;
    w->packed = skuai_new(skuai_int8_packed_size(w->out, w->in), 1);
    if (!w->packed) return skuai_error_memory(err, "8-bit weights");
    skuai_kernel_int8_pack(w->values, w->out, w->in, w->packed);
    return SKUA_OK;
}

skua_status skuai_int8_weight_new(const skuai_real *weight, size_t out, size_t in,
                                  skuai_int8_weight **result, skua_error *err) {
    skuai_int8_weight *w = NULL;
    skua_status status = weight_alloc(out, in, &w, err);
    if (status == SKUA_OK) status = weight_fill(weight, w, err);
    if (status == SKUA_OK) status = weight_pack(w, err);
    if (status != SKUA_OK) {
        skuai_int8_weight_free(w);
        return status;
    }
    *result = w;
    return SKUA_OK;
}

skua_status skuai_int8_weight_load(const int8_t *values, const float *scale, size_t out, size_t in,
                                   skuai_int8_weight **result, skua_error *err) {
    skuai_int8_weight *w = NULL;
    skua_status status = weight_alloc(out, in, &w, err);
    for (size_t j = 0; j < out && status == SKUA_OK; j++) {
        if (!(scale[j] > 0 && isfinite(scale[j])))
            status = skuai_error_set(err, SKUA_EINVAL, "8-bit weights: scale %zu = %g", j,
                                     (double)scale[j]);
        w->scale[j] = scale[j];
        w->sum[j] = 0;
        for (size_t k = 0; k < in; k++)
            w->sum[j] += values[j * in + k];
    }
    if (status == SKUA_OK) {
        memcpy(w->values, values, out * in);
        status = weight_pack(w, err);
    }
    if (status != SKUA_OK) {
        skuai_int8_weight_free(w);
        return status;
    }
    *result = w;
    return SKUA_OK;
}

void skuai_int8_weight_expand(const skuai_int8_weight *from, skuai_real *weight) {
    for (size_t j = 0; j < from->out; j++)
        for (size_t k = 0; k < from->in; k++)
            weight[j * from->in + k] =
                (skuai_real)(from->scale[j] * (float)from->values[j * from->in + k]);
}

/* -- Product ---------------------------------------------------------------------------------- */

typedef struct product {
    const skuai_int8_weight *w;
    const skuai_real *x, *bias, *residual;
    skuai_real *y;
    size_t n, rows; /* rows in all and of a tile */
    int most;
    char *scratch;
    size_t share; /* bytes of a worker */
} product;

static size_t rounded(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static size_t tile_rows(size_t n, const skuai_context *context) {
    size_t threads = (size_t)skuai_context_threads(context), rows = (n + threads - 1) / threads;
    return rows > ROWS_MOST ? ROWS_MOST : rows > 0 ? rows : 1;
}

static size_t worker_share(const skuai_int8_weight *w, size_t rows) {
    size_t sums = w->packed ? 0 : rounded(rows * w->out * sizeof(int32_t));
    return rounded(rows * skuai_int8_columns(w->in)) + sums + rounded(2 * rows * sizeof(float));
}

size_t skuai_int8_scratch_size(const skuai_int8_weight *weight, size_t n,
                               const skuai_context *context) {
    return (size_t)skuai_context_threads(context) * worker_share(weight, tile_rows(n, context));
}

/* One row in unsigned integers; its lower end and step. */
static void quantise_row(const skuai_real *x, size_t n, int most, uint8_t *a, float *low,
                         float *step) {
    float least = (float)x[0], largest = (float)x[0];
    bool finite = true;
    for (size_t k = 0; k < n; k++) {
        float v = (float)x[k];
        finite = finite && isfinite(v);
        least = v < least ? v : least;
        largest = v > largest ? v : largest;
    }
    if (!finite) {
        *low = NAN, *step = 0;
        memset(a, 0, n);
        return;
    }
    float range = largest - least, per = range > 0 ? (float)most / range : 0;
    if (!isfinite(per) || !isfinite(range)) per = 0;
    *low = least, *step = per > 0 ? range / (float)most : 0;
    for (size_t k = 0; k < n; k++) {
        int v = (int)(((float)x[k] - least) * per + 0.5F); /* >= 0: truncation is the floor */
        a[k] = (uint8_t)(v < most ? v : most);
    }
}

/* A tile by kernel_int8.h: sums stay in registers until they are floats. */
static skua_status packed_tile(void *argument, size_t i, int worker, skua_error *err) {
    (void)err;
    const product *p = argument;
    const skuai_int8_weight *w = p->w;
    size_t first = i * p->rows, count = p->n - first < p->rows ? p->n - first : p->rows;
    uint8_t *a = (uint8_t *)(p->scratch + (size_t)worker * p->share);
    float *low = (float *)(void *)(a + rounded(p->rows * skuai_int8_columns(w->in)));
    const skuai_int8_product call = {.n = count,
                                     .in = w->in,
                                     .out = w->out,
                                     .a = a,
                                     .low = low,
                                     .step = low + p->rows,
                                     .packed = w->packed,
                                     .scale = w->scale,
                                     .sum = w->sum,
                                     .bias = p->bias,
                                     .residual = p->residual ? p->residual + first * w->out : NULL,
                                     .y = p->y + first * w->out};
    skuai_kernel_int8_rows(p->x + first * w->in, count, w->in, p->most, a, low, low + p->rows);
    skuai_kernel_int8_product(&call);
    return SKUA_OK;
}

static skua_status tile(void *argument, size_t i, int worker, skua_error *err) {
    const product *p = argument;
    const skuai_int8_weight *w = p->w;
    size_t first = i * p->rows, count = p->n - first < p->rows ? p->n - first : p->rows;
    char *memory = p->scratch + (size_t)worker * p->share;
    uint8_t *a = (uint8_t *)memory;
    int32_t *sums = (int32_t *)(void *)(memory + rounded(p->rows * w->in));
    float *low = (float *)(void *)((char *)sums + rounded(p->rows * w->out * sizeof *sums));
    float *step = low + p->rows;
    for (size_t r = 0; r < count; r++)
        quantise_row(p->x + (first + r) * w->in, w->in, p->most, a + r * w->in, &low[r], &step[r]);
    SKUA_TRY(skuai_matrix_multiply_int8(count, w->out, w->in, a, w->values, sums, err));
    for (size_t r = 0; r < count; r++) {
        skuai_real *y = p->y + (first + r) * w->out;
        const int32_t *s = sums + r * w->out;
        for (size_t j = 0; j < w->out; j++) {
            float v = w->scale[j] * (step[r] * (float)s[j] + low[r] * (float)w->sum[j]);
            skuai_real before = p->residual ? p->residual[(first + r) * w->out + j] : 0;
            y[j] = (skuai_real)v + (p->bias ? p->bias[j] : 0) + before; /* y may be the residual */
        }
    }
    return SKUA_OK;
}

skua_status skuai_int8_linear(const skuai_context *context, const skuai_int8_weight *weight,
                              const skuai_real *x, size_t n, const skuai_real *bias,
                              const skuai_real *residual, skuai_real *y, void *scratch,
                              skua_error *err) {
    if (n == 0) return SKUA_OK;
    product p = {.w = weight,
                 .x = x,
                 .bias = bias,
                 .residual = residual,
                 .y = y,
                 .n = n,
                 .scratch = scratch};
    p.rows = tile_rows(n, context);
    p.most = skuai_matrix_int8_most();
    p.share = worker_share(weight, p.rows);
    size_t tiles = (n + p.rows - 1) / p.rows;
    return skuai_parallel_for(context, NULL, tiles, weight->packed ? packed_tile : tile, &p, err);
}

/* -- Parameters ------------------------------------------------------------------------------- */

static bool pays(const skuai_nn_parameter *p) {
    size_t n = strlen(p->name);
    return p->rank == 2 && p->shape[0] >= SMALLEST && p->shape[1] >= SMALLEST &&
           p->shape[1] <= COLUMNS_MOST && n >= 6 && strcmp(p->name + n - 6, "weight") == 0;
}

void skuai_nn_parameters_unquantise(skuai_nn_parameters *parameters) {
    for (size_t i = 0; parameters->int8 && i < parameters->count; i++)
        skuai_int8_weight_free(parameters->int8[i]);
    skuai_free(parameters->int8);
    parameters->int8 = NULL;
}

skua_status skuai_nn_parameters_quantise(skuai_nn_parameters *parameters, skua_error *err) {
    if (parameters->int8) return SKUA_OK;
    parameters->int8 = skuai_zero(parameters->count, sizeof(skuai_int8_weight *));
    if (!parameters->int8) return skuai_error_memory(err, "8-bit weights");
    for (size_t i = 0; i < parameters->count; i++) {
        const skuai_nn_parameter *q = &parameters->table[i];
        if (!pays(q)) continue;
        skua_status status =
            skuai_int8_weight_new(skuai_nn_parameters_value(parameters, i), q->shape[0],
                                  q->shape[1], &parameters->int8[i], err);
        if (status == SKUA_OK) continue;
        status = skuai_error_prefix(err, status, "%s", q->name);
        skuai_nn_parameters_unquantise(parameters);
        return status;
    }
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->int8[i])
            skuai_int8_weight_expand(parameters->int8[i], skuai_nn_parameters_value(parameters, i));
    return SKUA_OK;
}
