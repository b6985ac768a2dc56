/* recommend: the next items of a user. Orders and events become interactions (shopper.h), weights
 * and trees are learnt on the last four weeks and kept (models/recommend.json), and the list is the
 * best of all items that can be had. Without a user: how well it works here, by hiding the last
 * four weeks; the rule is then learnt anew. */
#include "core/file.h"
#include "recommend/category_chance.h"
#include "recommend/sequence_net.h"
#include "shop/shopper.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PERIOD = 28 };

typedef struct advice {
    skuai_shoppers shoppers;
    skuai_recommender_rule rule;
    skuai_recommender *recommender;
    skuai_candidates *candidates;
    float *adjust; /* NULL: nothing */
    skuai_sequence_options sequence;
    bool with_sequence;
    skuai_sequence_net *net; /* of all days; NULL: not asked for */
    float *content;          /* [n items, sequence.n_content]; NULL: no vectors */
    skuai_context context;
    skuai_recommend_request request;
    int32_t *basket_items, *basket_days; /* [n_basket] of the setting `basket` */
    float *basket_weights;
    size_t n_basket;
} advice;

static void advice_clear(advice *a) {
    skuai_candidates_free(a->candidates);
    skuai_recommender_free(a->recommender);
    skuai_rule_clear(&a->rule);
    skuai_shoppers_clear(&a->shoppers);
    skuai_sequence_free(a->net);
    skuai_free(a->content);
    skuai_free(a->adjust);
    skuai_free(a->basket_items);
    skuai_free(a->basket_days);
    skuai_free(a->basket_weights);
}

/* The items of the setting `basket`, as if they were bought today. */
static skua_status read_basket(const skua_shop *shop, advice *a, skua_error *err) {
    const char *text = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_basket);
    size_t n = strlen(text) + 1;
    a->basket_items = skuai_new(n, sizeof *a->basket_items);
    a->basket_days = skuai_new(n, sizeof *a->basket_days);
    a->basket_weights = skuai_new(n, sizeof *a->basket_weights);
    if (!a->basket_items || !a->basket_days || !a->basket_weights)
        return skuai_error_memory(err, "a basket");
    while (*text) {
        char name[512];
        size_t length = strcspn(text, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)(length < 511 ? length : 511), text);
        size_t item = skuai_shoppers_find(a->shoppers.items, name);
        if (item == SIZE_MAX)
            return skuai_error_set(err, SKUA_ENOTFOUND,
                                   "basket: no item '%s' in the shop; skua show lists them", name);
        a->basket_items[a->n_basket] = (int32_t)item;
        a->basket_days[a->n_basket] = a->shoppers.interactions->end;
        a->basket_weights[a->n_basket++] = 1;
        text += length + (text[length] == ',');
    }
    return SKUA_OK;
}

/* Forty rounds of the users at most, and no longer sequences than there are. */
static void size_sequence(advice *a) {
    const skuai_interactions *x = a->shoppers.interactions;
    skuai_sequence_options *o = &a->sequence;
    size_t longest = 1;
    for (size_t u = 0; u < x->n_users; u++)
        if (x->user_rows[u + 1] - x->user_rows[u] > longest)
            longest = x->user_rows[u + 1] - x->user_rows[u];
    if (o->length > longest) o->length = longest;
    if (x->n_users == 0) return;
    if (o->batch > x->n_users) o->batch = x->n_users;
    size_t steps = 40 * x->n_users / o->batch;
    if (steps < 100) steps = 100;
    if (o->steps > steps) o->steps = steps;
}

static skua_status prepare(const skua_shop *shop, advice *a, skua_error *err) {
    const char *rerank = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_rerank);
    skuai_store *store = NULL;
    a->context = skuai_shop_context(shop, false);
    a->request = (skuai_recommend_request){
        .n = (size_t)skuai_config_integer(&shop->config, SKUAI_CONFIG_KEY_top),
        .only_new = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_only_new),
        .diversity = skuai_config_number(&shop->config, SKUAI_CONFIG_KEY_diversity)};
    SKUA_TRY(skuai_shop_store(shop, SKUAI_STORE_READ, &store, err));
    skua_status status = skuai_shoppers_read(store, &a->shoppers, err);
    a->with_sequence = skuai_config_flag(&shop->config, SKUAI_CONFIG_KEY_sequence);
    a->sequence = SKUAI_SEQUENCE_DEFAULT;
    if (status == SKUA_OK && a->with_sequence)
        status = skuai_shoppers_content(store, a->shoppers.items, &a->content,
                                        &a->sequence.n_content, err);
    skuai_store_close(store);
    if (status != SKUA_OK) return status;
    a->sequence.content = a->content;
    size_sequence(a);
    SKUA_TRY(read_basket(shop, a, err));
    if (strcmp(rerank, "none") != 0) {
        a->adjust = skuai_new(a->shoppers.items->n_rows, sizeof *a->adjust);
        if (!a->adjust) return skuai_error_memory(err, "recommendations");
        skuai_shoppers_adjust(&a->shoppers, strcmp(rerank, "profit") == 0, a->adjust);
        a->request.adjust = a->adjust;
    }
    return SKUA_OK;
}

