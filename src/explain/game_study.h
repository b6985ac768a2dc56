/* game_study.h -- a game of groups of inputs while it is played (private to game.c and
 * game_slopes.c). */
#ifndef SKUA_EXPLAIN_GAME_STUDY_H
#define SKUA_EXPLAIN_GAME_STUDY_H

#include "explain/game.h"

/* What is varied: groups of covariates, the windows of the past. */
typedef struct skuai_game_study {
    skuai_probe *probe;
    const skuai_explain_options *options;
    size_t n, outcomes, n_groups;
    const char *groups[SKUAI_EXPLAIN_GROUPS];
    bool sales[SKUAI_EXPLAIN_GROUPS];     /* the group is the recent sales: the last one */
    size_t group_of[SKUAI_PROBE_COLUMNS]; /* of each dynamic; SIZE_MAX: none */
    size_t *windows;                      /* [n, backgrounds] first period of each */
    double *mean;                         /* [outcomes] scratch */
    double *total; /* [2^n_groups] worths over all outcomes; NaN: not asked */
} skuai_game_study;

/* Each series with its groups at `present` [n_groups] of the way from the b-th background to what
 * is planned. */
SKUA_MUST_USE skua_status skuai_game_vary(skuai_game_study *study, const double *present, size_t b,
                                          skua_error *err);
/* Mean forecasts over the backgrounds into values [outcomes]. */
SKUA_MUST_USE skua_status skuai_game_weigh(skuai_game_study *study, const double *present,
                                           double *values, skua_error *err);

/* Integrated gradients of one series by the model's own: contribution [n_groups] over the whole
 * horizon; with options->whole base and forecast of e, which is of one period, too. SKUA_ENOTFOUND:
 * it has none, or they do not sum to the difference of the forecasts. */
SKUA_MUST_USE skua_status skuai_game_slopes(skuai_game_study *study, double *contribution,
                                            skuai_explanation *e, skua_error *err);

#endif
