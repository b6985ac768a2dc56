#include "shop/shop_plan.h"

#include "core/file.h"
#include "decide/choice_plan.h"
#include "shop/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHOICES = 9 };

/* What is found for a place. */
typedef struct answer {
    skuai_stock_order orders[CHOICES]; /* [n] from nothing to what is best without limits */
    double gain[CHOICES];
    size_t n, chosen;
    char problem[192]; /* why there is none; "" there is */
} answer;

typedef struct work {
    const skuai_plan *plan;
    answer *answers;
    uint64_t seed;
    bool limited;
} work;

/* -- A place ----------------------------------------------------------------------------------- */

/* Money that a unit takes of the budget; NaN: not known. */
static double unit_money(const skuai_supply_place *p) {
    return isnan(p->terms.cost) ? p->price * 0.6 : p->terms.cost;
}

static void add_choice(answer *a, const skuai_stock_outlook *outlook, double quantity,
                       const skuai_stock_order *best) {
    skuai_stock_order *o = &a->orders[a->n];
    *o = *best;
    skuai_stock_revise(outlook, quantity, o);
    a->gain[a->n] = quantity > 0 ? o->cost_none - o->cost_order : 0;
    a->n++;
}

/* Nothing, and steps in packs between the least order and the best. */
static void list_choices(answer *a, const skuai_stock_item *i, const skuai_stock_outlook *outlook,
                         const skuai_stock_order *best, bool limited) {
    double pack = i->pack > 0 ? i->pack : 0, last = 0;
    if (!limited || !(best->order > 0)) {
        add_choice(a, outlook, best->order, best);
        return;
    }
    add_choice(a, outlook, 0, best);
    double least = fmax(i->moq, pack);
    if (pack > 0) least = ceil(least / pack - 1e-9) * pack;
    for (int k = 0; k < CHOICES - 1; k++) {
        double q = least + (best->order - least) * k / (CHOICES - 2);
        if (pack > 0) q = floor(q / pack + 0.5) * pack;
        if (k == CHOICES - 2) q = best->order;
        if (!(q > last) || q > best->order) continue;
        add_choice(a, outlook, q, best);
        last = q;
    }
}

static skua_status decide_place(void *argument, size_t i, int worker, skua_error *err) {
    (void)worker;
    const work *w = argument;
    const skuai_live *live = &w->plan->live;
    const skuai_supply_place *p = &w->plan->supply.places[i];
    answer *a = &w->answers[i];
    skuai_arena *arena = skuai_arena_new(0);
    size_t H = live->forecast->horizon;
    double *paths = skuai_new(SKUAI_PLAN_PATHS * H, sizeof *paths);
    skuai_stock_outlook *outlook;
    skuai_stock_order best;
    skua_error own = {0};
    skua_status status = arena && paths ? SKUA_OK : skuai_error_memory(err, "a plan");
    if (status == SKUA_OK && w->limited && isnan(unit_money(p)))
        status = skuai_error_set(&own, SKUA_EDATA,
                                 "%s: neither cost nor price is known, so that a "
                                 "budget cannot hold it",
                                 p->name);
    if (status == SKUA_OK) status = skuai_stock_item_check(&p->terms, &own);
    if (status == SKUA_OK)
        status = skuai_plan_paths(live->panel, live->forecast, p, w->seed, paths, &own);
    if (status == SKUA_OK)
        status = skuai_stock_outlook_new(&p->terms, paths, SKUAI_PLAN_PATHS, H,
                                         w->seed + live->panel->base[p->series[0]], arena, &outlook,
                                         &own);
    if (status == SKUA_OK) status = skuai_stock_decide(outlook, &w->plan->rule, &best, &own);
    if (status == SKUA_OK) list_choices(a, &p->terms, outlook, &best, w->limited);
    if (status == SKUA_EDATA || status == SKUA_ERANGE) { /* of this place alone */
        (void)snprintf(a->problem, sizeof a->problem, "%.190s", own.message);
        status = SKUA_OK;
    } else if (status != SKUA_OK && own.code != SKUA_OK && err) {
        *err = own;
    }
    skuai_free(paths);
    skuai_arena_free(arena);
    return status;
}

/* -- Budget ------------------------------------------------------------------------------------ */

/* What the orders would take without the budget, the least of them, and how many it cuts. */
typedef struct budget_need {
    double needed, least; /* least: INFINITY, nothing is to be ordered */
    size_t cut;
} budget_need;

