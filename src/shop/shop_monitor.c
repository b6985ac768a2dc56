/* monitor: did the forecasts hold that were made before the sales came? */
#include "shop/history.h"
#include "shop/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 9, BINS = LEVELS + 1, LEAST_POINTS = 30 };

/* Bands beyond which a week is told: the usual ones of population stability, a tenth for coverage,
 * a fifth of what was sold for the bias. */
static const double psi_watch = 0.1, psi_alarm = 0.25, cover_band = 0.1, bias_band = 0.2;

typedef struct week {
    double n, inside, error, absolute, size, bins[BINS];
} week;

typedef struct place { /* where a series stands in the panel */
    const char *item, *channel;
    size_t s;
} place;

typedef struct monitor {
    const skuai_panel *panel;
    bool censored;
    place *places; /* [n_series] sorted */
    int64_t first; /* week of weeks[0] */
    size_t n_weeks;
    week *weeks;
} monitor;

static int by_name(const void *a, const void *b) {
    const place *x = a, *y = b;
    int order = strcmp(x->item, y->item);
    return order ? order : strcmp(x->channel, y->channel);
}

/* Weeks from Monday on. */
static int64_t week_of(int64_t day) {
    return (day + 3 - ((day + 3) % 7 + 7) % 7) / 7;
}

/* What came; NaN: nothing yet, or the item could not be bought the whole time. */
static double actual_of(const monitor *m, const char *item, const char *channel, int64_t seconds) {
    const skuai_panel *p = m->panel;
    place key = {item, channel, 0};
    const place *found = bsearch(&key, m->places, p->n_series, sizeof key, by_name);
    if (!found) return (double)NAN;
    int64_t day = seconds / 86400;
    int64_t period = skuai_period_from_day(&p->grid, day, (int)(seconds % 86400 / 3600));
    int64_t t = period - p->start[found->s];
    if (t < 0 || (size_t)t >= p->length[found->s]) return (double)NAN;
    size_t r = p->row[found->s] + (size_t)t;
    if (m->censored && p->available && p->available[r] < 1) return (double)NAN;
    return p->target[r];
}

/* The bin of y among the levels; where several quantiles equal y it is shared among their bins. */
static void add_bins(week *w, const double *q, double y) {
    size_t low = 0, high = 0;
    while (low < LEVELS && q[low] < y)
        low++;
    for (high = low; high < LEVELS && q[high] <= y; high++)
        ;
    for (size_t b = low; b <= high; b++)
        w->bins[b] += 1 / (double)(high - low + 1);
}

static void add_point(week *w, double mean, const double *q, double y) {
    w->n++;
    w->inside += y >= q[0] && y <= q[LEVELS - 1];
    w->error += mean - y;
    w->absolute += fabs(q[LEVELS / 2] - y);
    w->size += fabs(y);
    add_bins(w, q, y);
}

/* How far the shares of the bins are from a tenth each: sum (p - e) log(p / e). */
static double stability(const week *w) {
    double sum = 0, e = 1.0 / BINS;
    for (size_t b = 0; b < BINS; b++) {
        double p = (w->bins[b] + 0.5) / (w->n + 0.5 * BINS);
        sum += (p - e) * log(p / e);
    }
    return sum;
}

static const char *verdict_of(const week *w) {
    double cover = w->inside / w->n, bias = w->size > 0 ? w->error / w->size : 0,
           psi = stability(w);
    if (w->n < LEAST_POINTS) return "too few";
    if (fabs(cover - 0.8) > 2 * cover_band || fabs(bias) > bias_band || psi > psi_alarm)
        return "alarm";
    return fabs(cover - 0.8) > cover_band || fabs(bias) > bias_band / 2 || psi > psi_watch
               ? "watch"
               : "holds";
}

static void put_week(skuai_json_writer *j, const monitor *m, size_t i) {
    const week *w = &m->weeks[i];
    skuai_date date = skuai_date_from_day((m->first + (int64_t)i) * 7 - 3);
    char text[32];
    (void)snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
    skuai_json_object(j, NULL);
    skuai_json_text(j, "week", text);
    skuai_json_integer(j, "points", (int64_t)w->n);
    skuai_json_number(j, "cover80", w->inside / w->n);
    if (w->size > 0) {
        skuai_json_number(j, "bias", w->error / w->size);
        skuai_json_number(j, "wape", w->absolute / w->size);
    }
    skuai_json_number(j, "psi", stability(w));
    skuai_json_text(j, "verdict", verdict_of(w));
    skuai_json_close(j);
}

/* -- Reading ----------------------------------------------------------------------------------- */

static skua_status make_places(monitor *m, skua_error *err) {
    m->places = skuai_new(m->panel->n_series, sizeof *m->places);
    if (!m->places) return skuai_error_memory(err, "a comparison");
    for (size_t s = 0; s < m->panel->n_series; s++)
        m->places[s] =
            (place){skuai_series_text(m->panel, s, "item", skuai_panel_name(m->panel, s)),
                    skuai_series_text(m->panel, s, "channel", ""), s};
    qsort(m->places, m->panel->n_series, sizeof *m->places, by_name);
    return SKUA_OK;
}

