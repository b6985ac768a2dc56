/* text_classifier.h -- a language model with a head on its first token: classes of texts, or a
 * number of a text (room encode).
 *
 *     skuai_text_classifier *c;
 *     SKUA_TRY(skuai_text_classifier_open("finetuned", &c, err));
 *     SKUA_TRY(skuai_text_classifier_predict(c, context, texts, sizes, n, outputs, err));
 *
 * A folder is what transformers' ...ForSequenceClassification reads and writes: config.json with
 * id2label and problem_type, model.safetensors, the tokeniser's files. BERT's family alone (BERT,
 * DistilBERT, RoBERTa, XLM-R); decoders are refused. What skua adds to config.json is the member
 * "skua": {"log": true} where a regression's outputs are log(1 + y).
 *
 * [1] Devlin et al. 2019, BERT, section 4.1. */
#ifndef SKUA_ENCODE_TEXT_CLASSIFIER_H
#define SKUA_ENCODE_TEXT_CLASSIFIER_H

#include "encode/text_lines.h"

typedef struct skuai_text_classifier {
    skuai_text_config config;
    skuai_text_weights weights;
    skuai_tokeniser *tokeniser;
    char *folder;       /* that it was read from */
    const char **names; /* [config.outputs] of the classes; NULL: a regression */
    bool log;           /* the outputs of a regression are log(1 + y) */
    skuai_arena *arena; /* names */
} skuai_text_classifier;

enum { SKUAI_TEXT_CLASSES_MOST = 256 };

/* Open a fine-tuned folder. SKUA_EDATA: it has no head, or see skuai_text_model_open. */
SKUA_MUST_USE skua_status skuai_text_classifier_open(const char *folder,
                                                     skuai_text_classifier **classifier,
                                                     skua_error *err);

typedef struct skuai_text_head {
    const char *const *names; /* [n] of the classes, copied; NULL: a regression */
    size_t n;                 /* outputs; 1 of a regression */
    bool log;
    size_t tokens_most; /* of a text; 0: what the folder says */
    uint64_t seed;      /* of what is random in a new head */
} skuai_text_head;

/* Open any encoder's folder and put a head on it: that of the folder where it has one of as many
 * outputs, else a new one. *classifier is the caller's (_free). SKUA_EINVAL: fewer than 2 classes
 * or more than SKUAI_TEXT_CLASSES_MOST. */
SKUA_MUST_USE skua_status skuai_text_classifier_begin(const char *folder,
                                                      const skuai_text_head *head,
                                                      skuai_text_classifier **classifier,
                                                      skua_error *err);
void skuai_text_classifier_free(skuai_text_classifier *classifier); /* NULL allowed */

/* outputs [n, config.outputs]: before the softmax of classes. The same bits on any number of
 * threads. SKUA_ECANCEL, SKUA_EDEADLINE, SKUA_ENOMEM; outputs are undefined then. */
SKUA_MUST_USE skua_status skuai_text_classifier_predict(const skuai_text_classifier *classifier,
                                                        const skuai_context *context,
                                                        const char *const *texts,
                                                        const size_t *sizes, size_t n,
                                                        float *outputs, skua_error *err);
/* The same of texts that are tokens already. */
SKUA_MUST_USE skua_status skuai_text_classifier_run(const skuai_text_classifier *classifier,
                                                    const skuai_context *context,
                                                    const skuai_text_line *lines, size_t n,
                                                    float *outputs, skua_error *err);
/* Probabilities in place: the softmax of each of n rows of `width` outputs. */
void skuai_text_probabilities(float *outputs, size_t n, size_t width);

/* Let outputs y be scale * y + shift from now on (a regression's standardised targets undone). */
void skuai_text_classifier_rescale(skuai_text_classifier *classifier, double scale, double shift);

/* Write a folder that is not there yet: beside its place, then renamed. Tokeniser and pooling are
 * copied from the folder that the encoder came from. SKUA_EEXIST, SKUA_EIO, SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_text_classifier_save(const skuai_text_classifier *classifier,
                                                     const char *folder, skua_error *err);

#endif
