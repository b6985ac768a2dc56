#include "nn/kernel_int8.h"

#include <math.h>
#include <string.h>

void skuai_kernel_int8_pack(const int8_t *values, size_t out, size_t in, int8_t *packed) {
    size_t columns = skuai_int8_columns(in);
    memset(packed, 0, skuai_int8_packed_size(out, in));
    for (size_t j = 0; j < out; j++) {
        int8_t *panel = packed + j / SKUAI_INT8_PANEL * SKUAI_INT8_PANEL * columns;
        size_t place = j % SKUAI_INT8_PANEL * SKUAI_INT8_GROUP;
        for (size_t k = 0; k < in; k++)
            panel[k / SKUAI_INT8_GROUP * SKUAI_INT8_GROUP * SKUAI_INT8_PANEL + place +
                  k % SKUAI_INT8_GROUP] = values[j * in + k];
    }
}

#if defined(__x86_64__) && !defined(SKUA_GENERIC) && !defined(SKUAI_REAL_DOUBLE)

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET

enum { LANES = 16 }; /* floats of a register */

bool skuai_kernel_int8_there(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vnni");
}

INLINE __mmask16 lanes(size_t left) {
    return (__mmask16)(left >= LANES ? 0xFFFFU : (1U << left) - 1);
}

/* The numbers are compared as they are: minimum and maximum of a row in which something is not
 * finite are told apart by x - x, which is 0 for what is finite and NaN for the rest. */
TARGET static void row(const float *x, size_t in, int most, uint8_t *a, float *low, float *step) {
    __m512 least = _mm512_set1_ps(INFINITY), largest = _mm512_set1_ps(-INFINITY);
    __m512 odd = _mm512_setzero_ps();
    for (size_t k = 0; k < in; k += LANES) {
        __mmask16 m = lanes(in - k);
        __m512 v = _mm512_maskz_loadu_ps(m, x + k);
        least = _mm512_mask_min_ps(least, m, least, v);
        largest = _mm512_mask_max_ps(largest, m, largest, v);
        odd = _mm512_add_ps(odd, _mm512_sub_ps(v, v));
    }
    size_t columns = skuai_int8_columns(in);
    float from = _mm512_reduce_min_ps(least), range = _mm512_reduce_max_ps(largest) - from;
    if (_mm512_reduce_add_ps(odd) != 0) { /* a NaN is unequal to 0 too */
        *low = NAN, *step = 0;
        memset(a, 0, columns);
        return;
    }
    float per = range > 0 ? (float)most / range : 0;
    if (!isfinite(per) || !isfinite(range)) per = 0;
    *low = from, *step = per > 0 ? range / (float)most : 0;
    __m512 shift = _mm512_set1_ps(from), factor = _mm512_set1_ps(per), half = _mm512_set1_ps(0.5F);
    __m512i top = _mm512_set1_epi32(most);
    for (size_t k = 0; k < in; k += LANES) {
        __m512 v = _mm512_maskz_loadu_ps(lanes(in - k), x + k);
        v = _mm512_add_ps(_mm512_mul_ps(_mm512_sub_ps(v, shift), factor), half);
        __m512i q = _mm512_min_epi32(_mm512_cvttps_epi32(v), top); /* >= 0: that is the floor */
        _mm512_mask_cvtusepi32_storeu_epi8(a + k, lanes(columns - k), q);
    }
    memset(a + in, 0, columns - in);
}

void skuai_kernel_int8_rows(const skuai_real *x, size_t n, size_t in, int most, uint8_t *a,
                            float *low, float *step) {
    for (size_t i = 0; i < n; i++)
        row(x + i * in, in, most, a + i * skuai_int8_columns(in), &low[i], &step[i]);
}

