/* Matrix products by oneDNN against plain sums. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/random.h"
#include "math/matrix.h"

#include <math.h>
#include <string.h>

static float *random_matrix(size_t n, uint64_t seed) {
    skuai_random r;
    skuai_random_init(&r, seed);
    float *x = skuai_new(n, sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)skuai_random_normal(&r);
    return x;
}

static double plain(const skuai_matrix_call *c, const float *a, const float *b, size_t i,
                    size_t j) {
    double sum = 0;
    for (size_t p = 0; p < c->k; p++)
        sum += (double)a[c->a_transposed ? p * c->lda + i : i * c->lda + p] *
               (double)b[c->b_transposed ? j * c->ldb + p : p * c->ldb + j];
    return sum;
}

static void check_product(size_t m, size_t n, size_t k, bool ta, bool tb, size_t pad, double alpha,
                          double beta, int threads) {
    skuai_matrix_call call = {.a_transposed = ta,
                              .b_transposed = tb,
                              .m = m,
                              .n = n,
                              .k = k,
                              .lda = (ta ? m : k) + pad,
                              .ldb = (tb ? k : n) + pad,
                              .ldc = n + pad,
                              .alpha = alpha,
                              .beta = beta};
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    context.threads = threads;
    size_t rows_a = ta ? k : m, rows_b = tb ? n : k;
    float *a = random_matrix(rows_a * call.lda + 1, 1),
          *b = random_matrix(rows_b * call.ldb + 1, 2), *c = random_matrix(m * call.ldc + 1, 3),
          *before = random_matrix(m * call.ldc + 1, 3), *d = random_matrix(m * call.ldc + 1, 3);
    skua_error err;
    assert_ok(skuai_matrix_multiply_parallel(&context, &call, a, b, c, &err), &err);
    assert_ok(skuai_matrix_multiply(&call, a, b, d, &err), &err);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n + pad; j++) {
            size_t at = i * call.ldc + j;
            double want = j < n ? alpha * plain(&call, a, b, i, j) + beta * (double)before[at]
                                : (double)before[at]; /* what lies between rows is not touched */
            assert_close(c[at], want, 1e-4, 1e-4 * sqrt((double)k));
            assert_close(d[at], want, 1e-4, 1e-4 * sqrt((double)k));
        }
    skuai_free(a), skuai_free(b), skuai_free(c), skuai_free(before), skuai_free(d);
}

static void products(void **state) {
    (void)state;
    for (int t = 0; t < 4; t++) {
        check_product(7, 5, 3, t & 1, t & 2, 0, 1, 0, 1);
        check_product(33, 65, 129, t & 1, t & 2, 3, 0.5, 1, 2);
        check_product(1, 300, 200, t & 1, t & 2, 1, 1, 0, 2);
        check_product(600, 70, 140, t & 1, t & 2, 0, -1, 0.25, 2);
        check_product(3, 4, 0, t & 1, t & 2, 0, 1, 0.5, 1);
    }
}

/* The same bits on any number of threads. */
static void threads_agree(void **state) {
    (void)state;
    const size_t m = 1300, n = 260, k = 96;
    skuai_matrix_call call = {.m = m, .n = n, .k = k, .lda = k, .ldb = n, .ldc = n, .alpha = 1};
    float *a = random_matrix(m * k, 1), *b = random_matrix(k * n, 2), *c = random_matrix(m * n, 3),
          *d = random_matrix(m * n, 4);
    skua_error err;
    for (int threads = 1; threads <= 3; threads++) {
        skuai_context context = SKUAI_CONTEXT_DEFAULT;
        context.threads = threads;
        assert_ok(skuai_matrix_multiply_parallel(&context, &call, a, b, threads == 1 ? c : d, &err),
                  &err);
        if (threads > 1) assert_memory_equal(c, d, m * n * sizeof *c);
    }
    skuai_free(a), skuai_free(b), skuai_free(c), skuai_free(d);
}

