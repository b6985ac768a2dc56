/* clean.h -- what is odd in a panel, and the panel without it (room clean, the main header).
 *
 *     skuai_findings findings;
 *     SKUA_TRY(skuai_findings_init(&findings, err));
 *     status = skuai_clean_detect(panel, NULL, context, &findings, err);
 *     ... a person, or settings, change findings.items[i].status ...
 *     status = skuai_clean_panel(panel, &findings, NULL, context, &cleaned, err);
 *
 * Nothing is ever changed in place: a treatment is an overlay on the panel. Everything here works
 * in memory; clean/check.h does the same over a workspace, and looks at rows and texts as well. */
#ifndef SKUA_CLEAN_CLEAN_H
#define SKUA_CLEAN_CLEAN_H

#include "clean/outlier.h"
#include "clean/price_error.h"
#include "clean/stockout.h"
#include "clean/unit_change.h"

typedef struct skuai_clean_options {
    const char *group; /* static category whose series share movements; NULL: all do */
    bool unit_changes, price_errors, gaps, stockouts, outliers; /* what to look for */
    skuai_unit_change_options unit_change;
    skuai_price_error_options price_error;
    skuai_stockout_options stockout;
    skuai_outlier_options outlier;
} skuai_clean_options;

#define SKUAI_CLEAN_OPTIONS_DEFAULT                                                                \
    ((skuai_clean_options){.unit_changes = true,                                                   \
                           .price_errors = true,                                                   \
                           .gaps = true,                                                           \
                           .stockouts = true,                                                      \
                           .outliers = true,                                                       \
                           .unit_change = SKUAI_UNIT_CHANGE_OPTIONS_DEFAULT,                       \
                           .price_error = SKUAI_PRICE_ERROR_OPTIONS_DEFAULT,                       \
                           .stockout = SKUAI_STOCKOUT_OPTIONS_DEFAULT,                             \
                           .outlier = SKUAI_OUTLIER_OPTIONS_DEFAULT})

/* Look at a panel; findings are added to a list that was initialised. Every step sees the series
 * without what the steps before found: units in one measure, prices set right, gaps and stock-outs
 * missing, then outliers. options NULL: the default. */
SKUA_MUST_USE skua_status skuai_clean_detect(const skuai_panel *panel,
                                             const skuai_clean_options *options,
                                             const skuai_context *context, skuai_findings *findings,
                                             skua_error *err);

/* The panel with every finding of a series of it whose status is `applied` treated: unit changes
 * divided out (units and "price"), outliers, price errors and negative values replaced by what was
 * expected, incomplete periods and gaps made missing, and, last, the demand of stock-outs
 * estimated. Findings without a series are the store's business and left alone. *cleaned shares
 * what is not changed; available stays, so that a model may still know of it.
 * SKUA_EINVAL: a finding of a series or period that the panel has not. */
SKUA_MUST_USE skua_status skuai_clean_panel(const skuai_panel *panel,
                                            const skuai_findings *findings,
                                            const skuai_clean_options *options,
                                            const skuai_context *context, skuai_panel **cleaned,
                                            skua_error *err);

#endif
