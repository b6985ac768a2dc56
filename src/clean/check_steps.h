/* check_steps.h -- the steps of a check over a workspace, private to the room. Each adds findings
 * to the list and reads the store only. */
#ifndef SKUA_CLEAN_CHECK_STEPS_H
#define SKUA_CLEAN_CHECK_STEPS_H

#include "clean/check.h"

/* Rows that one SQL statement finds: duplicates, impossible values, currencies. */
SKUA_MUST_USE skua_status skuai_check_rows_sql(skuai_store *store,
                                               const skuai_check_options *options,
                                               skuai_findings *findings, skua_error *err);

/* Orders, item by item in order of time: wholesale lines and price errors. */
SKUA_MUST_USE skua_status skuai_check_orders(skuai_store *store, const skuai_check_options *options,
                                             const skuai_context *context, skuai_findings *findings,
                                             skua_error *err);

/* One more finding of an item; texts are borrowed. row or why NULL: SKUA_ENOMEM, as their texts
 * could not be made. */
SKUA_MUST_USE skua_status skuai_check_add_item(skuai_findings *findings, skuai_finding_kind kind,
                                               const char *row, const char *item,
                                               const char *before, const char *after,
                                               const char *why, skua_error *err);

/* Items and their texts: normal forms, category spellings, non-products, packs. */
SKUA_MUST_USE skua_status skuai_check_items(skuai_store *store, skuai_findings *findings,
                                            skua_error *err);

/* What codes stand for: descriptions, codes used anew, successors, equal titles; bundles. */
SKUA_MUST_USE skua_status skuai_check_identities(skuai_store *store,
                                                 const skuai_check_options *options,
                                                 skuai_findings *findings, skua_error *err);
SKUA_MUST_USE skua_status skuai_check_bundles(skuai_store *store, skuai_findings *findings,
                                              skua_error *err);

/* Pictures that skua embed has seen: unreadable ones, and those that two items share. */
SKUA_MUST_USE skua_status skuai_check_pictures(skuai_store *store, skuai_findings *findings,
                                               skua_error *err);

/* Flattened parts of the store, texts in the arena. *rows, *bundle and *item are arrays [*n] in the
 * arena; *cycle names a bundle that holds itself ("" none; then *n is 0). */
SKUA_MUST_USE skua_status skuai_check_parts(skuai_store *store, skuai_arena *arena,
                                            const char ***bundle, const char ***item,
                                            double **units, size_t *n, const char **cycle,
                                            skua_error *err);

#endif
