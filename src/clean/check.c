#include "clean/check.h"

#include <string.h>

#include "clean/check_steps.h"

static const int64_t DAY = 86400; /* seconds */

/* -- Settings -----------------------------------------------------------------------------------
 */

typedef enum choice { CHOICE_DEFAULT, CHOICE_PROPOSED, CHOICE_APPLIED, CHOICE_OFF } choice;

/* What skua.yaml says under `findings` about each kind. */
static skua_status read_choices(const skuai_store *store, choice *choices, skua_error *err) {
    const skuai_yaml *section = skuai_yaml_get(skuai_store_settings(store), "findings");
    for (int k = 0; k < SKUAI_FINDING_KINDS; k++)
        choices[k] = CHOICE_DEFAULT;
    if (!section || section->kind != SKUAI_YAML_MAP) return SKUA_OK;
    for (const skuai_yaml *node = section->first; node; node = node->next) {
        skuai_finding_kind kind;
        const char *text = skuai_yaml_text(node, "");
        if (!skuai_finding_parse(node->key, &kind))
            return skuai_error_set(err, SKUA_ECONFIG,
                                   "skua.yaml:%zu: findings: no kind of finding '%s'", node->line,
                                   node->key);
        if (strcmp(text, "proposed") == 0)
            choices[kind] = CHOICE_PROPOSED;
        else if (strcmp(text, "applied") == 0)
            choices[kind] = CHOICE_APPLIED;
        else if (strcmp(text, "off") == 0)
            choices[kind] = CHOICE_OFF;
        else
            return skuai_error_set(
                err, SKUA_ECONFIG,
                "skua.yaml:%zu: findings.%s is '%s', need proposed, applied or off", node->line,
                node->key, text);
    }
    return SKUA_OK;
}

/* -- Writing ------------------------------------------------------------------------------------
 */

/* The columns of the findings that are written. */
typedef struct rows {
    size_t n;
    const char **table, **row, **kind, **before, **after, **why, **item, **channel, **action, **run;
    int64_t *ds;
    unsigned char *has_ds;
} rows;

static skua_status rows_take(rows *w, size_t n, skuai_arena *arena, skua_error *err) {
    const char ***columns[] = {&w->table, &w->row,  &w->kind,    &w->before, &w->after,
                               &w->why,   &w->item, &w->channel, &w->action, &w->run};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        *columns[i] = skuai_arena_take(arena, n, sizeof(char *));
        if (!*columns[i]) return skuai_error_memory(err, "findings");
    }
    w->ds = skuai_arena_take(arena, n, sizeof *w->ds);
    w->has_ds = skuai_arena_take(arena, n, 1);
    return w->ds && w->has_ds ? SKUA_OK : skuai_error_memory(err, "findings");
}

/* The text of a series' level of a category, NULL when there is none. */
static const char *level_of(const skuai_panel *panel, const char *name, size_t s) {
    size_t k = skuai_panel_static_find(panel, name);
    if (k == SIZE_MAX || !panel->statics[k].codes) return NULL;
    int32_t code = panel->statics[k].codes[panel->base[s]];
    return code < 0 ? NULL : panel->statics[k].levels[code];
}

static void rows_add(rows *w, const skuai_finding *f, const skuai_panel *panel) {
    size_t r = w->n++;
    bool series = panel && f->series != SIZE_MAX;
    const char *item = series ? level_of(panel, "item", f->series) : NULL;
    const char *channel = series ? level_of(panel, "channel", f->series) : NULL;
    w->table[r] = f->table;
    w->row[r] = f->row;
    w->kind[r] = skuai_finding_name(f->kind);
    w->before[r] = f->before;
    w->after[r] = f->after;
    w->why[r] = f->why;
    w->item[r] = item ? item : *f->item ? f->item : NULL;
    w->channel[r] = channel ? channel : *f->channel ? f->channel : NULL;
    w->action[r] = skuai_finding_status_name(f->status);
    w->run[r] = "check";
    bool dated = f->kind == SKUAI_FINDING_REUSED_CODE; /* from is a day */
    w->has_ds[r] = series || dated;
    w->ds[r] = series ? skuai_period_first_day(&panel->grid, f->from) * DAY +
                            skuai_period_hour(&panel->grid, f->from) * INT64_C(3600)
               : dated ? f->from * DAY
                       : 0;
}

static skua_status append_rows(skuai_store *store, const rows *w, skua_error *err) {
#define TEXT_COLUMN(label, array)                                                                  \
    { .name = label, .type = SKUAI_COLUMN_TEXT, .texts = (array) }
    const skuai_column columns[] = {
        TEXT_COLUMN("table", w->table),
        TEXT_COLUMN("row", w->row),
        TEXT_COLUMN("kind", w->kind),
        TEXT_COLUMN("before", w->before),
        TEXT_COLUMN("after", w->after),
        TEXT_COLUMN("why", w->why),
        TEXT_COLUMN("item", w->item),
        TEXT_COLUMN("channel", w->channel),
        TEXT_COLUMN("action", w->action),
        TEXT_COLUMN("run", w->run),
        {.name = "ds", .type = SKUAI_COLUMN_TIMESTAMP, .integers = w->ds, .valid = w->has_ds},
    };
#undef TEXT_COLUMN
    return skuai_store_append(store, "findings", columns, sizeof columns / sizeof *columns, w->n,
                              err);
}

