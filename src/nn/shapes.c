/* Operations that move values and compute nothing. */
#include "nn/kernel.h"
#include "nn/tape_record.h"

#include <string.h>

enum { PIECE = 16384 };

/* -- Runs of equal length, from one stride to another ------------------------------------------ */

typedef struct runs_job {
    const skuai_real *from;
    skuai_real *to;
    size_t n, width, from_stride, to_stride;
    bool fresh;
    size_t piece; /* runs an item */
} runs_job;

static skua_status runs_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const runs_job *j = argument;
    size_t end = (i + 1) * j->piece < j->n ? (i + 1) * j->piece : j->n;
    for (size_t r = i * j->piece; r < end; r++)
        skuai_kernel_accumulate(j->from + r * j->from_stride, j->fresh, j->to + r * j->to_stride,
                                j->width);
    return SKUA_OK;
}

static bool runs(skuai_tape *tape, runs_job *j) {
    j->piece = j->width < PIECE ? PIECE / j->width : 1;
    return skuai_tape_parallel(tape, (j->n + j->piece - 1) / j->piece, (double)(j->n * j->width),
                               runs_piece, j);
}

static size_t product_of(const size_t *shape, int from, int to) {
    size_t product = 1;
    for (int i = from; i < to; i++)
        product *= shape[i];
    return product;
}

/* -- Concatenation ---------------------------------------------------------------------------- */

static skua_status concat_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    int axis = *(int *)node->state;
    const skuai_tensor *y = node->y;
    size_t outer = product_of(y->shape, 0, axis), whole = y->size / outer, at = 0;
    for (size_t i = 0; i < node->n_inputs; i++) {
        skuai_tensor *x = node->inputs[i];
        runs_job j = {.from = y->gradient + at,
                      .n = outer,
                      .width = x->size / outer,
                      .from_stride = whole,
                      .to_stride = x->size / outer};
        at += j.width;
        j.to = skuai_tape_gradient(tape, x, &j.fresh);
        if (j.to && !runs(tape, &j)) break;
    }
    return SKUA_OK;
}

skuai_tensor *skuai_nn_concat(skuai_tape *tape, skuai_tensor *const *parts, size_t n, int axis) {
    if (n == 0) return skuai_tape_fail(tape, SKUA_EINVAL, "concat: no parts");
    if (!skuai_tape_given(tape, "concat", parts, n)) return NULL;
    const skuai_tensor *first = parts[0];
    size_t shape[4];
    memcpy(shape, first->shape, sizeof shape);
    bool good = axis >= 0 && axis < first->rank;
    for (size_t i = 1; good && i < n; i++) {
        good = parts[i]->rank == first->rank;
        for (int k = 0; k < first->rank; k++)
            good = good && (k == axis || parts[i]->shape[k] == first->shape[k]);
        if (good) shape[axis] += parts[i]->shape[axis];
    }
    char a[96];
    if (!good)
        return skuai_tape_fail(tape, SKUA_EINVAL,
                               "concat: %zu parts, the first %s, differ in more than index %d", n,
                               skuai_tensor_shape_text(first, a, sizeof a), axis);
    skuai_tensor *y = skuai_tape_result(tape, first->rank, shape);
    if (!y) return NULL;
    size_t outer = product_of(shape, 0, axis), at = 0;
    for (size_t i = 0; i < n; i++) {
        size_t width = parts[i]->size / outer;
        runs_job j = {.from = parts[i]->value,
                      .to = y->value + at,
                      .n = outer,
                      .width = width,
                      .from_stride = width,
                      .to_stride = y->size / outer,
                      .fresh = true};
        if (!runs(tape, &j)) return NULL;
        at += width;
    }
    skuai_node *node = skuai_tape_record(tape, y, concat_backward, parts, n, sizeof axis);
    if (node) memcpy(node->state, &axis, sizeof axis);
    return y;
}

/* -- Slices ----------------------------------------------------------------------------------- */

