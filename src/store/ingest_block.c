#include "store/ingest_worker.h"

#include <stdio.h>
#include <string.h>

#define BLOCK        ((size_t)1 << 20)
#define REJECT_LIMIT ((int64_t)1000000)
#define REJECT_TEXT  ((size_t)1000)

/* -- Failure and rejects
 * ---------------------------------------------------------------------------- */

skua_status skuai_reader_fail(skuai_reader *reader, skua_status status, const skua_error *error) {
    pthread_mutex_lock(&reader->mutex);
    if (reader->status == SKUA_OK) {
        reader->status = status;
        reader->error = *error;
    }
    pthread_mutex_unlock(&reader->mutex);
    return status;
}

bool skuai_worker_reject(skuai_worker *w, bool keep_row, const char *why) {
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
    bool good = made && line && reason && text.status == SKUA_OK && all <= REJECT_LIMIT;
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
const char *skuai_worker_explain(skuai_worker *w, const skuai_plan_column *column,
                                 const skuai_csv_field *field, skuai_field_result result) {
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
    w->starved = skuai_buffer_text(&w->scratch, text) != SKUA_OK || w->starved;
    return skuai_buffer_view(&w->scratch);
}

/* -- Blocks
 * ------------------------------------------------------------------------------------------ */

static bool block_reserve(skuai_block *b, size_t capacity) {
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
static skua_status fill_block(skuai_reader *reader, skuai_block *b, skua_error *err) {
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
            return skuai_error_set(err, SKUA_EDATA, "%s:%lld: a line of more than 16 MB",
                                   reader->path, (long long)reader->line);
        if (!block_reserve(b, b->capacity * 2)) return skuai_error_memory(err, "a piece of a file");
    }
    const char *line = b->data, *end = b->data + whole;
    while (whole > SKUAI_CSV_LINE && line < end) { /* at the end of the file a long line is whole */
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if ((size_t)((stop ? stop : end) - line) > SKUAI_CSV_LINE)
            return skuai_error_set(
                err, SKUA_EDATA, "%s:%lld: a line of more than 16 MB", reader->path,
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
static void skip_header(skuai_reader *reader, skuai_block *b) {
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

static skua_status next_block(skuai_reader *reader, skuai_block *b) {
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
bool skuai_worker_next(skuai_worker *w) {
    skuai_block *b = &w->block;
    for (;;) {
        if (b->at >= b->size && (next_block(w->reader, b) != SKUA_OK || b->size == 0)) return false;
        if (b->at >= b->size) continue;
        const skuai_plan *plan = w->reader->plan;
        w->record_text = b->data + b->at;
        w->record_line = b->line;
        skuai_csv_split(b->data + b->at, b->size - b->at, &plan->dialect, w->fields,
                        plan->n_file_columns - plan->n_constants, &w->record);
        b->at += w->record.size;
        b->line += (int64_t)w->record.lines;
        if (w->record.n_fields > 1 || w->fields[0].size > 0 || w->fields[0].quoted) return true;
    }
}

/* Is the record fit for reading its fields? Rejected if not. */
bool skuai_worker_good(skuai_worker *w) {
    const skuai_plan *plan = w->reader->plan;
    size_t columns = plan->n_file_columns - plan->n_constants;
    char why[120];
    if (w->record.unclosed) {
        bool long_one = w->block.size - w->block.at + w->record.size > SKUAI_CSV_QUOTED;
        skuai_worker_reject(w, false,
                            long_one ? "a quote is not closed within 1 MB, the most a quoted "
                                       "field may be"
                                     : "a quote is never closed");
        return false;
    }
    if (w->block.has_zero && memchr(w->record_text, 0, w->record.size)) {
        skuai_worker_reject(w, false, "a NUL byte");
        return false;
    }
    if (w->block.bad_text &&
        skuai_utf8_valid((const unsigned char *)w->record_text, w->record.size) != w->record.size) {
        skuai_worker_reject(w, false, "not valid UTF-8");
        return false;
    }
    if (w->record.n_fields == columns) return true;
    bool over = w->record.n_fields > columns;
    if (over) { /* delimiters at the end of the line are no fields */
        const char *p = w->record_text + w->record.size;
        size_t surplus = w->record.n_fields - columns;
        while (p > w->record_text && (p[-1] == '\n' || p[-1] == '\r'))
            p--;
        while (surplus && p > w->record_text && p[-1] == plan->dialect.delimiter)
            p--, surplus--;
        if (!surplus) return true;
    }
    (void)snprintf(why, sizeof why, "%zu fields, %s %zu", w->record.n_fields,
                   plan->header ? "the header has" : "the first line has", columns);
    skuai_worker_reject(w, false, why);
    return false;
}
