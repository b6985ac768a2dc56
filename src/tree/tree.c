#include "tree/tree_file.h"

#include "math/statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PAIRS_LEAST = 50, SPREAD_ROWS_LEAST = 500 };

static skuai_feature_matrix matrix_of(const skuai_features *f, size_t n, const float *values) {
    return (skuai_feature_matrix){n, skuai_features_columns(f), values, skuai_features_names(f),
                                  skuai_features_categorical(f)};
}

static skuai_examples examples_of(const skuai_features *f, const skuai_tree_rows *r) {
    return (skuai_examples){matrix_of(f, r->n, r->values), r->y, r->weight};
}

static const skuai_learner *learner_of(const skuai_model *m) {
    return m->forecaster->data;
}

static void model_free(skuai_model *model) {
    if (!model) return;
    if (model->point) model->point->learner->free(model->point);
    if (model->spread) model->spread->learner->free(model->spread);
    for (size_t k = 0; model->levels && k < model->n_categories; k++) {
        for (size_t i = 0; model->levels[k] && i < model->n_levels[k]; i++)
            skuai_free(model->levels[k][i]);
        skuai_free(model->levels[k]);
    }
    skuai_free(model->levels);
    skuai_free(model->n_levels);
    skuai_free(model);
}

/* -- Fitting ------------------------------------------------------------------------------------
 */

static size_t horizon_of(const skuai_panel *p, const skuai_tree_options *o) {
    if (o->horizon) return o->horizon;
    size_t most = 0;
    for (size_t s = 0; s < p->n_series; s++)
        if (p->future[s] > most) most = p->future[s];
    if (most) return most;
    switch (p->grid.frequency) {
    case SKUAI_FREQUENCY_HOUR:
        return 48;
    case SKUAI_FREQUENCY_DAY:
        return 28;
    case SKUAI_FREQUENCY_WEEK:
        return 13;
    case SKUAI_FREQUENCY_MONTH:
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        return 12;
    case SKUAI_FREQUENCY_QUARTER:
        return 4;
    case SKUAI_FREQUENCY_YEAR:
        break;
    }
    return 3;
}

/* Periods kept back to judge: a horizon, but no more than a sixth of the longest history. */
static size_t periods_judged(const skuai_panel *p, size_t horizon) {
    size_t longest = 0;
    for (size_t s = 0; s < p->n_series; s++)
        if (p->length[s] > longest) longest = p->length[s];
    size_t most = longest / 6 > 1 ? longest / 6 : 1;
    return horizon < most ? horizon : most;
}

static skua_status copy_levels(const skuai_panel *p, skuai_model *m, skua_error *err) {
    m->n_levels = skuai_zero(p->n_static, sizeof *m->n_levels);
    m->levels = skuai_zero(p->n_static, sizeof *m->levels);
    if (!m->n_levels || !m->levels) return skuai_error_memory(err, "categories");
    m->n_categories = p->n_static;
    for (size_t k = 0; k < p->n_static; k++) {
        size_t n = p->statics[k].n_levels;
        if (n == 0) continue;
        m->levels[k] = skuai_zero(n, sizeof **m->levels);
        if (!m->levels[k]) return skuai_error_memory(err, "categories");
        m->n_levels[k] = n;
        for (size_t i = 0; i < n; i++) {
            m->levels[k][i] = skuai_text_copy(p->statics[k].levels[i]);
            if (!m->levels[k][i]) return skuai_error_memory(err, "categories");
        }
    }
    return SKUA_OK;
}

/* error [n] of judged rows over their spread gives quantiles by block of horizons. */
static skua_status learn_quantiles(const skuai_tree_rows *r, const double *error,
                                   const double *spread, skuai_model *m, skua_error *err) {
    double *sorted = skuai_new(r->n, sizeof *sorted);
    if (!sorted) return skuai_error_memory(err, "errors of the newest periods");
    bool whole = true; /* block 0 falls back on all rows, later ones on the block before */
    for (size_t b = 0; b < SKUAI_TREE_BLOCKS; b++) {
        size_t n = 0;
        for (size_t i = 0; i < r->n; i++)
            if (r->rows[i].horizon * SKUAI_TREE_BLOCKS / m->horizon == b)
                sorted[n++] = error[i] / spread[i];
        if (n < PAIRS_LEAST && whole) {
            n = 0;
            for (size_t i = 0; i < r->n; i++)
                sorted[n++] = error[i] / spread[i];
        } else if (n < PAIRS_LEAST) {
            memcpy(m->quantile[b], m->quantile[b - 1], sizeof m->quantile[b]);
            continue;
        }
        whole = false;
        skuai_sort(sorted, n);
        for (size_t q = 0; q < SKUAI_TREE_LEVELS; q++)
            m->quantile[b][q] = n ? skuai_quantile_sorted(sorted, n, (double)(q + 1) / 100) : 0;
    }
    skuai_free(sorted);
    return SKUA_OK;
}

