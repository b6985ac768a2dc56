/* promo_solve.h -- the relaxation behind promo.h (room decide, private). A cell is a start of a
 * promotion: item, week, depth. */
#ifndef SKUA_DECIDE_PROMO_SOLVE_H
#define SKUA_DECIDE_PROMO_SOLVE_H

#include "core/alloc.h"
#include "decide/promo.h"

typedef struct skuai_promo_cell {
    float value; /* -INFINITY: not allowed */
    float given;
} skuai_promo_cell;

/* The promotions of an item: starts in order. */
typedef struct skuai_promo_schedule {
    uint8_t n, week[SKUAI_PROMO_TIMES], depth[SKUAI_PROMO_TIMES];
} skuai_promo_schedule;

/* What is used of the limits, or left, or its price. */
typedef struct skuai_promo_limits {
    double budget;
    double *slots;  /* [n_channels, weeks] */
    double *brands; /* [n_brands, n_channels, weeks] */
    size_t n_slots, n_brands;
} skuai_promo_limits;

typedef struct skuai_promo_problem {
    const skuai_promo_item *items;
    const skuai_promo_options *options;
    size_t n;
    skuai_promo_cell *cells; /* [n, weeks, n_depths] */
    skuai_promo_limits most; /* what may be used, agreed promotions taken off */
    const skuai_context *context;
    skuai_arena *arena;
} skuai_promo_problem;

/* Limits of zeros. */
SKUA_MUST_USE bool skuai_promo_limits_new(const skuai_promo_problem *p, skuai_promo_limits *l);
static inline const skuai_promo_cell *skuai_promo_cells(const skuai_promo_problem *p, size_t item) {
    return p->cells + item * p->options->weeks * p->options->n_depths;
}
/* Add a schedule's use times sign. */
void skuai_promo_use(const skuai_promo_problem *p, size_t item, const skuai_promo_schedule *s,
                     double sign, skuai_promo_limits *used);

/* The best plan found, schedules [n] out; value and bound without what is agreed. */
SKUA_MUST_USE skua_status skuai_promo_solve(const skuai_promo_problem *p,
                                            skuai_promo_schedule *schedules, double *value,
                                            double *bound, bool *by_master, skua_error *err);

#endif
