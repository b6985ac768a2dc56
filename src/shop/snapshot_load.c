/* A snapshot out of the database. */
#include "clean/text_normal.h"
#include "shop/plugged.h"
#include "shop/result.h"
#include "shop/shop_panel.h"
#include "shop/snapshot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FINDINGS_MOST = 200000, REJECTS_MOST = 1000, RUNS_MOST = 200, HORIZON_USUAL = 28 };

static const char *keep(skua_snapshot *snapshot, const char *text) {
    if (!text || !*text) return "";
    return skuai_arena_text(snapshot->arena, text, strlen(text));
}

/* -- Items ------------------------------------------------------------------------------------- */

static const char item_query[] =
    "SELECT coalesce(i.item, n.item), coalesce(i.title, n.title), i.category, i.brand FROM items i "
    "FULL JOIN (SELECT item, arg_max(title, rows) AS title FROM item_names GROUP BY item) n ON "
    "n.item = i.item WHERE coalesce(i.item, n.item) IS NOT NULL ORDER BY 1";

static skua_status fold(skua_snapshot *snapshot, size_t i, skua_error *err) {
    const skua_item *item = &snapshot->items[i];
    char text[4096];
    const char *folded = NULL;
    (void)snprintf(text, sizeof text, "%s %s %s %s", item->item, item->title, item->category,
                   item->brand);
    skua_status status = skuai_text_lower(text, snapshot->arena, &folded, err);
    if (status == SKUA_EENCODING) { /* cut in the middle of a character, or not UTF-8 at all */
        folded = keep(snapshot, text);
        status = folded ? SKUA_OK : skuai_error_memory(err, "items");
    }
    if (status == SKUA_OK) snapshot->search_text[i] = folded;
    return status;
}

/* What the forecast expects of an item, and what it sold in as many last periods. */
static void count_units(const skua_snapshot *snapshot, skua_item *item) {
    size_t horizon = snapshot->stored.horizon ? snapshot->stored.horizon : HORIZON_USUAL;
    bool any = false;
    double expected = 0;
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        skua_series x;
        skua_snapshot_series(snapshot, s, &x);
        for (size_t t = 0; t < x.length; t++)
            if (x.start + (int64_t)t >= snapshot->end - (int64_t)horizon && !isnan(x.units[t]))
                item->recent += x.units[t];
        for (size_t h = 0; h < x.horizon; h++)
            if (!isnan(x.mean[h])) {
                expected += x.mean[h];
                any = true;
            }
    }
    item->expected = any ? expected : (double)NAN;
}

/* Merge the panel's series and the table's items, both in order of the item's name. */
static skua_status merge_items(skua_snapshot *snapshot, const skuai_table *table, skua_error *err) {
    const skuai_panel *panel = snapshot->history.recorded;
    size_t S = panel ? panel->n_series : 0, r = 0, s = 0;
    snapshot->items =
        skuai_arena_take_zero(snapshot->arena, S + table->n_rows + 1, sizeof *snapshot->items);
    snapshot->search_text =
        skuai_arena_take(snapshot->arena, S + table->n_rows + 1, sizeof *snapshot->search_text);
    if (!snapshot->items || !snapshot->search_text) return skuai_error_memory(err, "items");
    while (s < S || r < table->n_rows) {
        skua_series x = {.item = ""};
        skua_item *item = &snapshot->items[snapshot->n_items];
        if (s < S) skua_snapshot_series(snapshot, s, &x);
        const char *listed = r < table->n_rows ? table->columns[0].texts[r] : NULL;
        int order = s == S ? 1 : !listed ? -1 : strcmp(x.item, listed);
        *item = (skua_item){.item = keep(snapshot, order <= 0 ? x.item : listed),
                            .title = "",
                            .category = "",
                            .brand = "",
                            .first_series = s};
        if (order >= 0) {
            item->title = keep(snapshot, table->columns[1].texts[r]);
            item->category = keep(snapshot, table->columns[2].texts[r]);
            item->brand = keep(snapshot, table->columns[3].texts[r]);
            r++;
        }
        if (!item->item || !item->title || !item->category || !item->brand)
            return skuai_error_memory(err, "items");
        for (; order <= 0 && s < S; s++) {
            skua_snapshot_series(snapshot, s, &x);
            if (strcmp(x.item, item->item) != 0) break;
            item->n_series++;
        }
        count_units(snapshot, item);
        SKUA_TRY(fold(snapshot, snapshot->n_items++, err));
    }
    return SKUA_OK;
}

