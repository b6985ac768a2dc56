/* ets_space.h -- the innovations state space recursions of exponential smoothing: likelihood and
 * its gradient (room stat).
 *
 * Model [1], with level l, growth b, seasonal s, error e_t = y_t - f_t:
 *   base      q = l                 (no trend)      l + phi b         (additive)   l b^phi (mult.)
 *   forecast  f = q                 (no season)     q + s             (additive)   q s     (mult.)
 *   level     l' = q + alpha d      d = e, or e / s (multiplicative season)
 *   growth    b' = phi b + beta d   (additive)      b^phi + beta d / l             (multiplicative)
 *   season    s' = s + gamma e      (additive)      s + gamma e / q                (multiplicative)
 * The recursions do not depend on the kind of error; the likelihood does. It is minus twice the
 * log likelihood less a constant, the variance concentrated out ([1] equation 5.3):
 *   additive error        n log sum e^2
 *   multiplicative error  n log sum (e / f)^2 + 2 sum log f     (needs every f > 0)
 * The gradient comes from the adjoint recursion, at about the cost of one more likelihood,
 * whatever the number of states.
 * [1] Hyndman, Koehler, Ord & Snyder 2008, Forecasting with Exponential Smoothing. */
#ifndef SKUA_STAT_EXPONENTIAL_ETS_SPACE_H
#define SKUA_STAT_EXPONENTIAL_ETS_SPACE_H

#include "core/alloc.h"

typedef enum skuai_ets_kind {
    SKUAI_ETS_NONE,
    SKUAI_ETS_ADDITIVE,
    SKUAI_ETS_MULTIPLICATIVE
} skuai_ets_kind;

typedef struct skuai_ets_form {
    skuai_ets_kind error; /* additive or multiplicative */
    skuai_ets_kind trend, season;
    bool damped; /* only with a trend */
} skuai_ets_form;

/* "ets(A,Ad,M)"; text holds at least 16 bytes and is returned. */
char *skuai_ets_form_text(const skuai_ets_form *form, char *text);

/* Places in a parameter or gradient vector of 6 + m numbers. The vector always has all of them;
 * those that the form lacks are not read, and their gradient is 0. */
enum {
    SKUAI_ETS_ALPHA,
    SKUAI_ETS_BETA,
    SKUAI_ETS_GAMMA,
    SKUAI_ETS_PHI,
    SKUAI_ETS_LEVEL,  /* l before the first observation */
    SKUAI_ETS_GROWTH, /* b before it */
    SKUAI_ETS_SEASON  /* [m] the seasonal states of the first m observations */
};

/* One series and room for a pass over it. */
typedef struct skuai_ets_space {
    const double *y; /* [n] borrowed, finite */
    size_t n, m;     /* m: season, 1 for none */
    double scale;    /* mean |y|, or 1 when that is 0 */
    double *level;   /* [n + 1] l before each observation, and behind the last */
    double *growth;  /* [n + 1] */
    double *season;  /* [n + m] the seasonal state that observation t meets; the last m are final */
    double *power;   /* [n] growth ^ phi (damped multiplicative trend) */
    double *error;   /* [n] e, or e / f with multiplicative errors */
    double *adjoint; /* [n + m] of the seasonal states */
    double squares;  /* sum of error^2 of the last pass */
} skuai_ets_space;

/* Room for a series, from the arena. */
SKUA_MUST_USE skua_status skuai_ets_space_init(skuai_ets_space *space, const double *y, size_t n,
                                               size_t m, skuai_arena *arena, skua_error *err);

/* A pass over the series; returns the likelihood above, or INFINITY where the form does not allow
 * the states that came up (a forecast, level or season that must be positive is not). */
double skuai_ets_space_pass(skuai_ets_space *space, const skuai_ets_form *form,
                            const double *parameters);

/* gradient [6 + m] of the likelihood at the parameters of the last pass, which was finite. */
void skuai_ets_space_gradient(skuai_ets_space *space, const skuai_ets_form *form,
                              const double *parameters, double *gradient);

#endif
