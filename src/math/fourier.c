#include "math/fourier.h"

#include "math/special.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

/* cos and sin of pi k / n, k reduced so that large k keep their digits. */
static void half_turn(size_t k, size_t n, double *c, double *s) {
    double angle = PI * (double)(k % (2 * n)) / (double)n;
    *c = cos(angle);
    *s = sin(angle);
}

/* [1]: transform real, imaginary [padded] in place through other [2 * padded]; direction 1 forward,
 * -1 backward, unscaled. */
static void transform(const skuai_fourier *f, double *real, double *imaginary, double *other,
                      double direction) {
    size_t n = f->padded;
    double *a = real, *b = imaginary, *c = other, *d = other + n;
    for (size_t half = n / 2, step = 1; half >= 1; half /= 2, step *= 2) {
        for (size_t p = 0; p < half; p++) {
            double wr = f->cosine[p * step], wi = -direction * f->sine[p * step];
            const double *ar = a + step * p, *ai = b + step * p;
            const double *br = ar + step * half, *bi = ai + step * half;
            double *cr = c + step * 2 * p, *ci = d + step * 2 * p;
            for (size_t q = 0; q < step; q++) {
                double xr = ar[q] - br[q], xi = ai[q] - bi[q];
                cr[q] = ar[q] + br[q];
                ci[q] = ai[q] + bi[q];
                cr[q + step] = xr * wr - xi * wi;
                ci[q + step] = xr * wi + xi * wr;
            }
        }
        double *swap = a;
        a = c, c = swap;
        swap = b;
        b = d, d = swap;
    }
    if (a == real) return;
    memcpy(real, a, n * sizeof *real);
    memcpy(imaginary, b, n * sizeof *imaginary);
}

skua_status skuai_fourier_init(skuai_fourier *fourier, size_t n, skuai_arena *arena,
                               skua_error *err) {
    if (n == 0 || n > SIZE_MAX / 64)
        return skuai_error_set(err, SKUA_EINVAL, "fourier: length %zu", n);
    skuai_fourier f = {.n = n, .padded = 1};
    bool whole = (n & (n - 1)) == 0;
    while (f.padded < (whole ? n : 2 * n - 1))
        f.padded *= 2;
    size_t size = f.padded;
    f.cosine = skuai_arena_take(arena, size / 2 + 1, sizeof(double));
    f.sine = skuai_arena_take(arena, size / 2 + 1, sizeof(double));
    f.work = skuai_arena_take(arena, 4 * size, sizeof(double));
    if (!f.cosine || !f.sine || !f.work) return skuai_error_memory(err, "a Fourier transform");
    for (size_t k = 0; k < size / 2; k++)
        half_turn(2 * k, size, &f.cosine[k], &f.sine[k]);
    if (!whole) {
        f.chirp_real = skuai_arena_take(arena, n, sizeof(double));
        f.chirp_imaginary = skuai_arena_take(arena, n, sizeof(double));
        f.filter_real = skuai_arena_take_zero(arena, size, sizeof(double));
        f.filter_imaginary = skuai_arena_take_zero(arena, size, sizeof(double));
        if (!f.chirp_real || !f.chirp_imaginary || !f.filter_real || !f.filter_imaginary)
            return skuai_error_memory(err, "a Fourier transform");
        size_t squared = 0; /* t^2 modulo 2 n, by adding odd numbers */
        for (size_t t = 0; t < n; t++) {
            half_turn(squared, n, &f.chirp_real[t], &f.chirp_imaginary[t]);
            squared = (squared + 2 * t + 1) % (2 * n);
            size_t mirror = t ? size - t : 0;
            f.filter_real[t] = f.filter_real[mirror] = f.chirp_real[t];
            f.filter_imaginary[t] = f.filter_imaginary[mirror] = f.chirp_imaginary[t];
        }
        transform(&f, f.filter_real, f.filter_imaginary, f.work, 1);
    }
    *fourier = f;
    return SKUA_OK;
}

/* [2]: k t = (k^2 + t^2 - (k - t)^2) / 2 makes the transform a convolution with a chirp. */
static void transform_any(skuai_fourier *f, double *real, double *imaginary) {
    size_t n = f->n, size = f->padded;
    double *ar = f->work, *ai = ar + size, *other = ai + size;
    memset(ar, 0, 2 * size * sizeof *ar);
    for (size_t t = 0; t < n; t++) {
        double c = f->chirp_real[t], s = f->chirp_imaginary[t];
        ar[t] = real[t] * c + imaginary[t] * s;
        ai[t] = imaginary[t] * c - real[t] * s;
    }
    transform(f, ar, ai, other, 1);
    for (size_t k = 0; k < size; k++) {
        double c = f->filter_real[k], s = f->filter_imaginary[k], r = ar[k];
        ar[k] = r * c - ai[k] * s;
        ai[k] = r * s + ai[k] * c;
    }
    transform(f, ar, ai, other, -1);
    double scale = 1 / (double)size;
    for (size_t k = 0; k < n; k++) {
        double c = f->chirp_real[k] * scale, s = f->chirp_imaginary[k] * scale;
        real[k] = ar[k] * c + ai[k] * s;
        imaginary[k] = ai[k] * c - ar[k] * s;
    }
}

void skuai_fourier_forward(skuai_fourier *fourier, double *real, double *imaginary) {
    if (fourier->chirp_real)
        transform_any(fourier, real, imaginary);
    else
        transform(fourier, real, imaginary, fourier->work, 1);
}

void skuai_fourier_backward(skuai_fourier *fourier, double *real, double *imaginary) {
    skuai_fourier_forward(fourier, imaginary, real); /* exchanged parts turn the other way */
    for (size_t i = 0; i < fourier->n; i++) {
        real[i] /= (double)fourier->n;
        imaginary[i] /= (double)fourier->n;
    }
}

void skuai_periodogram(skuai_fourier *fourier, const double *x, double *power, double *scratch) {
    size_t n = fourier->n;
    double *real = scratch, *imaginary = scratch + n;
    memcpy(real, x, n * sizeof *real);
    memset(imaginary, 0, n * sizeof *imaginary);
    skuai_fourier_forward(fourier, real, imaginary);
    for (size_t k = 0; k <= n / 2; k++)
        power[k] = (real[k] * real[k] + imaginary[k] * imaginary[k]) / (double)n;
}

void skuai_fisher_g(const double *power, size_t m, size_t *at, double *share, double *probability) {
    double sum = 0;
    size_t best = 0;
    for (size_t i = 0; i < m; i++) {
        sum += power[i];
        if (power[i] > power[best]) best = i;
    }
    *at = 0;
    *share = *probability = NAN;
    if (!(sum > 0) || isinf(sum)) return;
    double g = power[best] / sum, count = (double)m, p = 0;
    *at = best;
    *share = g;
    double first = log(count) + (count - 1) * log1p(-g);
    if (first > log(20.0)) { /* the alternating sum would lose its digits: it is 1 - 2e-9 here */
        *probability = 1;
        return;
    }
    for (double k = 1; k <= count && k * g < 1; k++) {
        double choose =
            skuai_log_gamma(count + 1) - skuai_log_gamma(k + 1) - skuai_log_gamma(count - k + 1);
        double term = exp(choose + (count - 1) * log1p(-k * g));
        p += fmod(k, 2) == 1 ? term : -term;
        if (term < 1e-18) break;
    }
    *probability = m == 1 ? 1 : p < 0 ? 0 : p > 1 ? 1 : p;
}
