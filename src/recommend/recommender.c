#include "recommend/recommender.h"

#include "core/alloc.h"
#include "nn/vector_math.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- Fit --------------------------------------------------------------------------------------- */

static float popular_score(const double *weights, const float *f) {
    double score = 0;
    for (size_t k = SKUAI_FEATURES_SPARSE; k < SKUAI_FEATURES; k++)
        score += weights[k] * (double)f[k];
    return (float)score;
}

static void fill_prior(skuai_recommender *r) {
    float f[SKUAI_FEATURES];
    for (size_t i = 0; i < r->base.interactions->n_items; i++) {
        skuai_features_popular(&r->base, i, 0, f);
        r->prior_fresh[i] = popular_score(r->rule.fresh, f);
        r->prior_short[i] = (float)(r->rule.weights[SKUAI_FEATURE_POPULAR_NEW] *
                                    (double)f[SKUAI_FEATURE_POPULAR_NEW]);
        r->prior[i] = popular_score(r->rule.weights, f) - r->prior_short[i];
    }
}

skua_status skuai_recommender_new(const skuai_interactions *x, const skuai_recommender_rule *rule,
                                  const skuai_feature_options *features,
                                  const skuai_context *context, skuai_recommender **made,
                                  skua_error *err) {
    if (x->n == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "nobody bought or looked at anything: nothing to learn from");
    skuai_recommender *r = skuai_zero(1, sizeof *r);
    if (!r) return skuai_error_memory(err, "a recommender");
    r->rule = *rule;
    r->prior = skuai_new(x->n_items, sizeof *r->prior);
    r->prior_short = skuai_new(x->n_items, sizeof *r->prior_short);
    r->prior_fresh = skuai_new(x->n_items, sizeof *r->prior_fresh);
    skua_status status = r->prior && r->prior_short && r->prior_fresh
                             ? SKUA_OK
                             : skuai_error_memory(err, "a recommender");
    if (status == SKUA_OK) status = skuai_feature_base_make(x, features, context, &r->base, err);
    if (status != SKUA_OK) {
        skuai_recommender_free(r);
        return status;
    }
    fill_prior(r);
    *made = r;
    return SKUA_OK;
}

void skuai_recommender_free(skuai_recommender *r) {
    if (!r) return;
    skuai_feature_base_clear(&r->base);
    skuai_free(r->prior);
    skuai_free(r->prior_short);
    skuai_free(r->prior_fresh);
    skuai_free(r);
}

/* -- Recommend --------------------------------------------------------------------------------- */

typedef struct scored {
    float score, base; /* base: before adjust */
    int32_t item;
} scored;

static bool better(const scored *a, const scored *b) {
    return a->score > b->score || (!(a->score < b->score) && a->item < b->item);
}

/* The best of what is offered; worst on top, so that most offers are turned down by one look. */
typedef struct best_heap {
    scored *heap; /* [most] */
    size_t n, most;
} best_heap;

static void heap_down(best_heap *h, size_t at) {
    for (;;) {
        size_t child = 2 * at + 1, worst = at;
        if (child < h->n && better(&h->heap[worst], &h->heap[child])) worst = child;
        if (child + 1 < h->n && better(&h->heap[worst], &h->heap[child + 1])) worst = child + 1;
        if (worst == at) return;
        scored swap = h->heap[at];
        h->heap[at] = h->heap[worst];
        h->heap[worst] = swap;
        at = worst;
    }
}

static void heap_offer(best_heap *h, scored s) {
    if (!(s.score > -INFINITY)) return;
    if (h->n < h->most) {
        size_t at = h->n++;
        h->heap[at] = s;
        while (at > 0 && better(&h->heap[(at - 1) / 2], &h->heap[at])) {
            scored swap = h->heap[at];
            h->heap[at] = h->heap[(at - 1) / 2];
            h->heap[(at - 1) / 2] = swap;
            at = (at - 1) / 2;
        }
    } else if (better(&s, &h->heap[0])) {
        h->heap[0] = s;
        heap_down(h, 0);
    }
}

static int by_score(const void *a, const void *b) {
    const scored *x = a, *y = b;
    return better(x, y) ? -1 : better(y, x) ? 1 : 0;
}

enum {
    PIECE = 16384,
    BLOCK = 256,
    POOL = 5,     /* times the list, to pick a diverse one from */
    ORDERED = 200 /* first items by the weights that the trees put in order */
};

typedef struct scan {
    const skuai_recommender *r;
    const skuai_recommend_request *request;
    const skuai_candidates *c;
    best_heap *heaps; /* a piece */
    double *sums;     /* a piece: sum of exp(score) */
    bool fresh;       /* a user without a past */
    float share;      /* 1 / (1 + N) */
} scan;

