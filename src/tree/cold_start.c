#include "tree/cold_model.h"

#include "math/statistics.h"
#include "tree/cold_rows.h"
#include "tree/tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    LEVELS = SKUAI_COLD_LEVELS,
    SIZE_BLOCKS = SKUAI_COLD_SIZE_BLOCKS,
    CELLS = SKUAI_COLD_CELLS,
    ROWS_LEAST = 200,
    ROWS_MOST = 200000,
    CELL_LEAST = 60,
    AGES_MOST = 16,
    STEPS = 4,       /* of the weights of the parts */
    PREDECESSOR = 4, /* items that one which is replaced counts for */
    PARTS = SKUAI_COLD_PARTS
};

void skuai_cold_model_free(skuai_model *model) {
    if (!model) return;
    skuai_cold_items_free(model->items);
    if (model->trees) model->trees->learner->free(model->trees);
    skuai_free(model);
}

/* -- Options ----------------------------------------------------------------------------------- */

static skua_status whole(const skuai_parameters *parameters, const char *name, double least,
                         double most, size_t fallback, size_t *value, skua_error *err) {
    double x;
    SKUA_TRY(skuai_parameter_number(parameters, name, (double)fallback, &x, err));
    if (!(x >= least && x <= most && x == floor(x)))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "cold-start: %s = %g: need a whole number from %g to %g", name, x,
                               least, most);
    *value = (size_t)x;
    return SKUA_OK;
}

static skua_status read_options(const skuai_parameters *parameters, const skuai_panel *panel,
                                skuai_cold_options *options, bool *trees, skua_error *err) {
    static const char *const names[] = {"horizon", "reach", "analogues", "trees", "own"};
    for (size_t i = 0; parameters && i < parameters->n; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            known = known || strcmp(parameters->items[i].name, names[k]) == 0;
        if (!known)
            return skuai_error_set(err, SKUA_ECONFIG, "cold-start has no parameter '%s'",
                                   parameters->items[i].name);
    }
    SKUA_TRY(whole(parameters, "horizon", 0, 1000, 0, &options->horizon, err));
    SKUA_TRY(whole(parameters, "reach", 0, 1000, 0, &options->reach, err));
    SKUA_TRY(whole(parameters, "analogues", 1, SKUAI_ANALOGUES_MOST, 10, &options->analogues, err));
    size_t wanted, own;
    SKUA_TRY(whole(parameters, "trees", 0, 1, 1, &wanted, err));
    SKUA_TRY(whole(parameters, "own", 0, 1, 1, &own, err));
    *trees = wanted == 1;
    options->own = own == 1;
    if (!options->horizon) options->horizon = skuai_tree_horizon(panel);
    if (!options->reach) options->reach = skuai_young_periods(panel->grid.frequency);
    return SKUA_OK;
}

/* -- Rows of training -------------------------------------------------------------------------- */

typedef struct examples {
    skuai_cold_matrix m;
    float *y;      /* [n] z less base: what is learnt */
    double *trees; /* [n] what trees say that did not see the item */
    bool *fold;    /* [n] which half of the items */
    size_t *age;   /* [n] */
} examples;

static void examples_clear(examples *e) {
    skuai_cold_matrix_clear(&e->m);
    skuai_free(e->y);
    skuai_free(e->trees);
    skuai_free(e->fold);
    skuai_free(e->age);
}

/* 0, 1, 2, 4, 8, ... and the reach. */
static size_t ages_of(size_t reach, size_t *ages) {
    size_t n = 0;
    ages[n++] = 0;
    for (size_t a = 1; a < reach && n < AGES_MOST - 1; a *= 2)
        ages[n++] = a;
    ages[n++] = reach;
    return n;
}

