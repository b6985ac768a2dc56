/* cold_items.h -- the items that a cold start learns from: pulse, curve, effects, likeness and the
 * ridge regression (private to room tree; what they mean: cold_start.h). */
#ifndef SKUA_TREE_COLD_ITEMS_H
#define SKUA_TREE_COLD_ITEMS_H

#include "core/context.h"
#include "tree/cold_start.h"

enum { SKUAI_COLD_NEWBORNS_MOST = 4000, SKUAI_COLD_NUMBERS_MOST = 16 };

typedef struct skuai_cold_options {
    size_t horizon, reach, analogues; /* all >= 1 */
    bool own;                         /* an item's own periods count */
} skuai_cold_options;

/* What is compared of series: a row each, columns as the newborns' panel has them. */
typedef struct skuai_cold_looks {
    size_t n;
    float *vectors;          /* [n, width] each modality of length 1; NaN where there is none */
    const char **categories; /* [n, n_categories] NULL unknown; borrowed from their panel */
    double *numbers;         /* [n, n_numbers] log price, launch, statics; NaN unknown */
    size_t *predecessor;     /* [n] which of the names it replaces; SIZE_MAX none */
} skuai_cold_looks;

/* The columns of looks, by name: those of the panel that was learnt from. */
typedef struct skuai_cold_schema {
    size_t n_modalities, width; /* width: of all modalities together */
    const char **modality;      /* [n_modalities] */
    size_t *modality_width;     /* [n_modalities] */
    size_t n_categories;
    const char **category; /* [n_categories] */
    size_t n_numbers;      /* log price and launch, then statics */
    const char **number;   /* [n_numbers] */
} skuai_cold_schema;

typedef struct skuai_cold_items {
    skuai_panel *panel; /* learnt from, a reference of its own; NULL: read from a file */
    skuai_cold_options options;
    skuai_arena *arena;
    bool launches; /* false: too few newborns, so the first period of every series counts as one */
    double unit;
    int64_t first;          /* period of pulse[0] */
    size_t n_pulse, n_ages; /* ages: reach + horizon */
    double *pulse, *curve;  /* [n_pulse], [n_ages] */
    size_t n_series;
    const char **names; /* [n_series] of the panel that was learnt from */
    double *lately;     /* [n_series] how far each ran above pulse and curve in its last periods:
                           what its successor inherits; NaN: nothing is known of it */
    size_t n;           /* newborns */
    size_t *series;     /* [n] of those names */
    int64_t *start;     /* [n] period of launch */
    double *sold;       /* [n] units in the first periods, as many as the horizon */
    double *effect;     /* [n] */
    skuai_cold_schema schema;
    skuai_cold_looks looks;
    size_t n_columns;               /* of the ridge: width + n_numbers */
    double *slope, *middle, *scale; /* [n_columns] */
    double intercept, penalty;
    double *told; /* [n] the ridge's effect of each without its tenth of the items */
    double prior; /* r: periods that what is told of an item is worth, beside its own */
} skuai_cold_items;

double skuai_cold_z(const skuai_cold_items *items, double y); /* log(1 + y / unit); y < 0 as 0 */
double skuai_cold_y(const skuai_cold_items *items, double z); /* back, >= 0 */
/* What the shop as a whole does, as known before period `origin`. */
double skuai_cold_pulse(const skuai_cold_items *items, int64_t origin);
double skuai_cold_curve(const skuai_cold_items *items, size_t age);

/* SKUA_EDATA: no series has a history. */
SKUA_MUST_USE skua_status skuai_cold_items_new(const skuai_panel *panel,
                                               const skuai_cold_options *options,
                                               skuai_cold_items **items, skua_error *err);
void skuai_cold_items_free(skuai_cold_items *items); /* NULL allowed */

/* The looks of n series of a panel, in the columns of `items`, into memory of the arena. */
SKUA_MUST_USE skua_status skuai_cold_looks_make(const skuai_cold_items *items,
                                                const skuai_panel *panel, const size_t *series,
                                                size_t n, skuai_arena *arena,
                                                skuai_cold_looks *looks, skua_error *err);

/* Which of `parts` parts of the items newborn i belongs to, by its name before the channel. */
unsigned skuai_cold_part(const skuai_cold_items *items, size_t i, unsigned parts);

/* The analogues of row i of some looks: which and likeness [options.analogues] out, the most alike
 * first; `without` (SIZE_MAX: none) is a newborn that does not count. Returns how many. */
size_t skuai_cold_analogues(const skuai_cold_items *items, const skuai_cold_looks *looks, size_t i,
                            size_t without, size_t *which, double *likeness);
/* Their effect, shrunk. */
double skuai_cold_effect(const skuai_cold_items *items, const size_t *which, const double *likeness,
                         size_t n);
/* The effect that the ridge tells for row i. */
double skuai_cold_told(const skuai_cold_items *items, const skuai_cold_looks *looks, size_t i);

/* Fit the ridge and `told` (cold_ridge.c). */
SKUA_MUST_USE skua_status skuai_cold_ridge(skuai_cold_items *items, const double *weight,
                                           skua_error *err);

#endif
