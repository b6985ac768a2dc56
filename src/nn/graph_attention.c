#include "nn/kernel.h"
#include "nn/tape_record.h"

#include <math.h>
#include <string.h>

/* Forward a loop's item is a piece of target rows. Backward it is a head: edges meet at source
 * rows, and a head's columns belong to nobody else. Weights are kept, [E, H]. */

enum { PIECE = 64 };

typedef struct graph_job {
    size_t n, m, heads, d, width;
    const skuai_real *target, *source, *a_target, *a_source, *edge_bias, *dy;
    const size_t *offsets, *neighbours;
    double slope;
    skuai_real *y, *weight; /* [N, D], [E, H] */
    skuai_real *from, *to;  /* a_source . source [M, H], a_target . target [N, H] */
    skuai_real *dtarget, *dsource, *da_target, *da_source; /* added to; NULL: not wanted */
} graph_job;

static skuai_real dot(const skuai_real *a, const skuai_real *b, size_t d) {
    double sum;
    skuai_kernel_dot(a, b, d, &sum);
    return (skuai_real)sum;
}

static skua_status projections(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const graph_job *j = argument;
    bool source = i < (j->m + PIECE - 1) / PIECE;
    if (!source) i -= (j->m + PIECE - 1) / PIECE;
    size_t rows = source ? j->m : j->n, end = (i + 1) * PIECE < rows ? (i + 1) * PIECE : rows;
    const skuai_real *x = source ? j->source : j->target, *a = source ? j->a_source : j->a_target;
    skuai_real *to = source ? j->from : j->to;
    for (size_t r = i * PIECE; r < end; r++) {
        for (size_t h = 0; h < j->heads; h++)
            to[r * j->heads + h] = dot(x + r * j->width + h * j->d, a + h * j->d, j->d);
    }
    return SKUA_OK;
}

/* The product before the leaky slope. */
static skuai_real edge_score(const graph_job *j, size_t row, size_t e, size_t h) {
    return j->to[row * j->heads + h] + j->from[j->neighbours[e] * j->heads + h] +
           (j->edge_bias ? j->edge_bias[e] : 0);
}

static void row_weights(const graph_job *j, size_t row, size_t h) {
    size_t begin = j->offsets[row], end = j->offsets[row + 1];
    double most = -INFINITY, sum = 0;
    for (size_t e = begin; e < end; e++) {
        double s = (double)edge_score(j, row, e, h);
        if (s < 0) s *= j->slope;
        j->weight[e * j->heads + h] = (skuai_real)s;
        if (s > most) most = s;
    }
    for (size_t e = begin; e < end; e++) {
        double w = exp((double)j->weight[e * j->heads + h] - most);
        j->weight[e * j->heads + h] = (skuai_real)w;
        sum += w;
    }
    for (size_t e = begin; e < end; e++)
        j->weight[e * j->heads + h] = (skuai_real)((double)j->weight[e * j->heads + h] / sum);
}

static skua_status forward_piece(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker, (void)err;
    const graph_job *j = argument;
    size_t end = (i + 1) * PIECE < j->n ? (i + 1) * PIECE : j->n;
    for (size_t row = i * PIECE; row < end; row++) {
        skuai_real *y = j->y + row * j->width;
        skuai_kernel_zero(y, j->width);
        for (size_t h = 0; h < j->heads; h++) {
            row_weights(j, row, h);
            for (size_t e = j->offsets[row]; e < j->offsets[row + 1]; e++)
                skuai_kernel_axpy(j->source + j->neighbours[e] * j->width + h * j->d,
                                  j->weight[e * j->heads + h], false, y + h * j->d, j->d);
        }
    }
    return SKUA_OK;
}

/* With g = dy of the head: dweight_e = g . source_e, ds_e = w_e (dweight_e - sum w dweight), times
 * the slope where the product was negative. */
static void backward_row(const graph_job *j, size_t row, size_t h) {
    size_t begin = j->offsets[row], end = j->offsets[row + 1], at = h * j->d;
    const skuai_real *g = j->dy + row * j->width + at;
    double mean = 0, total = 0;
    for (size_t e = begin; e < end; e++)
        mean += (double)j->weight[e * j->heads + h] *
                (double)dot(g, j->source + j->neighbours[e] * j->width + at, j->d);
    for (size_t e = begin; e < end; e++) {
        size_t k = j->neighbours[e];
        const skuai_real *source = j->source + k * j->width + at;
        skuai_real w = j->weight[e * j->heads + h];
        double ds = (double)w * ((double)dot(g, source, j->d) - mean);
        if (edge_score(j, row, e, h) < 0) ds *= j->slope;
        total += ds;
        if (j->dsource) {
            skuai_kernel_axpy(g, w, false, j->dsource + k * j->width + at, j->d);
            skuai_kernel_axpy(j->a_source + at, (skuai_real)ds, false,
                              j->dsource + k * j->width + at, j->d);
        }
        if (j->da_source) skuai_kernel_axpy(source, (skuai_real)ds, false, j->da_source + at, j->d);
    }
    if (j->dtarget)
        skuai_kernel_axpy(j->a_target + at, (skuai_real)total, false,
                          j->dtarget + row * j->width + at, j->d);
    if (j->da_target)
        skuai_kernel_axpy(j->target + row * j->width + at, (skuai_real)total, false,
                          j->da_target + at, j->d);
}

