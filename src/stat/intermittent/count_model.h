/* count_model.h -- a dynamic count model of one series, its settings shared by a panel (room stat).
 *
 * History y_1 ... y_n (whole numbers of a unit; NaN missing), seasonal factors f, decay d:
 *
 *   level      l = (sum_k d^k y_(n-k) + b M) / (sum_k d^k f_(n-k) + b)             [1]
 *              the mean of a gamma prior (weight b, mean M) after decayed Poisson evidence;
 *   own mean   M = (sum y + c P) / (sum f + c), P the panel's mean: empirical Bayes       [2]
 *   factors    f_j = g_j^a (1 - s_j) + r_j s_j with g the panel's seasonal shape, r_j the series'
 * own ratio to the means of its years, s_j = I_j / (I_j + c_s), I_j the information of a negative
 * binomial in the periods of that season excess     v(m) = exp(-(e_0 + e_1 log m)) over the panel,
 * moved towards the series' own one-step errors; grows with the horizon by u a period ended      z
 * = 1 / (1 + exp(-(z_0 + z_1 log(1 + periods since the last demand))))      [3]
 *
 * and the forecast of horizon h is the mixture of count_mixture.h with mean l f_h, excess v,
 * concentration k and the own past values y_t f_h / f_t weighted by (their own decay)^age.
 * [1] Harvey & Fernandes 1989, J. Business & Economic Statistics 7(4) 407-417.
 * [2] Robbins 1956; Gelman et al. 2013, Bayesian Data Analysis, 2.7.
 * [3] Teunter, Syntetos & Babai 2011, Eur. J. Operational Research 214(3) (obsolescence). */
#ifndef SKUA_STAT_INTERMITTENT_COUNT_MODEL_H
#define SKUA_STAT_INTERMITTENT_COUNT_MODEL_H

#include "core/alloc.h"
#include "stat/intermittent/count_mixture.h"

#include <stdint.h>

/* Settings as they are searched, all unbounded in meaning; names in skuai_count_setting_names. */
enum {
    SKUAI_COUNT_DECAY,         /* logit of d */
    SKUAI_COUNT_OWN,           /* log b */
    SKUAI_COUNT_PANEL,         /* log c P: shape of the panel's gamma prior */
    SKUAI_COUNT_EXCESS,        /* e_0 */
    SKUAI_COUNT_EXCESS_SLOPE,  /* e_1 */
    SKUAI_COUNT_EXCESS_PRIOR,  /* log of the periods that the panel's excess weighs */
    SKUAI_COUNT_EXCESS_GROWTH, /* log u */
    SKUAI_COUNT_CONCENTRATION, /* log k */
    SKUAI_COUNT_HISTORY_DECAY, /* logit of the decay of own values */
    SKUAI_COUNT_ENDED,         /* z_0 */
    SKUAI_COUNT_ENDED_SLOPE,   /* z_1 */
    SKUAI_COUNT_SEASON_OWN,    /* log c_s; SKUAI_COUNT_NO_SEASON: no factors at all */
    SKUAI_COUNT_SEASON_PANEL,  /* a, 0 ... 1.5 */
    SKUAI_COUNT_SETTINGS
};
extern const char *const skuai_count_setting_names[SKUAI_COUNT_SETTINGS];
extern const double skuai_count_setting_low[SKUAI_COUNT_SETTINGS];
extern const double skuai_count_setting_high[SKUAI_COUNT_SETTINGS];
/* What to start from, and what serves where there is nothing to learn from: learnt on the training
 * parts of car parts, hospital and fresh retail. */
extern const double skuai_count_setting_default[SKUAI_COUNT_SETTINGS];

#define SKUAI_COUNT_NO_SEASON 8.0

/* A series, prepared. Borrowed everywhere below. */
typedef struct skuai_count_series {
    const double *y;       /* [n] whole numbers >= 0 of the unit, or NaN */
    const uint32_t *order; /* [n] indices of y by increasing value, NaN last */
    const uint32_t *rank;  /* [n] where each stands in that order */
    size_t n;
    int season;    /* m >= 1 */
    int64_t phase; /* y[t] belongs to season (phase + t) mod m, phase >= 0 */
} skuai_count_series;

/* What a panel says before a series speaks. */
typedef struct skuai_count_prior {
    double mean;         /* P > 0 */
    const double *shape; /* [m] g, mean 1; NULL: none */
} skuai_count_prior;

/* Everything that one series at one origin needs for forecasts of any horizon. */
typedef struct skuai_count_state {
    double level, excess, growth, zero, concentration;
    double known;     /* periods of evidence behind the level */
    double *factor;   /* [m] */
    double *value;    /* [n] own values by size, deseasonalised */
    double *weight;   /* [n] */
    uint64_t *marked; /* [n / 64 + 1] bits of ranks, all 0 between calls */
    size_t n_values;
    double weight_sum;
    bool flat;                             /* every factor is 1: own values need no moving */
    double *moved, *moved_weight;          /* [n] scratch of skuai_count_state_mixture */
    double *seen, *expected, *information; /* [m] scratch of the factors */
    size_t origin;
} skuai_count_state;

/* order and rank [n] of y, by scratch [n]. n < 2^32. */
void skuai_count_order(const double *y, size_t n, size_t *scratch, uint32_t *order, uint32_t *rank);

/* Storage for series of at most n periods and season m: from the arena, reused at will. */
SKUA_MUST_USE skua_status skuai_count_state_new(skuai_arena *arena, size_t n, int season,
                                                skuai_count_state *state, skua_error *err);

/* Learn from y[0 .. origin), origin >= 1. Allocates nothing. */
void skuai_count_state_learn(skuai_count_state *state, const skuai_count_series *series,
                             size_t origin, const double *settings, const skuai_count_prior *prior);

/* The forecast of horizon h >= 0 periods after the origin's first; it borrows from the state and
 * holds until the next call. */
void skuai_count_state_mixture(skuai_count_state *state, const skuai_count_series *series, size_t h,
                               skuai_count_mixture *mixture);

/* Correlation of the counts of two periods one apart, given the history: what they share is that
 * the level is not known and that demand may have ended. In [0, 0.9]. */
double skuai_count_state_dependence(const skuai_count_state *state);

/* The largest of 1, 1/2, 1/4, 1/5, 1/10, 1/20, 1/100 of which all values are whole multiples, else
 * a two-hundredth of their mean (0 values: 1). Values that are NaN are passed over. */
double skuai_count_unit(const double *y, size_t n);

#endif
