/* tree_model.h -- what a tree forecaster has learnt (private to room tree).
 *
 * Working space: what the learner sees is w(y) = y / scale or, with the logarithm,
 * log(y / scale + offset); with a base, less w of the base. */
#ifndef SKUA_TREE_TREE_MODEL_H
#define SKUA_TREE_TREE_MODEL_H

#include "learn/learner.h"
#include "tree/features.h"
#include "tree/tree.h"

#include <math.h>

enum { SKUAI_TREE_BLOCKS = 4, SKUAI_TREE_LEVELS = 99, SKUAI_TREE_LEAST_ROWS = 60 };

/* What a forecaster of the room is: its `data`. */
typedef struct skuai_tree_kind {
    const skuai_learner *learner;
    size_t blocks;  /* models along the horizon: 1 or SKUAI_TREE_BLOCKS */
    bool recursive; /* one period ahead, fed its own forecasts */
} skuai_tree_kind;

typedef struct skuai_tree_options {
    skuai_learner_options learner;
    size_t horizon, most_rows; /* most_rows 0: as the number of series asks */
    bool choose_base; /* whether a base helps is seen on the judged periods; sets on_cycle */
    bool on_cycle, by_price, equal_weight, logarithm;
    double offset;
    skuai_objective asked; /* mape is learnt as weighted absolute, or as squared logarithm */
    char country[SKUAI_FEATURE_NAME];
} skuai_tree_options;

struct skuai_model {
    const skuai_forecaster *forecaster;
    skuai_tree_options options;
    skuai_feature_plan plan;
    size_t horizon;  /* that was learnt */
    size_t n_points; /* 0: too little to learn from; else the kind's blocks */
    skuai_learnt *point[SKUAI_TREE_BLOCKS];
    skuai_learnt *spread;  /* NULL: the same for all rows */
    double typical_scale;  /* of a series without history */
    double typical_spread; /* median absolute error in working space */
    double quantile[SKUAI_TREE_BLOCKS][SKUAI_TREE_LEVELS]; /* of error / spread, by horizon */
    size_t n_categories;                                   /* statics of the training panel */
    size_t *n_levels;                                      /* [n_categories] 0: a number */
    char ***levels;                                        /* [n_categories][n_levels] */
};

static inline const skuai_tree_kind *skuai_tree_kind_of(const skuai_model *m) {
    return m->forecaster->data;
}
/* Which quarter of the horizon; what lies beyond what was learnt counts to the last. */
static inline size_t skuai_tree_block(const skuai_model *m, size_t h) {
    size_t block = h * SKUAI_TREE_BLOCKS / m->horizon;
    return block < SKUAI_TREE_BLOCKS ? block : SKUAI_TREE_BLOCKS - 1;
}
/* y over its scale to working space and back. */
static inline double skuai_tree_work(const skuai_tree_options *o, double y) {
    return o->logarithm ? log((y > 0 ? y : 0) + o->offset) : y;
}
static inline double skuai_tree_unwork(const skuai_tree_options *o, double x) {
    return o->logarithm ? exp(x < 20 ? x : 20) - o->offset : x;
}
static inline double skuai_tree_spread_floor(const skuai_model *m, double spread) {
    double least = 0.1 * m->typical_spread;
    return spread > least ? spread : least;
}

/* Rows with their features. */
typedef struct skuai_tree_rows {
    size_t n;
    skuai_feature_row *rows;
    float *values, *scale, *base, *y, *weight; /* y: working space, less the base */
} skuai_tree_rows;

static inline double skuai_tree_scale(const skuai_model *m, const skuai_tree_rows *r, size_t i) {
    return isnan(r->scale[i]) ? m->typical_scale : (double)r->scale[i];
}

/* Which rows to make: horizons [from, to), targets only before the last `before` periods of each
 * series. judged: origins at `before` periods before the end and half of that, targets behind
 * them, horizons below `before`. */
typedef struct skuai_tree_choice {
    size_t from, to, before;
    bool judged;
} skuai_tree_choice;

SKUA_MUST_USE skua_status skuai_tree_options_read(const skuai_forecaster *self,
                                                  const skuai_parameters *parameters,
                                                  skuai_tree_options *options, skua_error *err);

SKUA_MUST_USE skua_status skuai_tree_rows_make(const skuai_features *features,
                                               const skuai_panel *panel,
                                               const skuai_tree_options *options,
                                               const skuai_tree_choice *choice,
                                               const skuai_context *context, skuai_tree_rows *rows,
                                               skua_error *err);
void skuai_tree_rows_clear(skuai_tree_rows *rows);

/* The rows of a forecast of series [from, to), with categories as the model knows them. */
SKUA_MUST_USE skua_status skuai_tree_rows_ahead(const skuai_model *m, const skuai_panel *panel,
                                                const skuai_features *f, size_t from, size_t to,
                                                size_t horizon, const skuai_context *context,
                                                skuai_tree_rows *rows, skua_error *err);

/* The centre of rows in working space, base added, by the model of each row's horizon; centre [n]
 * out. Not for recursive kinds. */
SKUA_MUST_USE skua_status skuai_tree_centres(const skuai_model *m, const skuai_features *f,
                                             const skuai_tree_rows *r, const skuai_context *context,
                                             double *centre, skua_error *err);

/* Forecasts period by period, each seeing those before it: y [S, horizon] out, units. */
SKUA_MUST_USE skua_status skuai_tree_recurse(const skuai_model *m, const skuai_panel *panel,
                                             size_t horizon, const skuai_context *context,
                                             double *y, skua_error *err);

/* The point forecast over its scale, from centre and spread in working space; z [LEVELS]: the
 * errors' quantiles over the spread. */
double skuai_tree_point(const skuai_model *m, const double *z, double centre, double spread);

/* SKUA_ESCHEMA: the panel gives other columns than were learnt from. */
SKUA_MUST_USE skua_status skuai_tree_check_columns(const skuai_model *m, const skuai_features *f,
                                                   skua_error *err);

/* The forecaster's contributions (tree_contributions.c). */
SKUA_MUST_USE skua_status skuai_tree_contributions(const skuai_model *m, const skuai_panel *panel,
                                                   size_t s, const skuai_request *request,
                                                   const skuai_context *context,
                                                   skuai_contributions **contributions,
                                                   skua_error *err);

/* Learn from a panel into a model that has its options, plan, kind and categories. */
SKUA_MUST_USE skua_status skuai_tree_learn(const skuai_panel *panel, const skuai_context *context,
                                           skuai_model *m, skua_error *err);

/* The forecaster's predict. */
SKUA_MUST_USE skua_status skuai_tree_predict(const skuai_model *model, const skuai_panel *panel,
                                             const skuai_request *request,
                                             const skuai_context *context,
                                             skuai_forecast **forecast, skua_error *err);

#endif
