/* stock_order.h -- what to order now, from paths of demand (room decide).
 *
 * Period 0 is the first that is forecast. An order placed now arrives at the beginning of period L
 * (L = 0: before period 0 sells); the next chance to order is `review` periods from now. Along each
 * path the stock that is there and due is sold oldest first, spoils, and leaves demand unmet; U(t)
 * is what remains unmet from the arrival through t periods behind it. An order of q serves it up to
 * q, so that with T periods to cover, e = min(T, shelf life):
 *
 *   cost(q) = shortage E[(U(e) - q)+] + shortage E[U(T) - U(e)] + holding sum_{t < e} E[(q -
 * U(t))+]
 *           + (cost - salvage) E[(q - U(shelf life))+]
 *
 * which is convex in q: with one period and no holding it is the newsvendor, and what is left keeps
 * its value unless it spoils. T is `review`, or with a fixed cost of ordering the multiple of it
 * that has the least (fixed + cost) / T; one orders when waiting costs more than that a period,
 * which is how (s, S) policies are optimal (textbook.h, [4]). Random lead times: one a path, gamma,
 * rounded; what is due comes late or early with it, and an order placed now does not overtake what
 * is due within the usual lead time (orders do not cross: Zipkin 2000, 7.4), so what has just been
 * ordered is not ordered again.
 *
 * Sources: Zipkin 2000, ch. 9; Nahmias 2011, Perishable Inventory Systems (FIFO issuing). */
#ifndef SKUA_DECIDE_STOCK_ORDER_H
#define SKUA_DECIDE_STOCK_ORDER_H

#include "core/alloc.h"
#include "core/random.h"

typedef struct skuai_stock_due {
    double units;
    size_t period; /* at whose beginning they are expected */
} skuai_stock_due;

/* Money is a unit's, time is in periods. */
typedef struct skuai_stock_item {
    const char *name; /* for messages */
    double on_hand;
    size_t on_hand_life; /* periods until it spoils; 0: as shelf_life */
    const skuai_stock_due *due;
    size_t n_due;
    double lead_time, lead_time_sd;
    size_t review;     /* periods between orders, >= 1 */
    size_t shelf_life; /* periods it can be sold; 0: keeps */
    double loss;       /* share of what arrives that cannot be sold, [0, 1) */
    double moq, pack;  /* 0: none */
    double cost;       /* of buying; NaN: unknown */
    double holding;    /* a period */
    double shortage;   /* of a unit that is not served: margin and goodwill */
    double salvage;    /* what a spoilt unit still brings */
    double order_cost; /* of an order */
} skuai_stock_item;

/* SKUA_EDATA naming item, rule and value. */
SKUA_MUST_USE skua_status skuai_stock_item_check(const skuai_stock_item *item, skua_error *err);

typedef enum skuai_stock_target {
    SKUAI_STOCK_COST,  /* least expected cost */
    SKUAI_STOCK_CYCLE, /* chance of no shortage until the order after this arrives >= level */
    SKUAI_STOCK_FILL   /* share of demand served until then >= level */
} skuai_stock_target;

typedef struct skuai_stock_rule {
    skuai_stock_target target;
    double level; /* CYCLE, FILL: in (0, 1) */
} skuai_stock_rule;

typedef struct skuai_stock_order {
    double order;                 /* units to order now, packs and least quantity kept; 0: none */
    double wanted;                /* before packs and least quantity */
    double order_up_to;           /* S, as units on hand and due together */
    double reorder_point;         /* s: below it one orders; S when ordering costs nothing */
    size_t covers;                /* T, periods */
    double demand;                /* expected from now until the order after this arrives */
    double cost_none, cost_order; /* expected, over T, without and with (fixed cost included) */
    double short_before;          /* chance to run out before this order can arrive */
    double short_without;         /* chance to run out from then until the next, without it */
    double short_after;           /* the same with the order */
    double lost_after;            /* units, expected, then */
    double spoil;                 /* units of the order that spoil, expected */
    double periods_left; /* until stock on hand and due is gone, median; INFINITY: beyond horizon */
    double excess;       /* units on hand and due that 95 of 100 paths do not sell by its end */
} skuai_stock_order;

/* What an item's future looks like before an order: U and what goes with it, in an arena. */
typedef struct skuai_stock_outlook skuai_stock_outlook;

/* paths [n_paths, horizon] demand, >= 0, borrowed only during the call. SKUA_ERANGE: the horizon
 * ends before lead time and review do, with the horizon that is needed. */
SKUA_MUST_USE skua_status skuai_stock_outlook_new(const skuai_stock_item *item, const double *paths,
                                                  size_t n_paths, size_t horizon, uint64_t seed,
                                                  skuai_arena *arena, skuai_stock_outlook **outlook,
                                                  skua_error *err);
/* Periods that a forecast must reach for an item: with 0.999 of lead times, and a review. */
size_t skuai_stock_horizon(const skuai_stock_item *item);

/* Expected cost of ordering `order` units (as bought; fixed cost not included) over T periods. */
double skuai_stock_cost(const skuai_stock_outlook *outlook, size_t T, double order);

SKUA_MUST_USE skua_status skuai_stock_decide(const skuai_stock_outlook *outlook,
                                             const skuai_stock_rule *rule, skuai_stock_order *order,
                                             skua_error *err);
/* The numbers of *order anew for another quantity (a shared limit cut it). */
void skuai_stock_revise(const skuai_stock_outlook *outlook, double quantity,
                        skuai_stock_order *order);

#endif
