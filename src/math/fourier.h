/* fourier.h -- discrete Fourier transform of any length, and the periodogram (room math).
 *
 *     skuai_fourier transform;
 *     SKUA_TRY(skuai_fourier_init(&transform, n, arena, err));
 *     skuai_fourier_forward(&transform, real, imaginary);
 *
 * A transform is prepared once for a length and used for any number of arrays, by one thread at a
 * time. O(n log n) also for prime lengths.
 * [1] Stockham 1966 (self-sorting form of Cooley & Tukey 1965) for powers of 2.
 * [2] Bluestein 1970, IEEE Trans. Audio 18(4): other lengths as a convolution.
 * [3] Fisher 1929, Proc. Royal Society A 125: the largest ordinate of a periodogram. */
#ifndef SKUA_MATH_FOURIER_H
#define SKUA_MATH_FOURIER_H

#include "core/alloc.h"

typedef struct skuai_fourier {
    size_t n;                               /* length */
    size_t padded;                          /* power of 2 of the transform inside */
    double *cosine, *sine;                  /* [padded / 2] roots of unity */
    double *chirp_real, *chirp_imaginary;   /* [n], NULL when n is a power of 2 */
    double *filter_real, *filter_imaginary; /* [padded] transform of the chirp */
    double *work;                           /* [4 * padded] */
} skuai_fourier;

/* Prepare for length n >= 1; the tables live in the arena. SKUA_EINVAL: n = 0; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_fourier_init(skuai_fourier *fourier, size_t n, skuai_arena *arena,
                                             skua_error *err);

/* In place: X_k = sum_t x_t exp(-2 pi i k t / n), real [n], imaginary [n]. */
void skuai_fourier_forward(skuai_fourier *fourier, double *real, double *imaginary);
/* x_t = 1/n sum_k X_k exp(2 pi i k t / n): the inverse of forward. */
void skuai_fourier_backward(skuai_fourier *fourier, double *real, double *imaginary);

/* power [n / 2 + 1] out: |X_k|^2 / n at frequency k / n of x [n]. scratch [2 * n]. */
void skuai_periodogram(skuai_fourier *fourier, const double *x, double *power, double *scratch);

/* Fisher's g test [3] of m periodogram ordinates (without frequencies 0 and 1/2): the share of the
 * largest, *at its index, and the probability that white noise has one as large. m >= 1 and a sum
 * > 0, else share and probability are NaN and *at is 0. */
void skuai_fisher_g(const double *power, size_t m, size_t *at, double *share, double *probability);

#endif
