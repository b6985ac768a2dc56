/* intermittent_choice.h -- "intermittent": the mean of the two count methods that did best on the
 * series itself (room stat).
 *
 * Candidates: dynamic-count, tsb, sba, npts, empirical. Each forecasts from up to three origins
 * inside the history (a horizon, two thirds and one third of it before the end), and the two of
 * least pinball loss are averaged quantile by quantile (Vincent), in proportion to their inverse
 * loss. A history shorter than 12 periods goes to dynamic-count alone. No parameters but "season".
 */
#ifndef SKUA_STAT_INTERMITTENT_INTERMITTENT_CHOICE_H
#define SKUA_STAT_INTERMITTENT_INTERMITTENT_CHOICE_H

#include "stat/local.h"

extern const skuai_local_method skuai_intermittent_method;

#endif
