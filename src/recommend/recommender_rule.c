#include "recommend/recommender_rule.h"

#include "core/alloc.h"
#include "core/json.h"
#include "core/random.h"
#include "recommend/choice_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRESH = 300, /* users without a past, likewise */
    SETS = 600,  /* users from whom a rule is learnt */
    SETS_LEAST = 30,
    CANDIDATES = 256, /* of a set at most, beside own items and what was bought */
    OTHERS = 128,     /* items drawn for a set beside its candidates */
    TARGETS = 4096,   /* of a user at most */
    PERIOD = 28,
    TREES = 150
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

/* -- Learning ---------------------------------------------------------------------------------- */

/* Trees on the same rows: whether an item was bought, sets of many purchases counting less each. */
static skua_status grow(const set_builder *b, const skuai_context *context,
                        skuai_recommender_rule *rule, skua_error *err) {
    size_t n = b->rows[b->known];
    float *values = skuai_new(n, SKUAI_FEATURES * sizeof *values);
    float *y = skuai_new(n, sizeof *y), *weight = skuai_new(n, sizeof *weight);
    skua_status status = values && y && weight ? SKUA_OK : skuai_error_memory(err, "trees");
    for (size_t set = 0; set < b->known && status == SKUA_OK; set++) {
        double bought = 0;
        for (size_t r = b->rows[set]; r < b->rows[set + 1]; r++)
            bought += b->chosen[r];
        for (size_t r = b->rows[set]; r < b->rows[set + 1]; r++) {
            y[r] = b->chosen[r];
            weight[r] = (float)((double)b->weights[r] / sqrt(bought));
            for (size_t k = 0; k < SKUAI_FEATURES; k++)
                values[k * n + r] = b->features[r * SKUAI_FEATURES + k];
        }
    }
    if (status == SKUA_OK) {
        skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
        o.objective = SKUAI_OBJECTIVE_POISSON;
        o.rounds = TREES;
        o.patience = 0;
        o.leaves = 15;
        o.least_leaf = 100;
        o.column_share = o.row_share = 0.7;
        o.shrinkage = 5;
        skuai_examples examples = {{n, SKUAI_FEATURES, values, NULL, NULL}, y, weight};
        skua_error own = {0};
        status = skuai_learner_boosted.fit(&o, &examples, NULL, context, &rule->trees, &own);
        if (status == SKUA_ENOTFOUND) { /* no LightGBM: the weights alone */
            skuai_context_log(context, SKUAI_LOG_INFO, "recommendations without trees: %s",
                              own.message);
            status = SKUA_OK;
        } else if (status != SKUA_OK && err) {
            *err = own;
        }
    }
    skuai_free(values);
    skuai_free(y);
    skuai_free(weight);
    return status;
}

static skua_status fit_sets(const set_builder *b, const skuai_rule_options *o,
                            const skuai_context *context, skuai_recommender_rule *rule,
                            skua_error *err) {
    double penalty = o->penalty > 0 ? o->penalty : 1e-3;
    if (b->known >= SETS_LEAST) {
        skuai_choice_sets sets = {SKUAI_FEATURES, b->known,   b->rows,
                                  b->features,    b->weights, b->chosen};
        rule->n_sets = b->known;
        SKUA_TRY(skuai_choice_fit(&sets, penalty, rule->weights, &rule->likelihood, err));
        if (!o->no_trees) SKUA_TRY(grow(b, context, rule, err));
    }
    /* users without a past: popularity alone, weighed by what such users bought */
    if (b->n_sets - b->known >= SETS_LEAST) {
        skuai_choice_sets sets = {SKUAI_FEATURES, b->n_sets - b->known, b->rows + b->known,
                                  b->features,    b->weights,           b->chosen};
        rule->n_fresh = sets.n_sets;
        SKUA_TRY(skuai_choice_fit(&sets, penalty, rule->fresh, NULL, err));
    }
    return SKUA_OK;
}

