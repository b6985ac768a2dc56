/* demand.h -- the nets that forecast demand: a transformer over patches and a GRU behind the same
 * interface (room neural). docs/MODEL.md specifies them so that they could be rebuilt.
 *
 *     skuai_demand *net;
 *     SKUA_TRY(skuai_demand_new(&SKUAI_DEMAND_DEFAULT, seed, &net, err));
 *     skuai_tape_begin(tape, SKUAI_TAPE_TRAIN, step);
 *     skuai_tensor *out = skuai_demand_run(tape, net, &batch, SKUAI_DEMAND_ALL);
 *     skuai_tensor *loss = skuai_demand_loss(tape, net, &batch, out, 0.2, NULL);
 *     SKUA_TRY(skuai_tape_backward(tape, loss, err));
 *     ...
 *     SKUA_TRY(skuai_demand_save(net, "model/transformer.safetensors", err));
 *
 * Sources: Nie et al. 2023 (patches), Ansari et al. 2024 and 2025 (quantiles of the whole horizon
 * in one pass, future covariates as tokens), Vaswani et al. 2017, Su et al. 2021, Cho et al. 2014,
 * Velickovic et al. 2018 and Schlichtkrull et al. 2018 (a layer a relation). */
#ifndef SKUA_NEURAL_DEMAND_H
#define SKUA_NEURAL_DEMAND_H

#include "neural/window.h"
#include "nn/block.h"
#include "nn/loss.h"
#include "nn/safetensors.h"

enum { SKUAI_DEMAND_LEVELS = 13, SKUAI_DEMAND_MEDIAN = 6 };
/* .01 .05 .1 .2 ... .9 .95 .99 */
extern const double skuai_demand_levels[SKUAI_DEMAND_LEVELS];

typedef enum skuai_demand_kind { SKUAI_DEMAND_TRANSFORMER, SKUAI_DEMAND_GRU } skuai_demand_kind;

typedef struct skuai_demand_config {
    skuai_demand_kind kind;
    skuai_window_config window;
    size_t width;      /* D, a multiple of 2 * heads, 8 .. 4096 */
    size_t heads;      /* transformer */
    size_t layers;     /* 1 .. SKUAI_NN_LAYERS_MOST */
    size_t hidden;     /* of the feed-forward; 0: 4 * width */
    size_t head_width; /* of a head; 0: width / heads */
    /* of single layers, where they differ (prune.h); 0: heads and hidden */
    size_t layer_heads[SKUAI_NN_LAYERS_MOST], layer_hidden[SKUAI_NN_LAYERS_MOST];
    double dropout; /* [0, 1) */
    bool squared;   /* the median is trained by squared loss, the other quantiles by pinball */
    bool sides;     /* side tokens are read; false until a panel that has some was trained on */
} skuai_demand_config;

/* About 0.92 million parameters: what an hour of a shared processor trains well. */
#define SKUAI_DEMAND_DEFAULT                                                                       \
    ((skuai_demand_config){.kind = SKUAI_DEMAND_TRANSFORMER,                                       \
                           .window = {.patch = 8, .context = 64},                                  \
                           .width = 128,                                                           \
                           .heads = 4,                                                             \
                           .layers = 4,                                                            \
                           .hidden = 512})

/* Graph attention over neighbours: what a series' tokens are told before the encoder reads them.
 * Each kind of neighbour has a layer of its own, whose output begins at 0. */
typedef struct skuai_demand_graph {
    skuai_nn_dense source; /* a neighbour's tokens D -> D */
    size_t target_score[SKUAI_RELATIONS], source_score[SKUAI_RELATIONS]; /* [heads, D / heads] */
    skuai_nn_dense out[SKUAI_RELATIONS];                                 /* D -> D */
} skuai_demand_graph;

