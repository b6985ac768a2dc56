/* Attention rows, steps of a GRU, steps of Adam. */
#include "nn/kernel.h"

#include "nn/vector_math.h"

/* -- Attention -------------------------------------------------------------------------------- */

SKUAI_INLINE void shift_body(skuai_real *s, const skuai_real *bias, const skuai_real *mask,
                             size_t n) {
    if (bias) {
#pragma omp simd
        for (size_t k = 0; k < n; k++)
            s[k] += bias[k];
    }
    if (mask) {
#pragma omp simd
        for (size_t k = 0; k < n; k++)
            s[k] += mask[k];
    }
}

SKUAI_INLINE void skuai_kernel_attend_body(skuai_real *s, const skuai_real *bias,
                                           const skuai_real *mask, size_t n, skuai_real *log_sum) {
    shift_body(s, bias, mask, n);
    skuai_real most = -SKUAI_REAL_HUGE, sum = 0;
#pragma omp simd reduction(max : most)
    for (size_t k = 0; k < n; k++)
        most = s[k] > most ? s[k] : most;
#pragma omp simd reduction(+ : sum)
    for (size_t k = 0; k < n; k++) {
        s[k] = skuai_real_exp(s[k] - most);
        sum += s[k];
    }
    if (sum == SKUAI_R(0)) { /* each is exactly 0: none may be seen */
        *log_sum = SKUAI_R(INFINITY);
        return;
    }
    skuai_real inverse = SKUAI_R(1) / sum;
#pragma omp simd
    for (size_t k = 0; k < n; k++)
        s[k] *= inverse;
    *log_sum = SKUAI_R((double)most + log((double)sum));
}
SKUAI_KERNEL(skuai_kernel_attend,
             (skuai_real * s, const skuai_real *bias, const skuai_real *mask, size_t n,
              skuai_real *log_sum),
             (s, bias, mask, n, log_sum))

SKUAI_INLINE void skuai_kernel_attend_again_body(skuai_real *s, const skuai_real *bias,
                                                 const skuai_real *mask, skuai_real log_sum,
                                                 size_t n) {
    shift_body(s, bias, mask, n);
#pragma omp simd
    for (size_t k = 0; k < n; k++)
        s[k] = skuai_real_exp(s[k] - log_sum);
}
SKUAI_KERNEL(skuai_kernel_attend_again,
             (skuai_real * s, const skuai_real *bias, const skuai_real *mask, skuai_real log_sum,
              size_t n),
             (s, bias, mask, log_sum, n))

SKUAI_INLINE void skuai_kernel_attend_back_body(const skuai_real *weight, skuai_real *dp,
                                                skuai_real scale, size_t n) {
    skuai_real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t k = 0; k < n; k++)
        sum += weight[k] * dp[k];
#pragma omp simd
    for (size_t k = 0; k < n; k++)
        dp[k] = weight[k] * (dp[k] - sum) * scale;
}
SKUAI_KERNEL(skuai_kernel_attend_back,
             (const skuai_real *weight, skuai_real *dp, skuai_real scale, size_t n),
             (weight, dp, scale, n))

SKUAI_INLINE void rotate_row(const skuai_real *x, const skuai_real *angle, skuai_real sign,
                             bool fresh, skuai_real *y, size_t half) {
    if (fresh) {
#pragma omp simd
        for (size_t k = 0; k < half; k++) {
            skuai_real a = x[k], b = x[half + k], c = angle[k], s = sign * angle[half + k];
            y[k] = a * c - b * s;
            y[half + k] = a * s + b * c;
        }
    } else {
#pragma omp simd
        for (size_t k = 0; k < half; k++) {
            skuai_real a = x[k], b = x[half + k], c = angle[k], s = sign * angle[half + k];
            y[k] += a * c - b * s;
            y[half + k] += a * s + b * c;
        }
    }
}

SKUAI_INLINE void skuai_kernel_rotate_body(const skuai_real *x, size_t x_stride,
                                           const skuai_real *table, const int32_t *positions,
                                           skuai_real sign, bool fresh, skuai_real *y,
                                           size_t y_stride, size_t n, size_t half) {
    for (size_t i = 0; i < n; i++) {
        size_t at = positions ? (size_t)positions[i] : i;
        rotate_row(x + i * x_stride, table + at * 2 * half, sign, fresh, y + i * y_stride, half);
    }
}
SKUAI_KERNEL(skuai_kernel_rotate,
             (const skuai_real *x, size_t x_stride, const skuai_real *table,
              const int32_t *positions, skuai_real sign, bool fresh, skuai_real *y, size_t y_stride,
              size_t n, size_t half),
             (x, x_stride, table, positions, sign, fresh, y, y_stride, n, half))

