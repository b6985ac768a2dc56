#include "recommend/item_links.h"

#include "core/alloc.h"
#include "math/linear.h"
#include "math/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, USER_MOST = 1000, LINEAR_MOST = 32768 };

void skuai_item_links_free(skuai_item_links *links) {
    if (!links) return;
    skuai_free(links->rows);
    skuai_free(links->to);
    skuai_free(links->weights);
    skuai_free(links);
}

/* -- The strongest of a row -------------------------------------------------------------------- */

typedef struct link {
    int32_t to;
    float weight;
} link;

static int by_strength(const void *a, const void *b) {
    const link *x = a, *y = b;
    float p = fabsf(x->weight), q = fabsf(y->weight);
    if (p != q) return p > q ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

static int by_target(const void *a, const void *b) {
    const link *x = a, *y = b;
    return (x->to > y->to) - (x->to < y->to);
}

/* Rows of links under way: a fixed number of places an item. */
typedef struct sheet {
    link *links;    /* [n_items, most] */
    size_t *counts; /* [n_items] */
    size_t most, n_items;
} sheet;

static skua_status sheet_new(size_t n_items, size_t most, sheet *s, skua_error *err) {
    size_t cells = 0;
    *s = (sheet){.most = most, .n_items = n_items};
    if (skuai_size_mul(n_items, most, &cells)) s->links = skuai_new(cells, sizeof *s->links);
    s->counts = skuai_zero(n_items, sizeof *s->counts);
    if (s->links && s->counts) return SKUA_OK;
    skuai_free(s->links);
    skuai_free(s->counts);
    *s = (sheet){0};
    return skuai_error_memory(err, "links between items");
}

static void sheet_put(sheet *s, size_t item, link *row, size_t n) {
    qsort(row, n, sizeof *row, by_strength);
    if (n > s->most) n = s->most;
    qsort(row, n, sizeof *row, by_target);
    memcpy(s->links + item * s->most, row, n * sizeof *row);
    s->counts[item] = n;
}

/* The sheet becomes links; it is freed in any case. */
static skua_status sheet_close(sheet *s, skuai_item_links **made, skua_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < s->n_items; i++)
        n += s->counts[i];
    skuai_item_links *l = skuai_zero(1, sizeof *l);
    if (l) {
        l->n_items = s->n_items;
        l->rows = skuai_new(s->n_items + 1, sizeof *l->rows);
        l->to = skuai_new(n, sizeof *l->to);
        l->weights = skuai_new(n, sizeof *l->weights);
    }
    bool ok = l && l->rows && l->to && l->weights;
    for (size_t i = 0, at = 0; ok && i <= s->n_items; i++) {
        l->rows[i] = at;
        for (size_t k = 0; i < s->n_items && k < s->counts[i]; k++, at++) {
            l->to[at] = s->links[i * s->most + k].to;
            l->weights[at] = s->links[i * s->most + k].weight;
        }
    }
    skuai_free(s->links);
    skuai_free(s->counts);
    if (!ok) {
        skuai_item_links_free(l);
        return skuai_error_memory(err, "links between items");
    }
    *made = l;
    return SKUA_OK;
}

/* -- Users' distinct items, as both ways need them --------------------------------------------- */

typedef struct pairs {
    size_t *rows;   /* [n_users + 1] */
    int32_t *items; /* distinct, ascending; the latest USER_MOST of a user */
    float *users;   /* [n_users] what a user counts */
    size_t *counts; /* [n_items] users that bought it */
    double *sizes;  /* [n_items] what they count together */
    size_t *item_rows;
    int32_t *item_users;
} pairs;

