#include "decide/stock_order.h"

#include "math/distribution.h"
#include "math/statistics.h"

#include <math.h>
#include <string.h>

struct skuai_stock_outlook {
    skuai_stock_item item;
    size_t n, periods;     /* paths; periods behind the arrival that every path has */
    double *unmet;         /* [periods, n] U(t), sums to the end of period t */
    double *scratch;       /* [n] */
    double demand;         /* expected over lead time and review */
    double *demand_window; /* [n] over lead time and review, sorted */
    double short_before, periods_left, excess, position;
};

/* -- Checks ------------------------------------------------------------------------------------ */

skua_status skuai_stock_item_check(const skuai_stock_item *i, skua_error *err) {
    const struct {
        const char *rule;
        double value;
        bool good;
    } rules[] = {
        {"stock on hand must be a number >= 0", i->on_hand,
         i->on_hand >= 0 && isfinite(i->on_hand)},
        {"lead time must be >= 0 periods", i->lead_time,
         i->lead_time >= 0 && isfinite(i->lead_time)},
        {"spread of the lead time must be >= 0", i->lead_time_sd,
         i->lead_time_sd >= 0 && isfinite(i->lead_time_sd)},
        {"time between orders must be at least a period", (double)i->review, i->review >= 1},
        {"share lost on arrival must be in [0, 1)", i->loss, i->loss >= 0 && i->loss < 1},
        {"least order must be >= 0", i->moq, i->moq >= 0 && isfinite(i->moq)},
        {"pack must be >= 0", i->pack, i->pack >= 0 && isfinite(i->pack)},
        {"cost must be >= 0", i->cost, isnan(i->cost) || (i->cost >= 0 && isfinite(i->cost))},
        {"cost of holding must be >= 0", i->holding, i->holding >= 0 && isfinite(i->holding)},
        {"cost of a shortage must be >= 0", i->shortage, i->shortage >= 0 && isfinite(i->shortage)},
        {"cost of an order must be >= 0", i->order_cost,
         i->order_cost >= 0 && isfinite(i->order_cost)},
        {"a spoilt unit cannot bring more than it cost: salvage", i->salvage,
         isfinite(i->salvage) && (isnan(i->cost) || i->salvage <= i->cost)},
    };
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        if (!rules[r].good)
            return skuai_error_set(err, SKUA_EDATA, "%s: %s, and is %g", i->name, rules[r].rule,
                                   rules[r].value);
    for (size_t d = 0; d < i->n_due; d++)
        if (!(i->due[d].units >= 0 && isfinite(i->due[d].units)))
            return skuai_error_set(err, SKUA_EDATA, "%s: what is on order must be >= 0, and is %g",
                                   i->name, i->due[d].units);
    return SKUA_OK;
}

size_t skuai_stock_horizon(const skuai_stock_item *i) {
    double lead = i->lead_time;
    if (i->lead_time_sd > 0 && lead > 0) {
        double shape = lead * lead / (i->lead_time_sd * i->lead_time_sd);
        lead = skuai_gamma_quantile(0.999, shape, lead / shape);
    }
    return (lead > 0 ? (size_t)ceil(lead - 1e-9) : 0) + i->review;
}

/* -- Paths ------------------------------------------------------------------------------------- */

static size_t draw_lead(const skuai_stock_item *i, skuai_random *random) {
    double lead = i->lead_time;
    if (i->lead_time_sd > 0 && lead > 0) {
        double shape = lead * lead / (i->lead_time_sd * i->lead_time_sd);
        lead = skuai_random_gamma(random, shape) * lead / shape;
    }
    return (size_t)(lead + 0.5);
}

typedef struct batch {
    double units;
    size_t from, to; /* sold in periods from .. to - 1 */
} batch;

/* Batches that are there or due, oldest first. */
static size_t list_batches(const skuai_stock_item *i, batch *list) {
    size_t n = 0, life = i->on_hand_life ? i->on_hand_life : i->shelf_life;
    if (i->on_hand > 0) list[n++] = (batch){i->on_hand, 0, life ? life : SIZE_MAX};
    for (size_t d = 0; d < i->n_due; d++) {
        batch b = {i->due[d].units, i->due[d].period,
                   i->shelf_life ? i->due[d].period + i->shelf_life : SIZE_MAX};
        size_t j = n++;
        for (; j > 0 && list[j - 1].from > b.from; j--)
            list[j] = list[j - 1];
        list[j] = b;
    }
    return n;
}

