#include "neural/neural.h"

#include "math/statistics.h"
#include "neural/demand_slope.h"
#include "neural/level_prior.h"
#include "neural/neighbours.h"

#include <math.h>
#include <stdio.h>

enum { BATCH = 64 };

#define COPULA 0.5 /* correlation of neighbouring periods' ranks */

typedef struct job {
    const skuai_demand *net;
    const skuai_panel *panel;
    const skuai_request *request;
    const char *note;
    const skuai_context *context;
    skuai_forecast *forecast;
    skuai_arena **arenas; /* of the workers, for neighbours */
    size_t *order;        /* [S] series by length */
    double *centre;       /* [S] NaN: nothing observed */
    double *scale;
    skuai_neighbours neighbours;
    bool alike; /* those without history have theirs from series alike */
    double typical_centre, typical_scale;
    double *sorted; /* [S] scratch */
    skuai_tape *tape;
    skuai_arena *arena; /* of a batch */
} job;

static void write_series(const job *j, size_t s, const float *z, double centre, double scale) {
    double row[SKUAI_DEMAND_LEVELS];
    skuai_forecast *f = j->forecast;
    for (size_t h = 0; h < f->horizon; h++) {
        for (size_t q = 0; q < SKUAI_DEMAND_LEVELS; q++)
            row[q] = (double)z[h * SKUAI_DEMAND_LEVELS + q];
        *skuai_forecast_mean(f, s, h) =
            skuai_demand_mean(row, centre, scale, j->panel->non_negative);
        double *out = skuai_forecast_quantiles(f, s, h);
        for (size_t q = 0; q < f->n_quantiles; q++) {
            double v =
                skuai_quantile_at(skuai_demand_levels, row, SKUAI_DEMAND_LEVELS, f->levels[q]);
            out[q] = skuai_window_unscale(v, centre, scale);
        }
    }
    f->autocorrelation[s] = COPULA;
    snprintf(f->note[s], SKUAI_NOTE_SIZE, "%s", j->note);
}

static size_t past_of(const job *j, size_t n, const size_t *series) {
    const skuai_window_config *c = &j->net->config.window;
    /* a GRU's state runs through the padding: always the same, so that no series depends on
     * those beside it */
    if (j->net->config.kind == SKUAI_DEMAND_GRU) return c->context;
    size_t most = 1;
    for (size_t i = 0; i < n; i++) {
        size_t length = j->panel->length[series[i]];
        size_t reach = skuai_neighbours_reach(&j->neighbours, series[i]);
        size_t p = skuai_window_patches(c, length > reach ? length : reach);
        most = p > most ? p : most;
    }
    return most;
}

typedef struct filling {
    const job *j;
    const size_t *series;
    float *sides; /* [n, SIDES * SIDE] */
    skuai_window_batch *batch;
} filling;

static skua_status fill_one(void *argument, size_t i, int worker, skua_error *err) {
    const filling *f = argument;
    skuai_arena *arena = f->j->arenas[worker];
    skuai_arena_clear(arena);
    float *sides = f->sides + i * SKUAI_WINDOW_SIDES * SKUAI_WINDOW_SIDE;
    skuai_window_series w = skuai_window_of_panel(f->j->panel, f->series[i], sides, NULL);
    SKUA_TRY(skuai_neighbours_add(&f->j->neighbours, f->series[i],
                                  f->batch->past * f->batch->config.patch, arena, &w, err));
    skuai_window_fill(&w, NULL, NULL, f->batch, i);
    return SKUA_OK;
}

static skua_status run_batch(job *j, const size_t *series, size_t n, skua_error *err) {
    skuai_arena *arena = j->arena;
    const skuai_window_config *c = &j->net->config.window;
    size_t future = (j->request->horizon + c->patch - 1) / c->patch;
    size_t rows = future * c->patch * SKUAI_DEMAND_LEVELS;
    skuai_arena_clear(arena);
    skuai_window_batch batch;
    SKUA_TRY(skuai_window_batch_new(c, n, past_of(j, n, series), future, arena, &batch, err));
    filling f = {.j = j, .series = series, .batch = &batch};
    f.sides = skuai_arena_take(arena, n, SKUAI_WINDOW_SIDES * SKUAI_WINDOW_SIDE * sizeof *f.sides);
    float *z = skuai_arena_take(arena, n, rows * sizeof *z);
    if (!f.sides || !z) return skuai_error_memory(err, "a forecast");
    SKUA_TRY(skuai_parallel_for(j->context, NULL, n, fill_one, &f, err));
    skuai_window_batch_close(&batch);
    SKUA_TRY(skuai_demand_quantiles(j->tape, j->net, &batch, z, err));
    for (size_t i = 0; i < n; i++) {
        size_t s = series[i];
        double centre = j->typical_centre, scale = j->typical_scale;
        if (batch.known[i])
            centre = j->centre[s] = batch.centre[i], scale = j->scale[s] = batch.scale[i];
        else if (j->alike)
            centre = j->centre[s], scale = j->scale[s];
        write_series(j, s, z + i * rows, centre, scale);
    }
    return SKUA_OK;
}

