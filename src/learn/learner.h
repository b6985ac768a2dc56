/* learner.h -- what every learner on a feature matrix can do (room learn).
 *
 *     skuai_learner_options options = SKUAI_LEARNER_OPTIONS_DEFAULT;
 *     options.objective = SKUAI_OBJECTIVE_TWEEDIE;
 *     SKUA_TRY(skuai_learner_boosted.fit(&options, &train, &validation, context, &learnt, err));
 *     SKUA_TRY(learnt->learner->predict(learnt, &x, context, prediction, err));
 *     learnt->learner->free(learnt);
 *
 * The same examples, options and seed give the same bits on any number of threads. A learnt model
 * is immutable: any thread may predict with it. */
#ifndef SKUA_LEARN_LEARNER_H
#define SKUA_LEARN_LEARNER_H

#include "core/buffer.h"
#include "core/context.h"
#include "learn/feature_matrix.h"

typedef enum skuai_objective {
    SKUAI_OBJECTIVE_SQUARED,
    SKUAI_OBJECTIVE_ABSOLUTE,
    SKUAI_OBJECTIVE_HUBER,
    SKUAI_OBJECTIVE_POISSON,
    SKUAI_OBJECTIVE_TWEEDIE,  /* level: the variance power in [1, 2) */
    SKUAI_OBJECTIVE_QUANTILE, /* level: in (0, 1) */
    SKUAI_OBJECTIVE_MAPE,
    SKUAI_OBJECTIVES
} skuai_objective;

/* "squared", "absolute", "huber", "poisson", "tweedie", "quantile", "mape". */
const char *skuai_objective_name(skuai_objective objective);
/* SKUA_ECONFIG for another name. */
SKUA_MUST_USE skua_status skuai_objective_parse(const char *name, skuai_objective *objective,
                                                skua_error *err);

typedef struct skuai_learner_options {
    skuai_objective objective; /* boosted; the others minimise squares */
    double level;              /* of TWEEDIE and QUANTILE; HUBER: where it turns linear (0: 0.9) */
    int rounds;                /* boosted: most trees, >= 1 */
    int patience;        /* boosted: rounds without a better validation; 0: never stop early */
    double rate;         /* boosted: learning rate, > 0 */
    int leaves;          /* boosted, tree: most leaves, >= 2 */
    int least_leaf;      /* boosted, tree: fewest rows a leaf, >= 1 */
    int depth;           /* boosted, tree: most levels of cuts; 0: unlimited */
    double column_share; /* boosted: columns tried a tree, in (0, 1] */
    double row_share;    /* boosted: rows a tree, in (0, 1] */
    double shrinkage;    /* boosted, linear: L2 penalty >= 0 */
    double l1_share;     /* linear: share of the penalty that is L1, in [0, 1]; 0: ridge */
    const int *monotone; /* [n_columns] -1, 0, 1, or NULL; boosted */
} skuai_learner_options;

#define SKUAI_LEARNER_OPTIONS_DEFAULT                                                              \
    ((skuai_learner_options){.objective = SKUAI_OBJECTIVE_SQUARED,                                 \
                             .rounds = 400,                                                        \
                             .patience = 30,                                                       \
                             .rate = 0.05,                                                         \
                             .leaves = 63,                                                         \
                             .least_leaf = 20,                                                     \
                             .depth = 0,                                                           \
                             .column_share = 0.8,                                                  \
                             .row_share = 0.8,                                                     \
                             .shrinkage = 1.0})

typedef struct skuai_learner skuai_learner;

typedef struct skuai_learnt {
    const skuai_learner *learner;
    size_t n_columns;
    int rounds; /* boosted: trees kept; else 0 */
} skuai_learnt; /* first member of each learner's own structure */

struct skuai_learner {
    const char *name, *summary, *source;
    /* validation NULL or without rows: no early stopping. *learnt is the caller's (free).
     * SKUA_EDATA: no rows, or a y that is not finite; SKUA_ECONFIG: an option out of range;
     * SKUA_ENOTFOUND: the library behind it is not installed. */
    skua_status (*fit)(const skuai_learner_options *options, const skuai_examples *train,
                       const skuai_examples *validation, const skuai_context *context,
                       skuai_learnt **learnt, skua_error *err);
    /* prediction [n_rows] out. SKUA_EINVAL: another number of columns. */
    skua_status (*predict)(const skuai_learnt *learnt, const skuai_feature_matrix *x,
                           const skuai_context *context, double *prediction, skua_error *err);
    /* values [n_rows, n_columns + 1] out (boosted: TreeSHAP): what each column adds to the raw
     * score, the last what is added always; rows sum to the raw score (for poisson and tweedie its
     * exponential is the prediction). */
    skua_status (*contributions)(const skuai_learnt *learnt, const skuai_feature_matrix *x,
                                 const skuai_context *context, double *values, skua_error *err);
    /* importance [n_columns] out, >= 0: loss saved by cuts on a column; linear: the magnitude of
     * its standardised coefficient. */
    skua_status (*importance)(const skuai_learnt *learnt, double *importance, skua_error *err);
    /* As text, appended to the buffer, and back. */
    skua_status (*save)(const skuai_learnt *learnt, skuai_buffer *text, skua_error *err);
    skua_status (*load)(const char *text, size_t size, skuai_learnt **learnt, skua_error *err);
    void (*free)(skuai_learnt *learnt); /* NULL allowed */
};

extern const skuai_learner skuai_learner_boosted; /* LightGBM */
extern const skuai_learner skuai_learner_linear;  /* ridge, elastic net */
extern const skuai_learner skuai_learner_single;  /* one regression tree */

/* By name: "boosted", "linear", "single"; NULL: none. */
const skuai_learner *skuai_learner_find(const char *name);

/* What fit checks for all: rows, finite y, options in range. */
SKUA_MUST_USE skua_status skuai_learner_check(const skuai_learner_options *options,
                                              const skuai_examples *train, skua_error *err);

#endif
