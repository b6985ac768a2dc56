/* The overlay: decisions, views over rows, and findings of series read back for a panel. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean/check.h"
#include "clean/check_steps.h"

skua_status skuai_check_decide(skuai_store *store, const skuai_finding_filter *filter,
                               const char *action, int64_t *changed, skua_error *err) {
    skuai_finding_kind known;
    skuai_finding_status status;
    if (filter->kind && !skuai_finding_parse(filter->kind, &known))
        return skuai_error_set(err, SKUA_EINVAL, "no kind of finding '%s'", filter->kind);
    if (!action || !skuai_finding_status_parse(action, &status))
        return skuai_error_set(err, SKUA_EINVAL, "'%s' is no action: proposed, applied, rejected",
                               action ? action : "");
    skuai_value values[] = {skuai_value_text(action), skuai_value_text(filter->kind),
                            skuai_value_text(filter->item), skuai_value_text(filter->row)};
    return skuai_store_run(store,
                           "UPDATE findings SET action = $1 WHERE action <> $1 AND ($2 IS NULL OR "
                           "kind = $2) AND ($3 IS NULL OR item = $3) AND ($4 IS NULL OR \"row\" = "
                           "$4)",
                           values, 4, changed, err);
}

/* -- Rows ---------------------------------------------------------------------------------------
 */

/* What is applied, by kind, so that the views below stay readable. */
static const char *const views[] = {
    "CREATE OR REPLACE VIEW applied_findings AS SELECT \"table\", \"row\", kind, item, \"after\""
    " FROM findings WHERE run = 'check' AND action = 'applied'",

    "CREATE OR REPLACE VIEW left_out AS SELECT DISTINCT item FROM applied_findings WHERE kind ="
    " 'non-product' AND item IS NOT NULL",

    "CREATE OR REPLACE VIEW order_overlay AS SELECT \"row\", bool_or(kind <> 'price-error') AS "
    "gone,"
    " any_value(TRY_CAST(\"after\" AS DOUBLE)) FILTER (kind = 'price-error') AS price FROM"
    " applied_findings WHERE \"table\" = 'orders' AND kind IN ('duplicate', 'near-duplicate',"
    " 'wholesale', 'negative', 'impossible', 'price-error') GROUP BY \"row\"",

    "CREATE OR REPLACE VIEW kept_orders AS SELECT o.* REPLACE (coalesce(p.price, o.unit_price) AS"
    " unit_price) FROM orders o LEFT JOIN order_overlay p ON p.\"row\" = o.\"order\" || '/' ||"
    " o.line ANTI JOIN left_out n ON n.item = o.item WHERE p.gone IS NOT TRUE",

    "CREATE OR REPLACE VIEW kept_items AS"
    " WITH texts AS (SELECT \"row\", any_value(\"after\") AS text FROM applied_findings WHERE"
    " kind = 'text' GROUP BY \"row\"),"
    " spellings AS (SELECT \"row\" AS category, any_value(\"after\") AS usual FROM"
    " applied_findings WHERE kind = 'category' GROUP BY \"row\"),"
    " nothing AS (SELECT DISTINCT item FROM applied_findings WHERE kind = 'non-product')"
    " SELECT i.* REPLACE (coalesce(t.text, i.title) AS title,"
    " coalesce(d.text, i.description) AS description, coalesce(b.text, i.brand) AS brand,"
    " coalesce(s.usual, c.text, i.category) AS category) FROM items i"
    " LEFT JOIN texts t ON t.\"row\" = i.item || ':title'"
    " LEFT JOIN texts d ON d.\"row\" = i.item || ':description'"
    " LEFT JOIN texts b ON b.\"row\" = i.item || ':brand'"
    " LEFT JOIN texts c ON c.\"row\" = i.item || ':category'"
    " LEFT JOIN spellings s ON s.category = i.category"
    " ANTI JOIN nothing n ON n.item = i.item",

    "CREATE OR REPLACE VIEW item_successors AS SELECT \"row\" AS item, \"after\" AS becomes FROM"
    " applied_findings WHERE kind = 'successor' AND \"row\" <> \"after\"",

    "CREATE OR REPLACE VIEW item_restarts AS SELECT \"row\" AS item, max(ds) AS from_ds FROM "
    "findings"
    " WHERE run = 'check' AND action = 'applied' AND kind = 'reused-code' AND ds IS NOT NULL GROUP"
    " BY \"row\"",

    "CREATE TABLE IF NOT EXISTS bundle_parts(bundle VARCHAR, item VARCHAR, units DOUBLE)",
    "DELETE FROM bundle_parts",
};

skua_status skuai_check_views(skuai_store *store, skua_error *err) {
    const char **bundle, **item, *cycle;
    double *units;
    size_t n;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        SKUA_TRY(skuai_store_execute(store, views[i], err));
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "bundles");
    skua_status status = skuai_check_parts(store, arena, &bundle, &item, &units, &n, &cycle, err);
    if (status == SKUA_OK && n > 0) {
        const skuai_column columns[] = {
            {.name = "bundle", .type = SKUAI_COLUMN_TEXT, .texts = bundle},
            {.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = item},
            {.name = "units", .type = SKUAI_COLUMN_DOUBLE, .doubles = units}};
        status = skuai_store_append(store, "bundle_parts", columns, 3, n, err);
    }
    if (status == SKUA_OK) /* an exploded bundle can be taken back like every finding */
        status = skuai_store_execute(store,
                                     "DELETE FROM bundle_parts WHERE bundle IN (SELECT \"row\" FROM"
                                     " findings WHERE run = 'check' AND kind = 'bundle' AND action"
                                     " <> 'applied')",
                                     err);
    skuai_arena_free(arena);
    return status;
}

