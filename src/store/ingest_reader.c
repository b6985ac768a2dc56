#include "store/ingest_reader.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define BLOCK        ((size_t)1 << 20)
#define REJECT_LIMIT ((int64_t)1000000)
#define REJECT_TEXT  ((size_t)1000)
#define HOUR_MICROS  (INT64_C(3600) * 1000000)

/* Whole records of a file. */
typedef struct block {
    char *data; /* [capacity + 1] */
    size_t capacity, size, at;
    int64_t line;  /* of the record at `at`, 1-based */
    bool has_zero; /* a NUL byte is in it */
    bool bad_text; /* something that is not UTF-8 is in it */
} block;

struct skuai_reader {
    skuai_bytes *bytes;
    const char *path;
    const skuai_plan *plan;
    skuai_series *series;
    const char *default_channel;
    const skuai_context *context;
    size_t n_outputs;
    skuai_output *outputs;
    skuai_arena *arena; /* outputs; rejects, under the mutex */

    pthread_mutex_t mutex; /* guards all below */
    block carry;           /* a record that is cut: the front of the next block */
    bool started, end;
    int64_t line;
    skuai_key_set keys;
    skuai_reader_counts counts;
    skuai_reject *rejects;
    skua_status status; /* the first failure; the others stop */
    skua_error error;
};

/* The series seen last, by the low bits of their hash: spares the lock. */
#define CACHE_SLOTS ((size_t)1 << 15)
typedef struct cached {
    uint64_t hash;
    const char *item, *channel; /* NULL: empty */
    int64_t number;
} cached;

/* A thread's own. */
typedef struct worker {
    skuai_reader *reader;
    block block;
    skuai_csv_field *fields; /* [n_file_columns] */
    skuai_csv_record record;
    const char *record_text;
    int64_t record_line;
    size_t wide_next; /* column of a wide record to give next; SIZE_MAX: none open */
    skuai_buffer scratch, extras;
    skuai_instant instant; /* the required date of the row */
    struct {               /* the date read last: files repeat them */
        char text[32];
        size_t size;
        skuai_date_form form;
        skuai_instant instant;
    } seen;
    const skuai_plan_column *item, *channel; /* of the plan, NULL: none */
    cached *cache;                           /* [CACHE_SLOTS] */
    uint32_t *row_series;                    /* [vector size] */
    int64_t *row_micros;
    duckdb_vector *vectors; /* [n_outputs] */
    void **data;
    uint64_t **masks;
} worker;

/* -- Failure and rejects
 * ---------------------------------------------------------------------------- */

static skua_status reader_fail(skuai_reader *reader, skua_status status, const skua_error *error) {
    pthread_mutex_lock(&reader->mutex);
    if (reader->status == SKUA_OK) {
        reader->status = status;
        reader->error = *error;
    }
    pthread_mutex_unlock(&reader->mutex);
    return status;
}

static bool reject(worker *w, bool keep_row, const char *why) {
    skuai_reader *reader = w->reader;
    pthread_mutex_lock(&reader->mutex);
    size_t n = w->record.size < REJECT_TEXT ? w->record.size : REJECT_TEXT;
    while (n && (w->record_text[n - 1] == '\n' || w->record_text[n - 1] == '\r'))
        n--;
    skuai_buffer text;
    skuai_buffer_init(&text, REJECT_TEXT * 4);
    for (size_t i = 0; i < n;) { /* DuckDB takes valid UTF-8 alone */
        const unsigned char *bytes = (const unsigned char *)w->record_text + i;
        size_t valid = skuai_utf8_valid(bytes, n - i);
        const void *zero = memchr(bytes, 0, valid);
        if (zero) valid = (size_t)((const unsigned char *)zero - bytes);
        (void)skuai_buffer_add(&text, bytes, valid);
        i += valid;
        if (i < n) (void)skuai_buffer_text(&text, "\xEF\xBF\xBD"), i++;
    }
    skuai_reject *made = skuai_arena_take(reader->arena, 1, sizeof *made);
    const char *line = skuai_arena_text(reader->arena, skuai_buffer_view(&text), text.size);
    const char *reason = skuai_arena_text(reader->arena, why, strlen(why));
    int64_t all = ++*(keep_row ? &reader->counts.notes : &reader->counts.rejected);
    bool good = made && line && reason && all <= REJECT_LIMIT;
    if (good) {
        *made = (skuai_reject){w->record_line, line, reason, reader->rejects};
        reader->rejects = made;
    } else if (reader->status == SKUA_OK) {
        reader->status =
            all > REJECT_LIMIT
                ? skuai_error_set(&reader->error, SKUA_EDATA,
                                  "%s: more than a million rows cannot be read; the last at line "
                                  "%lld: %s",
                                  reader->path, (long long)w->record_line, why)
                : skuai_error_memory(&reader->error, "rows that cannot be read");
    }
    pthread_mutex_unlock(&reader->mutex);
    skuai_buffer_clear(&text);
    return good;
}

