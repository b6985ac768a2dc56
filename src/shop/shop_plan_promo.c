/* plan promo: which items to promote, when, how deep, in which channel. Demand without promotions
 * is the forecast's; elasticity, what being promoted adds, and what it takes from the others of the
 * category are room cause's, with their errors; what is pulled forward is measured on the shop's
 * own past promotions. What the shop has announced already is agreed and stays. */
#include "cause/effect.h"
#include "core/file.h"
#include "decide/promo.h"
#include "decide/promo_dip.h"
#include "shop/result.h"
#include "shop/shop_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECENT = 28, CHARS = 512 };

typedef struct promoted {
    const skuai_panel *panel; /* living series */
    const skuai_forecast *forecast;
    const skuai_effects *effects;
    const skuai_effect_item **by_name; /* [n_items] sorted */
    skuai_promo_options options;
    double depths[SKUAI_PROMO_DEPTHS];
    uint8_t closed[SKUAI_PROMO_WEEKS];
    size_t periods;          /* of a week of the plan */
    int64_t first;           /* first period of the plan */
    double pull, pull_error; /* share pulled forward */
    double fixed;
    size_t n;                /* items of the plan: series that can be planned */
    skuai_promo_item *items; /* [n] */
    size_t *series;          /* [n] */
    double *demand;          /* [n, weeks] */
    uint8_t *blocked;        /* [n, weeks] */
    skuai_table *announced;  /* rows of read_announced */
    skuai_table *titles;
    skuai_promo_action *agreed;
    size_t n_agreed, agreed_capacity;
    skuai_buffer problems; /* lines */
    skuai_arena *arena;
} promoted;

/* -- Numbers of an item ------------------------------------------------------------------------ */

/* An item's effect, or what all items are like with their spread. */
static void effect_of(const promoted *p, const skuai_effect_item *item, int treatment,
                      double *value, double *error) {
    const skuai_effect *pooled = &p->effects->pooled[treatment];
    double spread = p->effects->spread[treatment];
    *value = *error = 0;
    if ((size_t)treatment >= p->effects->n_treatments) return;
    if (item && item->effect[treatment].known <= SKUAI_EFFECT_BORROWED) {
        *value = item->effect[treatment].value;
        *error = item->effect[treatment].error;
    } else if (pooled->known <= SKUAI_EFFECT_BORROWED && isfinite(pooled->value)) {
        *value = pooled->value;
        *error = sqrt(pooled->error * pooled->error + spread * spread);
    }
    if (!isfinite(*value)) *value = 0;
    *error = isfinite(*error) ? *error : 0;
}

static double static_number(const skuai_panel *panel, size_t s, const char *name) {
    size_t k = skuai_panel_static_find(panel, name);
    if (k == SIZE_MAX || !panel->statics[k].values) return (double)NAN;
    return panel->statics[k].values[panel->base[s]];
}

static int32_t static_code(const skuai_panel *panel, size_t s, const char *name, size_t *levels) {
    size_t k = skuai_panel_static_find(panel, name);
    *levels = k == SIZE_MAX ? 0 : panel->statics[k].n_levels;
    if (k == SIZE_MAX || !panel->statics[k].codes) return -1;
    return panel->statics[k].codes[panel->base[s]];
}

static const float *dynamic(const skuai_panel *panel, size_t s, const char *name) {
    size_t k = skuai_panel_dynamic_find(panel, name);
    return k == SIZE_MAX ? NULL : panel->dynamic[k].values + panel->row[s];
}

/* The regular price: the list price, else the mean of the last prices without a promotion. */
static double regular_price(const skuai_panel *panel, size_t s) {
    const float *list = dynamic(panel, s, "list_price"), *price = dynamic(panel, s, "price");
    const float *promotion = dynamic(panel, s, "promotion");
    double sum = 0, n = 0;
    for (size_t t = panel->length[s]; list && t-- > 0;)
        if (list[t] > 0) return (double)list[t];
    for (size_t t = panel->length[s]; price && t-- > 0 && n < RECENT;)
        if (price[t] > 0 && !(promotion && promotion[t] > 0)) sum += (double)price[t], n++;
    return n > 0 ? sum / n : (double)NAN;
}

