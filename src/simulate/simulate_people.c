#include "simulate/simulate_run.h"

#include <math.h>

size_t skuai_simulate_user(const skuai_simulate_plan *plan, size_t group, skuai_random *random) {
    if (skuai_random_uniform(random) < 0.5) return skuai_random_index(random, plan->n_users);
    size_t public = plan->n_users / 50 + 10; /* those who come for this group again and again */
    double u = skuai_random_uniform(random); /* some much more often than others */
    size_t who = (size_t)((double)public * u * u);
    uint64_t place =
        (uint64_t)group * UINT64_C(0x9E3779B97F4A7C15) + who * UINT64_C(0xD1B54A32D192ED03);
    return (size_t)((place >> 11) % plan->n_users);
}

int skuai_simulate_second(skuai_random *random) {
    /* share of the day's visits by the end of each hour */
    static const double until[24] = {.02, .03, .04, .045, .05, .06, .08, .11, .15, .20, .26, .32,
                                     .38, .43, .48, .53,  .58, .63, .69, .76, .84, .91, .96, 1};
    double u = skuai_random_uniform(random);
    int hour = 0;
    while (hour < 23 && u >= until[hour])
        hour++;
    return hour * 3600 + (int)skuai_random_index(random, 3600);
}

/* -- Orders -------------------------------------------------------------------------------------
 */

typedef struct order_state {
    size_t number, user, last_item;
    int line, second;
} order_state;

static void order_line(skuai_simulate_run *run, const order_state *order, int line, size_t i,
                       size_t channel, int day, int second, int units, const char *kind,
                       const skuai_simulate_cell *cell) {
    const skuai_simulate_plan *plan = run->plan;
    char text[300], *at = skuai_put_char(text, 'O');
    at = skuai_put_padded(at, run->index + 1, 5);
    at = skuai_put_char(skuai_put_padded(at, order->number, 6), ',');
    at = skuai_put_char(skuai_put_unsigned(at, (uint64_t)line), ',');
    at = skuai_put_instant(at, plan->options.start_day + day, second, plan->zone_minutes);
    at = skuai_put_char(skuai_put_item(skuai_put_char(at, ','), run->group->first + i), ',');
    at = skuai_put_char(skuai_put_text(at, skuai_channel_names[channel]), ',');
    at = skuai_put_char(skuai_put_user(at, order->user), ',');
    at = skuai_put_char(skuai_put_scaled(at, units, 0, false), ',');
    at = skuai_put_char(skuai_put_scaled(at, cell->price, 2, false), ',');
    at = skuai_put_char(skuai_put_scaled(at, cell->list, 2, false), ',');
    at = skuai_put_char(skuai_put_text(at, plan->currency), ',');
    at = skuai_put_text(at, kind);
    *at++ = '\n';
    (void)skuai_buffer_add(&run->files[SKUAI_FILE_ORDERS], text, (size_t)(at - text));
    run->report.order_lines++;
}

/* The units of an item on a day, as lines of orders; some come back later, some are cancelled. */
static void order_item(skuai_simulate_run *run, size_t channel, int t, size_t i, order_state *order,
                       skuai_random *random) {
    const skuai_simulate_cell *cell = run->cells + i * (size_t)run->plan->total + t;
    double returned = skuai_departments[skuai_product_types[run->group->type].department].returned;
    for (int left = (int)cell->sold; left > 0;) {
        int units = skuai_random_uniform(random) < 0.8 ? 1 : 2 + (int)skuai_random_index(random, 2);
        if (units > left) units = left;
        bool same = order->line > 0 && order->last_item != i && skuai_random_uniform(random) < 0.3;
        if (!same) {
            order->number = ++run->n_orders;
            order->user = skuai_simulate_user(run->plan, run->index, random);
            order->second = skuai_simulate_second(random);
            order->line = 0;
        }
        order->last_item = i;
        int line = ++order->line;
        order_line(run, order, line, i, channel, t, order->second, units, "sale", cell);
        double fate = skuai_random_uniform(random);
        int later = t + 3 + (int)skuai_random_index(random, 18);
        if (fate < 0.01) {
            int second = order->second < 86000 ? order->second + 300 : order->second;
            order_line(run, order, line + 200, i, channel, t, second, -units, "cancel", cell);
        } else if (fate < 0.01 + returned && later < run->plan->options.days) {
            order_line(run, order, line + 100, i, channel, later, skuai_simulate_second(random),
                       -units, "return", cell);
        }
        left -= units;
    }
}

