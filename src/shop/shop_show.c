#include "shop/shop_panel.h"

#include <stdio.h>

/* Tables, and the column that tells their dates (NULL: none). */
static const struct {
    const char *name, *date;
} tables[] = {{"orders", "ts"},  {"sales", "ds"},        {"items", NULL},
              {"parts", NULL},   {"channels", NULL},     {"promotions", "\"from\""},
              {"supply", NULL},  {"events", "ts"},       {"calendar", "ds"},
              {"future", "ds"},  {"vectors", NULL},      {"findings", NULL},
              {"rejects", NULL}, {"runs", "started_at"}, {"forecasts", "ds"}};

static skua_status put_table(skuai_store *store, skuai_json_writer *w, const char *name,
                             const char *date, skua_error *err) {
    char sql[512];
    skuai_table *table = NULL;
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*), CAST(CAST(min(%s) AS DATE) AS VARCHAR), CAST(CAST(max(%s) AS "
                   "DATE) AS VARCHAR) FROM %s",
                   date ? date : "NULL", date ? date : "NULL", name);
    SKUA_TRY(skuai_store_query(store, sql, NULL, 0, &table, err));
    if (table->columns[0].integers[0] > 0) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "table", name);
        skuai_json_integer(w, "rows", table->columns[0].integers[0]);
        if (date) {
            skuai_json_text(w, "first", table->columns[1].texts[0]);
            skuai_json_text(w, "last", table->columns[2].texts[0]);
        }
        skuai_json_close(w);
    }
    skuai_table_free(table);
    return SKUA_OK;
}

skua_status skua_shop_show(skua_shop *shop, char **report, skua_error *err) {
    skuai_store *store = NULL;
    skuai_report r;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skuai_report_begin(&r, "show");
    skuai_json_text(&r.json, "name", skuai_store_setting(store, "name", ""));
    skuai_json_text(&r.json, "folder", shop->folder);
    skuai_json_array(&r.json, "tables");
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == SKUA_OK; i++)
        status = put_table(store, &r.json, tables[i].name, tables[i].date, err);
    skuai_json_close(&r.json);
    skuai_panel *panel = NULL;
    skua_error none;
    if (status == SKUA_OK && skuai_shop_panel(shop, store, false, &panel, &none) == SKUA_OK) {
        char first[SKUAI_PERIOD_TEXT_SIZE], last[SKUAI_PERIOD_TEXT_SIZE], text[256];
        int64_t from = INT64_MAX, to = INT64_MIN;
        for (size_t s = 0; s < panel->n_series; s++) {
            if (panel->start[s] < from) from = panel->start[s];
            if (skuai_panel_end(panel, s) > to) to = skuai_panel_end(panel, s);
        }
        (void)snprintf(text, sizeof text,
                       "%zu series (item x channel), one value per %s, from %s to %s.",
                       panel->n_series, skuai_frequency_name(panel->grid.frequency),
                       skuai_period_text(&panel->grid, from, first),
                       skuai_period_text(&panel->grid, to - 1, last));
        skuai_json_text(&r.json, "series", text);
        skuai_panel_describe(&r.json, panel);
    }
    skuai_panel_free(panel);
    skuai_store_close(store);
    return skuai_report_end(&r, status, report, err);
}
