#include "decide/price.h"

#include "math/distribution.h"

#include <math.h>

enum { POINTS = 63, GRID = 400 };

/* Equally likely values of the elasticity: normal, cut at 0. */
static size_t law_of(const skuai_price_item *i, double values[POINTS]) {
    if (!(i->elasticity_se > 0)) {
        values[0] = fmin(i->elasticity, 0);
        return 1;
    }
    double below = skuai_normal_cdf(-i->elasticity / i->elasticity_se);
    for (int k = 0; k < POINTS; k++) {
        double p = below * (k + 0.5) / POINTS;
        values[k] = below > 1e-12 ? i->elasticity + i->elasticity_se * skuai_normal_quantile(p) : 0;
    }
    return POINTS;
}

static double value_at(const skuai_price_item *i, skuai_price_aim aim, double price, double e) {
    double units = i->demand * pow(price / i->price, e);
    return units * (aim == SKUAI_PRICE_REVENUE ? price : price - i->cost);
}

static skuai_price_point point_at(const skuai_price_item *i, skuai_price_aim aim, double price,
                                  const double *law, size_t n) {
    skuai_price_point p = {.price = price};
    for (size_t k = 0; k < n; k++) {
        p.units += i->demand * pow(price / i->price, law[k]) / (double)n;
        p.value += value_at(i, aim, price, law[k]) / (double)n;
    }
    double a = value_at(i, aim, price, law[n / 10]),
           b = value_at(i, aim, price, law[n - 1 - n / 10]);
    p.low = fmin(a, b);
    p.high = fmax(a, b);
    return p;
}

void skuai_price_curve(const skuai_price_item *i, skuai_price_aim aim, double from, double to,
                       size_t n, skuai_price_point *points) {
    double law[POINTS];
    size_t n_law = law_of(i, law);
    for (size_t k = 0; k < n; k++)
        points[k] = point_at(i, aim, from + (to - from) * (double)k / (double)(n - 1), law, n_law);
}

/* -- Where a price may lie --------------------------------------------------------------------- */

static skua_status check(const skuai_price_item *i, skua_error *err) {
    const struct {
        const char *rule;
        double value;
        bool good;
    } rules[] = {
        {"price must be above 0", i->price, i->price > 0 && isfinite(i->price)},
        {"cost must be >= 0", i->cost, i->cost >= 0 && isfinite(i->cost)},
        {"expected demand must be >= 0", i->demand, i->demand >= 0 && isfinite(i->demand)},
        {"elasticity must be a number", i->elasticity, isfinite(i->elasticity)},
        {"standard error of the elasticity must be >= 0", i->elasticity_se,
         i->elasticity_se >= 0 && isfinite(i->elasticity_se)},
    };
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        if (!rules[r].good)
            return skuai_error_set(err, SKUA_EDATA, "%s: %s, and is %g", i->name, rules[r].rule,
                                   rules[r].value);
    return SKUA_OK;
}

typedef struct range {
    double from, to;
    const char *from_rule, *to_rule;
} range;

static void narrow(range *r, double low, double high, const char *rule) {
    if (low > r->from) r->from = low, r->from_rule = rule;
    if (high < r->to) r->to = high, r->to_rule = rule;
}

static skua_status find_range(const skuai_price_item *i, const skuai_price_options *o, range *found,
                              skua_error *err) {
    double seen_low = isnan(i->seen_low) ? i->price : i->seen_low;
    double seen_high = isnan(i->seen_high) ? i->price : i->seen_high;
    range r = {0, (double)INFINITY, "", ""};
    if (i->low > i->high)
        return skuai_error_set(
            err, SKUA_EDATA,
            "%s: the lower bound %g of the price lies above the upper one %g; the "
            "nearest price between them is %g",
            i->name, i->low, i->high, (i->low + i->high) / 2);
    narrow(&r, fmin(seen_low, i->price) * (1 - o->stretch),
           fmax(seen_high, i->price) * (1 + o->stretch), "seen prices");
    if (o->most_change > 0)
        narrow(&r, i->price * (1 - o->most_change), i->price * (1 + o->most_change), "change");
    if (i->competitor > 0) narrow(&r, 0, i->competitor * (1 + i->above_competitor), "competitor");
    narrow(&r, isnan(i->low) ? 0 : i->low, isnan(i->high) ? (double)INFINITY : i->high, "bound");
    if (!(r.from <= r.to))
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: no price keeps both rules: %s wants at least %.4g, %s at most "
                               "%.4g; the nearest price is %.4g, which breaks the former",
                               i->name, r.from_rule, r.from, r.to_rule, r.to, r.to);
    *found = r;
    return SKUA_OK;
}

/* Price k of the ladder from `from` on, or of a fine grid. */
static double candidate(const range *r, const skuai_price_options *o, size_t k) {
    if (isnan(o->ending)) return r->from + (r->to - r->from) * (double)k / GRID;
    double step = o->step > 0 ? o->step : 1;
    double first = ceil((r->from - o->ending) / step - 1e-9) * step + o->ending;
    return first + (double)k * step;
}

