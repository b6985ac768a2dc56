#include "simulate/simulate_run.h"

#include <math.h>

#define PAYBACK       0.08 /* of what was bought ahead, a day */
#define PAYBACK_LIMIT 0.7  /* of a day's demand */
#define CAP           1.4  /* reference law: log effect of a price never exceeds this */
#define REFERENCE_LAG 0.08 /* weight of today's price in the reference price */

static skuai_simulate_cell *row(const skuai_simulate_run *run, size_t i) {
    return run->cells + i * (size_t)run->plan->total;
}

/* Which promotions run: depth into the price, display summed. */
static void mark_promotions(skuai_simulate_run *run, size_t channel) {
    int total = run->plan->total;
    for (size_t i = 0; i < run->group->n; i++) {
        skuai_simulate_cell *cells = row(run, i);
        const int64_t *list = run->list + i * (size_t)total;
        const skuai_simulate_item *item = &run->items[i];
        for (int t = 0; t < total; t++) {
            double price = (double)list[t] * run->plan->channel_price[channel];
            cells[t] = (skuai_simulate_cell){.list = (int64_t)(price + 0.5),
                                             .available = 1,
                                             .on_sale = t >= item->launch && t <= item->end};
            cells[t].price = cells[t].list;
        }
    }
    for (size_t k = 0; k < run->n_promotions; k++) {
        const skuai_simulate_promotion *p = &run->promotions[k];
        if (p->channel >= 0 && (size_t)p->channel != channel) continue;
        for (size_t i = 0; i < run->group->n; i++) {
            if (p->item != SKUAI_NO_ITEM && p->item != run->group->first + i) continue;
            skuai_simulate_cell *cells = row(run, i);
            for (int t = p->from; t <= p->to; t++) {
                int64_t floor_price = cells[t].list * 2 / 5;
                cells[t].price = (int64_t)((double)cells[t].price * (1 - p->depth) + 0.5);
                if (cells[t].price < floor_price) cells[t].price = floor_price;
                cells[t].display = fmin(0.9, cells[t].display + p->display);
                cells[t].promoted = true;
            }
        }
    }
}

/* The effect of a log price relative to p0 under the log-linear and the reference law. `reference`
 * is the log reference price, relative to p0 too. */
static double price_factor(const skuai_simulate_item *item, double price, double reference) {
    if (!(item->reference > 0)) return exp(item->elasticity * price);
    double gain = reference - price;
    double x = item->elasticity * price + item->reference * (gain < 0 ? 1.5 * gain : gain);
    return exp(CAP * tanh(x / CAP));
}

/* own, plain and their factors for laws in which items do not share one market. */
static void prepare_alone(skuai_simulate_run *run, size_t i, double p0) {
    const skuai_simulate_item *item = &run->items[i];
    skuai_simulate_cell *cells = row(run, i);
    double reference = 0;
    int64_t last_price = -1, last_list = -1;
    double log_price = 0, log_list = 0, at_list = 1, at_price = 1;
    for (int t = 0; t < run->plan->total; t++) {
        skuai_simulate_cell *c = &cells[t];
        bool moved = item->reference > 0 || c->price != last_price || c->list != last_list;
        if (c->price != last_price) log_price = log((double)(last_price = c->price) / p0);
        if (c->list != last_list) log_list = log((double)(last_list = c->list) / p0);
        if (moved) {
            at_price = price_factor(item, log_price, reference);
            at_list = c->price == c->list ? at_price : price_factor(item, log_list, reference);
        }
        reference += REFERENCE_LAG * (log_price - reference);
        c->price_effect = at_price;
        c->promotion = c->display > 0 ? exp(c->display) : 1;
        double level = c->baseline * run->season_factor[t];
        c->plain = level * at_list;
        c->own = level * at_price * c->promotion;
    }
}

