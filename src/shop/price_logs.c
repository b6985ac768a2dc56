#include "shop/price_logs.h"

#include "cause/effect.h"
#include "shop/result.h"
#include "shop/shop_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct column { /* of a series; NULL: the panel has none */
    const float *price, *promotion, *cost, *competitor;
} column;

typedef struct making {
    const skuai_panel *panel;
    const skuai_price_logs_options *options;
    const skuai_effects *effects;
    const skuai_effect_item **by_name;
    int64_t end;           /* of the panel */
    skuai_price_log *rows; /* [n_series, periods] */
    size_t *n_rows;        /* [n_series] */
    bool *costless;        /* [n_series] */
} making;

static const float *values_of(const skuai_panel *p, size_t s, const char *name) {
    size_t k = skuai_panel_dynamic_find(p, name);
    return k == SIZE_MAX ? NULL : p->dynamic[k].values + p->row[s];
}

static double static_of(const skuai_panel *p, size_t s, const char *name) {
    size_t k = skuai_panel_static_find(p, name);
    return k == SIZE_MAX || !p->statics[k].values ? (double)NAN : p->statics[k].values[p->base[s]];
}

static const skuai_effect_item *effect_of(const making *m, size_t s) {
    const char *name = skuai_series_text(m->panel, s, "item", skuai_panel_name(m->panel, s));
    const skuai_effect_item *const *found =
        bsearch(name, m->by_name, m->effects->n_items, sizeof *m->by_name, skuai_effect_find_name);
    return found ? *found : NULL;
}

/* A period in which the price was the usual kind of price and all of demand was served. */
static bool usable(const making *m, size_t s, const column *c, size_t t) {
    const skuai_panel *p = m->panel;
    double y = skuai_panel_target(p, s)[t];
    if (isnan(y) || y < 0 || !(c->price[t] > 0)) return false;
    if (c->promotion && c->promotion[t] > 0) return false;
    return !p->available || !(p->available[p->row[s] + t] < 1);
}

/* Units that the model expects in period t at price 1: the row itself is left out. NaN: nothing
 * near it. */
static double level_near(const making *m, size_t s, const column *c, size_t t, double elasticity) {
    const double *y = skuai_panel_target(m->panel, s);
    size_t n = m->panel->length[s], near = SKUAI_PRICE_LOGS_NEAR;
    double units = 0, pull = 0;
    for (size_t u = t > near ? t - near : 0; u < n && u <= t + near; u++) {
        if (u == t || !usable(m, s, c, u)) continue;
        units += y[u];
        pull += pow((double)c->price[u], elasticity);
    }
    return pull > 0 ? units / pull : (double)NAN;
}

/* Prices seen before period `to`, and the mean of their logarithms. */
static double seen_prices(const making *m, size_t s, const column *c, size_t to,
                          skuai_price_item *item) {
    size_t most = (size_t)(2 * skuai_grid_periods_in_year(&m->panel->grid)), n = 0;
    double sum = 0;
    item->seen_low = item->seen_high = (double)NAN;
    for (size_t t = to > most ? to - most : 0; t < to; t++) {
        double x = (double)c->price[t];
        if (!(x > 0)) continue;
        if (!(item->seen_low <= x)) item->seen_low = x;
        if (!(item->seen_high >= x)) item->seen_high = x;
        if (!usable(m, s, c, t)) continue;
        sum += log(x);
        n++;
    }
    return n ? exp(sum / (double)n) : (double)NAN;
}

/* The plan's price from the last one: as plan price, which leaves alone what brings too little. */
static skua_status plan_price(const making *m, const skuai_price_item *item, double *plan,
                              skua_error *err) {
    skuai_price_choice choice;
    SKUA_TRY(skuai_price_choose(item, &m->options->prices, &choice, err));
    double gain = choice.best.value - choice.now.value;
    bool broken = item->price < choice.from * (1 - 1e-9) || item->price > choice.to * (1 + 1e-9);
    *plan = broken || gain > 1e-3 * fabs(choice.now.value) ? choice.best.price : item->price;
    return SKUA_OK;
}

