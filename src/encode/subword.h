/* subword.h -- text vectors without any download: latent semantic analysis of sub-words, learnt on
 * the shop's own catalogue, in any language (room encode).
 *
 *     skuai_subword_learner *learner = skuai_subword_learner_new(&options, context);
 *     for each batch of titles: SKUA_TRY(skuai_subword_learner_add(learner, texts, sizes, n, err));
 *     SKUA_TRY(skuai_subword_learner_finish(learner, &model, err));
 *     SKUA_TRY(skuai_subword_encode(model, text, size, arena, vector, err));
 *
 * A text is its hashed sub-words (subword_feature.h) weighted by term and inverse document
 * frequency and scaled to length 1; the matrix of texts is projected on its strongest singular
 * directions [1], found by randomised subspace iteration [2] on a sample of the texts; what comes
 * out is scaled to length 1. The singular values flatten it: a direction counts by its value to the
 * power `power`.
 *
 * All texts are seen once and counted; `sample` of them are kept for the directions, so memory is
 * bounded by the options, whatever the size of the catalogue. The same seed, texts and options give
 * the same vectors on any number of threads.
 *
 * [1] Deerwester et al. 1990, Indexing by latent semantic analysis, JASIS 41(6).
 * [2] Halko, Martinsson & Tropp 2011, SIAM Review 53(2), algorithm 4.4. */
#ifndef SKUA_ENCODE_SUBWORD_H
#define SKUA_ENCODE_SUBWORD_H

#include "core/alloc.h"
#include "core/context.h"

typedef struct skuai_subword_options {
    size_t width;    /* values a vector, 1 .. 512 */
    size_t sample;   /* texts that the directions are learnt from */
    size_t features; /* buckets kept: those that most texts have, from two texts on */
    int passes;      /* of the subspace iteration, >= 1 */
    double power;    /* 0: all directions count alike, 1: as plain latent semantic analysis */
} skuai_subword_options;

#define SKUAI_SUBWORD_DEFAULT                                                                      \
    ((skuai_subword_options){                                                                      \
        .width = 256, .sample = 100000, .features = 1 << 16, .passes = 4, .power = 1})

typedef struct skuai_subword skuai_subword; /* immutable; any number of threads */
typedef struct skuai_subword_learner skuai_subword_learner;

/* context is borrowed until _free. NULL when out of memory. */
SKUA_MUST_USE skuai_subword_learner *skuai_subword_learner_new(const skuai_subword_options *options,
                                                               const skuai_context *context);
void skuai_subword_learner_free(skuai_subword_learner *learner); /* NULL allowed */

/* Count n more texts (any bytes), of sizes[i] bytes each; nothing is kept by reference. */
SKUA_MUST_USE skua_status skuai_subword_learner_add(skuai_subword_learner *learner,
                                                    const char *const *texts, const size_t *sizes,
                                                    size_t n, skua_error *err);
/* SKUA_EDATA: no text had a sub-word; SKUA_ECANCEL, SKUA_EDEADLINE; SKUA_ENOMEM. With fewer texts
 * or sub-words than the width the vectors are that much narrower (skuai_subword_width). */
SKUA_MUST_USE skua_status skuai_subword_learner_finish(skuai_subword_learner *learner,
                                                       skuai_subword **model, skua_error *err);

void skuai_subword_free(skuai_subword *model); /* NULL allowed */
size_t skuai_subword_width(const skuai_subword *model);
/* vector [width] out: of length 1, or all 0 when no sub-word of the text is known. */
SKUA_MUST_USE skua_status skuai_subword_encode(const skuai_subword *model, const char *text,
                                               size_t n, skuai_arena *arena, float *vector,
                                               skua_error *err);
/* The same for n texts on the context's threads: vectors [n, width]. */
SKUA_MUST_USE skua_status skuai_subword_encode_all(const skuai_subword *model,
                                                   const skuai_context *context,
                                                   const char *const *texts, const size_t *sizes,
                                                   size_t n, float *vectors, skua_error *err);

/* One file (safetensors). SKUA_EIO; SKUA_EDATA: no such file of ours; SKUA_EVERSION. */
SKUA_MUST_USE skua_status skuai_subword_save(const skuai_subword *model, const char *path,
                                             skua_error *err);
SKUA_MUST_USE skua_status skuai_subword_load(const char *path, skuai_subword **model,
                                             skua_error *err);

#endif
