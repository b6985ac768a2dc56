#include "recommend/user_features.h"

#include "core/alloc.h"
#include "recommend/sequence_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAST_MOST = 2000,   /* rows of a user that count, the latest */
    VISITS_MOST = 2000, /* users of an item that are looked at, the latest */
    ALIKE_MOST = 100,   /* users alike */
    SEQUENCE_MOST = 100 /* items that the sequence net brings in */
};

const char *const skuai_feature_names[SKUAI_FEATURES] = {"own",
                                                         "own, log count",
                                                         "own, share of days",
                                                         "own, half-life 30",
                                                         "own, half-life 120",
                                                         "own, last",
                                                         "own, due",
                                                         "own, popular, half-life 7",
                                                         "own, popular, half-life 30",
                                                         "own, popular",
                                                         "neighbours",
                                                         "neighbours, recent",
                                                         "regression",
                                                         "regression, recent",
                                                         "users alike",
                                                         "users alike, recent",
                                                         "sequence",
                                                         "popular, half-life 7",
                                                         "popular, half-life 30",
                                                         "popular",
                                                         "popular, for new users"};

static double decay(double age, double half_life) {
    return exp2(-age / half_life);
}

/* -- Base -------------------------------------------------------------------------------------- */

static void fill_popular(const skuai_interactions *x, int32_t today, float *popular,
                         float *rarity) {
    for (size_t i = 0; i < x->n_items; i++) {
        double w7 = 0, w30 = 0, all = 0;
        for (size_t k = x->item_rows[i]; k < x->item_rows[i + 1]; k++) {
            double age = today - x->item_days[k];
            w7 += decay(age, 7);
            w30 += decay(age, 30);
            all++;
        }
        popular[3 * i] = (float)log(w7 + 0.1);
        popular[3 * i + 1] = (float)log(w30 + 0.1);
        popular[3 * i + 2] = (float)log(all + 0.5);
        rarity[i] = (float)log(1 + (double)x->n_users / fmax(all, 1));
    }
}

static void fill_lengths(const skuai_interactions *x, int32_t today, const float *rarity,
                         float *length, float *sums) {
    for (size_t u = 0; u < x->n_users; u++) {
        double squares = 0;
        for (size_t r = x->user_rows[u]; r < x->user_rows[u + 1]; r++)
            sums[x->items[r]] += (float)decay(today - x->days[r], 120);
        for (size_t r = x->user_rows[u]; r < x->user_rows[u + 1]; r++) {
            double v = (double)sums[x->items[r]] * (double)rarity[x->items[r]];
            sums[x->items[r]] = 0;
            squares += v * v;
        }
        length[u] = (float)sqrt(squares);
    }
}

/* The net that was given, or one that is trained; users who never come twice have none. */
static skua_status find_sequence(const skuai_interactions *x, const skuai_feature_options *o,
                                 const skuai_context *context, skuai_feature_base *b,
                                 skua_error *err) {
    skua_error own = {0};
    b->sequence = o->net;
    if (o->net && o->net->n_items != x->n_items)
        return skuai_error_set(err, SKUA_EINVAL,
                               "a sequence net of %zu items for a shop of %zu items",
                               o->net->n_items, x->n_items);
    if (o->net || !o->sequence) return SKUA_OK;
    skua_status status = skuai_sequence_train(x, o->sequence, context, &b->own_sequence, &own);
    b->sequence = b->own_sequence;
    if (status == SKUA_OK || status == SKUA_EDATA) return SKUA_OK;
    if (err) *err = own;
    return status;
}

skua_status skuai_feature_base_make(const skuai_interactions *x,
                                    const skuai_feature_options *options,
                                    const skuai_context *context, skuai_feature_base *base,
                                    skua_error *err) {
    skuai_feature_base b = {.interactions = x, .today = x->end};
    size_t most = options->neighbours ? options->neighbours : 100;
    size_t items = options->linear_items ? options->linear_items : 4096;
    b.popular = skuai_new(x->n_items, 3 * sizeof *b.popular);
    b.rarity = skuai_new(x->n_items, sizeof *b.rarity);
    b.user_length = skuai_new(x->n_users, sizeof *b.user_length);
    float *sums = skuai_zero(x->n_items, sizeof *sums);
    skua_status status = b.popular && b.rarity && b.user_length && sums
                             ? SKUA_OK
                             : skuai_error_memory(err, "recommendations");
    if (status == SKUA_OK) {
        fill_popular(x, b.today, b.popular, b.rarity);
        fill_lengths(x, b.today, b.rarity, b.user_length, sums);
        status = skuai_item_neighbours(x, most, context, &b.neighbours, err);
    }
    if (status == SKUA_OK)
        status = skuai_item_linear(x, options->ridge > 0 ? options->ridge : 200,
                                   items < x->n_items ? items : x->n_items, most, context,
                                   &b.linear, err);
    if (status == SKUA_OK) status = find_sequence(x, options, context, &b, err);
    skuai_free(sums);
    if (status != SKUA_OK) {
        skuai_feature_base_clear(&b);
        return status;
    }
    *base = b;
    return SKUA_OK;
}