/* -- What is announced ------------------------------------------------------------------------- */

static skua_status add_agreed(promoted *p, skuai_promo_action a, skua_error *err) {
    if (p->n_agreed == p->agreed_capacity) {
        size_t capacity = p->agreed_capacity ? 2 * p->agreed_capacity : 64;
        skuai_promo_action *more = skuai_resize(p->agreed, capacity, sizeof *more);
        if (!more) return skuai_error_memory(err, "what is agreed");
        p->agreed = more;
        p->agreed_capacity = capacity;
    }
    p->agreed[p->n_agreed++] = a;
    return SKUA_OK;
}

/* What the table promotions says of days from `first_day` on: item, channel, days, depth. */
static skua_status read_announced(skuai_store *store, int64_t first_day, skuai_table **table,
                                  skua_error *err) {
    skuai_value value = skuai_value_integer(first_day);
    return skuai_store_query(
        store,
        "WITH p AS (SELECT channel, \"from\", coalesce(\"to\", \"from\") AS \"to\", depth, "
        "trim(unnest(string_split(CASE WHEN coalesce(scope, '') = '' THEN '*' ELSE scope END, "
        "','))) AS s FROM promotions WHERE \"from\" IS NOT NULL) SELECT DISTINCT coalesce(i.item, "
        "s) AS item, channel, (CAST(\"from\" AS DATE) - DATE '1970-01-01')::BIGINT AS first, "
        "(CAST(\"to\" AS DATE) - DATE '1970-01-01')::BIGINT AS last, coalesce(depth, 0)::DOUBLE AS "
        "depth FROM p LEFT JOIN items i ON s IN ('*', 'all') OR i.item = s OR i.category = s OR "
        "starts_with(i.category, s || '/') WHERE (CAST(\"to\" AS DATE) - DATE '1970-01-01') >= ? "
        "ORDER BY ALL",
        &value, 1, table, err);
}

/* Weeks of the plan in which an item is announced to be promoted: they are agreed, and their
 * forecast is brought back to what it would be without where the forecast knew of it (`future`
 * tells it). */
static skua_status read_agreed(promoted *p, size_t k, skua_error *err) {
    const skuai_panel *panel = p->panel;
    size_t s = p->series[k], W = p->options.weeks;
    const char *name = skuai_panel_name(panel, s);
    const char *item = skuai_series_text(panel, s, "item", name);
    const char *channel = skuai_series_text(panel, s, "channel", "");
    const skuai_column *c = p->announced->columns;
    double depth[SKUAI_PROMO_WEEKS];
    for (size_t w = 0; w < W; w++)
        depth[w] = -1;
    for (size_t r = 0; r < p->announced->n_rows; r++) {
        const char *where = c[1].texts[r];
        if (strcmp(c[0].texts[r], item) != 0 || (where && *where && strcmp(where, channel) != 0))
            continue;
        for (size_t w = 0; w < W; w++) {
            int64_t period = p->first + (int64_t)(w * p->periods);
            int64_t from = skuai_period_first_day(&panel->grid, period);
            int64_t to = skuai_period_last_day(&panel->grid, period + (int64_t)p->periods - 1);
            if (c[2].integers[r] <= to && c[3].integers[r] >= from && c[4].doubles[r] < 1)
                depth[w] = fmax(depth[w], c[4].doubles[r]);
        }
    }
    const float *flag = dynamic(panel, s, "promotion");
    for (size_t w = 0, run = 0; w < W; w++) {
        run = depth[w] >= 0 ? run + 1 : 0;
        if (depth[w] < 0) continue;
        size_t at = panel->length[s] + w * p->periods;
        if (flag && w * p->periods < panel->future[s] && flag[at] > 0)
            p->demand[k * W + w] /=
                exp(p->items[k].elasticity * log1p(-depth[w]) + p->items[k].shown);
        p->blocked[k * W + w] = 1;
        if ((run - 1) % p->options.length == 0)
            SKUA_TRY(
                add_agreed(p, (skuai_promo_action){.item = k, .week = w, .depth = depth[w]}, err));
    }
    return SKUA_OK;
}

/* -- The items --------------------------------------------------------------------------------- */