/* "units 'abc' is not a number" with the text shortened; into the worker's scratch. */
static const char *explain(worker *w, const skuai_plan_column *column, const skuai_csv_field *field,
                           skuai_field_result result) {
    char text[160];
    int n = (int)(field->size < 80 ? field->size : 80);
    n = (int)skuai_utf8_valid((const unsigned char *)field->text, (size_t)n);
    const char *what = column->type == SKUAI_ROLE_TIME ? "date" : "number";
    const char *form = column->type == SKUAI_ROLE_TIME ? skuai_date_form_name(column->form) : NULL;
    if (result == SKUAI_FIELD_MISSING)
        (void)snprintf(text, sizeof text, "%s is missing", column->name);
    else if (result == SKUAI_FIELD_INFINITE)
        (void)snprintf(text, sizeof text, "%s '%.*s' is infinite", column->name, n, field->text);
    else if (result == SKUAI_FIELD_RANGE)
        (void)snprintf(text, sizeof text, "%s '%.*s' is outside 1950 to 2100", column->name, n,
                       field->text);
    else
        (void)snprintf(text, sizeof text, "%s '%.*s' is not a %s%s%s", column->name, n, field->text,
                       what, form ? " as the others: " : "", form ? form : "");
    skuai_buffer_reset(&w->scratch);
    (void)skuai_buffer_text(&w->scratch, text);
    return skuai_buffer_view(&w->scratch);
}

/* -- Blocks
 * ------------------------------------------------------------------------------------------ */

static bool block_reserve(block *b, size_t capacity) {
    if (capacity <= b->capacity) return true;
    char *data = skuai_resize(b->data, capacity + 1, 1);
    if (!data) return false;
    b->data = data;
    b->capacity = capacity;
    return true;
}

static int64_t count_lines(const char *text, size_t n) {
    int64_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    return lines;
}

