/* group_rank.h -- factors of low rank for a two-way panel (room stat).
 *
 * Where two partitions name the series (store and department, channel and item), the series' own
 * parts form a table of departments x (stores x time). Its leading singular vectors are loadings of
 * the departments: a factor is then a path a store, which each department follows by its loading;
 * and the other way round. Loadings come from an orthogonal iteration (Golub & Van Loan 2013,
 * 8.2.4) on the own parts' posterior divided by volatility. */
#ifndef SKUA_STAT_GROUP_RANK_H
#define SKUA_STAT_GROUP_RANK_H

#include "stat/group/group_state.h"

/* The pair of partitions that names the series best; *found false when there is none: it takes at
 * least 6 groups each and 95 % of the series alone in their cell. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_group_rank_pair(const skuai_group_state *state, bool *found,
                                                size_t *first, size_t *second, skua_error *err);

/* Add `rank` factors in each of the two directions: rank parts over the groups of `second`, loaded
 * by those of `first`, then the reverse. */
SKUA_MUST_USE skua_status skuai_group_rank_add(skuai_group_state *state, size_t first,
                                               size_t second, size_t rank, skua_error *err);

#endif
