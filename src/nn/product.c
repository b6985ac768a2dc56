#include "nn/product.h"

#include "nn/kernel.h"
#include "nn/quantise.h"

#include <string.h>

enum { TILE = 128, GROUPS_MOST = 8, GROUP_ROWS = 256, PIECE = 16384 };

skuai_rows_plan skuai_rows_plan_of(size_t n) {
    /* few rows: smaller tiles, so that there is work for several threads */
    size_t parts = n >= 8 * TILE ? 0 : n >= 256 ? 4 : n >= 32 ? 2 : 1;
    skuai_rows_plan plan = {.n = n, .tile = TILE};
    if (parts) plan.tile = ((n + parts - 1) / parts + 7) / 8 * 8;
    plan.tiles = (n + plan.tile - 1) / plan.tile;
    plan.groups = n / GROUP_ROWS;
    if (plan.groups > GROUPS_MOST) plan.groups = GROUPS_MOST;
    if (plan.groups > plan.tiles) plan.groups = plan.tiles;
    if (plan.groups < 1) plan.groups = 1;
    return plan;
}

/* -- Sums over groups ------------------------------------------------------------------------- */

typedef struct partial_sum {
    const skuai_real *partial;
    size_t groups, stride, at, n;
    skuai_real *to;
    bool fresh;
} partial_sum;

static skua_status partial_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const partial_sum *s = argument;
    size_t from = i * PIECE, n = s->n - from < PIECE ? s->n - from : PIECE;
    for (size_t g = 0; g < s->groups; g++)
        skuai_kernel_accumulate(s->partial + g * s->stride + s->at + from, s->fresh && g == 0,
                                s->to + from, n);
    return SKUA_OK;
}

void skuai_partial_add(skuai_tape *tape, const skuai_real *partial, size_t groups, size_t stride,
                       size_t at, skuai_real *to, bool fresh, size_t n) {
    if (!to) return;
    partial_sum s = {partial, groups, stride, at, n, to, fresh};
    (void)skuai_tape_parallel(tape, (n + PIECE - 1) / PIECE, (double)(n * groups), partial_piece,
                              &s);
}

/* -- Forward ---------------------------------------------------------------------------------- */

typedef struct forward_job {
    skuai_rows_plan plan;
    const skuai_real *x, *w, *bias, *residual;
    skuai_real *y;
    size_t in, out;
} forward_job;

static skua_status forward_tile(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker;
    const forward_job *j = argument;
    size_t first, n = skuai_rows_of_tile(&j->plan, i, &first);
    skuai_real *y = j->y + first * j->out;
    bool add = j->bias || j->residual;
    if (add)
        skuai_kernel_fill_rows(j->bias, j->residual ? j->residual + first * j->out : NULL, y, n,
                               j->out);
    return skuai_product_rows(j->x + first * j->in, j->w, add ? 1 : 0, y, n, j->in, j->out, err);
}

bool skuai_linear_is_int8(const skuai_tape *tape, const skuai_tensor *w) {
    return skuai_tape_mode_of(tape) == SKUAI_TAPE_INFER && w->owner && w->owner->int8 &&
           w->owner->int8[w->parameter];
}

static bool int8_values(skuai_tape *tape, const skuai_real *x, size_t n, const skuai_tensor *w,
                        const skuai_tensor *bias, const skuai_real *residual, skuai_real *y) {
    const skuai_int8_weight *weight = w->owner->int8[w->parameter];
    const skuai_context *context = skuai_tape_context(tape);
    skuai_storage *scratch =
        skuai_tape_storage(tape, skuai_int8_scratch_size(weight, n, context), 1);
    if (!scratch) return false;
    skua_error error;
    skuai_error_clear(&error);
    skua_status status = skuai_int8_linear(context, weight, x, n, bias ? bias->value : NULL,
                                           residual, y, scratch->data, &error);
    skuai_tape_keep_failure(tape, status, &error);
    skuai_tape_drop(tape, scratch);
    return status == SKUA_OK;
}

bool skuai_linear_values(skuai_tape *tape, const skuai_real *x, size_t n, const skuai_tensor *w,
                         const skuai_tensor *bias, const skuai_real *residual, skuai_real *y) {
    if (skuai_linear_is_int8(tape, w)) return int8_values(tape, x, n, w, bias, residual, y);
    forward_job job = {.plan = skuai_rows_plan_of(n),
                       .x = x,
                       .w = w->value,
                       .bias = bias ? bias->value : NULL,
                       .residual = residual,
                       .y = y,
                       .in = skuai_tensor_width(w),
                       .out = skuai_tensor_rows(w)};
    return skuai_tape_parallel(tape, job.plan.tiles, (double)n * (double)w->size / 8, forward_tile,
                               &job);
}

/* -- Backward --------------------------------------------------------------------------------- */

typedef struct backward_job {
    skuai_rows_plan plan;
    const skuai_real *x, *w, *dy;
    skuai_real *dx, *partial;
    bool dx_fresh, weight, bias;
    size_t in, out, stride; /* of a group's partial sums: weight, then bias */
} backward_job;

