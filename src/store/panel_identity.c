/* What codes stand for when a panel is made: successors take over the history of what they replace,
 * bundles are demand for their parts, a code that was given to another product begins anew. */
#include "store/panel_build.h"

#include <stdio.h>
#include <string.h>

enum { HOPS_MOST = 64 }; /* of a chain of successors; longer ones go in a circle */

/* Rows of a small relation by the text of their first column, sorted by it. */
typedef struct relation {
    skuai_table *table; /* NULL: none */
    skuai_series names;
    size_t *first; /* [names.n + 1] */
} relation;

static skua_status relation_read(skuai_panel_build *b, const char *name, const char *columns,
                                 relation *r, skua_error *err) {
    char sql[256];
    if (!name) return SKUA_OK;
    (void)snprintf(sql, sizeof sql, "SELECT %s FROM \"%s\" ORDER BY ALL", columns, name);
    SKUA_TRY(skuai_store_query(b->store, sql, NULL, 0, &r->table, err));
    SKUA_TRY(skuai_series_init(&r->names, err));
    r->first = skuai_arena_take(b->arena, r->table->n_rows + 1, sizeof *r->first);
    if (!r->first) return skuai_error_memory(err, "what codes stand for");
    for (size_t i = 0; i < r->table->n_rows; i++) {
        const char *text = r->table->columns[0].texts[i];
        size_t n = strlen(text), known = r->names.n;
        int64_t k = skuai_series_add(&r->names, skuai_series_hash(text, n, "", 0), text, n, "", 0);
        if (k < 0) return skuai_error_memory(err, "what codes stand for");
        if ((size_t)k == known) r->first[known] = i;
        r->first[r->names.n] = i + 1;
    }
    return SKUA_OK;
}

static void relation_clear(relation *r) {
    skuai_table_free(r->table);
    skuai_series_clear(&r->names);
}

static int64_t relation_find(const relation *r, const char *text) {
    size_t n = strlen(text);
    return r->table
               ? skuai_series_find(&r->names, skuai_series_hash(text, n, "", 0), text, n, "", 0)
               : -1;
}

typedef struct identities {
    relation successors, parts, restarts, left_out;
} identities;

static int64_t key_find(const skuai_panel_build *b, const char *item, const char *channel) {
    size_t n = strlen(item), m = strlen(channel);
    return skuai_series_find(&b->keys, skuai_series_hash(item, n, channel, m), item, n, channel, m);
}

/* The last of an item's successors that is sold in the channel, itself when none is. */
static const char *successor(const skuai_panel_build *b, const identities *ids, const char *item,
                             const char *channel) {
    const char *now = item, *last = item;
    for (int hop = 0; hop < HOPS_MOST; hop++) {
        int64_t k = relation_find(&ids->successors, now);
        if (k < 0) return last;
        now = ids->successors.table->columns[1].texts[ids->successors.first[k]];
        if (!now) return last;
        if (key_find(b, now, channel) >= 0) last = now;
    }
    return item;
}

typedef struct route_list {
    skuai_route *items;
    size_t n, capacity;
} route_list;

static skua_status route_add(skuai_panel_build *b, route_list *list, skuai_route route,
                             skua_error *err) {
    if (list->n == list->capacity) { /* the arena keeps the smaller ones; they halve each time */
        size_t larger = 2 * list->capacity + b->keys.n + 16;
        skuai_route *items = skuai_arena_take(b->arena, larger, sizeof *items);
        if (!items) return skuai_error_memory(err, "what codes stand for");
        if (list->n) memcpy(items, list->items, list->n * sizeof *items);
        list->items = items;
        list->capacity = larger;
    }
    list->items[list->n++] = route;
    return SKUA_OK;
}

static skua_status route_series(skuai_panel_build *b, const identities *ids, size_t s,
                                route_list *list, skua_error *err) {
    const char *item = b->keys.items[s], *channel = b->keys.channels[s];
    const char *now = successor(b, ids, item, channel);
    int64_t k = relation_find(&ids->parts, now);
    if (k < 0) {
        skuai_route route = {(size_t)key_find(b, now, channel), 1, true};
        b->routed = b->routed || route.to != s;
        return route_add(b, list, route, err);
    }
    const skuai_column *c = ids->parts.table->columns;
    for (size_t r = ids->parts.first[k]; r < ids->parts.first[k + 1]; r++) {
        const char *part = successor(b, ids, c[1].texts[r], channel);
        size_t n = strlen(part), m = strlen(channel);
        int64_t to =
            skuai_series_add(&b->keys, skuai_series_hash(part, n, channel, m), part, n, channel, m);
        if (to < 0) return skuai_error_memory(err, "the parts of bundles");
        SKUA_TRY(route_add(b, list, (skuai_route){(size_t)to, c[2].doubles[r], false}, err));
    }
    b->routed = true;
    return SKUA_OK;
}

/* First period that counts of each code, and the codes that do not count at all. */
static skua_status mark_codes(skuai_panel_build *b, const identities *ids, skua_error *err) {
    b->restart = skuai_arena_take(b->arena, b->keys.n, sizeof *b->restart);
    if (!b->restart) return skuai_error_memory(err, "what codes stand for");
    for (size_t s = 0; s < b->keys.n; s++) {
        int64_t k = relation_find(&ids->restarts, b->keys.items[s]);
        bool dated = k >= 0;
        b->restart[s] =
            relation_find(&ids->left_out, b->keys.items[s]) >= 0 ? INT64_MAX
            : dated
                ? skuai_build_period(
                      &b->grid, ids->restarts.table->columns[1].integers[ids->restarts.first[k]])
                : INT64_MIN;
    }
    return SKUA_OK;
}

skua_status skuai_build_identities(skuai_panel_build *b, skua_error *err) {
    const skuai_panel_query *q = b->query;
    identities ids = {0};
    route_list list = {0};
    size_t n = b->keys.n;
    skua_status status;
    SKUA_TRY_OUT(relation_read(b, q->successors, "item, becomes", &ids.successors, err));
    SKUA_TRY_OUT(relation_read(b, q->parts, "bundle, item, units", &ids.parts, err));
    SKUA_TRY_OUT(relation_read(b, q->restarts, "item, from_ds", &ids.restarts, err));
    SKUA_TRY_OUT(relation_read(b, q->left_out, "item", &ids.left_out, err));
    b->route_first = skuai_arena_take(b->arena, n + 1, sizeof *b->route_first);
    if (!b->route_first) {
        status = skuai_error_memory(err, "what codes stand for");
        goto out;
    }
    b->n_sources = n;
    for (size_t s = 0; s < n; s++) { /* parts that were never sold alone are added to the keys */
        b->route_first[s] = list.n;
        SKUA_TRY_OUT(route_series(b, &ids, s, &list, err));
    }
    b->route_first[n] = list.n;
    b->routes = list.items;
    status = mark_codes(b, &ids, err);
out:
    relation_clear(&ids.successors);
    relation_clear(&ids.parts);
    relation_clear(&ids.restarts);
    relation_clear(&ids.left_out);
    return status;
}