void skuai_feature_base_clear(skuai_feature_base *b) {
    skuai_item_links_free(b->neighbours);
    skuai_item_links_free(b->linear);
    skuai_sequence_free(b->own_sequence);
    skuai_free(b->popular);
    skuai_free(b->rarity);
    skuai_free(b->user_length);
    memset(b, 0, sizeof *b);
}

/* -- Candidates -------------------------------------------------------------------------------- */

skuai_past skuai_past_of(const skuai_interactions *x, size_t user) {
    size_t from = x->user_rows[user], n = x->user_rows[user + 1] - from;
    if (n > PAST_MOST) from += n - PAST_MOST, n = PAST_MOST;
    return (skuai_past){x->items + from, x->days + from, x->weights + from, n,
                        (int32_t)user,   x->end};
}

skuai_candidates *skuai_candidates_new(size_t n_items, size_t n_users) {
    skuai_candidates *c = skuai_zero(1, sizeof *c);
    if (!c) return NULL;
    c->n_items = n_items;
    c->n_users = n_users;
    c->slots = skuai_new(n_items, sizeof *c->slots);
    c->alike = skuai_zero(n_users, sizeof *c->alike);
    c->users = skuai_new(n_users, sizeof *c->users);
    if (!c->slots || !c->alike || !c->users) {
        skuai_candidates_free(c);
        return NULL;
    }
    for (size_t i = 0; i < n_items; i++)
        c->slots[i] = -1;
    return c;
}

void skuai_candidates_free(skuai_candidates *c) {
    if (!c) return;
    skuai_free(c->items);
    skuai_free(c->features);
    skuai_free(c->slots);
    skuai_free(c->alike);
    skuai_free(c->users);
    skuai_sequence_reader_free(c->reader);
    skuai_free(c->chance);
    skuai_free(c);
}

/* The row of an item, made when there is none; NULL: out of memory. */
static float *row_of(skuai_candidates *c, int32_t item) {
    if (c->slots[item] < 0) {
        if (c->n == c->capacity) {
            size_t capacity = c->capacity ? 2 * c->capacity : 256;
            int32_t *items = skuai_resize(c->items, capacity, sizeof *items);
            if (!items) return NULL;
            c->items = items;
            float *features =
                skuai_resize(c->features, capacity, SKUAI_FEATURES_SPARSE * sizeof *features);
            if (!features) return NULL;
            c->features = features;
            c->capacity = capacity;
        }
        c->slots[item] = (int32_t)c->n;
        c->items[c->n] = item;
        memset(c->features + c->n * SKUAI_FEATURES_SPARSE, 0,
               SKUAI_FEATURES_SPARSE * sizeof *c->features);
        c->n++;
    }
    return c->features + (size_t)c->slots[item] * SKUAI_FEATURES_SPARSE;
}