static double sparse_score(const skuai_recommender *r, const float *f) {
    double score = 0;
    for (size_t k = 0; k < SKUAI_FEATURES_SPARSE; k++)
        score += r->rule.weights[k] * (double)f[k];
    return score;
}

/* Sum of exp over a block, without branches, so that it is vectorised. */
static double exp_sum(const float *x, size_t n) {
    float sum = 0, values[BLOCK];
    for (size_t k = 0; k < n; k++)
        values[k] = skuai_real_exp(x[k]);
    for (size_t k = 0; k < n; k++)
        sum += values[k];
    return (double)sum;
}

static skua_status scan_piece(void *argument, size_t piece, int worker, skua_error *err) {
    (void)worker, (void)err;
    scan *s = argument;
    const skuai_recommender *r = s->r;
    size_t from = piece * PIECE, n = s->c->n_items, to = from + PIECE < n ? from + PIECE : n;
    best_heap *heap = &s->heaps[piece];
    size_t count = to - from;
    float scores[PIECE];
    double sum = 0;
    for (size_t k = 0; k < count; k++)
        scores[k] = s->fresh ? r->prior_fresh[from + k]
                             : r->prior[from + k] + s->share * r->prior_short[from + k];
    for (size_t k = 0; k < count; k++) {
        int32_t slot = s->c->slots[from + k];
        if (slot >= 0)
            scores[k] +=
                (float)sparse_score(r, s->c->features + (size_t)slot * SKUAI_FEATURES_SPARSE);
    }
    for (size_t k = 0; k < count; k += BLOCK)
        sum += exp_sum(scores + k, count - k < BLOCK ? count - k : BLOCK);
    for (size_t k = 0; k < count; k++) {
        size_t i = from + k;
        float score = scores[k], adjust = s->request->adjust ? s->request->adjust[i] : 0;
        if (heap->n == heap->most && score + adjust < heap->heap[0].score) continue;
        if (s->request->only_new && s->c->slots[i] >= 0 &&
            s->c->features[(size_t)s->c->slots[i] * SKUAI_FEATURES_SPARSE + SKUAI_FEATURE_OWN] > 0)
            continue;
        heap_offer(heap, (scored){score + adjust, score, (int32_t)i});
    }
    s->sums[piece] = sum;
    return SKUA_OK;
}

static void describe(const skuai_recommender *r, const skuai_candidates *c, const scored *s,
                     double sum, skuai_recommended *to) {
    double most = 0;
    *to = (skuai_recommended){.item = s->item,
                              .score = s->score,
                              .chance = exp((double)s->base) / sum,
                              .reason = SKUAI_FEATURE_POPULAR_30};
    if (c->slots[s->item] < 0) return;
    const float *f = c->features + (size_t)c->slots[s->item] * SKUAI_FEATURES_SPARSE;
    to->owned = f[SKUAI_FEATURE_OWN] > 0;
    for (size_t k = 0; k < SKUAI_FEATURES_SPARSE; k++) {
        double part = r->rule.weights[k] * (double)f[k];
        if (part > most) most = part, to->reason = (skuai_user_feature)k;
    }
}

static void features_of(const skuai_recommender *r, const skuai_candidates *c, int32_t item,
                        float *f) {
    memset(f, 0, SKUAI_FEATURES * sizeof *f);
    if (c->slots[item] >= 0)
        memcpy(f, c->features + (size_t)c->slots[item] * SKUAI_FEATURES_SPARSE,
               SKUAI_FEATURES_SPARSE * sizeof *f);
    skuai_features_popular(&r->base, (size_t)item, c->days, f);
    for (size_t k = 0; k < SKUAI_FEATURES; k++)
        if (r->rule.without >> k & 1) f[k] = 0;
}

/* The pool in the order of the trees. */
static skua_status reorder(const skuai_recommender *r, const skuai_recommend_request *request,
                           const skuai_candidates *c, const skuai_context *context, scored *pool,
                           size_t n, skua_error *err) {
    float values[SKUAI_FEATURES * ORDERED], f[SKUAI_FEATURES];
    double bought[ORDERED];
    for (size_t k = 0; k < n; k++) {
        features_of(r, c, pool[k].item, f);
        for (size_t j = 0; j < SKUAI_FEATURES; j++)
            values[j * n + k] = f[j];
    }
    skuai_feature_matrix x = {n, SKUAI_FEATURES, values, NULL, NULL};
    SKUA_TRY(r->rule.trees->learner->predict(r->rule.trees, &x, context, bought, err));
    for (size_t k = 0; k < n; k++) {
        float adjust = request->adjust ? request->adjust[pool[k].item] : 0;
        pool[k].score = (float)log(fmax(bought[k], 1e-12)) + adjust;
    }
    qsort(pool, n, sizeof *pool, by_score);
    return SKUA_OK;
}

