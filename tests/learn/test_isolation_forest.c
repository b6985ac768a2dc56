/* Isolation forest: golden scores of scikit-learn, hand-worked depths, properties. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "core/random.h"
#include "learn/isolation_forest.h"

#define ROWS     150
#define FEATURES 3

static size_t read_table(const char *name, size_t columns, size_t most, double *values) {
    char path[512];
    FILE *file = fopen(test_source(name, path, sizeof path), "r");
    assert_non_null(file);
    char line[256];
    assert_non_null(fgets(line, sizeof line, file));
    size_t n = 0;
    for (; n < most * columns; n++)
        if (fscanf(file, n % columns ? ",%lf" : "%lf", &values[n]) != 1) break;
    fclose(file);
    assert_int_equal(n % columns, 0);
    return n / columns;
}

static void depth_is_that_of_sklearn(void **state) {
    (void)state;
    double table[2 * 20];
    size_t n = read_table("tests/golden/clean/isolation_forest/depth.csv", 2, 20, table);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < n; i++)
        assert_close(skuai_isolation_depth((size_t)table[2 * i]), table[2 * i + 1], 1e-12, 1e-12);
}

/* Both sides are averages over random forests: 5,000 trees there, 4,000 here leave an error of
 * about 0.002 in a score; the tolerance is four times that. */
static void scores_are_those_of_sklearn(void **state) {
    (void)state;
    static double table[4 * ROWS], x[FEATURES * ROWS], score[ROWS];
    size_t n = read_table("tests/golden/clean/isolation_forest/scores.csv", 4, ROWS, table);
    assert_int_equal(n, ROWS);
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < FEATURES; f++)
            x[i * FEATURES + f] = table[i * 4 + f];
    skuai_isolation_options options = {.trees = 4000, .sample = 64, .seed = 3};
    skuai_isolation_forest *forest;
    skua_error err;
    assert_ok(skuai_isolation_forest_new(x, n, FEATURES, &options, &forest, &err), &err);
    skuai_isolation_forest_score(forest, x, n, score);
    for (size_t i = 0; i < n; i++)
        assert_close(score[i], table[i * 4 + 3], 0, 0.008);
    skuai_isolation_forest_free(forest);
}

/* Two rows: every tree cuts once, both paths are 1, c(2) = 1, the score is 2^-1. */
static void two_rows_by_hand(void **state) {
    (void)state;
    const double x[] = {1, 5, 2, 5};
    skuai_isolation_options options = {.trees = 7, .sample = 256, .seed = 1};
    skuai_isolation_forest *forest;
    skua_error err;
    double score[2];
    assert_ok(skuai_isolation_forest_new(x, 2, 2, &options, &forest, &err), &err);
    skuai_isolation_forest_score(forest, x, 2, score);
    assert_close(score[0], 0.5, 0, 1e-15);
    assert_close(score[1], 0.5, 0, 1e-15);
    skuai_isolation_forest_free(forest);
}

static void equal_rows_are_all_alike(void **state) {
    (void)state;
    double x[40], score[20];
    for (size_t i = 0; i < 40; i++)
        x[i] = i % 2 ? 3 : -1;
    skuai_isolation_forest *forest;
    skua_error err;
    assert_ok(skuai_isolation_forest_new(x, 20, 2, &SKUAI_ISOLATION_OPTIONS_DEFAULT, &forest, &err),
              &err);
    skuai_isolation_forest_score(forest, x, 20, score);
    for (size_t i = 0; i < 20; i++) /* one leaf of 20 rows: path c(20), score 2^-1 */
        assert_close(score[i], 0.5, 0, 1e-12);
    skuai_isolation_forest_free(forest);
}

static void same_seed_same_scores_and_scale_does_not_matter(void **state) {
    (void)state;
    double x[300], scaled[300], a[100], b[100];
    skuai_random random;
    skuai_random_init(&random, 5);
    for (size_t i = 0; i < 300; i++) {
        x[i] = skuai_random_normal(&random);
        scaled[i] = 1024 * x[i]; /* a power of two: the same cuts bit for bit */
    }
    x[0] = 50;
    scaled[0] = 1024 * 50;
    skuai_isolation_forest *first, *second;
    skua_error err;
    skuai_isolation_options options = SKUAI_ISOLATION_OPTIONS_DEFAULT;
    assert_ok(skuai_isolation_forest_new(x, 100, 3, &options, &first, &err), &err);
    assert_ok(skuai_isolation_forest_new(scaled, 100, 3, &options, &second, &err), &err);
    skuai_isolation_forest_score(first, x, 100, a);
    skuai_isolation_forest_score(second, scaled, 100, b);
    assert_memory_equal(a, b, sizeof a);
    for (size_t i = 1; i < 100; i++)
        assert_true(a[0] > a[i]);
    skuai_isolation_forest_free(first);
    options.seed = 2;
    assert_ok(skuai_isolation_forest_new(x, 100, 3, &options, &first, &err), &err);
    skuai_isolation_forest_score(first, x, 100, b);
    assert_memory_not_equal(a, b, sizeof a);
    skuai_isolation_forest_free(first);
    skuai_isolation_forest_free(second);
}

static void bad_input_is_refused(void **state) {
    (void)state;
    const double x[] = {1, NAN, 2, 3};
    skuai_isolation_forest *forest = NULL;
    skua_error err;
    skuai_isolation_options options = SKUAI_ISOLATION_OPTIONS_DEFAULT;
    assert_int_equal(skuai_isolation_forest_new(x, 2, 2, &options, &forest, &err), SKUA_EDATA);
    assert_non_null(strstr(err.message, "row 0, feature 1"));
    options.sample = 1;
    assert_int_equal(skuai_isolation_forest_new(x, 1, 1, &options, &forest, &err), SKUA_EINVAL);
    assert_int_equal(
        skuai_isolation_forest_new(x, 0, 1, &SKUAI_ISOLATION_OPTIONS_DEFAULT, &forest, &err),
        SKUA_EINVAL);
    assert_null(forest);
    skuai_isolation_forest_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_is_that_of_sklearn),
        cmocka_unit_test(scores_are_those_of_sklearn),
        cmocka_unit_test(two_rows_by_hand),
        cmocka_unit_test(equal_rows_are_all_alike),
        cmocka_unit_test(same_seed_same_scores_and_scale_does_not_matter),
        cmocka_unit_test(bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
