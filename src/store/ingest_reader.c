#include "store/ingest_worker.h"

#include <stdio.h>
#include <string.h>

/* -- The table function of DuckDB
 * ---------------------------------------------------------------------- */

static duckdb_type output_type(skuai_output_kind kind) {
    switch (kind) {
    case SKUAI_OUTPUT_SERIES:
        return DUCKDB_TYPE_INTEGER;
    case SKUAI_OUTPUT_NUMBER:
        return DUCKDB_TYPE_DOUBLE;
    case SKUAI_OUTPUT_TIME:
        return DUCKDB_TYPE_TIMESTAMP;
    case SKUAI_OUTPUT_UTC:
        return DUCKDB_TYPE_BOOLEAN;
    case SKUAI_OUTPUT_LINE:
        return DUCKDB_TYPE_BIGINT;
    default:
        return DUCKDB_TYPE_VARCHAR;
    }
}

static void rows_bind(duckdb_bind_info info) {
    skuai_store *store = duckdb_bind_get_extra_info(info);
    const skuai_reader *reader = store->reader;
    if (!reader) {
        duckdb_bind_set_error(info, "no file is being read");
        return;
    }
    for (size_t k = 0; k < reader->n_outputs; k++) {
        duckdb_logical_type type = duckdb_create_logical_type(output_type(reader->outputs[k].kind));
        duckdb_bind_add_result_column(info, reader->outputs[k].name, type);
        duckdb_destroy_logical_type(&type);
    }
}

static void rows_init(duckdb_init_info info) {
    skuai_store *store = duckdb_init_get_extra_info(info);
    const skuai_reader *reader = store->reader;
    duckdb_init_set_max_threads(info, (idx_t)skuai_context_threads(reader->context));
}

static void rows_local_init(duckdb_init_info info) {
    skuai_store *store = duckdb_init_get_extra_info(info);
    skuai_worker *w = skuai_worker_new(store->reader);
    if (w) {
        duckdb_init_set_init_data(info, w, skuai_worker_free);
    } else {
        skua_error error;
        skua_status status = skuai_error_memory(&error, "a reader");
        (void)skuai_reader_fail(store->reader, status, &error);
        duckdb_init_set_error(info, "out of memory");
    }
}

static void rows_next(duckdb_function_info info, duckdb_data_chunk output) {
    skuai_worker *w = duckdb_function_get_local_init_data(info);
    for (size_t k = 0; k < w->reader->n_outputs; k++) {
        w->vectors[k] = duckdb_data_chunk_get_vector(output, (idx_t)k);
        w->data[k] = duckdb_vector_get_data(w->vectors[k]);
        duckdb_vector_ensure_validity_writable(w->vectors[k]);
        w->masks[k] = duckdb_vector_get_validity(w->vectors[k]);
    }
    idx_t n = skuai_worker_fill(w);
    pthread_mutex_lock(&w->reader->mutex);
    bool failed = w->reader->status != SKUA_OK;
    pthread_mutex_unlock(&w->reader->mutex);
    if (failed) duckdb_function_set_error(info, "reading stopped");
    duckdb_data_chunk_set_size(output, failed ? 0 : n);
}

static skua_status register_rows(skuai_store *store, skua_error *err) {
    if (store->rows_registered) return SKUA_OK;
    duckdb_table_function function = duckdb_create_table_function();
    duckdb_table_function_set_name(function, "skuai_rows");
    duckdb_table_function_set_extra_info(function, store, NULL);
    duckdb_table_function_set_bind(function, rows_bind);
    duckdb_table_function_set_init(function, rows_init);
    duckdb_table_function_set_local_init(function, rows_local_init);
    duckdb_table_function_set_function(function, rows_next);
    duckdb_state state = duckdb_register_table_function(store->connection, function);
    duckdb_destroy_table_function(&function);
    if (state != DuckDBSuccess)
        return skuai_error_set(err, SKUA_EFOREIGN, "DuckDB does not take our table function");
    store->rows_registered = true;
    return SKUA_OK;
}

skua_status skuai_reader_stage(skuai_reader *reader, skuai_store *store, const char *name,
                               skua_error *err) {
    SKUA_TRY(register_rows(store, err));
    char sql[128];
    (void)snprintf(sql, sizeof sql, "CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM skuai_rows()",
                   name);
    store->reader = reader;
    skua_status status = skuai_store_execute(store, sql, err);
    store->reader = NULL;
    if (reader->status != SKUA_OK) {
        if (err) *err = reader->error;
        return reader->status;
    }
    return status;
}

