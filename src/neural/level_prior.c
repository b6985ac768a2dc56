#include "neural/level_prior.h"

#include <math.h>
#include <string.h>

enum { SWEEPS = 5 };

typedef struct additive {
    const skuai_panel *panel;
    const bool *observed; /* [S] */
    size_t n;             /* observed series */
    double mean;
    double *fitted;  /* [S] */
    double **effect; /* [n_static] [levels]; NULL: no category */
    double *sum;     /* [largest number of levels] */
    size_t *count;
} additive;

static int32_t code_of(const additive *a, size_t k, size_t s) {
    return a->panel->statics[k].codes[a->panel->base[s]];
}

/* The effects of one category anew, from what the others leave. */
static void sweep(additive *a, const double *y, size_t k) {
    size_t levels = a->panel->statics[k].n_levels;
    memset(a->sum, 0, levels * sizeof *a->sum);
    memset(a->count, 0, levels * sizeof *a->count);
    for (size_t s = 0; s < a->panel->n_series; s++) {
        int32_t g = code_of(a, k, s);
        if (g < 0) continue;
        a->fitted[s] -= a->effect[k][g];
        if (!a->observed[s]) continue;
        a->sum[g] += y[s] - a->fitted[s];
        a->count[g]++;
    }
    for (size_t g = 0; g < levels; g++)
        a->effect[k][g] = a->sum[g] / ((double)a->count[g] + 1);
    for (size_t s = 0; s < a->panel->n_series; s++) {
        int32_t g = code_of(a, k, s);
        if (g >= 0) a->fitted[s] += a->effect[k][g];
    }
}

/* Fit y [S] of the observed; a->fitted of all. The residuals' standard deviation. */
static double fit(additive *a, const double *y) {
    size_t S = a->panel->n_series;
    a->mean = 0;
    for (size_t s = 0; s < S; s++)
        if (a->observed[s]) a->mean += y[s] / (double)a->n;
    for (size_t s = 0; s < S; s++)
        a->fitted[s] = a->mean;
    for (size_t k = 0; k < a->panel->n_static; k++)
        if (a->effect[k]) memset(a->effect[k], 0, a->panel->statics[k].n_levels * sizeof(double));
    for (int i = 0; i < SWEEPS; i++)
        for (size_t k = 0; k < a->panel->n_static; k++)
            if (a->effect[k]) sweep(a, y, k);
    double square = 0;
    for (size_t s = 0; s < S; s++)
        if (a->observed[s]) square += (y[s] - a->fitted[s]) * (y[s] - a->fitted[s]);
    return sqrt(square / (double)a->n);
}

/* Effects for every category; false in *any: there is none. */
static skua_status additive_init(additive *a, skuai_arena *arena, bool *any, skua_error *err) {
    const skuai_panel *p = a->panel;
    size_t most = 1;
    *any = false;
    a->effect = skuai_arena_take_zero(arena, p->n_static + 1, sizeof *a->effect);
    a->fitted = skuai_arena_take(arena, p->n_series, sizeof *a->fitted);
    bool good = a->effect && a->fitted;
    for (size_t k = 0; good && k < p->n_static; k++) {
        if (!p->statics[k].codes || p->statics[k].n_levels == 0) continue;
        a->effect[k] = skuai_arena_take(arena, p->statics[k].n_levels, sizeof(double));
        good = a->effect[k] != NULL;
        if (p->statics[k].n_levels > most) most = p->statics[k].n_levels;
        *any = true;
    }
    a->sum = skuai_arena_take(arena, most, sizeof *a->sum);
    a->count = skuai_arena_take(arena, most, sizeof *a->count);
    return good && a->sum && a->count ? SKUA_OK : skuai_error_memory(err, "a level");
}

static skua_status run(const skuai_panel *panel, skuai_arena *arena, double *centre, double *scale,
                       bool *filled, skua_error *err) {
    size_t S = panel->n_series;
    bool *observed = skuai_arena_take(arena, S, sizeof *observed), any;
    double *y = skuai_arena_take(arena, S, sizeof *y);
    double *level = skuai_arena_take(arena, S, sizeof *level);
    additive a = {.panel = panel, .observed = observed};
    if (!observed || !y || !level) return skuai_error_memory(err, "a level");
    SKUA_TRY(additive_init(&a, arena, &any, err));
    for (size_t s = 0; s < S; s++) {
        observed[s] = isfinite(centre[s]) && scale[s] > 0;
        a.n += observed[s] ? 1 : 0;
        y[s] = observed[s] ? asinh(centre[s]) : 0;
    }
    *filled = any && a.n > 0;
    if (!*filled) return SKUA_OK;
    double error = fit(&a, y);
    memcpy(level, a.fitted, S * sizeof *level);
    for (size_t s = 0; s < S; s++)
        y[s] = observed[s] ? log(scale[s]) : 0;
    (void)fit(&a, y);
    for (size_t s = 0; s < S; s++) {
        if (observed[s]) continue;
        centre[s] = sinh(level[s]);
        scale[s] = hypot(exp(a.fitted[s]), error * cosh(level[s]));
    }
    return SKUA_OK;
}

skua_status skuai_level_prior(const skuai_panel *panel, double *centre, double *scale, bool *filled,
                              skua_error *err) {
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "a level");
    skua_status status = run(panel, arena, centre, scale, filled, err);
    skuai_arena_free(arena);
    return status;
}
