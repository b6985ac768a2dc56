/* text_rows.h -- labelled texts of a file, cut into parts and classes (room shop, private).
 *
 * A row without words or without a label is left out and counted. Parts: by a column (train; dev,
 * val or validation; test), else by a hash of seed and text, so that equal texts are never in two
 * parts. Classes of demand: quantiles of the training part's labels, those that are equal merged;
 * class k holds edge k-1 < y <= edge k. */
#ifndef SKUA_SHOP_TEXT_ROWS_H
#define SKUA_SHOP_TEXT_ROWS_H

#include "encode/text_training.h"
#include "shop/shop.h"

typedef enum skuai_text_part {
    SKUAI_TEXT_TRAIN,
    SKUAI_TEXT_DEV,
    SKUAI_TEXT_TEST,
    SKUAI_TEXT_PARTS
} skuai_text_part;

typedef struct skuai_text_rows {
    skuai_store *store;
    skuai_table *table;
    skuai_arena *arena;
    size_t n, left_out;
    const char **texts;  /* [n] of a part side by side, train first */
    size_t *sizes;       /* [n] */
    const char **labels; /* [n] as the file has them */
    double *values;      /* [n] of a number; of the same order */
    int32_t *classes;    /* [n] or NULL: a regression */
    size_t from[SKUAI_TEXT_PARTS + 1];
    const char **names; /* [n_classes] */
    size_t n_classes;
    double *edges; /* [n_edges] of demand */
    size_t n_edges;
} skuai_text_rows;

/* Read, cut and label as the shop's settings say. SKUA_EDATA: no such column (those that are there
 * are named), a label that is no number, fewer than two classes; SKUA_ENOTFOUND. _clear on failure
 * too. */
SKUA_MUST_USE skua_status skuai_text_rows_read(const skua_shop *shop, const char *path,
                                               skuai_text_rows *rows, skua_error *err);
/* The texts alone: columns row, text; no parts. */
SKUA_MUST_USE skua_status skuai_text_rows_read_texts(const skua_shop *shop, const char *path,
                                                     skuai_text_rows *rows, skua_error *err);
void skuai_text_rows_clear(skuai_text_rows *rows);

#endif
