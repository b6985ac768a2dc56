/* Sub-word vectors: directions beside an exact SVD, properties of vectors, files. */
#include "core/random.h"
#include "encode/subword.h"
#include "encode/subword_model.h"
#include "math/linear.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Singular values and directions of a random sparse matrix beside skuai_svd (one-sided Jacobi). */
static void test_directions(void **state) {
    enum { ROWS = 60, COLUMNS = 45, K = 6 };
    static double dense[ROWS * COLUMNS], u[ROWS * COLUMNS], exact[COLUMNS], v[COLUMNS * COLUMNS],
        scratch[SKUAI_SVD_SCRATCH(ROWS, COLUMNS)];
    float directions[COLUMNS * K];
    double values[K];
    skuai_sparse s = {.rows = ROWS, .columns = COLUMNS};
    skuai_random random;
    skua_error err = {0};
    (void)state;
    skuai_random_init(&random, 7);
    s.row_from = skuai_zero(ROWS + 1, sizeof *s.row_from);
    s.row_column = skuai_new(ROWS * COLUMNS, sizeof *s.row_column);
    s.row_value = skuai_new(ROWS * COLUMNS, sizeof *s.row_value);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            if (skuai_random_uniform(&random) > 0.3) continue;
            double x = skuai_random_normal(&random) * (1 + 4.0 * (c < K));
            dense[r * COLUMNS + c] = (double)(float)x;
            s.row_column[s.count] = (uint32_t)c;
            s.row_value[s.count++] = (float)x;
        }
        s.row_from[r + 1] = s.count;
    }
    assert_ok(skuai_sparse_transpose(&s, &err), &err);
    assert_ok(skuai_sparse_directions(&s, K, 12, NULL, directions, values, &err), &err);
    assert_ok(skuai_svd(dense, ROWS, COLUMNS, COLUMNS, u, exact, v, scratch, &err), &err);
    for (size_t k = 0; k < K; k++) {
        double dot = 0;
        assert_close(values[k], exact[k], 1e-4, 0);
        for (size_t c = 0; c < COLUMNS; c++)
            dot += (double)directions[c * K + k] * v[c * COLUMNS + k];
        assert_close(fabs(dot), 1, 1e-3, 0); /* f32, and values that lie near each other */
    }
    skuai_sparse_clear(&s);
}

/* -- A small catalogue ------------------------------------------------------------------------ */

enum { TITLES = 400 };

typedef struct catalogue {
    char text[TITLES][96];
    const char *texts[TITLES];
    size_t sizes[TITLES];
} catalogue;

static void make_catalogue(catalogue *c) {
    static const char *const colours[] = {"red", "blue", "green", "black"};
    static const char *const clothes[] = {"dress", "shirt", "skirt", "blouse"};
    static const char *const kitchen[] = {"mug", "kettle", "teapot", "saucepan"};
    static const char *const chinese[] = {"补水保湿面霜", "保湿乳液", "滋润面膜", "补水精华"};
    for (size_t i = 0; i < TITLES; i++) {
        size_t k = i / 3 % 4, l = i / 12 % 4;
        (void)snprintf(c->text[i], sizeof c->text[i], "%s %s %s%zu",
                       i % 3 == 2 ? "新款" : colours[k],
                       i % 3 == 0   ? clothes[l]
                       : i % 3 == 1 ? kitchen[l]
                                    : chinese[l],
                       i % 3 == 0   ? "cotton summer "
                       : i % 3 == 1 ? "ceramic stove "
                                    : "专柜正品 ",
                       i % 7);
        c->texts[i] = c->text[i];
        c->sizes[i] = strlen(c->text[i]);
    }
}

static skuai_subword *learn(const catalogue *c, const skuai_subword_options *options, int threads,
                            size_t part) {
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    skuai_subword *model = NULL;
    skua_error err = {0};
    context.threads = threads;
    skuai_subword_learner *learner = skuai_subword_learner_new(options, &context);
    assert_non_null(learner);
    for (size_t from = 0; from < TITLES; from += part) {
        size_t n = TITLES - from < part ? TITLES - from : part;
        assert_ok(skuai_subword_learner_add(learner, c->texts + from, c->sizes + from, n, &err),
                  &err);
    }
    assert_ok(skuai_subword_learner_finish(learner, &model, &err), &err);
    skuai_subword_learner_free(learner);
    return model;
}

static double cosine(const skuai_subword *model, const char *a, const char *b) {
    float x[512], y[512];
    double dot = 0;
    skua_error err = {0};
    skuai_arena *arena = skuai_arena_new(0);
    assert_ok(skuai_subword_encode(model, a, strlen(a), arena, x, &err), &err);
    assert_ok(skuai_subword_encode(model, b, strlen(b), arena, y, &err), &err);
    for (size_t j = 0; j < skuai_subword_width(model); j++)
        dot += (double)x[j] * (double)y[j];
    skuai_arena_free(arena);
    return dot;
}