static skua_status backward_head(void *argument, size_t h, int worker, skua_error *err) {
    (void)worker, (void)err;
    const graph_job *j = argument;
    for (size_t row = 0; row < j->n; row++)
        backward_row(j, row, h);
    return SKUA_OK;
}

/* inputs: target, source, a_target, a_source. */
static skua_status graph_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    graph_job *j = node->state;
    j->dy = node->y->gradient;
    j->dtarget = skuai_tape_gradient_zero(tape, node->inputs[0]);
    j->dsource = skuai_tape_gradient_zero(tape, node->inputs[1]);
    j->da_target = skuai_tape_gradient_zero(tape, node->inputs[2]);
    j->da_source = skuai_tape_gradient_zero(tape, node->inputs[3]);
    size_t edges = j->offsets[j->n];
    (void)skuai_tape_parallel(tape, j->heads, 6 * (double)(edges * j->width), backward_head, j);
    return SKUA_OK;
}

static bool graph_fits(skuai_tape *tape, const graph_job *j, skuai_tensor *const *t) {
    if (skuai_tensor_width(t[1]) != j->width || t[2]->rank != 2 || t[2]->size != j->width ||
        t[3]->size != j->width || t[3]->shape[0] != j->heads || !j->offsets) {
        char a[96], b[96], c[96];
        (void)skuai_tape_fail(
            tape, SKUA_EINVAL, "graph attention: targets %s, sources %s, attention %s do not fit",
            skuai_tensor_shape_text(t[0], a, sizeof a), skuai_tensor_shape_text(t[1], b, sizeof b),
            skuai_tensor_shape_text(t[2], c, sizeof c));
        return false;
    }
    for (size_t i = 0; i < j->n; i++) {
        if (j->offsets[i] > j->offsets[i + 1] || j->offsets[0] != 0) {
            (void)skuai_tape_fail(tape, SKUA_EINVAL, "graph attention: offsets fall at row %zu", i);
            return false;
        }
    }
    for (size_t e = 0; e < j->offsets[j->n]; e++) {
        if (j->neighbours[e] >= j->m) {
            (void)skuai_tape_fail(tape, SKUA_EINVAL, "graph attention: neighbour %zu of %zu rows",
                                  j->neighbours[e], j->m);
            return false;
        }
    }
    return true;
}

skuai_tensor *skuai_nn_graph_attention(skuai_tape *tape, skuai_tensor *target, skuai_tensor *source,
                                       skuai_tensor *a_target, skuai_tensor *a_source,
                                       const size_t *offsets, const size_t *neighbours,
                                       const skuai_real *edge_bias, double slope) {
    skuai_tensor *t[] = {target, source, a_target, a_source};
    if (!skuai_tape_given(tape, "graph attention", t, 4)) return NULL;
    graph_job j = {.n = skuai_tensor_rows(target),
                   .m = skuai_tensor_rows(source),
                   .heads = a_target->shape[0],
                   .width = skuai_tensor_width(target),
                   .target = target->value,
                   .source = source->value,
                   .a_target = a_target->value,
                   .a_source = a_source->value,
                   .edge_bias = edge_bias,
                   .offsets = offsets,
                   .neighbours = neighbours,
                   .slope = slope};
    if (!graph_fits(tape, &j, t)) return NULL;
    j.d = j.width / j.heads;
    size_t edges = offsets[j.n];
    skuai_tensor *y = skuai_tape_result(tape, 2, (size_t[]){j.n, j.width});
    skuai_storage *weight = skuai_tape_storage(tape, edges * j.heads, sizeof(skuai_real));
    skuai_storage *scores = skuai_tape_storage(tape, (j.n + j.m) * j.heads, sizeof(skuai_real));
    if (!y || !weight || !scores) return NULL;
    j.y = y->value, j.weight = weight->data;
    j.to = scores->data, j.from = j.to + j.n * j.heads;
    size_t pieces = (j.m + PIECE - 1) / PIECE + (j.n + PIECE - 1) / PIECE;
    if (!skuai_tape_parallel(tape, pieces, (double)((j.n + j.m) * j.width), projections, &j) ||
        !skuai_tape_parallel(tape, (j.n + PIECE - 1) / PIECE,
                             2 * (double)(edges * j.width) + (double)y->size, forward_piece, &j))
        return NULL;
    skuai_node *node = skuai_tape_record(tape, y, graph_backward, t, 4, sizeof j);
    if (node) {
        memcpy(node->state, &j, sizeof j);
        node->saved[0] = weight, node->saved[1] = scores;
    } else {
        skuai_tape_drop(tape, weight), skuai_tape_drop(tape, scores);
    }
    return y;
}
