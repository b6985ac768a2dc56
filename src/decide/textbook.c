#include "decide/textbook.h"

#include "math/distribution.h"

#include <math.h>

static skua_status check_cost(const char *name, double value, bool zero, skua_error *err) {
    if (isfinite(value) && (zero ? value >= 0 : value > 0)) return SKUA_OK;
    return skuai_error_set(err, SKUA_EINVAL, "%s is %g: it must be %s 0", name, value,
                           zero ? "at least" : "above");
}

skua_status skuai_newsvendor(const skuai_stock_law *law, double overage, double underage,
                             double *level, double *cost, skua_error *err) {
    SKUA_TRY(skuai_stock_law_check(law, err));
    SKUA_TRY(check_cost("the cost of a unit too much", overage, false, err));
    SKUA_TRY(check_cost("the cost of a unit too few", underage, false, err));
    double x = skuai_stock_law_quantile(law, underage / (underage + overage));
    *level = x;
    if (cost)
        *cost = overage * skuai_stock_law_left(law, x) + underage * skuai_stock_law_loss(law, x);
    return SKUA_OK;
}

skua_status skuai_economic_order(double fixed, double holding, double shortage, double rate,
                                 double *quantity, double *cost, skua_error *err) {
    SKUA_TRY(check_cost("the cost of an order", fixed, false, err));
    SKUA_TRY(check_cost("the cost of holding", holding, false, err));
    SKUA_TRY(check_cost("the cost of a shortage", shortage, true, err));
    SKUA_TRY(check_cost("demand a period", rate, false, err));
    double stretch = shortage > 0 ? sqrt((holding + shortage) / shortage) : 1;
    double q = sqrt(2 * fixed * rate / holding) * stretch;
    *quantity = q;
    if (cost) *cost = sqrt(2 * fixed * rate * holding) / stretch;
    return SKUA_OK;
}

/* -- (r, Q) ------------------------------------------------------------------------------------ */

static bool continuous(const skuai_stock_law *law) {
    return law->kind == SKUAI_STOCK_NORMAL || law->kind == SKUAI_STOCK_SAMPLE;
}

/* Expected cost rate of a period whose stock, lead time ago, was y. */
static double rate_at(const skuai_stock_law *law, const skuai_reorder_costs *c, double y) {
    return c->holding * skuai_stock_law_left(law, y) + c->shortage * skuai_stock_law_loss(law, y);
}

/* Integral (sum over r+1 .. r+Q for whole laws) of rate_at. */
static double rate_sum(const skuai_stock_law *law, const skuai_reorder_costs *c, double r,
                       double quantity) {
    if (continuous(law)) {
        double lost = skuai_stock_law_loss2(law, r) - skuai_stock_law_loss2(law, r + quantity);
        double line = quantity * (r + quantity / 2 - law->mean);
        return c->holding * (line + lost) + c->shortage * lost;
    }
    double sum = 0;
    for (double y = r + 1; y <= r + quantity + 0.5; y++)
        sum += rate_at(law, c, y);
    return sum;
}

double skuai_reorder_cost(const skuai_stock_law *law, const skuai_reorder_costs *c, double r,
                          double quantity) {
    return (c->fixed * c->rate + rate_sum(law, c, r, quantity)) / quantity;
}

static skua_status check_reorder(const skuai_stock_law *law, const skuai_reorder_costs *c,
                                 skua_error *err) {
    SKUA_TRY(skuai_stock_law_check(law, err));
    SKUA_TRY(check_cost("the cost of an order", c->fixed, true, err));
    SKUA_TRY(check_cost("the cost of holding", c->holding, false, err));
    SKUA_TRY(check_cost("the cost of a shortage", c->shortage, false, err));
    return check_cost("demand a period", c->rate, false, err);
}

