/* optimise.h -- minimisers for the likelihoods of small models (room math).
 *
 * All are deterministic, allocate nothing (scratch is the caller's) and take an objective
 * double f(x, context) that may return NaN or infinity for "not admissible": that counts as worse
 * than any number. Not reaching a tolerance is a field of the result, not an error.
 * [1] Nelder & Mead 1965, Computer Journal 7(4); Lagarias et al. 1998, SIAM J. Optim. 9(1).
 * [2] Gao & Han 2012, Comput. Optim. Appl. 51(1): coefficients that adapt to the dimension.
 * [3] Brent 1973, Algorithms for Minimization without Derivatives, chapters 4 and 5.
 * [4] Nocedal & Wright 2006, Numerical Optimization, 6.1 (BFGS), 3.5 (line search). */
#ifndef SKUA_MATH_OPTIMISE_H
#define SKUA_MATH_OPTIMISE_H

#include "core/error.h"

typedef double (*skuai_objective)(const double *x, void *context);
typedef double (*skuai_objective_1d)(double x, void *context);

typedef struct skuai_optimum {
    double value;       /* f at the returned point */
    size_t evaluations; /* calls of f */
    bool converged;     /* a tolerance was reached before the limit of evaluations */
} skuai_optimum;

typedef struct skuai_simplex_options {
    size_t evaluations;     /* limit of calls of f; 0: 200 per dimension */
    double tolerance_value; /* stop when the simplex' values differ by less, relative */
    double tolerance_point; /* ... and its points by less, absolute in every dimension */
    bool adaptive;          /* coefficients of [2]: better from about 5 dimensions on */
} skuai_simplex_options;
#define SKUAI_SIMPLEX_DEFAULT ((skuai_simplex_options){0, 1e-8, 1e-6, true})

/* Doubles of scratch for skuai_minimise_simplex in n dimensions. */
#define SKUAI_SIMPLEX_SCRATCH(n) (((n) + 4) * ((n) + 1))

/* Nelder-Mead [1] inside a box; points that leave it are moved to its side.
 *   x      [n] in out: start (moved into the box), best point found
 *   low, high [n]  bounds, low <= high; either array may be NULL: unbounded
 *   step   [n]     edges of the first simplex, or NULL: a tenth of the width where the box is
 *                  finite, else 5 % of |x| (0.1 at 0)
 *   scratch [SKUAI_SIMPLEX_SCRATCH(n)]
 * n = 0: f is called once. Without an admissible point the value is infinite and x the start. */
skuai_optimum skuai_minimise_simplex(skuai_objective f, void *context, double *x, size_t n,
                                     const double *low, const double *high, const double *step,
                                     const skuai_simplex_options *options, double *scratch);

/* Brent's minimiser [3] on [low, high]: *x out, accurate to tolerance (absolute; 0: 1e-8 relative
 * to the interval). A local minimum when there are several. */
skuai_optimum skuai_minimise_brent(skuai_objective_1d f, void *context, double low, double high,
                                   double tolerance, double *x);

/* Brent's root finder [3] on [low, high], f of different sign at the ends: *x out.
 * SKUA_EDATA, *x untouched, when the signs agree or a value is NaN. */
SKUA_MUST_USE skua_status skuai_root_brent(skuai_objective_1d f, void *context, double low,
                                           double high, double tolerance, double *x,
                                           skua_error *err);

typedef struct skuai_bfgs_options {
    size_t iterations;         /* 0: 100 */
    double tolerance_value;    /* stop when a step improves f by less, relative */
    double tolerance_gradient; /* ... or when the largest |gradient| is below */
    double difference;         /* step of numerical gradients, relative to max(|x|, 1) */
} skuai_bfgs_options;
#define SKUAI_BFGS_DEFAULT ((skuai_bfgs_options){0, 1e-10, 1e-7, 1e-5})

/* Doubles of scratch for skuai_minimise_bfgs. */
#define SKUAI_BFGS_SCRATCH(n) ((n) * (n) + 6 * (n))

/* g [n] out: gradient of f at x. */
typedef void (*skuai_gradient)(const double *x, double *g, void *context);

/* Quasi-Newton descent [4], unbounded. gradient NULL: central differences (2 n calls of f each,
 * one-sided where the other side is not admissible). x [n] in out as above. */
skuai_optimum skuai_minimise_bfgs(skuai_objective f, skuai_gradient gradient, void *context,
                                  double *x, size_t n, const skuai_bfgs_options *options,
                                  double *scratch);

#endif
