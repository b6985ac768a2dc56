/* Labels from vectors: names, centroids, ridge; clusters and their names. */
#include "core/random.h"
#include "encode/tag.h"
#include "support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { W = 6, K = 3 };

/* Label 1's name is unknown (zero): without examples it is never given; with one it is. */
static void test_names_and_centroids(void **state) {
    (void)state;
    const float names[K * W] = {3, 0, 0, 0,       0, 0,    /* */ 0, 0, 0,
                                0, 0, 0, /* */ 0, 0, 0.5F, 0,       0, 0};
    const float a[W] = {9, 1, 0, 0, 0, 0}, b[W] = {1, 9, 0, 0, 0, 0}, zero[W] = {0};
    skuai_tagger t = {0};
    skua_error err = {0};
    double score;
    assert_ok(skuai_tagger_fit(names, K, W, NULL, NULL, 0, &t, &err), &err);
    assert_false(t.ridge);
    assert_int_equal(skuai_tagger_label(&t, a, &score), 0);
    assert_close(score, 9 / sqrt(82), 1e-6, 0);
    assert_int_equal(skuai_tagger_label(&t, b, &score), 0);
    assert_int_equal(skuai_tagger_label(&t, zero, &score), SKUAI_TAG_NONE);
    skuai_tagger_clear(&t);
    const uint32_t label = 1;
    assert_ok(skuai_tagger_fit(names, K, W, b, &label, 1, &t, &err), &err);
    assert_int_equal(skuai_tagger_label(&t, b, &score), 1);
    assert_close(score, 1, 1e-6, 0);
    assert_int_equal(skuai_tagger_label(&t, a, &score), 0);
    skuai_tagger_clear(&t);
    assert_int_equal(skuai_tagger_fit(NULL, K, W, NULL, NULL, 0, &t, &err), SKUA_EINVAL);
}

/* Two labels that share their mean direction and differ in a small one: centroids do badly, ridge
 * well. */
static void test_ridge(void **state) {
    (void)state;
    enum { N = 60 };
    static float x[2 * N * W];
    static uint32_t label_of[2 * N];
    skuai_random random;
    skuai_tagger t = {0};
    skua_error err = {0};
    size_t right = 0;
    skuai_random_init(&random, 3);
    for (size_t i = 0; i < 2 * N; i++) {
        label_of[i] = (uint32_t)(i % 2);
        x[i * W] = 5;
        for (size_t j = 1; j < 5; j++)
            x[i * W + j] = (float)(3 * skuai_random_normal(&random));
        x[i * W + 5] = label_of[i] ? 0.4F : -0.4F;
    }
    assert_ok(skuai_tagger_fit(NULL, 2, W, x, label_of, N, &t, &err), &err);
    assert_true(t.ridge);
    for (size_t i = N; i < 2 * N; i++) {
        double score;
        right += skuai_tagger_label(&t, x + i * W, &score) == label_of[i];
    }
    assert_true(right >= N * 9 / 10);
    skuai_tagger_clear(&t);
}

static void test_clusters(void **state) {
    (void)state;
    static const char *const texts[] = {"Red cotton dress",
                                        "Blue cotton dress",
                                        "Cotton dress, long",
                                        "Steel kettle boils",
                                        "Kettle of steel, boils",
                                        "Steel kettle, red",
                                        "补水保湿面霜",
                                        "保湿面霜 50g",
                                        "面霜保湿",
                                        "?"};
    enum { N = sizeof texts / sizeof *texts };
    static const float x[N][W] = {{1, 0.1F}, {1, 0},    {2, 0.1F},    {0, 1},    {0, 3},
                                  {0.1F, 1}, {0, 0, 1}, {0, 0.1F, 1}, {0, 0, 5}, {0}};
    size_t sizes[N];
    uint32_t cluster_of[N];
    const char *names[4] = {0};
    skuai_context context = SKUAI_CONTEXT_DEFAULT;
    skuai_arena *arena = skuai_arena_new(0);
    skua_error err = {0};
    for (size_t i = 0; i < N; i++)
        sizes[i] = strlen(texts[i]);
    assert_ok(skuai_tag_clusters(&x[0][0], N, W, 3, &context, cluster_of, &err), &err);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(cluster_of[i], cluster_of[i / 3 * 3]);
    assert_int_not_equal(cluster_of[0], cluster_of[3]);
    assert_int_not_equal(cluster_of[0], cluster_of[6]);
    assert_int_not_equal(cluster_of[3], cluster_of[6]);
    assert_int_equal(cluster_of[9], SKUAI_TAG_NONE);
    assert_ok(skuai_tag_names(texts, sizes, cluster_of, N, 4, arena, names, &err), &err);
    assert_non_null(strstr(names[cluster_of[0]], "dress"));
    assert_non_null(strstr(names[cluster_of[0]], "cotton"));
    assert_non_null(strstr(names[cluster_of[3]], "kettle"));
    assert_non_null(strstr(names[cluster_of[6]], "面霜"));
    assert_null(strstr(names[cluster_of[3]], "red")); /* it is in both */
    assert_string_equal(names[3], "");
    /* more clusters than vectors that differ */
    assert_ok(skuai_tag_clusters(&x[9][0], 1, W, 3, &context, cluster_of, &err), &err);
    assert_int_equal(cluster_of[0], SKUAI_TAG_NONE);
    skuai_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_centroids),
        cmocka_unit_test(test_ridge),
        cmocka_unit_test(test_clusters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
