#include "stat/intermittent/hurdle.h"

#include "math/statistics.h"
#include "stat/intermittent/count_model.h"

#include <math.h>

#define LAW_WEIGHT    2.0 /* own sizes that the law stands for */
#define EXCESS_WEIGHT 6.0 /* own sizes that the geometric law's excess stands for */

/* Sizes less 1 in whole units, sorted; their mean and excess. */
static size_t collect(const double *y, size_t n, double unit, double *sizes, double *mean,
                      double *excess) {
    size_t k = 0;
    double sum = 0, squares = 0;
    for (size_t t = 0; t < n; t++) {
        if (!(y[t] > 0)) continue;
        sizes[k] = fmax(floor(y[t] / unit + 0.5) - 1, 0);
        sum += sizes[k++];
    }
    *mean = k ? sum / (double)k : 0;
    for (size_t i = 0; i < k; i++)
        squares += (sizes[i] - *mean) * (sizes[i] - *mean);
    double own = sum > 0 ? (squares - sum) / ((double)k * *mean * *mean) : 1;
    *excess = fmax((EXCESS_WEIGHT + (double)k * own) / (EXCESS_WEIGHT + (double)k), 0.01);
    skuai_sort(sizes, k);
    return k;
}

skua_status skuai_hurdle_forecast(const double *y, size_t n, skuai_demand_rate rate,
                                  const skuai_request *request, skuai_arena *scratch,
                                  skuai_local_output *output, skua_error *err) {
    size_t Q = request->n_levels;
    double *sizes = skuai_arena_take(scratch, n, sizeof *sizes);
    double *weights = skuai_arena_take(scratch, n, sizeof *weights);
    if (!sizes || !weights) return skuai_error_memory(err, "a count distribution");
    double unit = skuai_count_unit(y, n), mean, excess, room = 0.5 / ((double)n + 1);
    size_t k = collect(y, n, unit, sizes, &mean, &excess);
    double size = (mean + 1) * unit;
    double p = isnan(rate.probability) ? rate.rate / size : rate.probability;
    p = fmin(fmax(p, room), 1 - room); /* n periods cannot rule anything out */
    double law_mean = fmax(rate.rate / (p * unit) - 1, 0.05);
    skuai_count_mixture sizes_law = {.mean = k ? law_mean : 0.05,
                                     .excess = excess,
                                     .concentration = LAW_WEIGHT,
                                     .value = sizes,
                                     .weight = weights,
                                     .n = k,
                                     .weight_sum = (double)k};
    for (size_t i = 0; i < k; i++)
        weights[i] = 1;
    for (size_t q = 0; q < Q; q++) {
        double level = (request->levels[q] - (1 - p)) / p, above;
        output->quantiles[q] = 0;
        if (!(level > 0)) continue;
        skuai_count_mixture_quantiles(&sizes_law, &level, 1, &above);
        output->quantiles[q] = (1 + above) * unit;
    }
    for (size_t h = 0; h < request->horizon; h++) {
        output->mean[h] = rate.rate;
        for (size_t q = 0; q < Q; q++)
            output->quantiles[h * Q + q] = output->quantiles[q];
    }
    return SKUA_OK;
}
