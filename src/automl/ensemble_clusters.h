/* ensemble_clusters.h -- series that behave alike (room automl): k-means on what a history looks
 * like, so that a combination can weigh its members by kind of series.
 *
 * Four features, each standardised: log of the level, log of the coefficient of variation, and the
 * autocorrelations at one period and at one season (the features that tell most about which method
 * does well: Kang, Hyndman & Smith-Miles 2017, International Journal of Forecasting 33(2)). Lloyd's
 * algorithm from centres chosen farthest first (Gonzalez 1985, Theoretical Computer Science 38). */
#ifndef SKUA_AUTOML_ENSEMBLE_CLUSTERS_H
#define SKUA_AUTOML_ENSEMBLE_CLUSTERS_H

#include "panel/panel.h"

enum { SKUAI_ENSEMBLE_CLUSTERS = 4, SKUAI_CLUSTER_FEATURES = 4, SKUAI_CLUSTER_SERIES = 100 };

typedef struct skuai_clusters {
    size_t n; /* 0: none */
    double mean[SKUAI_CLUSTER_FEATURES], spread[SKUAI_CLUSTER_FEATURES];
    double centre[SKUAI_ENSEMBLE_CLUSTERS][SKUAI_CLUSTER_FEATURES]; /* standardised */
} skuai_clusters;

/* Find clusters among the series of which `counts` [S] says so: one for each SKUAI_CLUSTER_SERIES
 * of them, at most SKUAI_ENSEMBLE_CLUSTERS; fewer than two: none. */
SKUA_MUST_USE skua_status skuai_clusters_find(const skuai_panel *panel, const bool *counts,
                                              skuai_clusters *clusters, skua_error *err);
/* The nearest centre of a series; 0 when there are none. */
size_t skuai_clusters_of(const skuai_clusters *clusters, const skuai_panel *panel, size_t s);

#endif