/* The same for the choice law: a logit between the group's items on sale and not buying. */
static void prepare_choice(skuai_simulate_run *run, size_t channel) {
    size_t n = run->group->n;
    double market = 0, outside, price_weight[SKUAI_GROUP_ITEMS], base[SKUAI_GROUP_ITEMS];
    double channel_price = run->plan->channel_price[channel];
    for (size_t i = 0; i < n; i++) {
        const skuai_simulate_item *item = &run->items[i];
        market += exp(item->level + item->words + item->looks + item->brand +
                      run->plan->channel_log[channel]);
    }
    outside = run->group->outside * market;
    market += outside;
    for (int t = 0; t < run->plan->total; t++) {
        double listed = 0, weight[SKUAI_GROUP_ITEMS], plain[SKUAI_GROUP_ITEMS], all = 0;
        for (size_t i = 0; i < n; i++) {
            const skuai_simulate_item *item = &run->items[i];
            const skuai_simulate_cell *c = &row(run, i)[t];
            double p0 = (double)item->price * channel_price;
            base[i] = c->baseline;
            plain[i] = base[i] * exp(item->elasticity * log((double)c->list / p0));
            price_weight[i] = base[i] * exp(item->elasticity * log((double)c->price / p0));
            weight[i] = price_weight[i] * exp(c->display);
            listed += plain[i];
            all += weight[i];
        }
        double visitors = market * run->season_factor[t];
        for (size_t i = 0; i < n; i++) {
            skuai_simulate_cell *c = &row(run, i)[t];
            if (!c->on_sale) continue;
            double rest = outside + listed - plain[i]; /* others without promotions */
            double share = base[i] / (rest + base[i]);
            double at_price = price_weight[i] / (rest + price_weight[i]);
            double promoted = weight[i] / (rest + weight[i]);
            c->baseline = market * share;
            c->price_effect = at_price / share;
            c->promotion = promoted / at_price;
            c->own = visitors * promoted;
            c->plain = visitors * plain[i] / (outside + listed);
            double together = visitors * weight[i] / (outside + all);
            c->cannibalised = c->own > together ? c->own - together : 0;
        }
    }
}

static void prepare_baseline(skuai_simulate_run *run, size_t channel) {
    int total = run->plan->total;
    for (size_t i = 0; i < run->group->n; i++) {
        const skuai_simulate_item *item = &run->items[i];
        skuai_simulate_cell *cells = row(run, i);
        const double *slow = run->slow + i * (size_t)total;
        double level =
            item->level + item->words + item->looks + item->brand + run->plan->channel_log[channel];
        if (channel > 0) level += 0.2 * skuai_random_normal(&run->random);
        for (int t = 0; t < total; t++) {
            if (!cells[t].on_sale) continue;
            double age = t - item->launch, left = item->end - t;
            double value = exp(level + slow[t]);
            if (age < 150) value *= 1 - 0.8 * exp(-age / 20);
            if (left < 45) value *= 0.3 + 0.7 * left / 45;
            cells[t].baseline = value;
        }
    }
}

void skuai_simulate_prepare(skuai_simulate_run *run, size_t channel) {
    double channel_price = run->plan->channel_price[channel];
    mark_promotions(run, channel);
    prepare_baseline(run, channel);
    if (run->group->law == SKUAI_SIMULATE_CHOICE)
        prepare_choice(run, channel);
    else
        for (size_t i = 0; i < run->group->n; i++)
            prepare_alone(run, i, (double)run->items[i].price * channel_price);
    for (size_t i = 0; i < run->group->n; i++) {
        double *ahead = run->ahead + i * (size_t)(run->plan->total + 1);
        ahead[0] = 0;
        for (int t = 0; t < run->plan->total; t++)
            ahead[t + 1] = ahead[t] + row(run, i)[t].own;
    }
}

static double uplift_of(const skuai_simulate_cell *cell) {
    return cell->promoted && cell->own > cell->plain ? cell->own - cell->plain : 0;
}

/* What the promotions of the others take from each item on day t, outside choices. */
static void cannibalise(skuai_simulate_run *run, int t) {
    size_t n = run->group->n;
    double level = 0, taken = 0, uplift[SKUAI_GROUP_ITEMS];
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const skuai_simulate_cell *c = &row(run, i)[t];
        uplift[i] = uplift_of(c);
        any = any || uplift[i] > 0;
        level += c->plain;
    }
    if (!any) return;
    for (size_t i = 0; i < n; i++) {
        double others = level - row(run, i)[t].plain;
        if (others > 0) taken += uplift[i] * run->plan->cannibal / others;
    }
    for (size_t i = 0; i < n; i++) {
        skuai_simulate_cell *c = &row(run, i)[t];
        double others = level - c->plain;
        double own = others > 0 ? uplift[i] * run->plan->cannibal / others : 0;
        c->cannibalised = fmin(0.8 * c->own, c->plain * (taken - own));
    }
}

/* Share an item's uplift of a day, and what it takes from others and from later, among the
 * promotions that made it, by their log effects. */
static void credit(skuai_simulate_run *run, size_t channel, int t, size_t i, double pulled,
                   double taken) {
    double uplift = uplift_of(&row(run, i)[t]), sum = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < run->n_promotions; k++) {
            const skuai_simulate_promotion *p = &run->promotions[k];
            if (t < p->from || t > p->to) continue;
            if (p->channel >= 0 && (size_t)p->channel != channel) continue;
            if (p->item != SKUAI_NO_ITEM && p->item != run->group->first + i) continue;
            double part = p->display + run->items[i].elasticity * log(1 - p->depth);
            if (pass == 0) {
                sum += part;
            } else {
                run->truth[k].uplift += uplift * part / sum;
                run->truth[k].pulled_forward += pulled * part / sum;
                run->truth[k].cannibalised += taken * part / sum;
            }
        }
}

