/* cause_event.h -- what a one-off event did, of a shop (room shop): the table of items and periods,
 * both estimators of cause/event_effect.h, and their report. */
#ifndef SKUA_SHOP_CAUSE_EVENT_H
#define SKUA_SHOP_CAUSE_EVENT_H

#include "shop/shop.h"

/* The event of the settings `event`, `event_end`, `treated` and `before`, as member "event" of an
 * open report. Items that item_links (see cause_items.h) ties to a touched one are no controls.
 * SKUA_ECONFIG: a date or a name that is none, with the nearest; SKUA_EDATA: neither estimator can
 * speak, with what each needs. */
SKUA_MUST_USE skua_status skuai_cause_event(const skua_shop *shop, skuai_store *store,
                                            const skuai_panel *panel, const skuai_context *context,
                                            skuai_json_writer *w, skua_error *err);

#endif