/* -- The rule that is kept ----------------------------------------------------------------------
 */

/* With the net and without it a rule has other weights, so each is kept by itself. */
static skua_status kept_path(const skua_shop *shop, const char *name, char *path, size_t size,
                             skua_error *err) {
    int n = snprintf(path, size, "%s/models/%s", shop->folder, name);
    if (n > 0 && (size_t)n < size) return SKUA_OK;
    return skuai_error_set(err, SKUA_ELIMIT, "the shop's path is too long");
}

static skua_status rule_path(const skua_shop *shop, const advice *a, char *path, size_t size,
                             skua_error *err) {
    return kept_path(shop, a->with_sequence ? "recommend-sequence.json" : "recommend.json", path,
                     size, err);
}

static skuai_feature_options features_of(const advice *a) {
    return (skuai_feature_options){.sequence = a->with_sequence ? &a->sequence : NULL,
                                   .net = a->net};
}

/* The net of all days: the one that is kept when it is of these orders, items and vectors, else a
 * new one, which is kept. A shop whose users never come twice has none. */
static skua_status find_net(const skua_shop *shop, advice *a, skua_error *err) {
    char path[4200], key[64];
    skua_error own = {0};
    if (!a->with_sequence) return SKUA_OK;
    SKUA_TRY(kept_path(shop, "recommend.safetensors", path, sizeof path, err));
    skuai_shoppers_key(&a->shoppers, a->content, a->sequence.n_content, key);
    if (skuai_sequence_load(path, key, &a->net, &own) == SKUA_OK) return SKUA_OK;
    own = (skua_error){0};
    skua_status status =
        skuai_sequence_train(a->shoppers.interactions, &a->sequence, &a->context, &a->net, &own);
    if (status == SKUA_EDATA) {
        skuai_context_log(&a->context, SKUAI_LOG_INFO, "%s", own.message);
        a->with_sequence = false;
        return SKUA_OK;
    }
    if (status == SKUA_OK) status = skuai_sequence_save(a->net, path, key, &own);
    if (status != SKUA_OK && err) *err = own;
    return status;
}

/* Learn a rule from all days, and keep it in SHOP/models. */
static skua_status learn_rule(const skua_shop *shop, advice *a, skua_error *err) {
    char path[4200];
    skuai_buffer text;
    skuai_rule_options options = {.features = features_of(a), .period = PERIOD};
    SKUA_TRY(rule_path(shop, a, path, sizeof path, err));
    SKUA_TRY(skuai_rule_learn(a->shoppers.interactions, &options, &a->context, &a->rule, err));
    skuai_buffer_init(&text, (size_t)1 << 28);
    skua_status status = skuai_rule_save(&a->rule, &text, err);
    if (status == SKUA_OK)
        status = skuai_file_write(path, skuai_buffer_view(&text), text.size, err);
    skuai_buffer_clear(&text);
    return status;
}

/* The rule that was kept; one that is damaged, or of another version, is learnt anew. */
static skua_status find_rule(const skua_shop *shop, advice *a, skua_error *err) {
    char path[4200];
    skuai_buffer text;
    skua_error own = {0};
    SKUA_TRY(rule_path(shop, a, path, sizeof path, err));
    skuai_buffer_init(&text, (size_t)1 << 28);
    skua_status status = skuai_file_read(path, (size_t)1 << 28, &text, &own);
    if (status == SKUA_OK)
        status = skuai_rule_load(skuai_buffer_view(&text), text.size, &a->rule, &own);
    skuai_buffer_clear(&text);
    if (status == SKUA_OK || status == SKUA_ENOMEM) {
        if (status != SKUA_OK && err) *err = own;
        return status;
    }
    return learn_rule(shop, a, err);
}

/* -- How well it works ------------------------------------------------------------------------- */

