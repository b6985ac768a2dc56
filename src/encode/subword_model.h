/* subword_model.h -- inside of subword.h (room encode, private to it). */
#ifndef SKUA_ENCODE_SUBWORD_MODEL_H
#define SKUA_ENCODE_SUBWORD_MODEL_H

#include "encode/subword.h"
#include "encode/subword_feature.h"

struct skuai_subword {
    size_t width, features;
    uint32_t *buckets; /* [features] ascending */
    float *idf;        /* [features] */
    float *directions; /* [features, width], scaled by the singular values */
    int32_t *place;    /* [SKUAI_SUBWORD_BUCKETS] feature of a bucket, -1: none */
};

/* Allocate all arrays; *model is owned by the caller. */
SKUA_MUST_USE skua_status skuai_subword_allocate(size_t width, size_t features,
                                                 skuai_subword **model, skua_error *err);

/* Texts as rows of weights of length 1, by row and by column. */
typedef struct skuai_sparse {
    size_t rows, columns, count;
    size_t *row_from;     /* [rows + 1] */
    uint32_t *row_column; /* [count] */
    float *row_value;     /* [count] */
    size_t *column_from;  /* [columns + 1] */
    uint32_t *column_row; /* [count] */
    float *column_value;  /* [count] */
} skuai_sparse;

void skuai_sparse_clear(skuai_sparse *sparse);
/* Fill the arrays by column from those by row. */
SKUA_MUST_USE skua_status skuai_sparse_transpose(skuai_sparse *sparse, skua_error *err);

/* The k strongest right singular directions of a sparse matrix: directions [columns, k] out,
 * orthonormal columns; values [k] out, descending. k <= min(rows, columns). */
SKUA_MUST_USE skua_status skuai_sparse_directions(const skuai_sparse *sparse, size_t k, int passes,
                                                  const skuai_context *context, float *directions,
                                                  double *values, skua_error *err);

#endif
