/* The appender: columns given by name, in chunks of DuckDB's vector size. Only the columns given
 * are written (duckdb_appender_add_column); the others take their default. */
#include "store/store_handle.h"

#include <math.h>
#include <string.h>

static bool column_null(const skuai_column *column, size_t i) {
    if (column->valid && !column->valid[i]) return true;
    if (column->doubles && isnan(column->doubles[i])) return true;
    return column->texts && !column->texts[i];
}

/* Micros of an instant or a date, saturated: the appender must not overflow. */
static int64_t scaled(int64_t value, int64_t factor) {
    int64_t result;
    if (__builtin_mul_overflow(value, factor, &result))
        return value < 0 ? INT64_MIN + 1 : INT64_MAX;
    return result;
}

static bool write_integer(void *data, duckdb_type type, idx_t i, const skuai_column *column,
                          size_t row) {
    int64_t value = column->integers  ? column->integers[row]
                    : column->doubles ? (int64_t)column->doubles[row]
                                      : 0;
    bool day = column->type == SKUAI_COLUMN_DATE;
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        ((bool *)data)[i] = value != 0;
        return true;
    case DUCKDB_TYPE_SMALLINT:
        ((int16_t *)data)[i] = (int16_t)value;
        return true;
    case DUCKDB_TYPE_INTEGER:
        ((int32_t *)data)[i] = (int32_t)value;
        return true;
    case DUCKDB_TYPE_DATE:
        if (column->type == SKUAI_COLUMN_TIMESTAMP)
            value = value / 86400 - (value % 86400 != 0 && value < 0);
        ((int32_t *)data)[i] = (int32_t)value;
        return true;
    case DUCKDB_TYPE_BIGINT:
        ((int64_t *)data)[i] = value;
        return true;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        ((int64_t *)data)[i] = scaled(value, day ? INT64_C(86400000000) : 1000000);
        return true;
    case DUCKDB_TYPE_FLOAT:
        ((float *)data)[i] = column->doubles ? (float)column->doubles[row] : (float)value;
        return true;
    case DUCKDB_TYPE_DOUBLE:
        ((double *)data)[i] = column->doubles ? column->doubles[row] : (double)value;
        return true;
    default:
        return false;
    }
}

/* Rows of floats, all of one width, into a FLOAT[]. */
static bool write_lists(duckdb_vector vector, const skuai_column *column, size_t first, idx_t n) {
    size_t width = column->width;
    idx_t values = n * (idx_t)width;
    if (duckdb_list_vector_reserve(vector, values) != DuckDBSuccess ||
        duckdb_list_vector_set_size(vector, values) != DuckDBSuccess)
        return false;
    duckdb_list_entry *entries = duckdb_vector_get_data(vector);
    for (idx_t i = 0; i < n; i++)
        entries[i] = (duckdb_list_entry){.offset = i * (idx_t)width, .length = (idx_t)width};
    if (values > 0)
        memcpy(duckdb_vector_get_data(duckdb_list_vector_get_child(vector)),
               column->floats + first * width, (size_t)values * sizeof(float));
    return true;
}

/* What a column of the table takes; DUCKDB_TYPE_INVALID: a list of something else than FLOAT. */
static duckdb_type column_takes(duckdb_logical_type logical) {
    duckdb_type type = duckdb_get_type_id(logical);
    if (type != DUCKDB_TYPE_LIST) return type;
    duckdb_logical_type child = duckdb_list_type_child_type(logical);
    if (duckdb_get_type_id(child) != DUCKDB_TYPE_FLOAT) type = DUCKDB_TYPE_INVALID;
    duckdb_destroy_logical_type(&child);
    return type;
}

static bool write_vector(duckdb_vector vector, duckdb_type type, const skuai_column *column,
                         size_t first, idx_t n) {
    void *data = duckdb_vector_get_data(vector);
    bool text = type == DUCKDB_TYPE_VARCHAR, list = type == DUCKDB_TYPE_LIST;
    if (list != (column->type == SKUAI_COLUMN_FLOATS)) return false;
    if (list) return write_lists(vector, column, first, n);
    if (text != (column->type == SKUAI_COLUMN_TEXT)) return false;
    if (type == DUCKDB_TYPE_DOUBLE && column->doubles && !column->valid) {
        memcpy(data, column->doubles + first, (size_t)n * sizeof(double));
        bool missing = false;
        for (idx_t i = 0; i < n && !missing; i++)
            missing = isnan(column->doubles[first + i]);
        if (!missing) return true;
    }
    uint64_t *mask = NULL;
    for (idx_t i = 0; i < n; i++) {
        size_t row = first + (size_t)i;
        if (column_null(column, row)) {
            if (!mask) {
                duckdb_vector_ensure_validity_writable(vector);
                mask = duckdb_vector_get_validity(vector);
            }
            duckdb_validity_set_row_invalid(mask, i);
        } else if (text) {
            duckdb_vector_assign_string_element(vector, i, column->texts[row]);
        } else if (!write_integer(data, type, i, column, row)) {
            return false;
        }
    }
    return true;
}

