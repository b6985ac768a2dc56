#include "core/file.h"
#include "shop/shop.h"

#include "simulate/simulate.h"

#include <stdio.h>
#include <string.h>

/* "2023-01-01" as a day. */
static skua_status parse_day(const char *text, int64_t *day, skua_error *err) {
    int year, month, date, used = 0;
    bool good = sscanf(text, "%4d-%2d-%2d%n", &year, &month, &date, &used) == 3 &&
                text[used] == '\0' && month >= 1 && month <= 12 && date >= 1 &&
                date <= skuai_days_in_month(year, month);
    if (!good)
        return skuai_error_set(err, SKUA_ECONFIG, "start = '%s': need a date, as 2023-01-01", text);
    *day = skuai_day_from_date(year, month, date);
    return SKUA_OK;
}

static skua_status read_options(const skuai_config *c, skuai_simulate_options *o, skua_error *err) {
    static const struct {
        const char *name;
        skuai_simulate_law law;
    } laws[] = {{"log-linear", SKUAI_SIMULATE_LOG_LINEAR},
                {"choice", SKUAI_SIMULATE_CHOICE},
                {"reference", SKUAI_SIMULATE_REFERENCE},
                {"mixed", SKUAI_SIMULATE_MIXED}};
    *o = SKUAI_SIMULATE_DEFAULT;
    o->seed = (uint64_t)skuai_config_integer(c, SKUAI_CONFIG_KEY_seed);
    o->items = (size_t)skuai_config_integer(c, SKUAI_CONFIG_KEY_items);
    o->days = (int)skuai_config_integer(c, SKUAI_CONFIG_KEY_days);
    o->channels = (size_t)skuai_config_integer(c, SKUAI_CONFIG_KEY_channels);
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++)
        if (strcmp(skuai_config_text(c, SKUAI_CONFIG_KEY_law), laws[i].name) == 0)
            o->law = laws[i].law;
    bool high = strcmp(skuai_config_text(c, SKUAI_CONFIG_KEY_placement), "high") == 0;
    o->placement = high ? SKUAI_SIMULATE_PLACED_HIGH : SKUAI_SIMULATE_PLACED_RANDOM;
    o->orders = strcmp(skuai_config_text(c, SKUAI_CONFIG_KEY_rows), "orders") == 0;
    o->pictures = skuai_config_flag(c, SKUAI_CONFIG_KEY_pictures);
    if (!skuai_config_flag(c, SKUAI_CONFIG_KEY_visitors)) o->events = 0;
    return parse_day(skuai_config_text(c, SKUAI_CONFIG_KEY_start), &o->start_day, err);
}

skua_status skua_simulate(const char *folder, const char *const *settings,
                          const skua_callbacks *callbacks, char **report, skua_error *err) {
    skuai_simulate_options options;
    skuai_simulate_report made;
    skua_shop *shop = NULL;
    SKUA_TRY(skuai_shop_loose(settings, callbacks, &shop, err));
    skua_status status = read_options(&shop->config, &options, err);
    skuai_context context = skuai_shop_context(shop, false);
    if (status == SKUA_OK) status = skuai_folder_make(folder, err);
    if (status == SKUA_OK) status = skuai_simulate(&options, folder, &context, &made, err);
    skua_shop_close(shop);
    if (status != SKUA_OK) return status;
    skuai_report r;
    skuai_report_begin(&r, "simulate");
    skuai_json_text(&r.json, "folder", folder);
    skuai_json_integer(&r.json, "seed", (int64_t)options.seed);
    skuai_json_integer(&r.json, "items", (int64_t)made.items);
    skuai_json_integer(&r.json, "channels", (int64_t)made.channels);
    skuai_json_integer(&r.json, "groups", (int64_t)made.groups);
    skuai_json_integer(&r.json, "rows", (int64_t)(made.sales_rows + made.order_lines));
    skuai_json_integer(&r.json, "events", (int64_t)made.events);
    skuai_json_integer(&r.json, "promotions", (int64_t)made.promotions);
    skuai_json_integer(&r.json, "pictures", (int64_t)made.pictures);
    skuai_json_number(&r.json, "units_wanted", made.units_wanted);
    skuai_json_number(&r.json, "units_sold", made.units_sold);
    skuai_json_number(&r.json, "stockout_share", made.stockout_share);
    return skuai_report_end(&r, SKUA_OK, report, err);
}
