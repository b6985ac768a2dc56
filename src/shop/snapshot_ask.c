/* A forecast of one item, made now. */
#include "shop/live.h"
#include "shop/snapshot.h"

#include <math.h>
#include <string.h>

enum { HORIZON_MOST = 1040, CHANNELS_MOST = 256 };

/* The model, fitted on all series as a stored forecast would; under the lock. */
static skua_status prepare(skua_snapshot *snapshot, skua_error *err) {
    skuai_answerer *live = &snapshot->live;
    skuai_context context = skuai_shop_context(snapshot->shop, false);
    if (live->model) return SKUA_OK;
    SKUA_TRY(skuai_forecast_model_choose(snapshot->shop, snapshot->history.panel, &live->file,
                                         &live->horizon, err));
    live->forecaster = skuai_ensemble_forecaster(&live->file.ensemble);
    skuai_panel *living = NULL;
    SKUA_TRY(skuai_live_panel(snapshot->history.panel, live->horizon, &living, err));
    skua_status status =
        live->forecaster.fit(&live->forecaster, living, NULL, &context, &live->model, err);
    skuai_panel_free(living);
    return status;
}

/* The panel with its price ahead, of the item's series, at a factor of the last price. */
static skua_status change_price(const skua_snapshot *snapshot, const skua_item *item, double factor,
                                skuai_panel **panel, skua_error *err) {
    const skuai_panel *p = snapshot->history.panel;
    size_t k = skuai_panel_dynamic_find(p, "price");
    bool known = k != SIZE_MAX && p->dynamic[k].known == SKUAI_KNOWN_AHEAD;
    if (!known)
        return skuai_error_set(err, SKUA_EINVAL,
                               "%.100s: no price is known ahead, so none can be changed; ingest "
                               "sales with a price",
                               item->item);
    double *values = skuai_new(p->n_rows, sizeof *values);
    if (!values) return skuai_error_memory(err, "prices");
    for (size_t r = 0; r < p->n_rows; r++)
        values[r] = (double)p->dynamic[k].values[r];
    bool changed = false;
    for (size_t s = item->first_series; s < item->first_series + item->n_series; s++) {
        double last = (double)NAN;
        for (size_t t = 0; t < p->length[s]; t++)
            if (!isnan(values[p->row[s] + t])) last = values[p->row[s] + t];
        for (size_t t = p->length[s]; t < p->length[s] + p->future[s] && !isnan(last); t++) {
            values[p->row[s] + t] = last * factor;
            changed = true;
        }
    }
    skua_status status =
        changed
            ? skuai_panel_with(p, k, values, panel, err)
            : skuai_error_set(err, SKUA_EINVAL,
                              "%.100s: the shop tells no price for the periods ahead", item->item);
    skuai_free(values);
    return status;
}

/* Forecasts of the item's series on a panel, each reaching `horizon` periods past the shop's end.
 */
static skua_status predict(const skua_snapshot *snapshot, const skuai_panel *panel,
                           const skua_item *item, size_t horizon, skuai_forecast **made,
                           skua_error *err) {
    const skuai_answerer *live = &snapshot->live;
    skuai_context context = skuai_shop_context(snapshot->shop, false);
    context.threads = 1;
    for (size_t i = 0; i < item->n_series; i++) {
        size_t s = item->first_series + i;
        int64_t gap = snapshot->end - skuai_panel_end(panel, s);
        skuai_panel *view = NULL;
        skuai_request request = {horizon + (gap < HORIZON_MOST ? (size_t)gap : HORIZON_MOST),
                                 live->file.levels, live->file.n_levels, context.seed};
        SKUA_TRY(skuai_panel_subset(panel, &s, 1, &view, err));
        skua_status status =
            live->forecaster.predict(live->model, view, &request, &context, &made[i], err);
        skuai_panel_free(view);
        SKUA_TRY(status);
    }
    return SKUA_OK;
}

