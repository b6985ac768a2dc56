/* report: one HTML page out of the panel, the last forecast, the leaderboard and the findings. */
#include "core/file.h"
#include "shop/item_title.h"
#include "shop/model_file.h"
#include "shop/report_page.h"
#include "shop/result.h"
#include "shop/shop_panel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SERIES_SHOWN = 120, HISTORY_LEAST = 60, HISTORY_MOST = 200 };

/* The forecasts of a run, sorted as the panel's series are looked up. */
typedef struct run_table {
    skuai_table *table;  /* item, channel, ds, mean, note, then a column a level */
    skuai_table *titles; /* item, title, in order of item */
    double levels[SKUAI_LEVELS_MOST];
    size_t n_levels, horizon;
    char run[96];
} run_table;

/* -- Reading the last forecast
 * --------------------------------------------------------------------- */

static skua_status read_run(skuai_store *store, run_table *t, skua_error *err) {
    skuai_table *last = NULL;
    skuai_buffer sql;
    SKUA_TRY(skuai_store_query(store,
                               "SELECT run, horizon FROM runs WHERE kind = 'forecast' ORDER BY "
                               "started_at DESC, run DESC LIMIT 1",
                               NULL, 0, &last, err));
    if (last->n_rows == 0) {
        skuai_table_free(last);
        return skuai_error_set(err, SKUA_EDATA, "no forecast yet: run skua forecast first");
    }
    (void)snprintf(t->run, sizeof t->run, "%s", last->columns[0].texts[0]);
    t->horizon = (size_t)last->columns[1].integers[0];
    skuai_table_free(last);
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_text(&sql, "SELECT item, channel, ds, mean, note");
    skua_status status = skuai_run_levels(store, t->run, t->levels, &t->n_levels, &sql, err);
    (void)skuai_buffer_text(&sql, " FROM forecasts WHERE run = ? ORDER BY item, channel, ds");
    if (status == SKUA_OK) status = skuai_buffer_check(&sql, err);
    skuai_value run = skuai_value_text(t->run);
    if (status == SKUA_OK) status = skuai_store_query(store, sql.data, &run, 1, &t->table, err);
    skuai_buffer_clear(&sql);
    return status;
}

/* First row of an item in a channel; SIZE_MAX when it was not forecast. */
static size_t find_rows(const run_table *t, const char *item, const char *channel) {
    size_t low = 0, high = t->table->n_rows;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(t->table->columns[0].texts[middle], item);
        if (order == 0) order = strcmp(t->table->columns[1].texts[middle], channel);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < t->table->n_rows && strcmp(t->table->columns[0].texts[low], item) == 0 &&
                 strcmp(t->table->columns[1].texts[low], channel) == 0;
    return found ? low : SIZE_MAX;
}

/* -- Series
 * ------------------------------------------------------------------------------------------ */

static size_t history_shown(const skuai_panel *panel, size_t horizon) {
    size_t n =
        3 * horizon > (size_t)(2 * panel->season) ? 3 * horizon : (size_t)(2 * panel->season);
    return n < HISTORY_LEAST ? HISTORY_LEAST : n > HISTORY_MOST ? HISTORY_MOST : n;
}

static void put_periods(skuai_json_writer *w, const skuai_panel *panel, int64_t first, size_t n) {
    char text[SKUAI_PERIOD_TEXT_SIZE];
    skuai_json_array(w, "periods");
    for (size_t i = 0; i < n; i++)
        skuai_json_text(w, NULL, skuai_period_text(&panel->grid, first + (int64_t)i, text));
    skuai_json_close(w);
}

