#include "automl/leak.h"

#include <math.h>
#include <string.h>

/* The view with other values behind the ends of its series, in column `dynamic` (SIZE_MAX: the
 * target). */
static skua_status other_future(const skuai_panel *view, size_t dynamic, skuai_panel **other,
                                skua_error *err) {
    double *values = skuai_new(view->n_rows, sizeof *values);
    if (!values) return skuai_error_memory(err, "a view");
    for (size_t r = 0; r < view->n_rows; r++)
        values[r] =
            dynamic == SIZE_MAX ? view->target[r] : (double)view->dynamic[dynamic].values[r];
    for (size_t s = 0; s < view->n_series; s++)
        for (size_t t = view->length[s]; t < view->length[s] + view->future[s]; t++) {
            double *x = &values[view->row[s] + t];
            *x = 1000 + (isnan(*x) ? 0 : 3 * fabs(*x)) + (double)(t % 7);
        }
    skua_status status = skuai_panel_with(view, dynamic, values, other, err);
    skuai_free(values);
    return status;
}

static bool same(const skuai_forecast *a, const skuai_forecast *b) {
    size_t n = a->n_series * a->horizon;
    return memcmp(a->mean, b->mean, n * sizeof *a->mean) == 0 &&
           memcmp(a->quantiles, b->quantiles, n * a->n_quantiles * sizeof *a->quantiles) == 0;
}

skua_status skuai_leak_model(const skuai_panel *view, const skuai_forecaster *forecaster,
                             const skuai_request *request, const skuai_context *context,
                             bool *leaks, skua_error *err) {
    skuai_panel *other = NULL, *next = NULL;
    skuai_forecast *first = NULL, *second = NULL;
    skua_status status = other_future(view, SIZE_MAX, &other, err);
    for (size_t k = 0; k < view->n_dynamic && status == SKUA_OK; k++) {
        if (view->dynamic[k].known == SKUAI_KNOWN_AHEAD) continue;
        status = other_future(other, k, &next, err);
        if (status != SKUA_OK) break;
        skuai_panel_free(other);
        other = next;
    }
    if (status == SKUA_OK)
        status = skuai_forecaster_run(forecaster, view, NULL, request, context, &first, err);
    if (status == SKUA_OK)
        status = skuai_forecaster_run(forecaster, other, NULL, request, context, &second, err);
    if (status == SKUA_OK) *leaks = !same(first, second);
    skuai_forecast_free(first);
    skuai_forecast_free(second);
    skuai_panel_free(other);
    return status;
}

/* -- Covariates -------------------------------------------------------------------------------- */

typedef struct moments {
    double n, x, y, xx, yy, xy;
} moments;

/* Mean absolute change of a series, to put all on one scale. */
static double size_of_changes(const double *y, const float *x, size_t n, bool of_target) {
    double sum = 0;
    for (size_t t = 1; t < n; t++) {
        double d = of_target ? y[t] - y[t - 1] : (double)x[t] - (double)x[t - 1];
        if (!isnan(d)) sum += fabs(d);
    }
    return sum;
}

static void add_series(const skuai_panel *p, size_t s, const float *x, moments *m) {
    const double *y = skuai_panel_target(p, s);
    size_t n = p->length[s];
    double a = size_of_changes(y, x, n, true), b = size_of_changes(y, x, n, false);
    if (n < 4 || !(a > 0) || !(b > 0)) return;
    for (size_t t = 1; t < n; t++) {
        double dy = (y[t] - y[t - 1]) * (double)n / a;
        double dx = ((double)x[t] - (double)x[t - 1]) * (double)n / b;
        if (isnan(dy) || isnan(dx)) continue;
        m->n++;
        m->x += dx;
        m->y += dy;
        m->xx += dx * dx;
        m->yy += dy * dy;
        m->xy += dx * dy;
    }
}

void skuai_leak_covariates(const skuai_panel *panel, double *share) {
    for (size_t k = 0; k < panel->n_dynamic; k++) {
        moments m = {0};
        share[k] = (double)NAN;
        if (panel->dynamic[k].known != SKUAI_KNOWN_AHEAD) continue;
        for (size_t s = 0; s < panel->n_series; s++)
            add_series(panel, s, panel->dynamic[k].values + panel->row[s], &m);
        double vx = m.xx - m.x * m.x / m.n, vy = m.yy - m.y * m.y / m.n;
        double c = m.xy - m.x * m.y / m.n;
        if (m.n >= 20 && vx > 0 && vy > 0) share[k] = c * c / (vx * vy);
    }
}
