/* plan price: the best price of every item in every channel. Elasticities are those of room cause,
 * with their errors; expected demand at today's price is the forecast's; what cannot be known is
 * not guessed: such an item gets a price to try (Thompson sampling from what other items are like).
 */
#include "cause/effect.h"
#include "core/file.h"
#include "decide/price_group.h"
#include "shop/result.h"
#include "shop/shop_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CURVES = 10, CURVE_POINTS = 21 };

typedef enum price_action { KEEP, CHANGE, TRY } price_action;

typedef struct priced {
    skuai_price_item item;
    skuai_price_choice choice; /* of a known elasticity */
    double proposed, gain;     /* price; expected value beyond today's */
    price_action action;
    const char *name, *channel;
    const skuai_effect_item *effect;
    char problem[192];
} priced;

typedef struct pricing {
    const skuai_panel *panel; /* living series */
    const skuai_forecast *forecast;
    const skuai_effects *effects;
    skuai_table *titles;
    const skuai_effect_item **by_name; /* [n_items] sorted */
    skuai_price_options options;
    double most_change, above_competitor;
    double category_change; /* 0: no rule */
    uint64_t seed;
    priced *rows;
} pricing;

/* Last price, and the least and largest of the last two years. */
static void read_prices(const pricing *p, size_t s, skuai_price_item *item) {
    const skuai_panel *panel = p->panel;
    size_t k = skuai_panel_dynamic_find(panel, "price");
    item->price = item->seen_low = item->seen_high = (double)NAN;
    if (k == SIZE_MAX) return;
    const float *price = panel->dynamic[k].values + panel->row[s];
    size_t most = (size_t)(2 * skuai_grid_periods_in_year(&panel->grid)), n = panel->length[s];
    for (size_t t = n > most ? n - most : 0; t < n; t++) {
        double x = (double)price[t];
        if (!(x > 0)) continue;
        item->price = x;
        if (!(item->seen_low <= x)) item->seen_low = x;
        if (!(item->seen_high >= x)) item->seen_high = x;
    }
}

/* A number that the table items gives; NaN: none. */
static double item_number(const skuai_panel *panel, size_t s, const char *name) {
    size_t k = skuai_panel_static_find(panel, name);
    if (k == SIZE_MAX || !panel->statics[k].values) return (double)NAN;
    return panel->statics[k].values[panel->base[s]];
}

/* The competitor's price: the last of the sales' column competitor_price, else that of the item. */
static double competitor_price(const skuai_panel *panel, size_t s) {
    size_t k = skuai_panel_dynamic_find(panel, "competitor_price");
    if (k != SIZE_MAX) {
        const float *price = panel->dynamic[k].values + panel->row[s];
        for (size_t t = panel->length[s]; t-- > 0;)
            if (price[t] > 0) return (double)price[t];
    }
    return item_number(panel, s, "item_competitor_price");
}

static bool price_is_known(const priced *row) {
    return row->effect && row->effect->effect[SKUAI_TREATMENT_PRICE].known <= SKUAI_EFFECT_BORROWED;
}

static skua_status explore(const pricing *p, size_t s, priced *row, skua_error *err) {
    skuai_price_options options = p->options;
    skuai_price_item item = row->item;
    skuai_random random;
    const skuai_effect *pooled = &p->effects->pooled[SKUAI_TREATMENT_PRICE];
    double mean = pooled->value, spread = p->effects->spread[SKUAI_TREATMENT_PRICE];
    if (isnan(mean)) /* what 1,851 published estimates are like: Bijmolt et al. 2005, JMR 42(2) */
        mean = -2.62, spread = 2.21;
    skuai_price_belief belief = skuai_price_belief_new(mean, spread > 0.3 ? spread : 0.3, 0.3);
    item.seen_low = fmin(item.seen_low, item.price * (1 - p->most_change));
    item.seen_high = fmax(item.seen_high, item.price * (1 + p->most_change));
    skuai_random_split(&random, p->seed, p->panel->base[s]);
    SKUA_TRY(skuai_price_explore(&item, &options, &belief, 0.9, &random, &row->proposed, err));
    row->action = fabs(row->proposed / item.price - 1) < 0.005 ? KEEP : TRY;
    return SKUA_OK;
}

