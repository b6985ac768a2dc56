/* Findings that one statement finds. Every query gives the columns row, item, channel, before,
 * after, why as texts; the list is ordered, so that the same data give the same findings. */
#include <math.h>

#include "clean/check_steps.h"

/* Kind, table, whether it starts as proposed whatever its kind says, and the statement. */
typedef struct query {
    skuai_finding_kind kind;
    const char *table;
    bool propose;
    const char *sql;
} query;

#define ORDER_ROW "\"order\" || '/' || line"
#define SALES_ROW "item || '/' || coalesce(channel, '') || '/' || CAST(ds AS VARCHAR)"
#define NUMBER(x) "printf('%g', " x ")"

static const query queries[] = {
    {SKUAI_FINDING_DUPLICATE, "orders", false,
     "SELECT " ORDER_ROW
     " AS row, item, channel, " NUMBER("units") " AS before, '' AS after,"
                                                " 'the same item, time, units and price as line ' "
                                                "|| first || ' of the order' AS why FROM ("
                                                "SELECT *, row_number() OVER w AS nth, first(line) "
                                                "OVER w AS first FROM orders WINDOW w AS"
                                                " (PARTITION BY \"order\", item, channel, ts, "
                                                "units, unit_price, kind ORDER BY line))"
                                                " WHERE nth > 1 ORDER BY 1"},
    {SKUAI_FINDING_NEAR_DUPLICATE, "orders", false,
     "SELECT " ORDER_ROW " AS row, item, channel, " NUMBER(
         "units") " AS before, '' AS after,"
                  " 'the same buyer, item, units and price as ' || earlier || ', '"
                  " || CAST(seconds AS BIGINT) || ' s before' AS why FROM (SELECT *, lag(" ORDER_ROW
                  ") OVER w AS earlier, lag(\"order\") OVER w AS earlier_order,"
                  " epoch(ts) - epoch(lag(ts) OVER w) AS seconds FROM orders WHERE \"user\" IS NOT "
                  "NULL AND"
                  " kind = 'sale' WINDOW w AS (PARTITION BY \"user\", item, channel, units, "
                  "unit_price"
                  " ORDER BY ts, \"order\", line)) WHERE earlier_order <> \"order\" AND seconds <= "
                  "$1 ORDER BY 1"},
    {SKUAI_FINDING_NEGATIVE, "orders", false,
     "SELECT " ORDER_ROW " AS row, item, channel, " NUMBER(
         "units") " || ' x ' || "
                  "coalesce(" NUMBER(
                      "unit_price") ", '') AS before, '' AS after, CASE WHEN units < 0 THEN"
                                    " 'a sale of less than nothing' ELSE 'a price below 0' END AS "
                                    "why FROM orders WHERE"
                                    " (kind = 'sale' AND units < 0) OR unit_price < 0 ORDER BY 1"},
    {SKUAI_FINDING_NEGATIVE, "sales", false,
     "SELECT " SALES_ROW " AS row, item, channel, coalesce(" NUMBER("price") ", " NUMBER(
         "stock") ") AS before, '' AS after, CASE WHEN price < 0 THEN 'a price below 0' ELSE"
                  " 'a stock below 0' END AS why FROM sales WHERE price < 0 OR stock < 0 ORDER BY "
                  "1"},
    {SKUAI_FINDING_IMPOSSIBLE, "orders", false,
     "SELECT " ORDER_ROW " AS row, item, channel, CAST(ts AS VARCHAR) AS before, '' AS after,"
     " 'a time before 1990 or after 2100' AS why FROM orders WHERE"
     " epoch(ts) NOT BETWEEN 631152000 AND 4102444800 ORDER BY 1"},
    {SKUAI_FINDING_IMPOSSIBLE, "orders", false,
     "SELECT " ORDER_ROW " AS row, item, channel, " NUMBER(
         "units") " AS before, '' AS after,"
                  " 'no number, or more than ten million in a line' AS why FROM orders WHERE"
                  " NOT isfinite(units) OR abs(units) > 1e7 OR NOT isfinite(unit_price) ORDER BY "
                  "1"},
    {SKUAI_FINDING_IMPOSSIBLE, "orders", true,
     "SELECT " ORDER_ROW " AS row, item, channel, '0' AS before, '' AS after,"
     " 'sold for nothing: a gift, a sample or a correction' AS why FROM orders WHERE"
     " kind = 'sale' AND unit_price = 0 ORDER BY 1"},
    {SKUAI_FINDING_IMPOSSIBLE, "sales", false,
     "SELECT " SALES_ROW " AS row, item, channel, coalesce(" NUMBER("available") ", " NUMBER(
         "units") ") AS before, '' AS after, CASE WHEN available NOT BETWEEN 0 AND 1 THEN"
                  " 'available is a share, 0 to 1' ELSE 'units are no number' END AS why FROM "
                  "sales WHERE"
                  " available NOT BETWEEN 0 AND 1 OR NOT isfinite(units) ORDER BY 1"},
    {SKUAI_FINDING_IMPOSSIBLE, "items", false,
     "SELECT item AS row, item, '' AS channel, CASE WHEN end_ds < launch_ds THEN"
     " CAST(launch_ds AS VARCHAR) || ' .. ' || CAST(end_ds AS VARCHAR) WHEN cost < 0 THEN " NUMBER(
         "cost") " ELSE " NUMBER("pack") " END AS before, '' AS after,"
                                         " CASE WHEN end_ds < launch_ds THEN 'it ends before its "
                                         "launch' WHEN cost < 0 THEN"
                                         " 'a cost below 0' ELSE 'a pack of nothing' END AS why "
                                         "FROM items WHERE end_ds < launch_ds"
                                         " OR cost < 0 OR pack <= 0 ORDER BY 1"},
    {SKUAI_FINDING_CURRENCY, "orders", false,
     "SELECT channel || '/' || currency AS row, '' AS item, channel, currency AS before,"
     " main AS after, n || ' of ' || total || ' lines of the channel are in ' || currency ||"
     " ', most in ' || main AS why FROM (SELECT channel, currency, count(*) AS n,"
     " sum(count(*)) OVER (PARTITION BY channel) AS total, first(currency) OVER (PARTITION BY"
     " channel ORDER BY count(*) DESC, currency) AS main FROM orders WHERE currency IS NOT NULL"
     " AND currency <> '' GROUP BY channel, currency) WHERE currency <> main ORDER BY 1"},
    {SKUAI_FINDING_CURRENCY, "orders", false,
     "SELECT o.channel || '/' || o.currency AS row, '' AS item, o.channel, o.currency AS before,"
     " c.currency AS after, 'the channel is set to ' || c.currency AS why FROM (SELECT channel,"
     " mode(currency) AS currency FROM orders WHERE currency <> '' GROUP BY channel) o"
     " JOIN channels c USING (channel) WHERE c.currency <> '' AND c.currency <> o.currency"
     " ORDER BY 1"},
};

