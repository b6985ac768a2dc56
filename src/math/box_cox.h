/* box_cox.h -- the Box-Cox transformation and the choice of its parameter (room math).
 * [1] Box & Cox 1964, J. Royal Statistical Society B 26(2).
 * [2] Bickel & Doksum 1981, JASA 76(374): the form for values of either sign.
 * [3] Guerrero 1993, J. Forecasting 12(1): lambda that makes the deviation proportional to the
 *     right power of the level, by season.
 * [4] Hyndman & Athanasopoulos 2021, Forecasting: Principles and Practice, 5.6: the mean after
 *     back-transformation. */
#ifndef SKUA_MATH_BOX_COX_H
#define SKUA_MATH_BOX_COX_H

#include "core/error.h"

/* (sign(x) |x|^lambda - 1) / lambda, or log x for lambda 0. NaN where that is not defined: x <= 0
 * for lambda 0, x < 0 for lambda < 0. */
double skuai_box_cox(double x, double lambda);

/* Its inverse. For lambda < 0 the image ends at -1 / lambda: infinite from there on. */
double skuai_box_cox_inverse(double z, double lambda);

/* The mean of the inverse of a variable of mean z and variance `variance` on the transformed scale,
 * to second order [4]; with variance 0 the plain inverse, which is the median. */
double skuai_box_cox_inverse_mean(double z, double variance, double lambda);

void skuai_box_cox_array(const double *x, size_t n, double lambda, double *out);

/* Guerrero's lambda [3] in [low, high] from subseries of one period (the first n mod period values
 * are left out, as are subseries with a NaN). period < 2: subseries of 2 as in R. scratch
 * [2 (n / period)]. SKUA_EDATA: fewer than two subseries, or a value not > 0. */
SKUA_MUST_USE skua_status skuai_box_cox_guerrero(const double *x, size_t n, size_t period,
                                                 double low, double high, double *scratch,
                                                 double *lambda, skua_error *err);

/* Maximum-likelihood lambda [1] in [low, high]: x independent around a mean after transformation.
 * scratch [n]. SKUA_EDATA: constant, or a value not > 0 and finite. */
SKUA_MUST_USE skua_status skuai_box_cox_likelihood(const double *x, size_t n, double low,
                                                   double high, double *scratch, double *lambda,
                                                   skua_error *err);

#endif
