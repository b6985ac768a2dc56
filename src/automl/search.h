/* search.h -- which configurations of which families are worth combining (room automl).
 *
 * Asynchronous successive halving (Li et al. 2020, MLSys, "ASHA") over rungs: rung r is one more
 * window of a backtest, so a configuration climbs while it stays among the best 1 / eta of those
 * that reached its rung. New ones come from a tree-structured Parzen estimator (Bergstra et al.
 * 2011, NeurIPS 24): of candidates drawn near the best of what was tried, the one that is
 * likelier there than elsewhere; the first ones are the defaults of each family, those given as
 * warm starts, and random ones.
 *
 * A search knows no model: it proposes specifications (automl/configured.h) and a callback says the
 * loss of one in a window. What was tried follows from the seed and the losses alone; the clock
 * only ends it. So a search can be resumed (losses that are known are not computed again) and
 * replayed (the same number of evaluations, no clock). */
#ifndef SKUA_AUTOML_SEARCH_H
#define SKUA_AUTOML_SEARCH_H

#include "automl/configured.h"
#include "core/random.h"

enum { SKUAI_SEARCH_PARAMETERS = 16, SKUAI_SEARCH_RUNGS = 8, SKUAI_SEARCH_TRIALS = 512 };

typedef enum skuai_range {
    SKUAI_RANGE_CHOICE,  /* one of a list */
    SKUAI_RANGE_LINEAR,  /* a number in [low, high] */
    SKUAI_RANGE_LOG,     /* likewise, on a logarithmic scale, low > 0 */
    SKUAI_RANGE_INTEGER, /* a whole number, on a logarithmic scale, low > 0 */
} skuai_range;

/* A dimension of a space. */
typedef struct skuai_search_parameter {
    const char *name;
    skuai_range range;
    double low, high;
    const char *choices; /* "none|log"; an empty one leaves the parameter out */
} skuai_search_parameter;

/* A family: a forecaster, what is fixed, and what may vary. */
typedef struct skuai_search_family {
    const char *name;  /* "tree-direct" */
    const char *fixed; /* ":rows=100000", or "" */
    const skuai_search_parameter *parameters;
    size_t n;
} skuai_search_family;

typedef struct skuai_trial {
    char specification[SKUAI_SPECIFICATION_SIZE];
    size_t family;                     /* SIZE_MAX: a warm start of none */
    double x[SKUAI_SEARCH_PARAMETERS]; /* in the unit cube */
    size_t n_rungs;                    /* windows that it was judged on */
    double loss[SKUAI_SEARCH_RUNGS];   /* of each; INFINITY: it failed there */
    double seconds;                    /* of all */
} skuai_trial;

typedef struct skuai_search_options {
    const skuai_search_family *families; /* [n_families] */
    size_t n_families;
    const char *const *warm; /* [n_warm] specifications to begin with */
    size_t n_warm;
    size_t rungs;       /* windows, 1 .. SKUAI_SEARCH_RUNGS */
    size_t eta;         /* >= 2 */
    size_t trials;      /* most configurations, <= SKUAI_SEARCH_TRIALS */
    size_t evaluations; /* most evaluations of one window; 0: any number */
    double deadline;    /* skuai_clock(); 0: none. No evaluation is begun that would pass it, going
                         * by what the family needed so far */
    uint64_t seed;
} skuai_search_options;

/* Loss of a specification in rung `rung`; smaller is better. A status but cancel and memory is a
 * failure of the trial alone. */
typedef skua_status (*skuai_search_judge)(void *user, const char *specification, size_t rung,
                                          double *loss, double *seconds, skua_error *err);

typedef struct skuai_search {
    size_t n_trials, n_evaluations;
    skuai_trial
        *trials; /* [n_trials] best first: those judged on most windows, then by mean loss */
} skuai_search;

/* SKUA_EINVAL: options out of range; what judge returned when it ends the search (cancel, memory).
 * Trials may be none: there was no time. */
SKUA_MUST_USE skua_status skuai_search_run(const skuai_search_options *options,
                                           skuai_search_judge judge, void *user,
                                           const skuai_context *context, skuai_search *search,
                                           skua_error *err);
void skuai_search_clear(skuai_search *search); /* a zeroed one is allowed */

/* The specification of a point of a family's cube; text [SKUAI_SPECIFICATION_SIZE]. */
void skuai_search_specify(const skuai_search_family *family, const double *x, char *text);

/* The next point of a family by the Parzen estimator over trials [n] of all families (those of
 * this one that have a first loss count); x [family->n] out. Random while there are few. */
void skuai_search_propose(const skuai_search_family *family, size_t index,
                          const skuai_trial *trials, size_t n, skuai_random *random, double *x);

#endif
