#include "store/store_handle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -- Errors
 * ----------------------------------------------------------------------------------------- */

skua_status skuai_store_message_fail(const char *message, duckdb_error_type type, skua_error *err) {
    skua_status code = SKUA_EDATABASE;
    const char *pid = strstr(message, "Conflicting lock is held in ");
    if (pid) {
        pid += strlen("Conflicting lock is held in ");
        size_t n = strcspn(pid, "\n");
        const char *end = strstr(pid, ". See also");
        if (end && (size_t)(end - pid) < n) n = (size_t)(end - pid);
        return skuai_error_set(err, SKUA_EBUSY, "shop.duckdb is in use by %.*s", (int)n, pid);
    }
    if (strstr(message, "No space left") || strstr(message, "out of disk"))
        return skuai_error_set(err, SKUA_EIO, "the disk is full: %.300s", message);
    if (type == DUCKDB_ERROR_OUT_OF_MEMORY) code = SKUA_ENOMEM;
    if (type == DUCKDB_ERROR_INTERRUPT) code = SKUA_ECANCEL;
    if (type == DUCKDB_ERROR_IO) code = SKUA_EIO;
    if (strstr(message, "not a valid DuckDB database file") ||
        strstr(message, "Serialization Error") || strstr(message, "corrupt"))
        code = SKUA_EDATABASE;
    size_t n = strcspn(message, "\n");
    return skuai_error_set(err, code, "%.*s", (int)(n < 400 ? n : 400), message);
}

skua_status skuai_store_result_fail(duckdb_result *result, skua_error *err) {
    const char *message = duckdb_result_error(result);
    skua_status status = skuai_store_message_fail(message ? message : "DuckDB gave no reason",
                                                  duckdb_result_error_type(result), err);
    duckdb_destroy_result(result);
    return status;
}

/* -- Statements
 * ------------------------------------------------------------------------------------- */

skua_status skuai_store_execute(skuai_store *store, const char *sql, skua_error *err) {
    duckdb_result result;
    if (duckdb_query(store->connection, sql, &result) != DuckDBSuccess)
        return skuai_store_result_fail(&result, err);
    duckdb_destroy_result(&result);
    return SKUA_OK;
}

static bool bind_value(duckdb_prepared_statement statement, idx_t at, const skuai_value *value) {
    duckdb_state state = DuckDBError;
    switch (value->kind) {
    case SKUAI_VALUE_NULL:
        state = duckdb_bind_null(statement, at);
        break;
    case SKUAI_VALUE_INTEGER:
        state = duckdb_bind_int64(statement, at, value->integer);
        break;
    case SKUAI_VALUE_DOUBLE:
        state = duckdb_bind_double(statement, at, value->number);
        break;
    case SKUAI_VALUE_TEXT:
        state = duckdb_bind_varchar(statement, at, value->text);
        break;
    }
    return state == DuckDBSuccess;
}

void skuai_store_keep(skuai_store *store, const char *sql) {
    for (size_t i = 0; i < store->n_kept; i++)
        if (store->kept[i].sql == sql) return;
    if (store->n_kept < SKUAI_KEPT_MOST) store->kept[store->n_kept++].sql = sql;
}

void skuai_store_kept_clear(skuai_store *store) {
    for (size_t i = 0; i < store->n_kept; i++)
        duckdb_destroy_prepare(&store->kept[i].statement);
    store->n_kept = 0;
}

/* Where the statement is kept, or NULL. */
static duckdb_prepared_statement *find_kept(skuai_store *store, const char *sql) {
    for (size_t i = 0; i < store->n_kept; i++)
        if (store->kept[i].sql == sql) return &store->kept[i].statement;
    return NULL;
}

skua_status skuai_store_result(skuai_store *store, const char *sql, const skuai_value *values,
                               size_t n_values, bool streaming, duckdb_result *result,
                               skua_error *err) {
    duckdb_prepared_statement *kept = find_kept(store, sql), statement = kept ? *kept : NULL;
    skua_status status = SKUA_OK;
    if (!statement && duckdb_prepare(store->connection, sql, &statement) != DuckDBSuccess) {
        const char *message = duckdb_prepare_error(statement);
        status = skuai_store_message_fail(message ? message : "DuckDB cannot read the statement",
                                          DUCKDB_ERROR_PARSER, err);
        goto out;
    }
    for (size_t i = 0; i < n_values; i++)
        if (!bind_value(statement, (idx_t)i + 1, &values[i])) {
            status =
                skuai_error_set(err, SKUA_EINVAL, "parameter %zu does not fit: %.200s", i + 1, sql);
            goto out;
        }
    duckdb_state state = DuckDBError;
    if (streaming) {
        duckdb_pending_result pending = NULL;
        state = duckdb_pending_prepared_streaming(statement, &pending);
        if (state == DuckDBSuccess) {
            state = duckdb_execute_pending(pending, result);
        } else {
            const char *message = duckdb_pending_error(pending);
            status = skuai_store_message_fail(message ? message : "DuckDB gave no reason",
                                              DUCKDB_ERROR_EXECUTOR, err);
        }
        duckdb_destroy_pending(&pending);
        if (status != SKUA_OK) goto out;
    } else {
        state = duckdb_execute_prepared(statement, result);
    }
    if (state != DuckDBSuccess) status = skuai_store_result_fail(result, err);
out:
    if (kept && status == SKUA_OK) {
        *kept = statement;
    } else {
        duckdb_destroy_prepare(&statement);
        if (kept) *kept = NULL; /* what failed is prepared anew */
    }
    return status;
}

