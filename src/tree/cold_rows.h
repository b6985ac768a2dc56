/* cold_rows.h -- rows of a cold start: a series at an age, a period ahead (private to room tree).
 * Everything is a difference from curve and pulse, in z (cold_start.h). */
#ifndef SKUA_TREE_COLD_ROWS_H
#define SKUA_TREE_COLD_ROWS_H

#include "tree/cold_items.h"

/* What a series has shown by itself in its first `age` periods; old ones: in the last of them. */
typedef struct skuai_cold_own {
    size_t age, from; /* age: periods that count; from: the first of them */
    double n, mean, last, zeros, level;
} skuai_cold_own;

/* What is told of it by others. */
typedef struct skuai_cold_told_of {
    double analogues, ridge, likeness; /* likeness: that of the nearest */
} skuai_cold_told_of;

typedef struct skuai_cold_matrix {
    size_t n, columns;
    float *values;              /* [columns, n] */
    double *analogues, *linear; /* [n] two of the three parts */
    double *base;               /* [n] curve and pulse, which they are added to */
} skuai_cold_matrix;

size_t skuai_cold_columns(const skuai_cold_items *items);

SKUA_MUST_USE skua_status skuai_cold_matrix_new(const skuai_cold_items *items, size_t n,
                                                skuai_cold_matrix *matrix, skua_error *err);
void skuai_cold_matrix_clear(skuai_cold_matrix *matrix);

void skuai_cold_own_get(const skuai_cold_items *items, const skuai_panel *panel, size_t s,
                        size_t age, skuai_cold_own *own);

/* Fill row r: series s of a panel, row i of looks, h periods ahead of the periods of `own`. */
void skuai_cold_row(const skuai_cold_items *items, const skuai_panel *panel, size_t s,
                    const skuai_cold_looks *looks, size_t i, const skuai_cold_own *own,
                    const skuai_cold_told_of *told, size_t h, skuai_cold_matrix *matrix, size_t r);

#endif