static void problem(promoted *p, const char *name, const char *what) {
    (void)skuai_buffer_format(&p->problems, "%s: %s\n", name, what);
}

static bool fill_item(promoted *p, size_t s, skuai_promo_item *i, double *demand) {
    const skuai_panel *panel = p->panel;
    size_t levels, H = p->forecast->horizon;
    const char *name = skuai_panel_name(panel, s),
               *item = skuai_series_text(panel, s, "item", name);
    const skuai_effect_item *const *found =
        bsearch(item, p->by_name, p->effects->n_items, sizeof *p->by_name, skuai_effect_find_name);
    *i = (skuai_promo_item){.name = name, .demand = demand, .fixed = p->fixed};
    i->price = regular_price(panel, s);
    i->cost = static_number(panel, s, "cost");
    if (!(i->price > 0)) return problem(p, name, "no price is known"), false;
    if (isnan(i->cost))
        return problem(p, name, "its cost is not known, and profit needs it"), false;
    if (!(i->cost >= 0)) {
        char text[CHARS];
        (void)snprintf(text, sizeof text, "cost must be >= 0, and is %g", i->cost);
        return problem(p, name, text), false;
    }
    if (i->price * (1 - p->depths[0]) < i->cost * (1 + p->options.least_margin)) {
        char text[CHARS];
        (void)snprintf(
            text, sizeof text,
            "no depth keeps its price at cost %g and margin %g; the deepest cut that does "
            "is %.3g",
            i->cost, p->options.least_margin,
            fmax(0, 1 - i->cost * (1 + p->options.least_margin) / i->price));
        return problem(p, name, text), false;
    }
    for (size_t w = 0; w < p->options.weeks; w++) {
        demand[w] = 0;
        for (size_t t = w * p->periods; t < (w + 1) * p->periods && t < H; t++)
            demand[w] += fmax(0, *skuai_forecast_mean(p->forecast, s, t));
    }
    effect_of(p, found ? *found : NULL, SKUAI_TREATMENT_PRICE, &i->elasticity, &i->elasticity_se);
    effect_of(p, found ? *found : NULL, SKUAI_TREATMENT_CUT, &i->shown, &i->shown_se);
    i->elasticity = fmin(i->elasticity, 0);
    i->elasticity_se = fmin(i->elasticity_se, 2);
    i->shown_se = fmin(i->shown_se, 1);
    i->pull_forward = p->pull;
    int32_t brand = static_code(panel, s, "brand", &levels);
    i->brand = brand < 0 ? levels : (size_t)brand;
    int32_t channel = static_code(panel, s, "channel", &levels);
    i->channel = channel < 0 ? 0 : (size_t)channel;
    return true;
}

/* What a unit of an item's uplift does to the profit of the others of its category in its channel:
 * each of them answers with theta log points when the others' plain sales double, so with theta b /
 * T units, T the plain sales of the others. */
static skua_status fill_others(promoted *p, skua_error *err) {
    size_t levels, n_channels = p->options.n_channels;
    const char *by =
        skuai_panel_static_find(p->panel, "category2") != SIZE_MAX ? "category2" : "category1";
    (void)static_code(p->panel, 0, by, &levels);
    size_t groups = (levels + 1) * n_channels;
    double *plain = skuai_zero(groups, sizeof *plain), *sum = skuai_zero(groups, sizeof *sum);
    double *mean = skuai_zero(p->n, sizeof *mean), *part = skuai_zero(p->n, sizeof *part);
    size_t *group = skuai_new(p->n, sizeof *group);
    bool ok = plain && sum && mean && part && group;
    for (size_t k = 0; k < p->n && ok; k++) {
        int32_t code = static_code(p->panel, p->series[k], by, &levels);
        group[k] = (code < 0 ? levels : (size_t)code) * n_channels + p->items[k].channel;
        for (size_t w = 0; w < p->options.weeks; w++)
            mean[k] += p->items[k].demand[w] / (double)p->options.weeks;
        plain[group[k]] += mean[k];
    }
    for (size_t k = 0; k < p->n && ok; k++) {
        const skuai_promo_item *i = &p->items[k];
        const char *name = skuai_series_text(p->panel, p->series[k], "item", i->name);
        const skuai_effect_item *const *found = bsearch(name, p->by_name, p->effects->n_items,
                                                        sizeof *p->by_name, skuai_effect_find_name);
        double theta, error, others = plain[group[k]] - mean[k];
        effect_of(p, found ? *found : NULL, SKUAI_TREATMENT_OTHERS, &theta, &error);
        if (error > 0) theta *= theta * theta / (theta * theta + error * error); /* noise is none */
        part[k] = others > 0 ? theta * mean[k] * (i->price - i->cost) / others : 0;
        sum[group[k]] += part[k];
    }
    for (size_t k = 0; k < p->n && ok; k++)
        p->items[k].others = sum[group[k]] - part[k];
    skuai_free(plain);
    skuai_free(sum);
    skuai_free(mean);
    skuai_free(part);
    skuai_free(group);
    return ok ? SKUA_OK : skuai_error_memory(err, "promotions");
}

