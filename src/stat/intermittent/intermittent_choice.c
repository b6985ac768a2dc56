#include "stat/intermittent/intermittent_choice.h"

#include "stat/intermittent/croston.h"
#include "stat/intermittent/dynamic_count.h"
#include "stat/intermittent/past_distribution.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEAST_HISTORY 12

enum { CANDIDATES = 5, ORIGINS = 3 };

static const skuai_local_method *const candidates[CANDIDATES] = {
    &skuai_dynamic_count_method, &skuai_tsb_method, &skuai_sba_method, &skuai_npts_method,
    &skuai_empirical_method};

static size_t one_period(int season) {
    (void)season;
    return 1;
}

static skua_status output_new(const skuai_request *request, skuai_arena *scratch,
                              skuai_local_output *output, skua_error *err) {
    memset(output, 0, sizeof *output);
    output->mean = skuai_arena_take(scratch, request->horizon, sizeof *output->mean);
    output->quantiles =
        skuai_arena_take(scratch, request->horizon * request->n_levels, sizeof *output->quantiles);
    if (!output->mean || !output->quantiles) return skuai_error_memory(err, "a candidate");
    return SKUA_OK;
}

static double pinball(const skuai_request *request, const double *quantiles, const double *y,
                      size_t n) {
    double sum = 0;
    for (size_t h = 0; h < n; h++) {
        for (size_t q = 0; q < request->n_levels; q++) {
            double level = request->levels[q], d = y[h] - quantiles[h * request->n_levels + q];
            sum += d > 0 ? d * level : d * (level - 1);
        }
    }
    return sum;
}

/* Loss of a candidate over the origins; infinite when it fails on one. */
static skua_status judge(const skuai_local_method *method, const skuai_local_input *input,
                         const skuai_request *request, skuai_arena *scratch,
                         skuai_local_output *work, double *loss, skua_error *err) {
    const skuai_parameters none = {NULL, 0};
    *loss = 0;
    for (size_t k = ORIGINS; k >= 1; k--) {
        size_t distance = (request->horizon * k + ORIGINS - 1) / ORIGINS;
        if (distance > input->n / 2) distance = input->n / 2;
        skuai_local_input past = *input;
        skuai_request inner = *request;
        past.n = input->n - distance;
        past.end = input->end - (int64_t)distance;
        inner.horizon = distance;
        skuai_arena_mark mark = skuai_arena_mark_get(scratch);
        skua_status status = method->forecast(&past, &none, &inner, scratch, work, err);
        skuai_arena_reset(scratch, mark);
        if (status == SKUA_ENOMEM) return status;
        if (status != SKUA_OK) {
            *loss = INFINITY;
            return SKUA_OK;
        }
        *loss += pinball(request, work->quantiles, input->y + past.n, distance);
    }
    return SKUA_OK;
}

static void average(const skuai_request *request, const skuai_local_output *a,
                    const skuai_local_output *b, double share, skuai_local_output *output) {
    for (size_t h = 0; h < request->horizon; h++)
        output->mean[h] = share * a->mean[h] + (1 - share) * b->mean[h];
    for (size_t i = 0; i < request->horizon * request->n_levels; i++)
        output->quantiles[i] = share * a->quantiles[i] + (1 - share) * b->quantiles[i];
    output->autocorrelation = share * a->autocorrelation + (1 - share) * b->autocorrelation;
}

static skua_status combine_best(const skuai_local_input *input, const double *loss,
                                const skuai_request *request, skuai_arena *scratch,
                                skuai_local_output *output, skua_error *err) {
    const skuai_parameters none = {NULL, 0};
    size_t first = 0, second = SIZE_MAX;
    for (size_t i = 1; i < CANDIDATES; i++)
        if (loss[i] < loss[first]) first = i;
    for (size_t i = 0; i < CANDIDATES; i++)
        if (i != first && (second == SIZE_MAX || loss[i] < loss[second])) second = i;
    skuai_local_output a, b;
    SKUA_TRY(output_new(request, scratch, &a, err));
    SKUA_TRY(output_new(request, scratch, &b, err));
    SKUA_TRY(candidates[first]->forecast(input, &none, request, scratch, &a, err));
    bool alone = !isfinite(loss[second]);
    if (!alone) SKUA_TRY(candidates[second]->forecast(input, &none, request, scratch, &b, err));
    double sum = loss[first] + loss[second], share = sum > 0 ? loss[second] / sum : 0.5;
    average(request, &a, alone ? &a : &b, alone ? 1 : share, output);
    (void)snprintf(output->note, sizeof output->note, "intermittent(%s%s%s)",
                   candidates[first]->name, alone ? "" : "+",
                   alone ? "" : candidates[second]->name);
    return SKUA_OK;
}

static skua_status intermittent(const skuai_local_input *input, const skuai_parameters *parameters,
                                const skuai_request *request, skuai_arena *scratch,
                                skuai_local_output *output, skua_error *err) {
    SKUA_TRY(skuai_local_parameters_check(parameters, NULL, 0, err));
    if (input->n < LEAST_HISTORY)
        return skuai_dynamic_count_method.forecast(input, parameters, request, scratch, output,
                                                   err);
    skuai_local_output work;
    double loss[CANDIDATES];
    SKUA_TRY(output_new(request, scratch, &work, err));
    for (size_t i = 0; i < CANDIDATES; i++)
        SKUA_TRY(judge(candidates[i], input, request, scratch, &work, loss + i, err));
    return combine_best(input, loss, request, scratch, output, err);
}

const skuai_local_method skuai_intermittent_method = {
    .name = "intermittent",
    .summary = "the two best of the count methods, averaged",
    .source = "choice by pinball loss inside the history",
    .least_length = one_period,
    .forecast = intermittent,
};
