#include "nn/kernel.h"
#include "nn/product.h"

#include <string.h>

/* Forward a tile of rows goes through both products while its hidden layer is in the cache.
 * Recording keeps the hidden layer before the activation: backward computes the activation again
 * and multiplies no matrix twice. */

enum { SAVED_HIDDEN };

typedef struct shape {
    size_t n, in, hidden, wide, out; /* wide: rows of w1, 2 hidden for SWIGLU */
    skuai_activation activation;
    double dropout;
    uint64_t key;
} shape;

typedef struct forward_job {
    skuai_rows_plan plan;
    shape s;
    const skuai_real *x, *w1, *b1, *w2, *b2, *residual;
    skuai_real *y, *hidden; /* hidden [n, wide] or NULL */
    skuai_real *scratch;
    size_t stride;
} forward_job;

static skua_status forward_tile(void *argument, size_t i, int worker, skua_error *err) {
    const forward_job *j = argument;
    const shape *s = &j->s;
    size_t first, n = skuai_rows_of_tile(&j->plan, i, &first);
    skuai_real *a = j->scratch + (size_t)worker * j->stride;
    skuai_real *h = j->hidden ? j->hidden + first * s->wide : a + j->plan.tile * s->hidden;
    skuai_real *y = j->y + first * s->out;
    const skuai_real *residual = j->residual ? j->residual + first * s->out : NULL;
    SKUA_TRY(skuai_product_rows(j->x + first * s->in, j->w1, 0, h, n, s->in, s->wide, err));
    skuai_kernel_bias_activate(s->activation, h, j->b1, a, n, s->hidden);
    bool late = s->dropout > 0; /* the residual is added behind the dropout */
    skuai_kernel_fill_rows(j->b2, late ? NULL : residual, y, n, s->out);
    SKUA_TRY(skuai_product_rows(a, j->w2, 1, y, n, s->hidden, s->out, err));
    if (late) {
        skuai_kernel_dropout(y, s->key, first * s->out, s->dropout, true, y, n * s->out);
        if (residual) skuai_kernel_accumulate(residual, false, y, n * s->out);
    }
    return SKUA_OK;
}

typedef struct backward_job {
    skuai_rows_plan plan;
    shape s;
    const skuai_real *x, *hidden, *w1, *w2, *dy;
    skuai_real *dx, *partial, *scratch;
    bool dx_fresh, any;                  /* any: gradients of weights are wanted */
    size_t stride, at1, at2, atb1, atb2; /* of a group's sums */
    size_t scratch_stride;
} backward_job;

static skua_status backward_tile(const backward_job *j, size_t i, bool begin, skuai_real *partial,
                                 skuai_real *a, skua_error *err) {
    const shape *s = &j->s;
    size_t first, n = skuai_rows_of_tile(&j->plan, i, &first), tile = j->plan.tile;
    skuai_real *da = a + tile * s->hidden, *dh = da + tile * s->hidden;
    skuai_real *dropped = dh + tile * s->wide;
    const skuai_real *dy = j->dy + first * s->out, *h = j->hidden + first * s->wide;
    const skuai_real *x = j->x + first * s->in;
    if (s->dropout > 0) {
        skuai_kernel_dropout(dy, s->key, first * s->out, s->dropout, true, dropped, n * s->out);
        dy = dropped;
    }
    SKUA_TRY(skuai_product_back(dy, j->w2, 0, da, n, s->hidden, s->out, err));
    skuai_kernel_activate_back(s->activation, h, da, true, dh, j->any ? a : NULL, n, s->hidden);
    if (j->any) {
        double beta = begin ? 0 : 1;
        SKUA_TRY(skuai_product_weight(dy, a, beta, partial + j->at2, n, s->hidden, s->out, err));
        SKUA_TRY(skuai_product_weight(dh, x, beta, partial + j->at1, n, s->in, s->wide, err));
        skuai_kernel_column_sum(dy, begin, partial + j->atb2, n, s->out);
        skuai_kernel_column_sum(dh, begin, partial + j->atb1, n, s->wide);
    }
    if (j->dx)
        SKUA_TRY(skuai_product_back(dh, j->w1, j->dx_fresh ? 0 : 1, j->dx + first * s->in, n, s->in,
                                    s->wide, err));
    return SKUA_OK;
}