/* Own items: counts, decays. OWN is 1 from here on, DUE holds the first day's age until the end. */
static bool collect_own(const skuai_feature_base *base, const skuai_past *past,
                        skuai_candidates *c) {
    int32_t last = INT32_MIN;
    c->days = 0;
    for (size_t r = 0; r < past->n; r++) {
        double age = past->today - past->days[r];
        float *f = row_of(c, past->items[r]);
        if (!f) return false;
        if (past->days[r] != last) c->days++;
        last = past->days[r];
        if (!(f[SKUAI_FEATURE_OWN] > 0)) f[SKUAI_FEATURE_DUE] = (float)age;
        f[SKUAI_FEATURE_OWN] = 1;
        f[SKUAI_FEATURE_OWN_LOG] += past->weights[r];
        f[SKUAI_FEATURE_RECENT_30] += past->weights[r] * (float)decay(age, 30);
        f[SKUAI_FEATURE_RECENT_120] += past->weights[r] * (float)decay(age, 120);
        f[SKUAI_FEATURE_LAST] = (float)age;
    }
    for (size_t k = 0; k < c->n; k++) {
        float *f = c->features + k * SKUAI_FEATURES_SPARSE;
        double n = (double)f[SKUAI_FEATURE_OWN_LOG], age = (double)f[SKUAI_FEATURE_LAST];
        double gap = n > 1 ? ((double)f[SKUAI_FEATURE_DUE] - age) / (n - 1) : 0;
        f[SKUAI_FEATURE_OWN_LOG] = (float)log1p(n);
        f[SKUAI_FEATURE_OWN_SHARE] = (float)(n / ((double)c->days + 2));
        f[SKUAI_FEATURE_LAST] = (float)exp(-age / 60);
        f[SKUAI_FEATURE_DUE] = gap > 0 ? (float)fmin(3, age / gap) : 0;
        memcpy(f + SKUAI_FEATURE_OWN_POPULAR_7, base->popular + 3 * c->items[k], 3 * sizeof *f);
    }
    return true;
}

/* Links from each of the first n candidates (his own items) into two features: all alike, and by
 * how long ago he had the item last. */
static bool collect_links(const skuai_item_links *links, skuai_candidates *c, size_t n, size_t all,
                          size_t recent) {
    for (size_t k = 0; k < n; k++) {
        const float *own = c->features + k * SKUAI_FEATURES_SPARSE;
        float w = own[SKUAI_FEATURE_LAST];
        size_t j = (size_t)c->items[k];
        for (size_t l = links->rows[j]; l < links->rows[j + 1]; l++) {
            float *f = row_of(c, links->to[l]);
            if (!f) return false;
            f[all] += links->weights[l];
            f[recent] += links->weights[l] * w;
        }
    }
    return true;
}

static void add_alike(const skuai_feature_base *base, const skuai_past *past, skuai_candidates *c,
                      size_t own, size_t *found) {
    const skuai_interactions *x = base->interactions;
    for (size_t k = 0; k < own; k++) {
        size_t i = (size_t)c->items[k], from = x->item_rows[i], to = x->item_rows[i + 1];
        float mine = c->features[k * SKUAI_FEATURES_SPARSE + SKUAI_FEATURE_RECENT_120] *
                     base->rarity[i] * base->rarity[i];
        if (to - from > VISITS_MOST) to = from + VISITS_MOST;
        for (size_t v = from; v < to; v++) {
            int32_t user = x->item_users[v];
            if (user == past->user) continue;
            if (!(c->alike[user] > 0)) c->users[(*found)++] = user;
            c->alike[user] += mine * (float)decay(base->today - x->item_days[v], 120) + 1e-12F;
        }
    }
}

static bool before(const float *alike, int32_t a, int32_t b) {
    return alike[a] > alike[b] || (!(alike[a] < alike[b]) && a < b);
}

/* The greatest `most` of alike[users[0 .. n-1]] to the front (Hoare's selection); ties by number.
 */
static void select_alike(const float *alike, int32_t *users, size_t n, size_t most) {
    int64_t low = 0, high = (int64_t)n - 1, last = (int64_t)most - 1;
    while (low < high) {
        int32_t pivot = users[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (before(alike, users[i], pivot))
                i++;
            while (before(alike, pivot, users[j]))
                j--;
            if (i > j) break;
            int32_t swap = users[i];
            users[i++] = users[j];
            users[j--] = swap;
        }
        if (last > j && last < i) return;
        if (last <= j)
            high = j;
        else
            low = i;
    }
}

