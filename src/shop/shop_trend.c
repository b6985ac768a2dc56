/* trend: what moves, out of the recorded history and the events. The recent window is 28 days, 8
 * weeks or 6 months; before it, the window as long. */
#include "core/file.h"
#include "decide/trend.h"
#include "shop/history.h"
#include "shop/item_title.h"
#include "shop/result.h"
#include "shop/trend_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED = 40, LINE = 200, SPARK = 60 };

typedef struct view {
    const skuai_panel *panel;
    size_t item; /* the panel's static of that name; SIZE_MAX: none */
    skuai_table *titles;
    skuai_context context;
    skuai_trend_options options;
    skuai_trend *trends;    /* [S] */
    double *before, *after; /* [S] units of the two windows */
    skuai_move *moves;      /* [S] */
    double kinds[4];
    int64_t end; /* first period behind the last */
    size_t recent;
} view;

static size_t recent_periods(const skuai_grid *grid) {
    switch (grid->frequency) {
    case SKUAI_FREQUENCY_HOUR:
        return 168;
    case SKUAI_FREQUENCY_DAY:
        return 28;
    case SKUAI_FREQUENCY_WEEK:
        return 8;
    case SKUAI_FREQUENCY_MONTH:
    case SKUAI_FREQUENCY_RETAIL_MONTH:
        return 6;
    default:
        return 4;
    }
}

static double window(const skuai_panel *panel, size_t s, int64_t from, int64_t to) {
    const double *y = skuai_panel_target(panel, s);
    double sum = 0;
    for (int64_t t = from; t < to; t++) {
        int64_t i = t - panel->start[s];
        if (i >= 0 && i < (int64_t)panel->length[s] && y[i] > 0) sum += y[i];
    }
    return sum;
}

static skua_status find_one(void *argument, size_t s, int worker, skua_error *err) {
    (void)worker;
    view *v = argument;
    const skuai_panel *panel = v->panel;
    int64_t split = v->end - (int64_t)v->recent;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "trends");
    v->before[s] = window(panel, s, split - (int64_t)v->recent, split);
    v->after[s] = window(panel, s, split, v->end);
    skua_error none;
    skua_status status = panel->length[s]
                             ? skuai_trend_find(skuai_panel_target(panel, s), panel->length[s],
                                                &v->options, arena, &v->trends[s], &none)
                             : SKUA_EDATA;
    if (status != SKUA_OK) v->trends[s] = (skuai_trend){.kind = SKUAI_TREND_SILENT, .p_value = 1};
    /* a series that ended before the others sells nothing now */
    if (!(v->after[s] > 0)) v->trends[s].kind = SKUAI_TREND_SILENT;
    skuai_arena_free(arena);
    return status == SKUA_ENOMEM ? skuai_error_memory(err, "trends") : SKUA_OK;
}

/* -- Parts of the report ----------------------------------------------------------------------- */

static void put_line(skuai_json_writer *w, const double *y, size_t n, size_t most) {
    skuai_json_array(w, "line");
    for (size_t t = n > most ? n - most : 0; t < n; t++)
        skuai_json_number(w, NULL, y[t]);
    skuai_json_close(w);
}

