/* Links of baskets: pairs counted by sorting, expected by the orders' sizes. */
#include "cause/item_graph.h"

#include "cause/pcmci.h"
#include "math/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BASKET_MOST = 100, EXPECTED_LEAST = 5, PAIRS_MOST = 20000000 };

void skuai_item_links_clear(skuai_item_links *links) {
    skuai_free(links->items);
    *links = (skuai_item_links){0};
}

typedef struct pair {
    uint32_t a, b, count;
} pair;

typedef struct counts {
    const skuai_baskets *o;
    size_t *first;    /* [n_items + 1] of orders */
    uint32_t *orders; /* orders of an item, ascending */
    double *lines;    /* [n + 1] running sum of sizes */
    double *meetings; /* [n + 1] running sum of s (s - 1) */
    pair *pairs;
    size_t n_pairs;
} counts;

static size_t size_of(const skuai_baskets *o, size_t b) {
    size_t n = o->first[b + 1] - o->first[b];
    return n <= BASKET_MOST ? n : 0;
}

static int by_pair(const void *x, const void *y) {
    const pair *a = x, *b = y;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    return a->b < b->b ? -1 : a->b > b->b;
}

static skua_status index_orders(counts *c, skuai_arena *arena, skua_error *err) {
    const skuai_baskets *o = c->o;
    size_t lines = o->first[o->n];
    c->first = skuai_arena_take_zero(arena, o->n_items + 2, sizeof *c->first);
    c->orders = skuai_arena_take(arena, lines + 1, sizeof *c->orders);
    c->lines = skuai_arena_take_zero(arena, o->n + 1, sizeof *c->lines);
    c->meetings = skuai_arena_take_zero(arena, o->n + 1, sizeof *c->meetings);
    if (!c->first || !c->orders || !c->lines || !c->meetings)
        return skuai_error_memory(err, "baskets");
    for (size_t b = 0; b < o->n; b++) {
        double s = (double)size_of(o, b);
        c->lines[b + 1] = c->lines[b] + s;
        c->meetings[b + 1] = c->meetings[b] + s * (s - 1);
        for (size_t k = 0; k < size_of(o, b); k++)
            c->first[o->item[o->first[b] + k] + 2]++;
    }
    for (size_t i = 0; i < o->n_items; i++)
        c->first[i + 2] += c->first[i + 1];
    for (size_t b = 0; b < o->n; b++)
        for (size_t k = 0; k < size_of(o, b); k++)
            c->orders[c->first[o->item[o->first[b] + k] + 1]++] = (uint32_t)b;
    return SKUA_OK;
}

static skua_status count_pairs(counts *c, skuai_arena *arena, skua_error *err) {
    const skuai_baskets *o = c->o;
    size_t most = 0, n = 0;
    for (size_t b = 0; b < o->n; b++)
        most += size_of(o, b) * (size_of(o, b) - (size_of(o, b) > 0)) / 2;
    if (most == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "no order holds two different items, so baskets say nothing of what "
                               "is bought together; ingest orders with an order's number");
    if (most > PAIRS_MOST) most = PAIRS_MOST; /* the latest orders */
    c->pairs = skuai_arena_take(arena, most, sizeof *c->pairs);
    if (!c->pairs) return skuai_error_memory(err, "pairs of items");
    for (size_t b = o->n; b-- > 0;) {
        const uint32_t *item = o->item + o->first[b];
        for (size_t x = 0; x < size_of(o, b); x++)
            for (size_t y = x + 1; y < size_of(o, b) && n < most; y++)
                c->pairs[n++] = (pair){item[x], item[y], 1};
    }
    qsort(c->pairs, n, sizeof *c->pairs, by_pair);
    for (size_t k = 0; k < n; k++) {
        pair *last = c->n_pairs ? &c->pairs[c->n_pairs - 1] : NULL;
        if (last && by_pair(last, &c->pairs[k]) == 0)
            last->count++;
        else
            c->pairs[c->n_pairs++] = c->pairs[k];
    }
    return SKUA_OK;
}

/* Orders of item i in [from, to). */
static size_t orders_within(const counts *c, uint32_t i, size_t from, size_t to) {
    size_t edge[2], at[2] = {from, to};
    for (int k = 0; k < 2; k++) {
        size_t low = c->first[i], high = c->first[i + 1];
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (c->orders[middle] < at[k])
                low = middle + 1;
            else
                high = middle;
        }
        edge[k] = low;
    }
    return edge[1] - edge[0];
}

