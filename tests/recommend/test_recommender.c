/* The list beside a plain sort of all scores; who gets what; what each part of a request does. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/random.h"
#include "recommend/recommender.h"

#include <math.h>
#include <string.h>

enum { USERS = 120, ITEMS = 60, DAYS = 120 };

/* Two tastes: users buy of the items of their half, each his three favourites every week or two;
 * the last five items are never bought. */
static skuai_interactions *shop(void) {
    size_t n = 0;
    skuai_interaction *rows = skuai_new(USERS * DAYS, sizeof *rows);
    skuai_interactions *x = NULL;
    skua_error err = {0};
    assert_non_null(rows);
    for (int32_t u = 0; u + 1 < USERS; u++) { /* the last user never comes */
        skuai_random random;
        skuai_random_split(&random, 11, (uint64_t)u);
        int32_t half = u % 2 ? 27 : 0;
        for (int32_t day = (int32_t)skuai_random_index(&random, 7); day < DAYS; day += 7) {
            for (int32_t k = 0; k < 3; k++)
                if (skuai_random_uniform(&random) < 0.6)
                    rows[n++] = (skuai_interaction){u, half + (u / 2 + 5 * k) % 27, day, 1};
            rows[n++] = (skuai_interaction){u, half + (int32_t)skuai_random_index(&random, 27), day,
                                            skuai_random_uniform(&random) < 0.5 ? 1 : 0.1F};
        }
    }
    assert_ok(skuai_interactions_new(rows, n, USERS, ITEMS, INT32_MAX, &x, &err), &err);
    skuai_free(rows);
    return x;
}

/* A recommender with a rule of its own. */
typedef struct advised {
    skuai_recommender_rule rule;
    skuai_recommender *r;
} advised;

static advised fit(const skuai_interactions *x, uint32_t without, bool trees) {
    skuai_rule_options options = {.without = without, .no_trees = !trees};
    advised a = {0};
    skua_error err = {0};
    assert_ok(skuai_rule_learn(x, &options, NULL, &a.rule, &err), &err);
    assert_ok(skuai_recommender_new(x, &a.rule, &options.features, NULL, &a.r, &err), &err);
    return a;
}

static void advised_clear(advised *a) {
    skuai_recommender_free(a->r);
    skuai_rule_clear(&a->rule);
}

static size_t ask(const skuai_recommender *r, skuai_past past,
                  const skuai_recommend_request *request, skuai_recommended *list) {
    skuai_candidates *c = skuai_recommender_candidates(r);
    size_t n = 0;
    skua_error err = {0};
    assert_non_null(c);
    assert_ok(skuai_recommend(r, past, request, c, NULL, list, &n, &err), &err);
    skuai_candidates_free(c);
    return n;
}

static void the_list_is_the_best_of_all(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    advised a = fit(x, 0, false);
    const skuai_recommender *r = a.r;
    assert_true(r->rule.n_sets >= 30 && !r->rule.trees);
    skuai_recommended list[ITEMS];
    skuai_recommend_request request = {.n = ITEMS};
    skuai_candidates *c = skuai_recommender_candidates(r);
    double chances = 0;
    size_t n = ask(r, skuai_past_of(x, 5), &request, list);
    assert_int_equal(n, ITEMS);
    skua_error err = {0};
    assert_ok(skuai_candidates_collect(&r->base, skuai_past_of(x, 5), c, &err), &err);
    for (size_t k = 0; k < n; k++) { /* scores by the definition */
        float f[SKUAI_FEATURES] = {0};
        double score = 0;
        int32_t item = list[k].item;
        if (c->slots[item] >= 0)
            memcpy(f, c->features + (size_t)c->slots[item] * SKUAI_FEATURES_SPARSE,
                   SKUAI_FEATURES_SPARSE * sizeof *f);
        skuai_features_popular(&r->base, (size_t)item, c->days, f);
        for (size_t j = 0; j < SKUAI_FEATURES; j++)
            score += r->rule.weights[j] * (double)f[j];
        assert_close((double)list[k].score, score, 1e-4, 1e-4);
        if (k > 0) assert_true(list[k].score <= list[k - 1].score);
        chances += list[k].chance;
    }
    assert_close(chances, 1, 1e-5, 0);
    request.n = 7;
    skuai_recommended few[7];
    assert_int_equal(ask(r, skuai_past_of(x, 5), &request, few), 7);
    for (size_t k = 0; k < 7; k++)
        assert_int_equal(few[k].item, list[k].item);
    skuai_candidates_free(c);
    advised_clear(&a);
    skuai_interactions_free(x);
}