static skua_status backward_group(void *argument, size_t group, int worker, skua_error *err) {
    (void)worker;
    const backward_job *j = argument;
    skuai_real *partial = j->partial ? j->partial + group * j->stride : NULL;
    size_t begin = skuai_group_begin(&j->plan, group), end = skuai_group_begin(&j->plan, group + 1);
    for (size_t i = begin; i < end; i++) {
        size_t first, n = skuai_rows_of_tile(&j->plan, i, &first);
        const skuai_real *dy = j->dy + first * j->out;
        if (j->dx)
            SKUA_TRY(skuai_product_back(dy, j->w, j->dx_fresh ? 0 : 1, j->dx + first * j->in, n,
                                        j->in, j->out, err));
        if (j->weight)
            SKUA_TRY(skuai_product_weight(dy, j->x + first * j->in, i > begin, partial, n, j->in,
                                          j->out, err));
        if (j->bias) skuai_kernel_column_sum(dy, i == begin, partial + j->out * j->in, n, j->out);
    }
    return SKUA_OK;
}

void skuai_linear_back(skuai_tape *tape, const skuai_real *dy, const skuai_real *x_value, size_t n,
                       skuai_tensor *x, skuai_tensor *w, skuai_tensor *bias, skuai_real *dx) {
    bool w_fresh = false, b_fresh = false;
    skuai_real *db = skuai_tape_gradient(tape, bias, &b_fresh);
    skuai_real *dw = skuai_tape_gradient(tape, w, &w_fresh);
    backward_job job = {.plan = skuai_rows_plan_of(n),
                        .x = x_value,
                        .w = w->value,
                        .dy = dy,
                        .dx = dx,
                        .dx_fresh = true,
                        .weight = dw != NULL,
                        .bias = db != NULL,
                        .in = skuai_tensor_width(w),
                        .out = skuai_tensor_rows(w)};
    if (!dx) job.dx = skuai_tape_gradient(tape, x, &job.dx_fresh);
    job.stride = (w->size + job.out + 15) / 16 * 16;
    skuai_storage *partial = NULL;
    if (dw || db) {
        partial = skuai_tape_storage(tape, job.plan.groups * job.stride, sizeof(skuai_real));
        if (!partial) return;
        job.partial = partial->data;
    } else {
        job.plan.groups = job.plan.tiles;
    }
    if (skuai_tape_parallel(tape, job.plan.groups, (double)n * (double)w->size / 4, backward_group,
                            &job)) {
        skuai_partial_add(tape, job.partial, job.plan.groups, job.stride, 0, dw, w_fresh, w->size);
        skuai_partial_add(tape, job.partial, job.plan.groups, job.stride, w->size, db, b_fresh,
                          job.out);
    }
    skuai_tape_drop(tape, partial);
}

/* -- Operations ------------------------------------------------------------------------------- */

bool skuai_linear_fits(skuai_tape *tape, const char *operation, const skuai_tensor *x, size_t in,
                       const skuai_tensor *w, const skuai_tensor *bias) {
    char a[96], b[96], c[96];
    if (w->rank == 2 && w->shape[1] == in && (!bias || bias->size == w->shape[0])) return true;
    (void)skuai_tape_fail(
        tape, SKUA_EINVAL, "%s: x %s does not fit a weight of %s with a bias of %s", operation,
        skuai_tensor_shape_text(x, a, sizeof a), skuai_tensor_shape_text(w, b, sizeof b),
        bias ? skuai_tensor_shape_text(bias, c, sizeof c) : "none");
    return false;
}

/* inputs: x, w, bias, residual. */
static skua_status linear_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    skuai_tensor *x = node->inputs[0];
    skuai_linear_back(tape, node->y->gradient, x->value, skuai_tensor_rows(x), x, node->inputs[1],
                      node->inputs[2], NULL);
    skuai_tape_gradient_pass(tape, node->inputs[3], node->y);
    return SKUA_OK;
}

static skuai_tensor *linear(skuai_tape *tape, const char *name, skuai_tensor *x, skuai_tensor *w,
                            skuai_tensor *bias, skuai_tensor *residual) {
    if (!skuai_linear_fits(tape, name, x, skuai_tensor_width(x), w, bias)) return NULL;
    size_t shape[4], n = skuai_tensor_rows(x);
    memcpy(shape, x->shape, sizeof shape);
    shape[x->rank - 1] = w->shape[0];
    char a[96], b[96];
    if (residual && residual->size != n * w->shape[0])
        return skuai_tape_fail(tape, SKUA_EINVAL, "%s: a residual of %s for x %s", name,
                               skuai_tensor_shape_text(residual, a, sizeof a),
                               skuai_tensor_shape_text(x, b, sizeof b));
    skuai_tensor *y = skuai_tape_result(tape, x->rank, shape);
    if (!y || !skuai_linear_values(tape, x->value, n, w, bias, residual ? residual->value : NULL,
                                   y->value))
        return NULL;
    (void)skuai_tape_record(tape, y, linear_backward, (skuai_tensor *[]){x, w, bias, residual}, 4,
                            0);
    return y;
}

skuai_tensor *skuai_nn_linear(skuai_tape *tape, skuai_tensor *x, skuai_tensor *w,
                              skuai_tensor *bias) {
    if (!skuai_tape_given(tape, "linear", (skuai_tensor *[]){x, w}, 2)) return NULL;
    return linear(tape, "linear", x, w, bias, NULL);
}

skuai_tensor *skuai_nn_linear_add(skuai_tape *tape, skuai_tensor *x, skuai_tensor *w,
                                  skuai_tensor *bias, skuai_tensor *residual) {
    if (!skuai_tape_given(tape, "linear_add", (skuai_tensor *[]){x, w, residual}, 3)) return NULL;
    return linear(tape, "linear_add", x, w, bias, residual);
}
