/* lime.h -- a sparse line through the forecasts around one (room explain, private). [1] Ribeiro,
 * Singh & Guestrin 2016, KDD: Why should I trust you?
 *
 * Inputs: the mean over the horizon of each covariate known ahead that moves, and the mean sales of
 * each of the last seasons (at most four). A perturbation adds a normal number of the input's own
 * deviation to all its periods, kept within what the series has had or plans; of a covariate of two
 * values (a promotion) it takes the values of a window of the past, or leaves them. The model's
 * forecast of each perturbation is weighted by exp(-d^2 / width^2), d in standard deviations of the
 * inputs from what is planned; at most `features` inputs are taken by forward selection on the
 * weighted R2, and the line is their weighted least squares. Its R2 on the quarter of perturbations
 * held out is the fidelity; the line that is told is fitted to all. A term's contribution is its
 * coefficient times planned less ordinary (the mean over windows of the past); what the line does
 * not say of the forecast is a group of its own, so that all sum to the forecast. */
#ifndef SKUA_EXPLAIN_LIME_H
#define SKUA_EXPLAIN_LIME_H

#include "explain/probe.h"

/* Of the one series of the probe. SKUA_EDATA: too little history, nothing that moves, or fewer
 * perturbations than four a term. */
SKUA_MUST_USE skua_status skuai_lime_fit(skuai_probe *probe, const skuai_explain_options *options,
                                         skuai_explanation **explanation, skua_error *err);

#endif