/* -- Recurrence ------------------------------------------------------------------------------- */

/* before is not NULL. */
SKUAI_INLINE void gru_values(const skuai_real *x, const skuai_real *h, const skuai_real *before,
                             skuai_real *state, skuai_real *saved, bool save, size_t w) {
#pragma omp simd
    for (size_t k = 0; k < w; k++) {
        skuai_real hn = h[2 * w + k];
        skuai_real r = skuai_real_sigmoid(x[k] + h[k]);
        skuai_real z = skuai_real_sigmoid(x[w + k] + h[w + k]);
        skuai_real n = skuai_real_tanh(x[2 * w + k] + r * hn);
        state[k] = n + z * (before[k] - n);
        if (save) {
            saved[k] = r;
            saved[w + k] = z;
            saved[2 * w + k] = n;
            saved[3 * w + k] = hn;
        }
    }
}

SKUAI_INLINE void skuai_kernel_gru_body(const skuai_real *x, const skuai_real *h,
                                        const skuai_real *before, skuai_real *state,
                                        skuai_real *saved, size_t w) {
    if (!before) { /* zero: read from where zeros can lie */
        skuai_kernel_zero(state, w);
        before = state;
    }
    if (saved)
        gru_values(x, h, before, state, saved, true, w);
    else
        gru_values(x, h, before, state, state, false, w);
}
SKUAI_KERNEL(skuai_kernel_gru,
             (const skuai_real *x, const skuai_real *h, const skuai_real *before, skuai_real *state,
              skuai_real *saved, size_t width),
             (x, h, before, state, saved, width))

SKUAI_INLINE void skuai_kernel_gru_back_body(const skuai_real *saved, const skuai_real *before,
                                             const skuai_real *dstate, skuai_real *dx,
                                             skuai_real *dh, skuai_real *dbefore, size_t w) {
#pragma omp simd
    for (size_t k = 0; k < w; k++) {
        skuai_real r = saved[k], z = saved[w + k], n = saved[2 * w + k], hn = saved[3 * w + k];
        skuai_real g = dstate[k];
        skuai_real dn = g * (SKUAI_R(1) - z) * (SKUAI_R(1) - n) * (SKUAI_R(1) + n);
        skuai_real dr = dn * hn * r * (SKUAI_R(1) - r);
        skuai_real dz = g * (before[k] - n) * z * (SKUAI_R(1) - z);
        dx[k] = dr;
        dx[w + k] = dz;
        dx[2 * w + k] = dn;
        dh[k] = dr;
        dh[w + k] = dz;
        dh[2 * w + k] = dn * r;
        dbefore[k] = g * z;
    }
}
SKUAI_KERNEL(skuai_kernel_gru_back,
             (const skuai_real *saved, const skuai_real *before, const skuai_real *dstate,
              skuai_real *dx, skuai_real *dh, skuai_real *dbefore, size_t width),
             (saved, before, dstate, dx, dh, dbefore, width))

/* -- Adam ------------------------------------------------------------------------------------- */

SKUAI_INLINE void skuai_kernel_adam_body(const skuai_adam *adam, skuai_real *value,
                                         skuai_real *gradient, skuai_real *moment1,
                                         skuai_real *moment2, skuai_real *ema, size_t n) {
    const skuai_adam a = *adam;
    skuai_real b1 = SKUAI_R(1) - a.beta1, b2 = SKUAI_R(1) - a.beta2;
#pragma omp simd
    for (size_t k = 0; k < n; k++) {
        skuai_real g = gradient[k] * a.factor;
        skuai_real m = a.beta1 * moment1[k] + b1 * g;
        skuai_real v = a.beta2 * moment2[k] + b2 * g * g;
        moment1[k] = m, moment2[k] = v;
        value[k] = value[k] * a.decay - a.rate * m / (skuai_real_sqrt(v) + a.epsilon);
        gradient[k] = 0;
    }
    if (ema) {
        skuai_real rest = SKUAI_R(1) - a.average;
#pragma omp simd
        for (size_t k = 0; k < n; k++)
            ema[k] = a.average * ema[k] + rest * value[k];
    }
}
SKUAI_KERNEL(skuai_kernel_adam,
             (const skuai_adam *adam, skuai_real *value, skuai_real *gradient, skuai_real *moment1,
              skuai_real *moment2, skuai_real *ema, size_t n),
             (adam, value, gradient, moment1, moment2, ema, n))
