#include "recommend/recommender.h"

#include "core/alloc.h"
#include "core/random.h"
#include "recommend/choice_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRESH = 300, /* users without a past, likewise */
    SETS = 600,  /* users from whom weights are learnt */
    SETS_LEAST = 30,
    CANDIDATES = 512, /* of a set at most, beside own items and what was bought */
    OTHERS = 256,     /* items drawn for a set beside its candidates */
    TARGETS = 4096,   /* of a user at most */
    STEPS = 60,       /* towards the first ten places */
    PERIOD = 28
};

/* Without enough purchases to learn from: what was learnt on shops that have them, rounded. */
static const double usual_weights[SKUAI_FEATURES] = {
    [SKUAI_FEATURE_OWN_LOG] = 1.5, [SKUAI_FEATURE_LAST] = 0.5,       [SKUAI_FEATURE_NEIGHBOURS] = 4,
    [SKUAI_FEATURE_ALIKE] = 2,     [SKUAI_FEATURE_POPULAR_30] = 0.5, [SKUAI_FEATURE_POPULAR] = 0.2};

/* -- Choice sets ------------------------------------------------------------------------------- */

typedef struct set_builder {
    const skuai_feature_base *base;
    uint32_t without;
    size_t *rows; /* [most + 1] */
    float *features, *weights;
    uint8_t *chosen;
    size_t n_sets, n, capacity;
    size_t known; /* the first sets: of users with a past */
} set_builder;

static void builder_clear(set_builder *b) {
    skuai_free(b->rows);
    skuai_free(b->features);
    skuai_free(b->weights);
    skuai_free(b->chosen);
}

static bool builder_reserve(set_builder *b, size_t more) {
    if (b->n + more <= b->capacity) return true;
    size_t capacity = b->capacity * 2 > b->n + more ? b->capacity * 2 : b->n + more;
    float *features = skuai_resize(b->features, capacity, SKUAI_FEATURES * sizeof *features);
    if (features) b->features = features;
    float *weights = skuai_resize(b->weights, capacity, sizeof *weights);
    if (weights) b->weights = weights;
    uint8_t *chosen = skuai_resize(b->chosen, capacity, sizeof *chosen);
    if (chosen) b->chosen = chosen;
    if (!features || !weights || !chosen) return false;
    b->capacity = capacity;
    return true;
}

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static bool is_own(const skuai_candidates *c, int32_t item) {
    return c->slots[item] >= 0 &&
           c->features[(size_t)c->slots[item] * SKUAI_FEATURES_SPARSE + SKUAI_FEATURE_OWN] > 0;
}

static void add_row(set_builder *b, const skuai_candidates *c, int32_t item, double weight,
                    bool chosen) {
    float *f = b->features + b->n * SKUAI_FEATURES;
    memset(f, 0, SKUAI_FEATURES * sizeof *f);
    if (c->slots[item] >= 0)
        memcpy(f, c->features + (size_t)c->slots[item] * SKUAI_FEATURES_SPARSE,
               SKUAI_FEATURES_SPARSE * sizeof *f);
    skuai_features_popular(b->base, (size_t)item, c->days, f);
    for (size_t k = 0; k < SKUAI_FEATURES; k++)
        if (b->without >> k & 1) f[k] = 0;
    b->weights[b->n] = (float)weight;
    b->chosen[b->n] = chosen;
    b->n++;
}

/* All of one part of the items but what was bought, or a draw that stands for them, in order
 * (Knuth's selection sampling). */
static void add_drawn(set_builder *b, const skuai_candidates *c, bool candidates, size_t all,
                      size_t most, const int32_t *targets, size_t m, skuai_random *random) {
    size_t n = candidates ? c->n : c->n_items, wanted = all < most ? all : most;
    double weight = wanted > 0 ? (double)all / (double)wanted : 1;
    for (size_t k = 0, left = all; k < n && wanted > 0; k++) {
        int32_t item = candidates ? c->items[k] : (int32_t)k;
        if (candidates != (c->slots[item] >= 0) || is_own(c, item) ||
            bsearch(&item, targets, m, sizeof *targets, by_number))
            continue;
        if (skuai_random_uniform(random) * (double)left < (double)wanted) {
            add_row(b, c, item, weight, false);
            wanted--;
        }
        left--;
    }
}

