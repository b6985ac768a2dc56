#include "clean/bundle.h"

#include <math.h>
#include <string.h>

enum { LEVELS_MOST = 64, ROWS_MOST = 10000000 };

typedef struct walk {
    const skuai_part *parts; /* sorted by (bundle, item) */
    const size_t *first;     /* [n_items + 1] rows of each bundle */
    unsigned char *open;     /* [n_items] on the path from the bundle that is flattened */
    double *sum;             /* [n_items] units of leaves */
    size_t *leaves, n_leaves;
    size_t cycle;
} walk;

/* Add `units` of an item, part by part when it is a bundle. */
static skua_status add_item(walk *w, size_t item, double units, int level, skua_error *err) {
    if (w->first[item] == w->first[item + 1]) {
        if (w->sum[item] == 0) w->leaves[w->n_leaves++] = item;
        w->sum[item] += units;
        return SKUA_OK;
    }
    if (w->open[item] || level > LEVELS_MOST) {
        w->cycle = item;
        return w->open[item] ? skuai_error_set(err, SKUA_EDATA, "a bundle holds itself")
                             : skuai_error_set(err, SKUA_ELIMIT, "bundles nest more than %d deep",
                                               (int)LEVELS_MOST);
    }
    w->open[item] = 1;
    for (size_t r = w->first[item]; r < w->first[item + 1]; r++)
        SKUA_TRY(add_item(w, w->parts[r].item, units * w->parts[r].units, level + 1, err));
    w->open[item] = 0;
    return SKUA_OK;
}

static void sort_numbers(size_t *x, size_t n) {
    for (size_t i = 1; i < n; i++) /* few parts a bundle */
        for (size_t j = i; j > 0 && x[j - 1] > x[j]; j--) {
            size_t t = x[j];
            x[j] = x[j - 1];
            x[j - 1] = t;
        }
}

static skua_status take_bundle(walk *w, size_t bundle, skuai_part **flat, size_t *n,
                               size_t *capacity, skua_error *err) {
    w->n_leaves = 0;
    SKUA_TRY(add_item(w, bundle, 1, 0, err));
    sort_numbers(w->leaves, w->n_leaves);
    if (*n + w->n_leaves > ROWS_MOST)
        return skuai_error_set(err, SKUA_ELIMIT, "bundles have more than %d parts", (int)ROWS_MOST);
    if (*n + w->n_leaves > *capacity) {
        size_t wanted = 2 * (*n + w->n_leaves);
        skuai_part *grown = skuai_resize(*flat, wanted, sizeof *grown);
        if (!grown) return skuai_error_memory(err, "bundles");
        *flat = grown;
        *capacity = wanted;
    }
    for (size_t i = 0; i < w->n_leaves; i++) {
        size_t item = w->leaves[i];
        (*flat)[(*n)++] = (skuai_part){bundle, item, w->sum[item]};
        w->sum[item] = 0;
    }
    return SKUA_OK;
}

/* Counting sort by bundle into `sorted`; first [n_items + 1]. */
static void sort_parts(const skuai_part *parts, size_t n, size_t n_items, skuai_part *sorted,
                       size_t *first) {
    memset(first, 0, (n_items + 1) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        first[parts[i].bundle + 1]++;
    for (size_t b = 0; b < n_items; b++)
        first[b + 1] += first[b];
    for (size_t i = n; i-- > 0;)
        sorted[--first[parts[i].bundle + 1]] = parts[i];
    /* Every first[b + 1] now is where bundle b begins: shift back. */
    for (size_t b = 0; b < n_items; b++)
        first[b] = first[b + 1];
    first[n_items] = n;
}

skua_status skuai_bundles_flatten(const skuai_part *parts, size_t n, size_t n_items,
                                  skuai_part **flat, size_t *n_flat, size_t *cycle,
                                  skua_error *err) {
    for (size_t i = 0; i < n; i++) {
        if (parts[i].bundle >= n_items || parts[i].item >= n_items)
            return skuai_error_set(err, SKUA_EINVAL, "parts: row %zu names no item", i);
        if (!(parts[i].units > 0 && isfinite(parts[i].units)))
            return skuai_error_set(err, SKUA_EDATA, "parts: row %zu has %g units, need > 0", i,
                                   parts[i].units);
    }
    skuai_part *sorted = skuai_new(n, sizeof *sorted), *rows = NULL;
    size_t *first = skuai_new(n_items + 1, sizeof *first), count = 0, capacity = 0;
    walk w = {sorted,
              first,
              skuai_zero(n_items, 1),
              skuai_zero(n_items, sizeof(double)),
              skuai_new(n_items, sizeof(size_t)),
              0,
              SIZE_MAX};
    skua_status status = SKUA_OK;
    if (!sorted || !first || !w.open || !w.sum || !w.leaves) {
        status = skuai_error_memory(err, "bundles");
        goto out;
    }
    sort_parts(parts, n, n_items, sorted, first);
    for (size_t b = 0; b < n_items && status == SKUA_OK; b++)
        if (first[b] < first[b + 1]) status = take_bundle(&w, b, &rows, &count, &capacity, err);
    if (status == SKUA_OK) {
        *flat = rows;
        *n_flat = count;
        rows = NULL;
    } else if (cycle && w.cycle != SIZE_MAX) {
        *cycle = w.cycle;
    }
out:
    skuai_free(rows);
    skuai_free(sorted);
    skuai_free(first);
    skuai_free(w.open);
    skuai_free(w.sum);
    skuai_free(w.leaves);
    return status;
}
