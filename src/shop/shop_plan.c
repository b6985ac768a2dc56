#include "shop/shop_plan.h"
#include "shop/coherence.h"

#include "cause/effect.h"
#include "decide/stock_channels.h"
#include "shop/coherence.h"
#include "shop/forecast_model.h"

#include <stdio.h>
#include <string.h>

int skuai_effect_by_name(const void *a, const void *b) {
    const skuai_effect_item *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

int skuai_effect_find_name(const void *key, const void *element) {
    const skuai_effect_item *const *item = element;
    return strcmp(key, (*item)->name);
}

void skuai_plan_clear(skuai_plan *plan) {
    skuai_live_clear(&plan->live);
    skuai_supply_clear(&plan->supply);
    skuai_history_clear(&plan->history);
    skuai_table_free(plan->titles);
    memset(plan, 0, sizeof *plan);
}

static size_t usual_review(const skuai_grid *grid) {
    switch (grid->frequency) {
    case SKUAI_FREQUENCY_HOUR:
        return 24;
    case SKUAI_FREQUENCY_DAY:
        return 7;
    default:
        return 1;
    }
}

size_t skuai_plan_review(const skua_shop *shop, const skuai_grid *grid) {
    int64_t review = skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_review);
    return review > 0 ? (size_t)review : usual_review(grid);
}

skua_status skuai_plan_read(const skua_shop *shop, skuai_plan *plan, skua_error *err) {
    skuai_store *store = NULL;
    const char *target = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_target);
    memset(plan, 0, sizeof *plan);
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_supply_read(store, &plan->supply, err);
    if (status == SKUA_OK) status = skuai_history_read(shop, store, &plan->history, err);
    if (status == SKUA_OK) status = skuai_titles_read(store, NULL, 0, &plan->titles, err);
    skuai_store_close(store);
    if (status != SKUA_OK) {
        skuai_plan_clear(plan);
        return status;
    }
    plan->review = skuai_plan_review(shop, &plan->history.panel->grid);
    plan->rule.target = strcmp(target, "cycle") == 0  ? SKUAI_STOCK_CYCLE
                        : strcmp(target, "fill") == 0 ? SKUAI_STOCK_FILL
                                                      : SKUAI_STOCK_COST;
    plan->rule.level = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_service);
    return SKUA_OK;
}

skua_status skuai_plan_forecast(const skua_shop *shop, const skuai_panel *panel, size_t horizon,
                                skuai_live *live, char model_name[32], skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    size_t trained;
    skuai_model_file *model = skuai_zero(1, sizeof *model);
    if (!model) return skuai_error_memory(err, "a model");
    skua_status status = skuai_forecast_model_choose(shop, panel, model, &trained, err);
    if (status == SKUA_OK) {
        skuai_request request = {horizon, model->levels, model->n_levels, context.seed};
        skuai_forecaster combination = skuai_ensemble_forecaster(&model->ensemble);
        status = skuai_live_forecast(&combination, panel, &request, &context, live, err);
        if (status == SKUA_OK)
            status =
                skuai_coherence_apply(shop, model->coherence, live->panel, live->forecast, err);
        (void)snprintf(model_name, 32, "%.31s", model->name);
    }
    skuai_free(model);
    return status;
}

skua_status skuai_plan_paths(const skuai_panel *panel, const skuai_forecast *f,
                             const skuai_supply_place *place, uint64_t seed, double *paths,
                             skua_error *err) {
    size_t n = SKUAI_PLAN_PATHS, H = f->horizon, channels = place->n_series;
    skuai_random random;
    if (channels == 1) {
        skuai_random_split(&random, seed, panel->base[place->series[0]]);
        return skuai_forecast_paths(f, place->series[0], n, &random, 0, paths, err);
    }
    double *each = skuai_new(channels * n * H, sizeof *each), correlation = 0;
    const double **list = skuai_new(channels, sizeof *list);
    skua_status status = each && list ? SKUA_OK : skuai_error_memory(err, "paths");
    for (size_t c = 0; c < channels && status == SKUA_OK; c++) {
        skuai_random_split(&random, seed, panel->base[place->series[c]]);
        list[c] = each + c * n * H;
        if (c > 0)
            correlation += skuai_channels_correlation(panel, place->series[0], place->series[c]) /
                           (double)(channels - 1);
        status = skuai_forecast_paths(f, place->series[c], n, &random, 0, each + c * n * H, err);
    }
    if (status == SKUA_OK)
        status = skuai_channels_add(list, channels, n, H, correlation,
                                    seed + panel->base[place->series[0]], paths, err);
    skuai_free(each);
    skuai_free(list);
    return status;
}

skua_status skua_shop_plan(skua_shop *shop, const char *what, const char *output, char **report,
                           skua_error *err) {
    if (strcmp(what, "stock") == 0) return skuai_plan_stock(shop, output, report, err);
    if (strcmp(what, "price") == 0) return skuai_plan_price(shop, output, report, err);
    if (strcmp(what, "promo") == 0) return skuai_plan_promo(shop, output, report, err);
    if (strcmp(what, "stock-replay") == 0) return skuai_plan_replay(shop, report, err);
    if (strcmp(what, "price-replay") == 0) return skuai_plan_price_replay(shop, report, err);
    return skuai_error_set(
        err, SKUA_EINVAL,
        "no plan of '%s': there are stock, stock-replay, price, price-replay and promo", what);
}