/* Units of demand that the batches leave unmet in period t. */
static double serve(batch *list, size_t n, size_t t, double demand) {
    for (size_t b = 0; b < n && demand > 0; b++) {
        if (list[b].from > t || list[b].to <= t) continue;
        double taken = list[b].units < demand ? list[b].units : demand;
        list[b].units -= taken;
        demand -= taken;
    }
    return demand;
}

/* The period in which what is due arrives along a path whose order takes `lead` periods: late or
 * early as the order is, by the part of its deviation that a sum of independent steps has left. An
 * order placed now does not overtake what is due within the usual lead time. */
static size_t due_on_path(const skuai_stock_item *i, size_t due, size_t lead) {
    double usual = i->lead_time;
    if (!(i->lead_time_sd > 0 && usual > 0)) return due;
    double at = (double)due + ((double)lead - usual) * sqrt((double)due / usual) + 0.5;
    size_t arrives = at > 0 ? (size_t)at : 0;
    return (double)due <= ceil(usual) && arrives > lead ? lead : arrives;
}

/* The batches as they are along a path. */
static void set_batches(const skuai_stock_item *i, const batch *list, size_t n, size_t lead,
                        batch *path) {
    memcpy(path, list, n * sizeof *path);
    for (size_t b = 0; b < n; b++) {
        if (path[b].from == 0) continue; /* there, or what comes today */
        path[b].from = due_on_path(i, list[b].from, lead);
        if (i->shelf_life) path[b].to = path[b].from + i->shelf_life;
    }
}

typedef struct path_sums {
    double *first_short, *left; /* [n] */
    size_t early;               /* paths that run out before the order can come */
} path_sums;

static void run_path(skuai_stock_outlook *o, const double *path, size_t horizon, size_t lead,
                     size_t p, const batch *list, size_t n_batches, batch *work, path_sums *sums) {
    size_t window = lead + o->item.review;
    double unmet = 0;
    set_batches(&o->item, list, n_batches, lead, work);
    sums->first_short[p] = (double)INFINITY;
    for (size_t t = 0; t < horizon; t++) {
        double rest = serve(work, n_batches, t, path[t]);
        if (rest > 1e-9 && !(sums->first_short[p] < (double)INFINITY))
            sums->first_short[p] = (double)t;
        if (t < window) o->demand_window[p] += path[t];
        if (t < lead) continue;
        unmet += rest;
        if (t - lead < o->periods) o->unmet[(t - lead) * o->n + p] = unmet;
    }
    sums->early += sums->first_short[p] < (double)lead;
    sums->left[p] = 0;
    for (size_t b = 0; b < n_batches; b++)
        sums->left[p] += work[b].units;
}

static bool outlook_memory(skuai_stock_outlook *o, skuai_arena *arena, batch **list, batch **work,
                           path_sums *sums, size_t **leads) {
    size_t n = o->n, batches = o->item.n_due + 1;
    o->scratch = skuai_arena_take(arena, n, sizeof(double));
    o->demand_window = skuai_arena_take_zero(arena, n, sizeof(double));
    sums->first_short = skuai_arena_take(arena, n, sizeof(double));
    sums->left = skuai_arena_take(arena, n, sizeof(double));
    *leads = skuai_arena_take(arena, n, sizeof **leads);
    *list = skuai_arena_take(arena, batches, sizeof **list);
    *work = skuai_arena_take(arena, batches, sizeof **work);
    return o->scratch && o->demand_window && sums->first_short && sums->left && *leads && *list &&
           *work;
}