void skuai_simulate_order_rows(skuai_simulate_run *run, size_t channel, skuai_random *random) {
    for (int t = 0; t < run->plan->options.days; t++) {
        order_state order = {.last_item = SKUAI_NO_ITEM};
        for (size_t i = 0; i < run->group->n; i++)
            order_item(run, channel, t, i, &order, random);
    }
}

/* -- Events -------------------------------------------------------------------------------------
 */

typedef struct visit {
    size_t user;
    int day, second;
} visit;

static void event_row(skuai_simulate_run *run, visit *v, size_t i, size_t channel, const char *kind,
                      skuai_random *random) {
    const skuai_simulate_plan *plan = run->plan;
    bool search = kind[0] == 's';
    const skuai_product_type *type = &skuai_product_types[run->group->type];
    const skuai_item_text *words = &run->items[i].text;
    char text[400], *at = skuai_put_char(skuai_put_user(text, v->user), ',');
    if (!search) at = skuai_put_item(at, run->group->first + i);
    at = skuai_put_char(skuai_put_text(skuai_put_char(at, ','), skuai_channel_names[channel]), ',');
    at = skuai_put_instant(at, plan->options.start_day + v->day, v->second, plan->zone_minutes);
    at = skuai_put_char(skuai_put_text(skuai_put_char(at, ','), kind), ',');
    if (search) { /* the type, sometimes with a word of the title */
        if (skuai_random_uniform(random) < 0.4) {
            const skuai_word *word = &skuai_words[words->title[0]];
            at = skuai_put_text(at, words->chinese ? word->chinese : word->english);
            if (!words->chinese) at = skuai_put_char(at, ' ');
        }
        at = skuai_put_text(at, words->chinese ? type->chinese : type->english);
    }
    *at++ = '\n';
    (void)skuai_buffer_add(&run->files[SKUAI_FILE_EVENTS], text, (size_t)(at - text));
    run->report.events++;
    v->second += 5 + (int)skuai_random_index(random, 90);
    if (v->second > 86399) v->second = 86399;
}

/* A visit: people see an item whether or not it can be bought, so views tell of hidden demand.
 * Returns the events written. */
static int visit_item(skuai_simulate_run *run, size_t i, size_t channel, int t, uint32_t *buys,
                      skuai_random *random) {
    visit v = {skuai_simulate_user(run->plan, run->index, random), t,
               skuai_simulate_second(random)};
    /* who likes another colour mostly looks elsewhere */
    if ((int)(v.user % SKUAI_COLOURS) != run->items[i].colour && skuai_random_uniform(random) < 0.4)
        v.user = v.user - v.user % SKUAI_COLOURS + (size_t)run->items[i].colour;
    if (v.user >= run->plan->n_users) v.user = (size_t)run->items[i].colour;
    int before = (int)run->report.events;
    if (skuai_random_uniform(random) < 0.3) event_row(run, &v, i, channel, "search", random);
    event_row(run, &v, i, channel, "view", random);
    if (skuai_random_uniform(random) < 0.08) event_row(run, &v, i, channel, "favourite", random);
    if (*buys > 0 && skuai_random_uniform(random) < 0.22) {
        event_row(run, &v, i, channel, "cart", random);
        if (skuai_random_uniform(random) < 0.55) {
            event_row(run, &v, i, channel, "buy", random);
            --*buys;
        }
    }
    return (int)run->report.events - before;
}

void skuai_simulate_event_rows(skuai_simulate_run *run, size_t channel, skuai_random *random) {
    for (size_t i = 0; i < run->group->n; i++) {
        const skuai_simulate_cell *cells = run->cells + i * (size_t)run->plan->total;
        double owed = skuai_random_uniform(random); /* events that the demand so far stands for */
        for (int t = 0; t < run->plan->options.days; t++) {
            if (!cells[t].on_sale) continue;
            uint32_t buys = cells[t].sold;
            owed += run->plan->events_per_unit * skuai_random_gamma(random, 4) / 4 * cells[t].mean;
            while (owed >= 1)
                owed -= visit_item(run, i, channel, t, &buys, random);
        }
    }
}
