/* group_sample.h -- the draws that the variances of the group model are estimated from (room
 * stat): which series and groups, over which part of the window.
 *
 * Estimation wants complete rows. Rows with a tenth (series) or a quarter (groups) of their
 * periods missing are completed by straight lines; the part of the window is the one that ends
 * with it and holds the most rows times periods. Groups of like weight share a sample. */
#ifndef SKUA_STAT_GROUP_SAMPLE_H
#define SKUA_STAT_GROUP_SAMPLE_H

#include "stat/group/group_state.h"

/* Re-estimate state->own from the residuals; nothing changes when no series is complete enough. */
SKUA_MUST_USE skua_status skuai_group_estimate_own(skuai_group_state *state, skua_error *err);

/* Re-estimate part->variance from the part's weighted means (in part->sum, NaN: none) with the
 * own parts' kernel [T, T] as rest; without a group complete enough the part is switched off. */
SKUA_MUST_USE skua_status skuai_group_estimate_part(skuai_group_state *state,
                                                    skuai_group_part *part, const double *own,
                                                    skua_error *err);

#endif
