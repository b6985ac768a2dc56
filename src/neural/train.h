/* train.h -- the loop that both pre-training and fine-tuning run (room neural).
 *
 * Step k reads windows number k * batch .. k * batch + batch - 1 of a source that gives the same
 * window for the same number, so what a run does depends on its state (weights, moments, average,
 * step) alone, and a run that goes on from a checkpoint does bit for bit what an uninterrupted one
 * does. */
#ifndef SKUA_NEURAL_TRAIN_H
#define SKUA_NEURAL_TRAIN_H

#include "neural/demand.h"
#include "nn/optimiser.h"

/* Window number `index`, which at most `past` + `future` periods of use: fills *series; its arrays
 * live in the arena, or longer. Called from several threads at once. A series without actuals
 * counts nothing. */
typedef skua_status (*skuai_train_source)(void *user, uint64_t index, size_t past, size_t future,
                                          skuai_arena *arena, skuai_window_series *series,
                                          skua_error *err);

typedef struct skuai_train_config {
    size_t steps, batch;                 /* steps in all; windows a step */
    size_t future;                       /* patches of horizon */
    skuai_nn_optimiser_config optimiser; /* total_steps 0: steps */
    skuai_window_augmentation augmentation;
    double auxiliary;       /* weight of hidden patches' loss */
    bool vary_context;      /* a step's context and horizon are the whole, a half, a quarter ... at
                               random */
    size_t validate_every;  /* steps; 0: at the end only */
    size_t validation;      /* windows of the validation source */
    bool keep_best;         /* end with the weights of the best validation */
    const char *checkpoint; /* a file written now and then, and read at the start when it is
                               there; NULL: none */
    double checkpoint_seconds; /* 0: 60 */
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

/* Train the net. validation may be NULL. Reports "train-loss", "learning-rate" and
 * "validation-loss" to the context's trace, progress under "train". A deadline ends it early with
 * SKUA_OK, its state in the checkpoint. With an average of the weights (optimiser.ema_decay) the
 * net ends with the average. SKUA_ECANCEL: the checkpoint is written, the net is as far as it was;
 * SKUA_EDATA: a checkpoint of another net or configuration. */
SKUA_MUST_USE skua_status skuai_train_run(skuai_demand *net, const skuai_train_config *config,
                                          skuai_train_source source, void *user,
                                          skuai_train_source validation, void *validation_user,
                                          const skuai_context *context, skuai_train_result *result,
                                          skua_error *err);

#endif