/* Prices are said in hundredths, away from the bound that a rounding would cross. */
static void say_price(const pricing *p, priced *row) {
    if (!isnan(p->options.ending) || row->action == KEEP) return;
    double said = round(100 * row->proposed) / 100;
    if (said > row->item.high) said = floor(100 * row->proposed + 1e-9) / 100;
    if (said < row->item.low) said = ceil(100 * row->proposed - 1e-9) / 100;
    row->proposed = said;
}

/* The choice becomes a proposal when it brings a thousandth, or when today's price breaks a rule.
 */
static void take_choice(const pricing *p, priced *row) {
    const skuai_price_choice *c = &row->choice;
    double price = row->item.price;
    row->gain = c->best.value - c->now.value;
    bool broken = price < c->from * (1 - 1e-9) || price > c->to * (1 + 1e-9);
    bool held = strcmp(c->limit, "category") == 0 && fabs(c->best.price / price - 1) > 1e-9;
    row->proposed = price;
    row->action = KEEP;
    if (!broken && !held && !(row->gain > 1e-3 * fabs(c->now.value))) return;
    row->proposed = c->best.price;
    row->action = CHANGE;
    say_price(p, row);
}

static skua_status price_one(void *argument, size_t s, int worker, skua_error *err) {
    (void)worker;
    pricing *p = argument;
    priced *row = &p->rows[s];
    skuai_price_item *i = &row->item;
    skua_error own = {0};
    row->name = skuai_series_text(p->panel, s, "item", skuai_panel_name(p->panel, s));
    row->channel = skuai_series_text(p->panel, s, "channel", "");
    *i = (skuai_price_item){.name = skuai_panel_name(p->panel, s),
                            .low = item_number(p->panel, s, "item_price_low"),
                            .high = item_number(p->panel, s, "item_price_high"),
                            .competitor = competitor_price(p->panel, s),
                            .above_competitor = p->above_competitor};
    read_prices(p, s, i);
    i->cost = item_number(p->panel, s, "cost");
    for (size_t h = 0; h < p->forecast->horizon; h++)
        i->demand += *skuai_forecast_mean(p->forecast, s, h);
    const skuai_effect_item *const *found = bsearch(row->name, p->by_name, p->effects->n_items,
                                                    sizeof *p->by_name, skuai_effect_find_name);
    row->effect = found ? *found : NULL;
    row->proposed = i->price;
    skua_status status = SKUA_OK;
    if (p->options.aim == SKUAI_PRICE_REVENUE && isnan(i->cost)) i->cost = 0;
    if (isnan(i->price))
        status = skuai_error_set(&own, SKUA_EDATA, "%s: no price is known", i->name);
    else if (isnan(i->cost))
        status =
            skuai_error_set(&own, SKUA_EDATA,
                            "%s: its cost is not known, and profit needs it (--aim revenue does "
                            "not)",
                            i->name);
    if (status == SKUA_OK && !price_is_known(row)) {
        status = explore(p, s, row, &own);
        say_price(p, row);
    } else if (status == SKUA_OK) {
        i->elasticity = row->effect->effect[SKUAI_TREATMENT_PRICE].value;
        i->elasticity_se = row->effect->effect[SKUAI_TREATMENT_PRICE].error;
        status = skuai_price_choose(i, &p->options, &row->choice, &own);
        if (status == SKUA_OK) take_choice(p, row);
    }
    if (status != SKUA_EDATA && status != SKUA_OK) {
        if (err) *err = own;
        return status;
    }
    if (status == SKUA_EDATA)
        (void)snprintf(row->problem, sizeof row->problem, "%.190s", own.message);
    return SKUA_OK;
}

/* -- Categories -------------------------------------------------------------------------------- */