static double spread_floor(const skuai_model *m, double spread) {
    double least = 0.1 * m->typical_spread;
    return spread > least ? spread : least;
}

/* The absolute errors [n] of judged rows, as features see them, and their quantiles. Overwrites
 * r->y. */
static skua_status learn_spread(const skuai_features *f, skuai_tree_rows *r, const double *error,
                                const skuai_context *context, skuai_model *m, skua_error *err) {
    double *spread = skuai_new(2 * r->n, sizeof *spread);
    if (!spread) return skuai_error_memory(err, "errors of the newest periods");
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < r->n; i++) {
        spread[i] = fabs(error[i]);
        r->y[i] = (float)spread[i];
    }
    m->typical_spread = skuai_median(spread, r->n, spread + r->n);
    if (!(m->typical_spread > 1e-6)) m->typical_spread = fmax(skuai_mean(spread, r->n), 1e-3);
    if (r->n >= SPREAD_ROWS_LEAST && m->point) {
        skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
        skuai_examples examples = examples_of(f, r);
        o.objective = SKUAI_OBJECTIVE_ABSOLUTE;
        o.rounds = 120;
        o.leaves = 15;
        o.least_leaf = 50;
        o.depth = 6;
        if (learner_of(m) == &skuai_learner_linear) o.shrinkage = 0.01;
        SKUA_TRY_OUT(learner_of(m)->fit(&o, &examples, NULL, context, &m->spread, err));
        SKUA_TRY_OUT(learner_of(m)->predict(m->spread, &examples.x, context, spread, err));
    }
    for (size_t i = 0; i < r->n; i++)
        spread[i] = m->spread ? spread_floor(m, spread[i]) : m->typical_spread;
    SKUA_TRY_OUT(learn_quantiles(r, error, spread, m, err));
out:
    skuai_free(spread);
    return status;
}

static skua_status judge(const skuai_features *f, skuai_tree_rows *r, const skuai_context *context,
                         skuai_model *m, skua_error *err) {
    double *error = skuai_new(r->n, sizeof *error);
    if (!error) return skuai_error_memory(err, "errors of the newest periods");
    skua_status status = SKUA_OK;
    if (m->point) {
        skuai_examples examples = examples_of(f, r);
        SKUA_TRY_OUT(m->point->learner->predict(m->point, &examples.x, context, error, err));
    }
    for (size_t i = 0; i < r->n; i++) {
        double y = (double)r->y[i];
        if (m->point)
            error[i] = y - error[i];
        else
            error[i] = m->options.on_cycle ? y : y - (double)r->base[i];
    }
    status = learn_spread(f, r, error, context, m, err);
out:
    skuai_free(error);
    return status;
}

/* Learn before the judged periods, judge, and learn again from everything. */
static skua_status learn(const skuai_features *f, const skuai_panel *panel,
                         const skuai_context *context, skuai_model *m, skua_error *err) {
    size_t before = periods_judged(panel, m->horizon);
    skuai_tree_rows train = {0}, judged = {0};
    skua_status status = SKUA_OK;
    skuai_learner_options *o = &m->options.learner;
    SKUA_TRY_OUT(skuai_tree_rows_make(f, panel, &m->options, m->horizon, before, false, context,
                                      &train, err));
    SKUA_TRY_OUT(
        skuai_tree_rows_make(f, panel, &m->options, before, before, true, context, &judged, err));
    if (train.n >= SKUAI_TREE_LEAST_ROWS && judged.n >= 1) {
        skuai_examples a = examples_of(f, &train), b = examples_of(f, &judged);
        SKUA_TRY_OUT(learner_of(m)->fit(o, &a, &b, context, &m->point, err));
    }
    if (judged.n) SKUA_TRY_OUT(judge(f, &judged, context, m, err));
    if (!m->point) goto out;
    skuai_tree_rows_clear(&train);
    SKUA_TRY_OUT(
        skuai_tree_rows_make(f, panel, &m->options, m->horizon, 0, false, context, &train, err));
    skuai_examples all = examples_of(f, &train);
    skuai_learner_options again = *o;
    again.patience = 0;
    if (m->point->rounds > 0) again.rounds = m->point->rounds + m->point->rounds / 10;
    skuai_learnt *point = NULL;
    SKUA_TRY_OUT(learner_of(m)->fit(&again, &all, NULL, context, &point, err));
    m->point->learner->free(m->point);
    m->point = point;
out:
    skuai_tree_rows_clear(&train);
    skuai_tree_rows_clear(&judged);
    return status;
}

