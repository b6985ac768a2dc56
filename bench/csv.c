#include "csv.h"

#include "core/buffer.h"
#include "core/period.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void bench_data_path(const char *relative, char *path, size_t size) {
    const char *root = getenv("SKUA_DATA");
    if (root)
        (void)snprintf(path, size, "%s/%s", root, relative);
    else
        (void)snprintf(path, size, "%s/../shared/data/%s", SKUA_BENCH_SOURCE, relative);
}

static skua_status read_all(const char *path, skuai_buffer *buffer, skua_error *err) {
    char command[2048], block[65536];
    if (access(path, R_OK) != 0) return skuai_error_set(err, SKUA_ENOTFOUND, "no file %s", path);
    (void)snprintf(command, sizeof command, "gzip -dcf '%s'", path);
    FILE *pipe = popen(command, "r");
    if (!pipe) return skuai_error_set(err, SKUA_EIO, "cannot run gzip for %s", path);
    size_t n;
    while ((n = fread(block, 1, sizeof block, pipe)) > 0)
        (void)skuai_buffer_add(buffer, block, n);
    if (pclose(pipe) != 0) return skuai_error_set(err, SKUA_EIO, "cannot read %s", path);
    return skuai_buffer_check(buffer, err);
}

/* Cut the field at p in place; *next is the start of what follows, *last whether the line ends. */
static char *cut_field(char *p, char **next, bool *last) {
    char *start = p, *to = p;
    if (*p == '"') {
        start = to = ++p;
        for (; *p && !(*p == '"' && p[1] != '"'); *to++ = *p++)
            if (*p == '"') p++;
        if (*p) p++;
    } else {
        for (; *p && *p != ',' && *p != '\n'; p++)
            to = p + 1;
    }
    if (*p == '\r') p++;
    *last = *p != ',';
    *next = *p ? p + 1 : p;
    if (to > start && to[-1] == '\r') to--;
    *to = '\0';
    return start;
}

skua_status bench_csv_read(const char *relative, bench_csv *csv, skua_error *err) {
    char path[1024];
    bench_data_path(relative, path, sizeof path);
    skuai_buffer buffer;
    skuai_buffer_init(&buffer, SIZE_MAX);
    *csv = (bench_csv){0};
    skua_status status = read_all(path, &buffer, err);
    if (status == SKUA_OK) status = skuai_buffer_take(&buffer, &csv->text, err);
    skuai_buffer_clear(&buffer);
    if (status != SKUA_OK) return status;
    size_t lines = 1, capacity = 0, used = 0;
    char *begin = csv->text;
    while (*begin == '#') { /* lines about the source, above the header */
        begin += strcspn(begin, "\n");
        begin += *begin == '\n';
    }
    for (char *p = begin; *p; p++)
        lines += *p == '\n';
    for (char *p = begin; *p;) {
        bool last = false;
        size_t in_row = 0;
        while (!last) {
            if (used == capacity) {
                capacity = csv->columns ? lines * csv->columns : used + 4096;
                if (capacity <= used) capacity = used + 4096;
                char **grown = skuai_resize(csv->cells, capacity, sizeof *grown);
                if (!grown) {
                    bench_csv_clear(csv);
                    return skuai_error_memory(err, relative);
                }
                csv->cells = grown;
            }
            csv->cells[used++] = cut_field(p, &p, &last);
            in_row++;
        }
        if (csv->columns == 0) csv->columns = in_row;
        if (in_row != csv->columns) {
            bench_csv_clear(csv);
            return skuai_error_set(err, SKUA_EDATA, "%s: row %zu has %zu fields, need %zu",
                                   relative, csv->rows + 1, in_row, csv->columns);
        }
        csv->rows++;
    }
    return SKUA_OK;
}

void bench_csv_clear(bench_csv *csv) {
    skuai_free(csv->cells);
    skuai_free(csv->text);
    *csv = (bench_csv){0};
}

size_t bench_csv_column(const bench_csv *csv, const char *name) {
    for (size_t k = 0; k < csv->columns; k++)
        if (strcmp(csv->cells[k], name) == 0) return k;
    return SIZE_MAX;
}

double bench_csv_number(const bench_csv *csv, size_t row, size_t column) {
    const char *text = bench_csv_cell(csv, row, column);
    if (strcmp(text, "TRUE") == 0) return 1;
    if (strcmp(text, "FALSE") == 0) return 0;
    char *end;
    double x = strtod(text, &end);
    return end == text ? (double)NAN : x;
}

size_t bench_csv_stretch(const bench_csv *csv, size_t from, size_t columns) {
    for (size_t r = from; r < csv->rows; r++)
        for (size_t k = 0; k < columns; k++)
            if (strcmp(bench_csv_cell(csv, r, k), bench_csv_cell(csv, from, k)) != 0) return r;
    return csv->rows;
}

int64_t bench_csv_day(const bench_csv *csv, size_t row, size_t column) {
    char *end;
    const char *text = bench_csv_cell(csv, row, column);
    long year = strtol(text, &end, 10), month = strtol(end + 1, &end, 10),
         day = strtol(end + 1, NULL, 10);
    return skuai_day_from_date((int)year, (int)month, (int)day);
}
