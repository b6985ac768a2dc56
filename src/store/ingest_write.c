#include "store/ingest_write.h"

#include <stdio.h>
#include <string.h>

bool skuai_write_has(const skuai_write *write, const char *column) {
    for (size_t k = 0; k < write->n_outputs; k++)
        if (strcmp(write->outputs[k].name, column) == 0) return true;
    return false;
}

skua_status skuai_write_run(skuai_write *write, skuai_buffer *sql, int64_t *changed,
                            skua_error *err) {
    skuai_value file = skuai_value_integer(write->file);
    skua_status status = skuai_buffer_check(sql, err);
    bool numbered = status == SKUA_OK && strstr(sql->data, "$1") != NULL;
    if (status == SKUA_OK)
        status = skuai_store_run(write->store, sql->data, &file, numbered, changed, err);
    skuai_buffer_reset(sql);
    return status;
}

void skuai_write_known(const skuai_write *write, skuai_buffer *sql, const char *otherwise) {
    if (write->known_at && strcmp(write->known_at, "period") == 0) {
        (void)skuai_buffer_text(sql, "NULL::TIMESTAMP");
    } else if (write->known_at) {
        (void)skuai_buffer_text(sql, "TIMESTAMP ");
        skuai_sql_text(sql, write->known_at);
    } else if (skuai_write_has(write, "known_at")) {
        (void)skuai_buffer_format(sql, "coalesce(s.known_at, %s)", otherwise);
    } else {
        (void)skuai_buffer_text(sql, otherwise);
    }
}

skua_status skuai_write_columns_of(skuai_store *store, const char *table, skuai_table **columns,
                                   skua_error *err) {
    char sql[96]; /* duckdb_columns() would list those of every view and system table too */
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s LIMIT 0", table);
    return skuai_store_query(store, sql, NULL, 0, columns, err);
}

skua_status skuai_write_columns(skuai_write *write, const char *table, skua_error *err) {
    bool any = false;
    skuai_table *there = NULL;
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 20);
    skua_status status = SKUA_OK;
    for (size_t k = 0; k < write->plan->n_columns; k++) {
        const skuai_plan_column *column = &write->plan->columns[k];
        if (column->how != SKUAI_HOW_EXTRA) continue;
        if (!there) SKUA_TRY_OUT(skuai_write_columns_of(write->store, table, &there, err));
        if (skuai_table_find(there, column->name) != SIZE_MAX) continue;
        (void)skuai_buffer_format(&sql, "ALTER TABLE %s ADD COLUMN ", table);
        skuai_sql_identifier(&sql, column->name);
        (void)skuai_buffer_text(&sql, " DOUBLE");
        SKUA_TRY_OUT(skuai_write_run(write, &sql, NULL, err));
        any = true;
    }
    if (any) status = skuai_store_execute(write->store, skuai_schema_views(), err);
out:
    skuai_table_free(there);
    skuai_buffer_clear(&sql);
    return status;
}

/* -- Tables with a key: the latest row counts
 * ------------------------------------------------------ */

/* Names of the columns of T_rows, without those that every table has. */
static bool own_column(const char *name) {
    return strcmp(name, "known_at") != 0 && strcmp(name, "file") != 0 && strcmp(name, "line") != 0;
}

static bool key_column(const skuai_table_roles *table, const char *name) {
    for (size_t i = 0; i < table->n_roles; i++)
        if (strcmp(table->roles[i].name, name) == 0) return table->roles[i].key;
    return false;
}

static void add_key_list(skuai_buffer *sql, const skuai_write *write, const char *before,
                         const char *between) {
    bool first = true;
    for (size_t i = 0; i < write->plan->table->n_roles; i++) {
        const skuai_role *role = &write->plan->table->roles[i];
        if (!role->key || !skuai_write_has(write, role->name)) continue;
        (void)skuai_buffer_text(sql, first ? "" : between);
        (void)skuai_buffer_text(sql, before);
        skuai_sql_identifier(sql, role->name);
        first = false;
    }
}

