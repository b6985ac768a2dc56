#include "decide/promo_solve.h"

#include "decide/choice_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64, ITERATIONS = 150, COLUMNS = 6, PLAN_EVERY = 25 };

bool skuai_promo_limits_new(const skuai_promo_problem *p, skuai_promo_limits *l) {
    const skuai_promo_options *o = p->options;
    l->budget = 0;
    l->n_slots = o->n_channels * o->weeks;
    l->n_brands = o->n_brands * o->n_channels * o->weeks;
    l->slots = skuai_arena_take_zero(p->arena, l->n_slots, sizeof *l->slots);
    l->brands = skuai_arena_take_zero(p->arena, l->n_brands, sizeof *l->brands);
    return l->slots && l->brands;
}

static void limits_copy(const skuai_promo_limits *from, skuai_promo_limits *to) {
    to->budget = from->budget;
    memcpy(to->slots, from->slots, from->n_slots * sizeof *to->slots);
    memcpy(to->brands, from->brands, from->n_brands * sizeof *to->brands);
}

static size_t slot_of(const skuai_promo_problem *p, size_t item, size_t week) {
    return p->items[item].channel * p->options->weeks + week;
}

static size_t brand_of(const skuai_promo_problem *p, size_t item, size_t week) {
    const skuai_promo_item *i = &p->items[item];
    return (i->brand * p->options->n_channels + i->channel) * p->options->weeks + week;
}

static const skuai_promo_cell *cell_of(const skuai_promo_problem *p, size_t item, size_t week,
                                       size_t depth) {
    return skuai_promo_cells(p, item) + week * p->options->n_depths + depth;
}

void skuai_promo_use(const skuai_promo_problem *p, size_t item, const skuai_promo_schedule *s,
                     double sign, skuai_promo_limits *used) {
    for (size_t k = 0; k < s->n; k++) {
        used->budget += sign * (double)cell_of(p, item, s->week[k], s->depth[k])->given;
        for (size_t w = s->week[k]; w < s->week[k] + p->options->length; w++) {
            used->slots[slot_of(p, item, w)] += sign;
            used->brands[brand_of(p, item, w)] += sign;
        }
    }
}

static double value_of(const skuai_promo_problem *p, size_t item, const skuai_promo_schedule *s) {
    double value = 0;
    for (size_t k = 0; k < s->n; k++)
        value += (double)cell_of(p, item, s->week[k], s->depth[k])->value;
    return value;
}

/* -- One item ---------------------------------------------------------------------------------- */

/* Best depth of a start at given prices and, where `left` is not NULL, what is left. */
static double best_start(const skuai_promo_problem *p, size_t item, size_t week,
                         const skuai_promo_limits *price, const skuai_promo_limits *left,
                         size_t *depth) {
    const skuai_promo_options *o = p->options;
    double best = -INFINITY, places = 0;
    if (week + o->length > o->weeks) return best;
    for (size_t w = week; w < week + o->length; w++) {
        places += price->slots[slot_of(p, item, w)] + price->brands[brand_of(p, item, w)];
        if (left && ((o->slots && left->slots[slot_of(p, item, w)] < 1) ||
                     (o->brand_most && left->brands[brand_of(p, item, w)] < 1)))
            return best;
    }
    const skuai_promo_cell *c = cell_of(p, item, week, 0);
    for (size_t d = 0; d < o->n_depths; d++) {
        double given = (double)c[d].given,
               value = (double)c[d].value - places - price->budget * given;
        if (left && given > left->budget) continue;
        if (value > best) best = value, *depth = d;
    }
    return best;
}

/* An item's best schedule by dynamic programming: most[w][k] is the best of starts from week w on
 * with k of them left. Returns its value. */
