/* text_training.h -- fine-tuning of a text encoder, the whole of it, on labelled texts (room
 * encode).
 *
 * AdamW (Loshchilov & Hutter 2019) at a constant rate on batches of texts drawn without replacement
 * each epoch, filled up to the longest of the batch; cross entropy of classes, or the mean squared
 * error of a number. Gradients go through head, blocks and tables. Step k depends on the state
 * (weights, moments, k) and the seed alone, so a run that goes on from its checkpoint ends with the
 * bits of one that was never stopped. Devlin et al. 2019, appendix A.3; Mosbach et al. 2021. */
#ifndef SKUA_ENCODE_TEXT_TRAINING_H
#define SKUA_ENCODE_TEXT_TRAINING_H

#include "encode/text_classifier.h"
#include "nn/optimiser.h"

/* Labelled texts: lines[i] has the label classes[i], or the value values[i] (classes NULL). */
typedef struct skuai_text_set {
    const skuai_text_line *lines; /* text = i */
    const int32_t *classes;
    const float *values;
    size_t n;
} skuai_text_set;

typedef struct skuai_text_training {
    size_t epochs, batch;
    skuai_nn_optimiser_config optimiser;
    double dropout;         /* below 0: as the folder says; else everywhere */
    uint64_t seed;          /* of the order and of what is dropped */
    const char *checkpoint; /* a file written now and then, and read at the start when it is
                               there; NULL: none */
    double checkpoint_seconds;
} skuai_text_training;

#define SKUAI_TEXT_TRAINING_DEFAULT                                                                \
    ((skuai_text_training){.epochs = 5,                                                            \
                           .batch = 16,                                                            \
                           .optimiser = {.rate = 2e-5,                                             \
                                         .beta1 = 0.9,                                             \
                                         .beta2 = 0.999,                                           \
                                         .epsilon = 1e-8,                                          \
                                         .weight_decay = 0.01,                                     \
                                         .clip_norm = 1},                                          \
                           .dropout = -1,                                                          \
                           .seed = 1,                                                              \
                           .checkpoint_seconds = 45})

/* How good a model is on a set. Of classes: the mean cross entropy and the confusion matrix; of a
 * number: the mean squared and absolute error and the share of variance explained, in the units of
 * the values. */
typedef struct skuai_text_score {
    double loss, absolute, explained;
    size_t *confusion; /* [C, C], the caller's memory; unused by a regression */
} skuai_text_score;

typedef struct skuai_text_epoch {
    double loss; /* mean over the texts, in training */
    skuai_text_score dev;
} skuai_text_epoch;

typedef struct skuai_text_result {
    skuai_text_epoch *epochs; /* [epochs] the caller's, each dev.confusion too */
    size_t steps, resumed;    /* in all; of earlier runs */
    size_t left_out;          /* steps whose gradient was not finite */
} skuai_text_result;

/* Score a set; score->confusion is filled where it is not NULL. SKUA_ECANCEL, SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_text_score_of(const skuai_text_classifier *classifier,
                                              const skuai_text_set *set,
                                              const skuai_context *context, skuai_text_score *score,
                                              skua_error *err);

/* Train the classifier in place; dev may be empty. Reports "train-loss" (a step), "epoch-loss" and
 * "dev-loss" to the context's trace, progress under "fine-tuning", and a line an epoch to its log,
 * with the table of classes behind it. SKUA_ECANCEL: the checkpoint is written; SKUA_EINVAL: no
 * texts, a setting out of range; SKUA_EDATA: a checkpoint of other data, settings or encoder. */
SKUA_MUST_USE skua_status skuai_text_train(skuai_text_classifier *classifier,
                                           const skuai_text_training *training,
                                           const skuai_text_set *train, const skuai_text_set *dev,
                                           const skuai_context *context, skuai_text_result *result,
                                           skua_error *err);

/* -- Steps, for those who run their own loop -------------------------------------------------- */

typedef struct skuai_text_steps {
    skuai_text_classifier *classifier;
    skuai_nn_optimiser *optimiser;
    skuai_tape *tape;
    skuai_context context; /* without deadline and cancel: a step that was begun is finished */
    double dropout;
} skuai_text_steps;

/* steps stays where it is (its tape borrows its context); _clear on failure too. */
SKUA_MUST_USE skua_status skuai_text_steps_init(skuai_text_steps *steps,
                                                skuai_text_classifier *classifier,
                                                const skuai_text_training *training,
                                                const skuai_context *context, skua_error *err);
void skuai_text_steps_clear(skuai_text_steps *steps);
/* One step on the texts order[0 .. n-1] of the set; *loss before it. *applied: false when the
 * gradient was not finite. */
SKUA_MUST_USE skua_status skuai_text_step(skuai_text_steps *steps, const skuai_text_set *set,
                                          const size_t *order, size_t n, uint64_t seed,
                                          double *loss, bool *applied, skua_error *err);

#endif
