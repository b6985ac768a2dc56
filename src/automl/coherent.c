#include "automl/coherent.h"

#include "forecast/reconciliation.h"
#include "math/distribution.h"

#include <math.h>
#include <string.h>

/* A node that hardly sells has no variance to speak of; this share of the mean one is the least. */
#define LEAST_SHARE 1e-4
/* Of the losses: what another coherence must be better by. */
#define LEAST_GAIN 0.01

static const char *const names[] = {"bottom-up", "variance", "volume", "shrunk"};

const char *skuai_coherence_name(skuai_coherence coherence) {
    return names[coherence];
}

bool skuai_coherence_parse(const char *name, skuai_coherence *coherence) {
    for (int k = 0; k < SKUAI_COHERENCES; k++)
        if (strcmp(name, names[k]) == 0) return *coherence = (skuai_coherence)k, true;
    return false;
}

/* -- Levels ----------------------------------------------------------------------------------- */

void skuai_levels_above_clear(skuai_levels_above *levels) {
    for (size_t k = 0; k < levels->n; k++) {
        skuai_free(levels->group[k]);
        skuai_panel_free(levels->panel[k]);
        skuai_forecast_free(levels->forecast[k]);
    }
    skuai_error_correlation_clear(&levels->correlation);
    *levels = (skuai_levels_above){0};
}

/* The series that reach the panel's last period: a sum of others would end in a fall. */
static skua_status living(const skuai_panel *panel, size_t **series, size_t *n, skua_error *err) {
    int64_t end = INT64_MIN;
    *series = skuai_new(panel->n_series, sizeof **series);
    if (!*series) return skuai_error_memory(err, "sums");
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > 0 && skuai_panel_end(panel, s) > end)
            end = skuai_panel_end(panel, s);
    *n = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        if (panel->length[s] > 0 && skuai_panel_end(panel, s) == end) (*series)[(*n)++] = s;
    return SKUA_OK;
}

/* One level into place `levels->n`, kept when some group holds two series or more. */
static skua_status add_level(const skuai_panel *panel, const size_t *series, size_t n,
                             const skuai_panel *part, size_t category, skuai_levels_above *levels,
                             skua_error *err) {
    size_t k = levels->n, groups = 0;
    int32_t *of_part = skuai_new(n, sizeof *of_part);
    levels->group[k] = skuai_new(panel->n_series, sizeof *levels->group[k]);
    levels->panel[k] = NULL, levels->forecast[k] = NULL;
    levels->name[k] = category == SKUAI_PANEL_ALL ? "total" : panel->statics[category].name;
    skua_status status = of_part && levels->group[k] ? SKUA_OK : skuai_error_memory(err, "sums");
    if (status == SKUA_OK)
        status = skuai_panel_aggregate(part, category, of_part, &levels->panel[k], err);
    if (status == SKUA_OK) {
        size_t grouped = 0;
        for (size_t s = 0; s < panel->n_series; s++)
            levels->group[k][s] = -1;
        for (size_t i = 0; i < n; i++) {
            levels->group[k][series[i]] = of_part[i];
            grouped += of_part[i] >= 0;
        }
        for (size_t g = 0; g < levels->panel[k]->n_series; g++)
            groups += levels->panel[k]->length[g] > 0;
        if (groups > 0 && groups < grouped) levels->n++;
    }
    if (status != SKUA_OK || levels->n == k) {
        skuai_free(levels->group[k]);
        skuai_panel_free(levels->panel[k]);
    }
    skuai_free(of_part);
    return status;
}

skua_status skuai_levels_above_forecast(const skuai_panel *panel, const skuai_forecaster *above,
                                        const skuai_request *request, const skuai_context *context,
                                        skuai_levels_above *levels, skua_error *err) {
    size_t *series = NULL, n = 0;
    skuai_panel *part = NULL;
    *levels = (skuai_levels_above){0};
    skua_status status = living(panel, &series, &n, err);
    if (status == SKUA_OK && n > 1) status = skuai_panel_subset(panel, series, n, &part, err);
    for (size_t c = 0; part && c < panel->n_static && status == SKUA_OK; c++)
        if (panel->statics[c].codes && levels->n + 1 < SKUAI_COHERENT_LEVELS)
            status = add_level(panel, series, n, part, c, levels, err);
    if (status == SKUA_OK && part)
        status = add_level(panel, series, n, part, SKUAI_PANEL_ALL, levels, err);
    for (size_t k = 0; k < levels->n && status == SKUA_OK; k++)
        status = skuai_forecaster_run(above, levels->panel[k], NULL, request, context,
                                      &levels->forecast[k], err);
    if (status != SKUA_OK) skuai_levels_above_clear(levels);
    skuai_panel_free(part);
    skuai_free(series);
    return status;
}

