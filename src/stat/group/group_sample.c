#include "stat/group/group_sample.h"

#include "math/linear.h"
#include "math/statistics.h"
#include "stat/group/group_variance.h"

#include <string.h>

#define SERIES_MISSING 0.10
#define GROUP_MISSING  0.25
#define EIGHTHS        6 /* the window may be shortened by up to 5/8 */
#define LEAST_WINDOW   8
#define OFF            1e-7
#define LIKE           3.0 /* ratio of weights inside a sample */
#define JITTER         1e-6

typedef struct rows {
    const double *x; /* [n, stride], NaN missing */
    size_t n, window;
    double missing; /* share allowed */
} rows;

static bool complete_enough(const rows *r, size_t i, size_t from) {
    size_t gone = 0, w = r->window - from;
    for (size_t t = from; t < r->window; t++)
        gone += isnan(r->x[i * r->window + t]) != 0;
    return (double)gone <= r->missing * (double)w;
}

/* Where the part of the window begins that holds most; *n out: its rows. */
static size_t choose_part(const rows *r, size_t *n) {
    size_t best = 0, best_size = 0;
    *n = 0;
    for (size_t e = 0; e < EIGHTHS; e++) {
        size_t from = r->window * e / 8, count = 0;
        if (e > 0 && r->window - from < LEAST_WINDOW) break;
        for (size_t i = 0; i < r->n; i++)
            count += complete_enough(r, i, from);
        if (count * (r->window - from) <= best_size) continue;
        best_size = count * (r->window - from);
        best = from;
        *n = count;
    }
    return best;
}

/* out [n] = x with gaps filled by lines and level ends, times factor. */
static void complete(const double *x, size_t n, double factor, double *out) {
    size_t before = n;
    for (size_t t = 0; t < n; t++) {
        if (isnan(x[t])) continue;
        for (size_t i = before == n ? 0 : before + 1; i < t; i++) {
            double share = before == n ? 1 : (double)(i - before) / (double)(t - before);
            double left = before == n ? 0 : x[before];
            out[i] = factor * (left * (1 - share) + x[t] * share);
        }
        out[t] = factor * x[t];
        before = t;
    }
    for (size_t i = before == n ? 0 : before + 1; i < n; i++)
        out[i] = before == n ? 0 : factor * x[before];
}

/* rows [w, w] with rows' rows = gram [w, w]: the transpose of its Cholesky factor. */
static skua_status gram_rows(double *gram, size_t w, double *out, skua_error *err) {
    double trace = 0;
    for (size_t i = 0; i < w; i++)
        trace += gram[i * w + i];
    for (size_t i = 0; i < w; i++)
        gram[i * w + i] += 1e-9 * trace / (double)w + 1e-12;
    SKUA_TRY(skuai_cholesky(gram, w, err));
    for (size_t i = 0; i < w; i++)
        for (size_t j = 0; j < w; j++)
            out[j * w + i] = gram[i * w + j];
    return SKUA_OK;
}

static skua_status estimate_own(skuai_group_state *state, skua_error *err) {
    size_t W = state->window, n;
    rows all = {state->residual, state->n_series, W, SERIES_MISSING};
    size_t from = choose_part(&all, &n), w = W - from;
    if (n == 0) return SKUA_OK;
    double *gram = skuai_arena_take_zero(state->arena, 2 * w * w + w, sizeof *gram);
    if (!gram) return skuai_error_memory(err, "a group model");
    double *out = gram + w * w, *x = out + w * w;
    for (size_t s = 0; s < state->n_series; s++) {
        if (!complete_enough(&all, s, from)) continue;
        complete(state->residual + s * W + from, w, 1 / state->volatility[s], x);
        for (size_t i = 0; i < w; i++)
            for (size_t j = 0; j <= i; j++)
                gram[i * w + j] += x[i] * x[j];
    }
    SKUA_TRY(gram_rows(gram, w, out, err));
    skuai_group_sample sample = {out, w, (double)n, 1};
    return skuai_group_variance_fit(&state->time, from, w, &sample, 1, NULL, state->own,
                                    state->context, state->arena, err);
}

