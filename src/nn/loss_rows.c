#include "nn/loss_rows.h"

#include "nn/kernel.h"

#include <math.h>
#include <string.h>

enum { PIECE = 2048 };

/* The weight of row i; 0: it counts nothing. */
static double weight_of(const skuai_loss_rows *r, size_t i) {
    if (r->target && isnan(r->target[i])) return 0;
    if (r->classes && r->classes[i] == r->ignore) return 0;
    return r->weight ? (double)r->weight[i] : 1;
}

static skua_status row_check(const skuai_loss_rows *r, size_t i, skua_error *err) {
    if (r->weight && !(r->weight[i] >= 0 && isfinite(r->weight[i])))
        return skuai_error_set(err, SKUA_EINVAL, "%s: weight %zu = %g: need finite >= 0", r->name,
                               i, (double)r->weight[i]);
    if (r->counts && r->target[i] < 0)
        return skuai_error_set(err, SKUA_EINVAL, "%s: target %zu = %g: need >= 0", r->name, i,
                               (double)r->target[i]);
    if (r->classes && r->classes[i] != r->ignore &&
        (r->classes[i] < 0 || (size_t)r->classes[i] >= r->width))
        return skuai_error_set(err, SKUA_EINVAL, "%s: class %d of %zu", r->name, (int)r->classes[i],
                               r->width);
    return SKUA_OK;
}

static skua_status forward_piece(void *argument, size_t piece, int worker, skua_error *err) {
    (void)worker;
    const skuai_loss_rows *r = argument;
    size_t end = (piece + 1) * PIECE < r->n ? (piece + 1) * PIECE : r->n;
    const skuai_loss_slot none = {0};
    double loss = 0, weight = 0;
    for (size_t i = piece * PIECE; i < end; i++) {
        SKUA_TRY(row_check(r, i, err));
        double w = weight_of(r, i);
        if (!(w > 0)) continue;
        weight += w;
        loss += w * r->row(r, i, &none);
    }
    r->sums[2 * piece] = loss;
    r->sums[2 * piece + 1] = weight;
    return SKUA_OK;
}

static skua_status backward_piece(void *argument, size_t piece, int worker, skua_error *err) {
    (void)worker, (void)err;
    const skuai_loss_rows *r = argument;
    size_t end = (piece + 1) * PIECE < r->n ? (piece + 1) * PIECE : r->n;
    for (size_t i = piece * PIECE; i < end; i++) {
        double w = weight_of(r, i);
        skuai_loss_slot slot = {r->dx + i * r->width, w * r->factor, r->fresh};
        if (w > 0)
            (void)r->row(r, i, &slot);
        else if (r->fresh)
            skuai_kernel_zero(slot.d, r->width);
    }
    return SKUA_OK;
}

static bool pieces(skuai_tape *tape, skuai_loss_rows *r, skuai_parallel_body body) {
    return skuai_tape_parallel(tape, (r->n + PIECE - 1) / PIECE, 8 * (double)(r->n * r->width),
                               body, r);
}

static skua_status mean_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    skuai_loss_rows *r = node->state;
    r->factor = (double)node->y->gradient[0] / r->total;
    r->dx = skuai_tape_gradient(tape, node->inputs[0], &r->fresh);
    if (r->dx) (void)pieces(tape, r, backward_piece);
    return SKUA_OK;
}

skuai_tensor *skuai_loss_mean(skuai_tape *tape, skuai_tensor *x, const skuai_loss_rows *rows) {
    skuai_loss_rows r = *rows;
    char text[96];
    if (r.n * r.width != x->size || (!r.target && !r.classes))
        return skuai_tape_fail(tape, SKUA_EINVAL, "%s: predictions of %s for rows of %zu", r.name,
                               skuai_tensor_shape_text(x, text, sizeof text), r.width);
    r.x = x->value;
    size_t n_pieces = (r.n + PIECE - 1) / PIECE;
    r.sums = skuai_tape_take(tape, 2 * n_pieces, sizeof *r.sums);
    skuai_tensor *y = skuai_tape_result(tape, 1, (size_t[]){1});
    if (!r.sums || !y || !pieces(tape, &r, forward_piece)) return NULL;
    double loss = 0;
    for (size_t i = 0; i < n_pieces; i++)
        loss += r.sums[2 * i], r.total += r.sums[2 * i + 1];
    y->value[0] = r.total > 0 ? (skuai_real)(loss / r.total) : 0;
    if (!(r.total > 0)) return y;
    skuai_node *node = skuai_tape_record(tape, y, mean_backward, &x, 1, sizeof r);
    if (node) memcpy(node->state, &r, sizeof r);
    return y;
}
