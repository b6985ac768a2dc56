#include "store/ingest_write.h"

#include <string.h>

/* What makes two lines of an order the same line, where the shop numbers none. */
#define SAME_LINE "\"order\", item, ts, channel, \"user\", units, unit_price, kind"

static void add_column(const skuai_write *write, skuai_buffer *sql, const char *name,
                       const char *fallback) {
    if (!skuai_write_has(write, name))
        (void)skuai_buffer_text(sql, fallback);
    else if (strncmp(fallback, "NULL", 4) == 0)
        (void)skuai_buffer_format(sql, "s.\"%s\"", name);
    else
        (void)skuai_buffer_format(sql, "coalesce(s.\"%s\", %s)", name, fallback);
    (void)skuai_buffer_format(sql, " AS \"%s\", ", name);
}

/* sale, return or cancel: as the file says, else by sign and by the invoice's letter. */
static void add_kind(const skuai_write *write, skuai_buffer *sql) {
    (void)skuai_buffer_text(sql, "CASE ");
    if (skuai_write_has(write, "kind"))
        (void)skuai_buffer_text(
            sql,
            "WHEN lower(s.kind) IN ('return', 'returned', 'returns', 'refund', 'refunded', "
            "'credit', "
            "'退货', '退款', '退换货') THEN 'return' WHEN lower(s.kind) IN ('cancel', 'cancelled', "
            "'canceled', 'cancellation', '取消', '已取消', '交易关闭') THEN 'cancel' ");
    (void)skuai_buffer_text(
        sql, "WHEN s.units < 0 AND regexp_matches(s.\"order\", '^[cC][0-9]+$') THEN 'cancel' WHEN "
             "s.units < 0 THEN 'return' ELSE 'sale' END AS kind, ");
}

/* skuai_lines: the file's rows as the contract wants them. */
static skua_status make_lines(skuai_write *write, skuai_buffer *sql, skua_error *err) {
    skuai_buffer channel, currency;
    skuai_buffer_init(&channel, 4096);
    skuai_buffer_init(&currency, 4096);
    skuai_sql_text(&channel, write->default_channel);
    skuai_sql_text(&currency, skuai_store_setting(write->store, "currency", ""));
    (void)skuai_buffer_text(
        sql, "CREATE OR REPLACE TEMP TABLE skuai_lines AS SELECT * REPLACE (CASE "
             "WHEN kind = 'sale' THEN units ELSE -abs(units) END AS units) FROM (SELECT "
             "s.\"order\", ");
    add_column(write, sql, "order_line", "NULL::DOUBLE");
    (void)skuai_buffer_text(
        sql, "CASE WHEN s.ts_utc OR coalesce(c.time_zone, z.value, 'UTC') = 'UTC' THEN "
             "make_timestamptz(epoch_us(s.ts)) ELSE timezone(coalesce(c.time_zone, z.value), s.ts) "
             "END AS ts, "
             "s.item, ");
    add_column(write, sql, "channel", skuai_buffer_view(&channel));
    add_column(write, sql, "user", "NULL::VARCHAR");
    (void)skuai_buffer_text(sql, "s.units, ");
    add_column(write, sql, "unit_price", "NULL::DOUBLE");
    add_column(write, sql, "list_price", "NULL::DOUBLE");
    add_column(write, sql, "currency", skuai_buffer_view(&currency));
    add_kind(write, sql);
    skuai_write_known(write, sql, "NULL::TIMESTAMP");
    (void)skuai_buffer_text(
        sql, " AS known_at, s.line AS file_line FROM skuai_stage s LEFT JOIN (SELECT value FROM "
             "workspace WHERE key = 'time_zone') z ON true LEFT JOIN channels c ON c.channel = ");
    if (skuai_write_has(write, "channel"))
        (void)skuai_buffer_format(sql, "coalesce(s.channel, %s))", skuai_buffer_view(&channel));
    else
        (void)skuai_buffer_format(sql, "%s)", skuai_buffer_view(&channel));
    skua_status status = skuai_buffer_check(&channel, err);
    if (status == SKUA_OK) status = skuai_buffer_check(&currency, err);
    skuai_buffer_clear(&channel);
    skuai_buffer_clear(&currency);
    return status == SKUA_OK ? skuai_write_run(write, sql, NULL, err) : status;
}

