/* Forecasting: rows ahead, centres, recursion, quantiles and means. */
#include "tree/tree_model.h"

#include "math/statistics.h"

#include <stdio.h>
#include <string.h>

/* -- Rows -------------------------------------------------------------------------------------- */

static int find_level(const skuai_model *m, size_t k, const char *name) {
    for (size_t i = 0; i < m->n_levels[k]; i++)
        if (strcmp(m->levels[k][i], name) == 0) return (int)i;
    return -1;
}

/* Codes of this panel's categories become those of the training panel, unknown ones NaN. */
static skua_status translate(const skuai_model *m, const skuai_panel *p, const skuai_features *f,
                             skuai_tree_rows *r, skua_error *err) {
    if (p->n_static != m->n_categories)
        return skuai_error_set(err, SKUA_ESCHEMA, "%zu statics where the model has %zu",
                               p->n_static, m->n_categories);
    size_t column = 0;
    for (size_t k = 0; k < p->n_static; k++) {
        size_t n = p->statics[k].n_levels;
        if ((n == 0) != (m->n_levels[k] == 0))
            return skuai_error_set(err, SKUA_ESCHEMA, "'%s' was of another kind in training",
                                   p->statics[k].name);
        if (n == 0) continue;
        while (!skuai_features_categorical(f)[column])
            column++;
        float *codes = skuai_new(n, sizeof *codes), *values = r->values + column++ * r->n;
        if (!codes) return skuai_error_memory(err, "categories");
        for (size_t i = 0; i < n; i++) {
            const char *name = p->statics[k].levels[i];
            int code = i < m->n_levels[k] && strcmp(m->levels[k][i], name) == 0
                           ? (int)i
                           : find_level(m, k, name);
            codes[i] = code < 0 ? NAN : (float)code;
        }
        for (size_t i = 0; i < r->n; i++)
            if (!isnan(values[i])) values[i] = codes[(size_t)values[i]];
        skuai_free(codes);
    }
    return SKUA_OK;
}

skua_status skuai_tree_rows_ahead(const skuai_model *m, const skuai_panel *panel,
                                  const skuai_features *f, size_t from, size_t to, size_t horizon,
                                  const skuai_context *context, skuai_tree_rows *rows,
                                  skua_error *err) {
    size_t n = (to - from) * horizon, columns = skuai_features_columns(f);
    skuai_tree_rows r = {.n = n};
    r.rows = skuai_new(n, sizeof *r.rows);
    r.values = skuai_new(n * columns, sizeof *r.values);
    r.scale = skuai_new(2 * n, sizeof *r.scale);
    skua_status status = SKUA_OK;
    if (!r.rows || !r.values || !r.scale) SKUA_TRY_OUT(skuai_error_memory(err, "features"));
    r.base = r.scale + n;
    for (size_t s = from, i = 0; s < to; s++)
        for (size_t h = 0; h < horizon; h++)
            r.rows[i++] = (skuai_feature_row){(uint32_t)s, (uint32_t)panel->length[s], (uint32_t)h};
    SKUA_TRY_OUT(skuai_features_fill(f, r.rows, n, context, r.values, r.scale, r.base, err));
    SKUA_TRY_OUT(translate(m, panel, f, &r, err));
    *rows = r;
out:
    if (status != SKUA_OK) skuai_tree_rows_clear(&r);
    return status;
}

/* -- Centres ----------------------------------------------------------------------------------- */

/* Predict rows [from, to) of a matrix whose columns are n_rows long. */
static skua_status predict_part(const skuai_learnt *learnt, const skuai_features *f,
                                const skuai_tree_rows *r, const size_t *which, size_t n,
                                const skuai_context *context, double *centre, skua_error *err) {
    size_t columns = skuai_features_columns(f);
    float *values = skuai_new(n * columns, sizeof *values);
    double *part = skuai_new(n, sizeof *part);
    skua_status status = values && part ? SKUA_OK : skuai_error_memory(err, "forecasts");
    for (size_t k = 0; k < columns && status == SKUA_OK; k++)
        for (size_t i = 0; i < n; i++)
            values[k * n + i] = r->values[k * r->n + which[i]];
    skuai_feature_matrix x = {n, columns, values, skuai_features_names(f),
                              skuai_features_categorical(f)};
    if (status == SKUA_OK) status = learnt->learner->predict(learnt, &x, context, part, err);
    for (size_t i = 0; i < n && status == SKUA_OK; i++)
        centre[which[i]] = part[i];
    skuai_free(values);
    skuai_free(part);
    return status;
}

