/* item_title.h -- what items are called, for people who do not know their numbers (room shop). */
#ifndef SKUA_SHOP_ITEM_TITLE_H
#define SKUA_SHOP_ITEM_TITLE_H

#include "store/store.h"

/* The titles of n items (NULL: of all that have one) as a table of item and title in order of item;
 * freed by the caller. */
SKUA_MUST_USE skua_status skuai_titles_read(skuai_store *store, const char *const *items, size_t n,
                                            skuai_table **titles, skua_error *err);
/* The title of an item, "" when it has none; titles NULL: "". */
const char *skuai_titles_find(const skuai_table *titles, const char *item);

#endif
