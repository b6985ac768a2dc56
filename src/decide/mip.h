/* mip.h -- mixed integer linear programmes (room decide; solved by CBC).
 *
 * Whether the call worked and what the solver found are two answers: a programme without a solution
 * is a result, not an error. The solver's own figures are not trusted: objective and feasibility
 * are computed anew from the programme. CBC keeps state of its own: one thread of a process at a
 * time. */
#ifndef SKUA_DECIDE_MIP_H
#define SKUA_DECIDE_MIP_H

#include "core/context.h"

/* maximise objective x  with  row_lower <= A x <= row_upper,  lower <= x <= upper,
 * x[j] whole where integer[j]. A by columns. All borrowed; infinities are allowed in bounds. */
typedef struct skuai_mip {
    size_t n_columns, n_rows;
    const double *objective, *lower, *upper; /* [n_columns] */
    const unsigned char *integer;            /* [n_columns] */
    const int *starts;                       /* [n_columns + 1] into rows and values */
    const int *rows;
    const double *values;
    const double *row_lower, *row_upper; /* [n_rows] */
} skuai_mip;

typedef enum skuai_mip_found {
    SKUAI_MIP_OPTIMAL,    /* within the gap asked for */
    SKUAI_MIP_FEASIBLE,   /* time was over: `gap` says how far from the bound at most */
    SKUAI_MIP_INFEASIBLE, /* there is no solution */
    SKUAI_MIP_UNBOUNDED,
    SKUAI_MIP_NOTHING /* time was over before any solution */
} skuai_mip_found;

typedef struct skuai_mip_result {
    skuai_mip_found found;
    double objective; /* of x; NaN without a solution */
    double bound;     /* no solution is better */
    double gap;       /* (bound - objective) / max(1, |objective|) */
} skuai_mip_result;

typedef struct skuai_mip_options {
    double seconds; /* 0: no limit */
    double gap;     /* relative, at which to stop; 0: to the optimum */
} skuai_mip_options;

/* x [n_columns] out: the best solution found; untouched when there is none. SKUA_EINVAL: crossing
 * bounds, naming the column or row; SKUA_ENOTFOUND: CBC is not installed; SKUA_EFOREIGN: it broke
 * a row by more than 1e-6 of its size. */
SKUA_MUST_USE skua_status skuai_mip_solve(const skuai_mip *mip, const skuai_mip_options *options,
                                          double *x, skuai_mip_result *result, skua_error *err);

#endif