static skua_status backward_group(void *argument, size_t group, int worker, skua_error *err) {
    const backward_job *j = argument;
    skuai_real *partial = j->partial ? j->partial + group * j->stride : NULL;
    skuai_real *scratch = j->scratch + (size_t)worker * j->scratch_stride;
    size_t begin = skuai_group_begin(&j->plan, group), end = skuai_group_begin(&j->plan, group + 1);
    for (size_t i = begin; i < end; i++)
        SKUA_TRY(backward_tile(j, i, i == begin, partial, scratch, err));
    return SKUA_OK;
}

/* inputs: x, w1, b1, w2, b2, residual. */
static skua_status feed_forward_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    skuai_tensor **t = node->inputs;
    const shape *s = node->state;
    bool fresh[6] = {false};
    skuai_real *gradient[6] = {0};
    for (size_t k = 0; k < 5; k++)
        gradient[k] = skuai_tape_gradient(tape, t[k], &fresh[k]);
    backward_job job = {.plan = skuai_rows_plan_of(s->n),
                        .s = *s,
                        .x = t[0]->value,
                        .hidden = node->saved[SAVED_HIDDEN]->data,
                        .w1 = t[1]->value,
                        .w2 = t[3]->value,
                        .dy = node->y->gradient,
                        .dx = gradient[0],
                        .dx_fresh = fresh[0],
                        .any = gradient[1] || gradient[2] || gradient[3] || gradient[4]};
    job.at2 = s->wide * s->in;
    job.atb1 = job.at2 + s->out * s->hidden;
    job.atb2 = job.atb1 + s->wide;
    job.stride = (job.atb2 + s->out + 15) / 16 * 16;
    skuai_storage *partial = NULL, *scratch;
    scratch = skuai_tape_scratch(tape, job.plan.tile * (2 * s->hidden + s->wide + s->out),
                                 &job.scratch_stride);
    if (job.any)
        partial = skuai_tape_storage(tape, job.plan.groups * job.stride, sizeof(skuai_real));
    else
        job.plan.groups = job.plan.tiles;
    if (scratch && (partial || !job.any)) {
        job.scratch = scratch->data;
        job.partial = partial ? partial->data : NULL;
        double work = (double)s->n * (double)(s->wide * s->in);
        if (skuai_tape_parallel(tape, job.plan.groups, work, backward_group, &job)) {
            const size_t at[] = {0, 0, job.atb1, job.at2, job.atb2};
            for (size_t k = 1; k < 5; k++) {
                if (t[k])
                    skuai_partial_add(tape, job.partial, job.plan.groups, job.stride, at[k],
                                      gradient[k], fresh[k], t[k]->size);
            }
        }
    }
    skuai_tape_drop(tape, scratch);
    skuai_tape_drop(tape, partial);
    skuai_tape_gradient_pass(tape, t[5], node->y);
    return SKUA_OK;
}

/* With 8-bit weights each product runs by itself: it has its own tiles and scratch. */
static bool by_integers(skuai_tape *tape, const shape *s, skuai_tensor *const *t, skuai_tensor *y) {
    skuai_storage *h = skuai_tape_storage(tape, s->n * s->wide, sizeof(skuai_real));
    skuai_storage *a = skuai_tape_storage(tape, s->n * s->hidden, sizeof(skuai_real));
    bool good = h && a && skuai_linear_values(tape, t[0]->value, s->n, t[1], t[2], NULL, h->data);
    if (good) {
        skuai_kernel_activate(s->activation, h->data, a->data, s->n, s->hidden);
        good = skuai_linear_values(tape, a->data, s->n, t[3], t[4], t[5] ? t[5]->value : NULL,
                                   y->value);
    }
    skuai_tape_drop(tape, h);
    skuai_tape_drop(tape, a);
    return good;
}

