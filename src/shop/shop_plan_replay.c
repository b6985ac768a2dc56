/* The policy of `plan stock` on history. Forecasts of every time of ordering come from the
 * untrained fast combination on what was known then: a trained model's weights were chosen on
 * periods that the replay holds. Demand of periods with stock-outs is the estimate of room clean.
 */
#include "shop/shop_plan.h"

#include "automl/ensemble.h"
#include "decide/stock_replay.h"
#include "shop/candidates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REVIEWS = 12, WINDOW = 28 };

typedef struct stage {
    const skuai_plan *plan;
    size_t test, *place, n;       /* periods; places that are replayed */
    double *series;               /* [n, WINDOW + test] demand of each, summed over its channels */
    double sold, available, held; /* what the shop did in the scored periods */
    size_t n_available, n_out, n_held, estimated;
    skuai_forecast **forecasts; /* [test] */
    skuai_replay_item *items;
    uint64_t seed;
} stage;

static void stage_clear(stage *s) {
    for (size_t t = 0; t < s->test && s->forecasts; t++)
        skuai_forecast_free(s->forecasts[t]);
    skuai_free(s->forecasts);
    skuai_free(s->items);
    skuai_free(s->series);
    skuai_free(s->place);
}

/* -- Demand, and what the shop did ------------------------------------------------------------- */

/* Periods before the end in row i of an item's demand. */
static void add_series(stage *s, const skuai_panel *learnt, const skuai_panel *recorded, size_t k,
                       size_t scored_from, double holding, double *demand, double *held_cost) {
    size_t all = WINDOW + s->test, n = learnt->length[k];
    const double *estimate = skuai_panel_target(learnt, k), *sold = skuai_panel_target(recorded, k);
    size_t stock = skuai_panel_dynamic_find(recorded, "stock");
    for (size_t t = 0; t < all; t++) {
        if (n + t < all) continue;
        size_t at = n + t - all, row = recorded->row[k] + at;
        double d = isnan(estimate[at]) ? 0 : fmax(estimate[at], 0);
        float available = recorded->available ? recorded->available[row] : 1;
        demand[t] += d;
        if (t < WINDOW + scored_from) continue;
        s->sold += sold[at] > 0 ? sold[at] : 0;
        s->n_available++;
        s->n_out += available < 1;
        s->estimated += isnan(sold[at]) || fabs(d - sold[at]) > 1e-9;
        if (stock == SIZE_MAX) continue;
        float left = recorded->dynamic[stock].values[row];
        if (!(left >= 0)) continue;
        s->held += (double)left;
        *held_cost += (double)left * holding;
        s->n_held++;
    }
}

static bool usable(const skuai_plan *plan, const skuai_supply_place *p, size_t test, int64_t end) {
    const skuai_panel *panel = plan->history.panel;
    skua_error none;
    if (skuai_stock_item_check(&p->terms, &none) != SKUA_OK) return false;
    if (skuai_stock_horizon(&p->terms) > test) return false;
    for (size_t c = 0; c < p->n_series; c++)
        if (skuai_panel_end(panel, p->series[c]) != end || panel->length[p->series[c]] < test + 14)
            return false;
    return true;
}

static skua_status fill(stage *s, size_t scored_from, double *held_cost, skua_error *err) {
    const skuai_panel *panel = s->plan->history.panel;
    int64_t end = INT64_MIN;
    size_t all = WINDOW + s->test, n = s->plan->supply.n;
    for (size_t k = 0; k < panel->n_series; k++)
        if (skuai_panel_end(panel, k) > end) end = skuai_panel_end(panel, k);
    s->place = skuai_new(n, sizeof *s->place);
    s->series = skuai_zero(n * all, sizeof *s->series);
    s->items = skuai_zero(n, sizeof *s->items);
    s->forecasts = skuai_zero(s->test, sizeof(skuai_forecast *));
    if (!s->place || !s->series || !s->items || !s->forecasts)
        return skuai_error_memory(err, "a replay");
    for (size_t i = 0; i < n; i++) {
        const skuai_supply_place *p = &s->plan->supply.places[i];
        if (!usable(s->plan, p, s->test, end)) continue;
        double *demand = s->series + s->n * all, first = 0;
        for (size_t c = 0; c < p->n_series; c++)
            add_series(s, panel, s->plan->history.recorded, p->series[c], scored_from,
                       p->terms.holding, demand, held_cost);
        size_t cover = (size_t)ceil(p->terms.lead_time) + p->terms.review;
        for (size_t t = 0; t < cover && t < s->test; t++)
            first += demand[WINDOW + t];
        s->items[s->n] = (skuai_replay_item){p->terms, demand + WINDOW};
        s->items[s->n].stock.on_hand = first; /* the same beginning for every policy */
        s->items[s->n].stock.n_due = 0;
        s->place[s->n++] = i;
    }
    if (s->n == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "no item with supply has the %zu periods of history that a replay "
                               "takes, and sells to the end",
                               s->test + 14);
    return SKUA_OK;
}

