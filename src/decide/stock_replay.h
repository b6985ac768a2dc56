/* stock_replay.h -- a stock policy on history, as it would have gone (room decide).
 *
 * Every period: what was ordered arrives and loses its share, then demand is served oldest batch
 * first, what is not served is lost, what has reached its shelf life spoils, the rest is held.
 * Every `review` periods the policy is asked for an order before that period sells; it sees the
 * stock of that moment, and whatever its author let it know. Lead times are drawn an item and a
 * period, so every policy meets the same ones. Costs are reckoned over the scored periods alone;
 * what is left at their end keeps its value. */
#ifndef SKUA_DECIDE_STOCK_REPLAY_H
#define SKUA_DECIDE_STOCK_REPLAY_H

#include "core/context.h"
#include "decide/stock_order.h"
#include "forecast/forecast.h"

typedef struct skuai_replay_item {
    skuai_stock_item stock; /* terms, and the stock at the beginning; `due` is not looked at */
    const double *demand;   /* [periods]; NaN: unknown, taken as none and not scored */
} skuai_replay_item;

typedef struct skuai_replay {
    const skuai_replay_item *items; /* [n_items] */
    size_t n_items, periods;
    size_t scored_from; /* the first scored period: before it, a policy fills its pipeline */
    uint64_t seed;      /* of lead times */
} skuai_replay;

/* The policy: units to order for an item in period t. state: as skuai_stock_decide wants it. */
typedef skua_status (*skuai_replay_policy)(void *user, const skuai_replay *replay, size_t item,
                                           size_t t, const skuai_stock_item *state, double *order,
                                           skua_error *err);

typedef struct skuai_replay_result {
    double demand, sold, lost, spoilt; /* units; spoilt includes the share lost on arrival */
    double held;                       /* unit-periods */
    size_t n_periods, n_short; /* scored item-periods with demand; those not served in full */
    size_t n_orders;
    double holding_cost, lost_cost, spoil_cost, order_cost, cost; /* cost: their sum */
    double fill;                                                  /* sold / demand */
} skuai_replay_result;

/* each [n_items] may be NULL. Items run on the context's threads: a policy must allow it. */
SKUA_MUST_USE skua_status skuai_replay_run(const skuai_replay *replay, skuai_replay_policy policy,
                                           void *user, const skuai_context *context,
                                           skuai_replay_result *total, skuai_replay_result *each,
                                           skua_error *err);

/* -- Policies ---------------------------------------------------------------------------------- */

/* Orders of stock_order.h from forecasts made at the time. */
typedef struct skuai_replay_forecasts {
    const skuai_forecast *const *forecasts; /* [periods] of the n_items series, of period t when one
                                               orders in t; NULL elsewhere */
    skuai_stock_rule rule;
    size_t n_paths;
    uint64_t seed;
} skuai_replay_forecasts;
skua_status skuai_replay_by_forecast(void *forecasts, const skuai_replay *replay, size_t item,
                                     size_t t, const skuai_stock_item *state, double *order,
                                     skua_error *err);

/* Order up to m (L + R) + z sqrt((L + R) v + m^2 lead_time_sd^2): m and v mean and variance of the
 * last `window` known periods or, when forecasts are given, their means and the variances that
 * their 80 % intervals are a normal law's of (textbook safety stock: Silver, Pyke & Thomas 2017,
 * ch. 6). */
typedef struct skuai_replay_normal {
    const double *const *past; /* [n_items] demand of all periods from -n_past on */
    size_t n_past;             /* periods before period 0 */
    size_t window;
    double z;
    const skuai_forecast *const *forecasts; /* NULL: moving means */
} skuai_replay_normal;
skua_status skuai_replay_by_formula(void *normal, const skuai_replay *replay, size_t item, size_t t,
                                    const skuai_stock_item *state, double *order, skua_error *err);

/* Knows demand and lead times, and orders just what will be missing (fixed costs not weighed). */
skua_status skuai_replay_by_foresight(void *none, const skuai_replay *replay, size_t item, size_t t,
                                      const skuai_stock_item *state, double *order,
                                      skua_error *err);

/* The z at which the formula's fill rate is that of `fill`, by bisection in [-4, 8]; the result of
 * the nearest one. */
SKUA_MUST_USE skua_status skuai_replay_match(const skuai_replay *replay, skuai_replay_normal normal,
                                             double fill, const skuai_context *context, double *z,
                                             skuai_replay_result *result, skua_error *err);

#endif
