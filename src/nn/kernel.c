#include "nn/kernel.h"

#include "nn/vector_math.h"

/* -- Elements --------------------------------------------------------------------------------- */

void skuai_kernel_zero(skuai_real *y, size_t n) {
    if (n) memset(y, 0, n * sizeof *y);
}

void skuai_kernel_copy(const skuai_real *x, skuai_real *y, size_t n) {
    if (n && x != y) memcpy(y, x, n * sizeof *y);
}

SKUAI_INLINE void add_body(const skuai_real *x, skuai_real *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

SKUAI_INLINE void skuai_kernel_accumulate_body(const skuai_real *x, bool fresh, skuai_real *y,
                                               size_t n) {
    if (fresh)
        skuai_kernel_copy(x, y, n);
    else
        add_body(x, y, n);
}
SKUAI_KERNEL(skuai_kernel_accumulate, (const skuai_real *x, bool fresh, skuai_real *y, size_t n),
             (x, fresh, y, n))

SKUAI_INLINE void skuai_kernel_affine_body(const skuai_real *x, skuai_real a, skuai_real b,
                                           skuai_real *y, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = a * x[i] + b;
}
SKUAI_KERNEL(skuai_kernel_affine,
             (const skuai_real *x, skuai_real a, skuai_real b, skuai_real *y, size_t n),
             (x, a, b, y, n))

SKUAI_INLINE void skuai_kernel_axpy_body(const skuai_real *x, skuai_real a, bool fresh,
                                         skuai_real *y, size_t n) {
    if (fresh) {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            y[i] = a * x[i];
    } else {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            y[i] += a * x[i];
    }
}
SKUAI_KERNEL(skuai_kernel_axpy,
             (const skuai_real *x, skuai_real a, bool fresh, skuai_real *y, size_t n),
             (x, a, fresh, y, n))

SKUAI_INLINE void skuai_kernel_sum_body(const skuai_real *x, const skuai_real *y, skuai_real *z,
                                        size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        z[i] = x[i] + y[i];
}
SKUAI_KERNEL(skuai_kernel_sum, (const skuai_real *x, const skuai_real *y, skuai_real *z, size_t n),
             (x, y, z, n))

SKUAI_INLINE void skuai_kernel_product_body(const skuai_real *x, const skuai_real *y, bool fresh,
                                            skuai_real *z, size_t n) {
    if (fresh) {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            z[i] = x[i] * y[i];
    } else {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            z[i] += x[i] * y[i];
    }
}
SKUAI_KERNEL(skuai_kernel_product,
             (const skuai_real *x, const skuai_real *y, bool fresh, skuai_real *z, size_t n),
             (x, y, fresh, z, n))

SKUAI_INLINE void skuai_kernel_dot_body(const skuai_real *x, const skuai_real *y, size_t n,
                                        double *sum) {
    double s = 0;
#pragma omp simd reduction(+ : s)
    for (size_t i = 0; i < n; i++)
        s += (double)x[i] * (double)y[i];
    *sum = s;
}
SKUAI_KERNEL(skuai_kernel_dot, (const skuai_real *x, const skuai_real *y, size_t n, double *sum),
             (x, y, n, sum))

/* Two rounds of an integer hash (Wellons 2018, "lowbias32") with the key between them. */
SKUAI_INLINE uint32_t hash_body(uint32_t i, uint32_t key, uint32_t second) {
    uint32_t h = i ^ key;
    h = (h ^ (h >> 16)) * 0x7FEB352DU;
    h = (h ^ (h >> 15)) * 0x846CA68BU;
    h = (h ^ (h >> 16)) ^ second;
    h = (h ^ (h >> 16)) * 0x7FEB352DU;
    h = (h ^ (h >> 15)) * 0x846CA68BU;
    return h ^ (h >> 16);
}

SKUAI_INLINE void skuai_kernel_dropout_body(const skuai_real *x, uint64_t key, uint64_t first,
                                            double p, bool fresh, skuai_real *y, size_t n) {
    uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32), drop = (uint32_t)(p * 4294967296.0);
    skuai_real factor = SKUAI_R(1 / (1 - p));
    /* a run of 2^32 elements has a key of its own */
    for (size_t i = 0; i < n;) {
        uint32_t at = (uint32_t)(first + i), block = (uint32_t)((first + i) >> 32);
        uint64_t left = 0x100000000U - (uint64_t)at;
        size_t run = n - i < left ? n - i : (size_t)left;
        uint32_t second = high + block * 0x9E3779B9U;
#pragma omp simd
        for (size_t k = 0; k < run; k++) {
            bool kept = hash_body(at + (uint32_t)k, low, second) >= drop;
            skuai_real v = kept ? x[i + k] * factor : SKUAI_R(0);
            y[i + k] = fresh ? v : y[i + k] + v;
        }
        i += run;
    }
}
SKUAI_KERNEL(skuai_kernel_dropout,
             (const skuai_real *x, uint64_t key, uint64_t first, double p, bool fresh,
              skuai_real *y, size_t n),
             (x, key, first, p, fresh, y, n))