static skua_status read_items(skua_snapshot *snapshot, skuai_store *store, skua_error *err) {
    skuai_table *table = NULL;
    SKUA_TRY(skuai_store_query(store, item_query, NULL, 0, &table, err));
    skua_status status = merge_items(snapshot, table, err);
    skuai_table_free(table);
    return status;
}

/* -- Findings ---------------------------------------------------------------------------------- */

static const char finding_query[] =
    "SELECT \"table\", \"row\", kind, \"before\", \"after\", why, item, channel, CASE WHEN ds = "
    "date_trunc('day', ds) THEN strftime(ds, '%Y-%m-%d') ELSE strftime(ds, '%Y-%m-%dT%H:%M') END, "
    "action FROM findings WHERE run = 'check' ORDER BY coalesce(item, ''), channel, ds, kind, "
    "\"row\" LIMIT ?";

static skua_status read_findings(skua_snapshot *snapshot, skuai_store *store, skua_error *err) {
    skuai_table *table = NULL;
    skuai_value most = skuai_value_integer(FINDINGS_MOST);
    SKUA_TRY(skuai_store_query(store, finding_query, &most, 1, &table, err));
    size_t n = table->n_rows, i = 0;
    snapshot->findings = skuai_arena_take(snapshot->arena, n + 1, sizeof *snapshot->findings);
    skua_status status = snapshot->findings ? SKUA_OK : skuai_error_memory(err, "findings");
    for (size_t r = 0; r < n && status == SKUA_OK; r++) {
        const char *text[10];
        for (size_t k = 0; k < 10 && status == SKUA_OK; k++) {
            text[k] = keep(snapshot, table->columns[k].texts[r]);
            if (!text[k]) status = skuai_error_memory(err, "findings");
        }
        if (status != SKUA_OK) break;
        snapshot->findings[r] = (skua_finding){text[0], text[1], text[2], text[3], text[4],
                                               text[5], text[6], text[7], text[8], text[9]};
        while (i < snapshot->n_items && strcmp(snapshot->items[i].item, text[6]) < 0)
            i++;
        if (i < snapshot->n_items && strcmp(snapshot->items[i].item, text[6]) == 0 &&
            snapshot->items[i].n_findings++ == 0)
            snapshot->items[i].first_finding = r;
    }
    snapshot->n_findings = status == SKUA_OK ? n : 0;
    skuai_table_free(table);
    return status;
}

/* -- Documents --------------------------------------------------------------------------------- */