/* Own items and what was bought, and draws of the other candidates and of all others. */
static bool add_set(set_builder *b, const skuai_candidates *c, const int32_t *targets, size_t m,
                    skuai_random *random) {
    size_t own = 0, known = 0, beside = 0;
    for (size_t k = 0; k < c->n; k++)
        own += is_own(c, c->items[k]);
    for (size_t k = 0; k < m; k++) {
        if (c->slots[targets[k]] < 0) beside++;
        if (c->slots[targets[k]] >= 0 && !is_own(c, targets[k])) known++;
    }
    if (!builder_reserve(b, own + known + beside + CANDIDATES + OTHERS)) return false;
    for (size_t k = 0; k < c->n; k++)
        if (is_own(c, c->items[k]))
            add_row(b, c, c->items[k], 1,
                    bsearch(&c->items[k], targets, m, sizeof *targets, by_number) != NULL);
    for (size_t k = 0; k < m; k++)
        if (!is_own(c, targets[k])) add_row(b, c, targets[k], 1, true);
    add_drawn(b, c, true, c->n - own - known, CANDIDATES, targets, m, random);
    add_drawn(b, c, false, c->n_items - c->n - beside, OTHERS, targets, m, random);
    b->rows[++b->n_sets] = b->n;
    return true;
}

/* Users who bought in the period, in an order drawn from the seed; *n of them. */
static size_t *draw_users(const skuai_interactions *all, int32_t cut, uint64_t seed, size_t *n) {
    size_t *users = skuai_new(all->n_users, sizeof *users);
    skuai_random random;
    int32_t one;
    *n = 0;
    if (!users) return NULL;
    for (size_t u = 0; u < all->n_users; u++)
        if (skuai_interactions_targets(all, u, cut, all->end, &one, 1) > 0) users[(*n)++] = u;
    skuai_random_split(&random, seed, 1);
    skuai_random_shuffle(&random, users, *n);
    return users;
}

/* One user's set into the builder. */
static skua_status collect_set(const skuai_interactions *all, const skuai_interactions *past,
                               size_t user, int32_t cut, uint64_t seed, int32_t *targets,
                               skuai_candidates *c, set_builder *b, skua_error *err) {
    skuai_random random;
    skuai_random_split(&random, seed, 2 + user);
    size_t m = skuai_interactions_targets(all, user, cut, all->end, targets, TARGETS);
    SKUA_TRY(skuai_candidates_collect(b->base, skuai_past_of(past, user), c, err));
    return add_set(b, c, targets, m, &random) ? SKUA_OK : skuai_error_memory(err, "choices");
}

/* Sets of users with a past first, then of those without. */
static skua_status collect_sets(const skuai_interactions *all, const skuai_interactions *past,
                                int32_t cut, size_t most, const skuai_context *context,
                                set_builder *b, skua_error *err) {
    size_t n = 0;
    uint64_t seed = context ? context->seed : 1;
    size_t *users = draw_users(all, cut, seed, &n);
    int32_t *targets = skuai_new(TARGETS, sizeof *targets);
    skuai_candidates *c = skuai_candidates_new(all->n_items, all->n_users);
    b->rows = skuai_zero(most + FRESH + 1, sizeof *b->rows);
    skua_status status =
        users && targets && c && b->rows ? SKUA_OK : skuai_error_memory(err, "choices");
    for (int fresh = 0; fresh < 2; fresh++) {
        size_t end = fresh ? b->n_sets + FRESH : most;
        for (size_t k = 0; k < n && b->n_sets < end && status == SKUA_OK; k++) {
            bool without = past->user_rows[users[k]] == past->user_rows[users[k] + 1];
            if (without != (fresh == 1)) continue;
            status = collect_set(all, past, users[k], cut, seed, targets, c, b, err);
            if (status == SKUA_OK) status = skuai_context_check(context, err);
        }
        if (!fresh) b->known = b->n_sets;
    }
    skuai_candidates_free(c);
    skuai_free(targets);
    skuai_free(users);
    return status;
}

