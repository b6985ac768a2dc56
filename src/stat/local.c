#include "stat/local.h"

#include "math/distribution.h"
#include "stat/history_contributions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -- Small helpers that methods share ---------------------------------------------------------- */

void skuai_local_normal_quantiles(const skuai_request *request, const double *mean,
                                  const double *sd, double *quantiles) {
    skuai_local_student_quantiles(request, mean, sd, INFINITY, quantiles);
}

void skuai_local_student_quantiles(const skuai_request *request, const double *mean,
                                   const double *sd, double freedom, double *quantiles) {
    size_t n_levels = request->n_levels;
    double v = 1 / (freedom > 3 ? freedom : 3);
    for (size_t q = 0; q < n_levels; q++) {
        double z = skuai_normal_quantile(request->levels[q]), z2 = z * z;
        /* Abramowitz & Stegun 1964, 26.7.5: Student's quantile from the normal one. */
        z *= 1 + v * ((z2 + 1) / 4 + v * (((5 * z2 + 16) * z2 + 3) / 96 +
                                          v * ((((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384)));
        for (size_t h = 0; h < request->horizon; h++)
            quantiles[h * n_levels + q] = mean[h] + sd[h] * z;
    }
}

skua_status skuai_local_parameters_check(const skuai_parameters *parameters,
                                         const char *const *names, size_t n, skua_error *err) {
    for (size_t i = 0; parameters && i < parameters->n; i++) {
        const char *name = parameters->items[i].name;
        bool known = strcmp(name, "season") == 0;
        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(name, names[k]) == 0;
        if (!known)
            return skuai_error_set(err, SKUA_ECONFIG, "unknown parameter '%s' of this method",
                                   name);
    }
    return SKUA_OK;
}

/* -- The guard --------------------------------------------------------------------------------- */

const char *skuai_local_guard(const double *y, size_t n, const skuai_request *request,
                              const skuai_local_output *output) {
    double low = INFINITY, high = -INFINITY;
    for (size_t t = 0; t < n; t++) {
        if (y[t] < low) low = y[t];
        if (y[t] > high) high = y[t];
    }
    double magnitude = fmax(fabs(low), fabs(high)), range = high - low;
    double stretch = 3 * (1 + (double)request->horizon / (double)n);
    double mean_room = stretch * fmax(range, 0.1 * magnitude) + 1e-9;
    double quantile_room = 5 * stretch * fmax(range, magnitude) + 1e-9;
    for (size_t h = 0; h < request->horizon; h++) {
        double mean = output->mean[h];
        if (!isfinite(mean)) return "not finite";
        if (mean < low - mean_room || mean > high + mean_room) return "out of range";
        const double *row = output->quantiles + h * request->n_levels;
        for (size_t q = 0; q < request->n_levels; q++) {
            if (!isfinite(row[q])) return "not finite";
            if (row[q] < low - quantile_room || row[q] > high + quantile_room)
                return "out of range";
        }
    }
    return NULL;
}

/* -- One series -------------------------------------------------------------------------------- */

/* The part of the history between first and last observation: [first, first + n) of input->y. */
typedef struct history {
    size_t first, n, gap; /* gap: missing periods behind the last observation */
    bool holes;
} history;

static history history_of(const skuai_local_input *input) {
    size_t first = 0, last = input->n;
    while (first < input->n && isnan(input->y[first]))
        first++;
    while (last > first && isnan(input->y[last - 1]))
        last--;
    history h = {.first = first, .n = last - first, .gap = input->n - last};
    for (size_t t = first; t < last && !h.holes; t++)
        h.holes = isnan(input->y[t]);
    return h;
}

/* Fill inner gaps by straight lines between their neighbours; both ends are observed. */
static void interpolate(double *y, size_t n) {
    size_t before = 0;
    for (size_t t = 1; t < n; t++) {
        if (isnan(y[t])) continue;
        for (size_t i = before + 1; i < t; i++)
            y[i] = y[before] + (y[t] - y[before]) * (double)(i - before) / (double)(t - before);
        before = t;
    }
}

/* Insertion sort: rows are short and nearly always sorted already. */
static void sort_row(double *x, size_t n) {
    for (size_t i = 1; i < n; i++) {
        double value = x[i];
        size_t j = i;
        for (; j > 0 && x[j - 1] > value; j--)
            x[j] = x[j - 1];
        x[j] = value;
    }
}

/* Sort every row of quantiles and keep everything at or above the floor. */
static void settle(const skuai_request *request, double floor, skuai_local_output *output) {
    for (size_t h = 0; h < request->horizon; h++) {
        double *row = output->quantiles + h * request->n_levels;
        sort_row(row, request->n_levels);
        if (output->mean[h] < floor) output->mean[h] = floor;
        for (size_t q = 0; q < request->n_levels && row[q] < floor; q++)
            row[q] = floor;
    }
    if (!(fabs(output->autocorrelation) < 1)) output->autocorrelation = 0;
}

static void note_fallback(skuai_local_output *output, const char *name, const char *reason) {
    snprintf(output->note, sizeof output->note, "%s (%s)", name, reason);
}

static void forecast_nothing(const skuai_request *request, skuai_local_output *output,
                             const char *name, const char *reason) {
    memset(output->mean, 0, request->horizon * sizeof *output->mean);
    memset(output->quantiles, 0, request->horizon * request->n_levels * sizeof *output->quantiles);
    output->autocorrelation = 0;
    note_fallback(output, name, reason);
}

/* The method alone on a history without missing ends. *reason: NULL, or why the forecast cannot be
 * used. filled [n]: the history without gaps, for the guard. */
static skua_status try_method(const skuai_local_method *method, const skuai_local_input *input,
                              const double *filled, const skuai_parameters *parameters,
                              const skuai_request *request, skuai_arena *scratch,
                              skuai_local_output *output, const char **reason, skua_error *err) {
    if (input->n < method->least_length(input->season)) {
        *reason = "too short";
        return SKUA_OK;
    }
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    output->autocorrelation = 0;
    output->note[0] = '\0';
    skuai_local_input own = *input;
    own.data = method->data;
    skua_status status = method->forecast(&own, parameters, request, scratch, output, err);
    skuai_arena_reset(scratch, mark);
    if (status == SKUA_ENOMEM || status == SKUA_ECONFIG) return status;
    *reason = status == SKUA_OK ? skuai_local_guard(filled, input->n, request, output) : "failed";
    if (status == SKUA_OK && output->note[0] == '\0')
        snprintf(output->note, sizeof output->note, "%s", method->name);
    return SKUA_OK;
}

/* The method, then its fallbacks, on an input without missing ends. */
static skua_status run_guarded(const skuai_local_method *method, const skuai_local_input *input,
                               const double *filled, const skuai_parameters *parameters,
                               const skuai_request *request, skuai_arena *scratch,
                               skuai_local_output *output, skua_error *err) {
    static const char *const fallbacks[] = {"seasonal-naive", "historic-mean"};
    const skuai_parameters none = {NULL, 0};
    const char *reason = NULL, *again = NULL;
    SKUA_TRY(try_method(method, input, filled, parameters, request, scratch, output, &reason, err));
    if (!reason) return SKUA_OK;
    skuai_local_input whole = *input;
    whole.y = filled;
    for (size_t i = 0; i < sizeof fallbacks / sizeof *fallbacks; i++) {
        const skuai_local_method *fallback = skuai_local_find(fallbacks[i]);
        SKUA_TRY(
            try_method(fallback, &whole, filled, &none, request, scratch, output, &again, err));
        if (!again) {
            note_fallback(output, fallback->name, reason);
            return SKUA_OK;
        }
    }
    forecast_nothing(request, output, "zero", reason);
    return SKUA_OK;
}

/* A longer forecast from the last observation, of which the first `gap` periods are dropped. */
static skua_status run_gap(const skuai_local_method *method, const skuai_local_input *input,
                           const double *filled, size_t gap, const skuai_parameters *parameters,
                           const skuai_request *request, skuai_arena *scratch,
                           skuai_local_output *output, skua_error *err) {
    skuai_request longer = *request;
    size_t n_levels = request->n_levels;
    longer.horizon += gap;
    skuai_local_output inner = {0};
    inner.mean = skuai_arena_take(scratch, longer.horizon, sizeof *inner.mean);
    inner.quantiles = skuai_arena_take(scratch, longer.horizon * n_levels, sizeof *inner.quantiles);
    if (!inner.mean || !inner.quantiles) return skuai_error_memory(err, "a forecast over a gap");
    SKUA_TRY(run_guarded(method, input, filled, parameters, &longer, scratch, &inner, err));
    memcpy(output->mean, inner.mean + gap, request->horizon * sizeof *inner.mean);
    memcpy(output->quantiles, inner.quantiles + gap * n_levels,
           request->horizon * n_levels * sizeof *inner.quantiles);
    output->autocorrelation = inner.autocorrelation;
    memcpy(output->note, inner.note, sizeof output->note);
    return SKUA_OK;
}

static skua_status run_series(const skuai_local_method *method, const skuai_local_input *input,
                              const skuai_parameters *parameters, const skuai_request *request,
                              skuai_arena *scratch, skuai_local_output *output, skua_error *err) {
    history past = history_of(input);
    if (past.n == 0) {
        forecast_nothing(request, output, "zero", "no history");
        return SKUA_OK;
    }
    skuai_local_input inner = *input;
    inner.y = input->y + past.first;
    inner.n = past.n;
    inner.end = input->end - (int64_t)past.gap;
    const double *filled = inner.y;
    if (past.holes) {
        double *copy = skuai_arena_take(scratch, past.n, sizeof *copy);
        if (!copy) return skuai_error_memory(err, "a series");
        memcpy(copy, inner.y, past.n * sizeof *copy);
        interpolate(copy, past.n);
        filled = copy;
        if (!method->takes_missing) inner.y = copy;
    }
    if (past.gap > 0)
        return run_gap(method, &inner, filled, past.gap, parameters, request, scratch, output, err);
    return run_guarded(method, &inner, filled, parameters, request, scratch, output, err);
}

skua_status skuai_local_run(const skuai_local_method *method, const skuai_local_input *input,
                            const skuai_parameters *parameters, const skuai_request *request,
                            skuai_arena *scratch, skuai_local_output *output, skua_error *err) {
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    skua_status status = run_series(method, input, parameters, request, scratch, output, err);
    if (status == SKUA_OK) settle(request, input->non_negative ? 0 : -INFINITY, output);
    skuai_arena_reset(scratch, mark);
    return status;
}

/* -- The adapter ------------------------------------------------------------------------------- */

struct skuai_model {
    const skuai_local_method *method;
    int season; /* 0: the panel's */
    skuai_parameters parameters;
    skuai_parameter *items; /* [parameters.n] with texts of its own */
};

static void local_free(skuai_model *model) {
    if (!model) return;
    for (size_t i = 0; model->items && i < model->parameters.n; i++) {
        skuai_free((void *)(uintptr_t)model->items[i].name);
        skuai_free((void *)(uintptr_t)model->items[i].value);
    }
    skuai_free(model->items);
    skuai_free(model);
}

static skua_status parse_season(const skuai_parameters *parameters, int *season, skua_error *err) {
    double value;
    SKUA_TRY(skuai_parameter_number(parameters, "season", 0, &value, err));
    if (!(value >= 0 && value <= 100000 && value == floor(value)))
        return skuai_error_set(err, SKUA_ECONFIG, "season = %g: need a whole number of periods",
                               value);
    *season = (int)value;
    return SKUA_OK;
}

static skua_status local_fit(const skuai_forecaster *self, const skuai_panel *panel,
                             const skuai_parameters *parameters, const skuai_context *context,
                             skuai_model **model, skua_error *err) {
    (void)panel;
    (void)context;
    size_t n = parameters ? parameters->n : 0;
    int season = 0;
    SKUA_TRY(parse_season(parameters, &season, err));
    skuai_model *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a forecaster");
    made->method = self->data;
    made->season = season;
    made->items = skuai_zero(n, sizeof *made->items);
    if (!made->items) goto memory;
    for (size_t i = 0; i < n; i++) {
        made->parameters.n = i + 1;
        made->items[i].name = skuai_text_copy(parameters->items[i].name);
        made->items[i].value = skuai_text_copy(parameters->items[i].value);
        if (!made->items[i].name || !made->items[i].value) goto memory;
    }
    made->parameters.items = made->items;
    *model = made;
    return SKUA_OK;
memory:
    local_free(made);
    return skuai_error_memory(err, "a forecaster");
}

typedef struct prediction {
    const skuai_model *model;
    const skuai_panel *panel;
    const skuai_request *request;
    skuai_forecast *forecast;
    skuai_arena **arenas; /* [threads] */
} prediction;

static skua_status predict_series(void *argument, size_t s, int worker, skua_error *err) {
    const prediction *job = argument;
    const skuai_panel *panel = job->panel;
    skuai_local_input input = {
        .y = skuai_panel_target(panel, s),
        .n = panel->length[s],
        .season = job->model->season ? job->model->season : panel->season,
        .counts = panel->counts,
        .non_negative = panel->non_negative,
        .grid = panel->grid,
        .end = skuai_panel_end(panel, s),
    };
    skuai_request request = *job->request;
    skuai_random stream;
    skuai_random_split(&stream, request.seed, panel->base[s]);
    request.seed = skuai_random_bits(&stream);
    skuai_local_output output = {.mean = skuai_forecast_mean(job->forecast, s, 0),
                                 .quantiles = skuai_forecast_quantiles(job->forecast, s, 0)};
    skua_status status = skuai_local_run(job->model->method, &input, &job->model->parameters,
                                         &request, job->arenas[worker], &output, err);
    if (status != SKUA_OK)
        return skuai_error_prefix(err, status, "series %s", skuai_panel_name(panel, s));
    job->forecast->autocorrelation[s] = output.autocorrelation;
    memcpy(job->forecast->note[s], output.note, SKUAI_NOTE_SIZE);
    return SKUA_OK;
}

static skua_status local_predict(const skuai_model *model, const skuai_panel *panel,
                                 const skuai_request *request, const skuai_context *context,
                                 skuai_forecast **forecast, skua_error *err) {
    size_t threads = (size_t)skuai_context_threads(context);
    prediction job = {.model = model, .panel = panel, .request = request};
    skua_status status = skuai_forecast_new(panel, request->horizon, request->levels,
                                            request->n_levels, &job.forecast, err);
    if (status != SKUA_OK) return status;
    job.arenas = skuai_zero(threads, sizeof(skuai_arena *));
    bool memory = job.arenas != NULL;
    for (size_t i = 0; memory && i < threads; i++) {
        job.arenas[i] = skuai_arena_new(256 * 1024);
        memory = job.arenas[i] != NULL;
    }
    status = memory ? skuai_parallel_for(context, model->method->name, panel->n_series,
                                         predict_series, &job, err)
                    : skuai_error_memory(err, "working space");
    for (size_t i = 0; job.arenas && i < threads; i++)
        skuai_arena_free(job.arenas[i]);
    skuai_free(job.arenas);
    if (status != SKUA_OK) {
        skuai_forecast_free(job.forecast);
        return status;
    }
    *forecast = job.forecast;
    return SKUA_OK;
}

static skua_status local_contributions(const skuai_model *model, const skuai_panel *panel, size_t s,
                                       const skuai_request *request, const skuai_context *context,
                                       skuai_contributions **contributions, skua_error *err) {
    return skuai_history_contributions(local_predict, model, panel, s, request, context,
                                       contributions, err);
}

skuai_forecaster skuai_local_forecaster(const skuai_local_method *method) {
    return (skuai_forecaster){.name = method->name,
                              .summary = method->summary,
                              .source = method->source,
                              .fit = local_fit,
                              .predict = local_predict,
                              .free = local_free,
                              .contributions = local_contributions,
                              .data = method,
                              .by_series = true};
}

bool skuai_forecaster_is_local(const skuai_forecaster *forecaster) {
    return forecaster->predict == local_predict;
}