static budget_need need_of(const skuai_plan *plan, const answer *answers) {
    budget_need need = {.least = (double)INFINITY};
    for (size_t i = 0; i < plan->supply.n; i++) {
        const answer *a = &answers[i];
        if (a->n < 2) continue;
        double money = unit_money(&plan->supply.places[i]);
        need.needed += a->orders[a->n - 1].order * money;
        need.least = fmin(need.least, a->orders[1].order * money);
        need.cut += a->chosen + 1 < a->n;
    }
    return need;
}

static skua_status keep_budget(const skuai_plan *plan, answer *answers, double budget,
                               skuai_choice_plan *found, skua_error *err) {
    size_t n = plan->supply.n, n_choices = 0, groups = 0;
    skuai_choice *choices = skuai_new(n * CHOICES, sizeof *choices);
    skuai_choice_use *uses = skuai_new(n * CHOICES, sizeof *uses);
    size_t *chosen = skuai_new(n, sizeof *chosen), *place = skuai_new(n, sizeof *place);
    skuai_choice_limit limit = {"budget", budget};
    skuai_mip_options options = {.seconds = 60, .gap = 1e-4};
    skua_status status =
        choices && uses && chosen && place ? SKUA_OK : skuai_error_memory(err, "a plan");
    for (size_t i = 0; i < n && status == SKUA_OK; i++) {
        if (answers[i].n == 0) continue;
        double money = unit_money(&plan->supply.places[i]);
        for (size_t k = 0; k < answers[i].n; k++) {
            uses[n_choices] = (skuai_choice_use){0, answers[i].orders[k].order * money};
            choices[n_choices] = (skuai_choice){groups, answers[i].gain[k], &uses[n_choices], 1};
            n_choices++;
        }
        place[groups++] = i;
    }
    if (status == SKUA_OK && groups > 0)
        status = skuai_choice_plan_find(choices, n_choices, groups, &limit, 1, &options, chosen,
                                        found, err);
    for (size_t g = 0, first = 0; g < groups && status == SKUA_OK; g++) {
        answers[place[g]].chosen = chosen[g] - first;
        first += answers[place[g]].n;
    }
    skuai_free(choices);
    skuai_free(uses);
    skuai_free(chosen);
    skuai_free(place);
    return status;
}

/* -- What is told ------------------------------------------------------------------------------ */

typedef struct line {
    const skuai_supply_place *place;
    const answer *answer;
    double periods_left, gain;
} line;

static int by_urgency(const void *a, const void *b) {
    const line *x = a, *y = b;
    if (x->periods_left != y->periods_left) return x->periods_left < y->periods_left ? -1 : 1;
    if (x->gain != y->gain) return x->gain > y->gain ? -1 : 1;
    return strcmp(x->place->name, y->place->name);
}

static bool is_short(const skuai_stock_order *o) {
    return o->short_before >= 0.5;
}

static bool is_dead(const skuai_supply_place *p, const skuai_stock_order *o) {
    return o->excess > 0 && o->excess >= 0.25 * (p->terms.on_hand + p->due);
}

static void put_line(skuai_json_writer *w, const skuai_plan *plan, const line *l) {
    const skuai_supply_place *p = l->place;
    const skuai_stock_order *o = &l->answer->orders[l->answer->chosen];
    skuai_json_object(w, NULL);
    skuai_json_text(w, "item", p->item);
    skuai_json_text(w, "title", skuai_titles_find(plan->titles, p->item));
    skuai_json_text(w, "location", p->location);
    skuai_json_array(w, "channels");
    for (size_t c = 0; c < p->n_series; c++)
        skuai_json_text(w, NULL, skuai_series_text(plan->live.panel, p->series[c], "channel", ""));
    skuai_json_close(w);
    skuai_json_number(w, "order", o->order);
    skuai_json_number(w, "money", o->order > 0 ? o->order * unit_money(p) : 0);
    skuai_json_number(w, "on_hand", p->terms.on_hand);
    skuai_json_number(w, "on_order", p->due);
    skuai_json_number(w, "order_up_to", o->order_up_to);
    skuai_json_number(w, "reorder_point", o->reorder_point);
    skuai_json_number(w, "wanted", o->wanted);
    skuai_json_integer(w, "covers", (int64_t)o->covers);
    skuai_json_number(w, "demand", o->demand);
    skuai_json_number(w, "lead_time", p->terms.lead_time);
    skuai_json_number(w, "periods_left", o->periods_left);
    skuai_json_number(w, "short_before", o->short_before);
    skuai_json_number(w, "short_without", o->short_without);
    skuai_json_number(w, "short_after", o->short_after);
    skuai_json_number(w, "lost_after", o->lost_after);
    skuai_json_number(w, "spoil", o->spoil);
    skuai_json_number(w, "excess", o->excess);
    skuai_json_number(w, "saves", o->cost_none - o->cost_order);
    skuai_json_text(w, "warning", is_short(o) ? "stock-out" : is_dead(p, o) ? "dead stock" : NULL);
    skuai_json_text(w, "assumed", p->assumed);
    skuai_json_close(w);
}

