#include "stat/intermittent/past_distribution.h"

#include "math/statistics.h"

#include <math.h>
#include <string.h>

#define LEAST_WINDOW  12
#define DEFAULT_DECAY 0.95

static size_t one_period(int season) {
    (void)season;
    return 1;
}

static size_t two_seasons(int season) {
    return 2 * (size_t)season;
}

static skua_status empirical(const skuai_local_input *input, const skuai_parameters *parameters,
                             const skuai_request *request, skuai_arena *scratch,
                             skuai_local_output *output, skua_error *err) {
    static const char *const names[] = {"window"};
    size_t m = (size_t)input->season, Q = request->n_levels;
    size_t usual = m * ((LEAST_WINDOW + m - 1) / m); /* whole seasons */
    double window = 0, sum = 0;
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 1, err));
    SKUA_TRY(skuai_parameter_number(parameters, "window", (double)usual, &window, err));
    if (!(window >= 1 && window == floor(window)))
        return skuai_error_set(err, SKUA_ECONFIG, "window = %g: need a whole number >= 1", window);
    size_t n = window < (double)input->n ? (size_t)window : input->n;
    double *last = skuai_arena_take(scratch, n, sizeof *last);
    if (!last) return skuai_error_memory(err, "past values");
    memcpy(last, input->y + input->n - n, n * sizeof *last);
    skuai_sort(last, n);
    for (size_t i = 0; i < n; i++)
        sum += last[i];
    for (size_t h = 0; h < request->horizon; h++) {
        output->mean[h] = sum / (double)n;
        for (size_t q = 0; q < Q; q++)
            output->quantiles[h * Q + q] = skuai_quantile_sorted(last, n, request->levels[q]);
    }
    return SKUA_OK;
}

/* One horizon from values sorted by `order` and their weights: least values that reach a level. */
static void weighted_row(const double *y, const size_t *order, size_t n, const double *weight,
                         const skuai_request *request, double *mean, double *row) {
    double total = 0, sum = 0, below = 0;
    for (size_t t = 0; t < n; t++) {
        total += weight[t];
        sum += weight[t] * y[t];
    }
    *mean = sum / total;
    size_t i = 0;
    for (size_t q = 0; q < request->n_levels; q++) {
        double level = request->levels[q] * total * (1 - 1e-12);
        while (i + 1 < n && (weight[order[i]] == 0 || below + weight[order[i]] < level))
            below += weight[order[i++]];
        row[q] = y[order[i]];
    }
}

static skua_status weighted(const skuai_local_input *input, const skuai_parameters *parameters,
                            const skuai_request *request, skuai_arena *scratch,
                            skuai_local_output *output, size_t season, skua_error *err) {
    static const char *const names[] = {"decay"};
    size_t n = input->n, Q = request->n_levels;
    double decay = DEFAULT_DECAY;
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 1, err));
    SKUA_TRY(skuai_parameter_number(parameters, "decay", DEFAULT_DECAY, &decay, err));
    if (!(decay > 0 && decay <= 1))
        return skuai_error_set(err, SKUA_ECONFIG, "decay = %g: need a number in (0, 1]", decay);
    double *weight = skuai_arena_take(scratch, n, sizeof *weight);
    size_t *order = skuai_arena_take(scratch, n, sizeof *order);
    if (!weight || !order) return skuai_error_memory(err, "past values");
    skuai_sort_index(input->y, n, order);
    for (size_t h = 0; h < request->horizon; h++) {
        double *row = output->quantiles + h * Q;
        if (h >= season) { /* as one season before */
            output->mean[h] = output->mean[h - season];
            memcpy(row, row - season * Q, Q * sizeof *row);
            continue;
        }
        double age = 1; /* weights count from the newest value that may speak: no underflow */
        for (size_t t = n; t-- > 0;) {
            bool speaks = (n + h - t) % season == 0;
            weight[t] = speaks ? age : 0;
            age *= decay;
        }
        weighted_row(input->y, order, n, weight, request, output->mean + h, row);
    }
    return SKUA_OK;
}

static skua_status npts(const skuai_local_input *input, const skuai_parameters *parameters,
                        const skuai_request *request, skuai_arena *scratch,
                        skuai_local_output *output, skua_error *err) {
    return weighted(input, parameters, request, scratch, output, 1, err);
}

static skua_status npts_seasonal(const skuai_local_input *input, const skuai_parameters *parameters,
                                 const skuai_request *request, skuai_arena *scratch,
                                 skuai_local_output *output, skua_error *err) {
    return weighted(input, parameters, request, scratch, output, (size_t)input->season, err);
}

const skuai_local_method skuai_empirical_method = {
    .name = "empirical",
    .summary = "quantiles of the last season",
    .source = "the free baseline",
    .least_length = one_period,
    .forecast = empirical,
};
const skuai_local_method skuai_npts_method = {
    .name = "npts",
    .summary = "past values with decaying weights",
    .source = "Gasthaus 2016",
    .least_length = one_period,
    .forecast = npts,
};
const skuai_local_method skuai_npts_seasonal_method = {
    .name = "npts-seasonal",
    .summary = "past values of the same season with decaying weights",
    .source = "Gasthaus 2016",
    .least_length = two_seasons,
    .forecast = npts_seasonal,
};