/* ON s.key = c.key for every key, those that the file lacks being NULL. */
static void add_join(skuai_buffer *sql, const skuai_write *write) {
    bool first = true;
    for (size_t i = 0; i < write->plan->table->n_roles; i++) {
        const skuai_role *role = &write->plan->table->roles[i];
        if (!role->key) continue;
        (void)skuai_buffer_text(sql, first ? " ON " : " AND ");
        first = false;
        (void)skuai_buffer_text(sql, "c.");
        skuai_sql_identifier(sql, role->name);
        if (skuai_write_has(write, role->name)) {
            (void)skuai_buffer_text(sql, " IS NOT DISTINCT FROM s.");
            skuai_sql_identifier(sql, role->name);
        } else {
            (void)skuai_buffer_text(sql, " IS NULL");
        }
    }
}

/* Insert what is new or changed from skuai_last; values that the file lacks stay as they were. */
static skua_status insert_keyed(skuai_write *write, const char *table, const skuai_table *there,
                                skuai_buffer *sql, skua_error *err) {
    const skuai_column *columns = there->columns;
    (void)skuai_buffer_format(sql, "INSERT INTO %s_rows BY NAME SELECT ", table);
    for (size_t k = 0; k < there->n_columns; k++) {
        if (!own_column(columns[k].name)) continue;
        (void)skuai_buffer_text(sql, skuai_write_has(write, columns[k].name) ? "s." : "c.");
        skuai_sql_identifier(sql, columns[k].name);
        (void)skuai_buffer_text(sql, ", ");
    }
    skuai_write_known(write, sql, "CASE WHEN c.present THEN now()::TIMESTAMP END");
    (void)skuai_buffer_format(
        sql,
        " AS known_at, $1::INTEGER AS file, s.line FROM skuai_last s LEFT JOIN "
        "(SELECT *, true AS present FROM %s) c",
        table);
    add_join(sql, write);
    (void)skuai_buffer_text(sql, " WHERE c.present IS NULL");
    for (size_t k = 0; k < there->n_columns; k++) {
        const char *name = columns[k].name;
        if (!own_column(name) || !skuai_write_has(write, name) ||
            key_column(write->plan->table, name))
            continue;
        (void)skuai_buffer_text(sql, " OR s.");
        skuai_sql_identifier(sql, name);
        (void)skuai_buffer_text(sql, " IS DISTINCT FROM c.");
        skuai_sql_identifier(sql, name);
    }
    return skuai_write_run(write, sql, &write->added, err);
}

skua_status skuai_write_keyed(skuai_write *write, skua_error *err) {
    const char *table = write->plan->table->name;
    char rows_name[64];
    skuai_table *columns = NULL;
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 20);
    skua_status status;
    (void)snprintf(rows_name, sizeof rows_name, "%s_rows", table);
    SKUA_TRY_OUT(skuai_write_columns(write, rows_name, err));
    if (strcmp(table, "events") == 0) { /* no key: a row that is there already is the same event */
        (void)skuai_buffer_text(
            &sql,
            "CREATE OR REPLACE TEMP TABLE skuai_last AS SELECT * REPLACE (CASE WHEN ts_utc THEN "
            "timezone('UTC', ts) ELSE timezone(coalesce((SELECT value FROM workspace WHERE "
            "key = 'time_zone'), 'UTC'), ts) END AS ts) FROM skuai_stage");
        SKUA_TRY_OUT(skuai_write_run(write, &sql, NULL, err));
        (void)skuai_buffer_text(&sql,
                                "DELETE FROM skuai_last s WHERE EXISTS (SELECT 1 FROM "
                                "events_rows e WHERE e.ts = s.ts AND e.\"user\" = s.\"user\"");
        static const char *const parts[] = {"item", "kind", "query"};
        for (size_t i = 0; i < 3; i++)
            if (skuai_write_has(write, parts[i]))
                (void)skuai_buffer_format(&sql, " AND e.%s IS NOT DISTINCT FROM s.%s", parts[i],
                                          parts[i]);
        (void)skuai_buffer_text(&sql, ")");
        SKUA_TRY_OUT(skuai_write_run(write, &sql, &write->unchanged, err));
        (void)skuai_buffer_text(&sql, "INSERT INTO events_rows BY NAME SELECT * EXCLUDE (ts_utc), "
                                      "$1::INTEGER AS file FROM skuai_last");
        SKUA_TRY_OUT(skuai_write_run(write, &sql, &write->added, err));
        goto out;
    }
    (void)skuai_buffer_text(&sql,
                            "CREATE OR REPLACE TEMP TABLE skuai_last AS SELECT * FROM skuai_stage"
                            " QUALIFY row_number() OVER (PARTITION BY ");
    add_key_list(&sql, write, "", ", ");
    (void)skuai_buffer_text(&sql, " ORDER BY line DESC) = 1");
    SKUA_TRY_OUT(skuai_write_run(write, &sql, NULL, err));
    double last = 0;
    SKUA_TRY_OUT(skuai_store_number(write->store, "SELECT count(*) FROM skuai_last", NULL, 0, &last,
                                    NULL, err));
    write->doubled = write->staged - (int64_t)last;
    SKUA_TRY_OUT(skuai_write_columns_of(write->store, rows_name, &columns, err));
    double before = 0;
    (void)skuai_buffer_format(&sql, "SELECT count(*) FROM skuai_last s JOIN %s c", table);
    add_join(&sql, write);
    SKUA_TRY_OUT(skuai_buffer_check(&sql, err));
    SKUA_TRY_OUT(skuai_store_number(write->store, sql.data, NULL, 0, &before, NULL, err));
    skuai_buffer_reset(&sql);
    SKUA_TRY_OUT(insert_keyed(write, table, columns, &sql, err));
    write->unchanged = (int64_t)last - write->added; /* of what was there before */
    write->corrected = (int64_t)before - write->unchanged;
    write->added -= write->corrected;
