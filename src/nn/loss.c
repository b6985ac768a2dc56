#include "nn/loss.h"

#include "math/special.h"
#include "nn/loss_rows.h"

#include <math.h>
#include <string.h>

/* -- Pinball, squares ------------------------------------------------------------------------- */

static double pinball_row(const skuai_loss_rows *r, size_t i, const skuai_loss_slot *slot) {
    double y = (double)r->target[i], sum = 0, share = 1 / (double)r->width;
    for (size_t k = 0; k < r->width; k++) {
        double level = r->levels[k], e = y - (double)r->x[i * r->width + k];
        sum += e > 0 ? level * e : (level - 1) * e;
        /* the last of the three: 0, or NaN */
        if (slot->d) skuai_loss_put(slot, k, share * (e > 0 ? -level : e < 0 ? 1 - level : e));
    }
    return sum * share;
}

skuai_tensor *skuai_nn_pinball_loss(skuai_tape *tape, skuai_tensor *prediction,
                                    const skuai_real *target, const skuai_real *weight,
                                    const double *levels, size_t n_levels) {
    if (!skuai_tape_given(tape, "pinball loss", &prediction, 1)) return NULL;
    if (n_levels == 0 || prediction->size % n_levels != 0)
        return skuai_tape_fail(tape, SKUA_EINVAL, "pinball loss: %zu predictions of %zu levels",
                               prediction->size, n_levels);
    for (size_t k = 0; k < n_levels; k++) {
        if (!(levels[k] > 0 && levels[k] < 1))
            return skuai_tape_fail(tape, SKUA_EINVAL, "pinball loss: level %g: need 0 < level < 1",
                                   levels[k]);
    }
    double *copy = skuai_tape_take(tape, n_levels, sizeof *copy);
    if (!copy) return NULL;
    memcpy(copy, levels, n_levels * sizeof *copy);
    return skuai_loss_mean(tape, prediction,
                           &(skuai_loss_rows){.name = "pinball loss",
                                              .row = pinball_row,
                                              .n = prediction->size / n_levels,
                                              .width = n_levels,
                                              .target = target,
                                              .weight = weight,
                                              .levels = copy});
}

static double squared_row(const skuai_loss_rows *r, size_t i, const skuai_loss_slot *slot) {
    double e = (double)r->x[i] - (double)r->target[i];
    if (slot->d) skuai_loss_put(slot, 0, 2 * e);
    return e * e;
}

skuai_tensor *skuai_nn_squared_loss(skuai_tape *tape, skuai_tensor *prediction,
                                    const skuai_real *target, const skuai_real *weight) {
    if (!skuai_tape_given(tape, "squared loss", &prediction, 1)) return NULL;
    return skuai_loss_mean(tape, prediction,
                           &(skuai_loss_rows){.name = "squared loss",
                                              .row = squared_row,
                                              .n = prediction->size,
                                              .width = 1,
                                              .target = target,
                                              .weight = weight});
}

/* -- Classes ---------------------------------------------------------------------------------- */

static double cross_entropy_row(const skuai_loss_rows *r, size_t i, const skuai_loss_slot *slot) {
    const skuai_real *x = r->x + i * r->width;
    size_t class = (size_t)r->classes[i];
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < r->width; k++)
        most = (double)x[k] > most ? (double)x[k] : most;
    for (size_t k = 0; k < r->width; k++)
        sum += exp((double)x[k] - most);
    for (size_t k = 0; slot->d && k < r->width; k++)
        skuai_loss_put(slot, k, exp((double)x[k] - most) / sum - (k == class ? 1 : 0));
    return log(sum) + most - (double)x[class];
}

skuai_tensor *skuai_nn_cross_entropy(skuai_tape *tape, skuai_tensor *logits, const int32_t *classes,
                                     int32_t ignore_index, const skuai_real *weight) {
    if (!skuai_tape_given(tape, "cross entropy", &logits, 1)) return NULL;
    return skuai_loss_mean(tape, logits,
                           &(skuai_loss_rows){.name = "cross entropy",
                                              .row = cross_entropy_row,
                                              .n = skuai_tensor_rows(logits),
                                              .width = skuai_tensor_width(logits),
                                              .classes = classes,
                                              .ignore = ignore_index,
                                              .weight = weight});
}

/* -- Densities -------------------------------------------------------------------------------- */

