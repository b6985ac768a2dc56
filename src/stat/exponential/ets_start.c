#include "stat/exponential/ets_start.h"

#include "stat/exponential/classical.h"

#include <math.h>

#define LEAST_INDEX 1e-2 /* of a multiplicative season */
#define PI          3.14159265358979323846

/* Least squares line through x[t] at t + 1: *level its value at 0, *slope. */
static void straight_line(const double *x, size_t n, double *level, double *slope) {
    double N = (double)n, middle = (N + 1) / 2, mean = 0, product = 0;
    for (size_t t = 0; t < n; t++)
        mean += x[t] / N;
    for (size_t t = 0; t < n; t++)
        product += ((double)t + 1 - middle) * (x[t] - mean);
    *slope = n > 1 ? product / (N * (N * N - 1) / 12) : 0;
    *level = mean - *slope * middle;
}

/* Seasonal indices from one harmonic around a straight line, for short series. The two are fitted
 * one after the other, twice: close enough for a start. */
static void harmonic_indices(const double *y, size_t n, size_t m, bool multiplicative, double *x,
                             double *index) {
    double level, slope, by_sine = 0, by_cosine = 0, step = 2 * PI / (double)m;
    for (int round = 0; round < 2; round++) {
        for (size_t t = 0; t < n; t++) {
            double angle = step * (double)t;
            x[t] = y[t] - by_sine * sin(angle) - by_cosine * cos(angle);
        }
        straight_line(x, n, &level, &slope);
        double ss = 0, sc = 0, cc = 0, sy = 0, cy = 0;
        for (size_t t = 0; t < n; t++) {
            double angle = step * (double)t, s = sin(angle), c = cos(angle);
            double rest = y[t] - level - slope * ((double)t + 1);
            ss += s * s, sc += s * c, cc += c * c, sy += s * rest, cy += c * rest;
        }
        double determinant = ss * cc - sc * sc;
        if (!(determinant > 1e-9 * ss * cc)) break; /* season 2: the sine vanishes */
        by_sine = (cc * sy - sc * cy) / determinant;
        by_cosine = (ss * cy - sc * sy) / determinant;
    }
    double centre = fabs(level + slope * ((double)n + 1) / 2);
    for (size_t i = 0; i < m; i++) {
        double wave = by_sine * sin(step * (double)i) + by_cosine * cos(step * (double)i);
        index[i] = !multiplicative ? wave : centre > 0 ? 1 + wave / centre : 1;
    }
}

/* Multiplicative indices at least LEAST_INDEX, with mean 1. */
static void normalise_ratios(double *index, size_t m) {
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        sum += index[i] = fmax(index[i], LEAST_INDEX);
    for (size_t i = 0; i < m; i++)
        index[i] *= (double)m / sum;
}

static void level_and_growth(const double *x, size_t n, skuai_ets_start *start) {
    start->mean = 0;
    for (size_t t = 0; t < n; t++)
        start->mean += x[t] / (double)n;
    straight_line(x, n, &start->level, &start->growth);
    /* A multiplicative trend starts on the line's ratio of its first two values. */
    double first = start->level + start->growth, second = first + start->growth;
    if (first > 0 && second > 0 && first * first / second > 0) {
        start->ratio_growth = second / first;
        start->ratio_level = first / start->ratio_growth;
    } else {
        start->ratio_growth = 1;
        start->ratio_level = fabs(start->mean);
    }
}

skua_status skuai_ets_start_find(const double *y, size_t n, size_t m, skuai_ets_kind season,
                                 skuai_arena *arena, skuai_ets_start *start, skua_error *err) {
    size_t head = 2 * m > 10 && season != SKUAI_ETS_NONE ? 2 * m : 10;
    if (head > n) head = n;
    start->season = skuai_arena_take_zero(arena, m, sizeof *start->season);
    double *x = skuai_arena_take(arena, n, sizeof *x);
    if (!start->season || !x) return skuai_error_memory(err, "initial states");
    bool multiplicative = season == SKUAI_ETS_MULTIPLICATIVE;
    if (season == SKUAI_ETS_NONE) {
        level_and_growth(y, head, start);
        return SKUA_OK;
    }
    if (n < 3 * m)
        harmonic_indices(y, n, m, multiplicative, x, start->season);
    else
        SKUA_TRY(skuai_classical_indices(y, n, m, multiplicative, arena, start->season, err));
    if (multiplicative) normalise_ratios(start->season, m);
    for (size_t t = 0; t < head; t++) {
        double index = start->season[m > 1 ? t % m : 0];
        x[t] = multiplicative ? y[t] / index : y[t] - index;
    }
    level_and_growth(x, head, start);
    return SKUA_OK;
}