typedef struct slice_state {
    size_t outer, width, whole, at;
} slice_state;

static skua_status slice_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    const slice_state *s = node->state;
    skuai_real *to = skuai_tape_gradient_zero(tape, node->inputs[0]);
    if (!to) return SKUA_OK;
    runs_job j = {.from = node->y->gradient,
                  .to = to + s->at,
                  .n = s->outer,
                  .width = s->width,
                  .from_stride = s->width,
                  .to_stride = s->whole};
    (void)runs(tape, &j);
    return SKUA_OK;
}

skuai_tensor *skuai_nn_slice(skuai_tape *tape, skuai_tensor *x, int axis, size_t start,
                             size_t count) {
    if (!skuai_tape_given(tape, "slice", &x, 1)) return NULL;
    char a[96];
    if (axis < 0 || axis >= x->rank || count == 0 || start > x->shape[axis] ||
        count > x->shape[axis] - start)
        return skuai_tape_fail(tape, SKUA_EINVAL, "slice: %zu from %zu of index %d of %s", count,
                               start, axis, skuai_tensor_shape_text(x, a, sizeof a));
    size_t shape[4], inner = product_of(x->shape, axis + 1, x->rank);
    memcpy(shape, x->shape, sizeof shape);
    shape[axis] = count;
    slice_state s = {.outer = product_of(x->shape, 0, axis),
                     .width = count * inner,
                     .whole = x->shape[axis] * inner,
                     .at = start * inner};
    skuai_tensor *y = skuai_tape_result(tape, x->rank, shape);
    if (!y) return NULL;
    runs_job j = {.from = x->value + s.at,
                  .to = y->value,
                  .n = s.outer,
                  .width = s.width,
                  .from_stride = s.whole,
                  .to_stride = s.width,
                  .fresh = true};
    if (!runs(tape, &j)) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, slice_backward, &x, 1, sizeof s);
    if (node) memcpy(node->state, &s, sizeof s);
    return y;
}

/* -- Reshape ---------------------------------------------------------------------------------- */

static skua_status reshape_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    skuai_tape_gradient_pass(tape, node->inputs[0], node->y);
    return SKUA_OK;
}

skuai_tensor *skuai_nn_reshape(skuai_tape *tape, skuai_tensor *x, int rank, const size_t *shape) {
    if (!skuai_tape_given(tape, "reshape", &x, 1)) return NULL;
    skuai_tensor *y = skuai_tape_alias(tape, x, rank, shape);
    char a[96], b[96];
    if (y && y->size != x->size)
        return skuai_tape_fail(tape, SKUA_EINVAL, "reshape: %s to %s",
                               skuai_tensor_shape_text(x, a, sizeof a),
                               skuai_tensor_shape_text(y, b, sizeof b));
    if (y) (void)skuai_tape_record(tape, y, reshape_backward, &x, 1, 0);
    return y;
}

/* -- Transpose -------------------------------------------------------------------------------- */

typedef struct transpose_job {
    const skuai_real *from;
    skuai_real *to;
    size_t shape[4], stride[4]; /* of the result; of its indices in `from` */
    bool fresh;
    int a, b;
} transpose_job;

static skua_status transpose_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const transpose_job *j = argument;
    const size_t *s = j->shape, *t = j->stride;
    const skuai_real *from = j->from + i / s[1] * t[0] + i % s[1] * t[1];
    skuai_real *to = j->to + i * s[2] * s[3];
    for (size_t k = 0; k < s[2]; k++) {
        for (size_t l = 0; l < s[3]; l++) {
            skuai_real v = from[k * t[2] + l * t[3]];
            to[k * s[3] + l] = j->fresh ? v : to[k * s[3] + l] + v;
        }
    }
    return SKUA_OK;
}