typedef struct skuai_demand {
    skuai_demand_config config;
    skuai_nn_parameters *parameters;
    skuai_nn_dense in, in_out, in_skip;       /* tokens F -> D, with a residual */
    skuai_nn_dense side;                      /* side tokens -> D */
    skuai_demand_graph graph;                 /* where config.window.neighbours > 0 */
    skuai_nn_encoder encoder;                 /* transformer */
    size_t gru[SKUAI_NN_LAYERS_MOST][4];      /* GRU: input, hidden weights and biases */
    skuai_nn_dense head, head_out, head_skip; /* D -> P * levels */
} skuai_demand;

/* SKUA_EINVAL: a setting out of range (the sentence names it); SKUA_ENOMEM. *net is the caller's.
 */
SKUA_MUST_USE skua_status skuai_demand_new(const skuai_demand_config *config, uint64_t seed,
                                           skuai_demand **net, skua_error *err);
void skuai_demand_free(skuai_demand *net); /* NULL allowed */

/* Let the net ignore the covariates of the slots from `first` on (weights 0): those that nothing
 * trained it on, whose weights are still the random ones of the beginning. Fine-tuning can learn
 * them from there. */
void skuai_demand_ignore_slots(skuai_demand *net, size_t first);

typedef enum skuai_demand_part {
    SKUAI_DEMAND_ALL,   /* all tokens: training with hidden patches */
    SKUAI_DEMAND_FUTURE /* the horizon's alone */
} skuai_demand_part;

/* A net that also reads up to so many neighbours of each kind, and forecasts as this one does until
 * it is trained: the layers for them are new (from the seed) where the net has none. SKUA_EINVAL: a
 * width that is no multiple of 4; SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_demand_with_neighbours(const skuai_demand *net, size_t neighbours,
                                                       uint64_t seed, skuai_demand **made,
                                                       skua_error *err);

/* Scaled quantiles [n * tokens * P, levels] of a batch, tokens those of `part`; NULL sticking in
 * the tape. A patch of the horizon depends on the context and on earlier patches of the horizon
 * alone: a longer horizon begins with the same numbers. */
skuai_tensor *skuai_demand_run(skuai_tape *tape, const skuai_demand *net,
                               const skuai_window_batch *batch, skuai_demand_part part);
/* The same from the tokens as a tensor [n, tokens, F] of the caller's: a variable, whose gradient
 * is wanted. */
skuai_tensor *skuai_demand_run_on(skuai_tape *tape, const skuai_demand *net,
                                  const skuai_window_batch *batch, skuai_tensor *tokens,
                                  skuai_demand_part part);
/* Loss of an output for ALL tokens: mean over what is asked of the horizon, plus `auxiliary` times
 * the mean over hidden patches (0: none). *horizon (may be NULL): the first part alone. */
skuai_tensor *skuai_demand_loss(skuai_tape *tape, const skuai_demand *net,
                                const skuai_window_batch *batch, skuai_tensor *out,
                                double auxiliary, skuai_tensor **horizon);

/* Quantiles in scaled space of a batch, sorted: out [n, future * P, levels], all finite.
 * SKUA_ENOMEM, what the tape says. */
SKUA_MUST_USE skua_status skuai_demand_quantiles(skuai_tape *tape, const skuai_demand *net,
                                                 const skuai_window_batch *batch, float *out,
                                                 skua_error *err);

/* One safetensors file with the configuration in its metadata. save: as F32 or F16; matrices that
 * were quantised (nn/quantise.h) as I8 with their scales beside them as "NAME.scale". load: what
 * was quantised is so again. SKUA_EDATA when it is not such a file, is truncated, or holds other
 * tensors than the configuration asks for, or numbers that are not finite; SKUA_ENOTFOUND,
 * SKUA_EIO. */
SKUA_MUST_USE skua_status skuai_demand_save(const skuai_demand *net, const char *path,
                                            skua_error *err);
SKUA_MUST_USE skua_status skuai_demand_save_as(const skuai_demand *net, skuai_safetensors_type type,
                                               const char *path, skua_error *err);
SKUA_MUST_USE skua_status skuai_demand_load(const char *path, skuai_demand **net, skua_error *err);

#endif