/* Visit rows of newborns; e NULL: only count. step: of the horizons. */
static size_t visit(const skuai_cold_items *c, size_t step, examples *e) {
    size_t ages[AGES_MOST], n_ages = ages_of(c->options.reach, ages), r = 0;
    size_t which[SKUAI_ANALOGUES_MOST];
    double likeness[SKUAI_ANALOGUES_MOST];
    for (size_t i = 0; i < c->n; i++) {
        size_t s = c->series[i], length = c->panel->length[s];
        const double *y = skuai_panel_target(c->panel, s);
        skuai_cold_told_of told = {.ridge = c->told[i]};
        if (e) {
            size_t n = skuai_cold_analogues(c, &c->looks, i, i, which, likeness);
            told.analogues = skuai_cold_effect(c, which, likeness, n);
            told.likeness = n ? likeness[0] : 0;
        }
        for (size_t q = 0; q < n_ages; q++) {
            skuai_cold_own own;
            if (ages[q] >= length) break;
            if (e) skuai_cold_own_get(c, c->panel, s, ages[q], &own);
            for (size_t h = 0; h < c->options.horizon && ages[q] + h < length; h += step) {
                if (isnan(y[ages[q] + h])) continue;
                if (e) {
                    skuai_cold_row(c, c->panel, s, &c->looks, i, &own, &told, h, &e->m, r);
                    e->y[r] = (float)(skuai_cold_z(c, y[ages[q] + h]) - e->m.base[r]);
                    e->fold[r] = skuai_cold_part(c, i, 2) == 1;
                    e->age[r] = ages[q];
                }
                r++;
            }
        }
    }
    return r;
}

static skua_status examples_make(const skuai_cold_items *c, examples *e, skua_error *err) {
    size_t step = (c->options.horizon + 7) / 8, n;
    while ((n = visit(c, step, NULL)) > ROWS_MOST && step < c->options.horizon)
        step *= 2;
    *e = (examples){0};
    skua_status status = skuai_cold_matrix_new(c, n, &e->m, err);
    if (status != SKUA_OK) return status;
    e->y = skuai_new(n + 1, sizeof *e->y);
    e->trees = skuai_zero(n + 1, sizeof *e->trees);
    e->fold = skuai_new(n + 1, sizeof *e->fold);
    e->age = skuai_new(n + 1, sizeof *e->age);
    if (!e->y || !e->trees || !e->fold || !e->age) {
        examples_clear(e);
        return skuai_error_memory(err, "a cold start");
    }
    (void)visit(c, step, e);
    return SKUA_OK;
}

/* r with the least absolute error of what is told and the own mean together. */
static void choose_prior(skuai_cold_items *c, const examples *e) {
    static const double tried[] = {0.5, 1, 2, 4, 8, 16};
    enum { ANALOGUES = 4, RIDGE = 5, MEAN = 7 };
    double least = (double)INFINITY;
    for (size_t q = 0; q < sizeof tried / sizeof *tried; q++) {
        double sum = 0;
        for (size_t r = 0; r < e->m.n; r++) {
            double told = ((double)e->m.values[ANALOGUES * e->m.n + r] +
                           (double)e->m.values[RIDGE * e->m.n + r]) /
                          2;
            double own = (double)e->m.values[MEAN * e->m.n + r], k = (double)e->age[r];
            if (isnan(own)) continue;
            sum += fabs((double)e->y[r] - (tried[q] * told + k * own) / (tried[q] + k));
        }
        if (sum < least) least = sum, c->prior = tried[q];
    }
}

/* -- Trees ------------------------------------------------------------------------------------- */

static skuai_learner_options tree_options(void) {
    skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
    o.objective = SKUAI_OBJECTIVE_ABSOLUTE;
    o.rounds = 150;
    o.patience = 0;
    o.leaves = 12;
    o.least_leaf = 60;
    o.column_share = 0.6;
    o.row_share = 0.7;
    o.shrinkage = 5;
    return o;
}

/* The rows of one half, or all, as a matrix of their own: values [columns, n], y [n]. */
static size_t copy_half(const examples *e, bool half, float *values, float *y) {
    size_t n = 0, at = 0;
    for (size_t r = 0; r < e->m.n; r++)
        n += e->fold[r] == half;
    for (size_t r = 0; r < e->m.n; r++) {
        if (e->fold[r] != half) continue;
        for (size_t k = 0; k < e->m.columns; k++)
            values[k * n + at] = e->m.values[k * e->m.n + r];
        y[at++] = e->y[r];
    }
    return n;
}

