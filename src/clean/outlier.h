/* outlier.h -- values far from what neighbours, season and group say: three opinions, one decision
 * (room clean).
 *
 *   1. Hampel: the residual of clean/residual.h;
 *   2. STL: the remainder of a robust seasonal-trend decomposition, where there are two seasons;
 *   3. isolation forest on the rows' features (both residuals, the distance to the nearer
 * neighbour).
 *
 * The first two are held against bounds that the largest of a series' values passes by chance with
 * probability `level`, from that series' own tail (skuai_tail_bound), never below `least`
 * deviations; the third against `isolation`. A value is an outlier when it passes its Hampel bound
 * and at least `votes` opinions agree. Runs of more than `run_most` such periods are a change, not
 * outliers, and are left out.
 *
 * Sources: Hampel 1974; Davies & Gather 1993, JASA 88 (the identification of several outliers);
 * Cleveland et al. 1990 (STL); Liu et al. 2008 (isolation forest). */
#ifndef SKUA_CLEAN_OUTLIER_H
#define SKUA_CLEAN_OUTLIER_H

#include "clean/finding.h"
#include "clean/residual.h"

typedef struct skuai_outlier_options {
    double least;     /* robust deviations, below which nothing is an outlier */
    double level;     /* chance that a clean series has one, (0, 1) */
    double isolation; /* score of the forest, (0, 1) */
    int votes;        /* 1 .. 3 opinions that must agree, the first included */
    size_t run_most;  /* periods */
    uint64_t seed;    /* of the forest */
} skuai_outlier_options;

#define SKUAI_OUTLIER_OPTIONS_DEFAULT                                                              \
    ((skuai_outlier_options){                                                                      \
        .least = 4, .level = 0.1, .isolation = 0.6, .votes = 2, .run_most = 3, .seed = 1})

/* Outliers of a panel, from its residuals, as findings of kind OUTLIER (number: the value that is
 * put in its place; score: deviations). They are applied: on clean histories of M3, hospital and
 * Walmart the few false ones do not make forecasts worse. SKUA_EINVAL, SKUA_ENOMEM, SKUA_ECANCEL.
 */
SKUA_MUST_USE skua_status skuai_outliers_find(const skuai_panel *panel,
                                              const skuai_residuals *residuals,
                                              const skuai_outlier_options *options,
                                              const skuai_context *context,
                                              skuai_findings *findings, skua_error *err);

#endif
