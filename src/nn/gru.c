#include "nn/kernel.h"
#include "nn/product.h"

#include <string.h>

/* The inputs' products of all steps are one product before, their gradients one behind; a block of
 * rows of the batch goes through all steps by itself. */

enum { BLOCK = 32 };

typedef struct gru_job {
    size_t batch, steps, in, width;
    const skuai_real *h0, *w_hidden, *b_hidden, *dy;
    skuai_real *projected; /* [B, T, 3H] of the inputs; backward their gradient */
    skuai_real *states;    /* [B, T, H] */
    skuai_real *saved;     /* [B, T, 4H] or NULL */
    skuai_real *hidden;    /* [B, T, 3H] gradients of the states' products */
    skuai_real *before;    /* [B, T, H] the state before each step */
    skuai_real *dh0;
    bool dh0_fresh;
    skuai_real *scratch;
    size_t stride;
} gru_job;

static size_t rows_of(const gru_job *j, size_t block, size_t *first) {
    *first = block * BLOCK;
    return j->batch - *first < BLOCK ? j->batch - *first : BLOCK;
}

static const skuai_real *state_before(const gru_job *j, size_t b, size_t t) {
    if (t > 0) return j->states + (b * j->steps + t - 1) * j->width;
    return j->h0 ? j->h0 + b * j->width : NULL;
}

/* products [n, 3H] = states before step t times w_hidden' + b_hidden */
static skua_status hidden_products(const gru_job *j, size_t first, size_t n, size_t t,
                                   skuai_real *products, skua_error *err) {
    size_t w = j->width;
    skuai_kernel_fill_rows(j->b_hidden, NULL, products, n, 3 * w);
    const skuai_real *h = state_before(j, first, t);
    if (!h) return SKUA_OK;
    return skuai_product(&(skuai_matrix_call){.b_transposed = true,
                                              .m = n,
                                              .n = 3 * w,
                                              .k = w,
                                              .lda = t > 0 ? j->steps * w : w,
                                              .ldb = w,
                                              .ldc = 3 * w,
                                              .alpha = 1,
                                              .beta = 1},
                         h, j->w_hidden, products, err);
}

static skua_status forward_block(void *argument, size_t block, int worker, skua_error *err) {
    const gru_job *j = argument;
    size_t first, n = rows_of(j, block, &first), w = j->width;
    skuai_real *products = j->scratch + (size_t)worker * j->stride;
    for (size_t t = 0; t < j->steps; t++) {
        SKUA_TRY(hidden_products(j, first, n, t, products, err));
        for (size_t i = 0; i < n; i++) {
            size_t b = first + i, at = b * j->steps + t;
            skuai_kernel_gru(j->projected + at * 3 * w, products + i * 3 * w, state_before(j, b, t),
                             j->states + at * w, j->saved ? j->saved + at * 4 * w : NULL, w);
        }
    }
    return SKUA_OK;
}

static skua_status backward_block(void *argument, size_t block, int worker, skua_error *err) {
    const gru_job *j = argument;
    size_t first, n = rows_of(j, block, &first), w = j->width;
    skuai_real *carried = j->scratch + (size_t)worker * j->stride, *state = carried + n * w;
    skuai_kernel_zero(carried, n * w);
    for (size_t t = j->steps; t-- > 0;) {
        for (size_t i = 0; i < n; i++) {
            size_t b = first + i, at = b * j->steps + t;
            const skuai_real *before = state_before(j, b, t);
            if (before)
                skuai_kernel_copy(before, j->before + at * w, w);
            else
                skuai_kernel_zero(j->before + at * w, w);
            skuai_kernel_sum(j->dy + at * w, carried + i * w, state, w);
            skuai_kernel_gru_back(j->saved + at * 4 * w, j->before + at * w, state,
                                  j->projected + at * 3 * w, j->hidden + at * 3 * w,
                                  carried + i * w, w);
        }
        /* carried += gradient of the products times w_hidden */
        SKUA_TRY(skuai_product(&(skuai_matrix_call){.m = n,
                                                    .n = w,
                                                    .k = 3 * w,
                                                    .lda = j->steps * 3 * w,
                                                    .ldb = w,
                                                    .ldc = w,
                                                    .alpha = 1,
                                                    .beta = 1},
                               j->hidden + (first * j->steps + t) * 3 * w, j->w_hidden, carried,
                               err));
    }
    if (j->dh0) skuai_kernel_accumulate(carried, j->dh0_fresh, j->dh0 + first * w, n * w);
    return SKUA_OK;
}

enum { X, H0, W_INPUT, W_HIDDEN, B_INPUT, B_HIDDEN, OPERANDS };