/* Read until whole records are there; the rest is carried over. Called under the mutex. */
static skua_status fill_block(skuai_reader *reader, block *b, skua_error *err) {
    size_t whole = 0, want = BLOCK;
    b->size = b->at = 0;
    if (reader->carry.size + BLOCK > want) want = reader->carry.size + BLOCK;
    if (!block_reserve(b, want)) return skuai_error_memory(err, "a piece of a file");
    if (reader->carry.size) memcpy(b->data, reader->carry.data, reader->carry.size);
    b->size = reader->carry.size;
    reader->carry.size = 0;
    while (!whole && !(reader->end && b->size == 0)) {
        size_t n;
        SKUA_TRY(
            skuai_bytes_read(reader->bytes, b->data + b->size, b->capacity - b->size, &n, err));
        reader->end = n < b->capacity - b->size;
        b->size += n;
        if (b->size == 0) break;
        whole = skuai_csv_whole(b->data, b->size, &reader->plan->dialect, reader->end);
        if (whole) break;
        if (b->size > SKUAI_CSV_LINE)
            return skuai_error_set(err, SKUA_ELIMIT, "%s:%lld: a line of more than 16 MB",
                                   reader->path, (long long)reader->line);
        if (!block_reserve(b, b->capacity * 2)) return skuai_error_memory(err, "a piece of a file");
    }
    const char *line = b->data, *end = b->data + whole;
    while (whole > SKUAI_CSV_LINE && line < end) { /* at the end of the file a long line is whole */
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if ((size_t)((stop ? stop : end) - line) > SKUAI_CSV_LINE)
            return skuai_error_set(
                err, SKUA_ELIMIT, "%s:%lld: a line of more than 16 MB", reader->path,
                (long long)(reader->line + count_lines(b->data, (size_t)(line - b->data))));
        line = stop ? stop + 1 : end;
    }
    size_t rest = b->size - whole;
    if (rest) {
        if (!block_reserve(&reader->carry, rest))
            return skuai_error_memory(err, "a piece of a file");
        memcpy(reader->carry.data, b->data + whole, rest);
        reader->carry.size = rest;
    }
    b->size = whole;
    b->line = reader->line;
    if (!b->data) return SKUA_OK;
    reader->line += count_lines(b->data, whole);
    b->data[whole] = '\n';
    return SKUA_OK;
}

/* Skip the names, and Excel's "sep=;" before them. */
static void skip_header(skuai_reader *reader, block *b) {
    const skuai_plan *plan = reader->plan;
    skuai_csv_record record;
    skuai_csv_field field;
    if (b->size >= 6 && memcmp(b->data, "sep=", 4) == 0) {
        skuai_csv_split(b->data, b->size, &plan->dialect, &field, 1, &record);
        b->at = record.size, b->line++;
    }
    while (plan->header && b->at < b->size) {
        skuai_csv_split(b->data + b->at, b->size - b->at, &plan->dialect, &field, 1, &record);
        b->at += record.size;
        b->line += (int64_t)record.lines;
        if (record.n_fields > 1 || field.size > 0) break;
    }
}

static skua_status next_block(skuai_reader *reader, block *b) {
    pthread_mutex_lock(&reader->mutex);
    skua_error error;
    skua_status status = reader->status;
    b->size = b->at = 0;
    if (status == SKUA_OK) {
        status = skuai_context_check(reader->context, &error);
        if (status == SKUA_OK) status = fill_block(reader, b, &error);
        if (status == SKUA_OK && !reader->started && b->size) {
            reader->started = true;
            skip_header(reader, b);
        }
        if (status == SKUA_OK)
            skuai_context_progress(reader->context, "reading", skuai_bytes_position(reader->bytes),
                                   1);
        if (status != SKUA_OK) {
            reader->status = status;
            reader->error = error;
        }
    }
    pthread_mutex_unlock(&reader->mutex);
    if (status != SKUA_OK || !b->size) return status;
    b->has_zero = memchr(b->data, 0, b->size) != NULL;
    b->bad_text = skuai_utf8_valid((const unsigned char *)b->data, b->size) != b->size;
    return SKUA_OK;
}

/* The next record that is not blank: false at the end of the file or after a failure. */
static bool next_record(worker *w) {
    block *b = &w->block;
    for (;;) {
        if (b->at >= b->size && (next_block(w->reader, b) != SKUA_OK || b->size == 0)) return false;
        if (b->at >= b->size) continue;
        const skuai_plan *plan = w->reader->plan;
        w->record_text = b->data + b->at;
        w->record_line = b->line;
        skuai_csv_split(b->data + b->at, b->size - b->at, &plan->dialect, w->fields,
                        plan->n_file_columns, &w->record);
        b->at += w->record.size;
        b->line += (int64_t)w->record.lines;
        if (w->record.n_fields > 1 || w->fields[0].size > 0 || w->fields[0].quoted) return true;
    }
}

