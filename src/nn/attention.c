#include "nn/attention.h"

#include "nn/kernel.h"
#include "nn/product.h"

#include <math.h>
#include <string.h>

enum { TABLE_MOST = 4096 };

/* -- Rotary positions ------------------------------------------------------------------------- */

static void angles_fill(const skuai_attention *a, double position, skuai_real *to) {
    size_t half = a->d / 2;
    for (size_t i = 0; i < half; i++) {
        double angle = position * pow(a->options.rotary_base, -2.0 * (double)i / (double)a->d);
        to[i] = (skuai_real)cos(angle);
        to[half + i] = (skuai_real)sin(angle);
    }
}

/* Largest position, or -1 when one is negative. */
static int64_t largest_position(const int32_t *positions, size_t n, size_t s) {
    int64_t most = (int64_t)s - 1;
    if (!positions) return most;
    most = 0;
    for (size_t i = 0; i < n; i++) {
        if (positions[i] < 0) return -1;
        if (positions[i] > most) most = positions[i];
    }
    return most;
}

static bool table_make(skuai_tape *tape, skuai_attention *a) {
    int64_t q = largest_position(a->options.query_positions, a->batch * a->sq, a->sq);
    int64_t k = largest_position(a->options.key_positions, a->batch * a->sk, a->sk);
    if (q < 0 || k < 0) {
        (void)skuai_tape_fail(tape, SKUA_EINVAL, "attention: a negative position");
        return false;
    }
    int64_t most = q > k ? q : k;
    a->table_is_whole = most < TABLE_MOST;
    a->table_rows = most < TABLE_MOST ? (size_t)most + 1 : TABLE_MOST;
    a->table = skuai_tape_storage(tape, a->table_rows * a->d, sizeof(skuai_real));
    if (!a->table) return false;
    for (size_t p = 0; p < a->table_rows; p++)
        angles_fill(a, (double)p, (skuai_real *)a->table->data + p * a->d);
    return true;
}

/* Rows x [s, stride] of a head, turned by their positions, to y [s, y_stride]. */
void skuai_attention_rotate(const skuai_attention *a, const int32_t *positions, size_t s,
                            const skuai_real *x, size_t stride, bool back, bool fresh,
                            skuai_real *y, size_t y_stride, skuai_real *spare) {
    const skuai_real *table = a->table->data, sign = back ? -1 : 1;
    if (a->table_is_whole) {
        skuai_kernel_rotate(x, stride, table, positions, sign, fresh, y, y_stride, s, a->d / 2);
        return;
    }
    const int32_t zero = 0;
    for (size_t i = 0; i < s; i++) {
        size_t p = positions ? (size_t)positions[i] : i;
        if (p >= a->table_rows) angles_fill(a, (double)p, spare);
        skuai_kernel_rotate(x + i * stride, stride, p < a->table_rows ? table + p * a->d : spare,
                            &zero, sign, fresh, y + i * y_stride, y_stride, 1, a->d / 2);
    }
}

/* -- One head --------------------------------------------------------------------------------- */

static size_t padded(size_t n) {
    return (n + 15) / 16 * 16;
}

void skuai_attention_head_of(const skuai_attention *a, size_t item, skuai_real *scratch,
                             skuai_attention_head *h) {
    size_t b = item / a->heads, head = item % a->heads;
    *h = (skuai_attention_head){.b = b, .head = head};
    h->ld = padded(a->sk);
    h->q = a->q + b * a->sq * a->q_stride + head * a->d, h->q_stride = a->q_stride;
    h->k = a->k + b * a->sk * a->k_stride + head * a->d, h->k_stride = a->k_stride;
    h->v = a->v + b * a->sk * a->v_stride + head * a->d;
    h->scores = scratch, scratch += a->sq * h->ld;
    h->spare = scratch, scratch += padded(a->d);
    if (a->options.rotary_base > 0) {
        const int32_t *pq = a->options.query_positions, *pk = a->options.key_positions;
        skuai_attention_rotate(a, pq ? pq + b * a->sq : NULL, a->sq, h->q, h->q_stride, false, true,
                               scratch, a->d, h->spare);
        h->q = scratch, h->q_stride = a->d, scratch += padded(a->sq * a->d);
        skuai_attention_rotate(a, pk ? pk + b * a->sk : NULL, a->sk, h->k, h->k_stride, false, true,
                               scratch, a->d, h->spare);
        h->k = scratch, h->k_stride = a->d, scratch += padded(a->sk * a->d);
    }
    if (a->options.key_mask) {
        h->mask = scratch, scratch += h->ld;
        for (size_t j = 0; j < a->sk; j++)
            h->mask[j] = a->options.key_mask[b * a->sk + j] ? 0 : (skuai_real)-INFINITY;
    }
    h->rest = scratch;
}