static void pairs_clear(pairs *p) {
    skuai_free(p->rows);
    skuai_free(p->items);
    skuai_free(p->users);
    skuai_free(p->counts);
    skuai_free(p->sizes);
    skuai_free(p->item_rows);
    skuai_free(p->item_users);
}

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void pairs_user(const skuai_interactions *x, size_t u, pairs *p) {
    size_t from = x->user_rows[u], to = x->user_rows[u + 1], at = p->rows[u], n = at;
    if (to - from > USER_MOST) from = to - USER_MOST;
    memcpy(p->items + at, x->items + from, (to - from) * sizeof *p->items);
    qsort(p->items + at, to - from, sizeof *p->items, by_number);
    for (size_t k = at; k < at + (to - from); k++)
        if (k == at || p->items[k] != p->items[n - 1]) p->items[n++] = p->items[k];
    p->rows[u + 1] = n;
    p->users[u] = (float)(1 / log(2 + (double)(n - at)));
    for (size_t k = at; k < n; k++)
        p->counts[p->items[k]]++;
}

static skua_status pairs_read(const skuai_interactions *x, pairs *p, skua_error *err) {
    *p = (pairs){.rows = skuai_zero(x->n_users + 1, sizeof *p->rows),
                 .items = skuai_new(x->n, sizeof *p->items),
                 .users = skuai_new(x->n_users, sizeof *p->users),
                 .counts = skuai_zero(x->n_items, sizeof *p->counts),
                 .sizes = skuai_zero(x->n_items, sizeof *p->sizes),
                 .item_rows = skuai_zero(x->n_items + 1, sizeof *p->item_rows),
                 .item_users = skuai_new(x->n, sizeof *p->item_users)};
    if (!p->rows || !p->items || !p->users || !p->counts || !p->sizes || !p->item_rows ||
        !p->item_users)
        return skuai_error_memory(err, "links between items");
    for (size_t u = 0; u < x->n_users; u++)
        pairs_user(x, u, p);
    for (size_t i = 0; i < x->n_items; i++)
        p->item_rows[i + 1] = p->item_rows[i] + p->counts[i];
    memset(p->counts, 0, x->n_items * sizeof *p->counts);
    for (size_t u = 0; u < x->n_users; u++)
        for (size_t k = p->rows[u]; k < p->rows[u + 1]; k++) {
            size_t i = (size_t)p->items[k];
            p->item_users[p->item_rows[i] + p->counts[i]++] = (int32_t)u;
            p->sizes[i] += (double)p->users[u];
        }
    return SKUA_OK;
}

/* -- Neighbours -------------------------------------------------------------------------------- */

typedef struct neighbour_work {
    const pairs *p;
    float **sums; /* a worker: [n_items], zero between items */
    link **found; /* a worker: [n_items] */
    sheet *to;
} neighbour_work;

static skua_status neighbours_of(void *argument, size_t i, int worker, skua_error *err) {
    (void)err;
    neighbour_work *w = argument;
    const pairs *p = w->p;
    float *sums = w->sums[worker];
    link *found = w->found[worker];
    size_t n = 0;
    for (size_t k = p->item_rows[i]; k < p->item_rows[i + 1]; k++) {
        size_t u = (size_t)p->item_users[k];
        for (size_t r = p->rows[u]; r < p->rows[u + 1]; r++) {
            size_t j = (size_t)p->items[r];
            if (j == i) continue;
            if (!(sums[j] > 0)) found[n++].to = (int32_t)j;
            sums[j] += p->users[u];
        }
    }
    for (size_t k = 0; k < n; k++) {
        size_t j = (size_t)found[k].to;
        found[k].weight = (float)((double)sums[j] / sqrt(p->sizes[i] * p->sizes[j]));
        sums[j] = 0;
    }
    sheet_put(w->to, i, found, n);
    return SKUA_OK;
}