static void put_totals(skuai_json_writer *w, const line *lines, size_t n) {
    size_t orders = 0, shorts = 0, dead = 0;
    double money = 0, saves = 0, excess = 0;
    for (size_t i = 0; i < n; i++) {
        const skuai_stock_order *o = &lines[i].answer->orders[lines[i].answer->chosen];
        double unit = unit_money(lines[i].place);
        orders += o->order > 0;
        shorts += is_short(o);
        if (o->order > 0) {
            money += isnan(unit) ? 0 : o->order * unit;
            saves += o->cost_none - o->cost_order;
        }
        if (!is_dead(lines[i].place, o)) continue;
        dead++;
        excess += isnan(unit) ? 0 : o->excess * unit;
    }
    skuai_json_integer(w, "places", (int64_t)n);
    skuai_json_integer(w, "orders", (int64_t)orders);
    skuai_json_number(w, "money", money);
    skuai_json_number(w, "saves", saves);
    skuai_json_integer(w, "stockouts", (int64_t)shorts);
    skuai_json_integer(w, "dead", (int64_t)dead);
    skuai_json_number(w, "dead_money", excess);
}

static void put_budget(skuai_json_writer *w, double budget, const skuai_plan *plan,
                       const answer *answers, const skuai_choice_plan *found) {
    budget_need need = need_of(plan, answers);
    skuai_json_object(w, "budget");
    skuai_json_number(w, "most", budget);
    skuai_json_number(w, "needed", need.needed);
    skuai_json_number(w, "least", isfinite(need.least) ? need.least : 0);
    skuai_json_integer(w, "cut", (int64_t)need.cut);
    skuai_json_number(w, "gain", found->gain);
    skuai_json_number(w, "bound", found->bound);
    skuai_json_number(w, "gap", found->gap);
    skuai_json_close(w);
}

static void put_problems(skuai_json_writer *w, const skuai_plan *plan, const answer *answers) {
    skuai_json_array(w, "problems");
    for (size_t i = 0; i < plan->supply.n; i++)
        if (answers[i].problem[0]) skuai_json_text(w, NULL, answers[i].problem);
    skuai_json_close(w);
}

static void csv_text(skuai_buffer *b, const char *text) {
    if (!strpbrk(text, ",\"\n\r")) {
        skuai_buffer_text(b, text);
        return;
    }
    skuai_buffer_text(b, "\"");
    for (; *text; text++)
        skuai_buffer_format(b, *text == '"' ? "\"\"" : "%c", *text);
    skuai_buffer_text(b, "\"");
}

static skua_status write_csv(const char *path, const line *lines, size_t n, skua_error *err) {
    skuai_buffer b;
    skuai_buffer_init(&b, SIZE_MAX);
    skuai_buffer_text(&b, "item,location,order,on_hand,on_order,order_up_to,reorder_point,demand,"
                          "periods_left,short_before,short_without,short_after,excess,warning\n");
    for (size_t i = 0; i < n; i++) {
        const skuai_supply_place *p = lines[i].place;
        const skuai_stock_order *o = &lines[i].answer->orders[lines[i].answer->chosen];
        csv_text(&b, p->item);
        skuai_buffer_text(&b, ",");
        csv_text(&b, p->location);
        skuai_buffer_format(&b, ",%g,%g,%g,%g,%g,%g,", o->order, p->terms.on_hand, p->due,
                            o->order_up_to, o->reorder_point, o->demand);
        if (isfinite(o->periods_left)) skuai_buffer_format(&b, "%g", o->periods_left);
        skuai_buffer_format(&b, ",%g,%g,%g,%g,%s\n", o->short_before, o->short_without,
                            o->short_after, o->excess,
                            is_short(o)     ? "stock-out"
                            : is_dead(p, o) ? "dead stock"
                                            : "");
    }
    skua_status status = skuai_buffer_check(&b, err);
    if (status == SKUA_OK) status = skuai_file_write(path, b.data, b.size, err);
    skuai_buffer_clear(&b);
    return status;
}

