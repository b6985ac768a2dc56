#include "decide/mip.h"

#include "core/alloc.h"
#include "decide/cbc_library.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static skua_status check(const skuai_mip *m, skua_error *err) {
    if (m->n_columns >= INT_MAX || m->n_rows >= INT_MAX)
        return skuai_error_set(err, SKUA_EINVAL, "an integer programme of %zu columns",
                               m->n_columns);
    for (size_t j = 0; j < m->n_columns; j++)
        if (!(m->lower[j] <= m->upper[j]) || !isfinite(m->objective[j]))
            return skuai_error_set(err, SKUA_EINVAL,
                                   "integer programme: column %zu has the bounds %g and %g and the "
                                   "value %g",
                                   j, m->lower[j], m->upper[j], m->objective[j]);
    for (size_t i = 0; i < m->n_rows; i++)
        if (!(m->row_lower[i] <= m->row_upper[i]))
            return skuai_error_set(err, SKUA_EINVAL,
                                   "integer programme: row %zu has the bounds %g and %g", i,
                                   m->row_lower[i], m->row_upper[i]);
    return SKUA_OK;
}

/* Objective of x from the programme itself, whole numbers made whole; false when a row is broken.
 */
static bool evaluate(const skuai_mip *m, double *x, double *activity, double *scale,
                     double *objective) {
    *objective = 0;
    memset(activity, 0, m->n_rows * sizeof *activity);
    for (size_t i = 0; i < m->n_rows; i++)
        scale[i] = 1;
    for (size_t j = 0; j < m->n_columns; j++) {
        if (m->integer[j]) x[j] = round(x[j]);
        *objective += m->objective[j] * x[j];
        for (int k = m->starts[j]; k < m->starts[j + 1]; k++) {
            activity[m->rows[k]] += m->values[k] * x[j];
            scale[m->rows[k]] += fabs(m->values[k] * x[j]);
        }
    }
    for (size_t i = 0; i < m->n_rows; i++) {
        double slack = 1e-6 * scale[i];
        if (!(activity[i] >= m->row_lower[i] - slack && activity[i] <= m->row_upper[i] + slack))
            return false;
    }
    return true;
}

static void load(const skuai_cbc_library *cbc, Cbc_Model *model, const skuai_mip *m,
                 const skuai_mip_options *options) {
    char text[64];
    cbc->Cbc_setLogLevel(model, 0);
    cbc->Cbc_setParameter(model, "log", "0");
    cbc->Cbc_setParameter(model, "timeMode", "elapsed");
    if (options->seconds > 0) {
        (void)snprintf(text, sizeof text, "%.3f", options->seconds);
        cbc->Cbc_setParameter(model, "seconds", text);
    }
    (void)snprintf(text, sizeof text, "%.10f", options->gap);
    cbc->Cbc_setParameter(model, "ratioGap", text);
    cbc->Cbc_loadProblem(model, (int)m->n_columns, (int)m->n_rows, m->starts, m->rows, m->values,
                         m->lower, m->upper, m->objective, m->row_lower, m->row_upper);
    for (size_t j = 0; j < m->n_columns; j++)
        if (m->integer[j]) cbc->Cbc_setInteger(model, (int)j);
    cbc->Cbc_setObjSense(model, -1);
}

skua_status skuai_mip_solve(const skuai_mip *m, const skuai_mip_options *options, double *x,
                            skuai_mip_result *result, skua_error *err) {
    skuai_cbc_library cbc;
    SKUA_TRY(check(m, err));
    SKUA_TRY(skuai_cbc_load(&cbc, err));
    double *found = skuai_new(m->n_columns + 2 * m->n_rows, sizeof *found);
    if (!found) return skuai_error_memory(err, "an integer programme");
    double *activity = found + m->n_columns, *scale = activity + m->n_rows;
    skua_status status = SKUA_OK;
    Cbc_Model *model = cbc.Cbc_newModel();
    skuai_mip_result r = {.objective = (double)NAN, .bound = (double)NAN, .gap = (double)INFINITY};
    load(&cbc, model, m, options);
    cbc.Cbc_solve(model);
    bool whole = false;
    for (size_t j = 0; j < m->n_columns; j++)
        whole = whole || m->integer[j];
    const double *best = whole ? cbc.Cbc_bestSolution(model) : NULL;
    if (!best && cbc.Cbc_isProvenOptimal(model)) best = cbc.Cbc_getColSolution(model);
    if (cbc.Cbc_isContinuousUnbounded(model)) {
        r.found = SKUAI_MIP_UNBOUNDED;
    } else if (cbc.Cbc_isProvenInfeasible(model)) {
        r.found = SKUAI_MIP_INFEASIBLE;
    } else if (!best) {
        r.found = SKUAI_MIP_NOTHING;
    } else {
        memcpy(found, best, m->n_columns * sizeof *found);
        if (!evaluate(m, found, activity, scale, &r.objective)) {
            status = skuai_error_set(err, SKUA_EFOREIGN, "CBC's solution breaks a row");
        } else {
            bool proven = cbc.Cbc_isProvenOptimal(model) != 0;
            r.found = proven ? SKUAI_MIP_OPTIMAL : SKUAI_MIP_FEASIBLE;
            double bound = cbc.Cbc_getBestPossibleObjValue(model);
            if (!whole || !isfinite(bound) || fabs(bound) > 1e40 || bound < r.objective)
                bound = proven ? r.objective : (double)INFINITY;
            r.bound = bound;
            r.gap = (r.bound - r.objective) / fmax(1, fabs(r.objective));
            memcpy(x, found, m->n_columns * sizeof *x);
        }
    }
    cbc.Cbc_deleteModel(model);
    if (status == SKUA_OK) *result = r;
    skuai_free(found);
    return status;
}