/* Is the record fit for reading its fields? Rejected if not. */
static bool record_good(worker *w) {
    const skuai_plan *plan = w->reader->plan;
    char why[120];
    if (w->record.unclosed) {
        reject(w, false, "a quote is never closed");
        return false;
    }
    if (w->block.has_zero && memchr(w->record_text, 0, w->record.size)) {
        reject(w, false, "a NUL byte");
        return false;
    }
    if (w->block.bad_text &&
        skuai_utf8_valid((const unsigned char *)w->record_text, w->record.size) != w->record.size) {
        reject(w, false, "not valid UTF-8");
        return false;
    }
    if (w->record.n_fields == plan->n_file_columns) return true;
    bool over = w->record.n_fields > plan->n_file_columns;
    if (over) { /* delimiters at the end of the line are no fields */
        const char *p = w->record_text + w->record.size;
        size_t surplus = w->record.n_fields - plan->n_file_columns;
        while (p > w->record_text && (p[-1] == '\n' || p[-1] == '\r'))
            p--;
        while (surplus && p > w->record_text && p[-1] == plan->dialect.delimiter)
            p--, surplus--;
        if (!surplus) return true;
    }
    (void)snprintf(why, sizeof why, "%zu fields, %s %zu", w->record.n_fields,
                   plan->header ? "the header has" : "the first line has", plan->n_file_columns);
    reject(w, false, why);
    return false;
}

/* -- Fields
 * ------------------------------------------------------------------------------------------ */

/* "17850.0" of a column that once was a number is 17850. */
static size_t without_decimals(const char *text, size_t n) {
    if (n < 3 || text[n - 1] != '0' || text[n - 2] != '.') return n;
    for (size_t i = 0; i < n - 2; i++)
        if (text[i] < '0' || text[i] > '9') return n;
    return n - 2;
}

static skuai_csv_field trimmed(skuai_csv_field f) {
    while (f.size && (f.text[f.size - 1] == ' ' || f.text[f.size - 1] == '\t'))
        f.size--;
    while (f.size && (*f.text == ' ' || *f.text == '\t'))
        f.text++, f.size--;
    return f;
}

/* The text of a column, several sources joined by "/"; size 0: missing. */
static skuai_csv_field text_of(worker *w, const skuai_plan_column *column) {
    bool code = column->role && column->role->name[0] != 't' && column->role->name[0] != 'd';
    if (column->n_sources == 1) {
        skuai_csv_field f = trimmed(w->fields[column->sources[0]]);
        if (code) f.size = without_decimals(f.text, f.size);
        return f;
    }
    skuai_buffer_reset(&w->scratch);
    for (size_t i = 0; i < column->n_sources; i++) {
        skuai_csv_field f = trimmed(w->fields[column->sources[i]]);
        if (!f.size) continue;
        if (w->scratch.size) (void)skuai_buffer_add(&w->scratch, "/", 1);
        (void)skuai_buffer_add(&w->scratch, f.text, without_decimals(f.text, f.size));
    }
    return (skuai_csv_field){skuai_buffer_view(&w->scratch), w->scratch.size, false};
}

static void set_valid(worker *w, size_t output, idx_t row, bool valid) {
    uint64_t *word = &w->masks[output][row / 64], bit = UINT64_C(1) << row % 64;
    *word = valid ? *word | bit : *word & ~bit;
}

static bool same_text(const char *text, const skuai_csv_field *f) {
    return strncmp(text, f->text, f->size) == 0 && text[f->size] == '\0';
}

static int64_t number_series(worker *w, const skuai_csv_field *i, const skuai_csv_field *c) {
    skuai_reader *reader = w->reader;
    uint64_t hash = skuai_series_hash(i->text, i->size, c->text, c->size);
    cached *slot = &w->cache[hash & (CACHE_SLOTS - 1)];
    if (slot->item && slot->hash == hash && same_text(slot->item, i) && same_text(slot->channel, c))
        return slot->number;
    pthread_mutex_lock(&reader->mutex);
    int64_t number = skuai_series_add(reader->series, hash, i->text, i->size, c->text, c->size);
    if (number >= 0)
        *slot =
            (cached){hash, reader->series->items[number], reader->series->channels[number], number};
    pthread_mutex_unlock(&reader->mutex);
    return number;
}

