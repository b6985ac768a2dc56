#include "explain/probe.h"

#include "core/random.h"

#include <math.h>
#include <string.h>

enum { HISTORY_LEAST = 20, TARGET = SKUAI_PROBE_COLUMNS, AVAILABLE };

/* -- Changing and asking ------------------------------------------------------------------------
 */

static size_t nearest_level(const skuai_request *request, double level) {
    size_t best = 0;
    for (size_t q = 1; q < request->n_levels; q++)
        if (fabs(request->levels[q] - level) < fabs(request->levels[best] - level)) best = q;
    return best;
}

/* The series asked about and behind them, in a small shop, all others, unless the model looks at
 * none. */
static skua_status take_series(const skuai_panel *panel, const size_t *series, size_t n, bool alone,
                               skuai_panel **taken, skua_error *err) {
    if (alone || panel->n_series > SKUAI_PROBE_COMPANY)
        return skuai_panel_extract(panel, series, n, taken, err);
    size_t order[2 * SKUAI_PROBE_COMPANY], m = n;
    bool in[SKUAI_PROBE_COMPANY] = {false};
    if (n > SKUAI_PROBE_COMPANY) return skuai_error_set(err, SKUA_EINVAL, "a series twice");
    for (size_t i = 0; i < n; i++) {
        order[i] = series[i];
        in[series[i]] = true;
    }
    for (size_t s = 0; s < panel->n_series; s++)
        if (!in[s]) order[m++] = s;
    return skuai_panel_extract(panel, order, m, taken, err);
}

skua_status skuai_probe_begin(skuai_probe *p, const skuai_forecaster *forecaster,
                              const skuai_model *model, const skuai_panel *panel,
                              const size_t *series, size_t n, const skuai_explain_options *o,
                              const skuai_context *context, skua_error *err) {
    static const double usual[] = {0.1, 0.5, 0.9};
    *p = (skuai_probe){.forecaster = forecaster, .model = model, .context = context};
    if (n == 0 || o->horizon == 0)
        return skuai_error_set(err, SKUA_EINVAL, "no series or no horizon to explain");
    for (size_t i = 0; i < n; i++)
        if (series[i] >= panel->n_series)
            return skuai_error_set(err, SKUA_EINVAL, "series %zu of a panel of %zu", series[i],
                                   panel->n_series);
    p->request = (skuai_request){o->horizon, o->n_levels ? o->levels : usual,
                                 o->n_levels ? o->n_levels : sizeof usual / sizeof *usual, o->seed};
    p->low = nearest_level(&p->request, 0.1);
    p->high = nearest_level(&p->request, 0.9);
    p->n = n;
    return take_series(panel, series, n, forecaster->by_series, &p->panel, err);
}

void skuai_probe_clear(skuai_probe *p) {
    for (size_t k = 0; k < SKUAI_PROBE_COLUMNS + 2; k++)
        skuai_free(p->column[k]);
    skuai_panel_free(p->panel);
    *p = (skuai_probe){0};
}

static size_t place(size_t dynamic) {
    return dynamic == SKUAI_PANEL_TARGET      ? (size_t)TARGET
           : dynamic == SKUAI_PANEL_AVAILABLE ? (size_t)AVAILABLE
                                              : dynamic;
}

skua_status skuai_probe_column(skuai_probe *p, size_t dynamic, double **column, skua_error *err) {
    size_t at = place(dynamic), n = p->panel->n_rows;
    if (at > AVAILABLE || (at < TARGET && at >= p->panel->n_dynamic))
        return skuai_error_set(err, SKUA_ERANGE, "covariate %zu cannot be changed", dynamic);
    if (!p->column[at]) p->column[at] = skuai_new(n + 1, sizeof **p->column);
    if (!p->column[at]) return skuai_error_memory(err, "an explanation");
    double *x = p->column[at];
    if (!p->changed[at]) {
        const float *from = at == AVAILABLE ? p->panel->available
                            : at == TARGET  ? NULL
                                            : p->panel->dynamic[at].values;
        if (at == TARGET) memcpy(x, p->panel->target, n * sizeof *x);
        for (size_t r = 0; r < n && at != TARGET; r++)
            x[r] = from ? (double)from[r] : 1;
        p->changed[at] = true;
    }
    *column = x;
    return SKUA_OK;
}

void skuai_probe_reset(skuai_probe *p) {
    memset(p->changed, 0, sizeof p->changed);
}