static skua_status fill_items(promoted *p, skua_error *err) {
    size_t S = p->panel->n_series, W = p->options.weeks, levels;
    p->items = skuai_arena_take_zero(p->arena, S, sizeof *p->items);
    p->series = skuai_arena_take(p->arena, S, sizeof *p->series);
    p->demand = skuai_arena_take(p->arena, S, W * sizeof *p->demand);
    p->blocked = skuai_arena_take_zero(p->arena, S, W);
    if (!p->items || !p->series || !p->demand || !p->blocked)
        return skuai_error_memory(err, "promotions");
    (void)static_code(p->panel, 0, "brand", &levels);
    p->options.n_brands = levels + 1;
    (void)static_code(p->panel, 0, "channel", &levels);
    p->options.n_channels = levels ? levels : 1;
    for (size_t s = 0; s < S; s++) {
        if (!fill_item(p, s, &p->items[p->n], p->demand + p->n * W)) continue;
        p->series[p->n] = s;
        p->items[p->n].blocked = p->blocked + p->n * W;
        SKUA_TRY(read_agreed(p, p->n, err));
        p->n++;
    }
    if (p->n == 0)
        return skuai_error_set(err, SKUA_EDATA, "no item can be planned: %.*s",
                               (int)strcspn(skuai_buffer_view(&p->problems), "\n"),
                               skuai_buffer_view(&p->problems));
    p->options.agreed = p->agreed;
    p->options.n_agreed = p->n_agreed;
    return fill_others(p, err);
}

/* -- The past: what is pulled forward ---------------------------------------------------------- */

static skua_status measure_pull(promoted *p, const skuai_panel *history, skua_error *err) {
    size_t S = history->n_series, window = 4 * p->periods;
    skuai_promo_dip *dips = skuai_zero(S, sizeof *dips);
    if (!dips) return skuai_error_memory(err, "promotions");
    for (size_t s = 0; s < S; s++) {
        const float *flag = dynamic(history, s, "promotion");
        if (flag)
            dips[s] = skuai_promo_dip_measure(skuai_panel_target(history, s), flag,
                                              history->length[s], window);
    }
    skuai_promo_dip_share(dips, S, &p->pull, &p->pull_error);
    skuai_free(dips);
    return SKUA_OK;
}

/* -- Settings ---------------------------------------------------------------------------------- */

static skua_status read_depths(const skua_shop *shop, promoted *p, skua_error *err) {
    const char *text = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_depths);
    size_t n = 0;
    for (const char *at = text; *at;) {
        char one[32];
        size_t length = strcspn(at, ",");
        (void)snprintf(one, sizeof one, "%.*s", (int)(length < 31 ? length : 31), at);
        double depth = skuai_text_number(one);
        if (n == SKUAI_PROMO_DEPTHS || !(depth > 0 && depth < 1) ||
            (n > 0 && depth <= p->depths[n - 1]))
            return skuai_error_set(err, SKUA_ECONFIG,
                                   "depths: '%.80s' is no list of at most %d increasing shares "
                                   "between 0 and 1, as 0.1,0.2,0.3",
                                   text, SKUAI_PROMO_DEPTHS);
        p->depths[n++] = depth;
        at += length + (at[length] == ',');
    }
    p->options.depths = p->depths;
    p->options.n_depths = n;
    return n > 0 ? SKUA_OK
                 : skuai_error_set(err, SKUA_ECONFIG, "depths: at least one, as 0.1,0.2,0.3");
}

