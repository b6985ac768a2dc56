/* vector_math.h -- elementary functions that a compiler can vectorise (room nn).
 *
 * In float: polynomials fitted for these ranges (weighted least squares, iterated towards equal
 * ripples), without branches and without tables. Largest relative errors, which
 * tests/nn/test_kernel.c measures beside libm in double: exp 1e-7; the normal CDF 6e-7 for x > -1,
 * 2.5e-6 from -9 on, where the rounding of x^2 / 2 shows; tanh and sigmoid 1.5e-7. In double
 * (gradient tests): libm. NaN gives NaN.
 *
 * Every function is inlined into loops that are compiled twice, see kernel.h. */
#ifndef SKUA_NN_VECTOR_MATH_H
#define SKUA_NN_VECTOR_MATH_H

#include "nn/real.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define SKUAI_INLINE static inline __attribute__((always_inline))
#define SKUAI_R(x)   ((skuai_real)(x))

#ifdef SKUAI_REAL_DOUBLE

SKUAI_INLINE skuai_real skuai_real_sqrt(skuai_real x) {
    return sqrt(x);
}
SKUAI_INLINE skuai_real skuai_real_exp(skuai_real x) {
    return exp(x);
}
/* The normal distribution's Phi(x); *e = exp(-x^2 / 2). */
SKUAI_INLINE skuai_real skuai_real_phi(skuai_real x, skuai_real *e) {
    *e = exp(-0.5 * x * x);
    return 0.5 * erfc(-x * 0.70710678118654752);
}
SKUAI_INLINE skuai_real skuai_real_tanh(skuai_real x) {
    return tanh(x);
}
SKUAI_INLINE skuai_real skuai_real_log1p(skuai_real x) {
    return log1p(x);
}

#else

SKUAI_INLINE uint32_t skuai_bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
SKUAI_INLINE float skuai_float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
SKUAI_INLINE skuai_real skuai_real_sqrt(skuai_real x) {
    return sqrtf(x);
}
/* 2^n e^r with n whole and |r| <= log(2) / 2. Below -86.6: 0; above 88.7: that of 88.7. */
SKUAI_INLINE skuai_real skuai_real_exp(skuai_real x) {
    float v = x > 88.7F ? 88.7F : x;
    v = v < -86.6F ? -86.6F : v;
    float shifted = v * 1.44269504F + 12582912.0F; /* 1.5 * 2^23: the sum's last bits are n */
    float n = shifted - 12582912.0F;
    float r = v - n * 0.693359375F;
    r = r + n * 2.12194440e-4F;
    float p = 1.3814421e-3F;
    p = p * r + 8.3688038e-3F;
    p = p * r + 4.16683965e-2F;
    p = p * r + 1.666651992e-1F;
    p = p * r + 4.99999934e-1F;
    p = p * r * r + r + 1.0F;
    /* n + 127 where a float keeps its exponent; halved and doubled, for n = 128 has none */
    float power = skuai_float_of((skuai_bits_of(shifted) << 23) + 0x3F000000U);
    float y = p * power * 2.0F;
    return x < -86.6F ? 0.0F : y;
}
/* The normal distribution's Phi(x); *e = exp(-x^2 / 2). Phi(-|x|) = t P(t) e, t = 1 / (1 + .21 |x|)
 * (the form of Abramowitz & Stegun 7.1.26, fitted anew to a relative error of 1.4e-8). */
SKUAI_INLINE skuai_real skuai_real_phi(skuai_real x, skuai_real *e) {
    float a = fabsf(x);
    float t = 1.0F / (1.0F + 0.21F * a);
    *e = skuai_real_exp(-0.5F * a * a);
    float p = -0.0720338043F;
    p = p * t + 0.2854525418F;
    p = p * t - 0.3341878567F;
    p = p * t + 0.3540315379F;
    p = p * t - 0.0972441967F;
    p = p * t + 0.1263544705F;
    p = p * t + 0.0687902245F;
    p = p * t + 0.0851293802F;
    p = p * t + 0.0837077047F;
    p = p * t * *e;
    return x > 0.0F ? 1.0F - p : p;
}
SKUAI_INLINE skuai_real skuai_real_tanh(skuai_real x) {
    float s = x * x;
    float p = -5.716872e-3F;
    p = p * s + 2.06504442e-2F;
    p = p * s - 5.3743458e-2F;
    p = p * s + 1.333149085e-1F;
    p = p * s - 3.333328391e-1F;
    p = x + x * s * p;
    float a = fabsf(x), e = skuai_real_exp(2.0F * (a > 10.0F ? 10.0F : a));
    float q = 1.0F - 2.0F / (e + 1.0F);
    q = x < 0.0F ? -q : q;
    return a < 0.6F ? p : a >= 0.6F ? q : x; /* the last: NaN */
}
SKUAI_INLINE skuai_real skuai_real_log1p(skuai_real x) {
    return log1pf(x);
}

#endif

SKUAI_INLINE skuai_real skuai_real_sigmoid(skuai_real x) {
    return SKUAI_R(1) / (SKUAI_R(1) + skuai_real_exp(-x));
}
SKUAI_INLINE skuai_real skuai_real_softplus(skuai_real x) {
    skuai_real a = x > SKUAI_R(0) ? x : -x;
    return (x > SKUAI_R(0) ? x : SKUAI_R(0)) + skuai_real_log1p(skuai_real_exp(-a));
}

#endif
