/* group_effect.h -- effects of known-ahead covariates in the group model (room stat).
 *
 * The model gains sum over covariates k of beta[s,k] x_k[s,t], with
 *     beta[s,k] = sum over partitions p of gamma_p[g_p(s),k] + delta[s,k],
 * every gamma and delta N(0, variance): a promotion's effect is shrunk toward its department's, the
 * department's toward nothing. x is the covariate (its logarithm where all values are positive)
 * less the series' mean, over the deviation of the whole panel, at most 4 either way; missing is 0.
 * Coefficients are generalised least squares under the own parts' kernel, so that what moves as
 * slowly as a trend has next to none; their variances are estimated by EM (Searle, Casella &
 * McCulloch 1992, 8.3). */
#ifndef SKUA_STAT_GROUP_EFFECT_H
#define SKUA_STAT_GROUP_EFFECT_H

#include "stat/group/group_pattern.h"

/* Which covariates of the panel take part, and how each is scaled: learnt once, on the training
 * panel. Left out: past-only ones, those missing in half of the window, those that do not move
 * inside a series and, when only lively ones are asked for, those that drift (mean square step
 * below 3 % of what independent values would have): an index of prices can pass for any trend. */
typedef struct skuai_group_covariates {
    size_t n;
    size_t index[SKUAI_GROUP_EFFECTS]; /* of the panel's dynamic */
    bool logarithm[SKUAI_GROUP_EFFECTS];
    double deviation[SKUAI_GROUP_EFFECTS];
} skuai_group_covariates;

void skuai_group_covariates_choose(const skuai_panel *panel, const skuai_group_time *time,
                                   bool lively, skuai_group_covariates *covariates);

/* Give a fresh state the covariates; their variances are 0.01. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_group_effect_init(skuai_group_state *state,
                                                  const skuai_group_covariates *covariates,
                                                  skua_error *err);

/* Update beta from the residuals (which hold no effect, before and after); estimate: the variances
 * too. kernel [T, T] of the own part with noise. */
SKUA_MUST_USE skua_status skuai_group_effect_update(skuai_group_state *state, const double *kernel,
                                                    bool estimate,
                                                    const skuai_group_workers *workers,
                                                    skua_error *err);

/* The effects' sum for series s at time t. */
static inline double skuai_group_effect_at(const skuai_group_state *state, size_t s, size_t t) {
    double sum = 0;
    size_t n = state->n_effects;
    for (size_t k = 0; k < n; k++)
        sum += state->beta[s * n + k] * (double)state->x[(s * state->time.n + t) * n + k];
    return sum;
}

#endif
