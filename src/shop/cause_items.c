#include "shop/cause_items.h"

#include "cause/item_graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE 0.05 /* false discovery rate */

static const char *const kinds[] = {"complements", "substitutes"};
static const char *const evidences[] = {"baskets", "prices"};

typedef struct item_study {
    const skuai_panel *panel;
    const skuai_static *item;
    skuai_item_links links;
    size_t n_orders;
    char basket_note[SKUA_ERROR_MESSAGE_SIZE], price_note[SKUA_ERROR_MESSAGE_SIZE];
} item_study;

/* -- Baskets ------------------------------------------------------------------------------------
 */

static int by_code(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static const char *const orders_sql =
    "WITH lines AS (SELECT DISTINCT \"order\", item FROM orders WHERE kind = 'sale' AND \"order\" "
    "IS"
    " NOT NULL), times AS (SELECT \"order\", min(ts) AS ts FROM orders WHERE kind = 'sale' GROUP BY"
    " 1) SELECT \"order\", item FROM lines JOIN times USING (\"order\") ORDER BY ts, \"order\", "
    "item";

/* Orders as baskets of levels of the static item; memory from the arena. */
static skua_status read_baskets(skuai_store *store, item_study *s, skuai_arena *arena,
                                skuai_baskets *out, skua_error *err) {
    skuai_table *table = NULL;
    SKUA_TRY(skuai_store_query(store, orders_sql, NULL, 0, &table, err));
    size_t rows = table->n_rows, *first = skuai_arena_take(arena, rows + 2, sizeof *first), n = 0,
           lines = 0;
    uint32_t *item = skuai_arena_take(arena, rows + 1, sizeof *item);
    skua_status status = first && item ? SKUA_OK : skuai_error_memory(err, "orders");
    for (size_t r = 0; r < rows && status == SKUA_OK; r++) {
        const char *order = table->columns[0].texts[r], *name = table->columns[1].texts[r];
        if (r == 0 || strcmp(order, table->columns[0].texts[r - 1]) != 0) first[n++] = lines;
        size_t low = 0, high = s->item->n_levels; /* levels are sorted */
        while (name && low < high) {
            size_t middle = (low + high) / 2;
            if (strcmp(s->item->levels[middle], name) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (name && low < s->item->n_levels && strcmp(s->item->levels[low], name) == 0)
            item[lines++] = (uint32_t)low;
    }
    if (status == SKUA_OK) {
        first[n] = lines;
        for (size_t b = 0; b < n; b++)
            qsort(item + first[b], first[b + 1] - first[b], sizeof *item, by_code);
        *out = (skuai_baskets){n, s->item->n_levels, first, item};
        s->n_orders = n;
    }
    skuai_table_free(table);
    return status;
}

static skua_status find_links(const skua_shop *shop, const skuai_context *context, item_study *s,
                              skua_error *err) {
    skuai_baskets baskets;
    skua_error first = {0}, second = {0};
    size_t group = skuai_panel_static_find(s->panel, "category1");
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "orders");
    skuai_store *store = NULL;
    skua_status status = skuai_shop_store(shop, SKUAI_STORE_READ, &store, err);
    if (status == SKUA_OK) status = read_baskets(store, s, arena, &baskets, err);
    skuai_store_close(store);
    skua_status basket = SKUA_OK, price = SKUA_OK;
    if (status == SKUA_OK) basket = skuai_basket_links(&baskets, RATE, &s->links, &first);
    skuai_arena_free(arena);
    SKUA_TRY(status);
    if (basket != SKUA_OK && basket != SKUA_EDATA)
        return skuai_error_set(err, basket, "%s", first.message);
    price = skuai_price_links(s->panel, group, RATE, context, &s->links, &second);
    if (price != SKUA_OK && (price != SKUA_EDATA || basket != SKUA_OK))
        return skuai_error_set(err, price, "%s%s%s", basket == SKUA_OK ? "" : first.message,
                               basket == SKUA_OK ? "" : "; ", second.message);
    (void)snprintf(s->basket_note, sizeof s->basket_note, "%s", basket ? first.message : "");
    (void)snprintf(s->price_note, sizeof s->price_note, "%s", price ? second.message : "");
    return SKUA_OK;
}

/* -- The table ----------------------------------------------------------------------------------
 */

static double number_of(const skuai_item_link *l, size_t k) {
    const double numbers[] = {l->value, l->error, l->p, l->q, l->together, l->expected, l->phi};
    return numbers[k];
}

static skua_status store_links(const skua_shop *shop, const item_study *s, skua_error *err) {
    enum { TEXTS = 4, NUMBERS = 7 };
    static const char *const names[TEXTS + NUMBERS] = {"item",     "other",    "kind", "evidence",
                                                       "value",    "error",    "p",    "q",
                                                       "together", "expected", "phi"};
    size_t n = s->links.n;
    const char **texts = skuai_new(TEXTS * n + 1, sizeof *texts);
    double *numbers = skuai_new(NUMBERS * n + 1, sizeof *numbers);
    skuai_column columns[TEXTS + NUMBERS];
    memset(columns, 0, sizeof columns);
    for (size_t k = 0; k < n && texts && numbers; k++) {
        const skuai_item_link *l = &s->links.items[k];
        texts[k] = s->item->levels[l->from];
        texts[n + k] = s->item->levels[l->to];
        texts[2 * n + k] = kinds[l->substitutes];
        texts[3 * n + k] = evidences[l->evidence];
        for (size_t c = 0; c < NUMBERS; c++)
            numbers[c * n + k] = number_of(l, c);
    }
    for (size_t c = 0; c < TEXTS + NUMBERS; c++) {
        columns[c].name = names[c];
        columns[c].type = c < TEXTS ? SKUAI_COLUMN_TEXT : SKUAI_COLUMN_DOUBLE;
        columns[c].texts = c < TEXTS && texts ? texts + c * n : NULL;
        columns[c].doubles = c < TEXTS || !numbers ? NULL : numbers + (c - TEXTS) * n;
    }
    skuai_store *store = NULL;
    skua_status status = texts && numbers ? skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err)
                                          : skuai_error_memory(err, "links of items");
    if (status == SKUA_OK) status = skuai_store_begin(store, err);
    if (status == SKUA_OK) {
        status = skuai_store_execute(
            store,
            "CREATE TABLE IF NOT EXISTS item_links(item VARCHAR, other VARCHAR, kind VARCHAR,"
            " evidence VARCHAR, value DOUBLE, error DOUBLE, p DOUBLE, q DOUBLE, together DOUBLE,"
            " expected DOUBLE, phi DOUBLE); DELETE FROM item_links",
            err);
        if (status == SKUA_OK && n > 0)
            status = skuai_store_append(store, "item_links", columns, TEXTS + NUMBERS, n, err);
        if (status == SKUA_OK)
            status = skuai_store_commit(store, err);
        else
            skuai_store_rollback(store);
    }
    skuai_store_close(store);
    skuai_free(texts);
    skuai_free(numbers);
    return status;
}

/* -- Report -------------------------------------------------------------------------------------
 */

/* Surest first. */
static int by_sureness(const void *a, const void *b) {
    const skuai_item_link *x = a, *y = b;
    if (x->p < y->p || x->p > y->p) return x->p < y->p ? -1 : 1;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

/* What cannot be known, in both languages. */
static void put_notes(const item_study *s, skuai_json_writer *w) {
    bool prices = skuai_panel_dynamic_find(s->panel, "price") != SIZE_MAX;
    if (*s->basket_note) {
        skuai_json_text(w, "baskets_unknown", s->basket_note);
        skuai_json_text(w, "baskets_unknown_zh",
                        "没有一张订单含两种不同商品，购物篮无法说明哪些商品同买；请导入带订单号的"
                        "订单");
    }
    if (!*s->price_note) return;
    skuai_json_text(w, "prices_unknown", s->price_note);
    skuai_json_text(
        w, "prices_unknown_zh",
        !prices ? "没有价格，无法说明一种商品的价格对另一种商品的作用；请导入带价格的销售"
                : "历史太短，或没有价格在其他价格之外单独变动，无法说明一种商品的价格对另一种商品"
                  "的作用；可在一半的周里单独把个别价格调动 5% 至 10%");
}

static void put_links(const item_study *s, skuai_json_writer *w) {
    skuai_json_array(w, "links");
    for (size_t k = 0; k < s->links.n; k++) {
        const skuai_item_link *l = &s->links.items[k];
        skuai_json_object(w, NULL);
        skuai_json_text(w, "item", s->item->levels[l->from]);
        skuai_json_text(w, "other", s->item->levels[l->to]);
        skuai_json_text(w, "kind", kinds[l->substitutes]);
        skuai_json_text(w, "evidence", evidences[l->evidence]);
        skuai_json_number(w, "value", l->value);
        skuai_json_number(w, "error", l->error);
        skuai_json_number(w, "p", l->p);
        skuai_json_number(w, "q", l->q);
        if (l->evidence == SKUAI_ITEM_BASKETS) {
            skuai_json_number(w, "together", l->together);
            skuai_json_number(w, "expected", l->expected);
            skuai_json_number(w, "phi", l->phi);
        }
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

/* Of every item whose price others answer: what a cut of a tenth takes from and brings to them. */
static skua_status put_spill(const item_study *s, skuai_json_writer *w, skua_error *err) {
    size_t n = s->item->n_levels;
    double *mean = skuai_zero(2 * n + 1, sizeof *mean), *periods = mean ? mean + n : NULL;
    if (!mean) return skuai_error_memory(err, "what a price does to others");
    for (size_t v = 0; v < s->panel->n_series; v++) {
        int32_t i = s->item->codes[s->panel->base[v]];
        double most = (double)s->panel->length[v];
        if (i < 0) continue;
        for (size_t t = 0; t < s->panel->length[v]; t++) {
            double y = s->panel->target[s->panel->row[v] + t];
            if (isfinite(y)) mean[i] += y;
        }
        periods[i] = fmax(periods[i], most);
    }
    for (size_t i = 0; i < n; i++)
        mean[i] = periods[i] > 0 ? mean[i] / periods[i] : 0;
    skuai_json_array(w, "price_cut_of_a_tenth");
    for (uint32_t i = 0; i < n; i++) {
        char text[512];
        double cannibalised, halo;
        skuai_item_spill(&s->links, mean, i, 0.1, &cannibalised, &halo);
        if (!(cannibalised > 0 || halo > 0)) continue;
        skuai_json_object(w, NULL);
        skuai_json_text(w, "item", s->item->levels[i]);
        skuai_json_number(w, "others_lose_units", cannibalised);
        skuai_json_number(w, "others_gain_units", halo);
        (void)snprintf(text, sizeof text,
                       "A tenth off %s: others lose %.2f units a period, and gain %.2f",
                       s->item->levels[i], cannibalised, halo);
        skuai_json_text(w, "sentence", text);
        (void)snprintf(text, sizeof text, "%s 降价一成：其他商品每期少卖 %.2f 件，多卖 %.2f 件",
                       s->item->levels[i], cannibalised, halo);
        skuai_json_text(w, "sentence_zh", text);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_free(mean);
    return SKUA_OK;
}

skua_status skuai_cause_items(const skua_shop *shop, const skuai_panel *panel,
                              const skuai_context *context, skuai_json_writer *w, skua_error *err) {
    size_t item = skuai_panel_static_find(panel, "item");
    if (item == SIZE_MAX || !panel->statics[item].codes)
        return skuai_error_set(err, SKUA_EDATA, "the shop has no items");
    item_study s = {.panel = panel, .item = &panel->statics[item]};
    skua_status status = find_links(shop, context, &s, err);
    if (status == SKUA_OK) status = store_links(shop, &s, err);
    if (status == SKUA_OK) {
        if (s.links.n > 1) qsort(s.links.items, s.links.n, sizeof *s.links.items, by_sureness);
        skuai_json_object(w, "item_graph");
        skuai_json_integer(w, "items", (int64_t)s.item->n_levels);
        skuai_json_integer(w, "orders", (int64_t)s.n_orders);
        skuai_json_integer(w, "pairs_tested", (int64_t)s.links.n_tests);
        skuai_json_number(w, "false_discovery_rate", RATE);
        put_notes(&s, w);
        put_links(&s, w);
        status = put_spill(&s, w, err);
        skuai_json_close(w);
    }
    skuai_item_links_clear(&s.links);
    return status;
}