skua_status skuai_store_run(skuai_store *store, const char *sql, const skuai_value *values,
                            size_t n_values, int64_t *changed, skua_error *err) {
    duckdb_result result;
    SKUA_TRY(skuai_store_result(store, sql, values, n_values, false, &result, err));
    if (changed) *changed = (int64_t)duckdb_rows_changed(&result);
    duckdb_destroy_result(&result);
    return SKUA_OK;
}

/* -- Reading vectors
 * -------------------------------------------------------------------------------- */

/* Texts lie close together in blocks of their own: the arena aligns every taking to 64 bytes. */
typedef struct text_space {
    skuai_arena *arena;
    char *next;
    size_t left;
} text_space;

static char *text_take(text_space *space, const char *text, size_t n) {
    if (n + 1 > space->left) {
        size_t block = n + 1 > 32768 ? n + 1 : 32768;
        space->next = skuai_arena_take(space->arena, block, 1);
        if (!space->next) return NULL;
        space->left = block;
    }
    char *copy = space->next;
    memcpy(copy, text, n);
    copy[n] = '\0';
    space->next += n + 1;
    space->left -= n + 1;
    return copy;
}

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && a < 0);
}

static double decimal_value(duckdb_logical_type type, const void *data, idx_t i) {
    static const double power[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                   1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};
    double value = 0;
    switch (duckdb_decimal_internal_type(type)) {
    case DUCKDB_TYPE_SMALLINT:
        value = ((const int16_t *)data)[i];
        break;
    case DUCKDB_TYPE_INTEGER:
        value = ((const int32_t *)data)[i];
        break;
    case DUCKDB_TYPE_BIGINT:
        value = (double)((const int64_t *)data)[i];
        break;
    default:
        value = duckdb_hugeint_to_double(((const duckdb_hugeint *)data)[i]);
        break;
    }
    uint8_t scale = duckdb_decimal_scale(type);
    return scale < 20 ? value / power[scale] : value / pow(10, scale);
}

static bool column_type(duckdb_type type, skuai_column_type *column) {
    switch (type) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
        *column = SKUAI_COLUMN_INTEGER;
        return true;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_DECIMAL:
        *column = SKUAI_COLUMN_DOUBLE;
        return true;
    case DUCKDB_TYPE_VARCHAR:
        *column = SKUAI_COLUMN_TEXT;
        return true;
    case DUCKDB_TYPE_BOOLEAN:
        *column = SKUAI_COLUMN_BOOL;
        return true;
    case DUCKDB_TYPE_DATE:
        *column = SKUAI_COLUMN_DATE;
        return true;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
        *column = SKUAI_COLUMN_TIMESTAMP;
        return true;
    default:
        return false;
    }
}

static int64_t integer_value(duckdb_type type, const void *data, idx_t i) {
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        return ((const bool *)data)[i];
    case DUCKDB_TYPE_TINYINT:
        return ((const int8_t *)data)[i];
    case DUCKDB_TYPE_SMALLINT:
        return ((const int16_t *)data)[i];
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
        return ((const int32_t *)data)[i];
    case DUCKDB_TYPE_UTINYINT:
        return ((const uint8_t *)data)[i];
    case DUCKDB_TYPE_USMALLINT:
        return ((const uint16_t *)data)[i];
    case DUCKDB_TYPE_UINTEGER:
        return ((const uint32_t *)data)[i];
    case DUCKDB_TYPE_TIMESTAMP_MS:
        return floor_divide(((const int64_t *)data)[i], 1000);
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return floor_divide(((const int64_t *)data)[i], 1000000);
    case DUCKDB_TYPE_TIMESTAMP_NS:
        return floor_divide(((const int64_t *)data)[i], 1000000000);
    default: /* BIGINT, UBIGINT, TIMESTAMP_S */
        return ((const int64_t *)data)[i];
    }
}