static double softplus(double x) {
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}
static double sigmoid(double x) {
    return x > 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double negative_binomial_row(const skuai_loss_rows *r, size_t i,
                                    const skuai_loss_slot *slot) {
    double y = (double)r->target[i], a = (double)r->x[2 * i], b = (double)r->x[2 * i + 1];
    double m = softplus(a) + 1e-6, s = softplus(b) + 1e-6;
    if (slot->d) {
        double dm = (s + y) / (s + m) - y / m;
        double ds = skuai_digamma(s) - skuai_digamma(y + s) + log1p(m / s) + (y - m) / (s + m);
        skuai_loss_put(slot, 0, dm * sigmoid(a));
        skuai_loss_put(slot, 1, ds * sigmoid(b));
    }
    return skuai_log_gamma(s) - skuai_log_gamma(y + s) + skuai_log_gamma(y + 1) + s * log1p(m / s) +
           y * log1p(s / m);
}

skuai_tensor *skuai_nn_negative_binomial_loss(skuai_tape *tape, skuai_tensor *parameters,
                                              const skuai_real *target, const skuai_real *weight) {
    if (!skuai_tape_given(tape, "negative binomial loss", &parameters, 1)) return NULL;
    return skuai_loss_mean(tape, parameters,
                           &(skuai_loss_rows){.name = "negative binomial loss",
                                              .row = negative_binomial_row,
                                              .n = parameters->size / 2,
                                              .width = 2,
                                              .target = target,
                                              .weight = weight,
                                              .counts = true});
}

static double student_t_row(const skuai_loss_rows *r, size_t i, const skuai_loss_slot *slot) {
    const skuai_real *x = r->x + 3 * i;
    double s = softplus((double)x[1]) + 1e-6, v = 2 + softplus((double)x[2]);
    double z = ((double)r->target[i] - (double)x[0]) / s, z2 = z * z;
    if (slot->d) {
        double pull = (v + 1) / (v + z2);
        double dv = skuai_digamma(v / 2) - skuai_digamma((v + 1) / 2) + 1 / v + log1p(z2 / v) -
                    pull * z2 / v;
        skuai_loss_put(slot, 0, -pull * z / s);
        skuai_loss_put(slot, 1, (1 - pull * z2) / s * sigmoid((double)x[1]));
        skuai_loss_put(slot, 2, dv / 2 * sigmoid((double)x[2]));
    }
    return skuai_log_gamma(v / 2) - skuai_log_gamma((v + 1) / 2) +
           log(v * 3.14159265358979323846) / 2 + log(s) + (v + 1) / 2 * log1p(z2 / v);
}

skuai_tensor *skuai_nn_student_t_loss(skuai_tape *tape, skuai_tensor *parameters,
                                      const skuai_real *target, const skuai_real *weight) {
    if (!skuai_tape_given(tape, "Student's t loss", &parameters, 1)) return NULL;
    return skuai_loss_mean(tape, parameters,
                           &(skuai_loss_rows){.name = "Student's t loss",
                                              .row = student_t_row,
                                              .n = parameters->size / 3,
                                              .width = 3,
                                              .target = target,
                                              .weight = weight});
}

/* -- Sum -------------------------------------------------------------------------------------- */

static skua_status sum_backward(skuai_tape *tape, skuai_node *node, skua_error *err) {
    (void)err;
    const double *factors = node->state;
    for (size_t i = 0; i < node->n_inputs; i++) {
        skuai_real *to = skuai_tape_gradient_zero(tape, node->inputs[i]);
        if (to) to[0] += (skuai_real)factors[i] * node->y->gradient[0];
    }
    return SKUA_OK;
}

skuai_tensor *skuai_nn_loss_sum(skuai_tape *tape, skuai_tensor *const *losses,
                                const double *factors, size_t n) {
    if (n == 0) return skuai_tape_fail(tape, SKUA_EINVAL, "loss sum: no losses");
    if (!skuai_tape_given(tape, "loss sum", losses, n)) return NULL;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (losses[i]->size != 1)
            return skuai_tape_fail(tape, SKUA_EINVAL, "loss sum: loss %zu has %zu elements", i,
                                   losses[i]->size);
        sum += factors[i] * (double)losses[i]->value[0];
    }
    skuai_tensor *y = skuai_tape_result(tape, 1, (size_t[]){1});
    if (!y) return NULL;
    y->value[0] = (skuai_real)sum;
    skuai_node *node = skuai_tape_record(tape, y, sum_backward, losses, n, n * sizeof *factors);
    if (node) memcpy(node->state, factors, n * sizeof *factors);
    return y;
}