/* Trees learnt on one half say what they expect of the other. */
static skua_status cross_fit(examples *e, const skuai_context *context, skua_error *err) {
    skuai_learner_options o = tree_options();
    float *values = skuai_new(e->m.n * e->m.columns + 1, sizeof *values);
    float *y = skuai_new(e->m.n + 1, sizeof *y);
    double *said = skuai_new(e->m.n + 1, sizeof *said);
    skua_status status = values && y && said ? SKUA_OK : skuai_error_memory(err, "a cold start");
    for (int half = 0; half < 2 && status == SKUA_OK; half++) {
        skuai_learnt *learnt = NULL;
        size_t n = copy_half(e, half, values, y);
        skuai_examples train = {{n, e->m.columns, values, NULL, NULL}, y, NULL};
        skuai_feature_matrix other = {e->m.n, e->m.columns, e->m.values, NULL, NULL};
        status = skuai_learner_boosted.fit(&o, &train, NULL, context, &learnt, err);
        if (status == SKUA_OK)
            status = skuai_learner_boosted.predict(learnt, &other, context, said, err);
        for (size_t r = 0; r < e->m.n && status == SKUA_OK; r++)
            if (e->fold[r] != half) e->trees[r] = said[r];
        skuai_learner_boosted.free(learnt);
    }
    skuai_free(values);
    skuai_free(y);
    skuai_free(said);
    return status;
}

/* -- Weights and errors ------------------------------------------------------------------------ */

static double centre_of(const skuai_model *m, double analogues, double linear, double trees) {
    return m->weight[0] * analogues + m->weight[1] * linear + m->weight[2] * trees;
}

/* Weights in quarters, not negative, that sum to one. */
static void choose_weights(const examples *e, skuai_model *m) {
    double least = (double)INFINITY, best[PARTS] = {0.5, 0.5, 0};
    for (int a = 0; a <= STEPS; a++)
        for (int b = 0; a + b <= STEPS; b++) {
            double sum = 0;
            m->weight[0] = a / (double)STEPS;
            m->weight[1] = b / (double)STEPS;
            m->weight[2] = (STEPS - a - b) / (double)STEPS;
            for (size_t r = 0; r < e->m.n; r++)
                sum += fabs((double)e->y[r] -
                            centre_of(m, e->m.analogues[r], e->m.linear[r], e->trees[r]));
            if (sum < least) least = sum, memcpy(best, m->weight, sizeof best);
        }
    memcpy(m->weight, best, sizeof best);
}

static size_t cell_of(const skuai_model *m, size_t age, double expected) {
    size_t block = age == 0 ? 0 : age <= 2 ? 1 : 2, size = 0;
    while (size < SIZE_BLOCKS - 1 && expected > m->cut[size])
        size++;
    return block * SIZE_BLOCKS + size;
}

static void quantiles_of(double *error, size_t n, double *quantile) {
    skuai_sort(error, n);
    for (size_t q = 0; q < LEVELS; q++)
        quantile[q] = skuai_quantile_sorted(error, n, (double)(q + 1) / (LEVELS + 1));
}

static skua_status learn_quantiles(const examples *e, skuai_model *m, skua_error *err) {
    size_t n = e->m.n;
    double *centre = skuai_new(2 * n + 1, sizeof *centre);
    if (!centre) return skuai_error_memory(err, "a cold start");
    double *error = centre + n;
    for (size_t r = 0; r < n; r++)
        error[r] = e->m.base[r] + centre_of(m, e->m.analogues[r], e->m.linear[r], e->trees[r]);
    memcpy(centre, error, n * sizeof *centre);
    skuai_sort(error, n);
    for (size_t k = 0; k + 1 < SIZE_BLOCKS; k++)
        m->cut[k] = skuai_quantile_sorted(error, n, (double)(k + 1) / SIZE_BLOCKS);
    for (size_t cell = 0; cell <= CELLS; cell++) { /* all rows first, for cells with few */
        size_t found = 0;
        for (size_t r = 0; r < n; r++)
            if (cell == 0 || cell_of(m, e->age[r], centre[r]) == cell - 1)
                error[found++] = (double)e->y[r] + e->m.base[r] - centre[r];
        if (cell == 0) {
            quantiles_of(error, found, m->quantile[0]);
            for (size_t k = 1; k < CELLS; k++)
                memcpy(m->quantile[k], m->quantile[0], sizeof m->quantile[0]);
        } else if (found >= CELL_LEAST) {
            quantiles_of(error, found, m->quantile[cell - 1]);
        }
    }
    skuai_free(centre);
    return SKUA_OK;
}

/* -- Fitting ----------------------------------------------------------------------------------- */

static void set_top(skuai_model *m) {
    const skuai_cold_items *c = m->items;
    for (size_t i = 0; i < c->n; i++) {
        const double *y = skuai_panel_target(c->panel, c->series[i]);
        for (size_t t = 0; t < c->panel->length[c->series[i]]; t++)
            if (y[t] > 0) m->top = fmax(m->top, skuai_cold_z(c, y[t]));
    }
}