static void put_ranking(skuai_json_writer *w, const char *name, const skuai_ranking *r, size_t n) {
    skuai_json_object(w, name);
    skuai_json_integer(w, "users", (int64_t)n);
    skuai_json_number(w, "ndcg10", n ? r->ndcg10 : (double)NAN);
    skuai_json_number(w, "ndcg20", n ? r->ndcg20 : (double)NAN);
    skuai_json_number(w, "hit10", n ? r->hit10 : (double)NAN);
    skuai_json_number(w, "hit20", n ? r->hit20 : (double)NAN);
    skuai_json_close(w);
}

static skua_status put_scores(advice *a, skuai_json_writer *w, skua_error *err) {
    const skuai_interactions *all = a->shoppers.interactions;
    int32_t cut = all->end - PERIOD;
    skuai_interactions *past = NULL;
    skuai_recommender *r = NULL;
    skuai_recommender_rule rule = {0};
    skuai_rule_options options = {.features = features_of(a), .period = PERIOD};
    skuai_recommender_scores scores = {0};
    options.features.net = NULL; /* it has seen the days that are hidden */
    SKUA_TRY(skuai_interactions_before(all, cut, &past, err));
    skua_status status = SKUA_OK;
    bool any = past->n > 0;
    if (any) status = skuai_rule_learn(past, &options, &a->context, &rule, err);
    if (any && status == SKUA_OK)
        status = skuai_recommender_new(past, &rule, &options.features, &a->context, &r, err);
    if (any && status == SKUA_OK)
        status = skuai_recommender_score(r, all, cut, PERIOD, &a->context, &scores, err);
    if (any && status == SKUA_OK) {
        skuai_json_object(w, "scores");
        put_ranking(w, "known", &scores.known, scores.n_known);
        put_ranking(w, "new", &scores.fresh, scores.n_fresh);
        skuai_json_number(w, "diversity", scores.diversity);
        skuai_json_number(w, "novelty", scores.novelty);
        skuai_json_number(w, "coverage", scores.coverage);
        skuai_json_close(w);
        skuai_json_integer(w, "learnt_from", (int64_t)rule.n_sets);
        skuai_json_object(w, "weights");
        for (size_t k = 0; k < SKUAI_FEATURES; k++)
            skuai_json_number(w, skuai_feature_names[k], rule.weights[k]);
        skuai_json_close(w);
    }
    skuai_recommender_free(r);
    skuai_rule_clear(&rule);
    skuai_interactions_free(past);
    return status;
}

/* -- Chances of categories --------------------------------------------------------------------- */

enum { CATEGORIES_MOST = 60, CATEGORIES_TOLD = 5 };

/* First levels of the items' categories. */
typedef struct categories {
    int32_t *of; /* [n items] -1: none */
    char names[CATEGORIES_MOST][64];
    size_t n;
} categories;

static skua_status read_categories(const advice *a, categories *to, skua_error *err) {
    const skuai_table *t = a->shoppers.items;
    *to = (categories){.of = skuai_new(t->n_rows, sizeof *to->of)};
    if (!to->of) return skuai_error_memory(err, "categories");
    for (size_t i = 0; i < t->n_rows; i++) {
        const char *path = t->columns[2].texts[i];
        char name[64];
        to->of[i] = -1;
        if (!path || !*path) continue;
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "/>"), path);
        size_t k = 0;
        while (k < to->n && strcmp(to->names[k], name) != 0)
            k++;
        if (k == CATEGORIES_MOST) continue; /* the first sixty; a shop's top level has fewer */
        if (k == to->n) memcpy(to->names[to->n++], name, sizeof name);
        to->of[i] = (int32_t)k;
    }
    return SKUA_OK;
}

/* Within 7 and 28 days, fitted; false where there is nothing to fit on. */
static skua_status fit_chances(const advice *a, const categories *c, skuai_category_chance *week,
                               skuai_category_chance *month, bool *any, skua_error *err) {
    skua_error own = {0};
    *week = *month = (skuai_category_chance){0};
    skua_status status = skuai_category_fit(a->shoppers.interactions, c->of, c->n, 7, week, &own);
    if (status == SKUA_OK)
        status = skuai_category_fit(a->shoppers.interactions, c->of, c->n, PERIOD, month, &own);
    *any = status == SKUA_OK;
    if (status == SKUA_OK || status == SKUA_EDATA) return SKUA_OK;
    if (err) *err = own;
    return status;
}

