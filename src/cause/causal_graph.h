/* causal_graph.h -- links between variables over lags, with what is known of each; as JSON, DOT and
 * SVG (room cause). */
#ifndef SKUA_CAUSE_CAUSAL_GRAPH_H
#define SKUA_CAUSE_CAUSAL_GRAPH_H

#include "core/buffer.h"

/* A link within a period, seen from i to j. */
typedef enum skuai_lag0 {
    SKUAI_LAG0_OPEN,     /* no direction can be told (or there is no link) */
    SKUAI_LAG0_FORWARD,  /* i drives j */
    SKUAI_LAG0_BACKWARD, /* j drives i */
    SKUAI_LAG0_CONFLICT  /* tests contradict one another */
} skuai_lag0;

/* Element (i, j, lag) of the arrays: variable i, `lag` periods before, towards variable j. At lag 0
 * both directions hold the same values; lag0 tells the direction. */
typedef struct skuai_causal_graph {
    size_t n, lags;      /* variables, greatest lag */
    char **names;        /* [n] */
    double *value;       /* [n, n, lags + 1] strength of the test, in [-1, 1] */
    double *p;           /* likewise: p-value, corrected when asked for */
    bool *link;          /* likewise: p <= alpha */
    unsigned char *lag0; /* [n, n] skuai_lag0 */
    double *confidence;  /* likewise: share of bootstrap samples with the link; NaN: none drawn */
    size_t n_rows;       /* periods that were used */
    size_t n_tests;      /* independence tests that were run */
    const char *method;  /* static: "pcmci", "granger" */
    const char *test;    /* static: "partial correlation", ... */
    double alpha;
} skuai_causal_graph;

SKUA_MUST_USE skua_status skuai_causal_graph_new(size_t n, size_t lags, const char *const *names,
                                                 skuai_causal_graph **graph, skua_error *err);
void skuai_causal_graph_free(skuai_causal_graph *graph); /* NULL allowed */

static inline size_t skuai_causal_at(const skuai_causal_graph *graph, size_t i, size_t j,
                                     size_t lag) {
    return (i * graph->n + j) * (graph->lags + 1) + lag;
}

/* Appended to the buffer, whose status tells of failures. JSON: one object. DOT: for Graphviz. SVG:
 * variables on a circle, the strongest lag of each pair as an arrow with its lags; colours follow
 * the page (currentColor), so that it fits light and dark. */
void skuai_causal_graph_json(const skuai_causal_graph *graph, skuai_buffer *buffer);
void skuai_causal_graph_dot(const skuai_causal_graph *graph, skuai_buffer *buffer);
void skuai_causal_graph_svg(const skuai_causal_graph *graph, skuai_buffer *buffer);

#endif