/* By likelihood, then for the first ten places; last the scale at which exp(score) is a chance. */
static skua_status fit_weights(const set_builder *b, const skuai_recommender_options *o,
                               skuai_recommender *r, skua_error *err) {
    skuai_choice_sets sets = {SKUAI_FEATURES, b->known,   b->rows,
                              b->features,    b->weights, b->chosen};
    size_t n = b->rows[b->known];
    double scale = 1;
    r->n_sets = b->known;
    SKUA_TRY(skuai_choice_fit(&sets, o->penalty > 0 ? o->penalty : 1e-3, r->weights, NULL, err));
    SKUA_TRY(skuai_choice_rank(&sets, 10, STEPS, r->weights, r->ndcg, err));
    float *scores = skuai_new(n, sizeof *scores);
    if (!scores) return skuai_error_memory(err, "weights");
    for (size_t row = 0; row < n; row++) {
        double score = 0;
        for (size_t k = 0; k < SKUAI_FEATURES; k++)
            score += r->weights[k] * (double)b->features[row * SKUAI_FEATURES + k];
        scores[row] = (float)score;
    }
    sets.n_features = 1;
    sets.features = scores;
    skua_status status = skuai_choice_fit(&sets, 0, &scale, &r->likelihood, err);
    skuai_free(scores);
    for (size_t k = 0; k < SKUAI_FEATURES && scale > 0; k++)
        r->weights[k] *= scale;
    return status;
}

/* Users without a past: popularity alone, weighed by what such users bought. */
static skua_status fit_fresh(const set_builder *b, const skuai_recommender_options *o,
                             skuai_recommender *r, skua_error *err) {
    skuai_choice_sets sets = {SKUAI_FEATURES, b->n_sets - b->known, b->rows + b->known,
                              b->features,    b->weights,           b->chosen};
    r->n_fresh = sets.n_sets;
    SKUA_TRY(skuai_choice_fit(&sets, o->penalty > 0 ? o->penalty : 1e-3, r->fresh, NULL, err));
    return skuai_choice_rank(&sets, 10, STEPS, r->fresh, NULL, err);
}

static skua_status learn_weights(const skuai_interactions *all, const skuai_recommender_options *o,
                                 const skuai_context *context, skuai_recommender *r,
                                 skua_error *err) {
    int32_t cut = all->end - (o->period > 0 ? o->period : PERIOD);
    size_t most = o->sets ? o->sets : SETS;
    skuai_interactions *past = NULL;
    skuai_feature_base base = {0};
    set_builder b = {.base = &base, .without = o->without};
    SKUA_TRY(skuai_interactions_before(all, cut, &past, err));
    skua_status status = SKUA_OK;
    memcpy(r->weights, usual_weights, sizeof r->weights);
    r->fresh[SKUAI_FEATURE_POPULAR_30] = 1;
    if (past->n > 0) {
        status = skuai_feature_base_make(past, &o->features, context, &base, err);
        if (status == SKUA_OK) status = collect_sets(all, past, cut, most, context, &b, err);
        if (status == SKUA_OK && b.known >= SETS_LEAST) status = fit_weights(&b, o, r, err);
        if (status == SKUA_OK && b.n_sets - b.known >= SETS_LEAST)
            status = fit_fresh(&b, o, r, err);
    }
    for (size_t k = 0; k < SKUAI_FEATURES; k++)
        if (o->without >> k & 1) r->weights[k] = 0;
    builder_clear(&b);
    skuai_feature_base_clear(&base);
    skuai_interactions_free(past);
    return status;
}

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
        r->prior_fresh[i] = popular_score(r->fresh, f);
        r->prior_short[i] =
            (float)(r->weights[SKUAI_FEATURE_POPULAR_NEW] * (double)f[SKUAI_FEATURE_POPULAR_NEW]);
        r->prior[i] = popular_score(r->weights, f) - r->prior_short[i];
    }
}

