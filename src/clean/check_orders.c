/* Orders item by item: the lines of one item are gathered from a scan in order of item and time,
 * judged, and forgotten. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clean/check_steps.h"

typedef struct line {
    double units, price;
    char key[96]; /* order/line, cut when longer */
} line;

typedef struct gatherer {
    const skuai_check_options *options;
    const skuai_context *context;
    skuai_findings *findings;
    char item[256], channel[128];
    line *lines;
    size_t n, capacity;
} gatherer;

static skua_status add(gatherer *g, const line *l, skuai_finding_kind kind, const char *before,
                       const char *after, const char *why, double number, skua_error *err) {
    if (!before || !after || !why) return skuai_error_memory(err, "findings");
    skuai_finding f = {.kind = kind,
                       .table = "orders",
                       .row = l->key,
                       .item = g->item,
                       .channel = g->channel,
                       .before = before,
                       .after = after,
                       .why = why,
                       .series = SIZE_MAX,
                       .number = number};
    return skuai_findings_add(g->findings, &f, err);
}

static skua_status judge_wholesale(gatherer *g, const double *units, double *scratch,
                                   skua_error *err) {
    double bound = skuai_wholesale_bound(units, g->n, &g->options->wholesale, scratch);
    for (size_t i = 0; i < g->n; i++) {
        if (!(units[i] > bound)) continue;
        SKUA_TRY(add(g, &g->lines[i], SKUAI_FINDING_WHOLESALE,
                     skuai_findings_text(g->findings, "%.6g", units[i]), "",
                     skuai_findings_text(g->findings,
                                         "%.6g units in a line; of this item's %zu lines none "
                                         "beyond %.4g is to be expected",
                                         units[i], g->n, bound),
                     units[i], err));
    }
    return SKUA_OK;
}

static skua_status judge_item(gatherer *g, skua_error *err) {
    size_t n = g->n;
    if (n == 0) return SKUA_OK;
    double *block = skuai_new(8 * n + 64, sizeof *block);
    unsigned char *kind = skuai_new(n, 1);
    skua_status status = block && kind ? SKUA_OK : skuai_error_memory(err, "lines of an item");
    if (status == SKUA_OK) {
        double *units = block, *price = block + n, *usual = block + 2 * n, *rest = block + 3 * n;
        for (size_t i = 0; i < n; i++) {
            units[i] = g->lines[i].units;
            price[i] = g->lines[i].price;
        }
        skuai_price_errors(price, units, n, &g->options->clean.price_error, kind, usual, rest);
        for (size_t i = 0; i < n && status == SKUA_OK; i++)
            if (kind[i])
                status =
                    add(g, &g->lines[i], SKUAI_FINDING_PRICE_ERROR,
                        skuai_findings_text(g->findings, "%.6g", price[i]),
                        skuai_findings_text(g->findings, "%.6g", usual[i]),
                        skuai_price_error_text((skuai_price_error_kind)kind[i]), usual[i], err);
        if (status == SKUA_OK) status = judge_wholesale(g, units, rest, err);
    }
    skuai_free(block);
    skuai_free(kind);
    g->n = 0;
    return status;
}

static bool same(const char *kept, size_t size, const char *text) {
    return strncmp(kept, text ? text : "", size - 1) == 0;
}

static void keep(char *kept, size_t size, const char *text) {
    (void)snprintf(kept, size, "%s", text ? text : "");
}

static skua_status gather(void *user, const skuai_table *chunk, skua_error *err) {
    gatherer *g = user;
    SKUA_TRY(skuai_context_check(g->context, err));
    for (size_t r = 0; r < chunk->n_rows; r++) {
        const char *item = chunk->columns[0].texts[r], *channel = chunk->columns[1].texts[r];
        if (g->n &&
            !(same(g->item, sizeof g->item, item) && same(g->channel, sizeof g->channel, channel)))
            SKUA_TRY(judge_item(g, err));
        if (g->n == 0) {
            keep(g->item, sizeof g->item, item);
            keep(g->channel, sizeof g->channel, channel);
        }
        if (g->n == g->capacity) {
            size_t capacity = g->capacity ? 2 * g->capacity : 1024;
            line *lines = skuai_resize(g->lines, capacity, sizeof *lines);
            if (!lines) return skuai_error_memory(err, "lines of an item");
            g->lines = lines;
            g->capacity = capacity;
        }
        line *l = &g->lines[g->n++];
        l->units = chunk->columns[3].doubles[r];
        l->price = chunk->columns[4].doubles[r];
        keep(l->key, sizeof l->key, chunk->columns[2].texts[r]);
    }
    return SKUA_OK;
}

skua_status skuai_check_orders(skuai_store *store, const skuai_check_options *options,
                               const skuai_context *context, skuai_findings *findings,
                               skua_error *err) {
    gatherer g = {.options = options, .context = context, .findings = findings};
    skua_status status = skuai_store_scan(
        store,
        "SELECT item, channel, \"order\" || '/' || line, units, unit_price FROM orders"
        " WHERE kind = 'sale' AND units > 0 AND item IS NOT NULL"
        " ORDER BY item, channel, ts, \"order\", line",
        NULL, 0, gather, &g, err);
    if (status == SKUA_OK) status = judge_item(&g, err);
    skuai_free(g.lines);
    return status;
}
