#include "store/ingest_worker.h"

#include <stdio.h>
#include <string.h>

#define HOUR_MICROS (INT64_C(3600) * 1000000)

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
static skuai_csv_field text_of(skuai_worker *w, const skuai_plan_column *column) {
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
    w->starved = w->starved || w->scratch.status != SKUA_OK;
    return (skuai_csv_field){skuai_buffer_view(&w->scratch), w->scratch.size, false};
}

static void set_valid(skuai_worker *w, size_t output, idx_t row, bool valid) {
    uint64_t *word = &w->masks[output][row / 64], bit = UINT64_C(1) << row % 64;
    *word = valid ? *word | bit : *word & ~bit;
}

static bool same_text(const char *text, const skuai_csv_field *f) {
    return strncmp(text, f->text, f->size) == 0 && text[f->size] == '\0';
}

static int64_t number_series(skuai_worker *w, const skuai_csv_field *i, const skuai_csv_field *c) {
    skuai_reader *reader = w->reader;
    uint64_t hash = skuai_series_hash(i->text, i->size, c->text, c->size);
    skuai_cached *slot = &w->cache[hash & (SKUAI_CACHE_SLOTS - 1)];
    if (slot->item && slot->hash == hash && same_text(slot->item, i) && same_text(slot->channel, c))
        return slot->number;
    pthread_mutex_lock(&reader->mutex);
    int64_t number = skuai_series_add(reader->series, hash, i->text, i->size, c->text, c->size);
    if (number >= 0)
        *slot = (skuai_cached){hash, reader->series->items[number],
                               reader->series->channels[number], number};
    pthread_mutex_unlock(&reader->mutex);
    return number;
}

/* The number of the row's series; -1 after a reject, -2 when out of memory. */
static int64_t series_of(skuai_worker *w) {
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
        skuai_worker_reject(w, false, "item is missing");
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

static void gather_extras(skuai_worker *w) {
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
    w->starved = w->starved || w->extras.status != SKUA_OK;
}

static skuai_field_result read_date(skuai_worker *w, const skuai_csv_field *field,
                                    skuai_date_form form, skuai_instant *instant) {
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
static bool put_value(skuai_worker *w, size_t at, idx_t row) {
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
            skuai_worker_reject(w, false,
                                skuai_worker_explain(w, column, field, SKUAI_FIELD_MISSING));
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
                       skuai_worker_explain(w, column, field, result));
        skuai_worker_reject(w, true, why);
        return true;
    }
    if (field->size == 0) result = SKUAI_FIELD_MISSING;
    skuai_worker_reject(w, false, skuai_worker_explain(w, column, field, result));
    return false;
}

/* -- Rows
 * -------------------------------------------------------------------------------------------- */

/* ds and units of a wide record's column. */
static bool put_wide(skuai_worker *w, idx_t row) {
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
            skuai_worker_reject(w, false, skuai_worker_explain(w, &column, field, result));
            return false;
        }
        ((double *)w->data[k])[row] = value;
        set_valid(w, k, row, result == SKUAI_FIELD_GOOD);
    }
    return true;
}

static bool put_row(skuai_worker *w, idx_t row) {
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
                (void)skuai_reader_fail(reader, status, &error);
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
static void count_rows(skuai_worker *w, idx_t n) {
    skuai_reader *reader = w->reader;
    skuai_reader_counts *counts = &reader->counts;
    pthread_mutex_lock(&reader->mutex);
    counts->rows += (int64_t)n;
    for (idx_t i = 0; reader->series && i < n; i++) {
        int64_t at = w->row_micros[i];
        if (at < counts->least) counts->least = at;
        if (at > counts->most) counts->most = at;
        counts->met += w->row_series[i] < reader->series->n_known;
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
idx_t skuai_worker_fill(skuai_worker *w) {
    const skuai_plan *plan = w->reader->plan;
    idx_t n = 0, capacity = duckdb_vector_size();
    while (n < capacity) {
        if (w->wide_next == SIZE_MAX) {
            if (!skuai_worker_next(w)) break;
            if (!skuai_worker_good(w)) continue;
            if (plan->n_wide) w->wide_next = 0;
        }
        n += put_row(w, n);
        if (w->starved) {
            skua_error error;
            skua_status status = skuai_error_memory(&error, "a row");
            (void)skuai_reader_fail(w->reader, status, &error);
            return 0;
        }
        if (w->wide_next != SIZE_MAX && ++w->wide_next == plan->n_wide) w->wide_next = SIZE_MAX;
    }
    count_rows(w, n);
    return n;
}

void skuai_worker_free(void *data) {
    skuai_worker *w = data;
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

skuai_worker *skuai_worker_new(skuai_reader *reader) {
    skuai_worker *w = skuai_zero(1, sizeof *w);
    if (!w) return NULL;
    size_t capacity = (size_t)duckdb_vector_size(), n = reader->n_outputs;
    w->reader = reader;
    w->wide_next = SIZE_MAX;
    w->fields = skuai_zero(reader->plan->n_file_columns, sizeof *w->fields);
    for (size_t k = 0; w->fields && k < reader->plan->n_constants; k++)
        w->fields[reader->plan->n_file_columns - reader->plan->n_constants + k] =
            reader->plan->constants[k];
    w->row_series = skuai_zero(capacity, sizeof *w->row_series);
    w->row_micros = skuai_zero(capacity, sizeof *w->row_micros);
    w->vectors = skuai_zero(n, sizeof *w->vectors);
    w->data = skuai_zero(n, sizeof *w->data);
    w->masks = skuai_zero(n, sizeof *w->masks);
    skuai_buffer_init(&w->scratch, SKUAI_CSV_LINE * 2);
    skuai_buffer_init(&w->extras, SKUAI_CSV_LINE * 8);
    w->item = skuai_plan_find(reader->plan, "item");
    w->channel = skuai_plan_find(reader->plan, "channel");
    w->cache = skuai_zero(reader->series ? SKUAI_CACHE_SLOTS : 1, sizeof *w->cache);
    if (w->cache && w->fields && w->row_series && w->row_micros && w->vectors && w->data &&
        w->masks)
        return w;
    skuai_worker_free(w);
    return NULL;
}
