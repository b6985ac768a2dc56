/* explain.h -- why a forecast is what it is: what groups of inputs add to it (room explain), for
 * any model behind the forecaster interface.
 *
 * A model that can say what its inputs add (the interface's `contributions`: exact TreeSHAP for
 * trees) is asked for it, and its inputs are summed by group. Any other plays a game: its inputs
 * are grouped: price, promotion, calendar, every other covariate known ahead, and the recent sales.
 * A coalition's worth is the mean forecast of the series with the inputs of all other groups as
 * they were in another time: covariates of the horizon from a window of the past, recent sales from
 * whole seasons before. It is averaged over `backgrounds` windows, drawn from the series' own
 * history, so that no input takes a value that it never had. Contributions are the Shapley values
 * of that game (shapley.h) and sum to the forecast less the background's.
 *
 * Two other ways: `gradient` integrates along the straight way from the background to what is
 * planned (Aumann-Shapley values, the integrated gradients of Sundararajan, Taly & Yan 2017, ICML):
 * by the model's own gradients where it has them (the interface's `gradient`: the nets), along the
 * way in its own inputs, on two to 64 places of it until they sum to the difference of the
 * forecasts over the horizon; of any other model by differences, in small steps of all inputs at
 * once. `lime` fits a
 * sparse line to the forecasts of perturbed inputs (lime.h).
 *
 * They say what the model's forecast rests on, which is association: what would happen if a price
 * were changed is asked by skuai_explain_what_if of the model, and of the shop's experiments by
 * room cause. */
#ifndef SKUA_EXPLAIN_EXPLAIN_H
#define SKUA_EXPLAIN_EXPLAIN_H

#include "forecast/forecaster.h"

/* A game's players are at most PLAYERS; a model that speaks for itself may name GROUPS. */
enum { SKUAI_EXPLAIN_GROUPS = 16, SKUAI_EXPLAIN_PLAYERS = 8 };

typedef enum skuai_explain_method {
    SKUAI_EXPLAIN_AUTO,        /* the model's own contributions where it has any, else exact */
    SKUAI_EXPLAIN_OWN,         /* SKUA_ENOTFOUND when the model has none */
    SKUAI_EXPLAIN_EXACT,       /* all coalitions */
    SKUAI_EXPLAIN_KERNEL,      /* kernel SHAP on `samples` coalitions */
    SKUAI_EXPLAIN_PERMUTATION, /* `samples` / groups orders with their reverses */
    SKUAI_EXPLAIN_GRADIENT,    /* integrated gradients at `samples` places of the way; by
                                  differences: in `samples` / groups / 2 steps */
    SKUAI_EXPLAIN_LIME,        /* a sparse line through `samples` perturbed forecasts */
    SKUAI_EXPLAIN_METHODS
} skuai_explain_method;
/* "auto", "own", "exact", "kernel", "permutation", "gradient", "lime". */
const char *skuai_explain_method_name(skuai_explain_method method);

typedef struct skuai_explain_options {
    size_t horizon;
    const double *levels; /* [n_levels] that the model is asked for: a calibrated combination knows
                             its own alone; NULL: what is needed */
    size_t n_levels;
    skuai_explain_method method;
    size_t samples;      /* kernel, permutation, gradient: coalitions asked for, 0: 64 (gradient: as
                            few places as do, or 8 steps); lime: perturbations, 0: 256 */
    size_t backgrounds;  /* windows of the past, >= 1 */
    size_t recent;       /* periods that are recent sales; 0: four seasons, at most a quarter of the
                            history */
    size_t features;     /* lime: most terms of the line; 0: 5 */
    double kernel_width; /* lime: of the weights of perturbations, in standard deviations of the
                            inputs; 0: 3/4 of the root of their number */
    bool whole; /* gradient: of the sum over the horizon, an explanation of one period; a model
                   without gradients is SKUA_ENOTFOUND */
    uint64_t seed;
} skuai_explain_options;

/* A term of LIME's line. */
typedef struct skuai_lime_term {
    char name[SKUAI_INPUT_NAME];    /* "price", "sales 1-7 back" */
    char chinese[SKUAI_INPUT_NAME]; /* the same for Chinese readers */
    double coefficient;             /* units over the horizon by unit of the input */
    double planned, ordinary;       /* the input now and in the windows of the past */
} skuai_lime_term;

typedef struct skuai_lime {
    size_t n_terms, n_features, n_samples;       /* chosen, of so many inputs */
    skuai_lime_term terms[SKUAI_EXPLAIN_GROUPS]; /* as they were chosen */
    double intercept, kernel_width;
    double said, forecast; /* the line's sum over the horizon, and the model's */
} skuai_lime;

typedef struct skuai_explanation {
    size_t n_groups, horizon;
    skuai_explain_method method; /* that was used: never auto */
    skuai_contributions *own;    /* of each input; NULL unless the model spoke for itself */
    skuai_lime *lime;            /* NULL unless that was the method */
    const char *groups[SKUAI_EXPLAIN_GROUPS]; /* "price", "promotion", "calendar", "recent sales",
                                                 or a covariate's name, borrowed from the panel,
                                                 `own` or `lime` */
    double *contribution;                     /* [n_groups, horizon] units */
    double *base;                             /* [horizon] forecast of the background; own: what
                                                 the model says when it knows no input */
    double *forecast;                         /* [horizon] base and contributions */
    double *before; /* [horizon] what was sold in the periods of the same phase before: one season
                       back at least; NaN missing */
    /* Local linear model on present and absent groups: share of the variance of the coalitions
     * asked for that the sum of contributions explains; 1: no interactions; own: NaN. gradient:
     * the share of what the parts moved that they account for before they are made to sum exactly
     * (at least .99 unless nothing moves much); by differences: NaN.
     * lime: the weighted R2 of the line on the quarter of perturbations that it was not fitted to;
     * NaN: they do not move the forecast. */
    double fidelity;
    size_t n_calls;     /* forecasts that were made */
    size_t n_gradients; /* places at which the model gave its gradient; 0: it did not */
} skuai_explanation;

/* Explain series s of the panel, which the model was fitted on (or one like it). SKUA_EDATA: a game
 * on a series with less than 20 periods of history, for there is no background. */
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

/* The forecast if the item of series s had another vector of a modality: units [n] over the horizon
 * of each of vectors [n, width]; a row of NaN is an item without one. What the vectors are made of
 * (words, regions of a picture) the caller knows. SKUA_ERANGE: the panel has no such modality. */
SKUA_MUST_USE skua_status skuai_explain_vectors(const skuai_forecaster *forecaster,
                                                const skuai_model *model, const skuai_panel *panel,
                                                size_t s, size_t modality, const float *vectors,
                                                size_t n, const skuai_explain_options *options,
                                                const skuai_context *context, double *units,
                                                skua_error *err);

/* "12 more than the week before: 8 with the promotion, 5 with the calendar, less 1 with the price."
 * Never says because: it is what the forecast rests on. Into text [size]. */
void skuai_explain_sentence(const skuai_explanation *explanation, bool chinese, char *text,
                            size_t size);
/* A group's name for people, or a covariate's; a shop's own column keeps its name. */
const char *skuai_explain_group_name(const char *group, bool chinese);
/* The same of an input of a model, as "mean_28": "mean sales of the last 28 periods". Into text
 * [size]. */
void skuai_explain_input_name(const skuai_input *input, bool chinese, char *text, size_t size);
/* The same of group g of an explanation, of which LIME's terms have names of their own. */
const char *skuai_explanation_group(const skuai_explanation *explanation, size_t g, bool chinese);

#endif