static skua_status put_total(skuai_json_writer *w, const view *v, skua_error *err) {
    int64_t start = v->end;
    for (size_t s = 0; s < v->panel->n_series; s++)
        if (v->panel->start[s] < start) start = v->panel->start[s];
    size_t n = (size_t)(v->end - start);
    char text[SKUAI_PERIOD_TEXT_SIZE];
    double *sum = skuai_zero(n, sizeof *sum), before = 0, after = 0;
    skuai_arena *arena = skuai_arena_new(0);
    skuai_trend trend = {0};
    skua_status status = sum && arena ? SKUA_OK : skuai_error_memory(err, "trends");
    for (size_t s = 0; s < v->panel->n_series && status == SKUA_OK; s++) {
        const double *y = skuai_panel_target(v->panel, s);
        for (size_t t = 0; t < v->panel->length[s]; t++)
            sum[(size_t)(v->panel->start[s] - start) + t] += y[t] > 0 ? y[t] : 0;
        before += v->before[s];
        after += v->after[s];
    }
    if (status == SKUA_OK) status = skuai_trend_find(sum, n, &v->options, arena, &trend, err);
    if (status == SKUA_OK) {
        size_t shown = n > LINE ? n - LINE : 0;
        skuai_json_object(w, "total");
        skuai_json_number(w, "before", before);
        skuai_json_number(w, "after", after);
        skuai_json_number(w, "change", after - before);
        put_line(w, sum, n, LINE);
        skuai_json_array(w, "changes");
        for (size_t k = 0; k < trend.n_changes; k++) {
            const skuai_trend_change *c = &trend.changes[k];
            skuai_json_object(w, NULL);
            skuai_json_text(w, "ds",
                            skuai_period_text(&v->panel->grid, start + (int64_t)c->at, text));
            skuai_json_integer(w, "position", (int64_t)c->at - (int64_t)shown);
            skuai_json_number(w, "size", c->size);
            skuai_json_close(w);
        }
        skuai_json_close(w);
        skuai_json_close(w);
    }
    skuai_arena_free(arena);
    skuai_free(sum);
    return status;
}

/* A series by its name, and what its item is called. */
static void put_name(skuai_json_writer *w, const view *v, size_t s) {
    const skuai_static *items = v->item == SIZE_MAX ? NULL : &v->panel->statics[v->item];
    int32_t code = items && items->codes ? items->codes[v->panel->base[s]] : -1;
    skuai_json_text(w, "name", skuai_panel_name(v->panel, s));
    skuai_json_text(w, "title", code < 0 ? "" : skuai_titles_find(v->titles, items->levels[code]));
}