static void put_brier(skuai_json_writer *w, const char *name, const skuai_category_chance *c) {
    skuai_json_object(w, name);
    skuai_json_number(w, "brier", c->brier);
    skuai_json_number(w, "base_brier", c->base_brier);
    skuai_json_integer(w, "pairs", (int64_t)c->n_judged);
    skuai_json_close(w);
}

static void put_chances(const advice *a, const categories *c, const skuai_category_chance *week,
                        const skuai_category_chance *month, size_t user, skuai_json_writer *w) {
    double near[CATEGORIES_MOST], far[CATEGORIES_MOST];
    skuai_category_chances(week, a->shoppers.interactions, c->of, user, near);
    skuai_category_chances(month, a->shoppers.interactions, c->of, user, far);
    skuai_json_array(w, "categories");
    for (size_t told = 0; told < CATEGORIES_TOLD && told < c->n; told++) {
        size_t best = 0;
        for (size_t k = 1; k < c->n; k++)
            if (far[k] > far[best]) best = k;
        skuai_json_object(w, NULL);
        skuai_json_text(w, "category", c->names[best]);
        skuai_json_number(w, "within_7", near[best]);
        skuai_json_number(w, "within_28", far[best]);
        skuai_json_close(w);
        far[best] = -1;
    }
    skuai_json_close(w);
}

/* Of a user (SIZE_MAX: how good they are). */
static skua_status tell_chances(const advice *a, size_t user, skuai_json_writer *w,
                                skua_error *err) {
    categories *c = skuai_zero(1, sizeof *c);
    skuai_category_chance week = {0}, month = {0};
    bool any = false;
    if (!c) return skuai_error_memory(err, "categories");
    skua_status status = read_categories(a, c, err);
    if (status == SKUA_OK && c->n > 0) status = fit_chances(a, c, &week, &month, &any, err);
    if (any && user != SIZE_MAX) {
        put_chances(a, c, &week, &month, user, w);
    } else if (any) {
        skuai_json_object(w, "category_chances");
        put_brier(w, "within_7", &week);
        put_brier(w, "within_28", &month);
        skuai_json_close(w);
    }
    skuai_category_clear(&week);
    skuai_category_clear(&month);
    skuai_free(c->of);
    skuai_free(c);
    return status;
}

/* -- A user's list ----------------------------------------------------------------------------- */

static skuai_past past_of(const advice *a, size_t user) {
    if (a->n_basket > 0)
        return (skuai_past){a->basket_items,
                            a->basket_days,
                            a->basket_weights,
                            a->n_basket,
                            -1,
                            a->shoppers.interactions->end};
    if (user == SIZE_MAX) return (skuai_past){.user = -1, .today = a->shoppers.interactions->end};
    return skuai_past_of(a->shoppers.interactions, user);
}

static void put_list(const advice *a, skuai_json_writer *w, const skuai_recommended *list,
                     size_t n) {
    const skuai_column *c = a->shoppers.items->columns;
    int32_t items[SKUAI_RANKING_MOST];
    skuai_json_array(w, "items");
    for (size_t k = 0; k < n; k++) {
        size_t i = (size_t)list[k].item;
        items[k] = list[k].item;
        skuai_json_object(w, NULL);
        skuai_json_text(w, "item", c[0].texts[i]);
        skuai_json_text(w, "title", c[1].texts[i] ? c[1].texts[i] : "");
        skuai_json_number(w, "score", (double)list[k].score);
        skuai_json_number(w, "chance", list[k].chance);
        skuai_json_text(w, "reason", skuai_feature_names[list[k].reason]);
        skuai_json_bool(w, "owned", list[k].owned);
        skuai_json_number(w, "price", c[3].doubles[i]);
        skuai_json_number(w, "stock", c[5].doubles[i]);
        skuai_json_close(w);
    }
    skuai_json_close(w);
    skuai_json_number(w, "diversity",
                      skuai_ranking_diversity(a->recommender->base.neighbours, items, n));
    skuai_json_number(w, "novelty", skuai_ranking_novelty(a->shoppers.interactions, items, n));
}

static skua_status put_user(advice *a, const char *user, skuai_json_writer *w, skua_error *err) {
    skuai_recommended list[SKUAI_RANKING_MOST];
    size_t n = 0, u = *user ? skuai_shoppers_find(a->shoppers.users, user) : SIZE_MAX;
    skuai_past past = past_of(a, u);
    SKUA_TRY(skuai_recommend(a->recommender, past, &a->request, a->candidates, &a->context, list,
                             &n, err));
    skuai_json_text(w, "user", user);
    skuai_json_bool(w, "known", u != SIZE_MAX);
    skuai_json_integer(w, "past", (int64_t)past.n);
    put_list(a, w, list, n);
    return u != SIZE_MAX ? tell_chances(a, u, w, err) : SKUA_OK;
}

