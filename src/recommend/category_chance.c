#include "recommend/category_chance.h"

#include "core/alloc.h"
#include "recommend/choice_model.h"

#include <math.h>
#include <string.h>

enum { F = SKUAI_CATEGORY_FEATURES, PAIRS_MOST = 200000 };

/* Features of a user in a category from his rows before day `today`; false: no row before it. */
static bool features(const skuai_interactions *x, const int32_t *category, size_t user,
                     int32_t wanted, int32_t today, double share, float *f) {
    double n = 0, all = 0;
    int32_t last = INT32_MIN, first = 0, last_any = INT32_MIN;
    for (size_t r = x->user_rows[user]; r < x->user_rows[user + 1]; r++) {
        int32_t day = x->days[r];
        if (day >= today) break;
        if (day != last_any) all++;
        last_any = day;
        if (category[x->items[r]] != wanted || day == last) continue;
        if (n < 1) first = day;
        last = day;
        n++;
    }
    if (all < 1) return false;
    double age = n > 0 ? (double)(today - last) : (double)INFINITY,
           gap = n > 1 ? (last - first) / (n - 1) : 0;
    double odds = log((share + 1e-4) / (1 - share + 1e-4));
    const double values[F] = {1,
                              odds,
                              log1p(n),
                              n / (all + 1),
                              exp(-age / 14),
                              exp(-age / 60),
                              gap > 0 ? fmin(3, age / gap) : 0,
                              log1p(all),
                              exp(-(double)(today - last_any) / 30)};
    for (size_t k = 0; k < F; k++)
        f[k] = (float)values[k];
    return true;
}

static bool bought(const skuai_interactions *x, const int32_t *category, size_t user,
                   int32_t wanted, int32_t from, int32_t to) {
    for (size_t r = x->user_rows[user]; r < x->user_rows[user + 1]; r++)
        if (x->days[r] >= from && x->days[r] < to && category[x->items[r]] == wanted &&
            (x->weights[r] >= 1 || !x->has_purchases))
            return true;
    return false;
}

/* Each category's share of the users with a past who bought in it on days from .. from + days - 1.
 */
static void shares(const skuai_interactions *x, const int32_t *category, size_t n, int32_t from,
                   int32_t days, double *share) {
    double users = 0;
    memset(share, 0, n * sizeof *share);
    for (size_t u = 0; u < x->n_users; u++) {
        if (x->user_rows[u] == x->user_rows[u + 1] || x->days[x->user_rows[u]] >= from) continue;
        users++;
        for (size_t c = 0; c < n; c++)
            share[c] += bought(x, category, u, (int32_t)c, from, from + days);
    }
    for (size_t c = 0; c < n && users > 0; c++)
        share[c] /= users;
}

static double chance_of(const double *b, const float *f) {
    double score = 0;
    for (size_t k = 0; k < F; k++)
        score += b[k] * (double)f[k];
    return 1 / (1 + exp(-score));
}

/* Pairs of the window from day `from` on: a set of two rows each, yes and no. */
typedef struct pairs {
    size_t *rows;
    float *features, *weights;
    uint8_t *chosen;
    size_t n, most;
} pairs;

static skua_status pairs_new(size_t most, pairs *p, skua_error *err) {
    *p = (pairs){.rows = skuai_zero(most + 1, sizeof *p->rows),
                 .features = skuai_zero(2 * most, F * sizeof *p->features),
                 .weights = skuai_new(2 * most, sizeof *p->weights),
                 .chosen = skuai_zero(2 * most, 1),
                 .most = most};
    return p->rows && p->features && p->weights && p->chosen ? SKUA_OK
                                                             : skuai_error_memory(err, "chances");
}

static void pairs_clear(pairs *p) {
    skuai_free(p->rows);
    skuai_free(p->features);
    skuai_free(p->weights);
    skuai_free(p->chosen);
}

