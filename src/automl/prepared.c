/* Forecasts of a prepared panel taken back, and the forecaster that wraps another one. */
#include "automl/preparation.h"
#include "core/file.h"
#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GRID = 99, BACK_SEASONS = 4, PATH_MOST = 4096 };

/* -- Inversion -------------------------------------------------------------------------------- */

/* From working space to units. */
static double backward(const skuai_prepared *p, size_t s, double w) {
    double y = w < p->most[s] ? w : p->most[s], lambda = p->learnt.lambda;
    if (p->preparation.transform == SKUAI_TRANSFORM_LOG1P ||
        (p->preparation.transform == SKUAI_TRANSFORM_BOX_COX && lambda == 0))
        y = expm1(y);
    else if (p->preparation.transform == SKUAI_TRANSFORM_BOX_COX)
        y = pow(fmax(lambda * y + 1, 0), 1 / lambda) - 1;
    return y * p->scale[s];
}

/* The mean of what a transform makes of a distribution: the average over a grid of its quantiles,
 * moved so that their own average is the mean that the model said. */
static double backward_mean(const skuai_prepared *p, size_t s, const skuai_forecast *f,
                            const double *q, double mean) {
    double at[GRID], average = 0, sum = 0;
    if (p->preparation.transform == SKUAI_TRANSFORM_NONE || f->n_quantiles == 0)
        return backward(p, s, mean);
    for (int k = 0; k < GRID; k++) {
        at[k] = skuai_quantile_at(f->levels, q, f->n_quantiles, (k + 1.0) / (GRID + 1));
        average += at[k] / GRID;
    }
    for (int k = 0; k < GRID; k++)
        sum += backward(p, s, at[k] + mean - average);
    return sum / GRID;
}

/* The working value that a difference of period t (in the history) is added to: the last one
 * observed at its phase, else the mean of the series, else that of a typical one. */
static double lagged(const skuai_prepared *p, size_t s, size_t t) {
    const double *w = p->work + p->original->row[s];
    size_t n = p->original->length[s], known = 0;
    double sum = 0;
    for (size_t back = 0; back <= BACK_SEASONS && t >= back * p->lag; back++)
        if (t - back * p->lag < n && !isnan(w[t - back * p->lag])) return w[t - back * p->lag];
    for (size_t i = 0; i < n; i++)
        if (!isnan(w[i])) sum += w[i], known++;
    return known ? sum / (double)known : p->learnt.typical_level;
}

/* Sums of one series' differences, one after the other along each chain of horizons a lag apart.
 * sums [H, 2 Q + 1]: the median, then of each level the deviations' variance and their covariance
 * with the last one. */
static void sum_up(const skuai_prepared *p, size_t s, double *sums, skuai_forecast *f) {
    size_t H = f->horizon, Q = f->n_quantiles, n = p->original->length[s], L = p->lag;
    double r = pow(f->autocorrelation[s], (double)L), together = 0;
    for (size_t h = 0; h < H; h++) {
        double *own = sums + h * (2 * Q + 1), *q = skuai_forecast_quantiles(f, s, h);
        const double *before = h >= L ? sums + (h - L) * (2 * Q + 1) : NULL;
        double base = before ? 0 : n + h >= L ? lagged(p, s, n + h - L) : p->learnt.typical_level;
        double median = Q ? skuai_quantile_at(f->levels, q, Q, 0.5) : 0;
        *skuai_forecast_mean(f, s, h) += before ? *skuai_forecast_mean(f, s, h - L) : base;
        own[0] = median + (before ? before[0] : base);
        for (size_t i = 0; i < Q; i++) {
            double off = q[i] - median, variance = before ? before[1 + 2 * i] : 0,
                   chain = before ? r * before[2 + 2 * i] : 0;
            own[1 + 2 * i] = variance + 2 * off * chain + off * off;
            own[2 + 2 * i] = off + chain;
            q[i] = own[0] + (before ? copysign(sqrt(own[1 + 2 * i]), own[2 + 2 * i]) : off);
            if (i == 0 && before && L == 1 && own[1] > 0 && variance > 0)
                together += (variance + off * chain) / sqrt(own[1] * variance);
        }
    }
    /* first differences make neighbours alike; seasonal ones leave them as they were */
    if (L == 1 && H > 1 && Q > 0)
        f->autocorrelation[s] = fmin(fmax(together / (double)(H - 1), 0), 0.99);
}