/* Where a column's rows go: arrays of the whole result, or of one chunk. */
typedef struct column_space {
    unsigned char *valid;
    int64_t *integers;
    double *doubles;
    const char **texts;
} column_space;

static bool space_take(skuai_arena *arena, skuai_column *column, column_space *space, size_t n) {
    *space = (column_space){.valid = skuai_arena_take(arena, n, 1)};
    column->valid = space->valid;
    void *data = skuai_arena_take(arena, n, 8);
    if (!space->valid || !data) return false;
    if (column->type == SKUAI_COLUMN_TEXT)
        column->texts = space->texts = data;
    else if (column->type == SKUAI_COLUMN_DOUBLE)
        column->doubles = space->doubles = data;
    else
        column->integers = space->integers = data;
    return true;
}

static bool read_vector(duckdb_vector vector, const column_space *space, size_t at, idx_t n,
                        text_space *texts) {
    duckdb_logical_type logical = duckdb_vector_get_column_type(vector);
    duckdb_type type = duckdb_get_type_id(logical);
    const void *data = duckdb_vector_get_data(vector);
    uint64_t *mask = duckdb_vector_get_validity(vector);
    bool good = true;
    for (idx_t i = 0; i < n && good; i++) {
        bool valid = !mask || duckdb_validity_row_is_valid(mask, i);
        space->valid[at + i] = valid;
        if (space->integers) {
            space->integers[at + i] = valid ? integer_value(type, data, i) : 0;
        } else if (space->doubles) {
            space->doubles[at + i] =
                !valid                       ? (double)NAN
                : type == DUCKDB_TYPE_DOUBLE ? ((const double *)data)[i]
                : type == DUCKDB_TYPE_FLOAT  ? (double)((const float *)data)[i]
                : type == DUCKDB_TYPE_HUGEINT
                    ? duckdb_hugeint_to_double(((const duckdb_hugeint *)data)[i])
                    : decimal_value(logical, data, i);
        } else {
            space->texts[at + i] = NULL;
            if (!valid) continue;
            duckdb_string_t *text = &((duckdb_string_t *)data)[i];
            space->texts[at + i] =
                text_take(texts, duckdb_string_t_data(text), duckdb_string_t_length(*text));
            good = space->texts[at + i] != NULL;
        }
    }
    duckdb_destroy_logical_type(&logical);
    return good;
}

/* Columns (names and types) of a result in an arena. */
static skua_status describe(skuai_arena *arena, duckdb_result *result, skuai_column **columns,
                            size_t *n_columns, skua_error *err) {
    *n_columns = (size_t)duckdb_column_count(result);
    *columns = skuai_arena_take_zero(arena, *n_columns, sizeof **columns);
    if (!*columns) return skuai_error_memory(err, "a query's result");
    for (size_t k = 0; k < *n_columns; k++) {
        const char *name = duckdb_column_name(result, (idx_t)k);
        (*columns)[k].name = skuai_arena_text(arena, name, strlen(name));
        if (!(*columns)[k].name) return skuai_error_memory(err, "a query's result");
        if (!column_type(duckdb_column_type(result, (idx_t)k), &(*columns)[k].type))
            return skuai_error_set(err, SKUA_EINVAL,
                                   "column %s of a query has a type that is not read: cast it",
                                   name);
    }
    return SKUA_OK;
}

/* -- Whole results
 * ----------------------------------------------------------------------------------- */

static skua_status read_result(duckdb_result *result, skuai_table **table, skua_error *err) {
    skuai_arena *arena = skuai_arena_new(0);
    skuai_table *made = arena ? skuai_arena_take_zero(arena, 1, sizeof *made) : NULL;
    skuai_column *columns = NULL;
    skua_status status = SKUA_OK;
    if (!made) {
        status = skuai_error_memory(err, "a query's result");
        goto out;
    }
    made->arena = arena;
    SKUA_TRY_OUT(describe(arena, result, &columns, &made->n_columns, err));
    made->columns = columns;
    made->n_rows = (size_t)duckdb_row_count(result);
    column_space *space = skuai_arena_take_zero(arena, made->n_columns, sizeof *space);
    text_space texts = {.arena = arena};
    bool good = space != NULL;
    for (size_t k = 0; good && k < made->n_columns; k++)
        good = space_take(arena, &columns[k], &space[k], made->n_rows);
    size_t at = 0;
    for (duckdb_data_chunk chunk; good && (chunk = duckdb_fetch_chunk(*result));) {
        idx_t n = duckdb_data_chunk_get_size(chunk);
        for (size_t k = 0; good && k < made->n_columns; k++)
            good = read_vector(duckdb_data_chunk_get_vector(chunk, (idx_t)k), &space[k], at, n,
                               &texts);
        at += (size_t)n;
        duckdb_destroy_data_chunk(&chunk);
    }
    if (!good) status = skuai_error_memory(err, "a query's result");
out:
    if (status == SKUA_OK)
        *table = made;
    else
        skuai_arena_free(arena);
    return status;
}