skua_status skuai_item_neighbours(const skuai_interactions *x, size_t most,
                                  const skuai_context *context, skuai_item_links **made,
                                  skua_error *err) {
    int workers = skuai_context_threads(context);
    pairs p;
    sheet s = {0};
    skua_status status = pairs_read(x, &p, err);
    neighbour_work w = {&p, skuai_zero((size_t)workers, sizeof *w.sums),
                        skuai_zero((size_t)workers, sizeof *w.found), &s};
    if (status == SKUA_OK && (!w.sums || !w.found)) status = skuai_error_memory(err, "links");
    if (status == SKUA_OK) status = sheet_new(x->n_items, most, &s, err);
    for (int k = 0; k < workers && status == SKUA_OK; k++) {
        w.sums[k] = skuai_zero(x->n_items, sizeof **w.sums);
        w.found[k] = skuai_new(x->n_items, sizeof **w.found);
        if (!w.sums[k] || !w.found[k]) status = skuai_error_memory(err, "links");
    }
    if (status == SKUA_OK)
        status = skuai_parallel_for(context, "neighbours", x->n_items, neighbours_of, &w, err);
    for (int k = 0; k < workers; k++) {
        if (w.sums) skuai_free(w.sums[k]);
        if (w.found) skuai_free(w.found[k]);
    }
    skuai_free(w.sums);
    skuai_free(w.found);
    pairs_clear(&p);
    if (status == SKUA_OK) return sheet_close(&s, made, err);
    skuai_free(s.links);
    skuai_free(s.counts);
    return status;
}

/* -- Linear ------------------------------------------------------------------------------------ */

/* inverse of the diagonal block at k, of size b, into p [b, b]. */
static skua_status invert_block(const float *a, size_t n, size_t k, size_t b, float *p,
                                skua_error *err) {
    double block[BLOCK * BLOCK], inverse[BLOCK * BLOCK];
    for (size_t i = 0; i < b; i++)
        for (size_t j = 0; j < b; j++)
            block[i * b + j] = (double)a[(k + i) * n + k + j];
    SKUA_TRY(skuai_cholesky(block, b, err));
    skuai_cholesky_inverse(block, b, inverse);
    for (size_t i = 0; i < b * b; i++)
        p[i] = (float)inverse[i];
    return SKUA_OK;
}

/* One step of Gauss-Jordan: rows and columns k .. k + b - 1 change places with the unit's. */
static skua_status sweep(const skuai_context *context, float *a, size_t n, size_t k, size_t b,
                         float *rows, float *columns, skua_error *err) {
    float p[BLOCK * BLOCK];
    SKUA_TRY(invert_block(a, n, k, b, p, err));
    skuai_matrix_call call = {
        .m = b, .n = n, .k = b, .lda = b, .ldb = n, .ldc = n, .alpha = 1, .beta = 0};
    SKUA_TRY(skuai_matrix_multiply_parallel(context, &call, p, a + k * n, rows, err));
    for (size_t i = 0; i < n; i++) {
        memcpy(columns + i * b, a + i * n + k, b * sizeof *columns);
        if (i >= k && i < k + b) memset(columns + i * b, 0, b * sizeof *columns);
        memset(a + i * n + k, 0, b * sizeof *a);
    }
    for (size_t i = 0; i < b; i++)
        for (size_t j = 0; j < b; j++)
            rows[i * n + k + j] = p[i * b + j];
    call = (skuai_matrix_call){
        .m = n, .n = n, .k = b, .lda = b, .ldb = n, .ldc = n, .alpha = -1, .beta = 1};
    SKUA_TRY(skuai_matrix_multiply_parallel(context, &call, columns, rows, a, err));
    memcpy(a + k * n, rows, b * n * sizeof *a);
    return SKUA_OK;
}

skua_status skuai_invert_blocks(const skuai_context *context, float *a, size_t n, skua_error *err) {
    float *rows = skuai_new(BLOCK * n, sizeof *rows), *columns = skuai_new(n * BLOCK, sizeof *rows);
    skua_status status = rows && columns ? SKUA_OK : skuai_error_memory(err, "an inverse");
    for (size_t k = 0; k < n && status == SKUA_OK; k += BLOCK) {
        skuai_context_progress(context, "item regression", (double)k, (double)n);
        status = sweep(context, a, n, k, n - k < BLOCK ? n - k : BLOCK, rows, columns, err);
        if (status == SKUA_OK) status = skuai_context_check(context, err);
    }
    skuai_free(rows);
    skuai_free(columns);
    return status;
}

