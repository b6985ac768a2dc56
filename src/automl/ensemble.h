/* ensemble.h -- a weighted combination of forecasters, chosen on backtest windows and calibrated;
 * itself a forecaster (room automl).
 *
 * Quantiles are averaged level by level (Vincent averaging: Lichtendahl, Grushka-Cockayne & Winkler
 * 2013, Management Science 59(7)). Weights are one set a class of series (regular, intermittent,
 * young), found by greedy selection with replacement on the pinball loss or, when costs are given,
 * on the newsvendor's cost (Caruana et al. 2004, ICML), bagged over series so that no few series
 * decide; clusters of series have weights of their own where data allow, shrunk to those of their
 * class. */
#ifndef SKUA_AUTOML_ENSEMBLE_H
#define SKUA_AUTOML_ENSEMBLE_H

#include "automl/backtest.h"
#include "automl/ensemble_clusters.h"

enum { SKUAI_ENSEMBLE_MEMBERS = 32 };

/* Classes of series that have weights of their own: those of demand, and the young, of which the
 * demand's class is not known. A young series gives way to its demand's class: behind
 * skuai_young_periods its weights go over, period by period, within as many periods more. */
enum {
    SKUAI_ENSEMBLE_YOUNG = SKUAI_CALIBRATION_CLASSES,
    SKUAI_ENSEMBLE_CLUSTER, /* the first of the clusters' own weights */
    SKUAI_ENSEMBLE_CLASSES = SKUAI_ENSEMBLE_CLUSTER + SKUAI_ENSEMBLE_CLUSTERS
};

typedef struct skuai_ensemble {
    size_t n_members;
    skuai_forecaster members[SKUAI_ENSEMBLE_MEMBERS];
    double weights[SKUAI_ENSEMBLE_CLASSES][SKUAI_ENSEMBLE_MEMBERS]; /* each class sums to 1 */
    skuai_clusters clusters; /* n 0: weights are by class alone */
    /* Of a grown-up series' weights the share that is its cluster's own; the rest is its class's:
     * n / (n + 100) for a cluster of n series. */
    double cluster_share[SKUAI_ENSEMBLE_CLUSTERS];
    skuai_calibration calibration; /* of the combined quantiles */
} skuai_ensemble;

/* Equal weights, no calibration; those made for young series, where there are any, share that class
 * and have no weight in the others. SKUA_ELIMIT: more than SKUAI_ENSEMBLE_MEMBERS. */
SKUA_MUST_USE skua_status skuai_ensemble_equal(const skuai_forecaster *const *members, size_t n,
                                               skuai_ensemble *ensemble, skua_error *err);

/* How weights are chosen. */
typedef struct skuai_ensemble_options {
    size_t from, to; /* windows [from, to) */
    uint64_t seed;
    /* Weights by cluster of series, where there are SKUAI_CLUSTER_SERIES series for each of two and
     * where, chosen on half of the series, they lower the loss of the other half. */
    bool by_cluster;
    /* [S] each, or NULL both: what a unit too few and a unit too many costs. Weights then make the
     * newsvendor's cost at the critical quantile under / (under + over) least, over series that
     * have both costs, instead of the mean pinball loss; fewer than SKUAI_ENSEMBLE_COSTS such
     * series: as if there were none. */
    const double *under, *over;
} skuai_ensemble_options;
enum { SKUAI_ENSEMBLE_COSTS = 10 };

SKUA_MUST_USE skua_status skuai_ensemble_choose_by(const skuai_backtest *backtest,
                                                   const skuai_forecaster *const *members,
                                                   const skuai_ensemble_options *options,
                                                   skuai_ensemble *ensemble, skua_error *err);

/* Likewise by pinball loss and cluster. Choose weights and calibration on windows [from, to) of a
 * backtest of the same members (cells that failed get weight 0). A class of demand without
 * observations takes the weights of the other; the class of the young then keeps what
 * skuai_ensemble_equal gives or, when no member is made for them, the weights of the regular. */
SKUA_MUST_USE skua_status skuai_ensemble_choose(const skuai_backtest *backtest,
                                                const skuai_forecaster *const *members, size_t from,
                                                size_t to, uint64_t seed, skuai_ensemble *ensemble,
                                                skua_error *err);

/* Measure the calibration anew on windows [from, to) of a backtest of the ensemble's members, in
 * their order; weights stay. */
SKUA_MUST_USE skua_status skuai_ensemble_calibrate(const skuai_backtest *backtest, size_t from,
                                                   size_t to, uint64_t seed,
                                                   skuai_ensemble *ensemble, skua_error *err);

/* Combine forecasts that the members made for `panel` already, and calibrate: a new forecast.
 * A NULL member is left out. */
SKUA_MUST_USE skua_status skuai_ensemble_combine(const skuai_ensemble *ensemble,
                                                 const skuai_panel *panel,
                                                 const skuai_forecast *const *made,
                                                 skuai_forecast **forecast, skua_error *err);

/* The ensemble as a forecaster; `ensemble` is borrowed and must outlive it. Members of weight 0 in
 * all classes do not run. */
skuai_forecaster skuai_ensemble_forecaster(const skuai_ensemble *ensemble);

#endif
