/* loss_rows.h -- what all losses are: a weighted mean over rows (room nn).
 *
 * A loss gives a function of one row; skuai_loss_mean does weights, missing targets, fixed-order
 * sums in double, threads and the record. */
#ifndef SKUA_NN_LOSS_ROWS_H
#define SKUA_NN_LOSS_ROWS_H

#include "nn/tape_record.h"

typedef struct skuai_loss_rows skuai_loss_rows;

/* Where a row's gradient goes: d[k] = or += factor * derivative. */
typedef struct skuai_loss_slot {
    skuai_real *d; /* NULL: not wanted */
    double factor;
    bool fresh;
} skuai_loss_slot;

static inline void skuai_loss_put(const skuai_loss_slot *slot, size_t k, double derivative) {
    skuai_real v = (skuai_real)(slot->factor * derivative);
    slot->d[k] = slot->fresh ? v : slot->d[k] + v;
}

/* The loss of row i; derivatives with respect to its `width` predictions into the slot. */
typedef double (*skuai_loss_row)(const skuai_loss_rows *rows, size_t i,
                                 const skuai_loss_slot *slot);

struct skuai_loss_rows {
    const char *name;
    skuai_loss_row row;
    size_t n, width;                       /* rows, predictions in one */
    const skuai_real *x, *target, *weight; /* target NULL: see classes */
    const int32_t *classes;
    int32_t ignore;
    const double *levels; /* copied */
    bool counts;          /* targets below 0 are refused */
    /* made by skuai_loss_mean */
    double total, *sums; /* of weights; [pieces, 2] loss and weight */
    skuai_real *dx;
    double factor;
    bool fresh;
};

/* sum weight row / sum weight. x: the prediction, differentiated. */
skuai_tensor *skuai_loss_mean(skuai_tape *tape, skuai_tensor *x, const skuai_loss_rows *rows);

#endif