static void pairs_fill(const skuai_interactions *x, const int32_t *category, size_t n, int32_t from,
                       int32_t days, const double *share, pairs *p) {
    p->n = 0;
    size_t step = x->n_users * n / p->most + 1; /* every so many pairs, so that all users count */
    for (size_t u = 0, k = 0; u < x->n_users; u++)
        for (size_t c = 0; c < n && p->n < p->most; c++, k++) {
            float *f = p->features + 2 * p->n * F;
            if (k % step || !features(x, category, u, (int32_t)c, from, share[c], f)) continue;
            bool yes = bought(x, category, u, (int32_t)c, from, from + days);
            memset(f + F, 0, F * sizeof *f);
            p->weights[2 * p->n] = p->weights[2 * p->n + 1] = 1;
            p->chosen[2 * p->n] = yes;
            p->chosen[2 * p->n + 1] = !yes;
            p->n++;
            p->rows[p->n] = 2 * p->n;
        }
}

static skua_status fit(const pairs *p, double *b, skua_error *err) {
    skuai_choice_sets sets = {F, p->n, p->rows, p->features, p->weights, p->chosen};
    if (p->n == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "nobody had bought before the last days: no chances");
    return skuai_choice_fit(&sets, 1e-5, b, NULL, err);
}

/* Brier scores of the rule b and of the categories' shares on pairs. */
static void judge(const pairs *p, const double *b, skuai_category_chance *c) {
    double ours = 0, base = 0;
    for (size_t k = 0; k < p->n; k++) {
        const float *f = p->features + 2 * k * F;
        double rate = 1 / (1 + exp(-(double)f[1])), y = p->chosen[2 * k];
        double e = chance_of(b, f) - y, e0 = rate - y;
        ours += e * e;
        base += e0 * e0;
    }
    c->brier = ours / (double)p->n;
    c->base_brier = base / (double)p->n;
    c->n_judged = p->n;
}

skua_status skuai_category_fit(const skuai_interactions *x, const int32_t *category, size_t n,
                               int32_t days, skuai_category_chance *made, skua_error *err) {
    skuai_category_chance c = {
        .days = days, .n_categories = n, .brier = (double)NAN, .base_brier = (double)NAN};
    pairs p = {0};
    double early[F];
    if (n == 0 || days < 1)
        return skuai_error_set(err, SKUA_EDATA,
                               "chances of %zu categories within %d days: need one "
                               "of each",
                               n, days);
    c.share = skuai_zero(n, sizeof *c.share);
    skua_status status =
        c.share ? pairs_new(PAIRS_MOST, &p, err) : skuai_error_memory(err, "chances");
    if (status == SKUA_OK) { /* the window before: its shares of the one before that */
        shares(x, category, n, x->end - 3 * days, days, c.share);
        pairs_fill(x, category, n, x->end - 2 * days, days, c.share, &p);
        bool judged = p.n > 0;
        if (judged) status = fit(&p, early, err);
        shares(x, category, n, x->end - 2 * days, days, c.share);
        pairs_fill(x, category, n, x->end - days, days, c.share, &p);
        if (judged && p.n > 0 && status == SKUA_OK) judge(&p, early, &c);
    }
    if (status == SKUA_OK) status = fit(&p, c.b, err);
    if (status == SKUA_OK) {
        shares(x, category, n, x->end - days, days, c.share);
        *made = c;
    } else {
        skuai_free(c.share);
    }
    pairs_clear(&p);
    return status;
}

void skuai_category_clear(skuai_category_chance *c) {
    skuai_free(c->share);
    *c = (skuai_category_chance){0};
}

void skuai_category_chances(const skuai_category_chance *c, const skuai_interactions *x,
                            const int32_t *category, size_t user, double *chances) {
    for (size_t k = 0; k < c->n_categories; k++) {
        float f[F];
        bool known = features(x, category, user, (int32_t)k, x->end, c->share[k], f);
        chances[k] = known ? chance_of(c->b, f) : 0;
    }
}
