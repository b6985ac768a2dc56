#include "store/ingest_reader.h"

#include <stdio.h>
#include <string.h>

#define HEAD_BYTES ((size_t)1 << 20)
#define HEAD_ROWS  ((size_t)2000)

/* At least a line and up to HEAD_BYTES of text; [size] is '\n'. */
static skua_status read_head(skuai_bytes *bytes, const char *path, skuai_arena *arena, char **text,
                             size_t *size, bool *whole, skua_error *err) {
    size_t capacity = HEAD_BYTES, n;
    *text = skuai_arena_take(arena, capacity + 1, 1);
    if (!*text) return skuai_error_memory(err, "a file's head");
    SKUA_TRY(skuai_bytes_read(bytes, *text, capacity, size, err));
    while (*size == capacity && !memchr(*text, '\n', *size)) {
        if (capacity >= SKUAI_CSV_LINE)
            return skuai_error_set(err, SKUA_EDATA,
                                   "%s:1: the first line is longer than 16 MB; is this a table?",
                                   path);
        char *larger = skuai_arena_take(arena, capacity * 4 + 1, 1);
        if (!larger) return skuai_error_memory(err, "a file's head");
        memcpy(larger, *text, *size);
        *text = larger;
        SKUA_TRY(skuai_bytes_read(bytes, *text + *size, capacity * 3, &n, err));
        capacity *= 4;
        *size += n;
    }
    *whole = *size < capacity;
    if (!*whole) /* only whole lines */
        while ((*text)[*size - 1] != '\n')
            --*size;
    (*text)[*size] = '\n';
    return SKUA_OK;
}

static bool blank(const skuai_csv_record *record, const skuai_csv_field *field) {
    return record->n_fields == 1 && field->size == 0;
}

/* "sep=;" as Excel writes it. */
static size_t separator_line(const char *text, size_t size, char *delimiter) {
    if (size < 6 || memcmp(text, "sep=", 4) != 0) return 0;
    const char *end = memchr(text, '\n', size);
    size_t n = end ? (size_t)(end - text) + 1 : 0;
    if (n != 6 && !(n == 7 && text[5] == '\r')) return 0;
    *delimiter = text[4];
    return n;
}

static bool is_data(const skuai_csv_field *field) {
    double value;
    if (field->size == 0) return false;
    return skuai_field_number(field->text, field->size, '.', &value) == SKUAI_FIELD_GOOD ||
           (skuai_field_date_forms(field->text, field->size) & 0xFu) != 0;
}

/* A first line without a single known name, with a number or date above others: data already. */
static bool first_line_is_names(const skuai_sample *sample, const skuai_table_roles *table) {
    char name[96];
    size_t data = 0, numbers = 0;
    for (size_t c = 0; c < sample->n_columns; c++) {
        const skuai_csv_field *field = &sample->cells[c];
        skuai_name_normalise(field->text, field->size, name, sizeof name);
        for (size_t i = 0; i < table->n_roles; i++)
            if (*name && skuai_role_match(&table->roles[i], name) >= 0) return true;
        bool below = sample->n_rows > 1 && is_data(&sample->cells[sample->n_columns + c]);
        numbers += below;
        data += below && is_data(field);
    }
    return data == 0 || (data < numbers && data < 2);
}

static skua_status name_columns(skuai_sample *sample, const char *path, skuai_arena *arena,
                                skua_error *err) {
    sample->names = skuai_arena_take(arena, sample->n_columns, sizeof *sample->names);
    if (!sample->names) return skuai_error_memory(err, "a file's head");
    for (size_t c = 0; c < sample->n_columns; c++) {
        const skuai_csv_field *field = &sample->cells[c];
        char number[32];
        const char *text = number;
        size_t n = (size_t)snprintf(number, sizeof number, "column%zu", c + 1);
        if (sample->header && field->size) text = field->text, n = field->size;
        while (text != number && n > 1 && text[n - 1] == ' ')
            n--;
        while (text != number && n > 1 && *text == ' ')
            text++, n--;
        sample->names[c] = skuai_arena_text(arena, text, n);
        if (!sample->names[c]) return skuai_error_memory(err, "a file's head");
    }
    for (size_t c = 0; c < sample->n_columns; c++) /* at most 4,096: 8 M comparisons */
        for (size_t d = 0; d < c; d++)
            if (strcmp(sample->names[c], sample->names[d]) == 0)
                return skuai_error_set(
                    err, SKUA_ESCHEMA,
                    "%s:1: columns %zu and %zu are both called '%.60s'; rename one", path, d + 1,
                    c + 1, sample->names[c]);
    return SKUA_OK;
}

