#include "stat/exponential/theta.h"

#include "stat/exponential/adjust.h"
#include "stat/exponential/theta_model.h"

#include <math.h>
#include <string.h>

#define SOURCE                                                                                     \
    "Assimakopoulos & Nikolopoulos 2000, Int. J. Forecasting 16(4); "                              \
    "Fiorucci et al. 2016, Int. J. Forecasting 32(4)"
#define LOST         6.0 /* degrees of freedom: three errors that do not count, three parameters */
#define WEIGHT_SCALE 8.0 /* as of the exponential smoothing forms: see ets_forecast.h */

/* Bits of the four models. */
enum { STANDARD = 1, OPTIMISED = 2, DYNAMIC = 4, DYNAMIC_OPTIMISED = 8 };

/* The models that were asked for, with their weights. */
typedef struct ensemble {
    skuai_theta_model models[4];
    double weights[4]; /* sum to 1 */
    size_t n;
} ensemble;

static skua_status fit_models(const double *y, size_t n, unsigned which, skuai_arena *arena,
                              ensemble *out, skua_error *err) {
    double criteria[4], least = INFINITY, total = 0;
    out->n = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (!(which >> i & 1)) continue;
        skuai_theta_model *model = &out->models[out->n];
        SKUA_TRY(skuai_theta_fit(y, n, i >= 2, i % 2 == 1, arena, model, err));
        double parameters = i % 2 == 1 ? 3 : 2, floor = 1e-300;
        double criterion = (double)n * log(model->squares + floor) + 2 * parameters;
        criteria[out->n++] = criterion;
        least = fmin(least, criterion);
    }
    for (size_t k = 0; k < out->n; k++)
        total += out->weights[k] = exp(-(criteria[k] - least) / WEIGHT_SCALE);
    for (size_t k = 0; k < out->n; k++)
        out->weights[k] /= total;
    return SKUA_OK;
}

/* Means [H] and variances [H] of the weighted models on the adjusted series. */
static skua_status forecast_adjusted(const double *y, size_t n, unsigned which, size_t horizon,
                                     skuai_arena *arena, double *mean, double *variance,
                                     double *autocorrelation, skua_error *err) {
    ensemble all;
    skuai_multistep steps = {0};
    SKUA_TRY(fit_models(y, n, which, arena, &all, err));
    SKUA_TRY(skuai_multistep_init(&steps, n, 3, horizon, arena, err));
    double *one = skuai_arena_take(arena, 2 * horizon, sizeof *one);
    double *square = skuai_arena_take_zero(arena, horizon, sizeof *square);
    if (!one || !square) return skuai_error_memory(err, "a theta forecast");
    double *one_variance = one + horizon, alpha = 0;
    memset(mean, 0, horizon * sizeof *mean);
    memset(variance, 0, horizon * sizeof *variance);
    for (size_t k = 0; k < all.n; k++) {
        double weight = all.weights[k];
        skuai_theta_forecast(&all.models[k], horizon, one, one_variance);
        skuai_theta_errors(&all.models[k], y, weight, &steps);
        alpha += weight * all.models[k].alpha;
        for (size_t h = 0; h < horizon; h++) {
            mean[h] += weight * one[h];
            square[h] += weight * one[h] * one[h];
            variance[h] += weight * sqrt(one_variance[h]); /* deviations until they are squared */
        }
    }
    for (size_t h = 0; h < horizon; h++)
        variance[h] = variance[h] * variance[h] + fmax(square[h] - mean[h] * mean[h], 0);
    skuai_multistep_blend(&steps, 3, variance);
    *autocorrelation = fmin(alpha, 0.9); /* neighbouring errors share the level's */
    return SKUA_OK;
}

static skua_status parse_adjustment(const skuai_parameters *parameters, skuai_adjustment *kind,
                                    skua_error *err) {
    static const char *const names[] = {"shrunk", "multiplicative", "additive"};
    const char *text = skuai_parameter_text(parameters, "adjustment", names[0]);
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *kind = (skuai_adjustment)i;
            return SKUA_OK;
        }
    }
    return skuai_error_set(err, SKUA_ECONFIG,
                           "adjustment = %s: need shrunk, multiplicative or additive", text);
}

static skua_status forecast_models(const skuai_local_input *input,
                                   const skuai_parameters *parameters, const skuai_request *request,
                                   skuai_arena *scratch, skuai_local_output *output, unsigned which,
                                   skua_error *err) {
    static const char *const names[] = {"adjustment"};
    SKUA_TRY(skuai_local_parameters_check(parameters, names, 1, err));
    skuai_adjustment kind = SKUAI_ADJUST_SHRUNK;
    SKUA_TRY(parse_adjustment(parameters, &kind, err));
    size_t H = request->horizon, m = (size_t)input->season;
    skuai_adjusted series = {0};
    SKUA_TRY(skuai_adjust(input->y, input->n, m, kind, scratch, &series, err));
    double *sd = skuai_arena_take(scratch, H, sizeof *sd);
    if (!sd) return skuai_error_memory(err, "a theta forecast");
    SKUA_TRY(forecast_adjusted(series.y, input->n, which, H, scratch, output->mean, sd,
                               &output->autocorrelation, err));
    for (size_t h = 0; h < H; h++)
        sd[h] = sqrt(sd[h]);
    skuai_local_student_quantiles(request, output->mean, sd, (double)input->n - LOST,
                                  output->quantiles);
    skuai_adjust_back(&series, input->n, request, output->mean, output->quantiles);
    return SKUA_OK;
}

#define THETA(function, which)                                                                     \
    static skua_status function(const skuai_local_input *input,                                    \
                                const skuai_parameters *parameters, const skuai_request *request,  \
                                skuai_arena *scratch, skuai_local_output *output,                  \
                                skua_error *err) {                                                 \
        return forecast_models(input, parameters, request, scratch, output, which, err);           \
    }
THETA(automatic, STANDARD | OPTIMISED | DYNAMIC | DYNAMIC_OPTIMISED)
THETA(standard, STANDARD)
THETA(optimised, OPTIMISED)
THETA(dynamic, DYNAMIC)
THETA(dynamic_optimised, DYNAMIC_OPTIMISED)

static size_t least_length(int season) {
    (void)season;
    return SKUAI_THETA_LEAST;
}

#define METHOD(variable, text, about, function)                                                    \
    const skuai_local_method variable = {.name = text,                                             \
                                         .summary = about,                                         \
                                         .source = SOURCE,                                         \
                                         .least_length = least_length,                             \
                                         .forecast = function}
METHOD(skuai_theta_automatic, "theta", "theta models, weighted by their fit", automatic);
METHOD(skuai_theta_standard, "theta-standard", "the standard theta method", standard);
METHOD(skuai_theta_optimised, "theta-optimized", "theta with an optimised theta line", optimised);
METHOD(skuai_theta_dynamic, "theta-dynamic", "theta with a moving line", dynamic);
METHOD(skuai_theta_dynamic_optimised, "theta-dynamic-optimized",
       "theta with a moving line and an optimised theta line", dynamic_optimised);
