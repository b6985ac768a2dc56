/* Items and their texts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/check_steps.h"
#include "clean/non_product.h"
#include "clean/text_normal.h"

static const char *cell(const skuai_table *table, size_t column, size_t row) {
    const char *text = table->columns[column].texts[row];
    return text ? text : "";
}

skua_status skuai_check_add_item(skuai_findings *findings, skuai_finding_kind kind, const char *row,
                                 const char *item, const char *before, const char *after,
                                 const char *why, skua_error *err) {
    if (!row || !why) return skuai_error_memory(err, "findings");
    skuai_finding f = {.kind = kind,
                       .table = "items",
                       .row = row,
                       .item = item,
                       .before = before,
                       .after = after,
                       .why = why,
                       .series = SIZE_MAX,
                       .number = NAN};
    return skuai_findings_add(findings, &f, err);
}

/* -- Forms of texts -----------------------------------------------------------------------------
 */

static skua_status check_forms(const skuai_table *items, skuai_arena *arena,
                               skuai_findings *findings, skua_error *err) {
    static const char *const names[] = {"", "title", "description", "category", "brand"};
    for (size_t r = 0; r < items->n_rows; r++)
        for (size_t c = 1; c <= 4; c++) {
            const char *before = cell(items, c, r), *after;
            if (!*before) continue;
            skuai_arena_mark mark = skuai_arena_mark_get(arena);
            skua_status status = skuai_text_normal(before, arena, &after, err);
            bool odd = status == SKUA_EENCODING || status == SKUA_ELIMIT;
            if (status == SKUA_OK && strcmp(before, after) != 0)
                status = skuai_check_add_item(
                    findings, SKUAI_FINDING_TEXT,
                    skuai_findings_text(findings, "%s:%s", cell(items, 0, r), names[c]),
                    cell(items, 0, r), before, after,
                    "another form of the same text: composition, width or spaces", err);
            skuai_arena_reset(arena, mark);
            if (status != SKUA_OK && !odd) return status;
        }
    return SKUA_OK;
}

/* -- Categories ---------------------------------------------------------------------------------
 */

static skua_status add_spellings(const skuai_table *table, const char *const *keys,
                                 const double *counts, skuai_findings *findings, skua_error *err) {
    skuai_spelling *pairs;
    size_t n;
    SKUA_TRY(skuai_category_spellings(keys, counts, table->n_rows, &pairs, &n, err));
    skua_status status = SKUA_OK;
    for (size_t i = 0; i < n && status == SKUA_OK; i++) {
        const char *rare = cell(table, 0, pairs[i].rare), *usual = cell(table, 0, pairs[i].usual);
        status = skuai_check_add_item(
            findings, SKUAI_FINDING_CATEGORY, rare, "", rare, usual,
            skuai_findings_text(findings, "%.0f items beside %.0f of '%s': %s",
                                counts[pairs[i].rare], counts[pairs[i].usual], usual,
                                pairs[i].same_key ? "the same but for case, width or signs"
                                                  : "a letter or two apart"),
            err);
    }
    skuai_free(pairs);
    return status;
}

static skua_status check_categories(skuai_store *store, skuai_arena *arena,
                                    skuai_findings *findings, skua_error *err) {
    skuai_table *table;
    SKUA_TRY(skuai_store_query(store,
                               "SELECT category, count(*) FROM items WHERE category <> '' GROUP BY"
                               " 1 ORDER BY 2 DESC, 1",
                               NULL, 0, &table, err));
    size_t n = table->n_rows;
    const char **keys = skuai_arena_take(arena, n, sizeof *keys);
    double *counts = skuai_arena_take(arena, n, sizeof *counts);
    skua_status status = keys && counts ? SKUA_OK : skuai_error_memory(err, "categories");
    for (size_t i = 0; i < n && status == SKUA_OK; i++) {
        counts[i] = (double)table->columns[1].integers[i];
        status = skuai_text_key(cell(table, 0, i), arena, &keys[i], err);
        if (status == SKUA_EENCODING) {
            keys[i] = "";
            status = SKUA_OK;
        }
    }
    if (status == SKUA_OK) status = add_spellings(table, keys, counts, findings, err);
    skuai_table_free(table);
    return status;
}

/* -- Non-products -------------------------------------------------------------------------------
 */

static bool has_digit(const char *text) {
    return strpbrk(text, "0123456789") != NULL;
}