static void put_series(skuai_json_writer *w, const skuai_panel *panel, const run_table *t, size_t s,
                       double volume) {
    const char *item = skuai_series_text(panel, s, "item", skuai_panel_name(panel, s));
    const char *channel = skuai_series_text(panel, s, "channel", "");
    size_t row = find_rows(t, item, channel), n = panel->length[s];
    if (row == SIZE_MAX) return;
    size_t shown = history_shown(panel, t->horizon), from = n > shown ? n - shown : 0;
    const double *y = skuai_panel_target(panel, s);
    skuai_json_object(w, NULL);
    skuai_json_text(w, "name", skuai_panel_name(panel, s));
    skuai_json_text(w, "title", skuai_titles_find(t->titles, item));
    skuai_json_text(w, "note", t->table->columns[4].texts[row]);
    skuai_json_number(w, "volume", volume);
    put_periods(w, panel, panel->start[s] + (int64_t)from, n - from + t->horizon);
    skuai_json_array(w, "history");
    for (size_t i = from; i < n; i++)
        skuai_json_number(w, NULL, y[i]);
    skuai_json_close(w);
    if (panel->available) {
        skuai_json_array(w, "available");
        for (size_t i = from; i < n; i++)
            skuai_json_number(w, NULL,
                              round(1000 * (double)panel->available[panel->row[s] + i]) / 1000);
        skuai_json_close(w);
    }
    skuai_json_array(w, "mean");
    for (size_t h = 0; h < t->horizon; h++)
        skuai_json_number(w, NULL, t->table->columns[3].doubles[row + h]);
    skuai_json_close(w);
    skuai_json_array(w, "quantiles");
    for (size_t h = 0; h < t->horizon && t->n_levels; h++) {
        skuai_json_array(w, NULL);
        for (size_t q = 0; q < t->n_levels; q++)
            skuai_json_number(w, NULL, t->table->columns[5 + q].doubles[row + h]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_close(w);
}

/* Units of the last shown periods of a series. */
static double recent_volume(const skuai_panel *panel, size_t s, size_t shown) {
    const double *y = skuai_panel_target(panel, s);
    double sum = 0;
    for (size_t t = panel->length[s] > shown ? panel->length[s] - shown : 0; t < panel->length[s];
         t++)
        if (!isnan(y[t])) sum += y[t];
    return sum;
}

typedef struct ranked {
    double volume;
    size_t series;
} ranked;

static int larger_first(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->volume != y->volume) return x->volume < y->volume ? 1 : -1;
    return (x->series > y->series) - (x->series < y->series);
}

static skua_status put_largest(skuai_json_writer *w, const skuai_panel *panel, const run_table *t,
                               skua_error *err) {
    ranked *order = skuai_new(panel->n_series, sizeof *order);
    if (!order) return skuai_error_memory(err, "a report");
    size_t shown = history_shown(panel, t->horizon);
    for (size_t s = 0; s < panel->n_series; s++)
        order[s] = (ranked){recent_volume(panel, s, shown), s};
    qsort(order, panel->n_series, sizeof *order, larger_first);
    skuai_json_array(w, "series");
    for (size_t i = 0; i < panel->n_series && i < SERIES_SHOWN; i++)
        put_series(w, panel, t, order[i].series, order[i].volume);
    skuai_json_close(w);
    skuai_free(order);
    return SKUA_OK;
}

/* -- The whole shop
 * ------------------------------------------------------------------------------------ */

static void put_total(skuai_json_writer *w, const skuai_panel *panel, const run_table *t,
                      int64_t end) {
    size_t shown = history_shown(panel, t->horizon);
    double history[HISTORY_MOST] = {0};
    bool seen[HISTORY_MOST] = {false};
    int64_t from = end - (int64_t)shown;
    for (size_t s = 0; s < panel->n_series; s++) {
        const double *y = skuai_panel_target(panel, s);
        for (size_t i = 0; i < panel->length[s]; i++) {
            int64_t at = panel->start[s] + (int64_t)i - from;
            if (at < 0 || at >= (int64_t)shown || isnan(y[i])) continue;
            history[at] += y[i];
            seen[at] = true;
        }
    }
    double *mean = skuai_zero(t->horizon, sizeof *mean);
    int64_t first = skuai_period_first_day(&panel->grid, end) * 86400 +
                    3600 * skuai_period_hour(&panel->grid, end);
    for (size_t i = 0; mean && i < t->table->n_rows; i++) {
        int64_t second = t->table->columns[2].integers[i];
        int64_t period = skuai_period_from_day(&panel->grid, second / 86400, (int)(second % 86400));
        if (second >= first && period - end < (int64_t)t->horizon)
            mean[period - end] += t->table->columns[3].doubles[i];
    }
    skuai_json_object(w, "total");
    put_periods(w, panel, from, shown + t->horizon);
    skuai_json_array(w, "history");
    for (size_t i = 0; i < shown; i++)
        skuai_json_number(w, NULL, seen[i] ? history[i] : (double)NAN);
    skuai_json_close(w);
    skuai_json_array(w, "mean");
    for (size_t h = 0; mean && h < t->horizon; h++)
        skuai_json_number(w, NULL, mean[h]);
    skuai_json_close(w);
    skuai_json_close(w);
    skuai_free(mean);
}

/* Findings by kind: how many, an example, why. */
static skua_status put_findings(skuai_store *store, skuai_json_writer *w, skua_error *err) {
    skuai_table *table = NULL;
    SKUA_TRY(skuai_store_query(
        store,
        "SELECT kind, count(*) AS n, arg_max(coalesce(nullif(item, ''), \"row\"), length(why)), "
        "arg_max(why, length(why)) FROM findings WHERE action <> 'rejected' GROUP BY kind "
        "ORDER BY n DESC, kind",
        NULL, 0, &table, err));
    skuai_json_array(w, "findings");
    for (size_t i = 0; i < table->n_rows; i++) {
        skuai_json_object(w, NULL);
        skuai_json_text(w, "kind", table->columns[0].texts[i]);
        skuai_json_integer(w, "count", table->columns[1].integers[i]);
        skuai_json_text(w, "example", table->columns[2].texts[i]);
        skuai_json_text(w, "why", table->columns[3].texts[i]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_table_free(table);
    return SKUA_OK;
}

/* Promised and kept shares, from the leaderboard's run: the scores of the combination. */
static skua_status put_model(const skua_shop *shop, skuai_json_writer *w, skua_error *err) {
    char *model = NULL;
    SKUA_TRY(skuai_model_file_kept(shop, &model, err));
    skuai_json *json = NULL;
    skua_status status = skuai_json_parse(model, strlen(model), &json, err);
    static const char *const members[] = {"leaderboard", "calibration_kept"};
    static const char *const names[] = {"leaderboard", "calibration"};
    for (int i = 0; i < 2 && status == SKUA_OK; i++) {
        skuai_buffer text;
        skuai_buffer_init(&text, 1 << 26);
        skuai_json_dump(skuai_json_get(json, members[i]), &text);
        skuai_json_raw(w, names[i], text.size ? text.data : "[]");
        skuai_buffer_clear(&text);
    }
    skuai_json_free(json);
    skuai_free(model);
    return status;
}

static void put_head(const skua_shop *shop, skuai_store *store, skuai_json_writer *w,
                     const skuai_panel *panel, const run_table *t, int64_t first, int64_t end) {
    char text[SKUAI_PERIOD_TEXT_SIZE], made[32] = "";
    time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local)) (void)strftime(made, sizeof made, "%Y-%m-%d %H:%M", &local);
    size_t item = skuai_panel_static_find(panel, "item");
    skuai_json_text(w, "shop", skuai_store_setting(store, "name", "shop"));
    skuai_json_text(w, "made", made);
    skuai_json_text(w, "version", SKUA_VERSION_TEXT);
    skuai_json_text(w, "language", skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_language));
    skuai_json_text(w, "frequency", skuai_frequency_name(panel->grid.frequency));
    skuai_json_integer(w, "n_series", (int64_t)panel->n_series);
    skuai_json_integer(
        w, "n_items",
        (int64_t)(item == SIZE_MAX ? panel->n_series : panel->statics[item].n_levels));
    skuai_json_integer(w, "horizon", (int64_t)t->horizon);
    skuai_json_text(w, "first", skuai_period_text(&panel->grid, first, text));
    skuai_json_text(w, "last", skuai_period_text(&panel->grid, end - 1, text));
    skuai_json_array(w, "levels");
    for (size_t q = 0; q < t->n_levels; q++)
        skuai_json_number(w, NULL, t->levels[q]);
    skuai_json_close(w);
}