static void batches(void **state) {
    (void)state;
    const size_t m = 6, n = 9, k = 11, count = 5;
    skuai_matrix_call call = {
        .b_transposed = true, .m = m, .n = n, .k = k, .lda = k, .ldb = k, .ldc = n, .alpha = 1};
    float *a = random_matrix(count * m * k, 1), *b = random_matrix(n * k, 2),
          *c = random_matrix(count * m * n, 3);
    skua_error err;
    assert_ok(skuai_matrix_multiply_batch(NULL, &call, count, a, m * k, b, 0, c, m * n, &err),
              &err);
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++)
                assert_close(c[t * m * n + i * n + j], plain(&call, a + t * m * k, b, i, j), 1e-5,
                             1e-5);
    skuai_free(a), skuai_free(b), skuai_free(c);
}

static void double_products(void **state) {
    (void)state;
    const double a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, -1, 2, 0.5, 3, 1};
    double c[4] = {100, 100, 100, 100};
    skuai_matrix_call call = {
        .m = 2, .n = 2, .k = 3, .lda = 3, .ldb = 2, .ldc = 2, .alpha = 2, .beta = 1};
    skua_error err;
    assert_ok(skuai_matrix_multiply_double(&call, a, b, c, &err), &err);
    const double want[] = {128, 106, 164, 109};
    assert_close_array(c, want, 4, 1e-15, 0);
    assert_close(c[0], 100 + 2 * (1 * 1 + 2 * 2 + 3 * 3), 0, 1e-12);
}

/* Integers are exact at the most that the processor bears, with the worst weights. */
static void int8_exact(void **state) {
    (void)state;
    enum { M = 5, N = 37, K = 300 };
    uint8_t a[M * K];
    int8_t b[N * K];
    int32_t c[M * N];
    int most = skuai_matrix_int8_most();
    assert_true(most == 127 || most == 255);
    for (size_t i = 0; i < M * K; i++)
        a[i] = (uint8_t)(i % 3 ? most : (int)(i * 7 % (size_t)most));
    for (size_t i = 0; i < N * K; i++)
        b[i] = (int8_t)(i / K % 2 ? -127 : i % 5 ? 127 : (int)(i % 100));
    skua_error err;
    assert_ok(skuai_matrix_multiply_int8(M, N, K, a, b, c, &err), &err);
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            int32_t want = 0;
            for (size_t p = 0; p < K; p++)
                want += (int32_t)a[i * K + p] * b[j * K + p];
            assert_int_equal(c[i * N + j], want);
        }
}

/* Why 7 bits where the processor has no VNNI: its 16-bit pairs lose what 8 bits bring, and bear 7.
 */
static void int8_saturates_without_vnni(void **state) {
    (void)state;
    enum { K = 64 };
    uint8_t eight[K], seven[K];
    int8_t w[K];
    int32_t exact8 = 0, exact7 = 0;
    for (int i = 0; i < K; i++) {
        eight[i] = 255, seven[i] = 127, w[i] = (int8_t)(i % 4 ? 127 : 100);
        exact8 += 255 * w[i], exact7 += 127 * w[i];
    }
    assert_true(skuai_matrix_int8_saturating_dot(eight, w, K) < exact8);
    assert_int_equal(skuai_matrix_int8_saturating_dot(seven, w, K), exact7);
}

static void too_large(void **state) {
    (void)state;
    skuai_matrix_call call = {.m = (size_t)1 << 33, .n = 1, .k = 1, .lda = 1, .ldb = 1, .ldc = 1};
    skua_error err;
    float x = 0;
    assert_int_equal(skuai_matrix_multiply(&call, &x, &x, &x, &err), SKUA_ELIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),   cmocka_unit_test(threads_agree),
        cmocka_unit_test(batches),    cmocka_unit_test(double_products),
        cmocka_unit_test(int8_exact), cmocka_unit_test(int8_saturates_without_vnni),
        cmocka_unit_test(too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
