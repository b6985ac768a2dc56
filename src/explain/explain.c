#include "explain/explain.h"

#include "core/random.h"
#include "explain/shapley.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HISTORY_LEAST = 20, COLUMNS_MOST = 64, SAMPLES = 64 };

const char *skuai_explain_method_name(skuai_explain_method method) {
    static const char *const names[SKUAI_EXPLAIN_METHODS] = {"auto", "own", "exact", "kernel",
                                                             "permutation"};
    return names[method];
}

/* What is varied: the series, its groups of covariates, the windows of the past. */
typedef struct study {
    const skuai_forecaster *forecaster;
    const skuai_model *model;
    const skuai_panel *panel;
    const skuai_context *context;
    const skuai_explain_options *options;
    size_t s, horizon, recent, shift; /* shift: whole seasons by which recent sales are moved */
    size_t n_groups, n_calls;
    const char *groups[SKUAI_EXPLAIN_GROUPS];
    bool sales[SKUAI_EXPLAIN_GROUPS]; /* the group is the recent sales */
    size_t group_of[COLUMNS_MOST];    /* of each dynamic; SIZE_MAX: none */
    size_t *windows;                  /* [backgrounds] first period of each */
    double *column;                   /* [n_rows] scratch */
} study;

static size_t group_find(study *q, const char *name) {
    for (size_t g = 0; g < q->n_groups; g++)
        if (strcmp(q->groups[g], name) == 0) return g;
    if (q->n_groups + 1 >= SKUAI_EXPLAIN_PLAYERS)
        return q->n_groups - 1; /* the last takes the rest */
    q->groups[q->n_groups] = name;
    return q->n_groups++;
}

static bool moves(const study *q, size_t k) {
    const float *v = q->panel->dynamic[k].values + q->panel->row[q->s];
    size_t n = q->panel->length[q->s] + q->panel->future[q->s];
    for (size_t t = 1; t < n; t++)
        if (isfinite(v[t]) && isfinite(v[0]) && v[t] != v[0]) return true;
    return false;
}

static void find_groups(study *q) {
    for (size_t k = 0; k < q->panel->n_dynamic && k < COLUMNS_MOST; k++) {
        const skuai_dynamic *d = &q->panel->dynamic[k];
        bool use = d->known == SKUAI_KNOWN_AHEAD && moves(q, k);
        q->group_of[k] = use ? group_find(q, skuai_input_group(d->name)) : SIZE_MAX;
    }
    q->groups[q->n_groups] = "recent sales";
    q->sales[q->n_groups++] = true;
}

static skua_status find_windows(study *q, skua_error *err) {
    size_t n = q->panel->length[q->s];
    size_t season = q->panel->season > 0 ? (size_t)q->panel->season : 1;
    q->recent = q->options->recent ? q->options->recent : 4 * season;
    if (q->recent > n / 4) q->recent = n / 4;
    q->shift = (q->recent + season - 1) / season * season;
    if (n < HISTORY_LEAST || n < 3 * season || n < q->recent + q->shift || n <= q->horizon)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s has %zu periods of history: too few to say what is ordinary for "
                               "it, which an explanation is measured from",
                               skuai_panel_name(q->panel, q->s), n);
    size_t last = n - q->horizon;
    for (size_t b = 0; b < q->options->backgrounds; b++) {
        skuai_random random;
        skuai_random_split(&random, q->options->seed, b);
        size_t at = skuai_random_index(&random, last + 1);
        size_t phase = (n - at) % season; /* the same phase of the season as the horizon */
        at = at + phase <= last ? at + phase : at >= season - phase ? at - (season - phase) : at;
        q->windows[b] = at;
    }
    return SKUA_OK;
}

/* A panel in which one column of series s differs; the panel given is dropped. */
static skua_status replace(study *q, size_t dynamic, skuai_panel **panel, skua_error *err) {
    skuai_panel *next = NULL;
    skua_status status = skuai_panel_with(*panel, dynamic, q->column, &next, err);
    skuai_panel_free(*panel);
    *panel = next;
    return status;
}

static void load_column(study *q, size_t dynamic) {
    if (dynamic == SIZE_MAX)
        memcpy(q->column, q->panel->target, q->panel->n_rows * sizeof *q->column);
    else
        for (size_t r = 0; r < q->panel->n_rows; r++)
            q->column[r] = (double)q->panel->dynamic[dynamic].values[r];
}

static skuai_request request_of(const study *q) {
    static const double usual[] = {0.1, 0.5, 0.9};
    const skuai_explain_options *o = q->options;
    return (skuai_request){q->horizon, o->n_levels ? o->levels : usual,
                           o->n_levels ? o->n_levels : sizeof usual / sizeof *usual, o->seed};
}

