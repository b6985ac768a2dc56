#include "nn/kernel.h"

#include "nn/vector_math.h"

/* Value and slope of each activation; constants fold when kind is one. */
SKUAI_INLINE skuai_real value_of(skuai_activation kind, skuai_real x) {
    skuai_real e, u;
    switch (kind) {
    case SKUAI_ACTIVATION_GELU:
        return x * skuai_real_phi(x, &e);
    case SKUAI_ACTIVATION_GELU_TANH:
        u = SKUAI_R(0.79788456080286536) * (x + SKUAI_R(0.044715) * x * x * x);
        return SKUAI_R(0.5) * x * (SKUAI_R(1) + skuai_real_tanh(u));
    case SKUAI_ACTIVATION_RELU:
        return x < SKUAI_R(0) ? SKUAI_R(0) : x; /* NaN stays */
    case SKUAI_ACTIVATION_SILU:
        return x * skuai_real_sigmoid(x);
    case SKUAI_ACTIVATION_TANH:
        return skuai_real_tanh(x);
    case SKUAI_ACTIVATION_SIGMOID:
        return skuai_real_sigmoid(x);
    case SKUAI_ACTIVATION_SOFTPLUS:
        return skuai_real_softplus(x);
    case SKUAI_ACTIVATION_QUICK_GELU:
        return x * skuai_real_sigmoid(SKUAI_R(1.702) * x);
    default:
        return x;
    }
}

SKUAI_INLINE skuai_real slope_of(skuai_activation kind, skuai_real x, skuai_real *value) {
    skuai_real e, p, u, du;
    switch (kind) {
    case SKUAI_ACTIVATION_GELU:
        p = skuai_real_phi(x, &e);
        *value = x * p;
        return p + x * e * SKUAI_R(0.39894228040143268);
    case SKUAI_ACTIVATION_GELU_TANH:
        u = SKUAI_R(0.79788456080286536) * (x + SKUAI_R(0.044715) * x * x * x);
        du = SKUAI_R(0.79788456080286536) * (SKUAI_R(1) + SKUAI_R(3 * 0.044715) * x * x);
        p = skuai_real_tanh(u);
        *value = SKUAI_R(0.5) * x * (SKUAI_R(1) + p);
        return SKUAI_R(0.5) * (SKUAI_R(1) + p) +
               SKUAI_R(0.5) * x * (SKUAI_R(1) - p) * (SKUAI_R(1) + p) * du;
    case SKUAI_ACTIVATION_RELU:
        *value = x < SKUAI_R(0) ? SKUAI_R(0) : x;
        return x > SKUAI_R(0) ? SKUAI_R(1) : SKUAI_R(0);
    case SKUAI_ACTIVATION_SILU:
        p = skuai_real_sigmoid(x);
        *value = x * p;
        return p + x * p * (SKUAI_R(1) - p);
    case SKUAI_ACTIVATION_TANH:
        p = skuai_real_tanh(x);
        *value = p;
        return (SKUAI_R(1) - p) * (SKUAI_R(1) + p);
    case SKUAI_ACTIVATION_SIGMOID:
        p = skuai_real_sigmoid(x);
        *value = p;
        return p * (SKUAI_R(1) - p);
    case SKUAI_ACTIVATION_SOFTPLUS:
        *value = skuai_real_softplus(x);
        return skuai_real_sigmoid(x);
    case SKUAI_ACTIVATION_QUICK_GELU:
        p = skuai_real_sigmoid(SKUAI_R(1.702) * x);
        *value = x * p;
        return p + SKUAI_R(1.702) * x * p * (SKUAI_R(1) - p);
    default:
        *value = x;
        return SKUAI_R(1);
    }
}

/* The loop with the kind as a constant, so that it is chosen once and not an element. */
#define FOR_KIND(kind, loop)                                                                       \
    switch (kind) {                                                                                \
    case SKUAI_ACTIVATION_GELU:                                                                    \
        loop(SKUAI_ACTIVATION_GELU);                                                               \
        break;                                                                                     \
    case SKUAI_ACTIVATION_GELU_TANH:                                                               \
        loop(SKUAI_ACTIVATION_GELU_TANH);                                                          \
        break;                                                                                     \
    case SKUAI_ACTIVATION_RELU:                                                                    \
        loop(SKUAI_ACTIVATION_RELU);                                                               \
        break;                                                                                     \
    case SKUAI_ACTIVATION_SILU:                                                                    \
        loop(SKUAI_ACTIVATION_SILU);                                                               \
        break;                                                                                     \
    case SKUAI_ACTIVATION_TANH:                                                                    \
        loop(SKUAI_ACTIVATION_TANH);                                                               \
        break;                                                                                     \
    case SKUAI_ACTIVATION_SIGMOID:                                                                 \
        loop(SKUAI_ACTIVATION_SIGMOID);                                                            \
        break;                                                                                     \
    case SKUAI_ACTIVATION_SOFTPLUS:                                                                \
        loop(SKUAI_ACTIVATION_SOFTPLUS);                                                           \
        break;                                                                                     \
    case SKUAI_ACTIVATION_QUICK_GELU:                                                              \
        loop(SKUAI_ACTIVATION_QUICK_GELU);                                                         \
        break;                                                                                     \
    default:                                                                                       \
        loop(SKUAI_ACTIVATION_NONE);                                                               \
        break;                                                                                     \
    }

