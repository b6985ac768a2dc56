/* panel_owner.h -- memory behind a panel, private to room panel. */
#ifndef SKUA_PANEL_PANEL_OWNER_H
#define SKUA_PANEL_PANEL_OWNER_H

#include "panel/panel.h"

#include <stdatomic.h>

/* Large arrays that a panel owns besides its arena. */
enum { SKUAI_PANEL_BLOCKS = 64 };

struct skuai_panel_owner {
    atomic_size_t references;
    skuai_arena *arena;  /* the panel itself and its small arrays */
    skuai_panel *parent; /* the panel whose memory is shared; one reference; NULL: none */
    void *blocks[SKUAI_PANEL_BLOCKS];
    size_t n_blocks;
};

/* A new panel with one reference that starts as a copy of `like` (NULL: zero), sharing its memory
 * when it is not NULL. NULL when out of memory. */
skuai_panel *skuai_panel_make(const skuai_panel *like);

/* n elements in the panel's arena. NULL when out of memory. */
void *skuai_panel_take(skuai_panel *panel, size_t n, size_t size);

/* Hand a block of skuai_new over to the panel; SKUA_ELIMIT when it has too many. */
SKUA_MUST_USE skua_status skuai_panel_adopt(skuai_panel *panel, void *block, skua_error *err);

#endif
