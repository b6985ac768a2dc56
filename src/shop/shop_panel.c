#include "shop/shop_panel.h"

#include "shop/hour_availability.h"
#include "shop/model_file.h"

#include "store/panel_in.h"

#include <stdio.h>
#include <string.h>

/* "2024-05-01" or "2024-05-01T12:00:00" (UTC) as seconds. */
static skua_status parse_instant(const char *text, int64_t *seconds, skua_error *err) {
    int year, month, day, hour = 0, minute = 0, second = 0, used = 0;
    int n = sscanf(text, "%4d-%2d-%2d%n%*1[T ]%2d:%2d:%2d%n", &year, &month, &day, &used, &hour,
                   &minute, &second, &used);
    bool good = (n == 3 || n == 6) && text[used] == '\0' && month >= 1 && month <= 12 && day >= 1 &&
                day <= skuai_days_in_month(year, month) && hour >= 0 && hour < 24 && minute >= 0 &&
                minute < 60 && second >= 0 && second < 61;
    if (!good)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "as_of = '%s': need an instant, as 2024-05-01T00:00:00", text);
    *seconds = skuai_day_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return SKUA_OK;
}

typedef struct query_parts {
    skuai_grid grid;
    int64_t as_of;
    size_t future[SKUAI_FREQUENCIES]; /* the horizon: what is planned for it is known */
} query_parts;

/* What is planned for the horizon is known: the one asked for, else the usual one or that of the
 * model, whichever is longer. */
static void make_future(const skua_shop *shop, size_t future[SKUAI_FREQUENCIES]) {
    char frequency[64];
    bool asked = skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_horizon) > 0;
    size_t trained = asked ? 0 : skuai_model_file_horizon(shop, frequency);
    for (int f = 0; f < SKUAI_FREQUENCIES; f++) {
        future[f] = skuai_shop_horizon(shop, &(skuai_grid){.frequency = (skuai_frequency)f});
        if (trained > future[f] && strcmp(frequency, skuai_frequency_name((skuai_frequency)f)) == 0)
            future[f] = trained;
    }
}

static skua_status make_query(const skua_shop *shop, query_parts *parts, skuai_panel_query *query,
                              skua_error *err) {
    const skuai_config *c = &shop->config;
    const char *frequency = skuai_config_text(c, SKUAI_CONFIG_KEY_frequency);
    const char *absent = skuai_config_text(c, SKUAI_CONFIG_KEY_absent);
    const char *as_of = skuai_config_text(c, SKUAI_CONFIG_KEY_as_of);
    *query = (skuai_panel_query){
        .season = (int)skuai_config_integer(c, SKUAI_CONFIG_KEY_season),
        .keep_incomplete = strcmp(skuai_config_text(c, SKUAI_CONFIG_KEY_incomplete), "keep") == 0,
        .zeros = strcmp(absent, "zero") == 0      ? SKUAI_ZEROS_ZERO
                 : strcmp(absent, "missing") == 0 ? SKUAI_ZEROS_MISSING
                                                  : SKUAI_ZEROS_AUTO,
    };
    make_future(shop, parts->future);
    query->future_of = parts->future;
    if (strcmp(frequency, "auto") != 0 && *frequency) {
        SKUA_TRY(skuai_grid_parse(frequency, &parts->grid, err));
        query->grid = &parts->grid;
    }
    if (*as_of) {
        SKUA_TRY(parse_instant(as_of, &parts->as_of, err));
        query->as_of = &parts->as_of;
    }
    return SKUA_OK;
}

static void tell(const skuai_context *context, const skuai_panel_info *info) {
    if (info->inferred)
        skuai_context_log(context, SKUAI_LOG_DEBUG, "the periods are of a %s (inferred)",
                          skuai_frequency_name(info->grid.frequency));
    if (info->n_given > 0)
        skuai_context_log(context, SKUAI_LOG_DEBUG,
                          "a period without a row counts as %s (%.0f %% are absent, %.0f %% of the "
                          "rows are zero)",
                          info->zeros == SKUAI_ZEROS_ZERO ? "nothing sold" : "unknown",
                          100 * info->absent, 100 * info->explicit_zeros);
    if (info->last_dropped)
        skuai_context_log(context, SKUAI_LOG_DEBUG, "the last period is not over and is left out");
}

