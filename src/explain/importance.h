/* importance.h -- what forecasts of a shop rest on (room explain): the explanations of many series
 * side by side, for a beeswarm [1] Lundberg et al. 2020, Nature Machine Intelligence 2, and the
 * mean size of what each group of inputs adds. Where the model does not say itself what its inputs
 * add, the game of explain.h is played for all series at once; kernel by default, with as many
 * coalitions as there are when they are few. */
#ifndef SKUA_EXPLAIN_IMPORTANCE_H
#define SKUA_EXPLAIN_IMPORTANCE_H

#include "explain/explain.h"

typedef struct skuai_importance {
    skuai_explain_method method; /* that was used */
    size_t n_series, n_groups, n_calls;
    char groups[SKUAI_EXPLAIN_GROUPS][SKUAI_INPUT_NAME]; /* by mean_share, largest first */
    size_t *series;                                      /* [n_series] of the panel */
    double *contribution; /* [n_series, n_groups] units over the horizon */
    double *level;        /* [n_series, n_groups] where the group's inputs are planned: deviations
                             from their mean over the series' past; NaN: no such inputs */
    double *base, *forecast; /* [n_series] units over the horizon */
    double *usual;           /* [n_series] recent sales' mean times the horizon, > 0 */
    double mean_absolute[SKUAI_EXPLAIN_GROUPS]; /* mean over series of |contribution|, units */
    double mean_share[SKUAI_EXPLAIN_GROUPS];    /* of |contribution| / usual */
} skuai_importance;

/* Series that can be explained (enough history, something sold lately), at most `most`, drawn by
 * the seed, in order: series [most] out. SKUA_EDATA: there are none. */
SKUA_MUST_USE skua_status skuai_importance_sample(const skuai_panel *panel,
                                                  const skuai_explain_options *options, size_t most,
                                                  size_t *series, size_t *n, skua_error *err);
/* options->method: auto, own, or a game (not lime: SKUA_EINVAL). Sums are checked. */
SKUA_MUST_USE skua_status skuai_importance_find(const skuai_forecaster *forecaster,
                                                const skuai_model *model, const skuai_panel *panel,
                                                const size_t *series, size_t n,
                                                const skuai_explain_options *options,
                                                const skuai_context *context,
                                                skuai_importance **importance, skua_error *err);
void skuai_importance_free(skuai_importance *importance); /* NULL allowed */

#endif
