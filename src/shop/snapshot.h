/* snapshot.h -- a shop in memory, for programs that answer many questions (room shop). Filled by
 * snapshot_load.c (database), snapshot_stored.c (the stored forecast) and snapshot_total.c; asked
 * by snapshot.c and snapshot_ask.c. Everything but `live` is constant after loading. */
#ifndef SKUA_SHOP_SNAPSHOT_H
#define SKUA_SHOP_SNAPSHOT_H

#include "shop/forecast_model.h"
#include "shop/history.h"

#include <pthread.h>

enum { SNAPSHOT_DOCUMENTS = SKUA_DOCUMENT_MODEL + 1 };

/* The last forecast run, by series of the panel. */
typedef struct skuai_stored {
    char run[96], model[64], started[32];
    size_t horizon, n_levels;
    double levels[SKUAI_LEVELS_MOST];
    size_t n_series;   /* that have a forecast */
    size_t *place;     /* [S] which block of the arrays below; SIZE_MAX: none */
    int64_t *first;    /* [n_series] first period */
    double *mean;      /* [n_series, horizon] */
    double *quantiles; /* [n_series, horizon, n_levels] */
    const char **note; /* [n_series] */
} skuai_stored;

/* What answers questions: the model, fitted on the whole panel at the first one. */
typedef struct skuai_answerer {
    pthread_mutex_t lock;
    bool has_lock;
    skuai_model_file file;
    skuai_forecaster forecaster;
    size_t horizon;
    skuai_model *model;
} skuai_answerer;

struct skua_snapshot {
    skuai_arena *arena;
    skua_shop *shop; /* a copy of the settings, without callbacks */
    int64_t generation;
    char *name;
    skuai_history history;                 /* panels NULL: no sales yet, or none that fit a grid */
    char problem[SKUA_ERROR_MESSAGE_SIZE]; /* why there is no panel */
    int64_t first, end;                    /* of all series */
    skua_item *items;
    const char **search_text; /* [n_items] folded: name, title, category, brand */
    size_t n_items;
    uint32_t *slots; /* [n_slots] items by hash, 0: free, else 1 more than the item's place */
    size_t n_slots;  /* a power of two, at least twice n_items */
    skua_finding *findings;
    size_t n_findings;
    skuai_stored stored;
    char *documents[SNAPSHOT_DOCUMENTS]; /* owned */
    skuai_answerer live;
};

/* Lay the items into the table that skua_snapshot_find looks in; they are all there. */
SKUA_MUST_USE skua_status skuai_snapshot_index(skua_snapshot *snapshot, skua_error *err);

/* Read the last forecast run into snapshot->stored; nothing when there is none. The panel is there.
 */
SKUA_MUST_USE skua_status skuai_snapshot_stored(skua_snapshot *snapshot, skuai_store *store,
                                                skua_error *err);

/* "total": history and forecast of the whole shop, with a band of 80 %. Expected units add up;
 * spreads do not, because items share their days. The band takes the series' own spreads as if they
 * were independent and widens them by how much wider the total's seasonal differences were in the
 * history than independent series' would have been; METHODS.md. */
SKUA_MUST_USE skua_status skuai_snapshot_total(skuai_json_writer *w, const skua_snapshot *snapshot,
                                               skua_error *err);

/* That ratio: sd of the total's seasonal differences over the root of the sum of the series'
 * variances, over the last `periods`; at least 1/2; 1 when it cannot be told. */
double skuai_snapshot_common(const skuai_panel *panel, int64_t end, size_t periods);

#endif
