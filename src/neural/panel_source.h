/* panel_source.h -- training windows of a panel (private to room neural). */
#ifndef SKUA_NEURAL_PANEL_SOURCE_H
#define SKUA_NEURAL_PANEL_SOURCE_H

#include "neural/neighbours.h"

typedef struct skuai_panel_source {
    const skuai_panel *panel; /* borrowed */
    size_t hold;              /* periods at each series' end that training does not see, at most a
                                 fifth of the series */
    double mix;               /* probability that a window is mixed with another's; 0 after init */
    uint64_t seed;
    size_t n;                    /* series long enough to train on */
    size_t *series;              /* [n] owned */
    skuai_neighbours neighbours; /* owned */
} skuai_panel_source;

/* neighbours: of a window, of each kind, at most; 0: none. */
SKUA_MUST_USE skua_status skuai_panel_source_init(skuai_panel_source *source,
                                                  const skuai_panel *panel, size_t neighbours,
                                                  size_t hold, uint64_t seed, skua_error *err);
void skuai_panel_source_clear(skuai_panel_source *source);

/* A window of a random series at a random origin, and the last periods of series number index (for
 * validation): skuai_train_source's with a skuai_panel_source as user. Periods out of stock, and
 * missing ones, are not asked for.
 *
 * Mixing (the convex combinations of TSMixup, Ansari et al. 2024, algorithm 1, on windows that end
 * at the same period, so that calendars agree): x becomes l x + (1 - l) (a / b) x', with a and b
 * the mean absolute values of the two histories where both have one, and l uniform in [1/2, 1], so
 * that the series whose covariates, vectors and neighbours are read has the greater share. A window
 * without such a partner stays as it is. */
skua_status skuai_panel_source_window(void *user, uint64_t index, size_t past, size_t future,
                                      skuai_arena *arena, skuai_window_series *series,
                                      skua_error *err);
skua_status skuai_panel_source_last(void *user, uint64_t index, size_t past, size_t future,
                                    skuai_arena *arena, skuai_window_series *series,
                                    skua_error *err);

#endif
