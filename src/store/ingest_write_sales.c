#include "store/ingest_write.h"
#include "store/store_handle.h"

#include <stdio.h>
#include <string.h>

/* A column of sales_rows that a value of the file goes to. */
static bool is_value(const skuai_output *output) {
    if (output->kind == SKUAI_OUTPUT_SERIES || output->kind == SKUAI_OUTPUT_LINE ||
        output->kind == SKUAI_OUTPUT_TEXT)
        return false;
    return strcmp(output->name, "ds") != 0 && strcmp(output->name, "known_at") != 0;
}

static void add_values(const skuai_write *write, skuai_buffer *sql, const char *before) {
    for (size_t k = 0; k < write->n_outputs; k++) {
        if (!is_value(&write->outputs[k])) continue;
        (void)skuai_buffer_format(sql, ", %s", before);
        skuai_sql_identifier(sql, write->outputs[k].name);
    }
}

static skua_status append_series(skuai_write *write, skua_error *err) {
    skuai_series *series = write->series;
    size_t n = series->n - series->n_known;
    if (!n) return SKUA_OK;
    int64_t *numbers = skuai_new(n, sizeof *numbers);
    if (!numbers) return skuai_error_memory(err, "new series");
    for (size_t i = 0; i < n; i++)
        numbers[i] = (int64_t)(series->n_known + i);
    skuai_column columns[] = {
        {.name = "series", .type = SKUAI_COLUMN_INTEGER, .integers = numbers},
        {.name = "item", .type = SKUAI_COLUMN_TEXT, .texts = series->items + series->n_known},
        {.name = "channel",
         .type = SKUAI_COLUMN_TEXT,
         .texts = series->channels + series->n_known}};
    skua_status status = skuai_store_append(write->store, "series", columns, 3, n, err);
    skuai_free(numbers);
    return status;
}

/* Several rows of one key: a finding each, and one row stays. */
static skua_status settle_duplicates(skuai_write *write, skuai_buffer *sql, skua_error *err) {
    static const char *const says[] = {"the last one counts", "the first one counts",
                                       "their units add up"};
    bool first = write->duplicates == SKUAI_DUPLICATES_FIRST;
    bool sum = write->duplicates == SKUAI_DUPLICATES_SUM, priced = skuai_write_has(write, "price");
    (void)skuai_buffer_format(
        sql,
        "CREATE OR REPLACE TEMP TABLE skuai_twice AS SELECT series, ds, count(*) AS n, %s(line) AS "
        "keep, list(line ORDER BY line) AS lines, list(units ORDER BY line) AS all_units, "
        "sum(units) AS "
        "total%s FROM skuai_stage GROUP BY series, ds HAVING count(*) > 1",
        first ? "min" : "max", priced ? ", sum(units * price) / sum(units) AS mean_price" : "");
    SKUA_TRY(skuai_write_run(write, sql, NULL, err));
    double n = 0;
    SKUA_TRY(skuai_store_number(write->store, "SELECT coalesce(sum(n - 1), 0) FROM skuai_twice",
                                NULL, 0, &n, NULL, err));
    write->doubled = (int64_t)n;
    if (write->doubled == 0) return SKUA_OK;
    if (sum) {
        (void)skuai_buffer_format(sql,
                                  "UPDATE skuai_stage s SET units = t.total%s FROM skuai_twice t "
                                  "WHERE s.series = t.series AND s.ds = t.ds AND s.line = t.keep",
                                  priced ? ", price = coalesce(t.mean_price, s.price)" : "");
        SKUA_TRY(skuai_write_run(write, sql, NULL, err));
    }
    (void)skuai_buffer_text(sql, "DELETE FROM skuai_stage s USING skuai_twice t WHERE s.series = "
                                 "t.series AND s.ds = t.ds AND s.line <> t.keep");
    SKUA_TRY(skuai_write_run(write, sql, NULL, err));
    (void)skuai_buffer_text(sql,
                            "INSERT INTO findings(\"table\", \"row\", kind, \"before\", \"after\", "
                            "why, item, channel, ds, action, found_at) SELECT 'sales', ");
    skuai_sql_text(sql, write->path);
    (void)skuai_buffer_format(
        sql,
        " || ':' || array_to_string(lines, ','), 'duplicate', array_to_string(all_units, ', '), "
        "s.units::VARCHAR, n || ' rows of one item, channel and period in one file; %s', g.item, "
        "g.channel, t.ds, 'applied', now()::TIMESTAMP FROM skuai_twice t JOIN skuai_stage s ON "
        "s.series "
        "= t.series AND s.ds = t.ds JOIN series g ON g.series = t.series",
        says[write->duplicates]);
    return skuai_write_run(write, sql, NULL, err);
}