static void put_series(skuai_json_writer *w, const skua_snapshot *snapshot, size_t s,
                       const skuai_forecast *f, size_t horizon) {
    char text[SKUAI_PERIOD_TEXT_SIZE];
    size_t from = f->horizon - horizon;
    skua_series x;
    skua_snapshot_series(snapshot, s, &x);
    skuai_json_object(w, NULL);
    skuai_json_text(w, "channel", x.channel);
    skuai_json_text(w, "note", f->note[0]);
    skuai_json_array(w, "periods");
    for (size_t h = from; h < f->horizon; h++)
        skuai_json_text(w, NULL, skua_snapshot_period(snapshot, f->first[0] + (int64_t)h, text));
    skuai_json_close(w);
    skuai_json_array(w, "mean");
    for (size_t h = from; h < f->horizon; h++)
        skuai_json_number(w, NULL, *skuai_forecast_mean(f, 0, h));
    skuai_json_close(w);
    skuai_json_array(w, "quantiles");
    for (size_t h = from; h < f->horizon; h++) {
        skuai_json_array(w, NULL);
        for (size_t q = 0; q < f->n_quantiles; q++)
            skuai_json_number(w, NULL, skuai_forecast_quantiles(f, 0, h)[q]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_close(w);
}

static bool differ(skuai_forecast *const *a, skuai_forecast *const *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t h = 0; h < a[i]->horizon; h++) {
            double x = *skuai_forecast_mean(a[i], 0, h), y = *skuai_forecast_mean(b[i], 0, h);
            if (!(fabs(x - y) <= 1e-9 * (1 + fabs(x)))) return true;
        }
    return false;
}

/* What is asked, with what it took to answer. */
typedef struct answer {
    const skua_item *item;
    size_t horizon;
    skuai_forecast *plain[CHANNELS_MOST], *changed[CHANNELS_MOST];
    bool has_change;
} answer;

static skua_status make(skua_snapshot *snapshot, const skua_question *question, answer *a,
                        skua_error *err) {
    const skuai_panel *panel = snapshot->history.panel;
    SKUA_TRY(prepare(snapshot, err));
    a->horizon = question->horizon ? question->horizon : snapshot->live.horizon;
    a->has_change = question->price < 1 || question->price > 1;
    SKUA_TRY(predict(snapshot, panel, a->item, a->horizon, a->plain, err));
    if (!a->has_change) return SKUA_OK;
    skuai_panel *other = NULL;
    SKUA_TRY(change_price(snapshot, a->item, question->price, &other, err));
    skua_status status = predict(snapshot, other, a->item, a->horizon, a->changed, err);
    skuai_panel_free(other);
    return status;
}

static void put_answer(skuai_json_writer *w, const skua_snapshot *snapshot, const answer *a) {
    const skuai_model_file *file = &snapshot->live.file;
    skuai_forecast *const *shown = a->has_change ? a->changed : a->plain;
    skuai_json_text(w, "item", a->item->item);
    skuai_json_text(w, "model", file->name);
    skuai_json_integer(w, "horizon", (int64_t)a->horizon);
    if (a->has_change)
        skuai_json_bool(w, "uses_price", differ(a->plain, a->changed, a->item->n_series));
    skuai_json_array(w, "levels");
    for (size_t q = 0; q < file->n_levels; q++)
        skuai_json_number(w, NULL, file->levels[q]);
    skuai_json_close(w);
    skuai_json_array(w, "series");
    for (size_t i = 0; i < a->item->n_series; i++)
        put_series(w, snapshot, a->item->first_series + i, shown[i], a->horizon);
    skuai_json_close(w);
}

skua_status skua_snapshot_ask(skua_snapshot *snapshot, const skua_question *question, char **report,
                              skua_error *err) {
    if (question->item >= snapshot->n_items)
        return skuai_error_set(err, SKUA_ERANGE, "no such item");
    if (!(question->price > 0 && question->price <= 100))
        return skuai_error_set(err, SKUA_EINVAL, "price: need a factor above 0, at most 100");
    if (question->horizon > HORIZON_MOST)
        return skuai_error_set(err, SKUA_EINVAL, "horizon: at most %d", HORIZON_MOST);
    const skua_item *item = &snapshot->items[question->item];
    if (item->n_series == 0 || item->n_series > CHANNELS_MOST)
        return skuai_error_set(err, SKUA_EDATA, "%.100s has no sales yet", item->item);
    answer *a = skuai_zero(1, sizeof *a);
    if (!a) return skuai_error_memory(err, "an answer");
    a->item = item;
    (void)pthread_mutex_lock(&snapshot->live.lock);
    skua_status status = make(snapshot, question, a, err);
    (void)pthread_mutex_unlock(&snapshot->live.lock);
    skuai_report r;
    skuai_report_begin(&r, "ask");
    if (status == SKUA_OK) put_answer(&r.json, snapshot, a);
    for (size_t i = 0; i < item->n_series; i++) {
        skuai_forecast_free(a->plain[i]);
        skuai_forecast_free(a->changed[i]);
    }
    skuai_free(a);
    return skuai_report_end(&r, status, report, err);
}
