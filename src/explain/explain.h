/* explain.h -- why a forecast is what it is: what groups of inputs add to it (room explain), for
 * any model behind the forecaster interface.
 *
 * The inputs are grouped: price, promotion, calendar, every other covariate known ahead, and the
 * recent sales. A coalition's worth is the mean forecast of the series with the inputs of all other
 * groups as they were in another time: covariates of the horizon from a window of the past, recent
 * sales from whole seasons before. It is averaged over `backgrounds` windows, drawn from the
 * series' own history, so that no input takes a value that it never had. Contributions are the
 * Shapley values of that game (shapley.h) and sum to the forecast less the background's.
 *
 * They say what the model's forecast rests on, which is association: what would happen if a price
 * were changed is asked by skuai_explain_what_if of the model, and of the shop's experiments by
 * room cause. */
#ifndef SKUA_EXPLAIN_EXPLAIN_H
#define SKUA_EXPLAIN_EXPLAIN_H

#include "forecast/forecaster.h"

enum { SKUAI_EXPLAIN_GROUPS = 8 };

typedef struct skuai_explain_options {
    size_t horizon;
    size_t backgrounds; /* windows of the past, >= 1 */
    size_t recent;      /* periods that are recent sales; 0: four seasons, at most a quarter of the
                           history */
    uint64_t seed;
} skuai_explain_options;

typedef struct skuai_explanation {
    size_t n_groups, horizon;
    const char *groups[SKUAI_EXPLAIN_GROUPS]; /* "price", "promotion", "calendar", "recent sales",
                                                 or a covariate's name, borrowed from the panel */
    double *contribution;                     /* [n_groups, horizon] units */
    double *base;                             /* [horizon] forecast of the background */
    double *forecast;                         /* [horizon] base and contributions */
    double *before; /* [horizon] what was sold in the periods of the same phase before: one season
                       back at least; NaN missing */
    /* Local linear model on present and absent groups: share of the variance of all coalitions that
     * the sum of contributions explains; 1: no interactions. */
    double fidelity;
    size_t n_calls; /* forecasts that were made */
} skuai_explanation;

/* Explain series s of the panel, which the model was fitted on (or one like it). SKUA_EDATA: a
 * series with less than three seasons or 20 periods of history, for there is no background. */
SKUA_MUST_USE skua_status skuai_explain(const skuai_forecaster *forecaster,
                                        const skuai_model *model, const skuai_panel *panel,
                                        size_t s, const skuai_explain_options *options,
                                        const skuai_context *context,
                                        skuai_explanation **explanation, skua_error *err);
void skuai_explanation_free(skuai_explanation *explanation); /* NULL allowed */

/* The forecast when a covariate of the horizon is multiplied or set: sum over the horizon of mean
 * and of the quantile nearest .1 and .9 by period. covariate: index in the panel. */
typedef struct skuai_what_if {
    double mean;      /* units over the horizon */
    double low, high; /* sums of the periods' quantiles: wider than the sum's own */
} skuai_what_if;
SKUA_MUST_USE skua_status skuai_explain_what_if(const skuai_forecaster *forecaster,
                                                const skuai_model *model, const skuai_panel *panel,
                                                size_t s, size_t covariate, double factor, bool set,
                                                const skuai_explain_options *options,
                                                const skuai_context *context,
                                                skuai_what_if *what_if, skua_error *err);

/* "12 more than the week before: 8 with the promotion, 5 with the calendar, less 1 with the price."
 * Never says because: it is what the forecast rests on. Into text [size]. */
void skuai_explain_sentence(const skuai_explanation *explanation, bool chinese, char *text,
                            size_t size);
/* A group's name for people. */
const char *skuai_explain_group_name(const char *group, bool chinese);

#endif