static double best_schedule(const skuai_promo_problem *p, size_t item,
                            const skuai_promo_limits *price, const skuai_promo_limits *left,
                            skuai_promo_schedule *s) {
    const skuai_promo_options *o = p->options;
    double most[SKUAI_PROMO_WEEKS + 1][SKUAI_PROMO_TIMES + 1], start[SKUAI_PROMO_WEEKS];
    uint8_t depth[SKUAI_PROMO_WEEKS];
    size_t W = o->weeks, K = o->most_per_item, step = o->length + o->gap;
    for (size_t k = 0; k <= K; k++)
        most[W][k] = 0;
    for (size_t w = W; w-- > 0;) {
        size_t d = 0, next = w + step < W ? w + step : W;
        start[w] = best_start(p, item, w, price, left, &d);
        depth[w] = (uint8_t)d;
        most[w][0] = 0;
        for (size_t k = 1; k <= K; k++)
            most[w][k] = fmax(most[w + 1][k], start[w] + most[next][k - 1]);
    }
    s->n = 0;
    for (size_t w = 0, k = K; w < W && k > 0;) {
        if (!(most[w][k] > most[w + 1][k])) {
            w++;
            continue;
        }
        s->week[s->n] = (uint8_t)w;
        s->depth[s->n++] = depth[w];
        k--;
        w = w + step < W ? w + step : W;
    }
    return most[0][K];
}

/* -- All items at one price -------------------------------------------------------------------- */

typedef struct pass {
    const skuai_promo_problem *p;
    const skuai_promo_limits *price;
    skuai_promo_schedule *schedules;
    double *values;
} pass;

static skua_status pass_chunk(void *argument, size_t chunk, int worker, skua_error *err) {
    (void)worker, (void)err;
    pass *a = argument;
    size_t to = (chunk + 1) * CHUNK < a->p->n ? (chunk + 1) * CHUNK : a->p->n;
    for (size_t i = chunk * CHUNK; i < to; i++)
        a->values[i] = best_schedule(a->p, i, a->price, NULL, &a->schedules[i]);
    return SKUA_OK;
}

typedef struct relaxation {
    const skuai_promo_problem *p;
    skuai_promo_limits price, best_price, used, left;
    skuai_promo_schedule *now;     /* [n] at the price */
    skuai_promo_schedule *plan;    /* [n] of a plan under way */
    skuai_promo_schedule *best;    /* [n] of the best plan */
    double *values;                /* [n] */
    size_t *order;                 /* [n] */
    skuai_promo_schedule *columns; /* [n, COLUMNS] distinct, the latest last */
    uint8_t *n_columns;            /* [n] */
    double bound, value;
} relaxation;

static bool relaxation_new(const skuai_promo_problem *p, relaxation *r) {
    skuai_arena *a = p->arena;
    *r = (relaxation){.p = p, .bound = INFINITY};
    r->now = skuai_arena_take_zero(a, p->n, sizeof *r->now);
    r->plan = skuai_arena_take_zero(a, p->n, sizeof *r->plan);
    r->best = skuai_arena_take_zero(a, p->n, sizeof *r->best);
    r->values = skuai_arena_take_zero(a, p->n, sizeof *r->values);
    r->order = skuai_arena_take(a, p->n, sizeof *r->order);
    r->columns = skuai_arena_take_zero(a, p->n, COLUMNS * sizeof *r->columns);
    r->n_columns = skuai_arena_take_zero(a, p->n, sizeof *r->n_columns);
    return r->now && r->plan && r->best && r->values && r->order && r->columns && r->n_columns &&
           skuai_promo_limits_new(p, &r->price) && skuai_promo_limits_new(p, &r->best_price) &&
           skuai_promo_limits_new(p, &r->used) && skuai_promo_limits_new(p, &r->left);
}

static bool same_schedule(const skuai_promo_schedule *a, const skuai_promo_schedule *b) {
    return a->n == b->n && memcmp(a->week, b->week, a->n) == 0 &&
           memcmp(a->depth, b->depth, a->n) == 0;
}

static void keep_column(relaxation *r, size_t item, const skuai_promo_schedule *s) {
    skuai_promo_schedule *list = r->columns + item * COLUMNS;
    size_t n = r->n_columns[item];
    for (size_t k = 0; k < n; k++)
        if (same_schedule(&list[k], s)) {
            memmove(list + k, list + k + 1, (n - k - 1) * sizeof *list);
            list[n - 1] = *s;
            return;
        }
    if (n == COLUMNS) {
        memmove(list, list + 1, (COLUMNS - 1) * sizeof *list);
        n--;
    }
    list[n] = *s;
    r->n_columns[item] = (uint8_t)(n + 1);
}

