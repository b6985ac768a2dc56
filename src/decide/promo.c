#include "decide/promo.h"

#include "decide/promo_solve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- What a promotion is worth ----------------------------------------------------------------- */

void skuai_promo_value(const skuai_promo_item *i, const skuai_promo_options *o,
                       skuai_promo_action *a) {
    double cut = log1p(-a->depth), mean = i->elasticity * cut + i->shown;
    double variance = i->elasticity_se * i->elasticity_se * cut * cut + i->shown_se * i->shown_se;
    double factor = exp(mean + variance / 2), spread = factor * sqrt(expm1(variance));
    double margin = i->price * (1 - a->depth) - i->cost;
    double slope = margin - i->pull_forward * (i->price - i->cost) + i->others;
    a->units = a->gain = a->deviation = a->given = 0;
    for (size_t w = a->week; w < a->week + o->length && w < o->weeks; w++) {
        double b = i->demand[w];
        a->units += b * (factor - 1);
        a->gain += b * ((factor - 1) * slope - a->depth * i->price) - i->fixed;
        a->deviation +=
            b * fabs(slope) * spread; /* one error of the item: the weeks move together */
        a->given += b * factor * i->price * a->depth + i->fixed;
    }
}

static bool allowed(const skuai_promo_item *i, const skuai_promo_options *o, size_t week,
                    double depth) {
    if (week + o->length > o->weeks) return false;
    if (i->price * (1 - depth) < i->cost * (1 + o->least_margin) * (1 - 1e-12)) return false;
    for (size_t w = week; w < week + o->length; w++)
        if ((i->blocked && i->blocked[w]) || (o->blocked && o->blocked[w])) return false;
    return true;
}

/* -- Checks ------------------------------------------------------------------------------------ */

static skua_status check_options(const skuai_promo_options *o, skua_error *err) {
    const struct {
        const char *rule;
        double value;
        bool good;
    } rules[] = {
        {"weeks must be 1 to 104", (double)o->weeks,
         o->weeks >= 1 && o->weeks <= SKUAI_PROMO_WEEKS},
        {"length must be 1 week to all", (double)o->length,
         o->length >= 1 && o->length <= o->weeks},
        {"times an item must be 0 to 12", (double)o->most_per_item,
         o->most_per_item <= SKUAI_PROMO_TIMES},
        {"depths must be 1 to 16", (double)o->n_depths,
         o->n_depths >= 1 && o->n_depths <= SKUAI_PROMO_DEPTHS},
        {"budget must be >= 0", o->budget, o->budget >= 0},
        {"least margin must be > -1", o->least_margin,
         o->least_margin > -1 && isfinite(o->least_margin)},
        {"caution must be >= 0", o->caution, o->caution >= 0 && isfinite(o->caution)},
        {"channels must be at least 1", (double)o->n_channels, o->n_channels >= 1},
        {"brands must be at least 1", (double)o->n_brands, o->n_brands >= 1},
    };
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        if (!rules[r].good)
            return skuai_error_set(err, SKUA_EINVAL, "promotions: %s, and is %g", rules[r].rule,
                                   rules[r].value);
    for (size_t d = 0; d < o->n_depths; d++)
        if (!(o->depths[d] >= 0 && o->depths[d] < 1 && (d == 0 || o->depths[d] > o->depths[d - 1])))
            return skuai_error_set(err, SKUA_EINVAL,
                                   "promotions: depths must increase from 0 to below 1, and depth "
                                   "%zu is %g",
                                   d + 1, o->depths[d]);
    return SKUA_OK;
}