/* The items of one category, with their channels, under the rule on its mean price. */
static skua_status price_category(pricing *p, const size_t *series, size_t n, skua_error *err) {
    skuai_price_item *items = skuai_new(n, sizeof *items);
    skuai_price_choice *choices = skuai_new(n, sizeof *choices);
    skuai_price_group group;
    skua_error own = {0};
    skua_status status = items && choices ? SKUA_OK : skuai_error_memory(&own, "categories");
    for (size_t k = 0; k < n && status == SKUA_OK; k++)
        items[k] = p->rows[series[k]].item;
    if (status == SKUA_OK)
        status = skuai_price_group_choose(items, n, &p->options, p->category_change, choices,
                                          &group, &own);
    for (size_t k = 0; k < n; k++) {
        priced *row = &p->rows[series[k]];
        if (status == SKUA_OK) {
            row->choice = choices[k];
            take_choice(p, row);
        } else if (status == SKUA_EDATA) {
            row->action = KEEP;
            row->proposed = row->item.price;
            (void)snprintf(row->problem, sizeof row->problem, "%.60s: %.120s", row->item.name,
                           own.message);
        }
    }
    skuai_free(items);
    skuai_free(choices);
    if (status == SKUA_OK || status == SKUA_EDATA) return SKUA_OK;
    if (err) *err = own;
    return status;
}

/* Every category by itself; items without one are a category together. */
static skua_status price_categories(pricing *p, skua_error *err) {
    const skuai_panel *panel = p->panel;
    size_t k = skuai_panel_static_find(panel, "category1"), S = panel->n_series;
    if (k == SIZE_MAX) k = skuai_panel_static_find(panel, "category");
    const skuai_static *category = k == SIZE_MAX ? NULL : &panel->statics[k];
    size_t *list = skuai_new(S, sizeof *list);
    if (!list) return skuai_error_memory(err, "categories");
    skua_status status = SKUA_OK;
    int32_t levels = category ? (int32_t)category->n_levels : 0;
    for (int32_t level = -1; level < levels && status == SKUA_OK; level++) {
        size_t n = 0;
        for (size_t s = 0; s < S; s++) {
            int32_t code = category ? category->codes[panel->base[s]] : -1;
            bool here = level < 0 ? code < 0 : code == level;
            if (here && !p->rows[s].problem[0] && price_is_known(&p->rows[s])) list[n++] = s;
        }
        if (n > 0) status = price_category(p, list, n, err);
    }
    skuai_free(list);
    return status;
}

/* -- What is told ------------------------------------------------------------------------------ */

static int by_gain(const void *a, const void *b) {
    const priced *const *x = a, *const *y = b;
    if ((*x)->action != (*y)->action)
        return (*x)->action == CHANGE   ? -1
               : (*y)->action == CHANGE ? 1
               : (*x)->action == TRY    ? -1
                                        : 1;
    if ((*x)->gain != (*y)->gain) return (*x)->gain > (*y)->gain ? -1 : 1;
    return strcmp((*x)->item.name, (*y)->item.name);
}

static void put_curve(skuai_json_writer *w, const pricing *p, const priced *row) {
    skuai_price_point points[CURVE_POINTS];
    skuai_price_curve(&row->item, p->options.aim, row->choice.from, row->choice.to, CURVE_POINTS,
                      points);
    skuai_json_array(w, "curve");
    for (size_t k = 0; k < CURVE_POINTS; k++) {
        skuai_json_object(w, NULL);
        skuai_json_number(w, "price", points[k].price);
        skuai_json_number(w, "units", points[k].units);
        skuai_json_number(w, "value", points[k].value);
        skuai_json_number(w, "low", points[k].low);
        skuai_json_number(w, "high", points[k].high);
        skuai_json_close(w);
    }
    skuai_json_close(w);
}