static skua_status appender_fail(duckdb_appender appender, const char *table, skua_error *err) {
    const char *message = appender ? duckdb_appender_error(appender) : NULL;
    skua_status status = skuai_store_message_fail(message ? message : "DuckDB gave no reason",
                                                  DUCKDB_ERROR_INVALID, err);
    return skuai_error_prefix(err, status, "table %s", table);
}

/* Fill one chunk from row `first` on. */
static skua_status fill_chunk(duckdb_data_chunk chunk, const duckdb_type *types, const char *table,
                              const skuai_column *columns, size_t n_columns, size_t first, idx_t n,
                              skua_error *err) {
    duckdb_data_chunk_reset(chunk);
    for (size_t k = 0; k < n_columns; k++)
        if (!write_vector(duckdb_data_chunk_get_vector(chunk, (idx_t)k), types[k], &columns[k],
                          first, n))
            return skuai_error_set(err, SKUA_EINTERNAL, "column %s of %s takes another type",
                                   columns[k].name, table);
    duckdb_data_chunk_set_size(chunk, n);
    return SKUA_OK;
}

static skua_status append_rows(duckdb_appender appender, const char *table,
                               const skuai_column *columns, size_t n_columns, size_t n_rows,
                               skuai_arena *arena, skua_error *err) {
    duckdb_logical_type *logical = skuai_arena_take_zero(arena, n_columns, sizeof *logical);
    duckdb_type *types = skuai_arena_take(arena, n_columns, sizeof *types);
    if (!logical || !types) return skuai_error_memory(err, "an appender");
    for (size_t k = 0; k < n_columns; k++)
        if (duckdb_appender_add_column(appender, columns[k].name) != DuckDBSuccess)
            return appender_fail(appender, table, err);
    for (size_t k = 0; k < n_columns; k++) {
        logical[k] = duckdb_appender_column_type(appender, (idx_t)k);
        types[k] = column_takes(logical[k]);
    }
    duckdb_data_chunk chunk = duckdb_create_data_chunk(logical, (idx_t)n_columns);
    skua_status status = chunk ? SKUA_OK : skuai_error_memory(err, "an appender");
    idx_t capacity = duckdb_vector_size();
    for (size_t first = 0; status == SKUA_OK && first < n_rows; first += (size_t)capacity) {
        idx_t n = n_rows - first < (size_t)capacity ? (idx_t)(n_rows - first) : capacity;
        status = fill_chunk(chunk, types, table, columns, n_columns, first, n, err);
        if (status == SKUA_OK && duckdb_append_data_chunk(appender, chunk) != DuckDBSuccess)
            status = appender_fail(appender, table, err);
    }
    duckdb_destroy_data_chunk(&chunk);
    for (size_t k = 0; k < n_columns; k++)
        duckdb_destroy_logical_type(&logical[k]);
    if (status == SKUA_OK && duckdb_appender_close(appender) != DuckDBSuccess)
        status = appender_fail(appender, table, err);
    return status;
}

skua_status skuai_store_append(skuai_store *store, const char *table, const skuai_column *columns,
                               size_t n_columns, size_t n_rows, skua_error *err) {
    bool own = !store->in_transaction;
    skuai_arena *arena = skuai_arena_new(4096);
    if (!arena) return skuai_error_memory(err, "an appender");
    duckdb_appender appender = NULL;
    skua_status status = own ? skuai_store_begin(store, err) : SKUA_OK;
    if (status == SKUA_OK &&
        duckdb_appender_create(store->connection, NULL, table, &appender) != DuckDBSuccess)
        status = appender_fail(appender, table, err);
    if (status == SKUA_OK)
        status = append_rows(appender, table, columns, n_columns, n_rows, arena, err);
    (void)duckdb_appender_destroy(&appender);
    skuai_arena_free(arena);
    if (own && status == SKUA_OK) return skuai_store_commit(store, err);
    if (own) skuai_store_rollback(store);
    return status;
}