/* -- All users, into a file -------------------------------------------------------------------- */

static void put_cell(skuai_buffer *b, const char *text) {
    if (!strpbrk(text, ",\"\n\r")) {
        (void)skuai_buffer_text(b, text);
        return;
    }
    (void)skuai_buffer_text(b, "\"");
    for (; *text; text++)
        (void)skuai_buffer_format(b, *text == '"' ? "\"%c" : "%c", *text);
    (void)skuai_buffer_text(b, "\"");
}

static skua_status write_all(advice *a, const char *output, skua_error *err) {
    size_t users = a->shoppers.users->n_rows;
    skuai_recommended list[SKUAI_RANKING_MOST];
    skuai_buffer text;
    skuai_buffer_init(&text, (size_t)1 << 32);
    (void)skuai_buffer_text(&text, "user,rank,item,score,chance,reason\n");
    skua_status status = SKUA_OK;
    for (size_t u = 0; u < users && status == SKUA_OK; u++) {
        size_t n = 0;
        skuai_context_progress(&a->context, "users", (double)u, (double)users);
        status = skuai_recommend(a->recommender, past_of(a, u), &a->request, a->candidates,
                                 &a->context, list, &n, err);
        for (size_t k = 0; k < n && status == SKUA_OK; k++) {
            put_cell(&text, a->shoppers.users->columns[0].texts[u]);
            (void)skuai_buffer_format(&text, ",%zu,", k + 1);
            put_cell(&text, a->shoppers.items->columns[0].texts[list[k].item]);
            (void)skuai_buffer_format(&text, ",%.4f,%.6f,", (double)list[k].score, list[k].chance);
            put_cell(&text, skuai_feature_names[list[k].reason]);
            (void)skuai_buffer_text(&text, "\n");
        }
        if (status == SKUA_OK) status = skuai_context_check(&a->context, err);
    }
    if (status == SKUA_OK) status = skuai_buffer_check(&text, err);
    if (status == SKUA_OK)
        status = skuai_file_write(output, skuai_buffer_view(&text), text.size, err);
    skuai_buffer_clear(&text);
    return status;
}

/* -- The verb ---------------------------------------------------------------------------------- */

static skua_status tell(const skua_shop *shop, advice *a, const char *output, skuai_json_writer *w,
                        skua_error *err) {
    const char *user = skuai_config_text(&shop->config, SKUAI_CONFIG_KEY_user);
    bool one = *user || a->n_basket > 0;
    skuai_json_integer(w, "users", (int64_t)a->shoppers.users->n_rows);
    skuai_json_integer(w, "n_items", (int64_t)a->shoppers.items->n_rows);
    skuai_json_integer(w, "visits", (int64_t)a->shoppers.interactions->n);
    skuai_json_bool(w, "purchases", a->shoppers.interactions->has_purchases);
    if (one || output) SKUA_TRY(find_net(shop, a, err));
    skuai_json_bool(w, "sequence", a->with_sequence);
    if (!one && !output) {
        SKUA_TRY(put_scores(a, w, err));
        SKUA_TRY(tell_chances(a, SIZE_MAX, w, err));
        return learn_rule(shop, a, err);
    }
    SKUA_TRY(find_rule(shop, a, err));
    skuai_feature_options features = features_of(a);
    SKUA_TRY(skuai_recommender_new(a->shoppers.interactions, &a->rule, &features, &a->context,
                                   &a->recommender, err));
    a->candidates = skuai_recommender_candidates(a->recommender);
    if (!a->candidates) return skuai_error_memory(err, "recommendations");
    skuai_json_integer(w, "learnt_from", (int64_t)a->rule.n_sets);
    if (one) SKUA_TRY(put_user(a, user, w, err));
    if (!output) return SKUA_OK;
    skuai_json_text(w, "output", output);
    return write_all(a, output, err);
}

skua_status skua_shop_recommend(skua_shop *shop, const char *output, char **report,
                                skua_error *err) {
    advice a = {0};
    skuai_report r;
    skua_status status = prepare(shop, &a, err);
    skuai_report_begin(&r, "recommend");
    if (status == SKUA_OK) status = tell(shop, &a, output, &r.json, err);
    advice_clear(&a);
    return skuai_report_end(&r, status, report, err);
}
