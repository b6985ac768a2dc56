/* theta_model.h -- the theta models of one series without season (room stat).
 *
 * The four models of [2], which contain the standard theta method of [1] (shown by [3] to be simple
 * exponential smoothing with drift): with level l, line a + b t, and w = 1 - 1/theta,
 *   f_t = l_{t-1} + w (a (1 - alpha)^t + b (1 - (1 - alpha)^{t+1}) / alpha),   t = 0, 1, ...
 *   l_t = alpha y_t + (1 - alpha) l_{t-1}
 * The line is that of least squares over the whole series, or, dynamic, over the values so far;
 * w is 1/2 (theta = 2), or optimised in [0, 1] (theta >= 1). alpha lies in [0.1, 0.99].
 * Estimation minimises the sum of squared one-step errors from the fourth observation on. For a
 * given alpha the forecasts are linear in the initial level and in w, so these are solved for
 * exactly and only alpha is searched for.
 * [1] Assimakopoulos & Nikolopoulos 2000, Int. J. Forecasting 16(4).
 * [2] Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler 2016, Int. J. Forecasting 32(4).
 * [3] Hyndman & Billah 2003, Int. J. Forecasting 19(2). */
#ifndef SKUA_STAT_EXPONENTIAL_THETA_MODEL_H
#define SKUA_STAT_EXPONENTIAL_THETA_MODEL_H

#include "stat/exponential/multistep.h"

#define SKUAI_THETA_LEAST 5 /* observations */

typedef struct skuai_theta_model {
    bool dynamic, optimised;
    size_t n;
    double alpha, weight;                 /* w */
    double initial_level;                 /* l before the first observation */
    double squares;                       /* sum of squared errors from the fourth observation on */
    double variance;                      /* of those errors, unbiased for the parameters */
    double level, mean, intercept, slope; /* behind the last observation */
} skuai_theta_model;

/* Fit one model to y [n], n >= SKUAI_THETA_LEAST. SKUA_EDATA when it is shorter. */
SKUA_MUST_USE skua_status skuai_theta_fit(const double *y, size_t n, bool dynamic, bool optimised,
                                          skuai_arena *arena, skuai_theta_model *model,
                                          skua_error *err);

/* Point forecasts mean [H] and their variances [H]: the recursion is linear in the errors, so the
 * variances are exact for errors of constant variance. */
void skuai_theta_forecast(const skuai_theta_model *model, size_t horizon, double *mean,
                          double *variance);

/* Add weight times the model's errors on y [n] to steps. */
void skuai_theta_errors(const skuai_theta_model *model, const double *y, double weight,
                        skuai_multistep *steps);

#endif
