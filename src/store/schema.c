/* The tables of docs/data-contract.md. Big tables are append-only and carry no index: every version
 * of a row stays, with the file it came from and when it became known, and a view under the
 * contract's name shows the latest. `corrects` marks the rows that replace an older one, so that a
 * view over a table without corrections costs a look at the row groups' statistics. */
#include "store/store_handle.h"

static const char tables[] =
    "CREATE TABLE workspace(key VARCHAR, value VARCHAR);"
    "CREATE TABLE ingested(file INTEGER, path VARCHAR, \"table\" VARCHAR, size BIGINT, hash "
    "VARCHAR,"
    " options VARCHAR, rows BIGINT, added BIGINT, corrected BIGINT, unchanged BIGINT,"
    " duplicates BIGINT, rejected BIGINT, late BIGINT, known_at TIMESTAMP, ingested_at TIMESTAMP,"
    " mapping VARCHAR);"
    "CREATE TABLE rejects(file INTEGER, path VARCHAR, \"table\" VARCHAR, line BIGINT, text VARCHAR,"
    " why VARCHAR);"
    "CREATE TABLE findings(\"table\" VARCHAR, \"row\" VARCHAR, kind VARCHAR, \"before\" VARCHAR,"
    " \"after\" VARCHAR, why VARCHAR, item VARCHAR, channel VARCHAR, ds TIMESTAMP, action VARCHAR,"
    " run VARCHAR, found_at TIMESTAMP);"

    /* sales: what the shop gave */
    "CREATE TABLE series(series INTEGER, item VARCHAR, channel VARCHAR);"
    "CREATE TABLE sales_rows(series INTEGER, ds TIMESTAMP, units DOUBLE, price DOUBLE,"
    " list_price DOUBLE, available DOUBLE, stock DOUBLE, known_at TIMESTAMP, file INTEGER,"
    " corrects BOOLEAN);"

    /* orders */
    "CREATE TABLE orders_rows(\"order\" VARCHAR, line INTEGER, ts TIMESTAMPTZ, item VARCHAR,"
    " channel VARCHAR, \"user\" VARCHAR, units DOUBLE, unit_price DOUBLE, list_price DOUBLE,"
    " currency VARCHAR, kind VARCHAR, known_at TIMESTAMP, file INTEGER, corrects BOOLEAN);"

    "CREATE TABLE items_rows(item VARCHAR, title VARCHAR, description VARCHAR, category VARCHAR,"
    " brand VARCHAR, image VARCHAR, parent VARCHAR, replaces VARCHAR, pack DOUBLE, unit VARCHAR,"
    " launch_ds TIMESTAMP, end_ds TIMESTAMP, cost DOUBLE, extras VARCHAR, known_at TIMESTAMP,"
    " file INTEGER, line BIGINT);"
    "CREATE TABLE item_names(item VARCHAR, title VARCHAR, rows BIGINT, first_ds TIMESTAMP,"
    " last_ds TIMESTAMP, file INTEGER);"
    "CREATE TABLE parts_rows(bundle VARCHAR, item VARCHAR, units DOUBLE, known_at TIMESTAMP,"
    " file INTEGER, line BIGINT);"
    "CREATE TABLE channels_rows(channel VARCHAR, time_zone VARCHAR, currency VARCHAR,"
    " locations VARCHAR, extras VARCHAR, known_at TIMESTAMP, file INTEGER, line BIGINT);"
    "CREATE TABLE promotions_rows(id VARCHAR, scope VARCHAR, channel VARCHAR, \"from\" TIMESTAMP,"
    " \"to\" TIMESTAMP, kind VARCHAR, depth DOUBLE, budget DOUBLE, known_at TIMESTAMP, file "
    "INTEGER,"
    " line BIGINT);"
    "CREATE TABLE supply_rows(item VARCHAR, location VARCHAR, on_hand DOUBLE, on_order DOUBLE,"
    " eta TIMESTAMP, lead_time DOUBLE, lead_time_sd DOUBLE, moq DOUBLE, pack DOUBLE,"
    " shelf_life DOUBLE, holding DOUBLE, shortage DOUBLE, extras VARCHAR, known_at TIMESTAMP,"
    " file INTEGER, line BIGINT);"
    "CREATE TABLE events_rows(\"user\" VARCHAR, item VARCHAR, channel VARCHAR, ts TIMESTAMPTZ,"
    " kind VARCHAR, query VARCHAR, known_at TIMESTAMP, file INTEGER, line BIGINT);"
    "CREATE TABLE calendar_rows(ds TIMESTAMP, name VARCHAR, channel VARCHAR, kind VARCHAR,"
    " known_at TIMESTAMP, file INTEGER, line BIGINT);"
    "CREATE TABLE future_rows(item VARCHAR, channel VARCHAR, ds TIMESTAMP, price DOUBLE,"
    " known_at TIMESTAMP, file INTEGER, line BIGINT);"
    "CREATE TABLE vectors(item VARCHAR, modality VARCHAR, model VARCHAR, \"values\" FLOAT[]);"

    /* results */
    "CREATE TABLE runs(run VARCHAR, started_at TIMESTAMP, kind VARCHAR, model VARCHAR, parameters "
    "VARCHAR,"
    " seed BIGINT, data_hash VARCHAR, frequency VARCHAR, horizon INTEGER, seconds DOUBLE,"
    " status VARCHAR, note VARCHAR);"
    "CREATE TABLE forecasts(run VARCHAR, item VARCHAR, channel VARCHAR, ds TIMESTAMP, mean DOUBLE);"
    "CREATE TABLE scores(run VARCHAR, model VARCHAR, item VARCHAR, channel VARCHAR, metric VARCHAR,"
    " \"window\" VARCHAR, value DOUBLE);";

