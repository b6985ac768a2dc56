#include "nn/kernel.h"
#include "nn/product.h"

#include <string.h>

enum { SAVED_MOMENTS };

typedef struct norm_job {
    skuai_rows_plan plan;
    const skuai_real *x, *gain, *bias, *dy;
    skuai_real *to, *mean, *inverse; /* mean NULL: RMS */
    skuai_real *partial;             /* [groups, 2 d]: gain, bias */
    double epsilon;
    bool fresh, dgain, dbias;
    size_t d;
} norm_job;

static skua_status norm_tile(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const norm_job *j = argument;
    size_t first, n = skuai_rows_of_tile(&j->plan, i, &first);
    skuai_kernel_norm(j->x + first * j->d, j->gain, j->bias, j->epsilon,
                      j->mean ? j->mean + first : NULL, j->inverse + first, j->to + first * j->d, n,
                      j->d);
    return SKUA_OK;
}

static skua_status norm_group(void *argument, size_t group, int worker, skua_error *err) {
    (void)worker, (void)err;
    const norm_job *j = argument;
    skuai_real *partial = j->partial + group * 2 * j->d;
    skuai_kernel_zero(partial, 2 * j->d);
    size_t begin = skuai_group_begin(&j->plan, group), end = skuai_group_begin(&j->plan, group + 1);
    for (size_t i = begin; i < end; i++) {
        size_t first, n = skuai_rows_of_tile(&j->plan, i, &first), at = first * j->d;
        skuai_kernel_norm_back(j->x + at, j->gain, j->dy + at, j->mean ? j->mean + first : NULL,
                               j->inverse + first, j->fresh, j->to ? j->to + at : NULL,
                               j->dgain ? partial : NULL, j->dbias ? partial + j->d : NULL, n,
                               j->d);
    }
    return SKUA_OK;
}

/* inputs: x, gain, bias. */
static skua_status norm_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    norm_job *j = node->state;
    bool gain_fresh, bias_fresh;
    skuai_real *dgain = skuai_tape_gradient(tape, node->inputs[1], &gain_fresh);
    skuai_real *dbias = skuai_tape_gradient(tape, node->inputs[2], &bias_fresh);
    j->dy = node->y->gradient;
    j->dgain = dgain != NULL, j->dbias = dbias != NULL;
    j->to = skuai_tape_gradient(tape, node->inputs[0], &j->fresh);
    skuai_storage *partial =
        skuai_tape_storage(tape, j->plan.groups * 2 * j->d, sizeof(skuai_real));
    if (!partial) return SKUA_OK;
    j->partial = partial->data;
    if (skuai_tape_parallel(tape, j->plan.groups, 4 * (double)(j->plan.n * j->d), norm_group, j)) {
        skuai_partial_add(tape, j->partial, j->plan.groups, 2 * j->d, 0, dgain, gain_fresh, j->d);
        skuai_partial_add(tape, j->partial, j->plan.groups, 2 * j->d, j->d, dbias, bias_fresh,
                          j->d);
    }
    skuai_tape_drop(tape, partial);
    return SKUA_OK;
}

static skuai_tensor *norm(skuai_tape *tape, const char *name, skuai_tensor *x, skuai_tensor *gain,
                          skuai_tensor *bias, double epsilon, bool centred) {
    if (!skuai_tape_given(tape, name, &x, 1)) return NULL;
    size_t d = skuai_tensor_width(x), n = skuai_tensor_rows(x);
    if ((gain && gain->size != d) || (bias && bias->size != d) || !(epsilon >= 0))
        return skuai_tape_fail(tape, SKUA_EINVAL,
                               "%s: gain of %zu, bias of %zu, epsilon %g for a width of %zu", name,
                               gain ? gain->size : 0, bias ? bias->size : 0, epsilon, d);
    skuai_tensor *y = skuai_tape_result(tape, x->rank, x->shape);
    skuai_storage *moments = skuai_tape_storage(tape, 2 * n, sizeof(skuai_real));
    if (!y || !moments) return NULL;
    norm_job job = {.plan = skuai_rows_plan_of(n),
                    .x = x->value,
                    .gain = gain ? gain->value : NULL,
                    .bias = bias ? bias->value : NULL,
                    .to = y->value,
                    .inverse = moments->data,
                    .mean = centred ? (skuai_real *)moments->data + n : NULL,
                    .epsilon = epsilon,
                    .d = d};
    if (!skuai_tape_parallel(tape, job.plan.tiles, 3 * (double)x->size, norm_tile, &job))
        return NULL;
    skuai_node *node =
        skuai_tape_record(tape, y, norm_backward, (skuai_tensor *[]){x, gain, bias}, 3, sizeof job);
    if (node) {
        memcpy(node->state, &job, sizeof job);
        node->saved[SAVED_MOMENTS] = moments;
    } else {
        skuai_tape_drop(tape, moments);
    }
    return y;
}

skuai_tensor *skuai_nn_layer_norm(skuai_tape *tape, skuai_tensor *x, skuai_tensor *gain,
                                  skuai_tensor *bias, double epsilon) {
    return norm(tape, "layer norm", x, gain, bias, epsilon, true);
}

skuai_tensor *skuai_nn_rms_norm(skuai_tape *tape, skuai_tensor *x, skuai_tensor *gain,
                                double epsilon) {
    return norm(tape, "RMS norm", x, gain, NULL, epsilon, false);
}