skua_status skuai_stock_outlook_new(const skuai_stock_item *item, const double *paths, size_t n,
                                    size_t horizon, uint64_t seed, skuai_arena *arena,
                                    skuai_stock_outlook **outlook, skua_error *err) {
    SKUA_TRY(skuai_stock_item_check(item, err));
    skuai_arena_mark mark = skuai_arena_mark_get(arena);
    skuai_stock_outlook *o = skuai_arena_take_zero(arena, 1, sizeof *o);
    batch *list, *work;
    path_sums sums = {0};
    size_t *leads, longest = 0, least = (size_t)item->lead_time + item->review;
    skuai_random random;
    if (n == 0) return skuai_error_set(err, SKUA_EINVAL, "%s: no paths of demand", item->name);
    if (least > horizon || item->lead_time >= (double)horizon)
        return skuai_error_set(
            err, SKUA_ERANGE,
            "%s: lead time and review end after the %zu periods of the forecast: "
            "set --horizon %zu",
            item->name, horizon, skuai_stock_horizon(item));
    if (!o) return skuai_error_memory(err, "an outlook");
    o->item = *item;
    o->n = n;
    if (!outlook_memory(o, arena, &list, &work, &sums, &leads)) {
        skuai_arena_reset(arena, mark);
        return skuai_error_memory(err, "an outlook");
    }
    skuai_random_init(&random, seed);
    for (size_t p = 0; p < n; p++) { /* lead times beyond the horizon count as its last */
        leads[p] = draw_lead(item, &random);
        if (leads[p] + item->review > horizon) leads[p] = horizon - item->review;
        if (leads[p] > longest) longest = leads[p];
    }
    o->periods = horizon - longest;
    o->unmet = skuai_arena_take(arena, o->periods * n, sizeof(double));
    if (!o->unmet) {
        skuai_arena_reset(arena, mark);
        return skuai_error_memory(err, "an outlook");
    }
    size_t n_batches = list_batches(item, list);
    for (size_t b = 0; b < n_batches; b++)
        o->position += list[b].units;
    for (size_t p = 0; p < n; p++)
        run_path(o, paths + p * horizon, horizon, leads[p], p, list, n_batches, work, &sums);
    skuai_sort(o->demand_window, n);
    skuai_sort(sums.left, n);
    skuai_sort(sums.first_short, n);
    for (size_t p = 0; p < n; p++)
        o->demand += o->demand_window[p] / (double)n;
    o->short_before = (double)sums.early / (double)n;
    o->periods_left = sums.first_short[n / 2];
    o->excess = sums.left[n / 20];
    *outlook = o;
    return SKUA_OK;
}

/* -- Costs ------------------------------------------------------------------------------------- */

/* E[(U - q)+] and E[(q - U)+] after t + 1 periods. */
static void tails(const skuai_stock_outlook *o, size_t t, double q, double *over, double *under) {
    const double *u = o->unmet + t * o->n;
    double above = 0, below = 0;
    for (size_t p = 0; p < o->n; p++) {
        double d = u[p] - q;
        above += d > 0 ? d : 0;
        below += d < 0 ? -d : 0;
    }
    *over = above / (double)o->n;
    *under = below / (double)o->n;
}

static size_t served_periods(const skuai_stock_outlook *o, size_t T) {
    size_t life = o->item.shelf_life;
    return life && life < T ? life : T;
}

/* What a unit that spoils costs; a sold one brought `loss` more of itself. */
static double spoil_cost(const skuai_stock_outlook *o) {
    double cost = isnan(o->item.cost) ? 0 : o->item.cost;
    return (cost - o->item.salvage * (1 - o->item.loss)) / (1 - o->item.loss);
}

/* Of q saleable units. */
static double cost_of(const skuai_stock_outlook *o, size_t T, double q) {
    size_t e = served_periods(o, T), life = o->item.shelf_life;
    double over, under, all, none, cost = 0;
    tails(o, e - 1, q, &over, &under);
    cost += o->item.shortage * over;
    if (e < T) { /* demand after the order has spoilt and before the next comes */
        double through, at;
        tails(o, T - 1, 0, &through, &none);
        tails(o, e - 1, 0, &at, &none);
        cost += o->item.shortage * (through - at);
    }
    if (o->item.holding > 0)
        for (size_t t = 0; t < e; t++) {
            tails(o, t, q, &all, &none);
            cost += o->item.holding * none;
        }
    if (life && life <= o->periods) {
        tails(o, life - 1, q, &all, &none);
        cost += spoil_cost(o) * none;
    }
    return cost;
}

double skuai_stock_cost(const skuai_stock_outlook *o, size_t T, double order) {
    return cost_of(o, T, order * (1 - o->item.loss));
}

