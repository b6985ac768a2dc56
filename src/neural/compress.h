/* compress.h -- a smaller net from a net: pruned and healed, or taught (room neural).
 *
 *     skuai_compress_config config = skuai_compress_default;
 *     config.prune.share = 0.5, config.train.steps = 1000, config.distill = true;
 *     SKUA_TRY(skuai_compress_run(net, &config, panels, n_panels, context, &small, &result, err));
 *
 * Pruning takes heads, hidden units and layers away (prune.h), and a short run of training heals
 * what is left. Distillation trains a new narrower net, or heals a pruned one, on the quantiles of
 * the first net beside what came (Hinton, Vinyals & Dean 2015; train.h has the loss; both together:
 * Muralidharan et al. 2024). The windows of all that are synthetic, and half of them the panels'
 * where some are given.
 *
 * The trial windows are those of nothing else: held-out synthetic series, or the last periods of
 * the panels' series, which are then not trained on. */
#ifndef SKUA_NEURAL_COMPRESS_H
#define SKUA_NEURAL_COMPRESS_H

#include "neural/prune.h"
#include "neural/train.h"
#include "neural/trial.h"

typedef struct skuai_compress_config {
    skuai_prune_config prune;      /* share 0 and layers 0: nothing goes */
    bool distill;                  /* the net teaches */
    size_t width, layers;          /* of a new net to teach, where nothing is pruned; 0: about half
                                      of the net's */
    skuai_train_config train;      /* steps 0: no training; teacher is set by _run */
    skuai_synthetic_config series; /* panels and longest are set by _run */
    double real;                   /* share of windows of panels, where there are some */
    size_t trial;                  /* windows at most */
} skuai_compress_config;

/* Rate and steps are 0: as _run finds right (a new net needs more than a pruned one). */
extern const skuai_compress_config skuai_compress_default;
#define SKUAI_COMPRESS_STEPS_AUTO SIZE_MAX

typedef struct skuai_compress_result {
    skuai_trial before, after; /* of the net as it was, as it is now */
    bool on_panels;            /* the trial windows are the panels' last periods */
    skuai_train_result train;  /* steps 0: none */
} skuai_compress_result;

/* *small is the caller's; where neither pruning nor distillation is asked for it is a copy.
 * A deadline ends the training early; what was pruned is kept, and tried.
 * result->after is that of floats: who quantises *small asks skuai_compress_trial again.
 * SKUA_EINVAL: a setting out of range, or of both ways; what skuai_prune and skuai_train_run say.
 */
SKUA_MUST_USE skua_status skuai_compress_run(const skuai_demand *net,
                                             const skuai_compress_config *config,
                                             const skuai_panel *const *panels, size_t n_panels,
                                             const skuai_context *context, skuai_demand **small,
                                             skuai_compress_result *result, skua_error *err);
/* A net on the trial windows of such a run. */
SKUA_MUST_USE skua_status skuai_compress_trial(const skuai_demand *net,
                                               const skuai_compress_config *config,
                                               const skuai_panel *const *panels, size_t n_panels,
                                               const skuai_context *context, skuai_trial *trial,
                                               skua_error *err);

#endif
