/* panel_in.h -- from the tables to a panel (room store).
 *
 * Sales as given, and for items and channels without given sales those derived from orders (net of
 * the returns whose order is known), are laid on a regular grid: units add up, prices are means
 * weighted by units, available, stock and extras plain means. An item that has sold nothing yet and
 * whose launch comes within 60 (or `future`) periods behind the last is a series without history in
 * every channel, its future beginning behind the last period; not with as_of. Of every
 * row the latest version counts, or the latest that was known at `as_of`. */
#ifndef SKUA_STORE_PANEL_IN_H
#define SKUA_STORE_PANEL_IN_H

#include "panel/panel.h"
#include "store/store.h"

/* What an absent row inside the life of an item in a channel means. */
typedef enum skuai_zero_rule {
    SKUAI_ZEROS_AUTO,   /* orders: zero. Periods: zero where rows are usually absent (over a tenth
                           of the cells) and the shop writes no zeros itself, else missing */
    SKUAI_ZEROS_ZERO,   /* nothing was sold; the life lasts from launch (or first sale) to end (or
                           the last period of all) */
    SKUAI_ZEROS_MISSING /* it is not known; the life lasts from the first to the last row */
} skuai_zero_rule;

/* All zero: everything, on the grid of the settings or of the data. */
typedef struct skuai_panel_query {
    const skuai_grid *grid;   /* NULL: the setting `frequency`, and "auto" is inferred */
    int season;               /* 0: the grid's */
    const int64_t *as_of;     /* seconds, UTC: only what was known then; NULL: everything. Rows that
                                 say nothing were known when their period, on its clock, ended */
    const char *const *items; /* [n_items]; 0: all */
    size_t n_items;
    const char *const *channels; /* [n_channels]; 0: all */
    size_t n_channels;
    skuai_zero_rule zeros;
    bool keep_incomplete; /* keep a first or last period that the data cover in part only */
    bool target_only;     /* no covariates and statics but item and channel */
    size_t future;        /* at least so many future periods a series, for known-ahead covariates */
    const size_t
        *future_of; /* [SKUAI_FREQUENCIES] likewise, by the panel's frequency; NULL: none */
    const char *const *known_ahead; /* [n_known_ahead] extras known for the future too */
    size_t n_known_ahead;
    const char *items_from; /* the table or view that items are read from; NULL: "items" */
    /* Relations that say what was decided about rows and codes (clean/check.h makes them); NULL:
     * nothing. Successors take over the rows of what they replace, in each channel in which they
     * are sold. A bundle's units count for its parts, and it is no series of its own. */
    const char *orders_overlay; /* (row "order/line", gone, price) */
    const char *left_out;       /* (item): no product */
    const char *successors;     /* (item, becomes) */
    const char *parts;          /* (bundle, item, units), down to the last */
    const char *restarts;       /* (item, from_ds): another product before */
} skuai_panel_query;

/* What was decided on the way. */
typedef struct skuai_panel_info {
    skuai_grid grid;
    bool inferred;                 /* the grid was not set */
    skuai_zero_rule zeros;         /* ZERO or MISSING: of given sales */
    double absent, explicit_zeros; /* shares on which AUTO decided: absent cells inside lives, zeros
                                      among rows */
    bool first_dropped, last_dropped; /* a period that the data cover in part only */
    size_t n_given, n_derived;        /* series with given sales, from orders */
    size_t n_launches;                /* series without history, of items to be launched */
    int64_t n_rows;                   /* rows read */
    double returned;                  /* units of returns whose order is not known */
} skuai_panel_info;

/* Read a panel; *panel is owned by the caller, info may be NULL. Series come in order of item, then
 * channel (bytes); all sums are taken in a fixed order. SKUA_EDATA: there are no sales (or none
 * that the query asks for), or their periods fit no grid; SKUA_ELIMIT: more cells than the memory
 * limit of the context allows. */
SKUA_MUST_USE skua_status skuai_store_panel(skuai_store *store, const skuai_panel_query *query,
                                            const skuai_context *context, skuai_panel **panel,
                                            skuai_panel_info *info, skua_error *err);

/* The grid of sorted distinct days (hours: any instant not at midnight). n >= 1. SKUA_EDATA when
 * their steps fit none. */
SKUA_MUST_USE skua_status skuai_grid_infer(const int64_t *seconds, size_t n, skuai_grid *grid,
                                           skua_error *err);

#endif
