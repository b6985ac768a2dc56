#include "shop/cause_event.h"

#include "cause/event_effect.h"
#include "core/buffer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BEFORE_SEASONS = 8, SEASON_MOST = 24, WEIGHTS_MOST = 10, NAME_SIZE = 256 };

/* Items by periods, relative to each item's mean before the event. */
typedef struct event_study {
    const skuai_panel *panel;
    const skuai_static *item;
    int64_t event, end;          /* first period; the one behind the last */
    size_t before, after, block; /* periods; how many make a column */
    size_t n, length;
    double *y, *base; /* [n, length], [n] units a period before */
    bool *treated;
    uint32_t *code;                  /* [n] level of the item */
    unsigned char *touched, *linked; /* [levels] */
    size_t n_treated, n_linked;
} event_study;

static void study_clear(event_study *s) {
    skuai_free(s->y);
    skuai_free(s->base);
    skuai_free(s->treated);
    skuai_free(s->code);
    skuai_free(s->touched);
    skuai_free(s->linked);
}

static skua_status read_date(const char *name, const char *text, const skuai_grid *grid,
                             int64_t *period, skua_error *err) {
    int year, month, day, used = 0;
    bool good = sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3 && !text[used] &&
                year >= 1900 && year <= 2200 && month >= 1 && month <= 12 && day >= 1 &&
                day <= skuai_days_in_month(year, month);
    if (!good)
        return skuai_error_set(err, SKUA_ECONFIG, "--%s %s: a date as 2024-05-31 is wanted", name,
                               text);
    *period = skuai_period_from_day(grid, skuai_day_from_date(year, month, day), 0);
    return SKUA_OK;
}

/* -- Who was touched ----------------------------------------------------------------------------
 */

/* Mark the item of that name, or all items of a category of that name; false: there is none. */
static bool touch(event_study *s, const char *name) {
    const skuai_panel *panel = s->panel;
    bool any = false;
    for (size_t i = 0; i < s->item->n_levels; i++)
        if (strcmp(s->item->levels[i], name) == 0) s->touched[i] = any = true;
    for (size_t k = 0; k < panel->n_static && !any; k++) {
        const skuai_static *c = &panel->statics[k];
        if (!c->codes || strncmp(c->name, "category", 8) != 0) continue;
        for (size_t v = 0; v < panel->n_series; v++) {
            int32_t level = c->codes[panel->base[v]], i = s->item->codes[panel->base[v]];
            if (level < 0 || i < 0 || strcmp(c->levels[level], name) != 0) continue;
            s->touched[i] = any = true;
        }
    }
    return any;
}

static skua_status find_touched(const skua_shop *shop, event_study *s, skua_error *err) {
    const char *list = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_treated);
    s->touched = skuai_zero(s->item->n_levels + 1, 1);
    s->linked = skuai_zero(s->item->n_levels + 1, 1);
    if (!s->touched || !s->linked) return skuai_error_memory(err, "an event");
    if (!*list)
        return skuai_error_set(err, SKUA_ECONFIG,
                               "say which items the event touched: --treated ITEM,ITEM or a "
                               "category's name; the others are what they are compared with");
    while (*list) {
        char name[NAME_SIZE];
        size_t n = strcspn(list, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)(n < NAME_SIZE ? n : NAME_SIZE - 1), list);
        if (*name && !touch(s, name)) {
            const char *near = skuai_nearest_word(name, s->item->levels, s->item->n_levels);
            return skuai_error_set(
                err, SKUA_ECONFIG, "--treated: there is no item or category '%s'%s%s%s", name,
                near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        list += n;
        if (*list == ',') list++;
    }
    return SKUA_OK;
}

/* Items that the graph of items ties to a touched one: what the event did to those it may have done
 * to them too. */