/* -- Errors ----------------------------------------------------------------------------------- */

/* Errors of every `stride`-th horizon of one origin into columns [first, ...) of rows of N. */
static skua_status add_errors(const skuai_panel *panel, const skuai_forecaster *forecaster,
                              size_t back, size_t stride, const skuai_request *request,
                              const skuai_context *context, size_t N, size_t first, double *errors,
                              skua_error *err) {
    skuai_panel *view = NULL;
    skuai_forecast *f = NULL;
    SKUA_TRY(skuai_panel_cut(panel, back, &view, err));
    skua_status status = skuai_forecaster_run(forecaster, view, NULL, request, context, &f, err);
    for (size_t s = 0; s < panel->n_series && status == SKUA_OK; s++)
        for (size_t h = 0, t = 0; h < f->horizon; h += stride, t++)
            if (view->length[s] > 0)
                errors[t * N + first + s] =
                    skuai_panel_actual(view, s, h) - *skuai_forecast_mean(f, s, h);
    skuai_forecast_free(f);
    skuai_panel_free(view);
    return status;
}

static bool is_grouped(const skuai_levels_above *levels, size_t s) {
    for (size_t k = 0; k < levels->n; k++)
        if (levels->group[k][s] >= 0) return true;
    return false;
}

skua_status skuai_levels_above_correlate(skuai_levels_above *levels, const skuai_panel *panel,
                                         const skuai_forecaster *items,
                                         const skuai_forecaster *above,
                                         const skuai_request *request, const skuai_context *context,
                                         skua_error *err) {
    size_t H = request->horizon, N = panel->n_series;
    size_t stride =
        (SKUAI_COHERENT_ORIGINS * H + SKUAI_COHERENT_ERRORS - 1) / SKUAI_COHERENT_ERRORS;
    size_t each = (H + stride - 1) / stride, T = SKUAI_COHERENT_ORIGINS * each;
    if (levels->n == 0) return SKUA_OK;
    for (size_t k = 0; k < levels->n; k++)
        N += levels->panel[k]->n_series;
    double *errors = skuai_new(T * N, sizeof *errors);
    if (!errors) return skuai_error_memory(err, "errors of groups");
    for (size_t i = 0; i < T * N; i++)
        errors[i] = (double)NAN;
    skua_status status = SKUA_OK;
    for (size_t origin = 0; origin < SKUAI_COHERENT_ORIGINS && status == SKUA_OK; origin++) {
        size_t back = (origin + 1) * H, first = panel->n_series;
        double *own = errors + origin * each * N;
        status = add_errors(panel, items, back, stride, request, context, N, 0, own, err);
        for (size_t s = 0; s < panel->n_series; s++) /* what is in no group is moved by none */
            for (size_t t = 0; t < each && !is_grouped(levels, s); t++)
                own[t * N + s] = (double)NAN;
        for (size_t k = 0; k < levels->n && status == SKUA_OK; k++) {
            status = add_errors(levels->panel[k], above, back, stride, request, context, N, first,
                                own, err);
            first += levels->panel[k]->n_series;
        }
    }
    skuai_error_correlation_clear(&levels->correlation);
    if (status == SKUA_OK)
        status = skuai_error_correlation_make(errors, T, N, &levels->correlation, err);
    skuai_free(errors);
    return status;
}

/* -- Reconciliation --------------------------------------------------------------------------- */

/* The variance of the error of forecast i = s * horizon + h, from the width of its central
 * interval: half of it lies within 0.6745 deviations when normal, so any pair of levels gives a
 * deviation; the widest pair is the steadiest. */
static double variance_of(const skuai_forecast *f, size_t i) {
    size_t last = f->n_quantiles - 1;
    const double *q = f->quantiles + i * f->n_quantiles;
    double z = 0;
    if (f->n_quantiles >= 2)
        z = skuai_normal_quantile(f->levels[last]) - skuai_normal_quantile(f->levels[0]);
    double sd = z > 0 ? (q[last] - q[0]) / z : 0, mean = f->mean[i];
    double least = mean > 0 ? mean : 0; /* of a count's variance: that of Poisson draws */
    return f->n_quantiles >= 2 && sd * sd > 0.01 * least ? sd * sd : least;
}