/* from has the shape x; the job's own shape and strides follow. */
static bool transpose(skuai_tape *tape, transpose_job *j, const size_t *x) {
    size_t stride[4] = {x[1] * x[2] * x[3], x[2] * x[3], x[3], 1};
    memcpy(j->shape, x, sizeof j->shape);
    j->shape[j->a] = x[j->b], j->shape[j->b] = x[j->a];
    memcpy(j->stride, stride, sizeof stride);
    j->stride[j->a] = stride[j->b], j->stride[j->b] = stride[j->a];
    return skuai_tape_parallel(tape, j->shape[0] * j->shape[1], (double)(x[0] * x[1] * x[2] * x[3]),
                               transpose_piece, j);
}

static skua_status transpose_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    transpose_job *j = node->state;
    j->from = node->y->gradient;
    j->to = skuai_tape_gradient(tape, node->inputs[0], &j->fresh);
    if (j->to) (void)transpose(tape, j, node->y->shape);
    return SKUA_OK;
}

skuai_tensor *skuai_nn_transpose(skuai_tape *tape, skuai_tensor *x, int axis_a, int axis_b) {
    if (!skuai_tape_given(tape, "transpose", &x, 1)) return NULL;
    if (axis_a < 0 || axis_b < 0 || axis_a >= x->rank || axis_b >= x->rank)
        return skuai_tape_fail(tape, SKUA_EINVAL, "transpose: indices %d and %d of rank %d", axis_a,
                               axis_b, x->rank);
    size_t shape[4];
    memcpy(shape, x->shape, sizeof shape);
    shape[axis_a] = x->shape[axis_b], shape[axis_b] = x->shape[axis_a];
    skuai_tensor *y = skuai_tape_result(tape, x->rank, shape);
    if (!y) return NULL;
    transpose_job j = {.from = x->value, .to = y->value, .fresh = true, .a = axis_a, .b = axis_b};
    if (!transpose(tape, &j, x->shape)) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, transpose_backward, &x, 1, sizeof j);
    if (node) memcpy(node->state, &j, sizeof j);
    return y;
}

/* -- Copies ----------------------------------------------------------------------------------- */

typedef struct repeat_job {
    const skuai_real *from;
    skuai_real *to;
    size_t n, size;
    bool fresh;
} repeat_job;

static skua_status repeat_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const repeat_job *j = argument;
    skuai_kernel_copy(j->from, j->to + i * j->size, j->size);
    return SKUA_OK;
}

static skua_status repeat_sum(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const repeat_job *j = argument;
    size_t at = i * PIECE, n = j->size - at < PIECE ? j->size - at : PIECE;
    for (size_t k = 0; k < j->n; k++)
        skuai_kernel_accumulate(j->from + k * j->size + at, j->fresh && k == 0, j->to + at, n);
    return SKUA_OK;
}

static skua_status repeat_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    skuai_tensor *x = node->inputs[0];
    repeat_job j = {.from = node->y->gradient, .n = node->y->shape[0], .size = x->size};
    j.to = skuai_tape_gradient(tape, x, &j.fresh);
    if (j.to)
        (void)skuai_tape_parallel(tape, (j.size + PIECE - 1) / PIECE, (double)node->y->size,
                                  repeat_sum, &j);
    return SKUA_OK;
}

skuai_tensor *skuai_nn_repeat(skuai_tape *tape, skuai_tensor *x, size_t n) {
    if (!skuai_tape_given(tape, "repeat", &x, 1)) return NULL;
    if (x->rank > 3) return skuai_tape_fail(tape, SKUA_EINVAL, "repeat: rank 4 has no room");
    size_t shape[4] = {n, x->shape[0], x->shape[1], x->shape[2]};
    skuai_tensor *y = skuai_tape_result(tape, x->rank + 1, shape);
    if (!y) return NULL;
    repeat_job j = {.from = x->value, .to = y->value, .n = n, .size = x->size};
    if (!skuai_tape_parallel(tape, n, (double)y->size, repeat_piece, &j)) return NULL;
    (void)skuai_tape_record(tape, y, repeat_backward, &x, 1, 0);
    return y;
}
