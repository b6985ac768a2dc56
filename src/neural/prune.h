/* prune.h -- structured pruning of a transformer: whole heads, hidden units and layers go, so that
 * what is left is an ordinary smaller net (room neural).
 *
 *     skuai_prune_config config = SKUAI_PRUNE_DEFAULT;
 *     config.share = 0.5;
 *     SKUA_TRY(skuai_prune(net, &config, source, user, context, &small, err));
 *     ... train `small` for some steps (train.h), with `net` as its teacher if you like
 *
 * Importance of a head or a unit: put a gate g = 1 before the columns W of the matrix that carries
 * it into the residual stream (attention.out, feed_forward.out); the loss's derivative by the gate
 * is <W, dL/dW>, and to first order the loss without it differs by that. The importance is the mean
 * of its absolute value over batches of calibration windows: Michel, Levy & Neubig 2019, eq. 2;
 * Molchanov et al. 2019, eq. 8. What goes first has the least importance a weight saved, over all
 * layers together (hidden units by groups of `group`, sorted by importance). Importances are
 * computed again `rounds` times on the way, as what is left takes over (Molchanov et al. 2017).
 *
 * Layers: greedily the one without which the loss on the calibration windows is least, measured,
 * not estimated. */
#ifndef SKUA_NEURAL_PRUNE_H
#define SKUA_NEURAL_PRUNE_H

#include "neural/batch_reader.h"
#include "neural/demand.h"

typedef enum skuai_importance {
    SKUAI_IMPORTANCE_TAYLOR,
    SKUAI_IMPORTANCE_MAGNITUDE /* mean square of the columns W: asks no data */
} skuai_importance;

typedef struct skuai_prune_config {
    double share;  /* of the net's weights that go, layers included, [0, 1) */
    size_t layers; /* whole layers that go first; at least one is left */
    skuai_importance importance;
    size_t rounds;         /* >= 1 */
    size_t group;          /* hidden units that go together, >= 1 */
    size_t windows, batch; /* of the calibration */
    size_t future;         /* patches ahead of a calibration window */
} skuai_prune_config;

#define SKUAI_PRUNE_DEFAULT                                                                        \
    ((skuai_prune_config){.rounds = 4, .group = 8, .windows = 256, .batch = 8, .future = 8})

/* A pruned copy, in floats. Every layer that stays keeps a head and a group of units. SKUA_EINVAL:
 * a setting out of range, a net that is no transformer, or a share that what may go cannot give;
 * SKUA_ENOMEM; what the source says. */
SKUA_MUST_USE skua_status skuai_prune(const skuai_demand *net, const skuai_prune_config *config,
                                      skuai_train_source source, void *user,
                                      const skuai_context *context, skuai_demand **pruned,
                                      skua_error *err);

#endif