static void put_row(skuai_json_writer *w, const pricing *p, const priced *row, bool curve) {
    static const char *const actions[] = {"keep", "change", "try"};
    const skuai_effect *e = row->effect ? &row->effect->effect[SKUAI_TREATMENT_PRICE] : NULL;
    bool known = price_is_known(row);
    skuai_json_object(w, NULL);
    skuai_json_text(w, "item", row->name);
    skuai_json_text(w, "title", skuai_titles_find(p->titles, row->name));
    skuai_json_text(w, "channel", row->channel);
    skuai_json_text(w, "action", actions[row->action]);
    skuai_json_number(w, "price", row->item.price);
    skuai_json_number(w, "proposed", row->proposed);
    skuai_json_number(w, "cost", row->item.cost);
    skuai_json_number(w, "demand", row->item.demand);
    skuai_json_number(w, "elasticity", known ? e->value : (double)NAN);
    skuai_json_number(w, "elasticity_se", known ? e->error : (double)NAN);
    if (known) {
        skuai_json_bool(w, "borrowed", e->known == SKUAI_EFFECT_BORROWED);
        skuai_json_number(w, "value_now", row->choice.now.value);
        skuai_json_number(w, "value", row->choice.best.value);
        skuai_json_number(w, "low", row->choice.best.low);
        skuai_json_number(w, "high", row->choice.best.high);
        skuai_json_number(w, "units", row->choice.best.units);
        skuai_json_number(w, "chance", row->choice.chance);
        skuai_json_text(w, "limit", row->choice.limit);
        if (curve) put_curve(w, p, row);
    } else {
        char reason[256] = "", chinese[512] = "";
        if (row->effect) {
            skuai_effect_reason(row->effect, SKUAI_TREATMENT_PRICE, false, reason, sizeof reason);
            skuai_effect_reason(row->effect, SKUAI_TREATMENT_PRICE, true, chinese, sizeof chinese);
        }
        skuai_json_text(w, "reason", reason);
        skuai_json_text(w, "reason_zh", chinese);
    }
    skuai_json_close(w);
}

static skua_status write_csv(const char *path, priced *const *rows, size_t n, skua_error *err) {
    skuai_buffer b;
    skuai_buffer_init(&b, SIZE_MAX);
    skuai_buffer_text(&b, "item,channel,price,proposed\n");
    for (size_t i = 0; i < n; i++) {
        for (int part = 0; part < 2; part++) {
            skuai_buffer_text(&b, part ? "\",\"" : "\"");
            for (const char *c = part ? rows[i]->channel : rows[i]->name; *c; c++)
                skuai_buffer_format(&b, *c == '"' ? "\"\"" : "%c", *c);
        }
        skuai_buffer_format(&b, "\",%g,%g\n", rows[i]->item.price, rows[i]->proposed);
    }
    skua_status status = skuai_buffer_check(&b, err);
    if (status == SKUA_OK) status = skuai_file_write(path, b.data, b.size, err);
    skuai_buffer_clear(&b);
    return status;
}

static skua_status tell(const pricing *p, const char *model, const char *output, char **report,
                        skua_error *err) {
    size_t S = p->panel->n_series, n = 0, count[3] = {0};
    double now = 0, then = 0;
    priced **order = skuai_new(S, sizeof *order);
    skuai_report r;
    if (!order) return skuai_error_memory(err, "a report");
    for (size_t s = 0; s < S; s++) {
        if (p->rows[s].problem[0]) continue;
        order[n++] = &p->rows[s];
        count[p->rows[s].action]++;
        now += p->rows[s].choice.now.value;
        then += p->rows[s].choice.now.value + (p->rows[s].action == CHANGE ? p->rows[s].gain : 0);
    }
    qsort(order, n, sizeof *order, by_gain);
    skua_status status = output ? write_csv(output, order, n, err) : SKUA_OK;
    skuai_report_begin(&r, "plan");
    skuai_json_text(&r.json, "what", "price");
    skuai_json_text(&r.json, "aim", p->options.aim == SKUAI_PRICE_REVENUE ? "revenue" : "profit");
    skuai_json_text(&r.json, "model", model);
    skuai_json_integer(&r.json, "horizon", (int64_t)p->forecast->horizon);
    skuai_json_text(&r.json, "period", skuai_frequency_name(p->panel->grid.frequency));
    skuai_json_integer(&r.json, "keep", (int64_t)count[KEEP]);
    skuai_json_integer(&r.json, "change", (int64_t)count[CHANGE]);
    skuai_json_integer(&r.json, "try", (int64_t)count[TRY]);
    skuai_json_number(&r.json, "value_now", now);
    skuai_json_number(&r.json, "value", then);
    skuai_json_text(&r.json, "output", output);
    skuai_json_array(&r.json, "lines");
    for (size_t i = 0; i < n; i++)
        put_row(&r.json, p, order[i], i < CURVES);
    skuai_json_close(&r.json);
    skuai_json_array(&r.json, "problems");
    for (size_t s = 0; s < S; s++)
        if (p->rows[s].problem[0]) skuai_json_text(&r.json, NULL, p->rows[s].problem);
    skuai_json_close(&r.json);
    skuai_free(order);
    return skuai_report_end(&r, status, report, err);
}