/* -- Life
 * -------------------------------------------------------------------------------------------- */

static void add_output(skuai_reader *reader, skuai_output_kind kind, const char *name,
                       const skuai_plan_column *column) {
    reader->outputs[reader->n_outputs++] = (skuai_output){kind, name, column};
}

static void make_outputs(skuai_reader *reader) {
    const skuai_plan *plan = reader->plan;
    bool instants =
        strcmp(plan->table->name, "orders") == 0 || strcmp(plan->table->name, "events") == 0;
    if (reader->series) add_output(reader, SKUAI_OUTPUT_SERIES, "series", NULL);
    if (plan->n_wide) {
        add_output(reader, SKUAI_OUTPUT_TIME, "ds", NULL);
        add_output(reader, SKUAI_OUTPUT_NUMBER, "units", NULL);
    }
    for (size_t k = 0; k < plan->n_columns; k++) {
        const skuai_plan_column *c = &plan->columns[k];
        bool in_series =
            reader->series && c->role &&
            (strcmp(c->role->name, "item") == 0 || strcmp(c->role->name, "channel") == 0);
        if (in_series) continue;
        skuai_output_kind kind = c->type == SKUAI_ROLE_TEXT     ? SKUAI_OUTPUT_TEXT
                                 : c->type == SKUAI_ROLE_NUMBER ? SKUAI_OUTPUT_NUMBER
                                                                : SKUAI_OUTPUT_TIME;
        bool line = c->role && strcmp(c->role->name, "line") == 0; /* of the order, not the file */
        add_output(reader, kind, line ? "order_line" : c->name, c);
        if (instants && c->role && strcmp(c->role->name, "ts") == 0)
            add_output(reader, SKUAI_OUTPUT_UTC, "ts_utc", NULL);
    }
    if (plan->extras_json) add_output(reader, SKUAI_OUTPUT_EXTRAS, "extras", NULL);
    add_output(reader, SKUAI_OUTPUT_LINE, "line", NULL);
}

skua_status skuai_reader_new(skuai_bytes *bytes, const char *path, const skuai_plan *plan,
                             skuai_series *series, const char *default_channel,
                             const skuai_context *context, skuai_reader **reader, skua_error *err) {
    skuai_reader *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a reader");
    *made = (skuai_reader){.bytes = bytes,
                           .path = path,
                           .plan = plan,
                           .series = series,
                           .default_channel = default_channel,
                           .context = context,
                           .line = 1};
    if (pthread_mutex_init(&made->mutex, NULL) != 0) {
        skuai_free(made);
        return skuai_error_memory(err, "a reader");
    }
    made->counts = (skuai_reader_counts){.least = INT64_MAX, .most = INT64_MIN, .exact = true};
    made->arena = skuai_arena_new(0);
    made->outputs = made->arena
                        ? skuai_arena_take(made->arena, plan->n_columns + 6, sizeof *made->outputs)
                        : NULL;
    skua_status status = made->outputs ? SKUA_OK : skuai_error_memory(err, "a reader");
    if (status == SKUA_OK && series) status = skuai_key_set_init(&made->keys, err);
    if (status != SKUA_OK) {
        skuai_reader_free(made);
        return status;
    }
    make_outputs(made);
    *reader = made;
    return SKUA_OK;
}

void skuai_reader_free(skuai_reader *reader) {
    if (!reader) return;
    (void)pthread_mutex_destroy(&reader->mutex);
    skuai_key_set_clear(&reader->keys);
    skuai_free(reader->carry.data);
    skuai_arena_free(reader->arena);
    skuai_free(reader);
}

const skuai_output *skuai_reader_outputs(const skuai_reader *reader, size_t *n) {
    *n = reader->n_outputs;
    return reader->outputs;
}

skuai_reader_counts skuai_reader_counts_get(const skuai_reader *reader) {
    return reader->counts;
}

const skuai_reject *skuai_reader_rejects(const skuai_reader *reader) {
    return reader->rejects;
}

/* -- Day and month over the whole column
 * --------------------------------------------------------------- */