out:
    skuai_table_free(columns);
    skuai_buffer_clear(&sql);
    return status;
}

/* -- What a file says about items -----------------------------------------------------------------
 */

skua_status skuai_write_described(skuai_write *write, skua_error *err) {
    static const char *const names[] = {"title", "category", "brand", "image"};
    bool has[4], any = false;
    for (size_t i = 0; i < 4; i++)
        any |= has[i] = skuai_write_has(write, names[i]);
    if (!any) return SKUA_OK;
    const char *rows = write->series
                           ? "(SELECT s.*, n.item FROM skuai_stage s JOIN series n USING (series))"
                           : "skuai_stage";
    const char *day = write->series ? "ds" : "ts";
    skuai_buffer sql;
    skuai_buffer_init(&sql, 1 << 16);
    skua_status status = SKUA_OK;
    if (has[0]) {
        (void)skuai_buffer_format(
            &sql,
            "INSERT INTO item_names SELECT item, title, count(*), min(%s), "
            "max(%s), $1::INTEGER FROM %s WHERE title IS NOT NULL GROUP BY ALL",
            day, day, rows);
        SKUA_TRY_OUT(skuai_write_run(write, &sql, NULL, err));
    }
    (void)skuai_buffer_text(&sql, "CREATE OR REPLACE TEMP TABLE skuai_described AS SELECT item");
    for (size_t i = 0; i < 4; i++)
        if (has[i]) (void)skuai_buffer_format(&sql, ", mode(%s) AS %s", names[i], names[i]);
    (void)skuai_buffer_format(&sql, ", max(line) AS line FROM %s GROUP BY item", rows);
    SKUA_TRY_OUT(skuai_write_run(write, &sql, NULL, err));
    /* only what is not known yet: a file of items knows better */
    (void)skuai_buffer_text(&sql, "INSERT INTO items_rows BY NAME SELECT s.item");
    for (size_t i = 0; i < 4; i++)
        (void)skuai_buffer_format(&sql, has[i] ? ", coalesce(c.%s, s.%s) AS %s" : ", c.%s",
                                  names[i], names[i], names[i]);
    (void)skuai_buffer_text(&sql,
                            ", c.description, c.parent, c.replaces, c.pack, c.unit, c.launch_ds,"
                            " c.end_ds, c.cost, c.extras, c.known_at, $1::INTEGER AS file,"
                            " s.line FROM skuai_described s LEFT JOIN (SELECT *, true AS"
                            " present FROM items) c ON c.item = s.item WHERE c.present IS NULL");
    for (size_t i = 0; i < 4; i++)
        if (has[i])
            (void)skuai_buffer_format(&sql, " OR (c.%s IS NULL AND s.%s IS NOT NULL)", names[i],
                                      names[i]);
    SKUA_TRY_OUT(skuai_write_run(write, &sql, NULL, err));
out:
    skuai_buffer_clear(&sql);
    return status;
}
