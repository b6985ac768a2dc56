/* A shop in which the order alone tells what comes next: the net learns it, popularity cannot. */
#include "support/support.h"

#include "core/alloc.h"
#include "core/random.h"
#include "recommend/recommender.h"
#include "recommend/sequence_net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PHASES = 6, ITEMS = 2 * PHASES + 1, NEW = 2 * PHASES, USERS = 150, VISITS = 14 };

/* Each user buys one of the two items of a phase, the phase going round week by week; item NEW is
 * of phase 3 and was never bought. */
static skuai_interactions *shop(void) {
    size_t n = 0;
    skuai_interaction *rows = skuai_new(USERS * VISITS, sizeof *rows);
    skuai_interactions *x = NULL;
    skua_error err = {0};
    assert_non_null(rows);
    for (int32_t u = 0; u < USERS; u++) {
        skuai_random random;
        skuai_random_split(&random, 3, (uint64_t)u);
        for (int32_t v = 0; v < VISITS; v++)
            rows[n++] = (skuai_interaction){
                u, 2 * ((u + v) % PHASES) + (int32_t)skuai_random_index(&random, 2), 7 * v, 1};
    }
    assert_ok(skuai_interactions_new(rows, n, USERS, ITEMS, INT32_MAX, &x, &err), &err);
    skuai_free(rows);
    return x;
}

static skuai_sequence_options small(void) {
    skuai_sequence_options o = SKUAI_SEQUENCE_DEFAULT;
    o.width = 16;
    o.layers = 1;
    o.length = 12;
    o.steps = 150;
    o.batch = 24;
    o.dropout = 0.05;
    o.rate = 1e-2;
    return o;
}

static skuai_sequence_net *train(const skuai_interactions *x, const skuai_sequence_options *o,
                                 int threads) {
    skuai_sequence_net *net = NULL;
    skuai_context context = {.seed = 5, .threads = threads};
    skua_error err = {0};
    assert_ok(skuai_sequence_train(x, o, &context, &net, &err), &err);
    return net;
}

static void score(const skuai_sequence_net *net, skuai_past past, float *chance) {
    skuai_sequence_reader *reader = NULL;
    skua_error err = {0};
    assert_ok(skuai_sequence_reader_new(net, &reader, &err), &err);
    assert_ok(skuai_sequence_score(reader, past, chance, &err), &err);
    skuai_sequence_reader_free(reader);
}

/* Mean chance of the phase that comes next, of the users of the shop. */
static double next_phase(const skuai_sequence_net *net, const skuai_interactions *x) {
    double sum = 0;
    for (size_t u = 0; u < USERS; u++) {
        float chance[ITEMS];
        size_t next = (u + VISITS) % PHASES;
        double all = 0;
        score(net, skuai_past_of(x, u), chance);
        for (size_t i = 0; i < ITEMS; i++)
            all += (double)chance[i];
        assert_close(all, 1, 1e-5, 0);
        sum += (double)(chance[2 * next] + chance[2 * next + 1]) / USERS;
    }
    return sum;
}

static void the_order_is_learnt(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    skuai_sequence_options o = small();
    skuai_sequence_net *net = train(x, &o, 1), *again = train(x, &o, 2);
    assert_true(next_phase(net, x) > 0.8); /* popularity: 1 / 6 */
    assert_true(net->loss < 1.2);          /* two items of a phase: log 2 at best */
    assert_memory_equal(net->vectors, again->vectors, ITEMS * o.width * sizeof *net->vectors);
    o.sample = 5; /* of 12 items that were bought: drawn anew each step */
    skuai_sequence_net *drawn = train(x, &o, 1);
    assert_true(next_phase(drawn, x) > 0.7);
    /* a past of one basket is a past; of none: anybody */
    float chance[ITEMS];
    int32_t item = 0, day = 400;
    float weight = 1;
    score(net, (skuai_past){&item, &day, &weight, 1, -1, 401}, chance);
    assert_true(chance[2] + chance[3] > chance[6] + chance[7]);
    score(net, (skuai_past){.user = -1, .today = 401}, chance);
    assert_close((double)chance[4], 1.0 / ITEMS, 1e-6, 0);
    skuai_sequence_free(net);
    skuai_sequence_free(again);
    skuai_sequence_free(drawn);
    skuai_interactions_free(x);
}

