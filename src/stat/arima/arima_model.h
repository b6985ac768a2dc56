/* arima_model.h -- a seasonal ARIMA model: its sample, its exact likelihood, its fit (room stat).
 *
 *   phi(B) Phi(B^m) ((1-B)^d (1-B^m)^D y_t - c) = theta(B) Theta(B^m) e_t,   e_t ~ N(0, sigma^2)
 *
 * with phi(B) = 1 - phi_1 B - ... and theta(B) = 1 + theta_1 B + ... . The likelihood is the exact
 * Gaussian one of the differenced series, which is what a diffuse start of the Kalman filter on y
 * gives (Box, Jenkins & Reinsel 1994, chapter 7; Durbin & Koopman 2012, chapter 5). sigma^2, c and
 * the missing values are concentrated out: c by generalised least squares, a missing value as a
 * regressor that is 1 there and 0 elsewhere before differencing, with the determinant that makes
 * this equal to skipping it in the filter (Gomez, Maravall & Pena 1999, J. Econometrics 88).
 *
 * What is left, sum(innovations^2 / f) * det^(1/n), is a sum of squares, minimised by
 * Levenberg-Marquardt over partial autocorrelations (Monahan 1984, Biometrika 71(2)), so that every
 * step is stationary and invertible. */
#ifndef SKUA_STAT_ARIMA_ARIMA_MODEL_H
#define SKUA_STAT_ARIMA_ARIMA_MODEL_H

#include "stat/arima/arma_filter.h"

#define SKUAI_ARIMA_TERMS 24 /* the most p + q + P + Q of a model */

typedef struct skuai_arima_order {
    int p, d, q, P, D, Q; /* each >= 0 */
    int season;           /* m, >= 1; P, D and Q are 0 when it is 1 */
    bool constant;        /* c is estimated (mean, drift or seasonal drift); else it is 0 */
} skuai_arima_order;

/* A series differenced d and D times, with everything that its models need to be fitted. */
typedef struct skuai_arima_sample {
    int d, D, season;
    const double *y;       /* [n] borrowed; missing values filled by a guess */
    size_t n;              /* periods */
    const size_t *missing; /* [n_missing] borrowed: periods whose value in y is a guess */
    size_t n_missing;
    size_t length;        /* n - d - D * season: periods of the differenced series */
    double **columns;     /* [2 + n_missing] arrays [length]: series, one a missing value, ones */
    double **innovations; /* [2 + n_missing] arrays [length] */
    skuai_arma_filter *filter;
    double *ar, *ma;    /* [capacity] polynomials multiplied out */
    double *residual;   /* [2, length] scaled innovations of the best and the tried parameters */
    double *jacobian;   /* [SKUAI_ARIMA_TERMS, length] */
    double *normal;     /* [2, k, k] for k = max(SKUAI_ARIMA_TERMS, 1 + n_missing) */
    size_t evaluations; /* of the likelihood so far */
} skuai_arima_sample;

typedef enum skuai_arima_criterion {
    SKUAI_ARIMA_AICC,
    SKUAI_ARIMA_AIC,
    SKUAI_ARIMA_BIC
} skuai_arima_criterion;

typedef struct skuai_arima_fit {
    skuai_arima_order order;
    bool estimated; /* the members below hold an evaluation */
    /* Partial autocorrelations u as u / sqrt(1 - u^2): of phi [p], theta [q], Phi [P], Theta [Q],
     * one behind the other. */
    double raw[SKUAI_ARIMA_TERMS];
    /* The coefficients phi_1.., theta_1.., Phi_1.., Theta_1.., in the same order. */
    double coefficient[SKUAI_ARIMA_TERMS];
    double constant;       /* c; of the differenced series */
    double sum_squares;    /* of the innovations over their f */
    double log_likelihood; /* at the maximum over c and sigma^2 */
    double criterion[3];   /* by skuai_arima_criterion; infinite: too few observations */
} skuai_arima_fit;

/* Number of phi, theta, Phi, Theta. */
size_t skuai_arima_terms(const skuai_arima_order *order);
/* Degree of the largest polynomial, multiplied out. */
size_t skuai_arima_degree(const skuai_arima_order *order);
/* Parameters counted by the criteria: terms, constant, sigma^2. */
size_t skuai_arima_parameters(const skuai_arima_order *order);

/* Difference y [n] and take all work space, for models up to degree `capacity`. y and missing are
 * borrowed by the sample. SKUA_EDATA when nothing is left after differencing or of the
 * observations. */
SKUA_MUST_USE skua_status skuai_arima_sample_new(const double *y, size_t n, const size_t *missing,
                                                 size_t n_missing, int d, int D, int season,
                                                 size_t capacity, skuai_arena *arena,
                                                 skuai_arima_sample **sample, skua_error *err);

/* Exact likelihood at given coefficients (order and coefficient of fit are read, all else written;
 * raw is not touched). missing_value [n_missing] out, or NULL: estimates less the guesses.
 * false: not stationary, or numbers failed. */
bool skuai_arima_evaluate(skuai_arima_sample *sample, skuai_arima_fit *fit, double *missing_value);

/* The criterion of the last `common` observations given those before them, at the fit's
 * coefficients: comparable between models that differ in d or D, as long as common <= length of
 * each of their samples (which have no gaps). Infinite where it cannot be had. */
double skuai_arima_conditional(skuai_arima_sample *sample, const skuai_arima_fit *fit,
                               size_t common, skuai_arima_criterion criterion);

/* Maximise the likelihood from fit->raw (order is read too) until a step gains less than
 * `tolerance` in the log-likelihood, or `steps` steps. false: no likelihood at the start. */
bool skuai_arima_maximise(skuai_arima_sample *sample, skuai_arima_fit *fit, double tolerance,
                          int steps);

/* raw of given coefficients; false where they are not stationary and invertible. */
bool skuai_arima_raw(const skuai_arima_order *order, const double *coefficient, double *raw);

/* Whether every root of all four polynomials, multiplied out, has modulus > `least`. */
bool skuai_arima_is_regular(const skuai_arima_order *order, const double *coefficient,
                            double least);

/* Multiply out: ar, ma [degrees p + P m, q + Q m]; ar in the sense of the filter. */
void skuai_arima_polynomials(const skuai_arima_order *order, const double *coefficient, double *ar,
                             double *ma);

#endif