/* -- The page
 * --------------------------------------------------------------------------------------------- */

static skua_status write_page(const char *path, const skuai_buffer *data, skua_error *err) {
    const char *page = (const char *)skuai_report_page, *gap = strstr(page, "@DATA@");
    skuai_buffer whole;
    if (!gap) return skuai_error_set(err, SKUA_EINTERNAL, "the report page has no gap for data");
    skuai_buffer_init(&whole, (size_t)1 << 30);
    (void)skuai_buffer_add(&whole, page, (size_t)(gap - page));
    (void)skuai_buffer_add(&whole, skuai_buffer_view(data), data->size);
    (void)skuai_buffer_text(&whole, gap + strlen("@DATA@"));
    skua_status status = skuai_buffer_check(&whole, err);
    if (status == SKUA_OK) status = skuai_file_write(path, whole.data, whole.size, err);
    skuai_buffer_clear(&whole);
    return status;
}

static skua_status put_all(const skua_shop *shop, skuai_store *store, skuai_json_writer *w,
                           const skuai_panel *panel, const run_table *t, skua_error *err) {
    int64_t first = INT64_MAX, end = INT64_MIN;
    for (size_t s = 0; s < panel->n_series; s++) {
        if (panel->start[s] < first) first = panel->start[s];
        if (skuai_panel_end(panel, s) > end) end = skuai_panel_end(panel, s);
    }
    skuai_json_object(w, NULL);
    put_head(shop, store, w, panel, t, first, end);
    put_total(w, panel, t, end);
    SKUA_TRY(put_largest(w, panel, t, err));
    SKUA_TRY(put_model(shop, w, err));
    SKUA_TRY(put_findings(store, w, err));
    skuai_json_close(w);
    return SKUA_OK;
}

