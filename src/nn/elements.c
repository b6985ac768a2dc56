/* Operations element by element, and along the last index. */
#include "nn/kernel.h"
#include "nn/tape_record.h"

#include <string.h>

enum { PIECE = 16384, COLUMNS = 64 };

/* One job for all: which member means what is said by the body that reads it. */
typedef struct elements_job {
    const skuai_real *a, *b;
    skuai_real *to;
    size_t n, width, rows; /* rows [n / width] of width, `rows` of them an item */
    bool fresh, product;
    double factor, shift;
    uint64_t key;
} elements_job;

static bool by_rows(skuai_tape *tape, elements_job *j, skuai_parallel_body body) {
    size_t n = j->n / j->width;
    j->rows = j->width < PIECE ? PIECE / j->width : 1;
    return skuai_tape_parallel(tape, (n + j->rows - 1) / j->rows, (double)j->n, body, j);
}

/* First row and number of rows of an item. */
static size_t rows_of(const elements_job *j, size_t i, size_t *first) {
    size_t n = j->n / j->width;
    *first = i * j->rows;
    return n - *first < j->rows ? n - *first : j->rows;
}

/* -- Sum and product -------------------------------------------------------------------------- */

/* to = a + b, a b (product); b [width] for every row. Not fresh: to += a b. */
static skua_status pair_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t first, n = rows_of(j, i, &first);
    for (size_t r = first; r < first + n; r++) {
        size_t at = r * j->width;
        if (j->product)
            skuai_kernel_product(j->a + at, j->b, j->fresh, j->to + at, j->width);
        else
            skuai_kernel_sum(j->a + at, j->b, j->to + at, j->width);
    }
    return SKUA_OK;
}

/* The same where b is as large as a. */
static skua_status pair_flat(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t at = i * PIECE, n = j->n - at < PIECE ? j->n - at : PIECE;
    if (j->product)
        skuai_kernel_product(j->a + at, j->b + at, j->fresh, j->to + at, n);
    else
        skuai_kernel_sum(j->a + at, j->b + at, j->to + at, n);
    return SKUA_OK;
}

static bool pair(skuai_tape *tape, elements_job *j) {
    if (j->width < j->n) return by_rows(tape, j, pair_piece);
    return skuai_tape_parallel(tape, (j->n + PIECE - 1) / PIECE, (double)j->n, pair_flat, j);
}

/* to [width] += the sum over rows of a, or of a b: an item is some columns. */
static skua_status column_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t at = i * COLUMNS, n = j->width - at < COLUMNS ? j->width - at : COLUMNS;
    for (size_t r = 0; r < j->n / j->width; r++) {
        const skuai_real *a = j->a + r * j->width + at;
        if (j->product)
            skuai_kernel_product(a, j->b + r * j->width + at, false, j->to + at, n);
        else
            skuai_kernel_accumulate(a, false, j->to + at, n);
    }
    return SKUA_OK;
}

/* inputs: a, b. */
static skua_status pair_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    const elements_job *forward = node->state;
    skuai_tensor *a = node->inputs[0], *b = node->inputs[1];
    elements_job j = *forward;
    if (j.product) {
        j.a = node->y->gradient, j.b = b->value;
        j.to = skuai_tape_gradient(tape, a, &j.fresh);
        if (j.to && !pair(tape, &j)) return SKUA_OK;
        j.b = a->value;
    }
    if (j.product && b->size == a->size) {
        j.to = skuai_tape_gradient(tape, b, &j.fresh);
        if (j.to) (void)pair(tape, &j);
    } else if (b->size < a->size) {
        j.a = node->y->gradient;
        j.to = skuai_tape_gradient_zero(tape, b);
        if (j.to)
            (void)skuai_tape_parallel(tape, (j.width + COLUMNS - 1) / COLUMNS, (double)j.n,
                                      column_piece, &j);
    } else {
        skuai_tape_gradient_pass(tape, b, node->y);
    }
    if (!j.product) skuai_tape_gradient_pass(tape, a, node->y);
    return SKUA_OK;
}

