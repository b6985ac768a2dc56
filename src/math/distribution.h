/* distribution.h -- densities, distribution functions and quantiles (room math).
 *
 * All take parameters as core/random.h does: gamma has scale 1 times `scale`, the negative binomial
 * is given by mean and size (variance mean + mean^2 / size; size infinite: Poisson). Counts are
 * doubles; a probability mass at a number that is none is 0. A parameter outside its range, a
 * level outside [0, 1] or a NaN gives NaN, never an error. Quantiles of discrete distributions are
 * the least k with cdf(k) >= p. Of any thread, nothing is allocated.
 * [1] Wichura 1988, Applied Statistics 37(3): AS 241, the normal quantile to 1e-16.
 * [2] Loader 2000: binomial probabilities by saddle point.
 * [3] Cornish & Fisher 1937; Wilson & Hilferty 1931: starting points of the quantiles, which are
 *     then brought to full precision by safeguarded Newton steps. */
#ifndef SKUA_MATH_DISTRIBUTION_H
#define SKUA_MATH_DISTRIBUTION_H

double skuai_normal_pdf(double x); /* mean 0, deviation 1 */
double skuai_normal_cdf(double x);
double skuai_normal_quantile(double p); /* -inf at 0, inf at 1 */

double skuai_student_pdf(double x, double df); /* df > 0; infinite: normal */
double skuai_student_cdf(double x, double df);
double skuai_student_quantile(double p, double df);

double skuai_gamma_pdf(double x, double shape, double scale); /* shape, scale > 0 */
double skuai_gamma_cdf(double x, double shape, double scale);
double skuai_gamma_quantile(double p, double shape, double scale);

double skuai_chi_squared_cdf(double x, double df);

double skuai_beta_pdf(double x, double a, double b); /* a, b > 0 */
double skuai_beta_cdf(double x, double a, double b);
double skuai_beta_quantile(double p, double a, double b);

double skuai_fisher_cdf(double x, double df1, double df2); /* F distribution */

double skuai_poisson_pmf(double k, double mean); /* mean >= 0 */
double skuai_poisson_cdf(double k, double mean);
double skuai_poisson_quantile(double p, double mean);

double skuai_negative_binomial_pmf(double k, double mean, double size); /* mean >= 0, size > 0 */
double skuai_negative_binomial_cdf(double k, double mean, double size);
double skuai_negative_binomial_quantile(double p, double mean, double size);

double skuai_binomial_pmf(double k, double n, double p); /* n >= 0 whole, p in [0, 1] */
double skuai_binomial_cdf(double k, double n, double p);
double skuai_binomial_quantile(double level, double n, double p);

#endif