static skua_status learn(skuai_model *m, bool trees, const skuai_context *context,
                         skua_error *err) {
    examples e = {0};
    SKUA_TRY(examples_make(m->items, &e, err));
    skua_status status = SKUA_OK;
    choose_prior(m->items, &e);
    examples_clear(&e);
    SKUA_TRY(examples_make(m->items, &e, err)); /* with that prior */
    if (trees && e.m.n >= ROWS_LEAST) {
        skuai_learner_options o = tree_options();
        skuai_examples train = {{e.m.n, e.m.columns, e.m.values, NULL, NULL}, e.y, NULL};
        SKUA_TRY_OUT(cross_fit(&e, context, err));
        choose_weights(&e, m);
        if (m->weight[2] > 0)
            SKUA_TRY_OUT(skuai_learner_boosted.fit(&o, &train, NULL, context, &m->trees, err));
    }
    if (e.m.n >= CELL_LEAST) status = learn_quantiles(&e, m, err);
out:
    examples_clear(&e);
    return status;
}

static skua_status cold_fit(const skuai_forecaster *self, const skuai_panel *panel,
                            const skuai_parameters *parameters, const skuai_context *context,
                            skuai_model **model, skua_error *err) {
    (void)self;
    skuai_cold_options options;
    bool trees;
    SKUA_TRY(read_options(parameters, panel, &options, &trees, err));
    skuai_model *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "a cold start");
    m->weight[0] = m->weight[1] = 0.5;
    for (size_t cell = 0; cell < CELLS; cell++)
        for (int q = 0; q < LEVELS; q++)
            m->quantile[cell][q] = (q - (LEVELS - 1) / 2.0) / 25;
    skua_status status = skuai_cold_items_new(panel, &options, &m->items, err);
    if (status == SKUA_OK) {
        set_top(m);
        status = learn(m, trees, context, err);
    }
    if (status == SKUA_OK)
        *model = m;
    else
        skuai_cold_model_free(m);
    return status;
}

/* -- Forecasting ------------------------------------------------------------------------------- */

/* Series that are forecast by more than their own level, with their rows: series major. */
typedef struct prediction {
    const skuai_model *model;
    const skuai_panel *panel;
    size_t n, *series; /* [n] young ones */
    skuai_cold_looks looks;
    skuai_cold_matrix matrix;
    skuai_forecast *forecast;
} prediction;

/* Whether two series, "item/channel", are of one item. */
static bool same_item(const char *a, const char *b) {
    const char *end = strrchr(a, '/');
    size_t n = end ? (size_t)(end - a) : strlen(a);
    return strncmp(a, b, n) == 0 && (b[n] == '\0' || b[n] == '/');
}

/* The first analogues by name, as many as go into a note: other items, each once. That an item is
 * like itself elsewhere tells nobody anything, unless there is no other. */
static void write_note(const skuai_cold_items *c, const size_t *which, size_t n, const char *own,
                       char *note) {
    const char *told[3];
    size_t m = 0, at = 0;
    for (size_t k = 0; k < n && m < 3; k++) {
        const char *name = c->names[c->series[which[k]]];
        bool new = !same_item(name, own);
        for (size_t i = 0; i < m; i++)
            new = new && !same_item(name, told[i]);
        if (new) told[m++] = name;
    }
    at = (size_t)snprintf(note, SKUAI_NOTE_SIZE, "%s",
                          m   ? "like"
                          : n ? "like itself in other channels"
                              : "curve of new items");
    for (size_t k = 0; k < m; k++) {
        if (k && at + strlen(told[k]) + 2 >= SKUAI_NOTE_SIZE) break;
        at += (size_t)snprintf(note + at, SKUAI_NOTE_SIZE - at, "%s %.40s", k ? "," : "", told[k]);
    }
}

/* What an item takes over from the one that it replaces counts four times what is told besides. */
static void inherit(const skuai_cold_items *c, size_t predecessor, skuai_cold_told_of *told,
                    char *note) {
    double own = c->lately[predecessor];
    char rest[24];
    told->analogues = (PREDECESSOR * own + told->analogues) / (PREDECESSOR + 1);
    told->ridge = (PREDECESSOR * own + told->ridge) / (PREDECESSOR + 1);
    memcpy(rest, note, sizeof rest - 1);
    rest[sizeof rest - 1] = '\0';
    (void)snprintf(note, SKUAI_NOTE_SIZE, "after %.16s; %s", c->names[predecessor], rest);
}

