/* panel_build.h -- a panel in the making: shared by the sources of panel_in (room store, private).
 * Legend: s series (of the store or derived), r row: a cell of a series' range. */
#ifndef SKUA_STORE_PANEL_BUILD_H
#define SKUA_STORE_PANEL_BUILD_H

#include "store/ingest_series.h"
#include "store/panel_in.h"

/* A covariate: sums and weights of its values by cell. */
typedef struct skuai_cell_values {
    const char *name;
    size_t column; /* in a scan's chunk; SIZE_MAX: only from the future table */
    bool by_units; /* the mean is weighted by units: prices */
    bool ahead;    /* known for the future */
    bool any;      /* it has a value at all */
    float *sum;    /* [n_rows] */
    float *weight; /* [n_rows]; NULL where a cell has one row at most: sum is the value, NaN none */
} skuai_cell_values;

/* Rows of the future table, by key. */
typedef struct skuai_future_rows {
    skuai_series keys;  /* item and channel, "" any */
    size_t n_columns;   /* values a row */
    const char **names; /* [n_columns] */
    size_t n_rows;
    uint32_t *key;   /* [n_rows] */
    int64_t *period; /* [n_rows] */
    float *values;   /* [n_rows, n_columns] */
    size_t *first;   /* rows of key k: first[k] .. first[k + 1], in order of period */
} skuai_future_rows;

/* Rows of a code count `units` times for series `to`; their prices and so on too, or not. */
typedef struct skuai_route {
    size_t to;
    double units;
    bool values;
} skuai_route;

typedef struct skuai_panel_build {
    skuai_store *store;
    const skuai_panel_query *query;
    size_t future_least; /* future periods of every series, at least */
    const skuai_context *context;
    skuai_arena *arena;
    skuai_panel_info info;
    skuai_grid grid;
    bool single; /* a cell has one row at most: the data are on the grid */

    skuai_series keys;     /* item and channel of every series */
    size_t n_sources;      /* those below have rows of their own; the others are parts of bundles */
    bool routed;           /* some rows count for another series than that of their code */
    size_t *route_first;   /* [n_sources + 1] */
    skuai_route *routes;   /* of source s: route_first[s] .. route_first[s + 1] */
    int64_t *restart;      /* [keys.n] first period in which the code stood for its product */
    size_t n_given;        /* those below have given sales */
    bool *wanted;          /* [keys.n] */
    int64_t *first, *last; /* [keys.n] periods; last < first: none */
    size_t *row;           /* [keys.n + 1] */
    int64_t global_first, global_last;
    size_t n_rows;
    double *target; /* [n_rows] NaN: no row */

    size_t n_values;
    size_t *of_value;          /* [n_values] column of a scan's chunk */
    skuai_cell_values *values; /* price, list_price, available, stock, extras */
    skuai_future_rows future;
    skuai_table *promotions, *calendar;
    size_t n_holidays; /* periods, from global_first on; 0: no country is set */
    float *
        holidays[3]; /* [n_holidays] days off, festivals, make-up working days; NULL: none at all */
} skuai_panel_build;

extern const char *const skuai_holiday_names[3];

/* Period of an instant of the shop's clock. */
int64_t skuai_build_period(const skuai_grid *grid, int64_t second);

/* FROM clause of the sales that count, as alias r; common table expressions up to `netted` of the
 * orders; the relation of plans and of promotions. */
SKUA_MUST_USE skua_status skuai_build_sales_source(const skuai_panel_build *build,
                                                   const skuai_grid *native, skuai_buffer *sql,
                                                   skua_error *err);
void skuai_build_orders_source(const skuai_panel_build *build, skuai_buffer *sql);
void skuai_build_future_source(const skuai_panel_build *build, skuai_buffer *sql);
void skuai_build_promotions_source(const skuai_panel_build *build, skuai_buffer *sql);

/* Routes and restarts of all keys, by the relations that the query names. */
SKUA_MUST_USE skua_status skuai_build_identities(skuai_panel_build *build, skua_error *err);

/* All series with their covariates and statics to a panel, owned by the caller. */
SKUA_MUST_USE skua_status skuai_build_panel(skuai_panel_build *build, skuai_panel **panel,
                                            skua_error *err);

/* Covariates beside the sales: read before the series are built. */
SKUA_MUST_USE skua_status skuai_build_future(skuai_panel_build *build, skua_error *err);
void skuai_future_rows_clear(skuai_future_rows *future);
/* Lay the future table's values of a series over dynamic covariate arrays (NaN cells alone):
 * values[k] [n] for column k of the future rows, period `start` first. */
void skuai_future_lay(const skuai_future_rows *future, const char *item, const char *channel,
                      int64_t start, size_t n, float *const *values);
/* Last period for which the future table says something about a series; INT64_MIN: none. */
int64_t skuai_future_last(const skuai_future_rows *future, const char *item, const char *channel);

/* Of a series over its periods: whether a promotion runs, the greatest price cut of those that do,
 * and how many of them cut no price (displays); false when none touches it. What the arrays hold
 * stays, or grows; where they are NaN they begin at 0. */
bool skuai_build_promotion(const skuai_panel_build *build, const char *item, const char *category,
                           const char *channel, int64_t start, size_t n, float *flag, float *depth,
                           float *display);
/* Days of the calendar table in each period. */
void skuai_build_calendar(const skuai_panel_build *build, const char *channel, int64_t start,
                          size_t n, float *days);

/* Days of each kind in every period, by the countries of the settings (and shopping festivals). */
SKUA_MUST_USE skua_status skuai_build_holidays(skuai_panel_build *build, skua_error *err);

/* Statics of the series (indices of keys in the panel's order) onto the builder. */
SKUA_MUST_USE skua_status skuai_build_statics(skuai_panel_build *build, const size_t *series,
                                              size_t n, const char *const *categories,
                                              skuai_panel_builder *builder, skua_error *err);
/* Vectors of the series' items, a modality each, onto the builder. */
SKUA_MUST_USE skua_status skuai_build_vectors(skuai_panel_build *build, const size_t *series,
                                              size_t n, skuai_panel_builder *builder,
                                              skua_error *err);
/* The graph of items (panel_ties.c), behind the statics. */
SKUA_MUST_USE skua_status skuai_build_ties(skuai_panel_build *build, skuai_panel_builder *builder,
                                           skua_error *err);

/* Series without history for items that are to be launched; after the ranges are settled. */
SKUA_MUST_USE skua_status skuai_build_launches(skuai_panel_build *build, skua_error *err);
/* Category path, launch and end (seconds; INT64_MIN none) and what is replaced (NULL none) of each
 * series' item. */
SKUA_MUST_USE skua_status skuai_build_items(skuai_panel_build *build, const char ***categories,
                                            int64_t **launch, int64_t **end, const char ***replaces,
                                            skua_error *err);

#endif