/* Units that a stock-out turned away go to substitutes in stock, or are lost. */
static void spill_over(skuai_simulate_run *run, int t, int64_t *left) {
    size_t n = run->group->n;
    for (size_t i = 0; i < n; i++) {
        skuai_simulate_cell *c = &row(run, i)[t];
        uint32_t turned = c->lost;
        for (uint32_t u = 0; u < turned; u++) {
            if (skuai_random_uniform(&run->random) >= run->plan->spill) continue;
            double sum = 0, at = skuai_random_uniform(&run->random);
            for (size_t j = 0; j < n; j++)
                if (j != i && left[j] > 0) sum += row(run, j)[t].own;
            if (!(sum > 0)) break;
            for (size_t j = 0; j < n; j++) {
                if (j == i || left[j] <= 0) continue;
                at -= row(run, j)[t].own / sum;
                if (at >= 0) continue;
                left[j]--;
                row(run, j)[t].spill++;
                row(run, j)[t].sold++;
                c->lost--;
                break;
            }
        }
    }
}

/* The moment at which unit k of n that were wanted over the day went: Beta(k, n - k + 1). */
static float moment_of(skuai_random *random, double k, double n) {
    double a = skuai_random_gamma(random, k), b = skuai_random_gamma(random, n - k + 1);
    return (float)(a / (a + b));
}

static void sell_day(skuai_simulate_run *run, int t) {
    size_t n = run->group->n;
    int64_t left[SKUAI_GROUP_ITEMS] = {0}, opened[SKUAI_GROUP_ITEMS] = {0};
    bool out = false, always = !(run->plan->options.stockout_rate > 0);
    for (size_t i = 0; i < n; i++) {
        skuai_simulate_cell *c = &row(run, i)[t];
        skuai_stock_state *stock = &run->stock[i];
        if (!c->on_sale) continue;
        skuai_stock_arrive(stock, t);
        if (always && stock->on_hand <= (int64_t)c->demand)
            stock->on_hand = (int64_t)c->demand + run->items[i].moq;
        opened[i] = stock->on_hand;
        c->sold = (int64_t)c->demand < opened[i] ? c->demand : (uint32_t)opened[i];
        c->lost = c->demand - c->sold;
        left[i] = opened[i] - c->sold;
        out = out || c->lost > 0;
    }
    if (out) spill_over(run, t, left);
    for (size_t i = 0; i < n; i++) {
        skuai_simulate_cell *c = &row(run, i)[t];
        if (!c->on_sale) continue;
        run->stock[i].on_hand = left[i];
        c->stock = (uint32_t)left[i];
        if (opened[i] == 0)
            c->available = 0;
        else if (left[i] == 0)
            c->available = moment_of(&run->random, (double)opened[i], (double)c->demand + c->spill);
        skuai_stock_order(run, i, t, &run->stock[i], &run->random);
        run->sale_days++;
        run->stockout_days += c->available < 1;
        run->report.units_wanted += c->demand;
        run->report.units_sold += c->sold;
    }
}

void skuai_simulate_sell(skuai_simulate_run *run, size_t channel) {
    const skuai_simulate_plan *plan = run->plan;
    double ahead[SKUAI_GROUP_ITEMS] = {0}; /* bought ahead and still at home */
    double share = skuai_departments[skuai_product_types[run->group->type].department].pull_forward;
    for (int t = 0; t < plan->total; t++) {
        if (run->group->law != SKUAI_SIMULATE_CHOICE) cannibalise(run, t);
        double uplifts = 0, taken = 0;
        for (size_t i = 0; i < run->group->n; i++) {
            uplifts += uplift_of(&row(run, i)[t]);
            taken += row(run, i)[t].cannibalised;
        }
        for (size_t i = 0; i < run->group->n; i++) {
            skuai_simulate_cell *c = &row(run, i)[t];
            if (!c->on_sale) continue;
            if (t == run->items[i].launch || t == 0) skuai_stock_open(run, i, t, &run->stock[i]);
            c->pull = fmin(PAYBACK * ahead[i], PAYBACK_LIMIT * (c->own - c->cannibalised));
            double uplift = uplift_of(c), bought = share * uplift;
            ahead[i] += bought - c->pull;
            c->mean = c->own - c->cannibalised - c->pull;
            c->demand = (uint32_t)fmin(1e6, skuai_random_negative_binomial(
                                                &run->random, c->mean, run->items[i].dispersion));
            if (t < plan->options.days && uplift > 0)
                credit(run, channel, t, i, bought, taken * uplift / uplifts);
        }
        if (t < plan->options.days) sell_day(run, t);
    }
}
