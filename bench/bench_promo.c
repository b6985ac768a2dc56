/* Figure `promo`: a plan of promotions for 5,000 items over 26 weeks, and how far it may be from
 * the best.
 *
 * Items are drawn (seed 1): prices, margins, seasons, elasticities with errors, effects of being
 * shown, pull-forward and cannibalisation, 60 brands, 2 channels. Rules: five depths, promotions of
 * a week, at most 4 an item, 3 weeks between, 250 items a channel and 12 a brand in a week, two
 * weeks closed, prices above cost, a budget of a quarter of what a plan without a budget would give
 * away. The gap is to the bound of the Lagrangian relaxation, which no plan beats. The time is all
 * of it: values, relaxation, plans, CBC. Beside it: a greedy plan, promotions taken by value a unit
 * of money as long as every rule holds.
 *
 *     bench promo [ITEMS] */
#include "benchmarks.h"
#include "data.h"
#include "figure.h"

#include "core/random.h"
#include "decide/promo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WEEKS = 26, BRANDS = 60, CHANNELS = 2, DEPTHS = 5 };

static const double depths[DEPTHS] = {0.1, 0.15, 0.2, 0.3, 0.4};

static void draw_item(size_t k, skuai_promo_item *i, double *demand) {
    skuai_random r;
    skuai_random_split(&r, 1, k);
    double price = exp(2.5 + 0.8 * skuai_random_normal(&r));
    double level = exp(2.5 + 1.2 * skuai_random_normal(&r)), peak = 52 * skuai_random_uniform(&r);
    for (size_t w = 0; w < WEEKS; w++)
        demand[w] = level * exp(0.4 * cos(6.2832 * ((double)w - peak) / 52) +
                                0.1 * skuai_random_normal(&r));
    *i = (skuai_promo_item){.name = "item",
                            .price = price,
                            .cost = price * (0.35 + 0.35 * skuai_random_uniform(&r)),
                            .demand = demand,
                            .elasticity = -1.2 - 2.5 * skuai_random_uniform(&r),
                            .elasticity_se = 0.1 + 0.4 * skuai_random_uniform(&r),
                            .shown = 0.1 + 0.5 * skuai_random_uniform(&r),
                            .shown_se = 0.1,
                            .pull_forward = 0.4 * skuai_random_uniform(&r),
                            .others = -0.1 * price * skuai_random_uniform(&r),
                            .fixed = 2,
                            .brand = skuai_random_index(&r, BRANDS),
                            .channel = skuai_random_index(&r, CHANNELS)};
}

/* -- Greedy, beside it ------------------------------------------------------------------------- */

typedef struct offer {
    skuai_promo_action action;
    double rate;
} offer;

static int by_rate(const void *a, const void *b) {
    const offer *x = a, *y = b;
    if (x->rate != y->rate) return x->rate > y->rate ? -1 : 1;
    if (x->action.item != y->action.item) return x->action.item < y->action.item ? -1 : 1;
    return (x->action.week > y->action.week) - (x->action.week < y->action.week);
}

typedef struct greedy_state {
    size_t slots[CHANNELS][WEEKS], brands[BRANDS][CHANNELS][WEEKS];
    uint32_t *weeks; /* [n] bit w: promoted then */
    double given, value;
} greedy_state;

static void take_offer(const skuai_promo_item *items, const skuai_promo_options *o, const offer *f,
                       greedy_state *g) {
    const skuai_promo_action *a = &f->action;
    const skuai_promo_item *i = &items[a->item];
    uint32_t near = 0;
    for (size_t w = 0; w < WEEKS; w++)
        if (w + o->gap >= a->week && w <= a->week + o->gap) near |= 1U << w;
    size_t times = (size_t)__builtin_popcount(g->weeks[a->item]);
    if (times >= o->most_per_item || (g->weeks[a->item] & near) ||
        g->given + a->given > o->budget || g->slots[i->channel][a->week] >= o->slots ||
        g->brands[i->brand][i->channel][a->week] >= o->brand_most)
        return;
    g->weeks[a->item] |= 1U << a->week;
    g->slots[i->channel][a->week]++;
    g->brands[i->brand][i->channel][a->week]++;
    g->given += a->given;
    g->value += a->gain - o->caution * a->deviation;
}

