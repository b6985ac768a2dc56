#include "stat/intermittent/demand_rate.h"

#include "math/optimise.h"

#include <math.h>

#define LEAST_ALPHA 0.1
#define MOST_ALPHA  0.3

double skuai_smoothed(const double *x, size_t n, double alpha) {
    double level = x[0];
    for (size_t i = 1; i < n; i++)
        level += alpha * (x[i] - level);
    return level;
}

typedef struct values {
    const double *x;
    size_t n;
} values;

static double squared_error(double alpha, void *context) {
    const values *v = context;
    double level = v->x[0], sum = 0;
    for (size_t i = 1; i < v->n; i++) {
        double error = v->x[i] - level;
        sum += error * error;
        level += alpha * error;
    }
    return sum;
}

double skuai_smoothed_best(const double *x, size_t n) {
    values v = {x, n};
    double alpha = LEAST_ALPHA;
    if (n < 2) return x[0];
    double flat = squared_error(LEAST_ALPHA, &v);
    if (flat == squared_error(MOST_ALPHA, &v)) /* nothing to tell weights apart: the middle */
        return skuai_smoothed(x, n, (LEAST_ALPHA + MOST_ALPHA) / 2);
    skuai_minimise_brent(squared_error, &v, LEAST_ALPHA, MOST_ALPHA, 1e-7, &alpha);
    return skuai_smoothed(x, n, alpha);
}

/* Demands and the intervals that end with them, into work [2 n]; how many. */
static size_t split(const double *y, size_t n, double *demand, double *interval) {
    size_t k = 0, gap = 0;
    for (size_t t = 0; t < n; t++) {
        gap++;
        if (!(y[t] > 0)) continue;
        demand[k] = y[t];
        interval[k++] = (double)gap;
        gap = 0;
    }
    return k;
}

static skuai_demand_rate ratio(double size, double interval) {
    return (skuai_demand_rate){.rate = size / interval, .probability = fmin(1 / interval, 1)};
}

skuai_demand_rate skuai_croston_rate(const double *y, size_t n, double alpha, double *work) {
    size_t k = split(y, n, work, work + n);
    if (k == 0) return (skuai_demand_rate){0, 0};
    return ratio(skuai_smoothed(work, k, alpha), skuai_smoothed(work + n, k, alpha));
}

skuai_demand_rate skuai_croston_best_rate(const double *y, size_t n, double *work) {
    size_t k = split(y, n, work, work + n);
    if (k == 0) return (skuai_demand_rate){0, 0};
    return ratio(skuai_smoothed_best(work, k), skuai_smoothed_best(work + n, k));
}

skuai_demand_rate skuai_tsb_rate(const double *y, size_t n, double alpha_demand,
                                 double alpha_probability, double *work) {
    size_t k = split(y, n, work, work + n);
    if (k == 0) return (skuai_demand_rate){0, 0};
    double probability = y[0] > 0;
    for (size_t t = 1; t < n; t++)
        probability += alpha_probability * ((y[t] > 0) - probability);
    return (skuai_demand_rate){probability * skuai_smoothed(work, k, alpha_demand), probability};
}

/* The usual interval, from the start of the series to its last demand; 0: no demand. */
static size_t mean_interval(const double *y, size_t n) {
    size_t k = 0, last = 0;
    for (size_t t = 0; t < n; t++) {
        if (!(y[t] > 0)) continue;
        k++;
        last = t + 1;
    }
    return k ? (size_t)rint((double)last / (double)k) : 0;
}

/* Forecast of a period from sums over blocks of `width`, the oldest remainder dropped. */
static double block_rate(const double *y, size_t n, size_t width, double *work) {
    size_t blocks = n / width, first = n % width;
    for (size_t b = 0; b < blocks; b++) {
        work[b] = 0;
        for (size_t t = 0; t < width; t++)
            work[b] += y[first + b * width + t];
    }
    return skuai_smoothed_best(work, blocks) / (double)width;
}

skuai_demand_rate skuai_adida_rate(const double *y, size_t n, double *work) {
    size_t width = mean_interval(y, n);
    if (width == 0) return (skuai_demand_rate){0, 0};
    return (skuai_demand_rate){block_rate(y, n, width, work), (double)NAN};
}

skuai_demand_rate skuai_imapa_rate(const double *y, size_t n, double *work) {
    size_t widest = mean_interval(y, n);
    double sum = 0;
    if (widest == 0) return (skuai_demand_rate){0, 0};
    for (size_t width = 1; width <= widest; width++)
        sum += block_rate(y, n, width, work);
    return (skuai_demand_rate){sum / (double)widest, (double)NAN};
}