static bool fused(skuai_tape *tape, const shape *s, skuai_tensor *const *t, skuai_tensor *y,
                  skuai_storage **hidden) {
    forward_job job = {.plan = skuai_rows_plan_of(s->n),
                       .s = *s,
                       .x = t[0]->value,
                       .w1 = t[1]->value,
                       .b1 = t[2] ? t[2]->value : NULL,
                       .w2 = t[3]->value,
                       .b2 = t[4] ? t[4]->value : NULL,
                       .residual = t[5] ? t[5]->value : NULL,
                       .y = y->value};
    *hidden = NULL;
    if (skuai_tape_records(tape, t, 6)) {
        *hidden = skuai_tape_storage(tape, s->n * s->wide, sizeof(skuai_real));
        if (!*hidden) return false;
        job.hidden = (*hidden)->data;
    }
    skuai_storage *scratch = skuai_tape_scratch(
        tape, job.plan.tile * (s->hidden + (job.hidden ? 0 : s->wide)), &job.stride);
    if (!scratch) return false;
    job.scratch = scratch->data;
    bool good = skuai_tape_parallel(
        tape, job.plan.tiles, (double)s->n * (double)(s->wide * s->in) / 4, forward_tile, &job);
    skuai_tape_drop(tape, scratch);
    return good;
}

static bool fits(skuai_tape *tape, const shape *s, skuai_tensor *const *t) {
    if (!skuai_linear_fits(tape, "feed_forward", t[0], s->in, t[1], t[2]) ||
        !skuai_linear_fits(tape, "feed_forward, second layer", t[0], s->hidden, t[3], t[4]))
        return false;
    if ((s->activation == SKUAI_ACTIVATION_SWIGLU && s->wide % 2 != 0) ||
        (t[5] && t[5]->size != s->n * s->out)) {
        (void)skuai_tape_fail(
            tape, SKUA_EINVAL,
            "feed_forward: %zu hidden rows, a residual of %zu elements, an output "
            "of %zu",
            s->wide, t[5] ? t[5]->size : 0, s->n * s->out);
        return false;
    }
    if (s->dropout >= 0 && s->dropout < 1) return true;
    (void)skuai_tape_fail(tape, SKUA_EINVAL, "feed_forward: dropout = %g: need 0 <= p < 1",
                          s->dropout);
    return false;
}

skuai_tensor *skuai_nn_feed_forward(skuai_tape *tape, skuai_tensor *x, skuai_tensor *w1,
                                    skuai_tensor *b1, skuai_activation activation, skuai_tensor *w2,
                                    skuai_tensor *b2, skuai_tensor *residual, double dropout) {
    if (!skuai_tape_given(tape, "feed_forward", (skuai_tensor *[]){x, w1, w2}, 3)) return NULL;
    skuai_tensor *t[] = {x, w1, b1, w2, b2, residual};
    shape s = {.n = skuai_tensor_rows(x),
               .in = skuai_tensor_width(x),
               .wide = w1->shape[0],
               .hidden = activation == SKUAI_ACTIVATION_SWIGLU ? w1->shape[0] / 2 : w1->shape[0],
               .out = w2->shape[0],
               .activation = activation,
               .dropout = dropout};
    if (!fits(tape, &s, t)) return NULL;
    if (skuai_tape_mode_of(tape) != SKUAI_TAPE_TRAIN) s.dropout = 0;
    if (s.dropout > 0) s.key = skuai_tape_draw(tape);
    size_t to[4];
    memcpy(to, x->shape, sizeof to);
    to[x->rank - 1] = s.out;
    skuai_tensor *y = skuai_tape_result(tape, x->rank, to);
    if (!y) return NULL;
    skuai_storage *hidden = NULL;
    bool integers = skuai_linear_is_int8(tape, w1) || skuai_linear_is_int8(tape, w2);
    if (!(integers ? by_integers(tape, &s, t, y) : fused(tape, &s, t, y, &hidden))) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, feed_forward_backward, t, 6, sizeof s);
    if (node) {
        memcpy(node->state, &s, sizeof s);
        node->saved[SAVED_HIDDEN] = hidden;
    }
    return y;
}
