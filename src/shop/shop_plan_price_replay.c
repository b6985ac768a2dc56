/* plan price-replay: what the prices of `plan price` would have brought on history. */
#include "shop/price_logs.h"
#include "shop/result.h"
#include "shop/shop_plan.h"

#include <string.h>

/* Half a year of periods, at most a third of the longest history. */
static size_t replayed_periods(const skuai_panel *panel) {
    size_t longest = 0, half = (size_t)(skuai_grid_periods_in_year(&panel->grid) / 2);
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > longest) longest = panel->length[s];
    return half < longest / 3 ? half : longest / 3;
}

static skua_status tell(const skuai_panel *panel, const skuai_price_logs *logs, size_t periods,
                        double confidence, const skuai_price_replay_result *x, char **report,
                        skua_error *err) {
    skuai_report r;
    skuai_report_begin(&r, "plan");
    skuai_json_text(&r.json, "what", "price");
    skuai_json_bool(&r.json, "replay", true);
    skuai_json_text(&r.json, "period", skuai_frequency_name(panel->grid.frequency));
    skuai_json_integer(&r.json, "periods", (int64_t)periods);
    skuai_json_integer(&r.json, "rows", (int64_t)x->n);
    skuai_json_integer(&r.json, "changed", (int64_t)x->n_changed);
    skuai_json_integer(&r.json, "items", (int64_t)logs->items);
    skuai_json_integer(&r.json, "unknown", (int64_t)logs->unknown);
    skuai_json_number(&r.json, "logged", x->logged);
    skuai_json_number(&r.json, "gain", x->gain);
    skuai_json_number(&r.json, "error", x->error);
    skuai_json_number(&r.json, "low", x->low);
    skuai_json_number(&r.json, "high", x->high);
    skuai_json_number(&r.json, "confidence", confidence);
    skuai_json_number(&r.json, "gain_model", x->gain_model);
    skuai_json_number(&r.json, "gain_weighted", x->gain_weighted);
    skuai_json_number(&r.json, "effective", x->effective);
    skuai_json_number(&r.json, "met", x->met);
    return skuai_report_end(&r, SKUA_OK, report, err);
}

skua_status skuai_plan_price_replay(skua_shop *shop, char **report, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    const double confidence = 0.9;
    skuai_history history = {0};
    skuai_price_logs logs = {0};
    skuai_price_logs_options options;
    skuai_price_replay_result result;
    skuai_store *store = NULL;
    SKUA_TRY(skuai_plan_price_options(shop, &options.prices, &options.above_competitor, err));
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_history_read(shop, store, &history, err);
    skuai_store_close(store);
    if (status != SKUA_OK) return status;
    options.periods = replayed_periods(history.recorded);
    if (options.periods < 2)
        status = skuai_error_set(err, SKUA_EDATA,
                                 "a replay of prices wants six periods of history at least");
    if (status == SKUA_OK)
        status = skuai_price_logs_make(history.recorded, &options, &context, &logs, err);
    if (status == SKUA_OK)
        status = skuai_price_replay_run(logs.rows, logs.n, logs.n_laws, confidence, &result, err);
    if (status == SKUA_OK)
        status = tell(history.recorded, &logs, options.periods, confidence, &result, report, err);
    skuai_price_logs_clear(&logs);
    skuai_history_clear(&history);
    return status;
}
