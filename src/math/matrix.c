#include "math/matrix.h"

#include <oneapi/dnnl/dnnl.h>

/* Tiles of the parallel product: enough rows that packing b again a tile costs little, few enough
 * that several threads have work. Fixed, so that the bits do not depend on the thread count. */
enum { TILE_ROWS = 512, TILE_COLUMNS = 512, TILE_SMALL = 64 };

static skua_status check_call(const skuai_matrix_call *c, skua_error *err) {
    const size_t most = INT32_MAX;
    if (c->m > most || c->n > most || c->k > most || c->lda > most || c->ldb > most ||
        c->ldc > most)
        return skuai_error_set(err, SKUA_ELIMIT,
                               "matrix product of %zu x %zu x %zu is too large (2^31 - 1 a side)",
                               c->m, c->k, c->n);
    return SKUA_OK;
}

static skua_status from_dnnl(dnnl_status_t status, skua_error *err) {
    if (status == dnnl_success) return SKUA_OK;
    if (status == dnnl_out_of_memory)
        return skuai_error_set(err, SKUA_ENOMEM, "out of memory for a matrix product");
    return skuai_error_set(err, SKUA_EINTERNAL, "oneDNN refused a matrix product (status %d)",
                           (int)status);
}

static void scale_float(const skuai_matrix_call *call, float *c) {
    for (size_t i = 0; i < call->m; i++)
        for (size_t j = 0; j < call->n; j++)
            c[i * call->ldc + j] = call->beta == 0 ? 0 : (float)call->beta * c[i * call->ldc + j];
}

skua_status skuai_matrix_multiply(const skuai_matrix_call *call, const float *a, const float *b,
                                  float *c, skua_error *err) {
    SKUA_TRY(check_call(call, err));
    if (call->m == 0 || call->n == 0) return SKUA_OK;
    if (call->k == 0) {
        scale_float(call, c);
        return SKUA_OK;
    }
    int threads = skuai_threads_limit(1);
    dnnl_status_t status = dnnl_sgemm(
        call->a_transposed ? 'T' : 'N', call->b_transposed ? 'T' : 'N', (dnnl_dim_t)call->m,
        (dnnl_dim_t)call->n, (dnnl_dim_t)call->k, (float)call->alpha, a, (dnnl_dim_t)call->lda, b,
        (dnnl_dim_t)call->ldb, (float)call->beta, c, (dnnl_dim_t)call->ldc);
    (void)skuai_threads_limit(threads);
    return from_dnnl(status, err);
}

/* -- Tiles ------------------------------------------------------------------------------------- */

typedef struct tiles {
    const skuai_matrix_call *call;
    const void *a, *b;
    void *c;
    bool is_double;
    size_t rows, columns; /* of a tile */
    size_t across;        /* tiles side by side */
} tiles;

static skua_status tile_body(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker;
    const tiles *t = argument;
    skuai_matrix_call call = *t->call;
    size_t row = i / t->across * t->rows, column = i % t->across * t->columns;
    if (call.m - row > t->rows)
        call.m = t->rows;
    else
        call.m -= row;
    if (call.n - column > t->columns)
        call.n = t->columns;
    else
        call.n -= column;
    size_t at_a = call.a_transposed ? row : row * call.lda;
    size_t at_b = call.b_transposed ? column * call.ldb : column;
    size_t at_c = row * call.ldc + column;
    if (t->is_double)
        return skuai_matrix_multiply_double(&call, (const double *)t->a + at_a,
                                            (const double *)t->b + at_b, (double *)t->c + at_c,
                                            err);
    return skuai_matrix_multiply(&call, (const float *)t->a + at_a, (const float *)t->b + at_b,
                                 (float *)t->c + at_c, err);
}

static skua_status run_tiles(const skuai_context *context, tiles *t, skua_error *err) {
    const skuai_matrix_call *call = t->call;
    SKUA_TRY(check_call(call, err));
    if (call->m == 0 || call->n == 0) return SKUA_OK;
    t->rows = call->m > TILE_ROWS ? TILE_ROWS : call->m;
    t->columns = call->n;
    /* wide and low, or with much to add up: cut the columns too; a product of little work stays
     * whole */
    size_t work = call->m * call->n;
    if (call->m <= TILE_ROWS && (double)work * (double)call->k > 4e6) {
        t->columns = call->n > TILE_COLUMNS ? TILE_COLUMNS : (call->n + 1) / 2;
        t->columns = (t->columns + TILE_SMALL - 1) / TILE_SMALL * TILE_SMALL;
    }
    t->across = (call->n + t->columns - 1) / t->columns;
    size_t down = (call->m + t->rows - 1) / t->rows;
    return skuai_parallel_for(context, NULL, t->across * down, tile_body, t, err);
}