static skua_status tell(const skuai_plan *plan, const answer *answers, double budget,
                        const skuai_choice_plan *found, const char *output, char **report,
                        skua_error *err) {
    size_t n = 0;
    char text[SKUAI_PERIOD_TEXT_SIZE];
    line *lines = skuai_new(plan->supply.n, sizeof *lines);
    if (!lines) return skuai_error_memory(err, "a report");
    for (size_t i = 0; i < plan->supply.n; i++)
        if (answers[i].n > 0) {
            const skuai_stock_order *o = &answers[i].orders[answers[i].chosen];
            lines[n++] = (line){&plan->supply.places[i], &answers[i], o->periods_left,
                                o->cost_none - o->cost_order};
        }
    qsort(lines, n, sizeof *lines, by_urgency);
    skua_status status = output ? write_csv(output, lines, n, err) : SKUA_OK;
    skuai_report r;
    skuai_report_begin(&r, "plan");
    skuai_json_text(&r.json, "what", "stock");
    skuai_json_text(&r.json, "model", plan->model);
    skuai_json_text(
        &r.json, "from",
        skuai_period_text(&plan->live.panel->grid, plan->live.forecast->first[0], text));
    skuai_json_text(&r.json, "period", skuai_frequency_name(plan->live.panel->grid.frequency));
    skuai_json_integer(&r.json, "horizon", (int64_t)plan->live.forecast->horizon);
    skuai_json_integer(&r.json, "review", (int64_t)plan->review);
    put_totals(&r.json, lines, n);
    skuai_json_integer(&r.json, "without_supply", (int64_t)plan->supply.n_without);
    if (budget > 0) put_budget(&r.json, budget, plan, answers, found);
    skuai_json_text(&r.json, "output", output);
    skuai_json_array(&r.json, "lines");
    for (size_t i = 0; i < n; i++)
        put_line(&r.json, plan, &lines[i]);
    skuai_json_close(&r.json);
    put_problems(&r.json, plan, answers);
    skuai_free(lines);
    return skuai_report_end(&r, status, report, err);
}

/* -- The plan ---------------------------------------------------------------------------------- */

/* Periods that a forecast must reach: lead times and a review, and shelf lives that may bite. */
static size_t needed_horizon(const skua_shop *shop, const skuai_plan *plan) {
    const skuai_grid *grid = &plan->history.panel->grid;
    const skuai_table *t = plan->supply.rows;
    double days = 365.25 / skuai_grid_periods_in_year(grid), most = 0;
    const double *lead = t->columns[skuai_table_find(t, "lead_time")].doubles;
    const double *sd = t->columns[skuai_table_find(t, "lead_time_sd")].doubles;
    const double *life = t->columns[skuai_table_find(t, "shelf_life")].doubles;
    for (size_t r = 0; r < t->n_rows; r++) {
        double l = lead[r] > 0 ? lead[r] / days : 1, cover = (double)plan->review;
        if (sd[r] > 0) l += 3.1 * sd[r] / days;
        if (life[r] > 0 && life[r] / days <= 60) cover = fmax(cover, life[r] / days);
        most = fmax(most, l + cover + 1);
    }
    size_t usual = skuai_shop_horizon(shop, grid);
    return most > 1040 ? 1040 : most > (double)usual ? (size_t)ceil(most) : usual;
}

skua_status skuai_plan_stock(skua_shop *shop, const char *output, char **report, skua_error *err) {
    skuai_plan plan;
    skuai_context context = skuai_shop_context(shop, false);
    double budget = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_budget);
    skuai_choice_plan found = {.feasible = true};
    answer *answers = NULL;
    SKUA_TRY(skuai_plan_read(shop, &plan, err));
    skua_status status = skuai_plan_forecast(shop, plan.history.panel, needed_horizon(shop, &plan),
                                             &plan.live, plan.model, err);
    if (status == SKUA_OK)
        status = skuai_supply_places(
            &plan.supply, plan.live.panel, plan.live.forecast->first[0], plan.review,
            skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_order_cost), err);
    if (status == SKUA_OK && plan.supply.n == 0)
        status =
            skuai_error_set(err, SKUA_EDATA,
                            "no item of the table supply is among the %zu series that sell: are "
                            "items named alike in both?",
                            plan.live.panel->n_series);
    if (status == SKUA_OK) {
        answers = skuai_zero(plan.supply.n, sizeof *answers);
        work w = {&plan, answers, context.seed, budget > 0};
        status = answers ? SKUA_OK : skuai_error_memory(err, "a plan");
        if (status == SKUA_OK)
            status = skuai_parallel_for(&context, "orders", plan.supply.n, decide_place, &w, err);
    }
    if (status == SKUA_OK && budget > 0) status = keep_budget(&plan, answers, budget, &found, err);
    if (status == SKUA_OK) status = tell(&plan, answers, budget, &found, output, report, err);
    skuai_free(answers);
    skuai_plan_clear(&plan);
    return status;
}