SKUAI_INLINE void loop_value(skuai_activation kind, const skuai_real *h, skuai_real *a, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        a[i] = value_of(kind, h[i]);
}

SKUAI_INLINE void loop_bias(skuai_activation kind, skuai_real *h, const skuai_real *bias,
                            skuai_real *a, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        skuai_real x = h[i] + bias[i];
        h[i] = x;
        a[i] = value_of(kind, x);
    }
}

SKUAI_INLINE void loop_slope(skuai_activation kind, const skuai_real *h, const skuai_real *da,
                             bool fresh, skuai_real *dh, skuai_real *a, size_t n) {
    skuai_real value;
    if (a && fresh) {
#pragma omp simd private(value)
        for (size_t i = 0; i < n; i++) {
            dh[i] = da[i] * slope_of(kind, h[i], &value);
            a[i] = value;
        }
    } else {
#pragma omp simd private(value)
        for (size_t i = 0; i < n; i++) {
            skuai_real before = fresh ? SKUAI_R(0) : dh[i];
            dh[i] = before + da[i] * slope_of(kind, h[i], &value);
        }
        if (a) loop_value(kind, h, a, n);
    }
}

SKUAI_INLINE void gated_value(const skuai_real *h, skuai_real *a, size_t f) {
#pragma omp simd
    for (size_t k = 0; k < f; k++)
        a[k] = h[k] * skuai_real_sigmoid(h[k]) * h[f + k];
}

SKUAI_INLINE void gated_slope(const skuai_real *h, const skuai_real *da, bool fresh, skuai_real *dh,
                              skuai_real *a, size_t f) {
#pragma omp simd
    for (size_t k = 0; k < f; k++) {
        skuai_real gate = h[k], up = h[f + k], g = da[k], p = skuai_real_sigmoid(gate);
        skuai_real before = fresh ? SKUAI_R(0) : dh[k], before_up = fresh ? SKUAI_R(0) : dh[f + k];
        dh[k] = before + g * up * (p + gate * p * (SKUAI_R(1) - p));
        dh[f + k] = before_up + g * gate * p;
        if (a) a[k] = gate * p * up;
    }
}

SKUAI_INLINE void skuai_kernel_activate_body(skuai_activation kind, const skuai_real *h,
                                             skuai_real *a, size_t n, size_t f) {
    if (kind == SKUAI_ACTIVATION_SWIGLU) {
        for (size_t i = 0; i < n; i++)
            gated_value(h + i * 2 * f, a + i * f, f);
        return;
    }
#define LOOP(k) loop_value(k, h, a, n *f)
    FOR_KIND(kind, LOOP)
#undef LOOP
}
SKUAI_KERNEL(skuai_kernel_activate,
             (skuai_activation kind, const skuai_real *h, skuai_real *a, size_t n, size_t f),
             (kind, h, a, n, f))

SKUAI_INLINE void skuai_kernel_bias_activate_body(skuai_activation kind, skuai_real *h,
                                                  const skuai_real *bias, skuai_real *a, size_t n,
                                                  size_t f) {
    if (!bias) {
        skuai_kernel_activate_body(kind, h, a, n, f);
        return;
    }
    if (kind == SKUAI_ACTIVATION_SWIGLU) {
        for (size_t i = 0; i < n; i++) {
            skuai_real *row = h + i * 2 * f;
#pragma omp simd
            for (size_t k = 0; k < 2 * f; k++)
                row[k] += bias[k];
            gated_value(row, a + i * f, f);
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        skuai_real *row = h + i * f, *to = a + i * f;
#define LOOP(k) loop_bias(k, row, bias, to, f)
        FOR_KIND(kind, LOOP)
#undef LOOP
    }
}
SKUAI_KERNEL(skuai_kernel_bias_activate,
             (skuai_activation kind, skuai_real *h, const skuai_real *bias, skuai_real *a, size_t n,
              size_t f),
             (kind, h, bias, a, n, f))

SKUAI_INLINE void skuai_kernel_activate_back_body(skuai_activation kind, const skuai_real *h,
                                                  const skuai_real *da, bool fresh, skuai_real *dh,
                                                  skuai_real *a, size_t n, size_t f) {
    if (kind == SKUAI_ACTIVATION_SWIGLU) {
        for (size_t i = 0; i < n; i++)
            gated_slope(h + i * 2 * f, da + i * f, fresh, dh + i * 2 * f, a ? a + i * f : NULL, f);
        return;
    }
#define LOOP(k) loop_slope(k, h, da, fresh, dh, a, n *f)
    FOR_KIND(kind, LOOP)
#undef LOOP
}
SKUAI_KERNEL(skuai_kernel_activate_back,
             (skuai_activation kind, const skuai_real *h, const skuai_real *da, bool fresh,
              skuai_real *dh, skuai_real *a, size_t n, size_t f),
             (kind, h, da, fresh, dh, a, n, f))
