/* Operations on whole rows by index. */
#include "nn/kernel.h"
#include "nn/tape_record.h"

#include <string.h>

enum { COLUMNS = 64, ROWS = 256 };

/* -- Moving rows ------------------------------------------------------------------------------- */

typedef struct rows_job {
    const skuai_real *from;
    skuai_real *to;
    const size_t *rows; /* SKUAI_ROW_NONE: none */
    size_t n, d;        /* indices, width */
    bool fresh;
} rows_job;

/* to_i = or += from_rows[i] */
static skua_status pick_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const rows_job *j = argument;
    size_t end = (i + 1) * ROWS < j->n ? (i + 1) * ROWS : j->n;
    for (size_t r = i * ROWS; r < end; r++) {
        if (j->rows[r] != SKUAI_ROW_NONE)
            skuai_kernel_accumulate(j->from + j->rows[r] * j->d, j->fresh, j->to + r * j->d, j->d);
        else if (j->fresh)
            skuai_kernel_zero(j->to + r * j->d, j->d);
    }
    return SKUA_OK;
}

/* to_rows[i] += from_i. Rows may meet, so threads share columns and not rows: the order of the sums
 * stays. */
static skua_status drop_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const rows_job *j = argument;
    size_t at = i * COLUMNS, n = j->d - at < COLUMNS ? j->d - at : COLUMNS;
    for (size_t r = 0; r < j->n; r++) {
        if (j->rows[r] != SKUAI_ROW_NONE)
            skuai_kernel_accumulate(j->from + r * j->d + at, false, j->to + j->rows[r] * j->d + at,
                                    n);
    }
    return SKUA_OK;
}

static bool pick(skuai_tape *tape, rows_job *j) {
    return skuai_tape_parallel(tape, (j->n + ROWS - 1) / ROWS, (double)(j->n * j->d), pick_piece,
                               j);
}
static bool drop(skuai_tape *tape, rows_job *j) {
    return skuai_tape_parallel(tape, (j->d + COLUMNS - 1) / COLUMNS, (double)(j->n * j->d),
                               drop_piece, j);
}

static bool rows_fit(skuai_tape *tape, const char *operation, const size_t *rows, size_t n,
                     size_t most) {
    for (size_t i = 0; i < n; i++) {
        if (rows[i] == SKUAI_ROW_NONE || rows[i] < most) continue;
        (void)skuai_tape_fail(tape, SKUA_EINVAL, "%s: row %zu of %zu", operation, rows[i], most);
        return false;
    }
    return true;
}

static size_t *rows_copy(skuai_tape *tape, const size_t *rows, size_t n) {
    size_t *copy = skuai_tape_take(tape, n, sizeof *copy);
    if (copy) memcpy(copy, rows, n * sizeof *copy);
    return copy;
}

/* -- Operations ------------------------------------------------------------------------------- */

static skua_status pick_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    rows_job *j = node->state;
    j->from = node->y->gradient;
    j->to = skuai_tape_gradient_zero(tape, node->inputs[0]);
    if (j->to) (void)drop(tape, j);
    return SKUA_OK;
}

static skua_status drop_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    rows_job *j = node->state;
    j->from = node->y->gradient;
    j->to = skuai_tape_gradient(tape, node->inputs[0], &j->fresh);
    if (j->to) (void)pick(tape, j);
    return SKUA_OK;
}

static skuai_tensor *picked(skuai_tape *tape, skuai_tensor *x, const size_t *rows, size_t n,
                            int rank, const size_t *shape) {
    rows_job j = {
        .from = x->value, .rows = rows, .n = n, .d = skuai_tensor_width(x), .fresh = true};
    skuai_tensor *y = skuai_tape_result(tape, rank, shape);
    if (!y) return NULL;
    j.to = y->value;
    if (!pick(tape, &j)) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, pick_backward, &x, 1, sizeof j);
    if (node) memcpy(node->state, &j, sizeof j);
    return y;
}

skuai_tensor *skuai_nn_gather_rows(skuai_tape *tape, skuai_tensor *x, const size_t *rows,
                                   size_t n) {
    if (!skuai_tape_given(tape, "gather_rows", &x, 1) ||
        !rows_fit(tape, "gather_rows", rows, n, skuai_tensor_rows(x)))
        return NULL;
    size_t *copy = rows_copy(tape, rows, n);
    if (!copy) return NULL;
    return picked(tape, x, copy, n, 2, (size_t[]){n, skuai_tensor_width(x)});
}