/* Nothing that is there can be touched: the table is empty, every row lies behind all of it, or
 * every row is of a series that is new. */
static skua_status all_new(skuai_write *write, bool *yes, skua_error *err) {
    skuai_sales_seen *seen = write->seen;
    if (!seen->asked) {
        skuai_table *table;
        SKUA_TRY(skuai_store_query(
            write->store,
            "SELECT epoch_us(max(ds)), count(*) FILTER (WHERE corrects) FROM sales_rows", NULL, 0,
            &table, err));
        const skuai_column *c = table->columns;
        *seen = (skuai_sales_seen){.asked = true,
                                   .last = c[0].valid[0] ? c[0].integers[0] : INT64_MIN,
                                   .corrections = c[1].integers[0]};
        skuai_table_free(table);
    }
    *yes = write->counts.least > seen->last || write->counts.met == 0;
    return SKUA_OK;
}

/* All rows of the stage, as they are. */
static skua_status insert_plain(skuai_write *write, skuai_buffer *sql, skua_error *err) {
    (void)skuai_buffer_text(sql, "INSERT INTO sales_rows (series, ds");
    add_values(write, sql, "");
    (void)skuai_buffer_text(sql, ", known_at, file, corrects) SELECT s.series, s.ds");
    add_values(write, sql, "s.");
    (void)skuai_buffer_text(sql, ", ");
    skuai_write_known(write, sql, "NULL");
    (void)skuai_buffer_text(sql, ", $1::INTEGER, false FROM skuai_stage s");
    return skuai_write_run(write, sql, &write->added, err);
}

/* hash(values) of a row, to tell an unchanged one without carrying its values through the join. */
static void add_hash(const skuai_write *write, skuai_buffer *sql, const char *before) {
    (void)skuai_buffer_text(sql, "hash(0");
    add_values(write, sql, before);
    (void)skuai_buffer_text(sql, ")");
}

static bool own_column(const char *name) {
    static const char *const own[] = {"series", "ds", "known_at", "file", "corrects"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i], name) == 0) return true;
    return false;
}

/* Columns that the file lacks, with how many rows of the store hold something there. A row. */
static skua_status carried_columns(skuai_write *write, skuai_table **counts, skua_error *err) {
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 20);
    skuai_table *there;
    SKUA_TRY(skuai_write_columns_of(write->store, "sales_rows", &there, err));
    (void)skuai_buffer_text(&sql, "SELECT ");
    for (size_t k = 0; k < there->n_columns; k++) {
        const char *name = there->columns[k].name;
        if (own_column(name) || skuai_write_has(write, name)) continue;
        (void)skuai_buffer_text(&sql, "count(");
        skuai_sql_identifier(&sql, name);
        (void)skuai_buffer_text(&sql, ") AS ");
        skuai_sql_identifier(&sql, name);
        (void)skuai_buffer_text(&sql, ", ");
    }
    (void)skuai_buffer_text(&sql, "0 FROM sales_rows"); /* and there may be none */
    skuai_table_free(there);
    skua_status status = skuai_buffer_check(&sql, err);
    if (status == SKUA_OK) status = skuai_store_query(write->store, sql.data, NULL, 0, counts, err);
    skuai_buffer_clear(&sql);
    return status;
}

static void add_carried(const skuai_table *carried, skuai_buffer *sql, const char *before) {
    for (size_t k = 0; k + 1 < carried->n_columns; k++) { /* the last one is the 0 */
        if (carried->columns[k].integers[0] == 0) continue;
        (void)skuai_buffer_format(sql, ", %s", before);
        skuai_sql_identifier(sql, carried->columns[k].name);
    }
}

