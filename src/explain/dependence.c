#include "explain/dependence.h"

#include "explain/probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL = 200000 };

static const double FACTORS[SKUAI_DEPENDENCE_GRID] = {0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3};
static const double SHARES[] = {0, 0.25, 0.5, 0.75, 1};

/* -- The grid -----------------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* About POOL values of the covariate over the whole panel, sorted; how many. */
static size_t pool_values(const skuai_panel *p, size_t k, double *pool) {
    size_t step = p->n_rows / POOL + 1, n = 0;
    for (size_t r = 0; r < p->n_rows; r += step) {
        double x = (double)p->dynamic[k].values[r];
        if (isfinite(x)) pool[n++] = x;
    }
    qsort(pool, n, sizeof *pool, by_size);
    return n;
}

/* The values themselves when they are few, else quantiles. */
static skua_status grid_of_values(const skuai_panel *p, size_t k, skuai_dependence *d,
                                  skua_error *err) {
    double *pool = skuai_new(p->n_rows < POOL ? p->n_rows + 1 : POOL + 1, sizeof *pool);
    if (!pool) return skuai_error_memory(err, "a grid");
    size_t n = pool_values(p, k, pool), distinct = 0;
    for (size_t i = 0; i < n && distinct <= SKUAI_DEPENDENCE_GRID; i++)
        if (i == 0 || pool[i] > pool[i - 1]) {
            if (distinct < SKUAI_DEPENDENCE_GRID) d->grid[distinct] = pool[i];
            distinct++;
        }
    if (distinct > SKUAI_DEPENDENCE_GRID) {
        distinct = 0;
        for (size_t i = 0; i < SKUAI_DEPENDENCE_GRID; i++) {
            double level = 0.05 + 0.9 * (double)i / (SKUAI_DEPENDENCE_GRID - 1);
            double x = pool[(size_t)(level * (double)(n - 1))];
            if (distinct == 0 || x > d->grid[distinct - 1]) d->grid[distinct++] = x;
        }
    }
    d->n_grid = distinct;
    skuai_free(pool);
    return SKUA_OK;
}

/* From all series of the panel: a model may have learnt from others what this one never had. */
static skua_status choose_grid(const skuai_panel *p, size_t k, skuai_dependence *d,
                               skua_error *err) {
    bool moves = false;
    if (k == SKUAI_DEPENDENCE_AVAILABLE) {
        (void)snprintf(d->name, sizeof d->name, "availability");
        d->n_grid = sizeof SHARES / sizeof *SHARES;
        memcpy(d->grid, SHARES, sizeof SHARES);
        return SKUA_OK;
    }
    if (k >= p->n_dynamic || p->dynamic[k].known != SKUAI_KNOWN_AHEAD)
        return skuai_error_set(err, SKUA_EINVAL, "only what is known ahead can be changed");
    (void)snprintf(d->name, sizeof d->name, "%s", p->dynamic[k].name);
    for (size_t s = 0; s < p->n_series && !moves; s++)
        moves = skuai_probe_moves(p, s, k);
    if (!moves)
        return skuai_error_set(err, SKUA_ENOTFOUND,
                               "'%s' never moved, so no model can know what would move with it",
                               d->name);
    d->relative = strcmp(skuai_input_group(d->name), "price") == 0;
    if (!d->relative) return grid_of_values(p, k, d, err);
    d->n_grid = SKUAI_DEPENDENCE_GRID;
    memcpy(d->grid, FACTORS, sizeof FACTORS);
    return SKUA_OK;
}

/* -- Asking -------------------------------------------------------------------------------------
 */

/* Periods [*from, *to) of series s that take the grid's value. */
static void span(const skuai_probe *q, size_t s, size_t k, const skuai_explain_options *o,
                 size_t *from, size_t *to) {
    const skuai_panel *p = q->panel;
    size_t ahead = p->future[s] < o->horizon ? p->future[s] : o->horizon;
    *to = p->length[s] + ahead;
    *from = p->length[s] - (k == SKUAI_DEPENDENCE_AVAILABLE ? skuai_probe_recent(p, s, o) : 0);
}

/* Whether what series s had reaches over the values that it is given now. */
static bool was_seen(const skuai_panel *p, size_t s, size_t k, double low, double high) {
    double least = (double)INFINITY, most = -(double)INFINITY;
    const float *x = k == SKUAI_DEPENDENCE_AVAILABLE ? p->available : p->dynamic[k].values;
    for (size_t t = 0; t < p->length[s]; t++) {
        double v = x ? (double)x[p->row[s] + t] : 1;
        if (isfinite(v)) least = fmin(least, v), most = fmax(most, v);
    }
    double slack = 1e-6 * (fabs(least) + fabs(most));
    return low >= least - slack && high <= most + slack;
}

