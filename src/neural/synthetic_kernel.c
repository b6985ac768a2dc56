/* Gaussian processes with composed kernels, by random Fourier features: a stationary kernel is the
 * expectation of cos(w (t - t')) over its spectral density, the product of two kernels is that of
 * the sum of their frequencies, so a sum of products needs one list of frequencies a term. */
#include "neural/synthetic_kind.h"

#include <math.h>

#define PI 3.14159265358979323846

enum { FEATURES = 48, KERNELS_MOST = 5, TERMS_MOST = 5, HARMONICS = 12 };

typedef struct term {
    double frequency[FEATURES];
    double scale;
    double pivot[KERNELS_MOST]; /* of linear factors */
    size_t n_pivots;
    bool stationary; /* has a factor besides linear ones */
} term;

/* Frequencies of the periodic kernel exp(-2 sin^2(pi r / p) / l^2): multiples k of 2 pi / p with
 * probability exp(-z) I_k(z) (twice for k > 0), z = 1 / l^2. The Bessel functions by Miller's
 * backward recurrence. */
static void periodic(skuai_random *random, double period, double z, double *frequency) {
    double value[HARMONICS + 24], above = 0, here = 1e-30;
    for (int k = HARMONICS + 23; k >= 0; k--) {
        value[k] = here;
        double below = above + 2 * (double)k / z * here;
        above = here, here = below;
        if (here > 1e200) {
            for (int j = k; j < HARMONICS + 24; j++)
                value[j] *= 1e-200;
            here *= 1e-200, above *= 1e-200;
        }
    }
    double weights[HARMONICS + 1];
    for (size_t k = 0; k <= HARMONICS; k++)
        weights[k] = value[k] * (k ? 2 : 1);
    for (size_t i = 0; i < FEATURES; i++) {
        size_t k = skuai_draw_choice(random, weights, HARMONICS + 1);
        frequency[i] += (skuai_draw_chance(random, 0.5) ? 1 : -1) * 2 * PI * (double)k / period;
    }
}

/* One kernel of the bank multiplied to a term. */
static void kernel_multiply(skuai_random *random, const skuai_synthetic *series, term *into) {
    static const double bank[] = {0.15, 0.25, 0.45, 0.15}; /* linear, RBF, periodic, RQ */
    double seasons[3], n = (double)series->length;
    size_t n_seasons = skuai_synthetic_seasons(&series->grid, seasons);
    size_t kind = skuai_draw_choice(random, bank, n_seasons ? 4 : 2);
    if (kind == 0) {
        into->pivot[into->n_pivots++] = skuai_draw_between(random, -0.5, 1.5) * n;
        return;
    }
    into->stationary = true;
    if (kind == 2) {
        double period = seasons[skuai_random_index(random, n_seasons)];
        if (skuai_draw_chance(random, 0.1)) period *= skuai_draw_chance(random, 0.5) ? 2 : 0.5;
        periodic(random, period, skuai_draw_log(random, 0.3, 6), into->frequency);
        return;
    }
    double length_scale = n * skuai_draw_log(random, 0.02, 1),
           shape = skuai_draw_log(random, 0.3, 5);
    for (size_t i = 0; i < FEATURES; i++) {
        double tau = kind == 3 ? skuai_random_gamma(random, shape) / shape : 1;
        into->frequency[i] += sqrt(tau) * skuai_random_normal(random) / length_scale;
    }
}

/* Add a sample of the term to y. */
static void term_sample(skuai_random *random, const term *from, double *scratch, double *y,
                        size_t n) {
    for (size_t t = 0; t < n; t++)
        scratch[t] = 0;
    double root = 1 / sqrt((double)FEATURES);
    for (size_t i = 0; i < FEATURES && from->stationary; i++) {
        double x = root * skuai_random_normal(random), z = root * skuai_random_normal(random);
        double c = cos(from->frequency[i]), s = sin(from->frequency[i]);
        for (size_t t = 0; t < n; t++) {
            scratch[t] += x;
            double turned = x * c - z * s;
            z = x * s + z * c;
            x = turned;
        }
    }
    if (!from->stationary) {
        double weight = skuai_random_normal(random);
        for (size_t t = 0; t < n; t++)
            scratch[t] = weight;
    }
    for (size_t p = 0; p < from->n_pivots; p++) {
        for (size_t t = 0; t < n; t++)
            scratch[t] *= 2 * ((double)t - from->pivot[p]) / (double)n;
    }
    for (size_t t = 0; t < n; t++)
        y[t] += from->scale * scratch[t];
}

/* From a standardised path to something that is measured: any level; or never negative; or whole.
 */
static void to_demand(skuai_random *random, skuai_synthetic *series) {
    double *y = series->target;
    size_t n = series->length;
    static const double shapes[] = {0.3, 0.35, 0.2, 0.15};
    size_t shape = skuai_draw_choice(random, shapes, 4);
    double level = skuai_draw_log(random, 1, 1e4);
    double spread = skuai_draw_log(random, 0.03, 1), low = 0;
    for (size_t t = 0; t < n; t++)
        low = fmin(low, y[t]);
    for (size_t t = 0; t < n; t++) {
        switch (shape) {
        case 0:
            y[t] = level * spread * y[t];
            break;
        case 1:
            y[t] = level * exp(fmin(spread * y[t], 8));
            break;
        case 2:
            y[t] = level * spread * (y[t] - low + 0.2);
            break;
        default:
            y[t] = level * fmax(1 + spread * 2 * y[t], 0);
            break;
        }
    }
    if (shape == 0) {
        double offset = skuai_draw_chance(random, 0.5) ? level * skuai_random_normal(random) : 0;
        for (size_t t = 0; t < n; t++)
            y[t] += offset;
        return;
    }
    series->non_negative = true;
    if (level > 3 && skuai_draw_chance(random, 0.3)) {
        series->counts = true;
        for (size_t t = 0; t < n; t++)
            y[t] = round(y[t]);
    }
}

skua_status skuai_synthetic_kernel(skuai_random *random, skuai_arena *arena,
                                   skuai_synthetic *series, skua_error *err) {
    size_t n = series->length, kernels = 1 + skuai_random_index(random, KERNELS_MOST), n_terms = 0;
    term *terms = skuai_arena_take_zero(arena, TERMS_MOST, sizeof *terms);
    double *scratch = skuai_arena_take(arena, n, sizeof *scratch);
    if (!terms || !scratch) return skuai_error_memory(err, "a synthetic series");
    for (size_t k = 0; k < kernels; k++) {
        if (n_terms == 0 || skuai_draw_chance(random, 0.6))
            terms[n_terms++].scale = skuai_draw_log(random, 0.3, 1.5);
        kernel_multiply(random, series, &terms[n_terms - 1]);
    }
    for (size_t i = 0; i < n_terms; i++)
        term_sample(random, &terms[i], scratch, series->target, n);
    skuai_synthetic_standardise(series->target, n);
    double noise = skuai_draw_chance(random, 0.85) ? skuai_draw_log(random, 0.02, 1.2) : 0;
    double nu = skuai_draw_chance(random, 0.3) ? 3.5 : 30;
    for (size_t t = 0; t < n && noise > 0; t++)
        series->target[t] += noise * skuai_draw_student(random, nu);
    to_demand(random, series);
    return SKUA_OK;
}