static void put_moves(skuai_json_writer *w, const view *v) {
    static const char *const names[] = {"grew", "fell", "new", "ended"};
    skuai_json_object(w, "moved");
    for (int k = 0; k < 4; k++)
        skuai_json_number(w, names[k], v->kinds[k]);
    skuai_json_close(w);
    skuai_json_array(w, "contributions");
    for (size_t i = 0; i < v->panel->n_series && i < LISTED; i++) {
        const skuai_move *m = &v->moves[i];
        skuai_json_object(w, NULL);
        put_name(w, v, m->member);
        skuai_json_number(w, "before", m->before);
        skuai_json_number(w, "after", m->after);
        skuai_json_number(w, "change", m->change);
        skuai_json_text(w, "kind", names[m->kind]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

typedef struct found {
    size_t series;
    const skuai_trend_change *change;
    double weight;
} found;

static int by_weight(const void *a, const void *b) {
    const found *x = a, *y = b;
    if (x->weight != y->weight) return x->weight > y->weight ? -1 : 1;
    return (x->series > y->series) - (x->series < y->series);
}

/* Changes of the last year and a bit, those of most units first. */
static skua_status put_changes(skuai_json_writer *w, const view *v, skua_error *err) {
    size_t S = v->panel->n_series, n = 0;
    char text[SKUAI_PERIOD_TEXT_SIZE];
    int64_t from = v->end - (int64_t)(1.1 * skuai_grid_periods_in_year(&v->panel->grid)) - 1;
    found *list = skuai_new(S * SKUAI_TREND_CHANGES, sizeof *list);
    if (!list) return skuai_error_memory(err, "trends");
    for (size_t s = 0; s < S; s++)
        for (size_t k = 0; k < v->trends[s].n_changes; k++) {
            const skuai_trend_change *c = &v->trends[s].changes[k];
            if (v->panel->start[s] + (int64_t)c->at < from) continue;
            list[n++] = (found){s, c, fabs(c->after - c->before)};
        }
    qsort(list, n, sizeof *list, by_weight);
    skuai_json_integer(w, "n_changes", (int64_t)n);
    skuai_json_array(w, "changes");
    for (size_t i = 0; i < n && i < LISTED; i++) {
        const skuai_trend_change *c = list[i].change;
        size_t s = list[i].series;
        skuai_json_object(w, NULL);
        put_name(w, v, s);
        skuai_json_text(
            w, "ds", skuai_period_text(&v->panel->grid, v->panel->start[s] + (int64_t)c->at, text));
        skuai_json_number(w, "before", c->before);
        skuai_json_number(w, "after", c->after);
        skuai_json_number(w, "size", c->size);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_free(list);
    return SKUA_OK;
}

/* How many of each kind, and the series that rise or fall by most units. */
static skua_status put_movers(skuai_json_writer *w, const view *v, skua_error *err) {
    static const char *const kinds[] = {"steady", "rising", "falling", "newborn", "silent"};
    size_t S = v->panel->n_series, n = 0, count[5] = {0};
    found *list = skuai_new(S, sizeof *list);
    if (!list) return skuai_error_memory(err, "trends");
    for (size_t s = 0; s < S; s++) {
        const skuai_trend *t = &v->trends[s];
        count[t->kind]++;
        if (t->kind == SKUAI_TREND_RISING || t->kind == SKUAI_TREND_FALLING)
            list[n++] = (found){s, NULL, fabs(t->slope) * t->level * (double)v->recent};
        else if (t->kind == SKUAI_TREND_NEWBORN)
            list[n++] = (found){s, NULL, v->after[s] / 2};
    }
    qsort(list, n, sizeof *list, by_weight);
    skuai_json_object(w, "kinds");
    for (int k = 0; k < 5; k++)
        skuai_json_integer(w, kinds[k], (int64_t)count[k]);
    skuai_json_close(w);
    skuai_json_array(w, "movers");
    for (size_t i = 0; i < n && i < LISTED; i++) {
        size_t s = list[i].series;
        const skuai_trend *t = &v->trends[s];
        skuai_json_object(w, NULL);
        put_name(w, v, s);
        skuai_json_text(w, "kind", kinds[t->kind]);
        skuai_json_number(w, "slope", t->slope);
        skuai_json_number(w, "p_value", t->p_value);
        skuai_json_number(w, "level", t->level);
        skuai_json_number(w, "season_strength", t->season_strength);
        put_line(w, skuai_panel_target(v->panel, s), v->panel->length[s], SPARK);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_free(list);
    return SKUA_OK;
}

/* Each category's share of each channel, in both windows. */
static skua_status put_shares(skuai_json_writer *w, const view *v, skua_error *err) {
    const skuai_panel *panel = v->panel;
    size_t c = skuai_panel_static_find(panel, "category1"),
           h = skuai_panel_static_find(panel, "channel");
    if (c == SIZE_MAX) c = skuai_panel_static_find(panel, "category");
    skuai_json_array(w, "shares");
    if (c != SIZE_MAX && h != SIZE_MAX && panel->statics[c].codes && panel->statics[h].codes &&
        panel->statics[c].n_levels <= 50 && panel->statics[h].n_levels <= 20) {
        size_t nc = panel->statics[c].n_levels, nh = panel->statics[h].n_levels;
        double *sums = skuai_zero(2 * (nc + 1) * nh, sizeof *sums);
        if (!sums) return skuai_error_memory(err, "trends");
        for (size_t s = 0; s < panel->n_series; s++) {
            int32_t i = panel->statics[c].codes[panel->base[s]],
                    j = panel->statics[h].codes[panel->base[s]];
            if (j < 0) continue;
            for (int part = 0; part < 2; part++) {
                double units = part ? v->after[s] : v->before[s];
                double *of = sums + (size_t)part * (nc + 1) * nh;
                of[nc * nh + (size_t)j] += units;
                if (i >= 0) of[(size_t)i * nh + (size_t)j] += units;
            }
        }
        for (size_t i = 0; i < nc; i++)
            for (size_t j = 0; j < nh; j++) {
                const double *late = sums + (nc + 1) * nh;
                skuai_json_object(w, NULL);
                skuai_json_text(w, "category", panel->statics[c].levels[i]);
                skuai_json_text(w, "channel", panel->statics[h].levels[j]);
                skuai_json_number(w, "before", sums[i * nh + j] / sums[nc * nh + j]);
                skuai_json_number(w, "after", late[i * nh + j] / late[nc * nh + j]);
                skuai_json_close(w);
            }
        skuai_free(sums);
    }
    skuai_json_close(w);
    return SKUA_OK;
}

/* -- Opportunities ----------------------------------------------------------------------------- */

/* Interest (views, favourites, carts; searches by their words) of both windows. */
static skua_status read_interest(skuai_store *store, const view *v, skuai_table **table,
                                 skua_error *err) {
    static const char sql[] =
        "SELECT coalesce(item, 'search: ' || lower(query)) AS name, item, count(*) FILTER "
        "(epoch(ts) < ?)::DOUBLE AS before, count(*) FILTER (epoch(ts) >= ?)::DOUBLE AS after FROM "
        "events WHERE epoch(ts) >= ? AND epoch(ts) < ? AND kind <> 'buy' AND coalesce(item, query) "
        "IS NOT NULL GROUP BY ALL HAVING count(*) >= 20 ORDER BY name";
    const skuai_grid *grid = &v->panel->grid;
    int64_t split = v->end - (int64_t)v->recent, from = split - (int64_t)v->recent;
    double day = 86400;
    double at =
        day * (double)skuai_period_first_day(grid, split) + 3600.0 * skuai_period_hour(grid, split);
    skuai_value values[] = {skuai_value_double(at), skuai_value_double(at),
                            skuai_value_double(day * (double)skuai_period_first_day(grid, from)),
                            skuai_value_double(day * (double)skuai_period_first_day(grid, v->end))};
    return skuai_store_query(store, sql, values, 4, table, err);
}

static void item_sales(const view *v, const char *item, double *before, double *after) {
    *before = *after = 0;
    for (size_t s = 0; s < v->panel->n_series; s++) {
        if (strcmp(skuai_series_text(v->panel, s, "item", skuai_panel_name(v->panel, s)), item) !=
            0)
            continue;
        *before += v->before[s];
        *after += v->after[s];
    }
}

/* Interest that rises beyond chance while sales do not follow. */
static void put_opportunities(skuai_json_writer *w, const view *v, const skuai_table *t) {
    size_t listed = 0;
    skuai_json_array(w, "opportunities");
    for (size_t r = 0; t && r < t->n_rows && listed < LISTED; r++) {
        double b = t->columns[2].doubles[r], a = t->columns[3].doubles[r], sold_b = 0, sold_a = 0;
        const char *item = t->columns[1].texts[r];
        if (!(a - b > 2.5 * sqrt(a + b)) || !(a >= 1.3 * b)) continue;
        if (item) item_sales(v, item, &sold_b, &sold_a);
        if (item && sold_a > 1.05 * sold_b && sold_a - sold_b > sqrt(sold_a + sold_b)) continue;
        skuai_json_object(w, NULL);
        skuai_json_text(w, "name", t->columns[0].texts[r]);
        skuai_json_text(w, "title", item ? skuai_titles_find(v->titles, item) : "");
        skuai_json_number(w, "interest_before", b);
        skuai_json_number(w, "interest_after", a);
        skuai_json_number(w, "sales_before", item ? sold_b : (double)NAN);
        skuai_json_number(w, "sales_after", item ? sold_a : (double)NAN);
        skuai_json_close(w);
        listed++;
    }
    skuai_json_close(w);
}

/* -- The verb ---------------------------------------------------------------------------------- */

static skua_status compute(view *v, skua_error *err) {
    size_t S = v->panel->n_series;
    v->trends = skuai_zero(S, sizeof *v->trends);
    v->before = skuai_zero(S, sizeof *v->before);
    v->after = skuai_zero(S, sizeof *v->after);
    v->moves = skuai_zero(S, sizeof *v->moves);
    if (!v->trends || !v->before || !v->after || !v->moves)
        return skuai_error_memory(err, "trends");
    v->end = INT64_MIN;
    for (size_t s = 0; s < S; s++)
        if (skuai_panel_end(v->panel, s) > v->end) v->end = skuai_panel_end(v->panel, s);
    v->recent = recent_periods(&v->panel->grid);
    v->options = (skuai_trend_options){
        .season = v->panel->season <= 53 ? (size_t)v->panel->season : 1, .recent = v->recent};
    SKUA_TRY(skuai_parallel_for(&v->context, "trends", S, find_one, v, err));
    skuai_trend_moves(v->before, v->after, S, v->moves, v->kinds);
    return SKUA_OK;
}

static skua_status tell(const view *v, const char *shop, const skuai_table *interest,
                        const char *output, char **report, skua_error *err) {
    skuai_report r;
    char text[SKUAI_PERIOD_TEXT_SIZE];
    const skuai_grid *grid = &v->panel->grid;
    skuai_report_begin(&r, "trend");
    skuai_json_text(&r.json, "shop", shop);
    skuai_json_integer(&r.json, "series", (int64_t)v->panel->n_series);
    skuai_json_text(&r.json, "period", skuai_frequency_name(grid->frequency));
    skuai_json_integer(&r.json, "recent", (int64_t)v->recent);
    skuai_json_text(&r.json, "recent_from",
                    skuai_period_text(grid, v->end - (int64_t)v->recent, text));
    skuai_json_text(&r.json, "to", skuai_period_text(grid, v->end - 1, text));
    skua_status status = put_total(&r.json, v, err);
    put_moves(&r.json, v);
    if (status == SKUA_OK) status = put_changes(&r.json, v, err);
    if (status == SKUA_OK) status = put_movers(&r.json, v, err);
    if (status == SKUA_OK) status = put_shares(&r.json, v, err);
    put_opportunities(&r.json, v, interest);
    skuai_json_text(&r.json, "output", output);
    return skuai_report_end(&r, status, report, err);
}

static skua_status write_page(const char *report, bool chinese, const char *output,
                              skua_error *err) {
    skuai_json *json = NULL;
    skuai_buffer html;
    SKUA_TRY(skuai_json_parse(report, strlen(report), &json, err));
    skuai_buffer_init(&html, SIZE_MAX);
    skuai_trend_page(json, chinese, &html);
    skua_status status = skuai_buffer_check(&html, err);
    if (status == SKUA_OK) status = skuai_file_write(output, html.data, html.size, err);
    skuai_buffer_clear(&html);
    skuai_json_free(json);
    return status;
}

skua_status skua_shop_trend(skua_shop *shop, const char *output, char **report, skua_error *err) {
    skuai_store *store = NULL;
    skuai_history history = {0};
    skuai_table *interest = NULL;
    char name[128] = "", *made = NULL;
    view v = {.context = skuai_shop_context(shop, false)};
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    (void)snprintf(name, sizeof name, "%.120s", skuai_store_setting(store, "name", ""));
    skua_status status = skuai_history_read(shop, store, &history, err);
    if (status == SKUA_OK) {
        v.panel = history.panel;
        v.item = skuai_panel_static_find(v.panel, "item");
        status = compute(&v, err);
    }
    if (status == SKUA_OK) status = read_interest(store, &v, &interest, err);
    if (status == SKUA_OK) status = skuai_titles_read(store, NULL, 0, &v.titles, err);
    skuai_store_close(store);
    if (status == SKUA_OK) status = tell(&v, name, interest, output, &made, err);
    const char *language = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_language);
    if (status == SKUA_OK && output)
        status = write_page(made, strcmp(language, "zh") == 0, output, err);
    if (status == SKUA_OK)
        *report = made;
    else
        skuai_free(made);
    skuai_table_free(interest);
    skuai_table_free(v.titles);
    skuai_free(v.trends);
    skuai_free(v.before);
    skuai_free(v.after);
    skuai_free(v.moves);
    skuai_history_clear(&history);
    return status;
}
