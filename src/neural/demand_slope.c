#include "neural/demand_slope.h"

#include <math.h>
#include <string.h>

enum {
    BATCH = 32,
    PERIOD = SKUAI_WINDOW_CHANNELS + 2 * SKUAI_WINDOW_SLOTS,
    L = SKUAI_DEMAND_LEVELS
};

void skuai_demand_mean_weights(double w[SKUAI_DEMAND_LEVELS]) {
    const double *l = skuai_demand_levels;
    for (size_t q = 0; q < L; q++) {
        double low = q ? (l[q - 1] + l[q]) / 2 : 0;
        double high = q + 1 < L ? (l[q] + l[q + 1]) / 2 : 1;
        w[q] = high - low;
    }
}

double skuai_demand_mean(const double *z, double centre, double scale, bool non_negative) {
    double w[L], mean = 0;
    skuai_demand_mean_weights(w);
    for (size_t q = 0; q < L; q++) {
        double y = skuai_window_unscale(z[q], centre, scale);
        mean += w[q] * (non_negative && y < 0 ? 0 : y);
    }
    return mean;
}

/* Windows on the way, window i of a pass at at[i]. */
typedef struct way {
    const skuai_window_batch *from, *to;
    skuai_window_batch b;
    size_t horizon;
    const double *at; /* [n] */
    skuai_real *seed; /* [n, future * P, L] d mean / d z */
    double by_centre[BATCH], by_scale[BATCH];
} way;

static skua_status way_begin(way *w, const skuai_window_batch *from, const skuai_window_batch *to,
                             size_t most, skuai_arena *arena, skua_error *err) {
    size_t tokens = to->past + to->future;
    *w = (way){.from = from, .to = to};
    if (from->past != to->past || from->future != to->future || from->n_near != to->n_near)
        return skuai_error_set(err, SKUA_EINVAL, "windows of different shapes");
    SKUA_TRY(skuai_window_batch_new(&to->config, most, to->past, to->future, arena, &w->b, err));
    w->seed = skuai_arena_take(arena, most * to->future * to->config.patch, L * sizeof *w->seed);
    if (!w->seed) return skuai_error_memory(err, "an explanation");
    for (size_t i = 0; i < most; i++) {
        memcpy(w->b.visible + i * tokens, to->visible, tokens);
        memcpy(w->b.side_visible + i * SKUAI_WINDOW_SIDES, to->side_visible, SKUAI_WINDOW_SIDES);
        memcpy(w->b.side + i * SKUAI_WINDOW_SIDES * SKUAI_WINDOW_SIDE, to->side,
               SKUAI_WINDOW_SIDES * SKUAI_WINDOW_SIDE * sizeof *to->side);
        for (size_t k = 0; k < to->n_near; k++) {
            size_t row = i * to->n_near + k;
            memcpy(w->b.near_tokens + row * tokens * to->features,
                   to->near_tokens + k * tokens * to->features,
                   tokens * to->features * sizeof *to->near_tokens);
            memcpy(w->b.near_visible + row * tokens, to->near_visible + k * tokens, tokens);
            w->b.near_relation[row] = to->near_relation[k];
        }
        w->b.near_first[i + 1] = (i + 1) * to->n_near;
    }
    return SKUA_OK;
}

static void way_place(way *w, size_t n) {
    size_t size = (w->to->past + w->to->future) * w->to->features;
    w->b.n = n;
    w->b.n_near = n * w->to->n_near;
    for (size_t i = 0; i < n; i++) {
        skuai_real a = (skuai_real)w->at[i], *x = w->b.tokens + i * size;
        for (size_t k = 0; k < size; k++)
            x[k] = w->from->tokens[k] + a * (w->to->tokens[k] - w->from->tokens[k]);
        w->b.centre[i] = *w->from->centre + w->at[i] * (*w->to->centre - *w->from->centre);
        w->b.scale[i] = *w->from->scale + w->at[i] * (*w->to->scale - *w->from->scale);
    }
}