/* -- Rows ------------------------------------------------------------------------------------- */

SKUAI_INLINE void skuai_kernel_fill_rows_body(const skuai_real *bias, const skuai_real *residual,
                                              skuai_real *y, size_t n, size_t d) {
    for (size_t i = 0; i < n; i++) {
        const skuai_real *r = residual ? residual + i * d : NULL;
        skuai_real *row = y + i * d;
        if (bias && r)
            skuai_kernel_sum_body(bias, r, row, d);
        else if (bias || r)
            skuai_kernel_copy(bias ? bias : r, row, d);
        else
            skuai_kernel_zero(row, d);
    }
}
SKUAI_KERNEL(skuai_kernel_fill_rows,
             (const skuai_real *bias, const skuai_real *residual, skuai_real *y, size_t n,
              size_t d),
             (bias, residual, y, n, d))

SKUAI_INLINE void skuai_kernel_bias_rows_body(const skuai_real *bias, skuai_real *y, size_t n,
                                              size_t d) {
    for (size_t i = 0; i < n; i++)
        add_body(bias, y + i * d, d);
}
SKUAI_KERNEL(skuai_kernel_bias_rows, (const skuai_real *bias, skuai_real *y, size_t n, size_t d),
             (bias, y, n, d))

SKUAI_INLINE void skuai_kernel_column_sum_body(const skuai_real *x, bool fresh, skuai_real *sum,
                                               size_t n, size_t d) {
    if (fresh) skuai_kernel_zero(sum, d);
    for (size_t i = 0; i < n; i++)
        add_body(x + i * d, sum, d);
}
SKUAI_KERNEL(skuai_kernel_column_sum,
             (const skuai_real *x, bool fresh, skuai_real *sum, size_t n, size_t d),
             (x, fresh, sum, n, d))

SKUAI_INLINE void skuai_kernel_softmax_body(const skuai_real *x, skuai_real *y, size_t n,
                                            size_t d) {
    for (size_t i = 0; i < n; i++) {
        const skuai_real *a = x + i * d;
        skuai_real *b = y + i * d, most = -SKUAI_REAL_HUGE, sum = 0;
#pragma omp simd reduction(max : most)
        for (size_t k = 0; k < d; k++)
            most = a[k] > most ? a[k] : most;
#pragma omp simd reduction(+ : sum)
        for (size_t k = 0; k < d; k++) {
            b[k] = skuai_real_exp(a[k] - most);
            sum += b[k];
        }
        skuai_kernel_affine_body(b, SKUAI_R(1) / sum, 0, b, d);
    }
}
SKUAI_KERNEL(skuai_kernel_softmax, (const skuai_real *x, skuai_real *y, size_t n, size_t d),
             (x, y, n, d))

SKUAI_INLINE void skuai_kernel_softmax_back_body(const skuai_real *y, const skuai_real *dy,
                                                 bool fresh, skuai_real *dx, size_t n, size_t d) {
    for (size_t i = 0; i < n; i++) {
        const skuai_real *a = y + i * d, *g = dy + i * d;
        skuai_real *b = dx + i * d, sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t k = 0; k < d; k++)
            sum += a[k] * g[k];
#pragma omp simd
        for (size_t k = 0; k < d; k++)
            b[k] = (fresh ? SKUAI_R(0) : b[k]) + a[k] * (g[k] - sum);
    }
}
SKUAI_KERNEL(skuai_kernel_softmax_back,
             (const skuai_real *y, const skuai_real *dy, bool fresh, skuai_real *dx, size_t n,
              size_t d),
             (y, dy, fresh, dx, n, d))

/* -- Norms ------------------------------------------------------------------------------------ */

