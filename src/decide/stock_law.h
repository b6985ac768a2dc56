/* stock_law.h -- the distribution of demand over a lead time, and its loss functions (room decide).
 *
 * loss(x)   = E[(D - x)+], units that a stock of x cannot serve
 * loss2(x)  = E[((D - x)+)^2] / 2, its integral from x to infinity
 * left(x)   = E[(x - D)+] = x - E[D] + loss(x)
 * For whole-numbered laws loss is exact at every real x (linear between whole numbers).
 * Source: Zipkin 2000, Foundations of Inventory Management, app. C.3. */
#ifndef SKUA_DECIDE_STOCK_LAW_H
#define SKUA_DECIDE_STOCK_LAW_H

#include "core/error.h"

typedef enum skuai_stock_law_kind {
    SKUAI_STOCK_NORMAL,
    SKUAI_STOCK_POISSON,
    SKUAI_STOCK_NEGATIVE_BINOMIAL,
    SKUAI_STOCK_SAMPLE
} skuai_stock_law_kind;

typedef struct skuai_stock_law {
    skuai_stock_law_kind kind;
    double mean;
    double sd;            /* NORMAL */
    double size;          /* NEGATIVE_BINOMIAL: variance mean + mean^2 / size */
    const double *sample; /* SAMPLE [n], ascending, borrowed */
    size_t n;
} skuai_stock_law;

static inline skuai_stock_law skuai_stock_normal(double mean, double sd) {
    return (skuai_stock_law){.kind = SKUAI_STOCK_NORMAL, .mean = mean, .sd = sd};
}
static inline skuai_stock_law skuai_stock_poisson(double mean) {
    return (skuai_stock_law){.kind = SKUAI_STOCK_POISSON, .mean = mean};
}
skuai_stock_law skuai_stock_sample(const double *sorted, size_t n);

/* SKUA_EINVAL unless mean is finite and >= 0, sd > 0, size > 0, n > 0. */
SKUA_MUST_USE skua_status skuai_stock_law_check(const skuai_stock_law *law, skua_error *err);

/* The least x with P(D <= x) >= p. */
double skuai_stock_law_quantile(const skuai_stock_law *law, double p);
double skuai_stock_law_cdf(const skuai_stock_law *law, double x);
double skuai_stock_law_loss(const skuai_stock_law *law, double x);
double skuai_stock_law_loss2(const skuai_stock_law *law,
                             double x); /* NORMAL and SAMPLE; else NaN */
static inline double skuai_stock_law_left(const skuai_stock_law *law, double x) {
    return x - law->mean + skuai_stock_law_loss(law, x);
}

#endif
