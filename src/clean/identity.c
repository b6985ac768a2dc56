#include "clean/identity.h"

#include <math.h>
#include <string.h>

#include "clean/text_normal.h"
#include "math/statistics.h"

static const double STRANGE = 1.0 / 3, PRICE_BREAK = 1.5, RARE_SHARE = 0.2;
static const int64_t SILENCE = 60; /* days */
enum { EDITS_MOST = 4000, KEY_LEAST = 5, KEY_LONG = 12 };

/* -- Descriptions of a code -------------------------------------------------------------------- */

static bool breaks(const skuai_description *before, const skuai_description *after) {
    if (after->first <= before->last) return false;
    if (after->first - before->last > SILENCE) return true;
    return fabs(log(after->price / before->price)) > log(PRICE_BREAK); /* NaN: no */
}

skuai_identity skuai_identity_judge(const skuai_description *d, size_t n, double rows_least,
                                    size_t *main_text, size_t *change) {
    size_t best = 0;
    bool several = false;
    for (size_t i = 1; i < n; i++) {
        several = several || strcmp(d[i].key, d[0].key) != 0;
        if (d[i].rows > d[best].rows || (d[i].rows == d[best].rows && d[i].last > d[best].last))
            best = i;
    }
    *main_text = best;
    *change = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            if (!(d[i].rows >= rows_least && d[j].rows >= rows_least) || !breaks(&d[i], &d[j]))
                continue;
            if (skuai_text_similarity(d[i].key, d[j].key) >= STRANGE) continue;
            if (*change == SIZE_MAX || d[j].first < d[*change].first) *change = j;
        }
    if (*change != SIZE_MAX) return SKUAI_IDENTITY_REUSED;
    return several ? SKUAI_IDENTITY_SEVERAL : SKUAI_IDENTITY_SAME;
}

/* -- Successions ------------------------------------------------------------------------------- */

/* Whether two keys are equal but for their digits, and those differ. */
static bool differ_in_number(const char *a, const char *b) {
    bool other = false;
    for (;;) {
        size_t n = strspn(a, "0123456789"), m = strspn(b, "0123456789");
        other = other || n != m || memcmp(a, b, n) != 0;
        a += n;
        b += m;
        if (*a != *b) return false;
        if (!*a) return other;
        a++;
        b++;
    }
}

static double succession_similarity(const skuai_item_life *old, const skuai_item_life *new,
                                    double least) {
    if (!*old->key || !*new->key || strcmp(old->category, new->category) != 0) return 0;
    if (differ_in_number(old->key, new->key) && !(fabs(log(new->price / old->price)) < 0.1))
        return 0;
    size_t n = strlen(old->key), m = strlen(new->key); /* most that two lengths allow */
    if (2 * (double)(n < m ? n : m) / (double)(n + m) < least) return 0;
    return skuai_text_similarity(old->key, new->key);
}

typedef struct pairs {
    skuai_succession *items;
    size_t n, capacity;
} pairs;

static bool pairs_add(pairs *p, skuai_succession pair) {
    if (p->n == p->capacity) {
        size_t capacity = p->capacity ? 2 * p->capacity : 64;
        skuai_succession *items = skuai_resize(p->items, capacity, sizeof *items);
        if (!items) return false;
        p->items = items;
        p->capacity = capacity;
    }
    p->items[p->n++] = pair;
    return true;
}

/* Items by the day of their first sale. */
static skua_status sort_by_first(const skuai_item_life *items, size_t n, size_t **order,
                                 skua_error *err) {
    double *first = skuai_new(n, sizeof *first);
    *order = skuai_new(n, sizeof **order);
    if (!first || !*order) {
        skuai_free(first);
        skuai_free(*order);
        return skuai_error_memory(err, "successors");
    }
    for (size_t i = 0; i < n; i++)
        first[i] = (double)items[i].first;
    skuai_sort_index(first, n, *order);
    skuai_free(first);
    return SKUA_OK;
}

static skua_status find_given(const skuai_item_life *items, size_t n, pairs *found,
                              skua_error *err) {
    for (size_t i = 0; i < n; i++) {
        if (!items[i].replaces || !*items[i].replaces) continue;
        for (size_t j = 0; j < n; j++)
            if (j != i && strcmp(items[j].item, items[i].replaces) == 0) {
                if (!pairs_add(found, (skuai_succession){j, i, 1, true}))
                    return skuai_error_memory(err, "successors");
                break;
            }
    }
    return SKUA_OK;
}

