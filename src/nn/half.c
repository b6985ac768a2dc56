/* Half-width floats as bits: C17 has no type for them. */
#include "nn/safetensors.h"

#include <string.h>

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float skuai_float_from_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000U) << 16, exponent = half >> 10 & 31U;
    uint32_t mantissa = half & 0x3FFU;
    if (exponent == 31) return float_of(sign | 0x7F800000U | mantissa << 13);
    if (exponent > 0) return float_of(sign | (exponent + 112U) << 23 | mantissa << 13);
    /* zero and subnormals: mantissa * 2^-24, exact in a float */
    float value = (float)mantissa * 0x1p-24F;
    return sign ? -value : value;
}

uint16_t skuai_half_from_float(float value) {
    uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000U, rest = bits & 0x7FFFFFFFU;
    if (rest > 0x7F800000U) return (uint16_t)(sign | 0x7E00U);  /* NaN */
    if (rest >= 0x477FF000U) return (uint16_t)(sign | 0x7C00U); /* rounds past 65504 */
    if (rest < 0x38800000U) { /* below 2^-14: adding 0.5 lets the processor round to 2^-24 */
        uint32_t mantissa = bits_of(float_of(rest) + 0.5F) - 0x3F000000U;
        return (uint16_t)(sign | mantissa);
    }
    uint32_t odd = rest >> 13 & 1U;
    return (uint16_t)(sign | ((rest - 0x38000000U + 0xFFFU + odd) >> 13));
}

float skuai_float_from_bfloat(uint16_t bfloat) {
    return float_of((uint32_t)bfloat << 16);
}

uint16_t skuai_bfloat_from_float(float value) {
    uint32_t bits = bits_of(value);
    if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return (uint16_t)(bits >> 16 | 0x40U); /* NaN */
    return (uint16_t)((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}