static skuai_tensor *pair_of(skuai_tape *tape, const char *name, skuai_tensor *a, skuai_tensor *b,
                             bool product) {
    skuai_tensor *inputs[] = {a, b};
    if (!skuai_tape_given(tape, name, inputs, 2)) return NULL;
    bool good = b->rank <= a->rank;
    for (int i = 0; good && i < b->rank; i++)
        good = b->shape[i] == a->shape[a->rank - b->rank + i];
    char one[96], two[96];
    if (!good)
        return skuai_tape_fail(tape, SKUA_EINVAL, "%s: %s and %s", name,
                               skuai_tensor_shape_text(a, one, sizeof one),
                               skuai_tensor_shape_text(b, two, sizeof two));
    skuai_tensor *y = skuai_tape_result(tape, a->rank, a->shape);
    if (!y) return NULL;
    elements_job j = {.a = a->value,
                      .b = b->value,
                      .to = y->value,
                      .n = a->size,
                      .width = b->size,
                      .fresh = true,
                      .product = product};
    if (!pair(tape, &j)) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, pair_backward, inputs, 2, sizeof j);
    if (node) memcpy(node->state, &j, sizeof j);
    return y;
}

skuai_tensor *skuai_nn_add(skuai_tape *tape, skuai_tensor *a, skuai_tensor *b) {
    return pair_of(tape, "add", a, b, false);
}
skuai_tensor *skuai_nn_multiply(skuai_tape *tape, skuai_tensor *a, skuai_tensor *b) {
    return pair_of(tape, "multiply", a, b, true);
}

/* -- One operand ------------------------------------------------------------------------------ */

/* An operation on rows: the same bodies serve all, forward with dy NULL. */
static skuai_tensor *one(skuai_tape *tape, skuai_tensor *x, elements_job *j,
                         skuai_parallel_body forward, skuai_node_backward backward) {
    skuai_tensor *y = skuai_tape_result(tape, x->rank, x->shape);
    if (!y) return NULL;
    j->a = x->value, j->to = y->value, j->n = x->size, j->width = skuai_tensor_width(x);
    j->fresh = true;
    if (!by_rows(tape, j, forward)) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, backward, &x, 1, sizeof *j);
    if (node) memcpy(node->state, j, sizeof *j);
    return y;
}

/* Backward: body with a = dy. */
static skua_status one_backward(skuai_tape *tape, skuai_node *node, skuai_parallel_body body) {
    elements_job *j = node->state;
    j->a = node->y->gradient;
    j->to = skuai_tape_gradient(tape, node->inputs[0], &j->fresh);
    if (j->to) (void)by_rows(tape, j, body);
    return SKUA_OK;
}

static skua_status scale_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t first, n = rows_of(j, i, &first), at = first * j->width;
    skuai_kernel_affine(j->a + at, (skuai_real)j->factor, (skuai_real)j->shift, j->to + at,
                        n * j->width);
    return SKUA_OK;
}
static skua_status scale_piece_back(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t first, n = rows_of(j, i, &first), at = first * j->width;
    skuai_kernel_axpy(j->a + at, (skuai_real)j->factor, j->fresh, j->to + at, n * j->width);
    return SKUA_OK;
}
static skua_status scale_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    return one_backward(tape, node, scale_piece_back);
}
skuai_tensor *skuai_nn_scale(skuai_tape *tape, skuai_tensor *x, double factor, double shift) {
    if (!skuai_tape_given(tape, "scale", &x, 1)) return NULL;
    elements_job j = {.factor = factor, .shift = shift};
    return one(tape, x, &j, scale_piece, scale_backward);
}

/* -- Scale a row ------------------------------------------------------------------------------ */

typedef struct row_scale_job {
    elements_job e; /* first: by_rows reads it */
    const skuai_real *scale, *shift;
} row_scale_job;

