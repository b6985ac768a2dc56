/* ets_fit.h -- estimating one form of exponential smoothing, and choosing among forms (room stat).
 *
 * Maximum likelihood over smoothing parameters and initial states together, inside the usual region
 *   alpha in [1e-4, 0.9999], beta in (0, alpha), gamma in (0, 1 - alpha), phi in [0.8, 0.98]
 * (as R's forecast::ets and statsforecast; the usual region lies inside the admissible one, [1]
 * chapter 10). The seasonal states are normalised by their first: they sum to 0, or to m when
 * multiplicative. The maximiser is a projected BFGS with exact gradients (ets_space.h), started
 * from the best of a few smoothing parameters around heuristic states ([1] section 2.6.1) and of
 * the neighbouring forms that are already fitted.
 * Choice is by AICc over the forms that are numerically stable ([1] section 2.5.? as in R): no
 * additive error with a multiplicative trend or season, no multiplicative trend with an additive
 * season under a multiplicative error; multiplicative parts only for positive data.
 * [1] Hyndman, Koehler, Ord & Snyder 2008, Forecasting with Exponential Smoothing. */
#ifndef SKUA_STAT_EXPONENTIAL_ETS_FIT_H
#define SKUA_STAT_EXPONENTIAL_ETS_FIT_H

#include "stat/exponential/ets_space.h"

#define SKUAI_ETS_SEASON_LIMIT 24 /* longest season with states of its own */

typedef struct skuai_ets_model {
    skuai_ets_form form;
    size_t n, m;              /* history and season (1 for none) */
    const double *y;          /* [n] borrowed */
    const double *parameters; /* [6 + m], see ets_space.h; in the arena */
    size_t n_parameters;      /* estimated ones, the variance included */
    double likelihood;        /* minus twice the log likelihood, as ets_space.h */
    double aicc;
    double variance;      /* of the errors (relative ones when multiplicative), unbiased */
    double level, growth; /* states behind the last observation */
    const double *season; /* [m] the states that the next m observations meet; in the arena */
} skuai_ets_model;

/* Which forms to try: bit sets over kinds (1 << kind) for each part, and over damping. */
typedef struct skuai_ets_choice {
    unsigned error, trend, season;
    bool damped, undamped; /* of forms with a trend */
    bool unstable;         /* the restricted combinations too */
} skuai_ets_choice;

/* All forms that the automatic choice looks at; multiplicative trends only on request. */
#define SKUAI_ETS_CHOICE_DEFAULT ((skuai_ets_choice){6, 3, 7, true, true, false})

/* Fit all forms of the choice to y [n] of a season (1 for none; longer than SKUAI_ETS_SEASON_LIMIT,
 * or not shorter than the history: forms without season only).
 *   models [limit] out: the best by AICc, the best first, none that is more than 60 behind; what
 * they point to is in the arena n_models out: at least 1 SKUA_EDATA when no form can be fitted (too
 * short, or not positive for what was asked). */
SKUA_MUST_USE skua_status skuai_ets_fit(const double *y, size_t n, size_t season,
                                        const skuai_ets_choice *choice, size_t limit,
                                        skuai_arena *arena, skuai_ets_model *models,
                                        size_t *n_models, skua_error *err);

#endif