static skua_status find_linked(skuai_store *store, event_study *s, skua_error *err) {
    skuai_table *table = NULL;
    double there;
    SKUA_TRY(skuai_store_number(store,
                                "SELECT count(*) FROM information_schema.tables WHERE table_name ="
                                " 'item_links'",
                                NULL, 0, &there, NULL, err));
    if (there < 1) return SKUA_OK;
    SKUA_TRY(skuai_store_query(store, "SELECT item, other FROM item_links", NULL, 0, &table, err));
    for (size_t r = 0; r < table->n_rows; r++) {
        size_t at[2] = {SIZE_MAX, SIZE_MAX};
        for (size_t k = 0; k < 2; k++)
            for (size_t i = 0; i < s->item->n_levels && at[k] == SIZE_MAX; i++)
                if (strcmp(s->item->levels[i], table->columns[k].texts[r]) == 0) at[k] = i;
        for (size_t k = 0; k < 2; k++)
            if (at[0] != SIZE_MAX && at[1] != SIZE_MAX && s->touched[at[k]] &&
                !s->touched[at[1 - k]])
                s->linked[at[1 - k]] = true;
    }
    skuai_table_free(table);
    return SKUA_OK;
}

/* -- When ---------------------------------------------------------------------------------------
 */

static skua_status find_window(const skua_shop *shop, event_study *s, skua_error *err) {
    const skuai_panel *panel = s->panel;
    const char *event = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_event);
    const char *event_end = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_event_end);
    size_t before = (size_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_before);
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t v = 0; v < panel->n_series; v++) {
        if (panel->length[v] == 0) continue;
        if (panel->start[v] < first) first = panel->start[v];
        if (skuai_panel_end(panel, v) > last) last = skuai_panel_end(panel, v);
    }
    SKUA_TRY(read_date("event", event, &panel->grid, &s->event, err));
    s->end = last;
    if (*event_end) {
        SKUA_TRY(read_date("event-end", event_end, &panel->grid, &s->end, err));
        if (s->end < s->event)
            return skuai_error_set(err, SKUA_ECONFIG, "--event-end %s lies before --event %s",
                                   event_end, event);
        s->end = s->end + 1 < last ? s->end + 1 : last;
    }
    if (s->event <= first || s->event >= last) {
        char from[64], to[64];
        return skuai_error_set(err, SKUA_EDATA,
                               "--event %s: the history goes from %s to %s, and something of it "
                               "must lie before the event and after",
                               event, skuai_period_text(&panel->grid, first, from),
                               skuai_period_text(&panel->grid, last - 1, to));
    }
    s->after = (size_t)(s->end - s->event);
    size_t season = panel->season > 1 && panel->season <= SEASON_MOST ? (size_t)panel->season : 1;
    size_t usual = season > 1 ? BEFORE_SEASONS * season : 2 * SEASON_MOST;
    s->before = before ? before : usual > 2 * s->after ? usual : 2 * s->after;
    if ((int64_t)s->before > s->event - first) s->before = (size_t)(s->event - first);
    /* whole seasons: days of a week say little, and make every unit look alike */
    s->block =
        season > 1 && s->before >= BEFORE_SEASONS * season && s->after >= season ? season : 1;
    s->before -= s->before % s->block;
    s->after -= s->after % s->block;
    return SKUA_OK;
}

/* -- The table ----------------------------------------------------------------------------------
 */

/* Sums over an item's series by column; a column with less than half of its periods known is NaN,
 * and what is known stands for the rest. */
static void fill_item(const event_study *s, size_t level, double *row, double *known) {
    const skuai_panel *panel = s->panel;
    memset(row, 0, s->length * sizeof *row);
    memset(known, 0, 2 * s->length * sizeof *known);
    double *wanted = known + s->length;
    for (size_t v = 0; v < panel->n_series; v++) {
        if (s->item->codes[panel->base[v]] != (int32_t)level) continue;
        for (size_t c = 0; c < s->length * s->block; c++) {
            int64_t t = s->event - (int64_t)s->before + (int64_t)c - panel->start[v];
            wanted[c / s->block]++;
            if (t < 0 || t >= (int64_t)panel->length[v]) continue;
            size_t at = panel->row[v] + (size_t)t;
            double y = panel->target[at];
            double a = panel->available ? (double)panel->available[at] : 1;
            if (!isfinite(y) || a < 0.3) continue;
            row[c / s->block] += y / a;
            known[c / s->block]++;
        }
    }
    for (size_t c = 0; c < s->length; c++)
        row[c] =
            known[c] > 0 && 2 * known[c] >= wanted[c] ? row[c] * wanted[c] / known[c] : (double)NAN;
}

