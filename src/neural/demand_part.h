/* demand_part.h -- a transformer with some of its layers, heads and hidden units (private to room
 * neural). */
#ifndef SKUA_NEURAL_DEMAND_PART_H
#define SKUA_NEURAL_DEMAND_PART_H

#include "neural/demand.h"

enum { SKUAI_DEMAND_HEADS_MOST = 256 };

/* What stays; NULL: all of it. */
typedef struct skuai_demand_part_of {
    bool layer[SKUAI_NN_LAYERS_MOST];
    const bool *head[SKUAI_NN_LAYERS_MOST]; /* [heads of the layer] */
    const bool *unit[SKUAI_NN_LAYERS_MOST]; /* [hidden units of the layer] */
} skuai_demand_part_of;

/* A net of that part, in floats; *part is the caller's. Its forecasts are those of `net` with the
 * outputs of what is gone set to 0. SKUA_EINVAL: nothing of a layer that stays is left;
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_demand_part_new(const skuai_demand *net,
                                                const skuai_demand_part_of *keep,
                                                skuai_demand **part, skua_error *err);
/* A copy, in floats. */
SKUA_MUST_USE skua_status skuai_demand_copy(const skuai_demand *net, skuai_demand **copy,
                                            skua_error *err);

#endif
