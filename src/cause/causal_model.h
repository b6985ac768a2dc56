/* causal_model.h -- what the causal forecaster keeps, and how it sees a series (private to room
 * cause). */
#ifndef SKUA_CAUSE_CAUSAL_MODEL_H
#define SKUA_CAUSE_CAUSAL_MODEL_H

#include "cause/causal_forecast.h"
#include "learn/learner.h"

enum {
    SKUAI_CAUSAL_DEMAND, /* variables 0, 1 */
    SKUAI_CAUSAL_LEVEL,
    SKUAI_CAUSAL_BUILT, /* how many are not covariates of the panel, but for the year's */
    SKUAI_CAUSAL_VARIABLES_MOST = 64,
    SKUAI_CAUSAL_NAME = 64,
    SKUAI_CAUSAL_BUCKETS = 6, /* horizons 1, 2, 3-4, 5-8, 9-16, 17 and more */
    SKUAI_CAUSAL_GRID = 41    /* quantiles of errors at (k + 0.5) / GRID */
};

typedef enum skuai_causal_kind {
    SKUAI_CAUSAL_OWN,   /* demand, level */
    SKUAI_CAUSAL_KNOWN, /* known ahead */
    SKUAI_CAUSAL_PAST
} skuai_causal_kind;

typedef struct skuai_causal_variable {
    char name[SKUAI_CAUSAL_NAME];
    skuai_causal_kind kind;
    bool logarithm; /* its logarithm is taken: every value was above 0 */
    int year;       /* 1: the year's sine, 2: its cosine, else 0: a covariate by name */
} skuai_causal_variable;

typedef struct skuai_causal_input {
    size_t variable, lag;
} skuai_causal_input;

typedef struct skuai_causal_equation {
    size_t target, n;
    skuai_causal_input *inputs; /* [n] */
    skuai_learnt *learnt;       /* NULL: not fitted */
} skuai_causal_equation;

struct skuai_model {
    size_t n;
    skuai_causal_variable *variables; /* [n] */
    size_t lags, season, window;
    double unit;
    bool logarithm;   /* of demand */
    double *profile;  /* [season] of the panel */
    double deviation; /* of a series around its level, over the panel */
    size_t n_equations;
    skuai_causal_equation *equations; /* the first is demand's */
    const skuai_learner *end;
    bool no_graph; /* the panel was too short for one: level alone */
    double grid[SKUAI_CAUSAL_BUCKETS][SKUAI_CAUSAL_GRID]; /* errors over deviations */
};

typedef struct skuai_causal_options {
    const skuai_learner *end; /* NULL: the better one */
    bool all;
    size_t lags, rows;
    double alpha;
} skuai_causal_options;

/* A series as the model sees it. */
typedef struct skuai_causal_series {
    size_t length, total; /* observed; with the periods ahead */
    double *x;            /* [n, total] missing demand is its level; ahead, demand is NaN */
    bool *missing;        /* [length] demand that was not observed */
    double mean, deviation;
    double *profile; /* [season] */
    int64_t start;
    size_t room; /* periods that fit */
} skuai_causal_series;

SKUA_MUST_USE skua_status skuai_causal_series_new(const skuai_model *model, size_t room,
                                                  skuai_causal_series *series, skua_error *err);
void skuai_causal_series_clear(skuai_causal_series *series);
/* Fill it: series s of a panel and `ahead` periods beyond. */
void skuai_causal_series_fill(const skuai_model *model, const skuai_panel *panel, size_t s,
                              size_t ahead, skuai_causal_series *series);
double skuai_causal_z(const skuai_model *model, double y);
double skuai_causal_y(const skuai_model *model, double z);
static inline size_t skuai_causal_phase(const skuai_model *model, int64_t period) {
    int64_t m = model->season > 0 ? (int64_t)model->season : 1;
    return (size_t)((period % m + m) % m);
}

/* z [n_series, horizon] of a panel by recursion, and each series' deviation [n_series]. */
SKUA_MUST_USE skua_status skuai_causal_roll(const skuai_model *model, const skuai_panel *panel,
                                            size_t horizon, const skuai_context *context, double *z,
                                            double *deviation, skua_error *err);

/* Variables, scales and profile of a panel (causal_series.c); the parents of demand and of what
 * they rest on, into unfitted equations (causal_parents.c). */
SKUA_MUST_USE skua_status skuai_causal_describe(const skuai_panel *panel, skuai_model *model,
                                                skua_error *err);
SKUA_MUST_USE skua_status skuai_causal_parents(const skuai_panel *panel,
                                               const skuai_causal_options *options,
                                               const skuai_context *context, skuai_model *model,
                                               skua_error *err);

void skuai_causal_model_free(skuai_model *model);
SKUA_MUST_USE skua_status skuai_causal_save(const skuai_model *model, const char *folder,
                                            skua_error *err);
SKUA_MUST_USE skua_status skuai_causal_load(const skuai_forecaster *self, const char *folder,
                                            skuai_model **model, skua_error *err);

#endif
