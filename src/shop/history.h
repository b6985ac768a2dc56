/* history.h -- what models learn from and what they are judged by (room shop).
 *
 * Models learn from the history with its findings laid over: outliers replaced, the demand of
 * stock-outs estimated. They are judged by what was recorded: a period is scored as it came, and
 * left out when the item could not be bought the whole time (what was sold is then only a lower
 * bound of demand). In a backtest the findings are laid over the part before the origin alone, and
 * the demand of its stock-outs is estimated from that part alone, so that nothing behind the origin
 * reaches a model. */
#ifndef SKUA_SHOP_HISTORY_H
#define SKUA_SHOP_HISTORY_H

#include "clean/clean.h"
#include "shop/shop.h"
#include "shop/versions.h"

typedef struct skuai_history {
    skuai_panel *panel;    /* to learn from; owned */
    skuai_panel *recorded; /* as it came, unit changes made good; owned */
    skuai_findings findings;
    skuai_clean_options options;
    skuai_context context;
    skuai_panel *raw;        /* as it came; owned; NULL: everything was known when it happened */
    skuai_versions versions; /* of it, at the origins of the backtest */
    const skuai_versions *borrowed; /* of the history that this is a sample of */
    /* Columns that models see in a backtest (skuai_panel_keep); NULL: all. */
    bool (*keeps)(void *user, const char *column, bool vectors);
    void *keeps_user;
    bool censored; /* stock-outs are estimated, so periods with them do not score */
} skuai_history;

/* Read it as the settings say (`clean`, `stockouts`, and those of skuai_shop_panel). It lives as
 * long as the shop. SKUA_EDATA: there are no sales yet, with what to do. */
SKUA_MUST_USE skua_status skuai_history_read(const skua_shop *shop, skuai_store *store,
                                             skuai_history *history, skua_error *err);
/* Its panel alone, opening and closing the store; *panel is the caller's. */
SKUA_MUST_USE skua_status skuai_history_panel(const skua_shop *shop, skuai_panel **panel,
                                              skua_error *err);
/* Read, for a backtest, what was known at its origins as well, where rows became known late. */
SKUA_MUST_USE skua_status skuai_history_versions(const skua_shop *shop, skuai_store *store,
                                                 skuai_history *history, skua_error *err);
void skuai_history_clear(skuai_history *history); /* a zeroed one is allowed */

/* The history of at most `most` series, chosen at random, in order; of all when there are fewer. */
SKUA_MUST_USE skua_status skuai_history_sample(const skuai_history *history, size_t most,
                                               uint64_t seed, skuai_history *sample,
                                               skua_error *err);

/* The history of the n > 0 series given, ascending. */
SKUA_MUST_USE skua_status skuai_history_subset(const skuai_history *history, const size_t *series,
                                               size_t n, skuai_history *subset, skua_error *err);

/* panel_at of a backtest (automl/backtest.h), user being the history: the panel whose last
 * `periods_back` periods are as recorded and whose history before them is the one that was known
 * then, cleaned without them. */
SKUA_MUST_USE skua_status skuai_history_at(void *history, size_t window, int64_t periods_back,
                                           skuai_panel **panel, skua_error *err);

#endif
