/* neural.h -- the nets as forecasters: "transformer" and "gru" (room neural).
 *
 *     const skuai_forecaster *f = skuai_neural_find("transformer");
 *     skuai_parameter items[] = {{"base", "models/base.safetensors"}, {"steps", "200"}};
 *     SKUA_TRY(f->fit(f, panel, &(skuai_parameters){items, 2}, context, &model, err));
 *
 * Parameters (texts):
 *   base       file of a pre-trained net; without it a new net is trained from scratch
 *   steps      training steps (300 with a base, 1000 without; 0: the base as it is, zero-shot)
 *   batch      windows a step (32)         rate     learning rate (2e-4 with a base, 1e-3)
 *   loss       pinball | squared (pinball) validate 0 | 1 keep the weights that did best on the
 *                                                   last periods, which are then not trained on (1)
 *   horizon    periods the training windows ask for at most (64)
 *   width, heads, layers, patch, context (patches), dropout   of a new net
 *   jitter, scaling, drop, mask, damage, slice, mix   augmentation (see window.h)
 *   adversarial, adversarial_steps         size of an attack on the scaled inputs of each step (0:
 *                                          none) and its steps (1: FGSM, more: PGD; see attack.h)
 *   rank, alpha  of low-rank adapters, which alone are trained and end in the weights (0: none, all
 *                weights are trained; 16); they need a base
 *   neighbours   series that each series' window also reads, of each kind, at most (4; 0: none):
 * the same item in other channels, and the items tied to it (neighbours.h). The layers for them are
 * made at the first training on a panel in which there are some A new net is SKUAI_DEMAND_DEFAULT,
 * for the GRU of width 128 and 2 layers. save writes <name>.safetensors into the folder, and how it
 * was trained into <name>.json. update goes on with a quarter of the steps at half the rate, on
 * windows from the whole history of the panel given: old periods are rehearsed beside the new ones,
 * so that they are not forgotten.
 *
 * Predict never gives NaN: a series without history is forecast at the typical level and spread of
 * the panel's others. The mean is the integral of the quantile function over the net's 13 levels;
 * other levels are interpolated. */
#ifndef SKUA_NEURAL_NEURAL_H
#define SKUA_NEURAL_NEURAL_H

#include "forecast/forecaster.h"
#include "neural/demand.h"

/* The forecasters of this room, n of them in *count. */
const skuai_forecaster *skuai_neural_forecasters(size_t *count);
/* By name; NULL: none. */
const skuai_forecaster *skuai_neural_find(const char *name);
/* The first parameter that gives a size of a new net (width, heads, layers, patch, context,
 * dropout), which a net read from a file has already; NULL: none. */
const char *skuai_neural_size_named(const skuai_parameters *parameters);

/* Forecast a panel by a net as it is (what predict does). */
SKUA_MUST_USE skua_status skuai_neural_predict(const skuai_demand *net, const char *note,
                                               const skuai_panel *panel,
                                               const skuai_request *request,
                                               const skuai_context *context,
                                               skuai_forecast **forecast, skua_error *err);

/* Slopes of its mean forecasts between two panels (what gradient does; see forecaster.h). */
SKUA_MUST_USE skua_status skuai_neural_gradient(const skuai_demand *net, const skuai_panel *from,
                                                const skuai_panel *to, size_t s,
                                                const skuai_request *request, const double *at,
                                                size_t n_at, const skuai_context *context,
                                                double *slope, skua_error *err);

#endif
