#include "recommend/interactions.h"

#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

static int by_user(const void *a, const void *b) {
    const skuai_interaction *x = a, *y = b;
    if (x->user != y->user) return x->user < y->user ? -1 : 1;
    if (x->day != y->day) return x->day < y->day ? -1 : 1;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    return (x->weight < y->weight) - (x->weight > y->weight); /* the greatest first: it is kept */
}

static bool same(const skuai_interaction *a, const skuai_interaction *b) {
    return a->user == b->user && a->day == b->day && a->item == b->item;
}

static skua_status check(const skuai_interaction *rows, size_t n, size_t n_users, size_t n_items,
                         skua_error *err) {
    for (size_t r = 0; r < n; r++) {
        const skuai_interaction *x = &rows[r];
        if (x->user < 0 || (size_t)x->user >= n_users || x->item < 0 ||
            (size_t)x->item >= n_items || !(x->weight > 0 && x->weight <= 1))
            return skuai_error_set(err, SKUA_EDATA,
                                   "interaction %zu: user %d of %zu, item %d of %zu, weight %g: "
                                   "need numbers below the counts and a weight in (0, 1]",
                                   r, x->user, n_users, x->item, n_items, (double)x->weight);
    }
    return SKUA_OK;
}

static skua_status reserve(size_t n_users, size_t n_items, size_t n, skuai_interactions **made,
                           skua_error *err) {
    skuai_interactions *x = skuai_zero(1, sizeof *x);
    if (!x) return skuai_error_memory(err, "interactions");
    x->n_users = n_users;
    x->n_items = n_items;
    x->user_rows = skuai_zero(n_users + 1, sizeof *x->user_rows);
    x->item_rows = skuai_zero(n_items + 1, sizeof *x->item_rows);
    x->items = skuai_new(n, sizeof *x->items);
    x->days = skuai_new(n, sizeof *x->days);
    x->weights = skuai_new(n, sizeof *x->weights);
    x->item_users = skuai_new(n, sizeof *x->item_users);
    x->item_days = skuai_new(n, sizeof *x->item_days);
    if (!x->user_rows || !x->item_rows || !x->items || !x->days || !x->weights || !x->item_users ||
        !x->item_days) {
        skuai_interactions_free(x);
        return skuai_error_memory(err, "interactions");
    }
    *made = x;
    return SKUA_OK;
}

static void append(skuai_interactions *x, int32_t user, int32_t item, int32_t day, float weight) {
    x->items[x->n] = item;
    x->days[x->n] = day;
    x->weights[x->n] = weight;
    x->n++;
    x->user_rows[(size_t)user + 1] = x->n;
    if (weight >= 1) x->has_purchases = true;
    if (day >= x->end) x->end = day + 1;
}

typedef struct visit {
    int32_t day, user;
} visit;

static int by_latest(const void *a, const void *b) {
    const visit *x = a, *y = b;
    if (x->day != y->day) return x->day > y->day ? -1 : 1;
    return (x->user > y->user) - (x->user < y->user);
}

/* Row bounds of users without rows, and the lists by item. */
static skua_status finish(skuai_interactions *x, skua_error *err) {
    for (size_t u = 0; u < x->n_users; u++)
        if (x->user_rows[u + 1] < x->user_rows[u]) x->user_rows[u + 1] = x->user_rows[u];
    for (size_t r = 0; r < x->n; r++)
        x->item_rows[(size_t)x->items[r] + 1]++;
    for (size_t i = 0; i < x->n_items; i++)
        x->item_rows[i + 1] += x->item_rows[i];
    visit *visits = skuai_new(x->n, sizeof *visits);
    size_t *next = skuai_new(x->n_items, sizeof *next);
    if (!visits || !next) {
        skuai_free(visits);
        skuai_free(next);
        return skuai_error_memory(err, "interactions");
    }
    memcpy(next, x->item_rows, x->n_items * sizeof *next);
    for (size_t u = 0; u < x->n_users; u++)
        for (size_t r = x->user_rows[u]; r < x->user_rows[u + 1]; r++)
            visits[next[x->items[r]]++] = (visit){x->days[r], (int32_t)u};
    for (size_t i = 0; i < x->n_items; i++)
        qsort(visits + x->item_rows[i], x->item_rows[i + 1] - x->item_rows[i], sizeof *visits,
              by_latest);
    for (size_t r = 0; r < x->n; r++) {
        x->item_users[r] = visits[r].user;
        x->item_days[r] = visits[r].day;
    }
    skuai_free(visits);
    skuai_free(next);
    return SKUA_OK;
}

skua_status skuai_interactions_new(skuai_interaction *rows, size_t n, size_t n_users,
                                   size_t n_items, int32_t until, skuai_interactions **made,
                                   skua_error *err) {
    skuai_interactions *x = NULL;
    SKUA_TRY(check(rows, n, n_users, n_items, err));
    SKUA_TRY(reserve(n_users, n_items, n, &x, err));
    qsort(rows, n, sizeof *rows, by_user);
    x->end = INT32_MIN;
    for (size_t r = 0; r < n; r++) {
        if (rows[r].day >= until || (r > 0 && same(&rows[r], &rows[r - 1]))) continue;
        append(x, rows[r].user, rows[r].item, rows[r].day, rows[r].weight);
    }
    if (until != INT32_MAX || x->n == 0) x->end = until == INT32_MAX ? 0 : until;
    skua_status status = finish(x, err);
    if (status != SKUA_OK) {
        skuai_interactions_free(x);
        return status;
    }
    *made = x;
    return SKUA_OK;
}

skua_status skuai_interactions_before(const skuai_interactions *all, int32_t until,
                                      skuai_interactions **made, skua_error *err) {
    skuai_interactions *x = NULL;
    SKUA_TRY(reserve(all->n_users, all->n_items, all->n, &x, err));
    for (size_t u = 0; u < all->n_users; u++)
        for (size_t r = all->user_rows[u]; r < all->user_rows[u + 1]; r++)
            if (all->days[r] < until)
                append(x, (int32_t)u, all->items[r], all->days[r], all->weights[r]);
    x->end = until;
    skua_status status = finish(x, err);
    if (status != SKUA_OK) {
        skuai_interactions_free(x);
        return status;
    }
    *made = x;
    return SKUA_OK;
}

void skuai_interactions_free(skuai_interactions *x) {
    if (!x) return;
    skuai_free(x->user_rows);
    skuai_free(x->item_rows);
    skuai_free(x->items);
    skuai_free(x->days);
    skuai_free(x->weights);
    skuai_free(x->item_users);
    skuai_free(x->item_days);
    skuai_free(x);
}

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

size_t skuai_interactions_targets(const skuai_interactions *all, size_t user, int32_t from,
                                  int32_t to, int32_t *items, size_t most) {
    size_t n = 0, kept = 0;
    for (size_t r = all->user_rows[user]; r < all->user_rows[user + 1] && n < most; r++)
        if (all->days[r] >= from && all->days[r] < to &&
            (all->weights[r] >= 1 || !all->has_purchases))
            items[n++] = all->items[r];
    qsort(items, n, sizeof *items, by_number);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || items[i] != items[kept - 1]) items[kept++] = items[i];
    return kept;
}