skua_status skuai_matrix_multiply_parallel(const skuai_context *context,
                                           const skuai_matrix_call *call, const float *a,
                                           const float *b, float *c, skua_error *err) {
    tiles t = {.call = call, .a = a, .b = b, .c = c};
    return run_tiles(context, &t, err);
}

skua_status skuai_matrix_multiply_double_parallel(const skuai_context *context,
                                                  const skuai_matrix_call *call, const double *a,
                                                  const double *b, double *c, skua_error *err) {
    tiles t = {.call = call, .a = a, .b = b, .c = c, .is_double = true};
    return run_tiles(context, &t, err);
}

typedef struct batch {
    const skuai_matrix_call *call;
    const float *a, *b;
    float *c;
    size_t a_stride, b_stride, c_stride;
} batch;

static skua_status batch_body(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker;
    const batch *t = argument;
    return skuai_matrix_multiply(t->call, t->a + i * t->a_stride, t->b + i * t->b_stride,
                                 t->c + i * t->c_stride, err);
}

skua_status skuai_matrix_multiply_batch(const skuai_context *context, const skuai_matrix_call *call,
                                        size_t count, const float *a, size_t a_stride,
                                        const float *b, size_t b_stride, float *c, size_t c_stride,
                                        skua_error *err) {
    batch t = {call, a, b, c, a_stride, b_stride, c_stride};
    return skuai_parallel_for(context, NULL, count, batch_body, &t, err);
}

/* -- Double ------------------------------------------------------------------------------------ */

skua_status skuai_matrix_multiply_double(const skuai_matrix_call *call, const double *a,
                                         const double *b, double *c, skua_error *err) {
    SKUA_TRY(check_call(call, err));
    for (size_t i = 0; i < call->m; i++) {
        double *row = c + i * call->ldc;
        for (size_t j = 0; j < call->n; j++)
            row[j] = call->beta == 0 ? 0 : call->beta * row[j];
        for (size_t p = 0; p < call->k; p++) {
            double x = call->alpha * a[call->a_transposed ? p * call->lda + i : i * call->lda + p];
            if (call->b_transposed)
                for (size_t j = 0; j < call->n; j++)
                    row[j] += x * b[j * call->ldb + p];
            else
                for (size_t j = 0; j < call->n; j++)
                    row[j] += x * b[p * call->ldb + j];
        }
    }
    return SKUA_OK;
}

/* -- 8-bit integers ---------------------------------------------------------------------------- */

int skuai_matrix_int8_most(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512vnni") ? 255 : 127;
#elif defined(__aarch64__)
    return 255; /* products are added in 32 bits there */
#else
    return 127;
#endif
}

skua_status skuai_matrix_multiply_int8(size_t m, size_t n, size_t k, const uint8_t *a,
                                       const int8_t *b, int32_t *c, skua_error *err) {
    const skuai_matrix_call call = {.m = m, .n = n, .k = k};
    SKUA_TRY(check_call(&call, err));
    if (m == 0 || n == 0) return SKUA_OK;
    int threads = skuai_threads_limit(1);
    const int32_t zero = 0;
    dnnl_status_t status =
        dnnl_gemm_u8s8s32('N', 'T', 'F', (dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k, 1.0F, a,
                          (dnnl_dim_t)k, 0, b, (dnnl_dim_t)k, 0, 0.0F, c, (dnnl_dim_t)n, &zero);
    (void)skuai_threads_limit(threads);
    return from_dnnl(status, err);
}

int32_t skuai_matrix_int8_saturating_dot(const uint8_t *a, const int8_t *b, size_t k) {
    int32_t sum = 0;
    for (size_t i = 0; i < k; i += 2) {
        int32_t pair = (int32_t)a[i] * b[i] + (i + 1 < k ? (int32_t)a[i + 1] * b[i + 1] : 0);
        sum += pair > INT16_MAX ? INT16_MAX : pair < INT16_MIN ? INT16_MIN : pair;
    }
    return sum;
}