static skua_status predict_blocks(const skuai_model *m, const skuai_features *f,
                                  const skuai_tree_rows *r, const skuai_context *context,
                                  double *centre, skua_error *err) {
    skuai_feature_matrix x = {r->n, skuai_features_columns(f), r->values, skuai_features_names(f),
                              skuai_features_categorical(f)};
    if (m->n_points == 1)
        return m->point[0]->learner->predict(m->point[0], &x, context, centre, err);
    size_t *which = skuai_new(r->n, sizeof *which);
    skua_status status = which ? SKUA_OK : skuai_error_memory(err, "forecasts");
    for (size_t b = 0; b < m->n_points && status == SKUA_OK; b++) {
        size_t n = 0;
        for (size_t i = 0; i < r->n; i++)
            if (skuai_tree_block(m, r->rows[i].horizon) == b) which[n++] = i;
        status = predict_part(m->point[b], f, r, which, n, context, centre, err);
    }
    skuai_free(which);
    return status;
}

skua_status skuai_tree_centres(const skuai_model *m, const skuai_features *f,
                               const skuai_tree_rows *r, const skuai_context *context,
                               double *centre, skua_error *err) {
    if (m->n_points > 0)
        SKUA_TRY(predict_blocks(m, f, r, context, centre, err));
    else
        memset(centre, 0, r->n * sizeof *centre);
    bool based = m->n_points == 0 || m->options.on_cycle;
    for (size_t i = 0; i < r->n && based; i++)
        centre[i] += skuai_tree_work(&m->options, (double)r->base[i]);
    return SKUA_OK;
}

/* The next period of all series, y [S] out. */
static skua_status one_ahead(const skuai_model *m, const skuai_panel *panel,
                             const skuai_context *context, double *y, skua_error *err) {
    skuai_features *f = NULL;
    skuai_tree_rows r = {0};
    SKUA_TRY(skuai_features_new(panel, &m->plan, &f, err));
    double floor = panel->non_negative ? 0 : -(double)INFINITY;
    skua_status status =
        skuai_tree_rows_ahead(m, panel, f, 0, panel->n_series, 1, context, &r, err);
    if (status == SKUA_OK) status = skuai_tree_centres(m, f, &r, context, y, err);
    for (size_t s = 0; s < panel->n_series && status == SKUA_OK; s++)
        y[s] = fmax(floor, skuai_tree_unwork(&m->options, y[s]) * skuai_tree_scale(m, &r, s));
    skuai_tree_rows_clear(&r);
    skuai_features_free(f);
    return status;
}

skua_status skuai_tree_recurse(const skuai_model *m, const skuai_panel *panel, size_t horizon,
                               const skuai_context *context, double *y, skua_error *err) {
    skuai_panel *now = skuai_panel_share(panel), *next = NULL;
    double *step = skuai_new(panel->n_series, sizeof *step);
    skua_status status = now && step ? SKUA_OK : skuai_error_memory(err, "forecasts");
    for (size_t h = 0; h < horizon && status == SKUA_OK; h++) {
        status = one_ahead(m, now, context, step, err);
        for (size_t s = 0; s < panel->n_series && status == SKUA_OK; s++)
            y[s * horizon + h] = step[s];
        if (status != SKUA_OK || h + 1 == horizon) break;
        status = skuai_panel_append(now, 1, step, &next, err);
        if (status == SKUA_OK) {
            skuai_panel_free(now);
            now = next;
        }
    }
    skuai_panel_free(now);
    skuai_free(step);
    return status;
}

/* -- Quantiles and means ----------------------------------------------------------------------- */

/* The number f with the least expected |y - f| / y: the median of y weighted by 1 / y. */
static double least_percentage(const double *y) {
    double total = 0, below = 0;
    size_t q = 0;
    for (size_t i = 0; i < SKUAI_TREE_LEVELS; i++)
        total += 1 / fmax(y[i], 1e-3);
    while (q + 1 < SKUAI_TREE_LEVELS && below + 1 / fmax(y[q], 1e-3) < total / 2)
        below += 1 / fmax(y[q++], 1e-3);
    return y[q];
}

double skuai_tree_point(const skuai_model *m, const double *z, double centre, double spread) {
    const skuai_tree_options *o = &m->options;
    bool median = o->asked == SKUAI_OBJECTIVE_ABSOLUTE || o->asked == SKUAI_OBJECTIVE_HUBER;
    bool mape = o->asked == SKUAI_OBJECTIVE_MAPE;
    double y[SKUAI_TREE_LEVELS], sum = 0;
    if (!o->logarithm && !median) return centre;
    for (size_t q = 0; q < SKUAI_TREE_LEVELS; q++) {
        y[q] = skuai_tree_unwork(o, centre + spread * z[q]);
        sum += y[q];
    }
    return mape ? least_percentage(y) : sum / SKUAI_TREE_LEVELS;
}

