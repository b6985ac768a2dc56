/* csv_row.h -- reading small golden files: rows of a leading text and numbers. */
#ifndef SKUA_TEST_CSV_ROW_H
#define SKUA_TEST_CSV_ROW_H

#include "support/support.h"

#include <stdlib.h>
#include <string.h>

#define CSV_VALUES 200

typedef struct csv_row {
    char text[2][32]; /* the leading fields that are no numbers */
    size_t n_texts;
    double values[CSV_VALUES];
    size_t n;
} csv_row;

/* The next row; false at the end of the file. */
static inline bool csv_row_read(FILE *file, csv_row *row) {
    static char line[65536];
    if (!fgets(line, sizeof line, file)) return false;
    row->n = row->n_texts = 0;
    for (char *field = line; field && *field;) {
        char *comma = strchr(field, ','), *end;
        if (comma) *comma = '\0';
        double value = strtod(field, &end);
        if (end == field || (*end && *end != '\r' && *end != '\n')) {
            assert_true(row->n_texts < 2);
            snprintf(row->text[row->n_texts++], sizeof row->text[0], "%.31s", field);
        } else {
            assert_true(row->n < CSV_VALUES);
            row->values[row->n++] = value;
        }
        field = comma ? comma + 1 : NULL;
    }
    return true;
}

static inline FILE *csv_open(const char *relative) {
    char path[4096];
    FILE *file = fopen(test_source(relative, path, sizeof path), "r");
    assert_non_null(file);
    return file;
}

#endif