/* Forecast of series s in a panel; mean [horizon] is added to. */
static skua_status predict(study *q, const skuai_panel *panel, double weight, double *mean,
                           skua_error *err) {
    skuai_panel *view = NULL;
    skuai_forecast *f = NULL;
    skuai_request request = request_of(q);
    SKUA_TRY(skuai_panel_subset(panel, &q->s, 1, &view, err));
    skua_status status = q->forecaster->predict(q->model, view, &request, q->context, &f, err);
    for (size_t h = 0; h < q->horizon && status == SKUA_OK; h++)
        mean[h] += weight * *skuai_forecast_mean(f, 0, h);
    skuai_forecast_free(f);
    skuai_panel_free(view);
    q->n_calls++;
    return status;
}

/* The panel of one coalition and background. */
static skua_status vary(study *q, const bool *coalition, size_t window, skuai_panel **panel,
                        skua_error *err) {
    size_t row = q->panel->row[q->s], n = q->panel->length[q->s];
    *panel = skuai_panel_share(q->panel);
    for (size_t k = 0; k < q->panel->n_dynamic && k < COLUMNS_MOST; k++) {
        if (q->group_of[k] == SIZE_MAX || coalition[q->group_of[k]]) continue;
        load_column(q, k);
        for (size_t h = 0; h < q->horizon && h < q->panel->future[q->s]; h++)
            q->column[row + n + h] = q->column[row + window + h];
        SKUA_TRY(replace(q, k, panel, err));
    }
    for (size_t g = 0; g < q->n_groups; g++) {
        if (!q->sales[g] || coalition[g]) continue;
        load_column(q, SIZE_MAX);
        for (size_t t = n - q->recent; t < n; t++)
            q->column[row + t] = q->panel->target[row + t - q->shift];
        SKUA_TRY(replace(q, SIZE_MAX, panel, err));
    }
    return SKUA_OK;
}

static skua_status worth(void *user, const bool *coalitions, size_t m, double *values,
                         skua_error *err) {
    study *q = user;
    size_t backgrounds = q->options->backgrounds;
    memset(values, 0, m * q->horizon * sizeof *values);
    for (size_t c = 0; c < m; c++) {
        const bool *coalition = coalitions + c * q->n_groups;
        bool covariates = false; /* absent ones: only then do windows differ */
        for (size_t g = 0; g < q->n_groups; g++)
            covariates = covariates || (!coalition[g] && !q->sales[g]);
        size_t windows = covariates ? backgrounds : 1;
        for (size_t b = 0; b < windows; b++) {
            skuai_panel *panel = NULL;
            skua_status status = vary(q, coalition, q->windows[b], &panel, err);
            if (status == SKUA_OK)
                status = predict(q, panel, 1 / (double)windows, values + c * q->horizon, err);
            skuai_panel_free(panel);
            SKUA_TRY(status);
            SKUA_TRY(skuai_context_check(q->context, err));
        }
        skuai_context_progress(q->context, "explanation", (double)c, (double)m);
    }
    return SKUA_OK;
}

/* -- Fidelity -----------------------------------------------------------------------------------
 */

/* Wraps the game to see every worth that was asked for. */
typedef struct watched {
    study *q;
    double *total; /* [2^n] sum over the horizon, NaN not asked */
} watched;

static skua_status watch(void *user, const bool *coalitions, size_t m, double *values,
                         skua_error *err) {
    watched *w = user;
    SKUA_TRY(worth(w->q, coalitions, m, values, err));
    for (size_t c = 0; c < m; c++) {
        size_t at = 0;
        double sum = 0;
        for (size_t g = 0; g < w->q->n_groups; g++)
            at |= (size_t)coalitions[c * w->q->n_groups + g] << g;
        for (size_t h = 0; h < w->q->horizon; h++)
            sum += values[c * w->q->horizon + h];
        w->total[at] = sum;
    }
    return SKUA_OK;
}

static double fidelity(const watched *w, const skuai_explanation *e) {
    size_t m = (size_t)1 << e->n_groups, H = e->horizon;
    double base = 0, each[SKUAI_EXPLAIN_GROUPS] = {0}, mean = 0, rest = 0, whole = 0, n = 0;
    for (size_t h = 0; h < H; h++) {
        base += e->base[h];
        for (size_t g = 0; g < e->n_groups; g++)
            each[g] += e->contribution[g * H + h];
    }
    for (size_t c = 0; c < m; c++)
        if (!isnan(w->total[c])) mean += w->total[c], n++;
    mean /= n;
    for (size_t c = 0; c < m; c++) {
        double linear = base;
        if (isnan(w->total[c])) continue;
        for (size_t g = 0; g < e->n_groups; g++)
            if (c >> g & 1) linear += each[g];
        rest += (w->total[c] - linear) * (w->total[c] - linear);
        whole += (w->total[c] - mean) * (w->total[c] - mean);
    }
    return whole > 1e-12 ? 1 - rest / whole : 1;
}

