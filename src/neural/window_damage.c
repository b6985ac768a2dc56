/* Histories as shops give them: with spikes, dips and lost rows, and prices that are a little off;
 * or short. A net that was trained on some learns not to follow them, and to do with little. */
#include "neural/window.h"

#include <math.h>
#include <string.h>

#define SPIKES_MOST 0.08 /* of the periods */
#define LOST_MOST   0.1
#define FACTOR_MOST 10.0
#define DIP_CHANCE  0.25
#define PRICE_NOISE 0.12 /* standard deviation of a log, at most */

enum { PRICED_SLOTS = 2 }; /* price, promotion */

static double mean_of(const double *x, size_t n) {
    double sum = 0;
    size_t known = 0;
    for (size_t t = 0; t < n; t++)
        if (isfinite(x[t])) sum += x[t], known++;
    return known ? sum / (double)known : 0;
}

static void damage_target(double *x, size_t n, skuai_random *random) {
    double spikes = SPIKES_MOST * skuai_random_uniform(random);
    double lost = LOST_MOST * skuai_random_uniform(random), mean = mean_of(x, n);
    for (size_t t = 0; t < n; t++) {
        double u = skuai_random_uniform(random);
        if (u < spikes) {
            double factor = exp(log(FACTOR_MOST / 2) * skuai_random_uniform(random)) * 2;
            bool dip = skuai_random_uniform(random) < DIP_CHANCE;
            double base = x[t] != 0 ? x[t] : mean;
            x[t] = dip ? x[t] / factor : base * factor;
        } else if (u < spikes + lost) {
            x[t] = (double)NAN;
        }
    }
}

static void damage_prices(float *x, size_t n, skuai_random *random) {
    double noise = PRICE_NOISE * skuai_random_uniform(random);
    for (size_t t = 0; t < n; t++)
        x[t] *= (float)exp(noise * skuai_random_normal(random));
}

skua_status skuai_window_damage(double probability, skuai_random *random, skuai_arena *arena,
                                skuai_window_series *series, skua_error *err) {
    if (!(skuai_random_uniform(random) < probability) || series->length == 0) return SKUA_OK;
    double *target = skuai_arena_take(arena, series->length, sizeof *target);
    if (!target) return skuai_error_memory(err, "a window");
    memcpy(target, series->target, series->length * sizeof *target);
    damage_target(target, series->length, random);
    series->target = target;
    for (size_t k = 0; k < PRICED_SLOTS; k++) {
        size_t n = series->length + series->future;
        if (!series->covariate[k]) continue;
        float *price = skuai_arena_take(arena, n, sizeof *price);
        if (!price) return skuai_error_memory(err, "a window");
        memcpy(price, series->covariate[k], n * sizeof *price);
        damage_prices(price, n, random);
        series->covariate[k] = price;
    }
    return SKUA_OK;
}

void skuai_window_slice(double probability, skuai_random *random, skuai_window_series *series) {
    if (!(skuai_random_uniform(random) < probability) || series->length < 2) return;
    double left = exp(log((double)series->length) * skuai_random_uniform(random));
    skuai_window_last(left < 1 ? 1 : (size_t)left, series);
}

void skuai_window_last(size_t keep, skuai_window_series *series) {
    if (keep >= series->length) return;
    size_t cut = series->length - keep;
    series->start += (int64_t)cut;
    series->length = keep;
    series->target += cut;
    if (series->available) series->available += cut;
    for (size_t k = 0; k < SKUAI_WINDOW_SLOTS; k++)
        if (series->covariate[k]) series->covariate[k] += cut;
}