static skua_status check_non_products(skuai_store *store, skuai_arena *arena,
                                      skuai_findings *findings, skua_error *err) {
    skuai_table *table;
    SKUA_TRY(skuai_store_query(
        store,
        "SELECT item, any_value(title) FROM (SELECT item, title FROM items UNION ALL SELECT "
        "DISTINCT"
        " item, NULL FROM orders UNION ALL SELECT DISTINCT item, NULL FROM series) WHERE item IS"
        " NOT NULL GROUP BY 1 ORDER BY 1",
        NULL, 0, &table, err));
    size_t with_digit = 0;
    for (size_t r = 0; r < table->n_rows; r++)
        with_digit += has_digit(cell(table, 0, r));
    skua_status status = SKUA_OK;
    for (size_t r = 0; r < table->n_rows && status == SKUA_OK; r++) {
        const char *code = cell(table, 0, r), *title = cell(table, 1, r), *word = NULL;
        status = skuai_non_product_word(code, title, arena, &word, err);
        if (status == SKUA_EENCODING) status = SKUA_OK; /* no word can be told */
        if (status != SKUA_OK) break;
        if (word)
            status = skuai_check_add_item(
                findings, SKUAI_FINDING_NON_PRODUCT, code, code, title, "",
                skuai_findings_text(findings, "named '%s': nothing is demanded", word), err);
        else if (skuai_non_product_shape(code, with_digit, table->n_rows))
            status = skuai_check_add_item(
                findings, SKUAI_FINDING_NON_PRODUCT, code, code, title, "",
                skuai_findings_text(findings,
                                    "a code without a digit, where %zu of %zu have "
                                    "one",
                                    with_digit, table->n_rows),
                err);
    }
    skuai_table_free(table);
    return status;
}

/* -- Packs --------------------------------------------------------------------------------------
 */

/* The number of pieces that a title names, as "12 pack", "pack of 12", "12件装"; 0: none. */
static double pack_of_title(const char *title) {
    static const char *const behind[] = {"pack",    "-pack", "pcs",  "pieces", "er pack",
                                         "er-pack", "个装",  "只装", "件装",   "片装",
                                         "包装",    "入り",  "個入", "개입"};
    static const char *const before[] = {"pack of ", "set of ", "box of ", "case of "};
    for (const char *c = title; *c; c++) {
        if (*c < '0' || *c > '9') continue;
        char *end;
        double number = (double)strtoul(c, &end, 10);
        if (*end == '.' || *end == ',') { /* a size, no count */
            for (c = end; c[1] >= '0' && c[1] <= '9';)
                c++;
            continue;
        }
        for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
            size_t size = strlen(before[i]);
            if ((size_t)(c - title) >= size && strncmp(c - size, before[i], size) == 0)
                return number;
        }
        const char *word = *end == ' ' ? end + 1 : end;
        for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
            if (strncmp(word, behind[i], strlen(behind[i])) == 0) return number;
        c = end - 1;
    }
    return 0;
}

static skua_status check_packs(skuai_store *store, const skuai_table *items, skuai_arena *arena,
                               skuai_findings *findings, skua_error *err) {
    for (size_t r = 0; r < items->n_rows; r++) {
        double pack = items->columns[5].doubles[r];
        const char *title;
        if (!(pack > 0)) continue;
        skuai_arena_mark mark = skuai_arena_mark_get(arena);
        skua_status status = skuai_text_lower(cell(items, 1, r), arena, &title, err);
        double named = status == SKUA_OK ? pack_of_title(title) : 0;
        skuai_arena_reset(arena, mark);
        if (status == SKUA_ENOMEM) return status;
        if (!(named > 1) || named == pack) continue;
        SKUA_TRY(skuai_check_add_item(
            findings, SKUAI_FINDING_PACK, cell(items, 0, r), cell(items, 0, r),
            skuai_findings_text(findings, "%g", pack), skuai_findings_text(findings, "%g", named),
            skuai_findings_text(findings, "the title '%s' names %g pieces", cell(items, 1, r),
                                named),
            err));
    }
    skuai_table *table;
    SKUA_TRY(skuai_store_query(
        store,
        "SELECT item, printf('%g', first(pack ORDER BY file, line)), printf('%g', last(pack ORDER"
        " BY file, line)) FROM items_rows WHERE pack IS NOT NULL GROUP BY item HAVING"
        " count(DISTINCT pack) > 1 ORDER BY 1",
        NULL, 0, &table, err));
    skua_status status = SKUA_OK;
    for (size_t r = 0; r < table->n_rows && status == SKUA_OK; r++)
        status = skuai_check_add_item(
            findings, SKUAI_FINDING_PACK, cell(table, 0, r), cell(table, 0, r), cell(table, 1, r),
            cell(table, 2, r), "its pack changed from one file to the next: units may have too",
            err);
    skuai_table_free(table);
    return status;
}

skua_status skuai_check_items(skuai_store *store, skuai_findings *findings, skua_error *err) {
    skuai_table *items;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "items");
    skua_status status = skuai_store_query(
        store, "SELECT item, title, description, category, brand, pack FROM items ORDER BY item",
        NULL, 0, &items, err);
    if (status == SKUA_OK) {
        status = check_forms(items, arena, findings, err);
        if (status == SKUA_OK) status = check_packs(store, items, arena, findings, err);
        skuai_table_free(items);
    }
    if (status == SKUA_OK) status = check_categories(store, arena, findings, err);
    if (status == SKUA_OK) status = check_non_products(store, arena, findings, err);
    skuai_arena_free(arena);
    return status;
}
