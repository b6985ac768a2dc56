/* golden.h -- reads the rows "name,number,number,..." of tests/golden/time (see make.py there). */
#ifndef SKUA_TEST_GOLDEN_H
#define SKUA_TEST_GOLDEN_H

#include "support/support.h"

#include <stdlib.h>
#include <string.h>

typedef struct golden_row {
    char name[64];
    double *values; /* [n] */
    size_t n;
} golden_row;

typedef struct golden {
    golden_row *rows;
    size_t n;
} golden;

static inline void *golden_memory(void *block, size_t bytes) {
    void *grown = realloc(block, bytes);
    assert_non_null(grown);
    return grown;
}

static inline golden_row golden_parse(char *line) {
    golden_row row = {.values = NULL};
    char *at = strchr(line, ',');
    assert_non_null(at);
    size_t length = (size_t)(at - line);
    assert_true(length < sizeof row.name);
    memcpy(row.name, line, length);
    row.name[length] = '\0';
    while (*at == ',') {
        row.values = golden_memory(row.values, (row.n + 1) * sizeof *row.values);
        row.values[row.n++] = strtod(at + 1, &at);
    }
    return row;
}

/* All rows of tests/golden/time/<file>; fails when there are none. Free with golden_free. */
static inline golden golden_load(const char *file) {
    char relative[128], path[1024], *line = NULL;
    (void)snprintf(relative, sizeof relative, "tests/golden/time/%s", file);
    FILE *stream = fopen(test_source(relative, path, sizeof path), "r");
    assert_non_null(stream);
    golden g = {NULL, 0};
    size_t size = 0;
    while (getline(&line, &size, stream) > 0) {
        g.rows = golden_memory(g.rows, (g.n + 1) * sizeof *g.rows);
        g.rows[g.n++] = golden_parse(line);
    }
    free(line);
    (void)fclose(stream);
    assert_true(g.n > 0);
    return g;
}

static inline void golden_free(golden *g) {
    for (size_t i = 0; i < g->n; i++)
        free(g->rows[i].values);
    free(g->rows);
}

/* The first row of that name; fails when there is none. */
static inline const golden_row *golden_find(const golden *g, const char *name) {
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->rows[i].name, name) == 0) return &g->rows[i];
    fail_msg("no golden row %s", name);
    return NULL;
}

/* Part number `part` of a name "a:b:c" into text [size]. */
static inline const char *golden_part(const char *name, size_t part, char *text, size_t size) {
    for (; part > 0; part--) {
        name = strchr(name, ':');
        assert_non_null(name);
        name++;
    }
    size_t length = strcspn(name, ":");
    assert_true(length < size);
    memcpy(text, name, length);
    text[length] = '\0';
    return text;
}

#endif