/* Pick n of the pool one by one, each against those that are picked. */
static void diversify(const skuai_item_links *links, double d, scored *pool, size_t n_pool,
                      size_t n) {
    double top = (double)pool[0].score, low = (double)pool[n_pool - 1].score;
    for (size_t k = 1; k < n; k++) {
        size_t best = k;
        double best_value = -INFINITY;
        for (size_t j = k; j < n_pool; j++) {
            double like = 0, score = top > low ? ((double)pool[j].score - low) / (top - low) : 1;
            for (size_t p = 0; p < k; p++)
                like = fmax(like, skuai_ranking_likeness(links, pool[j].item, pool[p].item));
            double value = (1 - d) * score - d * like;
            if (value > best_value) best_value = value, best = j;
        }
        scored pick = pool[best];
        memmove(pool + k + 1, pool + k, (best - k) * sizeof *pool);
        pool[k] = pick;
    }
}

/* The best of all pieces, best first, into pool; how many. */
static size_t merge(const best_heap *heaps, size_t pieces, scored *pool, size_t most) {
    best_heap all = {.heap = pool, .most = most};
    for (size_t p = 0; p < pieces; p++)
        for (size_t k = 0; k < heaps[p].n; k++)
            heap_offer(&all, heaps[p].heap[k]);
    qsort(pool, all.n, sizeof *pool, by_score);
    return all.n;
}

skua_status skuai_recommend(const skuai_recommender *r, skuai_past past,
                            const skuai_recommend_request *request, skuai_candidates *c,
                            const skuai_context *context, skuai_recommended *list, size_t *n,
                            skua_error *err) {
    if (request->n < 1 || request->n > SKUAI_RANKING_MOST ||
        !(request->diversity >= 0 && request->diversity <= 1))
        return skuai_error_set(err, SKUA_EINVAL,
                               "recommend: %zu items with diversity %g: need 1 to %d items and a "
                               "diversity from 0 to 1",
                               request->n, request->diversity, SKUAI_RANKING_MOST);
    SKUA_TRY(skuai_candidates_collect(&r->base, past, c, err));
    size_t pieces = (c->n_items + PIECE - 1) / PIECE;
    bool trees = r->rule.trees && c->days > 0;
    size_t most = request->diversity > 0 ? POOL * request->n : request->n;
    if (trees && most < ORDERED) most = ORDERED;
    best_heap *heaps = skuai_zero(pieces, sizeof *heaps);
    double *sums = skuai_zero(pieces, sizeof *sums);
    scored *places = skuai_new((pieces + 1) * most, sizeof *places);
    skua_status status = heaps && sums && places ? SKUA_OK : skuai_error_memory(err, "a list");
    skuai_context quiet = context ? *context : SKUAI_CONTEXT_DEFAULT;
    quiet.progress = NULL;
    if (status == SKUA_OK) {
        scan s = {r, request, c, heaps, sums, c->days == 0, 1 / (1 + (float)c->days)};
        for (size_t p = 0; p < pieces; p++)
            heaps[p] = (best_heap){.heap = places + p * most, .most = most};
        status = skuai_parallel_for(&quiet, NULL, pieces, scan_piece, &s, err);
    }
    if (status == SKUA_OK) {
        scored *pool = places + pieces * most;
        size_t found = merge(heaps, pieces, pool, most);
        double sum = 0;
        for (size_t p = 0; p < pieces; p++)
            sum += sums[p];
        if (trees && found > 0)
            status = reorder(r, request, c, &quiet, pool, found < ORDERED ? found : ORDERED, err);
        if (request->diversity > 0 && found > POOL * request->n) found = POOL * request->n;
        size_t kept = found < request->n ? found : request->n;
        if (request->diversity > 0 && found > 0)
            diversify(r->base.neighbours, request->diversity, pool, found, kept);
        for (size_t k = 0; k < kept; k++)
            describe(r, c, &pool[k], sum, &list[k]);
        *n = kept;
    }
    skuai_free(heaps);
    skuai_free(sums);
    skuai_free(places);
    return status;
}

/* -- Scores ------------------------------------------------------------------------------------ */

enum { LIST = 20, TARGETS = 4096 };

typedef struct scoring {
    const skuai_recommender *r;
    const skuai_interactions *all;
    int32_t cut, to;
    skuai_candidates **candidates; /* a worker */
    int32_t **targets;             /* a worker */
    skuai_ranking *rankings;       /* [n_users] */
    float *kinds;                  /* [n_users] 0: bought nothing; 1: has a past; 2: has none */
    int32_t *lists;                /* [n_users, 10] -1: none */
} scoring;