static skua_status check_item(const skuai_promo_item *i, const skuai_promo_options *o,
                              skua_error *err) {
    const struct {
        const char *rule;
        double value;
        bool good;
    } rules[] = {
        {"price must be above 0", i->price, i->price > 0 && isfinite(i->price)},
        {"cost must be >= 0", i->cost, i->cost >= 0 && isfinite(i->cost)},
        {"elasticity must be a number", i->elasticity, isfinite(i->elasticity)},
        {"error of the elasticity must be 0 to 5", i->elasticity_se,
         i->elasticity_se >= 0 && i->elasticity_se <= 5},
        {"effect of being shown must be a number", i->shown, isfinite(i->shown)},
        {"its error must be 0 to 2", i->shown_se, i->shown_se >= 0 && i->shown_se <= 2},
        {"share pulled forward must be 0 to 1", i->pull_forward,
         i->pull_forward >= 0 && i->pull_forward <= 1},
        {"effect on others must be a number", i->others, isfinite(i->others)},
        {"fixed cost must be >= 0", i->fixed, i->fixed >= 0 && isfinite(i->fixed)},
        {"brand must be below the number of brands", (double)i->brand, i->brand < o->n_brands},
        {"channel must be below the number of channels", (double)i->channel,
         i->channel < o->n_channels},
    };
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        if (!rules[r].good)
            return skuai_error_set(err, SKUA_EDATA, "%s: %s, and is %g", i->name, rules[r].rule,
                                   rules[r].value);
    for (size_t w = 0; w < o->weeks; w++)
        if (!(i->demand[w] >= 0 && isfinite(i->demand[w])))
            return skuai_error_set(err, SKUA_EDATA,
                                   "%s: demand of week %zu must be >= 0, and is %g", i->name, w + 1,
                                   i->demand[w]);
    return SKUA_OK;
}

static skua_status check_agreed(const skuai_promo_options *o, size_t n, skua_error *err) {
    for (size_t k = 0; k < o->n_agreed; k++) {
        const skuai_promo_action *a = &o->agreed[k];
        if (a->item >= n || a->week >= o->weeks || !(a->depth >= 0 && a->depth < 1))
            return skuai_error_set(err, SKUA_EINVAL,
                                   "promotions: agreed promotion %zu is of item %zu in week %zu at "
                                   "depth %g: need an item of the %zu, one of the %zu weeks and a "
                                   "depth below 1",
                                   k + 1, a->item, a->week + 1, a->depth, n, o->weeks);
    }
    return SKUA_OK;
}

/* -- What is agreed ---------------------------------------------------------------------------- */

typedef struct settled {
    skuai_promo_action *list; /* [n_agreed] valued */
    bool *kept;
} settled;

static bool take_agreed(skuai_promo_problem *p, const skuai_promo_action *a) {
    const skuai_promo_options *o = p->options;
    const skuai_promo_item *i = &p->items[a->item];
    if (a->given > p->most.budget) return false;
    for (int take = 0; take < 2; take++)
        for (size_t w = a->week; w < a->week + o->length && w < o->weeks; w++) {
            double *slot = &p->most.slots[i->channel * o->weeks + w];
            double *brand = &p->most.brands[(i->brand * o->n_channels + i->channel) * o->weeks + w];
            if (take)
                *slot -= 1, *brand -= 1;
            else if ((o->slots && *slot < 1) || (o->brand_most && *brand < 1))
                return false;
        }
    p->most.budget -= a->given;
    return true;
}

/* The first rule that all agreed promotions together break; where none does, "" . */
static void find_broken(const skuai_promo_problem *p, const skuai_promo_action *list,
                        skuai_promo_plan *plan) {
    const skuai_promo_options *o = p->options;
    double given = 0, most = -1;
    for (size_t k = 0; k < o->n_agreed; k++) {
        given += list[k].given;
        if (list[k].given > most) most = list[k].given, plan->culprit = k;
    }
    if (given > o->budget) {
        plan->rule = "budget";
        plan->needed = given;
        return;
    }
    for (int brands = 0; brands < 2; brands++)
        for (size_t k = 0; k < o->n_agreed && (brands ? o->brand_most : o->slots); k++) {
            const skuai_promo_item *i = &p->items[list[k].item];
            size_t same = 0;
            for (size_t l = 0; l < o->n_agreed; l++) {
                const skuai_promo_item *j = &p->items[list[l].item];
                bool meets = list[l].week < list[k].week + o->length &&
                             list[k].week < list[l].week + o->length;
                same += meets && j->channel == i->channel && (!brands || j->brand == i->brand);
            }
            if (same <= (brands ? o->brand_most : o->slots)) continue;
            plan->rule = brands ? "brand" : "slots";
            plan->needed = (double)same;
            plan->culprit = k;
            return;
        }
}