static skua_status ask(skuai_probe *q, size_t k, size_t g, const skuai_explain_options *o,
                       double *said, skuai_dependence *d, skua_error *err) {
    const skuai_panel *p = q->panel;
    size_t H = o->horizon, n = q->n;
    double *x = NULL;
    skuai_probe_answer answer = {said, said + n * H, said + 2 * n * H};
    skuai_probe_reset(q);
    SKUA_TRY(skuai_probe_column(q, k, &x, err));
    for (size_t s = 0; s < n; s++) {
        size_t from, to;
        double low = (double)INFINITY, high = -(double)INFINITY, sum = 0;
        span(q, s, k, o, &from, &to);
        for (size_t t = from; t < to; t++) {
            double *v = &x[p->row[s] + t];
            sum += *v;
            *v = d->relative ? *v * d->grid[g] : d->grid[g];
            if (isfinite(*v)) low = fmin(low, *v), high = fmax(high, *v);
        }
        d->at[s] = sum / (double)(to - from);
        d->seen[s * d->n_grid + g] = was_seen(p, s, k, low, high);
    }
    SKUA_TRY(skuai_probe_ask(q, &answer, err));
    for (size_t s = 0; s < n; s++)
        for (size_t h = 0; h < H; h++) {
            d->value[s * d->n_grid + g] += answer.mean[s * H + h];
            d->low[s * d->n_grid + g] += answer.low[s * H + h];
            d->high[s * d->n_grid + g] += answer.high[s * H + h];
        }
    return SKUA_OK;
}

static skua_status ask_all(skuai_probe *q, size_t k, const skuai_explain_options *o,
                           skuai_dependence *d, skua_error *err) {
    size_t n = d->n_series, H = o->horizon;
    double *said = skuai_new(3 * n * H, sizeof *said);
    skuai_probe_answer planned = {.mean = said};
    skua_status status =
        said ? skuai_probe_ask(q, &planned, err) : skuai_error_memory(err, "curves");
    for (size_t s = 0; s < n && status == SKUA_OK; s++) {
        size_t recent = skuai_probe_recent(q->panel, s, o);
        d->usual[s] = skuai_probe_usual(q->panel, s, recent) * (double)H;
        for (size_t h = 0; h < H; h++)
            d->planned[s] += said[s * H + h];
    }
    for (size_t g = 0; g < d->n_grid && status == SKUA_OK; g++) {
        status = ask(q, k, g, o, said, d, err);
        skuai_context_progress(q->context, "dependence", (double)g, (double)d->n_grid);
    }
    skuai_free(said);
    return status;
}

static void average(skuai_dependence *d) {
    for (size_t g = 0; g < d->n_grid; g++) {
        size_t n = 0;
        for (size_t s = 0; s < d->n_series; s++) {
            double share = (d->value[s * d->n_grid + g] - d->planned[s]) / d->usual[s];
            if (!(d->usual[s] > 0)) continue;
            d->share[g] += share;
            d->most = fmax(d->most, fabs(share));
            n++;
        }
        d->share[g] = n ? d->share[g] / (double)n : (double)NAN;
    }
}

void skuai_dependence_free(skuai_dependence *d) {
    if (!d) return;
    skuai_free(d->value);
    skuai_free(d->seen);
    skuai_free(d);
}

static skua_status dependence_new(skuai_dependence *d, skua_error *err) {
    size_t cells = d->n_series * d->n_grid;
    d->value = skuai_zero(3 * cells + 3 * d->n_series, sizeof *d->value);
    d->seen = skuai_zero(cells, sizeof *d->seen);
    if (!d->value || !d->seen) return skuai_error_memory(err, "curves");
    d->low = d->value + cells;
    d->high = d->low + cells;
    d->planned = d->high + cells;
    d->usual = d->planned + d->n_series;
    d->at = d->usual + d->n_series;
    return SKUA_OK;
}

skua_status skuai_dependence_find(const skuai_forecaster *forecaster, const skuai_model *model,
                                  const skuai_panel *panel, const size_t *series, size_t n,
                                  size_t covariate, const skuai_explain_options *options,
                                  const skuai_context *context, skuai_dependence **out,
                                  skua_error *err) {
    skuai_probe probe;
    skuai_dependence *d = skuai_zero(1, sizeof *d);
    skua_status status =
        skuai_probe_begin(&probe, forecaster, model, panel, series, n, options, context, err);
    if (status == SKUA_OK && !d) status = skuai_error_memory(err, "curves");
    if (status == SKUA_OK) {
        d->n_series = n;
        d->horizon = options->horizon;
        status = choose_grid(panel, covariate, d, err);
    }
    if (status == SKUA_OK) status = dependence_new(d, err);
    if (status == SKUA_OK) status = ask_all(&probe, covariate, options, d, err);
    if (status == SKUA_OK) {
        average(d);
        *out = d;
    } else {
        skuai_dependence_free(d);
    }
    skuai_probe_clear(&probe);
    return status;
}