/* Cells of the first records, all with n_columns fields; others are left out of the sample. */
static skua_status sample_rows(char *text, size_t size, const skuai_csv_dialect *dialect,
                               skuai_sample *sample, skuai_arena *arena, skua_error *err) {
    size_t capacity = HEAD_ROWS;
    if (sample->n_columns > 64) capacity = HEAD_ROWS * 64 / sample->n_columns + 2;
    skuai_csv_field *cells =
        skuai_arena_take(arena, (capacity + 1) * sample->n_columns, sizeof *cells);
    if (!cells) return skuai_error_memory(err, "a file's head");
    for (size_t at = 0; at < size && sample->n_rows < capacity;) {
        skuai_csv_record record;
        skuai_csv_field *row = cells + sample->n_rows * sample->n_columns;
        skuai_csv_split(text + at, size - at, dialect, row, sample->n_columns, &record);
        sample->n_rows += record.n_fields == sample->n_columns && !record.unclosed &&
                          !(sample->n_columns == 1 && blank(&record, row));
        at += record.size;
    }
    sample->cells = cells;
    return SKUA_OK;
}

/* Fields of the first record that is not blank. */
static size_t first_fields(char *text, size_t size, const skuai_csv_dialect *dialect) {
    for (size_t at = 0; at < size;) {
        skuai_csv_record record;
        skuai_csv_field field;
        char *copy = text + at; /* nothing is unescaped with no place to store: see capacity 1 */
        skuai_csv_split(copy, size - at, &(skuai_csv_dialect){dialect->delimiter, '\0'}, &field, 1,
                        &record);
        if (!blank(&record, &field)) {
            if (!memchr(copy, dialect->quote, record.size)) return record.n_fields;
            size_t n = 1; /* count delimiters outside quotes */
            bool inside = false;
            for (size_t i = 0; i < size - at && (inside || copy[i] != '\n'); i++) {
                inside ^= copy[i] == dialect->quote;
                n += !inside && copy[i] == dialect->delimiter;
            }
            return n;
        }
        at += record.size;
    }
    return 0;
}

skua_status skuai_head_read(skuai_bytes *bytes, const char *path, const skuai_table_roles *table,
                            char delimiter, int header, skuai_arena *arena,
                            skuai_csv_dialect *dialect, skuai_sample *sample, skua_error *err) {
    char *text;
    size_t size;
    bool whole = false;
    SKUA_TRY(read_head(bytes, path, arena, &text, &size, &whole, err));
    size_t skip = separator_line(text, size, &delimiter);
    text += skip, size -= skip;
    *dialect = skuai_csv_sniff(text, size, delimiter);
    skuai_sample made = {.n_columns = first_fields(text, size, dialect)};
    if (made.n_columns == 0) return skuai_error_set(err, SKUA_EDATA, "%s: is empty", path);
    if (made.n_columns > SKUAI_CSV_COLUMNS)
        return skuai_error_set(
            err, SKUA_EDATA,
            "%s:1: %zu columns, at most %zu are read; is the table turned on its "
            "side?",
            path, made.n_columns, SKUAI_CSV_COLUMNS);
    SKUA_TRY(sample_rows(text, size, dialect, &made, arena, err));
    if (made.n_rows == 0)
        return skuai_error_set(err, SKUA_EDATA, "%s:1: the first line cannot be read", path);
    made.header = header >= 0 ? header : first_line_is_names(&made, table);
    SKUA_TRY(name_columns(&made, path, arena, err));
    if (made.header) {
        made.cells += made.n_columns;
        made.n_rows--;
        bool more = false; /* rows that fit no sample are still rows */
        const char *line = memchr(text, '\n', size);
        for (const char *p = line ? line : text + size; p < text + size && !more; p++)
            more = *p != '\n' && *p != '\r';
        if (!more && whole)
            return skuai_error_set(err, SKUA_EDATA, "%s: has a header and no rows", path);
    }
    *sample = made;
    return skuai_bytes_rewind(bytes, err);
}
