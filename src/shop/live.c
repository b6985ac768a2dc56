#include "shop/live.h"

#include <string.h>

void skuai_live_clear(skuai_live *live) {
    skuai_panel_free(live->panel);
    skuai_forecast_free(live->forecast);
    *live = (skuai_live){0};
}

/* Indices of the series of one part, and the largest gap among them. */
typedef struct part {
    size_t *series, n, gap;
} part;

/* Copy `from`'s series i, its first `gap` horizons left out, as series `s` of `to`. */
static void copy_series(const skuai_forecast *from, size_t i, size_t gap, skuai_forecast *to,
                        size_t s) {
    size_t H = to->horizon, Q = to->n_quantiles;
    memcpy(to->mean + s * H, skuai_forecast_mean(from, i, gap), H * sizeof(double));
    memcpy(to->quantiles + s * H * Q, skuai_forecast_quantiles(from, i, gap),
           H * Q * sizeof(double));
    to->autocorrelation[s] = from->autocorrelation[i];
    to->first[s] = from->first[i] + (int64_t)gap;
    memcpy(to->note[s], from->note[i], SKUAI_NOTE_SIZE);
}

/* Forecast the series of a part; they follow those that stand in the result already. */
static skua_status forecast_part(const skuai_forecaster *forecaster, const skuai_model *model,
                                 const skuai_panel *panel, const part *p, int64_t end,
                                 const skuai_request *request, const skuai_context *context,
                                 size_t offset, skuai_forecast *result, skua_error *err) {
    skuai_panel *view = NULL;
    skuai_forecast *made = NULL;
    skuai_request longer = *request;
    if (p->n == 0) return SKUA_OK;
    longer.horizon += p->gap;
    SKUA_TRY(skuai_panel_subset(panel, p->series, p->n, &view, err));
    skua_status status = forecaster->predict(model, view, &longer, context, &made, err);
    for (size_t i = 0; i < p->n && status == SKUA_OK; i++)
        copy_series(made, i, (size_t)(end - skuai_panel_end(view, i)), result, offset + i);
    skuai_forecast_free(made);
    skuai_panel_free(view);
    return status;
}

static skua_status forecast_parts(const skuai_forecaster *forecaster, const skuai_panel *panel,
                                  const part parts[2], int64_t end, const skuai_request *request,
                                  const skuai_context *context, skuai_live *live, skua_error *err) {
    skuai_model *model = NULL;
    SKUA_TRY(
        skuai_panel_subset(panel, parts[0].series, parts[0].n + parts[1].n, &live->panel, err));
    SKUA_TRY(skuai_forecast_new(live->panel, request->horizon, request->levels, request->n_levels,
                                &live->forecast, err));
    SKUA_TRY(forecaster->fit(forecaster, live->panel, NULL, context, &model, err));
    skua_status status = SKUA_OK;
    for (int k = 0; k < 2 && status == SKUA_OK; k++)
        status = forecast_part(forecaster, model, panel, &parts[k], end, request, context,
                               k ? parts[0].n : 0, live->forecast, err);
    forecaster->free(model);
    return status;
}

/* Split the living series by whether their last rows are missing. order [2 S] is the parts' memory;
 * both parts lie one behind the other in its first half. Returns how many series ended. */
static size_t split(const skuai_panel *panel, size_t horizon, size_t *order, part parts[2],
                    int64_t *last) {
    int64_t end = INT64_MIN;
    size_t n_ended = 0;
    for (size_t s = 0; s < panel->n_series; s++)
        if (skuai_panel_end(panel, s) > end) end = skuai_panel_end(panel, s);
    int64_t most = panel->season > (int)horizon ? panel->season : (int64_t)horizon;
    parts[0] = (part){.series = order};
    parts[1] = (part){.series = order + panel->n_series};
    for (size_t s = 0; s < panel->n_series; s++) {
        int64_t gap = end - skuai_panel_end(panel, s);
        part *p = &parts[gap > 0];
        if (skuai_panel_wait(panel, s) >= horizon) continue; /* launched later than is asked for */
        if (gap > most) {
            n_ended++;
            continue;
        }
        p->series[p->n++] = s;
        if ((size_t)gap > p->gap) p->gap = (size_t)gap;
    }
    memmove(order + parts[0].n, parts[1].series, parts[1].n * sizeof *order); /* one list */
    parts[1].series = order + parts[0].n;
    *last = end;
    return n_ended;
}

skua_status skuai_live_panel(const skuai_panel *panel, size_t horizon, skuai_panel **living,
                             skua_error *err) {
    size_t *order = skuai_new(2 * panel->n_series, sizeof *order);
    if (!order) return skuai_error_memory(err, "a forecast");
    part parts[2];
    int64_t end;
    (void)split(panel, horizon, order, parts, &end);
    skua_status status = skuai_panel_subset(panel, order, parts[0].n + parts[1].n, living, err);
    skuai_free(order);
    return status;
}

skua_status skuai_live_forecast(const skuai_forecaster *forecaster, const skuai_panel *panel,
                                const skuai_request *request, const skuai_context *context,
                                skuai_live *live, skua_error *err) {
    size_t *order = skuai_new(2 * panel->n_series, sizeof *order);
    if (!order) return skuai_error_memory(err, "a forecast");
    part parts[2];
    int64_t end;
    skuai_live made = {0};
    made.n_ended = split(panel, request->horizon, order, parts, &end);
    skua_status status = SKUA_OK;
    if (parts[0].n + parts[1].n == 0)
        status = skuai_error_set(err, SKUA_EDATA, "there is no series to forecast");
    if (status == SKUA_OK)
        status = forecast_parts(forecaster, panel, parts, end, request, context, &made, err);
    skuai_free(order);
    if (status == SKUA_OK)
        *live = made;
    else
        skuai_live_clear(&made);
    return status;
}