/* Nothing is sold before the launch. */
static void clear_until(skuai_forecast *f, size_t s, size_t wait) {
    for (size_t h = 0; h < wait && h < f->horizon; h++) {
        *skuai_forecast_mean(f, s, h) = 0;
        for (size_t q = 0; q < f->n_quantiles; q++)
            skuai_forecast_quantiles(f, s, h)[q] = 0;
    }
}

static skua_status fill_series(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker;
    (void)err;
    prediction *job = argument;
    const skuai_cold_items *c = job->model->items;
    size_t which[SKUAI_ANALOGUES_MOST], H = job->forecast->horizon, s = job->series[i];
    double likeness[SKUAI_ANALOGUES_MOST];
    size_t n = skuai_cold_analogues(c, &job->looks, i, SIZE_MAX, which, likeness);
    skuai_cold_told_of told = {skuai_cold_effect(c, which, likeness, n),
                               skuai_cold_told(c, &job->looks, i), n ? likeness[0] : 0};
    skuai_cold_own own;
    write_note(c, which, n, skuai_panel_name(job->panel, s), job->forecast->note[s]);
    if (job->looks.predecessor[i] != SIZE_MAX)
        inherit(c, job->looks.predecessor[i], &told, job->forecast->note[s]);
    skuai_cold_own_get(c, job->panel, s, job->panel->length[s], &own);
    for (size_t h = 0; h < H; h++)
        skuai_cold_row(c, job->panel, s, &job->looks, i, &own, &told, h, &job->matrix, i * H + h);
    return SKUA_OK;
}

static void write_point(const prediction *job, size_t s, size_t h, double centre) {
    const skuai_model *m = job->model;
    const double *z = m->quantile[cell_of(m, job->panel->length[s], centre)];
    double levels[LEVELS], sum = 0;
    for (size_t q = 0; q < LEVELS; q++) {
        levels[q] = (double)(q + 1) / (LEVELS + 1);
        sum += skuai_cold_y(m->items, fmin(centre + z[q], m->top));
    }
    *skuai_forecast_mean(job->forecast, s, h) = sum / LEVELS;
    double *quantiles = skuai_forecast_quantiles(job->forecast, s, h);
    for (size_t q = 0; q < job->forecast->n_quantiles; q++) {
        double at = skuai_quantile_at(levels, z, LEVELS, job->forecast->levels[q]);
        quantiles[q] = skuai_cold_y(m->items, fmin(centre + at, m->top + 1));
    }
}

static skua_status predict_young(prediction *job, const skuai_context *context, skua_error *err) {
    const skuai_model *m = job->model;
    const skuai_cold_matrix *x = &job->matrix;
    size_t H = job->forecast->horizon;
    SKUA_TRY(skuai_cold_matrix_new(m->items, job->n * H, &job->matrix, err));
    SKUA_TRY(skuai_parallel_for(context, NULL, job->n, fill_series, job, err));
    skuai_feature_matrix features = {x->n, x->columns, x->values, NULL, NULL};
    double *said = skuai_zero(x->n + 1, sizeof *said);
    if (!said) return skuai_error_memory(err, "a cold start");
    skua_status status = SKUA_OK;
    if (m->trees && x->n)
        status = m->trees->learner->predict(m->trees, &features, context, said, err);
    for (size_t r = 0; r < x->n && status == SKUA_OK; r++)
        write_point(job, job->series[r / H], r % H,
                    x->base[r] + centre_of(m, x->analogues[r], x->linear[r], said[r]));
    for (size_t i = 0; i < job->n && status == SKUA_OK; i++)
        clear_until(job->forecast, job->series[i], skuai_panel_wait(job->panel, job->series[i]));
    skuai_free(said);
    return status;
}

/* What a series sold in its last periods, and nothing else. */
static void predict_old(const prediction *job, size_t s) {
    const skuai_cold_items *c = job->model->items;
    skuai_cold_own own;
    skuai_cold_own_get(c, job->panel, s, job->panel->length[s], &own);
    int64_t end = skuai_panel_end(job->panel, s);
    double level = own.n > 0 ? own.n * own.mean / (c->prior + own.n) : 0;
    for (size_t h = 0; h < job->forecast->horizon; h++)
        write_point(job, s, h, level + skuai_cold_curve(c, own.age + h) + skuai_cold_pulse(c, end));
    (void)snprintf(job->forecast->note[s], SKUAI_NOTE_SIZE, "own level");
}