static skua_status log_series(void *argument, size_t s, int worker, skua_error *err) {
    (void)worker;
    making *m = argument;
    const skuai_panel *p = m->panel;
    const skuai_effect_item *effect = effect_of(m, s);
    size_t n = p->length[s], T = m->options->periods;
    column c = {values_of(p, s, "price"), values_of(p, s, "promotion"), values_of(p, s, "cost"),
                values_of(p, s, "competitor_price")};
    if (!effect || !c.price || n <= T || skuai_panel_end(p, s) != m->end) return SKUA_OK;
    const skuai_effect *e = &effect->effect[SKUAI_TREATMENT_PRICE];
    if (e->known > SKUAI_EFFECT_BORROWED) return SKUA_OK;
    skuai_price_item item = {.name = skuai_panel_name(p, s),
                             .demand = 1,
                             .elasticity = e->value,
                             .elasticity_se = e->error,
                             .low = static_of(p, s, "item_price_low"),
                             .high = static_of(p, s, "item_price_high"),
                             .competitor = static_of(p, s, "item_competitor_price"),
                             .above_competitor = m->options->above_competitor};
    double usual = seen_prices(m, s, &c, n - T, &item), fixed = static_of(p, s, "cost");
    double before = (double)NAN, plan = (double)NAN, plan_of[2] = {(double)NAN, (double)NAN};
    bool costs = false;
    for (size_t t = 0; t < n && !isnan(usual); t++) {
        if (!usable(m, s, &c, t)) continue;
        double cost = c.cost && c.cost[t] >= 0 ? (double)c.cost[t] : fixed;
        item.price = before;
        before = (double)c.price[t];
        if (t < n - T || !(item.price > 0) || !(cost >= 0)) continue;
        costs = true;
        item.cost = cost;
        if (c.competitor && c.competitor[t - 1] > 0) item.competitor = (double)c.competitor[t - 1];
        if (c.competitor || !(plan_of[0] == item.price && plan_of[1] == cost)) {
            skua_error own = {0};
            skua_status status = plan_price(m, &item, &plan, &own);
            if (status == SKUA_EDATA) continue; /* bounds that cross: plan price names them */
            if (status != SKUA_OK) {
                if (err) *err = own;
                return status;
            }
            plan_of[0] = item.price, plan_of[1] = cost;
        }
        double level = level_near(m, s, &c, t, e->value);
        if (isnan(level)) continue;
        m->rows[s * T + m->n_rows[s]++] =
            (skuai_price_log){.law = (size_t)(effect - m->effects->items),
                              .period = p->start[s] + (int64_t)t,
                              .price = (double)c.price[t],
                              .plan = plan,
                              .usual = usual,
                              .cost = cost,
                              .units = skuai_panel_target(p, s)[t],
                              .model = level * pow((double)c.price[t], e->value),
                              .model_plan = level * pow(plan, e->value)};
    }
    m->costless[s] = !costs;
    return SKUA_OK;
}

/* Rows of all series one behind the other; what is told of them. */
static void gather(const making *m, skuai_price_logs *logs) {
    size_t T = m->options->periods, n = 0;
    for (size_t s = 0; s < m->panel->n_series; s++) {
        memmove(m->rows + n, m->rows + s * T, m->n_rows[s] * sizeof *m->rows);
        n += m->n_rows[s];
        logs->without_cost += m->costless[s];
    }
    logs->n = n;
    logs->n_laws = m->effects->n_items;
    for (size_t i = 0; i < m->effects->n_items; i++) {
        bool any = false;
        for (size_t r = 0; r < n && !any; r++)
            any = m->rows[r].law == i;
        logs->items += any;
        logs->unknown +=
            m->effects->items[i].effect[SKUAI_TREATMENT_PRICE].known > SKUAI_EFFECT_BORROWED;
    }
}

static skua_status make(making *m, const skuai_context *context, skuai_price_logs *logs,
                        skua_error *err) {
    size_t S = m->panel->n_series, n_items = m->effects->n_items;
    skuai_price_logs made = {0};
    m->rows = skuai_new(S * m->options->periods, sizeof *m->rows);
    m->n_rows = skuai_zero(S, sizeof *m->n_rows);
    m->costless = skuai_zero(S, sizeof *m->costless);
    m->by_name = skuai_new(n_items, sizeof *m->by_name);
    skua_status status = m->rows && m->n_rows && m->costless && m->by_name
                             ? SKUA_OK
                             : skuai_error_memory(err, "a replay of prices");
    for (size_t i = 0; i < n_items && status == SKUA_OK; i++)
        m->by_name[i] = &m->effects->items[i];
    if (status == SKUA_OK) {
        qsort((void *)m->by_name, n_items, sizeof *m->by_name, skuai_effect_by_name);
        status = skuai_parallel_for(context, "prices of then", S, log_series, m, err);
    }
    if (status == SKUA_OK) {
        gather(m, &made);
        if (made.n == 0)
            status = skuai_error_set(
                err, SKUA_EDATA,
                "no price can be replayed: of %zu items the elasticity of %zu was not known %zu "
                "periods before the end, and %zu series have no cost (table items, or a column "
                "cost of the sales)",
                n_items, made.unknown, m->options->periods, made.without_cost);
    }
    skuai_free(m->n_rows);
    skuai_free(m->costless);
    skuai_free((void *)m->by_name);
    if (status != SKUA_OK) {
        skuai_free(m->rows);
        return status;
    }
    made.rows = m->rows;
    *logs = made;
    return SKUA_OK;
}

skua_status skuai_price_logs_make(const skuai_panel *panel, const skuai_price_logs_options *options,
                                  const skuai_context *context, skuai_price_logs *logs,
                                  skua_error *err) {
    skuai_effect_options how = SKUAI_EFFECT_OPTIONS_DEFAULT;
    skuai_effects *effects = NULL;
    skuai_panel *before = NULL;
    making m = {.panel = panel, .options = options, .end = INT64_MIN};
    for (size_t s = 0; s < panel->n_series; s++)
        if (skuai_panel_end(panel, s) > m.end) m.end = skuai_panel_end(panel, s);
    SKUA_TRY(skuai_panel_cut_at(panel, m.end - (int64_t)options->periods, &before, err));
    skua_status status = skuai_effect_price(before, &how, context, &effects, err);
    if (status == SKUA_OK) {
        m.effects = effects;
        status = make(&m, context, logs, err);
    }
    skuai_effects_free(effects); /* names of it are not kept */
    skuai_panel_free(before);
    return status;
}

void skuai_price_logs_clear(skuai_price_logs *logs) {
    skuai_free(logs->rows);
    *logs = (skuai_price_logs){0};
}