/* The pair's numbers over the orders in which both were on sale; false: never. */
static bool measure(const counts *c, uint32_t i, uint32_t j, double together,
                    skuai_item_link *link) {
    if (c->first[i] == c->first[i + 1] || c->first[j] == c->first[j + 1]) return false;
    size_t from = c->orders[c->first[i]], to = c->orders[c->first[i + 1] - 1];
    size_t from_j = c->orders[c->first[j]], to_j = c->orders[c->first[j + 1] - 1];
    if (from_j > from) from = from_j;
    if (to_j < to) to = to_j;
    if (to < from) return false;
    double n = (double)(to + 1 - from), lines = c->lines[to + 1] - c->lines[from];
    double a = (double)orders_within(c, i, from, to + 1);
    double b = (double)orders_within(c, j, from, to + 1);
    double expected = a * b * (c->meetings[to + 1] - c->meetings[from]) / (lines * lines);
    if (!(expected > 0)) return false;
    double below = skuai_poisson_cdf(together, expected);
    double above = together > 0 ? 1 - skuai_poisson_cdf(together - 1, expected) : 1;
    double spread = sqrt(a * b * fmax(0, n - a) * fmax(0, n - b));
    *link = (skuai_item_link){
        .from = i,
        .to = j,
        .substitutes =
            together<expected, .evidence = SKUAI_ITEM_BASKETS,
                     .value = log((together + 0.5) / (expected + 0.5)),
                     .error = 1 / sqrt(together + 0.5), .p = fmin(1, 2 * fmin(below, above)),
                     .together = together, .expected = expected, .phi = spread> 0
                ? (n * together - a * b) / spread
                : 0};
    return true;
}

typedef struct found {
    skuai_item_link *links;
    size_t n, room;
} found;

static skua_status keep(found *f, const skuai_item_link *link, skua_error *err) {
    if (f->n == f->room) {
        size_t room = f->room ? 2 * f->room : 1024;
        skuai_item_link *more = skuai_resize(f->links, room, sizeof *more);
        if (!more) return skuai_error_memory(err, "links of items");
        f->links = more;
        f->room = room;
    }
    f->links[f->n++] = *link;
    return SKUA_OK;
}

/* Pairs that never met although they should have, five times at least: the best sellers first. */
static skua_status add_strangers(const counts *c, found *f, skua_error *err) {
    const skuai_baskets *o = c->o;
    double share = c->meetings[o->n] / (c->lines[o->n] * c->lines[o->n]);
    skua_status status = SKUA_OK;
    for (uint32_t i = 0; i < o->n_items && status == SKUA_OK; i++) {
        double a = (double)(c->first[i + 1] - c->first[i]);
        for (uint32_t j = i + 1; j < o->n_items && status == SKUA_OK; j++) {
            double b = (double)(c->first[j + 1] - c->first[j]);
            pair wanted = {i, j, 0};
            skuai_item_link link;
            if (a * b * share < EXPECTED_LEAST ||
                bsearch(&wanted, c->pairs, c->n_pairs, sizeof wanted, by_pair) ||
                !measure(c, i, j, 0, &link) || link.expected < EXPECTED_LEAST)
                continue;
            status = keep(f, &link, err);
        }
    }
    return status;
}

skua_status skuai_item_links_judge(skuai_item_link *tested, size_t n, double rate,
                                   skuai_item_links *links, skua_error *err) {
    if (n == 0) return SKUA_OK;
    double *p = skuai_new(2 * n, sizeof *p);
    size_t *index = skuai_new(n, sizeof *index), stand = 0;
    skua_status status = p && index ? SKUA_OK : skuai_error_memory(err, "false discovery rates");
    for (size_t k = 0; k < n && status == SKUA_OK; k++)
        p[k] = tested[k].p;
    if (status == SKUA_OK) {
        skuai_false_discovery(p, n, index, p + n);
        for (size_t k = 0; k < n; k++) {
            tested[k].q = p[n + k];
            stand += p[n + k] <= rate;
        }
        skuai_item_link *more =
            skuai_resize(links->items, links->n + stand + 1, sizeof *links->items);
        if (!more) status = skuai_error_memory(err, "links of items");
        if (more) links->items = more;
    }
    for (size_t k = 0; k < n && status == SKUA_OK; k++)
        if (tested[k].q <= rate) links->items[links->n++] = tested[k];
    links->n_tests += n;
    skuai_free(p);
    skuai_free(index);
    return status;
}

skua_status skuai_basket_links(const skuai_baskets *baskets, double rate, skuai_item_links *links,
                               skua_error *err) {
    counts c = {.o = baskets};
    found f = {0};
    skua_status status = SKUA_OK;
    skuai_arena *arena = skuai_arena_new(0);
    if (!arena) return skuai_error_memory(err, "baskets");
    SKUA_TRY_OUT(index_orders(&c, arena, err));
    SKUA_TRY_OUT(count_pairs(&c, arena, err));
    for (size_t k = 0; k < c.n_pairs; k++) {
        skuai_item_link link;
        const pair *q = &c.pairs[k];
        if (measure(&c, q->a, q->b, (double)q->count, &link)) SKUA_TRY_OUT(keep(&f, &link, err));
    }
    SKUA_TRY_OUT(add_strangers(&c, &f, err));
    SKUA_TRY_OUT(skuai_item_links_judge(f.links, f.n, rate, links, err));
out:
    skuai_free(f.links);
    skuai_arena_free(arena);
    return status;
}

void skuai_item_spill(const skuai_item_links *links, const double *mean, uint32_t from, double cut,
                      double *cannibalised, double *halo) {
    *cannibalised = *halo = 0;
    for (size_t k = 0; k < links->n; k++) {
        const skuai_item_link *l = &links->items[k];
        if (l->evidence != SKUAI_ITEM_PRICES || l->from != from) continue;
        double change = mean[l->to] * (pow(1 - cut, l->value) - 1);
        *(change < 0 ? cannibalised : halo) += fabs(change);
    }
}