static skua_status score_user(void *argument, size_t u, int worker, skua_error *err) {
    scoring *s = argument;
    skuai_recommended list[LIST];
    int32_t items[LIST], *targets = s->targets[worker];
    skuai_recommend_request request = {.n = LIST};
    size_t m = skuai_interactions_targets(s->all, u, s->cut, s->to, targets, TARGETS), n = 0;
    for (size_t k = 0; k < 10; k++)
        s->lists[10 * u + k] = -1;
    if (m == 0) return SKUA_OK;
    skuai_past past = skuai_past_of(s->r->base.interactions, u);
    skuai_context one = {.seed = 1, .threads = 1};
    SKUA_TRY(skuai_recommend(s->r, past, &request, s->candidates[worker], &one, list, &n, err));
    for (size_t k = 0; k < n; k++) {
        items[k] = list[k].item;
        if (k < 10) s->lists[10 * u + k] = list[k].item;
    }
    s->rankings[u] = skuai_ranking_score(items, n, targets, m);
    s->kinds[u] = past.n > 0 ? 1 : 2;
    return SKUA_OK;
}

static void add_ranking(skuai_ranking *sum, const skuai_ranking *one) {
    sum->ndcg10 += one->ndcg10;
    sum->ndcg20 += one->ndcg20;
    sum->hit10 += one->hit10;
    sum->hit20 += one->hit20;
}

static void divide_ranking(skuai_ranking *sum, size_t n) {
    double by = n > 0 ? (double)n : 1;
    *sum = (skuai_ranking){sum->ndcg10 / by, sum->ndcg20 / by, sum->hit10 / by, sum->hit20 / by};
}

static void sum_scores(const scoring *s, uint8_t *seen, skuai_recommender_scores *to) {
    const skuai_interactions *x = s->r->base.interactions;
    size_t covered = 0, lists = 0;
    *to = (skuai_recommender_scores){0};
    for (size_t u = 0; u < s->all->n_users; u++) {
        if (!(s->kinds[u] > 0)) continue;
        bool known = s->kinds[u] < 2;
        size_t n = 0;
        add_ranking(known ? &to->known : &to->fresh, &s->rankings[u]);
        *(known ? &to->n_known : &to->n_fresh) += 1;
        while (n < 10 && s->lists[10 * u + n] >= 0) {
            covered += !seen[s->lists[10 * u + n]];
            seen[s->lists[10 * u + n++]] = 1;
        }
        to->diversity += skuai_ranking_diversity(s->r->base.neighbours, s->lists + 10 * u, n);
        to->novelty += skuai_ranking_novelty(x, s->lists + 10 * u, n);
        lists++;
    }
    divide_ranking(&to->known, to->n_known);
    divide_ranking(&to->fresh, to->n_fresh);
    if (lists > 0) to->diversity /= (double)lists, to->novelty /= (double)lists;
    to->coverage = (double)covered / (double)x->n_items;
}

skua_status skuai_recommender_score(const skuai_recommender *r, const skuai_interactions *all,
                                    int32_t cut, int32_t period, const skuai_context *context,
                                    skuai_recommender_scores *scores, skua_error *err) {
    size_t workers = (size_t)skuai_context_threads(context), n = all->n_users;
    scoring s = {.r = r, .all = all, .cut = cut, .to = cut + period};
    s.candidates = skuai_zero(workers, sizeof *s.candidates);
    s.targets = skuai_zero(workers, sizeof *s.targets);
    s.rankings = skuai_zero(n, sizeof *s.rankings);
    s.kinds = skuai_zero(n, sizeof *s.kinds);
    s.lists = skuai_new(10 * n, sizeof *s.lists);
    uint8_t *seen = skuai_zero(all->n_items, sizeof *seen);
    bool ok = s.candidates && s.targets && s.rankings && s.kinds && s.lists && seen;
    for (size_t w = 0; w < workers && ok; w++) {
        s.candidates[w] = skuai_recommender_candidates(r);
        s.targets[w] = skuai_new(TARGETS, sizeof **s.targets);
        ok = s.candidates[w] && s.targets[w];
    }
    skua_status status = ok ? SKUA_OK : skuai_error_memory(err, "scores");
    if (status == SKUA_OK)
        status = skuai_parallel_for(context, "recommendations scored", n, score_user, &s, err);
    if (status == SKUA_OK) sum_scores(&s, seen, scores);
    for (size_t w = 0; w < workers; w++) {
        if (s.candidates) skuai_candidates_free(s.candidates[w]);
        if (s.targets) skuai_free(s.targets[w]);
    }
    skuai_free(s.candidates);
    skuai_free(s.targets);
    skuai_free(s.rankings);
    skuai_free(s.kinds);
    skuai_free(s.lists);
    skuai_free(seen);
    return status;
}