skua_status skuai_store_query(skuai_store *store, const char *sql, const skuai_value *values,
                              size_t n_values, skuai_table **table, skua_error *err) {
    duckdb_result result;
    SKUA_TRY(skuai_store_result(store, sql, values, n_values, false, &result, err));
    skua_status status = read_result(&result, table, err);
    duckdb_destroy_result(&result);
    return status;
}

skua_status skuai_store_number(skuai_store *store, const char *sql, const skuai_value *values,
                               size_t n_values, double *number, bool *is_null, skua_error *err) {
    skuai_table *table;
    SKUA_TRY(skuai_store_query(store, sql, values, n_values, &table, err));
    skua_status status = SKUA_OK;
    if (table->n_rows != 1 || table->n_columns < 1 || table->columns[0].texts) {
        status = skuai_error_set(err, SKUA_EINVAL, "not one number: %.200s", sql);
    } else {
        const skuai_column *column = &table->columns[0];
        bool null = !column->valid[0];
        if (is_null) *is_null = null;
        *number = null ? 0 : column->doubles ? column->doubles[0] : (double)column->integers[0];
    }
    skuai_table_free(table);
    return status;
}

void skuai_table_free(skuai_table *table) {
    if (table) skuai_arena_free(table->arena);
}

size_t skuai_table_find(const skuai_table *table, const char *name) {
    for (size_t k = 0; k < table->n_columns; k++)
        if (strcmp(table->columns[k].name, name) == 0) return k;
    return SIZE_MAX;
}

/* -- Chunk by chunk
 * ---------------------------------------------------------------------------------- */

static skua_status scan_chunks(duckdb_result *result, skuai_arena *arena,
                               skuai_store_chunk callback, void *user, skua_error *err) {
    skuai_table table = {0};
    skuai_column *columns;
    SKUA_TRY(describe(arena, result, &columns, &table.n_columns, err));
    table.columns = columns;
    column_space *space = skuai_arena_take_zero(arena, table.n_columns, sizeof *space);
    if (!space) return skuai_error_memory(err, "a query's result");
    idx_t capacity = duckdb_vector_size();
    for (size_t k = 0; k < table.n_columns; k++)
        if (!space_take(arena, &columns[k], &space[k], (size_t)capacity))
            return skuai_error_memory(err, "a query's result");
    skuai_arena_mark mark = skuai_arena_mark_get(arena);
    skua_status status = SKUA_OK;
    for (duckdb_data_chunk chunk; status == SKUA_OK && (chunk = duckdb_fetch_chunk(*result));) {
        text_space texts = {.arena = arena};
        idx_t n = duckdb_data_chunk_get_size(chunk);
        bool good = n <= capacity;
        for (size_t k = 0; good && k < table.n_columns; k++)
            good =
                read_vector(duckdb_data_chunk_get_vector(chunk, (idx_t)k), &space[k], 0, n, &texts);
        table.n_rows = (size_t)n;
        status = good ? callback(user, &table, err) : skuai_error_memory(err, "a query's result");
        skuai_arena_reset(arena, mark);
        duckdb_destroy_data_chunk(&chunk);
    }
    if (status == SKUA_OK && duckdb_result_error(result) && *duckdb_result_error(result))
        status = skuai_store_message_fail(duckdb_result_error(result),
                                          duckdb_result_error_type(result), err);
    return status;
}

skua_status skuai_store_scan(skuai_store *store, const char *sql, const skuai_value *values,
                             size_t n_values, skuai_store_chunk callback, void *user,
                             skua_error *err) {
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "a query's result");
    duckdb_result result;
    skua_status status = skuai_store_result(store, sql, values, n_values, true, &result, err);
    if (status == SKUA_OK) {
        status = scan_chunks(&result, arena, callback, user, err);
        duckdb_destroy_result(&result);
    }
    skuai_arena_free(arena);
    return status;
}

/* -- Quoting
 * ------------------------------------------------------------------------------------------ */

static void quoted(skuai_buffer *sql, const char *text, char quote) {
    (void)skuai_buffer_add(sql, &quote, 1);
    for (; *text; text++) {
        if (*text == quote) (void)skuai_buffer_add(sql, &quote, 1);
        (void)skuai_buffer_add(sql, text, 1);
    }
    (void)skuai_buffer_add(sql, &quote, 1);
}

void skuai_sql_identifier(skuai_buffer *sql, const char *name) {
    quoted(sql, name, '"');
}

void skuai_sql_text(skuai_buffer *sql, const char *text) {
    quoted(sql, text, '\'');
}