static skua_status fill_table(event_study *s, skua_error *err) {
    size_t levels = s->item->n_levels, columns = s->before / s->block;
    s->length = (s->before + s->after) / s->block;
    s->y = skuai_new(levels * s->length + 2 * s->length + 1, sizeof *s->y);
    s->base = skuai_new(levels + 1, sizeof *s->base);
    s->treated = skuai_zero(levels + 1, sizeof *s->treated);
    s->code = skuai_new(levels + 1, sizeof *s->code);
    if (!s->y || !s->base || !s->treated || !s->code) return skuai_error_memory(err, "an event");
    for (size_t i = 0; i < levels; i++) {
        double *row = s->y + s->n * s->length, sum = 0, n = 0;
        s->n_linked += s->linked[i];
        if (s->linked[i]) continue;
        fill_item(s, i, row, s->y + levels * s->length);
        for (size_t c = 0; c < columns; c++)
            if (isfinite(row[c])) sum += row[c], n++;
        if (!(sum > 0) || 2 * n < (double)columns) continue; /* nothing to compare with */
        for (size_t c = 0; c < s->length; c++)
            row[c] /= sum / n;
        s->base[s->n] = sum / n / (double)s->block;
        s->treated[s->n] = s->touched[i];
        s->n_treated += s->touched[i];
        s->code[s->n++] = (uint32_t)i;
    }
    if (s->n_treated > 0) return SKUA_OK;
    return skuai_error_set(err, SKUA_EDATA,
                           "none of the touched items was sold in half of the %zu periods before "
                           "the event: nothing can be said of what it changed",
                           s->before);
}

/* Mean of the treated behind the event, and units a period of all of them before. */
static double level_after(const event_study *s, double *units) {
    double sum = 0, n = 0;
    *units = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!s->treated[i]) continue;
        *units += s->base[i];
        for (size_t c = s->before / s->block; c < s->length; c++)
            if (isfinite(s->y[i * s->length + c])) sum += s->y[i * s->length + c], n++;
    }
    return n > 0 ? sum / n : (double)NAN;
}

/* -- Report -------------------------------------------------------------------------------------
 */

/* How an effect was found, and what is said where it cannot be believed. */
typedef struct telling {
    const char *by, *by_zh, *doubt, *doubt_zh; /* doubt: "" none */
} telling;

/* Shares of what would have been without the event, as percent, and units in all; in words. */
static void put_effect(const event_study *s, double value, double low, double high,
                       const telling *how, skuai_json_writer *w) {
    char text[512];
    double units, without = level_after(s, &units) - value;
    double scale = without > 0 ? 100 / without : (double)NAN;
    double all = value * units * (double)s->after;
    skuai_json_number(w, "percent", value * scale);
    skuai_json_number(w, "low", low * scale);
    skuai_json_number(w, "high", high * scale);
    skuai_json_number(w, "units", all);
    (void)snprintf(text, sizeof text,
                   "%s: the touched items sold %.0f %% %s than they would have without the event "
                   "(90 %%: %+.0f %% to %+.0f %%), %.0f units %s in all%s",
                   how->by, fabs(value * scale), value < 0 ? "less" : "more", low * scale,
                   high * scale, fabs(all), all < 0 ? "less" : "more", how->doubt);
    skuai_json_text(w, "sentence", text);
    (void)snprintf(text, sizeof text,
                   "%s：与没有该事件时相比，受影响商品的销量%s %.0f%%（90%% 区间 %+.0f%% 至 "
                   "%+.0f%%），合计%s %.0f 件%s",
                   how->by_zh, value < 0 ? "减少" : "增加", fabs(value * scale), low * scale,
                   high * scale, all < 0 ? "减少" : "增加", fabs(all), how->doubt_zh);
    skuai_json_text(w, "sentence_zh", text);
}

