/* The contributions of boosted trees against the Shapley values of the same trees by brute force
 * over all coalitions (support/tree_text.h): ten columns, one of categories, holes, duplicates. */
#include "support/support.h"
#include "support/tree_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/random.h"
#include "learn/learner.h"

enum { ROWS = 600, COLUMNS = 10, SHOWN = 25 };

static const skuai_context one_thread = {.seed = 1, .threads = 1};

static void fill(float *x, float *y, uint64_t seed) {
    skuai_random random;
    skuai_random_init(&random, seed);
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t k = 0; k < COLUMNS; k++) {
            float *at = x + k * ROWS + i;
            *at = k == 9 ? (float)skuai_random_index(&random, 12)
                         : (float)skuai_random_uniform(&random);
            if (k == 3 && skuai_random_uniform(&random) < 0.3) *at = NAN;
            if (k == 5) *at = x[4 * ROWS + i]; /* says what column 4 says */
            if (k == 6 && skuai_random_uniform(&random) < 0.5) *at = 0;
        }
        double a = (double)x[i], b = (double)x[ROWS + i], c = (double)x[4 * ROWS + i];
        y[i] = (float)(3 * a * b + (c > 0.5 ? 2 : 0) + (isnan(x[3 * ROWS + i]) ? 1 : 0) +
                       sin((double)x[9 * ROWS + i]) + (double)x[6 * ROWS + i] +
                       0.1 * skuai_random_normal(&random));
    }
}

static void tree_shap_is_brute_force(skuai_objective objective, double level) {
    static float x[ROWS * COLUMNS], y[ROWS];
    static double parts[ROWS * (COLUMNS + 1)];
    static const bool categorical[COLUMNS] = {[9] = true};
    skua_error err;
    skuai_learnt *learnt = NULL;
    skuai_buffer text;
    fill(x, y, 7);
    for (size_t i = 0; i < ROWS && objective == SKUAI_OBJECTIVE_POISSON; i++)
        y[i] = fmaxf(y[i], 0);
    skuai_examples train = {{ROWS, COLUMNS, x, NULL, categorical}, y, NULL};
    skuai_learner_options o = SKUAI_LEARNER_OPTIONS_DEFAULT;
    o.objective = objective;
    o.level = level;
    o.rounds = 40;
    o.leaves = 15;
    assert_ok(skuai_learner_boosted.fit(&o, &train, NULL, &one_thread, &learnt, &err), &err);
    assert_ok(skuai_learner_boosted.contributions(learnt, &train.x, &one_thread, parts, &err),
              &err);
    skuai_buffer_init(&text, 1 << 26);
    assert_ok(skuai_learner_boosted.save(learnt, &text, &err), &err);
    tree_text *trees = tree_text_read(skuai_buffer_view(&text), COLUMNS);
    assert_non_null(trees);
    double moved = 0, base = (double)NAN; /* the first line: columns, rounds, what trees add to */
    assert_int_equal(sscanf(skuai_buffer_view(&text), "boosted %*u %*d %lf", &base), 1);
    for (size_t i = 0; i < SHOWN; i++) {
        float row[COLUMNS];
        double exact[COLUMNS + 1];
        for (size_t k = 0; k < COLUMNS; k++)
            row[k] = x[k * ROWS + i];
        tree_text_shapley(trees, row, exact);
        exact[COLUMNS] += base;
        assert_close_array(parts + i * (COLUMNS + 1), exact, COLUMNS + 1, 1e-9, 1e-9);
        for (size_t k = 0; k < COLUMNS; k++)
            moved += fabs(exact[k]);
    }
    assert_true(moved > 1); /* or nothing was compared */
    tree_text_free(trees);
    skuai_buffer_clear(&text);
    skuai_learner_boosted.free(learnt);
}

static void of_squares(void **state) {
    (void)state;
    tree_shap_is_brute_force(SKUAI_OBJECTIVE_SQUARED, 0);
}
static void of_medians(void **state) {
    (void)state;
    tree_shap_is_brute_force(SKUAI_OBJECTIVE_ABSOLUTE, 0);
}
static void of_quantiles(void **state) {
    (void)state;
    tree_shap_is_brute_force(SKUAI_OBJECTIVE_QUANTILE, 0.9);
}
static void of_counts(void **state) {
    (void)state;
    tree_shap_is_brute_force(SKUAI_OBJECTIVE_POISSON, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_squares),
        cmocka_unit_test(of_medians),
        cmocka_unit_test(of_quantiles),
        cmocka_unit_test(of_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