static void write_row(const skuai_model *m, const skuai_tree_rows *r, size_t i, double centre,
                      double spread, double floor, skuai_forecast *forecast) {
    size_t s = r->rows[i].series, h = r->rows[i].horizon;
    const double *z = m->quantile[skuai_tree_block(m, h)];
    double levels[SKUAI_TREE_LEVELS], scale = skuai_tree_scale(m, r, i);
    for (size_t q = 0; q < SKUAI_TREE_LEVELS; q++)
        levels[q] = (double)(q + 1) / 100;
    if (isnan(r->scale[i]) && m->n_points == 0) centre = 1;
    *skuai_forecast_mean(forecast, s, h) =
        fmax(skuai_tree_point(m, z, centre, spread) * scale, floor);
    double *quantiles = skuai_forecast_quantiles(forecast, s, h);
    for (size_t q = 0; q < forecast->n_quantiles; q++) {
        double at = skuai_quantile_at(levels, z, SKUAI_TREE_LEVELS, forecast->levels[q]);
        quantiles[q] = fmax(skuai_tree_unwork(&m->options, centre + spread * at) * scale, floor);
    }
}

static skua_status predict_rows(const skuai_model *m, const skuai_features *f,
                                const skuai_tree_rows *r, const double *recursed, double floor,
                                const skuai_context *context, skuai_forecast *forecast,
                                skua_error *err) {
    double *centre = skuai_zero(2 * r->n, sizeof *centre);
    if (!centre) return skuai_error_memory(err, "forecasts");
    double *spread = centre + r->n;
    skuai_feature_matrix x = {r->n, skuai_features_columns(f), r->values, skuai_features_names(f),
                              skuai_features_categorical(f)};
    skua_status status = SKUA_OK;
    if (!recursed) SKUA_TRY_OUT(skuai_tree_centres(m, f, r, context, centre, err));
    for (size_t i = 0; i < r->n && recursed; i++) {
        double y = recursed[r->rows[i].series * forecast->horizon + r->rows[i].horizon];
        centre[i] = skuai_tree_work(&m->options, y / skuai_tree_scale(m, r, i));
    }
    if (m->spread) SKUA_TRY_OUT(m->spread->learner->predict(m->spread, &x, context, spread, err));
    for (size_t i = 0; i < r->n; i++)
        write_row(m, r, i, centre[i],
                  m->spread ? skuai_tree_spread_floor(m, spread[i]) : m->typical_spread, floor,
                  forecast);
out:
    skuai_free(centre);
    return status;
}

static void write_notes(const skuai_model *m, const skuai_panel *panel, skuai_forecast *forecast) {
    for (size_t s = 0; s < panel->n_series; s++) {
        const char *what = m->n_points == 0                 ? " (too little data: last cycle)"
                           : panel->length[s] == 0          ? " (no history: like others)"
                           : forecast->horizon > m->horizon ? " (beyond what was learnt)"
                                                            : "";
        (void)snprintf(forecast->note[s], SKUAI_NOTE_SIZE, "%s%s", m->forecaster->name, what);
    }
}

skua_status skuai_tree_check_columns(const skuai_model *m, const skuai_features *f,
                                     skua_error *err) {
    for (size_t b = 0; b < m->n_points; b++)
        if (m->point[b]->n_columns != skuai_features_columns(f))
            return skuai_error_set(err, SKUA_ESCHEMA,
                                   "this panel gives %zu features where the model has %zu",
                                   skuai_features_columns(f), m->point[b]->n_columns);
    return SKUA_OK;
}

skua_status skuai_tree_predict(const skuai_model *model, const skuai_panel *panel,
                               const skuai_request *request, const skuai_context *context,
                               skuai_forecast **forecast, skua_error *err) {
    skuai_forecast *made = NULL;
    skuai_features *f = NULL;
    double *recursed = NULL, floor = panel->non_negative ? 0 : -(double)INFINITY;
    size_t H = request->horizon, piece = 200000 / H + 1;
    skua_status status =
        skuai_forecast_new(panel, H, request->levels, request->n_levels, &made, err);
    if (status != SKUA_OK) return status;
    SKUA_TRY_OUT(skuai_features_new(panel, &model->plan, &f, err));
    SKUA_TRY_OUT(skuai_tree_check_columns(model, f, err));
    if (model->n_points > 0 && skuai_tree_kind_of(model)->recursive) {
        recursed = skuai_new(panel->n_series * H, sizeof *recursed);
        if (!recursed) SKUA_TRY_OUT(skuai_error_memory(err, "forecasts"));
        SKUA_TRY_OUT(skuai_tree_recurse(model, panel, H, context, recursed, err));
    }
    for (size_t s = 0; s < panel->n_series; s += piece) {
        size_t to = s + piece < panel->n_series ? s + piece : panel->n_series;
        skuai_tree_rows r;
        SKUA_TRY_OUT(skuai_tree_rows_ahead(model, panel, f, s, to, H, context, &r, err));
        status = predict_rows(model, f, &r, recursed, floor, context, made, err);
        skuai_tree_rows_clear(&r);
        if (status != SKUA_OK) goto out;
    }
    for (size_t s = 0; s < panel->n_series; s++)
        made->autocorrelation[s] = 0.3;
    write_notes(model, panel, made);
    SKUA_TRY_OUT(skuai_forecast_settle(made, floor, err));
    *forecast = made;
out:
    skuai_free(recursed);
    skuai_features_free(f);
    if (status != SKUA_OK) skuai_forecast_free(made);
    return status;
}
