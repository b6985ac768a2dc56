/* shop_plan.h -- what the plans share (room shop). */
#ifndef SKUA_SHOP_SHOP_PLAN_H
#define SKUA_SHOP_SHOP_PLAN_H

#include "decide/price.h"
#include "shop/history.h"
#include "shop/item_title.h"
#include "shop/live.h"
#include "shop/supply.h"

enum { SKUAI_PLAN_PATHS = 500 };

/* A plan under way: history, supply and, after skuai_plan_forecast, what is to come. */
typedef struct skuai_plan {
    skuai_history history;
    skuai_supply supply;
    skuai_live live;
    char model[32];
    size_t review; /* periods between orders */
    skuai_table *titles;
    skuai_stock_rule rule;
} skuai_plan;

void skuai_plan_clear(skuai_plan *plan);

/* Periods between two orders: the setting `review`, else a week of days, a day of hours, one. */
size_t skuai_plan_review(const skua_shop *shop, const skuai_grid *grid);

/* Read history and supply; the rule and the review of the settings. */
SKUA_MUST_USE skua_status skuai_plan_read(const skua_shop *shop, skuai_plan *plan, skua_error *err);

/* Forecast the living series `horizon` periods ahead with the shop's model. */
SKUA_MUST_USE skua_status skuai_plan_forecast(const skua_shop *shop, const skuai_panel *panel,
                                              size_t horizon, skuai_live *live, char model[32],
                                              skua_error *err);

/* Paths of what a place must serve: its channels together, [SKUAI_PLAN_PATHS, horizon]. */
SKUA_MUST_USE skua_status skuai_plan_paths(const skuai_panel *panel, const skuai_forecast *forecast,
                                           const skuai_supply_place *place, uint64_t seed,
                                           double *paths, skua_error *err);

/* Of pointers to skuai_effect_item by name, for qsort; a name beside one, for bsearch. */
int skuai_effect_by_name(const void *a, const void *b);
int skuai_effect_find_name(const void *key, const void *element);

SKUA_MUST_USE skua_status skuai_plan_stock(skua_shop *shop, const char *output, char **report,
                                           skua_error *err);
SKUA_MUST_USE skua_status skuai_plan_price(skua_shop *shop, const char *output, char **report,
                                           skua_error *err);
SKUA_MUST_USE skua_status skuai_plan_promo(skua_shop *shop, const char *output, char **report,
                                           skua_error *err);
SKUA_MUST_USE skua_status skuai_plan_replay(skua_shop *shop, char **report, skua_error *err);
SKUA_MUST_USE skua_status skuai_plan_price_replay(skua_shop *shop, char **report, skua_error *err);

/* The settings of prices. SKUA_ECONFIG: `ending`. */
SKUA_MUST_USE skua_status skuai_plan_price_options(const skua_shop *shop,
                                                   skuai_price_options *options,
                                                   double *above_competitor, skua_error *err);

#endif