typedef struct popular {
    size_t users;
    int32_t item;
} popular;

static int by_users(const void *a, const void *b) {
    const popular *x = a, *y = b;
    if (x->users != y->users) return x->users > y->users ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

/* The m items with most users: chosen [m], and their place there of every item, -1: none. */
static size_t choose_items(const pairs *p, size_t n_items, size_t m, popular *list,
                           int32_t *place) {
    size_t n = 0;
    for (size_t i = 0; i < n_items; i++) {
        place[i] = -1;
        if (p->counts[i] >= 2) list[n++] = (popular){p->counts[i], (int32_t)i};
    }
    qsort(list, n, sizeof *list, by_users);
    if (n > m) n = m;
    for (size_t k = 0; k < n; k++)
        place[list[k].item] = (int32_t)k;
    return n;
}

static void fill_gram(const pairs *p, const skuai_interactions *x, const int32_t *place, size_t m,
                      double ridge, float *g) {
    memset(g, 0, m * m * sizeof *g);
    for (size_t u = 0; u < x->n_users; u++)
        for (size_t a = p->rows[u]; a < p->rows[u + 1]; a++) {
            int32_t i = place[p->items[a]];
            for (size_t b = p->rows[u]; i >= 0 && b < p->rows[u + 1]; b++) {
                int32_t j = place[p->items[b]];
                if (j >= 0) g[(size_t)i * m + (size_t)j] += 1;
            }
        }
    for (size_t i = 0; i < m; i++)
        g[i * m + i] += (float)ridge;
}

/* Weights from item i to item j: B_ij = -P_ij / P_jj. */
static void put_linear(const float *p, const popular *list, size_t m, link *row, sheet *s) {
    for (size_t i = 0; i < m; i++) {
        size_t n = 0;
        for (size_t j = 0; j < m; j++)
            if (j != i) row[n++] = (link){list[j].item, -p[i * m + j] / p[j * m + j]};
        sheet_put(s, (size_t)list[i].item, row, n);
    }
}

skua_status skuai_item_linear(const skuai_interactions *x, double ridge, size_t items, size_t most,
                              const skuai_context *context, skuai_item_links **made,
                              skua_error *err) {
    if (!(ridge > 0) || items > LINEAR_MOST)
        return skuai_error_set(err, SKUA_EINVAL,
                               "item regression: ridge %g on %zu items: need ridge > 0 and at most "
                               "%d items",
                               ridge, items, LINEAR_MOST);
    pairs p;
    sheet s = {0};
    float *g = NULL;
    size_t m = 0;
    skua_status status = pairs_read(x, &p, err);
    popular *list = skuai_new(x->n_items, sizeof *list);
    int32_t *place = skuai_new(x->n_items, sizeof *place);
    link *row = skuai_new(items, sizeof *row);
    if (status == SKUA_OK && (!list || !place || !row)) status = skuai_error_memory(err, "links");
    if (status == SKUA_OK) {
        m = choose_items(&p, x->n_items, items, list, place);
        g = skuai_new(m * m, sizeof *g);
        status = g ? sheet_new(x->n_items, most, &s, err) : skuai_error_memory(err, "links");
    }
    if (status == SKUA_OK) {
        fill_gram(&p, x, place, m, ridge, g);
        status = skuai_invert_blocks(context, g, m, err);
    }
    if (status == SKUA_OK) {
        put_linear(g, list, m, row, &s);
        status = sheet_close(&s, made, err);
    } else {
        skuai_free(s.links);
        skuai_free(s.counts);
    }
    skuai_free(g);
    skuai_free(list);
    skuai_free(place);
    skuai_free(row);
    pairs_clear(&p);
    return status;
}
