#include "shop/arrivals.h"
#include "shop/arrow_out.h"
#include "shop/coherence.h"
#include "shop/forecast_model.h"
#include "shop/history.h"
#include "shop/item_title.h"
#include "shop/live.h"
#include "shop/result.h"
#include "shop/shop_panel.h"
#include "stat/local.h"
#include "stat/shared_series.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST = 8, LINE_PERIODS = 60 };

/* -- What is told
 * ---------------------------------------------------------------------------------- */

static size_t level_index(const skuai_forecast *f, double level) {
    size_t nearest = 0;
    for (size_t q = 1; q < f->n_quantiles; q++)
        if (fabs(f->levels[q] - level) < fabs(f->levels[nearest] - level)) nearest = q;
    return nearest;
}

static double series_mean(const skuai_forecast *f, size_t s) {
    double sum = 0;
    for (size_t h = 0; h < f->horizon; h++)
        sum += *skuai_forecast_mean(f, s, h);
    return sum;
}

static const char *item_of(const skuai_panel *panel, size_t s) {
    return skuai_series_text(panel, s, "item", skuai_panel_name(panel, s));
}

static void put_series(skuai_json_writer *w, const skuai_panel *panel, const skuai_forecast *f,
                       size_t s, const skuai_table *titles, uint64_t seed) {
    double mean = series_mean(f, s), q[SKUAI_LEVELS_MOST];
    const double *y = skuai_panel_target(panel, s);
    size_t n = panel->length[s];
    skuai_json_object(w, NULL);
    skuai_json_text(w, "name", skuai_panel_name(panel, s));
    skuai_json_text(w, "title", skuai_titles_find(titles, item_of(panel, s)));
    skuai_json_number(w, "mean", mean);
    if (f->n_quantiles > 0 &&
        skuai_forecast_sum(f, s, 0, f->horizon, 500, seed, panel->non_negative ? 0 : -INFINITY,
                           &mean, q, NULL) == SKUA_OK) {
        skuai_json_number(w, "low", q[level_index(f, 0.1)]);
        skuai_json_number(w, "high", q[level_index(f, 0.9)]);
    }
    skuai_json_text(w, "note", f->note[s]);
    skuai_json_array(w, "line");
    for (size_t t = n > LINE_PERIODS ? n - LINE_PERIODS : 0; t < n; t++)
        skuai_json_number(w, NULL, y[t]);
    for (size_t h = 0; h < f->horizon && h < LINE_PERIODS; h++)
        skuai_json_number(w, NULL, *skuai_forecast_mean(f, s, h));
    skuai_json_close(w);
    skuai_json_close(w);
}

/* The largest series by expected units, largest first. */
static size_t find_largest(const skuai_forecast *f, size_t *largest) {
    double size[LARGEST];
    size_t n = 0;
    for (size_t s = 0; s < f->n_series; s++) {
        double mean = series_mean(f, s);
        size_t j = n < LARGEST ? n++ : LARGEST;
        if (j == LARGEST) {
            if (mean <= size[LARGEST - 1]) continue;
            j = LARGEST - 1;
        }
        for (; j > 0 && size[j - 1] < mean; j--) {
            size[j] = size[j - 1];
            largest[j] = largest[j - 1];
        }
        size[j] = mean;
        largest[j] = s;
    }
    return n;
}

/* The largest series, and the new ones with their reasons. */
static skua_status put_lists(const skua_shop *shop, const skuai_live *live, uint64_t seed,
                             const skuai_context *context, skuai_json_writer *w, skua_error *err) {
    size_t largest[LARGEST], n = find_largest(live->forecast, largest);
    const char *items[LARGEST];
    skuai_table *titles = NULL;
    skuai_store *store = NULL;
    for (size_t i = 0; i < n; i++)
        items[i] = item_of(live->panel, largest[i]);
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_titles_read(store, items, n, &titles, err);
    skuai_json_array(w, "largest");
    for (size_t i = 0; i < n && status == SKUA_OK; i++)
        put_series(w, live->panel, live->forecast, largest[i], titles, seed);
    skuai_json_close(w);
    if (status == SKUA_OK) status = skuai_arrivals_put(live, seed, store, context, w, err);
    skuai_table_free(titles);
    skuai_store_close(store);
    return status;
}

static skua_status make_report(const skua_shop *shop, const skuai_live *live, const skuai_run *run,
                               const char *output, const skuai_context *context, char **report,
                               skua_error *err) {
    const skuai_panel *panel = live->panel;
    const skuai_forecast *f = live->forecast;
    skuai_report r;
    size_t fallbacks = 0;
    int64_t first = INT64_MAX, last = INT64_MIN;
    double total = 0;
    char text[SKUAI_PERIOD_TEXT_SIZE];
    for (size_t s = 0; s < f->n_series; s++) {
        total += series_mean(f, s);
        fallbacks += strstr(f->note[s], " (") != NULL;
        if (f->first[s] < first) first = f->first[s];
        if (f->first[s] > last) last = f->first[s];
    }
    skuai_report_begin(&r, "forecast");
    skuai_json_text(&r.json, "run", run->name);
    skuai_json_text(&r.json, "model", run->model);
    skuai_json_integer(&r.json, "series", (int64_t)f->n_series);
    skuai_json_integer(&r.json, "horizon", (int64_t)f->horizon);
    skuai_json_text(&r.json, "first", skuai_period_text(&panel->grid, first, text));
    skuai_json_text(&r.json, "last",
                    skuai_period_text(&panel->grid, last + (int64_t)f->horizon - 1, text));
    skuai_json_number(&r.json, "mean", total);
    skuai_json_integer(&r.json, "ended", (int64_t)live->n_ended);
    skuai_json_integer(&r.json, "fallbacks", (int64_t)fallbacks);
    skuai_json_text(&r.json, "output", output);
    skua_status status = put_lists(shop, live, run->seed, context, &r.json, err);
    return skuai_report_end(&r, status, report, err);
}