typedef struct worth {
    double value;
    size_t index;
} worth;

static int by_worth(const void *a, const void *b) {
    const worth *x = a, *y = b;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Agreed promotions take their share of the limits, the most valuable a unit of money first; those
 * that no longer fit are dropped. Their weeks, and the gaps around them, are closed to the plan. */
static skua_status settle(skuai_promo_problem *p, settled *s, skuai_promo_plan *plan,
                          skua_error *err) {
    const skuai_promo_options *o = p->options;
    worth *order = skuai_arena_take(p->arena, o->n_agreed, sizeof *order);
    s->list = skuai_arena_take(p->arena, o->n_agreed, sizeof *s->list);
    s->kept = skuai_arena_take_zero(p->arena, o->n_agreed, sizeof *s->kept);
    if (!order || !s->list || !s->kept) return skuai_error_memory(err, "a plan");
    for (size_t k = 0; k < o->n_agreed; k++) {
        skuai_promo_action *a = &s->list[k];
        *a = o->agreed[k];
        skuai_promo_value(&p->items[a->item], o, a);
        order[k] = (worth){(a->gain - o->caution * a->deviation) / fmax(a->given, 1e-9), k};
    }
    qsort(order, o->n_agreed, sizeof *order, by_worth);
    for (size_t k = 0; k < o->n_agreed; k++) {
        s->kept[order[k].index] = take_agreed(p, &s->list[order[k].index]);
        plan->dropped += !s->kept[order[k].index];
    }
    plan->feasible = plan->dropped == 0;
    if (!plan->feasible) find_broken(p, s->list, plan);
    return SKUA_OK;
}

static void close_weeks(skuai_promo_problem *p, const skuai_promo_action *a) {
    const skuai_promo_options *o = p->options;
    size_t reach = o->length + o->gap, from = a->week + 1 > reach ? a->week + 1 - reach : 0;
    for (size_t w = from; w < a->week + reach && w < o->weeks; w++)
        for (size_t d = 0; d < o->n_depths; d++)
            p->cells[(a->item * o->weeks + w) * o->n_depths + d].value = -INFINITY;
}

/* -- The problem ------------------------------------------------------------------------------- */

static skua_status fill(skuai_promo_problem *p, skua_error *err) {
    const skuai_promo_options *o = p->options;
    size_t cells = 0, per = o->weeks * o->n_depths;
    if (skuai_size_mul(p->n, per, &cells))
        p->cells = skuai_arena_take(p->arena, cells, sizeof *p->cells);
    if (!p->cells || !skuai_promo_limits_new(p, &p->most) || !p->most.slots || !p->most.brands)
        return skuai_error_memory(err, "a plan of promotions");
    p->most.budget = o->budget;
    for (size_t k = 0; k < p->most.n_slots; k++)
        p->most.slots[k] = (double)o->slots;
    for (size_t k = 0; k < p->most.n_brands; k++)
        p->most.brands[k] = (double)o->brand_most;
    for (size_t i = 0; i < p->n; i++)
        for (size_t c = 0; c < per; c++) {
            skuai_promo_action a = {
                .item = i, .week = c / o->n_depths, .depth = o->depths[c % o->n_depths]};
            skuai_promo_cell *cell = &p->cells[i * per + c];
            *cell = (skuai_promo_cell){-INFINITY, 0};
            if (!allowed(&p->items[i], o, a.week, a.depth)) continue;
            skuai_promo_value(&p->items[i], o, &a);
            double value = a.gain - o->caution * a.deviation;
            if (value > 0) *cell = (skuai_promo_cell){(float)value, (float)a.given};
        }
    return SKUA_OK;
}

static int by_item(const void *a, const void *b) {
    const skuai_promo_action *x = a, *y = b;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    return (x->week > y->week) - (x->week < y->week);
}

static skua_status collect(const skuai_promo_problem *p, const settled *s,
                           const skuai_promo_schedule *schedules, skuai_promo_plan *plan,
                           skua_error *err) {
    const skuai_promo_options *o = p->options;
    size_t n = o->n_agreed;
    for (size_t i = 0; i < p->n; i++)
        n += schedules[i].n;
    plan->actions = skuai_new(n, sizeof *plan->actions);
    if (!plan->actions) return skuai_error_memory(err, "a plan");
    for (size_t k = 0; k < o->n_agreed; k++)
        if (s->kept[k]) plan->actions[plan->n++] = s->list[k];
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < schedules[i].n; k++) {
            skuai_promo_action *a = &plan->actions[plan->n++];
            *a = (skuai_promo_action){
                .item = i, .week = schedules[i].week[k], .depth = o->depths[schedules[i].depth[k]]};
            skuai_promo_value(&p->items[i], o, a);
        }
    qsort(plan->actions, plan->n, sizeof *plan->actions, by_item);
    double squares = 0, own = 0;
    for (size_t k = 0; k < plan->n; k++) {
        const skuai_promo_action *a = &plan->actions[k];
        plan->gain += a->gain;
        plan->given += a->given;
        own = k > 0 && a[-1].item == a->item ? own + a->deviation : a->deviation;
        if (k + 1 == plan->n || a[1].item != a->item) squares += own * own;
    }
    plan->deviation = sqrt(squares);
    return SKUA_OK;
}

