/* effect_rows.h -- the rows that an effect is estimated on: items, cells, treatments, covariates
 * (room cause, private). Rows stand by item, then series, then time; everything is in the arena. */
#ifndef SKUA_CAUSE_EFFECT_ROWS_H
#define SKUA_CAUSE_EFFECT_ROWS_H

#include "cause/effect.h"

/* The last columns of x, filled by the fit: what treatments gained in the windows before (three),
 * what the other items of the category gain now, each a vote, then the demand indices of department
 * and shop. */
enum { SKUAI_EFFECT_GAINS = 3, SKUAI_EFFECT_INDICES = 2, SKUAI_EFFECT_FILLED = 6 };

typedef struct skuai_effect_rows {
    skuai_arena *arena; /* owned */
    size_t n, k, p;     /* rows, treatments, covariates (indices included) */
    size_t n_items, n_cells, n_clusters, n_days, n_departments, n_left_out;
    size_t n_covariates, n_covariates_left; /* extras that are controls, and that are too many */
    double *y, *exposure;                   /* [n] */
    double *d;                              /* [k, n] treatments, less their cell's mean */
    float *beyond; /* [k, n] treatments beyond the plain state: no promotion, regular price */
    size_t window; /* periods of the shortest window of the past */
    float *x;      /* [p, n]; the index columns are filled by the fit */
    int32_t *day;  /* [n] period from the panel's first */
    int32_t *fold; /* [n] block of the cross-fitting */
    uint32_t *cell, *cluster;  /* [n] */
    int32_t *department;       /* [n_items] */
    int32_t *category, *brand; /* [n_items] -1 unknown */
    size_t *first;             /* [n_items + 1] rows of item i: first[i] .. first[i + 1] - 1 */
    size_t *first_cell;        /* [n_cells + 1] likewise: a cell's rows stand together */
    const char **name;         /* [n_items] */
    int32_t *market;           /* [n] category and channel of the row */
    size_t n_markets, others;  /* markets; which treatment is that of the others */
    bool *promoted;            /* [n] */
    bool whole;                /* effect[0] is the promotions' whole effect (effect_whole.h) */
    bool *begins;              /* [n] first row of a series */
} skuai_effect_rows;

/* What a refutation changes. */
typedef struct skuai_effect_change {
    bool shift;       /* treatments of another time: each item's a third of its rows later */
    bool add_cause;   /* one more covariate at random */
    double leave_out; /* share of blocks left out */
    uint64_t seed;
} skuai_effect_change;

SKUA_MUST_USE skua_status skuai_effect_rows_new(const skuai_panel *panel,
                                                const skuai_effect_options *options, bool promotion,
                                                const skuai_effect_change *change,
                                                skuai_effect_rows **rows, skua_error *err);
void skuai_effect_rows_free(skuai_effect_rows *rows); /* NULL allowed */

/* Treatment k less its cell's mean: levels of cells are free, and exponents stay small. */
void skuai_effect_centre(skuai_effect_rows *rows, size_t k);

/* Estimate: fills effects->items, pooled, spread (allocated by the caller for rows->n_items). */
SKUA_MUST_USE skua_status skuai_effect_fit(skuai_effect_rows *rows,
                                           const skuai_effect_options *options,
                                           const skuai_context *context, skuai_effects *effects,
                                           skua_error *err);

/* Fills effects with new rows' estimates. */
SKUA_MUST_USE skua_status skuai_effect_estimate(const skuai_panel *panel,
                                                const skuai_effect_options *options, bool promotion,
                                                const skuai_effect_change *change,
                                                const skuai_context *context,
                                                skuai_effects **effects, skua_error *err);

/* The linear (ridge) nuisances are fitted on columns less their cell's mean, others as they are. */
static inline bool skuai_effect_within(const skuai_effect_options *options) {
    return !options->learner || options->learner == &skuai_learner_linear;
}

#endif