static void set_typical_scale(const skuai_panel *p, skuai_model *m) {
    double sum = 0, n = 0;
    for (size_t s = 0; s < p->n_series; s++) {
        double mean = skuai_mean(skuai_panel_target(p, s), p->length[s]);
        if (!isnan(mean)) sum += fabs(mean), n++;
    }
    m->typical_scale = n > 0 && sum > 0 ? sum / n : 1;
}

static skua_status learn_with_price(const skuai_features *f, const skuai_panel *panel,
                                    const skuai_context *context, skuai_model *m, skua_error *err) {
    if (!m->options.by_price) return learn(f, panel, context, m, err);
    int *monotone = skuai_zero(skuai_features_columns(f), sizeof *monotone);
    if (!monotone) return skuai_error_memory(err, "features");
    for (size_t k = 0; k < skuai_features_columns(f); k++)
        if (strcmp(skuai_features_names(f)[k], "at_price") == 0) monotone[k] = -1;
    m->options.learner.monotone = monotone;
    skua_status status = learn(f, panel, context, m, err);
    m->options.learner.monotone = NULL;
    skuai_free(monotone);
    return status;
}

static skua_status fit_options(const skuai_forecaster *self, const skuai_panel *panel,
                               const skuai_tree_options *options, const skuai_context *context,
                               skuai_model **model, skua_error *err) {
    skuai_model *m = skuai_zero(1, sizeof *m);
    skuai_features *f = NULL;
    skua_status status = SKUA_OK;
    if (!m) return skuai_error_memory(err, "a model of trees");
    m->forecaster = self;
    m->options = *options;
    m->horizon = horizon_of(panel, options);
    m->typical_spread = 0.5;
    for (size_t b = 0; b < SKUAI_TREE_BLOCKS; b++)
        for (int q = 0; q < SKUAI_TREE_LEVELS; q++)
            m->quantile[b][q] = (q - 49) / 25.0;
    set_typical_scale(panel, m);
    SKUA_TRY_OUT(copy_levels(panel, m, err));
    SKUA_TRY_OUT(skuai_features_new(panel, &f, err));
    SKUA_TRY_OUT(learn_with_price(f, panel, context, m, err));
    *model = m;
out:
    skuai_features_free(f);
    if (status != SKUA_OK) model_free(m);
    return status;
}

static skua_status tree_fit(const skuai_forecaster *self, const skuai_panel *panel,
                            const skuai_parameters *parameters, const skuai_context *context,
                            skuai_model **model, skua_error *err) {
    skuai_tree_options options;
    SKUA_TRY(skuai_tree_options_read(self, parameters, &options, err));
    return fit_options(self, panel, &options, context, model, err);
}

static skua_status tree_update(skuai_model *model, const skuai_panel *panel,
                               const skuai_context *context, skua_error *err) {
    skuai_model *fresh = NULL;
    skuai_tree_options options = model->options;
    options.horizon = model->horizon;
    SKUA_TRY(fit_options(model->forecaster, panel, &options, context, &fresh, err));
    skuai_model old = *model;
    *model = *fresh;
    *fresh = old;
    model_free(fresh);
    return SKUA_OK;
}

/* -- Predicting ---------------------------------------------------------------------------------
 */

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