/* The relaxation's value at the price; schedules and use with it. */
static skua_status evaluate(relaxation *r, double *value, skua_error *err) {
    const skuai_promo_problem *p = r->p;
    pass a = {p, &r->price, r->now, r->values};
    SKUA_TRY(skuai_parallel_for(p->context, NULL, (p->n + CHUNK - 1) / CHUNK, pass_chunk, &a, err));
    r->used.budget = 0;
    memset(r->used.slots, 0, r->used.n_slots * sizeof *r->used.slots);
    memset(r->used.brands, 0, r->used.n_brands * sizeof *r->used.brands);
    *value = isfinite(p->most.budget) ? r->price.budget * p->most.budget : 0;
    for (size_t k = 0; k < r->price.n_slots; k++)
        *value += r->price.slots[k] * p->most.slots[k];
    for (size_t k = 0; k < r->price.n_brands; k++)
        *value += r->price.brands[k] * p->most.brands[k];
    for (size_t i = 0; i < p->n; i++) {
        *value += r->values[i];
        skuai_promo_use(p, i, &r->now[i], 1, &r->used);
    }
    return SKUA_OK;
}

/* A step of a price against what is used beyond the limit, in units of the limit. */
static double excess(double used, double most, double price) {
    double g = (used - most) / fmax(most, 1);
    return price > 0 || g > 0 ? g : 0;
}

static void step_prices(relaxation *r, double target, double value, double share) {
    const skuai_promo_problem *p = r->p;
    const skuai_promo_options *o = p->options;
    double squares = 0, g;
    bool money = isfinite(p->most.budget);
    if (money) {
        g = excess(r->used.budget, p->most.budget, r->price.budget);
        squares += g * g;
    }
    for (size_t k = 0; o->slots && k < r->price.n_slots; k++) {
        g = excess(r->used.slots[k], p->most.slots[k], r->price.slots[k]);
        squares += g * g;
    }
    for (size_t k = 0; o->brand_most && k < r->price.n_brands; k++) {
        g = excess(r->used.brands[k], p->most.brands[k], r->price.brands[k]);
        squares += g * g;
    }
    if (!(squares > 0)) return;
    double t = share * (value - target) / squares;
    if (money) {
        g = excess(r->used.budget, p->most.budget, r->price.budget);
        r->price.budget = fmax(0, r->price.budget + t * g / fmax(p->most.budget, 1));
    }
    for (size_t k = 0; o->slots && k < r->price.n_slots; k++) {
        g = excess(r->used.slots[k], p->most.slots[k], r->price.slots[k]);
        r->price.slots[k] = fmax(0, r->price.slots[k] + t * g / fmax(p->most.slots[k], 1));
    }
    for (size_t k = 0; o->brand_most && k < r->price.n_brands; k++) {
        g = excess(r->used.brands[k], p->most.brands[k], r->price.brands[k]);
        r->price.brands[k] = fmax(0, r->price.brands[k] + t * g / fmax(p->most.brands[k], 1));
    }
}

/* -- Plans ------------------------------------------------------------------------------------- */

/* Starts that together give more than is left go, the least value a unit of money first. */
static void fit_budget(const skuai_promo_problem *p, size_t item, double left,
                       skuai_promo_schedule *s) {
    for (;;) {
        double given = 0, worst = INFINITY;
        size_t drop = 0;
        for (size_t k = 0; k < s->n; k++) {
            const skuai_promo_cell *c = cell_of(p, item, s->week[k], s->depth[k]);
            double rate = (double)c->value / fmax((double)c->given, 1e-9);
            given += (double)c->given;
            if (rate < worst) worst = rate, drop = k;
        }
        if (s->n == 0 || given <= left) return;
        for (size_t k = drop; k + 1 < s->n; k++)
            s->week[k] = s->week[k + 1], s->depth[k] = s->depth[k + 1];
        s->n--;
    }
}

typedef struct ranked {
    double value;
    size_t item;
} ranked;

