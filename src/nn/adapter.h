/* adapter.h -- low-rank adapters: fine-tuning with few weights (room nn).
 *
 *     SKUA_TRY(skuai_nn_adapters_new(parameters, 8, 16, seed, &adapters, err));
 *     ... an optimiser on adapters->parameters; passes of blocks and dense layers use them ...
 *     skuai_nn_adapters_merge(parameters);            W becomes W + alpha / rank * B A
 *
 * Every matrix W [out, in] of the net (rank 2, its name ending in "weight", both sides larger than
 * the rank) stays as it is and gets a product of two thin ones beside it:
 *
 *     W x + alpha / rank * B A x,    A [rank, in] normal, B [out, rank] 0 at the beginning
 *
 * Hu et al. 2021, LoRA, section 4.1. Here W + alpha / rank * B A is made on the tape once a pass,
 * which gives the same output and the same gradients, and lets every fused operation be used as it
 * is. What is saved is memory: moments, average and checkpoint hold the adapters alone. */
#ifndef SKUA_NN_ADAPTER_H
#define SKUA_NN_ADAPTER_H

#include "nn/tape.h"

typedef struct skuai_nn_adapters {
    skuai_nn_parameters *parameters; /* "NAME.lora_a" [in, rank], "NAME.lora_b" [out, rank] */
    size_t *a, *b;                   /* [count of the net's] their numbers; SIZE_MAX: none */
    double scale;                    /* alpha / rank */
} skuai_nn_adapters;

/* Put adapters beside the finished parameters of a net, whose gradients are given back: no
 * optimiser may be at work on them. They belong to `base` until _merge or _drop. SKUA_EINVAL: rank
 * 0, an alpha that is not positive, adapters there already, no matrix larger than the rank;
 * SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_nn_adapters_new(skuai_nn_parameters *base, size_t rank,
                                                double alpha, uint64_t seed,
                                                skuai_nn_adapters **adapters, skua_error *err);
/* Into the matrices, and away. Nothing without adapters. */
void skuai_nn_adapters_merge(skuai_nn_parameters *base);
/* Away; the matrices stay what they were. Nothing without adapters. */
void skuai_nn_adapters_drop(skuai_nn_parameters *base);

/* A parameter as a pass uses it: with its adapter where it has one. */
skuai_tensor *skuai_nn_adapted(skuai_tape *tape, const skuai_nn_parameters *base, size_t id);

#endif