/* -- Series -------------------------------------------------------------------------------------
 */

typedef struct name {
    const char *text;
    size_t series;
} name;

static int compare_names(const void *a, const void *b) {
    return strcmp(((const name *)a)->text, ((const name *)b)->text);
}

/* A period from "2024-03-28" or "2024-03-28T15:00", at most 16 characters. */
static bool parse_period(const char *text, const skuai_grid *grid, int64_t *period) {
    int year, month, day, hour = 0, minute = 0;
    int fields = sscanf(text, "%4d-%2d-%2dT%2d:%2d", &year, &month, &day, &hour, &minute);
    if (fields < 3) return false;
    *period = skuai_period_from_day(grid, skuai_day_from_date(year, month, day), hour * 3600);
    return true;
}

/* Series and periods of a row "name/from" or "name/from..to"; false: not of this panel. */
static bool parse_row(const char *row, const skuai_panel *panel, const name *names,
                      skuai_finding *f) {
    const char *slash = strrchr(row, '/');
    char text[512];
    if (!slash || (size_t)(slash - row) >= sizeof text) return false;
    (void)snprintf(text, sizeof text, "%.*s", (int)(slash - row), row);
    name wanted = {text, 0};
    const name *found = bsearch(&wanted, names, panel->n_series, sizeof *names, compare_names);
    if (!found || !parse_period(slash + 1, &panel->grid, &f->from)) return false;
    const char *dots = strstr(slash, "..");
    f->to = f->from;
    if (dots && !parse_period(dots + 2, &panel->grid, &f->to)) return false;
    f->series = found->series;
    return f->from >= panel->start[f->series] && f->to < skuai_panel_end(panel, f->series) &&
           f->from <= f->to;
}

static bool parse_number(skuai_finding *f) {
    const char *text = f->kind == SKUAI_FINDING_UNIT_CHANGE ? f->before : f->after;
    if (strncmp(text, "x ", 2) == 0) text += 2;
    char *end;
    f->number = strtod(text, &end);
    bool needed = f->kind == SKUAI_FINDING_UNIT_CHANGE || f->kind == SKUAI_FINDING_OUTLIER ||
                  f->kind == SKUAI_FINDING_PRICE_ERROR || f->kind == SKUAI_FINDING_NEGATIVE;
    if (end == text) f->number = NAN;
    if (f->kind == SKUAI_FINDING_PRICE_ERROR)
        f->score = fabs(log(strtod(f->before, NULL) / f->number));
    return !needed ||
           (isfinite(f->number) && !(f->kind == SKUAI_FINDING_UNIT_CHANGE && !(f->number > 0)));
}

static skua_status read_rows(const skuai_table *table, const skuai_panel *panel, const name *names,
                             skuai_findings *findings, skua_error *err) {
    for (size_t r = 0; r < table->n_rows; r++) {
        skuai_finding f = {.table = "sales"};
        f.row = table->columns[0].texts[r];
        f.before = table->columns[2].texts[r];
        f.after = table->columns[3].texts[r];
        if (!f.row || !f.before || !f.after ||
            !skuai_finding_parse(table->columns[1].texts[r], &f.kind) ||
            !parse_row(f.row, panel, names, &f) || !parse_number(&f))
            continue;
        SKUA_TRY(skuai_findings_add(findings, &f, err));
        findings->items[findings->n - 1].status = SKUAI_FINDING_APPLIED;
    }
    return SKUA_OK;
}

skua_status skuai_check_read(skuai_store *store, const skuai_panel *panel, skuai_findings *findings,
                             skua_error *err) {
    skuai_table *table;
    name *names = skuai_new(panel->n_series, sizeof *names);
    if (!names) return skuai_error_memory(err, "names of series");
    for (size_t s = 0; s < panel->n_series; s++)
        names[s] = (name){skuai_panel_name(panel, s), s};
    qsort(names, panel->n_series, sizeof *names, compare_names);
    skua_status status = skuai_store_query(
        store,
        "SELECT \"row\", kind, \"before\", \"after\" FROM findings WHERE run = 'check' AND action ="
        " 'applied' AND \"table\" = 'sales' AND ds IS NOT NULL ORDER BY \"row\", kind",
        NULL, 0, &table, err);
    if (status == SKUA_OK) {
        status = read_rows(table, panel, names, findings, err);
        skuai_table_free(table);
    }
    skuai_free(names);
    return status;
}

skua_status skuai_check_panel(skuai_store *store, const skuai_panel *panel,
                              const skuai_clean_options *options, const skuai_context *context,
                              skuai_panel **cleaned, skua_error *err) {
    skuai_findings findings;
    SKUA_TRY(skuai_findings_init(&findings, err));
    skua_status status = skuai_check_read(store, panel, &findings, err);
    if (status == SKUA_OK)
        status = skuai_clean_panel(panel, &findings, options, context, cleaned, err);
    skuai_findings_clear(&findings);
    return status;
}