/* y of some rows and the panel of outputs from j on, from their sums [rows, 32]. */
INLINE void finish(const skuai_int8_product *p, size_t i, size_t rows, size_t j,
                   const int32_t *sums) {
    for (size_t half = 0; half < SKUAI_INT8_PANEL && j + half < p->out; half += LANES) {
        size_t at = j + half;
        __mmask16 m = lanes(p->out - at);
        __m512 own = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(m, p->sum + at));
        __m512 scale = _mm512_maskz_loadu_ps(m, p->scale + at), bias = _mm512_setzero_ps();
        if (p->bias) bias = _mm512_maskz_loadu_ps(m, p->bias + at);
        for (size_t r = i; r < i + rows; r++) {
            __m512 sum =
                _mm512_cvtepi32_ps(_mm512_loadu_si512(sums + (r - i) * SKUAI_INT8_PANEL + half));
            __m512 v = _mm512_add_ps(_mm512_mul_ps(_mm512_set1_ps(p->step[r]), sum),
                                     _mm512_mul_ps(_mm512_set1_ps(p->low[r]), own));
            v = _mm512_add_ps(_mm512_mul_ps(scale, v), bias);
            size_t to = r * p->out + at;
            if (p->residual) v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(m, p->residual + to));
            _mm512_mask_storeu_ps(p->y + to, m, v);
        }
    }
}

/* A block of rows by a panel of 32 outputs. The sums are variables by name, and leave by memory:
 * otherwise gcc 12 writes a copy of each of them in every step. */
#define SUMS(r) __m512i left##r = _mm512_setzero_si512(), right##r = left##r;
#define STEP(r)                                                                                    \
    memcpy(&four, a + (r)*columns + k, sizeof four);                                               \
    v = _mm512_set1_epi32(four);                                                                   \
    left##r = _mm512_dpbusd_epi32(left##r, v, first);                                              \
    right##r = _mm512_dpbusd_epi32(right##r, v, second);
#define LEAVE(r)                                                                                   \
    _mm512_storeu_si512(sums + (r)*SKUAI_INT8_PANEL, left##r);                                     \
    _mm512_storeu_si512(sums + (r)*SKUAI_INT8_PANEL + LANES, right##r);
#define BLOCK(name, rows, EACH)                                                                    \
    TARGET static void name(const skuai_int8_product *p, size_t i, size_t j) {                     \
        size_t columns = skuai_int8_columns(p->in);                                                \
        const uint8_t *a = p->a + i * columns;                                                     \
        const int8_t *w = p->packed + j * columns;                                                 \
        int32_t sums[(rows)*SKUAI_INT8_PANEL];                                                     \
        EACH(SUMS)                                                                                 \
        for (size_t k = 0; k < columns; k += SKUAI_INT8_GROUP, w += 128) {                         \
            __m512i first = _mm512_loadu_si512(w), second = _mm512_loadu_si512(w + 64), v;         \
            int32_t four;                                                                          \
            EACH(STEP)                                                                             \
        }                                                                                          \
        EACH(LEAVE)                                                                                \
        finish(p, i, rows, j, sums);                                                               \
    }
#define ONE(X)    X(0)
#define FOUR(X)   X(0) X(1) X(2) X(3)
#define TWELVE(X) FOUR(X) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

BLOCK(one_row, 1, ONE)
BLOCK(four_rows, 4, FOUR)
BLOCK(twelve_rows, 12, TWELVE)

/* All outputs of a block before the next one: y is written through, the weights stay near. */
TARGET void skuai_kernel_int8_product(const skuai_int8_product *p) {
    for (size_t i = 0, rows; i < p->n; i += rows) {
        rows = p->n - i >= 12 ? 12 : p->n - i >= 4 ? 4 : 1;
        for (size_t j = 0; j < p->out; j += SKUAI_INT8_PANEL) {
            if (rows == 12)
                twelve_rows(p, i, j);
            else if (rows == 4)
                four_rows(p, i, j);
            else
                one_row(p, i, j);
        }
    }
}

#else

bool skuai_kernel_int8_there(void) {
    return false;
}

/* Never called: skuai_kernel_int8_there is false. */
void skuai_kernel_int8_rows(const skuai_real *x, size_t n, size_t in, int most, uint8_t *a,
                            float *low, float *step) {
    (void)x, (void)n, (void)in, (void)most, (void)a, (void)low, (void)step;
}

void skuai_kernel_int8_product(const skuai_int8_product *p) {
    (void)p;
}

#endif