skua_status skuai_recommender_fit(const skuai_interactions *x,
                                  const skuai_recommender_options *options,
                                  const skuai_context *context, skuai_recommender **made,
                                  skua_error *err) {
    if (x->n == 0)
        return skuai_error_set(err, SKUA_EDATA,
                               "nobody bought or looked at anything: nothing to learn from");
    skuai_recommender *r = skuai_zero(1, sizeof *r);
    if (!r) return skuai_error_memory(err, "a recommender");
    r->prior = skuai_new(x->n_items, sizeof *r->prior);
    r->prior_short = skuai_new(x->n_items, sizeof *r->prior_short);
    r->prior_fresh = skuai_new(x->n_items, sizeof *r->prior_fresh);
    skua_status status = r->prior && r->prior_short && r->prior_fresh
                             ? SKUA_OK
                             : skuai_error_memory(err, "a recommender");
    if (status == SKUA_OK) status = learn_weights(x, options, context, r, err);
    if (status == SKUA_OK)
        status = skuai_feature_base_make(x, &options->features, context, &r->base, err);
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

enum { PIECE = 16384, POOL = 5 };

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
        score += r->weights[k] * (double)f[k];
    return score;
}

static skua_status scan_piece(void *argument, size_t piece, int worker, skua_error *err) {
    (void)worker, (void)err;
    scan *s = argument;
    const skuai_recommender *r = s->r;
    size_t from = piece * PIECE, n = s->c->n_items, to = from + PIECE < n ? from + PIECE : n;
    best_heap *heap = &s->heaps[piece];
    double sum = 0;
    for (size_t i = from; i < to; i++) {
        float score = s->fresh ? r->prior_fresh[i] : r->prior[i] + s->share * r->prior_short[i];
        bool own = false;
        if (s->c->slots[i] >= 0) {
            const float *f = s->c->features + (size_t)s->c->slots[i] * SKUAI_FEATURES_SPARSE;
            score += (float)sparse_score(r, f);
            own = f[SKUAI_FEATURE_OWN] > 0;
        }
        sum += exp((double)score);
        if (own && s->request->only_new) continue;
        float adjust = s->request->adjust ? s->request->adjust[i] : 0;
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
        double part = r->weights[k] * (double)f[k];
        if (part > most) most = part, to->reason = (skuai_user_feature)k;
    }
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
    size_t most = request->diversity > 0 ? POOL * request->n : request->n;
    best_heap *heaps = skuai_zero(pieces, sizeof *heaps);
    double *sums = skuai_zero(pieces, sizeof *sums);
    scored *places = skuai_new((pieces + 1) * most, sizeof *places);
    skua_status status = heaps && sums && places ? SKUA_OK : skuai_error_memory(err, "a list");
    if (status == SKUA_OK) {
        scan s = {r, request, c, heaps, sums, c->days == 0, 1 / (1 + (float)c->days)};
        skuai_context quiet = context ? *context : SKUAI_CONTEXT_DEFAULT;
        quiet.progress = NULL;
        for (size_t p = 0; p < pieces; p++)
            heaps[p] = (best_heap){.heap = places + p * most, .most = most};
        status = skuai_parallel_for(&quiet, NULL, pieces, scan_piece, &s, err);
    }
    if (status == SKUA_OK) {
        scored *pool = places + pieces * most;
        size_t found = merge(heaps, pieces, pool, most),
               kept = found < request->n ? found : request->n;
        double sum = 0;
        for (size_t p = 0; p < pieces; p++)
            sum += sums[p];
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

enum { LIST = 20 };

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