skua_status skua_shop_report(skua_shop *shop, const char *output, char **report, skua_error *err) {
    skuai_store *store = NULL;
    skuai_panel *panel = NULL;
    run_table t = {0};
    skuai_buffer data;
    skuai_json_writer w;
    if (!output || !*output) return skuai_error_set(err, SKUA_EINVAL, "no file for the report");
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skuai_buffer_init(&data, (size_t)1 << 30);
    skuai_json_begin(&w, &data);
    skua_status status = read_run(store, &t, err);
    if (status == SKUA_OK) status = skuai_titles_read(store, NULL, 0, &t.titles, err);
    if (status == SKUA_OK) status = skuai_shop_panel(shop, store, false, &panel, err);
    if (status == SKUA_OK) status = put_all(shop, store, &w, panel, &t, err);
    if (status == SKUA_OK) status = skuai_buffer_check(&data, err);
    skuai_store_close(store);
    if (status == SKUA_OK) status = write_page(output, &data, err);
    skuai_table_free(t.table);
    skuai_table_free(t.titles);
    skuai_panel_free(panel);
    skuai_buffer_clear(&data);
    if (status != SKUA_OK) return status;
    skuai_report r;
    skuai_report_begin(&r, "report");
    skuai_json_text(&r.json, "output", output);
    skuai_json_text(&r.json, "run", t.run);
    return skuai_report_end(&r, SKUA_OK, report, err);
}