/* The rows of a statement as an array of objects, members named as its columns. */
static skua_status put_rows(skuai_json_writer *w, const char *name, skuai_store *store,
                            const char *sql, skua_error *err) {
    skuai_table *table = NULL;
    SKUA_TRY(skuai_store_query(store, sql, NULL, 0, &table, err));
    skuai_json_array(w, name);
    for (size_t r = 0; r < table->n_rows; r++) {
        skuai_json_object(w, NULL);
        for (size_t k = 0; k < table->n_columns; k++) {
            const skuai_column *c = &table->columns[k];
            bool valid = !c->valid || c->valid[r];
            if (c->type == SKUAI_COLUMN_TEXT)
                skuai_json_text(w, c->name, valid ? c->texts[r] : NULL);
            else if (c->type == SKUAI_COLUMN_DOUBLE || !valid)
                skuai_json_number(w, c->name, valid ? c->doubles[r] : (double)NAN);
            else
                skuai_json_integer(w, c->name, c->integers[r]);
        }
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_table_free(table);
    return SKUA_OK;
}

static skua_status take_document(skua_snapshot *snapshot, skua_document document,
                                 skuai_report *report, skua_status status, skua_error *err) {
    char *text = NULL;
    SKUA_TRY(skuai_report_end(report, status, &text, err));
    snapshot->documents[document] = text;
    return SKUA_OK;
}

static void put_forecast(skuai_json_writer *w, const skua_snapshot *snapshot) {
    const skuai_stored *t = &snapshot->stored;
    char text[SKUAI_PERIOD_TEXT_SIZE];
    if (t->n_series == 0) return;
    int64_t first = t->first[0];
    for (size_t i = 1; i < t->n_series; i++)
        if (t->first[i] < first) first = t->first[i];
    skuai_json_object(w, "forecast");
    skuai_json_text(w, "run", t->run);
    skuai_json_text(w, "model", t->model);
    skuai_json_text(w, "started", t->started);
    skuai_json_integer(w, "series", (int64_t)t->n_series);
    skuai_json_integer(w, "horizon", (int64_t)t->horizon);
    skuai_json_text(w, "first", skua_snapshot_period(snapshot, first, text));
    skuai_json_text(w, "last",
                    skua_snapshot_period(snapshot, first + (int64_t)t->horizon - 1, text));
    skuai_json_bool(w, "stale", first < snapshot->end); /* sales came in since */
    skuai_json_array(w, "levels");
    for (size_t q = 0; q < t->n_levels; q++)
        skuai_json_number(w, NULL, t->levels[q]);
    skuai_json_close(w);
    skuai_json_close(w);
}

static skua_status make_summary(skua_snapshot *snapshot, skuai_store *store, skua_error *err) {
    skuai_report r;
    skuai_buffer_init(&r.buffer, (size_t)1 << 28);
    skuai_json_begin(&r.json, &r.buffer);
    skuai_json_object(&r.json, NULL);
    skuai_json_text(&r.json, "name", snapshot->name);
    skuai_json_integer(&r.json, "generation", snapshot->generation);
    skuai_json_text(&r.json, "version", skua_version());
    skuai_json_integer(&r.json, "items", (int64_t)snapshot->n_items);
    skuai_json_integer(&r.json, "findings", (int64_t)snapshot->n_findings);
    skua_status status = put_rows(
        &r.json, "finding_kinds", store,
        "SELECT kind, count(*) AS count, count(*) FILTER (action = 'applied') AS applied, "
        "arg_max(why, length(why)) AS example FROM findings WHERE run = 'check' GROUP BY kind "
        "ORDER BY count DESC, kind",
        err);
    if (status == SKUA_OK)
        status = put_rows(&r.json, "files", store,
                          "SELECT path AS file, \"table\", rows, added, corrected, rejected, "
                          "strftime(ingested_at, '%Y-%m-%dT%H:%M:%SZ') AS at FROM ingested ORDER "
                          "BY file DESC LIMIT 50",
                          err);
    if (snapshot->history.recorded) {
        skuai_panel_describe(&r.json, snapshot->history.recorded);
        put_forecast(&r.json, snapshot);
        if (status == SKUA_OK) status = skuai_snapshot_total(&r.json, snapshot, err);
    } else {
        skuai_json_text(&r.json, "problem", snapshot->problem);
    }
    return take_document(snapshot, SKUA_DOCUMENT_SUMMARY, &r, status, err);
}

static skua_status make_list(skua_snapshot *snapshot, skuai_store *store, skua_document document,
                             const char *name, const char *sql, skua_error *err) {
    skuai_report r;
    skuai_buffer_init(&r.buffer, (size_t)1 << 28);
    skuai_json_begin(&r.json, &r.buffer);
    skuai_json_object(&r.json, NULL);
    skua_status status = put_rows(&r.json, name, store, sql, err);
    return take_document(snapshot, document, &r, status, err);
}

static skua_status make_documents(skua_snapshot *snapshot, skuai_store *store, skua_error *err) {
    char sql[512];
    SKUA_TRY(make_summary(snapshot, store, err));
    (void)snprintf(sql, sizeof sql,
                   "SELECT run, kind, model, strftime(started_at, '%%Y-%%m-%%dT%%H:%%M:%%SZ') AS "
                   "started, horizon, frequency, seconds, status, note FROM runs ORDER BY "
                   "started_at DESC, run DESC LIMIT %d",
                   RUNS_MOST);
    SKUA_TRY(make_list(snapshot, store, SKUA_DOCUMENT_RUNS, "runs", sql, err));
    (void)snprintf(sql, sizeof sql,
                   "SELECT path AS file, \"table\", line, text, why FROM rejects ORDER BY file "
                   "DESC, line LIMIT %d",
                   REJECTS_MOST);
    SKUA_TRY(make_list(snapshot, store, SKUA_DOCUMENT_REJECTS, "rejects", sql, err));
    return skuai_model_file_kept(snapshot->shop, &snapshot->documents[SKUA_DOCUMENT_MODEL], err);
}

/* -- Loading ----------------------------------------------------------------------------------- */

static skua_status read_history(skua_snapshot *snapshot, skuai_store *store, skua_error *err) {
    skua_error why;
    skua_status status = skuai_history_read(snapshot->shop, store, &snapshot->history, &why);
    if (status == SKUA_EDATA) { /* an answer: there is nothing to show yet */
        (void)snprintf(snapshot->problem, sizeof snapshot->problem, "%s", why.message);
        return SKUA_OK;
    }
    if (status != SKUA_OK) return skuai_error_set(err, status, "%s", why.message);
    const skuai_panel *panel = snapshot->history.recorded;
    snapshot->first = INT64_MAX;
    snapshot->end = INT64_MIN;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->start[s] < snapshot->first) snapshot->first = panel->start[s];
        if (skuai_panel_end(panel, s) > snapshot->end) snapshot->end = skuai_panel_end(panel, s);
    }
    return SKUA_OK;
}