/* The number of the row's series; -1 after a reject, -2 when out of memory. */
static int64_t series_of(worker *w) {
    skuai_csv_field c = {w->reader->default_channel, strlen(w->reader->default_channel), false};
    skuai_buffer held = {0};
    if (w->channel) {
        skuai_csv_field found = text_of(w, w->channel);
        if (found.size) c = found;
        if (w->channel->n_sources > 1) { /* scratch serves the item next */
            skuai_buffer_init(&held, SIZE_MAX);
            if (skuai_buffer_add(&held, c.text, c.size) != SKUA_OK) return -2;
            c.text = skuai_buffer_view(&held);
        }
    }
    skuai_csv_field i = text_of(w, w->item);
    int64_t number = -1;
    if (i.size) {
        number = number_series(w, &i, &c);
        if (number < 0) number = -2;
    } else {
        reject(w, false, "item is missing");
    }
    skuai_buffer_clear(&held);
    return number;
}

static skuai_field_result number_of(const skuai_plan *plan, const skuai_plan_column *column,
                                    const skuai_csv_field *field, double *value) {
    skuai_field_result result =
        column->truth ? skuai_field_truth(field->text, field->size, value)
                      : skuai_field_number(field->text, field->size, plan->decimal, value);
    if (result == SKUAI_FIELD_GOOD) *value = column->shift + column->scale * *value;
    return result;
}

static void gather_extras(worker *w) {
    const skuai_plan *plan = w->reader->plan;
    double number;
    skuai_buffer_reset(&w->extras);
    (void)skuai_buffer_text(&w->extras, "{");
    for (size_t c = 0; c < plan->n_file_columns; c++) {
        skuai_csv_field f = trimmed(w->fields[c]);
        if (plan->used[c] || skuai_field_missing(f.text, f.size)) continue;
        if (w->extras.size > 1) (void)skuai_buffer_text(&w->extras, ",");
        skuai_ingest_json_text(&w->extras, plan->file_columns[c], strlen(plan->file_columns[c]));
        (void)skuai_buffer_text(&w->extras, ":");
        bool code = f.size > 1 && *f.text == '0' && f.text[1] != '.'; /* 0012 is no number */
        if (!code && f.size < 40 &&
            skuai_field_number(f.text, f.size, plan->decimal, &number) == SKUAI_FIELD_GOOD)
            (void)skuai_buffer_format(&w->extras, "%.15g", number);
        else
            skuai_ingest_json_text(&w->extras, f.text, f.size);
    }
    (void)skuai_buffer_text(&w->extras, "}");
}

static skuai_field_result read_date(worker *w, const skuai_csv_field *field, skuai_date_form form,
                                    skuai_instant *instant) {
    if (field->size == w->seen.size && form == w->seen.form && field->size &&
        memcmp(field->text, w->seen.text, field->size) == 0) {
        *instant = w->seen.instant;
        return SKUAI_FIELD_GOOD;
    }
    skuai_field_result result = skuai_field_date(field->text, field->size, form, instant);
    if (result == SKUAI_FIELD_GOOD && field->size <= sizeof w->seen.text) {
        memcpy(w->seen.text, field->text, field->size);
        w->seen.size = field->size;
        w->seen.form = form;
        w->seen.instant = *instant;
    }
    return result;
}

