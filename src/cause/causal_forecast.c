#include "cause/causal_forecast.h"

#include "cause/causal_model.h"
#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    HOLDOUT_MOST = 28,
    ORIGINS_LEAST = 3,
    ERRORS_ENOUGH = 100,
    BUCKETS = SKUAI_CAUSAL_BUCKETS,
    GRID = SKUAI_CAUSAL_GRID
};

static const size_t bucket_end[BUCKETS] = {1, 2, 4, 8, 16, SIZE_MAX};

static size_t bucket_of(size_t h) { /* h from 0 */
    size_t b = 0;
    while (h >= bucket_end[b])
        b++;
    return b;
}

void skuai_causal_model_free(skuai_model *m) {
    if (!m) return;
    for (size_t e = 0; e < m->n_equations; e++) {
        skuai_free(m->equations[e].inputs);
        if (m->equations[e].learnt) m->equations[e].learnt->learner->free(m->equations[e].learnt);
    }
    skuai_free(m->equations);
    skuai_free(m->variables);
    skuai_free(m->profile);
    skuai_free(m);
}

/* -- Options ------------------------------------------------------------------------------------
 */

static skua_status read_options(const skuai_parameters *p, skuai_causal_options *o,
                                skua_error *err) {
    static const char *const names[] = {"end", "inputs", "lags", "alpha", "rows"};
    for (size_t i = 0; p && i < p->n; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            known = known || strcmp(p->items[i].name, names[k]) == 0;
        if (!known)
            return skuai_error_set(err, SKUA_ECONFIG, "causal: unknown parameter '%s'",
                                   p->items[i].name);
    }
    const char *end = skuai_parameter_text(p, "end", "auto");
    const char *inputs = skuai_parameter_text(p, "inputs", "parents");
    double lags, rows;
    SKUA_TRY(skuai_parameter_number(p, "lags", 0, &lags, err));
    SKUA_TRY(skuai_parameter_number(p, "rows", 100000, &rows, err));
    SKUA_TRY(skuai_parameter_number(p, "alpha", 0.01, &o->alpha, err));
    bool automatic = strcmp(end, "auto") == 0, linear = strcmp(end, "linear") == 0;
    o->all = strcmp(inputs, "all") == 0;
    if (!automatic && !linear && strcmp(end, "tree") != 0)
        return skuai_error_set(err, SKUA_ECONFIG, "causal: end = %s: auto, linear or tree", end);
    if (!o->all && strcmp(inputs, "parents") != 0)
        return skuai_error_set(err, SKUA_ECONFIG, "causal: inputs = %s: parents or all", inputs);
    if (!(lags >= 0 && lags <= 60 && lags == floor(lags)) || !(rows >= 100 && rows <= 1e8) ||
        !(o->alpha > 0 && o->alpha < 1))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "causal: lags is a whole number from 0 to 60, rows from 100, alpha "
                               "in (0, 1)");
    o->end = automatic ? NULL : linear ? &skuai_learner_linear : &skuai_learner_single;
    o->lags = (size_t)lags;
    o->rows = (size_t)rows;
    return SKUA_OK;
}

/* -- Fitting the equations ----------------------------------------------------------------------
 */

typedef struct examples {
    size_t n, room, columns;
    float *x, *y; /* [columns, room], [room] */
} examples;

