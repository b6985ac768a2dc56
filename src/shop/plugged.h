/* plugged.h -- forecasters that a program brings along (room shop): a function on one history
 * becomes a local method with all its guards (stat/local.h), under a name of its own among the
 * candidates. */
#ifndef SKUA_SHOP_PLUGGED_H
#define SKUA_SHOP_PLUGGED_H

#include "shop/shop.h"
#include "stat/local.h"

enum { SKUAI_PLUGGED_NAME = 32 };

/* Must not be moved: forecasters borrow from it. */
typedef struct skuai_plugged {
    char name[SKUAI_PLUGGED_NAME];
    skua_forecaster forecaster; /* its name is the one above */
    skuai_local_method method;
} skuai_plugged;

/* The forecaster of a name that was plugged into the shop (NULL: into none). */
bool skuai_plugged_find(const skua_shop *shop, const char *name, skuai_forecaster *forecaster);

/* Plug what one shop has into another one that has none. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_plugged_copy(const skua_shop *from, skua_shop *to, skua_error *err);

#endif
