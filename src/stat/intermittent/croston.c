/* The methods that estimate a demand rate, as local methods with count quantiles. */
#include "stat/intermittent/croston.h"

#include "stat/intermittent/hurdle.h"

#include <math.h>

#define SBA_FACTOR 0.95

static size_t one_period(int season) {
    (void)season;
    return 1;
}

static skua_status check_history(const skuai_local_input *input, skua_error *err) {
    for (size_t t = 0; t < input->n; t++)
        if (!(input->y[t] >= 0))
            return skuai_error_set(err, SKUA_EDATA, "demand of %g: counts need values >= 0",
                                   input->y[t]);
    return SKUA_OK;
}

static skua_status weight_parameter(const skuai_parameters *parameters, const char *name,
                                    double fallback, double *alpha, skua_error *err) {
    SKUA_TRY(skuai_parameter_number(parameters, name, fallback, alpha, err));
    if (!(*alpha > 0 && *alpha <= 1))
        return skuai_error_set(err, SKUA_ECONFIG, "%s = %g: need a number in (0, 1]", name, *alpha);
    return SKUA_OK;
}

/* Check the input and take 2 n doubles of scratch. */
static skua_status prepare(const skuai_local_input *input, const skuai_parameters *parameters,
                           const char *const *names, size_t n, skuai_arena *scratch, double **work,
                           skua_error *err) {
    SKUA_TRY(skuai_local_parameters_check(parameters, names, n, err));
    SKUA_TRY(check_history(input, err));
    *work = skuai_arena_take(scratch, 2 * input->n, sizeof **work);
    return *work ? SKUA_OK : skuai_error_memory(err, "a demand rate");
}

static skua_status croston_scaled(const skuai_local_input *input,
                                  const skuai_parameters *parameters, const skuai_request *request,
                                  skuai_arena *scratch, skuai_local_output *output, double factor,
                                  skua_error *err) {
    static const char *const names[] = {"alpha"};
    double *work = NULL, alpha = 0.1;
    SKUA_TRY(prepare(input, parameters, names, 1, scratch, &work, err));
    SKUA_TRY(weight_parameter(parameters, "alpha", 0.1, &alpha, err));
    skuai_demand_rate rate = skuai_croston_rate(input->y, input->n, alpha, work);
    rate.rate *= factor;
    rate.probability *= factor; /* the bias is the interval's, not the size's */
    return skuai_hurdle_forecast(input->y, input->n, rate, request, scratch, output, err);
}

static skua_status croston(const skuai_local_input *input, const skuai_parameters *parameters,
                           const skuai_request *request, skuai_arena *scratch,
                           skuai_local_output *output, skua_error *err) {
    return croston_scaled(input, parameters, request, scratch, output, 1, err);
}

static skua_status sba(const skuai_local_input *input, const skuai_parameters *parameters,
                       const skuai_request *request, skuai_arena *scratch,
                       skuai_local_output *output, skua_error *err) {
    return croston_scaled(input, parameters, request, scratch, output, SBA_FACTOR, err);
}

static skua_status tsb(const skuai_local_input *input, const skuai_parameters *parameters,
                       const skuai_request *request, skuai_arena *scratch,
                       skuai_local_output *output, skua_error *err) {
    static const char *const names[] = {"alpha-demand", "alpha-probability"};
    double *work = NULL, demand = 0.1, probability = 0.1;
    SKUA_TRY(prepare(input, parameters, names, 2, scratch, &work, err));
    SKUA_TRY(weight_parameter(parameters, names[0], 0.1, &demand, err));
    SKUA_TRY(weight_parameter(parameters, names[1], 0.1, &probability, err));
    skuai_demand_rate rate = skuai_tsb_rate(input->y, input->n, demand, probability, work);
    return skuai_hurdle_forecast(input->y, input->n, rate, request, scratch, output, err);
}

/* A method without parameters of its own. */
static skua_status plain(const skuai_local_input *input, const skuai_parameters *parameters,
                         const skuai_request *request, skuai_arena *scratch,
                         skuai_local_output *output,
                         skuai_demand_rate (*estimate)(const double *, size_t, double *),
                         skua_error *err) {
    double *work = NULL;
    SKUA_TRY(prepare(input, parameters, NULL, 0, scratch, &work, err));
    skuai_demand_rate rate = estimate(input->y, input->n, work);
    return skuai_hurdle_forecast(input->y, input->n, rate, request, scratch, output, err);
}

static skua_status croston_optimized(const skuai_local_input *input,
                                     const skuai_parameters *parameters,
                                     const skuai_request *request, skuai_arena *scratch,
                                     skuai_local_output *output, skua_error *err) {
    return plain(input, parameters, request, scratch, output, skuai_croston_best_rate, err);
}

static skua_status adida(const skuai_local_input *input, const skuai_parameters *parameters,
                         const skuai_request *request, skuai_arena *scratch,
                         skuai_local_output *output, skua_error *err) {
    return plain(input, parameters, request, scratch, output, skuai_adida_rate, err);
}

static skua_status imapa(const skuai_local_input *input, const skuai_parameters *parameters,
                         const skuai_request *request, skuai_arena *scratch,
                         skuai_local_output *output, skua_error *err) {
    return plain(input, parameters, request, scratch, output, skuai_imapa_rate, err);
}

const skuai_local_method skuai_croston_method = {
    .name = "croston",
    .summary = "smoothed demand size over smoothed interval",
    .source = "Croston 1972",
    .least_length = one_period,
    .forecast = croston,
};
const skuai_local_method skuai_croston_optimized_method = {
    .name = "croston-optimized",
    .summary = "Croston's, smoothing weights by least squares",
    .source = "Croston 1972",
    .least_length = one_period,
    .forecast = croston_optimized,
};
const skuai_local_method skuai_sba_method = {
    .name = "sba",
    .summary = "Croston's less its bias",
    .source = "Syntetos & Boylan 2005",
    .least_length = one_period,
    .forecast = sba,
};
const skuai_local_method skuai_tsb_method = {
    .name = "tsb",
    .summary = "smoothed demand probability times smoothed size",
    .source = "Teunter, Syntetos & Babai 2011",
    .least_length = one_period,
    .forecast = tsb,
};
const skuai_local_method skuai_adida_method = {
    .name = "adida",
    .summary = "smoothing of sums over the usual interval",
    .source = "Nikolopoulos et al. 2011",
    .least_length = one_period,
    .forecast = adida,
};
const skuai_local_method skuai_imapa_method = {
    .name = "imapa",
    .summary = "mean of smoothed sums over all intervals up to the usual one",
    .source = "Petropoulos & Kourentzes 2015",
    .least_length = one_period,
    .forecast = imapa,
};
