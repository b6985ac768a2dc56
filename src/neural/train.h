/* train.h -- the loop that both pre-training and fine-tuning run (room neural).
 *
 * Step k reads windows number k * batch .. k * batch + batch - 1 of a source that gives the same
 * window for the same number, so what a run does depends on its state (weights, moments, average,
 * step) alone, and a run that goes on from a checkpoint does bit for bit what an uninterrupted one
 * does.
 *
 * Ranks (math/ranks.h) share a step: its windows are cut into pieces, each rank passes its pieces
 * forward and backward, gradients are added in the order of gradient_tree.h, and every rank makes
 * the same step. A piece's loss is the mean over its own periods, a step's the mean over pieces, so
 * that `pieces` is a setting of the model, and the number of ranks is none: powers of two give the
 * same bits. Rank 0 reads and writes the checkpoint. */
#ifndef SKUA_NEURAL_TRAIN_H
#define SKUA_NEURAL_TRAIN_H

#include "math/ranks.h"
#include "neural/attack.h"
#include "neural/batch_reader.h"
#include "neural/demand.h"
#include "nn/optimiser.h"

typedef struct skuai_train_config {
    size_t steps, batch;                 /* steps in all; windows a step */
    size_t future;                       /* patches of horizon */
    skuai_nn_optimiser_config optimiser; /* total_steps 0: steps */
    skuai_window_augmentation augmentation;
    double auxiliary;            /* weight of hidden patches' loss */
    skuai_attack attack;         /* epsilon 0: none */
    const skuai_demand *teacher; /* borrowed: a net whose quantiles are learnt too; NULL: none */
    double teacher_weight;       /* of the distance to them, [0, 1]; the loss on what came has the
                                    rest */
    size_t rank;                 /* of low-rank adapters (nn/adapter.h), which alone are trained and
                                    merged at the end; 0: none, all weights are */
    double alpha;                /* of the adapters */
    bool vary_context;      /* a step's context and horizon are the whole, a half, a quarter ... at
                               random */
    size_t validate_every;  /* steps; 0: at the end only */
    size_t validation;      /* windows of the validation source */
    bool keep_best;         /* end with the weights of the best validation */
    const char *checkpoint; /* a file written now and then, and read at the start when it is
                               there; NULL: none */
    double checkpoint_seconds; /* 0: 60 */
    size_t pieces;             /* of a step, a multiple of the ranks; 0: one a rank */
    const skuai_ranks *ranks;  /* borrowed: who shares the steps; NULL: nobody */
    uint64_t seed;
} skuai_train_config;

#define SKUAI_TRAIN_DEFAULT                                                                        \
    ((skuai_train_config){                                                                         \
        .steps = 1000,                                                                             \
        .batch = 32,                                                                               \
        .future = 8,                                                                               \
        .optimiser = {.rate = 1e-3,                                                                \
                      .beta1 = 0.9,                                                                \
                      .beta2 = 0.98,                                                               \
                      .epsilon = 1e-8,                                                             \
                      .weight_decay = 0.01,                                                        \
                      .clip_norm = 1,                                                              \
                      .warmup_steps = 100,                                                         \
                      .final_share = 0.02},                                                        \
        .attack = {.steps = 1},                                                                    \
        .teacher_weight = 0.5,                                                                     \
        .alpha = 16,                                                                               \
        .augmentation = {.jitter = 0.01, .scaling = 0.1, .drop = 0.1, .mask = 0.1},                \
        .auxiliary = 0.2,                                                                          \
        .vary_context = true,                                                                      \
        .validation = 256,                                                                         \
        .seed = 1})

typedef struct skuai_train_result {
    size_t steps;            /* done, those of earlier runs included */
    bool finished;           /* false: the deadline came first */
    double first_loss, loss; /* training loss, mean of the first and the last 20 steps */
    double validation, best; /* pinball loss on validation windows; NaN: none */
    double windows_a_second;
} skuai_train_result;

/* Train the net. validation may be NULL. Reports "train-loss", "learning-rate",
 * "validation-loss" and "validation-wql" to the context's trace, progress under "train". A deadline
 * ends it early with SKUA_OK, its state in the checkpoint. With an average of the weights
 * (optimiser.ema_decay) the net ends with the average. SKUA_ECANCEL: the checkpoint is written, the
 * net is as far as it was; SKUA_EDATA: a checkpoint of another net or configuration. */
SKUA_MUST_USE skua_status skuai_train_run(skuai_demand *net, const skuai_train_config *config,
                                          skuai_train_source source, void *user,
                                          skuai_train_source validation, void *validation_user,
                                          const skuai_context *context, skuai_train_result *result,
                                          skua_error *err);

#endif