skua_status skuai_shop_checked(skuai_store *store, bool *checked, skua_error *err) {
    double n = 0;
    SKUA_TRY(skuai_store_number(
        store,
        "SELECT count(*) FROM findings WHERE run = 'check' AND 'order_overlay' IN (SELECT "
        "view_name FROM duckdb_views())",
        NULL, 0, &n, NULL, err));
    *checked = n > 0;
    return SKUA_OK;
}

/* The query of the settings, with what was decided of the findings. */
static skua_status full_query(const skua_shop *shop, skuai_store *store, bool kept,
                              query_parts *parts, skuai_panel_query *query, skua_error *err) {
    bool checked = false;
    SKUA_TRY(make_query(shop, parts, query, err));
    SKUA_TRY(skuai_shop_checked(store, &checked, err));
    const char *clean = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_clean);
    if (kept && checked && strcmp(clean, "applied") == 0) { /* the views of clean/check.h */
        query->orders_overlay = "order_overlay";
        query->items_from = "kept_items";
        query->left_out = "left_out";
        query->successors = "item_successors";
        query->parts = "bundle_parts";
        query->restarts = "item_restarts";
    }
    return SKUA_OK;
}

skua_status skuai_shop_panel(const skua_shop *shop, skuai_store *store, bool kept,
                             skuai_panel **panel, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_panel_query query;
    skuai_panel_info info;
    query_parts parts;
    SKUA_TRY(full_query(shop, store, kept, &parts, &query, err));
    SKUA_TRY(skuai_store_panel(store, &query, &context, panel, &info, err));
    tell(&context, &info);
    skua_status status = skuai_hour_availability(store, &query, &context, panel, err);
    if (status != SKUA_OK) skuai_panel_free(*panel);
    return status;
}

skua_status skuai_shop_versions(const skua_shop *shop, skuai_store *store, size_t windows,
                                skuai_panel **raw, skuai_versions *versions, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_panel_query query;
    skuai_panel_info info;
    query_parts parts;
    skuai_panel *panel = NULL;
    SKUA_TRY(full_query(shop, store, true, &parts, &query, err));
    SKUA_TRY(skuai_store_panel(store, &query, &context, &panel, &info, err));
    skua_status status = skuai_hour_availability(store, &query, &context, &panel, err);
    if (status == SKUA_OK)
        status =
            skuai_versions_read(store, &query, &info, panel, skuai_shop_horizon(shop, &panel->grid),
                                windows, &context, versions, err);
    if (status == SKUA_OK)
        *raw = panel;
    else
        skuai_panel_free(panel);
    return status;
}

void skuai_panel_describe(skuai_json_writer *w, const skuai_panel *panel) {
    char text[SKUAI_PERIOD_TEXT_SIZE];
    int64_t first = INT64_MAX, end = INT64_MIN;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->start[s] < first) first = panel->start[s];
        if (skuai_panel_end(panel, s) > end) end = skuai_panel_end(panel, s);
    }
    size_t item = skuai_panel_static_find(panel, "item");
    skuai_json_object(w, "panel");
    skuai_json_integer(w, "series", (int64_t)panel->n_series);
    if (item != SIZE_MAX && panel->statics[item].codes)
        skuai_json_integer(w, "items", (int64_t)panel->statics[item].n_levels);
    skuai_json_text(w, "frequency", skuai_frequency_name(panel->grid.frequency));
    skuai_json_integer(w, "season", panel->season);
    if (panel->n_series > 0) {
        skuai_json_text(w, "first", skuai_period_text(&panel->grid, first, text));
        skuai_json_text(w, "last", skuai_period_text(&panel->grid, end - 1, text));
    }
    skuai_json_bool(w, "counts", panel->counts);
    skuai_json_bool(w, "has_available", panel->available != NULL);
    skuai_json_close(w);
}