/* Reals that _head_of takes. */
static size_t head_scratch(const skuai_attention *a) {
    return a->sq * padded(a->sk) + 2 * padded(a->d) + padded(a->sq * a->d) + padded(a->sk * a->d) +
           2 * padded(a->sk);
}

size_t skuai_attention_scratch(const skuai_attention *a, bool backward) {
    size_t s = a->sq * padded(a->sk);
    return head_scratch(a) + (backward ? 2 * s + padded(a->sq * a->d) + padded(a->sk * a->d) : 0);
}

skua_status skuai_attention_scores(const skuai_attention *a, const skuai_attention_head *h,
                                   skua_error *err) {
    return skuai_product(&(skuai_matrix_call){.b_transposed = true,
                                              .m = a->sq,
                                              .n = a->sk,
                                              .k = a->d,
                                              .lda = h->q_stride,
                                              .ldb = h->k_stride,
                                              .ldc = h->ld,
                                              .alpha = a->options.scale},
                         h->q, h->k, h->scores, err);
}

/* Keys that query i sees of those before the mask. */
size_t skuai_attention_seen(const skuai_attention *a, size_t i) {
    if (!a->options.causal) return a->sk;
    size_t end = i + 1 + a->sk;
    return end > a->sq ? end - a->sq : 0;
}

const skuai_real *skuai_attention_bias(const skuai_attention *a, const skuai_attention_head *h,
                                       size_t i) {
    const skuai_attention_options *o = &a->options;
    if (!o->bias) return NULL;
    return o->bias + h->b * o->bias_batch_stride + h->head * o->bias_head_stride + i * a->sk;
}

uint64_t skuai_attention_place(const skuai_attention *a, const skuai_attention_head *h, size_t i) {
    return (((uint64_t)h->b * a->heads + h->head) * a->sq + i) * a->sk;
}

static skua_status forward_head(void *argument, size_t item, int worker, skua_error *err) {
    const skuai_attention *a = argument;
    skuai_attention_head h;
    skuai_attention_head_of(a, item, a->scratch + (size_t)worker * a->scratch_stride, &h);
    SKUA_TRY(skuai_attention_scores(a, &h, err));
    for (size_t i = 0; i < a->sq; i++) {
        skuai_real *row = h.scores + i * h.ld, log_sum;
        size_t n = skuai_attention_seen(a, i);
        skuai_kernel_attend(row, skuai_attention_bias(a, &h, i), h.mask, n, &log_sum);
        skuai_kernel_zero(row + n, a->sk - n);
        if (a->log_sum) a->log_sum[item * a->sq + i] = log_sum;
        if (a->options.dropout > 0)
            skuai_kernel_dropout(row, a->key, skuai_attention_place(a, &h, i), a->options.dropout,
                                 true, row, n);
    }
    return skuai_product(&(skuai_matrix_call){.m = a->sq,
                                              .n = a->d,
                                              .k = a->sk,
                                              .lda = h.ld,
                                              .ldb = a->v_stride,
                                              .ldc = a->width,
                                              .alpha = 1},
                         h.scores, h.v, a->y + h.b * a->sq * a->width + h.head * a->d, err);
}

/* -- The operation ---------------------------------------------------------------------------- */

