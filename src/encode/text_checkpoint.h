/* text_checkpoint.h -- the state of a fine-tuning in a file (room encode, private). */
#ifndef SKUA_ENCODE_TEXT_CHECKPOINT_H
#define SKUA_ENCODE_TEXT_CHECKPOINT_H

#include "encode/text_training.h"

typedef struct skuai_text_progress {
    size_t epochs;   /* done */
    double loss;     /* sum over the texts of the epoch under way */
    size_t of;       /* epochs in all */
    bool confusions; /* each epoch has one */
    char *settings;  /* what decides a step: a checkpoint of others is refused */
} skuai_text_progress;

/* The progress of nothing; settings from the training, the texts and labels, and the weights as
 * they are before the first step. */
SKUA_MUST_USE skua_status skuai_text_progress_init(skuai_text_progress *progress,
                                                   const skuai_text_steps *steps,
                                                   const skuai_text_training *training,
                                                   const skuai_text_set *train,
                                                   const skuai_text_set *dev, skua_error *err);
void skuai_text_progress_clear(skuai_text_progress *progress);

SKUA_MUST_USE skua_status skuai_text_checkpoint_write(const char *path,
                                                      const skuai_text_steps *steps,
                                                      const skuai_text_progress *progress,
                                                      const skuai_text_epoch *epochs,
                                                      skua_error *err);
/* Fill weights, moments, progress and the epochs done; nothing when there is no such file.
 * SKUA_EDATA: of other settings, or damaged: all is then as it was. */
SKUA_MUST_USE skua_status skuai_text_checkpoint_read(const char *path, skuai_text_steps *steps,
                                                     skuai_text_progress *progress,
                                                     skuai_text_epoch *epochs, skua_error *err);

#endif