/* The mean forecasts' own derivatives: by the scaled quantiles, centre and scale. */
static void way_seed(way *w, const skuai_real *z, bool non_negative) {
    double weights[L];
    size_t periods = w->b.future * w->b.config.patch;
    skuai_demand_mean_weights(weights);
    memset(w->seed, 0, w->b.n * periods * L * sizeof *w->seed);
    for (size_t i = 0; i < w->b.n; i++)
        w->by_centre[i] = w->by_scale[i] = 0;
    for (size_t at = 0; at < w->b.n * w->horizon; at++) {
        size_t i = at / w->horizon, place = (i * periods + at % w->horizon) * L;
        const skuai_real *row = z + place;
        skuai_real *seed = w->seed + place;
        for (size_t q = 0; q < L; q++) {
            size_t rank = 0; /* quantiles that cross are sorted: each weighs as its place */
            for (size_t k = 0; k < L; k++)
                rank += row[k] < row[q] || (!(row[q] < row[k]) && k < q);
            double v = (double)row[q], y = skuai_window_unscale(v, w->b.centre[i], w->b.scale[i]);
            if (non_negative && y < 0) continue;
            w->by_centre[i] += weights[rank];
            w->by_scale[i] += weights[rank] * (y - w->b.centre[i]) / w->b.scale[i];
            /* unscale is flat where it cuts */
            bool cut = skuai_window_unscale(v + 1e-3, 0, 1) <= skuai_window_unscale(v - 1e-3, 0, 1);
            seed[q] = cut ? 0 : (skuai_real)(weights[rank] * w->b.scale[i] * cosh(v));
        }
    }
}

/* The part that number k of a token belongs to. */
static size_t part_of(size_t k, size_t patch) {
    size_t channel = k % PERIOD;
    return k >= patch * PERIOD || channel < SKUAI_WINDOW_CHANNELS
               ? (size_t)SKUAI_WINDOW_SLOTS
               : (channel - SKUAI_WINDOW_CHANNELS) / 2;
}

static void way_add(const way *w, const skuai_real *gradient, double *slope) {
    size_t f = w->to->features, size = (w->to->past + w->to->future) * f;
    for (size_t i = 0; i < w->b.n; i++) {
        double *to = slope + i * SKUAI_DEMAND_SLOPE_PARTS;
        for (size_t k = 0; k < size && gradient; k++) {
            double step = (double)w->to->tokens[k] - (double)w->from->tokens[k];
            if (step != 0)
                to[part_of(k % f, w->to->config.patch)] += step * (double)gradient[i * size + k];
        }
        to[SKUAI_WINDOW_SLOTS] += w->by_centre[i] * (*w->to->centre - *w->from->centre) +
                                  w->by_scale[i] * (*w->to->scale - *w->from->scale);
    }
}

/* One pass over the windows that were placed. All are one sum, for none reads another. */
static skua_status way_pass(way *w, skuai_tape *tape, const skuai_demand *net, bool non_negative,
                            double *slope, skua_error *err) {
    size_t n = w->b.n, out = n * w->b.future * w->b.config.patch * L;
    const size_t shape[] = {n, w->b.past + w->b.future, w->b.features}, line[] = {1, out};
    skuai_tape_begin(tape, SKUAI_TAPE_GRADIENT, 0);
    skuai_tensor *x = skuai_tape_variable(tape, w->b.tokens, 3, shape);
    skuai_tensor *y = skuai_demand_run_on(tape, net, &w->b, x, SKUAI_DEMAND_FUTURE);
    SKUA_TRY(skuai_tape_status(tape, err));
    if (!y || y->size != out) return skuai_error_set(err, SKUA_EINTERNAL, "the net gave no output");
    way_seed(w, y->value, non_negative);
    skuai_tensor *sum = skuai_nn_linear(tape, skuai_nn_reshape(tape, y, 2, line),
                                        skuai_tape_input(tape, w->seed, 2, line), NULL);
    SKUA_TRY(skuai_tape_backward(tape, sum, err));
    way_add(w, x->gradient, slope);
    return SKUA_OK;
}

skua_status skuai_demand_slope(skuai_tape *tape, const skuai_demand *net,
                               const skuai_window_batch *from, const skuai_window_batch *to,
                               size_t horizon, bool non_negative, const double *at, size_t n_at,
                               skuai_arena *arena, double *slope, skua_error *err) {
    /* its parameters without the place that training left for their gradients */
    skuai_nn_parameters still = *net->parameters;
    skuai_demand read = *net;
    way w;
    still.gradient = NULL;
    read.parameters = &still;
    if (horizon > to->future * to->config.patch)
        return skuai_error_set(err, SKUA_EINVAL, "%zu periods of %zu", horizon,
                               to->future * to->config.patch);
    SKUA_TRY(way_begin(&w, from, to, n_at < BATCH ? n_at : (size_t)BATCH, arena, err));
    w.horizon = horizon;
    memset(slope, 0, n_at * SKUAI_DEMAND_SLOPE_PARTS * sizeof *slope);
    for (size_t first = 0; first < n_at; first += BATCH) {
        size_t n = n_at - first < BATCH ? n_at - first : (size_t)BATCH;
        w.at = at + first;
        way_place(&w, n);
        SKUA_TRY(
            way_pass(&w, tape, &read, non_negative, slope + first * SKUAI_DEMAND_SLOPE_PARTS, err));
    }
    return SKUA_OK;
}
