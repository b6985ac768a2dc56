/* textbook.h -- the classical stock policies in closed or exact form (room decide).
 *
 * Stationary demand, unmet demand waits (backorders). Costs are a unit and a period (holding,
 * shortage) or an order (fixed). What a shop with forecasts uses is stock_order.h; these are its
 * reference, and the answer where nothing but a mean and a spread is known.
 * [1] Arrow, Harris & Marschak 1951 (newsvendor). [2] Harris 1913 (EOQ), with planned backorders.
 * [3] Federgruen & Zheng 1992, Operations Research 40(4) 808-813 ((r, Q)).
 * [4] Zheng & Federgruen 1991, Operations Research 39(4) 654-665 ((s, S)). */
#ifndef SKUA_DECIDE_TEXTBOOK_H
#define SKUA_DECIDE_TEXTBOOK_H

#include "core/alloc.h"
#include "decide/stock_law.h"

/* The order of one period: level out = quantile of underage / (underage + overage); cost out the
 * expected cost there. [1] SKUA_EINVAL: a cost that is not above 0, named. */
SKUA_MUST_USE skua_status skuai_newsvendor(const skuai_stock_law *law, double overage,
                                           double underage, double *level, double *cost,
                                           skua_error *err);

/* Order quantity and cost a period at constant demand; shortage 0: none is allowed. [2] */
SKUA_MUST_USE skua_status skuai_economic_order(double fixed, double holding, double shortage,
                                               double rate, double *quantity, double *cost,
                                               skua_error *err);

typedef struct skuai_reorder_costs {
    double fixed, holding, shortage;
    double rate; /* demand a period */
} skuai_reorder_costs;

/* Long-run cost a period of ordering Q when the position falls to r. `law`: demand over the lead
 * time. Whole-numbered laws: r and Q whole. */
double skuai_reorder_cost(const skuai_stock_law *law, const skuai_reorder_costs *costs, double r,
                          double quantity);
/* The best r for a given Q, and the best pair. [3] */
SKUA_MUST_USE skua_status skuai_reorder_point(const skuai_stock_law *law,
                                              const skuai_reorder_costs *costs, double quantity,
                                              double *r, skua_error *err);
SKUA_MUST_USE skua_status skuai_reorder_optimum(const skuai_stock_law *law,
                                                const skuai_reorder_costs *costs, double *r,
                                                double *quantity, double *cost, skua_error *err);

/* (s, S) with review every period and whole demand. one: demand of a period (POISSON or
 * NEGATIVE_BINOMIAL); over: demand over lead time and review, from which holding and shortage are
 * reckoned. [4] scratch is given back as it was. */
SKUA_MUST_USE skua_status skuai_order_up_to_optimum(const skuai_stock_law *one,
                                                    const skuai_stock_law *over,
                                                    const skuai_reorder_costs *costs,
                                                    skuai_arena *scratch, int *s, int *S,
                                                    double *cost, skua_error *err);
double skuai_order_up_to_cost(const skuai_stock_law *one, const skuai_stock_law *over,
                              const skuai_reorder_costs *costs, skuai_arena *scratch, int s, int S);

#endif
