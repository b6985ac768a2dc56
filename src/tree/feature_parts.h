/* feature_parts.h -- what features.c prepares and feature_rows.c reads (private to room tree). */
#ifndef SKUA_TREE_FEATURE_PARTS_H
#define SKUA_TREE_FEATURE_PARTS_H

#include "tree/features.h"

enum { SKUAI_FEATURE_LAGS = 6, SKUAI_FEATURE_WINDOWS = 5, SKUAI_FEATURE_PROJECTION = 8 };

/* Sums of one quantity over the series of each level of a category, cumulative over periods. */
typedef struct skuai_group_sums {
    double *sum, *count; /* [n_levels, n_periods + 1] of periods < i */
} skuai_group_sums;

typedef struct skuai_group {
    size_t column; /* static of the panel */
    size_t n_levels;
    skuai_group_sums target, price; /* price: sum NULL when the panel has none */
} skuai_group;

struct skuai_features {
    const skuai_panel *panel;
    skuai_feature_plan plan;
    skuai_arena *arena;
    size_t n_columns, cycle; /* cycle: periods after which the year (or the season) repeats */
    size_t windows[SKUAI_FEATURE_WINDOWS];
    const char **names, **column_groups; /* groups: borrowed from the panel, or static */
    bool *categorical;
    size_t n_dynamic;         /* covariates that have columns */
    size_t *dynamic;          /* [n_dynamic] of the panel */
    bool *ahead;              /* [n_dynamic] read as known ahead */
    size_t price, list_price; /* dynamics, known ahead; SIZE_MAX: none */
    size_t events[SKUAI_FEATURE_EVENTS];
    skuai_group *groups; /* [plan.n_groups] */
    int64_t first;       /* period of the first cumulative entry of groups, and of aligned[0] */
    size_t n_periods;    /* of groups: periods with targets */
    size_t n_aligned;
    int64_t *aligned;   /* [n_aligned] last year's period; NULL: the plain cycle */
    float **projection; /* [n_vectors] [n_base, PROJECTION] */
};

#endif
