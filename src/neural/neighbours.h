/* neighbours.h -- which series tell something of a series (room neural).
 *
 * The same item in other channels, those that sold most of late first; and the items that the
 * panel's graph of items (panel.h, ties) joins to it, in the same channel, the surest tie first. Of
 * each kind at most `most`. A view that holds a part of a panel's series finds neighbours in the
 * panel around it, so a forecast of one series is that of the whole.
 *
 * A neighbour's window ends at the origin of the series that asks, and shows nothing of the panel
 * around behind the last period that any series of the view has: neither a backtest nor a channel
 * that reports late sees ahead. What is known ahead of a neighbour (its prices, its promotions) is.
 */
#ifndef SKUA_NEURAL_NEIGHBOURS_H
#define SKUA_NEURAL_NEIGHBOURS_H

#include "neural/window.h"

typedef struct skuai_neighbour {
    const skuai_panel *panel; /* the view, or the panel around it */
    size_t series;            /* of that panel */
    skuai_relation relation;
} skuai_neighbour;

typedef struct skuai_neighbours {
    const skuai_panel *panel; /* borrowed; the view */
    size_t *first;            /* [S + 1] those of series s: items[first[s]] .. */
    skuai_neighbour *items;
    int64_t known; /* observed periods of the panel around are read before this one */
} skuai_neighbours;

/* SKUA_ENOMEM; there is nothing to clear then. most 0, or a panel whose series are not told apart
 * by item: no neighbours. */
SKUA_MUST_USE skua_status skuai_neighbours_init(skuai_neighbours *neighbours,
                                                const skuai_panel *panel, size_t most,
                                                skua_error *err);
void skuai_neighbours_clear(skuai_neighbours *neighbours); /* all zero allowed */
/* Of all series. */
size_t skuai_neighbours_count(const skuai_neighbours *neighbours);

/* Give the window of series s, whose origin is start + length, its neighbours; a neighbour without
 * an observed period among the last `past` before the origin is left out. Arrays live in the arena
 * or are the panel's. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_neighbours_add(const skuai_neighbours *neighbours, size_t s,
                                               size_t past, skuai_arena *arena,
                                               skuai_window_series *series, skua_error *err);
/* Periods before the end of series s from which a neighbour of it has something to tell. */
size_t skuai_neighbours_reach(const skuai_neighbours *neighbours, size_t s);

#endif
