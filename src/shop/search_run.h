/* search_run.h -- the search of train and backtest (room shop): which trials, on which windows,
 * within which time; its journal in the workspace.
 *
 *     SHOP/searches/RUN.jsonl   what was evaluated (automl/journal.h)
 *     SHOP/searches/current     the run whose search is under way: a kill leaves it there, and the
 *                               next train with the same settings and data goes on with it
 *
 * Rungs are the windows that choose (1, 2, ...), newest first; window 0 tests and is never seen. */
#ifndef SKUA_SHOP_SEARCH_RUN_H
#define SKUA_SHOP_SEARCH_RUN_H

#include "automl/journal.h"
#include "shop/candidates.h"
#include "shop/history.h"

enum { SKUAI_FINALISTS = 3 };

typedef struct skuai_search_result {
    size_t n_trials, n_evaluations, n_known; /* n_known: of an interrupted search */
    size_t n_warm;                           /* configurations of earlier searches it began with */
    size_t n_finalists;
    char finalists[SKUAI_FINALISTS][SKUAI_SPECIFICATION_SIZE];
    skuai_journal journal; /* n 0: there was no search */
    char *trials;          /* JSON array, best first, owned; NULL: none */
    size_t n_omitted;      /* a replay: models that the run had no time for */
    char omitted[SKUAI_CANDIDATES_MOST][SKUAI_SPECIFICATION_SIZE];
} skuai_search_result;

typedef struct skuai_search_task {
    const char *run;
    skuai_history *sample;
    size_t horizon, windows;
    const double *levels;
    size_t n_levels;
    double until; /* skuai_clock(); 0: no time limit */
} skuai_search_task;

/* Whether the settings ask for a search: trials, or preset best, or a time, without models. */
bool skuai_search_wanted(const skua_shop *shop);

/* Search, or resume, or replay (setting `replay`). SKUA_ENOTFOUND: no run of that name to replay;
 * SKUA_ECONFIG: it was made with other settings or data. */
SKUA_MUST_USE skua_status skuai_search_perform(const skua_shop *shop, const skuai_search_task *task,
                                               skuai_search_result *result, skua_error *err);
void skuai_search_result_clear(skuai_search_result *result);

/* Note in the journal that a model was left out of the backtest for lack of time, so that a replay
 * leaves it out too. */
SKUA_MUST_USE skua_status skuai_search_left_out(skuai_search_result *result, const char *model,
                                                skua_error *err);
/* The run came to its end: nothing is left to go on with. */
SKUA_MUST_USE skua_status skuai_search_finish(skuai_search_result *result, skua_error *err);

#endif