static bool shapes_of(skuai_attention *a, const skuai_tensor *q, const skuai_tensor *k,
                      const skuai_tensor *v) {
    size_t parts = !k ? 3 : 1, w = skuai_tensor_width(q);
    if (q->rank != 3 || w % parts != 0 || (k && k->rank != 3) || (v && (v->rank != 3 || !k)))
        return false;
    a->width = w / parts;
    a->batch = q->shape[0];
    a->sq = q->shape[1];
    a->sk = k ? k->shape[1] : a->sq;
    a->q = q->value, a->q_stride = w;
    if (!k) {
        a->k = a->q + a->width, a->v = a->k + a->width;
        a->k_stride = a->v_stride = w;
        return true;
    }
    a->k = k->value, a->k_stride = skuai_tensor_width(k);
    a->v = v ? v->value : a->k + a->width, a->v_stride = v ? skuai_tensor_width(v) : a->k_stride;
    return k->shape[0] == a->batch && a->k_stride == (v ? 1 : 2) * a->width &&
           (!v || (v->shape[0] == a->batch && v->shape[1] == a->sk && a->v_stride == a->width));
}

static bool options_fit(skuai_tape *tape, const skuai_attention *a) {
    const skuai_attention_options *o = &a->options;
    if (o->heads < 1 || a->width % o->heads != 0 ||
        (o->rotary_base > 0 && a->width / o->heads % 2 != 0)) {
        (void)skuai_tape_fail(tape, SKUA_EINVAL, "attention: %zu heads of a width of %zu%s",
                              o->heads, a->width,
                              o->rotary_base > 0 ? " with rotary positions (even a head)" : "");
        return false;
    }
    if (o->dropout >= 0 && o->dropout < 1 && o->rotary_base >= 0) return true;
    (void)skuai_tape_fail(tape, SKUA_EINVAL, "attention: dropout %g, rotary base %g", o->dropout,
                          o->rotary_base);
    return false;
}

skuai_tensor *skuai_nn_attention(skuai_tape *tape, skuai_tensor *q, skuai_tensor *k,
                                 skuai_tensor *v, const skuai_attention_options *options) {
    if (!skuai_tape_given(tape, "attention", &q, 1)) return NULL;
    skuai_attention a = {.options = *options};
    char one[96], two[96], three[96];
    if (!shapes_of(&a, q, k, v))
        return skuai_tape_fail(tape, SKUA_EINVAL, "attention: q %s, k %s, v %s do not fit",
                               skuai_tensor_shape_text(q, one, sizeof one),
                               k ? skuai_tensor_shape_text(k, two, sizeof two) : "in it",
                               v ? skuai_tensor_shape_text(v, three, sizeof three) : "in it");
    if (!options_fit(tape, &a)) return NULL;
    a.heads = options->heads, a.d = a.width / a.heads;
    if (!(options->scale != 0)) a.options.scale = 1 / sqrt((double)a.d);
    if (skuai_tape_mode_of(tape) != SKUAI_TAPE_TRAIN) a.options.dropout = 0;
    if (a.options.dropout > 0) a.key = skuai_tape_draw(tape);
    if (options->rotary_base > 0 && !table_make(tape, &a)) return NULL;
    skuai_tensor *y = skuai_tape_result(tape, 3, (size_t[]){a.batch, a.sq, a.width});
    skuai_tensor *inputs[] = {q, k, v};
    skuai_storage *saved = NULL, *scratch;
    if (skuai_tape_records(tape, inputs, 3))
        saved = skuai_tape_storage(tape, a.batch * a.heads * a.sq, sizeof(skuai_real));
    a.log_sum = saved ? saved->data : NULL;
    scratch = skuai_tape_scratch(tape, skuai_attention_scratch(&a, false), &a.scratch_stride);
    if (!y || !scratch) return NULL;
    a.y = y->value;
    a.scratch = scratch->data;
    double work = (double)(a.batch * a.heads * a.sq) * (double)(a.sk * a.d);
    bool good = skuai_tape_parallel(tape, a.batch * a.heads, work, forward_head, &a);
    skuai_tape_drop(tape, scratch);
    if (!good) return NULL;
    skuai_node *node = skuai_tape_record(tape, y, skuai_attention_backward, inputs, 3, sizeof a);
    if (node) {
        memcpy(node->state, &a, sizeof a);
        node->saved[0] = saved;
        node->saved[1] = a.table;
    } else {
        skuai_tape_drop(tape, a.table);
    }
    return y;
}
