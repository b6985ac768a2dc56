/* special.h -- log-gamma, incomplete gamma and beta functions (room math).
 *
 * Relative accuracy about 1e-13 for arguments up to 1e8. Written without libm's lgamma(), which
 * writes a global variable.
 * [1] Abramowitz & Stegun 1964: 6.1.41 (Stirling), 6.5.29 and 6.5.31 (incomplete gamma), 26.5.8
 *     (incomplete beta, continued fraction).
 * [2] Loader 2000, Fast and accurate computation of binomial probabilities: the deviance and
 *     Stirling-error terms that keep x^a e^-x / Gamma(a) exact where the factors are huge.
 * [3] Lentz 1976, Applied Optics 15(3): evaluation of continued fractions. */
#ifndef SKUA_MATH_SPECIAL_H
#define SKUA_MATH_SPECIAL_H

/* log |Gamma(x)| for x > 0; infinite at 0, NaN below. */
double skuai_log_gamma(double x);
/* log B(a, b), a, b > 0. */
double skuai_log_beta(double a, double b);
/* d/dx log Gamma(x) and its derivative, x > 0; NaN otherwise. */
double skuai_digamma(double x);
double skuai_trigamma(double x);

/* log Gamma(x + 1) minus Stirling's formula, x >= 0 [2]. */
double skuai_stirling_error(double x);
/* x log(x / m) + m - x without cancellation, x >= 0, m > 0 [2]. */
double skuai_deviance(double x, double m);

/* Regularised incomplete gamma function P(a, x) = 1 - Q(a, x), a > 0, x >= 0; NaN otherwise.
 * Each of the two is accurate where it is small. */
double skuai_gamma_lower(double a, double x);
double skuai_gamma_upper(double a, double x);

/* Regularised incomplete beta function I_x(a, b), a, b > 0, with y = 1 - x given apart so that
 * neither end loses digits; NaN outside. */
double skuai_beta_incomplete(double a, double b, double x, double y);

#endif