/* -- Forecasts of then ------------------------------------------------------------------------- */

static skua_status make_forecasts(const skua_shop *shop, stage *s, size_t horizon,
                                  skua_error *err) {
    skuai_candidates *c = skuai_zero(1, sizeof *c);
    skuai_ensemble *ensemble = skuai_zero(1, sizeof *ensemble);
    const skuai_forecaster *members[SKUAI_CANDIDATES_MOST];
    skuai_context context = skuai_shop_context(shop, false);
    double levels[SKUAI_LEVELS_MOST];
    size_t n = 0, n_levels = 0;
    skua_status status = c && ensemble ? SKUA_OK : skuai_error_memory(err, "models");
    if (status == SKUA_OK) status = skuai_shop_levels(shop, levels, &n_levels, err);
    if (status == SKUA_OK) status = skuai_candidates_choose(shop, "fast", c, err);
    for (size_t m = 0; status == SKUA_OK && m < c->n; m++)
        if (!c->baseline[m]) members[n++] = &c->items[m];
    if (status == SKUA_OK) status = skuai_ensemble_equal(members, n, ensemble, err);
    for (size_t t = 0, w = 0; t < s->test && status == SKUA_OK; t += s->plan->review, w++) {
        skuai_panel *then = NULL;
        skuai_request request = {horizon, levels, n_levels, context.seed};
        skuai_forecaster combination = skuai_ensemble_forecaster(ensemble);
        skuai_context_progress(&context, "forecasts of then", (double)t, (double)s->test);
        status = skuai_history_at((void *)(uintptr_t)&s->plan->history, w, (int64_t)(s->test - t),
                                  &then, err);
        if (status == SKUA_OK) {
            status = skuai_forecaster_run(&combination, then, NULL, &request, &context,
                                          &s->forecasts[t], err);
            skuai_panel_free(then);
        }
    }
    skuai_free(ensemble);
    skuai_free(c);
    return status;
}

static skua_status by_plan(void *user, const skuai_replay *replay, size_t item, size_t t,
                           const skuai_stock_item *state, double *order, skua_error *err) {
    const stage *s = user;
    const skuai_forecast *f = s->forecasts[t];
    const skuai_supply_place *p = &s->plan->supply.places[s->place[item]];
    (void)replay;
    skuai_arena *arena = skuai_arena_new(0);
    double *paths = skuai_new(SKUAI_PLAN_PATHS * f->horizon, sizeof *paths);
    skuai_stock_outlook *outlook;
    skuai_stock_order decided;
    skua_status status = arena && paths ? SKUA_OK : skuai_error_memory(err, "paths");
    if (status == SKUA_OK)
        status = skuai_plan_paths(s->plan->history.panel, f, p, s->seed + t, paths, err);
    if (status == SKUA_OK)
        status = skuai_stock_outlook_new(state, paths, SKUAI_PLAN_PATHS, f->horizon, s->seed + t,
                                         arena, &outlook, err);
    if (status == SKUA_OK) status = skuai_stock_decide(outlook, &s->plan->rule, &decided, err);
    if (status == SKUA_OK) *order = decided.order;
    skuai_free(paths);
    skuai_arena_free(arena);
    return status;
}

/* -- What is told ------------------------------------------------------------------------------ */

static void put_result(skuai_json_writer *w, const char *name, const skuai_replay_result *r) {
    skuai_json_object(w, NULL);
    skuai_json_text(w, "policy", name);
    skuai_json_number(w, "fill", r->fill);
    skuai_json_number(w, "short", (double)r->n_short / (double)(r->n_periods ? r->n_periods : 1));
    skuai_json_number(w, "holding_cost", r->holding_cost);
    skuai_json_number(w, "lost_cost", r->lost_cost);
    skuai_json_number(w, "spoil_cost", r->spoil_cost);
    skuai_json_number(w, "order_cost", r->order_cost);
    skuai_json_number(w, "cost", r->cost);
    skuai_json_integer(w, "orders", (int64_t)r->n_orders);
    skuai_json_close(w);
}

/* What the shop did itself, as far as its rows tell. */
static skuai_replay_result shop_result(const stage *s, const skuai_replay_result *ours,
                                       double held_cost, double lost_value) {
    skuai_replay_result r = {.demand = ours->demand, .sold = s->sold};
    r.fill = ours->demand > 0 ? fmin(1, s->sold / ours->demand) : (double)NAN;
    r.n_periods = s->n_available;
    r.n_short = s->n_out;
    r.holding_cost = s->n_held ? held_cost : (double)NAN;
    r.lost_cost = fmax(0, ours->demand - s->sold) * lost_value;
    r.spoil_cost = r.order_cost = (double)NAN;
    r.cost = (double)NAN;
    return r;
}