static skua_status predict_all(prediction *job, skuai_arena *arena, const skuai_context *context,
                               skua_error *err) {
    const skuai_cold_options *o = &job->model->items->options;
    size_t young = o->own ? 2 * o->reach : SIZE_MAX;
    job->series = skuai_arena_take(arena, job->panel->n_series + 1, sizeof *job->series);
    if (!job->series) return skuai_error_memory(err, "a cold start");
    for (size_t s = 0; s < job->panel->n_series; s++) {
        if (job->panel->length[s] < young)
            job->series[job->n++] = s;
        else
            predict_old(job, s);
        job->forecast->autocorrelation[s] = 0.6; /* what is not known is the level: it lasts */
    }
    SKUA_TRY(skuai_cold_looks_make(job->model->items, job->panel, job->series, job->n, arena,
                                   &job->looks, err));
    return predict_young(job, context, err);
}

static skua_status cold_predict(const skuai_model *model, const skuai_panel *panel,
                                const skuai_request *request, const skuai_context *context,
                                skuai_forecast **forecast, skua_error *err) {
    prediction job = {.model = model, .panel = panel};
    SKUA_TRY(skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels,
                                &job.forecast, err));
    skuai_arena *arena = skuai_arena_new(0);
    skua_status status =
        arena ? predict_all(&job, arena, context, err) : skuai_error_memory(err, "a cold start");
    double floor = panel->non_negative ? 0 : -(double)INFINITY;
    if (status == SKUA_OK) status = skuai_forecast_settle(job.forecast, floor, err);
    skuai_cold_matrix_clear(&job.matrix);
    skuai_arena_free(arena);
    if (status == SKUA_OK)
        *forecast = job.forecast;
    else
        skuai_forecast_free(job.forecast);
    return status;
}

/* -- Reasons ----------------------------------------------------------------------------------- */

skua_status skuai_cold_start_reasons(const skuai_model *model, const skuai_panel *panel, size_t s,
                                     skuai_analogue *analogues, size_t *n, const char **predecessor,
                                     skua_error *err) {
    const skuai_cold_items *c = model->items;
    skuai_cold_looks looks;
    size_t which[SKUAI_ANALOGUES_MOST], found;
    double likeness[SKUAI_ANALOGUES_MOST], total = 0;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "a cold start");
    skua_status status = skuai_cold_looks_make(c, panel, &s, 1, arena, &looks, err);
    if (status == SKUA_OK) {
        found = skuai_cold_analogues(c, &looks, 0, SIZE_MAX, which, likeness);
        size_t before = looks.predecessor[0];
        *predecessor = before == SIZE_MAX ? NULL : c->names[before];
        for (size_t k = 0; k < found; k++)
            total += pow(likeness[k], 4);
        for (size_t k = 0; k < found; k++) {
            size_t i = which[k];
            double share = total > 0 ? pow(likeness[k], 4) / total : 0;
            analogues[k] = (skuai_analogue){c->names[c->series[i]], likeness[k], share, c->sold[i],
                                            c->start[i]};
        }
        *n = found;
    }
    skuai_arena_free(arena);
    return status;
}

void skuai_cold_start_weights(const skuai_model *model, double weights[SKUAI_COLD_PARTS],
                              size_t *launches) {
    memcpy(weights, model->weight, sizeof model->weight);
    *launches = model->items->launches ? model->items->n : 0;
}

static void describe(const skuai_model *m, skuai_json_writer *w) {
    double weights[PARTS];
    size_t launches;
    skuai_cold_start_weights(m, weights, &launches);
    skuai_json_object(w, "new");
    skuai_json_integer(w, "items", (int64_t)launches);
    skuai_json_object(w, "weights");
    skuai_json_number(w, "analogues", weights[0]);
    skuai_json_number(w, "linear", weights[1]);
    skuai_json_number(w, "trees", weights[2]);
    skuai_json_close(w);
    skuai_json_close(w);
}

const skuai_forecaster skuai_cold_start_forecaster = {
    .name = "cold-start",
    .summary = "new items by what they are: analogues, ridge and trees, weights by cross-fitting",
    .source = "Wolpert 1992, Neural Networks 5(2); Robinson 1991, Statistical Science 6(1)",
    .fit = cold_fit,
    .predict = cold_predict,
    .free = skuai_cold_model_free,
    .save = skuai_cold_save,
    .load = skuai_cold_load,
    .describe = describe,
    .for_young = true,
};