static void a_new_item_is_known_by_its_content(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    skuai_sequence_options o = small();
    float content[ITEMS * PHASES] = {0};
    for (size_t i = 0; i < ITEMS; i++)
        content[i * PHASES + (i == NEW ? 3 : i / 2)] = 1;
    o.steps = 250;
    skuai_sequence_net *bare = train(x, &o, 1);
    o.content = content;
    o.n_content = PHASES;
    skuai_sequence_net *net = train(x, &o, 1);
    double right = 0, wrong = 0, without = 0;
    for (size_t u = 0; u < USERS; u++) {
        float chance[ITEMS];
        bool turn = (u + VISITS) % PHASES == 3;
        score(net, skuai_past_of(x, u), chance);
        if (turn) right += (double)chance[NEW] * PHASES / USERS;
        if (!turn) wrong += (double)chance[NEW] * PHASES / USERS / (PHASES - 1);
        score(bare, skuai_past_of(x, u), chance);
        if (turn) without += (double)chance[NEW] * PHASES / USERS;
    }
    assert_true(right > 0.1 && right > 5 * wrong); /* a third of the phase at best */
    assert_true(right > 2 * without);
    skuai_sequence_free(net);
    skuai_sequence_free(bare);
    skuai_interactions_free(x);
}

static void a_file_gives_the_same_chances(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    skuai_sequence_options o = small();
    o.steps = 20;
    skuai_sequence_net *net = train(x, &o, 1), *back = NULL;
    char path[] = "/tmp/skua-sequence-XXXXXX";
    int file = mkstemp(path);
    float a[ITEMS], b[ITEMS];
    skua_error err = {0};
    assert_true(file >= 0);
    assert_ok(skuai_sequence_save(net, path, "orders 1", &err), &err);
    assert_ok(skuai_sequence_load(path, "orders 1", &back, &err), &err);
    score(net, skuai_past_of(x, 9), a);
    score(back, skuai_past_of(x, 9), b);
    assert_memory_equal(a, b, sizeof a);
    skuai_sequence_net *other = NULL;
    assert_int_equal(skuai_sequence_load(path, "orders 2", &other, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "other orders"));
    assert_int_equal(truncate(path, 300), 0);
    assert_int_equal(skuai_sequence_load(path, "orders 1", &other, &err), SKUA_EDATA);
    assert_null(other);
    (void)close(file);
    (void)unlink(path);
    skuai_sequence_free(net);
    skuai_sequence_free(back);
    skuai_interactions_free(x);
}

static void what_cannot_be_is_said(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    skuai_sequence_options o = small();
    skuai_sequence_net *net = NULL;
    skua_error err = {0};
    o.heads = 3;
    assert_int_equal(skuai_sequence_train(x, &o, NULL, &net, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "width"));
    o = small();
    o.dropout = (double)NAN;
    assert_int_equal(skuai_sequence_train(x, &o, NULL, &net, &err), SKUA_EINVAL);
    skuai_interactions *once = NULL;
    assert_ok(skuai_interactions_before(x, 1, &once, &err), &err);
    o = small();
    assert_int_equal(skuai_sequence_train(once, &o, NULL, &net, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "two days"));
    assert_null(net);
    skuai_interactions_free(once);
    skuai_interactions_free(x);
}

static void the_list_listens_to_the_net(void **state) {
    (void)state;
    skuai_interactions *x = shop();
    skuai_sequence_options o = small();
    skuai_rule_options options = {.period = 14, .no_trees = true};
    size_t hits[2] = {0};
    for (int with = 0; with < 2; with++) {
        skuai_recommender_rule rule = {0};
        skuai_recommender *r = NULL;
        skua_error err = {0};
        options.features.sequence = with ? &o : NULL;
        assert_ok(skuai_rule_learn(x, &options, NULL, &rule, &err), &err);
        assert_true((rule.weights[SKUAI_FEATURE_SEQUENCE] > 0.1) == (with == 1));
        assert_ok(skuai_recommender_new(x, &rule, &options.features, NULL, &r, &err), &err);
        assert_true((r->base.sequence != NULL) == (with == 1));
        skuai_candidates *c = skuai_recommender_candidates(r);
        for (size_t u = 0; u < USERS; u++) {
            skuai_recommended list[1];
            skuai_recommend_request request = {.n = 1};
            size_t n = 0;
            assert_ok(skuai_recommend(r, skuai_past_of(x, u), &request, c, NULL, list, &n, &err),
                      &err);
            hits[with] += (size_t)list[0].item / 2 == (u + VISITS) % PHASES;
        }
        skuai_candidates_free(c);
        skuai_recommender_free(r);
        skuai_rule_clear(&rule);
    }
    print_message("of %d users %zu with the net, %zu without\n", USERS, hits[1], hits[0]);
    assert_true(hits[1] > USERS * 7 / 10);
    assert_true(hits[1] > hits[0]);
    skuai_interactions_free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_learnt),
        cmocka_unit_test(a_new_item_is_known_by_its_content),
        cmocka_unit_test(a_file_gives_the_same_chances),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(the_list_listens_to_the_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
