/* versions.h -- what was known at the origins of a backtest (room shop).
 *
 * A correction or a late row became known after its period. At an origin before that, the older
 * version counts, or none. Only series with such rows are read again, once an origin, and only the
 * cells that differ are kept. A series' own origin is `back` periods before its end; where many
 * series end in different periods, those that end later share the origin of one that ends earlier,
 * so that none sees more than was known. */
#ifndef SKUA_SHOP_VERSIONS_H
#define SKUA_SHOP_VERSIONS_H

#include "panel/panel.h"
#include "store/panel_in.h"

typedef struct skuai_version {
    size_t back;        /* periods between origin and end */
    size_t n, capacity; /* cells that were known otherwise */
    size_t *row;        /* [n] of the panel */
    double *target;     /* [n] NaN: nothing was known */
    float *available;   /* [n] */
    float *dynamic;     /* [n, n_dynamic] */
} skuai_version;

typedef struct skuai_versions {
    size_t n;
    skuai_version *items; /* [n] by window; n 0: everything was known when its period ended */
} skuai_versions;

/* Whether any row became known after its period, without reading a panel. */
SKUA_MUST_USE skua_status skuai_versions_exist(skuai_store *store, bool *exist, skua_error *err);

/* What was known at the origins horizon * (1 .. windows) periods before the end of a panel that
 * `query` read. SKUA_ENOMEM, SKUA_EDATABASE. */
SKUA_MUST_USE skua_status skuai_versions_read(skuai_store *store, const skuai_panel_query *query,
                                              const skuai_panel_info *info,
                                              const skuai_panel *panel, size_t horizon,
                                              size_t windows, const skuai_context *context,
                                              skuai_versions *versions, skua_error *err);
void skuai_versions_clear(skuai_versions *versions); /* a zeroed one is allowed */

/* The panel (or a subset of it) as it was known `back` periods before its end; *result is a
 * reference of the caller's, to the same panel where nothing differs. */
SKUA_MUST_USE skua_status skuai_versions_lay(const skuai_versions *versions, size_t back,
                                             const skuai_panel *panel, skuai_panel **result,
                                             skua_error *err);

#endif
