#include "nn/kernel.h"
#include "nn/tape_record.h"

#include <string.h>

enum { ROWS_ELEMENTS = 16384 }; /* elements of a piece, in whole rows */

typedef struct activation_job {
    skuai_activation kind;
    const skuai_real *x, *dy;
    skuai_real *to;
    bool fresh;
    size_t n, width, wide, rows; /* width of the result, of x; rows of a piece */
} activation_job;

static skua_status activate_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const activation_job *j = argument;
    size_t first = i * j->rows, n = j->n - first < j->rows ? j->n - first : j->rows;
    if (j->dy)
        skuai_kernel_activate_back(j->kind, j->x + first * j->wide, j->dy + first * j->width,
                                   j->fresh, j->to + first * j->wide, NULL, n, j->width);
    else
        skuai_kernel_activate(j->kind, j->x + first * j->wide, j->to + first * j->width, n,
                              j->width);
    return SKUA_OK;
}

static bool activate(skuai_tape *tape, activation_job *j) {
    j->rows = j->wide < ROWS_ELEMENTS ? ROWS_ELEMENTS / j->wide : 1;
    return skuai_tape_parallel(tape, (j->n + j->rows - 1) / j->rows, 8 * (double)(j->n * j->wide),
                               activate_piece, j);
}

static skua_status activation_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    activation_job *j = node->state;
    j->dy = node->y->gradient;
    j->to = skuai_tape_gradient(tape, node->inputs[0], &j->fresh);
    if (j->to) (void)activate(tape, j);
    return SKUA_OK;
}

skuai_tensor *skuai_nn_activation(skuai_tape *tape, skuai_tensor *x, skuai_activation kind) {
    if (!skuai_tape_given(tape, "activation", &x, 1)) return NULL;
    size_t shape[4], wide = skuai_tensor_width(x);
    memcpy(shape, x->shape, sizeof shape);
    if (kind == SKUAI_ACTIVATION_SWIGLU) {
        if (wide % 2 != 0)
            return skuai_tape_fail(tape, SKUA_EINVAL, "SwiGLU: a width of %zu is not even", wide);
        shape[x->rank - 1] = wide / 2;
    }
    skuai_tensor *y = skuai_tape_result(tape, x->rank, shape);
    if (!y) return NULL;
    activation_job job = {.kind = kind,
                          .x = x->value,
                          .to = y->value,
                          .n = skuai_tensor_rows(x),
                          .width = skuai_tensor_width(y),
                          .wide = wide};
    if (!activate(tape, &job)) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, activation_backward, &x, 1, sizeof job);
    if (node) memcpy(node->state, &job, sizeof job);
    return y;
}