skua_status skuai_group_estimate_own(skuai_group_state *state, skua_error *err) {
    skuai_arena_mark mark = skuai_arena_mark_get(state->arena);
    skua_status status = estimate_own(state, err);
    skuai_arena_reset(state->arena, mark);
    return status;
}

/* Effective weight of a group: mean weight times its squared scale. */
static double group_weight(const skuai_group_part *part, size_t g, size_t from, size_t window) {
    double sum = 0;
    for (size_t t = from; t < window; t++)
        sum += part->weight[g * window + t];
    return sum / (double)(window - from) * part->scale[g] * part->scale[g];
}

/* Split n groups, sorted by falling weight, into samples of like weight; groups whose weight is too
 * small for the last sample are left out: they know next to nothing. x [n, w] completed rows. */
static size_t split(const double *x, size_t w, const double *weight, size_t n,
                    skuai_group_sample *samples) {
    size_t parts = 0, first = 0, most = (n + SKUAI_GROUP_SAMPLES - 1) / SKUAI_GROUP_SAMPLES;
    while (first < n && parts < SKUAI_GROUP_SAMPLES) {
        double sum = 0;
        size_t last = first;
        for (; last < n && last - first < most && weight[last] * LIKE > weight[first]; last++)
            sum += log(weight[last]);
        size_t count = last - first;
        samples[parts++] =
            (skuai_group_sample){x + first * w, count, (double)count, exp(sum / (double)count)};
        first = last;
    }
    return parts;
}

static skua_status estimate_part(skuai_group_state *state, skuai_group_part *part,
                                 const double *own, skua_error *err) {
    size_t W = state->window, T = state->time.n, G = part->n_groups, n, k = 0;
    rows all = {part->sum, G, W, GROUP_MISSING};
    size_t from = choose_part(&all, &n), w = W - from;
    if (n == 0) {
        for (size_t i = 0; i < SKUAI_GROUP_KERNELS; i++)
            part->variance[i] = state->time.kernel[i] ? OFF : 0;
        return SKUA_OK;
    }
    double *x = skuai_arena_take(state->arena, n * w + w * w + 2 * G, sizeof *x);
    size_t *order = skuai_arena_take(state->arena, G, sizeof *order);
    if (!x || !order) return skuai_error_memory(err, "a group model");
    double *rest = x + n * w, *weight = rest + w * w, *sorted = weight + G;
    for (size_t g = 0; g < G; g++)
        weight[g] = complete_enough(&all, g, from) ? -group_weight(part, g, from, W) : (double)NAN;
    skuai_sort_index(weight, G, order);
    for (size_t i = 0; i < G; i++) { /* greatest first, NaN last */
        size_t g = order[i];
        if (isnan(weight[g])) break;
        sorted[k] = -weight[g];
        complete(part->sum + g * W + from, w, 1 / part->scale[g], x + k++ * w);
    }
    for (size_t i = 0; i < w; i++) {
        memcpy(rest + i * w, own + (from + i) * T + from, w * sizeof *rest);
        rest[i * w + i] += JITTER;
    }
    skuai_group_sample samples[SKUAI_GROUP_SAMPLES];
    size_t parts = split(x, w, sorted, n, samples);
    return skuai_group_variance_fit(&state->time, from, w, samples, parts, rest, part->variance,
                                    state->context, state->arena, err);
}

skua_status skuai_group_estimate_part(skuai_group_state *state, skuai_group_part *part,
                                      const double *own, skua_error *err) {
    skuai_arena_mark mark = skuai_arena_mark_get(state->arena);
    skua_status status = estimate_part(state, part, own, err);
    skuai_arena_reset(state->arena, mark);
    return status;
}
