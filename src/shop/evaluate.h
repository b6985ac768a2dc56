/* evaluate.h -- backtest the candidates on a panel, choose the combination, make the leaderboard
 * (room shop): what train and backtest share.
 *
 * With W windows, 1 .. W-1 choose weights and calibration and window 0 tests them: the row
 * "combination" of the leaderboard never saw what it is scored on. The combination that is kept
 * for forecasting is then chosen again on all windows. With one window there is nothing to choose
 * on: weights stay equal among the models that are no baseline, and `honest` is still true. */
#ifndef SKUA_SHOP_EVALUATE_H
#define SKUA_SHOP_EVALUATE_H

#include "automl/coherent.h"
#include "automl/ensemble.h"
#include "shop/candidates.h"
#include "shop/history.h"
#include "shop/search_run.h"
#include "stat/shared_series.h"

typedef struct skuai_evaluation {
    double begun; /* given: when the limit of time began, by skuai_clock; 0: with the evaluation */
    skuai_candidates candidates; /* members of the ensemble borrow from it: must not be moved */
    size_t horizon, n_windows, n_series; /* n_series: of the sample it ran on */
    size_t n_levels;
    double levels[SKUAI_LEVELS_MOST];
    skuai_ensemble ensemble;                 /* for forecasting: chosen on all windows */
    skuai_coherence coherence;               /* likewise, or as the setting says */
    double coherence_loss[SKUAI_COHERENCES]; /* on those windows; NaN: not asked */
    skuai_scores combination; /* of the combination chosen without window 0, on window 0 */
    double calibration[SKUAI_LEVELS_MOST]; /* its share of PIT values below each level */
    char *leaderboard;                     /* JSON array, best first, owned */
    skuai_panel *tested;        /* the sample; the two below are of the combination on window 0 */
    double *series_pinball;     /* [n_series] sum of mean pinball; NaN: no point */
    double *series_weight;      /* [n_series] sum |y| */
    skuai_search_result search; /* its finalists are among the candidates */
    double deadline;            /* for what is fitted afterwards; 0: none */
    skuai_shared_series shared[SKUAI_CANDIDATES_MOST]; /* candidates whose series ranks share */
} skuai_evaluation;

/* Of a time limit the search gets 40 %, search and backtest 80 %, the rest is for fitting what was
 * chosen on everything. Run it on (a sample of) a history, into memory that does not move while the
 * ensemble is used; on failure it is empty. SKUA_EDATA: nothing can be backtested (see
 * skuai_backtest_run). ranks: who shares the work and has the same results, NULL for nobody;
 * SKUA_ECONFIG: several, and a limit of time or a search, which would part them. */
SKUA_MUST_USE skua_status skuai_evaluate(const skua_shop *shop, const skuai_ranks *ranks,
                                         const char *run, const skuai_history *history,
                                         skuai_evaluation *evaluation, skua_error *err);
void skuai_evaluation_clear(skuai_evaluation *evaluation);

#endif