/* -- All of it ----------------------------------------------------------------------------------
 */

void skuai_explanation_free(skuai_explanation *e) {
    if (!e) return;
    skuai_contributions_free(e->own);
    skuai_free(e->contribution);
    skuai_free(e);
}

static skua_status explanation_new(const study *q, skuai_explanation **out, skua_error *err) {
    skuai_explanation *e = skuai_zero(1, sizeof *e);
    if (!e) return skuai_error_memory(err, "an explanation");
    e->n_groups = q->n_groups;
    e->horizon = q->horizon;
    memcpy(e->groups, q->groups, sizeof e->groups);
    e->contribution = skuai_zero((q->n_groups + 3) * q->horizon, sizeof *e->contribution);
    if (!e->contribution) {
        skuai_free(e);
        return skuai_error_memory(err, "an explanation");
    }
    e->base = e->contribution + q->n_groups * q->horizon;
    e->forecast = e->base + q->horizon;
    e->before = e->forecast + q->horizon;
    *out = e;
    return SKUA_OK;
}

/* What was sold a whole number of seasons before each period of the horizon. */
static void fill_before(const study *q, skuai_explanation *e) {
    size_t season = q->panel->season > 0 ? (size_t)q->panel->season : 1;
    size_t n = q->panel->length[q->s];
    size_t back = (q->horizon + season - 1) / season * season;
    const double *y = skuai_panel_target(q->panel, q->s);
    for (size_t h = 0; h < q->horizon; h++)
        e->before[h] = back <= n + h && n + h - back < n ? y[n + h - back] : (double)NAN;
}

static skua_status study_new(study *q, skua_error *err) {
    if (q->s >= q->panel->n_series || q->horizon == 0 || q->options->backgrounds == 0)
        return skuai_error_set(err, SKUA_EINVAL, "no such series, horizon or background");
    q->windows = skuai_new(q->options->backgrounds, sizeof *q->windows);
    q->column = skuai_new(q->panel->n_rows, sizeof *q->column);
    return q->windows && q->column ? SKUA_OK : skuai_error_memory(err, "an explanation");
}

static void study_clear(study *q) {
    skuai_free(q->windows);
    skuai_free(q->column);
}

/* -- The model's own contributions --------------------------------------------------------------
 */

static size_t group_of_input(study *q, const char *group) {
    for (size_t g = 0; g < q->n_groups; g++)
        if (strcmp(q->groups[g], group) == 0) return g;
    if (q->n_groups == SKUAI_EXPLAIN_GROUPS) {
        q->groups[q->n_groups - 1] = "other inputs";
        return q->n_groups - 1;
    }
    q->groups[q->n_groups] = group;
    return q->n_groups++;
}

static skua_status ask_model(study *q, skuai_explanation **out, skua_error *err) {
    skuai_request request = request_of(q);
    skuai_contributions *c = NULL;
    skuai_explanation *e = NULL;
    if (!q->forecaster->contributions)
        return skuai_error_set(err, SKUA_ENOTFOUND, "%s cannot say what its inputs add",
                               q->forecaster->name);
    SKUA_TRY(q->forecaster->contributions(q->model, q->panel, q->s, &request, q->context, &c, err));
    for (size_t i = 0; i < c->n_inputs; i++)
        (void)group_of_input(q, c->inputs[i].group);
    skua_status status = explanation_new(q, &e, err);
    if (status != SKUA_OK) {
        skuai_contributions_free(c);
        return status;
    }
    size_t H = q->horizon;
    for (size_t i = 0; i < c->n_inputs; i++)
        for (size_t h = 0, g = group_of_input(q, c->inputs[i].group); h < H; h++)
            e->contribution[g * H + h] += c->value[i * H + h];
    memcpy(e->base, c->base, H * sizeof *e->base);
    memcpy(e->forecast, c->forecast, H * sizeof *e->forecast);
    e->own = c;
    e->method = SKUAI_EXPLAIN_OWN;
    e->fidelity = (double)NAN;
    e->n_calls = 1;
    *out = e;
    return SKUA_OK;
}

/* -- A game -------------------------------------------------------------------------------------
 */