static skua_status run_all(const skua_shop *shop, stage *s, size_t scored_from, double held_cost,
                           char **report, skua_error *err) {
    skuai_context context = skuai_shop_context(shop, false);
    size_t all = WINDOW + s->test;
    const double **past = skuai_new(s->n, sizeof *past);
    if (!past) return skuai_error_memory(err, "a replay");
    for (size_t i = 0; i < s->n; i++)
        past[i] = s->series + i * all;
    skuai_replay replay = {s->items, s->n, s->test, scored_from, context.seed};
    skuai_replay_normal normal = {past, WINDOW, WINDOW, 0, NULL};
    skuai_replay_result ours, formula, foresight;
    double z = 0;
    skua_status status = skuai_replay_run(&replay, by_plan, s, &context, &ours, NULL, err);
    if (status == SKUA_OK)
        status = skuai_replay_match(&replay, normal, ours.fill, &context, &z, &formula, err);
    if (status == SKUA_OK)
        status = skuai_replay_run(&replay, skuai_replay_by_foresight, NULL, &context, &foresight,
                                  NULL, err);
    skuai_free(past);
    if (status != SKUA_OK) return status;
    skuai_replay_result did =
        shop_result(s, &ours, held_cost, ours.lost > 0 ? ours.lost_cost / ours.lost : 0);
    skuai_report r;
    skuai_report_begin(&r, "plan");
    skuai_json_text(&r.json, "what", "stock");
    skuai_json_bool(&r.json, "replay", true);
    skuai_json_text(&r.json, "period",
                    skuai_frequency_name(s->plan->history.panel->grid.frequency));
    skuai_json_integer(&r.json, "places", (int64_t)s->n);
    skuai_json_integer(&r.json, "left_out", (int64_t)(s->plan->supply.n - s->n));
    skuai_json_integer(&r.json, "periods", (int64_t)(s->test - scored_from));
    skuai_json_integer(&r.json, "review", (int64_t)s->plan->review);
    skuai_json_number(&r.json, "estimated",
                      s->n_available ? (double)s->estimated / (double)s->n_available : 0);
    skuai_json_number(&r.json, "z", z);
    skuai_json_number(&r.json, "ratio", ours.cost / formula.cost);
    skuai_json_array(&r.json, "policies");
    put_result(&r.json, "plan", &ours);
    put_result(&r.json, "shop", &did);
    put_result(&r.json, "formula", &formula);
    put_result(&r.json, "foresight", &foresight);
    skuai_json_close(&r.json);
    return skuai_report_end(&r, SKUA_OK, report, err);
}

skua_status skuai_plan_replay(skua_shop *shop, char **report, skua_error *err) {
    skuai_plan plan;
    SKUA_TRY(skuai_plan_read(shop, &plan, err));
    const skuai_panel *panel = plan.history.panel;
    size_t longest = 0, horizon = 0, lead = 0;
    for (size_t k = 0; k < panel->n_series; k++)
        if (panel->length[k] > longest) longest = panel->length[k];
    stage s = {.plan = &plan, .test = REVIEWS * plan.review};
    s.seed = (uint64_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_seed);
    if (s.test > longest / 3) s.test = longest / 3 / plan.review * plan.review;
    skua_status status =
        skuai_supply_places(&plan.supply, panel, 0, plan.review,
                            skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_order_cost), err);
    for (size_t i = 0; i < plan.supply.n && status == SKUA_OK; i++) {
        const skuai_stock_item *terms = &plan.supply.places[i].terms;
        size_t needed = skuai_stock_horizon(terms) + 1;
        if (needed < s.test && needed > horizon) horizon = needed;
        if (needed < s.test && terms->lead_time > (double)lead)
            lead = (size_t)ceil(terms->lead_time);
    }
    size_t scored_from = lead + plan.review;
    double held_cost = 0;
    if (status == SKUA_OK && (s.test < 2 * plan.review || scored_from + plan.review > s.test))
        status = skuai_error_set(err, SKUA_EDATA,
                                 "a replay wants three times lead time and review of history, and "
                                 "the longest series has %zu periods",
                                 longest);
    if (status == SKUA_OK) status = fill(&s, scored_from, &held_cost, err);
    if (status == SKUA_OK) status = make_forecasts(shop, &s, horizon, err);
    if (status == SKUA_OK) status = run_all(shop, &s, scored_from, held_cost, report, err);
    stage_clear(&s);
    skuai_plan_clear(&plan);
    return status;
}