/* Of several forecasts of a period the latest; all columns, since the levels vary. */
static const char forecasts_sql[] =
    "SELECT f.* FROM forecasts f JOIN runs r USING (run) QUALIFY row_number() OVER (PARTITION BY "
    "f.item, f.channel, f.ds ORDER BY r.started_at DESC, run DESC) = 1 ORDER BY f.ds";

static skua_status add_forecasts(monitor *m, const skuai_table *t, skua_error *err) {
    size_t item = skuai_table_find(t, "item"), channel = skuai_table_find(t, "channel"),
           ds = skuai_table_find(t, "ds"), mean = skuai_table_find(t, "mean"), level[LEVELS];
    for (size_t k = 0; k < LEVELS; k++) {
        char name[16];
        level[k] = skuai_table_find(t, skuai_level_name((double)(k + 1) / 10, name));
        if (level[k] == SIZE_MAX)
            return skuai_error_set(
                err, SKUA_EDATA, "the forecasts lack the level %.1f: levels 0.1 to 0.9 are needed",
                (double)(k + 1) / 10);
    }
    if (t->n_rows == 0) return SKUA_OK;
    m->first = week_of(t->columns[ds].integers[0] / 86400);
    m->n_weeks = (size_t)(week_of(t->columns[ds].integers[t->n_rows - 1] / 86400) - m->first) + 1;
    m->weeks = skuai_zero(m->n_weeks, sizeof *m->weeks);
    if (!m->weeks) return skuai_error_memory(err, "weeks");
    for (size_t i = 0; i < t->n_rows; i++) {
        int64_t seconds = t->columns[ds].integers[i];
        const char *where = t->columns[channel].texts[i];
        double q[LEVELS], y = actual_of(m, t->columns[item].texts[i], where ? where : "", seconds);
        bool whole = !isnan(y);
        for (size_t k = 0; k < LEVELS; k++) {
            q[k] = t->columns[level[k]].doubles[i];
            whole = whole && !isnan(q[k]);
        }
        if (whole)
            add_point(&m->weeks[week_of(seconds / 86400) - m->first], t->columns[mean].doubles[i],
                      q, y);
    }
    return SKUA_OK;
}

static skua_status read_all(skua_shop *shop, skuai_history *history, skuai_table **table,
                            skua_error *err) {
    skuai_store *store = NULL;
    double forecasts = 0;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status =
        skuai_store_number(store, "SELECT count(*) FROM forecasts", NULL, 0, &forecasts, NULL, err);
    if (status == SKUA_OK && !(forecasts > 0))
        status = skuai_error_set(err, SKUA_EDATA,
                                 "there are no forecasts to watch yet: skua forecast makes some");
    if (status == SKUA_OK) status = skuai_history_read(shop, store, history, err);
    if (status == SKUA_OK) status = skuai_store_query(store, forecasts_sql, NULL, 0, table, err);
    skuai_store_close(store);
    return status;
}

/* Whether the setting `refit` asks for an update after such a week. */
static bool asks_refit(const skua_shop *shop, const char *verdict) {
    const char *when = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_refit);
    bool alarm = strcmp(verdict, "alarm") == 0, look = strcmp(verdict, "watch") == 0;
    return strcmp(when, "never") != 0 && (alarm || (look && strcmp(when, "watch") == 0));
}

skua_status skua_shop_monitor(skua_shop *shop, char **report, skua_error *err) {
    skuai_history history = {0};
    skuai_table *table = NULL;
    monitor m = {0};
    skuai_report r;
    skua_status status = read_all(shop, &history, &table, err);
    m.panel = history.recorded;
    m.censored = history.censored;
    if (status == SKUA_OK) status = make_places(&m, err);
    if (status == SKUA_OK) status = add_forecasts(&m, table, err);
    if (status == SKUA_OK) {
        const char *last = "none";
        skuai_report_begin(&r, "monitor");
        skuai_json_array(&r.json, "weeks");
        for (size_t i = 0; i < m.n_weeks; i++) {
            if (!(m.weeks[i].n > 0)) continue;
            put_week(&r.json, &m, i);
            if (m.weeks[i].n >= LEAST_POINTS) last = verdict_of(&m.weeks[i]);
        }
        skuai_json_close(&r.json);
        skuai_json_text(&r.json, "verdict", last);
        char *refit = NULL;
        if (asks_refit(shop, last)) status = skua_shop_update(shop, &refit, err);
        if (refit) skuai_json_raw(&r.json, "refit", refit);
        skua_text_free(refit);
        status = skuai_report_end(&r, status, report, err);
    }
    skuai_table_free(table);
    skuai_history_clear(&history);
    skuai_free(m.places);
    skuai_free(m.weeks);
    return status;
}
