/* Graph attention over neighbours. A node is a window's token, its neighbours are the tokens of the
 * same periods in the neighbours' windows. */
#include "neural/demand_graph.h"

#include <stdio.h>
#include <string.h>

#define SLOPE 0.2 /* of the leaky rectifier, as in Velickovic et al. 2018 */

static const char *const relation_names[SKUAI_RELATIONS] = {"channel", "complement", "substitute"};

void skuai_demand_graph_add(skuai_demand *net) {
    skuai_nn_parameters *p = net->parameters;
    skuai_demand_graph *g = &net->graph;
    size_t d = net->config.width;
    const size_t score[] = {SKUAI_DEMAND_GRAPH_HEADS, d / SKUAI_DEMAND_GRAPH_HEADS};
    const size_t square[] = {d, d};
    skuai_nn_dense_add(p, "graph.source", d, d, false, 0, &g->source);
    for (size_t r = 0; r < SKUAI_RELATIONS; r++) {
        char name[64];
        snprintf(name, sizeof name, "graph.%s.target_score", relation_names[r]);
        g->target_score[r] = skuai_nn_parameters_add(p, name, 2, score, SKUAI_INIT_XAVIER, 1);
        snprintf(name, sizeof name, "graph.%s.source_score", relation_names[r]);
        g->source_score[r] = skuai_nn_parameters_add(p, name, 2, score, SKUAI_INIT_XAVIER, 1);
        snprintf(name, sizeof name, "graph.%s.out.weight", relation_names[r]);
        g->out[r] = (skuai_nn_dense){
            skuai_nn_parameters_add(p, name, 2, square, SKUAI_INIT_ZERO, 0), SIZE_MAX};
    }
}

/* Edges of one kind: from token t of a neighbour to token t of its window. Their number. */
static size_t edges_of(const skuai_window_batch *b, skuai_relation relation, size_t *offsets,
                       size_t *neighbours) {
    size_t tokens = b->past + b->future, n = 0;
    offsets[0] = 0;
    for (size_t i = 0; i < b->n; i++) {
        for (size_t t = 0; t < tokens; t++) {
            for (size_t k = b->near_first[i]; k < b->near_first[i + 1]; k++) {
                size_t row = k * tokens + t;
                if (b->near_relation[k] == relation && b->near_visible[row]) neighbours[n++] = row;
            }
            offsets[i * tokens + t + 1] = n;
        }
    }
    return n;
}

skuai_tensor *skuai_demand_graph_run(skuai_tape *tape, const skuai_demand *net,
                                     const skuai_window_batch *b, skuai_tensor *x) {
    if (net->config.window.neighbours == 0 || b->n_near == 0) return x;
    const skuai_nn_parameters *p = net->parameters;
    const skuai_demand_graph *g = &net->graph;
    size_t tokens = b->past + b->future, rows = b->n * tokens, d = net->config.width;
    skuai_tensor *near =
        skuai_tape_input(tape, b->near_tokens, 3, (size_t[]){b->n_near, tokens, b->features});
    skuai_tensor *source =
        skuai_nn_dense_run(tape, p, &g->source, skuai_demand_embed(tape, net, near));
    skuai_tensor *target = skuai_nn_reshape(tape, x, 2, (size_t[]){rows, d}), *sum = target;
    for (size_t r = 0; r < SKUAI_RELATIONS; r++) {
        size_t *offsets = skuai_tape_take(tape, rows + 1, sizeof *offsets);
        size_t *neighbours = skuai_tape_take(tape, b->n_near * tokens, sizeof *neighbours);
        if (!offsets || !neighbours) return NULL;
        if (edges_of(b, (skuai_relation)r, offsets, neighbours) == 0) continue;
        skuai_tensor *said = skuai_nn_graph_attention(
            tape, target, source, skuai_tape_parameter(tape, p, g->target_score[r]),
            skuai_tape_parameter(tape, p, g->source_score[r]), offsets, neighbours, NULL, SLOPE);
        sum = skuai_nn_add(tape, sum, skuai_nn_dense_run(tape, p, &g->out[r], said));
    }
    return skuai_nn_reshape(tape, sum, 3, (size_t[]){b->n, tokens, d});
}