/* Made anew after a column was added: a view remembers the columns it saw. The latest version of a
 * row is that of the highest file, and inside a file of the last line. */
/* clang-format off */
static const char views[] =
    "CREATE OR REPLACE VIEW items AS SELECT item, title, description, category, brand, "
    "image, parent, replaces, pack, unit, launch_ds, end_ds, cost, extras, known_at FROM "
    "items_rows QUALIFY row_number() OVER (PARTITION BY item ORDER BY file DESC, line "
    "DESC) = 1;"
    "CREATE OR REPLACE VIEW parts AS SELECT bundle, item, units, known_at FROM parts_rows "
    "QUALIFY row_number() OVER (PARTITION BY bundle, item ORDER BY file DESC, line DESC) "
    "= 1;"
    "CREATE OR REPLACE VIEW channels AS SELECT channel, time_zone, currency, locations, "
    "extras, known_at FROM channels_rows QUALIFY row_number() OVER (PARTITION BY channel "
    "ORDER BY file DESC, line DESC) = 1;"
    "CREATE OR REPLACE VIEW promotions AS SELECT id, scope, channel, \"from\", \"to\", kind, "
    "depth, budget, known_at FROM promotions_rows QUALIFY row_number() OVER (PARTITION BY "
    "id, scope, channel, \"from\" ORDER BY file DESC, line DESC) = 1;"
    "CREATE OR REPLACE VIEW supply AS SELECT * EXCLUDE (file, line) FROM supply_rows "
    "QUALIFY row_number() OVER (PARTITION BY item, location, eta ORDER BY file DESC, line "
    "DESC) = 1;"
    "CREATE OR REPLACE VIEW events AS SELECT \"user\", item, channel, ts, kind, query FROM events_rows;"
    "CREATE OR REPLACE VIEW calendar AS SELECT ds, name, channel, kind, known_at FROM "
    "calendar_rows QUALIFY row_number() OVER (PARTITION BY ds, name, channel ORDER BY "
    "file DESC, line DESC) = 1;"
    "CREATE OR REPLACE VIEW future AS SELECT * EXCLUDE (file, line) FROM future_rows "
    "QUALIFY row_number() OVER (PARTITION BY item, channel, ds ORDER BY file DESC, line "
    "DESC) = 1;"
    "CREATE OR REPLACE VIEW orders AS SELECT r.* EXCLUDE (file, corrects) FROM orders_rows r LEFT JOIN"
    " (SELECT \"order\", line, max(file) AS last FROM orders_rows WHERE corrects GROUP BY ALL) c"
    " ON c.\"order\" = r.\"order\" AND c.line = r.line WHERE c.last IS NULL OR r.file >= c.last;"

    /* A return whose order has a sale of the same item counts in the hour of that sale; another one
     * counts apart, as `returned` in its own. The shop's day is cut in the channel's zone. */
    "CREATE OR REPLACE VIEW order_lines AS"
    " SELECT o.*, timezone(coalesce(c.time_zone, (SELECT value FROM workspace WHERE key ="
    " 'time_zone'), 'UTC'), o.ts) AS local_ts FROM orders o LEFT JOIN channels c USING (channel);"
    "CREATE OR REPLACE VIEW order_hours AS"
    " WITH back AS (SELECT *, ltrim(\"order\", 'cC') AS number FROM order_lines WHERE kind <> 'sale'),"
    " sold AS (SELECT ltrim(\"order\", 'cC') AS number, item, channel, min(local_ts) AS sold_ts"
    "  FROM order_lines WHERE kind = 'sale' AND ltrim(\"order\", 'cC') IN (SELECT number FROM back)"
    "  GROUP BY ALL),"
    " netted AS (SELECT item, channel, local_ts AS day_ts, units, unit_price, list_price,"
    "  true AS known, true AS sale FROM order_lines WHERE kind = 'sale'"
    "  UNION ALL SELECT b.item, b.channel, coalesce(s.sold_ts, b.local_ts), b.units, NULL, NULL,"
    "  s.sold_ts IS NOT NULL, false FROM back b LEFT JOIN sold s ON s.number = b.number"
    "  AND s.item = b.item AND s.channel = b.channel)"
    " SELECT item, channel, date_trunc('hour', day_ts) AS ds,"
    " coalesce(sum(units) FILTER (known), 0) AS units,"
    " sum(unit_price * units) FILTER (sale) / sum(units) FILTER (sale AND unit_price IS NOT NULL)"
    "  AS price, max(list_price) AS list_price,"
    " coalesce(-sum(units) FILTER (NOT known), 0) AS returned FROM netted GROUP BY ALL;"
    "CREATE OR REPLACE VIEW sales AS SELECT s.item, s.channel, r.* EXCLUDE (series, file, corrects)"
    " FROM sales_rows r JOIN series s USING (series) LEFT JOIN (SELECT series, ds, max(file) AS last"
    " FROM sales_rows WHERE corrects GROUP BY ALL) c ON c.series = r.series AND c.ds = r.ds"
    " WHERE c.last IS NULL OR r.file >= c.last;";
/* clang-format on */

const char *skuai_schema_tables(void) {
    return tables;
}

const char *skuai_schema_views(void) {
    return views;
}