/* Medians over the series that were observed so far; the unobserved come last in the order. */
static void typical(job *j, size_t n) {
    double *sorted = j->sorted;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(j->centre[j->order[i]])) sorted[count++] = j->centre[j->order[i]];
    }
    if (count == 0) return;
    skuai_sort(sorted, count);
    j->typical_centre = skuai_quantile_sorted(sorted, count, 0.5);
    count = 0;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(j->centre[j->order[i]])) sorted[count++] = j->scale[j->order[i]];
    }
    skuai_sort(sorted, count);
    j->typical_scale = skuai_quantile_sorted(sorted, count, 0.5);
}

/* Observed series first, longest first, so that batches are padded little; stable. */
static void order_series(job *j) {
    const skuai_window_config *c = &j->net->config.window;
    size_t n = 0, S = j->panel->n_series;
    for (size_t patches = c->context; patches > 0; patches--) {
        for (size_t s = 0; s < S; s++) {
            if (j->panel->length[s] && skuai_window_patches(c, j->panel->length[s]) == patches)
                j->order[n++] = s;
        }
    }
    for (size_t s = 0; s < S; s++) {
        if (j->panel->length[s] == 0) j->order[n++] = s;
    }
}

static skua_status run_all(job *j, const skuai_context *context, skua_error *err) {
    size_t S = j->panel->n_series, done = 0;
    order_series(j);
    for (size_t s = 0; s < S; s++)
        j->centre[s] = NAN;
    while (done < S) {
        SKUA_TRY(skuai_context_check(context, err));
        /* those without history wait for a batch of their own, behind all others */
        bool cold = j->panel->length[j->order[done]] == 0;
        size_t n = 0;
        while (done + n < S && n < BATCH && (j->panel->length[j->order[done + n]] == 0) == cold)
            n++;
        if (cold && !j->alike) {
            typical(j, done);
            SKUA_TRY(skuai_level_prior(j->panel, j->centre, j->scale, &j->alike, err));
        }
        SKUA_TRY(run_batch(j, j->order + done, n, err));
        done += n;
        skuai_context_progress(context, "forecast", (double)done, (double)S);
    }
    return SKUA_OK;
}

/* What a forecast needs beside its result; clear_job frees what there is of it. */
static skua_status make_job(job *j, skua_error *err) {
    size_t S = j->panel->n_series, workers = (size_t)skuai_context_threads(j->context);
    j->order = skuai_new(S, sizeof *j->order);
    j->centre = skuai_new(S, sizeof *j->centre);
    j->scale = skuai_new(S, sizeof *j->scale);
    j->sorted = skuai_new(S, sizeof *j->sorted);
    j->tape = skuai_tape_new(j->context);
    j->arena = skuai_arena_new(0);
    j->arenas = skuai_zero(workers, sizeof(skuai_arena *));
    bool good = j->order && j->centre && j->scale && j->sorted && j->tape && j->arena && j->arenas;
    for (size_t i = 0; good && i < workers; i++)
        good = (j->arenas[i] = skuai_arena_new(0)) != NULL;
    if (!good) return skuai_error_memory(err, "a forecast");
    return skuai_neighbours_init(&j->neighbours, j->panel, j->net->config.window.neighbours, err);
}

static void clear_job(job *j) {
    for (size_t i = 0; j->arenas && i < (size_t)skuai_context_threads(j->context); i++)
        skuai_arena_free(j->arenas[i]);
    skuai_free((void *)j->arenas);
    skuai_neighbours_clear(&j->neighbours);
    skuai_tape_free(j->tape);
    skuai_arena_free(j->arena);
    skuai_free(j->order);
    skuai_free(j->centre);
    skuai_free(j->scale);
    skuai_free(j->sorted);
}

skua_status skuai_neural_predict(const skuai_demand *net, const char *note,
                                 const skuai_panel *panel, const skuai_request *request,
                                 const skuai_context *context, skuai_forecast **forecast,
                                 skua_error *err) {
    if (request->horizon > 1 << 16)
        return skuai_error_set(err, SKUA_EINVAL, "horizon = %zu: need at most 65536",
                               request->horizon);
    job j = {.net = net,
             .panel = panel,
             .request = request,
             .note = note,
             .context = context,
             .typical_scale = 1};
    SKUA_TRY(skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels,
                                &j.forecast, err));
    skua_status status = make_job(&j, err);
    if (status == SKUA_OK) status = run_all(&j, context, err);
    if (status == SKUA_OK)
        status = skuai_forecast_settle(j.forecast, panel->non_negative ? 0 : -INFINITY, err);
    clear_job(&j);
    if (status != SKUA_OK) {
        skuai_forecast_free(j.forecast);
        return status;
    }
    *forecast = j.forecast;
    return SKUA_OK;
}