static void favourites_come_first_and_the_other_taste_last(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    advised a = fit(x, 0, true);
    const skuai_recommender *r = a.r;
    skuai_recommended list[10];
    skuai_recommend_request request = {.n = 3};
    size_t right = 0;
    for (size_t u = 0; u + 1 < USERS; u++) {
        int32_t half = u % 2 ? 27 : 0;
        (void)ask(r, skuai_past_of(x, u), &request, list);
        for (size_t k = 0; k < 3; k++)
            for (size_t f = 0; f < 3; f++)
                right += list[k].item == half + (int32_t)(u / 2 + 5 * f) % 27;
    }
    assert_true(right > 3 * (USERS - 1) * 9 / 10);
    request = (skuai_recommend_request){.n = 10, .only_new = true};
    size_t n = ask(r, skuai_past_of(x, 4), &request, list);
    for (size_t k = 0; k < n; k++) {
        assert_false(list[k].owned);
        if (k < 3) assert_true(list[k].item < 27); /* his taste */
    }
    advised_clear(&a);
    skuai_interactions_free(x);
}

static void a_new_user_gets_what_is_in_fashion(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    advised a = fit(x, 0, true);
    const skuai_recommender *r = a.r;
    skuai_recommended list[10];
    skuai_recommend_request request = {.n = 10};
    assert_int_equal(ask(r, skuai_past_of(x, USERS - 1), &request, list), 10);
    for (size_t k = 0; k < 10; k++) {
        assert_true(list[k].item < 54); /* not what nobody buys */
        assert_int_equal(list[k].reason, SKUAI_FEATURE_POPULAR_30);
    }
    /* a basket of the second taste */
    const int32_t items[] = {30}, days[] = {DAYS};
    const float weights[] = {1};
    skuai_past basket = {items, days, weights, 1, -1, DAYS};
    (void)ask(r, basket, &request, list);
    size_t second = 0;
    for (size_t k = 0; k < 10; k++)
        second += list[k].item >= 27;
    assert_true(second >= 8);
    advised_clear(&a);
    skuai_interactions_free(x);
}

static void adjust_and_diversity_change_the_list(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    advised a = fit(x, 0, false);
    const skuai_recommender *r = a.r;
    skuai_recommended plain[10], list[10];
    int32_t first[10], second[10];
    float adjust[ITEMS] = {0};
    skuai_recommend_request request = {.n = 10};
    (void)ask(r, skuai_past_of(x, 7), &request, plain);
    adjust[plain[0].item] = -INFINITY;
    adjust[58] = 100;
    request.adjust = adjust;
    (void)ask(r, skuai_past_of(x, 7), &request, list);
    assert_int_equal(list[0].item, 58);
    assert_int_equal(list[1].item, plain[1].item);
    assert_close(list[1].chance, plain[1].chance, 1e-6, 0); /* a chance is not adjusted */
    for (size_t k = 0; k < 10; k++)
        assert_int_not_equal(list[k].item, plain[0].item);
    request = (skuai_recommend_request){.n = 10, .diversity = 0.7};
    (void)ask(r, skuai_past_of(x, 7), &request, list);
    assert_int_equal(list[0].item, plain[0].item);
    for (size_t k = 0; k < 10; k++)
        first[k] = plain[k].item, second[k] = list[k].item;
    assert_true(skuai_ranking_diversity(r->base.neighbours, second, 10) >
                skuai_ranking_diversity(r->base.neighbours, first, 10) + 0.01);
    skua_error err = {0};
    size_t n;
    skuai_candidates *c = skuai_recommender_candidates(r);
    request.n = 0;
    assert_int_equal(skuai_recommend(r, skuai_past_of(x, 7), &request, c, NULL, list, &n, &err),
                     SKUA_EINVAL);
    skuai_candidates_free(c);
    advised_clear(&a);
    skuai_interactions_free(x);
}

