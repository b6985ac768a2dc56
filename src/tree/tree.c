#include "tree/tree_file.h"

#include "math/statistics.h"

#include <string.h>

static void model_free(skuai_model *model) {
    if (!model) return;
    for (size_t b = 0; b < SKUAI_TREE_BLOCKS; b++)
        if (model->point[b]) model->point[b]->learner->free(model->point[b]);
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

/* -- Fitting ----------------------------------------------------------------------------------- */

size_t skuai_tree_horizon(const skuai_panel *p) {
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

static void set_typical_scale(const skuai_panel *p, skuai_model *m) {
    double sum = 0, n = 0;
    for (size_t s = 0; s < p->n_series; s++) {
        double mean = skuai_mean(skuai_panel_target(p, s), p->length[s]);
        if (!isnan(mean)) sum += fabs(mean), n++;
    }
    m->typical_scale = n > 0 && sum > 0 ? sum / n : 1;
}

static skua_status fit_options(const skuai_forecaster *self, const skuai_panel *panel,
                               const skuai_tree_options *options, const skuai_context *context,
                               skuai_model **model, skua_error *err) {
    skuai_model *m = skuai_zero(1, sizeof *m);
    skua_status status = SKUA_OK;
    if (!m) return skuai_error_memory(err, "a model of trees");
    m->forecaster = self;
    m->options = *options;
    m->horizon = options->horizon ? options->horizon : skuai_tree_horizon(panel);
    m->typical_spread = 0.5;
    for (size_t b = 0; b < SKUAI_TREE_BLOCKS; b++)
        for (int q = 0; q < SKUAI_TREE_LEVELS; q++)
            m->quantile[b][q] = (q - 49) / 25.0;
    set_typical_scale(panel, m);
    skuai_feature_plan_make(panel, m->horizon, options->country, &m->plan);
    SKUA_TRY_OUT(copy_levels(panel, m, err));
    SKUA_TRY_OUT(skuai_tree_learn(panel, context, m, err));
    *model = m;
out:
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

/* -- The forecasters --------------------------------------------------------------------------- */

#define BOOSTED_SOURCE                                                                             \
    "Ke et al. 2017, NeurIPS 30; Makridakis et al. 2022, Int. J. Forecasting 38(4)"
#define FORECASTER(variable, kind_of, contributions_of, name_of, summary_of, source_of)            \
    static const skuai_forecaster variable = {.name = (name_of),                                   \
                                              .summary = (summary_of),                             \
                                              .source = (source_of),                               \
                                              .fit = tree_fit,                                     \
                                              .predict = skuai_tree_predict,                       \
                                              .free = model_free,                                  \
                                              .save = skuai_tree_save,                             \
                                              .load = skuai_tree_load,                             \
                                              .update = tree_update,                               \
                                              .contributions = (contributions_of),                 \
                                              .data = (kind_of)}

static const skuai_tree_kind boosted_one = {&skuai_learner_boosted, 1, false},
                             boosted_blocks = {&skuai_learner_boosted, SKUAI_TREE_BLOCKS, false},
                             boosted_step = {&skuai_learner_boosted, 1, true},
                             linear_one = {&skuai_learner_linear, 1, false},
                             single_one = {&skuai_learner_single, 1, false};

FORECASTER(direct, &boosted_one, skuai_tree_contributions, "tree-direct",
           "boosted trees over all series, the horizon a feature", BOOSTED_SOURCE);
FORECASTER(multi, &boosted_blocks, skuai_tree_contributions, "tree-multi",
           "boosted trees over all series, a model for each quarter of the horizon",
           BOOSTED_SOURCE);
/* A recursive forecast rests on forecasts before it, which no single row of columns holds. */
FORECASTER(recursive, &boosted_step, NULL, "tree-recursive",
           "boosted trees one period ahead, fed their own forecasts", BOOSTED_SOURCE);
FORECASTER(on_line, &linear_one, skuai_tree_contributions, "tree-linear",
           "elastic net over all series, on the features of the trees",
           "Zou & Hastie 2005, J. Royal Statistical Society B 67(2)");

FORECASTER(alone, &single_one, skuai_tree_contributions, "tree-single",
           "one regression tree over all series, on the features of the trees",
           "Breiman et al. 1984, Classification and Regression Trees");

const skuai_forecaster *const skuai_tree_forecasters[] = {&direct,  &multi, &recursive,
                                                          &on_line, &alone, NULL};

const skuai_forecaster *skuai_tree_forecaster(const char *name) {
    for (size_t i = 0; skuai_tree_forecasters[i]; i++)
        if (strcmp(skuai_tree_forecasters[i]->name, name) == 0) return skuai_tree_forecasters[i];
    return NULL;
}