/* A shop of the snapshot's own, so that the caller's may change or close. */
static skua_status copy_shop(const skua_shop *shop, skua_snapshot *snapshot, skua_error *err) {
    snapshot->shop = skuai_zero(1, sizeof *snapshot->shop);
    if (!snapshot->shop) return skuai_error_memory(err, "a snapshot");
    snapshot->shop->config = shop->config;
    snapshot->shop->folder = skuai_text_copy(shop->folder);
    if (!snapshot->shop->folder) return skuai_error_memory(err, "a snapshot");
    return skuai_plugged_copy(shop, snapshot->shop, err);
}

static skua_status load(skua_snapshot *snapshot, skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(snapshot->shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_store_generation(snapshot->shop->folder, &snapshot->generation, err);
    snapshot->name = skuai_text_copy(skuai_store_setting(store, "name", ""));
    if (status == SKUA_OK && !snapshot->name) status = skuai_error_memory(err, "a snapshot");
    if (status == SKUA_OK) status = read_history(snapshot, store, err);
    if (status == SKUA_OK && snapshot->history.recorded)
        status = skuai_snapshot_stored(snapshot, store, err);
    if (status == SKUA_OK) status = read_items(snapshot, store, err);
    if (status == SKUA_OK) status = skuai_snapshot_index(snapshot, err);
    if (status == SKUA_OK) status = read_findings(snapshot, store, err);
    if (status == SKUA_OK) status = make_documents(snapshot, store, err);
    skuai_store_close(store);
    return status;
}

skua_status skua_snapshot_load(skua_shop *shop, skua_snapshot **snapshot, skua_error *err) {
    skua_snapshot *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a snapshot");
    made->arena = skuai_arena_new(1 << 20);
    skua_status status = made->arena ? SKUA_OK : skuai_error_memory(err, "a snapshot");
    if (status == SKUA_OK && pthread_mutex_init(&made->live.lock, NULL) != 0)
        status = skuai_error_memory(err, "a snapshot");
    made->live.has_lock = status == SKUA_OK;
    if (status == SKUA_OK) status = copy_shop(shop, made, err);
    if (status == SKUA_OK) status = load(made, err);
    if (status == SKUA_OK)
        *snapshot = made;
    else
        skua_snapshot_free(made);
    return status;
}
