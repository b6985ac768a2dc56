/* feature_matrix.h -- rows to learn from, column by column (room learn).
 *
 * Element (row i, column k) is values[k * n_rows + i]; NaN is missing. A categorical column holds
 * whole numbers >= 0 (codes of a level); NaN or a negative number is an unknown level. */
#ifndef SKUA_LEARN_FEATURE_MATRIX_H
#define SKUA_LEARN_FEATURE_MATRIX_H

#include "core/alloc.h"

typedef struct skuai_feature_matrix {
    size_t n_rows, n_columns;
    const float *values;      /* [n_columns, n_rows] */
    const char *const *names; /* [n_columns] without blanks, or NULL */
    const bool *categorical;  /* [n_columns]; NULL: none */
} skuai_feature_matrix;

/* Rows with what is to be learnt. A row whose y is NaN must not be among them. */
typedef struct skuai_examples {
    skuai_feature_matrix x;
    const float *y;      /* [n_rows] finite */
    const float *weight; /* [n_rows] >= 0; NULL: all 1 */
} skuai_examples;

#endif