skua_status skuai_rule_learn(const skuai_interactions *all, const skuai_rule_options *o,
                             const skuai_context *context, skuai_recommender_rule *made,
                             skua_error *err) {
    int32_t cut = all->end - (o->period > 0 ? o->period : PERIOD);
    size_t most = o->sets ? o->sets : SETS;
    skuai_interactions *past = NULL;
    skuai_feature_base base = {0};
    skuai_recommender_rule rule = {0};
    set_builder b = {.base = &base, .without = o->without};
    SKUA_TRY(skuai_interactions_before(all, cut, &past, err));
    skua_status status = SKUA_OK;
    memcpy(rule.weights, usual_weights, sizeof rule.weights);
    rule.fresh[SKUAI_FEATURE_POPULAR_30] = 1;
    if (past->n > 0) {
        skuai_feature_options features = o->features;
        features.net = NULL; /* a net of all days has seen what is chosen here */
        status = skuai_feature_base_make(past, &features, context, &base, err);
        if (status == SKUA_OK) status = collect_sets(all, past, cut, most, context, &b, err);
        if (status == SKUA_OK) status = fit_sets(&b, o, context, &rule, err);
    }
    for (size_t k = 0; k < SKUAI_FEATURES; k++)
        if (o->without >> k & 1) rule.weights[k] = rule.fresh[k] = 0;
    rule.without = o->without;
    builder_clear(&b);
    skuai_feature_base_clear(&base);
    skuai_interactions_free(past);
    if (status != SKUA_OK)
        skuai_rule_clear(&rule);
    else
        *made = rule;
    return status;
}

void skuai_rule_clear(skuai_recommender_rule *rule) {
    if (rule->trees) rule->trees->learner->free(rule->trees);
    *rule = (skuai_recommender_rule){0};
}

/* -- As text ----------------------------------------------------------------------------------- */

skua_status skuai_rule_save(const skuai_recommender_rule *rule, skuai_buffer *text,
                            skua_error *err) {
    skuai_buffer trees;
    skuai_json_writer w;
    skuai_buffer_init(&trees, (size_t)1 << 28);
    skua_status status = SKUA_OK;
    if (rule->trees) status = rule->trees->learner->save(rule->trees, &trees, err);
    if (status == SKUA_OK) {
        skuai_json_begin(&w, text);
        skuai_json_object(&w, NULL);
        skuai_json_integer(&w, "sets", (int64_t)rule->n_sets);
        skuai_json_integer(&w, "fresh_sets", (int64_t)rule->n_fresh);
        skuai_json_number(&w, "likelihood", rule->likelihood);
        for (int fresh = 0; fresh < 2; fresh++) {
            skuai_json_object(&w, fresh ? "fresh" : "weights");
            for (size_t k = 0; k < SKUAI_FEATURES; k++)
                skuai_json_number(&w, skuai_feature_names[k],
                                  fresh ? rule->fresh[k] : rule->weights[k]);
            skuai_json_close(&w);
        }
        if (rule->trees) skuai_json_text(&w, "trees", skuai_buffer_view(&trees));
        skuai_json_close(&w);
        status = skuai_buffer_check(text, err);
    }
    skuai_buffer_clear(&trees);
    return status;
}

skua_status skuai_rule_load(const char *text, size_t size, skuai_recommender_rule *made,
                            skua_error *err) {
    skuai_recommender_rule rule = {0};
    skuai_json *json = NULL;
    SKUA_TRY(skuai_json_parse(text, size, &json, err));
    skua_status status = SKUA_OK;
    rule.n_sets = (size_t)skuai_json_as_integer(skuai_json_get(json, "sets"), 0);
    rule.n_fresh = (size_t)skuai_json_as_integer(skuai_json_get(json, "fresh_sets"), 0);
    rule.likelihood = skuai_json_as_number(skuai_json_get(json, "likelihood"), 0);
    for (size_t k = 0; k < SKUAI_FEATURES; k++) {
        const char *name = skuai_feature_names[k];
        rule.weights[k] = skuai_json_as_number(
            skuai_json_get(skuai_json_get(json, "weights"), name), (double)NAN);
        rule.fresh[k] =
            skuai_json_as_number(skuai_json_get(skuai_json_get(json, "fresh"), name), (double)NAN);
        if (!isfinite(rule.weights[k]) || !isfinite(rule.fresh[k]))
            status =
                skuai_error_set(err, SKUA_EDATA, "a rule of recommendations without '%s'", name);
    }
    const char *trees = skuai_json_as_text(skuai_json_get(json, "trees"), "");
    if (status == SKUA_OK && *trees)
        status = skuai_learner_boosted.load(trees, strlen(trees), &rule.trees, err);
    if (status == SKUA_OK && rule.trees && rule.trees->n_columns != SKUAI_FEATURES) {
        skuai_rule_clear(&rule);
        status = skuai_error_set(err, SKUA_EDATA, "the trees of a rule want other features");
    }
    skuai_json_free(json);
    if (status == SKUA_OK) *made = rule;
    return status;
}