skua_status skuai_prepared_invert(const skuai_prepared *p, skuai_forecast *f, skua_error *err) {
    size_t H = f->horizon, Q = f->n_quantiles;
    double *sums = skuai_new(H * (2 * Q + 1), sizeof *sums);
    if (!sums) return skuai_error_memory(err, "a preparation");
    for (size_t s = 0; s < f->n_series; s++) {
        if (p->lag > 0) sum_up(p, s, sums, f);
        for (size_t h = 0; h < H; h++) {
            double *q = skuai_forecast_quantiles(f, s, h), *mean = skuai_forecast_mean(f, s, h);
            *mean = backward_mean(p, s, f, q, *mean);
            for (size_t i = 0; i < Q; i++)
                q[i] = backward(p, s, q[i]);
        }
    }
    skuai_free(sums);
    return skuai_forecast_settle(f, p->original->non_negative ? 0 : -(double)INFINITY, err);
}

/* -- The forecaster --------------------------------------------------------------------------- */

typedef struct prepared_model {
    skuai_preparation preparation;
    skuai_preparation_learnt learnt;
    skuai_forecaster inner;
    skuai_model *model;
} prepared_model;

static void prepared_free(skuai_model *model) {
    prepared_model *own = (prepared_model *)(void *)model;
    if (!own) return;
    if (own->model) own->inner.free(own->model);
    skuai_free(own);
}

static skua_status prepared_new(const skuai_preparation *preparation, const skuai_forecaster *inner,
                                prepared_model **own, skua_error *err) {
    *own = skuai_zero(1, sizeof **own);
    if (!*own) return skuai_error_memory(err, "a preparation");
    (*own)->preparation = *preparation;
    (*own)->inner = *inner;
    return SKUA_OK;
}

skua_status skuai_prepared_fit(const skuai_preparation *preparation, const skuai_forecaster *inner,
                               const skuai_panel *panel, const skuai_parameters *parameters,
                               const skuai_context *context, skuai_model **model, skua_error *err) {
    prepared_model *own = NULL;
    skuai_prepared prepared = {0};
    SKUA_TRY(prepared_new(preparation, inner, &own, err));
    skua_status status = skuai_preparation_learn(preparation, panel, &own->learnt, err);
    if (status == SKUA_OK)
        status = skuai_prepared_make(preparation, &own->learnt, panel, &prepared, err);
    if (status == SKUA_OK)
        status = own->inner.fit(&own->inner, prepared.panel, parameters, context, &own->model, err);
    skuai_prepared_clear(&prepared);
    if (status == SKUA_OK)
        *model = (skuai_model *)own;
    else
        prepared_free((skuai_model *)own);
    return status;
}

static skua_status prepared_predict(const skuai_model *model, const skuai_panel *panel,
                                    const skuai_request *request, const skuai_context *context,
                                    skuai_forecast **forecast, skua_error *err) {
    const prepared_model *own = (const prepared_model *)(const void *)model;
    skuai_prepared prepared = {0};
    skuai_forecast *f = NULL;
    SKUA_TRY(skuai_prepared_make(&own->preparation, &own->learnt, panel, &prepared, err));
    skua_status status = own->inner.predict(own->model, prepared.panel, request, context, &f, err);
    if (status == SKUA_OK) status = skuai_prepared_invert(&prepared, f, err);
    skuai_prepared_clear(&prepared);
    if (status == SKUA_OK)
        *forecast = f;
    else
        skuai_forecast_free(f);
    return status;
}

