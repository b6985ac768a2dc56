/* findings: those of the last check one by one, and decisions about them. */
#include "shop/shop_panel.h"

#include "clean/check.h"

#include <string.h>

#define WHERE                                                                                      \
    " FROM findings WHERE ($1 IS NULL OR kind = $1) AND ($2 IS NULL OR item = $2) AND ($3 IS "     \
    "NULL OR \"row\" = $3)"

static const char *const members[] = {"table", "row",  "kind",    "before", "after",
                                      "why",   "item", "channel", "ds",     "action"};
enum { MEMBERS = sizeof members / sizeof *members };

/* A setting's text; NULL when it is empty. */
static const char *given(const skua_shop *shop, skuai_config_key key) {
    const char *text = skuai_config_text(&shop->config, key);
    return *text ? text : NULL;
}

static skua_status filter_read(const skua_shop *shop, skuai_finding_filter *filter,
                               skua_error *err) {
    skuai_finding_kind kind;
    *filter = (skuai_finding_filter){.kind = given(shop, SKUAI_CONFIG_KEY_kind),
                                     .item = given(shop, SKUAI_CONFIG_KEY_item),
                                     .row = given(shop, SKUAI_CONFIG_KEY_row)};
    bool decides = strcmp(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_decide), "none") != 0;
    if (decides && !filter->kind && !filter->item && !filter->row)
        return skuai_error_set(err, SKUA_EINVAL,
                               "which findings? name some by kind, item or row, or all of them by "
                               "the kind all");
    if (filter->kind && strcmp(filter->kind, "all") == 0) filter->kind = NULL;
    if (!filter->kind || skuai_finding_parse(filter->kind, &kind)) return SKUA_OK;
    const char *names[SKUAI_FINDING_KINDS];
    for (size_t k = 0; k < SKUAI_FINDING_KINDS; k++)
        names[k] = skuai_finding_name((skuai_finding_kind)k);
    const char *near = skuai_nearest_word(filter->kind, names, SKUAI_FINDING_KINDS);
    return skuai_error_set(err, SKUA_EINVAL, "no kind of finding '%s'%s%s%s", filter->kind,
                           near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static skua_status list(const skua_shop *shop, skuai_store *store,
                        const skuai_finding_filter *filter, skuai_json_writer *w, skua_error *err) {
    const skuai_value values[] = {
        skuai_value_text(filter->kind), skuai_value_text(filter->item),
        skuai_value_text(filter->row),
        skuai_value_integer(skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_limit))};
    double total;
    skuai_table *table = NULL;
    SKUA_TRY(skuai_store_number(store, "SELECT count(*)" WHERE, values, 3, &total, NULL, err));
    skuai_json_integer(w, "total", (int64_t)total);
    SKUA_TRY(skuai_store_query(store,
                               "SELECT \"table\", \"row\", kind, \"before\", \"after\", why, item, "
                               "channel, CAST(ds AS VARCHAR), action" WHERE
                               " ORDER BY kind, item, ds, \"table\", \"row\" LIMIT $4",
                               values, 4, &table, err));
    skuai_json_array(w, "findings");
    for (size_t i = 0; i < table->n_rows; i++) {
        skuai_json_object(w, NULL);
        for (size_t k = 0; k < MEMBERS; k++)
            skuai_json_text(w, members[k], table->columns[k].texts[i]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_table_free(table);
    return SKUA_OK;
}

/* The decision and the views that follow it, in one transaction. */
static skua_status decide(skuai_store *store, const skuai_finding_filter *filter,
                          const char *action, int64_t *changed, skua_error *err) {
    SKUA_TRY(skuai_store_begin(store, err));
    skua_status status = skuai_check_decide(store, filter, action, changed, err);
    if (status == SKUA_OK) status = skuai_check_views(store, err);
    if (status == SKUA_OK) status = skuai_store_commit(store, err);
    if (status != SKUA_OK) skuai_store_rollback(store);
    return status;
}

skua_status skua_shop_findings(skua_shop *shop, char **report, skua_error *err) {
    const char *action = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_decide);
    bool decides = strcmp(action, "none") != 0;
    skuai_finding_filter filter;
    skuai_store *store = NULL;
    skuai_report r;
    double checked;
    SKUA_TRY(filter_read(shop, &filter, err));
    SKUA_TRY(skuai_shop_store(shop, decides ? SKUAI_STORE_WRITE : SKUAI_STORE_READ, &store, err));
    skuai_report_begin(&r, "findings");
    skua_status status = skuai_store_number(
        store,
        "SELECT (SELECT count(*) FROM findings) + (SELECT count(*) FROM duckdb_views() "
        "WHERE view_name = 'applied_findings')",
        NULL, 0, &checked, NULL, err);
    if (status == SKUA_OK && !(checked > 0))
        status = skuai_error_set(err, SKUA_EDATA,
                                 "nothing was checked yet: `skua check` looks for findings");
    if (status == SKUA_OK && decides) {
        int64_t changed = 0;
        status = decide(store, &filter, action, &changed, err);
        skuai_json_text(&r.json, "action", action);
        skuai_json_integer(&r.json, "changed", changed);
    }
    if (status == SKUA_OK) status = list(shop, store, &filter, &r.json, err);
    skuai_store_close(store);
    return skuai_report_end(&r, status, report, err);
}