static bool collect_alike(const skuai_feature_base *base, const skuai_past *past,
                          skuai_candidates *c, size_t own) {
    const skuai_interactions *x = base->interactions;
    size_t found = 0;
    double total = 0;
    add_alike(base, past, c, own, &found);
    for (size_t k = 0; k < found; k++)
        c->alike[c->users[k]] /= base->user_length[c->users[k]] + 1e-6F;
    size_t n = found < ALIKE_MOST ? found : ALIKE_MOST;
    if (n < found) select_alike(c->alike, c->users, found, n);
    for (size_t k = 0; k < n; k++)
        total += (double)c->alike[c->users[k]];
    bool ok = true;
    for (size_t k = 0; k < n && ok; k++) {
        size_t u = (size_t)c->users[k], from = x->user_rows[u], to = x->user_rows[u + 1];
        float share = (float)((double)c->alike[u] / total);
        if (to - from > PAST_MOST) from = to - PAST_MOST;
        for (size_t r = from; r < to && ok; r++) {
            float *f = row_of(c, x->items[r]);
            ok = f != NULL;
            if (!ok) break;
            f[SKUAI_FEATURE_ALIKE] += share * (float)decay(base->today - x->days[r], 365);
            f[SKUAI_FEATURE_ALIKE_RECENT] += share * (float)decay(base->today - x->days[r], 30);
        }
    }
    for (size_t k = 0; k < found; k++)
        c->alike[c->users[k]] = 0;
    return ok;
}

/* The least chance of the `most` items with the greatest, of chance [n]. */
static float least_of_best(const float *chance, size_t n, size_t most) {
    float best[SEQUENCE_MOST];
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == most && !(chance[i] > best[kept - 1])) continue;
        size_t at = kept < most ? kept++ : most - 1;
        for (; at > 0 && best[at - 1] < chance[i]; at--)
            best[at] = best[at - 1];
        best[at] = chance[i];
    }
    return kept > 0 ? best[kept - 1] : 1;
}

/* The net's best items become candidates, and every candidate gets log(1 + n chance). */
static skua_status collect_sequence(const skuai_feature_base *base, skuai_past past,
                                    skuai_candidates *c, skua_error *err) {
    if (!base->sequence || past.n == 0) return SKUA_OK;
    if (c->read != base->sequence) {
        skuai_sequence_reader_free(c->reader);
        c->reader = NULL;
        c->read = NULL;
        SKUA_TRY(skuai_sequence_reader_new(base->sequence, &c->reader, err));
        c->read = base->sequence;
    }
    if (!c->chance) c->chance = skuai_new(c->n_items, sizeof *c->chance);
    if (!c->chance) return skuai_error_memory(err, "candidates");
    SKUA_TRY(skuai_sequence_score(c->reader, past, c->chance, err));
    size_t most = c->n_items < SEQUENCE_MOST ? c->n_items : SEQUENCE_MOST;
    float least = least_of_best(c->chance, c->n_items, most);
    for (size_t i = 0; i < c->n_items; i++)
        if (c->chance[i] >= least && !row_of(c, (int32_t)i))
            return skuai_error_memory(err, "candidates");
    for (size_t k = 0; k < c->n; k++)
        c->features[k * SKUAI_FEATURES_SPARSE + SKUAI_FEATURE_SEQUENCE] =
            log1pf((float)c->n_items * c->chance[c->items[k]]);
    return SKUA_OK;
}

skua_status skuai_candidates_collect(const skuai_feature_base *base, skuai_past past,
                                     skuai_candidates *c, skua_error *err) {
    for (size_t k = 0; k < c->n; k++)
        c->slots[c->items[k]] = -1;
    c->n = 0;
    bool ok = collect_own(base, &past, c);
    size_t own = c->n;
    ok = ok &&
         collect_links(base->neighbours, c, own, SKUAI_FEATURE_NEIGHBOURS,
                       SKUAI_FEATURE_NEIGHBOURS_RECENT) &&
         collect_links(base->linear, c, own, SKUAI_FEATURE_LINEAR, SKUAI_FEATURE_LINEAR_RECENT) &&
         collect_alike(base, &past, c, own);
    if (!ok) return skuai_error_memory(err, "candidates");
    SKUA_TRY(collect_sequence(base, past, c, err));
    static const size_t roots[] = {SKUAI_FEATURE_NEIGHBOURS, SKUAI_FEATURE_NEIGHBOURS_RECENT,
                                   SKUAI_FEATURE_ALIKE, SKUAI_FEATURE_ALIKE_RECENT};
    float scale = own > 0 ? 1 / (float)own : 0;
    for (size_t k = 0; k < c->n; k++) {
        float *f = c->features + k * SKUAI_FEATURES_SPARSE;
        f[SKUAI_FEATURE_NEIGHBOURS] *= scale;
        f[SKUAI_FEATURE_NEIGHBOURS_RECENT] *= scale;
        for (size_t m = 0; m < 4; m++)
            f[roots[m]] = sqrtf(f[roots[m]]);
    }
    return SKUA_OK;
}