static int by_value(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

/* Give every item in turn its best schedule of what is left, at the prices; what it had is given
 * back first. Improves r->plan in place; r->left follows. */
static void improve(relaxation *r, const skuai_promo_limits *price, const ranked *order) {
    const skuai_promo_problem *p = r->p;
    for (size_t k = 0; k < p->n; k++) {
        size_t i = order[k].item;
        skuai_promo_schedule had = r->plan[i], s;
        skuai_promo_use(p, i, &had, 1, &r->left);
        (void)best_schedule(p, i, price, &r->left, &s);
        fit_budget(p, i, r->left.budget, &s);
        if (value_of(p, i, &s) < value_of(p, i, &had)) s = had;
        r->plan[i] = s;
        skuai_promo_use(p, i, &s, -1, &r->left);
    }
}

static double plan_value(const relaxation *r, const skuai_promo_schedule *plan) {
    double value = 0;
    for (size_t i = 0; i < r->p->n; i++)
        value += value_of(r->p, i, &plan[i]);
    return value;
}

static bool keep_best(relaxation *r) {
    double value = plan_value(r, r->plan);
    if (!(value > r->value)) return false;
    r->value = value;
    memcpy(r->best, r->plan, r->p->n * sizeof *r->best);
    return true;
}

/* A plan from the prices: items in order of their value at them, then once more for what is left,
 * at no price. */
static skua_status make_plan(relaxation *r, skua_error *err) {
    const skuai_promo_problem *p = r->p;
    skuai_promo_limits free_price;
    skuai_arena_mark mark = skuai_arena_mark_get(p->arena);
    ranked *order = skuai_arena_take(p->arena, p->n, sizeof *order);
    if (!order || !skuai_promo_limits_new(p, &free_price)) return skuai_error_memory(err, "a plan");
    for (size_t i = 0; i < p->n; i++)
        order[i] = (ranked){r->values[i], i};
    qsort(order, p->n, sizeof *order, by_value);
    memset(r->plan, 0, p->n * sizeof *r->plan);
    limits_copy(&p->most, &r->left);
    improve(r, &r->price, order);
    for (size_t i = 0; i < p->n; i++) {
        skuai_promo_schedule s;
        order[i] = (ranked){best_schedule(p, i, &free_price, NULL, &s), i};
    }
    qsort(order, p->n, sizeof *order, by_value);
    improve(r, &free_price, order);
    (void)keep_best(r);
    skuai_arena_reset(p->arena, mark);
    return SKUA_OK;
}

static skua_status descend(relaxation *r, skua_error *err) {
    const skuai_promo_problem *p = r->p;
    size_t iterations = p->options->iterations ? p->options->iterations : ITERATIONS, since = 0;
    double share = 1;
    for (size_t k = 0; k < iterations; k++) {
        double value;
        skuai_context_progress(p->context, "promotions", (double)k, (double)iterations);
        SKUA_TRY(evaluate(r, &value, err));
        if (value < r->bound * (1 - 1e-12) || isinf(r->bound)) {
            r->bound = value;
            limits_copy(&r->price, &r->best_price);
            since = 0;
        } else if (++since >= 8) {
            share /= 2;
            since = 0;
            limits_copy(&r->best_price, &r->price);
        }
        for (size_t i = 0; k >= iterations / 3 && i < p->n; i++)
            keep_column(r, i, &r->now[i]);
        if (k % PLAN_EVERY == 0) SKUA_TRY(make_plan(r, err));
        if (r->bound - r->value <= 1e-6 * fmax(1, fabs(r->bound))) break;
        step_prices(r, r->value, value, share);
        SKUA_TRY(skuai_context_check(p->context, err));
    }
    double value;
    limits_copy(&r->best_price, &r->price);
    SKUA_TRY(evaluate(r, &value, err));
    for (size_t i = 0; i < p->n; i++)
        keep_column(r, i, &r->now[i]);
    return make_plan(r, err);
}

/* -- The master: one of each item's columns, under all limits ---------------------------------- */

typedef struct master {
    skuai_choice *choices;
    skuai_choice_use *uses;
    size_t n, n_uses, n_groups, n_limits;
    size_t *item;    /* [n_groups] */
    uint8_t *column; /* [n] */
    skuai_choice_limit *limits;
    int32_t *limit_of_slot, *limit_of_brand; /* -1: cannot bind */
} master;

static void add_uses(const relaxation *r, master *m, size_t item, const skuai_promo_schedule *s) {
    const skuai_promo_problem *p = r->p;
    double given = 0;
    for (size_t k = 0; k < s->n; k++) {
        given += (double)cell_of(p, item, s->week[k], s->depth[k])->given;
        for (size_t w = s->week[k]; w < s->week[k] + p->options->length; w++) {
            int32_t slot = m->limit_of_slot[slot_of(p, item, w)];
            int32_t brand = m->limit_of_brand[brand_of(p, item, w)];
            if (slot >= 0) m->uses[m->n_uses++] = (skuai_choice_use){(size_t)slot, 1};
            if (brand >= 0) m->uses[m->n_uses++] = (skuai_choice_use){(size_t)brand, 1};
        }
    }
    if (isfinite(p->most.budget)) m->uses[m->n_uses++] = (skuai_choice_use){0, given};
}

static void add_choice(const relaxation *r, master *m, size_t item, size_t column,
                       const skuai_promo_schedule *s) {
    size_t from = m->n_uses;
    add_uses(r, m, item, s);
    m->choices[m->n] = (skuai_choice){.group = m->n_groups,
                                      .gain = value_of(r->p, item, s),
                                      .uses = m->uses + from,
                                      .n_uses = m->n_uses - from};
    m->column[m->n++] = (uint8_t)column;
}

/* Limits that have a price or are full bind; the others are left out of the programme, and what it
 * finds is checked against all. */
static void add_limits(relaxation *r, master *m) {
    const skuai_promo_problem *p = r->p;
    if (isfinite(p->most.budget))
        m->limits[m->n_limits++] = (skuai_choice_limit){"budget", r->left.budget};
    for (size_t k = 0; k < r->left.n_slots; k++) {
        m->limit_of_slot[k] = -1;
        if (!p->options->slots) continue;
        m->limit_of_slot[k] = (int32_t)m->n_limits;
        m->limits[m->n_limits++] = (skuai_choice_limit){"slots", r->left.slots[k]};
    }
    for (size_t k = 0; k < r->left.n_brands; k++) {
        m->limit_of_brand[k] = -1;
        if (!p->options->brand_most) continue;
        m->limit_of_brand[k] = (int32_t)m->n_limits;
        m->limits[m->n_limits++] = (skuai_choice_limit){"brand", r->left.brands[k]};
    }
}

/* Items whose schedule moved are chosen anew; those that always wanted the same keep the best
 * plan's, whose use is taken off. */
static bool master_fill(relaxation *r, master *m) {
    const skuai_promo_problem *p = r->p;
    skuai_arena *a = p->arena;
    size_t cells = p->n * (COLUMNS + 2);
    size_t uses = cells * (1 + 2 * p->options->length * p->options->most_per_item);
    m->choices = skuai_arena_take(a, cells, sizeof *m->choices);
    m->uses = skuai_arena_take(a, uses, sizeof *m->uses);
    m->column = skuai_arena_take(a, cells, sizeof *m->column);
    m->item = skuai_arena_take(a, p->n, sizeof *m->item);
    m->limits = skuai_arena_take(a, 1 + r->left.n_slots + r->left.n_brands, sizeof *m->limits);
    m->limit_of_slot = skuai_arena_take(a, r->left.n_slots, sizeof *m->limit_of_slot);
    m->limit_of_brand = skuai_arena_take(a, r->left.n_brands, sizeof *m->limit_of_brand);
    if (!m->choices || !m->uses || !m->column || !m->item || !m->limits || !m->limit_of_slot ||
        !m->limit_of_brand)
        return false;
    limits_copy(&p->most, &r->left);
    for (size_t i = 0; i < p->n; i++)
        if (r->n_columns[i] <= 1) skuai_promo_use(p, i, &r->best[i], -1, &r->left);
    add_limits(r, m);
    static const skuai_promo_schedule none = {0};
    for (size_t i = 0; i < p->n; i++) {
        if (r->n_columns[i] <= 1) continue;
        m->item[m->n_groups] = i;
        add_choice(r, m, i, COLUMNS, &none);
        add_choice(r, m, i, COLUMNS + 1, &r->best[i]);
        for (size_t k = 0; k < r->n_columns[i]; k++)
            add_choice(r, m, i, k, &r->columns[i * COLUMNS + k]);
        m->n_groups++;
    }
    return true;
}

static bool within(const relaxation *r) {
    const skuai_promo_options *o = r->p->options;
    bool ok = r->left.budget >= -1e-6 * (1 + fabs(r->p->most.budget)) || isinf(r->p->most.budget);
    for (size_t k = 0; o->slots && k < r->left.n_slots; k++)
        ok = ok && r->left.slots[k] > -0.5;
    for (size_t k = 0; o->brand_most && k < r->left.n_brands; k++)
        ok = ok && r->left.brands[k] > -0.5;
    return ok;
}

/* Take the master's choice over when it is better. A master that cannot be asked (no CBC, no time)
 * leaves the plan as it is. */
static skua_status choose_columns(relaxation *r, bool *by_master, skua_error *err) {
    const skuai_promo_problem *p = r->p;
    master m = {0};
    if (!master_fill(r, &m)) return skuai_error_memory(err, "a plan");
    if (m.n_groups == 0) return SKUA_OK;
    size_t *chosen = skuai_arena_take(p->arena, m.n_groups, sizeof *chosen);
    if (!chosen) return skuai_error_memory(err, "a plan");
    skuai_mip_options options = {.seconds = p->options->seconds, .gap = 1e-3};
    skuai_choice_plan found;
    skua_error own = {0};
    skua_status status = skuai_choice_plan_find(m.choices, m.n, m.n_groups, m.limits, m.n_limits,
                                                &options, chosen, &found, &own);
    if (status == SKUA_ENOMEM) return skuai_error_memory(err, "a plan");
    if (status != SKUA_OK || !found.feasible) {
        skuai_context_log(p->context, SKUAI_LOG_INFO, "promotions: without the master: %s",
                          own.message);
        return SKUA_OK;
    }
    memcpy(r->plan, r->best, p->n * sizeof *r->plan);
    for (size_t g = 0; g < m.n_groups; g++) {
        size_t i = m.item[g], column = m.column[chosen[g]];
        if (column < COLUMNS)
            r->plan[i] = r->columns[i * COLUMNS + column];
        else if (column == COLUMNS)
            r->plan[i].n = 0;
    }
    limits_copy(&p->most, &r->left);
    for (size_t i = 0; i < p->n; i++)
        skuai_promo_use(p, i, &r->plan[i], -1, &r->left);
    if (!within(r)) return SKUA_OK;
    skuai_promo_limits free_price;
    ranked *order = skuai_arena_take(p->arena, p->n, sizeof *order);
    if (!order || !skuai_promo_limits_new(p, &free_price)) return skuai_error_memory(err, "a plan");
    for (size_t i = 0; i < p->n; i++)
        order[i] = (ranked){r->values[i], i};
    qsort(order, p->n, sizeof *order, by_value);
    improve(r, &free_price, order);
    *by_master = keep_best(r);
    return SKUA_OK;
}

skua_status skuai_promo_solve(const skuai_promo_problem *p, skuai_promo_schedule *schedules,
                              double *value, double *bound, bool *by_master, skua_error *err) {
    relaxation r;
    *by_master = false;
    if (!relaxation_new(p, &r)) return skuai_error_memory(err, "a plan");
    SKUA_TRY(descend(&r, err));
    bool open = r.bound - r.value > 1e-4 * fmax(1, fabs(r.bound));
    if (p->options->seconds > 0 && open) SKUA_TRY(choose_columns(&r, by_master, err));
    memcpy(schedules, r.best, p->n * sizeof *schedules);
    *value = r.value;
    *bound = r.bound;
    return SKUA_OK;
}