/* The weeks that hold the days of the setting `closed`. */
static skua_status read_closed(const skua_shop *shop, promoted *p, skua_error *err) {
    for (const char *at = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_closed); *at;) {
        int year, month, day, used = 0;
        if (sscanf(at, "%d-%d-%d%n", &year, &month, &day, &used) != 3 || month < 1 || month > 12 ||
            day < 1 || day > skuai_days_in_month(year, month) || (at[used] && at[used] != ','))
            return skuai_error_set(err, SKUA_ECONFIG,
                                   "closed: '%.40s' is no day, as 2024-11-29,2024-12-23", at);
        int64_t period =
            skuai_period_from_day(&p->panel->grid, skuai_day_from_date(year, month, day), 0) -
            p->first;
        if (period >= 0 && period / (int64_t)p->periods < (int64_t)p->options.weeks)
            p->closed[period / (int64_t)p->periods] = 1;
        at += used + (at[used] == ',');
    }
    p->options.blocked = p->closed;
    return SKUA_OK;
}

static size_t whole(const skua_shop *shop, skuai_config_key key) {
    return (size_t)skuai_config_integer(&shop->config, key);
}

static skua_status read_options(const skua_shop *shop, promoted *p, skua_error *err) {
    const skuai_config *c = &shop->config;
    double budget = skuai_config_number(c, SKUAI_CONFIG_KEY_budget);
    p->options =
        (skuai_promo_options){.weeks = whole(shop, SKUAI_CONFIG_KEY_weeks),
                              .length = whole(shop, SKUAI_CONFIG_KEY_length),
                              .gap = whole(shop, SKUAI_CONFIG_KEY_gap),
                              .most_per_item = whole(shop, SKUAI_CONFIG_KEY_times),
                              .slots = whole(shop, SKUAI_CONFIG_KEY_slots),
                              .brand_most = whole(shop, SKUAI_CONFIG_KEY_brand_most),
                              .budget = budget > 0 ? budget : (double)INFINITY,
                              .least_margin = skuai_config_number(c, SKUAI_CONFIG_KEY_least_margin),
                              .caution = skuai_config_number(c, SKUAI_CONFIG_KEY_caution),
                              .seconds = 20};
    p->fixed = skuai_config_number(c, SKUAI_CONFIG_KEY_promotion_cost);
    return read_depths(shop, p, err);
}

/* -- What is told ------------------------------------------------------------------------------ */

static const char *day_text(const promoted *p, size_t week, bool last, char *text) {
    int64_t period = p->first + (int64_t)((week + last) * p->periods) - last;
    skuai_date d = skuai_date_from_day(last ? skuai_period_last_day(&p->panel->grid, period)
                                            : skuai_period_first_day(&p->panel->grid, period));
    (void)snprintf(text, 32, "%04d-%02d-%02d", d.year, d.month, d.day);
    return text;
}

static const char *item_text(const promoted *p, const skuai_promo_action *a) {
    size_t s = p->series[a->item];
    return skuai_series_text(p->panel, s, "item", skuai_panel_name(p->panel, s));
}

static const char *channel_text(const promoted *p, const skuai_promo_action *a) {
    return skuai_series_text(p->panel, p->series[a->item], "channel", "");
}

/* Items that are promoted, whatever their channels: actions are in order of item. */
static int64_t count_items(const promoted *p, const skuai_promo_plan *plan) {
    int64_t n = 0;
    for (size_t k = 0; k < plan->n; k++)
        n += k == 0 ||
             strcmp(item_text(p, &plan->actions[k - 1]), item_text(p, &plan->actions[k])) != 0;
    return n;
}

static bool is_agreed(const promoted *p, const skuai_promo_action *a) {
    for (size_t k = 0; k < p->n_agreed; k++)
        if (p->agreed[k].item == a->item && p->agreed[k].week == a->week) return true;
    return false;
}