/* Variances of a level's forecasts at horizon h, all positive. */
static void variances(const skuai_forecast *f, size_t h, skuai_coherence coherence,
                      double *variance) {
    double sum = 0;
    for (size_t s = 0; s < f->n_series; s++) {
        size_t i = s * f->horizon + h;
        variance[s] = coherence == SKUAI_COHERENCE_VOLUME ? fabs(f->mean[i]) : variance_of(f, i);
        if (isfinite(variance[s])) sum += variance[s];
    }
    double least = sum > 0 ? LEAST_SHARE * sum / (double)f->n_series : 1;
    for (size_t s = 0; s < f->n_series; s++)
        if (!(variance[s] > least) || !isfinite(variance[s])) variance[s] = least;
}

/* One horizon: the moved means of the items into mean [S], stride horizon. */
static skua_status reconcile_horizon(const skuai_levels_above *levels, skuai_coherence coherence,
                                     double floor, size_t h, const skuai_forecast *forecast,
                                     double *work, double *mean, skua_error *err) {
    size_t n = forecast->n_series;
    double *bottom = work, *spread = work + n, *next = work + 2 * n;
    skuai_hierarchy_level above[SKUAI_COHERENT_LEVELS];
    for (size_t s = 0; s < n; s++)
        bottom[s] = *skuai_forecast_mean(forecast, s, h);
    variances(forecast, h, coherence, spread);
    for (size_t k = 0; k < levels->n; k++) {
        const skuai_forecast *f = levels->forecast[k];
        double *values = next, *variance = next + f->n_series;
        next += 2 * f->n_series;
        variances(f, h, coherence, variance);
        for (size_t g = 0; g < f->n_series; g++)
            values[g] =
                levels->panel[k]->length[g] > 0 ? *skuai_forecast_mean(f, g, h) : (double)NAN;
        above[k] = (skuai_hierarchy_level){f->n_series, levels->group[k], values, variance};
    }
    if (coherence == SKUAI_COHERENCE_SHRUNK)
        SKUA_TRY(skuai_reconcile_correlated(bottom, spread, n, above, levels->n,
                                            &levels->correlation, floor, bottom, err));
    else
        SKUA_TRY(skuai_reconcile(bottom, spread, n, above, levels->n, floor, bottom, err));
    for (size_t s = 0; s < n; s++)
        mean[s * forecast->horizon + h] = bottom[s];
    return SKUA_OK;
}

skua_status skuai_levels_above_reconcile(const skuai_levels_above *levels,
                                         skuai_coherence coherence, const skuai_panel *panel,
                                         skuai_forecast *forecast, skua_error *err) {
    if (coherence == SKUAI_COHERENCE_BOTTOM_UP || levels->n == 0) return SKUA_OK;
    if (coherence == SKUAI_COHERENCE_SHRUNK && levels->correlation.n_nodes == 0)
        return skuai_error_set(err, SKUA_EINVAL, "no correlation of errors was learnt");
    size_t n = forecast->n_series, space = 2 * n;
    for (size_t k = 0; k < levels->n; k++)
        space += 2 * levels->panel[k]->n_series;
    double floor = panel->non_negative ? 0 : -(double)INFINITY;
    double *work = skuai_new(space, sizeof *work);
    double *mean = skuai_new(n * forecast->horizon, sizeof *mean);
    skua_status status = work && mean ? SKUA_OK : skuai_error_memory(err, "reconciliation");
    for (size_t h = 0; h < forecast->horizon && status == SKUA_OK; h++)
        status = reconcile_horizon(levels, coherence, floor, h, forecast, work, mean, err);
    if (status == SKUA_OK) skuai_reconcile_move(mean, floor, forecast);
    skuai_free(mean);
    skuai_free(work);
    return status;
}

/* -- Choice ----------------------------------------------------------------------------------- */

/* WAPE of the sums of a grouping (NULL: each series alone) with n_groups groups. work [2 groups] */
static double wape_of(const int32_t *group, size_t n_groups, const skuai_panel *panel,
                      const skuai_forecast *f, double *work) {
    double *mean = work, *actual = work + n_groups, error = 0, total = 0;
    for (size_t h = 0; h < f->horizon; h++) {
        memset(work, 0, 2 * n_groups * sizeof *work);
        for (size_t s = 0; s < f->n_series; s++) {
            int32_t g = group ? group[s] : (int32_t)s;
            if (g < 0) continue;
            double y = skuai_panel_actual(panel, s, h);
            if (!isfinite(y)) continue;
            mean[g] += *skuai_forecast_mean(f, s, h);
            actual[g] += y;
        }
        for (size_t g = 0; g < n_groups; g++)
            error += fabs(mean[g] - actual[g]), total += fabs(actual[g]);
    }
    return total > 0 ? error / total : (double)NAN;
}

