/* cause_items.h -- the graph of items of a shop (room shop): links from orders and from prices,
 * into the table item_links and the report.
 *
 *     item_links(item, other, kind, evidence, value, error, p, q, together, expected, phi)
 *
 * kind: substitutes or complements. evidence: baskets (both ways; value: log of orders together
 * over expected) or prices (of `item`, answered by `other`; value: the cross-price elasticity).
 * Whoever reads a neighbourhood of items (attention over neighbours, cannibalisation) reads this
 * table: a run of `skua cause --graph items` replaces it whole. */
#ifndef SKUA_SHOP_CAUSE_ITEMS_H
#define SKUA_SHOP_CAUSE_ITEMS_H

#include "shop/shop.h"

/* Find links, store them, and tell of them as member "item_graph" of an open report. SKUA_EDATA:
 * neither orders nor prices can tell, with what each lacks. No store
 * may be open: it reads one, works, and opens another to write. */
SKUA_MUST_USE skua_status skuai_cause_items(const skua_shop *shop, const skuai_panel *panel,
                                            const skuai_context *context, skuai_json_writer *w,
                                            skua_error *err);

#endif
