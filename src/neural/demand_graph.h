/* demand_graph.h -- graph attention over neighbours (private to room neural). */
#ifndef SKUA_NEURAL_DEMAND_GRAPH_H
#define SKUA_NEURAL_DEMAND_GRAPH_H

#include "neural/demand.h"

enum { SKUAI_DEMAND_GRAPH_HEADS = 4 };

/* The layers' parameters, under "graph.". */
void skuai_demand_graph_add(skuai_demand *net);
/* Tokens x [n, tokens, D] and what the neighbours of each window say at the same periods; x itself
 * where the net reads no neighbours or the batch has none. */
skuai_tensor *skuai_demand_graph_run(skuai_tape *tape, const skuai_demand *net,
                                     const skuai_window_batch *batch, skuai_tensor *x);
/* Tokens as the net reads them: [.., F] -> [.., D]. */
skuai_tensor *skuai_demand_embed(skuai_tape *tape, const skuai_demand *net, skuai_tensor *tokens);

#endif