static void put_actions(const promoted *p, const skuai_promo_plan *plan, skuai_json_writer *w) {
    char text[32];
    skuai_json_array(w, "lines");
    for (size_t k = 0; k < plan->n; k++) {
        const skuai_promo_action *a = &plan->actions[k];
        const skuai_promo_item *i = &p->items[a->item];
        skuai_json_object(w, NULL);
        skuai_json_text(w, "item", item_text(p, a));
        skuai_json_text(w, "title", skuai_titles_find(p->titles, item_text(p, a)));
        skuai_json_text(w, "channel", channel_text(p, a));
        skuai_json_text(w, "from", day_text(p, a->week, false, text));
        skuai_json_text(w, "to", day_text(p, a->week + p->options.length - 1, true, text));
        skuai_json_number(w, "depth", a->depth);
        skuai_json_number(w, "price", i->price * (1 - a->depth));
        skuai_json_number(w, "units", a->units);
        skuai_json_number(w, "gain", a->gain);
        skuai_json_number(w, "deviation", a->deviation);
        skuai_json_number(w, "given", a->given);
        skuai_json_number(w, "elasticity", i->elasticity);
        skuai_json_number(w, "shown", i->shown);
        skuai_json_number(w, "others", i->others);
        skuai_json_bool(w, "agreed", is_agreed(p, a));
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

static void put_rule(const promoted *p, const skuai_promo_plan *plan, skuai_json_writer *w) {
    if (plan->feasible) return;
    skuai_json_object(w, "infeasible");
    skuai_json_text(w, "rule", plan->rule);
    skuai_json_text(w, "item", item_text(p, &p->agreed[plan->culprit]));
    skuai_json_number(w, "needed", plan->needed);
    skuai_json_integer(w, "dropped", (int64_t)plan->dropped);
    skuai_json_close(w);
}

static void put_problems(const promoted *p, skuai_json_writer *w) {
    skuai_json_array(w, "problems");
    for (const char *at = skuai_buffer_view(&p->problems); *at;) {
        char line[CHARS];
        size_t n = strcspn(at, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)(n < CHARS - 1 ? n : CHARS - 1), at);
        skuai_json_text(w, NULL, line);
        at += n + (at[n] == '\n');
    }
    skuai_json_close(w);
}

/* -- Files: the plan, and what is read back when it is accepted -------------------------------- */

static void put_quoted(skuai_buffer *b, const char *text) {
    (void)skuai_buffer_text(b, "\"");
    for (; *text; text++)
        (void)skuai_buffer_format(b, *text == '"' ? "\"%c" : "%c", *text);
    (void)skuai_buffer_text(b, "\"");
}

static skua_status write_promotions(const promoted *p, const skuai_promo_plan *plan,
                                    const char *path, skua_error *err) {
    skuai_buffer b;
    char from[32], to[32];
    skuai_buffer_init(&b, (size_t)1 << 30);
    (void)skuai_buffer_text(&b, "id,scope,channel,from,to,kind,depth\n");
    for (size_t k = 0; k < plan->n; k++) {
        const skuai_promo_action *a = &plan->actions[k];
        if (is_agreed(p, a)) continue;
        (void)skuai_buffer_format(&b, "plan-%s-%zu,", day_text(p, 0, false, from), k + 1);
        put_quoted(&b, item_text(p, a));
        (void)skuai_buffer_text(&b, ",");
        put_quoted(&b, channel_text(p, a));
        (void)skuai_buffer_format(&b, ",%s,%s,discount,%g\n", day_text(p, a->week, false, from),
                                  day_text(p, a->week + p->options.length - 1, true, to), a->depth);
    }
    skua_status status = skuai_buffer_check(&b, err);
    if (status == SKUA_OK) status = skuai_file_write(path, b.data, b.size, err);
    skuai_buffer_clear(&b);
    return status;
}

static bool starts(const skuai_promo_plan *plan, size_t item, size_t week) {
    for (size_t k = 0; k < plan->n; k++)
        if (plan->actions[k].item == item && plan->actions[k].week == week) return true;
    return false;
}

/* A row of the table future: the price `t` periods into an action. */
static void put_price(const promoted *p, const skuai_promo_action *a, size_t t, double price,
                      skuai_buffer *b) {
    char text[SKUAI_PERIOD_TEXT_SIZE];
    int64_t period = p->first + (int64_t)(a->week * p->periods + t);
    put_quoted(b, item_text(p, a));
    (void)skuai_buffer_text(b, ",");
    put_quoted(b, channel_text(p, a));
    (void)skuai_buffer_format(b, ",%s,%.2f\n", skuai_period_text(&p->panel->grid, period, text),
                              price);
}

static skua_status write_prices(const promoted *p, const skuai_promo_plan *plan, const char *path,
                                skua_error *err) {
    skuai_buffer b;
    skuai_buffer_init(&b, (size_t)1 << 30);
    (void)skuai_buffer_text(&b, "item,channel,ds,price\n");
    for (size_t k = 0; k < plan->n; k++) {
        const skuai_promo_action *a = &plan->actions[k];
        double regular = p->items[a->item].price;
        size_t n = p->options.length * p->periods;
        for (size_t t = 0; t < n; t++)
            put_price(p, a, t, regular * (1 - a->depth), &b);
        /* a price stands until another one is set */
        if (!starts(plan, a->item, a->week + p->options.length)) put_price(p, a, n, regular, &b);
    }
    skua_status status = skuai_buffer_check(&b, err);
    if (status == SKUA_OK) status = skuai_file_write(path, b.data, b.size, err);
    skuai_buffer_clear(&b);
    return status;
}

static skua_status ingest(skua_shop *shop, const char *table, const char *path, skua_error *err) {
    char *report = NULL;
    SKUA_TRY(skua_shop_set(shop, "table", table, err));
    skua_status status = skua_shop_ingest(shop, path, &report, err);
    skua_text_free(report);
    return status;
}

/* An accepted plan is read as any other file: its promotions, and its prices as the table future.
 */
static skua_status accept(skua_shop *shop, const promoted *p, const skuai_promo_plan *plan,
                          skua_error *err) {
    char folder[4096], path[4352], text[32];
    int n = snprintf(folder, sizeof folder, "%s/plans", shop->folder);
    if (n < 0 || (size_t)n >= sizeof folder)
        return skuai_error_set(err, SKUA_ELIMIT, "the shop's path is too long");
    SKUA_TRY(skuai_folder_make(folder, err));
    day_text(p, 0, false, text);
    (void)snprintf(path, sizeof path, "%s/promotions-%s.csv", folder, text);
    SKUA_TRY(write_promotions(p, plan, path, err));
    SKUA_TRY(ingest(shop, "promotions", path, err));
    (void)snprintf(path, sizeof path, "%s/future-%s.csv", folder, text);
    SKUA_TRY(write_prices(p, plan, path, err));
    return ingest(shop, "future", path, err);
}

/* -- The verb ---------------------------------------------------------------------------------- */

static void put_plan(const promoted *p, const skuai_promo_plan *plan, const char *model,
                     const char *output, bool accepted, skuai_json_writer *w) {
    char text[32];
    skuai_json_text(w, "what", "promo");
    skuai_json_text(w, "model", model);
    skuai_json_text(w, "from", day_text(p, 0, false, text));
    skuai_json_text(w, "to", day_text(p, p->options.weeks - 1, true, text));
    skuai_json_integer(w, "weeks", (int64_t)p->options.weeks);
    skuai_json_text(w, "period",
                    p->periods == 7 ? "week" : skuai_frequency_name(p->panel->grid.frequency));
    skuai_json_integer(w, "items", count_items(p, plan));
    skuai_json_integer(w, "promotions", (int64_t)plan->n);
    skuai_json_integer(w, "agreed", (int64_t)p->n_agreed);
    skuai_json_number(w, "gain", plan->gain);
    skuai_json_number(w, "deviation", plan->deviation);
    skuai_json_number(w, "value", plan->value);
    skuai_json_number(w, "bound", plan->bound);
    skuai_json_number(w, "gap", plan->gap);
    skuai_json_number(w, "given", plan->given);
    skuai_json_number(w, "budget", isfinite(p->options.budget) ? p->options.budget : (double)NAN);
    skuai_json_number(w, "pull_forward", p->pull);
    skuai_json_number(w, "pull_forward_error", p->pull_error);
    skuai_json_bool(w, "accepted", accepted);
    skuai_json_text(w, "output", output);
    put_rule(p, plan, w);
    put_actions(p, plan, w);
    put_problems(p, w);
}

static skua_status read_past(const skua_shop *shop, promoted *p, skuai_history *history,
                             skuai_effects **effects, const skuai_context *context,
                             skua_error *err) {
    skuai_effect_options options = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_history_read(shop, store, history, err);
    if (status == SKUA_OK) {
        int64_t end = INT64_MIN;
        for (size_t s = 0; s < history->panel->n_series; s++)
            if (skuai_panel_end(history->panel, s) > end) end = skuai_panel_end(history->panel, s);
        status = read_announced(store, skuai_period_first_day(&history->panel->grid, end),
                                &p->announced, err);
    }
    if (status == SKUA_OK) status = skuai_titles_read(store, NULL, 0, &p->titles, err);
    skuai_store_close(store);
    SKUA_TRY(status);
    p->periods = history->panel->grid.frequency == SKUAI_FREQUENCY_DAY ? 7 : 1;
    SKUA_TRY(skuai_effect_price(history->recorded, &options, context, effects, err));
    p->effects = *effects;
    p->by_name = skuai_arena_take(p->arena, (*effects)->n_items, sizeof(skuai_effect_item *));
    if (!p->by_name) return skuai_error_memory(err, "promotions");
    for (size_t i = 0; i < (*effects)->n_items; i++)
        p->by_name[i] = &(*effects)->items[i];
    qsort((void *)p->by_name, (*effects)->n_items, sizeof *p->by_name, skuai_effect_by_name);
    return measure_pull(p, history->recorded, err);
}

static skua_status make_plan(skua_shop *shop, promoted *p, skuai_history *history,
                             skuai_effects **effects, skuai_live *live, char model[32],
                             skuai_promo_plan **plan, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    SKUA_TRY(read_options(shop, p, err));
    SKUA_TRY(read_past(shop, p, history, effects, &context, err));
    SKUA_TRY(
        skuai_plan_forecast(shop, history->panel, p->options.weeks * p->periods, live, model, err));
    p->panel = live->panel;
    p->forecast = live->forecast;
    p->first = skuai_panel_end(p->panel, 0);
    SKUA_TRY(read_closed(shop, p, err));
    SKUA_TRY(fill_items(p, err));
    return skuai_promo_find(p->items, p->n, &p->options, &context, plan, err);
}

skua_status skuai_plan_promo(skua_shop *shop, const char *output, char **report, skua_error *err) {
    skuai_history history = {0};
    skuai_effects *effects = NULL;
    skuai_live live = {0};
    skuai_promo_plan *plan = NULL;
    char model[32] = "";
    promoted p = {.arena = skuai_arena_new(1 << 20)};
    bool accepted = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_accept);
    skuai_report r;
    skuai_buffer_init(&p.problems, 1 << 24);
    skua_status status = p.arena ? SKUA_OK : skuai_error_memory(err, "promotions");
    if (status == SKUA_OK)
        status = make_plan(shop, &p, &history, &effects, &live, model, &plan, err);
    if (status == SKUA_OK && output) status = write_promotions(&p, plan, output, err);
    if (status == SKUA_OK && accepted && !plan->feasible)
        status = skuai_error_set(err, SKUA_EDATA,
                                 "what is announced breaks the rule %s (needed: %g): change it, or "
                                 "the rule, before a plan is accepted",
                                 plan->rule, plan->needed);
    if (status == SKUA_OK && accepted) status = accept(shop, &p, plan, err);
    skuai_report_begin(&r, "plan");
    if (status == SKUA_OK) put_plan(&p, plan, model, output, accepted, &r.json);
    skuai_promo_free(plan);
    skuai_buffer_clear(&p.problems);
    skuai_free(p.agreed);
    skuai_table_free(p.announced);
    skuai_table_free(p.titles);
    skuai_arena_free(p.arena);
    skuai_live_clear(&live);
    skuai_effects_free(effects);
    skuai_history_clear(&history);
    return skuai_report_end(&r, status, report, err);
}