/* The rows of a forecast of series [from, to), with categories as the model knows them. */
static skua_status forecast_rows(const skuai_model *m, const skuai_panel *panel,
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

static void write_row(const skuai_model *m, const skuai_tree_rows *r, size_t i, double centre,
                      double spread, double floor, skuai_forecast *forecast) {
    static const double hundred = 100;
    size_t s = r->rows[i].series, h = r->rows[i].horizon;
    size_t block = h * SKUAI_TREE_BLOCKS / m->horizon;
    double levels[SKUAI_TREE_LEVELS];
    for (size_t q = 0; q < SKUAI_TREE_LEVELS; q++)
        levels[q] = (double)(q + 1) / hundred;
    if (block >= SKUAI_TREE_BLOCKS) block = SKUAI_TREE_BLOCKS - 1;
    bool none = isnan(r->scale[i]);
    double scale = none ? m->typical_scale : (double)r->scale[i];
    if (none && !m->point) centre = 1;
    *skuai_forecast_mean(forecast, s, h) = fmax(centre * scale, floor);
    double *quantiles = skuai_forecast_quantiles(forecast, s, h);
    for (size_t q = 0; q < forecast->n_quantiles; q++) {
        double z =
            skuai_quantile_at(levels, m->quantile[block], SKUAI_TREE_LEVELS, forecast->levels[q]);
        quantiles[q] = fmax((centre + spread * z) * scale, floor);
    }
}

static skua_status predict_rows(const skuai_model *m, const skuai_features *f,
                                const skuai_tree_rows *r, double floor,
                                const skuai_context *context, skuai_forecast *forecast,
                                skua_error *err) {
    double *centre = skuai_zero(2 * r->n, sizeof *centre), *spread = centre + r->n;
    if (!centre) return skuai_error_memory(err, "forecasts");
    skuai_feature_matrix x = matrix_of(f, r->n, r->values);
    skua_status status = SKUA_OK;
    if (m->point) SKUA_TRY_OUT(m->point->learner->predict(m->point, &x, context, centre, err));
    if (m->spread) SKUA_TRY_OUT(m->spread->learner->predict(m->spread, &x, context, spread, err));
    for (size_t i = 0; i < r->n; i++) {
        bool based = !m->point || m->options.on_cycle;
        double c = centre[i] + (based ? (double)r->base[i] : 0);
        write_row(m, r, i, c, m->spread ? spread_floor(m, spread[i]) : m->typical_spread, floor,
                  forecast);
    }
out:
    skuai_free(centre);
    return status;
}

static void write_notes(const skuai_model *m, const skuai_panel *panel, skuai_forecast *forecast) {
    for (size_t s = 0; s < panel->n_series; s++) {
        const char *what = !m->point                        ? "too little data: last cycle"
                           : panel->length[s] == 0          ? "no history: like others"
                           : forecast->horizon > m->horizon ? "beyond what was learnt"
                                                            : "all series";
        (void)snprintf(forecast->note[s], SKUAI_NOTE_SIZE, "%s (%s)", m->forecaster->name, what);
    }
}

static skua_status tree_predict(const skuai_model *model, const skuai_panel *panel,
                                const skuai_request *request, const skuai_context *context,
                                skuai_forecast **forecast, skua_error *err) {
    skuai_forecast *made = NULL;
    skuai_features *f = NULL;
    double floor = panel->non_negative ? 0 : -(double)INFINITY;
    skua_status status =
        skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels, &made, err);
    if (status != SKUA_OK) return status;
    SKUA_TRY_OUT(skuai_features_new(panel, &f, err));
    if (model->point && model->point->n_columns != skuai_features_columns(f))
        SKUA_TRY_OUT(skuai_error_set(err, SKUA_ESCHEMA,
                                     "this panel gives %zu features where the model has %zu",
                                     skuai_features_columns(f), model->point->n_columns));
    size_t piece = 200000 / request->horizon + 1;
    for (size_t s = 0; s < panel->n_series; s += piece) {
        size_t to = s + piece < panel->n_series ? s + piece : panel->n_series;
        skuai_tree_rows r;
        SKUA_TRY_OUT(forecast_rows(model, panel, f, s, to, request->horizon, context, &r, err));
        status = predict_rows(model, f, &r, floor, context, made, err);
        skuai_tree_rows_clear(&r);
        if (status != SKUA_OK) goto out;
    }
    for (size_t s = 0; s < panel->n_series; s++)
        made->autocorrelation[s] = 0.3;
    write_notes(model, panel, made);
    SKUA_TRY_OUT(skuai_forecast_settle(made, floor, err));
    *forecast = made;
out:
    skuai_features_free(f);
    if (status != SKUA_OK) skuai_forecast_free(made);
    return status;
}

static const skuai_forecaster direct = {
    .name = "tree-direct",
    .summary = "boosted trees over all series, the horizon a feature",
    .source = "Ke et al. 2017, NeurIPS 30; Makridakis et al. 2022, Int. J. Forecasting 38(4)",
    .fit = tree_fit,
    .predict = tree_predict,
    .free = model_free,
    .save = skuai_tree_save,
    .load = skuai_tree_load,
    .update = tree_update,
    .data = &skuai_learner_boosted,
};

static const skuai_forecaster on_line = {
    .name = "tree-linear",
    .summary = "elastic net over all series, on the features of the trees",
    .source = "Zou & Hastie 2005, J. Royal Statistical Society B 67(2)",
    .fit = tree_fit,
    .predict = tree_predict,
    .free = model_free,
    .save = skuai_tree_save,
    .load = skuai_tree_load,
    .update = tree_update,
    .data = &skuai_learner_linear,
};

const skuai_forecaster *const skuai_tree_forecasters[] = {&direct, &on_line, NULL};

const skuai_forecaster *skuai_tree_forecaster(const char *name) {
    for (size_t i = 0; skuai_tree_forecasters[i]; i++)
        if (strcmp(skuai_tree_forecasters[i]->name, name) == 0) return skuai_tree_forecasters[i];
    return NULL;
}