/* One value into its vector: true, or false after a reject. */
static bool put_value(worker *w, size_t at, idx_t row) {
    const skuai_output *output = &w->reader->outputs[at];
    const skuai_plan_column *column = output->column;
    const skuai_csv_field *field = &w->fields[column->sources[0]];
    bool needed = column->role && column->role->required;
    skuai_field_result result;
    if (output->kind == SKUAI_OUTPUT_TEXT) {
        skuai_csv_field text = text_of(w, column);
        bool key = needed || (column->role && column->role->key);
        bool missing = key ? text.size == 0 : skuai_field_missing(text.text, text.size);
        if (missing && needed) {
            reject(w, false, explain(w, column, field, SKUAI_FIELD_MISSING));
            return false;
        }
        set_valid(w, at, row, !missing);
        if (!missing)
            duckdb_vector_assign_string_element_len(w->vectors[at], row, text.text, text.size);
        return true;
    }
    if (output->kind == SKUAI_OUTPUT_TIME) {
        skuai_instant instant;
        result = read_date(w, field, column->form, &instant);
        if (result == SKUAI_FIELD_GOOD) {
            ((int64_t *)w->data[at])[row] = instant.micros;
            if (needed) w->instant = instant;
        }
        if (result == SKUAI_FIELD_MISSING && needed) result = SKUAI_FIELD_BAD;
    } else {
        double value = 0;
        result = number_of(w->reader->plan, column, field, &value);
        if (result == SKUAI_FIELD_GOOD) ((double *)w->data[at])[row] = value;
    }
    set_valid(w, at, row, result == SKUAI_FIELD_GOOD);
    if (result == SKUAI_FIELD_GOOD || result == SKUAI_FIELD_MISSING) return true;
    if (!column->role) { /* an extra is not worth the row */
        char why[200];
        (void)snprintf(why, sizeof why, "%s; the row was kept without it",
                       explain(w, column, field, result));
        reject(w, true, why);
        return true;
    }
    if (field->size == 0) result = SKUAI_FIELD_MISSING;
    reject(w, false, explain(w, column, field, result));
    return false;
}

/* -- Rows
 * -------------------------------------------------------------------------------------------- */

/* ds and units of a wide record's column. */
static bool put_wide(worker *w, idx_t row) {
    const skuai_plan *plan = w->reader->plan;
    const skuai_plan_wide *wide = &plan->wide[w->wide_next];
    static const skuai_role units = {.name = "units", .type = SKUAI_ROLE_NUMBER, .required = true};
    skuai_plan_column column = {.role = &units,
                                .name = "units",
                                .type = SKUAI_ROLE_NUMBER,
                                .n_sources = 1,
                                .sources = {wide->source},
                                .scale = 1};
    for (size_t k = 0; k < w->reader->n_outputs; k++) {
        const skuai_output *output = &w->reader->outputs[k];
        if (output->column ||
            (output->kind != SKUAI_OUTPUT_TIME && output->kind != SKUAI_OUTPUT_NUMBER))
            continue;
        if (output->kind == SKUAI_OUTPUT_TIME) {
            ((int64_t *)w->data[k])[row] = wide->micros;
            w->instant = (skuai_instant){.micros = wide->micros};
            set_valid(w, k, row, true);
            continue;
        }
        const skuai_csv_field *field = &w->fields[wide->source];
        double value = 0;
        skuai_field_result result = number_of(plan, &column, field, &value);
        if (result != SKUAI_FIELD_GOOD && result != SKUAI_FIELD_MISSING) {
            reject(w, false, explain(w, &column, field, result));
            return false;
        }
        ((double *)w->data[k])[row] = value;
        set_valid(w, k, row, result == SKUAI_FIELD_GOOD);
    }
    return true;
}

