/* model_version.h -- which of a shop's models forecasts (room shop).
 *
 *     SHOP/models/current    "0003"
 *     SHOP/models/history    the ones before it, a line each, newest last: what rollback returns to
 */
#ifndef SKUA_SHOP_MODEL_VERSION_H
#define SKUA_SHOP_MODEL_VERSION_H

#include "shop/shop.h"

enum { SKUAI_MODEL_NAME = 32 };

/* The current model's name; "" when nothing was trained. */
SKUA_MUST_USE skua_status skuai_model_current(const skua_shop *shop, char name[SKUAI_MODEL_NAME],
                                              skua_error *err);
/* Make a model the current one; the one before is remembered. SKUA_ENOTFOUND: no such model, or it
 * is not complete. The current one itself: nothing happens. */
SKUA_MUST_USE skua_status skuai_model_promote(const skua_shop *shop, const char *name,
                                              skua_error *err);
/* Back to the one before; its name. SKUA_ENOTFOUND: there is none. */
SKUA_MUST_USE skua_status skuai_model_rollback(const skua_shop *shop, char name[SKUAI_MODEL_NAME],
                                               skua_error *err);

#endif