/* Numbered lines: the last of a number inside the file counts, and corrects the one in the store.
 */
static skua_status merge_numbered(skuai_write *write, skuai_buffer *sql, skua_error *err) {
    (void)skuai_buffer_text(
        sql,
        "CREATE OR REPLACE TEMP TABLE skuai_twice AS SELECT \"order\", order_line, count(*) AS n, "
        "max(file_line) AS keep, list(file_line ORDER BY file_line) AS lines, list(units ORDER BY "
        "file_line) AS all_units FROM skuai_lines GROUP BY 1, 2 HAVING count(*) > 1");
    SKUA_TRY(skuai_write_run(write, sql, NULL, err));
    (void)skuai_buffer_text(sql,
                            "INSERT INTO findings(\"table\", \"row\", kind, \"before\", \"after\", "
                            "why, item, channel, ds, action, found_at) SELECT 'orders', ");
    skuai_sql_text(sql, write->path);
    (void)skuai_buffer_text(
        sql,
        " || ':' || array_to_string(lines, ','), 'duplicate', array_to_string(all_units, ', '), "
        "l.units::VARCHAR, n || ' rows of one order line in one file; the last one counts', "
        "l.item, l.channel, l.ts::TIMESTAMP, 'applied', now()::TIMESTAMP FROM skuai_twice t JOIN "
        "skuai_lines l ON l.file_line = t.keep");
    SKUA_TRY(skuai_write_run(write, sql, NULL, err));
    (void)skuai_buffer_text(
        sql, "DELETE FROM skuai_lines s USING skuai_twice t WHERE s.\"order\" = "
             "t.\"order\" AND s.order_line = t.order_line AND s.file_line <> t.keep");
    SKUA_TRY(skuai_write_run(write, sql, &write->doubled, err));
    (void)skuai_buffer_text(
        sql,
        "DELETE FROM skuai_lines s USING orders o WHERE o.\"order\" = s.\"order\" AND o.line = "
        "s.order_line AND (o.item, o.ts, o.channel, o.\"user\", o.units, o.unit_price, o.kind) IS "
        "NOT DISTINCT FROM (s.item, s.ts, s.channel, s.\"user\", s.units, s.unit_price, s.kind)");
    SKUA_TRY(skuai_write_run(write, sql, &write->unchanged, err));
    return SKUA_OK;
}

/* Lines without a number: one that is there already is the same; others add up. */
static skua_status merge_unnumbered(skuai_write *write, skuai_buffer *sql, skua_error *err) {
    (void)skuai_buffer_text(sql, "CREATE OR REPLACE TEMP TABLE skuai_twice AS SELECT " SAME_LINE
                                 ", row_number() OVER "
                                 "(PARTITION BY " SAME_LINE
                                 " ORDER BY line) AS k FROM orders WHERE \"order\" IN (SELECT "
                                 "\"order\" FROM skuai_lines)");
    SKUA_TRY(skuai_write_run(write, sql, NULL, err));
    (void)skuai_buffer_text(
        sql,
        "DELETE FROM skuai_lines WHERE file_line IN (SELECT s.file_line FROM (SELECT "
        "file_line, " SAME_LINE ", row_number() OVER (PARTITION BY " SAME_LINE
        " ORDER BY file_line) AS k FROM "
        "skuai_lines WHERE \"order\" IN (SELECT \"order\" FROM skuai_twice)) s JOIN skuai_twice o "
        "ON "
        "o.\"order\" = s.\"order\" AND o.item = s.item AND o.ts = s.ts AND o.k = s.k AND "
        "(o.channel, "
        "o.\"user\", o.units, o.unit_price, o.kind) IS NOT DISTINCT FROM (s.channel, s.\"user\", "
        "s.units, s.unit_price, s.kind))");
    return skuai_write_run(write, sql, &write->unchanged, err);
}

/* One statement inserts all that is left; the number of a line goes on behind those of its order.
 */