static void scores_tell_what_was_left_out(void **state) {
    (void)state;
    skuai_interactions *x = shop(), *past = NULL;
    skua_error err = {0};
    uint32_t personal = (1U << SKUAI_FEATURES_SPARSE) - 1;
    assert_ok(skuai_interactions_before(x, DAYS - 28, &past, &err), &err);
    advised whole = fit(past, 0, true), plain = fit(past, 0, false),
            part = fit(past, personal, false);
    skuai_recommender_scores a, b, c;
    assert_non_null(whole.rule.trees);
    assert_ok(skuai_recommender_score(whole.r, x, DAYS - 28, 28, NULL, &a, &err), &err);
    assert_ok(skuai_recommender_score(part.r, x, DAYS - 28, 28, NULL, &b, &err), &err);
    assert_ok(skuai_recommender_score(plain.r, x, DAYS - 28, 28, NULL, &c, &err), &err);
    assert_int_equal(a.n_known, USERS - 1);
    assert_int_equal(a.n_fresh, 0);
    assert_true(a.known.ndcg10 > 0.5 && a.known.ndcg10 <= 1);
    assert_true(b.known.ndcg10 < c.known.ndcg10 - 0.05);
    assert_true(fabs(a.known.ndcg10 - c.known.ndcg10) > 1e-6); /* the trees do something */
    assert_true(a.coverage > 0.5 && a.coverage <= 0.92 && a.novelty > 0);
    advised_clear(&whole);
    advised_clear(&plain);
    advised_clear(&part);
    skuai_interactions_free(past);
    skuai_interactions_free(x);
}

/* A rule that was written and read gives the same lists; a damaged one is refused. */
static void a_rule_is_kept(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    advised a = fit(x, 0, true);
    skuai_buffer text;
    advised again = {0};
    skuai_feature_options features = {0};
    skua_error err = {0};
    skuai_buffer_init(&text, 1 << 26);
    assert_non_null(a.rule.trees);
    assert_ok(skuai_rule_save(&a.rule, &text, &err), &err);
    assert_ok(skuai_rule_load(text.data, text.size, &again.rule, &err), &err);
    assert_ok(skuai_recommender_new(x, &again.rule, &features, NULL, &again.r, &err), &err);
    skuai_recommended first[10], second[10];
    skuai_recommend_request request = {.n = 10};
    (void)ask(a.r, skuai_past_of(x, 3), &request, first);
    (void)ask(again.r, skuai_past_of(x, 3), &request, second);
    for (size_t k = 0; k < 10; k++)
        assert_int_equal(first[k].item, second[k].item);
    skuai_recommender_rule bad = {0};
    assert_int_equal(skuai_rule_load("{\"weights\": {}}", 15, &bad, &err), SKUA_EDATA);
    assert_null(bad.trees);
    skuai_buffer_clear(&text);
    advised_clear(&again);
    advised_clear(&a);
    skuai_interactions_free(x);
}

static void rankings_are_those_by_hand(void **state) {
    (void)state;
    const int32_t list[] = {4, 9, 2, 7}, targets[] = {2, 4, 30};
    skuai_ranking r = skuai_ranking_score(list, 4, targets, 3);
    double best = 1 + 1 / log2(3) + 0.5;
    assert_close(r.ndcg10, (1 + 0.5) / best, 1e-12, 0);
    assert_close(r.hit10, 1, 0, 0);
    assert_close(skuai_ranking_score(list + 1, 1, targets, 3).ndcg20, 0, 0, 0);
}

static void too_little_to_learn_from_is_no_failure(void **state) {
    (void)state;
    skuai_interaction rows[] = {{0, 0, 1, 1}, {0, 1, 40, 1}, {1, 1, 40, 1}};
    skuai_interactions *x = NULL;
    skua_error err = {0};
    assert_ok(skuai_interactions_new(rows, 3, 2, 3, INT32_MAX, &x, &err), &err);
    advised a = fit(x, 0, true);
    const skuai_recommender *r = a.r;
    assert_int_equal(r->rule.n_sets, 0);
    skuai_recommended list[3];
    skuai_recommend_request request = {.n = 3};
    assert_int_equal(ask(r, skuai_past_of(x, 0), &request, list), 3);
    assert_int_equal(list[2].item, 2); /* nobody's */
    advised_clear(&a);
    x->n = 0;
    skuai_recommender *none = NULL;
    skuai_recommender_rule rule = {0};
    assert_int_equal(
        skuai_recommender_new(x, &rule, &(skuai_feature_options){0}, NULL, &none, &err),
        SKUA_EDATA);
    skuai_interactions_free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_is_the_best_of_all),
        cmocka_unit_test(favourites_come_first_and_the_other_taste_last),
        cmocka_unit_test(a_new_user_gets_what_is_in_fashion),
        cmocka_unit_test(adjust_and_diversity_change_the_list),
        cmocka_unit_test(scores_tell_what_was_left_out),
        cmocka_unit_test(a_rule_is_kept),
        cmocka_unit_test(rankings_are_those_by_hand),
        cmocka_unit_test(too_little_to_learn_from_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
