#include "shop/shop_panel.h"

#include "clean/check.h"

#include <stdio.h>

/* Findings by kind: count, action, one example with its reason. */
static skua_status put_kinds(skuai_store *store, skuai_json_writer *w, skua_error *err) {
    skuai_table *table = NULL;
    SKUA_TRY(skuai_store_query(
        store,
        "SELECT kind, count(*) AS n, mode(action) AS action, arg_max(coalesce(nullif(item, ''), "
        "\"row\"), length(why)) AS example, arg_max(coalesce(\"before\", '') || CASE WHEN "
        "coalesce(\"after\", '') <> '' THEN ' -> ' || \"after\" ELSE '' END, length(why)) AS "
        "change, "
        "arg_max(why, length(why)) AS why FROM findings WHERE run = 'check' GROUP BY kind "
        "ORDER BY n DESC, kind",
        NULL, 0, &table, err));
    skuai_json_array(w, "kinds");
    for (size_t i = 0; i < table->n_rows; i++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "kind", table->columns[0].texts[i]);
        skuai_json_integer(w, "count", table->columns[1].integers[i]);
        skuai_json_text(w, "action", table->columns[2].texts[i]);
        skuai_json_text(w, "example", table->columns[3].texts[i]);
        skuai_json_text(w, "change", table->columns[4].texts[i]);
        skuai_json_text(w, "why", table->columns[5].texts[i]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_table_free(table);
    return SKUA_OK;
}

skua_status skua_shop_check(skua_shop *shop, char **report, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_check_options options = SKUAI_CHECK_OPTIONS_DEFAULT;
    skuai_check_summary summary;
    skuai_store *store = NULL;
    skuai_panel *panel = NULL;
    skuai_report r;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skuai_report_begin(&r, "check");
    skua_status status = skuai_shop_panel(shop, store, false, &panel, err);
    if (status == SKUA_OK) status = skuai_check(store, panel, &options, &context, &summary, err);
    if (status == SKUA_OK) {
        skuai_panel_describe(&r.json, panel);
        skuai_json_integer(&r.json, "written", (int64_t)summary.written);
        status = put_kinds(store, &r.json, err);
    }
    skuai_panel_free(panel);
    skuai_store_close(store);
    return skuai_report_end(&r, status, report, err);
}