static skua_status play(study *q, skuai_explanation **out, skua_error *err) {
    size_t samples = q->options->samples ? q->options->samples : SAMPLES;
    skuai_explanation *e = NULL;
    watched w = {.q = q};
    skua_status status = SKUA_OK;
    find_groups(q);
    SKUA_TRY_OUT(find_windows(q, err));
    SKUA_TRY_OUT(explanation_new(q, &e, err));
    size_t every = (size_t)1 << q->n_groups;
    w.total = skuai_new(every, sizeof *w.total);
    if (!w.total) SKUA_TRY_OUT(skuai_error_memory(err, "an explanation"));
    for (size_t c = 0; c < every; c++)
        w.total[c] = (double)NAN;
    skuai_game game = {q->n_groups, q->horizon, watch, &w};
    e->method = q->options->method == SKUAI_EXPLAIN_AUTO ? SKUAI_EXPLAIN_EXACT : q->options->method;
    if (e->method == SKUAI_EXPLAIN_KERNEL)
        status = skuai_shapley_kernel(&game, samples, q->options->seed, e->contribution, e->base,
                                      e->forecast, err);
    else if (e->method == SKUAI_EXPLAIN_PERMUTATION)
        status = skuai_shapley_permutation(&game, samples / (2 * q->n_groups) + 1, q->options->seed,
                                           e->contribution, e->base, e->forecast, err);
    else
        status = skuai_shapley_exact(&game, e->contribution, e->base, e->forecast, err);
    if (status != SKUA_OK) goto out;
    e->fidelity = fidelity(&w, e);
    e->n_calls = q->n_calls;
    *out = e;
out:
    skuai_free(w.total);
    if (status != SKUA_OK) skuai_explanation_free(e);
    return status;
}

skua_status skuai_explain(const skuai_forecaster *forecaster, const skuai_model *model,
                          const skuai_panel *panel, size_t s, const skuai_explain_options *options,
                          const skuai_context *context, skuai_explanation **out, skua_error *err) {
    study q = {.forecaster = forecaster,
               .model = model,
               .panel = panel,
               .context = context,
               .options = options,
               .s = s,
               .horizon = options->horizon};
    bool asks = options->method == SKUAI_EXPLAIN_AUTO || options->method == SKUAI_EXPLAIN_OWN;
    skua_status status = SKUA_OK;
    SKUA_TRY_OUT(study_new(&q, err));
    if (asks) status = ask_model(&q, out, err);
    if (!asks || (status == SKUA_ENOTFOUND && options->method == SKUAI_EXPLAIN_AUTO))
        status = play(&q, out, err);
    if (status == SKUA_OK) fill_before(&q, *out);
out:
    study_clear(&q);
    return status;
}

static size_t nearest_level(const skuai_request *request, double level) {
    size_t best = 0;
    for (size_t q = 1; q < request->n_levels; q++)
        if (fabs(request->levels[q] - level) < fabs(request->levels[best] - level)) best = q;
    return best;
}

skua_status skuai_explain_what_if(const skuai_forecaster *forecaster, const skuai_model *model,
                                  const skuai_panel *panel, size_t s, size_t covariate,
                                  double factor, bool set, const skuai_explain_options *options,
                                  const skuai_context *context, skuai_what_if *what_if,
                                  skua_error *err) {
    study q = {.forecaster = forecaster,
               .model = model,
               .panel = panel,
               .context = context,
               .options = options,
               .s = s,
               .horizon = options->horizon};
    skuai_panel *changed = NULL, *view = NULL;
    skuai_forecast *f = NULL;
    skuai_request request = request_of(&q);
    size_t low = nearest_level(&request, 0.1), high = nearest_level(&request, 0.9);
    skua_status status = SKUA_OK;
    SKUA_TRY_OUT(study_new(&q, err));
    if (covariate >= panel->n_dynamic || panel->dynamic[covariate].known != SKUAI_KNOWN_AHEAD)
        SKUA_TRY_OUT(skuai_error_set(err, SKUA_EINVAL, "only what is known ahead can be changed"));
    load_column(&q, covariate);
    for (size_t h = 0; h < q.horizon && h < panel->future[s]; h++) {
        double *x = q.column + panel->row[s] + panel->length[s] + h;
        *x = set ? factor : *x * factor;
    }
    changed = skuai_panel_share(panel);
    SKUA_TRY_OUT(replace(&q, covariate, &changed, err));
    SKUA_TRY_OUT(skuai_panel_subset(changed, &s, 1, &view, err));
    SKUA_TRY_OUT(forecaster->predict(model, view, &request, context, &f, err));
    *what_if = (skuai_what_if){0};
    for (size_t h = 0; h < q.horizon; h++) {
        const double *quantiles = skuai_forecast_quantiles(f, 0, h);
        what_if->mean += *skuai_forecast_mean(f, 0, h);
        what_if->low += quantiles[low];
        what_if->high += quantiles[high];
    }
out:
    skuai_forecast_free(f);
    skuai_panel_free(view);
    skuai_panel_free(changed);
    study_clear(&q);
    return status;
}
