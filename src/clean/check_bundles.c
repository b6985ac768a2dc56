/* Bundles: parts flattened, and sales of bundles as demand for their parts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/bundle.h"
#include "clean/check_steps.h"

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t number_of(const char *const *names, size_t n, const char *name) {
    const char *const *found = bsearch(&name, names, n, sizeof *names, compare);
    return (size_t)(found - names); /* every name is there */
}

/* Names of all bundles and parts, sorted, once each; their number. */
static size_t sort_names(const skuai_table *t, const char **names) {
    size_t n = 0, kept = 0;
    for (size_t r = 0; r < t->n_rows; r++) {
        names[n++] = t->columns[0].texts[r];
        names[n++] = t->columns[1].texts[r];
    }
    qsort(names, n, sizeof *names, compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0) names[kept++] = names[i];
    return kept;
}

static skua_status copy_flat(const skuai_part *flat, size_t n, const char *const *names,
                             skuai_arena *arena, const char ***bundle, const char ***item,
                             double **units, skua_error *err) {
    *bundle = skuai_arena_take(arena, n, sizeof **bundle);
    *item = skuai_arena_take(arena, n, sizeof **item);
    *units = skuai_arena_take(arena, n, sizeof **units);
    if (!*bundle || !*item || !*units) return skuai_error_memory(err, "bundles");
    for (size_t i = 0; i < n; i++) {
        const char *b = names[flat[i].bundle], *p = names[flat[i].item];
        (*bundle)[i] = skuai_arena_text(arena, b, strlen(b));
        (*item)[i] = skuai_arena_text(arena, p, strlen(p));
        (*units)[i] = flat[i].units;
        if (!(*bundle)[i] || !(*item)[i]) return skuai_error_memory(err, "bundles");
    }
    return SKUA_OK;
}

skua_status skuai_check_parts(skuai_store *store, skuai_arena *arena, const char ***bundle,
                              const char ***item, double **units, size_t *n, const char **cycle,
                              skua_error *err) {
    skuai_table *t;
    skuai_part *flat = NULL;
    *n = 0;
    *cycle = "";
    SKUA_TRY(skuai_store_query(store,
                               "SELECT bundle, item, units FROM parts WHERE bundle IS NOT NULL AND"
                               " item IS NOT NULL AND units > 0 ORDER BY 1, 2",
                               NULL, 0, &t, err));
    const char **names = skuai_new(2 * t->n_rows, sizeof *names);
    skuai_part *parts = skuai_new(t->n_rows, sizeof *parts);
    skua_status status = names && parts ? SKUA_OK : skuai_error_memory(err, "bundles");
    if (status == SKUA_OK) {
        size_t n_names = sort_names(t, names), at = SIZE_MAX;
        for (size_t r = 0; r < t->n_rows; r++)
            parts[r] = (skuai_part){number_of(names, n_names, t->columns[0].texts[r]),
                                    number_of(names, n_names, t->columns[1].texts[r]),
                                    t->columns[2].doubles[r]};
        status = skuai_bundles_flatten(parts, t->n_rows, n_names, &flat, n, &at, err);
        if (status == SKUA_EDATA && at != SIZE_MAX) {
            *cycle = skuai_arena_text(arena, names[at], strlen(names[at]));
            status = *cycle ? SKUA_OK : skuai_error_memory(err, "bundles");
        }
    }
    if (status == SKUA_OK) status = copy_flat(flat, *n, names, arena, bundle, item, units, err);
    skuai_free(flat);
    skuai_free(names);
    skuai_free(parts);
    skuai_table_free(t);
    return status;
}

skua_status skuai_check_bundles(skuai_store *store, skuai_findings *findings, skua_error *err) {
    const char **bundle, **item, *cycle;
    double *units;
    size_t n;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "bundles");
    skua_status status = skuai_check_parts(store, arena, &bundle, &item, &units, &n, &cycle, err);
    if (status == SKUA_OK && *cycle) {
        skuai_finding f = {.kind = SKUAI_FINDING_BUNDLE,
                           .table = "parts",
                           .row = cycle,
                           .item = cycle,
                           .series = SIZE_MAX,
                           .number = NAN,
                           .why = "the bundle holds itself, so no bundle is exploded"};
        status = skuai_findings_add(findings, &f, err);
        if (status == SKUA_OK) findings->items[findings->n - 1].status = SKUAI_FINDING_PROPOSED;
    }
    for (size_t i = 0, j; i < n && status == SKUA_OK; i = j) {
        const char *content = "";
        for (j = i; j < n && strcmp(bundle[j], bundle[i]) == 0; j++) {
            content = skuai_findings_text(findings, "%s%s%g x %s", content, j > i ? " + " : "",
                                          units[j], item[j]);
            if (!content) break;
        }
        if (!content) {
            status = skuai_error_memory(err, "findings");
            break;
        }
        skuai_finding f = {.kind = SKUAI_FINDING_BUNDLE,
                           .table = "parts",
                           .row = bundle[i],
                           .item = bundle[i],
                           .before = bundle[i],
                           .after = content,
                           .series = SIZE_MAX,
                           .number = NAN,
                           .why = "its units are demand for its parts, which take its place"};
        status = skuai_findings_add(findings, &f, err);
    }
    skuai_arena_free(arena);
    return status;
}