/* -- The verb
 * --------------------------------------------------------------------------------------- */

static skua_status write_results(const skua_shop *shop, const skuai_run *run,
                                 const skuai_panel *panel, const skuai_forecast *f,
                                 const char *output, skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_WRITE, &store, err));
    skua_status status = skuai_store_begin(store, err);
    if (status == SKUA_OK) status = skuai_forecast_write(store, run, panel, f, err);
    if (status == SKUA_OK) status = skuai_run_write(shop, store, run, err);
    if (status == SKUA_OK) status = skuai_store_commit(store, err);
    if (status != SKUA_OK) skuai_store_rollback(store);
    if (status == SKUA_OK && output)
        status = skuai_forecast_export(
            store, run, f, output, skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_format), err);
    skuai_store_close(store);
    return status;
}

/* Members that forecast by series share these among the ranks; the others predict all on each
 * rank, from the same model and seed. shared [SKUAI_ENSEMBLE_MEMBERS] lives as long as the ensemble
 * is used. */
static void share_members(skuai_ensemble *ensemble, const skuai_ranks *ranks,
                          skuai_shared_series *shared) {
    if (skuai_ranks_size(ranks) == 1) return;
    for (size_t m = 0; m < ensemble->n_members; m++) {
        skuai_forecaster *member = &ensemble->members[m];
        if (!member->by_series) continue;
        shared[m] = (skuai_shared_series){*member, ranks};
        *member = skuai_shared_series_forecaster(&shared[m]);
    }
}

/* Where the forecasts go beside the table of that name; both may be NULL. */
typedef struct outputs {
    const char *file;
    struct ArrowArrayStream *stream;
} outputs;

static skua_status forecast(skua_shop *shop, const skuai_ranks *ranks, const void *how,
                            char **report, skua_error *err) {
    const outputs *out = how;
    skuai_shared_series shared[SKUAI_ENSEMBLE_MEMBERS];
    bool first = skuai_ranks_rank(ranks) == 0; /* who writes */
    char *made = NULL;
    skuai_context context = skuai_shop_context(shop, false);
    skuai_run run;
    skuai_panel *panel = NULL;
    skuai_live live = {0};
    size_t horizon = 0;
    skuai_run_begin(&run, "forecast", context.seed);
    skuai_model_file *model = skuai_zero(1, sizeof *model);
    skua_status status = model ? SKUA_OK : skuai_error_memory(err, "a model");
    if (status == SKUA_OK) status = skuai_history_panel(shop, &panel, err);
    if (status == SKUA_OK) {
        skuai_panel_hash(panel, run.data_hash);
        status = skuai_ranks_agree(ranks, run.data_hash, "has read the data",
                                   "let all hosts see one workspace", err);
    }
    if (status == SKUA_OK) status = skuai_forecast_model_choose(shop, panel, model, &horizon, err);
    if (status == SKUA_OK) {
        skuai_request request = {horizon, model->levels, model->n_levels, context.seed};
        share_members(&model->ensemble, ranks, shared);
        skuai_forecaster combination = skuai_ensemble_forecaster(&model->ensemble);
        run.model = model->name;
        run.horizon = horizon;
        run.frequency = skuai_frequency_name(panel->grid.frequency);
        status = skuai_live_forecast(&combination, panel, &request, &context, &live, err);
        if (status == SKUA_OK)
            status = skuai_coherence_apply(shop, model->coherence, live.panel, live.forecast, err);
    }
    if (status == SKUA_OK && first)
        status = write_results(shop, &run, live.panel, live.forecast, out->file, err);
    if (status == SKUA_OK && first)
        status = make_report(shop, &live, &run, out->file, &context, &made, err);
    if (status == SKUA_OK && first && out->stream)
        status = skuai_arrow_forecast(&live, out->stream, err);
    if (status == SKUA_OK && report)
        *report = made;
    else
        skua_text_free(made);
    skuai_live_clear(&live);
    skuai_panel_free(panel);
    skuai_free(model);
    return status;
}

skua_status skua_shop_forecast(skua_shop *shop, const char *output, char **report,
                               skua_error *err) {
    return skuai_shop_as_rank(shop, forecast, &(outputs){.file = output}, report, err);
}

skua_status skua_shop_forecast_arrow(skua_shop *shop, struct ArrowArrayStream *forecasts,
                                     char **report, skua_error *err) {
    if (!forecasts) return skuai_error_set(err, SKUA_EINVAL, "no stream to hand forecasts out by");
    struct ArrowArrayStream made = {0};
    skua_status status =
        skuai_shop_as_rank(shop, forecast, &(outputs){.stream = &made}, report, err);
    if (status == SKUA_OK)
        *forecasts = made;
    else if (made.release)
        made.release(&made);
    return status;
}
