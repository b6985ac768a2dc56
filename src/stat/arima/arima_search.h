/* arima_search.h -- the order of an ARIMA model chosen by the data (room stat).
 *
 * The stepwise search of Hyndman & Khandakar (2008, J. Stat. Software 27(3)): from four models to
 * start with, neighbours that differ by one in p, q, P, Q, in two of them, or in the constant,
 * moving whenever the criterion falls. Every candidate is judged by its exact likelihood (there is
 * no approximation to refit), starting from its neighbour's estimates. A model with a root nearer
 * than 1.01 to the unit circle does not count. */
#ifndef SKUA_STAT_ARIMA_ARIMA_SEARCH_H
#define SKUA_STAT_ARIMA_ARIMA_SEARCH_H

#include "stat/arima/arima_model.h"

typedef struct skuai_arima_limits {
    int p, q, P, Q; /* the largest orders to try */
    skuai_arima_criterion criterion;
    bool without_constant, with_constant; /* may a model have none, or one */
    bool thorough; /* mixed models are started twice: half as fast, and seldom better */
} skuai_arima_limits;

/* Limits for a sample of `observed` values: at most 5 and 2, a third of the observations, less than
 * a season. */
skuai_arima_limits skuai_arima_limits_for(size_t observed, int season,
                                          skuai_arima_criterion criterion);

#define SKUAI_ARIMA_KEPT 12 /* models that a search keeps */

typedef struct skuai_arima_choice {
    skuai_arima_fit fit[SKUAI_ARIMA_KEPT]; /* [n] the best ones, best first; all admissible */
    double value[SKUAI_ARIMA_KEPT];        /* [n] their criterion */
    size_t n;
    size_t tried; /* models fitted */
} skuai_arima_choice;

/* Search; the best model is estimated to full precision, the others as the search left them.
 * SKUA_ESINGULAR when no model could be fitted. */
SKUA_MUST_USE skua_status skuai_arima_search(skuai_arima_sample *sample,
                                             const skuai_arima_limits *limits,
                                             skuai_arima_choice *choice, skua_error *err);

/* Fit one given order as well as can be: several starts, tight tolerance. */
SKUA_MUST_USE skua_status skuai_arima_fit_order(skuai_arima_sample *sample,
                                                const skuai_arima_order *order,
                                                skuai_arima_fit *fit, skua_error *err);

#endif