skua_status skuai_probe_panel(const skuai_probe *p, skuai_panel **out, skua_error *err) {
    static const size_t special[] = {SKUAI_PANEL_TARGET, SKUAI_PANEL_AVAILABLE};
    skuai_panel *panel = skuai_panel_share(p->panel);
    for (size_t k = 0; k < SKUAI_PROBE_COLUMNS + 2; k++) {
        skuai_panel *next = NULL;
        if (!p->changed[k]) continue;
        skua_status status =
            skuai_panel_with(panel, k < TARGET ? k : special[k - TARGET], p->column[k], &next, err);
        skuai_panel_free(panel);
        SKUA_TRY(status);
        panel = next;
    }
    *out = panel;
    return SKUA_OK;
}

skua_status skuai_probe_ask(skuai_probe *p, const skuai_probe_answer *answer, skua_error *err) {
    skuai_panel *panel = NULL;
    skuai_forecast *f = NULL;
    skua_status status = skuai_context_check(p->context, err);
    if (status == SKUA_OK) status = skuai_probe_panel(p, &panel, err);
    if (status == SKUA_OK)
        status = p->forecaster->predict(p->model, panel, &p->request, p->context, &f, err);
    size_t H = p->request.horizon;
    for (size_t s = 0; s < p->n && status == SKUA_OK; s++)
        for (size_t h = 0; h < H; h++) {
            const double *q = skuai_forecast_quantiles(f, s, h);
            if (answer->mean) answer->mean[s * H + h] = *skuai_forecast_mean(f, s, h);
            if (answer->low) answer->low[s * H + h] = q[p->low];
            if (answer->high) answer->high[s * H + h] = q[p->high];
        }
    p->n_calls++;
    skuai_forecast_free(f);
    skuai_panel_free(panel);
    return status;
}

/* -- What is ordinary for a series --------------------------------------------------------------
 */

size_t skuai_probe_season(const skuai_panel *panel, size_t s) {
    size_t season = panel->season > 0 ? (size_t)panel->season : 1;
    return panel->length[s] >= 3 * season ? season : 1;
}

size_t skuai_probe_recent(const skuai_panel *panel, size_t s, const skuai_explain_options *o) {
    size_t season = panel->season > 0 ? (size_t)panel->season : 1;
    size_t recent = o->recent ? o->recent : 4 * season;
    return recent < panel->length[s] / 4 ? recent : panel->length[s] / 4;
}

double skuai_probe_usual(const skuai_panel *panel, size_t s, size_t periods) {
    const double *y = skuai_panel_target(panel, s);
    size_t n = panel->length[s], known = 0;
    double sum = 0;
    for (size_t t = periods < n ? n - periods : 0; t < n; t++)
        if (isfinite(y[t])) sum += y[t], known++;
    return known ? sum / (double)known : (double)NAN;
}

bool skuai_probe_moves(const skuai_panel *panel, size_t s, size_t k) {
    const float *v = panel->dynamic[k].values + panel->row[s];
    size_t n = panel->length[s] + panel->future[s];
    if (panel->dynamic[k].known != SKUAI_KNOWN_AHEAD) return false;
    for (size_t t = 1; t < n; t++)
        if (isfinite(v[t]) && isfinite(v[0]) && v[t] != v[0]) return true;
    return false;
}

bool skuai_probe_enough(const skuai_panel *panel, size_t s, const skuai_explain_options *o) {
    size_t n = panel->length[s], season = skuai_probe_season(panel, s);
    size_t recent = skuai_probe_recent(panel, s, o);
    size_t shift = (recent + season - 1) / season * season;
    return n >= HISTORY_LEAST && n >= recent + shift && n > o->horizon;
}

skua_status skuai_probe_windows(const skuai_panel *panel, size_t s, const skuai_explain_options *o,
                                size_t n, size_t *windows, skua_error *err) {
    size_t length = panel->length[s], season = skuai_probe_season(panel, s);
    if (!skuai_probe_enough(panel, s, o))
        return skuai_error_set(err, SKUA_EDATA,
                               "%s has %zu periods of history: too few to say what is ordinary for "
                               "it, which an explanation is measured from",
                               skuai_panel_name(panel, s), length);
    size_t last = length - o->horizon;
    for (size_t b = 0; b < n; b++) {
        skuai_random random;
        skuai_random_split(&random, o->seed, b);
        size_t at = skuai_random_index(&random, last + 1);
        size_t phase = (length - at) % season; /* the same phase of the season as the horizon */
        at = at + phase <= last ? at + phase : at >= season - phase ? at - (season - phase) : at;
        windows[b] = at;
    }
    return SKUA_OK;
}