/* Replace what earlier checks found, keeping the actions that stand. */
static skua_status replace_rows(skuai_store *store, const rows *w, skua_error *err) {
    SKUA_TRY(skuai_store_execute(
        store,
        "CREATE OR REPLACE TEMP TABLE skuai_decided AS SELECT \"table\", \"row\", kind, \"before\","
        " \"after\", any_value(action) AS action FROM findings WHERE run = 'check' GROUP BY ALL;"
        "DELETE FROM findings WHERE run = 'check'",
        err));
    if (w->n) SKUA_TRY(append_rows(store, w, err));
    return skuai_store_execute(
        store,
        "UPDATE findings SET action = d.action FROM skuai_decided d WHERE findings.run = 'check'"
        " AND findings.\"table\" = d.\"table\" AND findings.\"row\" = d.\"row\" AND findings.kind ="
        " d.kind AND findings.\"before\" = d.\"before\" AND d.action IS NOT NULL;"
        "UPDATE findings SET found_at = CAST(get_current_timestamp() AS TIMESTAMP) WHERE run ="
        " 'check' AND found_at IS NULL;"
        "DROP TABLE skuai_decided",
        err);
}

static skua_status write_all(skuai_store *store, const skuai_findings *findings,
                             const skuai_panel *panel, const choice *choices, size_t most,
                             skuai_check_summary *summary, skua_error *err) {
    rows w = {0};
    skuai_arena *arena = skuai_arena_new(1 << 20);
    if (!arena) return skuai_error_memory(err, "findings");
    skua_status status = rows_take(&w, findings->n, arena, err);
    for (size_t i = 0; i < findings->n && status == SKUA_OK; i++) {
        skuai_finding f = findings->items[i];
        if (choices[f.kind] == CHOICE_OFF || summary->found[f.kind]++ >= most) continue;
        if (choices[f.kind] == CHOICE_PROPOSED) f.status = SKUAI_FINDING_PROPOSED;
        if (choices[f.kind] == CHOICE_APPLIED) f.status = SKUAI_FINDING_APPLIED;
        rows_add(&w, &f, panel);
    }
    summary->written = w.n;
    if (status == SKUA_OK) status = skuai_store_begin(store, err);
    if (status == SKUA_OK) {
        status = replace_rows(store, &w, err);
        if (status == SKUA_OK) status = skuai_check_views(store, err);
        if (status == SKUA_OK)
            status = skuai_store_commit(store, err);
        else
            skuai_store_rollback(store);
    }
    skuai_arena_free(arena);
    return status;
}

static skua_status count_applied(skuai_store *store, skuai_check_summary *summary,
                                 skua_error *err) {
    skuai_table *table;
    SKUA_TRY(
        skuai_store_query(store,
                          "SELECT kind, count(*) FROM findings WHERE run = 'check' AND action ="
                          " 'applied' GROUP BY 1",
                          NULL, 0, &table, err));
    for (size_t r = 0; r < table->n_rows; r++) {
        skuai_finding_kind kind;
        if (skuai_finding_parse(table->columns[0].texts[r], &kind))
            summary->applied[kind] = (size_t)table->columns[1].integers[r];
    }
    skuai_table_free(table);
    return SKUA_OK;
}

/* -- Looking ------------------------------------------------------------------------------------
 */

skua_status skuai_check_rows(skuai_store *store, const skuai_check_options *options,
                             const skuai_context *context, skuai_findings *findings,
                             skua_error *err) {
    skuai_check_options standard = SKUAI_CHECK_OPTIONS_DEFAULT;
    if (!options) options = &standard;
    size_t before = findings->n;
    skuai_context_progress(context, "check", 0, 4);
    skua_status status = skuai_check_rows_sql(store, options, findings, err);
    skuai_context_progress(context, "check", 1, 4);
    if (status == SKUA_OK) status = skuai_check_orders(store, options, context, findings, err);
    skuai_context_progress(context, "check", 2, 4);
    if (status == SKUA_OK) status = skuai_check_items(store, findings, err);
    skuai_context_progress(context, "check", 3, 4);
    if (status == SKUA_OK) status = skuai_check_identities(store, options, findings, err);
    if (status == SKUA_OK) status = skuai_check_bundles(store, findings, err);
    if (status == SKUA_OK) status = skuai_check_pictures(store, findings, err);
    skuai_context_progress(context, "check", 4, 4);
    if (status != SKUA_OK) findings->n = before;
    return status;
}

skua_status skuai_check(skuai_store *store, const skuai_panel *panel,
                        const skuai_check_options *options, const skuai_context *context,
                        skuai_check_summary *summary, skua_error *err) {
    skuai_check_options standard = SKUAI_CHECK_OPTIONS_DEFAULT;
    if (!options) options = &standard;
    choice choices[SKUAI_FINDING_KINDS];
    skuai_check_summary made = {.written = 0};
    skuai_findings findings;
    SKUA_TRY(read_choices(store, choices, err));
    SKUA_TRY(skuai_findings_init(&findings, err));
    skua_status status = skuai_check_rows(store, options, context, &findings, err);
    if (status == SKUA_OK && panel)
        status = skuai_lifecycles_find(panel, &options->lifecycle, &findings, err);
    if (status == SKUA_OK && panel)
        status = skuai_clean_detect(panel, &options->clean, context, &findings, err);
    if (status == SKUA_OK)
        status = write_all(store, &findings, panel, choices, options->most, &made, err);
    if (status == SKUA_OK) status = count_applied(store, &made, err);
    skuai_findings_clear(&findings);
    if (status == SKUA_OK) *summary = made;
    return status;
}