static void put_difference(const event_study *s, const skuai_difference *d, skuai_json_writer *w) {
    skuai_json_object(w, "difference");
    telling how = {"Differences in differences", "双重差分", "", ""};
    if (d->trend_p < 0.05) {
        how.doubt =
            "; but they moved apart from the others before it already: do not take this for "
            "its effect";
        how.doubt_zh = "；但事件之前两组已走向不同，不可视为其作用";
    }
    put_effect(s, d->value, d->low, d->high, &how, w);
    skuai_json_number(w, "p", d->p);
    skuai_json_number(w, "p_random", d->p_random);
    skuai_json_number(w, "trend_p", d->trend_p);
    skuai_json_bool(w, "parallel", !(d->trend_p < 0.05));
    skuai_json_integer(w, "controls", (int64_t)d->n_controls);
    skuai_json_close(w);
}

static void put_synthetic(const event_study *s, const skuai_synthetic *t, skuai_json_writer *w) {
    skuai_json_object(w, "synthetic");
    telling how = {"Synthetic control", "合成控制", "", ""};
    if (t->p > 0.1) {
        how.doubt = "; but items that nothing touched seem touched as often: this may be chance";
        how.doubt_zh = "；但未受影响的商品也常显得如此，可能只是偶然";
    }
    put_effect(s, t->value, t->low, t->high, &how, w);
    skuai_json_number(w, "p", t->p);
    skuai_json_number(w, "error_before_percent", 100 * t->error_before);
    skuai_json_number(w, "ratio", t->ratio);
    skuai_json_integer(w, "controls", (int64_t)t->n_controls);
    skuai_json_array(w, "weights");
    double most = INFINITY;
    for (size_t k = 0, at = 0; k < WEIGHTS_MOST && at != SIZE_MAX; k++) {
        at = SIZE_MAX;
        for (size_t i = 0; i < s->n; i++)
            if (t->weight[i] > 0.005 && t->weight[i] < most &&
                (at == SIZE_MAX || t->weight[i] > t->weight[at]))
                at = i;
        if (at == SIZE_MAX) break;
        most = t->weight[at];
        skuai_json_object(w, NULL);
        skuai_json_text(w, "item", s->item->levels[s->code[at]]);
        skuai_json_number(w, "weight", most);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_array(w, "gap_percent"); /* a number a column, of the level before */
    for (size_t c = 0; c < s->length; c++)
        skuai_json_number(w, NULL, 100 * t->gap[c]);
    skuai_json_close(w);
    skuai_json_close(w);
}

static void put_study(const event_study *s, skuai_json_writer *w) {
    char text[64];
    skuai_json_text(w, "from", skuai_period_text(&s->panel->grid, s->event, text));
    skuai_json_text(
        w, "to",
        skuai_period_text(&s->panel->grid, s->event + (int64_t)s->after - (s->after > 0), text));
    skuai_json_integer(w, "treated", (int64_t)s->n_treated);
    skuai_json_integer(w, "others", (int64_t)(s->n - s->n_treated));
    skuai_json_integer(w, "linked_left_out", (int64_t)s->n_linked);
    skuai_json_integer(w, "periods_before", (int64_t)s->before);
    skuai_json_integer(w, "periods_after", (int64_t)s->after);
    skuai_json_integer(w, "periods_a_column", (int64_t)s->block);
}

/* What the refusals of the estimates say, for Chinese readers. */
static void put_refusal_zh(const event_study *s, bool synthetic, size_t columns, double confidence,
                           skuai_json_writer *w) {
    char text[320];
    size_t others = s->n - s->n_treated, least = synthetic ? 8 : 3;
    if (!synthetic && (s->n_treated < 2 || others < 5))
        (void)snprintf(
            text, sizeof text,
            "受影响商品 %zu 个，其余 %zu 个：双重差分至少需要 2 个和 5 个，其误差来自商品"
            "之间的差异",
            s->n_treated, others);
    else if (columns < least || columns >= s->length)
        (void)snprintf(text, sizeof text,
                       "事件前有 %zu 个时段，之后有 %zu 个：至少需要 %zu 个和 1 个", columns,
                       s->length - columns, least);
    else if (synthetic)
        (void)snprintf(text, sizeof text,
                       "事件前每个时段都有销售的其他商品太少：少于 %zu 个时，安慰剂检验在 %.0f%% "
                       "水平上说明不了什么；缩短窗口（--before）可保留更多商品",
                       skuai_event_least_controls(confidence), 100 * confidence);
    else
        (void)snprintf(text, sizeof text,
                       "受影响商品与其余商品在事件前后没有共同的时段：请另选商品，或放宽窗口");
    skuai_json_text(w, synthetic ? "synthetic_unknown_zh" : "difference_unknown_zh", text);
}

static skua_status estimate(const event_study *s, const skuai_context *context,
                            skuai_json_writer *w, skua_error *err) {
    size_t columns = s->before / s->block;
    skuai_event_table table = {s->n, s->length, s->y, s->treated, columns, columns};
    skuai_event_options o = SKUAI_EVENT_OPTIONS_DEFAULT;
    skuai_difference d = {0};
    skuai_synthetic t = {0};
    skua_error first = {0}, second = {0};
    o.seed = context->seed;
    skua_status difference = skuai_event_difference(&table, &o, &d, &first);
    if (difference != SKUA_OK && difference != SKUA_EDATA)
        return skuai_error_set(err, difference, "%s", first.message);
    skua_status synthetic = skuai_event_synthetic(&table, &o, context, &t, &second);
    if (synthetic != SKUA_OK && synthetic != SKUA_EDATA)
        return skuai_error_set(err, synthetic, "%s", second.message);
    if (difference != SKUA_OK && synthetic != SKUA_OK)
        return skuai_error_set(err, SKUA_EDATA, "what the event did cannot be told. %s; %s",
                               first.message, second.message);
    skuai_json_object(w, "event");
    put_study(s, w);
    if (difference == SKUA_OK)
        put_difference(s, &d, w);
    else
        skuai_json_text(w, "difference_unknown", first.message);
    if (difference != SKUA_OK) put_refusal_zh(s, false, columns, o.confidence, w);
    if (synthetic == SKUA_OK)
        put_synthetic(s, &t, w);
    else
        skuai_json_text(w, "synthetic_unknown", second.message);
    if (synthetic != SKUA_OK) put_refusal_zh(s, true, columns, o.confidence, w);
    skuai_json_close(w);
    skuai_synthetic_clear(&t);
    return SKUA_OK;
}

skua_status skuai_cause_event(const skua_shop *shop, skuai_store *store, const skuai_panel *panel,
                              const skuai_context *context, skuai_json_writer *w, skua_error *err) {
    size_t item = skuai_panel_static_find(panel, "item");
    if (item == SIZE_MAX || !panel->statics[item].codes)
        return skuai_error_set(err, SKUA_EDATA, "the shop has no items to compare");
    event_study s = {.panel = panel, .item = &panel->statics[item]};
    skua_status status = find_window(shop, &s, err);
    if (status == SKUA_OK) status = find_touched(shop, &s, err);
    if (status == SKUA_OK) status = find_linked(store, &s, err);
    if (status == SKUA_OK) status = fill_table(&s, err);
    if (status == SKUA_OK) status = estimate(&s, context, w, err);
    study_clear(&s);
    return status;
}
