/* arma_filter.h -- innovations of a stationary ARMA process, exactly and in O(n r) (room stat).
 *
 *   w_t = sum_j ar[j] w_{t-1-j} + e_t + sum_j ma[j] e_{t-1-j},   e_t ~ N(0, sigma^2)
 *
 * State (Akaike 1974, Ann. Inst. Stat. Math. 26; in r = max(p, q) as Pearlman 1980, Biometrika
 * 67(1)): x_t[i] = E(w_{t+i} | past), i = 0 .. r-1; x_{t+1} = F x_t + g e_t, where F shifts and
 * closes with the AR polynomial and g = (psi_1 .. psi_r). The Kalman filter starts at the
 * stationary law; as the variance of the state then falls by a matrix of rank one a step, gain K_t,
 * that direction L_t and the innovation variance f_t obey the recursions of Morf, Sidhu and Kailath
 * (1974, IEEE Trans. AC 19(4); Herbst 2015, Computational Economics 45), which need no r x r
 * matrix:
 *
 *   f_{t+1} = f_t - c_t L_t[0]^2          K_{t+1} = K_t - c_t L_t[0] F L_t
 *   L_{t+1} = F L_t - K_{t+1} L_t[0]/f_{t+1}         c_{t+1} = c_t f_{t+1} / f_t
 *
 * from f_1 = gamma(0), K_1 = L_1 = gamma(1..r), c_1 = 1/f_1 (gamma: autocovariances over sigma^2).
 * Once f is 1 and K is g the filter is steady and the plain difference equation goes on.
 *
 * Several columns (the series, regressors, one dummy a missing value) pass through the same filter:
 * generalised least squares then is ordinary least squares on the scaled innovations. */
#ifndef SKUA_STAT_ARIMA_ARMA_FILTER_H
#define SKUA_STAT_ARIMA_ARMA_FILTER_H

#include "core/alloc.h"

/* The coefficients of a polynomial that are not 0. */
typedef struct skuai_arma_lags {
    size_t n;
    size_t *lag;   /* [n] ascending, >= 1 */
    double *value; /* [n] */
} skuai_arma_lags;

typedef struct skuai_arma_filter {
    size_t capacity;  /* the largest p and q it takes */
    size_t p, q;      /* degrees of the polynomials that are set */
    size_t dimension; /* r = max(p, q, 1) */
    skuai_arma_lags ar, ma;
    double *gamma;  /* [r + 1] autocovariances over sigma^2 */
    double *psi;    /* [r + 1] weights of e_{t-k} in w_t, psi[0] = 1; g is psi[1 ..] */
    double *gain;   /* [r] K */
    double *step;   /* [r + 1] L, the last entry 0 */
    double *state;  /* [columns, r + 1] x, the last entry of each 0 */
    double *work;   /* scratch of the autocovariances */
    size_t columns; /* the most columns it takes */
} skuai_arma_filter;

/* A filter for polynomials up to degree `capacity`, in the arena. NULL: out of memory. */
SKUA_MUST_USE skuai_arma_filter *skuai_arma_filter_new(skuai_arena *arena, size_t capacity,
                                                       size_t columns);

/* Set the polynomials ar [p] and ma [q] (degrees <= capacity) and compute gamma. false: not
 * stationary, or too near to it for numbers. O(r^2). */
bool skuai_arma_filter_set(skuai_arma_filter *filter, const double *ar, size_t p, const double *ma,
                           size_t q);

/* Scaled innovations of n_columns series of length n.
 *   values      [n_columns] arrays [n]
 *   innovations [n_columns] arrays [n] out: v_t / sqrt(f_t)
 *   log_determinant out: sum of log f_t
 *   tolerance   how near f must come to 1 before the filter counts as steady; negative: never, and
 *               then filter->state holds x_{n+1} of column c afterwards, at
 *               [c * (capacity + 1)]
 * false: a number lost its meaning (outputs undefined). */
bool skuai_arma_filter_run(skuai_arma_filter *filter, size_t n, size_t n_columns,
                           const double *const *values, double *const *innovations,
                           double tolerance, double *log_determinant);

/* Variance (over sigma^2) of the state after n periods of full observation: variance [r, r] out.
 * Runs the recursions anew: O(n r^2). false as above. */
bool skuai_arma_filter_variance(skuai_arma_filter *filter, size_t n, double *variance);

#endif