/* Among rows that are there: new ones, corrections, and what has not changed (left out). */
static skua_status insert_merged(skuai_write *write, const skuai_table *carried, bool corrections,
                                 skuai_buffer *sql, skua_error *err) {
    (void)skuai_buffer_text(sql, "INSERT INTO sales_rows (series, ds");
    add_values(write, sql, "");
    add_carried(carried, sql, "");
    (void)skuai_buffer_text(sql, ", known_at, file, corrects) SELECT s.series, s.ds");
    add_values(write, sql, "s.");
    add_carried(carried, sql, "c.");
    (void)skuai_buffer_text(sql, ", ");
    skuai_write_known(write, sql,
                      "CASE WHEN c.file IS NOT NULL OR s.ds <= f.last THEN now()::TIMESTAMP END");
    (void)skuai_buffer_text(sql, ", $1::INTEGER, c.file IS NOT NULL FROM skuai_stage s LEFT JOIN "
                                 "(SELECT p.series, p.ds, p.file, ");
    add_hash(write, sql, "p.");
    (void)skuai_buffer_text(sql, " AS h");
    add_carried(carried, sql, "p.");
    (void)skuai_buffer_format(sql,
                              " FROM sales_rows p %s p.ds BETWEEN make_timestamp(%lld) AND "
                              "make_timestamp(%lld)",
                              corrections
                                  ? "LEFT JOIN (SELECT series, ds, max(file) AS last FROM "
                                    "sales_rows WHERE corrects GROUP BY ALL) d ON d.series = "
                                    "p.series AND d.ds = p.ds WHERE (d.last IS NULL OR p.file "
                                    ">= d.last) AND"
                                  : "WHERE",
                              (long long)write->counts.least, (long long)write->counts.most);
    (void)skuai_buffer_format(
        sql,
        ") c ON c.series = s.series AND c.ds = s.ds LEFT JOIN (SELECT series, "
        "max(ds) AS last FROM sales_rows WHERE file < %lld GROUP BY series) f ON "
        "f.series = s.series WHERE c.file IS NULL OR c.h <> ",
        (long long)write->first_file);
    add_hash(write, sql, "s.");
    return skuai_write_run(write, sql, &write->added, err);
}

static skua_status merge(skuai_write *write, skuai_buffer *sql, skua_error *err) {
    static const char sort[] =
        "SELECT count(*) FILTER (WHERE corrects), count(*) FILTER (WHERE NOT "
        "corrects AND known_at IS NOT NULL) FROM sales_rows WHERE file = $1";
    skuai_table *table;
    skuai_value file = skuai_value_integer(write->file);
    SKUA_TRY(carried_columns(write, &table, err));
    skua_status status = insert_merged(write, table, write->seen->corrections > 0, sql, err);
    skuai_table_free(table);
    SKUA_TRY(status);
    skuai_store_keep(write->store, sort);
    SKUA_TRY(skuai_store_query(write->store, sort, &file, 1, &table, err));
    write->corrected = table->columns[0].integers[0];
    int64_t late = table->columns[1].integers[0];
    skuai_table_free(table);
    write->unchanged = write->staged - write->doubled - write->added;
    write->added -= write->corrected;
    write->late = write->known_at || skuai_write_has(write, "known_at") ? 0 : late;
    return SKUA_OK;
}

skua_status skuai_write_sales(skuai_write *write, skua_error *err) {
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 20);
    skua_status status;
    bool plain = false;
    SKUA_TRY_OUT(skuai_write_columns(write, "sales_rows", err));
    SKUA_TRY_OUT(append_series(write, err));
    if (write->counts.duplicates > 0 || !write->counts.exact)
        SKUA_TRY_OUT(settle_duplicates(write, &sql, err));
    SKUA_TRY_OUT(all_new(write, &plain, err));
    if (plain)
        SKUA_TRY_OUT(insert_plain(write, &sql, err));
    else
        SKUA_TRY_OUT(merge(write, &sql, err));
    write->seen->corrections += write->corrected;
    if (write->counts.most > write->seen->last) write->seen->last = write->counts.most;
    SKUA_TRY_OUT(skuai_write_described(write, err));
out:
    skuai_buffer_clear(&sql);
    return status;
}