/* The rows of an equation: every step-th period of all series in which its target was seen. */
static skua_status gather(const skuai_model *m, const skuai_panel *panel,
                          const skuai_causal_equation *e, size_t rows, examples *out,
                          skua_error *err) {
    size_t total = 0, longest = 1, step = 1, number = 0;
    for (size_t s = 0; s < panel->n_series; s++) {
        total += panel->length[s];
        if (panel->length[s] > longest) longest = panel->length[s];
    }
    while (total / step > rows)
        step++;
    *out = (examples){.room = total / step + 1, .columns = e->n};
    skuai_causal_series r;
    SKUA_TRY(skuai_causal_series_new(m, longest, &r, err));
    out->x = skuai_new(out->room * e->n + 1, sizeof *out->x);
    out->y = skuai_new(out->room, sizeof *out->y);
    if (!out->x || !out->y) {
        skuai_causal_series_clear(&r);
        return skuai_error_memory(err, "rows of causes");
    }
    for (size_t s = 0; s < panel->n_series; s++) {
        skuai_causal_series_fill(m, panel, s, 0, &r);
        for (size_t t = m->lags; t < r.length; t++) {
            if (e->target == SKUAI_CAUSAL_DEMAND && r.missing[t]) continue;
            if (number++ % step || out->n == out->room) continue;
            for (size_t k = 0; k < e->n; k++)
                out->x[k * out->room + out->n] =
                    (float)r.x[e->inputs[k].variable * r.total + t - e->inputs[k].lag];
            out->y[out->n++] = (float)r.x[e->target * r.total + t];
        }
    }
    skuai_causal_series_clear(&r);
    for (size_t k = 1; k < e->n; k++) /* columns n long */
        memmove(out->x + k * out->n, out->x + k * out->room, out->n * sizeof *out->x);
    return SKUA_OK;
}

/* Learn every equation: demand's by the learner at the end, others by ridge regression. */
static skua_status fit_equations(skuai_model *m, const skuai_panel *panel, size_t rows,
                                 const skuai_context *context, skua_error *err) {
    for (size_t k = 0; k < m->n_equations; k++) {
        skuai_causal_equation *e = &m->equations[k];
        const skuai_learner *learner = k == 0 && m->end ? m->end : &skuai_learner_linear;
        skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
        o.shrinkage = 1e-3;
        o.leaves = 31;
        examples made;
        if (e->learnt) e->learnt->learner->free(e->learnt);
        e->learnt = NULL;
        if (e->n == 0) continue; /* no causes: its mean */
        skua_status status = gather(m, panel, e, rows, &made, err);
        if (status == SKUA_OK && made.n > 2 * e->n + 10) {
            skuai_examples train = {{made.n, e->n, made.x, NULL, NULL}, made.y, NULL};
            status = learner->fit(&o, &train, NULL, context, &e->learnt, err);
        }
        skuai_free(made.x);
        skuai_free(made.y);
        SKUA_TRY(status);
    }
    return SKUA_OK;
}

/* -- Errors of the recursion --------------------------------------------------------------------
 */

typedef struct errors {
    size_t n[BUCKETS], room;
    double *values[BUCKETS]; /* [room] over deviations */
    double square;           /* of all */
} errors;

static skua_status add_errors(const skuai_model *m, const skuai_panel *cut, size_t horizon,
                              const skuai_context *context, errors *e, skua_error *err) {
    double *z = skuai_new(cut->n_series * (horizon + 1), sizeof *z);
    if (!z) return skuai_error_memory(err, "errors of causes");
    double *deviation = z + cut->n_series * horizon;
    skua_status status = skuai_causal_roll(m, cut, horizon, context, z, deviation, err);
    for (size_t s = 0; s < cut->n_series && status == SKUA_OK; s++)
        for (size_t h = 0; h < horizon && cut->length[s] > 0; h++) {
            size_t b = bucket_of(h), row = cut->row[s] + cut->length[s] + h;
            double y = skuai_panel_actual(cut, s, h);
            double available = cut->available ? (double)cut->available[row] : 1;
            if (!isfinite(y) || available < 0.99) continue;
            double x = (skuai_causal_z(m, y) - z[s * horizon + h]) / deviation[s];
            e->square += x * x;
            if (e->n[b] < e->room) e->values[b][e->n[b]++] = x;
        }
    skuai_free(z);
    return status;
}

static skua_status errors_new(size_t room, errors *e, skua_error *err) {
    *e = (errors){.room = room};
    double *memory = skuai_new(BUCKETS * room, sizeof *memory);
    if (!memory) return skuai_error_memory(err, "errors of causes");
    for (size_t b = 0; b < BUCKETS; b++)
        e->values[b] = memory + b * room;
    return SKUA_OK;
}