/* What a column says for day before month [0] and month before day [1]. */
typedef struct order_count {
    int64_t only[2];  /* values that only this order reads */
    int64_t line[2];  /* of the first of them */
    char text[2][24]; /* and how it reads */
    int64_t moves[2]; /* how often the day changes from row to row, where both orders read it */
    int last[2];
} order_count;

static void count_order(order_count *count, const skuai_csv_field *f, int64_t line) {
    skuai_instant instant[2];
    bool fits[2] = {
        skuai_field_date(f->text, f->size, SKUAI_DATE_DMY, &instant[0]) == SKUAI_FIELD_GOOD,
        skuai_field_date(f->text, f->size, SKUAI_DATE_MDY, &instant[1]) == SKUAI_FIELD_GOOD};
    for (int k = 0; k < 2; k++) {
        if (fits[k] && !fits[1 - k] && count->only[k]++ == 0) {
            count->line[k] = line;
            (void)snprintf(count->text[k], sizeof count->text[k], "%.*s",
                           (int)(f->size < 20 ? f->size : 20), f->text);
        }
        if (!fits[0] || !fits[1]) continue;
        int day = skuai_date_from_day(instant[k].micros / INT64_C(86400000000)).day;
        count->moves[k] += day != count->last[k];
        count->last[k] = day;
    }
}

/* Values above 12 tell; where there are none, days usually move on from row to row, months stay.
 * Where they tell both ways often, the values up to 12 cannot be read at all. */
static skua_status judge_order(const order_count *count, const char *path, skuai_plan *plan,
                               skuai_plan_column *column, skua_error *err) {
    static const char *const told[] = {"day-month order, told apart by values above 12",
                                       "month-day order, told apart by values above 12"};
    static const char *const mostly[] = {
        "day-month order, told apart by most values above 12: those in month-day are rejects",
        "month-day order, told apart by most values above 12: those in day-month are rejects"};
    static const char *const guessed[] = {"taken as day-month: no value is above 12, and the first "
                                          "number moves faster (--date-format dmy "
                                          "or mdy decides)",
                                          "taken as month-day: no value is above 12, and the "
                                          "second number moves faster (--date-format dmy "
                                          "or mdy decides)"};
    const int64_t *only = count->only;
    bool open = only[0] + only[1] == 0;
    int best = open ? !(count->moves[0] > count->moves[1]) : only[1] > only[0];
    if (only[1 - best] * 20 > only[best])
        return skuai_error_set(
            err, SKUA_EDATA,
            "%s:%lld: column '%.60s' mixes two orders of dates: %s (line %lld) is day-month, %s "
            "is month-day; write one order, or say --date-format dmy or mdy and the others are "
            "rejects",
            path, (long long)(count->line[0] > count->line[1] ? count->line[0] : count->line[1]),
            plan->file_columns[column->sources[0]], count->text[0], (long long)count->line[0],
            count->text[1]);
    column->form = best == 0 ? SKUAI_DATE_DMY : SKUAI_DATE_MDY;
    plan->date_open = open;
    plan->date_note = open ? guessed[best] : only[1 - best] ? mostly[best] : told[best];
    return SKUA_OK;
}

skua_status skuai_reader_day_order(skuai_reader *reader, skuai_plan *plan, skua_error *err) {
    skuai_plan_column *column = NULL;
    order_count count = {0};
    for (size_t k = 0; k < plan->n_columns; k++)
        if (plan->columns[k].type == SKUAI_ROLE_TIME && plan->columns[k].role->required)
            column = &plan->columns[k];
    skuai_worker *w = column ? skuai_worker_new(reader) : NULL;
    if (!w) return skuai_error_memory(err, "a reader");
    while (skuai_worker_next(w)) {
        if (w->record.n_fields <= column->sources[0] || w->record.unclosed) continue;
        count_order(&count, &w->fields[column->sources[0]], w->record_line);
    }
    skuai_worker_free(w);
    if (reader->status != SKUA_OK) {
        if (err) *err = reader->error;
        return reader->status;
    }
    SKUA_TRY(judge_order(&count, reader->path, plan, column, err));
    reader->started = reader->end = false;
    reader->line = 1;
    reader->carry.size = 0;
    return skuai_bytes_rewind(reader->bytes, err);
}
