#include "shop/shopper.h"

#include <math.h>
#include <string.h>

/* Whoever did something with an item, once a day. */
#define VISITS                                                                                     \
    "visits AS (SELECT \"user\", item, day, max(weight) AS weight FROM (SELECT \"user\", item, "   \
    "CAST(local_ts AS DATE) AS day, 1.0 AS weight FROM order_lines WHERE kind = 'sale' AND units " \
    "> 0 UNION ALL SELECT \"user\", item, CAST(timezone('UTC', ts) AS DATE), CASE kind WHEN "      \
    "'buy' "                                                                                       \
    "THEN 1.0 WHEN 'cart' THEN 0.3 WHEN 'favourite' THEN 0.3 ELSE 0.1 END FROM events) WHERE "     \
    "\"user\" IS NOT NULL AND \"user\" <> '' AND item IS NOT NULL AND day IS NOT NULL GROUP BY "   \
    "ALL)"
#define ALL_ITEMS                                                                                  \
    "names AS (SELECT DISTINCT item FROM (SELECT item FROM items UNION ALL SELECT item FROM "      \
    "visits) WHERE item IS NOT NULL)"

void skuai_shoppers_clear(skuai_shoppers *s) {
    skuai_interactions_free(s->interactions);
    skuai_table_free(s->users);
    skuai_table_free(s->items);
    *s = (skuai_shoppers){0};
}

static skua_status read_names(skuai_store *store, skuai_shoppers *s, skua_error *err) {
    SKUA_TRY(skuai_store_query(
        store, "WITH " VISITS " SELECT DISTINCT \"user\" FROM visits ORDER BY \"user\"", NULL, 0,
        &s->users, err));
    if (s->users->n_rows == 0)
        return skuai_error_set(
            err, SKUA_EDATA,
            "nobody is known to have bought or looked at anything: orders need a "
            "column user, or read visitors' events with skua ingest SHOP --events "
            "FILE");
    return skuai_store_query(
        store,
        "WITH " VISITS ", " ALL_ITEMS
        ", prices AS (SELECT item, arg_max(unit_price, ts)::DOUBLE AS price FROM orders WHERE kind "
        "= 'sale' AND unit_price > 0 GROUP BY item),"
        " period_prices AS (SELECT item, arg_max(price, ds)::DOUBLE AS price FROM sales WHERE "
        "price "
        "> 0 GROUP BY item),"
        " places AS (SELECT item, location, max(on_hand) AS on_hand FROM (SELECT * FROM supply "
        "QUALIFY known_at IS NOT DISTINCT FROM max(known_at) OVER (PARTITION BY item, location)) "
        "GROUP BY ALL), stocks AS (SELECT item, sum(on_hand)::DOUBLE AS stock FROM places GROUP BY "
        "item), ahead AS (SELECT item, sum(mean)::DOUBLE AS expected FROM forecasts WHERE run = "
        "(SELECT run FROM runs WHERE kind = 'forecast' ORDER BY started_at DESC LIMIT 1) GROUP BY "
        "item)"
        " SELECT n.item, any_value(i.title) AS title, any_value(i.category) AS category,"
        " coalesce(any_value(p.price), any_value(q.price)) AS price,"
        " any_value(i.cost)::DOUBLE AS cost, any_value(s.stock) AS stock,"
        " any_value(a.expected) AS expected, coalesce(bool_or(i.end_ds < (SELECT max(day) FROM "
        "visits)), false) AS ended"
        " FROM names n LEFT JOIN items i USING (item) LEFT JOIN prices p USING (item)"
        " LEFT JOIN period_prices q USING (item) LEFT JOIN stocks s USING (item)"
        " LEFT JOIN ahead a USING (item) GROUP BY n.item ORDER BY n.item",
        NULL, 0, &s->items, err);
}

typedef struct visit_fill {
    skuai_interaction *rows;
    size_t n, capacity;
} visit_fill;

static skua_status fill_chunk(void *user, const skuai_table *chunk, skua_error *err) {
    visit_fill *f = user;
    if (f->n + chunk->n_rows > f->capacity) {
        size_t capacity = 2 * f->capacity + chunk->n_rows;
        skuai_interaction *rows = skuai_resize(f->rows, capacity, sizeof *rows);
        if (!rows) return skuai_error_memory(err, "orders and events");
        f->rows = rows;
        f->capacity = capacity;
    }
    for (size_t r = 0; r < chunk->n_rows; r++)
        f->rows[f->n++] = (skuai_interaction){.user = (int32_t)chunk->columns[0].integers[r],
                                              .item = (int32_t)chunk->columns[1].integers[r],
                                              .day = (int32_t)chunk->columns[2].integers[r],
                                              .weight = (float)chunk->columns[3].doubles[r]};
    return SKUA_OK;
}

skua_status skuai_shoppers_read(skuai_store *store, skuai_shoppers *shoppers, skua_error *err) {
    skuai_shoppers s = {0};
    visit_fill fill = {0};
    skua_status status = read_names(store, &s, err);
    /* the numbers follow the order of the two tables of names */
    if (status == SKUA_OK)
        status = skuai_store_scan(
            store,
            "WITH " VISITS ", " ALL_ITEMS
            ", users AS (SELECT \"user\", row_number() OVER (ORDER BY \"user\") - 1 AS u FROM "
            "(SELECT DISTINCT \"user\" FROM visits)), numbers AS (SELECT item, row_number() OVER "
            "(ORDER BY item) - 1 AS i FROM names) SELECT u::BIGINT, i::BIGINT, (day - DATE "
            "'1970-01-01')::BIGINT, weight::DOUBLE FROM visits JOIN users USING (\"user\") JOIN "
            "numbers USING (item)",
            NULL, 0, fill_chunk, &fill, err);
    if (status == SKUA_OK)
        status = skuai_interactions_new(fill.rows, fill.n, s.users->n_rows, s.items->n_rows,
                                        INT32_MAX, &s.interactions, err);
    skuai_free(fill.rows);
    if (status != SKUA_OK) {
        skuai_shoppers_clear(&s);
        return status;
    }
    *shoppers = s;
    return SKUA_OK;
}

size_t skuai_shoppers_find(const skuai_table *table, const char *name) {
    size_t low = 0, high = table->n_rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->columns[0].texts[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < table->n_rows && strcmp(table->columns[0].texts[low], name) == 0;
    return found ? low : SIZE_MAX;
}

void skuai_shoppers_adjust(const skuai_shoppers *s, bool profit, float *adjust) {
    const skuai_column *c = s->items->columns;
    for (size_t i = 0; i < s->items->n_rows; i++) {
        double price = c[3].doubles[i], cost = c[4].doubles[i], stock = c[5].doubles[i],
               expected = c[6].doubles[i], add = 0;
        if (c[7].integers[i] || stock <= 0) {
            adjust[i] = -INFINITY;
            continue;
        }
        if (stock > 0 && expected > stock) add += log(stock / expected);
        if (profit && price > 0 && cost >= 0) add += log(fmax(price - cost, 0.01 * price));
        adjust[i] = (float)add;
    }
}