/* Derivative from the right of cost_of: what the next unit costs. */
static double slope(const skuai_stock_outlook *o, size_t T, double q) {
    size_t e = served_periods(o, T), life = o->item.shelf_life;
    double sum = 0;
    const double *u = o->unmet + (e - 1) * o->n;
    for (size_t p = 0; p < o->n; p++)
        sum -= u[p] > q ? o->item.shortage : 0;
    if (o->item.holding > 0)
        for (size_t t = 0; t < e; t++) {
            u = o->unmet + t * o->n;
            size_t count = 0;
            for (size_t p = 0; p < o->n; p++)
                count += u[p] <= q;
            sum += o->item.holding * (double)count;
        }
    if (life && life <= o->periods) {
        u = o->unmet + (life - 1) * o->n;
        for (size_t p = 0; p < o->n; p++)
            sum += u[p] <= q ? spoil_cost(o) : 0;
    }
    return sum;
}

static double *sorted_unmet(const skuai_stock_outlook *o, size_t t) {
    memcpy(o->scratch, o->unmet + t * o->n, o->n * sizeof *o->scratch);
    skuai_sort(o->scratch, o->n);
    return o->scratch;
}

/* The least q whose next unit does not pay. It is a value of U or between two of them. */
static double best_quantity(const skuai_stock_outlook *o, size_t T) {
    double low = 0, high = sorted_unmet(o, T - 1)[o->n - 1];
    if (slope(o, T, 0) >= 0) return 0;
    for (int i = 0; i < 60 && high - low > 1e-9 * (1 + high); i++) {
        double middle = (low + high) / 2;
        if (slope(o, T, middle) < 0)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* The least q that serves the rule in the review window. */
static double service_quantity(const skuai_stock_outlook *o, const skuai_stock_rule *rule) {
    size_t e = served_periods(o, o->item.review);
    if (rule->target == SKUAI_STOCK_CYCLE) {
        double *u = sorted_unmet(o, e - 1);
        double k = ceil(rule->level * (double)o->n - 1e-9);
        return u[k < 1 ? 0 : (size_t)k - 1];
    }
    /* Of the demand behind the arrival: what happens before it, this order cannot change. */
    double demand = 0, over, under, low = 0, high = sorted_unmet(o, e - 1)[o->n - 1];
    demand = o->demand / (o->item.lead_time + (double)o->item.review) * (double)o->item.review;
    double most = (1 - rule->level) * demand;
    tails(o, e - 1, 0, &over, &under);
    if (over <= most) return 0;
    for (int i = 0; i < 60 && high - low > 1e-9 * (1 + high); i++) {
        double middle = (low + high) / 2;
        tails(o, e - 1, middle, &over, &under);
        if (over > most)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* -- Decision ---------------------------------------------------------------------------------- */

/* Periods to cover, and the least average cost of a period. */
static size_t choose_cover(const skuai_stock_outlook *o, double *average) {
    size_t R = o->item.review, best = R, life = o->item.shelf_life;
    size_t most = life && life < o->periods ? life : o->periods;
    *average = (o->item.order_cost + cost_of(o, R, best_quantity(o, R))) / (double)R;
    if (!(o->item.order_cost > 0)) return R;
    for (size_t T = 2 * R; T <= most; T += R) {
        double a = (o->item.order_cost + cost_of(o, T, best_quantity(o, T))) / (double)T;
        if (!(a < *average)) {
            if (T > 2 * best + R)
                break; /* past the bottom of a curve that is convex but for noise */
            continue;
        }
        *average = a;
        best = T;
    }
    return best;
}

/* Units to buy for q saleable ones, on the grid of packs; up or down. */
static double to_packs(const skuai_stock_item *i, double q, bool up) {
    double units = q / (1 - i->loss);
    if (!(i->pack > 0)) return units;
    double packs = up ? ceil(units / i->pack - 1e-9) : floor(units / i->pack + 1e-9);
    return packs * i->pack;
}

/* The smallest allowed order: at least moq, in packs. */
static double least_order(const skuai_stock_item *i) {
    double least = i->moq;
    if (i->pack > 0) {
        least = ceil(i->moq / i->pack - 1e-9) * i->pack;
        if (least < i->pack) least = i->pack;
    }
    return least;
}

static double round_order(const skuai_stock_outlook *o, size_t T, double q, bool service) {
    if (!(q > 0)) return 0;
    double up = to_packs(&o->item, q, true), least = least_order(&o->item);
    if (up < least) up = least;
    if (service) return up;
    double down = to_packs(&o->item, q, false), best = up;
    double cost = skuai_stock_cost(o, T, up);
    if (down >= least && down > 0 && skuai_stock_cost(o, T, down) <= cost) {
        best = down;
        cost = skuai_stock_cost(o, T, down);
    }
    return skuai_stock_cost(o, T, 0) <= cost + o->item.order_cost ? 0 : best;
}

/* s as a level of stock: demand over lead time and review at the service that the rule implies. */
static double find_reorder_point(const skuai_stock_outlook *o, const skuai_stock_rule *rule,
                                 double q) {
    double level = rule->level;
    if (rule->target != SKUAI_STOCK_CYCLE) {
        const double *u = o->unmet + (served_periods(o, o->item.review) - 1) * o->n;
        size_t count = 0;
        for (size_t p = 0; p < o->n; p++)
            count += u[p] <= q;
        level = (double)count / (double)o->n;
    }
    double k = ceil(level * (double)o->n - 1e-9);
    return o->demand_window[k < 1 ? 0 : (size_t)k - 1];
}

void skuai_stock_revise(const skuai_stock_outlook *o, double quantity, skuai_stock_order *order) {
    double q = quantity * (1 - o->item.loss), over, under;
    size_t R = o->item.review, e = served_periods(o, R), life = o->item.shelf_life;
    const double *u = o->unmet + (R - 1) * o->n, *at = o->unmet + (e - 1) * o->n;
    size_t out = 0, out_without = 0;
    double lost = 0;
    for (size_t p = 0; p < o->n; p++) {
        double served = at[p] < q ? at[p] : q;
        out += u[p] > served + 1e-9;
        out_without += u[p] > 1e-9;
        lost += u[p] - served;
    }
    order->order = quantity;
    order->short_after = (double)out / (double)o->n;
    order->short_without = (double)out_without / (double)o->n;
    order->lost_after = lost / (double)o->n;
    order->spoil = 0;
    if (life && life <= o->periods) {
        tails(o, life - 1, q, &over, &under);
        order->spoil = under;
    }
    order->cost_none = cost_of(o, order->covers, 0);
    order->cost_order =
        quantity > 0 ? cost_of(o, order->covers, q) + o->item.order_cost : order->cost_none;
}

/* The stock with which waiting a review costs as much as a cycle on average: s of (s, S). */
static double waiting_point(const skuai_stock_outlook *o, double average, double high) {
    double low = 0, bound = average * (double)o->item.review;
    if (cost_of(o, o->item.review, 0) <= bound) return 0;
    for (int i = 0; i < 50 && high - low > 1e-9 * (1 + high); i++) {
        double middle = (low + high) / 2;
        if (cost_of(o, o->item.review, middle) > bound)
            low = middle;
        else
            high = middle;
    }
    return high;
}

skua_status skuai_stock_decide(const skuai_stock_outlook *o, const skuai_stock_rule *rule,
                               skuai_stock_order *order, skua_error *err) {
    bool service = rule->target != SKUAI_STOCK_COST;
    if (service && !(rule->level > 0 && rule->level < 1))
        return skuai_error_set(err, SKUA_EINVAL,
                               "a service level of %g: it must lie between 0 and 1", rule->level);
    size_t R = o->item.review;
    double average, base;
    size_t T = choose_cover(o, &average);
    skuai_stock_order r = {.covers = T, .demand = o->demand};
    base = service ? service_quantity(o, rule) : best_quantity(o, R);
    double q = base;
    if (T > R) {
        double more = best_quantity(o, T);
        if (more > q) q = more;
        /* Not yet when a period more of waiting is cheaper than the average of a cycle. */
        if (!service && cost_of(o, R, 0) < average * (double)R) q = 0;
        if (service && base <= 0) q = 0;
    }
    r.wanted = q / (1 - o->item.loss);
    if (T > R && !service) base = waiting_point(o, average, base);
    r.reorder_point = find_reorder_point(o, rule, base);
    r.order_up_to = q > 0 ? o->position + q : r.reorder_point;
    r.short_before = o->short_before;
    r.periods_left = o->periods_left;
    r.excess = o->excess;
    skuai_stock_revise(o, round_order(o, T, q, service), &r);
    *order = r;
    return SKUA_OK;
}
