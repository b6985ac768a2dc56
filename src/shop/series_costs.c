#include "shop/series_costs.h"

#include "shop/shop_plan.h"
#include "shop/supply.h"

#include <math.h>
#include <string.h>

void skuai_series_costs_clear(skuai_series_costs *costs) {
    skuai_free(costs->under);
    skuai_free(costs->over);
    *costs = (skuai_series_costs){0};
}

static double cost_over(const skuai_stock_item *terms) {
    bool spoils = terms->shelf_life > 0 && terms->shelf_life <= terms->review;
    return spoils && terms->cost > terms->salvage ? terms->cost - terms->salvage
                                                  : terms->holding * (double)terms->review;
}

static skua_status fill(const skua_shop *shop, const skuai_panel *panel, skuai_supply *supply,
                        skuai_series_costs *costs, skua_error *err) {
    int64_t first = INT64_MIN;
    size_t S = panel->n_series;
    for (size_t s = 0; s < S; s++)
        if (skuai_panel_end(panel, s) > first) first = skuai_panel_end(panel, s);
    costs->under = skuai_new(S + 1, sizeof *costs->under);
    costs->over = skuai_new(S + 1, sizeof *costs->over);
    if (!costs->under || !costs->over) return skuai_error_memory(err, "costs of series");
    SKUA_TRY(
        skuai_supply_places(supply, panel, first, skuai_plan_review(shop, &panel->grid), 0, err));
    for (size_t s = 0; s < S; s++)
        costs->under[s] = costs->over[s] = (double)NAN;
    for (size_t k = 0; k < supply->n; k++)
        for (size_t i = 0; i < supply->places[k].n_series; i++) {
            size_t s = supply->places[k].series[i];
            costs->under[s] = supply->places[k].terms.shortage;
            costs->over[s] = cost_over(&supply->places[k].terms);
        }
    return SKUA_OK;
}

skua_status skuai_series_costs_read(const skua_shop *shop, const skuai_panel *panel,
                                    skuai_series_costs *costs, skua_error *err) {
    skuai_store *store = NULL;
    skuai_supply supply = {0};
    *costs = (skuai_series_costs){0};
    if (strcmp(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_weigh), "cost") != 0)
        return SKUA_OK;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_supply_read(store, &supply, err);
    skuai_store_close(store);
    if (status == SKUA_OK) status = fill(shop, panel, &supply, costs, err);
    skuai_supply_clear(&supply);
    if (status != SKUA_OK) skuai_series_costs_clear(costs);
    return status;
}
