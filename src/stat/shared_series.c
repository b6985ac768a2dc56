#include "stat/shared_series.h"

#include "core/alloc.h"
#include "stat/local.h"

#include <string.h>

struct skuai_model {
    const skuai_shared_series *shared;
    skuai_model *inner;
};

static void shared_free(skuai_model *model) {
    if (!model) return;
    model->shared->inner.free(model->inner);
    skuai_free(model);
}

static skua_status shared_fit(const skuai_forecaster *self, const skuai_panel *panel,
                              const skuai_parameters *parameters, const skuai_context *context,
                              skuai_model **model, skua_error *err) {
    const skuai_shared_series *shared = self->data;
    skuai_model *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a forecaster");
    made->shared = shared;
    skua_status status =
        shared->inner.fit(&shared->inner, panel, parameters, context, &made->inner, err);
    if (status == SKUA_OK)
        *model = made;
    else
        skuai_free(made);
    return status;
}

/* Forecasts of the own share; NULL where it is empty. */
static skua_status own_share(const skuai_model *model, const skuai_panel *panel,
                             const skuai_request *request, const skuai_context *context,
                             skuai_forecast **forecast, skua_error *err) {
    size_t first, end;
    skuai_ranks_share(model->shared->ranks, panel->n_series, &first, &end);
    *forecast = NULL;
    if (first == end) return SKUA_OK;
    size_t *series = skuai_new(end - first, sizeof *series);
    if (!series) return skuai_error_memory(err, "a share of the series");
    for (size_t s = first; s < end; s++)
        series[s - first] = s;
    skuai_panel *view = NULL;
    skua_status status = skuai_panel_subset(panel, series, end - first, &view, err);
    if (status == SKUA_OK)
        status = model->shared->inner.predict(model->inner, view, request, context, forecast, err);
    skuai_panel_free(view);
    skuai_free(series);
    return status;
}

/* An array of every rank, one behind the other, to all. */
static skua_status spread(const skuai_ranks *ranks, const void *own, size_t bytes, void *to,
                          size_t total, skua_error *err) {
    char *all = NULL;
    size_t n;
    SKUA_TRY(skuai_ranks_gather(ranks, own, bytes, &all, &n, NULL, err));
    if (all && n == total) memcpy(to, all, total);
    bool whole = !all || n == total;
    skuai_free(all);
    if (!whole) return skuai_error_set(err, SKUA_EDATA, "the ranks see different series");
    return skuai_ranks_broadcast(ranks, to, total, err);
}

static skua_status spread_all(const skuai_ranks *ranks, const skuai_forecast *own,
                              skuai_forecast *all, skua_error *err) {
    static const skuai_forecast none = {0};
    if (!own) own = &none;
    size_t S = own->n_series, N = all->n_series, H = all->horizon, Q = all->n_quantiles;
    const struct {
        const void *own;
        void *all;
        size_t bytes; /* of a series */
    } blocks[] = {{own->mean, all->mean, H * sizeof(double)},
                  {own->quantiles, all->quantiles, H * Q * sizeof(double)},
                  {own->autocorrelation, all->autocorrelation, sizeof(double)},
                  {own->first, all->first, sizeof *own->first},
                  {own->note, all->note, sizeof *own->note}};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++)
        SKUA_TRY(spread(ranks, blocks[k].own, S * blocks[k].bytes, blocks[k].all,
                        N * blocks[k].bytes, err));
    return SKUA_OK;
}

/* Whether the series can be shared: a local method takes any, others those that have a history. */
static bool divisible(const skuai_forecaster *inner, const skuai_panel *panel) {
    bool all = true;
    for (size_t s = 0; s < panel->n_series && all; s++)
        all = panel->length[s] > 0;
    return all || skuai_forecaster_is_local(inner);
}

static skua_status shared_predict(const skuai_model *model, const skuai_panel *panel,
                                  const skuai_request *request, const skuai_context *context,
                                  skuai_forecast **forecast, skua_error *err) {
    const skuai_ranks *ranks = model->shared->ranks;
    skuai_forecast *own = NULL, *all = NULL;
    if (!divisible(&model->shared->inner, panel))
        return model->shared->inner.predict(model->inner, panel, request, context, forecast, err);
    skua_status status = own_share(model, panel, request, context, &own, err);
    int most = (int)status;
    SKUA_TRY_OUT(skuai_ranks_most(ranks, &most, err));
    if (most != (int)SKUA_OK) {
        if (status == SKUA_OK)
            status = skuai_error_set(err, (skua_status)most, "%s failed on another rank",
                                     model->shared->inner.name);
        goto out;
    }
    SKUA_TRY_OUT(
        skuai_forecast_new(panel, request->horizon, request->levels, request->n_levels, &all, err));
    SKUA_TRY_OUT(spread_all(ranks, own, all, err));
    *forecast = all;
    all = NULL;
out:
    skuai_forecast_free(own);
    skuai_forecast_free(all);
    return status;
}

skuai_forecaster skuai_shared_series_forecaster(const skuai_shared_series *shared) {
    return (skuai_forecaster){.name = shared->inner.name,
                              .summary = shared->inner.summary,
                              .source = shared->inner.source,
                              .fit = shared_fit,
                              .predict = shared_predict,
                              .free = shared_free,
                              .for_young = shared->inner.for_young,
                              .data = shared};
}