static skua_status find_similar(const skuai_item_life *items, size_t n, int64_t end,
                                const skuai_succession_options *options, const size_t *order,
                                pairs *found, skua_error *err) {
    for (size_t old = 0; old < n; old++) {
        if (items[old].last + options->quiet > end) continue; /* it still sells */
        int64_t from = items[old].last - options->window, to = items[old].last + options->window;
        size_t low = 0, high = n;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (items[order[middle]].first < from)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < n && items[order[low]].first <= to; low++) {
            size_t new = order[low];
            if (new == old || items[new].first <= items[old].first ||
                items[new].last <= items[old].last)
                continue;
            double s = succession_similarity(&items[old], &items[new], options->similarity);
            if (s < options->similarity) continue;
            if (!pairs_add(found, (skuai_succession){old, new, s, false}))
                return skuai_error_memory(err, "successors");
        }
    }
    return SKUA_OK;
}

/* Keep, greedily from the surest on, pairs whose items are in no other. */
static skua_status keep_surest(pairs *found, size_t n, skua_error *err) {
    size_t *order = skuai_new(found->n, sizeof *order);
    double *rank = skuai_new(found->n, sizeof *rank);
    unsigned char *used = skuai_zero(2 * n, 1); /* as old, as new */
    skuai_succession *kept = skuai_new(found->n, sizeof *kept);
    skua_status status = SKUA_OK;
    size_t m = 0;
    if (!order || !rank || !used || !kept) {
        status = skuai_error_memory(err, "successors");
        goto out;
    }
    for (size_t i = 0; i < found->n; i++)
        rank[i] = -found->items[i].similarity - found->items[i].given;
    skuai_sort_index(rank, found->n, order);
    for (size_t i = 0; i < found->n; i++) {
        skuai_succession p = found->items[order[i]];
        if (used[p.from] || used[n + p.to]) continue;
        used[p.from] = used[n + p.to] = 1;
        kept[m++] = p;
    }
    memcpy(found->items, kept, m * sizeof *kept);
    found->n = m;
out:
    skuai_free(order);
    skuai_free(rank);
    skuai_free(used);
    skuai_free(kept);
    return status;
}

skua_status skuai_successions(const skuai_item_life *items, size_t n, int64_t end,
                              const skuai_succession_options *options, skuai_succession **result,
                              size_t *n_result, skua_error *err) {
    pairs found = {0};
    size_t *order = NULL;
    SKUA_TRY(sort_by_first(items, n, &order, err));
    skua_status status = find_given(items, n, &found, err);
    if (status == SKUA_OK) status = find_similar(items, n, end, options, order, &found, err);
    if (status == SKUA_OK && found.n > 0) status = keep_surest(&found, n, err);
    skuai_free(order);
    if (status != SKUA_OK) {
        skuai_free(found.items);
        return status;
    }
    *result = found.items;
    *n_result = found.n;
    return SKUA_OK;
}

/* -- Categories -------------------------------------------------------------------------------- */

static bool has_digit(const char *text) {
    return strpbrk(text, "0123456789") != NULL;
}

/* Keys that may be two spellings: long enough, no digit, few edits. */
static bool nearly(const char *a, const char *b) {
    size_t n = skuai_text_length(a), m = skuai_text_length(b), shorter = n < m ? n : m;
    if (shorter < KEY_LEAST || has_digit(a) || has_digit(b)) return false;
    size_t limit = shorter >= KEY_LONG ? 2 : 1;
    if ((n > m ? n - m : m - n) > limit) return false;
    return skuai_text_distance(a, b, limit) <= limit;
}

skua_status skuai_category_spellings(const char *const *keys, const double *counts, size_t n,
                                     skuai_spelling **result, size_t *n_result, skua_error *err) {
    skuai_spelling *found = NULL;
    size_t m = 0, capacity = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            bool same = strcmp(keys[i], keys[j]) == 0 && *keys[i];
            size_t usual = counts[i] >= counts[j] ? i : j, rare = i + j - usual;
            if (!same && (j >= EDITS_MOST || counts[rare] > RARE_SHARE * counts[usual] ||
                          !nearly(keys[i], keys[j])))
                continue;
            if (m == capacity) {
                capacity = capacity ? 2 * capacity : 16;
                skuai_spelling *grown = skuai_resize(found, capacity, sizeof *grown);
                if (!grown) {
                    skuai_free(found);
                    return skuai_error_memory(err, "spellings of categories");
                }
                found = grown;
            }
            found[m++] = (skuai_spelling){rare, usual, same};
        }
    *result = found;
    *n_result = m;
    return SKUA_OK;
}