static void add_insert(const skuai_write *write, bool numbered, skuai_buffer *sql) {
    (void)skuai_buffer_text(sql, "INSERT INTO orders_rows SELECT s.\"order\", ");
    (void)skuai_buffer_text(
        sql, numbered
                 ? "s.order_line::INTEGER"
                 : "coalesce(m.last, 0) + row_number() OVER (PARTITION BY s.\"order\" ORDER BY "
                   "s.file_line)");
    (void)skuai_buffer_text(sql, ", s.ts, s.item, s.channel, s.\"user\", s.units, s.unit_price, "
                                 "s.list_price, s.currency, s.kind, coalesce(s.known_at, ");
    if (write->known_at)
        (void)skuai_buffer_text(sql, "NULL");
    else
        (void)skuai_buffer_text(sql, numbered
                                         ? "CASE WHEN o.\"order\" IS NOT NULL OR "
                                           "date_trunc('day', s.ts) < date_trunc('day', f.last) "
                                           "THEN now()::TIMESTAMP END"
                                         : "CASE WHEN date_trunc('day', s.ts) < "
                                           "date_trunc('day', f.last) THEN now()::TIMESTAMP END");
    (void)skuai_buffer_text(sql, "), $1::INTEGER, ");
    (void)skuai_buffer_text(sql, numbered ? "o.\"order\" IS NOT NULL" : "false");
    (void)skuai_buffer_format(
        sql,
        " FROM skuai_lines s LEFT JOIN (SELECT channel, max(ts) AS last FROM "
        "orders_rows WHERE file < %lld GROUP BY 1) f ON f.channel = s.channel "
        "LEFT JOIN ",
        (long long)write->first_file);
    (void)skuai_buffer_text(
        sql,
        numbered
            ? "(SELECT DISTINCT \"order\", line FROM orders_rows WHERE \"order\" IN (SELECT "
              "\"order\" FROM skuai_lines)) o ON o.\"order\" = s.\"order\" AND o.line = "
              "s.order_line"
            : "(SELECT \"order\", max(line) AS last FROM orders_rows WHERE \"order\" IN "
              "(SELECT \"order\" FROM skuai_lines) GROUP BY 1) m ON m.\"order\" = s.\"order\"");
}

skua_status skuai_write_orders(skuai_write *write, skua_error *err) {
    bool numbered = skuai_write_has(write, "order_line");
    skuai_value file = skuai_value_integer(write->file);
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 20);
    double there = 0, corrected = 0, late = 0;
    skua_status status;
    SKUA_TRY_OUT(make_lines(write, &sql, err));
    if (numbered) { /* a line without its number cannot be told from the others of its order */
        double missing = 0;
        SKUA_TRY_OUT(skuai_store_number(write->store,
                                        "SELECT count(*) FROM skuai_lines WHERE order_line IS NULL",
                                        NULL, 0, &missing, NULL, err));
        if (missing > 0) numbered = false;
    }
    SKUA_TRY_OUT(skuai_store_number(write->store, "SELECT count(*) FROM orders_rows", NULL, 0,
                                    &there, NULL, err));
    if (numbered)
        SKUA_TRY_OUT(merge_numbered(write, &sql, err));
    else if (there > 0)
        SKUA_TRY_OUT(merge_unnumbered(write, &sql, err));
    add_insert(write, numbered, &sql);
    SKUA_TRY_OUT(skuai_write_run(write, &sql, &write->added, err));
    SKUA_TRY_OUT(skuai_store_number(write->store,
                                    "SELECT count(*) FROM orders_rows WHERE file = $1 AND corrects",
                                    &file, 1, &corrected, NULL, err));
    SKUA_TRY_OUT(
        skuai_store_number(write->store,
                           "SELECT count(*) FROM orders_rows WHERE file = $1 AND NOT corrects "
                           "AND known_at IS NOT NULL",
                           &file, 1, &late, NULL, err));
    write->corrected = (int64_t)corrected;
    write->added -= write->corrected;
    write->late = write->known_at || skuai_write_has(write, "known_at") ? 0 : (int64_t)late;
    SKUA_TRY_OUT(skuai_write_described(write, err));
out:
    skuai_buffer_clear(&sql);
    return status;
}
