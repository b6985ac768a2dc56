#include "serve/space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* -- Held snapshots ---------------------------------------------------------------------------- */

static void held_free(skuai_held *held) {
    size_t n = skua_snapshot_items(held->snapshot);
    for (size_t i = 0; held->answers && i < n; i++) {
        struct MHD_Response *answer = atomic_load(&held->answers[i]);
        if (answer) MHD_destroy_response(answer);
    }
    for (int o = 0; o < SKUAI_ORDERS; o++)
        skuai_free(held->order[o]);
    skuai_free((void *)held->answers);
    skua_snapshot_free(held->snapshot);
    skuai_free(held);
}

void skuai_held_release(skuai_held *held) {
    if (held && atomic_fetch_sub(&held->references, 1) == 1) held_free(held);
}

double skuai_item_change(const skua_item *item) {
    if (isnan(item->expected)) return (double)NAN;
    return (item->expected - item->recent) / (item->recent > 1 ? item->recent : 1);
}

typedef struct ranked {
    double key;
    size_t item;
} ranked;

static int largest_first(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? 1 : -1;
    return (x->item > y->item) - (x->item < y->item);
}

static double order_key(const skua_item *item, skuai_order order) {
    double key = order == SKUAI_ORDER_EXPECTED ? item->expected
                 : order == SKUAI_ORDER_RECENT ? item->recent
                 : order == SKUAI_ORDER_CHANGE
                     ? fabs(item->expected - item->recent) /* what moves most units */
                     : (double)item->n_findings;
    return isnan(key) ? -1 : key;
}

static skua_status sort_items(skuai_held *held, skua_error *err) {
    size_t n = skua_snapshot_items(held->snapshot);
    ranked *rank = skuai_new(n, sizeof *rank);
    skua_status status = rank ? SKUA_OK : skuai_error_memory(err, "items in order");
    for (int o = 1; o < SKUAI_ORDERS && status == SKUA_OK; o++) {
        held->order[o] = skuai_new(n, sizeof *held->order[o]);
        if (!held->order[o]) {
            status = skuai_error_memory(err, "items in order");
            break;
        }
        for (size_t i = 0; i < n; i++)
            rank[i] = (ranked){order_key(skua_snapshot_item(held->snapshot, i), (skuai_order)o), i};
        qsort(rank, n, sizeof *rank, largest_first);
        for (size_t i = 0; i < n; i++)
            held->order[o][i] = rank[i].item;
    }
    skuai_free(rank);
    return status;
}

static skua_status held_new(skua_shop *shop, skuai_held **held, skua_error *err) {
    struct timespec now = {0};
    skuai_held *made = skuai_zero(1, sizeof *made);
    if (!made) return skuai_error_memory(err, "a snapshot");
    atomic_init(&made->references, 1);
    skua_status status = skua_snapshot_load(shop, &made->snapshot, err);
    if (status != SKUA_OK) {
        skuai_free(made);
        return status;
    }
    made->generation = skua_snapshot_generation(made->snapshot);
    made->answers = skuai_zero(skua_snapshot_items(made->snapshot), sizeof *made->answers);
    if (!made->answers) status = skuai_error_memory(err, "answers");
    if (status == SKUA_OK) status = sort_items(made, err);
    /* the generation alone would repeat when a workspace is made anew under the same name */
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(made->tag, sizeof made->tag, "W/\"%llx-%lx-%llx\"",
                   (unsigned long long)made->generation, (unsigned long)now.tv_nsec,
                   (unsigned long long)now.tv_sec);
    if (status == SKUA_OK)
        *held = made;
    else
        held_free(made);
    return status;
}

/* -- Workspaces -------------------------------------------------------------------------------- */

skua_status skuai_space_init(skuai_space *space, const char *folder, skua_error *err) {
    *space = (skuai_space){0};
    size_t n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/')
        n--;
    space->folder = skuai_text_copy_n(folder, n);
    if (!space->folder) return skuai_error_memory(err, "a workspace");
    const char *slash = strrchr(space->folder, '/');
    space->name = skuai_text_copy(slash && slash[1] ? slash + 1 : space->folder);
    skua_status status = space->name ? SKUA_OK : skuai_error_memory(err, "a workspace");
    if (status == SKUA_OK) status = skua_shop_open(space->folder, &space->shop, err);
    if (status == SKUA_OK && pthread_mutex_init(&space->lock, NULL) != 0)
        status = skuai_error_memory(err, "a workspace");
    if (status == SKUA_OK) return SKUA_OK;
    skua_shop_close(space->shop);
    skuai_free(space->name);
    skuai_free(space->folder);
    *space = (skuai_space){0};
    return status;
}

void skuai_space_clear(skuai_space *space) {
    if (!space->shop) return;
    skuai_held_release(space->held);
    (void)pthread_mutex_destroy(&space->lock);
    skua_shop_close(space->shop);
    skuai_free(space->name);
    skuai_free(space->folder);
    *space = (skuai_space){0};
}

skuai_held *skuai_space_hold(skuai_space *space) {
    (void)pthread_mutex_lock(&space->lock);
    skuai_held *held = space->held;
    if (held) atomic_fetch_add(&held->references, 1);
    (void)pthread_mutex_unlock(&space->lock);
    return held;
}

static void set_problem(skuai_space *space, const char *message) {
    (void)pthread_mutex_lock(&space->lock);
    (void)snprintf(space->problem, sizeof space->problem, "%s", message);
    (void)pthread_mutex_unlock(&space->lock);
}

skua_status skuai_space_refresh(skuai_space *space, bool *loaded, skua_error *err) {
    int64_t generation = 0;
    skuai_held *next = NULL;
    skua_error failure;
    *loaded = false;
    skua_status status = skua_shop_generation(space->shop, &generation, &failure);
    if (status == SKUA_OK && space->held && space->held->generation == generation) return SKUA_OK;
    if (status == SKUA_OK) status = held_new(space->shop, &next, &failure);
    if (status != SKUA_OK) {
        set_problem(space, failure.message);
        return skuai_error_set(err, status, "%s", failure.message);
    }
    (void)pthread_mutex_lock(&space->lock);
    skuai_held *before = space->held;
    space->held = next;
    space->problem[0] = '\0';
    (void)pthread_mutex_unlock(&space->lock);
    skuai_held_release(before);
    *loaded = true;
    return SKUA_OK;
}