skuai_tensor *skuai_nn_embedding(skuai_tape *tape, skuai_tensor *table, const int32_t *ids,
                                 int rank, const size_t *shape) {
    if (!skuai_tape_given(tape, "embedding", &table, 1)) return NULL;
    if (rank < 1 || rank > 3 || table->rank != 2)
        return skuai_tape_fail(tape, SKUA_EINVAL,
                               "embedding: ids of rank %d (1 to 3), a table of rank %d (2)", rank,
                               table->rank);
    size_t n = 1, to[4] = {0};
    for (int i = 0; i < rank; i++) {
        to[i] = shape[i];
        if (!skuai_size_mul(n, shape[i], &n))
            return skuai_tape_fail(tape, SKUA_ELIMIT, "embedding: too many ids");
    }
    to[rank] = table->shape[1];
    size_t *rows = skuai_tape_take(tape, n, sizeof *rows);
    if (!rows) return NULL;
    for (size_t i = 0; i < n; i++) {
        if (ids[i] < 0 || (size_t)ids[i] >= table->shape[0])
            return skuai_tape_fail(tape, SKUA_EINVAL, "embedding: id %d of %zu rows", (int)ids[i],
                                   table->shape[0]);
        rows[i] = (size_t)ids[i];
    }
    return picked(tape, table, rows, n, rank + 1, to);
}

skuai_tensor *skuai_nn_scatter_rows(skuai_tape *tape, skuai_tensor *x, const size_t *rows,
                                    size_t n) {
    if (!skuai_tape_given(tape, "scatter_rows", &x, 1)) return NULL;
    size_t from = skuai_tensor_rows(x);
    if (!rows_fit(tape, "scatter_rows", rows, from, n)) return NULL;
    rows_job j = {.from = x->value, .n = from, .d = skuai_tensor_width(x)};
    size_t *copy = rows_copy(tape, rows, from);
    skuai_tensor *y = skuai_tape_result(tape, 2, (size_t[]){n, j.d});
    if (!y || !copy) return NULL;
    j.rows = copy;
    j.to = y->value;
    skuai_kernel_zero(y->value, y->size);
    if (!drop(tape, &j)) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, drop_backward, &x, 1, sizeof j);
    if (node) memcpy(node->state, &j, sizeof j);
    return y;
}

/* -- Means of rows ----------------------------------------------------------------------------- */

typedef struct pool_job {
    const skuai_real *x, *dy;
    skuai_real *y, *dx;
    const uint8_t *mask;
    size_t s, d;
    bool fresh;
} pool_job;

static size_t pool_count(const pool_job *j, size_t b) {
    size_t count = 0;
    for (size_t k = 0; k < j->s; k++)
        count += !j->mask || j->mask[b * j->s + k];
    return count;
}

static skua_status pool_row(void *argument, size_t b, int worker, skua_error *err) {
    (void)worker, (void)err;
    const pool_job *j = argument;
    size_t count = pool_count(j, b);
    skuai_real factor = count ? (skuai_real)(1.0 / (double)count) : 0, *y = j->y + b * j->d;
    skuai_kernel_zero(y, j->d);
    for (size_t k = 0; k < j->s; k++) {
        if (!j->mask || j->mask[b * j->s + k])
            skuai_kernel_axpy(j->x + (b * j->s + k) * j->d, factor, false, y, j->d);
    }
    return SKUA_OK;
}

static skua_status pool_row_back(void *argument, size_t b, int worker, skua_error *err) {
    (void)worker, (void)err;
    const pool_job *j = argument;
    size_t count = pool_count(j, b);
    skuai_real factor = count ? (skuai_real)(1.0 / (double)count) : 0;
    for (size_t k = 0; k < j->s; k++) {
        skuai_real *dx = j->dx + (b * j->s + k) * j->d;
        if (!j->mask || j->mask[b * j->s + k])
            skuai_kernel_axpy(j->dy + b * j->d, factor, j->fresh, dx, j->d);
        else if (j->fresh)
            skuai_kernel_zero(dx, j->d);
    }
    return SKUA_OK;
}

static skua_status pool_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    pool_job *j = node->state;
    skuai_tensor *x = node->inputs[0];
    j->dy = node->y->gradient;
    j->dx = skuai_tape_gradient(tape, x, &j->fresh);
    if (j->dx) (void)skuai_tape_parallel(tape, x->shape[0], (double)x->size, pool_row_back, j);
    return SKUA_OK;
}

skuai_tensor *skuai_nn_mean_pool(skuai_tape *tape, skuai_tensor *x, const uint8_t *mask) {
    if (!skuai_tape_given(tape, "mean_pool", &x, 1)) return NULL;
    if (x->rank != 3)
        return skuai_tape_fail(tape, SKUA_EINVAL, "mean_pool: a tensor of rank %d: need [B, S, D]",
                               x->rank);
    pool_job j = {.x = x->value, .mask = mask, .s = x->shape[1], .d = x->shape[2]};
    skuai_tensor *y = skuai_tape_result(tape, 2, (size_t[]){x->shape[0], x->shape[2]});
    if (!y) return NULL;
    j.y = y->value;
    if (!skuai_tape_parallel(tape, x->shape[0], (double)x->size, pool_row, &j)) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, pool_backward, &x, 1, sizeof j);
    if (node) memcpy(node->state, &j, sizeof j);
    return y;
}