/* r with rate_at(r) = rate_at(r + Q); rate_at is convex, so the difference is monotone. */
static double balance(const skuai_stock_law *law, const skuai_reorder_costs *c, double top,
                      double quantity) {
    double low = top - quantity, high = top;
    for (int i = 0; i < 200 && high - low > 1e-13 * (1 + fabs(top)); i++) {
        double middle = (low + high) / 2;
        if (rate_at(law, c, middle) > rate_at(law, c, middle + quantity))
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static double bottom(const skuai_stock_law *law, const skuai_reorder_costs *c) {
    return skuai_stock_law_quantile(law, c->shortage / (c->shortage + c->holding));
}

/* Whole laws: the Q cheapest levels around the bottom are r+1 .. r+Q. */
static double balance_whole(const skuai_stock_law *law, const skuai_reorder_costs *c, double top,
                            double quantity) {
    double r = top - 1;
    for (double q = 1; q < quantity - 0.5; q++)
        if (rate_at(law, c, r) <= rate_at(law, c, r + q + 1)) r--;
    return r;
}

skua_status skuai_reorder_point(const skuai_stock_law *law, const skuai_reorder_costs *c,
                                double quantity, double *r, skua_error *err) {
    SKUA_TRY(check_reorder(law, c, err));
    SKUA_TRY(check_cost("the order quantity", quantity, false, err));
    double top = bottom(law, c);
    *r = continuous(law) ? balance(law, c, top, quantity) : balance_whole(law, c, top, quantity);
    return SKUA_OK;
}

skua_status skuai_reorder_optimum(const skuai_stock_law *law, const skuai_reorder_costs *c,
                                  double *r, double *quantity, double *cost, skua_error *err) {
    SKUA_TRY(check_reorder(law, c, err));
    double top = bottom(law, c);
    if (continuous(law)) {
        /* At the optimum the cost a period is the rate at r: both sides are monotone in Q. */
        double low = 0, high = 1;
        while (high < 1e15) {
            double at = balance(law, c, top, high);
            if (c->fixed * c->rate + rate_sum(law, c, at, high) < high * rate_at(law, c, at)) break;
            high *= 2;
        }
        for (int i = 0; i < 200 && high - low > 1e-12 * (1 + high); i++) {
            double middle = (low + high) / 2, at = balance(law, c, top, middle);
            bool above =
                c->fixed * c->rate + rate_sum(law, c, at, middle) < middle * rate_at(law, c, at);
            if (above)
                high = middle;
            else
                low = middle;
        }
        *quantity = (low + high) / 2;
        *r = balance(law, c, top, *quantity);
    } else {
        double at = top - 1, sum = c->fixed * c->rate + rate_at(law, c, top), q = 1;
        for (;;) { /* add the cheaper of the two neighbours while it lowers the mean */
            double below = rate_at(law, c, at), above = rate_at(law, c, at + q + 1);
            double next = below <= above ? below : above;
            if (next >= sum / q || q > 1e7) break;
            sum += next;
            q++;
            if (below <= above) at--;
        }
        *quantity = q;
        *r = at;
    }
    if (cost) *cost = skuai_reorder_cost(law, c, *r, *quantity);
    return SKUA_OK;
}

/* -- (s, S) ------------------------------------------------------------------------------------ */

static double mass(const skuai_stock_law *law, double k) {
    return law->kind == SKUAI_STOCK_POISSON ? skuai_poisson_pmf(k, law->mean)
                                            : skuai_negative_binomial_pmf(k, law->mean, law->size);
}

/* m[j], the expected visits to S - j in a cycle (renewal masses), up to n. */
static void renewal(const double *p, double *m, size_t from, size_t n) {
    for (size_t j = from; j < n; j++) {
        double sum = j == 0 ? 1 : 0;
        for (size_t l = 1; l <= j; l++)
            sum += p[l] * m[j - l];
        m[j] = sum / (1 - p[0]);
    }
}

typedef struct cycle {
    const skuai_stock_law *over;
    const skuai_reorder_costs *costs;
    double *p, *m; /* [n] */
    size_t n;
} cycle;

static double cycle_cost(const cycle *c, int s, int S) {
    double sum = c->costs->fixed, length = 0;
    for (int j = 0; j < S - s && (size_t)j < c->n; j++) {
        sum += c->m[j] * rate_at(c->over, c->costs, S - j);
        length += c->m[j];
    }
    return sum / length;
}

static bool cycle_new(cycle *c, const skuai_stock_law *one, const skuai_stock_law *over,
                      const skuai_reorder_costs *costs, size_t n, skuai_arena *scratch) {
    *c = (cycle){over, costs, skuai_arena_take(scratch, n, sizeof(double)),
                 skuai_arena_take(scratch, n, sizeof(double)), n};
    if (!c->p || !c->m) return false;
    for (size_t k = 0; k < n; k++)
        c->p[k] = mass(one, (double)k);
    renewal(c->p, c->m, 0, n);
    return true;
}

double skuai_order_up_to_cost(const skuai_stock_law *one, const skuai_stock_law *over,
                              const skuai_reorder_costs *costs, skuai_arena *scratch, int s,
                              int S) {
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    cycle c;
    double cost = (double)NAN;
    if (S > s && cycle_new(&c, one, over, costs, (size_t)(S - s), scratch))
        cost = cycle_cost(&c, s, S);
    skuai_arena_reset(scratch, mark);
    return cost;
}

skua_status skuai_order_up_to_optimum(const skuai_stock_law *one, const skuai_stock_law *over,
                                      const skuai_reorder_costs *costs, skuai_arena *scratch,
                                      int *s_out, int *S_out, double *cost, skua_error *err) {
    SKUA_TRY(check_reorder(over, costs, err));
    SKUA_TRY(skuai_stock_law_check(one, err));
    if (continuous(one) || continuous(over))
        return skuai_error_set(err, SKUA_EINVAL, "(s, S) wants demand in whole units");
    /* No order is longer than four economic ones plus the spread. */
    double most = 4 * sqrt(2 * costs->fixed * costs->rate / costs->holding) *
                      sqrt((costs->holding + costs->shortage) / costs->shortage) +
                  20 * sqrt(over->mean + 1) + 50;
    if (!(most < 20000))
        return skuai_error_set(err, SKUA_ELIMIT,
                               "(s, S) by the exact method for an order of about %.0f units: take "
                               "packs as units",
                               most);
    skuai_arena_mark mark = skuai_arena_mark_get(scratch);
    cycle c;
    if (!cycle_new(&c, one, over, costs, (size_t)most, scratch)) {
        skuai_arena_reset(scratch, mark);
        return skuai_error_memory(err, "(s, S)");
    }
    int top = (int)bottom(over, costs), s = top - 1, S = top;
    while (S - s < (int)c.n && cycle_cost(&c, s, S) > rate_at(over, costs, s))
        s--;
    double best = cycle_cost(&c, s, S);
    for (int next = top + 1; next - s < (int)c.n && rate_at(over, costs, next) <= best; next++) {
        if (!(cycle_cost(&c, s, next) < best)) continue;
        S = next;
        while (cycle_cost(&c, s, S) <= rate_at(over, costs, s + 1))
            s++;
        best = cycle_cost(&c, s, S);
    }
    *s_out = s;
    *S_out = S;
    if (cost) *cost = best;
    skuai_arena_reset(scratch, mark);
    return SKUA_OK;
}
