/* candidates.h -- which forecasters a training tries (room shop: the one place that knows the
 * models of all rooms by name). */
#ifndef SKUA_SHOP_CANDIDATES_H
#define SKUA_SHOP_CANDIDATES_H

#include "automl/configured.h"
#include "automl/ensemble.h"
#include "shop/shop.h"

enum { SKUAI_CANDIDATES_MOST = 32 };

/* Must not be moved: forecasters with parameters borrow from it. */
typedef struct skuai_candidates {
    skuai_forecaster items[SKUAI_CANDIDATES_MOST];
    skuai_configured configured[SKUAI_CANDIDATES_MOST];
    bool baseline[SKUAI_CANDIDATES_MOST]; /* one of the free baselines */
    size_t n;
} skuai_candidates;

/* A forecaster by name, of whatever room. SKUA_ENOTFOUND naming the nearest. */
SKUA_MUST_USE skua_status skuai_candidate_find(const char *name, skuai_forecaster *forecaster,
                                               skua_error *err);

/* A forecaster by the name of one plugged into the shop (NULL: none), a name of the presets
 * ("tree-tweedie") or a specification of automl/configured.h. */
SKUA_MUST_USE skua_status skuai_candidate_make(const skua_shop *shop, const char *name,
                                               skuai_configured *configured,
                                               skuai_forecaster *forecaster, skua_error *err);

/* One more, unless it is there already. SKUA_ELIMIT. */
SKUA_MUST_USE skua_status skuai_candidates_add(const skua_shop *shop, skuai_candidates *candidates,
                                               const char *name, skua_error *err);
/* Without one of a name. */
void skuai_candidates_drop(skuai_candidates *candidates, const char *name);

/* What forecasts groups of items (categories, channels, the total) from their own histories: ETS
 * and theta, equally. */
SKUA_MUST_USE skua_status skuai_candidates_above(skuai_ensemble *above, skua_error *err);

/* Those of the setting `models` when it is not empty, else of a preset ("fast", "medium", "best")
 * and all that were plugged into the shop; the free baselines come first, always. */
SKUA_MUST_USE skua_status skuai_candidates_choose(const skua_shop *shop, const char *preset,
                                                  skuai_candidates *candidates, skua_error *err);

#endif
