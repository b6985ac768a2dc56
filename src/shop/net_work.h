/* net_work.h -- what pretrain and compress share: the histories of
 * workspaces as panels, a net as a file (room shop). */
#ifndef SKUA_SHOP_NET_WORK_H
#define SKUA_SHOP_NET_WORK_H

#include "neural/demand.h"
#include "shop/shop.h"

enum { SKUAI_NET_SHOPS_MOST = 64 };

typedef struct skuai_net_panels {
    skuai_panel *items[SKUAI_NET_SHOPS_MOST];
    size_t n;
} skuai_net_panels;

/* Add the history of each workspace (ended by NULL; NULL: none). On failure what was added stays:
 * _clear. SKUA_ELIMIT: too many; what opening and reading say, with the folder. */
SKUA_MUST_USE skua_status skuai_net_panels_add(const skua_shop *settings,
                                               const char *const *folders, skuai_net_panels *panels,
                                               skua_error *err);
void skuai_net_panels_clear(skuai_net_panels *panels);

/* Whether a file can be written there, asked before hours of work: its folder is there and may be
 * written, and it is no folder itself. SKUA_EIO, SKUA_ENOTFOUND with what it is (a noun). */
SKUA_MUST_USE skua_status skuai_net_place_check(const char *what, const char *path,
                                                skua_error *err);

/* As the setting `weights` says: float32, float16, or int8, which quantises the net. */
SKUA_MUST_USE skua_status skuai_net_save(const skua_shop *settings, skuai_demand *net,
                                         const char *output, skua_error *err);

#endif