/* Origins inside the last `hold` periods: three, or more where series are few. */
static size_t origins_of(const skuai_panel *panel, size_t hold) {
    size_t n = panel->n_series ? (ERRORS_ENOUGH - 1) / panel->n_series + 1 : 0;
    if (n < ORIGINS_LEAST) n = ORIGINS_LEAST;
    return n < hold ? n : hold;
}

static skua_status find_errors(const skuai_model *m, const skuai_panel *panel, size_t hold,
                               const skuai_context *context, errors *e, skua_error *err) {
    e->square = 0;
    memset(e->n, 0, sizeof e->n);
    size_t origins = origins_of(panel, hold);
    for (size_t k = 0; k < origins; k++) {
        size_t back = hold - k * hold / origins;
        skuai_panel *cut = NULL;
        SKUA_TRY(skuai_panel_cut(panel, back, &cut, err));
        skua_status status = add_errors(m, cut, back, context, e, err);
        skuai_panel_free(cut);
        SKUA_TRY(status);
    }
    return SKUA_OK;
}

/* Quantiles of each bucket; one with few errors takes those of the bucket before, or a normal law.
 */
static void set_grid(skuai_model *m, errors *e) {
    for (size_t b = 0; b < BUCKETS; b++) {
        if (e->n[b] >= 20) skuai_sort(e->values[b], e->n[b]);
        for (size_t k = 0; k < GRID; k++) {
            double level = ((double)k + 0.5) / GRID;
            m->grid[b][k] = e->n[b] >= 20 ? skuai_quantile_sorted(e->values[b], e->n[b], level)
                            : b > 0       ? m->grid[b - 1][k]
                                          : skuai_normal_quantile(level);
        }
    }
}

/* -- Fit ----------------------------------------------------------------------------------------
 */

/* The end that errs less, its errors into the grid. */
static skua_status choose_end(skuai_model *m, const skuai_panel *panel, const skuai_panel *before,
                              size_t hold, const skuai_causal_options *o,
                              const skuai_context *context, skua_error *err) {
    const skuai_learner *ends[2] = {&skuai_learner_linear, &skuai_learner_single};
    const skuai_learner *best = NULL;
    double least = INFINITY;
    size_t room = panel->n_series * hold * origins_of(panel, hold) + 1;
    errors e;
    SKUA_TRY(errors_new(room, &e, err));
    skua_status status = SKUA_OK;
    for (size_t k = 0; k < 2 && status == SKUA_OK; k++) {
        if (o->end && ends[k] != o->end) continue;
        m->end = ends[k];
        status = fit_equations(m, before, o->rows, context, err);
        if (status == SKUA_OK) status = find_errors(m, panel, hold, context, &e, err);
        if (status != SKUA_OK || !(e.square < least || !best)) continue;
        least = e.square;
        best = ends[k];
        set_grid(m, &e);
    }
    skuai_free(e.values[0]);
    m->end = best;
    return status;
}

static skua_status causal_fit(const skuai_forecaster *self, const skuai_panel *panel,
                              const skuai_parameters *parameters, const skuai_context *context,
                              skuai_model **model, skua_error *err) {
    (void)self;
    skuai_causal_options o = {0};
    SKUA_TRY(read_options(parameters, &o, err));
    size_t longest = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > longest) longest = panel->length[s];
    size_t hold = longest / 5 < HOLDOUT_MOST ? longest / 5 : HOLDOUT_MOST;
    skuai_model *m = skuai_zero(1, sizeof *m);
    skuai_panel *before = NULL;
    skua_status status = m ? SKUA_OK : skuai_error_memory(err, "a causal model");
    if (status != SKUA_OK) return status;
    SKUA_TRY_OUT(skuai_panel_cut(panel, hold, &before, err));
    SKUA_TRY_OUT(skuai_causal_describe(before, m, err));
    SKUA_TRY_OUT(skuai_causal_parents(before, &o, context, m, err));
    SKUA_TRY_OUT(choose_end(m, panel, before, hold, &o, context, err));
    SKUA_TRY_OUT(fit_equations(m, panel, o.rows, context, err));
    *model = m;