static bool put_row(worker *w, idx_t row) {
    skuai_reader *reader = w->reader;
    for (size_t k = 0; k < reader->n_outputs; k++) {
        const skuai_output *output = &reader->outputs[k];
        if (output->column && !put_value(w, k, row)) return false;
    }
    if (w->wide_next != SIZE_MAX && !put_wide(w, row)) return false;
    for (size_t k = 0; k < reader->n_outputs; k++) {
        int64_t number;
        switch (reader->outputs[k].kind) {
        case SKUAI_OUTPUT_SERIES:
            number = series_of(w);
            if (number == -2) {
                skua_error error;
                skua_status status = skuai_error_memory(&error, "the list of series");
                (void)reader_fail(reader, status, &error);
            }
            if (number < 0) return false;
            ((int32_t *)w->data[k])[row] = (int32_t)number;
            w->row_series[row] = (uint32_t)number;
            w->row_micros[row] = w->instant.micros;
            set_valid(w, k, row, true);
            break;
        case SKUAI_OUTPUT_UTC:
            ((bool *)w->data[k])[row] = w->instant.has_offset;
            if (w->instant.has_offset && k > 0) /* the output before is the instant */
                ((int64_t *)w->data[k - 1])[row] -= w->instant.offset * INT64_C(60000000);
            set_valid(w, k, row, true);
            break;
        case SKUAI_OUTPUT_EXTRAS:
            gather_extras(w);
            set_valid(w, k, row, w->extras.size > 2);
            if (w->extras.size > 2)
                duckdb_vector_assign_string_element_len(
                    w->vectors[k], row, skuai_buffer_view(&w->extras), w->extras.size);
            break;
        case SKUAI_OUTPUT_LINE:
            ((int64_t *)w->data[k])[row] = w->record_line;
            set_valid(w, k, row, true);
            break;
        default:
            break;
        }
    }
    return true;
}

/* Count a chunk's rows, and the keys that were seen before. */
static void count_rows(worker *w, idx_t n) {
    skuai_reader *reader = w->reader;
    skuai_reader_counts *counts = &reader->counts;
    pthread_mutex_lock(&reader->mutex);
    counts->rows += (int64_t)n;
    for (idx_t i = 0; reader->series && i < n; i++) {
        int64_t at = w->row_micros[i];
        if (at < counts->least) counts->least = at;
        if (at > counts->most) counts->most = at;
        if (at % HOUR_MICROS != 0) counts->exact = false;
        if (!counts->exact) continue;
        int64_t hour = at / HOUR_MICROS;
        /* the keys of one day lie in one page: hour of the day first, then the day */
        int64_t key = (hour - (hour % 24 + 24) % 24) / 24 + ((hour % 24 + 24) % 24) * 65536;
        int was = skuai_key_set_add(&reader->keys, w->row_series[i], key);
        if (was < 0 && reader->status == SKUA_OK)
            reader->status = skuai_error_memory(&reader->error, "the set of keys");
        counts->duplicates += was > 0;
    }
    pthread_mutex_unlock(&reader->mutex);
}

/* Up to a vector of rows; 0 at the end. */
static idx_t fill_rows(worker *w) {
    const skuai_plan *plan = w->reader->plan;
    idx_t n = 0, capacity = duckdb_vector_size();
    while (n < capacity) {
        if (w->wide_next == SIZE_MAX) {
            if (!next_record(w)) break;
            if (!record_good(w)) continue;
            if (plan->n_wide) w->wide_next = 0;
        }
        n += put_row(w, n);
        if (w->wide_next != SIZE_MAX && ++w->wide_next == plan->n_wide) w->wide_next = SIZE_MAX;
    }
    count_rows(w, n);
    return n;
}

/* -- The table function of DuckDB
 * ---------------------------------------------------------------------- */

static void worker_free(void *data) {
    worker *w = data;
    if (!w) return;
    skuai_free(w->block.data);
    skuai_free(w->fields);
    skuai_free(w->cache);
    skuai_free(w->row_series);
    skuai_free(w->row_micros);
    skuai_free(w->vectors);
    skuai_free(w->data);
    skuai_free(w->masks);
    skuai_buffer_clear(&w->scratch);
    skuai_buffer_clear(&w->extras);
    skuai_free(w);
}

