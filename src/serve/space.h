/* space.h -- a workspace that is served, and what it answers from now (room serve).
 *
 * A `held` is one snapshot with what was made for it: orders of items, finished answers. It is
 * counted: an answer under way keeps the one that it began with, so a new model takes over without
 * a lost request. A thread looks at the generation of each workspace and loads the next one. */
#ifndef SKUA_SERVE_SPACE_H
#define SKUA_SERVE_SPACE_H

#include "core/alloc.h"
#include "serve/service_metrics.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

typedef enum skuai_order {
    SKUAI_ORDER_ITEM,
    SKUAI_ORDER_EXPECTED, /* largest first, and so on */
    SKUAI_ORDER_RECENT,
    SKUAI_ORDER_CHANGE,
    SKUAI_ORDER_FINDINGS,
    SKUAI_ORDERS
} skuai_order;

typedef struct skuai_held {
    atomic_int references;
    skua_snapshot *snapshot;
    int64_t generation;
    size_t *order[SKUAI_ORDERS]; /* [n_items] items in that order; ITEM: NULL */
    /* [n_items] the forecast of an item as a finished answer, made when first asked for */
    _Atomic(struct MHD_Response *) *answers;
    atomic_size_t answer_bytes;
    char tag[64]; /* entity tag of everything that is read from it */
} skuai_held;

typedef struct skuai_space {
    char *name;   /* in addresses: the folder's last part */
    char *folder; /* owned */
    skua_shop *shop;
    pthread_mutex_t lock;                  /* of `held` */
    skuai_held *held;                      /* NULL until the first load */
    char problem[SKUA_ERROR_MESSAGE_SIZE]; /* why the last load failed; "" */
} skuai_space;

/* Open a workspace; nothing is loaded yet. */
SKUA_MUST_USE skua_status skuai_space_init(skuai_space *space, const char *folder, skua_error *err);
void skuai_space_clear(skuai_space *space);

/* Load when the generation moved (or nothing is loaded). *loaded tells whether. */
SKUA_MUST_USE skua_status skuai_space_refresh(skuai_space *space, bool *loaded, skua_error *err);

/* What it answers from, with a reference for the caller; NULL: nothing yet. */
skuai_held *skuai_space_hold(skuai_space *space);
void skuai_held_release(skuai_held *held); /* NULL allowed */

/* Expected units over recent ones less one; NaN without a forecast. */
double skuai_item_change(const skua_item *item);

#endif
