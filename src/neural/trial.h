/* trial.h -- how good and how fast a net is on windows (room neural).
 *
 *     skuai_trial trial = {0};
 *     SKUA_TRY(skuai_trial_run(&trial, net, source, user, 512, 13, context, err));
 *     ... skuai_trial_wql(&trial), trial.seconds
 *
 * The loss is that of training: pinball in scaled space over all levels. WQL is in units, over the
 * levels .1 to .9, every window in units of its own scale, so that large series do not outweigh
 * small ones: sum 2 pinball(y, q) / scale / 9 over sum |y| / scale. */
#ifndef SKUA_NEURAL_TRIAL_H
#define SKUA_NEURAL_TRIAL_H

#include "neural/batch_reader.h"
#include "neural/demand.h"

typedef struct skuai_trial {
    size_t windows;
    double loss;           /* sum over windows */
    double pinball, units; /* sums of WQL */
    double seconds;        /* of the pass, a window, in the fastest batch */
} skuai_trial;

static inline double skuai_trial_loss(const skuai_trial *t) {
    return t->loss / (double)t->windows;
}
static inline double skuai_trial_wql(const skuai_trial *t) {
    return t->pinball / t->units;
}

/* Add a batch. What the tape says. */
SKUA_MUST_USE skua_status skuai_trial_add(skuai_trial *trial, skuai_tape *tape,
                                          const skuai_demand *net, const skuai_window_batch *batch,
                                          skua_error *err);
/* Windows 0 .. n - 1 of a source at full context, in batches of 64, `future` patches ahead. */
SKUA_MUST_USE skua_status skuai_trial_run(skuai_trial *trial, const skuai_demand *net,
                                          skuai_train_source source, void *user, size_t n,
                                          size_t future, const skuai_context *context,
                                          skua_error *err);

#endif
