/* dependence.h -- how forecasts move with one input (room explain): individual conditional
 * expectation (ICE: a curve a series) and their mean, partial dependence. [1] Friedman 2001, Annals
 * of Statistics 29(5). [2] Goldstein et al. 2015, J. Computational and Graphical Statistics 24(1).
 *
 * The input takes each value of a grid over the whole horizon, through the panel's `with`, and the
 * model forecasts anew: all else stays as planned. Like the model, it tells what went together in
 * the past; a price's effect is measured by room cause. */
#ifndef SKUA_EXPLAIN_DEPENDENCE_H
#define SKUA_EXPLAIN_DEPENDENCE_H

#include "explain/explain.h"

enum { SKUAI_DEPENDENCE_GRID = 7 };

/* Instead of a covariate: the share of a period in which the items could be bought, in the recent
 * periods and the horizon. */
#define SKUAI_DEPENDENCE_AVAILABLE SKUAI_PANEL_AVAILABLE

typedef struct skuai_dependence {
    char name[SKUAI_INPUT_NAME]; /* the covariate, or "availability" */
    bool relative;               /* the grid multiplies what is planned (prices); else it is set */
    size_t n_series, n_grid, horizon;
    double grid[SKUAI_DEPENDENCE_GRID];
    double *value;      /* [n_series, n_grid] units over the horizon: ICE */
    double *low, *high; /* [n_series, n_grid] sums of the periods' quantiles nearest .1 and .9 */
    bool *seen;         /* [n_series, n_grid] the series has had such values */
    double *planned;    /* [n_series] units over the horizon as planned */
    double *usual;      /* [n_series] the recent sales' mean times the horizon; NaN unknown */
    double *at;         /* [n_series] mean of the input as planned; NaN unknown */
    double share[SKUAI_DEPENDENCE_GRID]; /* partial dependence: mean over series of value less
                                            planned, as a share of usual */
    double most; /* largest |value - planned| as a share of usual; 0: the model does not use it */
} skuai_dependence;

/* Of series [n] on a covariate known ahead, or SKUAI_DEPENDENCE_AVAILABLE. SKUA_EINVAL: another
 * covariate; SKUA_ENOTFOUND: it never moves in any series of the panel, so nothing is known. */
SKUA_MUST_USE skua_status skuai_dependence_find(const skuai_forecaster *forecaster,
                                                const skuai_model *model, const skuai_panel *panel,
                                                const size_t *series, size_t n, size_t covariate,
                                                const skuai_explain_options *options,
                                                const skuai_context *context,
                                                skuai_dependence **dependence, skua_error *err);
void skuai_dependence_free(skuai_dependence *dependence); /* NULL allowed */

#endif
