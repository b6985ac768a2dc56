/* Integrated gradients by the model's own gradients. */
#include "explain/game_study.h"

#include <math.h>
#include <string.h>

enum { NODES = 2, PIECES_MOST = 32 };

typedef skuai_game_study study;

/* The way from background b to what is planned, integrated by Gauss and Legendre on pieces. */
static skua_status integrate(study *q, size_t b, size_t pieces, double share, double *contribution,
                             skua_error *err) {
    static const double node[NODES] = {0.211324865405187118, 0.788675134594812882};
    skuai_probe *p = q->probe;
    size_t K = p->panel->n_dynamic, n = pieces * NODES;
    double none[SKUAI_EXPLAIN_GROUPS] = {0}, at[NODES * PIECES_MOST];
    double *slope = skuai_new(n * (K + 1), sizeof *slope);
    skuai_panel *from = NULL;
    if (!slope) return skuai_error_memory(err, "an explanation");
    for (size_t i = 0; i < n; i++) {
        size_t piece = i / NODES;
        at[i] = ((double)piece + node[i % NODES]) / (double)pieces;
    }
    skua_status status = skuai_game_vary(q, none, b, err);
    if (status == SKUA_OK) status = skuai_probe_panel(p, &from, err);
    if (status == SKUA_OK)
        status = p->forecaster->gradient(p->model, from, p->panel, 0, &p->request, at, n,
                                         p->context, slope, err);
    for (size_t i = 0; i < n * (K + 1) && status == SKUA_OK; i++) {
        size_t k = i % (K + 1);
        size_t g = k == K                    ? q->n_groups - 1 /* recent sales */
                   : k < SKUAI_PROBE_COLUMNS ? q->group_of[k]
                                             : SIZE_MAX;
        if (g != SIZE_MAX) contribution[g] += share / (double)n * slope[i];
    }
    skuai_panel_free(from);
    skuai_free(slope);
    return status;
}

/* Whether the parts sum to the difference that the forecasts themselves make, but for what rounding
 * and a rule of few places leave: at most 1 % of the parts' size, or 1e-4 of the forecasts. What is
 * left is then shared out in proportion, so that they sum exactly; *fidelity says how much did not
 * have to be. */
static bool complete(double *contribution, size_t n, double base, double forecast,
                     double *fidelity) {
    double left = forecast - base, moved = 0;
    for (size_t g = 0; g < n; g++) {
        left -= contribution[g];
        moved += fabs(contribution[g]);
    }
    if (!(fabs(left) <= 0.01 * moved || fabs(left) <= 1e-4 * (fabs(forecast) + fabs(base))))
        return false;
    for (size_t g = 0; g < n; g++)
        contribution[g] += moved > 0 ? left * fabs(contribution[g]) / moved : g + 1 == n ? left : 0;
    *fidelity = moved > 0 ? fmax(0, 1 - fabs(left) / moved) : 1;
    return true;
}

/* The mean forecast over the horizon where the groups are all absent (at 0) or all as planned. */
static skua_status end_of(study *q, double at, double *said, double *sum, skua_error *err) {
    double present[SKUAI_EXPLAIN_GROUPS];
    for (size_t g = 0; g < q->n_groups; g++)
        present[g] = at;
    SKUA_TRY(skuai_game_weigh(q, present, said, err));
    *sum = 0;
    for (size_t h = 0; h < q->outcomes; h++)
        *sum += said[h];
    return SKUA_OK;
}

static skua_status slopes(study *q, double *said, double *contribution, skuai_explanation *e,
                          skua_error *err) {
    size_t samples = q->options->samples, pieces = samples ? (samples + NODES - 1) / NODES : 1;
    size_t windows = q->n_groups > 1 ? q->options->backgrounds : 1; /* of covariates */
    double base, forecast;
    SKUA_TRY(end_of(q, 0, said, &base, err));
    SKUA_TRY(end_of(q, 1, said, &forecast, err));
    if (q->options->whole) *e->base = base, *e->forecast = forecast;
    for (pieces = pieces < PIECES_MOST ? pieces : PIECES_MOST; pieces <= PIECES_MOST; pieces *= 2) {
        memset(contribution, 0, q->n_groups * sizeof *contribution);
        for (size_t b = 0; b < windows; b++) {
            SKUA_TRY(integrate(q, b, pieces, 1 / (double)windows, contribution, err));
            skuai_context_progress(q->probe->context, "explanation", (double)b, (double)windows);
        }
        e->n_gradients += windows * pieces * NODES;
        if (complete(contribution, q->n_groups, base, forecast, &e->fidelity)) return SKUA_OK;
    }
    return skuai_error_set(err, SKUA_ENOTFOUND, "gradients that do not sum to the difference");
}

skua_status skuai_game_slopes(study *q, double *contribution, skuai_explanation *e,
                              skua_error *err) {
    if (!q->probe->forecaster->gradient)
        return skuai_error_set(err, SKUA_ENOTFOUND, "%s has no gradient",
                               q->probe->forecaster->name);
    double *said = skuai_new(q->outcomes, sizeof *said);
    if (!said) return skuai_error_memory(err, "an explanation");
    skua_status status = slopes(q, said, contribution, e, err);
    if (status != SKUA_OK) e->n_gradients = 0;
    skuai_free(said);
    return status;
}
