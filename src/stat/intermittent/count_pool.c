#include "stat/intermittent/count_pool.h"

#include "core/json_file.h"
#include "stat/history_contributions.h"
#include "stat/intermittent/count_fit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = SKUAI_COUNT_SETTINGS };

struct skuai_model {
    double settings[N];
    double unit, mean;
    int season;
    double *shape; /* [season] */
    double score;  /* of the fit; NaN: nothing to learn from */
};

static void pool_free(skuai_model *model) {
    if (!model) return;
    skuai_free(model->shape);
    skuai_free(model);
}

/* -- Fit --------------------------------------------------------------------------------------- */

static skua_status whole_number(const skuai_parameters *parameters, const char *name, double least,
                                size_t fallback, size_t *value, skua_error *err) {
    double x;
    SKUA_TRY(skuai_parameter_number(parameters, name, (double)fallback, &x, err));
    if (!(x >= least && x <= 1e9 && x == floor(x)))
        return skuai_error_set(err, SKUA_ECONFIG, "count-pool: %s = %g: need a whole number >= %g",
                               name, x, least);
    *value = (size_t)x;
    return SKUA_OK;
}

static bool is_known(const char *name) {
    static const char *const names[] = {"season", "horizon", "evaluations", "series"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    for (size_t i = 0; i < N; i++)
        if (strcmp(name, skuai_count_setting_names[i]) == 0) return true;
    return false;
}

static skua_status parse(const skuai_parameters *parameters, int panel_season,
                         skuai_count_fit_options *options, int *season, double *settings,
                         skua_error *err) {
    for (size_t i = 0; parameters && i < parameters->n; i++)
        if (!is_known(parameters->items[i].name))
            return skuai_error_set(err, SKUA_ECONFIG, "count-pool: unknown parameter '%s'",
                                   parameters->items[i].name);
    size_t m = 1;
    SKUA_TRY(whole_number(parameters, "season", 1, (size_t)panel_season, &m, err));
    if (m > 100000)
        return skuai_error_set(err, SKUA_ECONFIG, "count-pool: season = %zu is too long", m);
    SKUA_TRY(whole_number(parameters, "horizon", 0, 0, &options->horizon, err));
    SKUA_TRY(whole_number(parameters, "evaluations", 0, 0, &options->evaluations, err));
    SKUA_TRY(whole_number(parameters, "series", 0, 0, &options->series, err));
    for (size_t i = 0; i < N; i++) {
        double x;
        SKUA_TRY(skuai_parameter_number(parameters, skuai_count_setting_names[i],
                                        skuai_count_setting_default[i], &x, err));
        if (!(x >= skuai_count_setting_low[i] && x <= skuai_count_setting_high[i]))
            return skuai_error_set(err, SKUA_ECONFIG, "count-pool: %s = %g: need %g ... %g",
                                   skuai_count_setting_names[i], x, skuai_count_setting_low[i],
                                   skuai_count_setting_high[i]);
        settings[i] = x;
    }
    *season = (int)m;
    return SKUA_OK;
}

static skua_status model_new(int season, skuai_model **model, skua_error *err) {
    skuai_model *made = skuai_zero(1, sizeof *made);
    if (made) made->shape = skuai_zero((size_t)season, sizeof *made->shape);
    if (!made || !made->shape) {
        pool_free(made);
        return skuai_error_memory(err, "a count model");
    }
    made->season = season;
    *model = made;
    return SKUA_OK;
}

static skua_status pool_fit(const skuai_forecaster *self, const skuai_panel *panel,
                            const skuai_parameters *parameters, const skuai_context *context,
                            skuai_model **model, skua_error *err) {
    (void)self;
    skuai_count_fit_options options = {0};
    double settings[N];
    int season = 1;
    SKUA_TRY(parse(parameters, panel->season, &options, &season, settings, err));
    skuai_model *made = NULL;
    skuai_count_panel counts;
    SKUA_TRY(skuai_count_panel_new(panel, season, 0, &counts, err));
    skua_status status = model_new(season, &made, err);
    if (status == SKUA_OK) {
        memcpy(made->settings, settings, sizeof settings);
        made->unit = counts.unit;
        skuai_count_panel_prior(&counts, 0, &made->mean, made->shape);
        status = skuai_count_fit(&counts, &options, context, made->settings, &made->score, err);
        if (status == SKUA_OK)
            *model = made;
        else
            pool_free(made);
    }
    skuai_count_panel_clear(&counts);
    return status;
}

/* -- Predict ----------------------------------------------------------------------------------- */

typedef struct prediction {
    const skuai_model *model;
    const skuai_count_panel *counts;
    const skuai_request *request;
    skuai_forecast *forecast;
    skuai_count_state *states; /* [threads] */
} prediction;

static skua_status predict_series(void *argument, size_t s, int worker, skua_error *err) {
    (void)err;
    const prediction *job = argument;
    const skuai_model *model = job->model;
    const skuai_count_series *series = job->counts->series + s;
    skuai_count_state *state = job->states + worker;
    const skuai_count_prior prior = {.mean = model->mean, .shape = model->shape};
    skuai_count_state_learn(state, series, series->n, model->settings, &prior);
    for (size_t h = 0; h < job->request->horizon; h++) {
        skuai_count_mixture mixture;
        double *row = skuai_forecast_quantiles(job->forecast, s, h);
        skuai_count_state_mixture(state, series, h, &mixture);
        *skuai_forecast_mean(job->forecast, s, h) =
            skuai_count_mixture_mean(&mixture) * model->unit;
        skuai_count_mixture_quantiles(&mixture, job->request->levels, job->request->n_levels, row);
        for (size_t q = 0; q < job->request->n_levels; q++)
            row[q] *= model->unit;
    }
    job->forecast->autocorrelation[s] = skuai_count_state_dependence(state);
    (void)snprintf(job->forecast->note[s], SKUAI_NOTE_SIZE, "%s",
                   series->n > 0 ? "count-pool" : "count-pool (no history)");
    return SKUA_OK;
}

static skua_status predict_all(prediction *job, skuai_arena *arena, const skuai_context *context,
                               skua_error *err) {
    size_t threads = (size_t)skuai_context_threads(context);
    job->states = skuai_arena_take(arena, threads, sizeof *job->states);
    if (!job->states) return skuai_error_memory(err, "count forecasts");
    for (size_t i = 0; i < threads; i++)
        SKUA_TRY(skuai_count_state_new(arena, job->counts->longest, job->model->season,
                                       job->states + i, err));
    return skuai_parallel_for(context, "count-pool", job->counts->n_series, predict_series, job,
                              err);
}

static skua_status pool_predict(const skuai_model *model, const skuai_panel *panel,
                                const skuai_request *request, const skuai_context *context,
                                skuai_forecast **forecast, skua_error *err) {
    skuai_count_panel counts;
    prediction job = {.model = model, .request = request, .counts = &counts};
    SKUA_TRY(skuai_count_panel_new(panel, model->season, model->unit, &counts, err));
    skua_status status = skuai_forecast_new(panel, request->horizon, request->levels,
                                            request->n_levels, &job.forecast, err);
    if (status != SKUA_OK) goto out;
    status = predict_all(&job, counts.arena, context, err);
    if (status == SKUA_OK)
        *forecast = job.forecast;
    else
        skuai_forecast_free(job.forecast);
out:
    skuai_count_panel_clear(&counts);
    return status;
}

/* -- Files ------------------------------------------------------------------------------------- */

#define MODEL_FILE  "count-pool.json"
#define MODEL_LIMIT ((size_t)4 << 20)

static void write_model(const skuai_model *model, skuai_buffer *buffer) {
    skuai_json_writer w;
    skuai_json_begin(&w, buffer);
    skuai_json_object(&w, NULL);
    skuai_json_text(&w, "model", "count-pool");
    skuai_json_number(&w, "unit", model->unit);
    skuai_json_number(&w, "mean", model->mean);
    skuai_json_number(&w, "score", model->score);
    skuai_json_object(&w, "settings");
    for (size_t i = 0; i < N; i++)
        skuai_json_number(&w, skuai_count_setting_names[i], model->settings[i]);
    skuai_json_close(&w);
    skuai_json_array(&w, "shape");
    for (int j = 0; j < model->season; j++)
        skuai_json_number(&w, NULL, model->shape[j]);
    skuai_json_close(&w);
    skuai_json_close(&w);
}

static skua_status pool_save(const skuai_model *model, const char *folder, skua_error *err) {
    skuai_buffer text;
    skuai_buffer_init(&text, MODEL_LIMIT);
    write_model(model, &text);
    skua_status status = skuai_json_file_write(folder, MODEL_FILE, &text, err);
    skuai_buffer_clear(&text);
    return status;
}

/* The model out of its document; false when a number is missing or out of range. */
static bool read_model(const skuai_json *json, skuai_model *model) {
    const skuai_json *settings = skuai_json_get(json, "settings"),
                     *shape = skuai_json_get(json, "shape");
    model->unit = skuai_json_as_number(skuai_json_get(json, "unit"), NAN);
    model->mean = skuai_json_as_number(skuai_json_get(json, "mean"), NAN);
    model->score = skuai_json_as_number(skuai_json_get(json, "score"), NAN);
    if (!(model->unit > 0) || !(model->mean > 0)) return false;
    for (size_t i = 0; i < N; i++) {
        double x =
            skuai_json_as_number(skuai_json_get(settings, skuai_count_setting_names[i]), NAN);
        if (!(x >= skuai_count_setting_low[i] && x <= skuai_count_setting_high[i])) return false;
        model->settings[i] = x;
    }
    for (size_t j = 0; j < (size_t)model->season; j++) {
        model->shape[j] = skuai_json_as_number(skuai_json_at(shape, j), NAN);
        if (!(model->shape[j] >= 0)) return false;
    }
    return true;
}

static skua_status take_model(const skuai_json *json, const char *path, void *user,
                              skua_error *err) {
    size_t season = skuai_json_size(skuai_json_get(json, "shape"));
    skuai_model *made = NULL;
    if (season < 1 || season > 100000)
        return skuai_error_set(err, SKUA_EDATA, "%s: no model of count-pool", path);
    SKUA_TRY(model_new((int)season, &made, err));
    if (!read_model(json, made)) {
        pool_free(made);
        return skuai_error_set(err, SKUA_EDATA, "%s: a number is missing or out of range", path);
    }
    *(skuai_model **)user = made;
    return SKUA_OK;
}

static skua_status pool_load(const skuai_forecaster *self, const char *folder, skuai_model **model,
                             skua_error *err) {
    (void)self;
    return skuai_json_file_read(folder, MODEL_FILE, MODEL_LIMIT, take_model, model, err);
}

static skua_status pool_contributions(const skuai_model *model, const skuai_panel *panel, size_t s,
                                      const skuai_request *request, const skuai_context *context,
                                      skuai_contributions **contributions, skua_error *err) {
    return skuai_history_contributions(pool_predict, model, panel, s, request, context,
                                       contributions, err);
}

skuai_forecaster skuai_count_pool_forecaster(void) {
    return (skuai_forecaster){
        .name = "count-pool",
        .summary = "counts of sparse series, their law learnt over the whole panel",
        .source = "Harvey & Fernandes 1989 (discounted gamma-Poisson); Ferguson 1973 (own history "
                  "around it); empirical Bayes over the panel",
        .fit = pool_fit,
        .predict = pool_predict,
        .free = pool_free,
        .contributions = pool_contributions,
        .save = pool_save,
        .load = pool_load,
        .by_series = true,
    };
}
