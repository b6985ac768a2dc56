/* The nets' gradients for explanations: the forecaster interface's `gradient`. */
#include "neural/demand_slope.h"
#include "neural/neighbours.h"
#include "neural/neural.h"

#include <string.h>

enum { PARTS = SKUAI_DEMAND_SLOPE_PARTS };

/* The window of series s as predict reads it. */
static skua_status fill(const skuai_demand *net, const skuai_panel *panel, size_t s, size_t future,
                        skuai_arena *arena, skuai_window_batch *batch, skuai_window_series *window,
                        skua_error *err) {
    const skuai_window_config *c = &net->config.window;
    skuai_neighbours near;
    float *sides = skuai_arena_take(arena, SKUAI_WINDOW_SIDES, SKUAI_WINDOW_SIDE * sizeof *sides);
    if (!sides) return skuai_error_memory(err, "an explanation");
    SKUA_TRY(skuai_neighbours_init(&near, panel, c->neighbours, err));
    size_t length = panel->length[s], reach = skuai_neighbours_reach(&near, s);
    size_t past = skuai_window_patches(c, length > reach ? length : reach);
    if (net->config.kind == SKUAI_DEMAND_GRU) past = c->context;
    skua_status status = skuai_window_batch_new(c, 1, past, future, arena, batch, err);
    if (status == SKUA_OK) {
        *window = skuai_window_of_panel(panel, s, sides, NULL);
        status = skuai_neighbours_add(&near, s, past * c->patch, arena, window, err);
    }
    if (status == SKUA_OK) {
        skuai_window_fill(window, NULL, NULL, batch, 0);
        skuai_window_batch_close(batch);
    }
    skuai_neighbours_clear(&near);
    return status;
}

/* Slopes by slot as slopes by covariate: the one that took the slot has it. */
static void by_covariate(const double *parts, const skuai_panel *panel, size_t s,
                         const skuai_window_series *window, size_t n_at, double *slope) {
    size_t K = panel->n_dynamic;
    memset(slope, 0, n_at * (K + 1) * sizeof *slope);
    for (size_t a = 0; a < n_at; a++) {
        const double *from = parts + a * PARTS;
        double *to = slope + a * (K + 1);
        for (size_t k = 0; k < K; k++)
            for (size_t slot = 0; slot < SKUAI_WINDOW_SLOTS; slot++)
                if (window->covariate[slot] == panel->dynamic[k].values + panel->row[s])
                    to[k] = from[slot];
        to[K] = from[SKUAI_WINDOW_SLOTS];
    }
}

skua_status skuai_neural_gradient(const skuai_demand *net, const skuai_panel *from,
                                  const skuai_panel *to, size_t s, const skuai_request *request,
                                  const double *at, size_t n_at, const skuai_context *context,
                                  double *slope, skua_error *err) {
    size_t H = request->horizon, patch = net->config.window.patch, future = (H + patch - 1) / patch;
    skuai_window_batch begin, end;
    skuai_window_series window;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_tape *tape = skuai_tape_new(context);
    double *parts = skuai_new(n_at * PARTS, sizeof *parts);
    skua_status status = SKUA_OK;
    if (!arena || !tape || !parts) status = skuai_error_memory(err, "an explanation");
    if (status == SKUA_OK) status = fill(net, from, s, future, arena, &begin, &window, err);
    if (status == SKUA_OK) status = fill(net, to, s, future, arena, &end, &window, err);
    if (status == SKUA_OK && !(*begin.known && *end.known))
        status = skuai_error_set(err, SKUA_ENOTFOUND, "%s was never seen selling",
                                 skuai_panel_name(to, s));
    if (status == SKUA_OK)
        status = skuai_demand_slope(tape, net, &begin, &end, H, to->non_negative, at, n_at, arena,
                                    parts, err);
    if (status == SKUA_OK) by_covariate(parts, to, s, &window, n_at, slope);
    skuai_free(parts);
    skuai_tape_free(tape);
    skuai_arena_free(arena);
    return status;
}