static skua_status gru_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    gru_job *j = node->state;
    skuai_tensor **t = node->inputs;
    size_t rows = j->batch * j->steps, w = j->width;
    skuai_storage *projected = skuai_tape_storage(tape, rows * 3 * w, sizeof(skuai_real));
    skuai_storage *hidden = skuai_tape_storage(tape, rows * 3 * w, sizeof(skuai_real));
    skuai_storage *before = skuai_tape_storage(tape, rows * w, sizeof(skuai_real));
    skuai_storage *scratch = skuai_tape_scratch(tape, BLOCK * w + w, &j->stride);
    if (projected && hidden && before && scratch) {
        j->projected = projected->data, j->hidden = hidden->data, j->before = before->data;
        j->scratch = scratch->data;
        j->dy = node->y->gradient;
        j->dh0 = skuai_tape_gradient(tape, t[H0], &j->dh0_fresh);
        if (skuai_tape_parallel(tape, (j->batch + BLOCK - 1) / BLOCK,
                                (double)rows * (double)(3 * w * w), backward_block, j)) {
            skuai_linear_back(tape, j->projected, t[X]->value, rows, t[X], t[W_INPUT], t[B_INPUT],
                              NULL);
            skuai_linear_back(tape, j->hidden, j->before, rows, NULL, t[W_HIDDEN], t[B_HIDDEN],
                              NULL);
        }
    }
    skuai_tape_drop(tape, projected), skuai_tape_drop(tape, hidden);
    skuai_tape_drop(tape, before), skuai_tape_drop(tape, scratch);
    return SKUA_OK;
}

static bool gru_fits(skuai_tape *tape, skuai_tensor *const *t) {
    const skuai_tensor *x = t[X], *h = t[W_HIDDEN];
    size_t w = h->shape[1];
    if (x->rank == 3 && h->rank == 2 && h->shape[0] == 3 * w && t[W_INPUT]->rank == 2 &&
        t[W_INPUT]->shape[0] == 3 * w && t[W_INPUT]->shape[1] == x->shape[2] &&
        !t[B_INPUT] == !t[B_HIDDEN] && (!t[B_INPUT] || t[B_INPUT]->size == 3 * w) &&
        (!t[B_HIDDEN] || t[B_HIDDEN]->size == 3 * w) && (!t[H0] || t[H0]->size == x->shape[0] * w))
        return true;
    char a[96], b[96], c[96];
    (void)skuai_tape_fail(tape, SKUA_EINVAL,
                          "GRU: x %s with weights %s and %s: need [B, T, I], [3H, I], [3H, H], "
                          "biases of 3H both or none, a state [B, H]",
                          skuai_tensor_shape_text(x, a, sizeof a),
                          skuai_tensor_shape_text(t[W_INPUT], b, sizeof b),
                          skuai_tensor_shape_text(h, c, sizeof c));
    return false;
}

skuai_tensor *skuai_nn_gru(skuai_tape *tape, skuai_tensor *x, skuai_tensor *h0,
                           skuai_tensor *w_input, skuai_tensor *w_hidden, skuai_tensor *b_input,
                           skuai_tensor *b_hidden) {
    skuai_tensor *t[] = {x, h0, w_input, w_hidden, b_input, b_hidden};
    if (!skuai_tape_given(tape, "GRU", (skuai_tensor *[]){x, w_input, w_hidden}, 3) ||
        !gru_fits(tape, t))
        return NULL;
    gru_job job = {.batch = x->shape[0],
                   .steps = x->shape[1],
                   .in = x->shape[2],
                   .width = w_hidden->shape[1],
                   .h0 = h0 ? h0->value : NULL,
                   .w_hidden = w_hidden->value,
                   .b_hidden = b_hidden ? b_hidden->value : NULL};
    size_t rows = job.batch * job.steps, w = job.width;
    bool record = skuai_tape_records(tape, t, OPERANDS);
    skuai_tensor *y = skuai_tape_result(tape, 3, (size_t[]){job.batch, job.steps, w});
    skuai_storage *projected = skuai_tape_storage(tape, rows * 3 * w, sizeof(skuai_real));
    skuai_storage *saved =
        record ? skuai_tape_storage(tape, rows * 4 * w, sizeof(skuai_real)) : NULL;
    skuai_storage *scratch = skuai_tape_scratch(tape, BLOCK * 3 * w, &job.stride);
    if (!y || !projected || (record && !saved) || !scratch) return NULL;
    job.projected = projected->data, job.states = y->value, job.scratch = scratch->data;
    job.saved = saved ? saved->data : NULL;
    bool good = skuai_linear_values(tape, x->value, rows, w_input, b_input, NULL, job.projected) &&
                skuai_tape_parallel(tape, (job.batch + BLOCK - 1) / BLOCK,
                                    (double)rows * (double)(3 * w * w), forward_block, &job);
    skuai_tape_drop(tape, projected), skuai_tape_drop(tape, scratch);
    if (!good) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, gru_backward, t, OPERANDS, sizeof job);
    if (node) {
        memcpy(node->state, &job, sizeof job);
        node->saved[0] = saved;
    }
    return y;
}
