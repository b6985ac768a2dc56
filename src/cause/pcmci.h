/* pcmci.h -- which series drive which, with lags (room cause).
 * PCMCI: for each variable the lagged parents are chosen by the PC1 algorithm (conditions of
 * growing size, the strongest first), then each link is tested given the parents of both ends
 * (momentary conditional independence), which keeps false positives at alpha in autocorrelated
 * series. [1] Runge, Nowack, Kretschmer, Flaxman & Sejdinovic 2019, Science Advances 5(11),
 * eaau4996. [2] Benjamini & Hochberg 1995, J. Royal Statistical Society B 57(1). [3] Debeire,
 * Gerhardus, Runge & Eyring 2024, CLeaR: confidence of links by block bootstrap. The partial
 * correlations come from one matrix of correlations of all lagged columns, so a test costs the cube
 * of its conditions and no pass over the data.
 *
 * PCMCI+ [4] (option `plus`) then lets the links of a period explain one another: every link is
 * tested given the lagged parents of both ends and growing sets of neighbours within the period,
 * and goes when one test takes it out. Directions within the period follow from colliders (i - k -
 * j, i and j not linked: k is an effect of both when most sets that separate i and j leave it out)
 * and from what follows of them (Meek 1995, UAI, rules 1 to 3); links that a user forbids one way
 * are directed the other way from the start. [4] Runge 2020, UAI 124.
 *
 * The spline test puts four columns in a variable's place (natural cubics with five knots) and asks
 * by an F test whether those of the cause explain the effect beyond those of the conditions: what
 * moves the effect's mean along a curve, causes adding up, at the cost of a few partial
 * correlations. A dependence that leaves the mean alone it cannot see. [5] Hastie & Tibshirani
 * 1990, Generalized Additive Models; nonlinear causal models with additive terms: Chu & Glymour
 * 2008, J. Machine Learning Research 9.
 *
 * A link says that the past of one series carries information on another beyond all else that was
 * measured. It is a cause only when nothing that drives both was left out; without PCMCI+ lag 0 has
 * no direction.
 */
#ifndef SKUA_CAUSE_PCMCI_H
#define SKUA_CAUSE_PCMCI_H

#include "cause/causal_graph.h"
#include "core/context.h"

typedef enum skuai_pcmci_test {
    SKUAI_PCMCI_CORRELATION, /* partial correlation: dependence along a line */
    SKUAI_PCMCI_SPLINE,      /* F test of an additive model: along any smooth curve [5] */
    SKUAI_PCMCI_DISTANCE     /* distance_test.h: any dependence; periods squared a test */
} skuai_pcmci_test;

typedef struct skuai_pcmci_options {
    size_t lags;            /* greatest lag, >= 1 */
    double selection_alpha; /* of the PC1 step, (0, 1) */
    double alpha;           /* of the links, (0, 1) */
    bool fdr;               /* alpha is the false discovery rate over all links [2] */
    size_t conditions;      /* most conditions of the PC1 step; 0: any number */
    const bool *forbidden;  /* [n, n, lags + 1] links (i, j, lag) that cannot be, NULL: none */
    skuai_pcmci_test test;
    bool plus;        /* PCMCI+ [4]: links within a period too, directed where that can be told;
                         `alpha` is the level of every test, selection_alpha unused, fdr refused */
    size_t bootstrap; /* samples for the confidence of links [3]; 0: none */
} skuai_pcmci_options;

#define SKUAI_PCMCI_OPTIONS_DEFAULT                                                                \
    ((skuai_pcmci_options){.lags = 3, .selection_alpha = 0.05, .alpha = 0.05})

/* series [n][length], a column a variable, NaN missing: a period counts when nothing in its window
 * of 2 lags is missing. *graph owned by the caller. SKUA_EDATA: too few periods for so many
 * variables, with how many are needed, or a constant variable, by name; SKUA_ELIMIT: n (2 lags + 1)
 * over 6000 (a quarter of that under the spline test). */
SKUA_MUST_USE skua_status skuai_pcmci_run(const double *const *series, size_t n, size_t length,
                                          const char *const *names,
                                          const skuai_pcmci_options *options,
                                          const skuai_context *context, skuai_causal_graph **graph,
                                          skua_error *err);

/* Benjamini & Hochberg's corrected p-values of p [n] into q [n]; NaN stays. index [n] scratch. */
void skuai_false_discovery(const double *p, size_t n, size_t *index, double *q);

/* SKUA_EDATA naming the first of n series that keeps one value over rows [n_rows]: a series without
 * variation has no correlations. names NULL: none. */
SKUA_MUST_USE skua_status skuai_series_move(const double *const *series, size_t n,
                                            const size_t *rows, size_t n_rows,
                                            const char *const *names, skua_error *err);

#endif
