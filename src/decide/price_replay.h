/* price_replay.h -- what prices of a plan would have brought on history, by off-policy evaluation
 * (room decide).
 *
 * A row is a period in which a price was set by somebody else, with what was sold. Had the plan's
 * price stood there, money would have been (plan - cost) times units, and units are told in two
 * ways: by a model of demand that was learnt without the row, and by those rows whose price
 * happened to be near the plan's. Together they are doubly robust [1, 2]:
 *
 *     (plan - cost) [m(plan) + w (units - m(price))],
 *     w = K((x_plan - x) / h) / h / f(x),   at most SKUAI_PRICE_REPLAY_WEIGHT
 *
 * x the log price less the usual one of its series, f its density among the rows of one law (an
 * item: whose prices are set in one way), both with the Gaussian kernel and Silverman's bandwidth
 * of the law. It is right when the model is or when f is; where no price came near the plan's,
 * w is 0 and the model speaks alone. `weighted` uses no model: weights that sum to 1 within a law
 * [3].
 *
 * Assumed: among the rows of a law, what else moves demand did not move the price as well (rows of
 * promotions are to be left out); a price acts in its own period and on its own item; the model of
 * a row does not rest on that row. Errors: of sums over periods and of sums over laws and blocks of
 * 8 periods, the larger of the two.
 *
 * [1] Dudik, Langford & Li 2011, ICML: doubly robust policy evaluation. [2] Kallus & Zhou 2018,
 * AISTATS: continuous treatments, the kernel in place of "the same action". [3] Swaminathan &
 * Joachims 2015, NIPS: self-normalised weights. */
#ifndef SKUA_DECIDE_PRICE_REPLAY_H
#define SKUA_DECIDE_PRICE_REPLAY_H

#include "core/alloc.h"

enum { SKUAI_PRICE_REPLAY_WEIGHT = 10, SKUAI_PRICE_REPLAY_BLOCK = 8 };

typedef struct skuai_price_log {
    size_t law;                      /* below n_laws */
    int64_t period;                  /* any origin */
    double price, plan, usual, cost; /* of a unit; usual: that x is relative to */
    double units;
    double model, model_plan; /* units expected at `price` and at `plan` */
} skuai_price_log;

typedef struct skuai_price_replay_result {
    size_t n, n_changed; /* rows; those whose plan differs from the price by half a hundredth */
    double logged;       /* profit that was made */
    double gain, error, low, high;    /* doubly robust: money beyond it; interval asked for */
    double gain_model, gain_weighted; /* the model alone; the rows alone */
    double effective;                 /* rows that the weights are worth: (sum w)^2 / sum w^2 */
    double met;                       /* share of rows whose plan lies within a bandwidth of at
                                         least five prices of its law */
} skuai_price_replay_result;

/* rows [n] borrowed. SKUA_EDATA: fewer than 2 periods, or none with a plan. confidence in (0, 1).
 */
SKUA_MUST_USE skua_status skuai_price_replay_run(const skuai_price_log *rows, size_t n,
                                                 size_t n_laws, double confidence,
                                                 skuai_price_replay_result *result,
                                                 skua_error *err);

#endif
