#include "simulate/simulate_run.h"

#include <math.h>

#define REVIEW 3    /* days between two looks at the stock */
#define NUDGE  0.35 /* step of the safety factor towards the stock-out rate asked for */

/* Order-up-to level: expected demand until the next but one arrival, and safety. */
static double target(const skuai_simulate_run *run, size_t i, int day,
                     const skuai_stock_state *stock) {
    const skuai_simulate_item *item = &run->items[i];
    int reach = item->lead_time + REVIEW, end = day + 1 + reach;
    if (end > run->plan->total) end = run->plan->total;
    const double *ahead = run->ahead + i * (size_t)(run->plan->total + 1);
    double expected = end > day + 1 ? ahead[end] - ahead[day + 1] : 0;
    double daily = expected / reach;
    double variance = expected + daily * daily * reach / item->dispersion +
                      daily * daily * item->lead_time_sd * item->lead_time_sd;
    return expected * item->opinion + stock->safety * sqrt(variance);
}

void skuai_stock_open(const skuai_simulate_run *run, size_t i, int day, skuai_stock_state *stock) {
    *stock = (skuai_stock_state){.safety = 1.2};
    stock->on_hand = (int64_t)ceil(fmax(1, target(run, i, day - 1, stock)));
}

void skuai_stock_arrive(skuai_stock_state *stock, int day) {
    int kept = 0;
    for (int k = 0; k < stock->n_orders; k++) {
        if (stock->order_day[k] <= day) {
            stock->on_hand += stock->order_units[k];
        } else {
            stock->order_day[kept] = stock->order_day[k];
            stock->order_units[kept++] = stock->order_units[k];
        }
    }
    stock->n_orders = kept;
}

void skuai_stock_order(const skuai_simulate_run *run, size_t i, int day, skuai_stock_state *stock,
                       skuai_random *random) {
    const skuai_simulate_item *item = &run->items[i];
    double rate = run->plan->options.stockout_rate;
    const skuai_simulate_cell *c = run->cells + i * (size_t)run->plan->total + day;
    stock->safety += c->available < 1 ? NUDGE * (1 - rate) : -NUDGE * rate;
    stock->safety = fmax(-4, fmin(8, stock->safety));
    if ((day + (int)i) % REVIEW != 0 || stock->n_orders == 16) return;
    int64_t position = stock->on_hand;
    for (int k = 0; k < stock->n_orders; k++)
        position += stock->order_units[k];
    double wanted = target(run, i, day, stock) - (double)position;
    if (item->end - day > item->lead_time && position == 0 && wanted < 1) wanted = 1;
    if (!(wanted > 0.5)) return;
    int64_t units = (int64_t)ceil(wanted);
    units = (units + item->pack - 1) / item->pack * item->pack;
    if (units < item->moq) units = item->moq;
    double lead = item->lead_time + item->lead_time_sd * skuai_random_normal(random);
    stock->order_day[stock->n_orders] = day + (int)fmax(1, floor(lead + 0.5));
    stock->order_units[stock->n_orders++] = units;
}