skua_status skuai_levels_above_score(const skuai_levels_above *levels, const skuai_panel *panel,
                                     const skuai_forecast *forecast, double *wape,
                                     skua_error *err) {
    size_t most = panel->n_series;
    for (size_t k = 0; k < levels->n; k++)
        most = levels->panel[k]->n_series > most ? levels->panel[k]->n_series : most;
    double *work = skuai_new(2 * most, sizeof *work);
    if (!work) return skuai_error_memory(err, "scores");
    wape[0] = wape_of(NULL, panel->n_series, panel, forecast, work);
    for (size_t k = 0; k < levels->n; k++)
        wape[k + 1] = wape_of(levels->group[k], levels->panel[k]->n_series, panel, forecast, work);
    skuai_free(work);
    return SKUA_OK;
}

/* Add the logarithms of one window's WAPEs to sums, for every coherence; *n counts them. */
static skua_status add_window(const skuai_backtest *b, size_t w, const skuai_ensemble *ensemble,
                              const skuai_forecaster *above, const skuai_forecaster *items,
                              uint64_t seed, const skuai_context *context, double *sums, size_t *n,
                              skua_error *err) {
    const skuai_forecast *made[SKUAI_ENSEMBLE_MEMBERS];
    skuai_levels_above levels = {0};
    double wape[SKUAI_COHERENT_LEVELS + 1];
    const skuai_forecast *any = NULL;
    for (size_t m = 0; m < b->n_models; m++) {
        made[m] = skuai_backtest_at(b, w, m)->forecast;
        if (made[m]) any = made[m];
    }
    if (!any) return SKUA_OK;
    skuai_request request = {any->horizon, any->levels, any->n_quantiles, seed};
    skua_status status =
        skuai_levels_above_forecast(b->views[w], above, &request, context, &levels, err);
    if (items && status == SKUA_OK)
        status = skuai_levels_above_correlate(&levels, b->views[w], items, above, &request, context,
                                              err);
    for (int c = 0; c < SKUAI_COHERENCES && status == SKUA_OK; c++) {
        skuai_forecast *f = NULL;
        if (c == SKUAI_COHERENCE_SHRUNK && !items) continue;
        status = skuai_ensemble_combine(ensemble, b->views[w], made, &f, err);
        if (status == SKUA_OK)
            status = skuai_levels_above_reconcile(&levels, (skuai_coherence)c, b->views[w], f, err);
        if (status == SKUA_OK)
            status = skuai_levels_above_score(&levels, b->views[w], f, wape, err);
        for (size_t k = 0; k <= levels.n && status == SKUA_OK; k++)
            if (wape[k] > 0) {
                sums[c] += log(wape[k]);
                *n += c == 0;
            }
        skuai_forecast_free(f);
    }
    skuai_levels_above_clear(&levels);
    return status;
}

skua_status skuai_coherence_choose(const skuai_backtest *backtest, const skuai_ensemble *ensemble,
                                   const skuai_forecaster *above, const skuai_forecaster *items,
                                   size_t from, size_t to, uint64_t seed,
                                   const skuai_context *context, skuai_coherence *coherence,
                                   double *loss, skua_error *err) {
    double sums[SKUAI_COHERENCES] = {0};
    size_t n = 0;
    for (size_t w = from; w < to; w++)
        SKUA_TRY(add_window(backtest, w, ensemble, above, items, seed, context, sums, &n, err));
    *coherence = SKUAI_COHERENCE_BOTTOM_UP;
    for (int c = 1; c < SKUAI_COHERENCES && n > 0; c++) {
        if (c == SKUAI_COHERENCE_SHRUNK && !items) continue;
        double gain = sums[SKUAI_COHERENCE_BOTTOM_UP] - sums[c];
        if (gain / (double)n > LEAST_GAIN && sums[c] < sums[*coherence])
            *coherence = (skuai_coherence)c;
    }
    for (int c = 0; c < SKUAI_COHERENCES && loss; c++)
        loss[c] = n > 0 && (items || c != SKUAI_COHERENCE_SHRUNK) ? exp(sums[c] / (double)n)
                                                                  : (double)NAN;
    return SKUA_OK;
}
