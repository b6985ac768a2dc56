#include "shop/arrivals.h"

#include "shop/item_title.h"
#include "shop/result.h"
#include "tree/cold_start.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NEW_MOST = 50, SHOWN = 5, PATHS = 500 };

/* Young series, the youngest first: series [NEW_MOST] out; returns how many there are in all. */
static size_t find_young(const skuai_panel *panel, size_t *series, size_t *n) {
    size_t most = skuai_young_periods(panel->grid.frequency), all = 0;
    *n = 0;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->length[s] >= most) continue;
        all++;
        size_t at = *n < NEW_MOST ? (*n)++ : NEW_MOST;
        if (at == NEW_MOST) {
            if (panel->length[s] >= panel->length[series[NEW_MOST - 1]]) continue;
            at--;
        }
        for (; at > 0 && panel->length[series[at - 1]] > panel->length[s]; at--)
            series[at] = series[at - 1];
        series[at] = s;
    }
    return all;
}

static void put_period(skuai_json_writer *w, const skuai_panel *panel, const char *name,
                       int64_t period) {
    char text[SKUAI_PERIOD_TEXT_SIZE];
    skuai_json_text(w, name, skuai_period_text(&panel->grid, period, text));
}

/* Units over the whole horizon with the band between the quantiles .1 and .9. */
static skua_status put_sum(const skuai_live *live, size_t s, uint64_t seed, skuai_json_writer *w,
                           skua_error *err) {
    const skuai_forecast *f = live->forecast;
    double floor = live->panel->non_negative ? 0 : -(double)INFINITY, mean, *q;
    q = skuai_new(f->n_quantiles + 1, sizeof *q);
    if (!q) return skuai_error_memory(err, "a report");
    skua_status status = skuai_forecast_sum(f, s, 0, f->horizon, PATHS, seed, floor, &mean, q, err);
    if (status == SKUA_OK) {
        skuai_json_number(w, "mean", mean);
        if (f->n_quantiles) {
            skuai_json_number(w, "low", skuai_quantile_at(f->levels, q, f->n_quantiles, 0.1));
            skuai_json_number(w, "high", skuai_quantile_at(f->levels, q, f->n_quantiles, 0.9));
        }
    }
    skuai_free(q);
    return status;
}

static skua_status put_new(const skuai_live *live, const skuai_model *model, size_t s,
                           uint64_t seed, const skuai_table *titles, skuai_json_writer *w,
                           skua_error *err) {
    const skuai_panel *panel = live->panel;
    skuai_analogue analogues[SKUAI_ANALOGUES_MOST];
    const char *predecessor = NULL;
    size_t n = 0;
    SKUA_TRY(skuai_cold_start_reasons(model, panel, s, analogues, &n, &predecessor, err));
    skuai_json_object(w, NULL);
    skuai_json_text(w, "name", skuai_panel_name(panel, s));
    skuai_json_text(
        w, "title",
        skuai_titles_find(titles, skuai_series_text(panel, s, "item", skuai_panel_name(panel, s))));
    skuai_json_integer(w, "periods", (int64_t)panel->length[s]);
    put_period(w, panel, "launch", panel->start[s] + (int64_t)skuai_panel_wait(panel, s));
    SKUA_TRY(put_sum(live, s, seed, w, err));
    skuai_json_text(w, "note", live->forecast->note[s]);
    if (predecessor) skuai_json_text(w, "replaces", predecessor);
    skuai_json_array(w, "analogues");
    for (size_t k = 0; k < n && k < SHOWN; k++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "name", analogues[k].name);
        skuai_json_number(w, "likeness", analogues[k].likeness);
        skuai_json_number(w, "share", analogues[k].weight);
        skuai_json_number(w, "sold", analogues[k].sold);
        put_period(w, panel, "launch", analogues[k].start);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_close(w);
    return SKUA_OK;
}

skua_status skuai_arrivals_put(const skuai_live *live, uint64_t seed, skuai_store *store,
                               const skuai_context *context, skuai_json_writer *w,
                               skua_error *err) {
    skuai_table *titles = NULL;
    const char *items[NEW_MOST];
    size_t series[NEW_MOST], n, all = find_young(live->panel, series, &n);
    const skuai_forecaster *cold = &skuai_cold_start_forecaster;
    char horizon[24];
    skuai_parameter chosen[] = {{"trees", "0"}, {"horizon", horizon}};
    skuai_parameters parameters = {chosen, 2};
    skuai_model *model = NULL;
    skua_status status = SKUA_OK;
    size_t most = live->forecast->horizon < 1000 ? live->forecast->horizon : 1000;
    (void)snprintf(horizon, sizeof horizon, "%zu", most);
    if (n > 0) status = cold->fit(cold, live->panel, &parameters, context, &model, err);
    if (status == SKUA_EDATA) n = 0, status = SKUA_OK; /* nothing was ever sold: no reasons */
    for (size_t i = 0; i < n; i++)
        items[i] = skuai_series_text(live->panel, series[i], "item",
                                     skuai_panel_name(live->panel, series[i]));
    if (status == SKUA_OK && n > 0) status = skuai_titles_read(store, items, n, &titles, err);
    skuai_json_integer(w, "young", (int64_t)all);
    skuai_json_array(w, "new");
    for (size_t i = 0; i < n && status == SKUA_OK; i++)
        status = put_new(live, model, series[i], seed, titles, w, err);
    skuai_json_close(w);
    skuai_table_free(titles);
    if (model) cold->free(model);
    return status;
}
