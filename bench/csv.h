/* csv.h -- a small reader of the benchmark sets (gzip or plain), for bench/ only. */
#ifndef SKUA_BENCH_CSV_H
#define SKUA_BENCH_CSV_H

#include "core/alloc.h"

typedef struct bench_csv {
    char *text;   /* the whole file, cut into fields in place */
    char **cells; /* [rows * columns], row major; row 0 is the header */
    size_t rows, columns;
} bench_csv;

/* Read a file of the data folder. SKUA_ENOTFOUND when it is not there. */
SKUA_MUST_USE skua_status bench_csv_read(const char *relative, bench_csv *csv, skua_error *err);
void bench_csv_clear(bench_csv *csv);

static inline const char *bench_csv_cell(const bench_csv *csv, size_t row, size_t column) {
    return csv->cells[row * csv->columns + column];
}
/* Column by its header name; SIZE_MAX: none. */
size_t bench_csv_column(const bench_csv *csv, const char *name);
/* A number; NaN for "", "NA", "nan" or anything else that is none. TRUE is 1, FALSE 0. */
double bench_csv_number(const bench_csv *csv, size_t row, size_t column);
/* The first row behind `from` that differs from it in one of the first columns; all rows of a
 * series where a file is sorted by them. */
size_t bench_csv_stretch(const bench_csv *csv, size_t from, size_t columns);
/* "2012-10-26" as a day. */
int64_t bench_csv_day(const bench_csv *csv, size_t row, size_t column);

/* $SKUA_DATA, else ../shared/data beside the repository. */
void bench_data_path(const char *relative, char *path, size_t size);

#endif