static const char *text_of(const skuai_table *table, size_t column, size_t row) {
    const char *text = table->columns[column].texts[row];
    return text ? text : "";
}

static skua_status run_query(skuai_store *store, const query *q, double near_seconds,
                             skuai_findings *findings, skua_error *err) {
    skuai_table *table;
    skuai_value seconds = skuai_value_double(near_seconds);
    bool with = q->kind == SKUAI_FINDING_NEAR_DUPLICATE;
    SKUA_TRY(skuai_store_query(store, q->sql, &seconds, with ? 1 : 0, &table, err));
    skua_status status = SKUA_OK;
    for (size_t r = 0; r < table->n_rows && status == SKUA_OK; r++) {
        skuai_finding f = {.kind = q->kind, .table = q->table, .series = SIZE_MAX, .number = NAN};
        f.row = text_of(table, 0, r);
        f.item = text_of(table, 1, r);
        f.channel = text_of(table, 2, r);
        f.before = text_of(table, 3, r);
        f.after = text_of(table, 4, r);
        f.why = text_of(table, 5, r);
        status = skuai_findings_add(findings, &f, err);
        if (status == SKUA_OK && q->propose)
            findings->items[findings->n - 1].status = SKUAI_FINDING_PROPOSED;
    }
    skuai_table_free(table);
    return status;
}

skua_status skuai_check_rows_sql(skuai_store *store, const skuai_check_options *options,
                                 skuai_findings *findings, skua_error *err) {
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        SKUA_TRY(run_query(store, &queries[i], options->near_seconds, findings, err));
    return SKUA_OK;
}
