/* One tree, against cuts worked by hand. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "learn/learner.h"

enum { ROWS = 8 };
#define N NAN
/* x0 steps y at 3.5; inside the right half the category decides; x2 is missing where y is 20. */
static const float values[3][ROWS] = {
    {1, 2, 3, 3, 4, 5, 6, 7}, {0, 1, 2, 0, 2, 0, 2, 0}, {1, 2, 1, 2, N, 1, N, 2}};
static const float y[ROWS] = {1, 1, 1, 1, 20, 10, 20, 10};
static const bool categorical[3] = {false, true, false};

static skuai_examples examples(size_t columns) {
    return (skuai_examples){{ROWS, columns, values[0], NULL, categorical}, y, NULL};
}

static skuai_learnt *fit(size_t columns, int leaves, int depth, int least_leaf) {
    skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
    skuai_learnt *learnt = NULL;
    skua_error err;
    skuai_examples e = examples(columns);
    o.leaves = leaves;
    o.depth = depth;
    o.least_leaf = least_leaf;
    assert_ok(skuai_learner_single.fit(&o, &e, NULL, NULL, &learnt, &err), &err);
    return learnt;
}

static void predict(const skuai_learnt *learnt, const skuai_feature_matrix *x, double *out) {
    skua_error err;
    assert_ok(learnt->learner->predict(learnt, x, NULL, out, &err), &err);
}

static void cuts_are_the_best(void **state) {
    (void)state;
    double p[ROWS], importance[2];
    skua_error err;
    skuai_examples e = examples(2);
    skuai_learnt *two = fit(2, 2, 0, 1), *three = fit(2, 3, 0, 1);
    predict(two, &e.x, p);
    for (size_t i = 0; i < ROWS; i++)
        assert_close(p[i], i < 4 ? 1 : 15, 1e-12, 0);
    predict(three, &e.x, p);
    for (size_t i = 0; i < ROWS; i++)
        assert_close(p[i], (double)y[i], 1e-12, 0);
    /* squares saved: 4 * 4 / 8 * 14^2 by the first cut, 4 * 5^2 by the second */
    assert_ok(skuai_learner_single.importance(three, importance, &err), &err);
    assert_close(importance[0], 392, 1e-9, 0);
    assert_close(importance[1], 100, 1e-9, 0);
    skuai_learner_single.free(two);
    skuai_learner_single.free(three);
}

static void the_cut_lies_halfway_and_missing_goes_where_it_belongs(void **state) {
    (void)state;
    float probe[2][3] = {{3.4F, 3.6F, NAN}, {1, 2, 7}};
    skuai_feature_matrix x = {3, 2, probe[0], NULL, categorical};
    double p[3], q[ROWS];
    skuai_learnt *two = fit(2, 2, 0, 1);
    predict(two, &x, p);
    assert_close(p[0], 1, 1e-12, 0);
    assert_close(p[1], 15, 1e-12, 0);
    skuai_learner_single.free(two);
    /* x2 alone: known against missing saves the most */
    skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
    skuai_examples e = {{ROWS, 1, values[2], NULL, NULL}, y, NULL};
    skuai_learnt *learnt = NULL;
    skua_error err;
    o.leaves = 2;
    o.least_leaf = 1;
    assert_ok(skuai_learner_single.fit(&o, &e, NULL, NULL, &learnt, &err), &err);
    predict(learnt, &e.x, q);
    for (size_t i = 0; i < ROWS; i++)
        assert_close(q[i], isnan(values[2][i]) ? 20 : 4, 1e-12, 0);
    skuai_learner_single.free(learnt);
}

static void options_bound_the_tree(void **state) {
    (void)state;
    double p[ROWS];
    skuai_examples e = examples(3);
    skuai_learnt *shallow = fit(3, 8, 1, 1), *coarse = fit(3, 8, 0, 5);
    predict(shallow, &e.x, p);
    assert_close(p[4], 15, 1e-12, 0);
    predict(coarse, &e.x, p); /* no cut leaves 5 rows on both sides */
    for (size_t i = 0; i < ROWS; i++)
        assert_close(p[i], 8, 1e-12, 0);
    skuai_learner_single.free(shallow);
    skuai_learner_single.free(coarse);
}

static void kept_as_text(void **state) {
    (void)state;
    double p[ROWS], q[ROWS], parts[ROWS][4];
    skua_error err;
    skuai_examples e = examples(3);
    skuai_learnt *learnt = fit(3, 4, 0, 1), *loaded = NULL;
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 20);
    assert_ok(skuai_learner_single.save(learnt, &text, &err), &err);
    const char *bytes = skuai_buffer_view(&text);
    assert_ok(skuai_learner_single.load(bytes, text.size, &loaded, &err), &err);
    predict(learnt, &e.x, p);
    predict(loaded, &e.x, q);
    assert_memory_equal(p, q, sizeof p);
    assert_ok(skuai_learner_single.contributions(loaded, &e.x, NULL, parts[0], &err), &err);
    for (size_t i = 0; i < ROWS; i++)
        assert_close(parts[i][0] + parts[i][1] + parts[i][2] + parts[i][3], p[i], 1e-12, 0);
    skuai_learner_single.free(loaded);
    /* cut anywhere, it is refused or, where only the last number is shortened, a tree */
    char *broken = skuai_new(text.size + 1, 1);
    for (size_t n = 0; n + 12 < text.size; n++) {
        memcpy(broken, bytes, n);
        broken[n] = '\0';
        assert_int_equal(skuai_learner_single.load(broken, n, &loaded, &err), SKUA_EDATA);
    }
    static const char circle[] = "single 1 3\n0\n0 1 0 0 2 1 1\n-1 0 0 0 0 1 0\n-1 0 0 0 0 1 0\n";
    assert_int_equal(skuai_learner_single.load(circle, sizeof circle - 1, &loaded, &err),
                     SKUA_EDATA);
    skuai_free(broken);
    skuai_buffer_clear(&text);
    skuai_learner_single.free(learnt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_are_the_best),
        cmocka_unit_test(the_cut_lies_halfway_and_missing_goes_where_it_belongs),
        cmocka_unit_test(options_bound_the_tree),
        cmocka_unit_test(kept_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