static void test_meaning(void **state) {
    static catalogue c;
    (void)state;
    make_catalogue(&c);
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    options.width = 16;
    options.power = 1; /* what texts share counts most, what sets them apart least */
    skuai_subword *model = learn(&c, &options, 2, 100);
    assert_int_equal(skuai_subword_width(model), 16);
    /* the same text in other letters; words that never met but share company; another shelf */
    assert_close(cosine(model, "red dress", "RED Dress"), 1, 0, 1e-6);
    assert_close(cosine(model, "ｒｅｄ　dress", "red dress"), 1, 0, 1e-6);
    assert_true(cosine(model, "dress cotton summer", "skirt cotton summer") >
                cosine(model, "dress cotton summer", "kettle ceramic stove") + 0.2);
    assert_true(cosine(model, "补水面霜", "保湿面霜") >
                cosine(model, "补水面霜", "red kettle") + 0.3);
    assert_true(cosine(model, "dresses", "dress") > cosine(model, "dresses", "teapot") + 0.3);
    /* nothing known: zero, not noise */
    assert_close(cosine(model, "", "dress"), 0, 0, 0);
    assert_close(cosine(model, "\xFF\xFE", "dress"), 0, 0, 0);
    skuai_subword_free(model);
}

static void test_determinism(void **state) {
    static catalogue c;
    static float a[TITLES * 8], b[TITLES * 8];
    skua_error err = {0};
    (void)state;
    make_catalogue(&c);
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    options.width = 8;
    options.sample = 150; /* fewer than there are: the sample must not depend on parts or threads */
    skuai_subword *one = learn(&c, &options, 1, TITLES), *two = learn(&c, &options, 3, 37);
    assert_ok(skuai_subword_encode_all(one, NULL, c.texts, c.sizes, TITLES, a, &err), &err);
    assert_ok(skuai_subword_encode_all(two, NULL, c.texts, c.sizes, TITLES, b, &err), &err);
    assert_memory_equal(a, b, sizeof a);
    skuai_subword_free(two);
    /* each option changes the vectors */
    for (int k = 0; k < 4; k++) {
        skuai_subword_options other = options;
        if (k == 0) other.sample = 100;
        if (k == 1) other.features = 60;
        if (k == 2) other.passes = 1;
        if (k == 3) other.power = 0.5;
        two = learn(&c, &other, 2, TITLES);
        assert_ok(skuai_subword_encode_all(two, NULL, c.texts, c.sizes, TITLES, b, &err), &err);
        assert_memory_not_equal(a, b, sizeof a);
        skuai_subword_free(two);
    }
    skuai_subword_free(one);
}

static void test_file(void **state) {
    static catalogue c;
    char folder[256], path[512];
    float a[8], b[8];
    skua_error err = {0};
    skuai_subword *again = NULL;
    (void)state;
    make_catalogue(&c);
    skuai_subword_options options = SKUAI_SUBWORD_DEFAULT;
    options.width = 8;
    skuai_subword *model = learn(&c, &options, 2, TITLES);
    test_folder_new(folder, sizeof folder);
    (void)snprintf(path, sizeof path, "%s/subword.safetensors", folder);
    assert_ok(skuai_subword_save(model, path, &err), &err);
    assert_ok(skuai_subword_load(path, &again, &err), &err);
    skuai_arena *arena = skuai_arena_new(0);
    for (size_t i = 0; i < TITLES; i += 50) {
        assert_ok(skuai_subword_encode(model, c.texts[i], c.sizes[i], arena, a, &err), &err);
        assert_ok(skuai_subword_encode(again, c.texts[i], c.sizes[i], arena, b, &err), &err);
        assert_memory_equal(a, b, sizeof a);
    }
    skuai_arena_free(arena);
    skuai_subword_free(again);
    skuai_subword_free(model);
    again = NULL;
    char other[4096];
    assert_int_equal(
        skuai_subword_load(
            test_source("tests/golden/text_model/bert/model.safetensors", other, sizeof other),
            &again, &err),
        SKUA_EDATA);
    assert_null(again);
    test_folder_remove(folder);
}

static void test_edges(void **state) {
    skua_error err = {0};
    skuai_subword *model = NULL;
    const char *texts[] = {"", " ,.", "\xFF"};
    size_t sizes[] = {0, 3, 1};
    (void)state;
    skuai_subword_learner *learner = skuai_subword_learner_new(NULL, NULL);
    assert_ok(skuai_subword_learner_add(learner, texts, sizes, 3, &err), &err);
    assert_int_equal(skuai_subword_learner_finish(learner, &model, &err), SKUA_EDATA);
    assert_null(model);
    const char *tea = "tea";
    size_t three = 3;
    assert_ok(skuai_subword_learner_add(learner, &tea, &three, 1, &err), &err);
    assert_ok(skuai_subword_learner_finish(learner, &model, &err), &err);
    assert_true(skuai_subword_width(model) >= 1);
    assert_close(cosine(model, "tea", "tea"), 1, 0, 1e-6);
    skuai_subword_free(model);
    skuai_subword_learner_free(learner);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directions),  cmocka_unit_test(test_meaning),
        cmocka_unit_test(test_determinism), cmocka_unit_test(test_file),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