/* -- The plan ---------------------------------------------------------------------------------- */

skua_status skuai_plan_price_options(const skua_shop *shop, skuai_price_options *options,
                                     double *above_competitor, skua_error *err) {
    const char *ending = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_ending);
    skuai_price_options o = SKUAI_PRICE_OPTIONS_DEFAULT;
    if (strcmp(skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_aim), "revenue") == 0)
        o.aim = SKUAI_PRICE_REVENUE;
    o.most_change = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_most_change);
    *above_competitor = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_above_competitor);
    if (*ending) {
        o.ending = skuai_text_number(ending);
        if (!(o.ending >= 0 && o.ending < 1))
            return skuai_error_set(err, SKUA_ECONFIG,
                                   "ending: '%.40s' is no end of a price, as 0.99 or 0.95", ending);
    }
    *options = o;
    return SKUA_OK;
}

static skua_status read_options(const skua_shop *shop, pricing *p, skua_error *err) {
    SKUA_TRY(skuai_plan_price_options(shop, &p->options, &p->above_competitor, err));
    p->most_change = p->options.most_change;
    p->category_change = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_category_change);
    return SKUA_OK;
}

static skua_status read_history(const skua_shop *shop, skuai_history *history, skuai_table **titles,
                                skua_error *err) {
    skuai_store *store = NULL;
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_history_read(shop, store, history, err);
    if (status == SKUA_OK) status = skuai_titles_read(store, NULL, 0, titles, err);
    skuai_store_close(store);
    return status;
}

skua_status skuai_plan_price(skua_shop *shop, const char *output, char **report, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    skuai_history history = {0};
    skuai_effect_options effect_options = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skuai_effects *effects = NULL;
    skuai_live live = {0};
    char model[32] = "";
    pricing p = {.seed = context.seed};
    SKUA_TRY(read_options(shop, &p, err));
    skua_status status = read_history(shop, &history, &p.titles, err);
    if (status == SKUA_OK)
        status = skuai_effect_price(history.recorded, &effect_options, &context, &effects, err);
    if (status == SKUA_OK)
        status = skuai_plan_forecast(
            shop, history.panel, skuai_shop_horizon(shop, &history.panel->grid), &live, model, err);
    if (status == SKUA_OK) {
        p.panel = live.panel, p.forecast = live.forecast, p.effects = effects;
        p.rows = skuai_zero(p.panel->n_series, sizeof *p.rows);
        p.by_name = skuai_new(effects->n_items, sizeof(skuai_effect_item *));
        status = p.rows && p.by_name ? SKUA_OK : skuai_error_memory(err, "a plan");
    }
    if (status == SKUA_OK) {
        for (size_t i = 0; i < effects->n_items; i++)
            p.by_name[i] = &effects->items[i];
        qsort((void *)p.by_name, effects->n_items, sizeof *p.by_name, skuai_effect_by_name);
        status = skuai_parallel_for(&context, "prices", p.panel->n_series, price_one, &p, err);
    }
    if (status == SKUA_OK && p.category_change > 0) status = price_categories(&p, err);
    if (status == SKUA_OK) status = tell(&p, model, output, report, err);
    skuai_free(p.rows);
    skuai_free((void *)p.by_name);
    skuai_table_free(p.titles);
    skuai_live_clear(&live);
    skuai_effects_free(effects);
    skuai_history_clear(&history);
    return status;
}