static worker *worker_new(skuai_reader *reader) {
    worker *w = skuai_zero(1, sizeof *w);
    if (!w) return NULL;
    size_t capacity = (size_t)duckdb_vector_size(), n = reader->n_outputs;
    w->reader = reader;
    w->wide_next = SIZE_MAX;
    w->fields = skuai_zero(reader->plan->n_file_columns, sizeof *w->fields);
    w->row_series = skuai_zero(capacity, sizeof *w->row_series);
    w->row_micros = skuai_zero(capacity, sizeof *w->row_micros);
    w->vectors = skuai_zero(n, sizeof *w->vectors);
    w->data = skuai_zero(n, sizeof *w->data);
    w->masks = skuai_zero(n, sizeof *w->masks);
    skuai_buffer_init(&w->scratch, SKUAI_CSV_LINE * 2);
    skuai_buffer_init(&w->extras, SKUAI_CSV_LINE * 8);
    w->item = skuai_plan_find(reader->plan, "item");
    w->channel = skuai_plan_find(reader->plan, "channel");
    w->cache = skuai_zero(reader->series ? CACHE_SLOTS : 1, sizeof *w->cache);
    if (w->cache && w->fields && w->row_series && w->row_micros && w->vectors && w->data &&
        w->masks)
        return w;
    worker_free(w);
    return NULL;
}

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
    worker *w = worker_new(store->reader);
    if (w)
        duckdb_init_set_init_data(info, w, worker_free);
    else
        duckdb_init_set_error(info, "out of memory");
}

static void rows_next(duckdb_function_info info, duckdb_data_chunk output) {
    worker *w = duckdb_function_get_local_init_data(info);
    for (size_t k = 0; k < w->reader->n_outputs; k++) {
        w->vectors[k] = duckdb_data_chunk_get_vector(output, (idx_t)k);
        w->data[k] = duckdb_vector_get_data(w->vectors[k]);
        duckdb_vector_ensure_validity_writable(w->vectors[k]);
        w->masks[k] = duckdb_vector_get_validity(w->vectors[k]);
    }
    idx_t n = fill_rows(w);
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

/* Nothing above 12 on either side: days usually move on from row to row, months stay. */
static skuai_date_form by_movement(int64_t day_moves, int64_t month_moves) {
    return day_moves > month_moves ? SKUAI_DATE_DMY : SKUAI_DATE_MDY;
}

skua_status skuai_reader_day_order(skuai_reader *reader, skuai_plan *plan, skua_error *err) {
    skuai_plan_column *column = NULL;
    for (size_t k = 0; k < plan->n_columns; k++)
        if (plan->columns[k].type == SKUAI_ROLE_TIME && plan->columns[k].role->required)
            column = &plan->columns[k];
    worker *w = column ? worker_new(reader) : NULL;
    if (!w) return skuai_error_memory(err, "a reader");
    int64_t only[2] = {0, 0}, moves[2] = {0, 0}, last[2] = {0, 0};
    while (next_record(w)) {
        if (w->record.n_fields <= column->sources[0] || w->record.unclosed) continue;
        const skuai_csv_field *f = &w->fields[column->sources[0]];
        skuai_instant d, m;
        bool dmy = skuai_field_date(f->text, f->size, SKUAI_DATE_DMY, &d) == SKUAI_FIELD_GOOD;
        bool mdy = skuai_field_date(f->text, f->size, SKUAI_DATE_MDY, &m) == SKUAI_FIELD_GOOD;
        only[0] += dmy && !mdy;
        only[1] += mdy && !dmy;
        if (!dmy || !mdy) continue;
        int64_t first = skuai_date_from_day(d.micros / INT64_C(86400000000)).day;
        int64_t second = skuai_date_from_day(m.micros / INT64_C(86400000000)).day;
        moves[0] += first != last[0];
        moves[1] += second != last[1];
        last[0] = first, last[1] = second;
    }
    worker_free(w);
    if (reader->status != SKUA_OK) {
        if (err) *err = reader->error;
        return reader->status;
    }
    bool told = only[0] != only[1];
    column->form = told ? only[0] > only[1] ? SKUAI_DATE_DMY : SKUAI_DATE_MDY
                        : by_movement(moves[0], moves[1]);
    plan->date_open = !told;
    plan->date_note = told ? "day and month told apart by values above 12"
                           : "no value is above 12: the number that moves faster is taken as the "
                             "day (--date dmy or mdy decides)";
    reader->started = reader->end = false;
    reader->line = 1;
    reader->carry.size = 0;
    return skuai_bytes_rewind(reader->bytes, err);
}