out:
    skuai_panel_free(before);
    if (status != SKUA_OK) skuai_causal_model_free(m);
    return status;
}

/* -- Predict ------------------------------------------------------------------------------------
 */

static void tell(const skuai_model *m, const skuai_request *request, const double *z,
                 const double *deviation, size_t s, skuai_forecast *f) {
    double levels[GRID];
    for (size_t k = 0; k < GRID; k++)
        levels[k] = ((double)k + 0.5) / GRID;
    for (size_t h = 0; h < request->horizon; h++) {
        const double *grid = m->grid[bucket_of(h)];
        double centre = z[s * request->horizon + h], sum = 0;
        for (size_t k = 0; k < GRID; k++)
            sum += skuai_causal_y(m, centre + deviation[s] * grid[k]);
        *skuai_forecast_mean(f, s, h) = sum / GRID;
        double *q = skuai_forecast_quantiles(f, s, h);
        for (size_t k = 0; k < request->n_levels; k++) {
            double error = skuai_quantile_at(levels, grid, GRID, request->levels[k]);
            q[k] = skuai_causal_y(m, centre + deviation[s] * error);
        }
    }
}

static skua_status causal_predict(const skuai_model *m, const skuai_panel *panel,
                                  const skuai_request *request, const skuai_context *context,
                                  skuai_forecast **forecast, skua_error *err) {
    size_t n = panel->n_series, horizon = request->horizon;
    skuai_forecast *f = NULL;
    SKUA_TRY(skuai_forecast_new(panel, horizon, request->levels, request->n_levels, &f, err));
    double *z = skuai_new(n * (horizon + 1) + 1, sizeof *z);
    skua_status status = z ? SKUA_OK : skuai_error_memory(err, "causal forecasts");
    double *deviation = z ? z + n * horizon : NULL;
    if (status == SKUA_OK)
        status = skuai_causal_roll(m, panel, horizon, context, z, deviation, err);
    for (size_t s = 0; s < n && status == SKUA_OK; s++) {
        const char *why = panel->length[s] == 0 ? " (no history)"
                          : m->no_graph         ? " (too short for a graph)"
                                                : "";
        tell(m, request, z, deviation, s, f);
        f->autocorrelation[s] = 0.3; /* of errors along the horizon, beyond what the law shares */
        (void)snprintf(f->note[s], SKUAI_NOTE_SIZE, "causal, %s%s",
                       m->end == &skuai_learner_linear ? "linear" : "tree", why);
    }
    if (status == SKUA_OK)
        status = skuai_forecast_settle(f, m->logarithm ? 0 : (double)-INFINITY, err);
    skuai_free(z);
    if (status == SKUA_OK)
        *forecast = f;
    else
        skuai_forecast_free(f);
    return status;
}

size_t skuai_causal_forecast_parent(const skuai_model *m, size_t k, char *text, size_t size) {
    const skuai_causal_equation *e = &m->equations[0];
    if (k < e->n)
        (void)snprintf(text, size, "%s (lag %zu)", m->variables[e->inputs[k].variable].name,
                       e->inputs[k].lag);
    return e->n;
}

const skuai_forecaster skuai_causal_forecaster = {
    .name = "causal",
    .summary = "from demand's parents in the discovered causal graph, by a line or a tree",
    .source = "Runge 2020 (PCMCI+); Runge, Donner & Kurths 2015 (prediction from causal parents)",
    .fit = causal_fit,
    .predict = causal_predict,
    .free = skuai_causal_model_free,
    .save = skuai_causal_save,
    .load = skuai_causal_load,
};
