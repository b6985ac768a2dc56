/* optimiser.h -- AdamW with warm-up, cosine, clipping and an average of the weights (room nn).
 * [1] Loshchilov & Hutter 2019, Decoupled weight decay regularization, algorithm 2.
 * [2] Pascanu et al. 2013: clipping by the global norm. */
#ifndef SKUA_NN_OPTIMISER_H
#define SKUA_NN_OPTIMISER_H

#include "core/context.h"
#include "nn/parameters.h"

typedef struct skuai_nn_optimiser_config {
    double rate;         /* learning rate at its highest */
    double beta1, beta2; /* of the moments */
    double epsilon;
    double weight_decay; /* on parameters with decay; times the rate */
    double clip_norm;    /* the gradient's norm at most; 0: no clipping */
    double ema_decay;    /* of the average of the weights, from (1 + t) / (10 + t) in step t on when
                            that is less; 0: none is kept */
    size_t warmup_steps; /* rate rises linearly over these */
    size_t total_steps;  /* then falls as a cosine to final_share at this step; 0: stays */
    double final_share;  /* of the rate at the end */
} skuai_nn_optimiser_config;

#define SKUAI_NN_OPTIMISER_DEFAULT                                                                 \
    ((skuai_nn_optimiser_config){.rate = 1e-3,                                                     \
                                 .beta1 = 0.9,                                                     \
                                 .beta2 = 0.999,                                                   \
                                 .epsilon = 1e-8,                                                  \
                                 .weight_decay = 0.01,                                             \
                                 .clip_norm = 1.0})

typedef struct skuai_nn_optimiser {
    skuai_nn_optimiser_config config;
    skuai_nn_parameters *parameters; /* borrowed */
    skuai_real *moment1, *moment2;   /* [parameters->size] */
    skuai_real *ema;                 /* likewise; NULL without ema_decay */
    size_t step;                     /* steps done */
} skuai_nn_optimiser;

typedef struct skuai_nn_step {
    double norm;  /* of the gradient before clipping */
    double rate;  /* the learning rate that was used */
    bool applied; /* false: the gradient was not finite, and the step was left out */
} skuai_nn_step;

/* A new optimiser on finished parameters, whose gradients it allocates. *optimiser is the caller's
 * (_free). SKUA_EINVAL: a setting out of range (the sentence names it); SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_nn_optimiser_new(skuai_nn_parameters *parameters,
                                                 const skuai_nn_optimiser_config *config,
                                                 skuai_nn_optimiser **optimiser, skua_error *err);
void skuai_nn_optimiser_free(skuai_nn_optimiser *optimiser); /* NULL allowed */

/* One step from the gradients times gradient_scale (1 / n after n accumulated passes), which are
 * zero afterwards. A gradient that is not finite changes nothing but is counted as a step. */
SKUA_MUST_USE skua_status skuai_nn_optimiser_step(skuai_nn_optimiser *optimiser,
                                                  const skuai_context *context,
                                                  double gradient_scale, skuai_nn_step *done,
                                                  skua_error *err);
/* The rate of a step (0 the first). */
double skuai_nn_optimiser_rate(const skuai_nn_optimiser_config *config, size_t step);
/* Change places: the average becomes the parameters' values and the other way round, for validation
 * and saving. Nothing without an average. */
void skuai_nn_optimiser_swap(skuai_nn_optimiser *optimiser);

#endif
