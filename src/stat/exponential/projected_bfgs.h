/* projected_bfgs.h -- quasi-Newton descent inside a box, for smooth likelihoods with a dear
 * gradient (room stat).
 * Two-metric projection (Bertsekas 1982, SIAM J. Control Optim. 20(2)): coordinates at a bound
 * whose gradient points outwards are held, the others take a BFGS step (Nocedal & Wright 2006, 6.1)
 * that is projected back into the box; backtracking until Armijo's condition holds. */
#ifndef SKUA_STAT_EXPONENTIAL_PROJECTED_BFGS_H
#define SKUA_STAT_EXPONENTIAL_PROJECTED_BFGS_H

#include <stddef.h>

typedef struct skuai_projected_problem {
    size_t n;
    const double *low, *high; /* [n], infinite where there is no bound */
    /* Value at x; INFINITY where x is not admissible. */
    double (*value)(void *context, const double *x);
    /* gradient [n] at the x of the last call of value, which was finite. */
    void (*gradient)(void *context, const double *x, double *gradient);
    void *context;
    size_t iterations; /* at most */
    double tolerance;  /* stop when two steps running, or the model, promise less than this */
} skuai_projected_problem;

#define SKUAI_PROJECTED_SCRATCH(n) ((n) * (n) + 6 * (n))

/* x [n] in out: a start inside the box with a finite value; the best point found.
 * scratch [SKUAI_PROJECTED_SCRATCH(n)]. Returns the value at x. */
double skuai_projected_bfgs(const skuai_projected_problem *problem, double *x, double *scratch);

#endif
