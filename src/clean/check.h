/* check.h -- what is odd in a workspace, written down, decided, and laid over the data (room
 * clean).
 *
 *     skuai_check_summary summary;
 *     status = skuai_check(store, panel, NULL, context, &summary, err);   finds and writes
 *     status = skuai_check_decide(store, &(skuai_finding_filter){.kind = "outlier"}, "rejected",
 * &n, err); status = skuai_check_panel(store, panel, NULL, context, &cleaned, err);   training
 * reads this
 *
 * A check never touches a row of the shop: it fills the table `findings` (run 'check'; table, row,
 * kind, before, after, why, action). `action` is proposed, applied or rejected; a later check finds
 * anew and keeps, for the same (table, row, kind), the action that stands. skua.yaml chooses a
 * kind's first action, "findings: {outlier: proposed, wholesale: applied, text: off}".
 *
 * Applied findings are an overlay. Of rows: views that skuai_check_views makes,
 *     kept_orders        orders without applied duplicates, wholesale orders, non-products, rows
 *                        with negative or impossible values; applied price errors set right
 *     kept_items         items with applied texts and category spellings
 *     order_overlay      what makes kept_orders of orders: (row, gone, price)
 *     left_out           (item): applied non-products
 *     item_successors    (item, becomes): applied successors
 *     item_restarts      (item, from_ds): from when an applied re-used code is the product of today
 *     bundle_parts       (bundle, item, units): parts, down to the last
 * Of series: skuai_check_panel. Setting every action to rejected gives the shop as it came. */
#ifndef SKUA_CLEAN_CHECK_H
#define SKUA_CLEAN_CHECK_H

#include "clean/clean.h"
#include "clean/identity.h"
#include "clean/lifecycle.h"
#include "clean/wholesale.h"
#include "store/store.h"

typedef struct skuai_check_options {
    skuai_clean_options clean;
    skuai_lifecycle_options lifecycle;
    skuai_wholesale_options wholesale;
    skuai_succession_options succession;
    double near_seconds; /* two equal lines of one buyer within these are near duplicates */
    size_t most;         /* findings of one kind and table that are written; the rest is counted */
} skuai_check_options;

#define SKUAI_CHECK_OPTIONS_DEFAULT                                                                \
    ((skuai_check_options){.clean = SKUAI_CLEAN_OPTIONS_DEFAULT,                                   \
                           .lifecycle = SKUAI_LIFECYCLE_OPTIONS_DEFAULT,                           \
                           .wholesale = SKUAI_WHOLESALE_OPTIONS_DEFAULT,                           \
                           .succession = SKUAI_SUCCESSION_OPTIONS_DEFAULT,                         \
                           .near_seconds = 120,                                                    \
                           .most = 100000})

typedef struct skuai_check_summary {
    size_t found[SKUAI_FINDING_KINDS];   /* of each kind, those beyond `most` too */
    size_t applied[SKUAI_FINDING_KINDS]; /* of those written */
    size_t written;
} skuai_check_summary;

/* Look at rows, texts and, panel not NULL, at the series; write the findings in one transaction
 * of their own (none may be open). options NULL: the default.
 * SKUA_ECONFIG: skua.yaml names an unknown kind or action; SKUA_EDATABASE, SKUA_ENOMEM,
 * SKUA_ECANCEL. The store must be open for writing. */
SKUA_MUST_USE skua_status skuai_check(skuai_store *store, const skuai_panel *panel,
                                      const skuai_check_options *options,
                                      const skuai_context *context, skuai_check_summary *summary,
                                      skua_error *err);

/* The look at rows and texts alone, into a list that was initialised: nothing is written. */
SKUA_MUST_USE skua_status skuai_check_rows(skuai_store *store, const skuai_check_options *options,
                                           const skuai_context *context, skuai_findings *findings,
                                           skua_error *err);

/* Which findings; NULL: any. */
typedef struct skuai_finding_filter {
    const char *kind, *item, *row;
} skuai_finding_filter;

/* Set the action of the findings that a filter names; *changed: of how many it was another.
 * SKUA_EINVAL: an unknown kind or action. */
SKUA_MUST_USE skua_status skuai_check_decide(skuai_store *store, const skuai_finding_filter *filter,
                                             const char *action, int64_t *changed, skua_error *err);

/* Make the views of the overlay, and the table bundle_parts. A bundle that holds itself leaves the
 * table without it; skuai_check finds it. */
SKUA_MUST_USE skua_status skuai_check_views(skuai_store *store, skua_error *err);

/* The applied findings of series, as a list for skuai_clean_panel; those of series or periods that
 * the panel has not are left out. findings was initialised. */
SKUA_MUST_USE skua_status skuai_check_read(skuai_store *store, const skuai_panel *panel,
                                           skuai_findings *findings, skua_error *err);

/* skuai_check_read and skuai_clean_panel in one. */
SKUA_MUST_USE skua_status skuai_check_panel(skuai_store *store, const skuai_panel *panel,
                                            const skuai_clean_options *options,
                                            const skuai_context *context, skuai_panel **cleaned,
                                            skua_error *err);

#endif