static double greedy(const skuai_promo_item *items, size_t n, const skuai_promo_options *o) {
    offer *offers = skuai_new(n * WEEKS * DEPTHS, sizeof *offers);
    greedy_state *g = skuai_zero(1, sizeof *g);
    size_t found = 0;
    if (g) g->weeks = skuai_zero(n, sizeof *g->weeks);
    if (offers && g && g->weeks) {
        for (size_t i = 0; i < n; i++)
            for (size_t w = 0; w < WEEKS; w++)
                for (size_t d = 0; d < DEPTHS; d++) {
                    skuai_promo_action a = {.item = i, .week = w, .depth = depths[d]};
                    if (o->blocked[w] || items[i].price * (1 - a.depth) < items[i].cost) continue;
                    skuai_promo_value(&items[i], o, &a);
                    double value = a.gain - o->caution * a.deviation;
                    if (value > 0) offers[found++] = (offer){a, value / a.given};
                }
        qsort(offers, found, sizeof *offers, by_rate);
        for (size_t k = 0; k < found; k++)
            take_offer(items, o, &offers[k], g);
    }
    double value = g && g->weeks ? g->value : (double)NAN;
    if (g) skuai_free(g->weeks);
    skuai_free(g);
    skuai_free(offers);
    return value;
}

/* -- The plan ---------------------------------------------------------------------------------- */

static skua_status run(const skuai_promo_item *items, size_t n, skua_error *err) {
    static const uint8_t closed[WEEKS] = {[7] = 1, [20] = 1};
    skuai_context context = bench_context();
    skuai_promo_options o = {.weeks = WEEKS,
                             .n_brands = BRANDS,
                             .n_channels = CHANNELS,
                             .depths = depths,
                             .n_depths = DEPTHS,
                             .length = 1,
                             .gap = 3,
                             .most_per_item = 4,
                             .budget = (double)INFINITY,
                             .slots = n / 20,
                             .brand_most = 12,
                             .blocked = closed,
                             .caution = 0.25,
                             .iterations = 40};
    skuai_promo_plan *plan = NULL;
    SKUA_TRY(skuai_promo_find(items, n, &o, &context, &plan, err)); /* for the budget's size */
    o.budget = plan->given / 4;
    skuai_promo_free(plan);
    o.iterations = 0;
    o.seconds = 20;
    double start = skuai_clock();
    SKUA_TRY(skuai_promo_find(items, n, &o, &context, &plan, err));
    double seconds = skuai_clock() - start, plain = greedy(items, n, &o);
    printf("promo: %zu promotions, value %.0f, bound %.0f, gap %.3f %%, %s; given %.0f of %.0f; "
           "greedy by value a unit of money %.0f (%.1f %% less)\n",
           plan->n, plan->value, plan->bound, 100 * plan->gap,
           plan->by_master ? "CBC's choice of columns" : "plan from the prices", plan->given,
           o.budget, plain, 100 * (1 - plain / plan->value));
    bench_figure("promo", "seconds", seconds, "%zu items x %d weeks, gap %.2f %% (target below 2)",
                 n, WEEKS, 100 * plan->gap);
    skuai_promo_free(plan);
    return SKUA_OK;
}

int bench_promo(int argc, char **argv) {
    size_t n = argc > 2 ? (size_t)strtol(argv[2], NULL, 10) : 5000;
    skuai_promo_item *items = skuai_new(n, sizeof *items);
    double *demand = skuai_new(n * WEEKS, sizeof *demand);
    skua_error err = {0};
    skua_status status = SKUA_ENOMEM;
    if (items && demand) {
        for (size_t k = 0; k < n; k++)
            draw_item(k, &items[k], demand + k * WEEKS);
        status = run(items, n, &err);
    }
    skuai_free(items);
    skuai_free(demand);
    if (status == SKUA_OK) return 0;
    fprintf(stderr, "promo: %s\n", err.message);
    return 1;
}
