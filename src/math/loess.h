/* loess.h -- local regression on equally spaced points, the smoother inside STL (room math).
 *
 * A smoother is prepared once for a length and a window and then applied to many arrays: on a
 * regular grid the local fits are fixed linear filters, which turn into convolutions.
 * [1] Cleveland 1979, JASA 74(368): locally weighted regression, tricube weights.
 * [2] Cleveland, Cleveland, McRae & Terpenning 1990, J. Official Statistics 6(1), section 2.2:
 *     the equally spaced form, windows wider than the series, skipping. */
#ifndef SKUA_MATH_LOESS_H
#define SKUA_MATH_LOESS_H

#include "core/alloc.h"

typedef struct skuai_loess {
    size_t n;      /* points */
    size_t window; /* odd; may exceed n */
    size_t span;   /* min(window, n) neighbours that a fit sees */
    size_t jump;   /* fits at every jump-th point, straight lines between */
    int degree;    /* 0 or 1 */
    /* Rows of weights by the place of the fitted point in its neighbourhood, from one before its
     * start to its middle; [span] kernel then [span] filter; NULL until needed. */
    double **rows;
    double *spare;   /* [2 * span] a row that is not kept */
    double *moments; /* [6 * n] of weighted fits, and work */
    skuai_arena *arena;
} skuai_loess;

/* Prepare a smoother; its tables live in the arena, as long as that is not reset. An even window
 * is taken one wider. SKUA_EINVAL: n = 0, window or jump 0, degree not 0 or 1; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_loess_init(skuai_loess *loess, size_t n, size_t window, int degree,
                                           size_t jump, skuai_arena *arena, skua_error *err);

/* smooth [n] out = local fits to y [n], with weights [n] >= 0 or NULL. A point that has no
 * neighbour of weight keeps y. smooth overlaps neither input. */
void skuai_loess_smooth(skuai_loess *loess, const double *y, const double *weights, double *smooth);

/* The fit one step before the first point (before true) or after the last one, or `otherwise`
 * where there is none. */
double skuai_loess_beyond(skuai_loess *loess, const double *y, const double *weights, bool before,
                          double otherwise);

#endif
