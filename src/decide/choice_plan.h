/* choice_plan.h -- one choice a group under shared limits (room decide): the multiple-choice
 * knapsack with several resources, the master problem of orders under a budget and of promotion
 * plans. Solved by CBC (mip.h) with its bound. */
#ifndef SKUA_DECIDE_CHOICE_PLAN_H
#define SKUA_DECIDE_CHOICE_PLAN_H

#include "decide/mip.h"

typedef struct skuai_choice_use {
    size_t limit; /* which */
    double amount;
} skuai_choice_use;

typedef struct skuai_choice {
    size_t group;
    double gain;
    const skuai_choice_use *uses; /* [n_uses], borrowed */
    size_t n_uses;
} skuai_choice;

typedef struct skuai_choice_limit {
    const char *name; /* for messages: "budget", "space of warehouse A" */
    double most;      /* finite */
} skuai_choice_limit;

typedef struct skuai_choice_plan {
    bool feasible; /* false: even the least of every group breaks a limit; `chosen` is then that
                      least plan, `limit` the rule, `needed` what it takes, `culprit` the group that
                      takes most of it */
    double gain, bound; /* no plan gains more than bound */
    double gap;         /* (bound - gain) / max(1, gain) */
    size_t limit, culprit;
    double needed;
} skuai_choice_plan;

/* chosen [n_groups] out: index into choices of the one taken of each group. Every group needs at
 * least one choice. SKUA_EINVAL: a group without, a limit that is no number; those of mip.h. */
SKUA_MUST_USE skua_status skuai_choice_plan_find(const skuai_choice *choices, size_t n_choices,
                                                 size_t n_groups, const skuai_choice_limit *limits,
                                                 size_t n_limits, const skuai_mip_options *options,
                                                 size_t *chosen, skuai_choice_plan *plan,
                                                 skua_error *err);

#endif
