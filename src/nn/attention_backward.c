#include "nn/attention.h"

#include "nn/kernel.h"
#include "nn/product.h"

/* With P the weights, O = drop(P) V, dP = drop(dO V'), D = rowsum(P dP):
 * dS = P (dP - D) scale, dQ = dS K, dK = dS' Q, dV = drop(P)' dO. P is computed again from the
 * products and the rows' log-sums (Dao et al. 2022). */

/* dp, the gradient of the dropped weights, becomes dS. */
static void score_gradients(const skuai_attention *a, const skuai_attention_head *h,
                            skuai_real *dp) {
    for (size_t i = 0; i < a->sq; i++) {
        skuai_real *g = dp + i * h->ld, *p = h->scores + i * h->ld;
        size_t n = skuai_attention_seen(a, i);
        if (a->options.dropout > 0)
            skuai_kernel_dropout(g, a->key, skuai_attention_place(a, h, i), a->options.dropout,
                                 true, g, n);
        skuai_kernel_attend_back(p, g, (skuai_real)a->options.scale, n);
        skuai_kernel_zero(g + n, a->sk - n);
    }
}

/* The weights into h->scores; returns drop(P), which is in `dropped` where there is dropout. */
static const skuai_real *weights_again(const skuai_attention *a, const skuai_attention_head *h,
                                       size_t item, skuai_real *dropped) {
    for (size_t i = 0; i < a->sq; i++) {
        skuai_real *p = h->scores + i * h->ld;
        size_t n = skuai_attention_seen(a, i);
        skuai_kernel_attend_again(p, skuai_attention_bias(a, h, i), h->mask,
                                  a->log_sum[item * a->sq + i], n);
        skuai_kernel_zero(p + n, a->sk - n);
        if (a->options.dropout > 0)
            skuai_kernel_dropout(p, a->key, skuai_attention_place(a, h, i), a->options.dropout,
                                 true, dropped + i * h->ld, a->sk);
    }
    return a->options.dropout > 0 ? dropped : h->scores;
}

/* to (rows of stride) = or += dp x, or dp' x, turned back where positions rotate. */
static skua_status into_rows(const skuai_attention *a, const skuai_attention_head *h,
                             const skuai_real *dp, bool keys, const skuai_real *x, size_t x_stride,
                             skuai_real *to, size_t stride, bool fresh, skuai_real *spare,
                             skua_error *err) {
    bool rotary = a->options.rotary_base > 0;
    size_t rows = keys ? a->sk : a->sq;
    skuai_matrix_call call = {.a_transposed = keys,
                              .m = rows,
                              .n = a->d,
                              .k = keys ? a->sq : a->sk,
                              .lda = h->ld,
                              .ldb = x_stride,
                              .ldc = rotary ? a->d : stride,
                              .alpha = 1,
                              .beta = rotary || fresh ? 0 : 1};
    SKUA_TRY(skuai_product(&call, dp, x, rotary ? spare : to, err));
    if (!rotary) return SKUA_OK;
    const int32_t *positions = keys ? a->options.key_positions : a->options.query_positions;
    skuai_attention_rotate(a, positions ? positions + h->b * rows : NULL, rows, spare, a->d, true,
                           fresh, to, stride, h->spare);
    return SKUA_OK;
}

static skua_status backward_head(void *argument, size_t item, int worker, skua_error *err) {
    const skuai_attention *a = argument;
    skuai_attention_head h;
    skuai_attention_head_of(a, item, a->scratch + (size_t)worker * a->scratch_stride, &h);
    skuai_real *dp = h.rest, *dropped = dp + a->sq * h.ld, *spare = dropped + a->sq * h.ld;
    const skuai_real *dy = a->dy + h.b * a->sq * a->width + h.head * a->d;
    size_t at_k = h.b * a->sk * a->k_stride + h.head * a->d;
    SKUA_TRY(skuai_attention_scores(a, &h, err));
    const skuai_real *weights = weights_again(a, &h, item, dropped);
    if (a->dv) {
        skuai_matrix_call call = {.a_transposed = true,
                                  .m = a->sk,
                                  .n = a->d,
                                  .k = a->sq,
                                  .lda = h.ld,
                                  .ldb = a->width,
                                  .ldc = a->v_stride,
                                  .alpha = 1,
                                  .beta = a->dv_fresh ? 0 : 1};
        SKUA_TRY(skuai_product(&call, weights, dy,
                               a->dv + h.b * a->sk * a->v_stride + h.head * a->d, err));
    }
    if (!a->dq && !a->dk) return SKUA_OK;
    skuai_matrix_call call = {.b_transposed = true,
                              .m = a->sq,
                              .n = a->sk,
                              .k = a->d,
                              .lda = a->width,
                              .ldb = a->v_stride,
                              .ldc = h.ld,
                              .alpha = 1};
    SKUA_TRY(skuai_product(&call, dy, h.v, dp, err));
    score_gradients(a, &h, dp);
    if (a->dq)
        SKUA_TRY(into_rows(a, &h, dp, false, h.k, h.k_stride,
                           a->dq + h.b * a->sq * a->q_stride + h.head * a->d, a->q_stride,
                           a->dq_fresh, spare, err));
    if (a->dk)
        SKUA_TRY(into_rows(a, &h, dp, true, h.q, h.q_stride, a->dk + at_k, a->k_stride, a->dk_fresh,
                           spare, err));
    return SKUA_OK;
}

static void gradients_of(skuai_tape *tape, skuai_tensor *const *t, skuai_attention *a) {
    if (!t[1]) { /* one tensor holds all three, side by side */
        a->dq = skuai_tape_gradient(tape, t[0], &a->dq_fresh);
        a->dk = a->dq ? a->dq + a->width : NULL, a->dv = a->dq ? a->dq + 2 * a->width : NULL;
        a->dk_fresh = a->dv_fresh = a->dq_fresh;
        return;
    }
    bool shared = t[0] == t[1] || t[1] == t[2] || t[0] == t[2];
    if (shared) { /* each adds its part */
        a->dq = skuai_tape_gradient_zero(tape, t[0]);
        a->dk = skuai_tape_gradient_zero(tape, t[1]);
        a->dv = t[2] ? skuai_tape_gradient_zero(tape, t[2]) : a->dk ? a->dk + a->width : NULL;
        return;
    }
    a->dq = skuai_tape_gradient(tape, t[0], &a->dq_fresh);
    a->dk = skuai_tape_gradient(tape, t[1], &a->dk_fresh);
    if (t[2]) {
        a->dv = skuai_tape_gradient(tape, t[2], &a->dv_fresh);
    } else {
        a->dv = a->dk ? a->dk + a->width : NULL;
        a->dv_fresh = a->dk_fresh;
    }
}

/* inputs: q, k, v. */
skua_status skuai_attention_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    skuai_attention *a = node->state;
    a->dy = node->y->gradient;
    gradients_of(tape, node->inputs, a);
    skuai_storage *scratch =
        skuai_tape_scratch(tape, skuai_attention_scratch(a, true), &a->scratch_stride);
    if (!scratch) return SKUA_OK;
    a->scratch = scratch->data;
    double work = (double)(a->batch * a->heads * a->sq) * (double)(a->sk * a->d);
    (void)skuai_tape_parallel(tape, a->batch * a->heads, work, backward_head, a);
    skuai_tape_drop(tape, scratch);
    return SKUA_OK;
}