static skua_status best_price(const skuai_price_item *i, const skuai_price_options *o,
                              const range *r, const double *law, size_t n, double floor,
                              const skuai_price_item *judge, double *best, skua_error *err) {
    double most = -(double)INFINITY, judged[POINTS];
    size_t n_judged = judge ? law_of(judge, judged) : 0;
    bool any = false;
    for (size_t k = 0; k < 100000; k++) {
        double p = candidate(r, o, k);
        if (p > r->to * (1 + 1e-12) || (isnan(o->ending) && k > GRID)) break;
        if (!(p > 0)) continue;
        if (judge && point_at(judge, o->aim, p, judged, n_judged).value < floor) continue;
        double value = point_at(i, o->aim, p, law, n).value - o->press * (p / i->price - 1);
        any = true;
        if (value > most) {
            most = value;
            *best = p;
        }
    }
    if (isnan(o->ending) && !judge && i->price >= r->from && i->price <= r->to &&
        point_at(i, o->aim, i->price, law, n).value >= most)
        *best = i->price; /* no change for the sake of a grid */
    if (!any && judge) {
        *best = i->price; /* nothing else is safe */
        return SKUA_OK;
    }
    if (!any)
        return skuai_error_set(err, SKUA_EDATA,
                               "%s: no price of the ladder lies between %.4g and %.4g; the nearest "
                               "is %.4g",
                               i->name, r->from, r->to, candidate(r, o, 0));
    return SKUA_OK;
}

skua_status skuai_price_choose(const skuai_price_item *i, const skuai_price_options *o,
                               skuai_price_choice *choice, skua_error *err) {
    range r;
    double law[POINTS], best = 0;
    SKUA_TRY(check(i, err));
    SKUA_TRY(find_range(i, o, &r, err));
    size_t n = law_of(i, law), better = 0;
    SKUA_TRY(best_price(i, o, &r, law, n, 0, NULL, &best, err));
    skuai_price_choice c = {.from = r.from, .to = r.to, .limit = ""};
    c.now = point_at(i, o->aim, i->price, law, n);
    c.best = point_at(i, o->aim, best, law, n);
    double slack =
        0.006 * (r.to - r.from) + (isnan(o->ending) ? 0 : (o->step > 0 ? o->step : 1) * (1 - 1e-9));
    double above =
        point_at(i, o->aim, r.to * 1.01, law, n).value - o->press * (r.to * 1.01 - best) / i->price;
    double below = point_at(i, o->aim, r.from * 0.99, law, n).value -
                   o->press * (r.from * 0.99 - best) / i->price;
    if (best >= r.to - slack && above > c.best.value)
        c.limit = r.to_rule;
    else if (best <= r.from + slack && below > c.best.value)
        c.limit = r.from_rule;
    for (size_t k = 0; k < n; k++)
        better += value_at(i, o->aim, best, law[k]) > value_at(i, o->aim, i->price, law[k]);
    c.chance = (double)better / (double)n;
    *choice = c;
    return SKUA_OK;
}

/* -- Learning ---------------------------------------------------------------------------------- */

skuai_price_belief skuai_price_belief_new(double mean, double sd, double noise) {
    return (skuai_price_belief){mean, 1 / (sd * sd), noise};
}

void skuai_price_learn(skuai_price_belief *b, double price, double price_now, double units,
                       double demand) {
    if (!(price > 0) || !(price_now > 0) || !(units >= 0) || !(demand > 0)) return;
    double x = log(price / price_now), y = log((units + 0.5) / (demand + 0.5));
    double weight = x * x / (b->noise * b->noise), precision = b->precision + weight;
    b->mean = (b->mean * b->precision + x * y / (b->noise * b->noise)) / precision;
    b->precision = precision;
}

skua_status skuai_price_explore(const skuai_price_item *item, const skuai_price_options *o,
                                const skuai_price_belief *b, double safe, skuai_random *random,
                                double *price, skua_error *err) {
    skuai_price_item judge = *item, drawn = *item;
    range r;
    double law[POINTS], best = item->price;
    judge.elasticity = b->mean;
    judge.elasticity_se = 1 / sqrt(b->precision);
    drawn.elasticity = fmin(b->mean + judge.elasticity_se * skuai_random_normal(random), 0);
    drawn.elasticity_se = 0;
    SKUA_TRY(check(&judge, err));
    SKUA_TRY(find_range(item, o, &r, err));
    size_t n = law_of(&judge, law);
    double floor = safe * point_at(&judge, o->aim, item->price, law, n).value;
    n = law_of(&drawn, law);
    SKUA_TRY(best_price(&drawn, o, &r, law, n, floor, &judge, &best, err));
    *price = best;
    return SKUA_OK;
}