skua_status skuai_promo_find(const skuai_promo_item *items, size_t n,
                             const skuai_promo_options *options, const skuai_context *context,
                             skuai_promo_plan **made, skua_error *err) {
    SKUA_TRY(check_options(options, err));
    for (size_t i = 0; i < n; i++)
        SKUA_TRY(check_item(&items[i], options, err));
    SKUA_TRY(check_agreed(options, n, err));
    skuai_promo_plan *plan = skuai_zero(1, sizeof *plan);
    skuai_arena *arena = skuai_arena_new(1 << 20);
    settled s = {0};
    skuai_promo_problem p = {
        .items = items, .options = options, .n = n, .context = context, .arena = arena};
    skuai_promo_schedule *schedules = arena ? skuai_arena_take(arena, n, sizeof *schedules) : NULL;
    skua_status status = plan && schedules ? SKUA_OK : skuai_error_memory(err, "a plan");
    if (status == SKUA_OK) {
        plan->feasible = true;
        plan->rule = "";
        status = fill(&p, err);
    }
    if (status == SKUA_OK) status = settle(&p, &s, plan, err);
    for (size_t k = 0; k < options->n_agreed && status == SKUA_OK; k++)
        if (s.kept[k]) close_weeks(&p, &s.list[k]);
    if (status == SKUA_OK)
        status =
            skuai_promo_solve(&p, schedules, &plan->value, &plan->bound, &plan->by_master, err);
    if (status == SKUA_OK) status = collect(&p, &s, schedules, plan, err);
    if (status == SKUA_OK) {
        for (size_t k = 0; k < options->n_agreed; k++) {
            if (!s.kept[k]) continue;
            plan->value += s.list[k].gain - options->caution * s.list[k].deviation;
            plan->bound += s.list[k].gain - options->caution * s.list[k].deviation;
        }
        plan->gap = fmax(0, plan->bound - plan->value) / fmax(1, fabs(plan->bound));
        *made = plan;
    } else {
        skuai_promo_free(plan);
    }
    skuai_arena_free(arena);
    return status;
}

void skuai_promo_free(skuai_promo_plan *plan) {
    if (!plan) return;
    skuai_free(plan->actions);
    skuai_free(plan);
}
