/* Which rows a panel is made of: the latest version of each, or the latest that was known. */
#include "store/panel_build.h"

#include <stdio.h>

/* Interval of a native period, for "known when it ended". */
static const char *native_interval(skuai_frequency frequency) {
    static const char *const intervals[] = {"1 HOUR",  "1 DAY",  "7 DAY", "1 MONTH",
                                            "3 MONTH", "1 YEAR", "35 DAY"};
    return intervals[frequency];
}

skua_status skuai_build_sales_source(const skuai_panel_build *b, const skuai_grid *native,
                                     skuai_buffer *sql, skua_error *err) {
    double corrections = 0;
    SKUA_TRY(skuai_store_number(b->store, "SELECT count(*) FROM sales_rows WHERE corrects", NULL, 0,
                                &corrections, NULL, err));
    char known[160] = "";
    if (b->query->as_of)
        (void)snprintf(known, sizeof known,
                       " WHERE coalesce(known_at, ds + INTERVAL %s) <= make_timestamp(%lld)",
                       native_interval(native->frequency), (long long)*b->query->as_of * 1000000);
    (void)skuai_buffer_format(sql, " FROM (SELECT * FROM sales_rows%s) r", known);
    if (corrections > 0)
        (void)skuai_buffer_format(
            sql,
            " LEFT JOIN (SELECT series, ds, max(file) AS last FROM (SELECT * FROM "
            "sales_rows%s) WHERE corrects GROUP BY ALL) c ON c.series = r.series "
            "AND c.ds = r.ds WHERE (c.last IS NULL OR r.file >= c.last)",
            known);
    return SKUA_OK;
}

void skuai_build_future_source(const skuai_panel_build *b, skuai_buffer *sql) {
    if (!b->query->as_of) {
        (void)skuai_buffer_text(sql, "future");
        return;
    }
    (void)skuai_buffer_format(
        sql,
        "(SELECT * FROM future_rows WHERE known_at IS NULL OR known_at <= make_timestamp(%lld)"
        " QUALIFY row_number() OVER (PARTITION BY item, channel, ds ORDER BY file DESC, line DESC)"
        " = 1)",
        (long long)*b->query->as_of * 1000000);
}

void skuai_build_promotions_source(const skuai_panel_build *b, skuai_buffer *sql) {
    if (!b->query->as_of) {
        (void)skuai_buffer_text(sql, "promotions");
        return;
    }
    (void)skuai_buffer_format(
        sql,
        "(SELECT * FROM promotions_rows WHERE known_at IS NULL OR known_at <= make_timestamp(%lld)"
        " QUALIFY row_number() OVER (PARTITION BY id, scope, channel, \"from\" ORDER BY file DESC,"
        " line DESC) = 1)",
        (long long)*b->query->as_of * 1000000);
}

/* The versions of order lines that count, with what was decided of them. */
static void add_lines(const skuai_panel_build *b, skuai_buffer *sql) {
    const char *overlay = b->query->orders_overlay;
    (void)skuai_buffer_text(sql, "(SELECT l.*");
    if (overlay)
        (void)skuai_buffer_text(sql,
                                " REPLACE (coalesce(p.price, l.unit_price) AS unit_price) FROM ");
    else
        (void)skuai_buffer_text(sql, " FROM ");
    if (b->query->as_of) {
        char known[96];
        (void)snprintf(known, sizeof known,
                       "(known_at IS NULL OR known_at <= make_timestamp(%lld))",
                       (long long)*b->query->as_of * 1000000);
        (void)skuai_buffer_format(
            sql,
            "(SELECT r.* EXCLUDE (file, corrects) FROM (SELECT * FROM orders_rows WHERE %s) r LEFT"
            " JOIN (SELECT \"order\", line, max(file) AS last FROM orders_rows WHERE corrects AND"
            " %s GROUP BY ALL) c ON c.\"order\" = r.\"order\" AND c.line = r.line WHERE c.last IS"
            " NULL OR r.file >= c.last)",
            known, known);
    } else {
        (void)skuai_buffer_text(sql, "orders");
    }
    (void)skuai_buffer_text(sql, " l");
    if (overlay)
        (void)skuai_buffer_format(sql,
                                  " LEFT JOIN \"%s\" p ON p.\"row\" = l.\"order\" || '/' || l.line"
                                  " WHERE p.gone IS NOT TRUE",
                                  overlay);
    (void)skuai_buffer_text(sql, ")");
}

void skuai_build_orders_source(const skuai_panel_build *b, skuai_buffer *sql) {
    (void)skuai_buffer_text(
        sql, "WITH clocked AS NOT MATERIALIZED (SELECT o.\"order\", o.item, o.channel, o.units, "
             "o.unit_price, o.list_price, o.kind, o.known_at, CASE WHEN z.zone = 'UTC' THEN "
             "make_timestamp(epoch_us(o.ts)) ELSE timezone(z.zone, o.ts) END AS local_ts FROM ");
    add_lines(b, sql);
    (void)skuai_buffer_text(
        sql, " o JOIN (SELECT k.channel, coalesce(c.time_zone, (SELECT value FROM workspace WHERE "
             "key = 'time_zone'), 'UTC') AS zone FROM (SELECT DISTINCT channel FROM orders_rows) k "
             "LEFT JOIN channels c USING (channel)) z USING (channel)), lines AS NOT MATERIALIZED "
             "(SELECT * FROM clocked");
    if (b->query->as_of) /* what no date says otherwise was known when it happened */
        (void)skuai_buffer_format(sql,
                                  " WHERE known_at IS NOT NULL OR local_ts <= make_timestamp(%lld)",
                                  (long long)*b->query->as_of * 1000000);
    (void)skuai_buffer_text(
        sql,
        "), back AS (SELECT *, ltrim(\"order\", 'cC') AS number FROM lines WHERE kind <> 'sale'), "
        "sold AS (SELECT ltrim(\"order\", 'cC') AS number, item, channel, min(local_ts) AS sold_ts "
        "FROM lines WHERE kind = 'sale' AND ltrim(\"order\", 'cC') IN (SELECT number FROM back) "
        "GROUP BY ALL), "
        "netted AS NOT MATERIALIZED (SELECT item, channel, local_ts AS at_ts, units, unit_price, "
        "list_price, true AS known, true AS sale FROM lines WHERE kind = 'sale' UNION ALL SELECT "
        "b.item, b.channel, coalesce(s.sold_ts, b.local_ts), b.units, NULL, NULL, s.sold_ts IS NOT "
        "NULL, false FROM back b LEFT JOIN sold s ON s.number = b.number AND s.item = b.item AND "
        "s.channel = b.channel) ");
}