static skua_status prepared_update(skuai_model *model, const skuai_panel *panel,
                                   const skuai_context *context, skua_error *err) {
    prepared_model *own = (prepared_model *)(void *)model;
    skuai_prepared prepared = {0};
    SKUA_TRY(skuai_prepared_make(&own->preparation, &own->learnt, panel, &prepared, err));
    skua_status status = own->inner.update(own->model, prepared.panel, context, err);
    skuai_prepared_clear(&prepared);
    return status;
}

/* -- Files ------------------------------------------------------------------------------------ */

static bool path_of(const char *folder, const char *name, char *path) {
    int n = snprintf(path, PATH_MOST, "%s/%s", folder, name);
    return n > 0 && n < PATH_MOST;
}

static skua_status prepared_save(const skuai_model *model, const char *folder, skua_error *err) {
    const prepared_model *own = (const prepared_model *)(const void *)model;
    char path[PATH_MOST], inside[PATH_MOST];
    skuai_buffer buffer;
    skuai_json_writer w;
    if (!path_of(folder, "preparation.json", path) || !path_of(folder, "inner", inside))
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", folder);
    skuai_buffer_init(&buffer, 1 << 16);
    skuai_json_begin(&w, &buffer);
    skuai_json_object(&w, NULL);
    skuai_json_number(&w, "lambda", own->learnt.lambda);
    skuai_json_number(&w, "typical_scale", own->learnt.typical_scale);
    skuai_json_number(&w, "typical_level", own->learnt.typical_level);
    skuai_json_close(&w);
    skua_status status = skuai_buffer_check(&buffer, err);
    if (status == SKUA_OK) status = skuai_folder_make(inside, err);
    if (status == SKUA_OK) status = own->inner.save(own->model, inside, err);
    if (status == SKUA_OK) status = skuai_file_write(path, buffer.data, buffer.size, err);
    skuai_buffer_clear(&buffer);
    return status;
}

static skua_status read_learnt(const char *path, skuai_preparation_learnt *learnt,
                               skua_error *err) {
    skuai_buffer buffer;
    skuai_json *json = NULL;
    SKUA_TRY(skuai_file_read(path, 1 << 16, &buffer, err));
    skua_status status = skuai_json_parse(skuai_buffer_view(&buffer), buffer.size, &json, err);
    skuai_buffer_clear(&buffer);
    if (status != SKUA_OK) return skuai_error_prefix(err, status, "%s", path);
    learnt->lambda = skuai_json_as_number(skuai_json_get(json, "lambda"), (double)NAN);
    learnt->typical_scale = skuai_json_as_number(skuai_json_get(json, "typical_scale"), 0);
    learnt->typical_level =
        skuai_json_as_number(skuai_json_get(json, "typical_level"), (double)NAN);
    skuai_json_free(json);
    if (learnt->lambda >= 0 && learnt->lambda <= 1 && learnt->typical_scale > 0 &&
        isfinite(learnt->typical_scale) && isfinite(learnt->typical_level))
        return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA, "%s: not a preparation of this version: train anew",
                           path);
}

skua_status skuai_prepared_load(const skuai_preparation *preparation, const skuai_forecaster *inner,
                                const char *folder, skuai_model **model, skua_error *err) {
    char path[PATH_MOST], inside[PATH_MOST];
    prepared_model *own = NULL;
    if (!path_of(folder, "preparation.json", path) || !path_of(folder, "inner", inside))
        return skuai_error_set(err, SKUA_EIO, "%.200s...: a path too long", folder);
    SKUA_TRY(prepared_new(preparation, inner, &own, err));
    skua_status status = read_learnt(path, &own->learnt, err);
    if (status == SKUA_OK) status = own->inner.load(&own->inner, inside, &own->model, err);
    if (status == SKUA_OK)
        *model = (skuai_model *)own;
    else
        prepared_free((skuai_model *)own);
    return status;
}

void skuai_prepared_table(skuai_forecaster *forecaster) {
    forecaster->predict = prepared_predict;
    forecaster->free = prepared_free;
    if (forecaster->save) forecaster->save = prepared_save;
    if (forecaster->update) forecaster->update = prepared_update;
    forecaster->contributions = NULL;
    forecaster->gradient = NULL;
    forecaster->describe = NULL;
}