static skua_status row_scale_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const row_scale_job *j = argument;
    const elements_job *e = &j->e;
    size_t first, n = rows_of(e, i, &first);
    for (size_t r = first; r < first + n; r++)
        skuai_kernel_affine(e->a + r * e->width, j->scale[r], j->shift ? j->shift[r] : 0,
                            e->to + r * e->width, e->width);
    return SKUA_OK;
}
static skua_status row_scale_piece_back(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const row_scale_job *j = argument;
    const elements_job *e = &j->e;
    size_t first, n = rows_of(e, i, &first);
    for (size_t r = first; r < first + n; r++)
        skuai_kernel_axpy(e->a + r * e->width, j->scale[r], e->fresh, e->to + r * e->width,
                          e->width);
    return SKUA_OK;
}
static skua_status row_scale_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    return one_backward(tape, node, row_scale_piece_back);
}
skuai_tensor *skuai_nn_scale_rows(skuai_tape *tape, skuai_tensor *x, const skuai_real *scale,
                                  const skuai_real *shift) {
    if (!skuai_tape_given(tape, "scale_rows", &x, 1)) return NULL;
    if (!scale) return skuai_tape_fail(tape, SKUA_EINVAL, "scale_rows: scale is NULL");
    skuai_tensor *y = skuai_tape_result(tape, x->rank, x->shape);
    if (!y) return NULL;
    row_scale_job j = {.e = {.a = x->value,
                             .to = y->value,
                             .n = x->size,
                             .width = skuai_tensor_width(x),
                             .fresh = true},
                       .scale = scale,
                       .shift = shift};
    if (!by_rows(tape, &j.e, row_scale_piece)) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, row_scale_backward, &x, 1, sizeof j);
    if (node) memcpy(node->state, &j, sizeof j);
    return y;
}

/* -- Dropout ---------------------------------------------------------------------------------- */

static skua_status dropout_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t first, n = rows_of(j, i, &first), at = first * j->width;
    skuai_kernel_dropout(j->a + at, j->key, at, j->factor, j->fresh, j->to + at, n * j->width);
    return SKUA_OK;
}
static skua_status dropout_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    return one_backward(tape, node, dropout_piece);
}
skuai_tensor *skuai_nn_dropout(skuai_tape *tape, skuai_tensor *x, double p) {
    if (!skuai_tape_given(tape, "dropout", &x, 1)) return NULL;
    if (!(p >= 0 && p < 1))
        return skuai_tape_fail(tape, SKUA_EINVAL, "dropout = %g: need 0 <= p < 1", p);
    if (p == 0 || skuai_tape_mode_of(tape) != SKUAI_TAPE_TRAIN) return x;
    elements_job j = {.factor = p, .key = skuai_tape_draw(tape)};
    return one(tape, x, &j, dropout_piece, dropout_backward);
}

/* -- Along the last index --------------------------------------------------------------------- */

static skua_status softmax_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t first, n = rows_of(j, i, &first), at = first * j->width;
    skuai_kernel_softmax(j->a + at, j->to + at, n, j->width);
    return SKUA_OK;
}
static skua_status softmax_piece_back(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t first, n = rows_of(j, i, &first), at = first * j->width;
    skuai_kernel_softmax_back(j->b + at, j->a + at, j->fresh, j->to + at, n, j->width);
    return SKUA_OK;
}
static skua_status softmax_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    ((elements_job *)node->state)->b = node->y->value;
    return one_backward(tape, node, softmax_piece_back);
}
skuai_tensor *skuai_nn_softmax(skuai_tape *tape, skuai_tensor *x) {
    if (!skuai_tape_given(tape, "softmax", &x, 1)) return NULL;
    elements_job j = {0};
    return one(tape, x, &j, softmax_piece, softmax_backward);
}

static skua_status cumulate_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t first, n = rows_of(j, i, &first);
    for (size_t r = first; r < first + n; r++) {
        double sum = 0;
        for (size_t k = r * j->width; k < (r + 1) * j->width; k++)
            j->to[k] = (skuai_real)(sum += (double)j->a[k]);
    }
    return SKUA_OK;
}
static skua_status cumulate_piece_back(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const elements_job *j = argument;
    size_t first, n = rows_of(j, i, &first);
    for (size_t r = first; r < first + n; r++) {
        double sum = 0;
        for (size_t k = (r + 1) * j->width; k-- > r * j->width;) {
            sum += (double)j->a[k];
            j->to[k] = (j->fresh ? 0 : j->to[k]) + (skuai_real)sum;
        }
    }
    return SKUA_OK;
}
static skua_status cumulate_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    return one_backward(tape, node, cumulate_piece_back);
}
skuai_tensor *skuai_nn_cumulate(skuai_tape *tape, skuai_tensor *x) {
    if (!skuai_tape_given(tape, "cumulate", &x, 1)) return NULL;
    elements_job j = {0};
    return one(tape, x, &j, cumulate_piece, cumulate_backward);
}