/* Variance about the mean in a second pass: the sum of squares less the mean's loses digits. */
SKUAI_INLINE void moments_body(const skuai_real *x, size_t d, bool centred, skuai_real *mean,
                               skuai_real *square) {
    skuai_real m = 0, s = 0;
    if (centred) {
#pragma omp simd reduction(+ : m)
        for (size_t k = 0; k < d; k++)
            m += x[k];
        m /= (skuai_real)d;
    }
#pragma omp simd reduction(+ : s)
    for (size_t k = 0; k < d; k++)
        s += (x[k] - m) * (x[k] - m);
    *mean = m, *square = s / (skuai_real)d;
}

SKUAI_INLINE void skuai_kernel_norm_body(const skuai_real *x, const skuai_real *gain,
                                         const skuai_real *bias, double epsilon, skuai_real *mean,
                                         skuai_real *inverse, skuai_real *y, size_t n, size_t d) {
    for (size_t i = 0; i < n; i++) {
        const skuai_real *a = x + i * d;
        skuai_real *b = y + i * d, m, s;
        moments_body(a, d, mean != NULL, &m, &s);
        s = SKUAI_R(1) / skuai_real_sqrt(s + SKUAI_R(epsilon));
        if (mean) mean[i] = m;
        inverse[i] = s;
        if (gain) {
#pragma omp simd
            for (size_t k = 0; k < d; k++)
                b[k] = (a[k] - m) * s * gain[k];
        } else {
#pragma omp simd
            for (size_t k = 0; k < d; k++)
                b[k] = (a[k] - m) * s;
        }
        if (bias) add_body(bias, b, d);
    }
}
SKUAI_KERNEL(skuai_kernel_norm,
             (const skuai_real *x, const skuai_real *gain, const skuai_real *bias, double epsilon,
              skuai_real *mean, skuai_real *inverse, skuai_real *y, size_t n, size_t d),
             (x, gain, bias, epsilon, mean, inverse, y, n, d))

/* With u = gain dy and z = (x - mean) inverse: dx = inverse (u - [mean u] - z mean(u z)). */
SKUAI_INLINE void norm_back_row(const skuai_real *x, const skuai_real *gain, const skuai_real *dy,
                                bool centred, skuai_real m, skuai_real s, bool fresh,
                                skuai_real *dx, size_t d) {
    skuai_real sum = 0, product = 0;
    if (gain) {
#pragma omp simd reduction(+ : sum, product)
        for (size_t k = 0; k < d; k++) {
            skuai_real u = gain[k] * dy[k];
            sum += u;
            product += u * (x[k] - m);
        }
    } else {
#pragma omp simd reduction(+ : sum, product)
        for (size_t k = 0; k < d; k++) {
            sum += dy[k];
            product += dy[k] * (x[k] - m);
        }
    }
    skuai_real shift = centred ? sum / (skuai_real)d : SKUAI_R(0);
    skuai_real slope = product * s * s / (skuai_real)d;
#pragma omp simd
    for (size_t k = 0; k < d; k++) {
        skuai_real u = gain ? gain[k] * dy[k] : dy[k];
        dx[k] = (fresh ? SKUAI_R(0) : dx[k]) + s * (u - shift - (x[k] - m) * slope);
    }
}

SKUAI_INLINE void skuai_kernel_norm_back_body(const skuai_real *x, const skuai_real *gain,
                                              const skuai_real *dy, const skuai_real *mean,
                                              const skuai_real *inverse, bool fresh, skuai_real *dx,
                                              skuai_real *dgain, skuai_real *dbias, size_t n,
                                              size_t d) {
    for (size_t i = 0; i < n; i++) {
        const skuai_real *a = x + i * d, *g = dy + i * d;
        skuai_real m = mean ? mean[i] : SKUAI_R(0), s = inverse[i];
        if (dgain) {
#pragma omp simd
            for (size_t k = 0; k < d; k++)
                dgain[k] += g[k] * (a[k] - m) * s;
        }
        if (dbias) add_body(g, dbias, d);
        if (dx) norm_back_row(a, gain, g, mean != NULL, m, s, fresh, dx + i * d, d);
    }
}
SKUAI_KERNEL(skuai_kernel_norm_back,
             (const skuai_real *x, const skuai_real *gain, const skuai_real *dy,
              const skuai_real *mean, const skuai_real *inverse, bool fresh, skuai_real *dx,
              skuai_real *dgain, skuai_real *dbias, size_t n, size_t d),
             (x, gain, dy, mean, inverse, fresh, dx, dgain, dbias, n, d))
