/* pcmci_work.h -- what PCMCI and PCMCI+ share while they run (private to room cause). */
#ifndef SKUA_CAUSE_PCMCI_WORK_H
#define SKUA_CAUSE_PCMCI_WORK_H

#include "cause/distance_test.h"
#include "cause/pcmci.h"

/* A variable at a lag: column variable * width + lag of the lagged matrix. */
typedef struct node {
    size_t variable, lag;
} node;

typedef struct candidate {
    node at;
    double weight; /* least |partial correlation| so far */
    bool kept;
} candidate;

typedef struct pcmci {
    const skuai_pcmci_options *options;
    size_t n, width, columns, rows; /* width: 2 lags + 1 */
    double *correlation;            /* [columns, columns] */
    double *work;                   /* [conditions, conditions] lower factor, and two rows */
    node *conditions;               /* [columns] */
    candidate *parents;             /* [n, n lags] */
    size_t *n_parents;              /* [n] kept, strongest first */
    double *lagged;                 /* [columns, rows] the data itself; NULL: not needed */
    const double **columns_given;   /* [2 n lags] of the conditions */
    skuai_distance_test *distance;  /* NULL: another test */
    size_t n_tests;
    /* PCMCI+ alone */
    double *dropped_value,
        *dropped_p;         /* [n, n, lags + 1] of lagged links that the PC1 step took out */
    double *weight;         /* likewise: least |test| so far */
    size_t *near, *chosen;  /* [3 n] neighbours at lag 0; [n] which are conditioned on */
    bool *before;           /* [n, n, lags + 1] links when a size began */
    unsigned char *triples; /* [n, n, lags + 1, n] what middle k of i, lag and j is */
} pcmci;

/* Columns that a variable is of under the spline test: itself, and natural cubics between knots at
 * its quantiles. */
enum { SKUAI_SPLINE_WIDTH = 4 };

/* The spline columns of series [n][length] into *columns [n * SKUAI_SPLINE_WIDTH], all in the
 * arena; missing stays missing. */
SKUA_MUST_USE skua_status skuai_pcmci_spline_series(const double *const *series, size_t n,
                                                    size_t length, skuai_arena *arena,
                                                    const double ***columns, skua_error *err);

/* The F test whether curves of x tell y beyond curves of the conditions [n]: root of the share of
 * y's rest that they explain, with the sign of the line (NaN: nothing is left); p-value out. Reads
 * m->correlation of the spline columns. */
double skuai_pcmci_spline(pcmci *m, node x, node y, const node *z, size_t n, double *p);

/* The test of x and y given conditions [n]: strength (NaN: nothing is left), and p-value out. */
double skuai_pcmci_independence(pcmci *m, node x, node y, const node *z, size_t n, double *p);

bool skuai_pcmci_forbidden(const pcmci *m, size_t i, size_t j, size_t lag);

/* Into m->conditions the conditions of the link (i, lag) -> j: parents of j but the link, then
 * those of i shifted by it. Returns how many. */
size_t skuai_pcmci_conditions(pcmci *m, size_t i, size_t lag, size_t j);

/* The second and third step of PCMCI+ (pcmci_plus.c), once m->parents are there. */
void skuai_pcmci_plus(pcmci *m, double *value, double *p, bool *link, unsigned char *lag0);

#endif
